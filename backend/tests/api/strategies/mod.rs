//! Strategies over HTTP, on both engines: who gets what, what the queue does, and what the decisions say (S40–S44).

mod external;
mod order;
mod queue;
mod replay;
mod take;
mod voice;

use crate::{
    conversations::{agent, campaign, letter, mail_in},
    support::{Builder, Client, TestApp, block_on},
};
use diesel::prelude::*;
use posta::{
    kernel::db::schema::{campaigns, interactions, sessions},
    routing::worker,
};
use serde_json::Value;
use shared::ids::{CampaignId, ConversationId, InteractionId, UserId};
use std::time::Duration;

/// Time is moved here; nobody is to be gone by it.
pub fn patient(builder: Builder) -> Builder {
    builder.setting("routing.offline_seconds", 3_600)
}

/// A campaign with this strategy and maximum.
pub fn with_strategy(app: &TestApp, name: &str, eligibility: &str, order: &str, max: Option<i32>) -> CampaignId {
    let id = campaign(app, name);
    app.write(|conn| {
        diesel::update(campaigns::table.find(id))
            .set((
                campaigns::eligibility.eq(eligibility),
                campaigns::delivery_order.eq(order),
                campaigns::max_interactions.eq(max),
            ))
            .execute(conn)?;
        Ok(())
    });
    id
}

/// Sets numbers of a campaign, such as `wrap_up_seconds`.
pub fn set(app: &TestApp, id: CampaignId, column: &str, value: i32) {
    app.write(|conn| {
        Ok(diesel::sql_query(format!("UPDATE campaigns SET {column} = {value} WHERE id = {id}")).execute(conn)?)
    });
}

/// A mail comes in; answers its interaction.
pub fn arrives(app: &TestApp, campaign: CampaignId, number: usize) -> InteractionId {
    arrives_from(app, campaign, &format!("cliente{number}@cliente.test"), &format!("Asunto {number}"))
}

/// A mail of this sender comes in; answers its interaction.
pub fn arrives_from(app: &TestApp, campaign: CampaignId, sender: &str, subject: &str) -> InteractionId {
    // The clock of the tests runs in milliseconds, and so does the order of arrival.
    app.advance(Duration::from_millis(5));
    let id = format!("{}.{campaign}@cliente.test", app.posta.core.now().millis());
    open_of(app, ConversationId(mail_in(app, campaign, &letter(sender, subject, &id, ""))))
}

/// The open interaction of a conversation.
pub fn open_of(app: &TestApp, conversation: ConversationId) -> InteractionId {
    app.read(|conn| {
        Ok(interactions::table
            .filter(interactions::conversation_id.eq(conversation))
            .filter(interactions::state.ne("finished"))
            .select(interactions::id)
            .first(conn)?)
    })
}

/// The worker looks, now.
pub fn look(app: &TestApp) {
    block_on(worker::tick(app.posta.core.clone())).unwrap();
}

/// Who holds an interaction.
pub fn holder(app: &TestApp, id: InteractionId) -> Option<UserId> {
    app.read(|conn| {
        Ok(interactions::table
            .find(id)
            .filter(interactions::state.eq("assigned"))
            .select(interactions::agent_id)
            .first::<Option<UserId>>(conn)
            .optional()?
            .flatten())
    })
}

/// Looks, and answers who holds it.
pub fn given(app: &TestApp, id: InteractionId) -> Option<UserId> {
    look(app);
    holder(app, id)
}

/// Finishes what the agent holds.
pub fn finish(client: &Client, id: InteractionId) {
    client.post(&format!("/interactions/{id}/finish"), serde_json::json!({})).ok();
}

/// Decisions about an interaction, newest first.
pub fn decisions(app: &TestApp, id: InteractionId) -> Vec<Value> {
    let page = app.admin().get(&format!("/interactions/{id}/decisions")).ok();
    page["items"].as_array().unwrap().clone()
}

/// What a decision says of an agent.
pub fn of<'d>(decision: &'d Value, agent: &Client) -> &'d Value {
    let agents = decision["agents"].as_array().unwrap();
    agents.iter().find(|one| one["user_id"] == agent.user_id().0).unwrap()
}

/// Agents who are members and online.
pub fn agents<const N: usize>(app: &TestApp, names: [&str; N], campaigns: &[CampaignId]) -> [Client; N] {
    names.map(|name| agent(app, name, campaigns))
}

/// He has left.
pub fn leaves(app: &TestApp, client: &Client) {
    let user = client.user_id();
    app.write(|conn| {
        let own = sessions::table.filter(sessions::user_id.eq(user));
        Ok(diesel::update(own).set(sessions::last_seen_at.eq(0_i64)).execute(conn)?)
    });
}
