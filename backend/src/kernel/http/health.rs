//! `/healthz` (the process), `/readyz` (database, migrations, storage), `/metrics`.

use super::request::client_address;
use crate::kernel::{Core, Error, Result, db::migrate};
use actix_web::{HttpRequest, HttpResponse, get, web};
use metrics_exporter_prometheus::PrometheusHandle;
use shared::error::ErrorCode;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The process answers.
#[get("/healthz")]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// What was found last, for all who ask within a second: anybody may ask, and looking costs a flush of the disk.
#[derive(Debug, Default)]
pub struct Readiness {
    last: Mutex<Option<(Instant, Option<ErrorCode>)>>,
}

/// So long what was found is told again.
const FRESH: Duration = Duration::from_secs(1);

impl Readiness {
    async fn judge(&self, core: &Core) -> Result<()> {
        // Held while looking, so that of many who ask at once one looks.
        let mut last = self.last.lock().await;
        match *last {
            Some((at, None)) if at.elapsed() < FRESH => return Ok(()),
            Some((at, Some(code))) if at.elapsed() < FRESH => return Err(Error::retry(code, FRESH)),
            _ => {}
        }
        let found = look(core).await;
        *last = Some((Instant::now(), found.as_ref().err().map(Error::code)));
        found
    }
}

async fn look(core: &Core) -> Result<()> {
    if !core.db.read(migrate::is_current).await? {
        return Err(Error::retry(ErrorCode::Unavailable, Duration::from_secs(2)));
    }
    core.blobs.probe().await
}

/// Database, migrations and storage answer.
#[get("/readyz")]
pub async fn readyz(core: web::Data<Core>, readiness: web::Data<Readiness>) -> Result<HttpResponse> {
    readiness.judge(&core).await?;
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
