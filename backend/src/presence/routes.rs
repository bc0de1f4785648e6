//! Routes of an agent's own state.

use super::service::Service;
use crate::kernel::{
    Result,
    http::{
        auth::{Caller, ConversationsRead, ConversationsWrite},
        extract::{Body, Params},
    },
};
use actix_web::{get, put, web};
use shared::{
    api::presence::{AgentState, BreakKind, SetAgentState},
    page::{Page, PageQuery},
};
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts this room.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_my_state).service(set_my_state).service(list_break_kinds);
}

/// One's own state: available or on a break, since when, and whether a live session is open.
#[utoipa::path(
    tag = "presence",
    responses((status = 200, description = "The state", body = AgentState)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/presence/me")]
pub async fn get_my_state(
    caller: Caller<ConversationsRead>,
    service: web::Data<Service>,
) -> Result<web::Json<AgentState>> {
    Ok(web::Json(service.my_state(&caller).await?))
}

/// Chooses one's own state. On a break nothing new comes in.
#[utoipa::path(
    tag = "presence",
    request_body = SetAgentState,
    responses((status = 200, description = "As it is now", body = AgentState)),
    security(("bearer" = ["conversations:write"]))
)]
#[put("/presence/me")]
pub async fn set_my_state(
    caller: Caller<ConversationsWrite>,
    body: Body<SetAgentState>,
    service: web::Data<Service>,
) -> Result<web::Json<AgentState>> {
    Ok(web::Json(service.set_my_state(&caller, body.0).await?))
}

/// Lists the kinds of breaks in their order.
#[utoipa::path(
    tag = "presence",
    params(PageQuery),
    responses((status = 200, description = "A page", body = Page<BreakKind>)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/presence/break-kinds")]
pub async fn list_break_kinds(
    _caller: Caller<ConversationsRead>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<BreakKind>>> {
    Ok(web::Json(service.break_kinds(query.0).await?))
}
