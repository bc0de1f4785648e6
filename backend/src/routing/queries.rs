//! What handing out reads and writes: how a campaign does it, what is known of its members ([`facts`]), the queue itself
//! ([`queue`]), the decisions ([`decisions`]), and past days
//! ([`recorded`]).

pub mod decisions;
pub mod facts;
pub mod queue;
pub mod recorded;

use super::strategy::Strategy;
use crate::{
    campaigns::{self, schedule::Hours},
    kernel::db::{
        Connection, Json, arms,
        schema::{campaigns as table, round_memory},
    },
};
use diesel::prelude::*;
use shared::{
    api::{
        campaigns::{DeliveryOrder, Eligibility},
        schedules::Schedule,
    },
    ids::{CampaignId, UserId},
};
use std::time::Duration;

/// Space of the advisory lock by which those who hand out or take go one after another.
const LOCK_SPACE: i32 = 71;

/// One at a time: "holds nothing" and "at most so many" span the interactions of all campaigns.
///
/// # Errors
/// The database's.
pub fn lock(conn: &mut Connection) -> QueryResult<()> {
    arms::lock_pair(conn, LOCK_SPACE, 0)
}

/// How a campaign hands out.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Campaign.
    pub campaign: CampaignId,
    /// To whom.
    pub strategy: Strategy,
    /// When (S7).
    pub hours: Hours,
    /// How many are in the running at once; 0: all (S26).
    pub max_in_queue: u32,
    /// How long a conversation that opens again prefers its last agent.
    pub last_agent: Duration,
    /// How long an agent has to open what he got; zero: for ever.
    pub offer_timeout: Duration,
    /// Within which time it should be attended (S5).
    pub service_level: Duration,
    /// Rest after finishing.
    pub wrap_up: Duration,
    /// Who was served last.
    pub last_served: Option<UserId>,
}

/// How a campaign hands out, be it enabled or not.
///
/// # Errors
/// `not_found`; the database's.
pub fn rule(conn: &mut Connection, campaign: CampaignId) -> QueryResult<(Rule, bool)> {
    type Row =
        (Eligibility, DeliveryOrder, Option<i32>, Json<Schedule>, (i32, i32, i32, i32, i32), (bool, Option<UserId>));
    let row: Row = table::table
        .left_join(round_memory::table.on(round_memory::campaign_id.eq(table::id)))
        .filter(table::id.eq(campaign))
        .select((
            table::eligibility,
            table::delivery_order,
            table::max_interactions,
            table::schedule,
            (
                table::max_in_queue,
                table::last_agent_seconds,
                table::offer_timeout_seconds,
                table::service_level_seconds,
                table::wrap_up_seconds,
            ),
            (table::enabled, round_memory::last_served.nullable()),
        ))
        .first(conn)?;
    let (eligibility, order, max, Json(schedule), (window, last_agent, timeout, level, wrap_up), served) = row;
    let (enabled, last_served) = served;
    let seconds = |number: i32| Duration::from_secs(u64::try_from(number).unwrap_or(0));
    let strategy = Strategy {
        eligibility,
        order,
        max_interactions: eligibility.maximum(max.and_then(|max| u32::try_from(max).ok())),
        require_voice: campaigns::is_voice_required(conn)?,
    };
    let rule = Rule {
        campaign,
        strategy,
        hours: Hours::of(&schedule),
        max_in_queue: u32::try_from(window).unwrap_or(0),
        last_agent: seconds(last_agent),
        offer_timeout: seconds(timeout),
        service_level: seconds(level),
        wrap_up: seconds(wrap_up),
        last_served,
    };
    Ok((rule, enabled))
}
