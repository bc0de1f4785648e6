//! Routes, in order of who calls them: strangers, whoever is signed in, those who see users, administrators.

use super::{
    service::{Browser, Service, SignedIn},
    session::{cookie, cookie_name, no_cookie},
};
use crate::kernel::{
    Core, Result,
    http::{
        auth::{Authenticator, Caller, ConversationsRead, SelfManage, UsersRead, UsersWrite, bearer},
        extract::{Body, IfMatch, Params, Segment, Segments},
        idempotency::IdempotencyKey,
        origin,
        request::{client_address, scheme, user_agent},
        routes::Routes,
    },
};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use shared::{
    api::access::{
        ChangePassword, CreateUser, LinkView, Me, ReadLink, SessionView, SetupRequest, SetupState, SignInRequest,
        SocketTicket, SpendLink, TokenAnswer, UpdateMe, UpdateUser, UserLink, UserView,
    },
    error::ErrorCode,
    ids::{SessionId, UserId},
    page::{Page, PageQuery},
};
use std::time::Duration;

/// Mounts this room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(get_setup)
        .service(set_up)
        .service(sign_in)
        .service(refresh)
        .service(sign_out)
        .service(get_me)
        .service(update_me)
        .service(change_password)
        .service(list_sessions)
        .service(end_session)
        .service(create_socket_ticket)
        .service(list_users)
        .service(get_user)
        .service(create_user)
        .service(update_user)
        .service(sign_out_user)
        .service(list_user_sessions)
        .service(end_user_session)
        .service(make_user_link)
        .service(drop_user_link)
        .service(read_link)
        .service(spend_link);
}

/// Tells whether the first administrator is still to be made.
#[utoipa::path(tag = "setup", responses((status = 200, description = "The state", body = SetupState)), security(()))]
#[get("/setup")]
pub async fn get_setup(service: web::Data<Service>) -> Result<web::Json<SetupState>> {
    Ok(web::Json(service.setup_state().await?))
}

/// Makes the first administrator, with the token of the link that the server printed, and signs him in.
#[utoipa::path(
    tag = "setup",
    request_body = SetupRequest,
    responses((status = 200, description = "Signed in; the refresh token is in a cookie", body = TokenAnswer)),
    security(())
)]
#[post("/setup")]
pub async fn set_up(
    request: HttpRequest,
    body: Body<SetupRequest>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    own_page(&request)?;
    Ok(answer(&request, service.set_up(body.0, browser(&request)).await?))
}

/// Signs in.
#[utoipa::path(
    tag = "auth",
    request_body = SignInRequest,
    responses((status = 200, description = "Signed in; the refresh token is in a cookie", body = TokenAnswer)),
    security(())
)]
#[post("/auth/sign-in")]
pub async fn sign_in(
    request: HttpRequest,
    body: Body<SignInRequest>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    own_page(&request)?;
    Ok(answer(&request, service.sign_in(body.0, browser(&request)).await?))
}

/// Exchanges the refresh token in the cookie for fresh tokens.
#[utoipa::path(
    tag = "auth",
    responses((status = 200, description = "Fresh tokens; the refresh token is in a cookie", body = TokenAnswer)),
    security(())
)]
#[post("/auth/refresh")]
pub async fn refresh(request: HttpRequest, service: web::Data<Service>) -> Result<HttpResponse> {
    own_page(&request)?;
    let token = refresh_token(&request).ok_or(ErrorCode::SessionEnded)?;
    Ok(answer(&request, service.refresh(token).await?))
}

/// Ends the session of the bearer token or the cookie. Done without either, too.
#[utoipa::path(tag = "auth", responses((status = 204, description = "Signed out")), security(()))]
#[post("/auth/sign-out")]
pub async fn sign_out(request: HttpRequest, service: web::Data<Service>) -> Result<HttpResponse> {
    own_page(&request)?;
    let caller = match bearer(&request) {
        Some(token) => service.authenticate(token).await.ok(),
        None => None,
    };
    service.sign_out(caller, refresh_token(&request)).await?;
    Ok(HttpResponse::NoContent().cookie(no_cookie(is_secure(&request))).finish())
}

/// The one who is signed in.
#[utoipa::path(
    tag = "auth",
    responses((status = 200, description = "Name, role, permissions, settings", body = Me)),
    security(("bearer" = ["self"]))
)]
#[get("/auth/me")]
pub async fn get_me(caller: Caller<SelfManage>, service: web::Data<Service>) -> Result<web::Json<Me>> {
    Ok(web::Json(service.me(&caller).await?))
}

