//! How a campaign hands out: who may get what waits, whose turn it is, and what goes first (S6, S40–S42).

use super::DEFAULT_MAX_INTERACTIONS;
use serde::{Deserialize, Serialize};

text_enum! {
    /// Who may get a waiting interaction (S40).
    pub enum Eligibility {
        /// Not in a call, not on a break, holds nothing; while he holds it he is offered nothing else.
        Incall = "incall",
        /// Not on a break and holds fewer than the campaign's maximum; calls do not matter.
        Nocall = "nocall",
        /// Not on a break and holds no interaction of any channel; calls do not matter.
        Interaction = "interaction",
        /// Nothing is handed out: agents see the waiting list and take the first, one at a time.
        Ringall = "ringall",
        /// Nothing is handed out: agents take any that waits, as many as the maximum.
        Ringallmultiple = "ringallmultiple",
        /// First those who hold nothing and are in no call; if there is none, anyone not on a break below the maximum.
        Omni = "omni",
        /// Holds fewer than the maximum, even while an interaction of an `incall` campaign blocks him elsewhere.
        Nopause = "nopause",
    }
}

impl Eligibility {
    /// Agents take what waits; nothing is handed out.
    #[must_use]
    pub const fn is_pull(self) -> bool {
        matches!(self, Self::Ringall | Self::Ringallmultiple)
    }

    /// How many of the campaign one agent may hold, where `chosen` is what the campaign says (S16): required for `nocall`,
    /// by default 3 for `omni`, `nopause` and `ringallmultiple`, without meaning elsewhere.
    #[must_use]
    pub fn maximum(self, chosen: Option<u32>) -> Option<u32> {
        match self {
            Self::Nocall => chosen,
            Self::Omni | Self::Nopause | Self::Ringallmultiple => Some(chosen.unwrap_or(DEFAULT_MAX_INTERACTIONS)),
            Self::Incall | Self::Interaction | Self::Ringall => None,
        }
    }
}

text_enum! {
    /// Whose turn it is among the eligible (S41).
    pub enum DeliveryOrder {
        /// Next after the last served, circular in member order; the memory survives restarts.
        Rrmemory = "rrmemory",
        /// A random number below 1000 · (1 + penalty) each; the lowest wins.
        Wrandom = "wrandom",
        /// Lower penalty, then whose last interaction of this campaign ended longest ago; never served first.
        Leastrecent = "leastrecent",
        /// Lower penalty, then who finished fewest today, then as `leastrecent`.
        Fewestcalls = "fewestcalls",
        /// Lower penalty, then at random.
        Random = "random",
        /// Lower penalty, then in member order.
        Linear = "linear",
    }
}

text_enum! {
    /// What a priority rule looks at.
    pub enum PriorityField {
        /// The sender's address.
        Sender = "sender",
        /// The subject.
        Subject = "subject",
    }
}

text_enum! {
    /// How a priority rule compares; case and accents do not matter.
    pub enum PriorityMatch {
        /// The pattern is somewhere in it.
        Contains = "contains",
        /// It is the pattern.
        Equals = "equals",
    }
}

/// Gives what comes in a priority of its own (S42). The first rule that fits counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PriorityRule {
    /// What is looked at.
    pub field: PriorityField,
    /// How it is compared.
    pub matching: PriorityMatch,
    /// With what; 1–200 characters.
    pub pattern: String,
    /// 1 first … 9 last.
    pub priority: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_maximum_means_something_for_four_rules_only() {
        use Eligibility as E;
        for (rule, without, with) in [
            (E::Incall, None, None),
            (E::Nocall, None, Some(7)),
            (E::Interaction, None, None),
            (E::Ringall, None, None),
            (E::Ringallmultiple, Some(3), Some(7)),
            (E::Omni, Some(3), Some(7)),
            (E::Nopause, Some(3), Some(7)),
        ] {
            assert_eq!((rule.maximum(None), rule.maximum(Some(7))), (without, with), "{rule}");
        }
    }
}
