//! The live connection: a socket that keeps itself up, and a reducer that turns frames into changes.

pub mod alerts;
pub mod backoff;
pub mod reduce;
pub mod socket;
pub mod store;
