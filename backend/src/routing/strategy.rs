//! *Eligibility* × *delivery order* (S40, S41), as pure functions.
//!
//! | eligibility | eligible when |
//! |---|---|
//! | `nocall` | online, may receive, not on a break, holds fewer than the campaign's maximum |
//!
//! | order | whose turn |
//! |---|---|
//! | `rrmemory` | the next eligible member after the last one served, circular in member order |

use serde::{Deserialize, Serialize};
use shared::{
    api::{
        campaigns::{DeliveryOrder, Eligibility},
        interactions::Ineligible,
    },
    ids::UserId,
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
    /// The member may receive.
    pub may_receive: bool,
    /// Interactions of this campaign that he holds.
    pub held: u32,
}

/// How a campaign hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strategy {
    /// Who may get one.
    pub eligibility: Eligibility,
    /// Whose turn it is.
    pub order: DeliveryOrder,
    /// How many of this campaign one agent may hold.
    pub max_interactions: Option<u32>,
}

/// What became of one member in a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Agent.
    #[serde(rename = "u")]
    pub user: UserId,
    /// Interactions of this campaign that he held.
    #[serde(rename = "h")]
    pub held: u32,
    /// Why he could not get it; empty: he could.
    #[serde(rename = "w", default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Ineligible>,
    /// His number in the order; the lowest wins. For `rrmemory`: places after the last served.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<i64>,
}

/// A decision with all that explains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who gets it.
    pub winner: UserId,
    /// From whom the round went on.
    pub last_served: Option<UserId>,
    /// The maximum in force.
    pub max_interactions: Option<u32>,
    /// Every member, in member order.
    pub agents: Vec<Judged>,
}

/// Why a member may not get an interaction; empty: he may.
#[must_use]
pub fn obstacles(candidate: &Candidate, strategy: &Strategy) -> Vec<Ineligible> {
    let mut reasons = Vec::new();
    let mut note = |holds: bool, reason: Ineligible| {
        if holds {
            reasons.push(reason);
        }
    };
    note(!candidate.enabled, Ineligible::Disabled);
    note(!candidate.online, Ineligible::Offline);
    note(!candidate.may_receive, Ineligible::MayNotReceive);
    match strategy.eligibility {
        Eligibility::Nocall => {
            note(candidate.on_break, Ineligible::OnBreak);
            note(strategy.max_interactions.is_some_and(|max| candidate.held >= max), Ineligible::AtMaximum);
        }
    }
    reasons
}

/// Chooses who gets the next interaction; `None`: nobody can.
#[must_use]
pub fn choose(candidates: &[Candidate], last_served: Option<UserId>, strategy: &Strategy) -> Option<Decision> {
    let after = last_served.and_then(|last| candidates.iter().position(|one| one.user == last));
    let count = candidates.len();
    let agents: Vec<Judged> = candidates
        .iter()
        .enumerate()
        .map(|(place, candidate)| {
            let reasons = obstacles(candidate, strategy);
            let rank = match strategy.order {
                // The one after the last served is 1, the last served himself comes round at the very end.
                DeliveryOrder::Rrmemory => match after {
                    Some(after) if place > after => place.saturating_sub(after),
                    Some(after) => place.saturating_add(count).saturating_sub(after),
                    None => place.saturating_add(1),
                },
            };
            let rank = if reasons.is_empty() { i64::try_from(rank).ok() } else { None };
            Judged { user: candidate.user, held: candidate.held, reasons, rank }
        })
        .collect();
    let winner = agents.iter().filter_map(|one| one.rank.map(|rank| (rank, one.user))).min()?.1;
    Some(Decision { winner, last_served, max_interactions: strategy.max_interactions, agents })
}

#[cfg(test)]
mod tests {
    use super::{Strategy, *};
    use proptest::prelude::*;

    const STRATEGY: Strategy =
        Strategy { eligibility: Eligibility::Nocall, order: DeliveryOrder::Rrmemory, max_interactions: Some(3) };

    fn free(id: i64) -> Candidate {
        Candidate { user: UserId(id), enabled: true, online: true, on_break: false, may_receive: true, held: 0 }
    }

    fn winner(candidates: &[Candidate], last: Option<i64>) -> Option<i64> {
        choose(candidates, last.map(UserId), &STRATEGY).map(|decision| decision.winner.0)
    }

    #[test]
    fn goes_round_in_member_order() {
        let team = [free(7), free(3), free(9)];
        assert_eq!(winner(&team, None), Some(7));
        assert_eq!(winner(&team, Some(7)), Some(3));
        assert_eq!(winner(&team, Some(3)), Some(9));
        assert_eq!(winner(&team, Some(9)), Some(7));
        assert_eq!(winner(&team, Some(42)), Some(7), "a last one who left starts the round anew");
    }

    #[test]
    fn leaves_out_who_may_not() {
        type Spoil = fn(&mut Candidate);
        let cases: [(Spoil, Ineligible); 5] = [
            (|one| one.online = false, Ineligible::Offline),
            (|one| one.on_break = true, Ineligible::OnBreak),
            (|one| one.may_receive = false, Ineligible::MayNotReceive),
            (|one| one.held = 3, Ineligible::AtMaximum),
            (|one| one.enabled = false, Ineligible::Disabled),
        ];
        for (spoil, reason) in cases {
            let mut team = [free(1), free(2)];
            spoil(&mut team[0]);
            let decision = choose(&team, None, &STRATEGY).unwrap();
            assert_eq!(decision.winner, UserId(2));
            assert_eq!(decision.agents[0].reasons, [reason]);
            assert_eq!(decision.agents[0].rank, None);
            spoil(&mut team[1]);
            assert_eq!(choose(&team, None, &STRATEGY), None);
        }
        assert_eq!(choose(&[], None, &STRATEGY), None);
    }

    proptest! {
        /// However many come: each gets his share to within one while all are free, nobody passes the maximum, and
        /// what is left over waits only when everyone is full.
        #[test]
        fn is_fair_and_keeps_the_maximum(team in 1_usize..12, mails in 0_usize..60, max in 1_u32..6) {
            let strategy = Strategy { max_interactions: Some(max), ..STRATEGY };
            let mut members: Vec<Candidate> = (0..team).map(|id| free(i64::try_from(id).unwrap())).collect();
            let mut last = None;
            let mut given = 0;
            for _ in 0..mails {
                let Some(decision) = choose(&members, last, &strategy) else { break };
                last = Some(decision.winner);
                members.iter_mut().find(|one| one.user == decision.winner).unwrap().held += 1;
                given += 1;
            }
            let held: Vec<u32> = members.iter().map(|one| one.held).collect();
            prop_assert!(held.iter().all(|held| *held <= max));
            prop_assert!(held.iter().max().unwrap() - held.iter().min().unwrap() <= 1);
            prop_assert_eq!(given, mails.min(team * usize::try_from(max).unwrap()));
        }
    }
}
