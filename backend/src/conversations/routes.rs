//! Routes of this room, in the order in which an agent meets them.

mod drafts;
mod organise;

use super::{Service, frames::show_frame};
use crate::kernel::{
    Result,
    http::{
        auth::{Caller, ConversationsRead, ConversationsWrite, SupervisionWrite, TemplatesWrite},
        extract::{Body, IfMatch, Params, Segment},
        routes::Routes,
    },
};
use actix_web::{HttpResponse, get, http::header::ETAG, patch, post, put, web};
use shared::{
    api::{
        contacts::{ContactView, UpdateContact},
        conversations::{ConversationView, MessageView},
        drafts::CancelledSend,
        interactions::{FinishInteraction, InteractionCounts, InteractionQuery, InteractionSummary, SetPriority},
        templates::{SendTemplateTest, TemplateTestSent},
    },
    ids::{ContactId, ConversationId, InteractionId, MessageId, TemplateId},
    page::{Page, PageQuery},
};

/// Routes of this room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(list_interactions)
        .service(get_interaction_counts)
        .service(get_interaction)
        .service(open_interaction)
        .service(finish_interaction)
        .service(set_interaction_priority)
        .service(get_conversation)
        .service(list_messages)
        .service(update_contact)
        .service(get_message)
        .service(cancel_message)
        .service(retry_message)
        .service(drafts::list_drafts)
        .service(drafts::create_draft)
        .service(drafts::get_draft)
        .service(drafts::update_draft)
        .service(drafts::delete_draft)
        .service(drafts::fill_template)
        .service(drafts::attach_file)
        .service(drafts::detach_file)
        .service(drafts::send_draft)
        .service(send_template_test)
        .service(show_frame)
        .configure(organise::routes);
}

/// Sends a template with sample data through a campaign's account: real mail, to see it where it will be read.
#[utoipa::path(
    tag = "templates",
    params(("id" = TemplateId, Path, description = "Template")),
    request_body = SendTemplateTest,
    responses((status = 202, description = "Accepted for sending", body = TemplateTestSent)),
    security(("bearer" = ["templates:write"]))
)]
#[post("/templates/{id}/send-test")]
pub async fn send_template_test(
    caller: Caller<TemplatesWrite>,
    id: Segment<TemplateId>,
    body: Body<SendTemplateTest>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let sent = service.send_template_test(caller.principal, id.0, body.0).await?;
    Ok(HttpResponse::Accepted().json(sent))
}

/// Lists interactions, newest arrival first; with `state=waiting`, the queue in its own order. Agents see their own, the
/// waiting ones of their campaigns, and, with `contact_id`, the history of a customer within their campaigns.
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

/// Changes the priority of an open interaction: 1 first … 9 last.
#[utoipa::path(
    tag = "interactions",
    params(("id" = InteractionId, Path, description = "Interaction")),
    request_body = SetPriority,
    responses((status = 200, description = "The interaction", body = InteractionSummary)),
    security(("bearer" = ["supervision:write"]))
)]
#[put("/interactions/{id}/priority")]
pub async fn set_interaction_priority(
    caller: Caller<SupervisionWrite>,
    id: Segment<InteractionId>,
    body: Body<SetPriority>,
    service: web::Data<Service>,
) -> Result<web::Json<InteractionSummary>> {
    Ok(web::Json(service.set_priority(caller.principal, id.0, body.0).await?))
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
