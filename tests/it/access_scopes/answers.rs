//! Reading the rows of an answer.

use std::collections::BTreeSet;

use serde_json::Value;

use super::expected::Answer;
use super::ways::Way;
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
pub fn read(way: &Way, status: u16, bytes: &[u8]) -> (Answer, Option<String>) {
    if status >= 400 {
        return (Answer::Refused(status), None);
    }
    if matches!(
        way,
        Way::AreaTile { .. }
            | Way::UnitTile
            | Way::GridTile { .. }
            | Way::PlanTile { .. }
            | Way::EmptyTile { .. }
    ) {
        return (Answer::Rows(tile_rows(bytes)), None);
    }
    if let Way::AuditExport { format, .. } = way {
        return (Answer::Rows(export_rows(format, bytes)), None);
    }
    let body: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
    let next = body["next"].as_str().map(|next| match way {
        Way::Accounts { .. } => format!("{}&after={next}", way.request().1),
        _ => next.to_owned(),
    });
    let by_id = |kind: &str, value: &Value| format!("{kind} {}", text(value, "id"));
    let rows: BTreeSet<String> = match way {
        Way::Figures { .. } => return (Answer::Counted(body["grids"].as_u64().unwrap()), None),
        Way::Comparison { .. } => {
            return (
                Answer::Counted(items(&body, "items").map(|item| item["grids"].as_u64().unwrap()).sum()),
                None,
            );
        }
        Way::Session => items(&body["account"], "grants")
            .map(|grant| {
                format!("grant {} {} {}", text(grant, "role"), text(grant, "area"), text(grant, "from"))
            })
            .collect(),
        Way::Meta => Some(&body["region"])
            .filter(|region| !region.is_null())
            .map(|region| told("area", region))
            .into_iter()
            .collect(),
        Way::Area { geojson, .. } => {
            [told("area", if *geojson { &body["properties"] } else { &body })].into()
        }
        Way::Children { .. } => items(&body, "items").map(|item| told("area", item)).collect(),
        Way::Grids { geojson: true, .. } => {
            items(&body, "features").map(|feature| told("grid", &feature["properties"])).collect()
        }
        Way::Grids { .. } => items(&body, "items").map(|item| told("grid", item)).collect(),
        Way::Grid { .. } => [told("grid", &body)].into(),
        Way::Locate { .. } => {
            let grid = Some(&body["grid"]).filter(|grid| !grid.is_null()).map(|grid| told("grid", grid));
            items(&body, "ancestors").map(|area| format!("area {}", text(area, "code"))).chain(grid).collect()
        }
        Way::Search { .. } => items(&body, "items")
            .filter(|hit| hit["kind"] != "place")
            .map(|hit| format!("{} {}", text(hit, "kind"), text(hit, "code")))
            .collect(),
        Way::Plans { .. } => items(&body, "items").map(|item| by_id("plan", item)).collect(),
        Way::Plan { .. } => {
            let reasons = items(&body, "reasons").map(|reason| format!("reason {}", text(reason, "grid")));
            reasons.chain([by_id("plan", &body)]).collect()
        }
        Way::Workers { .. } => items(&body, "items").map(|item| by_id("worker", item)).collect(),
        Way::Worker { .. } => [by_id("worker", &body)].into(),
        Way::Audit { .. } => items(&body, "items").map(|item| format!("entry {}", item["id"])).collect(),
        Way::Jobs { .. } => items(&body, "items").map(|item| by_id("job", item)).collect(),
        Way::Job { .. } => [by_id("job", &body)].into(),
        Way::Accounts { .. } => {
            items(&body, "accounts").map(|account| format!("account {}", text(account, "username"))).collect()
        }
        Way::Account { .. } => [format!("account {}", text(&body, "username"))].into(),
        Way::Write(_) => [format!("done: {status}")].into(),
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
