//! Plumbing that any room may use. Knows no room.

pub mod audit;
pub mod clock;
pub mod config;
pub mod core;
pub mod db;
pub mod error;
pub mod events;
pub mod fold;
pub mod http;
pub mod secrets;
pub mod signed;
pub mod storage;
pub mod telemetry;
pub mod workers;

pub use core::Core;
pub use error::{Error, Result};
