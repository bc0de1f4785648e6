//! Taking (S40, `ringall` and `ringallmultiple`): agents choose from what waits; whoever comes first has it.

use super::{
    queries::{
        self, Rule, decisions,
        facts::{self, Moment},
        queue::{self, Waiting},
    },
    strategy::{self, Ask, obstacles},
};
use crate::{
    conversations::{
        Takes, access,
        interactions::{self, Before},
        tray,
    },
    kernel::{Core, Error, Result, db::Connection, http::auth::Principal},
};
use shared::{
    api::{
        campaigns::Eligibility,
        interactions::{Ineligible, InteractionState, InteractionSummary},
    },
    error::ErrorCode,
    ids::{CampaignId, InteractionId, UserId},
    time::Timestamp,
};
use std::{collections::BTreeMap, time::Duration};

/// The caller takes an interaction. Repeated, it answers the same.
///
/// # Errors
/// `not_found`; `forbidden`: he is no member; `already_taken`: somebody else was first, `detail` says who; `not_eligible`
/// with `reasons`; `not_in_turn`: others go before it; `conflict`: it does not wait, or is handed out.
pub fn take(conn: &mut Connection, caller: &Principal, id: InteractionId, at: Moment) -> Result<InteractionSummary> {
    queries::lock(conn)?;
    access::readable_interaction(conn, caller, id)?;
    let (one, campaign, state, holder) = queue::standing(conn, id)?;
    match (state, holder) {
        (InteractionState::Assigned, Some(user)) if user == caller.user_id => return Ok(tray::one(conn, id)?),
        (InteractionState::Assigned, Some(user)) => {
            let name = queue::name_of(conn, user)?;
            return Err(Error::detailed(ErrorCode::AlreadyTaken, format!("{name} has it")));
        }
        (InteractionState::Waiting, _) => {}
        _ => return Err(Error::detailed(ErrorCode::Conflict, "it does not wait")),
    }
    let (rule, enabled) = queries::rule(conn, campaign)?;
    if !rule.strategy.eligibility.is_pull() {
        return Err(Error::detailed(ErrorCode::Conflict, "what waits in this campaign is handed out, not taken"));
    }
    if !enabled {
        return Err(Error::detailed(ErrorCode::Conflict, "the campaign is disabled"));
    }
    let team = facts::team(conn, &rule, None, at)?;
    let place = u32::try_from(queue::before(conn, campaign, &one)?.saturating_add(1)).unwrap_or(u32::MAX);
    let ask = Ask { place: Some(place), max_in_queue: rule.max_in_queue, ..Ask::default() };
    let decision = match strategy::taken(&team, caller.user_id, &ask, &rule.strategy) {
        Ok(_) if !rule.hours.is_open(at.now) => return Err(Error::not_eligible(vec![Ineligible::CampaignClosed])),
        Ok(decision) => decision,
        Err(reasons) if reasons.is_empty() => {
            return Err(Error::detailed(ErrorCode::Forbidden, "only members of its campaign take it"));
        }
        Err(reasons) => return Err(Error::not_eligible(reasons)),
    };
    in_turn(&rule, place)?;
    if queue::assign(conn, &[(id, caller.user_id)], true, at.now)?.is_empty() {
        return Err(ErrorCode::AlreadyTaken.into());
    }
    decisions::store(conn, &rule, &[(id, decision)], at.now)?;
    interactions::announce(conn, id, Before::Queue, at.now)?;
    Ok(tray::one(conn, id)?)
}

/// `ringall` gives the first only, both what is in the running (S26).
fn in_turn(rule: &Rule, place: u32) -> Result<()> {
    let refuse = |words: &str| Err(Error::detailed(ErrorCode::NotInTurn, words));
    if rule.strategy.eligibility == Eligibility::Ringall && place > 1 {
        return refuse("the first that waits is taken first");
    }
    if rule.max_in_queue > 0 && place > rule.max_in_queue {
        return refuse("it is not in the running yet: others wait before it");
    }
    Ok(())
}

/// Tells of what waits whether the caller may take it.
#[derive(Debug)]
pub struct Taking {
    offline_after: Duration,
}

impl Taking {
    /// By the settings of the installation.
    #[must_use]
    pub fn new(core: &Core) -> Self {
        Self { offline_after: Duration::from_secs(core.settings.routing.offline_seconds) }
    }
}

impl Takes for Taking {
    fn mark(
        &self,
        conn: &mut Connection,
        caller: &Principal,
        rows: &mut [InteractionSummary],
        now: Timestamp,
    ) -> Result<()> {
        let at = Moment::at(now, self.offline_after);
        let mut reach: BTreeMap<CampaignId, Reach> = BTreeMap::new();
        for row in rows.iter_mut().filter(|row| row.state == InteractionState::Waiting) {
            let reach = match reach.entry(row.campaign_id) {
                std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::btree_map::Entry::Vacant(new) => {
                    new.insert(Reach::of(conn, row.campaign_id, caller.user_id, at)?)
                }
            };
            row.takeable = Some(reach.holds((row.priority, row.arrived_at, row.id)));
        }
        Ok(())
    }
}

/// How far into a queue somebody may reach.
enum Reach {
    Nothing,
    UpTo((i32, Timestamp, InteractionId)),
    All,
}

impl Reach {
    fn of(conn: &mut Connection, campaign: CampaignId, user: UserId, at: Moment) -> Result<Self> {
        let (rule, enabled) = queries::rule(conn, campaign)?;
        if !enabled || !rule.strategy.eligibility.is_pull() || !rule.hours.is_open(at.now) {
            return Ok(Self::Nothing);
        }
        let own = facts::team(conn, &rule, Some(user), at)?;
        if own.first().is_none_or(|one| !obstacles(one, &rule.strategy).is_empty()) {
            return Ok(Self::Nothing);
        }
        let last = match (rule.strategy.eligibility, rule.max_in_queue) {
            (Eligibility::Ringall, _) => 0,
            (_, 0) => return Ok(Self::All),
            (_, window) => i64::from(window.saturating_sub(1)),
        };
        let edge = queue::head(conn, campaign, 1, last)?.first().map(Waiting::key);
        // Fewer wait than are in the running.
        Ok(edge.map_or(Self::All, Self::UpTo))
    }

    fn holds(&self, key: (i32, Timestamp, InteractionId)) -> bool {
        match self {
            Self::Nothing => false,
            Self::UpTo(edge) => key <= *edge,
            Self::All => true,
        }
    }
}
