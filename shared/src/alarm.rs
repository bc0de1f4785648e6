//! Thresholds and what crosses them (S24): amber at 80 %, red at 100 %. One definition for tray, monitor and alarms.

use crate::{time::Timestamp, validate::Issues};
use serde::{Deserialize, Serialize};

/// From how many hundredths of a threshold on something is near it.
pub const NEAR_PERCENT: u32 = 80;
/// By how many points a service level must be above its target to be well.
pub const LEVEL_MARGIN: f64 = 5.0;

/// Thresholds of a campaign; what is absent raises no alarm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Longest that an interaction may wait, in seconds of opening hours, 1–31 536 000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_seconds: Option<u32>,
    /// Longest that an agent may take over one, in seconds from when he got it, 1–31 536 000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling_seconds: Option<u32>,
    /// Most interactions that may wait at once, 1–1 000 000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_waiting: Option<u32>,
    /// Least of the interactions that are to be attended within the service level, in percent, 1–100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_level_percent: Option<u32>,
}

impl Thresholds {
    /// Notes every broken rule, with pointers below `at`.
    pub fn validate(&self, issues: &mut Issues, at: &str) {
        let rules = [
            ("waiting_seconds", self.waiting_seconds, 31_536_000),
            ("handling_seconds", self.handling_seconds, 31_536_000),
            ("most_waiting", self.most_waiting, 1_000_000),
            ("service_level_percent", self.service_level_percent, 100),
        ];
        for (field, value, most) in rules {
            if let Some(value) = value {
                issues.range(&format!("{at}/{field}"), i64::from(value), 1, most);
            }
        }
    }
}

/// How something stands to its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alarm {
    /// Well, or without threshold.
    Calm,
    /// Near it: amber.
    Near,
    /// At it or beyond: red.
    Over,
}

/// A count against the most that may be.
#[must_use]
pub fn of_count(count: u32, most: Option<u32>) -> Alarm {
    match most {
        Some(most) if count >= most => Alarm::Over,
        Some(most) if u64::from(count).saturating_mul(100) >= u64::from(most).saturating_mul(NEAR_PERCENT.into()) => {
            Alarm::Near
        }
        _ => Alarm::Calm,
    }
}

/// A service level in percent against its target: below the target is red, within [`LEVEL_MARGIN`] above it amber.
#[must_use]
pub fn of_level(percent: f64, target: Option<u32>) -> Alarm {
    match target.map(f64::from) {
        Some(target) if percent < target => Alarm::Over,
        Some(target) if percent < target + LEVEL_MARGIN => Alarm::Near,
        _ => Alarm::Calm,
    }
}

/// When a time that runs comes near its threshold, and when it reaches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlarmTimes {
    /// Amber from.
    pub near_at: Timestamp,
    /// Red from.
    pub over_at: Timestamp,
}

impl AlarmTimes {
    /// How it stands at `now`.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Alarm {
        if now >= self.over_at {
            Alarm::Over
        } else if now >= self.near_at {
            Alarm::Near
        } else {
            Alarm::Calm
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        let cases = [
            (0, 10, Alarm::Calm),
            (7, 10, Alarm::Calm),
            (8, 10, Alarm::Near),
            (10, 10, Alarm::Over),
            (1, 1, Alarm::Over),
        ];
        for (count, most, expected) in cases {
            assert_eq!(of_count(count, Some(most)), expected, "{count} of {most}");
        }
        assert_eq!(of_count(u32::MAX, None), Alarm::Calm);
        assert_eq!(of_count(3_999_999_999, Some(u32::MAX)), Alarm::Near);
    }

    #[test]
    fn service_levels() {
        let cases =
            [(79.9, Alarm::Over), (80.0, Alarm::Near), (84.9, Alarm::Near), (85.0, Alarm::Calm), (100.0, Alarm::Calm)];
        for (percent, expected) in cases {
            assert_eq!(of_level(percent, Some(80)), expected, "{percent}");
        }
        assert_eq!(of_level(0.0, None), Alarm::Calm);
    }

    #[test]
    fn running_times() {
        let times = AlarmTimes { near_at: Timestamp::from_millis(80), over_at: Timestamp::from_millis(100) };
        assert_eq!(
            [79, 80, 99, 100].map(|at| times.at(Timestamp::from_millis(at))),
            [Alarm::Calm, Alarm::Near, Alarm::Near, Alarm::Over]
        );
    }

    #[test]
    fn thresholds_are_judged() {
        let mut issues = Issues::default();
        Thresholds { waiting_seconds: Some(0), service_level_percent: Some(101), ..Thresholds::default() }
            .validate(&mut issues, "thresholds");
        let found: Vec<_> = issues.into_result().unwrap_err().into_iter().map(|issue| issue.pointer).collect();
        assert_eq!(found, ["/thresholds/waiting_seconds", "/thresholds/service_level_percent"]);
    }
}
