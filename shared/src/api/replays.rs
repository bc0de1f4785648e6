//! Replays: a past day once more, with another strategy or other people (S43).

use crate::{
    api::{
        campaigns::{DeliveryOrder, Eligibility},
        schedules::minutes,
    },
    ids::{CampaignId, UserId},
    time::Timestamp,
    validate::{Issues, Rule, Validate},
};
use serde::{Deserialize, Serialize};

/// Somebody who is there, available, for a time of the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StaffInput {
    /// A member of the campaign; absent: one more agent, for each such line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// From, `HH:MM` by the clock of the campaign's schedule, 00:00–23:59.
    pub from: String,
    /// To, `HH:MM`, 00:01–24:00; after `from`.
    pub to: String,
}

/// Which day is replayed, and with what. What is absent is as the campaign has it now.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplayInput {
    /// The day, `YYYY-MM-DD`, in the campaign's time zone; today as far as it has come.
    pub date: String,
    /// Another rule of eligibility. Under a pull strategy whoever may take does so at once, who waited longest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligibility: Option<Eligibility>,
    /// Another delivery order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_order: Option<DeliveryOrder>,
    /// Another maximum, 1–1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_interactions: Option<u32>,
    /// Another preference for the last agent, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_agent_seconds: Option<u32>,
    /// Another rest after finishing, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_up_seconds: Option<u32>,
    /// Who is there when, at most 1 000 lines; absent: as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staffing: Option<Vec<StaffInput>>,
    /// Where chance begins (default 1); the same seed gives the same result.
    #[serde(default = "one")]
    pub seed: u32,
    /// Minutes of one point of the series: 15 or 30 (default).
    #[serde(default = "half_an_hour")]
    pub step_minutes: u32,
}

fn one() -> u32 {
    1
}

fn half_an_hour() -> u32 {
    30
}

impl Validate for ReplayInput {
    fn validate(&self, issues: &mut Issues) {
        if let Some(max) = self.max_interactions {
            issues.range("max_interactions", i64::from(max), 1, 1_000);
        }
        if let Some(seconds) = self.last_agent_seconds {
            issues.range("last_agent_seconds", i64::from(seconds), 0, 2_592_000);
        }
        if let Some(seconds) = self.wrap_up_seconds {
            issues.range("wrap_up_seconds", i64::from(seconds), 0, 3_600);
        }
        if !matches!(self.step_minutes, 15 | 30) {
            issues.add("step_minutes", Rule::UnknownValue, "must be 15 or 30");
        }
        let staffing = self.staffing.as_deref().unwrap_or_default();
        issues.items("staffing", staffing.len(), 1_000);
        for (index, line) in staffing.iter().enumerate() {
            let at = |field: &str| format!("staffing/{index}/{field}");
            match (minutes(&line.from), minutes(&line.to)) {
                (Some(from), Some(to)) if to <= from => {
                    issues.add(&at("to"), Rule::Inconsistent, "must lie after from");
                }
                (Some(_), Some(_)) => {}
                (from, to) => {
                    for (field, _) in [("from", from), ("to", to)].into_iter().filter(|(_, time)| time.is_none()) {
                        issues.add(&at(field), Rule::NotATime, "must be a time of the day, HH:MM");
                    }
                }
            }
        }
    }
}

text_enum! {
    /// Where the staffing of a replay comes from.
    pub enum ReplayStaffing {
        /// From the request.
        Given = "given",
        /// From the recorded states of the agents.
        Recorded = "recorded",
        /// Nothing was recorded: each was there from his first interaction of the day to the end of his last.
        Inferred = "inferred",
    }
}

/// One agent's day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayAgent {
    /// Agent; absent: one more.
    pub user_id: Option<UserId>,
    /// Name.
    pub name: String,
    /// Interactions that he got.
    pub attended: u32,
    /// Seconds that he was there and available.
    pub present_seconds: u32,
    /// When he was there and available, in order.
    pub shifts: Vec<ReplayShift>,
}

/// A time for which somebody was there, by the clock of the campaign's schedule. Begun minutes count as whole ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayShift {
    /// From, `HH:MM`.
    pub from: String,
    /// To, `HH:MM`; at the end of the day `24:00`.
    pub to: String,
}

/// What a day came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayFigures {
    /// Interactions that were to be handed out, those left from before included.
    pub arrived: u32,
    /// Those that an agent got.
    pub attended: u32,
    /// Those that wait at the end.
    pub still_waiting: u32,
    /// Mean wait of the attended, in seconds inside the schedule.
    pub mean_wait_seconds: Option<f64>,
    /// Half waited no longer.
    pub p50_wait_seconds: Option<f64>,
    /// Nine in ten waited no longer.
    pub p90_wait_seconds: Option<f64>,
    /// The longest wait.
    pub max_wait_seconds: Option<f64>,
    /// Attended within the service level, of the attended, in percent.
    pub service_level_percent: Option<f64>,
    /// Jain's index of the interactions per hour of presence, over all who were there: 1 all alike, 1/n one had all.
    pub fairness: Option<f64>,
    /// Each who was there or got something, in member order.
    pub agents: Vec<ReplayAgent>,
}

/// One point of the series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayPoint {
    /// Begins at.
    pub at: Timestamp,
    /// The same, `HH:MM` by the clock of the campaign's schedule.
    pub time: String,
    /// Arrived within it.
    pub arrived: u32,
    /// Waited at its end, as it was.
    pub recorded_waiting: u32,
    /// Waited at its end, replayed.
    pub replayed_waiting: u32,
    /// Mean wait of those attended within it, as it was.
    pub recorded_mean_wait_seconds: Option<f64>,
    /// Mean wait of those attended within it, replayed.
    pub replayed_mean_wait_seconds: Option<f64>,
}

/// A day as it was, and as it would have been. Nothing is stored of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayView {
    /// Campaign.
    pub campaign_id: CampaignId,
    /// Begin of the day.
    pub from: Timestamp,
    /// Its end, or now.
    pub to: Timestamp,
    /// Rule replayed.
    pub eligibility: Eligibility,
    /// Order replayed.
    pub delivery_order: DeliveryOrder,
    /// Maximum replayed, where the rule has one.
    pub max_interactions: Option<u32>,
    /// Where chance began.
    pub seed: u32,
    /// Where the staffing comes from.
    pub staffing: ReplayStaffing,
    /// Agents need a voice campaign (S34), which replays leave aside: who was in one that day is not recorded.
    pub voice_left_aside: bool,
    /// As it was.
    pub recorded: ReplayFigures,
    /// As it would have been.
    pub replayed: ReplayFigures,
    /// Both over the day.
    pub series: Vec<ReplayPoint>,
}
