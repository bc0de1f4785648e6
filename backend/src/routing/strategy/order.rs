//! Whose turn it is among the eligible (S41). The lowest key wins; ties go by member order.
//!
//! | order | key |
//! |---|---|
//! | `rrmemory` | places after the last served, circular in member order |
//! | `wrandom` | a number drawn from [0, 1000 · (1 + penalty)) |
//! | `leastrecent` | penalty, then the time since his last interaction of this campaign ended: never served first, who still holds his last one at the end |
//! | `fewestcalls` | penalty, finished today, then as `leastrecent` |
//! | `random` | penalty, then a number drawn from [0, 1000) |
//! | `linear` | penalty |
//!
//! Pull strategies have no order: here they go as `leastrecent` without penalties, which [`super::choose`] uses to replay a day.

use super::{Ask, Candidate, Draw, Judged, Strategy};
use shared::{api::campaigns::DeliveryOrder, time::Timestamp};

/// Parts of a drawn whole: numbers below 1000 · 101 with four decimals fit 32 bits.
const PARTS: u32 = 10_000;

/// What an agent is compared by; places come after it.
type Key = (u32, u32, Recent);

/// When somebody was served last: never, until when, or still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Recent {
    Never,
    Ended(Timestamp),
    // Since when, and how many: within one instant the fewer go first.
    Holds(Timestamp, u32),
}

/// Notes on each of the eligible what he is measured by, and his rank.
pub fn rank(candidates: &[Candidate], ask: &Ask, strategy: &Strategy, draw: &mut dyn Draw, agents: &mut [Judged]) {
    let after = ask.last_served.and_then(|last| candidates.iter().position(|one| one.user == last));
    let count = candidates.len();
    let mut keys: Vec<(Key, usize)> = Vec::new();
    for (place, (candidate, judged)) in candidates.iter().zip(agents.iter_mut()).enumerate() {
        if !judged.reasons.is_empty() {
            continue;
        }
        let penalty = candidate.penalty;
        let key: Key = if strategy.eligibility.is_pull() {
            (0, 0, recent(candidate, judged))
        } else {
            match strategy.order {
                DeliveryOrder::Rrmemory => {
                    // The one after the last served is 1, the last served himself comes round at the very end.
                    let turn = match after {
                        Some(after) if place > after => place.saturating_sub(after),
                        Some(after) => place.saturating_add(count).saturating_sub(after),
                        None => place.saturating_add(1),
                    };
                    let turn = number(turn);
                    judged.turn = Some(turn);
                    (0, turn, Recent::Never)
                }
                DeliveryOrder::Wrandom => {
                    let bound = 1_000_u32.saturating_mul(PARTS).saturating_mul(penalty.saturating_add(1));
                    let drawn = draw.below(bound);
                    judged.drawn = Some(drawn);
                    (0, drawn, Recent::Never)
                }
                DeliveryOrder::Leastrecent => (penalty, 0, recent(candidate, judged)),
                DeliveryOrder::Fewestcalls => {
                    judged.finished_today = Some(candidate.finished_today);
                    (penalty, candidate.finished_today, recent(candidate, judged))
                }
                DeliveryOrder::Random => {
                    let drawn = draw.below(1_000 * PARTS);
                    judged.drawn = Some(drawn);
                    (penalty, drawn, Recent::Never)
                }
                DeliveryOrder::Linear => {
                    judged.turn = Some(number(place.saturating_add(1)));
                    (penalty, 0, Recent::Never)
                }
            }
        };
        keys.push((key, place));
    }
    keys.sort_unstable();
    for (rank, (_, place)) in (1..).zip(keys) {
        if let Some(judged) = agents.get_mut(place) {
            judged.rank = Some(rank);
        }
    }
}

/// The number drawn, as it is told.
#[must_use]
pub fn told(drawn: u32) -> f64 {
    f64::from(drawn) / f64::from(PARTS)
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// His last interaction of this campaign is the newest that he holds, if he holds one: it has not ended.
fn recent(candidate: &Candidate, judged: &mut Judged) -> Recent {
    match (candidate.open_since, candidate.last_ended) {
        (Some(since), _) => Recent::Holds(since, candidate.held),
        (None, Some(ended)) => {
            judged.last_ended = Some(ended.millis());
            Recent::Ended(ended)
        }
        (None, None) => Recent::Never,
    }
}
