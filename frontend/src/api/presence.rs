//! The agent's own state.

use super::{
    Api, Asked,
    request::{Method, Request},
};
use shared::{
    api::presence::{AgentState, BreakKind, BreakKinds, SetAgentState},
    page::Page,
};

impl Api {
    /// Becomes available, or goes on a break.
    pub fn set_my_state(self, state: &SetAgentState) -> Asked<AgentState> {
        self.fetch(Request::new(Method::Put, "presence/me").json(state))
    }

    /// Ends the rest after what was finished.
    pub fn end_wrap_up(self) -> Asked<AgentState> {
        self.fetch(Request::post("presence/me/end-wrap-up"))
    }

    /// Replaces the kinds of breaks.
    pub fn set_break_kinds(self, kinds: &BreakKinds) -> Asked<Page<BreakKind>> {
        self.fetch(Request::new(Method::Put, "presence/break-kinds").json(kinds))
    }

    /// Kinds of breaks.
    pub fn list_break_kinds(self) -> Asked<Page<BreakKind>> {
        self.fetch(Request::get("presence/break-kinds"))
    }
}
