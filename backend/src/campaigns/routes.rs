//! Routes of campaigns, in the order of who calls them: the agents' portal, supervision, administration.

mod oauth;
mod voice;

use super::{
    form::Form,
    service::{Asker, Service},
};
use crate::kernel::{
    Core, Result,
    http::{
        auth::{Caller, CampaignsRead, CampaignsWrite, ConversationsRead, Permit},
        extract::{Body, IfMatch, Params, Segment, Segments},
        idempotency::{IdempotencyKey, Once},
        routes::Routes,
    },
    secrets::{hex, mac},
};
use actix_web::{HttpResponse, delete, get, post, put, web};
use serde::Deserialize;
use shared::{
    api::schedules::{HolidayCalendar, ReadHolidays},
    api::{
        campaigns::{
            CampaignInput, CampaignOverview, CampaignSummary, CampaignView, DeleteCampaign, FolderList, ListFolders,
            MemberInput, MemberView, OpenWork, OutgoingChoice, TestConnection, TestConnectionAnswer,
        },
        templates::SignatureView,
    },
    ids::{CampaignId, UserId},
    page::{Page, PageQuery},
};

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(list_my_campaigns)
        .service(get_campaign_signature)
        .service(list_campaigns)
        .service(list_campaign_overviews)
        .service(get_campaign)
        .service(list_members)
        .service(test_connection)
        .service(list_folders)
        .service(oauth::begin_oauth_sign_in)
        .service(oauth::get_oauth_sign_in)
        .service(oauth::finish_oauth_sign_in)
        .service(read_holidays)
        .service(create_campaign)
        .service(update_campaign)
        .service(enable_campaign)
        .service(disable_campaign)
        .service(get_open_work)
        .service(delete_campaign)
        .service(put_member)
        .service(remove_member)
        .service(voice::get_settings)
        .service(voice::update_settings)
        .service(voice::list_voice_campaigns)
        .service(voice::get_voice_campaign)
        .service(voice::create_voice_campaign)
        .service(voice::update_voice_campaign)
        .service(voice::delete_voice_campaign);
}

/// What happens when the mail servers cannot be reached.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SaveQuery {
    /// Store the campaign switched off, without trying its logins.
    #[serde(default)]
    save_disabled: bool,
    /// What becomes of mail that waits in a campaign that is switched on by this; needed if there is any.
    #[serde(default)]
    #[param(inline)]
    outgoing: Option<OutgoingChoice>,
}

/// What becomes of mail that waited.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EnableQuery {
    /// Needed if there is any.
    #[serde(default)]
    #[param(inline)]
    outgoing: Option<OutgoingChoice>,
}

fn asker<P: Permit>(caller: &Caller<P>) -> Asker {
    Asker { user: caller.user_id, scope: caller.scope.clone() }
}

fn tag(campaign: &CampaignView) -> (&'static str, String) {
    ("ETag", format!("\"{}\"", campaign.version))
}

/// Lists the enabled campaigns in which the caller is a member, by name.
#[utoipa::path(
    tag = "campaigns",
    params(PageQuery),
    responses((status = 200, description = "A page", body = Page<CampaignSummary>)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/campaigns/mine")]
pub async fn list_my_campaigns(
    caller: Caller<ConversationsRead>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<CampaignSummary>>> {
    Ok(web::Json(service.list_mine(asker(&caller), query.0).await?))
}

/// Shows the campaign's signature as it stands under what the caller writes.
#[utoipa::path(
    tag = "campaigns",
    params(("id" = CampaignId, Path, description = "Campaign")),
    responses((status = 200, description = "The signature", body = SignatureView)),
    security(("bearer" = ["conversations:read"]))
)]
#[get("/campaigns/{id}/signature")]
pub async fn get_campaign_signature(
    caller: Caller<ConversationsRead>,
    id: Segment<CampaignId>,
    service: web::Data<Service>,
) -> Result<web::Json<SignatureView>> {
    Ok(web::Json(service.signature(caller.principal, id.0).await?))
}

