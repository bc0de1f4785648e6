//! Routes of what an agent writes: drafts, their files, sending.

use crate::{
    conversations::Service,
    kernel::{
        Core, Error, Result,
        http::{
            auth::{Caller, ConversationsRead, ConversationsWrite},
            extract::{Body, IfMatch, Params, Segment, Segments},
            idempotency::IdempotencyKey,
        },
    },
};
use actix_multipart::Multipart;
use actix_web::{HttpResponse, delete, get, http::header::ETAG, patch, post, web};
use futures_util::TryStreamExt;
use serde::Deserialize;
use shared::{
    api::{
        attachments::AttachmentView,
        drafts::{CreateDraft, DraftView, FillTemplate, FilledTemplate, SendDraft, SentDraft, UpdateDraft},
    },
    error::ErrorCode,
    ids::{AttachmentId, ConversationId, DraftId},
    page::Page,
    validate::Rule,
};

/// Which drafts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DraftQuery {
    /// Only of this conversation.
    conversation_id: Option<ConversationId>,
    /// Rows a page, 1–200 (default 50).
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists the caller's drafts, newest first.
#[utoipa::path(
    tag = "drafts",
    params(DraftQuery),
    responses((status = 200, description = "A page of drafts", body = Page<DraftView>)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/drafts")]
pub async fn list_drafts(
    caller: Caller<ConversationsRead>,
    query: Params<DraftQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<DraftView>>> {
    let query = query.0;
    Ok(web::Json(service.drafts(caller.principal, query.conversation_id, query.limit, query.cursor).await?))
}

/// Begins a draft. The same answer begun twice is the same draft.
#[utoipa::path(
    tag = "drafts",
    request_body = CreateDraft,
    responses((status = 201, description = "The draft", body = DraftView)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/drafts")]
pub async fn create_draft(
    caller: Caller<ConversationsWrite>,
    body: Body<CreateDraft>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let draft = service.create_draft(caller.principal, body.0).await?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/api/v1/drafts/{}", draft.id)))
        .insert_header((ETAG, format!("\"{}\"", draft.version)))
        .json(draft))
}

/// Shows a draft.
#[utoipa::path(
    tag = "drafts",
    params(("id" = DraftId, Path, description = "Draft")),
    responses((status = 200, description = "The draft", body = DraftView)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/drafts/{id}")]
pub async fn get_draft(
    caller: Caller<ConversationsRead>,
    id: Segment<DraftId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let draft = service.draft(caller.principal, id.0).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", draft.version))).json(draft))
}

/// Stores what changed in a draft.
#[utoipa::path(
    tag = "drafts",
    params(("id" = DraftId, Path, description = "Draft"), ("If-Match" = Option<String>, Header, description = "ETag of the version changed")),
    request_body = UpdateDraft,
    responses((status = 200, description = "The draft", body = DraftView)),
    security(("bearer" = ["conversations:write"]))
)]
#[patch("/drafts/{id}")]
pub async fn update_draft(
    caller: Caller<ConversationsWrite>,
    id: Segment<DraftId>,
    if_match: IfMatch,
    body: Body<UpdateDraft>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let draft = service.update_draft(caller.principal, id.0, body.0, if_match).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", draft.version))).json(draft))
}

/// Throws a draft away.
#[utoipa::path(
    tag = "drafts",
    params(("id" = DraftId, Path, description = "Draft")),
    responses((status = 204, description = "Gone")),
    security(("bearer" = ["conversations:write"]))
)]
#[delete("/drafts/{id}")]
pub async fn delete_draft(
    caller: Caller<ConversationsWrite>,
    id: Segment<DraftId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    service.delete_draft(caller.principal, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Fills a canned answer, or a signature, for a draft; the editor puts the words where they belong.
///
/// Its pictures become files of the draft at once, and go again if the text does not name them when it is sent.
#[utoipa::path(
    tag = "drafts",
    params(("id" = DraftId, Path, description = "Draft")),
    request_body = FillTemplate,
    responses((status = 200, description = "The canned answer, filled", body = FilledTemplate)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/drafts/{id}/fill-template")]
pub async fn fill_template(
    caller: Caller<ConversationsWrite>,
    id: Segment<DraftId>,
    body: Body<FillTemplate>,
    service: web::Data<Service>,
) -> Result<web::Json<FilledTemplate>> {
    Ok(web::Json(service.fill_template(caller.principal, id.0, body.0).await?))
}

/// A file to add to a draft.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the multipart form in the OpenAPI document")]
struct FileForm {
    /// The file, with its name.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// `true` for a picture that the text shows.
    inline: Option<String>,
}

/// Adds a file to a draft.
#[utoipa::path(
    tag = "attachments",
    params(("id" = DraftId, Path, description = "Draft")),
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses((status = 201, description = "The file", body = AttachmentView)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/drafts/{id}/attachments")]
pub async fn attach_file(
    caller: Caller<ConversationsWrite>,
    id: Segment<DraftId>,
    mut form: Multipart,
    core: web::Data<Core>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let most = core.settings.limits.file_size();
    let broken = |error: actix_multipart::MultipartError| Error::detailed(ErrorCode::MalformedBody, error.to_string());
    let mut file: Option<(String, String, Vec<u8>)> = None;
    let mut inline = false;
    while let Some(mut field) = form.try_next().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.content_disposition().and_then(|header| header.get_filename()).unwrap_or("").to_owned();
        let kind = field.content_type().map(ToString::to_string).unwrap_or_default();
        let limit = if name == "file" { most } else { 64 };
        let mut bytes = Vec::new();
        while let Some(chunk) = field.try_next().await.map_err(broken)? {
            if bytes.len().saturating_add(chunk.len()) > limit {
                return Err(Error::detailed(ErrorCode::TooLarge, format!("a file may have at most {most} octets")));
            }
            bytes.extend_from_slice(&chunk);
        }
        match name.as_str() {
            "file" if file.is_none() => file = Some((file_name, kind, bytes)),
            "inline" => inline = bytes == b"true",
            other => {
                return Err(Error::field(other, Rule::UnknownField, "is not a field of this form, or comes twice"));
            }
        }
    }
    let (name, kind, bytes) = file.ok_or_else(|| Error::field("file", Rule::Required, "is required"))?;
    if bytes.is_empty() {
        return Err(Error::field("file", Rule::TooShort, "is empty"));
    }
    let file = service.attach(caller.principal, id.0, &name, &kind, bytes, inline).await?;
    Ok(HttpResponse::Created().json(file))
}

/// Takes a file off a draft.
#[utoipa::path(
    tag = "attachments",
    params(("id" = DraftId, Path, description = "Draft"), ("attachment_id" = AttachmentId, Path, description = "File")),
    responses((status = 204, description = "Gone")),
    security(("bearer" = ["conversations:write"]))
)]
#[delete("/drafts/{id}/attachments/{attachment_id}")]
pub async fn detach_file(
    caller: Caller<ConversationsWrite>,
    ids: Segments<DraftId, AttachmentId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    service.detach(caller.principal, ids.0, ids.1).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sends a draft. Once it is accepted here, it is sent, whatever dies.
#[utoipa::path(
    tag = "drafts",
    params(("id" = DraftId, Path, description = "Draft"), ("Idempotency-Key" = String, Header, description = "Repeating a request with the same key sends once")),
    request_body = SendDraft,
    responses((status = 202, description = "Accepted for sending", body = SentDraft)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/drafts/{id}/send")]
pub async fn send_draft(
    caller: Caller<ConversationsWrite>,
    id: Segment<DraftId>,
    key: IdempotencyKey,
    body: Body<SendDraft>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let key = key.required()?;
    let sent = service.send_draft(caller.principal, id.0, body.0, key).await?;
    Ok(HttpResponse::Accepted().insert_header(("Location", format!("/api/v1/messages/{}", sent.message_id))).json(sent))
}
