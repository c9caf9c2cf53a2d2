//! A month that is worked out, as the store keeps it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::domain::AreaType;
use crate::store::StoreError;
use crate::store::pay::{NewLine, NewStatement};
use crate::subsidy::{Component, Paid};

pub fn statements(paid: Vec<Paid>) -> Result<Vec<NewStatement>, StoreError> {
    paid.into_iter()
        .map(|paid| {
            let worker = paid.worker.parse().map_err(|_| StoreError::Corrupt {
                what: "worker",
                why: format!("'{}' is no id", paid.worker),
            })?;
            let lines = paid.lines.into_iter().map(|line| NewLine {
                grid: line.grid.map(String::from),
                component: line.component.as_str(),
                quantity: line.quantity.decimal(),
                rate_fen: line.rate.0,
                amount_fen: line.amount.0,
                levels: line.shares.levels().map(|fen| fen.0),
                clause: line.clause,
            });
            Ok(NewStatement { worker, area: paid.area, lines: lines.collect() })
        })
        .collect()
}

/// By component, and by the area type of a worker's main grid.
pub fn sums(paid: &[Paid]) -> Value {
    let (mut components, mut types): (BTreeMap<Component, i64>, BTreeMap<AreaType, (i64, u64)>) =
        Default::default();
    for one in paid {
        for line in &one.lines {
            *components.entry(line.component).or_default() += line.amount.0;
        }
        let of_type = types.entry(one.area_type).or_default();
        of_type.0 += one.total().0;
        of_type.1 += 1;
    }
    let components: Vec<Value> = components
        .iter()
        .map(|(component, fen)| json!({"component": component.as_str(), "amount_fen": fen}))
        .collect();
    let types: Vec<Value> = types
        .iter()
        .map(|(kind, (fen, workers))| json!({"area_type": kind.as_str(), "amount_fen": fen, "workers": workers}))
        .collect();
    json!({"by_component": components, "by_area_type": types})
}
