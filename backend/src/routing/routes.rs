//! Why an interaction went where it went (S43), taking one, and replays.

use super::service;
use crate::kernel::{
    Core, Result,
    http::{
        auth::{Caller, ConversationsWrite, SupervisionRead},
        extract::{Body, Params, Segment},
        routes::Routes,
    },
};
use actix_web::{get, post, web};
use shared::{
    api::{
        interactions::{DecisionView, InteractionSummary},
        replays::{ReplayInput, ReplayView},
    },
    ids::{CampaignId, InteractionId},
    page::{Page, PageQuery},
};

/// Routes of this room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(list_decisions).service(take_interaction).service(replay_campaign);
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
