//! Reading the rows of an answer.

use std::collections::BTreeSet;

use serde_json::Value;

use super::roads::{Answer, Road};
use crate::public_map::figures;
use crate::tiles::layers;

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// A row of something with a code, and whether any figure of it is told.
fn told(kind: &str, value: &Value) -> String {
    let mut found = Vec::new();
    figures(value, &mut found);
    format!("{kind} {}{}", text(value, "code"), if found.is_empty() { "" } else { " with figures" })
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value[name].as_array().into_iter().flatten()
}

/// The rows of an answer, and the address of those that follow.
pub fn read(road: &Road, status: u16, bytes: &[u8]) -> (Answer, Option<String>) {
    if status >= 400 {
        return (Answer::Refused(status), None);
    }
    if matches!(
        road,
        Road::AreaTile { .. }
            | Road::UnitTile
            | Road::GridTile { .. }
            | Road::PlanTile { .. }
            | Road::EmptyTile { .. }
    ) {
        return (Answer::Rows(tile_rows(bytes)), None);
    }
    if let Road::AuditExport { format, .. } = road {
        return (Answer::Rows(export_rows(format, bytes)), None);
    }
    let body: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
    let next = body["next"].as_str().map(str::to_owned);
    let by_id = |kind: &str, value: &Value| format!("{kind} {}", text(value, "id"));
    let rows: BTreeSet<String> = match road {
        Road::Figures { .. } => return (Answer::Counted(body["grids"].as_u64().unwrap()), None),
        Road::Comparison { .. } => {
            return (
                Answer::Counted(items(&body, "items").map(|item| item["grids"].as_u64().unwrap()).sum()),
                None,
            );
        }
        Road::Session => items(&body["account"], "grants")
            .map(|grant| {
                format!("grant {} {} {}", text(grant, "role"), text(grant, "area"), text(grant, "from"))
            })
            .collect(),
        Road::Meta => Some(&body["region"])
            .filter(|region| !region.is_null())
            .map(|region| told("area", region))
            .into_iter()
            .collect(),
        Road::Area { geojson, .. } => {
            [told("area", if *geojson { &body["properties"] } else { &body })].into()
        }
        Road::Children { .. } => items(&body, "items").map(|item| told("area", item)).collect(),
        Road::Grids { geojson: true, .. } => {
            items(&body, "features").map(|feature| told("grid", &feature["properties"])).collect()
        }
        Road::Grids { .. } => items(&body, "items").map(|item| told("grid", item)).collect(),
        Road::Grid { .. } => [told("grid", &body)].into(),
        Road::Locate { .. } => {
            let grid = Some(&body["grid"]).filter(|grid| !grid.is_null()).map(|grid| told("grid", grid));
            items(&body, "ancestors").map(|area| format!("area {}", text(area, "code"))).chain(grid).collect()
        }
        Road::Search { .. } => items(&body, "items")
            .filter(|hit| hit["kind"] != "place")
            .map(|hit| format!("{} {}", text(hit, "kind"), text(hit, "code")))
            .collect(),
        Road::Plans { .. } => items(&body, "items").map(|item| by_id("plan", item)).collect(),
        Road::Plan { .. } => {
            let reasons = items(&body, "reasons").map(|reason| format!("reason {}", text(reason, "grid")));
            reasons.chain([by_id("plan", &body)]).collect()
        }
        Road::Workers { .. } => items(&body, "items").map(|item| by_id("worker", item)).collect(),
        Road::Worker { .. } => [by_id("worker", &body)].into(),
        Road::Audit { .. } => items(&body, "items").map(|item| format!("entry {}", item["id"])).collect(),
        Road::Jobs { .. } => items(&body, "items").map(|item| by_id("job", item)).collect(),
        Road::Job { .. } => [by_id("job", &body)].into(),
        Road::Write(_) => [format!("done: {status}")].into(),
        _ => BTreeSet::new(),
    };
    (Answer::Rows(rows), next)
}

fn tile_rows(bytes: &[u8]) -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    for (name, layer) in layers(bytes) {
        for feature in layer.features {
            let code = &feature["code"];
            rows.insert(match name.as_str() {
                "areas" | "area_labels" => format!("area {code}"),
                "units" => format!("unit {}/{code}", feature["village"]),
                "grids" | "grid_labels" if feature.contains_key("households") => {
                    format!("grid {code} with figures")
                }
                "grids" | "grid_labels" => format!("grid {code}"),
                other => panic!("a layer that the model doesn't know: {other}"),
            });
        }
    }
    rows
}

fn export_rows(format: &str, bytes: &[u8]) -> BTreeSet<String> {
    if format == "ndjson" {
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        return lines
            .map(|line| format!("entry {}", serde_json::from_slice::<Value>(line).unwrap()["id"]))
            .collect();
    }
    let mut csv = csv::Reader::from_reader(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap());
    let at = csv.headers().unwrap().iter().position(|name| name == "id").unwrap();
    csv.records().map(|row| format!("entry {}", &row.unwrap()[at])).collect()
}
