//! Requests that a browser sends with our cookie, or that open a socket, must come from our own page.

use super::request::scheme;
use crate::kernel::{Result, config::Settings};
use actix_web::HttpRequest;
use shared::error::ErrorCode;

/// Refuses a foreign `Origin`. Programs send none and pass: they hold no cookie of a user's browser.
///
/// # Errors
/// `foreign_origin`.
pub fn check(request: &HttpRequest, settings: &Settings) -> Result<()> {
    let Some(origin) = request.headers().get("Origin") else { return Ok(()) };
    let origin = origin.to_str().unwrap_or("");
    let own = own(request, settings);
    if origin.eq_ignore_ascii_case(&own) { Ok(()) } else { Err(ErrorCode::ForeignOrigin.into()) }
}

/// Our own address as browsers know it, without a path.
#[must_use]
pub fn own(request: &HttpRequest, settings: &Settings) -> String {
    match settings.server.public_url.trim_end_matches('/') {
        "" => {
            let host = request.headers().get("Host").and_then(|host| host.to_str().ok()).unwrap_or("");
            format!("{}://{host}", scheme(request))
        }
        url => url.to_owned(),
    }
}
