//! The server's operations, one function each, under the names of the OpenAPI document.

pub mod access;
pub mod campaigns;
pub mod client;
pub mod conversations;
pub mod drafts;
pub mod error;
pub mod interactions;
pub mod json;
pub mod presence;
pub mod request;
mod tabs;
pub mod templates;
pub mod users;
pub mod values;
pub mod voice;

pub use client::{Acted, Api, Asked, use_api};
pub use error::ApiError;

/// What an operation gives.
pub type Answer<T> = Result<T, ApiError>;
