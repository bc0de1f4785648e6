//! Mail accounts as the mail workers see them: which to fetch, ready-to-use settings, and how each is doing.
//!
//! Every word of a worker about an account names the revision with which it worked. An edit raises the revision, so
//! that a worker that still speaks of the old password cannot stop the account that has just been mended.

use super::{
    MailServers,
    addresses::OwnAddresses,
    grant::{self, NoToken},
    queries,
    rows::AccountRow,
};
use crate::{
    kernel::{
        Core, Error, Result,
        db::{
            Connection,
            schema::{campaigns, mail_accounts},
        },
        events::{self, Audience},
        secrets::Keys,
    },
    mail::account::{Credential, ImapSettings, SmtpSettings},
};
use diesel::prelude::*;
use secrecy::SecretString;
use shared::{
    api::campaigns::{AccountAuth, AccountHealth, AfterStoring},
    ids::{AccountId, CampaignId},
    live::LiveEvent,
    permission::Permission,
    time::Timestamp,
};
use std::sync::Arc;

/// An account at one of its revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountRevision {
    /// Account.
    pub account_id: AccountId,
    /// Raised by every save, enabling and disabling.
    pub revision: i64,
}

/// An account whose mail is to be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct FetchAccount {
    /// Account.
    pub account_id: AccountId,
    /// Its campaign.
    pub campaign_id: CampaignId,
    /// A session that was opened at another revision must be opened anew.
    pub revision: i64,
}

impl FetchAccount {
    /// The account at this revision.
    #[must_use]
    pub fn at_revision(&self) -> AccountRevision {
        AccountRevision { account_id: self.account_id, revision: self.revision }
    }
}

/// An account with its password opened: what a session with its servers needs.
#[derive(Debug, Clone)]
pub struct OpenAccount {
    /// Account and revision.
    pub at: AccountRevision,
    /// Its campaign.
    pub campaign_id: CampaignId,
    /// Its addresses.
    pub addresses: OwnAddresses,
    /// Display name that recipients see; may be empty.
    pub from_name: String,
    /// Outgoing server.
    pub smtp: SmtpSettings,
    /// Incoming server, where there is one.
    pub imap: Option<ImapSettings>,
    /// Signs in with an access token, which is to be used until then.
    pub oauth_until: Option<Timestamp>,
    /// What is read of its mailbox.
    pub reading: Reading,
    /// Append copies of what is sent to the Sent folder.
    pub save_sent: bool,
    /// Days of old mail that the first connection imports as history.
    pub import_days: u32,
    /// The campaign is on and the outgoing server has not refused the login.
    pub may_send: bool,
}

/// What is read of a mailbox, and what becomes of it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Folders; the first is watched.
    pub folders: Vec<String>,
    /// What becomes of mail on the server once it is stored.
    after: After,
}

/// What becomes of mail on the server once it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// It stays as it is.
    Leave,
    /// It is marked as read.
    MarkSeen,
    /// It is moved to this folder.
    MoveTo(String),
}

impl Reading {
    /// What becomes of mail that came into this folder. What came into the folder for stored mail stays there.
    #[must_use]
    pub fn after_in(&self, folder: &str) -> &After {
        if self.is_target(folder) { &After::Leave } else { &self.after }
    }

    /// Whether this is the folder that stored mail is moved to.
    #[must_use]
    pub fn is_target(&self, folder: &str) -> bool {
        matches!(&self.after, After::MoveTo(target) if target == folder)
    }
}

fn reading(row: &AccountRow) -> Reading {
    let after = match (row.after_storing, &row.move_to) {
        (AfterStoring::MarkSeen, _) => After::MarkSeen,
        (AfterStoring::Move, Some(target)) => After::MoveTo(target.clone()),
        (AfterStoring::Leave | AfterStoring::Move, _) => After::Leave,
    };
    Reading { folders: row.folders.0.clone(), after }
}

