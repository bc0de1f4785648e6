//! What an agent is doing: available or on a break (S107), and whether he is here at all (S40, S68).
//!
//! Owns `break_kinds` and `agent_states`. *Here* means a live session: one whose socket gave a sign of life within
//! `routing.offline_seconds`; those signs are kept by `access`.

mod queries;
pub mod routes;
mod rows;
mod service;

pub use queries::{ensure, state_of};
pub use routes::routes;
pub use service::Service;
