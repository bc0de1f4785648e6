//! Routes of voice campaigns and of the installation's settings (S34).

use super::asker;
use crate::{
    campaigns::service::Service,
    kernel::{
        Result,
        http::{
            auth::{Caller, CampaignsRead, CampaignsWrite, SettingsRead, SettingsWrite},
            extract::{Body, IfMatch, Params, Segment},
        },
    },
};
use actix_web::{HttpResponse, delete, get, post, put, web};
use shared::{
    api::campaigns::{InstallationSettings, VoiceCampaignInput, VoiceCampaignView},
    ids::VoiceCampaignId,
    page::{Page, PageQuery},
};

fn tag(view: &VoiceCampaignView) -> (&'static str, String) {
    ("ETag", format!("\"{}\"", view.version))
}

/// Reads the settings of the installation.
#[utoipa::path(
    tag = "settings",
    responses((status = 200, description = "The settings", body = InstallationSettings)),
    security(("bearer" = ["settings:read"]))
)]
#[get("/settings")]
pub async fn get_settings(
    _caller: Caller<SettingsRead>,
    service: web::Data<Service>,
) -> Result<web::Json<InstallationSettings>> {
    Ok(web::Json(service.settings().await?))
}

/// Replaces the settings of the installation.
#[utoipa::path(
    tag = "settings",
    request_body = InstallationSettings,
    responses((status = 200, description = "The settings", body = InstallationSettings)),
    security(("bearer" = ["settings:write"]))
)]
#[put("/settings")]
pub async fn update_settings(
    caller: Caller<SettingsWrite>,
    body: Body<InstallationSettings>,
    service: web::Data<Service>,
) -> Result<web::Json<InstallationSettings>> {
    Ok(web::Json(service.change_settings(asker(&caller), body.0).await?))
}

/// Lists the voice campaigns with their members, by name.
#[utoipa::path(
    tag = "voice campaigns",
    params(PageQuery),
    responses((status = 200, description = "A page", body = Page<VoiceCampaignView>)),
    security(("bearer" = ["campaigns:read"]))
)]
#[get("/voice-campaigns")]
pub async fn list_voice_campaigns(
    caller: Caller<CampaignsRead>,
    query: Params<PageQuery>,
    service: web::Data<Service>,
) -> Result<web::Json<Page<VoiceCampaignView>>> {
    Ok(web::Json(service.voice_campaigns(asker(&caller), query.0).await?))
}

/// Reads a voice campaign.
#[utoipa::path(
    tag = "voice campaigns",
    params(("id" = VoiceCampaignId, Path, description = "Voice campaign")),
    responses((status = 200, description = "The voice campaign", body = VoiceCampaignView, headers(("ETag" = String)))),
    security(("bearer" = ["campaigns:read"]))
)]
#[get("/voice-campaigns/{id}")]
pub async fn get_voice_campaign(
    caller: Caller<CampaignsRead>,
    id: Segment<VoiceCampaignId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let view = service.voice_campaign(asker(&caller), id.0).await?;
    Ok(HttpResponse::Ok().insert_header(tag(&view)).json(view))
}

/// Creates a voice campaign with its members.
#[utoipa::path(
    tag = "voice campaigns",
    request_body = VoiceCampaignInput,
    responses((
        status = 201,
        description = "The voice campaign",
        body = VoiceCampaignView,
        headers(("ETag" = String), ("Location" = String))
    )),
    security(("bearer" = ["campaigns:write"]))
)]
#[post("/voice-campaigns")]
pub async fn create_voice_campaign(
    caller: Caller<CampaignsWrite>,
    body: Body<VoiceCampaignInput>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let view = service.create_voice_campaign(asker(&caller), body.0).await?;
    let location = ("Location", format!("/api/v1/voice-campaigns/{}", view.id));
    Ok(HttpResponse::Created().insert_header(location).insert_header(tag(&view)).json(view))
}

/// Replaces a voice campaign: its name and all its members.
#[utoipa::path(
    tag = "voice campaigns",
    params(
        ("id" = VoiceCampaignId, Path, description = "Voice campaign"),
        ("If-Match" = Option<String>, Header, description = "ETag of the version that is replaced")
    ),
    request_body = VoiceCampaignInput,
    responses((status = 200, description = "The voice campaign", body = VoiceCampaignView, headers(("ETag" = String)))),
    security(("bearer" = ["campaigns:write"]))
)]
#[put("/voice-campaigns/{id}")]
pub async fn update_voice_campaign(
    caller: Caller<CampaignsWrite>,
    id: Segment<VoiceCampaignId>,
    if_match: IfMatch,
    body: Body<VoiceCampaignInput>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    let view = service.update_voice_campaign(asker(&caller), id.0, if_match, body.0).await?;
    Ok(HttpResponse::Ok().insert_header(tag(&view)).json(view))
}

/// Removes a voice campaign.
#[utoipa::path(
    tag = "voice campaigns",
    params(("id" = VoiceCampaignId, Path, description = "Voice campaign")),
    responses((status = 204, description = "Removed")),
    security(("bearer" = ["campaigns:write"]))
)]
#[delete("/voice-campaigns/{id}")]
pub async fn delete_voice_campaign(
    caller: Caller<CampaignsWrite>,
    id: Segment<VoiceCampaignId>,
    service: web::Data<Service>,
) -> Result<HttpResponse> {
    service.delete_voice_campaign(asker(&caller), id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
