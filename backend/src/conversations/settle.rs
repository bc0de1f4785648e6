//! Open interactions of a campaign that is deleted: finished, or moved to another campaign with their conversations.

use super::interactions::{self, Before};
use crate::{
    campaigns::{Destination, Settlement, Settles},
    kernel::{
        Result,
        db::{
            Connection,
            schema::{conversations, drafts, interactions as table, messages},
        },
    },
};
use diesel::prelude::*;
use shared::{
    api::interactions::InteractionState,
    ids::{CampaignId, ConversationId, InteractionId, UserId},
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
                Destination::Campaign(other) => relocate(conn, *id, *conversation, other)?,
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
            table::version.eq(table::version + 1),
        ))
        .execute(conn)?;
    Ok(())
}

/// The whole conversation goes along, so that it is read, answered and found in one place. Whoever holds it keeps it, and
/// goes on writing: versions tell of new mail and of other words, and there are none.
fn relocate(conn: &mut Connection, id: InteractionId, conversation: ConversationId, to: CampaignId) -> QueryResult<()> {
    diesel::update(conversations::table.find(conversation)).set(conversations::campaign_id.eq(to)).execute(conn)?;
    diesel::update(messages::table.filter(messages::conversation_id.eq(conversation)))
        .set(messages::campaign_id.eq(to))
        .execute(conn)?;
    diesel::update(drafts::table.filter(drafts::conversation_id.eq(conversation)))
        .set(drafts::campaign_id.eq(to))
        .execute(conn)?;
    diesel::update(table::table.find(id))
        .set((table::campaign_id.eq(to), table::version.eq(table::version + 1)))
        .execute(conn)?;
    Ok(())
}