/// Lists the campaigns that the caller sees, by name.
#[utoipa::path(
    tag = "campaigns",
    params(PageQuery),
    responses((status = 200, description = "A page", body = Page<CampaignView>)),
    security(("bearer" = ["campaigns:read"]))
)]
#[get("/campaigns")]
pub async fn list_campaigns(
    caller: Caller<CampaignsRead>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<CampaignView>>> {
    Ok(web::Json(service.list(asker(&caller), query.0).await?))
}

/// Lists the campaigns that the caller sees, by name: what a list shows of each, at a tenth of the weight.
#[utoipa::path(
    tag = "campaigns",
    params(PageQuery),
    responses((status = 200, description = "A page", body = Page<CampaignOverview>)),
    security(("bearer" = ["campaigns:read"]))
)]
#[get("/campaigns/overview")]
pub async fn list_campaign_overviews(
    caller: Caller<CampaignsRead>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<CampaignOverview>>> {
    Ok(web::Json(service.overview(asker(&caller), query.0).await?))
}

/// Reads a campaign.
#[utoipa::path(
    tag = "campaigns",
    params(("id" = CampaignId, Path, description = "Campaign")),
    responses((status = 200, description = "The campaign", body = CampaignView, headers(("ETag" = String)))),
    security(("bearer" = ["campaigns:read"]))
)]
#[get("/campaigns/{id}")]
pub async fn get_campaign(
    caller: Caller<CampaignsRead>,
    id: Segment<CampaignId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let view = service.get(asker(&caller), id.0).await?;
    Ok(HttpResponse::Ok().insert_header(tag(&view)).json(view))
}

/// Lists the members of a campaign, in their order.
#[utoipa::path(
    tag = "campaigns",
    params(("id" = CampaignId, Path, description = "Campaign"), PageQuery),
    responses((status = 200, description = "A page", body = Page<MemberView>)),
    security(("bearer" = ["campaigns:read"]))
)]
#[get("/campaigns/{id}/members")]
pub async fn list_members(
    caller: Caller<CampaignsRead>,
    id: Segment<CampaignId>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<MemberView>>> {
    Ok(web::Json(service.members(asker(&caller), id.0, query.0).await?))
}

/// Tries the logins of a mail account; stores nothing.
///
/// An empty password stands for the stored one of `campaign_id`. What a server refused is in the answer, not a problem.
#[utoipa::path(
    tag = "campaigns",
    request_body = TestConnection,
    responses((status = 200, description = "What came of each login", body = TestConnectionAnswer)),
    security(("bearer" = ["campaigns:write"]))
)]
#[post("/campaigns/test-connection")]
pub async fn test_connection(
    caller: Caller<CampaignsWrite>,
    body: Body<Form<TestConnection>>,
    service: web::Data<Service>,
) -> Result<web::Json<TestConnectionAnswer>> {
    Ok(web::Json(service.test(asker(&caller), body.0.0).await?))
}

/// Lists the folders of a mailbox, for the form; stores nothing.
///
/// An empty password stands for the stored one of `campaign_id`. A refused login is `mail_login_refused`, a server that
/// cannot be reached `mail_server_unreachable`.
#[utoipa::path(
    tag = "campaigns",
    request_body = ListFolders,
    responses((status = 200, description = "Folders that can hold mail", body = FolderList)),
    security(("bearer" = ["campaigns:write"]))
)]
#[post("/campaigns/list-folders")]
pub async fn list_folders(
    caller: Caller<CampaignsWrite>,
    body: Body<Form<ListFolders>>,
    service: web::Data<Service>,
) -> Result<web::Json<FolderList>> {
    Ok(web::Json(service.list_folders(asker(&caller), body.0.0).await?))
}

