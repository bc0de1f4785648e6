//! Use cases of this room that someone asks for; the rest is the worker's.

use super::{
    queries::{decisions as stored, facts::Moment},
    take,
};
use crate::{
    conversations::access,
    kernel::{
        Core, Result,
        http::{auth::Principal, cursor},
    },
};
use shared::{
    api::interactions::{DecisionView, InteractionSummary},
    ids::InteractionId,
    page::{Page, PageQuery},
};
use std::time::Duration;

/// Decisions about an interaction, newest first.
///
/// # Errors
/// `not_found`: there is no such interaction, or none that the caller sees.
pub async fn decisions(
    core: &Core,
    caller: Principal,
    id: InteractionId,
    query: PageQuery,
) -> Result<Page<DecisionView>> {
    let limit = cursor::limit(query.limit)?;
    let before = cursor::read(query.cursor.as_deref())?;
    let rows = core
        .db
        .read(move |conn| {
            access::readable_interaction(conn, &caller, id)?;
            Ok(stored::of_interaction(conn, id, before, limit.saturating_add(1))?)
        })
        .await?;
    Ok(cursor::page(rows, limit, |row| row.id))
}

/// The caller takes an interaction that waits.
///
/// # Errors
/// As [`take::take`].
pub async fn take(core: &Core, caller: Principal, id: InteractionId) -> Result<InteractionSummary> {
    let offline_after = Duration::from_secs(core.settings.routing.offline_seconds);
    let clock = core.clone();
    core.db.write(move |conn| take::take(conn, &caller, id, Moment::at(clock.now(), offline_after))).await
}
