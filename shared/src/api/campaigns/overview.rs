//! Campaigns as a list shows them.

use super::AccountHealth;
use crate::{ids::CampaignId, time::Timestamp};
use serde::{Deserialize, Serialize};

/// A campaign as a list shows it: who it is, how its account is doing, what is open (S28). A tenth of what the whole
/// campaign weighs, so that a list of hundreds can be followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CampaignOverview {
    /// Campaign.
    pub id: CampaignId,
    /// Name.
    pub name: String,
    /// The address of its account.
    pub address: String,
    /// Whether it is on.
    pub enabled: bool,
    /// How its account is doing.
    pub health: AccountHealth,
    /// Mail was last fetched, or found absent, at.
    pub last_fetch_at: Option<Timestamp>,
    /// The last failure, in the server's words.
    pub last_error: Option<String>,
    /// Interactions that wait.
    pub waiting: u32,
    /// Most interactions that should wait at once (S24).
    pub most_waiting: Option<u32>,
    /// Mails that have not left.
    pub outgoing: u32,
}
