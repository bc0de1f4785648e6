//! What is known of the members of a campaign at an instant, read as sets: what it costs grows with the members, not with
//! what waits or was done.

use super::Rule;
use crate::{
    kernel::db::{
        Connection, MultiBackend,
        schema::{agent_states, campaigns, external_loads, interactions, members, sessions, users, voice_members},
    },
    routing::strategy::Candidate,
};
use diesel::{
    dsl::{count_star, max, sql},
    prelude::*,
    sql_types::Bool,
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
const ASSIGNED: &str = "interactions.state = 'assigned'";
const FINISHED: &str = "interactions.state = 'finished'";

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
    let mut team = people(conn, campaign, only, at.now)?;
    let mut places: HashMap<UserId, usize> = HashMap::new();
    for (place, one) in team.iter().enumerate() {
        places.insert(one.user, place);
    }
    let each = |team: &mut Vec<Candidate>, user: UserId, note: &mut dyn FnMut(&mut Candidate)| {
        if let Some(one) = places.get(&user).and_then(|place| team.get_mut(*place)) {
            note(one);
        }
    };
    for user in alive(conn, campaign, at.seen_after)? {
        each(&mut team, user, &mut |one| one.online = true);
    }
    let blocking: HashSet<CampaignId> = campaigns::table
        .filter(campaigns::eligibility.eq(Eligibility::Incall))
        .select(campaigns::id)
        .load::<CampaignId>(conn)?
        .into_iter()
        .collect();
    for (user, held_in, count, newest) in held(conn, campaign)? {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        each(&mut team, user, &mut |one| {
            one.held_anywhere = one.held_anywhere.saturating_add(count);
            one.blocked |= blocking.contains(&held_in);
            if held_in == campaign {
                (one.held, one.open_since) = (count, newest);
            }
        });
    }
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

type Person = (UserId, bool, bool, i32, (Option<AgentMode>, Option<Timestamp>), Option<(bool, i32, Timestamp)>);

fn people(
    conn: &mut Connection,
    campaign: CampaignId,
    only: Option<UserId>,
    now: Timestamp,
) -> QueryResult<Vec<Candidate>> {
    let mut query = members::table
        .inner_join(users::table)
        .left_join(agent_states::table.on(agent_states::user_id.eq(members::user_id)))
        .left_join(external_loads::table.on(external_loads::user_id.eq(members::user_id)))
        .filter(members::campaign_id.eq(campaign))
        .order((members::position.asc(), members::user_id.asc()))
        .select((
            members::user_id,
            users::enabled,
            members::may_receive,
            members::penalty,
            (agent_states::mode.nullable(), agent_states::wrap_up_until.nullable()),
            (external_loads::in_call, external_loads::held, external_loads::expires_at).nullable(),
        ))
        .into_boxed::<MultiBackend>();
    if let Some(user) = only {
        query = query.filter(members::user_id.eq(user));
    }
    let rows: Vec<Person> = query.load(conn)?;
    let candidate = |(user, enabled, may_receive, penalty, (mode, wrap_up), external): Person| {
        let external = external.filter(|(_, _, expires)| *expires > now);
        Candidate {
            enabled,
            online: false,
            on_break: mode == Some(AgentMode::Break),
            in_wrap_up: wrap_up.is_some_and(|until| until > now),
            in_call: external.is_some_and(|(in_call, _, _)| in_call),
            may_receive,
            in_voice_campaign: false,
            penalty: u32::try_from(penalty).unwrap_or(0),
            held_elsewhere: external.and_then(|(_, held, _)| u32::try_from(held).ok()).unwrap_or(0),
            ..Candidate::free(user)
        }
    };
    Ok(rows.into_iter().map(candidate).collect())
}

fn alive(conn: &mut Connection, campaign: CampaignId, seen_after: Timestamp) -> QueryResult<Vec<UserId>> {
    sessions::table
        .inner_join(members::table.on(members::user_id.eq(sessions::user_id)))
        .filter(members::campaign_id.eq(campaign))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::last_seen_at.gt(seen_after))
        .select(sessions::user_id)
        .distinct()
        .load(conn)
}

/// Who holds of which campaign how many, and since when the newest.
type Held = (UserId, CampaignId, i64, Option<Timestamp>);

/// What members hold, by campaign.
fn held(conn: &mut Connection, campaign: CampaignId) -> QueryResult<Vec<Held>> {
    let rows: Vec<(Option<UserId>, CampaignId, i64, Option<Timestamp>)> = interactions::table
        .filter(sql::<Bool>(ASSIGNED))
        .filter(
            interactions::agent_id
                .eq_any(members::table.filter(members::campaign_id.eq(campaign)).select(members::user_id.nullable())),
        )
        .group_by((interactions::agent_id, interactions::campaign_id))
        .select((interactions::agent_id, interactions::campaign_id, count_star(), max(interactions::assigned_at)))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(user, campaign, count, newest)| Some((user?, campaign, count, newest))).collect())
}

/// Whose last one ended when, and how many he finished today.
type Past = (UserId, Option<Timestamp>, Option<i64>);

/// When the members' last interactions of the campaign ended, and how many they finished since midnight.
fn history(conn: &mut Connection, campaign: CampaignId, midnight: Timestamp) -> QueryResult<Vec<Past>> {
    let his = || {
        interactions::table
            .filter(interactions::campaign_id.eq(members::campaign_id))
            .filter(interactions::agent_id.eq(members::user_id.nullable()))
            .filter(sql::<Bool>(FINISHED))
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
