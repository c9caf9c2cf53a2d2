//! A run's lines for finance, and what the levels transfer: CSV and XLSX. Amounts are whole fen; a spreadsheet shows
//! its totals on a sheet of their own, so that the columns stay a program's to read.

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

/// A line as it stands in a payroll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayrollRow {
    pub worker: String,
    pub grid: Option<String>,
    pub component: String,
    pub quantity: String,
    pub rate_fen: i64,
    pub amount_fen: i64,
    /// What region, league, banner and township carry.
    pub levels: [i64; 4],
    pub clause: String,
}

/// What the levels carry of a component in a township.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRow {
    pub area: String,
    pub area_name: String,
    pub component: String,
    pub amount_fen: i64,
    pub levels: [i64; 4],
}

/// A worker with what they are paid, for the sheet of totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidRow {
    pub worker: String,
    /// Masked.
    pub name: String,
    pub area: String,
    pub amount_fen: i64,
}

const PAYROLL: [&str; 10] = [
    "worker",
    "grid",
    "component",
    "quantity",
    "rate_fen",
    "amount_fen",
    "region_fen",
    "league_fen",
    "banner_fen",
    "township_fen",
];
const TRANSFERS: [&str; 8] = [
    "area",
    "area_name",
    "component",
    "region_fen",
    "league_fen",
    "banner_fen",
    "township_fen",
    "amount_fen",
];

/// What stands beside a file's name: whose, when, and that demo values are nobody's pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    pub title: String,
    /// Said below the title: a draft, demo values, synthetic data.
    pub remarks: Vec<String>,
    pub total_fen: i64,
    pub levels: [i64; 4],
}

/// The lines as a CSV, with the clauses that gave them where they are asked for.
pub fn payroll_csv(rows: impl Iterator<Item = PayrollRow>, clauses: bool) -> Vec<u8> {
    let mut table = csv::WriterBuilder::new().flexible(true).from_writer(Vec::with_capacity(1 << 16));
    let head = PAYROLL.iter().copied().chain(clauses.then_some("clause"));
    // Writing into memory fails for no row.
    let _ = table.write_record(head);
    for row in rows {
        let numbers =
            [row.rate_fen, row.amount_fen, row.levels[0], row.levels[1], row.levels[2], row.levels[3]];
        let texts = [row.worker, row.grid.unwrap_or_default(), row.component, row.quantity];
        let fields = texts.into_iter().chain(numbers.map(|fen| fen.to_string()));
        let _ = table.write_record(fields.chain(clauses.then_some(row.clause)));
    }
    table.into_inner().unwrap_or_default()
}

/// What the levels transfer as a CSV; the last row is the total.
pub fn transfers_csv(rows: &[TransferRow], heading: &Heading) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let _ = table.write_record(TRANSFERS);
    for row in rows.iter().chain([&total(heading)]) {
        let numbers = row.levels.into_iter().chain([row.amount_fen]).map(|fen| fen.to_string());
        let texts = [row.area.clone(), row.area_name.clone(), row.component.clone()];
        let _ = table.write_record(texts.into_iter().chain(numbers));
    }
    table.into_inner().unwrap_or_default()
}

fn total(heading: &Heading) -> TransferRow {
    TransferRow {
        area: "total".to_owned(),
        area_name: "合计".to_owned(),
        component: String::new(),
        amount_fen: heading.total_fen,
        levels: heading.levels,
    }
}

/// The lines on one sheet, what each worker is paid and the totals on others.
///
/// # Errors
/// When there are more lines than a sheet has rows.
pub fn payroll_xlsx(rows: &[PayrollRow], paid: &[PaidRow], heading: &Heading) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("payroll")?;
    head(sheet, &PAYROLL)?;
    for (row, at) in rows.iter().zip(1..) {
        sheet.write_string(at, 0, &row.worker)?;
        sheet.write_string(at, 1, row.grid.as_deref().unwrap_or_default())?;
        sheet.write_string(at, 2, &row.component)?;
        sheet.write_string(at, 3, &row.quantity)?;
        let numbers = [row.rate_fen, row.amount_fen].into_iter().chain(row.levels);
        fen(sheet, at, 4, numbers)?;
    }
    let sheet = book.add_worksheet().set_name("workers 人员")?;
    head(sheet, &["worker", "name", "area", "amount_fen", "amount_yuan"])?;
    for (row, at) in paid.iter().zip(1..) {
        sheet.write_string(at, 0, &row.worker)?;
        sheet.write_string(at, 1, &row.name)?;
        sheet.write_string(at, 2, &row.area)?;
        fen(sheet, at, 3, [row.amount_fen].into_iter())?;
        sheet.write_string(at, 4, crate::domain::Fen(row.amount_fen).to_string())?;
    }
    totals(book.add_worksheet().set_name("totals 合计")?, heading)?;
    book.save_to_buffer()
}