/// Reads the holidays of a calendar file, for a campaign's schedule; stores nothing.
///
/// Events of whole days count, from the beginning of this year on; of those that repeat every year, ten years.
#[utoipa::path(
    tag = "campaigns",
    request_body = ReadHolidays,
    responses((status = 200, description = "The holidays, and what is none", body = HolidayCalendar)),
    security(("bearer" = ["campaigns:write"]))
)]
#[post("/campaigns/read-holidays")]
pub async fn read_holidays(
    _caller: Caller<CampaignsWrite>,
    body: Body<ReadHolidays>,
    service: web::Data<Service>,
) -> Result<web::Json<HolidayCalendar>> {
    Ok(web::Json(service.read_holidays(body.0.calendar).await?))
}

/// Creates a campaign, once its mail servers accepted the login.
///
/// A refused login is `mail_login_refused`, a server that cannot be reached `mail_server_unreachable`; nothing is
/// stored then.
#[utoipa::path(
    tag = "campaigns",
    params(
        SaveQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "8–128 characters; a repeated request gets the first answer")
    ),
    request_body = CampaignInput,
    responses((
        status = 201,
        description = "The campaign",
        body = CampaignView,
        headers(("ETag" = String), ("Location" = String))
    )),
    security(("bearer" = ["campaigns:write"]))
)]
#[post("/campaigns")]
pub async fn create_campaign(
    caller: Caller<CampaignsWrite>,
    query: Params<SaveQuery>,
    key: IdempotencyKey,
    body: Body<Form<CampaignInput>>,
    core: web::Data<Core>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let (input, save_disabled) = (body.0.0, query.0.save_disabled);
    let once = key.0.map(|key| once(&core, caller.user_id, key, &input, save_disabled));
    let view = service.create(caller.user_id, input, save_disabled, once).await?;
    let location = ("Location", format!("/api/v1/campaigns/{}", view.id));
    Ok(HttpResponse::Created().insert_header(location).insert_header(tag(&view)).json(view))
}

/// The remembered request holds no hash from which the password could be guessed: it goes in under a key.
fn once(core: &Core, user: UserId, key: String, input: &CampaignInput, save_disabled: bool) -> Once {
    let mut open = input.clone();
    let password = open.account.password.take().unwrap_or_default();
    let hidden = hex(&mac(&core.keys.derive("idempotency"), &[password.as_bytes()]));
    Once::new(user, key, "POST /campaigns", &(open, hidden, save_disabled))
}

/// Replaces a campaign, once its mail servers accepted the login.
///
/// A password that is absent or empty stays as it is.
#[utoipa::path(
    tag = "campaigns",
    params(
        ("id" = CampaignId, Path, description = "Campaign"),
        SaveQuery,
        ("If-Match" = Option<String>, Header, description = "ETag of the version that is replaced")
    ),
    request_body = CampaignInput,
    responses((status = 200, description = "The campaign", body = CampaignView, headers(("ETag" = String)))),
    security(("bearer" = ["campaigns:write"]))
)]
#[put("/campaigns/{id}")]
pub async fn update_campaign(
    caller: Caller<CampaignsWrite>,
    id: Segment<CampaignId>,
    query: Params<SaveQuery>,
    if_match: IfMatch,
    body: Body<Form<CampaignInput>>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let SaveQuery { save_disabled, outgoing } = query.0;
    let view = service.update(asker(&caller), id.0, if_match, body.0.0, save_disabled, outgoing).await?;
    Ok(HttpResponse::Ok().insert_header(tag(&view)).json(view))
}

/// Switches a campaign on, once its mail servers accepted the login.
///
/// `open_work`: mail has waited while it was off; ask whether it shall be sent or discarded, and say so in `outgoing`.
#[utoipa::path(
    tag = "campaigns",
    params(("id" = CampaignId, Path, description = "Campaign"), EnableQuery),
    responses((status = 200, description = "The campaign", body = CampaignView, headers(("ETag" = String)))),
    security(("bearer" = ["campaigns:write"]))
)]
#[post("/campaigns/{id}/enable")]
pub async fn enable_campaign(
    caller: Caller<CampaignsWrite>,
    id: Segment<CampaignId>,
    query: Params<EnableQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let view = service.switch(asker(&caller), id.0, true, query.0.outgoing).await?;
    Ok(HttpResponse::Ok().insert_header(tag(&view)).json(view))
}

