//! The agent's own state.

use super::{
    Answer, Api,
    request::{Method, Request},
};
use shared::{
    api::presence::{AgentState, BreakKind, SetAgentState},
    page::Page,
};

impl Api {
    /// Becomes available, or goes on a break.
    pub async fn set_my_state(self, state: &SetAgentState) -> Answer<AgentState> {
        self.fetch(Request::new(Method::Put, "presence/me").json(state)).await
    }

    /// Kinds of breaks.
    pub async fn list_break_kinds(self) -> Answer<Page<BreakKind>> {
        self.fetch(Request::get("presence/break-kinds")).await
    }
}
