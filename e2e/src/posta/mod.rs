//! The product itself under test: its real program as a process of its own, asked over HTTP and WebSocket like any
//! client, so that nothing here knows its inside.
//!
//! [`Posta`] is the process: start, `kill -9`, SIGTERM, restart on the same data. [`Client`] is a typed caller of the
//! API, [`Live`] an open live socket, and [`Office`] a server that is set up with administrator, campaigns and
//! [`Agent`]s.

mod client;
mod error;
mod live;
mod log;
mod office;
mod operations;
mod options;
mod server;
mod wait;

pub use client::{Answer, Asking, Client, insist, is_refused};
pub use error::PostaError;
pub use live::{Arrived, Live, LiveState};
pub use log::Log;
pub use office::{Agent, Office, SIGN_IN_PASSWORD, bare_form, campaign_form};
pub use operations::{new_key, now};
pub use options::PostaOptions;
pub use server::{Address, Posta, find_program};
pub use wait::until;
