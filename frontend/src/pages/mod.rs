//! Pages: they compose primitives, bind them to state, and talk to the server through `api`.

pub mod access;
pub mod admin;
pub mod agent;
pub mod faces;
pub mod parts;
pub mod rail;
pub mod settings;
pub mod shell;
