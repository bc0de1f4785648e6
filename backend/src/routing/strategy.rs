//! *Eligibility* × *delivery order* (S40, S41), as pure functions: [`eligibility`] says who may get an interaction and why
//! each other may not, [`order`] whose turn it is among them. The same [`choose`] decides live and replays a past day.
//!
//! Chance comes in as a [`Draw`], so that a decision can be repeated; what was drawn stands in the [`Decision`].

pub mod draw;
pub mod eligibility;
pub mod order;

pub use draw::{Draw, Seeded};
pub use eligibility::{judge, obstacles};
pub use order::told;

use serde::{Deserialize, Serialize};
use shared::{
    api::{
        campaigns::{DeliveryOrder, Eligibility},
        interactions::{DecisionCause, Ineligible},
    },
    ids::UserId,
    time::Timestamp,
};

/// What is known of a member at the moment of deciding. Members come in member order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Agent.
    pub user: UserId,
    /// The user is enabled.
    pub enabled: bool,
    /// Has a live session.
    pub online: bool,
    /// On a break.
    pub on_break: bool,
    /// Rests after what he finished.
    pub in_wrap_up: bool,
    /// In a call, as reported.
    pub in_call: bool,
    /// The member may receive.
    pub may_receive: bool,
    /// Is in a voice campaign.
    pub in_voice_campaign: bool,
    /// 0–100; lower gets more.
    pub penalty: u32,
    /// Interactions of this campaign that he holds.
    pub held: u32,
    /// Interactions of all campaigns that he holds, or fewer, but not none: the rules ask only whether there are any.
    pub held_anywhere: u32,
    /// Interactions of other channels that he holds, as reported.
    pub held_elsewhere: u32,
    /// Holds an interaction of an `incall` campaign.
    pub blocked: bool,
    /// When the last one of this campaign that he finished ended.
    pub last_ended: Option<Timestamp>,
    /// When he got the newest one of this campaign that he still holds.
    pub open_since: Option<Timestamp>,
    /// How many of this campaign he finished today.
    pub finished_today: u32,
}

impl Candidate {
    /// A member of whom nothing is in the way and nothing is known.
    #[must_use]
    pub fn free(user: UserId) -> Self {
        Self {
            user,
            enabled: true,
            online: true,
            on_break: false,
            in_wrap_up: false,
            in_call: false,
            may_receive: true,
            in_voice_campaign: true,
            penalty: 0,
            held: 0,
            held_anywhere: 0,
            held_elsewhere: 0,
            blocked: false,
            last_ended: None,
            open_since: None,
            finished_today: 0,
        }
    }

    /// He gets one of a campaign with this rule.
    pub fn take(&mut self, eligibility: Eligibility, at: Timestamp) {
        self.held = self.held.saturating_add(1);
        self.held_anywhere = self.held_anywhere.saturating_add(1);
        self.blocked |= eligibility == Eligibility::Incall;
        self.open_since = Some(at);
    }
}

/// How a campaign hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strategy {
    /// Who may get one.
    pub eligibility: Eligibility,
    /// Whose turn it is.
    pub order: DeliveryOrder,
    /// How many of this campaign one agent may hold, where the rule asks for it (S16).
    pub max_interactions: Option<u32>,
    /// Only who is in a voice campaign as well gets anything (S34).
    pub require_voice: bool,
}

/// What is asked: an interaction at the moment of deciding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// From whom the round goes on.
    pub last_served: Option<UserId>,
    /// Whom its conversation prefers, if he is eligible.
    pub preferred: Option<UserId>,
    /// Who had it and did not open it in time, oldest first: they get it again only if nobody else can.
    pub lapsed: Vec<UserId>,
    /// Its place in the queue, 1 first.
    pub place: Option<u32>,
    /// How many are in the running at once; 0: all.
    pub max_in_queue: u32,
}

