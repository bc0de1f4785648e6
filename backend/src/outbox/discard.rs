//! Mail that shall not leave any more, because its campaign was off or is deleted.

use super::queries;
use crate::{
    campaigns::{Settlement, Settles},
    kernel::{Result, db::Connection},
};

/// What authors read. English, as the words of servers are.
const WORDS: &str = "Posta: discarded by an administrator, the campaign was switched off";

/// Gives up what waits.
#[derive(Debug)]
pub struct Discard;

impl Settles for Discard {
    fn settle(&self, conn: &mut Connection, order: &Settlement, limit: i64) -> Result<usize> {
        if !order.discard_outgoing {
            return Ok(0);
        }
        let discarded = queries::discard(conn, order.campaign, limit, WORDS)?;
        for message in &discarded {
            queries::announce(conn, *message, order.now)?;
        }
        Ok(discarded.len())
    }
}
