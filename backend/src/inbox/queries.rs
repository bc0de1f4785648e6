//! Mailboxes, their cursor and their ledger.

use crate::kernel::db::{
    Connection,
    schema::{fetched_mails, mailboxes, messages, quarantine},
};
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use shared::{
    ids::{AccountId, MailboxId, MessageId},
    time::Timestamp,
};
use std::collections::HashSet;

/// What became of a UID; the words of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// A message.
    Stored,
    /// A message of history.
    History,
    /// Set aside.
    Quarantined,
    /// Its source is known from before a change of UIDVALIDITY.
    Duplicate,
}

impl Fate {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::History => "history",
            Self::Quarantined => "quarantined",
            Self::Duplicate => "duplicate",
        }
    }
}

/// A folder that is read, and how far.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = mailboxes)]
pub struct MailboxRow {
    /// Mailbox.
    pub id: MailboxId,
    /// Login under which its UIDs count.
    pub login: String,
    /// Server on which they count.
    pub host: String,
    /// UIDVALIDITY under which `last_uid` counts.
    pub uid_validity: Option<i64>,
    /// Highest UID dealt with.
    pub last_uid: i64,
    /// UIDs up to here were there before the first connection and are left alone.
    pub skipped_to: i64,
    /// UIDs up to here are history.
    pub history_to: i64,
    /// First connection.
    pub opened_at: Timestamp,
    /// Ledger and server were last compared at.
    pub compared_at: Option<Timestamp>,
}

/// The row of a folder.
///
/// # Errors
/// The database's.
pub fn mailbox(conn: &mut Connection, account: AccountId, folder: &str) -> QueryResult<Option<MailboxRow>> {
    mailboxes::table
        .filter(mailboxes::account_id.eq(account))
        .filter(mailboxes::folder.eq(folder))
        .select(MailboxRow::as_select())
        .first(conn)
        .optional()
}

/// Whose mail a folder holds, and on which server: UIDs of another one mean other mails, even under the same UIDVALIDITY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Account.
    pub account: AccountId,
    /// Folder.
    pub folder: &'a str,
    /// Login.
    pub login: &'a str,
    /// Server.
    pub host: &'a str,
}

/// Where a folder begins at its first connection.
#[derive(Debug, Clone, Copy)]
pub struct Beginning {
    /// UIDVALIDITY found.
    pub uid_validity: u32,
    /// UIDs up to here are left alone.
    pub skipped_to: u32,
    /// UIDs up to here are history.
    pub history_to: u32,
}

/// Makes the row of a folder.
///
/// # Errors
/// The database's.
pub fn open_mailbox(
    conn: &mut Connection,
    origin: Origin<'_>,
    beginning: Beginning,
    now: Timestamp,
) -> QueryResult<MailboxRow> {
    diesel::insert_into(mailboxes::table)
        .values((
            mailboxes::account_id.eq(origin.account),
            mailboxes::folder.eq(origin.folder),
            mailboxes::login.eq(origin.login),
            mailboxes::host.eq(origin.host),
            mailboxes::uid_validity.eq(i64::from(beginning.uid_validity)),
            mailboxes::last_uid.eq(i64::from(beginning.skipped_to)),
            mailboxes::skipped_to.eq(i64::from(beginning.skipped_to)),
            mailboxes::history_to.eq(i64::from(beginning.history_to)),
            mailboxes::opened_at.eq(now),
            mailboxes::compared_at.eq(now),
            mailboxes::expunged.eq(0_i64),
        ))
        .execute(conn)?;
    mailbox(conn, origin.account, origin.folder)?.ok_or(diesel::result::Error::NotFound)
}

/// More than any UIDVALIDITY, which has 32 bits.
const EARLIER_PLACE: i64 = 1 << 32;

