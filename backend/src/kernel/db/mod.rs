//! The database: one of two engines, told by its URL.

pub mod alone;
#[expect(missing_docs, reason = "the derive declares public items without documentation")]
mod any;
pub mod arms;
pub mod checkpoint;
pub mod connection;
pub mod fixed;
pub mod json;
pub mod migrate;
pub mod schema;
pub mod settings;

pub use any::{AnyConnection as Connection, MultiBackend};
pub use connection::{Db, Engine};
pub use json::Json;
