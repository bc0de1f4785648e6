//! The OpenAPI 3.1 document, collected from the handlers, and the page that shows it, offline.

use crate::kernel::{Result, db::connection::blocking};
use actix_web::{
    HttpResponse, get,
    web::{self, Bytes},
};
use shared::error::{ErrorCode, Problem};
use std::sync::OnceLock;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        ContentBuilder, Ref, ResponseBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// The document's frame.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Posta",
        description = "E-mail for contact centres. Conventions (paging, errors, idempotency, versions) are in openapi/README.md."
    ),
    components(schemas(Problem, shared::live::ServerFrame, shared::live::ClientFrame)),
    modifiers(&Frame)
)]
pub struct Document;

struct Frame;

impl Modify for Frame {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "Access token of POST /api/v1/auth/sign-in. The scopes named by an operation are permissions.",
            ))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// Completes the document: every operation may answer with a problem.
pub fn complete(document: &mut utoipa::openapi::OpenApi) {
    let description =
        ErrorCode::ALL.iter().map(|code| format!("`{code}` ({})", code.status())).collect::<Vec<_>>().join(", ");
    let problem = ResponseBuilder::new()
        .description(format!("An RFC 9457 problem; `code` is one of {description}"))
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build(),
        )
        .build();
    document.components.get_or_insert_default().responses.insert("Problem".into(), problem.into());
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
            &mut item.head,
            &mut item.options,
        ];
        for operation in operations.into_iter().flatten() {
            let reference = utoipa::openapi::RefOr::Ref(Ref::from_response_name("Problem"));
            operation.responses.responses.insert("default".into(), reference);
        }
    }
}

/// The document as text, made when it is asked for first.
#[derive(Debug)]
pub struct DocumentText {
    make: fn() -> Result<String>,
    text: OnceLock<Bytes>,
}

impl DocumentText {
    /// What `make` makes.
    #[must_use]
    pub fn new(make: fn() -> Result<String>) -> Self {
        Self { make, text: OnceLock::new() }
    }

    fn get(&self) -> Result<Bytes> {
        if let Some(known) = self.text.get() {
            return Ok(known.clone());
        }
        // Two who ask at once may make it twice; it is the same.
        let made = Bytes::from((self.make)()?);
        Ok(self.text.get_or_init(|| made).clone())
    }
}

/// The OpenAPI 3.1 document.
#[get("/api/openapi.json")]
pub async fn openapi_json(text: web::Data<DocumentText>) -> Result<HttpResponse> {
    let text = blocking(move || text.get()).await?;
    Ok(HttpResponse::Ok().content_type("application/json").body(text))
}

/// The JSON Schema of the live socket's frames: what the server sends and what a client may send.
///
/// # Errors
/// None that can be met; serialising has one.
pub fn live_schema(document: &utoipa::openapi::OpenApi) -> std::result::Result<String, serde_json::Error> {
    let whole = serde_json::to_value(document)?;
    let all = whole.pointer("/components/schemas").cloned().unwrap_or_default();
    let mut wanted = vec!["ServerFrame".to_owned(), "ClientFrame".to_owned()];
    let mut kept = serde_json::Map::new();
    while let Some(name) = wanted.pop() {
        if let (false, Some(schema)) = (kept.contains_key(&name), all.get(&name)) {
            wanted.extend(references(schema));
            kept.insert(name, schema.clone());
        }
    }
    let text = serde_json::to_string_pretty(&serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Frames of /api/v1/live",
        "description": "Texts of the WebSocket. The server sends ServerFrame, a client ClientFrame.",
        "oneOf": [{ "$ref": "#/$defs/ServerFrame" }, { "$ref": "#/$defs/ClientFrame" }],
        "$defs": kept,
    }))?;
    Ok(text.replace("#/components/schemas/", "#/$defs/"))
}

/// Names of the schemas that a schema refers to.
fn references(schema: &serde_json::Value) -> Vec<String> {
    match schema {
        serde_json::Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value.as_str()) {
                ("$ref", Some(path)) => path.rsplit('/').next().map(str::to_owned).into_iter().collect(),
                _ => references(value),
            })
            .collect(),
        serde_json::Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
