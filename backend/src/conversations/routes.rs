//! Routes of this room, in the order in which an agent meets them.

use super::{Service, frames::show_frame};
use crate::kernel::{
    Core, Error, Result,
    http::{
        auth::{Caller, ConversationsRead, ConversationsWrite},
        extract::{Body, IfMatch, Params, Segment, Segments},
        idempotency::IdempotencyKey,
    },
};
use actix_multipart::Multipart;
use actix_web::{HttpResponse, delete, get, http::header::ETAG, patch, post, web};
use futures_util::TryStreamExt;
use serde::Deserialize;
use shared::{
    api::{
        attachments::AttachmentView,
        contacts::{ContactView, UpdateContact},
        conversations::{ConversationView, MessageView},
        drafts::{CancelledSend, CreateDraft, DraftView, SendDraft, SentDraft, UpdateDraft},
        interactions::{FinishInteraction, InteractionCounts, InteractionQuery, InteractionSummary},
    },
    error::ErrorCode,
    ids::{AttachmentId, ContactId, ConversationId, DraftId, InteractionId, MessageId},
    page::{Page, PageQuery},
    validate::Rule,
};
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this room.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_interactions)
        .service(get_interaction_counts)
        .service(get_interaction)
        .service(open_interaction)
        .service(finish_interaction)
        .service(get_conversation)
        .service(list_messages)
        .service(update_contact)
        .service(get_message)
        .service(cancel_message)
        .service(retry_message)
        .service(list_drafts)
        .service(create_draft)
        .service(get_draft)
        .service(update_draft)
        .service(delete_draft)
        .service(attach_file)
        .service(detach_file)
        .service(send_draft)
        .service(show_frame);
}

