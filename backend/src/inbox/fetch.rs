//! Fetches mails in batches and stores them.
//!
//! Two hands work at once: while this thread asks the server for a batch, another reads, stores and commits the one
//! before. The server, the network and our processor are then busy side by side, and nothing else changes: batches are
//! stored one after the other in the order in which they were fetched, each with its cursor (R1), and the first that
//! cannot be stored ends the fetch. Two batches are in memory at most.

use super::{
    queries::Aside,
    read::{self, Fetched},
    session::End,
    store::{self, Place},
};
use crate::{
    campaigns::account::OpenAccount,
    kernel::{Core, Error, Result, workers::failpoint},
    mail::imap::{self, ImapError, Mailbox, Stopper},
};
use std::{
    collections::HashMap,
    sync::mpsc::{Receiver, sync_channel},
    time::{Duration, Instant},
};

/// A mail that breaks the session so often is set aside.
const STRIKES: u32 = 3;
/// Octets asked for at once of a mail that is fetched in parts.
const PART: u32 = 4 * 1024 * 1024;

/// UIDs at which sessions broke, and how often.
pub type Strikes = HashMap<u32, u32>;

/// What a fetch works for.
pub struct Errand<'a> {
    /// Kernel.
    pub core: &'a Core,
    /// Runs async work of the kernel from these threads.
    pub runtime: &'a tokio::runtime::Handle,
    /// Ends the fetch after the batches that are already here.
    pub stopper: &'a Stopper,
    /// Account.
    pub account: &'a OpenAccount,
    /// Where the mails belong.
    pub place: Place,
}

/// What one question to the server brought.
struct Batch {
    mails: Vec<Fetched>,
    aside: Vec<Aside>,
    /// Highest UID that was asked for.
    cursor: u32,
}

impl Errand<'_> {
    /// Fetches and stores these mails (UID, size), in order; answers the highest UID that was dealt with.
    ///
    /// # Errors
    /// The server's, or that a batch could not be stored. What was stored before stays.
    pub fn fetch(
        &self,
        session: &mut dyn Mailbox,
        found: &[(u32, u32)],
        strikes: &mut Strikes,
    ) -> std::result::Result<u32, End> {
        let most = usize::try_from(self.core.settings.mail.batch_mails).unwrap_or(usize::MAX);
        let groups = groups(found, strikes, most);
        match groups.as_slice() {
            [] => return Ok(0),
            // Nearly always: a mail or a few have come.
            [group] => return Ok(self.store(self.ask(session, group, strikes)?)?),
            _ => {}
        }
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(0);
            let thread = std::thread::Builder::new().name(format!("mailbox-{}-store", self.place.mailbox));
            let storing = thread.spawn_scoped(scope, || self.store_all(receiver)).map_err(Error::from)?;
            let asked = groups.iter().try_for_each(|group| {
                let batch = self.ask(session, group, strikes)?;
                // Whoever stores hangs up at the first batch that he cannot store, and tells why below.
                let heard = sender.send(batch).is_ok();
                if heard && !self.stopper.is_stopped() { Ok(()) } else { Err(ImapError::Stopped) }
            });
            drop(sender);
            let reached = storing.join().unwrap_or_else(|_| Err(Error::Internal("storing mail panicked".into())))?;
            asked?;
            Ok(reached)
        })
    }

    /// Stores batches as they come; answers the highest UID.
    fn store_all(&self, batches: Receiver<Batch>) -> Result<u32> {
        let mut reached = 0;
        for batch in batches {
            reached = reached.max(self.store(batch)?);
        }
        Ok(reached)
    }

    fn store(&self, batch: Batch) -> Result<u32> {
        let place = self.place;
        let ready = self.runtime.block_on(read::prepare(self.core, self.account, batch.mails, place.history_to))?;
        failpoint::pass("inbox.blobs_stored");
        store::batch(self.core, place, ready, batch.aside, batch.cursor)?;
        Ok(batch.cursor)
    }

    /// Asks the server for a group of mails.
    fn ask(
        &self,
        session: &mut dyn Mailbox,
        group: &[(u32, u32)],
        strikes: &mut Strikes,
    ) -> std::result::Result<Batch, ImapError> {
        let most = self.core.settings.mail.max_size_mb.saturating_mul(1_048_576);
        let (large, small): (Vec<_>, Vec<_>) = group.iter().partition(|(_, size)| u64::from(*size) > most);
        let mut aside: Vec<Aside> = large.into_iter().map(too_large).collect();
        let mails = match get(session, &small) {
            Ok(fetched) => fetched,
            Err(error) => {
                aside.push(strike(strikes, &small, &error).ok_or(error)?);
                Vec::new()
            }
        };
        failpoint::pass("inbox.fetched");
        Ok(Batch { mails, aside, cursor: group.iter().map(|(uid, _)| *uid).max().unwrap_or(0) })
    }
}

