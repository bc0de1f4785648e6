//! Routes of templates, in the order of who calls them: agents and supervisors, administration, the public.

use super::service::{MAX_IMAGE, Service};
use crate::kernel::{
    Error, Result,
    http::{
        auth::{Caller, TemplatesRead, TemplatesWrite},
        extract::{Body, IfMatch, Params, Segment, Segments},
        frame,
        idempotency::{IdempotencyKey, Once},
        routes::Routes,
    },
};
use actix_multipart::Multipart;
use actix_web::{HttpResponse, delete, get, post, put, web};
use futures_util::TryStreamExt;
use shared::{
    api::templates::{
        DuplicateTemplate, PreviewTemplate, TemplateImage, TemplateInput, TemplatePreview, TemplateQuery,
        TemplateSummary, TemplateVariables, TemplateVersionSummary, TemplateVersionView, TemplateView, VariableQuery,
    },
    error::ErrorCode,
    ids::TemplateId,
    page::{Page, PageQuery},
    validate::Rule,
};

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(list_templates)
        .service(preview_template)
        .service(get_template)
        .service(list_template_versions)
        .service(get_template_version)
        .service(list_template_variables)
        .service(create_template)
        .service(update_template)
        .service(duplicate_template)
        .service(restore_template_version)
        .service(delete_template)
        .service(add_template_image)
        .service(show_template_image)
        .service(show_template_frame);
}

fn tag(template: &TemplateView) -> (&'static str, String) {
    ("ETag", format!("\"{}\"", template.version))
}

/// Lists the templates that the caller may read, by name. Agents see signatures and canned answers of their campaigns.
#[utoipa::path(
    tag = "templates",
    params(TemplateQuery),
    responses((status = 200, description = "A page", body = Page<TemplateSummary>)),
    security(("bearer" = ["templates:read"]))
)]
#[get("/templates")]
pub async fn list_templates(
    caller: Caller<TemplatesRead>,
    query: Params<TemplateQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<TemplateSummary>>> {
    Ok(web::Json(service.list(caller.principal, query.0).await?))
}

/// Reads a template with its newest version.
#[utoipa::path(
    tag = "templates",
    params(("id" = TemplateId, Path, description = "Template")),
    responses((status = 200, description = "The template", body = TemplateView, headers(("ETag" = String)))),
    security(("bearer" = ["templates:read"]))
)]
#[get("/templates/{id}")]
pub async fn get_template(
    caller: Caller<TemplatesRead>,
    id: Segment<TemplateId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let view = service.get(caller.principal, id.0).await?;
    Ok(HttpResponse::Ok().insert_header(tag(&view)).json(view))
}

/// Lists the versions of a template, the newest first.
#[utoipa::path(
    tag = "templates",
    params(("id" = TemplateId, Path, description = "Template"), PageQuery),
    responses((status = 200, description = "A page", body = Page<TemplateVersionSummary>)),
    security(("bearer" = ["templates:read"]))
)]
#[get("/templates/{id}/versions")]
pub async fn list_template_versions(
    caller: Caller<TemplatesRead>,
    id: Segment<TemplateId>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<TemplateVersionSummary>>> {
    Ok(web::Json(service.versions(caller.principal, id.0, query.0).await?))
}

/// Reads a version of a template.
#[utoipa::path(
    tag = "templates",
    params(
        ("id" = TemplateId, Path, description = "Template"),
        ("number" = i32, Path, description = "1, 2, 3 …")
    ),
    responses((status = 200, description = "The version", body = TemplateVersionView)),
    security(("bearer" = ["templates:read"]))
)]
#[get("/templates/{id}/versions/{number}")]
pub async fn get_template_version(
    caller: Caller<TemplatesRead>,
    ids: Segments<TemplateId, i32>,
    service: web::Data<Service>,
) -> Result<web::Json<TemplateVersionView>> {
    Ok(web::Json(service.version(caller.principal, ids.0, ids.1).await?))
}

