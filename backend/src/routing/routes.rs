//! Why an interaction went where it went (S43).

use super::service;
use crate::kernel::{
    Core, Result,
    http::{
        auth::{Caller, SupervisionRead},
        extract::{Params, Segment},
    },
};
use actix_web::{get, web};
use shared::{
    api::interactions::DecisionView,
    ids::InteractionId,
    page::{Page, PageQuery},
};
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this room.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_decisions);
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