/// Accounts of enabled campaigns that receive, without those whose login was refused (R9), in the order of their ids.
///
/// # Errors
/// The database's.
pub fn accounts_to_fetch(conn: &mut Connection) -> QueryResult<Vec<FetchAccount>> {
    mail_accounts::table
        .inner_join(campaigns::table)
        .filter(campaigns::enabled.eq(true))
        .filter(campaigns::receive.eq(true))
        .filter(mail_accounts::imap_host.is_not_null())
        .filter(mail_accounts::health.ne(AccountHealth::Stopped))
        .order(mail_accounts::id.asc())
        .select((mail_accounts::id, mail_accounts::campaign_id, mail_accounts::revision))
        .load(conn)
}

/// Whether mail may go out through an account now, and its revision; `None` for an unknown one.
///
/// # Errors
/// The database's.
pub fn may_send(conn: &mut Connection, account: AccountId) -> QueryResult<Option<(bool, AccountRevision)>> {
    let row: Option<(bool, bool, i64)> = mail_accounts::table
        .inner_join(campaigns::table)
        .filter(mail_accounts::id.eq(account))
        .select((campaigns::enabled, mail_accounts::smtp_stopped, mail_accounts::revision))
        .first(conn)
        .optional()?;
    Ok(row.map(|(enabled, stopped, revision)| (enabled && !stopped, AccountRevision { account_id: account, revision })))
}

/// Opens an account: settings that are ready to use, password included.
///
/// # Errors
/// `not_found`: there is no such account. The database's; the password does not open with the keys at hand.
pub fn open(conn: &mut Connection, keys: &Keys, servers: &MailServers, account: AccountId) -> Result<OpenAccount> {
    let row = queries::account(conn, account)?;
    let campaign = queries::campaign(conn, row.campaign_id)?;
    let (secret, oauth_until) = open_secret(conn, keys, &row)?;
    Ok(OpenAccount {
        at: AccountRevision { account_id: row.id, revision: row.revision },
        campaign_id: row.campaign_id,
        from_name: campaign.from_name,
        smtp: servers.smtp_of_row(&row, &secret),
        imap: servers.imap_of_row(&row, &secret),
        oauth_until,
        reading: reading(&row),
        save_sent: row.save_sent,
        import_days: u32::try_from(campaign.import_days).unwrap_or_default(),
        may_send: campaign.enabled && !row.smtp_stopped,
        addresses: OwnAddresses { address: row.address, aliases: row.aliases.0 },
    })
}

/// Opens an account, once its access token, if it signs in with one, is good for a while.
///
/// # Errors
/// As [`open`]; the provider gives no token.
pub async fn open_fresh(
    core: &Core,
    servers: &MailServers,
    account: AccountId,
) -> std::result::Result<OpenAccount, NoToken> {
    grant::freshen(core, servers.tokens(), account).await?;
    let (keys, servers) = (Arc::clone(&core.keys), servers.clone());
    Ok(core.db.read(move |conn| open(conn, &keys, &servers, account)).await?)
}

/// Notes how fetching from an account goes; `error` is the failure in the server's words. A change is told live.
/// Answers whether the revision is still the account's; if not, nothing was noted.
///
/// # Errors
/// The database's.
pub fn set_health(
    conn: &mut Connection,
    at: AccountRevision,
    health: AccountHealth,
    error: Option<&str>,
    now: Timestamp,
) -> QueryResult<bool> {
    let Some(row) = queries::account(conn, at.account_id).optional()? else { return Ok(false) };
    if row.revision != at.revision {
        return Ok(false);
    }
    let error = error.map(shortened);
    let changed = row.health != health || (error.is_some() && error != row.last_error);
    if error.is_some() {
        // The time moves with each failure, even of the same words.
        diesel::update(of_revision(at))
            .set((mail_accounts::last_error.eq(&error), mail_accounts::last_error_at.eq(Some(now))))
            .execute(conn)?;
    }
    if !changed {
        return Ok(true);
    }
    if diesel::update(of_revision(at)).set(mail_accounts::health.eq(health)).execute(conn)? == 0 {
        return Ok(false);
    }
    let told = AccountRow { health, last_error: error.or_else(|| row.last_error.clone()), ..row };
    tell(conn, &told, now)?;
    Ok(true)
}

/// Notes that the mailbox was looked at now. Tells nobody: it happens every few seconds.
///
/// # Errors
/// The database's.
pub fn note_fetch(conn: &mut Connection, at: AccountRevision, now: Timestamp) -> QueryResult<()> {
    diesel::update(of_revision(at)).set(mail_accounts::last_fetch_at.eq(Some(now))).execute(conn)?;
    Ok(())
}