/// Changes one's own settings; what is absent stays.
#[utoipa::path(
    tag = "auth",
    request_body = UpdateMe,
    responses((status = 200, description = "As it is now", body = Me)),
    security(("bearer" = ["self"]))
)]
#[patch("/auth/me")]
pub async fn update_me(
    caller: Caller<SelfManage>,
    body: Body<UpdateMe>,
    service: web::Data<Service>,
) -> Result<web::Json<Me>> {
    Ok(web::Json(service.update_me(&caller, body.0).await?))
}

/// Changes one's own password. All other sessions end, and the tokens of this one are replaced.
#[utoipa::path(
    tag = "auth",
    request_body = ChangePassword,
    responses((status = 200, description = "Fresh tokens; the refresh token is in a cookie", body = TokenAnswer)),
    security(("bearer" = ["self"]))
)]
#[post("/auth/password")]
pub async fn change_password(
    caller: Caller<SelfManage>,
    request: HttpRequest,
    body: Body<ChangePassword>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    Ok(answer(&request, service.change_password(&caller, body.0, browser(&request)).await?))
}

/// Lists one's own sessions that are not over, newest first.
#[utoipa::path(
    tag = "auth",
    params(PageQuery),
    responses((status = 200, description = "A page", body = Page<SessionView>)),
    security(("bearer" = ["self"]))
)]
#[get("/auth/sessions")]
pub async fn list_sessions(
    caller: Caller<SelfManage>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<SessionView>>> {
    Ok(web::Json(service.list_sessions(&caller, query.0).await?))
}

/// Ends one of one's own sessions.
#[utoipa::path(
    tag = "auth",
    params(("session_id" = SessionId, Path, description = "Session")),
    responses((status = 204, description = "Ended")),
    security(("bearer" = ["self"]))
)]
#[delete("/auth/sessions/{session_id}")]
pub async fn end_session(
    caller: Caller<SelfManage>,
    session: Segment<SessionId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    service.end_session(&caller, session.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Gives a ticket that opens the live socket once, within 30 seconds.
#[utoipa::path(
    tag = "auth",
    responses((status = 200, description = "The ticket", body = SocketTicket)),
    security(("bearer" = ["conversations:read"]))
)]
#[post("/auth/socket-tickets")]
pub async fn create_socket_ticket(
    caller: Caller<ConversationsRead>,
    service: web::Data<Service>,
) -> Result<web::Json<SocketTicket>> {
    Ok(web::Json(service.socket_ticket(&caller).await?))
}

/// Lists users by sign-in name. Who is limited to campaigns sees their members.
#[utoipa::path(
    tag = "users",
    params(PageQuery),
    responses((status = 200, description = "A page", body = Page<UserView>)),
    security(("bearer" = ["users:read"]))
)]
#[get("/users")]
pub async fn list_users(
    caller: Caller<UsersRead>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<UserView>>> {
    Ok(web::Json(service.list_users(&caller, query.0).await?))
}

/// One user.
#[utoipa::path(
    tag = "users",
    params(("user_id" = UserId, Path, description = "User")),
    responses((status = 200, description = "The user", body = UserView)),
    security(("bearer" = ["users:read"]))
)]
#[get("/users/{user_id}")]
pub async fn get_user(
    caller: Caller<UsersRead>,
    id: Segment<UserId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    Ok(tagged(&mut HttpResponse::Ok(), &service.get_user(&caller, id.0).await?))
}

/// Makes a user.
#[utoipa::path(
    tag = "users",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request do its work once")),
    request_body = CreateUser,
    responses((status = 201, description = "The user", body = UserView)),
    security(("bearer" = ["users:write"]))
)]
#[post("/users")]
pub async fn create_user(
    caller: Caller<UsersWrite>,
    key: IdempotencyKey,
    body: Body<CreateUser>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let user = service.create_user(&caller, key.0, body.0).await?;
    let mut response = HttpResponse::Created();
    response.insert_header(("Location", format!("/api/v1/users/{}", user.id)));
    Ok(tagged(&mut response, &user))
}

/// Changes a user; what is absent stays. A change of role or password, and disabling, end the user's sessions.
#[utoipa::path(
    tag = "users",
    params(
        ("user_id" = UserId, Path, description = "User"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read; refused if it has changed since")
    ),
    request_body = UpdateUser,
    responses((status = 200, description = "As it is now", body = UserView)),
    security(("bearer" = ["users:write"]))
)]
#[patch("/users/{user_id}")]
pub async fn update_user(
    caller: Caller<UsersWrite>,
    id: Segment<UserId>,
    if_match: IfMatch,
    body: Body<UpdateUser>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    Ok(tagged(&mut HttpResponse::Ok(), &service.update_user(&caller, id.0, if_match, body.0).await?))
}

