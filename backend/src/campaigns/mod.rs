//! Campaigns: queues with one mail account and members (S3–S18, S27–S33).
//!
//! Owns `campaigns`, `mail_accounts` and `members`. A campaign is stored only once its mail servers have accepted the
//! login (S10), or switched off at the user's word. Passwords are sealed and leave this room only inside
//! [`account::OpenAccount`], for the mail workers. What happens in mailboxes and queues is not known here.

pub mod account;
mod changes;
mod form;
mod order;
mod queries;
mod routes;
mod rows;
pub mod schedule;
mod servers;
mod service;
mod templates;
mod trial;
mod verdict;

pub use routes::routes;
pub use servers::MailServers;
pub use service::{Asker, Service};
pub use templates::{TemplatesInUse, facts, login, signature, user_name};

use crate::kernel::{Result, db::Connection};
use shared::{error::ErrorCode, ids::CampaignId, permission::CampaignScope};

/// Whether the campaign is there for somebody who sees `scope`.
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