/// Lists interactions, newest arrival first; with `state=waiting`, the queue in its own order. Agents see their own, the waiting ones of their campaigns, and, with
/// `contact_id`, the history of a customer within their campaigns.
#[utoipa::path(
    tag = "interactions",
    params(InteractionQuery),
    responses((status = 200, description = "A page of interactions", body = Page<InteractionSummary>)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/interactions")]
pub async fn list_interactions(
    caller: Caller<ConversationsRead>,
    query: Params<InteractionQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<InteractionSummary>>> {
    Ok(web::Json(service.interactions(caller.principal, query.0).await?))
}

/// Counts the interactions that wait in the campaigns that the caller sees.
#[utoipa::path(
    tag = "interactions",
    responses((status = 200, description = "How many", body = InteractionCounts)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/interaction-counts")]
pub async fn get_interaction_counts(
    caller: Caller<ConversationsRead>,
    service: web::Data<Service>,
) -> Result<web::Json<InteractionCounts>> {
    Ok(web::Json(service.interaction_counts(caller.principal).await?))
}

/// Shows an interaction.
#[utoipa::path(
    tag = "interactions",
    params(("id" = InteractionId, Path, description = "Interaction")),
    responses((status = 200, description = "The interaction", body = InteractionSummary)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/interactions/{id}")]
pub async fn get_interaction(
    caller: Caller<ConversationsRead>,
    id: Segment<InteractionId>,
    service: web::Data<Service>,
) -> Result<web::Json<InteractionSummary>> {
    Ok(web::Json(service.interaction(caller.principal, id.0).await?))
}

/// Marks an interaction as read by its holder.
#[utoipa::path(
    tag = "interactions",
    params(("id" = InteractionId, Path, description = "Interaction")),
    responses((status = 200, description = "The interaction", body = InteractionSummary)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/interactions/{id}/open")]
pub async fn open_interaction(
    caller: Caller<ConversationsWrite>,
    id: Segment<InteractionId>,
    service: web::Data<Service>,
) -> Result<web::Json<InteractionSummary>> {
    Ok(web::Json(service.open_interaction(caller.principal, id.0).await?))
}

/// Finishes an interaction that the caller holds.
#[utoipa::path(
    tag = "interactions",
    params(("id" = InteractionId, Path, description = "Interaction")),
    request_body = FinishInteraction,
    responses((status = 200, description = "The finished interaction", body = InteractionSummary)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/interactions/{id}/finish")]
pub async fn finish_interaction(
    caller: Caller<ConversationsWrite>,
    id: Segment<InteractionId>,
    body: Body<FinishInteraction>,
    service: web::Data<Service>,
) -> Result<web::Json<InteractionSummary>> {
    Ok(web::Json(service.finish_interaction(caller.principal, id.0, body.0).await?))
}

/// Opens a conversation: customer, current interaction, the newest 200 mails.
#[utoipa::path(
    tag = "conversations",
    params(("id" = ConversationId, Path, description = "Conversation")),
    responses((status = 200, description = "The conversation", body = ConversationView)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/conversations/{id}")]
pub async fn get_conversation(
    caller: Caller<ConversationsRead>,
    id: Segment<ConversationId>,
    service: web::Data<Service>,
) -> Result<web::Json<ConversationView>> {
    Ok(web::Json(service.conversation(caller.principal, id.0).await?))
}

/// Lists the mails of a conversation, newest first. Those before what opened with it: with its `older_cursor`.
#[utoipa::path(
    tag = "conversations",
    params(("id" = ConversationId, Path, description = "Conversation"), PageQuery),
    responses((status = 200, description = "A page of mails", body = Page<MessageView>)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/conversations/{id}/messages")]
pub async fn list_messages(
    caller: Caller<ConversationsRead>,
    id: Segment<ConversationId>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<MessageView>>> {
    Ok(web::Json(service.messages(caller.principal, id.0, query.0).await?))
}

/// Names a customer.
#[utoipa::path(
    tag = "contacts",
    params(("id" = ContactId, Path, description = "Customer"), ("If-Match" = Option<String>, Header, description = "ETag of the version changed")),
    request_body = UpdateContact,
    responses((status = 200, description = "The customer", body = ContactView)),
    security(("bearer" = ["conversations:write"]))
)]
#[patch("/contacts/{id}")]
pub async fn update_contact(
    caller: Caller<ConversationsWrite>,
    id: Segment<ContactId>,
    if_match: IfMatch,
    body: Body<UpdateContact>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let contact = service.update_contact(caller.principal, id.0, body.0, if_match).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", contact.version))).json(contact))
}

/// Shows a mail: its facts, text, sanitised HTML, files, source and delivery.
#[utoipa::path(
    tag = "messages",
    params(("id" = MessageId, Path, description = "Mail")),
    responses((status = 200, description = "The mail", body = MessageView)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/messages/{id}")]
pub async fn get_message(
    caller: Caller<ConversationsRead>,
    id: Segment<MessageId>,
    service: web::Data<Service>,
) -> Result<web::Json<MessageView>> {
    Ok(web::Json(service.message(caller.principal, id.0).await?))
}

/// Takes a mail back within its undo time; what was written is a draft again.
#[utoipa::path(
    tag = "messages",
    params(("id" = MessageId, Path, description = "Mail")),
    responses((status = 200, description = "The draft", body = CancelledSend)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/messages/{id}/cancel")]
pub async fn cancel_message(
    caller: Caller<ConversationsWrite>,
    id: Segment<MessageId>,
    service: web::Data<Service>,
) -> Result<web::Json<CancelledSend>> {
    Ok(web::Json(service.cancel_message(caller.principal, id.0).await?))
}

/// Tries a mail that failed or waits for its next try again at once.
#[utoipa::path(
    tag = "messages",
    params(("id" = MessageId, Path, description = "Mail")),
    responses((status = 200, description = "The mail", body = MessageView)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/messages/{id}/retry")]
pub async fn retry_message(
    caller: Caller<ConversationsWrite>,
    id: Segment<MessageId>,
    service: web::Data<Service>,
) -> Result<web::Json<MessageView>> {
    Ok(web::Json(service.retry_message(caller.principal, id.0).await?))
}

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
