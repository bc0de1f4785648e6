//! `/rate/{token}`: the public page of a link, outside the API. Looking records nothing, however often; sending the
//! form does.

use super::{page, service::Service};
use crate::kernel::{
    Result,
    http::{rate_limit::Limits, request::client_address},
};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, post, route, web};
use serde::Deserialize;
use shared::{
    api::{
        access::Language,
        ratings::{BEST, WORST},
    },
    error::ErrorCode,
};

/// Most octets of a form: a comment, each of its characters written as three or more.
const MOST: usize = 32 * 1024;

/// Mounts the page.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(show_rating).service(show_rating_chosen).service(rate);
}

/// The page of a link.
#[route("/rate/{token}", method = "GET", method = "HEAD")]
pub async fn show_rating(
    request: HttpRequest,
    limits: web::Data<Limits>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    page_of(&request, &limits, &service).await
}

/// The page of a link with a face chosen, as mails link to it.
#[route("/rate/{token}/{score}", method = "GET", method = "HEAD")]
pub async fn show_rating_chosen(
    request: HttpRequest,
    limits: web::Data<Limits>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    page_of(&request, &limits, &service).await
}

async fn page_of(request: &HttpRequest, limits: &Limits, service: &Service) -> Result<HttpResponse> {
    if let Some(refused) = too_many(request, limits) {
        return Ok(refused);
    }
    let token = request.match_info().get("token").unwrap_or_default();
    let score = request.match_info().get("score").and_then(|score| score.parse::<i32>().ok());
    let chosen = score.filter(|score| (WORST..=BEST).contains(score));
    Ok(match service.look(token).await? {
        Some(shown) => {
            let language = language(request, shown.rating.language);
            answer(StatusCode::OK, page::of(&shown, token, chosen, language))
        }
        None => answer(StatusCode::NOT_FOUND, page::gone(language(request, Language::Es))),
    })
}

/// What the form sends.
#[derive(Debug, Deserialize)]
struct Said {
    score: Option<i32>,
    #[serde(default)]
    comment: String,
}

/// Records what the form sends.
#[post("/rate/{token}")]
pub async fn rate(
    request: HttpRequest,
    body: web::Bytes,
    limits: web::Data<Limits>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    if let Some(refused) = too_many(&request, &limits) {
        return Ok(refused);
    }
    let token = request.match_info().get("token").unwrap_or_default();
    let text = std::str::from_utf8(&body).ok().filter(|text| text.len() <= MOST).unwrap_or_default();
    let said = web::Query::<Said>::from_query(text).map(web::Query::into_inner).ok();
    let score = said.as_ref().and_then(|said| said.score).filter(|score| (WORST..=BEST).contains(score));
    let (Some(said), Some(score)) = (said, score) else {
        // Without a face nothing is said: the same page once more.
        let found = service.look(token).await?;
        return Ok(match found {
            Some(shown) => {
                let language = language(&request, shown.rating.language);
                answer(StatusCode::BAD_REQUEST, page::of(&shown, token, None, language))
            }
            None => answer(StatusCode::NOT_FOUND, page::gone(language(&request, Language::Es))),
        });
    };
    Ok(match service.say(token, score, &said.comment).await? {
        // A reload asks for the page again and sends nothing twice.
        Some(shown) if shown.open => {
            let path = format!("/rate/{token}");
            let mut response = answer(StatusCode::SEE_OTHER, String::new());
            if let Ok(value) = path.parse() {
                response.headers_mut().insert(actix_web::http::header::LOCATION, value);
            }
            response
        }
        Some(shown) => {
            let language = language(&request, shown.rating.language);
            answer(StatusCode::CONFLICT, page::of(&shown, token, None, language))
        }
        None => answer(StatusCode::NOT_FOUND, page::gone(language(&request, Language::Es))),
    })
}

fn too_many(request: &HttpRequest, limits: &Limits) -> Option<HttpResponse> {
    let refused = limits.address(client_address(request)).err()?;
    debug_assert_eq!(refused.code(), ErrorCode::TooManyRequests, "nothing else is refused here");
    let mut response = answer(StatusCode::TOO_MANY_REQUESTS, page::too_many(language(request, Language::Es)));
    if let crate::kernel::Error::Problem(cause) = &refused
        && let Some(after) = cause.retry_after
        && let Ok(value) = after.as_secs().saturating_add(1).to_string().parse()
    {
        response.headers_mut().insert(actix_web::http::header::RETRY_AFTER, value);
    }
    Some(response)
}

fn language(request: &HttpRequest, other: Language) -> Language {
    let accepts = request.headers().get("Accept-Language").and_then(|value| value.to_str().ok()).unwrap_or("");
    page::language(accepts, other)
}

fn answer(status: StatusCode, page: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header(("Content-Security-Policy", page::policy()))
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("Vary", "Accept-Language"))
        .insert_header(("X-Robots-Tag", "noindex"))
        .body(page)
}