/// Ends all sessions of a user.
#[utoipa::path(
    tag = "users",
    params(("user_id" = UserId, Path, description = "User")),
    responses((status = 204, description = "Signed out")),
    security(("bearer" = ["users:write"]))
)]
#[post("/users/{user_id}/sign-out")]
pub async fn sign_out_user(
    caller: Caller<UsersWrite>,
    id: Segment<UserId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    service.sign_out_user(&caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists the sessions of a user that are not over, newest first.
#[utoipa::path(
    tag = "users",
    params(("user_id" = UserId, Path, description = "User"), PageQuery),
    responses((status = 200, description = "A page", body = Page<SessionView>)),
    security(("bearer" = ["users:write"]))
)]
#[get("/users/{user_id}/sessions")]
pub async fn list_user_sessions(
    caller: Caller<UsersWrite>,
    id: Segment<UserId>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<SessionView>>> {
    Ok(web::Json(service.list_sessions_of(&caller, id.0, query.0).await?))
}

/// Ends one session of a user.
#[utoipa::path(
    tag = "users",
    params(
        ("user_id" = UserId, Path, description = "User"),
        ("session_id" = SessionId, Path, description = "Session")
    ),
    responses((status = 204, description = "Ended")),
    security(("bearer" = ["users:write"]))
)]
#[delete("/users/{user_id}/sessions/{session_id}")]
pub async fn end_user_session(
    caller: Caller<UsersWrite>,
    ids: Segments<UserId, SessionId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    service.end_session_of(&caller, ids.0, ids.1).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Makes a link by which a user chooses his password: an invitation, or a reset. It is told once, is good for 7 days and
/// one use, and makes the one before void. A disabled user gets none (`conflict`).
#[utoipa::path(
    tag = "users",
    params(("user_id" = UserId, Path, description = "User")),
    responses((status = 201, description = "The link", body = UserLink)),
    security(("bearer" = ["users:write"]))
)]
#[post("/users/{user_id}/link")]
pub async fn make_user_link(
    caller: Caller<UsersWrite>,
    id: Segment<UserId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Created().json(service.make_link(&caller, id.0).await?))
}

/// Makes a user's link void. Done without one, too.
#[utoipa::path(
    tag = "users",
    params(("user_id" = UserId, Path, description = "User")),
    responses((status = 204, description = "Void")),
    security(("bearer" = ["users:write"]))
)]
#[delete("/users/{user_id}/link")]
pub async fn drop_user_link(
    caller: Caller<UsersWrite>,
    id: Segment<UserId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    service.drop_link(&caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Tells whose link it is (`link_expired`: nobody's, not any more).
#[utoipa::path(
    tag = "auth",
    request_body = ReadLink,
    responses((status = 200, description = "Whose", body = LinkView)),
    security(())
)]
#[post("/auth/links/read")]
pub async fn read_link(
    request: HttpRequest,
    body: Body<ReadLink>,
    service: web::Data<Service>,
) -> Result<web::Json<LinkView>> {
    own_page(&request)?;
    Ok(web::Json(service.read_link(&body.0.token).await?))
}

/// Chooses the password by a link and signs in; all other sessions of the user end.
#[utoipa::path(
    tag = "auth",
    request_body = SpendLink,
    responses((status = 200, description = "Signed in; the refresh token is in a cookie", body = TokenAnswer)),
    security(())
)]
#[post("/auth/links/spend")]
pub async fn spend_link(
    request: HttpRequest,
    body: Body<SpendLink>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    own_page(&request)?;
    Ok(answer(&request, service.spend_link(body.0, browser(&request)).await?))
}

/// These routes set or spend the cookie: no foreign page may make a browser call them.
fn own_page(request: &HttpRequest) -> Result<()> {
    match request.app_data::<web::Data<Core>>() {
        Some(core) => origin::check(request, &core.settings),
        None => Err(ErrorCode::Internal.into()),
    }
}

fn is_secure(request: &HttpRequest) -> bool {
    scheme(request) == "https"
}

fn browser(request: &HttpRequest) -> Browser {
    Browser { user_agent: user_agent(request), address: client_address(request) }
}

fn refresh_token(request: &HttpRequest) -> Option<String> {
    let cookie = request.cookie(cookie_name(is_secure(request)))?;
    (1..=100).contains(&cookie.value().len()).then(|| cookie.value().to_owned())
}

fn answer(request: &HttpRequest, signed_in: SignedIn) -> HttpResponse {
    let days = request.app_data::<web::Data<Core>>().map_or(0, |core| core.settings.auth.session_days);
    let life = Duration::from_secs(days.saturating_mul(86_400));
    HttpResponse::Ok().cookie(cookie(signed_in.refresh_token, is_secure(request), life)).json(signed_in.answer)
}

fn tagged(response: &mut actix_web::HttpResponseBuilder, user: &UserView) -> HttpResponse {
    response.insert_header(("ETag", format!("\"{}\"", user.version))).json(user)
}
