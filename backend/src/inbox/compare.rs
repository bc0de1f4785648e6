//! What a cursor alone would miss: UIDs below it that the server holds and the ledger does not know.

use super::{
    queries::{self, MailboxRow},
    store::Place,
};
use crate::{
    kernel::{Core, Error},
    mail::imap::{ImapError, Mailbox},
};

/// UIDs with their sizes that were missed. Notes how many of the ledger's mails are gone from the server.
///
/// # Errors
/// The server's, or the database's.
pub fn missing<E: From<ImapError> + From<Error>>(
    core: &Core,
    session: &mut dyn Mailbox,
    place: Place,
    row: &MailboxRow,
) -> Result<Vec<(u32, u32)>, E> {
    let there = session.all_uids()?;
    let known = core.db.read_here(|conn| Ok(queries::known_uids(conn, place.mailbox, place.uid_validity)?))?;
    let on_server: std::collections::HashSet<i64> = there.iter().map(|uid| i64::from(*uid)).collect();
    let expunged = i64::try_from(known.difference(&on_server).count()).unwrap_or(i64::MAX);
    let missed: Vec<u32> = there
        .into_iter()
        .filter(|uid| {
            let uid = i64::from(*uid);
            uid > row.skipped_to && uid <= row.last_uid && !known.contains(&uid)
        })
        .collect();
    let found = match missed.first() {
        None => Vec::new(),
        Some(first) => {
            tracing::warn!(
                mailbox = place.mailbox.0,
                mails = missed.len(),
                "mail below the cursor was missed; fetching it"
            );
            let sizes = session.uids_above(first.saturating_sub(1))?;
            sizes.into_iter().filter(|(uid, _)| missed.contains(uid)).collect()
        }
    };
    core.db.write_here(|conn| Ok(queries::note_compared(conn, place.mailbox, expunged, core.now())?))?;
    Ok(found)
}
