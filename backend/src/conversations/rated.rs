//! What customers say of mails shows on their interactions (S23).

use super::interactions::{self, Before};
use crate::{
    kernel::db::{Connection, schema::interactions as table},
    ratings::Rated,
};
use diesel::prelude::*;
use shared::{ids::InteractionId, time::Timestamp};

/// Puts scores on interactions.
#[derive(Debug, Clone, Copy)]
pub struct Scores;

impl Rated for Scores {
    fn rated(&self, conn: &mut Connection, interaction: InteractionId, score: i32, now: Timestamp) -> QueryResult<()> {
        diesel::update(table::table.find(interaction))
            .set((table::rating.eq(score), table::version.eq(table::version + 1)))
            .execute(conn)?;
        interactions::announce(conn, interaction, Before::Same, now)
    }
}
