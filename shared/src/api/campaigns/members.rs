//! Members of campaigns, and voice campaigns (S31–S34).

use crate::{
    ids::{UserId, VoiceCampaignId},
    permission::Role,
    time::Timestamp,
    validate::{Issues, Validate},
};
use serde::{Deserialize, Serialize};

/// An agent's place in a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberView {
    /// Agent.
    pub user_id: UserId,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Place in the order, 1 first.
    pub position: i32,
    /// 0–100; lower gets more.
    pub penalty: i32,
    /// Gets waiting interactions.
    pub may_receive: bool,
    /// May start interactions.
    pub may_start: bool,
    /// Why nothing will ever be handed to him, as things stand; absent: it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gets_nothing: Option<GetsNothing>,
}

text_enum! {
    /// Why a member gets nothing, whatever his state (S34).
    pub enum GetsNothing {
        /// The user is disabled.
        UserDisabled = "user_disabled",
        /// The member may not receive.
        MayNotReceive = "may_not_receive",
        /// Members must be in a voice campaign as well, and he is in none.
        NotInVoiceCampaign = "not_in_voice_campaign",
    }
}

/// Adds a member at the end of the order, or changes one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MemberInput {
    /// 0–100; lower gets more. Absent: 0 for a new member, else as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<i32>,
    /// Place in the order, 1 first; the others move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i32>,
    /// Gets waiting interactions (default true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_receive: Option<bool>,
    /// May start interactions (default true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_start: Option<bool>,
}

impl Validate for MemberInput {
    fn validate(&self, issues: &mut Issues) {
        if let Some(penalty) = self.penalty {
            issues.range("penalty", i64::from(penalty), 0, 100);
        }
        if let Some(position) = self.position {
            issues.range("position", i64::from(position), 1, 100_000);
        }
    }
}

/// A campaign of telephony, which is not Posta's: a name with members (S34).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VoiceCampaignView {
    /// Voice campaign.
    pub id: VoiceCampaignId,
    /// Name.
    pub name: String,
    /// Members whom the caller sees, by id.
    pub members: Vec<UserId>,
    /// Created at.
    pub created_at: Timestamp,
    /// For `If-Match`.
    pub version: i64,
}

/// Creates or replaces a voice campaign.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VoiceCampaignInput {
    /// Unique without regard to case and accents.
    pub name: String,
    /// All its members, at most 10 000.
    #[serde(default)]
    pub members: Vec<UserId>,
}

impl Validate for VoiceCampaignInput {
    fn validate(&self, issues: &mut Issues) {
        issues.name("name", &self.name, 120);
        issues.items("members", self.members.len(), 10_000);
    }
}

/// What an administrator sets for the whole installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct InstallationSettings {
    /// Agents get interactions only if they are in a voice campaign, too (S34). Off by default.
    pub require_voice_campaign: bool,
}

impl Validate for InstallationSettings {
    fn validate(&self, _: &mut Issues) {}
}
