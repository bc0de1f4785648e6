//! Routes for keeping order: notes, tags, dispositions, setting aside.

use crate::{
    conversations::Service,
    kernel::{
        Result,
        http::{
            auth::{Caller, CampaignsWrite, ConversationsRead, ConversationsWrite},
            extract::{Body, Params, Segment},
            routes::Routes,
        },
    },
};
use actix_web::{HttpResponse, delete, get, patch, post, put, web};
use shared::{
    api::{
        dispositions::{DispositionsView, SetDispositions, SetGlobalDispositions},
        interactions::{InteractionSummary, SnoozeInteraction},
        timeline::{ActivityView, NoteWritten, RenameTag, SetTags, TagView, Timeline, WriteNote},
    },
    ids::{ActivityId, CampaignId, ConversationId, InteractionId, TagId},
    page::{Page, PageQuery},
};

/// These routes.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(snooze_interaction)
        .service(wake_interaction)
        .service(reopen_interaction)
        .service(get_timeline)
        .service(list_activities)
        .service(add_note)
        .service(update_note)
        .service(remove_note)
        .service(set_tags)
        .service(list_tags)
        .service(rename_tag)
        .service(remove_tag)
        .service(get_dispositions)
        .service(set_dispositions)
        .service(get_global_dispositions)
        .service(set_global_dispositions);
}