/// Switches a campaign off: no fetching, no handing out.
#[utoipa::path(
    tag = "campaigns",
    params(("id" = CampaignId, Path, description = "Campaign")),
    responses((status = 200, description = "The campaign", body = CampaignView, headers(("ETag" = String)))),
    security(("bearer" = ["campaigns:write"]))
)]
#[post("/campaigns/{id}/disable")]
pub async fn disable_campaign(
    caller: Caller<CampaignsWrite>,
    id: Segment<CampaignId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let view = service.switch(asker(&caller), id.0, false, None).await?;
    Ok(HttpResponse::Ok().insert_header(tag(&view)).json(view))
}

/// Tells what of a campaign is open.
#[utoipa::path(
    tag = "campaigns",
    params(("id" = CampaignId, Path, description = "Campaign")),
    responses((status = 200, description = "What is open", body = OpenWork)),
    security(("bearer" = ["campaigns:read"]))
)]
#[get("/campaigns/{id}/open-work")]
pub async fn get_open_work(
    caller: Caller<CampaignsRead>,
    id: Segment<CampaignId>,
    service: web::Data<Service>,
) -> Result<web::Json<OpenWork>> {
    Ok(web::Json(service.open_work(asker(&caller), id.0).await?))
}

/// Deletes a campaign. Its conversations stay and can be read by those who read all campaigns, or this one.
///
/// `open_work`: interactions are open or mail has not left, and the request does not say what becomes of it.
#[utoipa::path(
    tag = "campaigns",
    params(
        ("id" = CampaignId, Path, description = "Campaign"),
        DeleteCampaign,
        ("If-Match" = Option<String>, Header, description = "The version that is deleted")
    ),
    responses((status = 204, description = "Deleted")),
    security(("bearer" = ["campaigns:write"]))
)]
#[delete("/campaigns/{id}")]
pub async fn delete_campaign(
    caller: Caller<CampaignsWrite>,
    id: Segment<CampaignId>,
    query: Params<DeleteCampaign>,
    if_match: IfMatch,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    service.delete(asker(&caller), id.0, if_match, query.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Adds a member, or changes one; the others move to keep places 1 … n.
#[utoipa::path(
    tag = "campaigns",
    params(
        ("id" = CampaignId, Path, description = "Campaign"),
        ("user_id" = UserId, Path, description = "User")
    ),
    request_body = MemberInput,
    responses(
        (status = 200, description = "The member, changed", body = MemberView),
        (status = 201, description = "The member, added", body = MemberView)
    ),
    security(("bearer" = ["campaigns:write"]))
)]
#[put("/campaigns/{id}/members/{user_id}")]
pub async fn put_member(
    caller: Caller<CampaignsWrite>,
    ids: Segments<CampaignId, UserId>,
    body: Body<MemberInput>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let (member, is_new) = service.put_member(asker(&caller), ids.0, ids.1, body.0).await?;
    Ok(if is_new { HttpResponse::Created() } else { HttpResponse::Ok() }.json(member))
}

/// Removes a member; what he holds stays his until finished.
#[utoipa::path(
    tag = "campaigns",
    params(
        ("id" = CampaignId, Path, description = "Campaign"),
        ("user_id" = UserId, Path, description = "User")
    ),
    responses((status = 204, description = "Removed")),
    security(("bearer" = ["campaigns:write"]))
)]
#[delete("/campaigns/{id}/members/{user_id}")]
pub async fn remove_member(
    caller: Caller<CampaignsWrite>,
    ids: Segments<CampaignId, UserId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    service.remove_member(asker(&caller), ids.0, ids.1).await?;
    Ok(HttpResponse::NoContent().finish())
}
