//! Types that Posta's server and its browser page both speak.
//!
//! Compiles for `wasm32-unknown-unknown`; holds no I/O and reads no clock. The page validates a form with the
//! same rules as the server ([`validate`]), and both agree on the error codes ([`error`]), the permissions
//! ([`permission`]) and the live contract ([`live`]) at compile time.

#[macro_use]
pub mod text_enum;

pub mod alarm;
pub mod api;
pub mod case;
pub mod error;
pub mod ids;
pub mod live;
pub mod page;
pub mod permission;
pub mod time;
pub mod validate;