/// Sets an interaction aside, until a time or until the customer writes. It is its agent's still, but counts no more as held
/// when others are handed out.
#[utoipa::path(
    tag = "interactions",
    params(("id" = InteractionId, Path, description = "Interaction")),
    request_body = SnoozeInteraction,
    responses((status = 200, description = "The interaction, set aside", body = InteractionSummary)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/interactions/{id}/snooze")]
pub async fn snooze_interaction(
    caller: Caller<ConversationsWrite>,
    id: Segment<InteractionId>,
    body: Body<SnoozeInteraction>,
    service: web::Data<Service>,
) -> Result<web::Json<InteractionSummary>> {
    Ok(web::Json(service.snooze(caller.principal, id.0, body.0).await?))
}

/// Brings back an interaction that the caller set aside.
#[utoipa::path(
    tag = "interactions",
    params(("id" = InteractionId, Path, description = "Interaction")),
    responses((status = 200, description = "The interaction", body = InteractionSummary)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/interactions/{id}/wake")]
pub async fn wake_interaction(
    caller: Caller<ConversationsWrite>,
    id: Segment<InteractionId>,
    service: web::Data<Service>,
) -> Result<web::Json<InteractionSummary>> {
    Ok(web::Json(service.wake(caller.principal, id.0).await?))
}

/// Takes back that the caller finished an interaction, within ten minutes, unless the conversation has another open one by
/// then.
#[utoipa::path(
    tag = "interactions",
    params(("id" = InteractionId, Path, description = "Interaction")),
    responses((status = 200, description = "The interaction, the caller's again", body = InteractionSummary)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/interactions/{id}/reopen")]
pub async fn reopen_interaction(
    caller: Caller<ConversationsWrite>,
    id: Segment<InteractionId>,
    service: web::Data<Service>,
) -> Result<web::Json<InteractionSummary>> {
    Ok(web::Json(service.reopen(caller.principal, id.0).await?))
}

/// Shows what stands in a conversation besides its mails: tags, and the newest 200 notes and things done.
#[utoipa::path(
    tag = "conversations",
    params(("id" = ConversationId, Path, description = "Conversation")),
    responses((status = 200, description = "What stands there", body = Timeline)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/conversations/{id}/timeline")]
pub async fn get_timeline(
    caller: Caller<ConversationsRead>,
    id: Segment<ConversationId>,
    service: web::Data<Service>,
) -> Result<web::Json<Timeline>> {
    Ok(web::Json(service.timeline(caller.principal, id.0).await?))
}

/// Lists the notes of a conversation and what people did with it, newest first.
#[utoipa::path(
    tag = "conversations",
    params(("id" = ConversationId, Path, description = "Conversation"), PageQuery),
    responses((status = 200, description = "A page of them", body = Page<ActivityView>)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/conversations/{id}/activities")]
pub async fn list_activities(
    caller: Caller<ConversationsRead>,
    id: Segment<ConversationId>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<ActivityView>>> {
    Ok(web::Json(service.activities(caller.principal, id.0, query.0).await?))
}

/// Notes something in a conversation. The customer never sees it.
#[utoipa::path(
    tag = "conversations",
    params(("id" = ConversationId, Path, description = "Conversation")),
    request_body = WriteNote,
    responses((status = 201, description = "The note", body = NoteWritten)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/conversations/{id}/notes")]
pub async fn add_note(
    caller: Caller<ConversationsWrite>,
    id: Segment<ConversationId>,
    body: Body<WriteNote>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Created().json(service.add_note(caller.principal, id.0, body.0).await?))
}

/// Changes a note that the caller wrote.
#[utoipa::path(
    tag = "conversations",
    params(("id" = ActivityId, Path, description = "Note")),
    request_body = WriteNote,
    responses((status = 200, description = "The note", body = NoteWritten)),
    security(("bearer" = ["conversations:write"]))
)]
#[patch("/notes/{id}")]
pub async fn update_note(
    caller: Caller<ConversationsWrite>,
    id: Segment<ActivityId>,
    body: Body<WriteNote>,
    service: web::Data<Service>,
) -> Result<web::Json<NoteWritten>> {
    Ok(web::Json(service.update_note(caller.principal, id.0, body.0).await?))
}

/// Removes a note that the caller wrote.
#[utoipa::path(
    tag = "conversations",
    params(("id" = ActivityId, Path, description = "Note")),
    responses((status = 204, description = "It is gone")),
    security(("bearer" = ["conversations:write"]))
)]
#[delete("/notes/{id}")]
pub async fn remove_note(
    caller: Caller<ConversationsWrite>,
    id: Segment<ActivityId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    service.remove_note(caller.principal, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Says which tags a conversation has. A name that is not known yet becomes a tag.
#[utoipa::path(
    tag = "conversations",
    params(("id" = ConversationId, Path, description = "Conversation")),
    request_body = SetTags,
    responses((status = 200, description = "What stands in the conversation now", body = Timeline)),
    security(("bearer" = ["conversations:write"]))
)]
#[put("/conversations/{id}/tags")]
pub async fn set_tags(
    caller: Caller<ConversationsWrite>,
    id: Segment<ConversationId>,
    body: Body<SetTags>,
    service: web::Data<Service>,
) -> Result<web::Json<Timeline>> {
    Ok(web::Json(service.set_tags(caller.principal, id.0, body.0).await?))
}

/// Lists the tags in alphabetical order, with how many conversations that the caller reads have each.
#[utoipa::path(
    tag = "conversations",
    params(PageQuery),
    responses((status = 200, description = "A page of tags", body = Page<TagView>)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/tags")]
pub async fn list_tags(
    caller: Caller<ConversationsRead>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<TagView>>> {
    Ok(web::Json(service.tags(caller.principal, query.0).await?))
}

/// Renames a tag. When another has this name, both become one.
#[utoipa::path(
    tag = "conversations",
    params(("id" = TagId, Path, description = "Tag")),
    request_body = RenameTag,
    responses((status = 200, description = "The tag", body = TagView)),
    security(("bearer" = ["campaigns:write"]))
)]
#[patch("/tags/{id}")]
pub async fn rename_tag(
    caller: Caller<CampaignsWrite>,
    id: Segment<TagId>,
    body: Body<RenameTag>,
    service: web::Data<Service>,
) -> Result<web::Json<TagView>> {
    Ok(web::Json(service.rename_tag(caller.principal, id.0, body.0).await?))
}

/// Removes a tag from all conversations.
#[utoipa::path(
    tag = "conversations",
    params(("id" = TagId, Path, description = "Tag")),
    responses((status = 204, description = "It is gone")),
    security(("bearer" = ["campaigns:write"]))
)]
#[delete("/tags/{id}")]
pub async fn remove_tag(
    caller: Caller<CampaignsWrite>,
    id: Segment<TagId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    service.remove_tag(caller.principal, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Shows what interactions of a campaign may end with: its own dispositions and those of all campaigns.
#[utoipa::path(
    tag = "dispositions",
    params(("id" = CampaignId, Path, description = "Campaign")),
    responses((status = 200, description = "The dispositions", body = DispositionsView)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/campaigns/{id}/dispositions")]
pub async fn get_dispositions(
    caller: Caller<ConversationsRead>,
    id: Segment<CampaignId>,
    service: web::Data<Service>,
) -> Result<web::Json<DispositionsView>> {
    Ok(web::Json(service.dispositions(caller.principal, Some(id.0)).await?))
}

/// Replaces the dispositions of a campaign. What is left out can no longer be chosen, and names what was; by its id a
/// disposition is renamed or moved.
#[utoipa::path(
    tag = "dispositions",
    params(("id" = CampaignId, Path, description = "Campaign")),
    request_body = SetDispositions,
    responses((status = 200, description = "The dispositions", body = DispositionsView)),
    security(("bearer" = ["campaigns:write"]))
)]
#[put("/campaigns/{id}/dispositions")]
pub async fn set_dispositions(
    caller: Caller<CampaignsWrite>,
    id: Segment<CampaignId>,
    body: Body<SetDispositions>,
    service: web::Data<Service>,
) -> Result<web::Json<DispositionsView>> {
    Ok(web::Json(service.set_dispositions(caller.principal, id.0, body.0).await?))
}

/// Shows what interactions of any campaign may end with.
#[utoipa::path(
    tag = "dispositions",
    responses((status = 200, description = "The dispositions, as `global`", body = DispositionsView)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/dispositions")]
pub async fn get_global_dispositions(
    caller: Caller<ConversationsRead>,
    service: web::Data<Service>,
) -> Result<web::Json<DispositionsView>> {
    Ok(web::Json(service.dispositions(caller.principal, None).await?))
}

/// Replaces the dispositions of all campaigns.
#[utoipa::path(
    tag = "dispositions",
    request_body = SetGlobalDispositions,
    responses((status = 200, description = "The dispositions, as `global`", body = DispositionsView)),
    security(("bearer" = ["campaigns:write"]))
)]
#[put("/dispositions")]
pub async fn set_global_dispositions(
    caller: Caller<CampaignsWrite>,
    body: Body<SetGlobalDispositions>,
    service: web::Data<Service>,
) -> Result<web::Json<DispositionsView>> {
    Ok(web::Json(service.set_global_dispositions(caller.principal, body.0).await?))
}
