//! The signature of a campaign, for whoever writes in it (S19).

use super::Service;
use crate::{
    campaigns::{must_see, queries, templates},
    kernel::{Result, http::auth::Principal},
    templates::images,
};
use shared::{api::templates::SignatureView, error::ErrorCode, ids::CampaignId, permission::Role};

impl Service {
    /// The campaign's signature with the caller's name in it.
    ///
    /// # Errors
    /// `not_found`: no such campaign, or not his; the database's.
    pub async fn signature(&self, caller: Principal, campaign: CampaignId) -> Result<SignatureView> {
        let now = self.core.now();
        self.core
            .db
            .read(move |conn| {
                must_see(conn, &caller.scope, campaign)?;
                if caller.role == Role::Agent && !queries::member_ids(conn, campaign)?.contains(&caller.user_id) {
                    return Err(ErrorCode::NotFound.into());
                }
                let found = templates::signature(conn, campaign, caller.user_id, now)?;
                let Some((template, content, facts)) = found else {
                    return Ok(SignatureView { template_id: None, html: String::new(), text: String::new() });
                };
                let filled = content.filled(&facts);
                Ok(SignatureView {
                    template_id: Some(template),
                    html: images::shown(&filled.design.html),
                    text: filled.text,
                })
            })
            .await
    }
}
