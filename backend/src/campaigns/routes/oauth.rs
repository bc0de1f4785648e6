//! Signing in to mail accounts at their provider: begun by the form, finished where the provider sends people back.

use crate::{
    campaigns::service::{Service, oauth::Return},
    kernel::{
        Core, Result,
        http::{
            auth::{Caller, CampaignsWrite},
            extract::{Body, Segment},
            origin,
            request::scheme,
        },
    },
};
use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time},
    get, post, web,
};
use shared::{
    api::oauth::{BeginSignIn, SignInBegun, SignInState, SignInView},
    error::ErrorCode,
};

/// Path of the cookie: the route that people come back to.
const PATH: &str = "/api/v1/oauth2";

/// What the page says, in both languages: it belongs to no session that would tell which.
const GRANTED: [&str; 2] = ["Sesión iniciada. Puede cerrar esta ventana.", "Signed in. You can close this window."];
const FAILED: [&str; 2] = [
    "El proveedor no ha dado acceso. El formulario dice por qué.",
    "The provider did not let us in. The form says why.",
];
const EXPIRED: [&str; 2] = [
    "Este inicio de sesión ya no vale. Empiece de nuevo en el formulario.",
    "This sign-in is not good any more. Begin again in the form.",
];

fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Secure-posta_oauth" } else { "posta_oauth" }
}

/// Lax: it must come along when the provider sends the browser back.
fn cookie(secret: String, secure: bool, seconds: i64) -> Cookie<'static> {
    Cookie::build(cookie_name(secure), secret)
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(time::Duration::seconds(seconds))
        .finish()
}

/// Begins a sign-in to a mail account at its provider.
///
/// The person opens `url` in the same browser, which keeps a cookie of ours, within ten minutes.
#[utoipa::path(
    tag = "campaigns",
    request_body = BeginSignIn,
    responses((status = 201, description = "Where to sign in", body = SignInBegun)),
    security(("bearer" = ["campaigns:write"]))
)]
#[post("/campaigns/oauth2/authorize")]
pub async fn begin_oauth_sign_in(
    caller: Caller<CampaignsWrite>,
    request: HttpRequest,
    body: Body<BeginSignIn>,
    core: web::Data<Core>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let own = origin::own(&request, &core.settings);
    let begun = service.begin_sign_in(caller.user_id, caller.session_id, &own, body.0).await?;
    let secure = scheme(&request) == "https";
    Ok(HttpResponse::Created().cookie(cookie(begun.browser, secure, 600)).json(begun.answer))
}

/// Tells how far a sign-in of the caller has come.
#[utoipa::path(
    tag = "campaigns",
    params(("id" = String, Path, description = "Sign-in")),
    responses((status = 200, description = "The sign-in", body = SignInView)),
    security(("bearer" = ["campaigns:write"]))
)]
#[get("/campaigns/oauth2/sign-ins/{id}")]
pub async fn get_oauth_sign_in(
    caller: Caller<CampaignsWrite>,
    id: Segment<String>,
    service: web::Data<Service>,
) -> Result<web::Json<SignInView>> {
    Ok(web::Json(service.sign_in(caller.user_id, id.0).await?))
}

/// Takes people up who come back from a provider, and shows them a page. What it brought is told where the sign-in is
/// asked for.
#[utoipa::path(
    tag = "campaigns",
    params(
        ("state" = Option<String>, Query, description = "Which sign-in"),
        ("code" = Option<String>, Query, description = "What is exchanged for tokens"),
        ("error" = Option<String>, Query, description = "Why there is no code"),
        ("error_description" = Option<String>, Query, description = "The same for people")
    ),
    responses((status = 200, description = "A page that says what came of it", content_type = "text/html", body = String)),
    security(())
)]
#[get("/oauth2/callback")]
pub async fn finish_oauth_sign_in(
    request: HttpRequest,
    query: web::Query<Return>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let secure = scheme(&request) == "https";
    let browser = request.cookie(cookie_name(secure)).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
    let words = match service.finish_sign_in(query.into_inner(), &browser).await {
        Ok(SignInState::Granted) => GRANTED,
        Ok(SignInState::Pending | SignInState::Failed) => FAILED,
        Err(error) if error.code() == ErrorCode::LinkExpired => EXPIRED,
        Err(error) => return Err(error),
    };
    let [es, en] = words;
    let page = format!(
        "<!doctype html><html lang=\"es\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Posta</title><h1>Posta</h1><p>{es}</p><p lang=\"en\">{en}</p></html>"
    );
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"))
        .insert_header(("Cache-Control", "no-store"))
        .cookie(cookie(String::new(), secure, 0))
        .body(page))
}
