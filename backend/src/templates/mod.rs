//! Templates: signatures, confirmations, canned answers and mass mail, with their versions and pictures (S35–S38, S109).
//!
//! Owns `templates`, `template_versions`, `template_images`. A version never changes; a save makes a new one, and whoever
//! runs with an older one keeps it. What is stored of a version is its source and what became of it: rendered, cleaned,
//! its variables still in it. They are filled last ([`content`]), each value written as its place wants it.
//! Who uses a template is known above; [`InUse`] asks there.

pub mod content;
pub mod facts;
mod frames;
pub mod images;
mod queries;
mod render;
mod routes;
mod rows;
mod service;

pub use content::{Content, Filled};
pub use facts::Facts;
pub use routes::routes;
pub use service::Service;

use crate::kernel::{db::Connection, http::auth::Principal};
use diesel::QueryResult;
use shared::{
    api::templates::{TemplateKind, TemplateUse},
    ids::{CampaignId, TemplateId},
};

/// A room that uses templates.
pub trait InUse: Send + Sync {
    /// As what the room uses a template, now.
    ///
    /// # Errors
    /// The database's.
    fn uses(&self, conn: &mut Connection, template: TemplateId) -> QueryResult<Vec<TemplateUse>>;
}

/// One change at a time of what templates are and of who uses them. For the transactions of both.
///
/// # Errors
/// The database's.
pub fn lock(conn: &mut Connection) -> QueryResult<()> {
    queries::lock(conn)
}

/// Whether there is a template of this kind that is offered in the campaign; without one, in all.
///
/// # Errors
/// The database's.
pub fn is_offered(
    conn: &mut Connection,
    template: TemplateId,
    kind: TemplateKind,
    campaign: Option<CampaignId>,
) -> QueryResult<bool> {
    queries::is_offered(conn, template, kind, campaign)
}

/// Whether the caller may read a template.
///
/// # Errors
/// `not_found`: it is not there, or not for him.
pub fn must_read(conn: &mut Connection, caller: &Principal, template: TemplateId) -> QueryResult<()> {
    let reach = queries::reach(conn, caller)?;
    queries::readable(conn, &reach, template).map(|_| ())
}