/// What the levels transfer on one sheet, the last row the total.
///
/// # Errors
/// When there are more rows than a sheet has.
pub fn transfers_xlsx(rows: &[TransferRow], heading: &Heading) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("transfers")?;
    head(sheet, &TRANSFERS)?;
    for (row, at) in rows.iter().chain([&total(heading)]).zip(1..) {
        sheet.write_string(at, 0, &row.area)?;
        sheet.write_string(at, 1, &row.area_name)?;
        sheet.write_string(at, 2, &row.component)?;
        fen(sheet, at, 3, row.levels.into_iter().chain([row.amount_fen]))?;
    }
    totals(book.add_worksheet().set_name("totals 合计")?, heading)?;
    book.save_to_buffer()
}

fn head(sheet: &mut Worksheet, names: &[&str]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for (name, at) in names.iter().zip(0..) {
        sheet.write_string_with_format(0, at, *name, &bold)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn totals(sheet: &mut Worksheet, heading: &Heading) -> Result<(), XlsxError> {
    sheet.write_string(0, 0, &heading.title)?;
    let names = ["total_fen", "region_fen", "league_fen", "banner_fen", "township_fen"];
    let amounts = [heading.total_fen].into_iter().chain(heading.levels);
    for ((name, amount), at) in names.iter().zip(amounts).zip(1..) {
        sheet.write_string(at, 0, *name)?;
        fen(sheet, at, 1, [amount].into_iter())?;
    }
    for (remark, at) in heading.remarks.iter().zip(7..) {
        sheet.write_string(at, 0, remark)?;
    }
    Ok(())
}

/// Whole numbers: a spreadsheet's hold every fen up to 90 trillion yuan.
fn fen(
    sheet: &mut Worksheet,
    row: u32,
    first: u16,
    amounts: impl Iterator<Item = i64>,
) -> Result<(), XlsxError> {
    for (amount, at) in amounts.zip(first..) {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        sheet.write_number(row, at, amount as f64)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};

    use super::*;

    #[test]
    fn a_spreadsheet_says_what_the_run_says() {
        let row = |worker: &str, amount_fen: i64| PayrollRow {
            worker: worker.to_owned(),
            grid: None,
            component: "base".to_owned(),
            quantity: "0.5".to_owned(),
            rate_fen: 7,
            amount_fen,
            levels: [amount_fen - 3, 1, 1, 1],
            clause: "一".to_owned(),
        };
        let rows = [row("w1", 123_456_789_012), row("w2", -5)];
        let heading = Heading {
            title: "2026-10".to_owned(),
            remarks: vec!["演示值".to_owned()],
            total_fen: 123_456_789_007,
            levels: [123_456_789_001, 2, 2, 2],
        };
        let bytes = payroll_xlsx(&rows, &[], &heading).unwrap();
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
        let sheet = book.worksheet_range("payroll").unwrap();
        let sum: f64 = sheet.rows().skip(1).filter_map(|row| row[5].as_f64_of()).sum();
        assert_eq!(sum, 123_456_789_007.0);
        let csv = String::from_utf8(payroll_csv(rows.into_iter(), false)).unwrap();
        assert!(csv.starts_with("worker,grid,component,quantity,rate_fen,amount_fen,region_fen,league_fen,banner_fen,township_fen\n"));
        assert!(csv.contains("w2,,base,0.5,7,-5,-8,1,1,1\n"), "{csv}");
    }

    trait Number {
        fn as_f64_of(&self) -> Option<f64>;
    }

    impl Number for Data {
        fn as_f64_of(&self) -> Option<f64> {
            match self {
                Data::Float(number) => Some(*number),
                Data::Int(number) => Some(*number as f64),
                _ => None,
            }
        }
    }
}
