//! Why an interaction went where it went (S43), taking one, and replays.

use super::service;
use crate::kernel::{
    Core, Result,
    http::{
        auth::{Caller, ConversationsRead, ConversationsWrite, SupervisionRead},
        extract::{Body, Params, Segment},
        routes::Routes,
    },
};
use actix_web::{get, post, web};
use shared::{
    api::{
        interactions::{DecisionView, InteractionSummary, ReturnInteraction, TransferInteraction, TransferTargets},
        replays::{ReplayInput, ReplayView},
    },
    ids::{CampaignId, InteractionId},
    page::{Page, PageQuery},
};

/// Routes of this room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(list_decisions)
        .service(take_interaction)
        .service(list_transfer_targets)
        .service(transfer_interaction)
        .service(return_interaction)
        .service(replay_campaign);
}

/// Lists the routing decisions about an interaction, newest first: who was eligible, why each other was not, and the
/// measure that decided.
#[utoipa::path(
    tag = "interactions",
    params(("id" = InteractionId, Path, description = "Interaction"), PageQuery),
    responses((status = 200, description = "A page of decisions", body = Page<DecisionView>)),
    security(("bearer" = ["supervision:read"]))
)]
#[get("/interactions/{id}/decisions")]
pub async fn list_decisions(
    caller: Caller<SupervisionRead>,
    id: Segment<InteractionId>,
    query: Params<PageQuery>,
    core: web::Data<Core>,
) -> Result<web::Json<Page<DecisionView>>> {
    Ok(web::Json(service::decisions(&core, caller.principal, id.0, query.0).await?))
}

/// Takes an interaction that waits, where the campaign's strategy lets agents take.
///
/// Whoever comes first has it: for everyone else it is `already_taken`, with his name. Who may not take it now gets
/// `not_eligible` with `reasons`; one that others go before is `not_in_turn`.
#[utoipa::path(
    tag = "interactions",
    params(("id" = InteractionId, Path, description = "Interaction")),
    responses((status = 200, description = "The interaction, now the caller's", body = InteractionSummary)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/interactions/{id}/take")]
pub async fn take_interaction(
    caller: Caller<ConversationsWrite>,
    id: Segment<InteractionId>,
    core: web::Data<Core>,
) -> Result<web::Json<InteractionSummary>> {
    Ok(web::Json(service::take(&core, caller.principal, id.0).await?))
}

/// Lists to whom an interaction can be given: the other members of its campaign, with what keeps each from being handed it by
/// itself, and the other campaigns.
#[utoipa::path(
    tag = "interactions",
    params(("id" = InteractionId, Path, description = "Interaction")),
    responses((status = 200, description = "Agents and campaigns", body = TransferTargets)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/interactions/{id}/transfer-targets")]
pub async fn list_transfer_targets(
    caller: Caller<ConversationsRead>,
    id: Segment<InteractionId>,
    core: web::Data<Core>,
) -> Result<web::Json<TransferTargets>> {
    Ok(web::Json(service::transfer_targets(&core, caller.principal, id.0).await?))
}

/// Gives an interaction to an agent of its campaign, or to another campaign, where it waits at the place of its arrival. Agents
/// give what they hold, supervisors anyone's and what waits.
#[utoipa::path(
    tag = "interactions",
    params(("id" = InteractionId, Path, description = "Interaction")),
    request_body = TransferInteraction,
    responses((status = 200, description = "The interaction", body = InteractionSummary)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/interactions/{id}/transfer")]
pub async fn transfer_interaction(
    caller: Caller<ConversationsWrite>,
    id: Segment<InteractionId>,
    body: Body<TransferInteraction>,
    core: web::Data<Core>,
) -> Result<web::Json<InteractionSummary>> {
    Ok(web::Json(service::transfer(&core, caller.principal, id.0, body.0).await?))
}

/// Gives an interaction back to the queue, at the place of its arrival. It goes to another if there is one who can get it.
#[utoipa::path(
    tag = "interactions",
    params(("id" = InteractionId, Path, description = "Interaction")),
    request_body = ReturnInteraction,
    responses((status = 200, description = "The interaction", body = InteractionSummary)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/interactions/{id}/return")]
pub async fn return_interaction(
    caller: Caller<ConversationsWrite>,
    id: Segment<InteractionId>,
    body: Body<ReturnInteraction>,
    core: web::Data<Core>,
) -> Result<web::Json<InteractionSummary>> {
    Ok(web::Json(service::give_back(&core, caller.principal, id.0, body.0).await?))
}

/// Replays a past day of a campaign with another strategy or other people: waits, service level, fairness, side by side with
/// the day as it was. Changes nothing. Voice campaigns and times to open an offer are left aside: neither who was in one, nor
/// when an offer would have been opened, is recorded.
#[utoipa::path(
    tag = "campaigns",
    params(("id" = CampaignId, Path, description = "Campaign")),
    request_body = ReplayInput,
    responses((status = 200, description = "Both days", body = ReplayView)),
    security(("bearer" = ["supervision:read"]))
)]
#[post("/campaigns/{id}/replay")]
pub async fn replay_campaign(
    caller: Caller<SupervisionRead>,
    id: Segment<CampaignId>,
    body: Body<ReplayInput>,
    core: web::Data<Core>,
) -> Result<web::Json<ReplayView>> {
    Ok(web::Json(service::replay_day(&core, caller.principal, id.0, body.0).await?))
}