/// The folder lies elsewhere from now on: what the ledger knows of UIDs gets out of the way of those there, and stays
/// known by its hash.
///
/// # Errors
/// The database's.
pub fn move_mailbox(conn: &mut Connection, id: MailboxId, origin: Origin<'_>) -> QueryResult<()> {
    diesel::update(fetched_mails::table.filter(fetched_mails::mailbox_id.eq(id)))
        .set(fetched_mails::uid_validity.eq(fetched_mails::uid_validity + EARLIER_PLACE))
        .execute(conn)?;
    diesel::update(quarantine::table.filter(quarantine::mailbox_id.eq(id)))
        .set(quarantine::uid_validity.eq(quarantine::uid_validity + EARLIER_PLACE))
        .execute(conn)?;
    diesel::update(mailboxes::table.find(id))
        .set((
            mailboxes::login.eq(origin.login),
            mailboxes::host.eq(origin.host),
            mailboxes::uid_validity.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Begins a folder again as at a first connection.
///
/// # Errors
/// The database's.
pub fn begin_again(conn: &mut Connection, id: MailboxId, beginning: Beginning, now: Timestamp) -> QueryResult<()> {
    start_over(conn, id, beginning.uid_validity, beginning.skipped_to)?;
    diesel::update(mailboxes::table.find(id))
        .set((mailboxes::history_to.eq(i64::from(beginning.history_to)), mailboxes::opened_at.eq(now)))
        .execute(conn)?;
    Ok(())
}

/// Starts the cursor over under a new UIDVALIDITY.
///
/// # Errors
/// The database's.
pub fn start_over(conn: &mut Connection, id: MailboxId, uid_validity: u32, skipped_to: u32) -> QueryResult<()> {
    diesel::update(mailboxes::table.find(id))
        .set((
            mailboxes::uid_validity.eq(i64::from(uid_validity)),
            mailboxes::last_uid.eq(i64::from(skipped_to)),
            mailboxes::skipped_to.eq(i64::from(skipped_to)),
            mailboxes::history_to.eq(0_i64),
        ))
        .execute(conn)?;
    Ok(())
}

/// Moves the cursor ahead, never back; answers whether UIDVALIDITY is still the one expected.
///
/// # Errors
/// The database's.
pub fn advance(conn: &mut Connection, id: MailboxId, uid_validity: u32, to: u32, now: Timestamp) -> QueryResult<bool> {
    let here = mailboxes::table.find(id).filter(mailboxes::uid_validity.eq(i64::from(uid_validity)));
    if diesel::update(here).set(mailboxes::last_fetch_at.eq(now)).execute(conn)? == 0 {
        return Ok(false);
    }
    diesel::update(mailboxes::table.find(id).filter(mailboxes::last_uid.lt(i64::from(to))))
        .set(mailboxes::last_uid.eq(i64::from(to)))
        .execute(conn)?;
    Ok(true)
}

/// Whether a UID is in the ledger.
///
/// # Errors
/// The database's.
pub fn is_known(conn: &mut Connection, id: MailboxId, uid_validity: u32, uid: u32) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(fetched_mails::table.find((id, i64::from(uid_validity), i64::from(uid)))))
        .get_result(conn)
}

/// What a source already made, under an earlier UIDVALIDITY or in another folder of the account (into which it was moved,
/// by us or others), unless all such were met again here: two mails of the same content are two mails.
///
/// # Errors
/// The database's.
pub fn made_before(
    conn: &mut Connection,
    account: AccountId,
    id: MailboxId,
    uid_validity: u32,
    source_hash: &str,
) -> QueryResult<Option<Made>> {
    let same: Vec<(MailboxId, i64, String, Option<MessageId>, bool)> = fetched_mails::table
        .inner_join(mailboxes::table)
        .filter(mailboxes::account_id.eq(account))
        .filter(fetched_mails::source_hash.eq(source_hash))
        .order((fetched_mails::mailbox_id.asc(), fetched_mails::uid.asc()))
        .select((
            fetched_mails::mailbox_id,
            fetched_mails::uid_validity,
            fetched_mails::fate,
            fetched_mails::message_id,
            fetched_mails::to_act,
        ))
        .load(conn)?;
    let here =
        |row: &(MailboxId, i64, String, Option<MessageId>, bool)| row.0 == id && row.1 == i64::from(uid_validity);
    let met = same.iter().filter(|row| here(row) && row.2 == Fate::Duplicate.as_str()).count();
    let mut made = same.iter().filter(|row| !here(row) && row.2 != Fate::Duplicate.as_str());
    Ok(made.nth(met).map(|row| Made { message: row.3, to_act: row.4 && row.0 == id }))
}

/// What a source that is met again made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Its message; none where it was set aside.
    pub message: Option<MessageId>,
    /// It is still to be acted upon, in this folder.
    pub to_act: bool,
}

/// A line of the ledger.
#[derive(Debug, Clone)]
pub struct LedgerLine<'a> {
    /// Mailbox.
    pub mailbox: MailboxId,
    /// UIDVALIDITY.
    pub uid_validity: u32,
    /// UID.
    pub uid: u32,
    /// What became of it.
    pub fate: Fate,
    /// Blob of the source, if it was fetched.
    pub source_hash: Option<&'a str>,
    /// Message that it made.
    pub message: Option<MessageId>,
    /// It is to be marked or moved on the server.
    pub to_act: bool,
}

/// Writes a line of the ledger.
///
/// # Errors
/// The database's.
pub fn note(conn: &mut Connection, line: &LedgerLine<'_>) -> QueryResult<()> {
    diesel::insert_into(fetched_mails::table)
        .values((
            fetched_mails::mailbox_id.eq(line.mailbox),
            fetched_mails::uid_validity.eq(i64::from(line.uid_validity)),
            fetched_mails::uid.eq(i64::from(line.uid)),
            fetched_mails::fate.eq(line.fate.as_str()),
            fetched_mails::source_hash.eq(line.source_hash),
            fetched_mails::message_id.eq(line.message),
            fetched_mails::to_act.eq(line.to_act),
        ))
        .execute(conn)?;
    Ok(())
}

