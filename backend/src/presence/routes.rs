//! Routes of an agent's own state, and of what integrators report of him.

use super::service::Service;
use crate::kernel::{
    Result,
    http::{
        auth::{Caller, ConversationsRead, ConversationsWrite, PresenceWrite, SettingsWrite, SupervisionRead},
        extract::{Body, Params, Segment},
        routes::Routes,
    },
};
use actix_web::{HttpResponse, delete, get, post, put, web};
use shared::{
    api::presence::{AgentState, BreakKind, BreakKinds, ExternalLoad, ReportExternalLoad, SetAgentState},
    ids::UserId,
    page::{Page, PageQuery},
};

/// Mounts this room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(get_my_state)
        .service(set_my_state)
        .service(end_my_wrap_up)
        .service(list_break_kinds)
        .service(set_break_kinds)
        .service(get_external_load)
        .service(report_external_load)
        .service(clear_external_load);
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

/// Replaces the kinds of breaks. Those left out can no longer be chosen; whoever is on one stays on it.
#[utoipa::path(
    tag = "presence",
    request_body = BreakKinds,
    responses((status = 200, description = "As they are now", body = Page<BreakKind>)),
    security(("bearer" = ["settings:write"]))
)]
#[put("/presence/break-kinds")]
pub async fn set_break_kinds(
    caller: Caller<SettingsWrite>,
    body: Body<BreakKinds>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<BreakKind>>> {
    Ok(web::Json(service.set_break_kinds(&caller, body.0).await?))
}

/// Ends one's own wrap-up before its time.
#[utoipa::path(
    tag = "presence",
    responses((status = 200, description = "As it is now", body = AgentState)),
    security(("bearer" = ["conversations:write"]))
)]
#[post("/presence/me/end-wrap-up")]
pub async fn end_my_wrap_up(
    caller: Caller<ConversationsWrite>,
    service: web::Data<Service>,
) -> Result<web::Json<AgentState>> {
    Ok(web::Json(service.end_wrap_up(&caller).await?))
}

/// Reads what an agent does elsewhere, as it was reported and still holds.
#[utoipa::path(
    tag = "presence",
    params(("user_id" = UserId, Path, description = "Agent")),
    responses((status = 200, description = "What he does elsewhere", body = ExternalLoad)),
    security(("bearer" = ["supervision:read"]))
)]
#[get("/presence/agents/{user_id}/external")]
pub async fn get_external_load(
    caller: Caller<SupervisionRead>,
    user: Segment<UserId>,
    service: web::Data<Service>,
) -> Result<web::Json<ExternalLoad>> {
    Ok(web::Json(service.external(caller.principal, user.0).await?))
}

/// Reports what an agent does elsewhere: a call, interactions of other channels.
///
/// It replaces what was reported before and is forgotten when it expires, so that an integrator that dies keeps nobody busy.
#[utoipa::path(
    tag = "presence",
    params(("user_id" = UserId, Path, description = "Agent")),
    request_body = ReportExternalLoad,
    responses((status = 200, description = "As it is now", body = ExternalLoad)),
    security(("bearer" = ["presence:write"]))
)]
#[put("/presence/agents/{user_id}/external")]
pub async fn report_external_load(
    caller: Caller<PresenceWrite>,
    user: Segment<UserId>,
    body: Body<ReportExternalLoad>,
    service: web::Data<Service>,
) -> Result<web::Json<ExternalLoad>> {
    Ok(web::Json(service.report_external(caller.principal, user.0, body.0).await?))
}

/// Forgets what was reported of an agent.
#[utoipa::path(
    tag = "presence",
    params(("user_id" = UserId, Path, description = "Agent")),
    responses((status = 204, description = "Forgotten")),
    security(("bearer" = ["presence:write"]))
)]
#[delete("/presence/agents/{user_id}/external")]
pub async fn clear_external_load(
    caller: Caller<PresenceWrite>,
    user: Segment<UserId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    service.clear_external(caller.principal, user.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
