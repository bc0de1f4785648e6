//! The OpenAPI document: what is committed is what the program prints, every route is in it, and every operation says
//! what it must.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "tests and their helpers fail by panicking"
)]

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document() -> Value {
    serde_json::to_value(posta::app::document()).unwrap()
}

/// Every operation: method and path → what is said of it.
fn operations(document: &Value) -> BTreeMap<(String, String), Value> {
    let mut all = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if ["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                all.insert((method.clone(), path.clone()), operation.clone());
            }
        }
    }
    all
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

/// Handlers as the sources declare them: method, path below `/api/v1`, name.
fn handlers() -> BTreeSet<(String, String, String)> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut all = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for method in ["get", "post", "put", "patch", "delete"] {
            let mark = format!("\n#[{method}(\"");
            for (at, _) in text.match_indices(&mark) {
                let rest = &text[at + mark.len()..];
                let path = &rest[..rest.find('"').unwrap()];
                let name = rest.split("pub async fn ").nth(1).unwrap_or_else(|| panic!("{file:?}: {path}"));
                let name = name.split(['(', '<']).next().unwrap();
                all.insert((method.to_owned(), path.to_owned(), name.to_owned()));
            }
        }
    }
    all
}

#[test]
fn the_committed_document_is_what_the_program_prints() {
    let path = root().join("openapi/openapi.json");
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let printed = format!("{}\n", posta::app::document().to_pretty_json().unwrap());
    // Compared by operation first: a diff of the whole would be unreadable.
    let parsed: Value = serde_json::from_str(&committed).unwrap_or_default();
    let names = |document: &Value| document["paths"].as_object().map(|paths| paths.keys().cloned().collect::<Vec<_>>());
    assert_eq!(names(&parsed), names(&document()), "run `make openapi`");
    assert!(committed == printed, "openapi/openapi.json is out of date: run `make openapi`");
}

#[test]
fn every_route_is_in_the_document() {
    let document = document();
    let operations = operations(&document);
    // The last is a page for customers.
    let outside = ["/healthz", "/readyz", "/metrics", "/api/openapi.json", "/rate/{token}"];
    let mut named = BTreeSet::new();
    for (method, path, name) in handlers() {
        if outside.contains(&path.as_str()) {
            continue;
        }
        let operation = operations
            .get(&(method.clone(), format!("/api/v1{path}")))
            .unwrap_or_else(|| panic!("{name} serves {method} {path} and is not in the document"));
        assert_eq!(operation["operationId"], Value::from(name.clone()), "{method} {path}");
        named.insert(name);
    }
    assert_eq!(named.len(), operations.len(), "the document has operations that no handler serves");
}

/// The frame collects what is mounted with `service`; what is mounted otherwise would be missing in silence.
#[test]
fn routes_are_mounted_in_the_one_way_that_is_collected() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for file in files.iter().filter(|file| !file.ends_with("src/app.rs")) {
        let text = fs::read_to_string(file).unwrap();
        for way in [".route(", "web::resource(", "web::scope(", ".map(|config: &mut web::ServiceConfig"] {
            assert!(!text.contains(way), "{file:?} mounts with {way}");
        }
    }
}

#[test]
fn every_operation_says_what_it_must() {
    let document = document();
    let mut ids = BTreeSet::new();
    for ((method, path), operation) in operations(&document) {
        let name = format!("{method} {path}");
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{name} has no id"));
        assert!(ids.insert(id.to_owned()), "{id} is there twice");
        assert!(
            operation["summary"].as_str().is_some_and(|text| text.ends_with('.')),
            "{name}: a summary is a sentence"
        );
        assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{name}: one tag");
        assert!(operation["security"].is_array(), "{name} has no security");
        assert!(operation["responses"]["default"].is_object(), "{name}: problems");
        let placeholders: BTreeSet<&str> =
            path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
        let documented: BTreeSet<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(placeholders, documented, "{name}");
    }
}

#[test]
fn the_document_is_whole() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let text = document.to_string();
    for (at, _) in text.match_indices("\"$ref\":\"#") {
        let pointer = &text[at + "\"$ref\":\"#".len()..];
        let pointer = &pointer[..pointer.find('"').unwrap()];
        assert!(document.pointer(pointer).is_some(), "{pointer} names nothing");
    }
}

/// Words of closed sets are words on the wire, not names of Rust.
#[test]
fn closed_sets_are_words_of_the_wire() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let words = |name: &str| schemas[name]["enum"].as_array().unwrap().clone();
    assert_eq!(words("Role"), ["administrator", "supervisor", "agent"]);
    for (name, schema) in schemas {
        for word in schema["enum"].as_array().into_iter().flatten() {
            let word = word.as_str().unwrap();
            assert!(!word.starts_with(char::is_uppercase), "{name}: {word}");
        }
    }
}

#[test]
fn the_committed_schema_of_live_frames_is_the_programs() {
    let committed = fs::read_to_string(root().join("openapi/live-events.json")).unwrap();
    let printed = posta::kernel::http::openapi::live_schema(&posta::app::document()).unwrap();
    assert_eq!(committed.trim_end(), printed, "run `make openapi`");
}
