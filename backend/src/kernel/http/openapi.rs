//! The OpenAPI 3.1 document, collected from the handlers, and the page that shows it, offline.

use actix_web::{HttpResponse, get, web};
use shared::error::{ErrorCode, Problem};
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
            .description(Some("Access token of POST /api/v1/auth/sign-in. The scopes named by an operation are permissions."))
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

/// The document as text, kept by the server.
#[derive(Debug, Clone)]
pub struct DocumentText(pub String);

/// The OpenAPI 3.1 document.
#[get("/api/openapi.json")]
pub async fn openapi_json(text: web::Data<DocumentText>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(text.0.clone())
}
