//! Rows of this room's tables, and their mapping to what the API says.

use crate::kernel::db::{
    Json,
    schema::{agent_states, break_kinds, external_loads},
};
use diesel::prelude::*;
use shared::{
    api::presence::{AgentMode, AgentState, BreakKind, ExternalLoad},
    ids::UserId,
    time::Timestamp,
};
use std::collections::BTreeMap;

/// What an agent has chosen.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = agent_states)]
pub struct StateRow {
    pub user_id: UserId,
    pub mode: AgentMode,
    pub break_code: Option<String>,
    pub since: Timestamp,
    pub wrap_up_until: Option<Timestamp>,
}

impl StateRow {
    /// As the API says it at `now`.
    pub fn view(self, online: bool, external: Option<ExternalRow>, now: Timestamp) -> AgentState {
        let external = external.filter(|row| row.expires_at > now);
        AgentState {
            user_id: self.user_id,
            mode: self.mode,
            break_code: self.break_code,
            since: self.since,
            online,
            wrap_up_until: self.wrap_up_until.filter(|until| *until > now),
            in_call: external.as_ref().is_some_and(|row| row.in_call),
            external_until: external.as_ref().map(|row| row.expires_at),
            other_channels: external.map(|row| row.interactions.0).unwrap_or_default(),
        }
    }
}

/// What an agent does elsewhere, as reported.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = external_loads)]
pub struct ExternalRow {
    pub user_id: UserId,
    pub in_call: bool,
    pub interactions: Json<BTreeMap<String, u32>>,
    pub expires_at: Timestamp,
    pub updated_at: Timestamp,
}

impl ExternalRow {
    /// As the API says it.
    pub fn view(self) -> ExternalLoad {
        ExternalLoad {
            user_id: self.user_id,
            in_call: self.in_call,
            interactions: self.interactions.0,
            expires_at: Some(self.expires_at),
            updated_at: Some(self.updated_at),
        }
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
