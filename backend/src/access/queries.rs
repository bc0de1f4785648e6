//! One function per question, by table.

mod links;
mod sessions;
mod tallies;
mod tokens;
mod users;

pub use links::*;
pub use sessions::*;
pub use tallies::*;
pub use tokens::*;
pub use users::*;
