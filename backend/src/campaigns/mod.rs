//! Campaigns: queues with one mail account and members (S3–S18, S27–S33).
//!
//! Owns `campaigns`, `mail_accounts`, `members`, `voice_campaigns` with their members, and the `settings` of the installation. A campaign is stored only once its mail servers have accepted the
//! login (S10), or switched off at the user's word. Passwords are sealed and leave this room only inside
//! [`account::OpenAccount`], for the mail workers. What happens in mailboxes and queues is not known here.

pub mod account;
pub mod addresses;
mod changes;
mod form;
pub mod grant;
mod holidays;
mod order;
mod priority;
mod providers;
mod queries;
mod routes;
mod rows;
pub mod schedule;
mod servers;
mod service;
mod templates;
mod trial;
mod verdict;

pub use queries::voice::is_required as is_voice_required;
pub use routes::routes;
pub use servers::MailServers;
pub use service::{
    Asker, Service,
    deletion::{Destination, Settlement, Settles},
};
pub use templates::{TemplatesInUse, facts, login, signature, user_name};

use crate::kernel::{Result, db::Connection};
use diesel::QueryResult;
use shared::{error::ErrorCode, ids::CampaignId, permission::CampaignScope};
use std::time::Duration;

/// The opening hours of a campaign.
///
/// # Errors
/// The database's.
pub fn hours(conn: &mut Connection, campaign: CampaignId) -> diesel::QueryResult<schedule::Hours> {
    Ok(schedule::Hours::of(&queries::schedule(conn, campaign)?))
}

/// Whether the campaign is there, and not deleted, for somebody who sees `scope`.
///
/// # Errors
/// `not_found`: it is not, or not for him; the database's.
pub fn must_see(conn: &mut Connection, scope: &CampaignScope, campaign: CampaignId) -> Result<()> {
    if scope.holds(campaign) && queries::is_campaign(conn, campaign)? {
        Ok(())
    } else {
        Err(ErrorCode::NotFound.into())
    }
}

/// The priority of what comes in from `sender` about `subject` (S42).
///
/// # Errors
/// The database's.
pub fn priority_of(conn: &mut Connection, campaign: CampaignId, sender: &str, subject: &str) -> QueryResult<i32> {
    let (default, rules) = queries::priorities(conn, campaign)?;
    Ok(priority::of(&rules, sender, subject).unwrap_or(default))
}

/// How long an agent rests after he finished something of this campaign (S107).
///
/// # Errors
/// The database's.
pub fn wrap_up(conn: &mut Connection, campaign: CampaignId) -> QueryResult<Duration> {
    Ok(Duration::from_secs(u64::try_from(queries::wrap_up_seconds(conn, campaign)?).unwrap_or(0)))
}