/// Stops sending through an account until it is saved again (R9): the outgoing server refused the login, in the words
/// of `reason`. Told live; fetching goes on. Answers whether the revision is still the account's.
///
/// # Errors
/// The database's.
pub fn stop_sending(conn: &mut Connection, at: AccountRevision, reason: &str, now: Timestamp) -> QueryResult<bool> {
    let reason = shortened(reason);
    let stopped = diesel::update(of_revision(at))
        .set((
            mail_accounts::smtp_stopped.eq(true),
            mail_accounts::last_error.eq(Some(&reason)),
            mail_accounts::last_error_at.eq(Some(now)),
        ))
        .execute(conn)?;
    if stopped == 0 {
        return Ok(false);
    }
    let row = queries::account(conn, at.account_id)?;
    tell(conn, &row, now)?;
    Ok(true)
}

/// Seals every stored password anew with the newest seal key; answers how many. For one transaction.
///
/// # Errors
/// The database's; a password does not open with the keys at hand, and then none is to be changed.
pub fn reseal_all(conn: &mut Connection, keys: &Keys) -> Result<usize> {
    grant::reseal_all(conn, keys)?;
    let mut resealed = 0_usize;
    for row in queries::accounts(conn)? {
        let place = place(row.id);
        let sealed = keys.seal(&place, &keys.open(&place, &row.sealed_password)?)?;
        // Whoever saves another password meanwhile on another node wins.
        let unchanged = mail_accounts::table
            .filter(mail_accounts::id.eq(row.id))
            .filter(mail_accounts::sealed_password.eq(&row.sealed_password));
        let done = diesel::update(unchanged).set(mail_accounts::sealed_password.eq(&sealed)).execute(conn)?;
        resealed = resealed.saturating_add(done);
    }
    Ok(resealed)
}

/// What an account signs in with, and until when.
pub(super) fn open_secret(
    conn: &mut Connection,
    keys: &Keys,
    row: &AccountRow,
) -> Result<(Credential, Option<Timestamp>)> {
    match row.auth {
        AccountAuth::Password => Ok((Credential::Password(open_password(keys, row)?), None)),
        AccountAuth::Oauth2 => {
            let grant = grant::find(conn, row.id)?;
            let grant = grant.ok_or_else(|| Error::Internal(format!("account {} has no grant", row.id)))?;
            Ok((Credential::OAuthToken(grant.access_token(keys, row.id)?), Some(grant.good_until())))
        }
    }
}

/// Seals a password for its row.
pub(super) fn seal_password(keys: &Keys, account: AccountId, password: &str) -> Result<Vec<u8>> {
    keys.seal(&place(account), password.as_bytes())
}

/// The stored password.
pub(super) fn open_password(keys: &Keys, row: &AccountRow) -> Result<SecretString> {
    let place = place(row.id);
    let plain = keys.open(&place, &row.sealed_password)?;
    let text = String::from_utf8(plain).map_err(|_| Error::Internal(format!("{place} is no text")))?;
    Ok(text.into())
}

fn place(account: AccountId) -> String {
    format!("mail_accounts/{account}/password")
}

#[diesel::dsl::auto_type(no_type_alias)]
fn of_revision(at: AccountRevision) -> _ {
    let id: AccountId = at.account_id;
    let revision: i64 = at.revision;
    mail_accounts::table.filter(mail_accounts::id.eq(id)).filter(mail_accounts::revision.eq(revision))
}

fn tell(conn: &mut Connection, row: &AccountRow, now: Timestamp) -> QueryResult<()> {
    let audience =
        Audience { users: Vec::new(), permission: Permission::CampaignsRead, campaign: Some(row.campaign_id) };
    let event = LiveEvent::AccountHealthChanged {
        campaign_id: row.campaign_id,
        health: row.shown_health(),
        last_error: row.last_error.clone(),
    };
    events::append(conn, now, &audience, &event)
}

/// Servers may say a lot; a line is enough.
fn shortened(words: &str) -> String {
    const MOST: usize = 500;
    let line = crate::mail::address::one_line(words);
    line.chars().take(MOST).collect()
}
