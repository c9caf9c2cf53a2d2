//! The OpenAPI document, generated from the handlers, in version 3.0.
//!
//! utoipa writes 3.1; the programs that read ours want 3.0, which differs in how it says "or null".

use axum::Router;
use axum::http::{StatusCode, header};
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
    describe_operations(&mut value);
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
            plain_reference(object);
            plain_content(object);
            object.remove("propertyNames");
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

/// Bytes are a binary string, and errors are problems.
fn plain_content(object: &mut Map<String, Value>) {
    for (kind, content) in object.iter_mut() {
        let is_bytes = kind == "application/octet-stream" || kind == "application/vnd.mapbox-vector-tile";
        if is_bytes && content.get("schema").is_some() {
            content["schema"] = json!({"type": "string", "format": "binary"});
        }
    }
    let is_problem = |content: &Value| content["schema"]["$ref"] == "#/components/schemas/Problem";
    if object.get("application/json").is_some_and(is_problem)
        && let Some(content) = object.remove("application/json")
    {
        object.insert("application/problem+json".to_owned(), content);
    }
}

/// Names each operation by its method and path: handlers' names repeat. Answers without a word get their
/// status's own.
fn describe_operations(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, item) in paths {
        let place: Vec<String> = path
            .trim_start_matches("/api/v1")
            .split('/')
            .filter(|part| !part.is_empty())
            .map(|part| part.replace('{', "by_").replace('}', ""))
            .collect();
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            operation["operationId"] = json!(format!("{method}_{}", place.join("_")));
            for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
                if response["description"] == "" {
                    let known = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
                    response["description"] =
                        json!(known.and_then(|status| status.canonical_reason()).unwrap_or("A problem"));
                }
            }
        }
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
        match kept.as_slice() {
            [Value::Object(one)] => object.extend(one.clone()),
            _ => {
                object.insert(keyword.to_owned(), Value::Array(kept));
            }
        }
    }
}

/// A reference may have no neighbours in 3.0, so it stands in an allOf.
fn plain_reference(object: &mut Map<String, Value>) {
    if object.len() > 1
        && let Some(reference) = object.remove("$ref")
    {
        object.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
}
