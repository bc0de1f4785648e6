//! Which other node is dead (R5). Pure.
//!
//! A node that sends renews the sign of life on its rows; it is dead when that stood still for the whole of [`STILL`]. An
//! outage that kept us from looking may also have kept the other from recording what a server has accepted meanwhile.

use crate::kernel::workers::still::Still;
use shared::time::Timestamp;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// How often a node gives its sign of life, and looks for those of the others.
pub const EVERY: Duration = Duration::from_secs(20);
/// How long a sign must stand still. Far beyond what a machine's pause or a slow database may take.
const STILL: Duration = Duration::from_secs(300);
/// Looks further apart do not make one watch.
const GAP: Duration = Duration::from_secs(60);

/// The signs of life that were seen.
#[derive(Debug, Default)]
pub struct Watch {
    signs: HashMap<String, Still<Timestamp>>,
}

impl Watch {
    /// Looks at the signs of the other nodes; answers those that are dead, each with its last sign.
    pub fn look(&mut self, signs: Vec<(String, Timestamp)>, now: Instant) -> Vec<(String, Timestamp)> {
        let before = std::mem::take(&mut self.signs);
        let mut dead = Vec::new();
        for (node, sign) in signs {
            let still = Still::look(before.get(&node), sign, now, GAP);
            if still.time() >= STILL {
                dead.push((node.clone(), sign));
            }
            self.signs.insert(node, still);
        }
        dead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(at: i64) -> Vec<(String, Timestamp)> {
        vec![("other".to_owned(), Timestamp::from_millis(at))]
    }

    #[test]
    fn a_node_is_dead_when_its_sign_stands_still_for_long_enough() {
        let (mut watch, begun) = (Watch::default(), Instant::now());
        let mut after = |seconds, at| watch.look(sign(at), begun + Duration::from_secs(seconds));
        for second in (0..280).step_by(20) {
            assert!(after(second, 1).is_empty());
        }
        // It lives: a sign earlier than the last one, as of a clock that was set back, is a sign all the same.
        for second in (280..580).step_by(20) {
            assert!(after(second, 0).is_empty(), "{second}");
        }
        assert_eq!(after(580, 0), sign(0));
    }

    #[test]
    fn an_outage_is_nobodys_death() {
        let (mut watch, begun) = (Watch::default(), Instant::now());
        let mut after = |seconds| watch.look(sign(1), begun + Duration::from_secs(seconds));
        assert!(after(0).is_empty());
        // The database was away for 25 minutes: the other may still hold an answer that it could not record.
        for second in (1_500..1_800).step_by(20) {
            assert!(after(second).is_empty(), "{second}");
        }
        assert_eq!(after(1_800), sign(1));
    }
}
