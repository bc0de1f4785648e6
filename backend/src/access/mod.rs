//! Who may come in: set-up of the first administrator (S2b), sign-in, sessions and their tokens (S2a, A3, A4, A6),
//! users and the campaigns to which they are limited (S2).
//!
//! Owns `users`, `user_campaigns`, `sessions`, `refresh_tokens`, `one_time_tokens`, `user_links`, `sign_in_failures`. Lends the
//! kernel its [`Authenticator`](crate::kernel::http::auth::Authenticator); rights are judged anew at each request, so
//! that a revocation holds at once.

mod links;
mod lockout;
mod password;
mod queries;
pub mod routes;
mod rows;
mod service;
mod session;
mod sessions;
mod setup;
mod sign_in;
mod sweep;
mod token;
mod users;

pub use queries::{gone, is_online, seen};
pub use routes::routes;
pub use service::Service;
