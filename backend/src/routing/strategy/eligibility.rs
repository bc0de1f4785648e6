//! Who may get an interaction (S40), and why each other may not.
//!
//! All need: enabled, signed in, allowed to receive, not on a break, not in wrap-up, in a voice campaign where that is
//! required (S34), not blocked by an interaction of an `incall` campaign (`nopause` ignores that block).
//!
//! | rule | besides |
//! |---|---|
//! | `incall` | in no call, holds nothing |
//! | `nocall`, `nopause`, `ringallmultiple` | holds fewer of this campaign than its maximum |
//! | `interaction` | holds nothing |
//! | `ringall` | holds none of this campaign |
//! | `omni` | holds nothing and is in no call; if nobody is so, holds fewer of this campaign than its maximum |
//!
//! *Nothing*: no interaction of any campaign, and none of another channel.

use super::{Ask, Candidate, Judged, Strategy};
use shared::api::{campaigns::Eligibility, interactions::Ineligible};

/// Why a member may not get an interaction, whatever the others do; empty: he may.
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
    note(strategy.require_voice && !candidate.in_voice_campaign, Ineligible::NotInVoiceCampaign);
    note(candidate.on_break, Ineligible::OnBreak);
    note(candidate.in_wrap_up, Ineligible::InWrapUp);
    let full = strategy.max_interactions.is_some_and(|max| candidate.held >= max);
    match strategy.eligibility {
        Eligibility::Incall => {
            note(candidate.in_call, Ineligible::InCall);
            note(candidate.held_anywhere > 0, Ineligible::HoldsInteraction);
            note(candidate.held_elsewhere > 0, Ineligible::HoldsOtherChannel);
        }
        Eligibility::Interaction => {
            note(candidate.held_anywhere > 0, Ineligible::HoldsInteraction);
            note(candidate.held_elsewhere > 0, Ineligible::HoldsOtherChannel);
        }
        Eligibility::Ringall => note(candidate.held > 0, Ineligible::HoldsInteraction),
        Eligibility::Nocall | Eligibility::Ringallmultiple | Eligibility::Omni | Eligibility::Nopause => {
            note(full, Ineligible::AtMaximum);
        }
    }
    note(candidate.blocked && strategy.eligibility != Eligibility::Nopause, Ineligible::BlockedByIncall);
    reasons
}

/// Every member with his obstacles. What depends on the others comes last: `omni`'s two stages, and that what somebody let
/// lapse goes to another if there is one.
#[must_use]
pub fn judge(candidates: &[Candidate], ask: &Ask, strategy: &Strategy) -> Vec<Judged> {
    let mut agents: Vec<Judged> = candidates
        .iter()
        .map(|one| Judged {
            user: one.user,
            held: one.held,
            penalty: one.penalty,
            reasons: obstacles(one, strategy),
            rank: None,
            turn: None,
            drawn: None,
            finished_today: None,
            last_ended: None,
        })
        .collect();
    if strategy.eligibility == Eligibility::Omni {
        narrow(&mut agents, Ineligible::OthersAreFree, |place| candidates.get(place).is_some_and(is_free));
    }
    // Rather somebody who never let it lapse; else anyone but the last who did.
    if !ask.lapsed.is_empty() {
        let users: Vec<_> = agents.iter().map(|one| one.user).collect();
        let had = |place: usize, those: &[shared::ids::UserId]| users.get(place).is_some_and(|one| those.contains(one));
        let newest = ask.lapsed.last().map(std::slice::from_ref).unwrap_or_default();
        if !narrow(&mut agents, Ineligible::LetItLapse, |place| !had(place, &ask.lapsed)) {
            narrow(&mut agents, Ineligible::LetItLapse, |place| !had(place, newest));
        }
    }
    agents
}

/// Holds nothing and is in no call.
fn is_free(candidate: &Candidate) -> bool {
    candidate.held_anywhere == 0 && candidate.held_elsewhere == 0 && !candidate.in_call
}

/// If some of the eligible are among the `wanted`, the others are not eligible, for `reason`. Whether there were some.
fn narrow(agents: &mut [Judged], reason: Ineligible, wanted: impl Fn(usize) -> bool) -> bool {
    let some = agents.iter().enumerate().any(|(place, one)| one.reasons.is_empty() && wanted(place));
    if some {
        let others = agents.iter_mut().enumerate().filter(|(place, one)| one.reasons.is_empty() && !wanted(*place));
        others.for_each(|(_, one)| one.reasons.push(reason));
    }
    some
}
