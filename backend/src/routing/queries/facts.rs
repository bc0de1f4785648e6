//! What is known of the members of a campaign at an instant, read as sets: what it costs grows with the members, not with
//! what waits or was done.

use super::Rule;
use crate::{
    kernel::db::{
        Connection, MultiBackend,
        fixed::Words,
        schema::{agent_states, campaigns, external_loads, interactions, members, sessions, users, voice_members},
    },
    routing::strategy::Candidate,
};
use diesel::{
    dsl::{count_star, exists, max, min},
    prelude::*,
};
use shared::{
    api::{
        campaigns::{DeliveryOrder, Eligibility},
        presence::AgentMode,
    },
    ids::{CampaignId, UserId},
    time::Timestamp,
};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

/// Word for word what the partial indexes say.
const ASSIGNED: Words = Words("interactions.state = 'assigned'");
const FINISHED: Words = Words("interactions.state = 'finished'");

/// When it is, and from when on a session is alive.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Now.
    pub now: Timestamp,
    /// A session that gave a sign of life after this is alive.
    pub seen_after: Timestamp,
}

impl Moment {
    /// An instant, with the time without a sign after which somebody is gone.
    #[must_use]
    pub fn at(now: Timestamp, offline_after: Duration) -> Self {
        Self { now, seen_after: now.minus(offline_after) }
    }
}

/// The members of a campaign, in member order; `only` this one, if given.
///
/// # Errors
/// The database's.
pub fn team(conn: &mut Connection, rule: &Rule, only: Option<UserId>, at: Moment) -> QueryResult<Vec<Candidate>> {
    let campaign = rule.campaign;
    let mut team = people(conn, campaign, only, at)?;
    let mut places: HashMap<UserId, usize> = HashMap::new();
    for (place, one) in team.iter().enumerate() {
        places.insert(one.user, place);
    }
    let each = |team: &mut Vec<Candidate>, user: UserId, note: &mut dyn FnMut(&mut Candidate)| {
        if let Some(one) = places.get(&user).and_then(|place| team.get_mut(*place)) {
            note(one);
        }
    };
    if rule.strategy.require_voice {
        let in_voice: Vec<UserId> = voice_members::table
            .inner_join(members::table.on(members::user_id.eq(voice_members::user_id)))
            .filter(members::campaign_id.eq(campaign))
            .select(voice_members::user_id)
            .distinct()
            .load(conn)?;
        for user in in_voice {
            each(&mut team, user, &mut |one| one.in_voice_campaign = true);
        }
    }
    let order = rule.strategy.order;
    if !rule.strategy.eligibility.is_pull() && matches!(order, DeliveryOrder::Leastrecent | DeliveryOrder::Fewestcalls)
    {
        for (user, ended, today) in history(conn, campaign, rule.hours.midnight(at.now))? {
            each(&mut team, user, &mut |one| {
                one.last_ended = ended;
                one.finished_today = today.and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
            });
        }
    }
    Ok(team)
}

type Person = (
    (UserId, bool, bool, i32, bool),
    (Option<AgentMode>, Option<Timestamp>),
    Option<(bool, i32, Timestamp)>,
    (Option<i64>, Option<Timestamp>, Option<CampaignId>, bool),
);

