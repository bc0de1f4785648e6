//! Administration: campaigns, members, users.

pub mod campaigns;
pub mod members;
pub mod users;
