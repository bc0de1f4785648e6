//! State of an agent: available or on a break (S107).

use crate::{
    ids::UserId,
    time::Timestamp,
    validate::{Issues, Rule, Validate},
};
use serde::{Deserialize, Serialize};

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