/// What became of one member in a decision. Short words, for there is one of these a member and decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Agent.
    #[serde(rename = "u")]
    pub user: UserId,
    /// Interactions of this campaign that he held.
    #[serde(rename = "h", default, skip_serializing_if = "is_zero")]
    pub held: u32,
    /// His penalty.
    #[serde(rename = "p", default, skip_serializing_if = "is_zero")]
    pub penalty: u32,
    /// Why he could not get it; empty: he could.
    #[serde(rename = "w", default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Ineligible>,
    /// His place among the eligible; 1 wins.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// `rrmemory`: places after the last served; `linear`: place in member order.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u32>,
    /// `wrandom`, `random`: ten-thousandths of the number drawn.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub drawn: Option<u32>,
    /// `fewestcalls`: finished today.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub finished_today: Option<u32>,
    /// `leastrecent`, `fewestcalls`: when his last one ended, in milliseconds.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub last_ended: Option<i64>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A decision with all that explains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What decided.
    pub cause: DecisionCause,
    /// Who gets it.
    pub winner: UserId,
    /// From whom the round went on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_served: Option<UserId>,
    /// Whom the conversation preferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<UserId>,
    /// The maximum in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_interactions: Option<u32>,
    /// Its place in the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u32>,
    /// How many were in the running at once.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub max_in_queue: u32,
    /// Every member, in member order.
    pub agents: Vec<Judged>,
}

/// Chooses who gets an interaction; `None`: nobody can. Of a pull strategy it says who would take it first if all were
/// equally quick: whoever has been without one longest.
#[must_use]
pub fn choose(candidates: &[Candidate], ask: &Ask, strategy: &Strategy, draw: &mut dyn Draw) -> Option<Decision> {
    let mut agents = judge(candidates, ask, strategy);
    order::rank(candidates, ask, strategy, draw, &mut agents);
    let preferred = ask.preferred.filter(|wanted| agents.iter().any(|one| one.user == *wanted && one.rank.is_some()));
    let first = agents.iter().find(|one| one.rank == Some(1)).map(|one| one.user);
    let (cause, winner) = match (preferred, first?) {
        (Some(wanted), _) => (DecisionCause::LastAgent, wanted),
        (None, first) => (DecisionCause::Order, first),
    };
    Some(decision(cause, winner, ask, strategy, agents))
}

/// What explains that `winner` took an interaction himself, or why he could not: his obstacles.
///
/// # Errors
/// His obstacles; empty: he is no candidate at all.
pub fn taken(
    candidates: &[Candidate],
    winner: UserId,
    ask: &Ask,
    strategy: &Strategy,
) -> Result<Decision, Vec<Ineligible>> {
    let agents = judge(candidates, ask, strategy);
    let own = agents.iter().find(|one| one.user == winner).ok_or_else(Vec::new)?;
    if own.reasons.is_empty() {
        Ok(decision(DecisionCause::Take, winner, ask, strategy, agents))
    } else {
        Err(own.reasons.clone())
    }
}

/// What tells that `agent` had it and did not open it in time.
#[must_use]
pub fn lapsed(agent: UserId, strategy: &Strategy) -> Decision {
    decision(DecisionCause::OfferLapsed, agent, &Ask::default(), strategy, Vec::new())
}

/// What tells that somebody gave it to `agent`.
#[must_use]
pub fn transferred(agent: UserId, strategy: &Strategy) -> Decision {
    decision(DecisionCause::Transferred, agent, &Ask::default(), strategy, Vec::new())
}

/// What tells that `agent` gave it back.
#[must_use]
pub fn returned(agent: UserId, strategy: &Strategy) -> Decision {
    decision(DecisionCause::Returned, agent, &Ask::default(), strategy, Vec::new())
}

fn decision(cause: DecisionCause, winner: UserId, ask: &Ask, strategy: &Strategy, agents: Vec<Judged>) -> Decision {
    Decision {
        cause,
        winner,
        last_served: ask.last_served,
        preferred: ask.preferred,
        max_interactions: strategy.max_interactions,
        place: ask.place,
        max_in_queue: ask.max_in_queue,
        agents,
    }
}

#[cfg(test)]
mod tests;
