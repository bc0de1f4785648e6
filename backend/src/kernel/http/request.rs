//! The middleware that every request passes: request id, security headers (A11), metrics, the log line.

use super::answer::{REQUEST_ID, problem};
use crate::kernel::{Core, secrets::hex};
use actix_web::{
    Error as ActixError, HttpRequest, ResponseError as _,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::Next,
    web,
};
use shared::error::ErrorCode;
use std::{
    net::{IpAddr, Ipv4Addr},
    time::Instant,
};

/// The page's policy: nothing from elsewhere, no inline script; wasm may be compiled; styles that the page computes
/// (a colour, a position) may stand in attributes.
pub const PAGE_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-src 'self' blob:; \
    media-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The framed page in which mail is designed: it writes style sheets for its canvas, and asks nobody for anything but its
/// own files and pictures. What runs comes from files all the same, so nothing within a design can.
const DESIGNER_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; \
    frame-ancestors 'self'";
/// Where that page is.
const DESIGNER: &str = "/designer.html";

/// The API's documentation page: a vendored Swagger UI, which styles itself.
const DOCS_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    frame-ancestors 'none'";

/// Wraps every request.
///
/// # Errors
/// None of its own: what a handler returns as an error is answered as a problem.
pub async fn instrument<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, ActixError> {
    let id = wanted_id(&request).unwrap_or_else(|| hex(&rand::random::<[u8; 8]>()));
    REQUEST_ID.scope(id.clone(), serve(request, next, id)).await
}

async fn serve<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    id: String,
) -> Result<ServiceResponse<EitherBody<B>>, ActixError> {
    let started = Instant::now();
    let method = request.method().to_string();
    if request.path().starts_with("/api/")
        && let Err(refused) = super::auth::judge(&request).await
    {
        let mut response = request.into_response(refused.error_response()).map_into_right_body();
        set_headers(&mut response, &id);
        return Ok(response);
    }
    // No clone of the request may be held here: routing writes into it, and panics where it is shared.
    let response = next.call(request).await?;
    let mut response = match foreign_refusal(&response, &id) {
        Some(answer) => response.into_response(answer).map_into_right_body(),
        None => response.map_into_left_body(),
    };
    set_headers(&mut response, &id);
    let route = response.request().match_pattern().unwrap_or_else(|| "other".into());
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    metrics::histogram!("posta_request_seconds", "route" => route.clone(), "method" => method.clone()).record(elapsed);
    metrics::counter!("posta_requests_total", "route" => route.clone(), "method" => method.clone(), "status" => status.to_string())
        .increment(1);
    tracing::debug!(method, route, status, ms = elapsed.as_millis(), request_id = id, "request");
    Ok(response)
}

/// actix's own refusals (a path that is no UTF-8, …) are plain text; this is what is answered in their place.
fn foreign_refusal<B>(response: &ServiceResponse<B>, id: &str) -> Option<actix_web::HttpResponse> {
    let error = response.response().error()?;
    if error.as_error::<crate::kernel::Error>().is_some() {
        return None;
    }
    let code = if response.status().is_server_error() {
        tracing::error!(%error, request_id = id, "a request failed on our side");
        ErrorCode::Internal
    } else {
        ErrorCode::MalformedRequest
    };
    Some(problem(code, None, Vec::new(), Vec::new(), None))
}

fn wanted_id(request: &ServiceRequest) -> Option<String> {
    let wanted = request.headers().get("X-Request-Id")?.to_str().ok()?;
    let plain = wanted.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (plain && (8..=64).contains(&wanted.len())).then(|| wanted.to_owned())
}

fn set_headers<B>(response: &mut ServiceResponse<B>, id: &str) {
    let secure = scheme(response.request()) == "https";
    let path = response.request().path();
    let is_docs = path.starts_with("/api/docs/");
    let is_api = path.starts_with("/api/") && !is_docs;
    let is_designer = path == DESIGNER;
    let policy = match (is_docs, is_api) {
        (true, _) => DOCS_POLICY,
        (_, true) => "default-src 'none'; frame-ancestors 'none'",
        _ if is_designer => DESIGNER_POLICY,
        _ => PAGE_POLICY,
    };
    let headers = response.headers_mut();
    let mut put = |name: &'static str, value: &'static str| {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    put("x-content-type-options", "nosniff");
    put("referrer-policy", "no-referrer");
    put("content-security-policy", policy);
    put("x-frame-options", if is_designer { "SAMEORIGIN" } else { "DENY" });
    put("cross-origin-opener-policy", "same-origin");
    put("cross-origin-resource-policy", "same-origin");
    put("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()");
    if is_api {
        put("cache-control", "no-store");
    }
    if secure {
        put("strict-transport-security", "max-age=31536000");
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
}

fn from_proxy(request: &HttpRequest) -> bool {
    let Some(peer) = request.peer_addr() else { return false };
    request.app_data::<web::Data<Core>>().is_some_and(|core| {
        let networks = &core.settings.server.trusted_proxies;
        networks.iter().filter_map(|text| text.parse::<ipnet::IpNet>().ok()).any(|net| net.contains(&peer.ip()))
    })
}

/// The client's address; a trusted proxy's word for it is taken (the last one it added).
#[must_use]
pub fn client_address(request: &HttpRequest) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let forwarded = request.headers().get_all("X-Forwarded-For").last().and_then(|value| value.to_str().ok());
    match forwarded {
        Some(list) if from_proxy(request) => {
            list.rsplit(',').next().and_then(|last| last.trim().parse().ok()).unwrap_or(peer)
        }
        _ => peer,
    }
}

/// `http` or `https`, as the browser sees it.
#[must_use]
pub fn scheme(request: &HttpRequest) -> &'static str {
    let configured =
        request.app_data::<web::Data<Core>>().map(|core| core.settings.server.public_url.starts_with("https://"));
    let forwarded = request.headers().get("X-Forwarded-Proto").and_then(|value| value.to_str().ok());
    if configured == Some(true) || (forwarded == Some("https") && from_proxy(request)) { "https" } else { "http" }
}

/// The browser as it names itself, cut to 200 characters.
pub fn user_agent(request: &HttpRequest) -> String {
    let text = request.headers().get("User-Agent").and_then(|value| value.to_str().ok()).unwrap_or("");
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
