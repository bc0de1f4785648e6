//! Open interactions of a campaign that is deleted: finished, or moved to another campaign with their conversations.

use super::interactions::{self, Before};
use crate::{
    campaigns::{Destination, Settlement, Settles},
    kernel::{
        Result,
        db::{Connection, schema::interactions as table},
    },
};
use diesel::prelude::*;
use shared::{
    api::interactions::InteractionState,
    ids::{ConversationId, InteractionId, UserId},
    time::Timestamp,
};

/// Finishes or moves open interactions.
#[derive(Debug)]
pub struct Settle;

impl Settles for Settle {
    fn settle(&self, conn: &mut Connection, order: &Settlement, limit: i64) -> Result<usize> {
        let Some(destination) = order.interactions else { return Ok(0) };
        type Row = (InteractionId, ConversationId, Option<UserId>);
        let open: Vec<Row> = table::table
            .filter(table::campaign_id.eq(order.campaign))
            .filter(table::state.ne(InteractionState::Finished))
            .order(table::id.asc())
            .limit(limit)
            .select((table::id, table::conversation_id, table::agent_id))
            .load(conn)?;
        for (id, conversation, agent) in &open {
            match destination {
                Destination::Finished => finish(conn, *id, order.now)?,
                Destination::Campaign(other) => interactions::relocate(conn, *conversation, other)?,
            }
            // The members of the old campaign had what waited before their eyes; they learn of it with the campaign.
            interactions::announce(conn, *id, agent.map_or(Before::Queue, Before::With), order.now)?;
        }
        Ok(open.len())
    }
}

fn finish(conn: &mut Connection, id: InteractionId, at: Timestamp) -> QueryResult<()> {
    diesel::update(table::table.find(id))
        .set((
            table::state.eq(InteractionState::Finished),
            table::finished_at.eq(at),
            table::unread.eq(false),
            table::snoozed_until.eq(None::<Timestamp>),
            table::version.eq(table::version + 1),
        ))
        .execute(conn)?;
    Ok(())
}