/// Lists the variables that templates of a kind may name.
#[utoipa::path(
    tag = "templates",
    params(VariableQuery),
    responses((status = 200, description = "The variables", body = TemplateVariables)),
    security(("bearer" = ["templates:read"]))
)]
#[get("/template-variables")]
pub async fn list_template_variables(
    _caller: Caller<TemplatesRead>,
    query: Params<VariableQuery>,
    service: web::Data<Service>,
) -> web::Json<TemplateVariables> {
    web::Json(service.variables(query.0.kind))
}

/// Shows how a template would look, with sample data; stores nothing.
///
/// What cannot be rendered is a field error of `/source` with the rule `not_renderable`.
#[utoipa::path(
    tag = "templates",
    request_body = PreviewTemplate,
    responses((status = 200, description = "How it looks", body = TemplatePreview)),
    security(("bearer" = ["templates:write"]))
)]
#[post("/templates/preview")]
pub async fn preview_template(
    _caller: Caller<TemplatesWrite>,
    body: Body<PreviewTemplate>,
    service: web::Data<Service>,
) -> Result<web::Json<TemplatePreview>> {
    Ok(web::Json(service.preview(body.0).await?))
}

/// Creates a template.
#[utoipa::path(
    tag = "templates",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "8–128 characters; a repeated request gets the first answer")
    ),
    request_body = TemplateInput,
    responses((
        status = 201,
        description = "The template",
        body = TemplateView,
        headers(("ETag" = String), ("Location" = String))
    )),
    security(("bearer" = ["templates:write"]))
)]
#[post("/templates")]
pub async fn create_template(
    caller: Caller<TemplatesWrite>,
    key: IdempotencyKey,
    body: Body<TemplateInput>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let once = key.0.map(|key| Once::new(caller.user_id, key, "POST /templates", &body.0));
    let view = service.create(caller.user_id, body.0, once).await?;
    let location = ("Location", format!("/api/v1/templates/{}", view.id));
    Ok(HttpResponse::Created().insert_header(location).insert_header(tag(&view)).json(view))
}

/// Replaces a template. What it said stays as an earlier version; a save that says the same makes none.
#[utoipa::path(
    tag = "templates",
    params(
        ("id" = TemplateId, Path, description = "Template"),
        ("If-Match" = Option<String>, Header, description = "ETag of the version that is replaced")
    ),
    request_body = TemplateInput,
    responses((status = 200, description = "The template", body = TemplateView, headers(("ETag" = String)))),
    security(("bearer" = ["templates:write"]))
)]
#[put("/templates/{id}")]
pub async fn update_template(
    caller: Caller<TemplatesWrite>,
    id: Segment<TemplateId>,
    if_match: IfMatch,
    body: Body<TemplateInput>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let view = service.update(caller.user_id, id.0, if_match, body.0).await?;
    Ok(HttpResponse::Ok().insert_header(tag(&view)).json(view))
}

/// Makes a copy of a template under another name, without its shortcut.
#[utoipa::path(
    tag = "templates",
    params(("id" = TemplateId, Path, description = "Template")),
    request_body = DuplicateTemplate,
    responses((
        status = 201,
        description = "The copy",
        body = TemplateView,
        headers(("ETag" = String), ("Location" = String))
    )),
    security(("bearer" = ["templates:write"]))
)]
#[post("/templates/{id}/duplicate")]
pub async fn duplicate_template(
    caller: Caller<TemplatesWrite>,
    id: Segment<TemplateId>,
    body: Body<DuplicateTemplate>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let view = service.duplicate(caller.user_id, id.0, body.0.name).await?;
    let location = ("Location", format!("/api/v1/templates/{}", view.id));
    Ok(HttpResponse::Created().insert_header(location).insert_header(tag(&view)).json(view))
}

