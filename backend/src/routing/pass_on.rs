//! Passing on (S106): who holds an interaction gives it to a colleague, to another campaign, or back to the queue; a
//! supervisor does so with anyone's, and with what waits.
//!
//! Whoever gets one is chosen by a person, so neither maximum nor state of his is asked: they are shown. It is new to him; where
//! the campaign has a time to open an offer, it goes back to the queue when he lets it lapse.

use super::{
    queries::{
        self, decisions,
        facts::{self, Moment},
        recorded,
    },
    strategy::{self, Decision, obstacles},
};
use crate::{
    conversations::{
        access,
        interactions::{self, Before},
        timeline::{self, Did, Spot},
        tray,
    },
    kernel::{
        Error, Result,
        audit::{self, Entry},
        db::{
            Connection,
            schema::{campaigns, interactions as table, members, users},
        },
        events::{self, Audience},
        http::auth::Principal,
    },
};
use diesel::prelude::*;
use serde_json::json;
use shared::{
    api::{
        interactions::{
            InteractionState, InteractionSummary, TransferAgent, TransferCampaign, TransferInteraction, TransferTargets,
        },
        timeline::ActivityKind,
    },
    error::ErrorCode,
    ids::{CampaignId, ConversationId, InteractionId, UserId},
    live::LiveEvent,
    permission::{CampaignScope, Role},
    validate::Rule,
};
use std::collections::HashMap;

/// Most campaigns that are offered.
const MOST: i64 = 1_000;

/// Something that the caller may pass on.
#[derive(Clone, Copy)]
struct Held {
    id: InteractionId,
    conversation: ConversationId,
    campaign: CampaignId,
    before: Before,
    agent: Option<UserId>,
}

fn finished_meanwhile() -> Error {
    Error::detailed(ErrorCode::Conflict, "it is finished")
}

fn held(conn: &mut Connection, caller: &Principal, id: InteractionId) -> Result<Held> {
    let conversation = access::readable_interaction(conn, caller, id)?;
    let (campaign, state, agent): (CampaignId, InteractionState, Option<UserId>) =
        table::table.find(id).select((table::campaign_id, table::state, table::agent_id)).first(conn)?;
    if state == InteractionState::Finished {
        return Err(finished_meanwhile());
    }
    if caller.role == Role::Agent && agent != Some(caller.user_id) {
        return Err(Error::detailed(ErrorCode::Conflict, "you do not hold this interaction"));
    }
    let before = agent.map_or(Before::Queue, Before::With);
    Ok(Held { id, conversation, campaign, before, agent })
}

/// Gives an interaction to an agent or a campaign.
///
/// # Errors
/// `not_found`; `conflict`: it is finished, or the caller does not hold it; `invalid`: no such agent or campaign to give it to.
pub fn transfer(
    conn: &mut Connection,
    caller: &Principal,
    id: InteractionId,
    wanted: &TransferInteraction,
    at: Moment,
) -> Result<InteractionSummary> {
    queries::lock(conn)?;
    let one = held(conn, caller, id)?;
    match (wanted.agent_id, wanted.campaign_id) {
        (Some(agent), _) => to_agent(conn, caller, &one, agent, &wanted.note, at)?,
        (None, Some(campaign)) => to_campaign(conn, caller, &one, campaign, &wanted.note, at)?,
        (None, None) => return Err(Error::field("agent_id", Rule::Required, "or campaign_id is required")),
    }
    Ok(tray::one(conn, id)?)
}

fn to_agent(
    conn: &mut Connection,
    caller: &Principal,
    one: &Held,
    agent: UserId,
    note: &str,
    at: Moment,
) -> Result<()> {
    if one.agent == Some(agent) {
        return Err(Error::field("agent_id", Rule::Inconsistent, "has it already"));
    }
    let name: Option<String> = members::table
        .inner_join(users::table)
        .filter(members::campaign_id.eq(one.campaign))
        .filter(members::user_id.eq(agent))
        .filter(users::enabled.eq(true))
        .select(users::name)
        .first(conn)
        .optional()?;
    let Some(name) = name else {
        return Err(Error::field("agent_id", Rule::UnknownValue, "is no enabled member of its campaign"));
    };
    if !interactions::hand_over(conn, one.id, agent, at.now)? {
        return Err(finished_meanwhile());
    }
    let (rule, _) = queries::rule(conn, one.campaign)?;
    decisions::store(conn, &rule, &[(one.id, strategy::transferred(agent, &rule.strategy))], at.now)?;
    let did = Did {
        by: Some(caller.user_id),
        note: note.trim(),
        target: Some(&name),
        ..Did::by_itself(ActivityKind::Transferred)
    };
    finish(conn, caller, one, &did, ("conversations.transfer", json!({ "agent": agent })), at)
}

