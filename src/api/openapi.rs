//! The OpenAPI document, generated from the handlers, in version 3.0.
//!
//! utoipa writes 3.1; the programs that read ours want 3.0, which differs in how it says "or null".

use axum::Router;
use axum::http::header;
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::AppState;

pub fn routes() -> Router<AppState> {
    Router::new().route(
        "/openapi.json",
        get(async || ([(header::CONTENT_TYPE, "application/json")], document().to_string())),
    )
}

/// The document.
pub fn document() -> Value {
    let (_, api) = super::described().split_for_parts();
    let mut value = serde_json::to_value(api).unwrap_or_else(|_| json!({}));
    to_3_0(&mut value);
    value["openapi"] = json!("3.0.3");
    value["info"] = json!({
        "title": "Khot 浩特网格",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Grids of grassroots governance. Areas, units and counts of the demo are synthetic. \
            Sign in with POST /api/v1/session, then send the token as a bearer. Errors are application/problem+json.",
        "license": {"name": "Apache-2.0"}
    });
    value["components"]["securitySchemes"] = json!({
        "bearer": {"type": "http", "scheme": "bearer"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": super::caller::COOKIE}
    });
    value["security"] = json!([{"bearer": []}, {"cookie": []}]);
    value
}

/// Rewrites 3.1's ways of saying "or null" (a type list, a `null` branch) as 3.0's `nullable`.
fn to_3_0(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(to_3_0),
        Value::Object(object) => {
            object.values_mut().for_each(to_3_0);
            plain_type(object);
            plain_branches(object);
        }
        _ => {}
    }
}

fn plain_type(object: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = object.get("type") else { return };
    let kept: Vec<Value> = types.iter().filter(|kind| *kind != "null").cloned().collect();
    if kept.len() < types.len() {
        object.insert("nullable".to_owned(), json!(true));
    }
    if let Some(kind) = kept.into_iter().next() {
        object.insert("type".to_owned(), kind);
    }
}

fn plain_branches(object: &mut Map<String, Value>) {
    for keyword in ["oneOf", "anyOf"] {
        let Some(Value::Array(branches)) = object.get(keyword) else { continue };
        let kept: Vec<Value> = branches.iter().filter(|branch| branch["type"] != "null").cloned().collect();
        if kept.len() == branches.len() {
            continue;
        }
        object.remove(keyword);
        object.insert("nullable".to_owned(), json!(true));
        // A reference may have no neighbours in 3.0, so it stands in an allOf.
        let keyword = if kept.len() == 1 { "allOf" } else { keyword };
        object.insert(keyword.to_owned(), Value::Array(kept));
    }
}
