//! One transaction a batch: messages, ledger, cursor, events (R1).

use super::{
    queries::{self, Aside, Fate, LedgerLine},
    read::Ready,
};
use crate::{
    conversations::receive::receive,
    kernel::{Core, Error, Result, db::Connection, events::News, secrets::Key, storage::Blobs, workers::failpoint},
};
use shared::{
    error::ErrorCode,
    ids::{AccountId, MailboxId},
    time::Timestamp,
};

/// Where a batch belongs.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Account.
    pub account: AccountId,
    /// Mailbox.
    pub mailbox: MailboxId,
    /// UIDVALIDITY under which it was fetched.
    pub uid_validity: u32,
    /// New mail is to be marked or moved on the server.
    pub acts: bool,
    /// UIDs up to here are history, which is left as it is.
    pub history_to: u32,
}

impl Place {
    /// Whether a mail of this UID is to be marked or moved once it is stored.
    const fn acts_on(&self, uid: u32) -> bool {
        self.acts && uid > self.history_to
    }
}

/// Stores a batch and moves the cursor to `cursor`. If the batch as a whole is refused for a reason of its own, each
/// mail is tried alone and the one at fault is set aside with its source, so that it blocks nothing.
///
/// # Errors
/// The database is away, the disk is full, or UIDVALIDITY has changed meanwhile: to be fetched again.
pub fn batch(core: &Core, place: Place, mails: Vec<Ready>, aside: Vec<Aside>, cursor: u32) -> Result<()> {
    let key = core.keys.derive("threads");
    if failpoint::mutant("inbox.cursor_first") {
        core.db
            .write_here(|conn| Ok(queries::advance(conn, place.mailbox, place.uid_validity, cursor, core.now())?))?;
    }
    failpoint::pass("inbox.before_commit");
    let whole = core.db.write_here(|conn| {
        let (now, mut news) = (core.now(), News::default());
        for mail in &mails {
            one(conn, &key, place, mail, now, &mut news)?;
        }
        for mail in &aside {
            put_aside(conn, place, mail, now)?;
        }
        moved(conn, place, cursor, now)?;
        Ok(news.append(conn, now)?)
    });
    failpoint::pass("inbox.committed");
    match whole {
        Err(error) if error.code() == ErrorCode::Internal && !mails.is_empty() => {
            tracing::warn!(%error, mails = mails.len(), "a batch of mail was refused as a whole; trying each alone");
            one_by_one(core, &key, place, &mails, &aside, cursor)
        }
        done => done,
    }
}

fn one_by_one(core: &Core, key: &Key, place: Place, mails: &[Ready], aside: &[Aside], cursor: u32) -> Result<()> {
    for mail in mails {
        let alone = core.db.write_here(|conn| {
            let (now, mut news) = (core.now(), News::default());
            one(conn, key, place, mail, now, &mut news)?;
            Ok(news.append(conn, now)?)
        });
        match alone {
            Ok(()) => {}
            Err(error) if error.code() == ErrorCode::Internal => {
                let aside = Aside {
                    uid: mail.uid,
                    size: mail.size,
                    source_hash: Some(mail.incoming.source.sha256.clone()),
                    reason: format!("could not be stored: {error}"),
                    attempts: 1,
                };
                core.db.write_here(|conn| {
                    Blobs::register(conn, &mail.incoming.source, core.now())?;
                    put_aside(conn, place, &aside, core.now())
                })?;
            }
            Err(error) => return Err(error),
        }
    }
    core.db.write_here(|conn| {
        for mail in aside {
            put_aside(conn, place, mail, core.now())?;
        }
        moved(conn, place, cursor, core.now())
    })
}

fn moved(conn: &mut Connection, place: Place, cursor: u32, now: Timestamp) -> Result<()> {
    if queries::advance(conn, place.mailbox, place.uid_validity, cursor, now)? {
        Ok(())
    } else {
        Err(Error::retry(ErrorCode::Unavailable, std::time::Duration::from_secs(1)))
    }
}

fn put_aside(conn: &mut Connection, place: Place, mail: &Aside, now: Timestamp) -> Result<()> {
    if !queries::is_known(conn, place.mailbox, place.uid_validity, mail.uid)? {
        queries::set_aside(conn, place.mailbox, place.uid_validity, mail, place.acts_on(mail.uid), now)?;
        metrics::counter!("posta_mails_quarantined_total").increment(1);
        tracing::warn!(mailbox = place.mailbox.0, uid = mail.uid, reason = mail.reason, "a mail was set aside");
    }
    Ok(())
}

fn one(conn: &mut Connection, key: &Key, place: Place, mail: &Ready, now: Timestamp, news: &mut News) -> Result<()> {
    if queries::is_known(conn, place.mailbox, place.uid_validity, mail.uid)? {
        return Ok(());
    }
    let source = &mail.incoming.source;
    let line = |fate, message, to_act| LedgerLine {
        mailbox: place.mailbox,
        uid_validity: place.uid_validity,
        uid: mail.uid,
        fate,
        source_hash: Some(&source.sha256),
        message,
        to_act,
    };
    if let Some(made) = queries::made_before(conn, place.account, place.mailbox, place.uid_validity, &source.sha256)? {
        queries::note(conn, &line(Fate::Duplicate, made.message, made.to_act && place.acts))?;
        return Ok(());
    }
    Blobs::register(conn, source, now)?;
    if let Some(reason) = &mail.unreadable {
        // No sender, no subject: nobody could be asked to answer it. It waits, with its source, for an operator.
        let aside = Aside {
            uid: mail.uid,
            size: mail.size,
            source_hash: Some(source.sha256.clone()),
            reason: reason.clone(),
            attempts: 1,
        };
        return put_aside(conn, place, &aside, now);
    }
    let received = receive(conn, key, &mail.incoming, now, news)?;
    let fate = if mail.incoming.history { Fate::History } else { Fate::Stored };
    queries::note(conn, &line(fate, Some(received.message), place.acts_on(mail.uid)))?;
    metrics::counter!("posta_mails_received_total").increment(1);
    Ok(())
}
