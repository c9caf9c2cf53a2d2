//! The OpenAPI document as the web app's types are generated from it.

use std::path::Path;

use khot::api;
use serde_json::Value;

/// Every object of the document with the way to it.
fn objects<'a>(value: &'a Value, at: &str, visit: &mut dyn FnMut(&str, &'a serde_json::Map<String, Value>)) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                objects(item, &format!("{at}/{index}"), visit);
            }
        }
        Value::Object(members) => {
            visit(at, members);
            for (name, member) in members {
                objects(member, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), visit);
            }
        }
        _ => {}
    }
}

/// Every operation: its method, its path and what the document says of it.
pub fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
        })
        .map(|(path, method, operation)| (method.to_uppercase(), path.clone(), operation.clone()))
        .collect()
}

#[test]
fn the_document_is_the_one_that_was_reviewed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/openapi.json");
    let document = serde_json::to_string_pretty(&api::document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &document).unwrap();
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = document.lines().zip(reviewed.lines()).position(|(made, kept)| made != kept);
    assert!(
        document == reviewed,
        "the document differs from tests/snapshots/openapi.json from line {} on: if that is meant, run the test \
         with UPDATE_SNAPSHOTS=1, and generate the web app's types again",
        differs.unwrap_or_else(|| document.lines().count().min(reviewed.lines().count())) + 1
    );
}

#[test]
fn nothing_of_3_1_is_left() {
    const OF_3_1: [&str; 12] = [
        "const",
        "$defs",
        "$schema",
        "$id",
        "propertyNames",
        "prefixItems",
        "contains",
        "patternProperties",
        "contentEncoding",
        "contentMediaType",
        "unevaluatedProperties",
        "if",
    ];
    let document = api::document();
    assert_eq!(document["openapi"], "3.0.3");
    assert!(document.get("webhooks").is_none() && document.get("jsonSchemaDialect").is_none());
    let mut found = Vec::new();
    objects(&document, "", &mut |at, object| {
        // Below `properties` and `paths`, names are the API's own.
        if at.ends_with("/properties") {
            return;
        }
        found.extend(
            OF_3_1.iter().filter(|name| object.contains_key(**name)).map(|name| format!("{at}: {name}")),
        );
        if object.get("type").is_some_and(|kind| kind.is_array() || kind == "null") {
            found.push(format!("{at}: type {}", object["type"]));
        }
        for bound in ["exclusiveMinimum", "exclusiveMaximum"] {
            if object.get(bound).is_some_and(Value::is_number) {
                found.push(format!("{at}: {bound} is a number"));
            }
        }
        if object.get("examples").is_some_and(Value::is_array) {
            found.push(format!("{at}: examples is a list"));
        }
        if object.contains_key("$ref") && object.len() > 1 {
            found.push(format!("{at}: a $ref with neighbours, which 3.0 doesn't read"));
        }
        if object.get("type").is_some_and(|kind| kind == "array") && !object.contains_key("items") {
            found.push(format!("{at}: an array without items"));
        }
        if object.contains_key("identifier") && at.ends_with("/license") {
            found.push(format!("{at}: identifier"));
        }
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_reference_resolves() {
    let document = api::document();
    let (mut references, mut broken) = (0, Vec::new());
    objects(&document, "", &mut |at, object| {
        let Some(Value::String(reference)) = object.get("$ref") else { return };
        references += 1;
        let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        if target.is_none() {
            broken.push(format!("{at}: {reference}"));
        }
    });
    assert!(references > 50, "{references} references in all");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_operation_says_what_it_does_and_how_it_fails() {
    let document = api::document();
    let operations = operations(&document);
    assert!(operations.len() > 25, "{} operations", operations.len());
    let mut ids = std::collections::BTreeSet::new();
    for (method, path, operation) in operations {
        let name = format!("{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 3), "{name} has no summary");
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(ids.insert(format!("{id} {path}")), "{name}");
        let responses = operation["responses"].as_object().unwrap();
        let is_error =
            |status: &str| status == "default" || status.starts_with('4') || status.starts_with('5');
        let errors: Vec<_> = responses.iter().filter(|(status, _)| is_error(status)).collect();
        assert!(!errors.is_empty(), "{name} has no error response");
        for (status, response) in errors {
            let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{name}, {status}");
        }
        let inside: Vec<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for part in inside {
            let told =
                parameters.iter().any(|parameter| parameter["in"] == "path" && parameter["name"] == part);
            assert!(told, "{name} doesn't describe {part}");
        }
    }
}

#[test]
fn files_and_tiles_are_bytes() {
    let document = api::document();
    for (method, path, operation) in operations(&document) {
        let contents = [&operation["requestBody"]["content"], &operation["responses"]["200"]["content"]];
        for (kind, body) in contents.into_iter().filter_map(Value::as_object).flatten() {
            if kind == "application/octet-stream" || kind.contains("vector-tile") {
                assert_eq!(body["schema"]["format"], "binary", "{method} {path}: {}", body["schema"]);
            }
        }
    }
}

#[test]
fn only_what_needs_no_session_says_so() {
    let document = api::document();
    let open: Vec<String> = operations(&document)
        .into_iter()
        .filter(|(_, _, operation)| {
            operation["security"]
                .as_array()
                .is_some_and(|ways| ways.iter().any(|way| way == &serde_json::json!({})))
        })
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    assert_eq!(
        open,
        [
            "POST /api/v1/session",
            "GET /api/v1/sign-in",
            "GET /api/v1/sign-in/oidc",
            "GET /api/v1/sign-in/oidc/callback",
            "GET /healthz",
            "GET /metrics",
            "GET /readyz"
        ]
    );
}