/// A mail set aside.
#[derive(Debug, Clone)]
pub struct Aside {
    /// UID.
    pub uid: u32,
    /// Octets, as the server says.
    pub size: u32,
    /// Blob of the source, if it was fetched.
    pub source_hash: Option<String>,
    /// Why.
    pub reason: String,
    /// Tries made.
    pub attempts: i32,
}

/// Sets a mail aside.
///
/// # Errors
/// The database's.
pub fn set_aside(
    conn: &mut Connection,
    mailbox: MailboxId,
    uid_validity: u32,
    aside: &Aside,
    to_act: bool,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(quarantine::table)
        .values((
            quarantine::mailbox_id.eq(mailbox),
            quarantine::uid_validity.eq(i64::from(uid_validity)),
            quarantine::uid.eq(i64::from(aside.uid)),
            quarantine::size.eq(i64::from(aside.size)),
            quarantine::source_hash.eq(&aside.source_hash),
            quarantine::reason.eq(&aside.reason),
            quarantine::attempts.eq(aside.attempts),
            quarantine::settled.eq(false),
            quarantine::created_at.eq(now),
        ))
        .execute(conn)?;
    note(
        conn,
        &LedgerLine {
            mailbox,
            uid_validity,
            uid: aside.uid,
            fate: Fate::Quarantined,
            source_hash: aside.source_hash.as_deref(),
            message: None,
            to_act,
        },
    )
}

/// A mail that is still to be marked or moved on the server.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct ToAct {
    /// UID.
    pub uid: i64,
    /// Message-ID and octets of what it made; none where it was set aside.
    pub known_by: Option<(String, Option<i64>)>,
}

/// At most `limit` mails that are to be acted upon, by UID.
///
/// # Errors
/// The database's.
pub fn to_act(conn: &mut Connection, id: MailboxId, uid_validity: u32, limit: i64) -> QueryResult<Vec<ToAct>> {
    fetched_mails::table
        .left_join(messages::table)
        .filter(fetched_mails::mailbox_id.eq(id))
        .filter(fetched_mails::uid_validity.eq(i64::from(uid_validity)))
        // A literal, so that the planners see that the partial index fits.
        .filter(sql::<Bool>("fetched_mails.to_act"))
        .order(fetched_mails::uid.asc())
        .limit(limit)
        .select((fetched_mails::uid, (messages::internet_message_id, messages::source_size).nullable()))
        .load(conn)
}

/// Notes that mails were acted upon.
///
/// # Errors
/// The database's.
pub fn note_acted(conn: &mut Connection, id: MailboxId, uid_validity: u32, uids: &[i64]) -> QueryResult<()> {
    let those = fetched_mails::table
        .filter(fetched_mails::mailbox_id.eq(id))
        .filter(fetched_mails::uid_validity.eq(i64::from(uid_validity)))
        .filter(fetched_mails::uid.eq_any(uids.to_vec()));
    diesel::update(those).set(fetched_mails::to_act.eq(false)).execute(conn)?;
    Ok(())
}

/// Leaves all mails of a folder as they are: that is what the account wants by now.
///
/// # Errors
/// The database's.
pub fn leave_all(conn: &mut Connection, id: MailboxId) -> QueryResult<()> {
    let those =
        fetched_mails::table.filter(fetched_mails::mailbox_id.eq(id)).filter(sql::<Bool>("fetched_mails.to_act"));
    diesel::update(those).set(fetched_mails::to_act.eq(false)).execute(conn)?;
    Ok(())
}

/// UIDs of the ledger under this UIDVALIDITY.
///
/// # Errors
/// The database's.
pub fn known_uids(conn: &mut Connection, id: MailboxId, uid_validity: u32) -> QueryResult<HashSet<i64>> {
    let list: Vec<i64> = fetched_mails::table
        .filter(fetched_mails::mailbox_id.eq(id))
        .filter(fetched_mails::uid_validity.eq(i64::from(uid_validity)))
        .select(fetched_mails::uid)
        .load(conn)?;
    Ok(list.into_iter().collect())
}

/// Notes a comparison with the server: how many of the ledger's mails are gone there.
///
/// # Errors
/// The database's.
pub fn note_compared(conn: &mut Connection, id: MailboxId, expunged: i64, now: Timestamp) -> QueryResult<()> {
    diesel::update(mailboxes::table.find(id))
        .set((mailboxes::compared_at.eq(now), mailboxes::expunged.eq(expunged)))
        .execute(conn)?;
    Ok(())
}
