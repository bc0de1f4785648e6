//! Routes of operators: mailboxes, quarantine, audit log.

use super::Service;
use crate::kernel::{
    Result,
    http::{
        auth::{AuditRead, Caller, OperationsRead},
        extract::{Params, Segment},
        routes::Routes,
    },
};
use actix_web::{get, web};
use shared::{
    api::operations::{AuditCheck, AuditView, MailboxLedger, QuarantineView},
    ids::CampaignId,
    page::{Page, PageQuery},
};

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(list_mailboxes).service(list_quarantine).service(list_audit).service(check_audit);
}

/// Lists the mailboxes of a campaign with their ledger.
#[utoipa::path(
    tag = "operations",
    params(("id" = CampaignId, Path, description = "Campaign"), PageQuery),
    responses((status = 200, description = "A page", body = Page<MailboxLedger>)),
    security(("bearer" = ["operations:read"]))
)]
#[get("/campaigns/{id}/mailboxes")]
pub async fn list_mailboxes(
    caller: Caller<OperationsRead>,
    id: Segment<CampaignId>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<MailboxLedger>>> {
    Ok(web::Json(service.mailboxes(caller.scope.clone(), id.0, query.0).await?))
}

/// Lists the mails of a campaign that could not be read and were set aside, newest first.
#[utoipa::path(
    tag = "operations",
    params(("id" = CampaignId, Path, description = "Campaign"), PageQuery),
    responses((status = 200, description = "A page", body = Page<QuarantineView>)),
    security(("bearer" = ["operations:read"]))
)]
#[get("/campaigns/{id}/quarantine")]
pub async fn list_quarantine(
    caller: Caller<OperationsRead>,
    id: Segment<CampaignId>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<QuarantineView>>> {
    Ok(web::Json(service.quarantine(caller.principal, id.0, query.0).await?))
}

/// Lists the audit log, newest first.
#[utoipa::path(
    tag = "operations",
    params(PageQuery),
    responses((status = 200, description = "A page", body = Page<AuditView>)),
    security(("bearer" = ["audit:read"]))
)]
#[get("/audit")]
pub async fn list_audit(
    _caller: Caller<AuditRead>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<AuditView>>> {
    Ok(web::Json(service.audit(query.0).await?))
}

/// Checks the whole audit log: every line's hash over itself and the line before.
#[utoipa::path(
    tag = "operations",
    responses((status = 200, description = "What was found", body = AuditCheck)),
    security(("bearer" = ["audit:read"]))
)]
#[get("/audit/check")]
pub async fn check_audit(_caller: Caller<AuditRead>, service: web::Data<Service>) -> Result<web::Json<AuditCheck>> {
    Ok(web::Json(service.check_audit().await?))
}
