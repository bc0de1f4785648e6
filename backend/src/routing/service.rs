//! Use cases of this room that someone asks for; the rest is the worker's.

use super::queries;
use crate::{
    conversations::access,
    kernel::{
        Core, Result,
        http::{auth::Principal, cursor},
    },
};
use shared::{
    api::interactions::DecisionView,
    ids::InteractionId,
    page::{Page, PageQuery},
};

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
            Ok(queries::of_interaction(conn, id, before, limit.saturating_add(1))?)
        })
        .await?;
    Ok(cursor::page(rows, limit, |row| row.id))
}
