//! Marks mails as read, or moves them, once they are stored (S14).
//!
//! The ledger says which: those that were stored or set aside as new mail while the account wanted it, and nothing that
//! was there before the first connection. It is done after the commit that stores them (R1), and noted after it is done;
//! whatever dies in between, it is done again. That changes nothing: marking twice is marking once, and what was moved is
//! no longer there to be moved. A server without MOVE is another matter: between the copy and the removal there is a time
//! in which the mail lies in both folders. So at a session's first time it is looked for in the other folder first.

use super::{
    queries::{self, ToAct},
    session::End,
    store::Place,
};
use crate::{
    campaigns::account::After,
    kernel::{Core, workers::failpoint},
    mail::imap::{ImapError, Mailbox},
};

/// Mails of one command.
const BATCH: i64 = 200;

/// What acts on the mails of one folder.
pub struct Hand<'a> {
    /// Kernel.
    pub core: &'a Core,
    /// Folder that is selected, and its name.
    pub place: Place,
    /// Its name.
    pub folder: &'a str,
    /// What is to be done.
    pub after: &'a After,
    /// The first time in this session: what an earlier one began may be half done.
    pub first: bool,
}

impl Hand<'_> {
    /// Does what is to be done. Answers why it could not be, in a sentence: the mail is stored all the same.
    ///
    /// # Errors
    /// The session is over, or the database's.
    pub fn act(&self, session: &mut dyn Mailbox) -> Result<Option<String>, End> {
        let Place { mailbox, uid_validity, .. } = self.place;
        if *self.after == After::Leave {
            if self.first {
                self.core.db.write_here(|conn| Ok(queries::leave_all(conn, mailbox)?))?;
            }
            return Ok(None);
        }
        loop {
            let due = self.core.db.read_here(|conn| Ok(queries::to_act(conn, mailbox, uid_validity, BATCH)?))?;
            if due.is_empty() {
                return Ok(None);
            }
            failpoint::pass("inbox.before_act");
            match self.once(session, &due) {
                Ok(()) => {}
                Err(ImapError::Refused(words)) => return Ok(Some(self.sentence(&words))),
                Err(error) => return Err(error.into()),
            }
            failpoint::pass("inbox.acted");
            let done: Vec<i64> = due.iter().map(|mail| mail.uid).collect();
            self.core.db.write_here(|conn| Ok(queries::note_acted(conn, mailbox, uid_validity, &done)?))?;
        }
    }

    fn sentence(&self, words: &str) -> String {
        match self.after {
            After::MoveTo(target) => format!("mail is stored, but cannot be moved to “{target}”: {words}"),
            After::MarkSeen | After::Leave => format!("mail is stored, but cannot be marked as read: {words}"),
        }
    }

    fn once(&self, session: &mut dyn Mailbox, due: &[ToAct]) -> Result<(), ImapError> {
        let uids: Vec<u32> = due.iter().filter_map(|mail| u32::try_from(mail.uid).ok()).collect();
        let After::MoveTo(target) = self.after else { return session.mark_seen(&uids) };
        if self.first && !session.can_move()? {
            let copied = self.copied(session, due, target)?;
            session.remove(&copied)?;
            let rest: Vec<u32> = uids.into_iter().filter(|uid| !copied.contains(uid)).collect();
            return move_to(session, &rest, target);
        }
        move_to(session, &uids, target)
    }

    /// Which of the mails lie in the other folder already.
    fn copied(&self, session: &mut dyn Mailbox, due: &[ToAct], target: &str) -> Result<Vec<u32>, ImapError> {
        let mut copied = Vec::new();
        match if may_be_there(session, target)? { session.select(target).map(Some) } else { Ok(None) } {
            Ok(None) => {}
            Ok(Some(_)) => {
                for mail in due {
                    let Some((id, Some(size))) = &mail.known_by else { continue };
                    let size = u32::try_from(*size).unwrap_or(u32::MAX);
                    if !id.is_empty()
                        && session.holds(id, size)?
                        && let Ok(uid) = u32::try_from(mail.uid)
                    {
                        copied.push(uid);
                    }
                }
            }
            // There is no such folder yet.
            Err(ImapError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
        let again = session.select(self.folder)?;
        if again.uid_validity != self.place.uid_validity {
            return Err(ImapError::Protocol("the folder was made anew meanwhile".into()));
        }
        Ok(copied)
    }
}

/// Moves mails; makes the folder where it is missing.
fn move_to(session: &mut dyn Mailbox, uids: &[u32], target: &str) -> Result<(), ImapError> {
    if !may_be_there(session, target)? {
        session.create_folder(target)?;
    }
    match session.move_to(uids, target) {
        Err(ImapError::Refused(words)) => {
            let known = session.list_folders()?.into_iter().any(|folder| folder.name == target);
            if known {
                return Err(ImapError::Refused(words));
            }
            session.create_folder(target)?;
            session.move_to(uids, target)
        }
        done => done,
    }
}

/// Whether a folder is worth a try. Servers repeat a missing folder's name in their refusal, and the crate understands no
/// answer with letters beyond ASCII: such a name is looked up first.
pub fn may_be_there(session: &mut dyn Mailbox, folder: &str) -> Result<bool, ImapError> {
    Ok(folder.is_ascii() || session.list_folders()?.iter().any(|known| known.name == folder))
}
