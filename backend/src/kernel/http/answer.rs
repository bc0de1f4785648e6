//! Errors as RFC 9457 problems, with the request's id. The one place where a failure of ours is logged.

use crate::kernel::Error;
use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use shared::error::{ErrorCode, Problem};
use std::time::Duration;

tokio::task_local! {
    /// Id of the request that this task serves.
    pub static REQUEST_ID: String;
}

/// Id of the request being served; empty outside one.
#[must_use]
pub fn request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let code = self.code();
        let (detail, errors, reasons, retry_after) = match self {
            Self::Problem(cause) => {
                (cause.detail.clone(), cause.fields.clone(), cause.reasons.clone(), cause.retry_after)
            }
            _ => (None, Vec::new(), Vec::new(), (code == ErrorCode::Unavailable).then_some(Duration::from_secs(2))),
        };
        if code.status() >= 500 {
            metrics::counter!("posta_request_failures_total", "code" => code.as_str()).increment(1);
            tracing::error!(error = %self, code = code.as_str(), request_id = request_id(), "a request failed on our side");
        }
        problem(code, detail, errors, reasons, retry_after)
    }
}

/// A problem as an answer.
#[must_use]
pub fn problem(
    code: ErrorCode,
    detail: Option<String>,
    errors: Vec<shared::validate::FieldIssue>,
    reasons: Vec<shared::api::interactions::Ineligible>,
    retry_after: Option<Duration>,
) -> HttpResponse {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.content_type("application/problem+json");
    if let Some(after) = retry_after {
        let seconds = after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0)).max(1);
        response.insert_header(("Retry-After", seconds.to_string()));
    }
    if code.status() == 401 {
        response.insert_header(("WWW-Authenticate", "Bearer"));
    }
    let body = Problem {
        kind: format!("/api/docs/errors#{code}"),
        code,
        status: code.status(),
        title: code.title().to_owned(),
        detail,
        request_id: request_id(),
        errors,
        reasons,
    };
    response.body(serde_json::to_string(&body).unwrap_or_default())
}