fn too_large((uid, size): (u32, u32)) -> Aside {
    let reason = format!("{size} octets are more than mail.max_size_mb allows");
    Aside { uid, size, source_hash: None, reason, attempts: 1 }
}

/// Batches; a UID at which a session broke before goes alone, so that it is known who is at fault.
fn groups(found: &[(u32, u32)], strikes: &Strikes, most: usize) -> Vec<Vec<(u32, u32)>> {
    imap::batches(found, most)
        .into_iter()
        .flat_map(|group| {
            if group.iter().any(|(uid, _)| strikes.contains_key(uid)) {
                group.into_iter().map(|one| vec![one]).collect()
            } else {
                vec![group]
            }
        })
        .collect()
}

/// Counts a failure against the mails asked for; a mail that failed alone for the third time is set aside.
fn strike(strikes: &mut Strikes, asked: &[(u32, u32)], error: &ImapError) -> Option<Aside> {
    if *error == ImapError::Stopped {
        return None;
    }
    for (uid, _) in asked {
        let count = strikes.entry(*uid).or_insert(0);
        *count = count.saturating_add(1);
    }
    let [(uid, size)] = asked else { return None };
    let count = strikes.get(uid).copied().unwrap_or(0);
    // The session may be over; the cursor moves past the mail all the same, and the next session goes on behind it.
    (count >= STRIKES).then(|| Aside {
        uid: *uid,
        size: *size,
        source_hash: None,
        reason: format!("the server could not deliver it: {error}"),
        attempts: i32::try_from(count).unwrap_or(i32::MAX),
    })
}

/// The sources of these mails. What was expunged meanwhile is missing; a mail that the server lists and yields nothing
/// of is an error.
fn get(session: &mut dyn Mailbox, wanted: &[(u32, u32)]) -> std::result::Result<Vec<Fetched>, ImapError> {
    let [(uid, size)] = wanted else { return get_many(session, wanted) };
    if *size <= imap::MAX_BATCH_BYTES {
        return get_many(session, wanted);
    }
    let mut raw = Vec::new();
    let patience = Instant::now() + Duration::from_secs(1_800);
    loop {
        let offset = u32::try_from(raw.len()).map_err(|_| ImapError::Limit)?;
        match session.fetch_part(*uid, offset, PART)? {
            None => return Ok(Vec::new()),
            Some(part) => {
                let last = u32::try_from(part.len()).is_ok_and(|length| length < PART);
                raw.extend_from_slice(&part);
                if last || raw.len() > 300_000_000 {
                    return Ok(vec![Fetched { uid: *uid, size: *size, raw }]);
                }
            }
        }
        if Instant::now() > patience {
            return Err(ImapError::TimedOut);
        }
    }
}

fn get_many(session: &mut dyn Mailbox, wanted: &[(u32, u32)]) -> std::result::Result<Vec<Fetched>, ImapError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let uids: Vec<u32> = wanted.iter().map(|(uid, _)| *uid).collect();
    let got = session.fetch_raw(&uids)?;
    if got.len() < uids.len() {
        let first = uids.first().copied().unwrap_or(1).saturating_sub(1);
        let still: Vec<u32> = session.uids_above(first)?.into_iter().map(|(uid, _)| uid).collect();
        let withheld = uids.iter().any(|uid| still.contains(uid) && !got.iter().any(|(have, _)| have == uid));
        if withheld {
            return Err(ImapError::Protocol("the server lists a mail and gives nothing of it".into()));
        }
    }
    let size_of = |uid: u32| wanted.iter().find(|(wanted, _)| *wanted == uid).map_or(0, |(_, size)| *size);
    Ok(got
        .into_iter()
        .filter(|(uid, _)| uids.contains(uid))
        .map(|(uid, raw)| Fetched { uid, size: size_of(uid), raw })
        .collect())
}
