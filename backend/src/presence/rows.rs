//! Rows of this room's tables, and their mapping to what the API says.

use crate::kernel::db::schema::{agent_states, break_kinds};
use diesel::prelude::*;
use shared::{
    api::presence::{AgentMode, AgentState, BreakKind},
    ids::UserId,
    time::Timestamp,
};

/// What an agent has chosen.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = agent_states)]
pub struct StateRow {
    pub user_id: UserId,
    pub mode: AgentMode,
    pub break_code: Option<String>,
    pub since: Timestamp,
}

impl StateRow {
    /// As the API says it.
    pub fn view(self, online: bool) -> AgentState {
        AgentState { user_id: self.user_id, mode: self.mode, break_code: self.break_code, since: self.since, online }
    }
}

/// A kind of break.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = break_kinds)]
pub struct BreakKindRow {
    pub code: String,
    pub name_es: String,
    pub name_en: String,
    pub icon: String,
    pub position: i32,
}

impl BreakKindRow {
    /// As the API says it.
    pub fn view(self) -> BreakKind {
        BreakKind { code: self.code, name_es: self.name_es, name_en: self.name_en, icon: self.icon }
    }
}
