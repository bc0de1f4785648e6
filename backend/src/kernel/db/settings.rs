//! Switches of the whole installation, by name. They lie below the rooms: set-up turns on what campaigns read.

use super::{Connection, Json, arms, schema::settings};
use diesel::prelude::*;

/// Agents must be in a voice campaign to get anything (S34).
pub const REQUIRE_VOICE_CAMPAIGN: &str = "require_voice_campaign";

/// Whether the switch `name` is on; one that was never set is off.
///
/// # Errors
/// The database's.
pub fn is_on(conn: &mut Connection, name: &str) -> QueryResult<bool> {
    let value: Option<Json<bool>> = settings::table.find(name).select(settings::value).first(conn).optional()?;
    Ok(value.is_some_and(|value| value.0))
}

/// Sets the switch `name`.
///
/// # Errors
/// The database's.
pub fn switch(conn: &mut Connection, name: &str, on: bool) -> QueryResult<()> {
    arms::upsert_setting(conn, name, if on { "true" } else { "false" })
}
