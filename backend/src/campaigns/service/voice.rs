//! The use cases of voice campaigns and of the installation's settings (S34).

use super::{Asker, Service, without_keys};
use crate::{
    campaigns::queries::{
        self,
        voice::{self, VoiceKey},
    },
    kernel::{
        Error, Result,
        audit::{self, Entry},
        db::Connection,
        events::{self, Audience},
        http::{cursor, extract::IfMatch},
    },
};
use serde_json::{Value, json};
use shared::{
    api::campaigns::{InstallationSettings, VoiceCampaignInput, VoiceCampaignView},
    error::ErrorCode,
    ids::{UserId, VoiceCampaignId},
    live::LiveEvent,
    page::{Page, PageQuery},
    permission::{CampaignScope, Permission},
    time::Timestamp,
    validate::{Issues, Rule},
};

impl Asker {
    /// What holds for all campaigns is changed by those who see all.
    fn sees_all(&self) -> Result<()> {
        match self.scope {
            CampaignScope::All => Ok(()),
            CampaignScope::Only(_) => {
                Err(Error::detailed(ErrorCode::Forbidden, "only who sees all campaigns changes this"))
            }
        }
    }
}

impl Service {
    /// The settings of the installation.
    ///
    /// # Errors
    /// The database's.
    pub async fn settings(&self) -> Result<InstallationSettings> {
        let read =
            |conn: &mut Connection| Ok(InstallationSettings { require_voice_campaign: voice::is_required(conn)? });
        self.core.db.read(read).await
    }

    /// Replaces the settings of the installation.
    ///
    /// # Errors
    /// `forbidden`: the caller is limited to some campaigns; the database's.
    pub async fn change_settings(&self, asker: Asker, wanted: InstallationSettings) -> Result<InstallationSettings> {
        asker.sees_all()?;
        let core = self.core.clone();
        self.core
            .db
            .write(move |conn| {
                queries::lock_campaigns(conn)?;
                let before = voice::is_required(conn)?;
                if before != wanted.require_voice_campaign {
                    voice::require(conn, wanted.require_voice_campaign)?;
                    let detail = json!({ "require_voice_campaign": [before, wanted.require_voice_campaign] });
                    note(conn, core.now(), asker.user, "settings.update", "settings", None, detail)?;
                }
                Ok(wanted.clone())
            })
            .await
    }

    /// Voice campaigns, by name.
    ///
    /// # Errors
    /// `bad_cursor`, a limit out of range; the database's.
    pub async fn voice_campaigns(&self, asker: Asker, page: PageQuery) -> Result<Page<VoiceCampaignView>> {
        let limit = cursor::limit(page.limit)?;
        let after: Option<VoiceKey> = cursor::read(page.cursor.as_deref())?;
        self.core
            .db
            .read(move |conn| {
                let rows = voice::list(conn, &asker.scope, after, limit.saturating_add(1))?;
                Ok(without_keys(cursor::page(rows, limit, |(key, _)| key.clone())))
            })
            .await
    }

    /// A voice campaign.
    ///
    /// # Errors
    /// `not_found`; the database's.
    pub async fn voice_campaign(&self, asker: Asker, id: VoiceCampaignId) -> Result<VoiceCampaignView> {
        self.core.db.read(move |conn| Ok(voice::one(conn, &asker.scope, id)?)).await
    }

    /// Stores a new voice campaign.
    ///
    /// # Errors
    /// Field errors; `forbidden`: the caller is limited to some campaigns; the database's.
    pub async fn create_voice_campaign(&self, asker: Asker, input: VoiceCampaignInput) -> Result<VoiceCampaignView> {
        asker.sees_all()?;
        let core = self.core.clone();
        self.core
            .db
            .write(move |conn| {
                queries::lock_campaigns(conn)?;
                judge(conn, &input, None)?;
                let now = core.now();
                let id = voice::insert(conn, &input, now)?;
                let view = voice::one(conn, &asker.scope, id)?;
                let detail = json!({ "name": view.name, "members": view.members });
                note(conn, now, asker.user, "voice_campaigns.create", "voice_campaign", Some(id), detail)?;
                Ok(view)
            })
            .await
    }

    /// Replaces a voice campaign.
    ///
    /// # Errors
    /// `not_found`, `version_mismatch`, and as [`Self::create_voice_campaign`].
    pub async fn update_voice_campaign(
        &self,
        asker: Asker,
        id: VoiceCampaignId,
        if_match: IfMatch,
        input: VoiceCampaignInput,
    ) -> Result<VoiceCampaignView> {
        asker.sees_all()?;
        let core = self.core.clone();
        self.core
            .db
            .write(move |conn| {
                queries::lock_campaigns(conn)?;
                let before = voice::one(conn, &asker.scope, id)?;
                if_match.check(before.version)?;
                judge(conn, &input, Some(id))?;
                voice::update(conn, id, &input)?;
                let view = voice::one(conn, &asker.scope, id)?;
                let changed = crate::campaigns::changes::changes(&json!(before), &json!(view));
                note(conn, core.now(), asker.user, "voice_campaigns.update", "voice_campaign", Some(id), changed)?;
                Ok(view)
            })
            .await
    }

    /// Removes a voice campaign.
    ///
    /// # Errors
    /// `not_found`, `forbidden`; the database's.
    pub async fn delete_voice_campaign(&self, asker: Asker, id: VoiceCampaignId) -> Result<()> {
        asker.sees_all()?;
        let core = self.core.clone();
        self.core
            .db
            .write(move |conn| {
                if !voice::delete(conn, id)? {
                    return Err(ErrorCode::NotFound.into());
                }
                note(conn, core.now(), asker.user, "voice_campaigns.delete", "voice_campaign", Some(id), json!({}))
            })
            .await
    }
}

fn judge(conn: &mut Connection, input: &VoiceCampaignInput, known: Option<VoiceCampaignId>) -> Result<()> {
    let mut issues = Issues::default();
    if voice::name_is_taken(conn, &input.name, known)? {
        issues.add("name", Rule::NotUnique, "another voice campaign has this name");
    }
    let users = voice::known_users(conn, &input.members)?;
    for (index, _) in input.members.iter().enumerate().filter(|(_, user)| !users.contains(user)).take(20) {
        issues.add(&format!("members/{index}"), Rule::UnknownValue, "there is no such user");
    }
    issues.into_result().map_err(Error::invalid)
}

/// Records a change, and tells those who read settings; whoever hands out looks anew.
fn note(
    conn: &mut Connection,
    now: Timestamp,
    actor: UserId,
    action: &str,
    object: &str,
    id: Option<VoiceCampaignId>,
    detail: Value,
) -> Result<()> {
    let entry = Entry { actor: Some(actor), action, object, object_id: id.map(|id| id.0), detail };
    audit::record(conn, now, &entry)?;
    let audience = Audience { users: Vec::new(), permission: Permission::SettingsRead, campaign: None };
    Ok(events::append(conn, now, &audience, &LiveEvent::SettingsChanged {})?)
}