/// Makes what an earlier version said the newest version.
#[utoipa::path(
    tag = "templates",
    params(
        ("id" = TemplateId, Path, description = "Template"),
        ("number" = i32, Path, description = "1, 2, 3 …"),
        ("If-Match" = Option<String>, Header, description = "ETag of the version that is replaced")
    ),
    responses((status = 200, description = "The template", body = TemplateView, headers(("ETag" = String)))),
    security(("bearer" = ["templates:write"]))
)]
#[post("/templates/{id}/versions/{number}/restore")]
pub async fn restore_template_version(
    caller: Caller<TemplatesWrite>,
    ids: Segments<TemplateId, i32>,
    if_match: IfMatch,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let view = service.restore(caller.user_id, ids.0, ids.1, if_match).await?;
    Ok(HttpResponse::Ok().insert_header(tag(&view)).json(view))
}

/// Deletes a template that nothing uses; `in_use` tells where else.
#[utoipa::path(
    tag = "templates",
    params(("id" = TemplateId, Path, description = "Template")),
    responses((status = 204, description = "Gone")),
    security(("bearer" = ["templates:write"]))
)]
#[delete("/templates/{id}")]
pub async fn delete_template(
    caller: Caller<TemplatesWrite>,
    id: Segment<TemplateId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    service.delete(caller.user_id, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A picture to upload.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the multipart form in the OpenAPI document")]
struct ImageForm {
    /// The picture, with its name.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Stores a picture for templates: PNG, JPEG, GIF or WebP, at most 5 MB. One that no template shows is gone after a day.
#[utoipa::path(
    tag = "templates",
    request_body(content = ImageForm, content_type = "multipart/form-data"),
    responses((status = 201, description = "The picture", body = TemplateImage)),
    security(("bearer" = ["templates:write"]))
)]
#[post("/template-images")]
pub async fn add_template_image(
    caller: Caller<TemplatesWrite>,
    mut form: Multipart,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let broken = |error: actix_multipart::MultipartError| Error::detailed(ErrorCode::MalformedBody, error.to_string());
    let mut file: Option<(String, Vec<u8>)> = None;
    while let Some(mut field) = form.try_next().await.map_err(broken)? {
        if field.name() != Some("file") || file.is_some() {
            let name = field.name().unwrap_or_default().to_owned();
            return Err(Error::field(&name, Rule::UnknownField, "is not a field of this form, or comes twice"));
        }
        let name = field.content_disposition().and_then(|header| header.get_filename()).unwrap_or("").to_owned();
        let mut bytes = Vec::new();
        while let Some(chunk) = field.try_next().await.map_err(broken)? {
            if bytes.len().saturating_add(chunk.len()) > MAX_IMAGE {
                return Err(Error::detailed(
                    ErrorCode::TooLarge,
                    format!("a picture may have at most {MAX_IMAGE} octets"),
                ));
            }
            bytes.extend_from_slice(&chunk);
        }
        file = Some((name, bytes));
    }
    let (name, bytes) = file.ok_or_else(|| Error::field("file", Rule::Required, "is required"))?;
    let image = service.upload(caller.user_id, &name, bytes).await?;
    Ok(HttpResponse::Created().json(image))
}

/// A picture of a template, by its unguessable token; there as long as a template shows it.
#[utoipa::path(
    tag = "templates",
    params(("token" = String, Path, description = "Token")),
    responses((status = 200, description = "The picture", content_type = "image/png", body = Vec<u8>)),
    security(())
)]
#[get("/template-images/{token}")]
pub async fn show_template_image(token: web::Path<String>, service: web::Data<Service>) -> Result<HttpResponse> {
    let (kind, bytes) = service.image(token.into_inner()).await?;
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header(("Cache-Control", "public, max-age=86400, immutable"))
        .insert_header(("Content-Security-Policy", "sandbox; default-src 'none'"))
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
        .body(bytes))
}

/// A page with a template and sample data, by signed URL; made for `<iframe sandbox>`.
#[utoipa::path(
    tag = "templates",
    params(("token" = String, Path, description = "Signed token")),
    responses((status = 200, description = "HTML page", content_type = "text/html", body = String)),
    security(())
)]
#[get("/template-frames/{token}")]
pub async fn show_template_frame(token: web::Path<String>, service: web::Data<Service>) -> Result<HttpResponse> {
    Ok(frame::answer(service.frame(&token).await?))
}