fn to_campaign(
    conn: &mut Connection,
    caller: &Principal,
    one: &Held,
    campaign: CampaignId,
    note: &str,
    at: Moment,
) -> Result<()> {
    if campaign == one.campaign {
        return Err(Error::field("campaign_id", Rule::Inconsistent, "has it already"));
    }
    let name: Option<String> = campaigns::table
        .find(campaign)
        .filter(campaigns::enabled.eq(true))
        .filter(campaigns::deleted_at.is_null())
        .select(campaigns::name)
        .first(conn)
        .optional()?;
    let Some(name) = name.filter(|_| caller.scope.holds(campaign)) else {
        return Err(Error::field("campaign_id", Rule::UnknownValue, "is no campaign to which it can be given"));
    };
    note_return(conn, one, at)?;
    interactions::relocate(conn, one.conversation, campaign)?;
    let did =
        Did { by: Some(caller.user_id), note: note.trim(), target: Some(&name), ..Did::by_itself(ActivityKind::Moved) };
    // Whoever had it before his eyes and is not of the campaign to which it went sees it no more. First, since administrators
    // hear of both.
    let mut lost = match one.agent {
        Some(agent) => vec![agent],
        None => access::members(conn, one.campaign)?,
    };
    let there = access::members(conn, campaign)?;
    lost.retain(|user| !there.contains(user));
    let gone = LiveEvent::InteractionGone { interaction_id: one.id };
    events::append(conn, at.now, &Audience::agents(lost, one.campaign), &gone)?;
    let detail = json!({ "from": one.campaign, "to": campaign });
    let one = Held { before: Before::Same, ..*one };
    finish(conn, caller, &one, &did, ("conversations.transfer", detail), at)
}

/// Gives an interaction back to the queue, at its old place.
///
/// # Errors
/// `not_found`; `conflict`: it waits there, is finished, or the caller does not hold it.
pub fn give_back(
    conn: &mut Connection,
    caller: &Principal,
    id: InteractionId,
    note: &str,
    at: Moment,
) -> Result<InteractionSummary> {
    queries::lock(conn)?;
    let one = held(conn, caller, id)?;
    if one.agent.is_none() {
        return Err(Error::detailed(ErrorCode::Conflict, "it waits in the queue"));
    }
    note_return(conn, &one, at)?;
    let did = Did { by: Some(caller.user_id), note: note.trim(), ..Did::by_itself(ActivityKind::Returned) };
    finish(conn, caller, &one, &did, ("conversations.return", json!({})), at)?;
    Ok(tray::one(conn, id)?)
}

/// It leaves whosever hands, who is not the first to get it again.
fn note_return(conn: &mut Connection, one: &Held, at: Moment) -> Result<()> {
    if !interactions::give_back(conn, one.id)? {
        return Err(finished_meanwhile());
    }
    if let Some(agent) = one.agent {
        let (rule, _) = queries::rule(conn, one.campaign)?;
        let decision: Decision = strategy::returned(agent, &rule.strategy);
        decisions::store(conn, &rule, &[(one.id, decision)], at.now)?;
    }
    Ok(())
}

fn finish(
    conn: &mut Connection,
    caller: &Principal,
    one: &Held,
    did: &Did<'_>,
    (action, detail): (&str, serde_json::Value),
    at: Moment,
) -> Result<()> {
    timeline::add(conn, Spot { conversation: one.conversation, interaction: Some(one.id) }, did, at.now)?;
    let entry = Entry { actor: Some(caller.user_id), action, object: "interaction", object_id: Some(one.id.0), detail };
    audit::record(conn, at.now, &entry)?;
    interactions::announce(conn, one.id, one.before, at.now)?;
    Ok(timeline::announce(conn, one.conversation, at.now)?)
}

/// To whom an interaction can be given.
///
/// # Errors
/// `not_found`.
pub fn targets(conn: &mut Connection, caller: &Principal, id: InteractionId, at: Moment) -> Result<TransferTargets> {
    access::readable_interaction(conn, caller, id)?;
    let (campaign, holder): (CampaignId, Option<UserId>) =
        table::table.find(id).select((table::campaign_id, table::agent_id)).first(conn)?;
    let (rule, _) = queries::rule(conn, campaign)?;
    let names: HashMap<UserId, String> =
        recorded::members_of(conn, campaign)?.into_iter().map(|(user, name, ..)| (user, name)).collect();
    let agents = facts::team(conn, &rule, None, at)?
        .into_iter()
        .filter(|one| one.enabled && Some(one.user) != holder)
        .map(|one| TransferAgent {
            user_id: one.user,
            name: names.get(&one.user).cloned().unwrap_or_default(),
            held: one.held,
            obstacles: obstacles(&one, &rule.strategy),
        })
        .collect();
    let mut others = campaigns::table
        .filter(campaigns::enabled.eq(true))
        .filter(campaigns::deleted_at.is_null())
        .filter(campaigns::id.ne(campaign))
        .into_boxed::<crate::kernel::db::MultiBackend>();
    if let CampaignScope::Only(list) = &caller.scope {
        others = others.filter(campaigns::id.eq_any(list.clone()));
    }
    let others: Vec<(CampaignId, String)> =
        others.order(campaigns::name_folded.asc()).limit(MOST).select((campaigns::id, campaigns::name)).load(conn)?;
    let campaigns = others.into_iter().map(|(id, name)| TransferCampaign { id, name }).collect();
    Ok(TransferTargets { agents, campaigns })
}
