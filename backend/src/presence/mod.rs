//! What an agent is doing: available or on a break (S107), and whether he is here at all (S40, S68).
//!
//! Owns `break_kinds`, `agent_states`, `external_loads` (what an integrator reports of calls and other channels, S44) and the facts
//! `agent_state_changes`. *Here* means a live session: one whose socket gave a sign of life within
//! `routing.offline_seconds`; those signs are kept by `access`.

mod queries;
pub mod routes;
mod rows;
mod service;

pub use queries::{Change, changes_of, end_rest_until, ensure, next_change, rest, state_of};
pub use routes::routes;
pub use service::{Service, tell};
