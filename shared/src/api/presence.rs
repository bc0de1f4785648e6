//! State of an agent: available or on a break (S107).

use crate::{
    ids::UserId,
    time::Timestamp,
    validate::{Issues, Rule, Validate},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

text_enum! {
    /// What the agent has chosen to be.
    pub enum AgentMode {
        /// Takes interactions.
        Available = "available",
        /// On a break: nothing new comes in.
        Break = "break",
    }
}

/// A kind of break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BreakKind {
    /// Stable word, such as `lunch`.
    pub code: String,
    /// Name in Spanish.
    pub name_es: String,
    /// Name in English.
    pub name_en: String,
    /// Name of its icon.
    pub icon: String,
}

/// Icons that breaks can have.
pub const BREAK_ICONS: [&str; 8] =
    ["utensils", "coffee", "graduation-cap", "users", "headphones", "phone", "heart-pulse", "ellipsis"];
/// Most kinds of breaks.
pub const MAX_BREAK_KINDS: usize = 30;
/// The break on which supervisors put agents (S79); nobody chooses it, so no kind may be called so.
pub const SUPERVISOR_BREAK: &str = "supervisor";

/// All kinds of breaks, in their order. What is left out can no longer be chosen; what happened keeps its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BreakKinds {
    /// The kinds, at most 30: codes of 1–40 small letters, digits and hyphens, each once; names of 1–60 characters.
    pub items: Vec<BreakKind>,
}

impl Validate for BreakKinds {
    fn validate(&self, issues: &mut Issues) {
        issues.items("items", self.items.len(), MAX_BREAK_KINDS);
        for (index, kind) in self.items.iter().enumerate() {
            let at = |field: &str| format!("items/{index}/{field}");
            issues.length(&at("code"), &kind.code, 1, 40);
            if !kind.code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
                issues.add(&at("code"), Rule::ForbiddenCharacter, "holds small letters, digits and hyphens");
            } else if kind.code == SUPERVISOR_BREAK {
                issues.add(&at("code"), Rule::Refused, "is the break on which supervisors put agents");
            } else if self.items.iter().take(index).any(|other| other.code == kind.code) {
                issues.add(&at("code"), Rule::NotUnique, "is in the list already");
            }
            issues.name(&at("name_es"), &kind.name_es, 60);
            issues.name(&at("name_en"), &kind.name_en, 60);
            if !BREAK_ICONS.contains(&kind.icon.as_str()) {
                issues.add(&at("icon"), Rule::UnknownValue, "is not an icon of breaks");
            }
        }
    }
}

/// State of one agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentState {
    /// Agent.
    pub user_id: UserId,
    /// Available or on a break.
    pub mode: AgentMode,
    /// Kind of the break.
    pub break_code: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// Has a live session.
    pub online: bool,
    /// He rests after what he finished until then, and gets nothing new.
    #[serde(default)]
    pub wrap_up_until: Option<Timestamp>,
    /// In a call, as an integrator reported.
    #[serde(default)]
    pub in_call: bool,
    /// What he holds of other channels, as an integrator reported.
    #[serde(default)]
    pub other_channels: BTreeMap<String, u32>,
    /// The report holds until then.
    #[serde(default)]
    pub external_until: Option<Timestamp>,
}

/// What an agent does elsewhere (S44).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExternalLoad {
    /// Agent.
    pub user_id: UserId,
    /// In a call.
    pub in_call: bool,
    /// Channel → how many interactions of it he holds.
    pub interactions: BTreeMap<String, u32>,
    /// Holds until then; absent: nothing is reported.
    pub expires_at: Option<Timestamp>,
    /// Reported at.
    pub updated_at: Option<Timestamp>,
}

/// Reports what an agent does elsewhere; replaces what was reported before.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReportExternalLoad {
    /// In a call.
    #[serde(default)]
    pub in_call: bool,
    /// Channel, such as `sms`, `webchat`, `social` → how many interactions of it he holds, 0–1000; at most 20 channels.
    #[serde(default)]
    pub interactions: BTreeMap<String, u32>,
    /// It is forgotten after so many seconds, 1–86 400, unless it is reported again.
    pub expires_in_seconds: u32,
}

impl Validate for ReportExternalLoad {
    fn validate(&self, issues: &mut Issues) {
        issues.items("interactions", self.interactions.len(), 20);
        for (channel, count) in &self.interactions {
            let at = format!("interactions/{}", channel.replace('~', "~0").replace('/', "~1"));
            let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
            if channel.is_empty() || channel.len() > 40 || !channel.chars().all(word) {
                let message = "must be named by 1–40 of the characters a–z, 0–9, _ and -";
                issues.add(&at, Rule::ForbiddenCharacter, message);
            }
            issues.range(&at, i64::from(*count), 0, 1_000);
        }
        issues.range("expires_in_seconds", i64::from(self.expires_in_seconds), 1, 86_400);
    }
}

/// Chooses a state.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetAgentState {
    /// Available or on a break.
    pub mode: AgentMode,
    /// Kind of the break; required on a break, absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_code: Option<String>,
}

impl Validate for SetAgentState {
    fn validate(&self, issues: &mut Issues) {
        match (self.mode, &self.break_code) {
            (AgentMode::Break, None) => issues.add("break_code", Rule::Required, "is required on a break"),
            (AgentMode::Available, Some(_)) => {
                issues.add("break_code", Rule::Inconsistent, "goes only with the mode break");
            }
            (_, Some(code)) => issues.single_line("break_code", code, 1, 40),
            _ => {}
        }
    }
}
