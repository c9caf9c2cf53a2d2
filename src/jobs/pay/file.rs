//! A run that is kept, as it goes into files.

use crate::formats::{Heading, PayrollRow};
use crate::store::pay::{LineRow, RunRow, RunStatus};

/// What a file says of itself: whose month it is, and what it is not.
pub fn heading(row: &RunRow) -> Heading {
    let mut remarks = Vec::new();
    if row.status != RunStatus::Locked {
        remarks.push("草稿，尚未锁定 draft, not locked".to_owned());
    }
    if row.demo {
        remarks.push("演示标准，不是任何地方的实际标准 demo values, nobody's actual rates".to_owned());
    }
    if row.synthetic {
        remarks.push("合成数据 synthetic data".to_owned());
    }
    let title = format!("{} {} CNY", row.area, row.month);
    Heading { title, remarks, total_fen: row.total_fen, levels: row.levels }
}

/// A line that is kept, as it stands in a payroll.
pub fn stored_row(line: LineRow) -> PayrollRow {
    PayrollRow {
        worker: line.worker.to_string(),
        grid: line.grid,
        component: line.component,
        quantity: line.quantity,
        rate_fen: line.rate_fen,
        amount_fen: line.amount_fen,
        levels: line.levels,
        clause: line.clause,
    }
}
