//! HTTP: what every request meets before it reaches a room, and every answer after.

pub mod answer;
pub mod auth;
pub mod cursor;
pub mod extract;
pub mod frame;
pub mod health;
pub mod idempotency;
pub mod openapi;
pub mod origin;
pub mod rate_limit;
pub mod request;
pub mod routes;
pub mod spa;
