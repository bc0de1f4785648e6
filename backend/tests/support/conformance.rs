//! Compares answers with the OpenAPI document: the status is documented, and the body has the documented shape.

use super::client::Answer;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// The document, ready to judge.
pub struct Conformance {
    document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Conformance {
    /// Of a document.
    pub fn new(document: &utoipa::openapi::OpenApi) -> Self {
        Self { document: serde_json::to_value(document).unwrap(), validators: Mutex::default() }
    }

    /// Judges an answer.
    ///
    /// # Panics
    /// The answer is not as the document says.
    #[track_caller]
    pub fn check(&self, method: &str, path: &str, answer: &Answer) {
        let bare = path.split('?').next().unwrap_or(path);
        let what = format!("{method} {bare}: {} {}", answer.status, answer.text);
        let operation = self.operation(method, bare);
        if answer.status >= 400 {
            self.check_problem(answer, &what);
            assert!(operation.is_some() || answer.status == 404, "not documented: {what}");
            return;
        }
        let operation = operation.unwrap_or_else(|| panic!("not documented: {what}"));
        let response = &operation["responses"][answer.status.to_string()];
        assert!(response.is_object(), "this status is not documented: {what}");
        match response["content"]["application/json"]["schema"].clone() {
            Value::Null => {
                // Pages and files: documented by their media type; `application/octet-stream` stands for any file.
                let kinds: Vec<&str> = response["content"]
                    .as_object()
                    .map(|all| all.keys().map(String::as_str).collect())
                    .unwrap_or_default();
                let kind = answer.header("content-type").unwrap_or("").split(';').next().unwrap_or("").trim();
                let documented = kinds.contains(&kind) || kinds.contains(&"application/octet-stream");
                assert!(answer.text.is_empty() || documented, "a body is not documented: {what}");
            }
            schema => {
                assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
                self.check_schema(&schema, &answer.json, &what);
            }
        }
    }

    fn check_problem(&self, answer: &Answer, what: &str) {
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
        self.check_schema(&json!({ "$ref": "#/components/schemas/Problem" }), &answer.json, what);
        assert_eq!(answer.json["status"], json!(answer.status), "{what}");
        assert_eq!(answer.json["request_id"].as_str(), answer.header("x-request-id"), "{what}");
    }

    fn check_schema(&self, schema: &Value, body: &Value, what: &str) {
        let validator = self.validator(schema);
        let faults: Vec<String> =
            validator.iter_errors(body).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "not of the documented shape: {what}\n{}", faults.join("\n"));
    }

    fn validator(&self, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let make = || {
            let mut whole = schema.clone();
            whole["components"] = self.document["components"].clone();
            Arc::new(jsonschema::draft202012::new(&whole).unwrap())
        };
        Arc::clone(validators.entry(schema.to_string()).or_insert_with(make))
    }

    /// The operation that serves a path; a template with more literal segments goes before one with fewer.
    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let paths = self.document["paths"].as_object().unwrap();
        let mut fitting: Vec<(usize, &Value)> = paths
            .iter()
            .filter_map(|(template, item)| Some((literals(template, path)?, item)))
            .filter(|(_, item)| item.get(method.to_lowercase()).is_some())
            .collect();
        fitting.sort_by_key(|(literals, _)| *literals);
        fitting.last().map(|(_, item)| &item[method.to_lowercase()])
    }
}

/// How many literal segments a template has, if it fits the path.
fn literals(template: &str, path: &str) -> Option<usize> {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    if template.len() != path.len() {
        return None;
    }
    let mut count = 0;
    for (wanted, given) in template.iter().zip(&path) {
        if !wanted.starts_with('{') {
            if wanted != given {
                return None;
            }
            count += 1;
        }
    }
    Some(count)
}
