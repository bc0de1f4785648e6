//! `/healthz` (the process), `/readyz` (database, migrations, storage), `/metrics`.

use super::request::client_address;
use crate::kernel::{Core, Error, Result, db::migrate};
use actix_web::{HttpRequest, HttpResponse, get, web};
use metrics_exporter_prometheus::PrometheusHandle;
use shared::error::ErrorCode;

/// The process answers.
#[get("/healthz")]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// Database, migrations and storage answer.
#[get("/readyz")]
pub async fn readyz(core: web::Data<Core>) -> Result<HttpResponse> {
    if !core.db.read(migrate::is_current).await? {
        return Err(Error::retry(ErrorCode::Unavailable, std::time::Duration::from_secs(2)));
    }
    core.blobs.probe().await?;
    Ok(HttpResponse::Ok().content_type("text/plain").body("ready\n"))
}

/// Prometheus' text format; for callers on this machine.
#[get("/metrics")]
pub async fn metrics(
    request: HttpRequest,
    core: web::Data<Core>,
    handle: web::Data<PrometheusHandle>,
) -> Result<HttpResponse> {
    if !client_address(&request).is_loopback() {
        return Err(ErrorCode::NotFound.into());
    }
    let (busy, all) = core.db.pool_state();
    ::metrics::gauge!("posta_database_connections_busy").set(f64::from(busy));
    ::metrics::gauge!("posta_database_connections").set(f64::from(all));
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(handle.render()))
}