/// One question of all that does not depend on the rule. What they hold is asked as values, of each by himself: joined, or
/// with `EXISTS`, PostgreSQL may read what all agents of the house hold and hash it.
fn people(
    conn: &mut Connection,
    campaign: CampaignId,
    only: Option<UserId>,
    at: Moment,
) -> QueryResult<Vec<Candidate>> {
    let online = exists(
        sessions::table
            .filter(sessions::user_id.eq(members::user_id))
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::last_seen_at.gt(at.seen_after)),
    );
    let his = || interactions::table.filter(interactions::agent_id.eq(members::user_id.nullable())).filter(ASSIGNED);
    let own = || his().filter(interactions::campaign_id.eq(members::campaign_id));
    let mut query = members::table
        .inner_join(users::table)
        .left_join(agent_states::table.on(agent_states::user_id.eq(members::user_id)))
        .left_join(external_loads::table.on(external_loads::user_id.eq(members::user_id)))
        .filter(members::campaign_id.eq(campaign))
        .order((members::position.asc(), members::user_id.asc()))
        .select((
            (members::user_id, users::enabled, members::may_receive, members::penalty, online),
            (agent_states::mode.nullable(), agent_states::wrap_up_until.nullable()),
            (external_loads::in_call, external_loads::held, external_loads::expires_at).nullable(),
            (
                own().select(count_star()).single_value(),
                own().select(max(interactions::assigned_at)).single_value(),
                his().select(min(interactions::campaign_id)).single_value(),
                exists(campaigns::table.filter(campaigns::eligibility.eq(Eligibility::Incall))),
            ),
        ))
        .into_boxed::<MultiBackend>();
    if let Some(user) = only {
        query = query.filter(members::user_id.eq(user));
    }
    let rows: Vec<Person> = query.load(conn)?;
    // Hardly any house has a campaign that could block somebody.
    let blocked = match rows.iter().any(|(_, _, _, (_, _, any, incall))| *incall && any.is_some()) {
        true => blocked(conn, campaign)?,
        false => HashSet::new(),
    };
    let candidate = |(own, (mode, wrap_up), external, holds): Person| {
        let (user, enabled, may_receive, penalty, online) = own;
        let (held, newest, any, _) = holds;
        let external = external.filter(|(_, _, expires)| *expires > at.now);
        let held = held.and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
        Candidate {
            enabled,
            online,
            on_break: mode == Some(AgentMode::Break),
            in_wrap_up: wrap_up.is_some_and(|until| until > at.now),
            in_call: external.is_some_and(|(in_call, _, _)| in_call),
            may_receive,
            in_voice_campaign: false,
            penalty: u32::try_from(penalty).unwrap_or(0),
            held,
            held_anywhere: held.max(u32::from(any.is_some())),
            held_elsewhere: external.and_then(|(_, held, _)| u32::try_from(held).ok()).unwrap_or(0),
            blocked: blocked.contains(&user),
            open_since: newest,
            ..Candidate::free(user)
        }
    };
    Ok(rows.into_iter().map(candidate).collect())
}

/// Members who hold an interaction of an `incall` campaign.
fn blocked(conn: &mut Connection, campaign: CampaignId) -> QueryResult<HashSet<UserId>> {
    let incall: Vec<CampaignId> =
        campaigns::table.filter(campaigns::eligibility.eq(Eligibility::Incall)).select(campaigns::id).load(conn)?;
    let his = interactions::table
        .filter(interactions::agent_id.eq(members::user_id.nullable()))
        .filter(ASSIGNED)
        .filter(interactions::campaign_id.eq_any(incall))
        .select(min(interactions::campaign_id));
    let rows: Vec<(UserId, Option<CampaignId>)> = members::table
        .filter(members::campaign_id.eq(campaign))
        .select((members::user_id, his.single_value()))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(user, holds)| holds.map(|_| user)).collect())
}

/// Whose last one ended when, and how many he finished today.
type Past = (UserId, Option<Timestamp>, Option<i64>);

/// When the members' last interactions of the campaign ended, and how many they finished since midnight.
fn history(conn: &mut Connection, campaign: CampaignId, midnight: Timestamp) -> QueryResult<Vec<Past>> {
    let his = || {
        interactions::table
            .filter(interactions::campaign_id.eq(members::campaign_id))
            .filter(interactions::agent_id.eq(members::user_id.nullable()))
            .filter(FINISHED)
    };
    members::table
        .filter(members::campaign_id.eq(campaign))
        .select((
            members::user_id,
            his().select(max(interactions::finished_at)).single_value(),
            his().filter(interactions::finished_at.ge(midnight)).select(count_star()).single_value(),
        ))
        .load(conn)
}
