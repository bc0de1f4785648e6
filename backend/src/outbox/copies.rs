//! Copies of what was sent, appended to the account's Sent folder, for those who also look at the mailbox with another
//! program. A convenience: it delays no mail, and a crash between the server's answer and our note can leave a copy
//! twice (the mail itself went once).
//!
//! A copy that the server refuses, or over which it drops the connection, rests by itself and holds up no other. One that
//! is refused for a day while others are taken is at fault itself, and given up; where none is taken (the mailbox is
//! full), all are tried again.

use super::queries;
use crate::{
    campaigns::{
        MailServers,
        account::{self, AccountRevision, OpenAccount},
        grant::{self, NoToken},
    },
    kernel::{
        Core, Error, Result,
        db::connection::blocking,
        events,
        workers::{self, backoff::Backoff},
    },
    mail::{
        imap::{self, Folder, ImapError, Mailbox, SpecialUse, Stopper},
        oauth::OauthError,
    },
};
use shared::{
    api::campaigns::AccountHealth,
    error::ErrorCode,
    ids::{AccountId, OutboxId},
    live::LiveEvent,
};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, Notify};

/// Most copies of one session.
const BATCH: i64 = 20;
/// Refused logins in a row after which the account stops until it is saved again, as for the inbox (R9).
const REFUSALS: u32 = 2;
/// Refusals of one copy, each with others taken since the one before, after which it is given up; but not within
/// [`PATIENCE`], as a server that is busy may refuse some.
const STRIKES: u32 = 3;
/// How long a copy that is refused is tried at least.
const PATIENCE: Duration = Duration::from_secs(86_400);
/// Refused copies of an account that rest by themselves; with more of them, the account rests.
const MANY: usize = 100;
/// Names of the Sent folder where the server does not tell which one it is.
const NAMES: [&str; 5] = ["Sent", "Sent Items", "Sent Messages", "Enviados", "Elementos enviados"];

#[derive(Default)]
struct Resting {
    accounts: HashMap<AccountId, Rest>,
}

/// An account whose copies could not be filed; an edit of it ends the rest.
struct Rest {
    revision: i64,
    backoff: Backoff,
    until: Instant,
    refusals: u32,
    rows: HashMap<OutboxId, RowRest>,
    /// Copies that were taken.
    taken: usize,
}

/// A copy that the server refused.
struct RowRest {
    strikes: u32,
    since: Instant,
    /// Copies that were taken up to its last refusal.
    taken: usize,
    backoff: Backoff,
    until: Instant,
}

/// Waits between tries of an account.
fn backoff() -> Backoff {
    Backoff::new(Duration::from_secs(5), Duration::from_secs(900))
}

/// Waits between tries of a copy: longer, so that the account's next session begins without it.
fn row_backoff() -> Backoff {
    Backoff::new(Duration::from_secs(30), Duration::from_secs(3_600))
}

/// What came of a session.
#[derive(Default)]
struct Filed {
    /// Done with.
    done: Vec<OutboxId>,
    /// Refused alone, each with the server's words.
    refused: Vec<(OutboxId, String)>,
}

/// Why copies were not filed.
enum Failed {
    /// The mailbox.
    Imap(ImapError),
    /// We.
    Ours(Error),
}

impl From<ImapError> for Failed {
    fn from(error: ImapError) -> Self {
        Self::Imap(error)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

fn no_token(error: NoToken) -> Failed {
    match error {
        NoToken::Oauth(OauthError::SignInAgain(_)) => Failed::Imap(ImapError::RefusedLogin(error.to_string())),
        NoToken::Oauth(_) => Failed::Imap(ImapError::Unavailable(error.to_string())),
        NoToken::Ours(error) => Failed::Ours(error),
    }
}

/// Runs until the process stops.
pub async fn run(core: Core, servers: MailServers) {
    if core.settings.mail.start_paused {
        return;
    }
    let wake = Arc::new(Notify::new());
    let resting = Arc::new(Mutex::new(Resting::default()));
    let listener =
        events::wake_on(core.clone(), Arc::clone(&wake), |event| matches!(event, LiveEvent::DeliveryChanged { .. }));
    let worker =
        workers::run("copies", core.stop.clone(), wake, || tick(core.clone(), servers.clone(), Arc::clone(&resting)));
    tokio::join!(listener, worker);
}

async fn tick(core: Core, servers: MailServers, resting: Arc<Mutex<Resting>>) -> Result<Duration> {
    let mut resting = resting.lock().await;
    let accounts = core.db.read(|conn| Ok(queries::accounts_with_copies(conn)?)).await?;
    for (id, revision) in accounts {
        let rests = |rest: &Rest| rest.revision == revision && rest.until > Instant::now();
        if resting.accounts.get(&id).is_some_and(rests) || core.stop.is_cancelled() {
            continue;
        }
        let fresh = || Rest {
            revision,
            backoff: backoff(),
            until: Instant::now(),
            refusals: 0,
            rows: HashMap::new(),
            taken: 0,
        };
        let rest = resting.accounts.entry(id).or_insert_with(fresh);
        if rest.revision != revision {
            *rest = fresh();
        }
        match copy(&core, &servers, id, rest).await {
            Ok(()) | Err(Failed::Imap(ImapError::Stopped)) => {
                *rest = Rest { rows: std::mem::take(&mut rest.rows), taken: rest.taken, ..fresh() };
            }
            Err(failed) => {
                rest.until = Instant::now() + rest.backoff.next_delay();
                metrics::counter!("posta_sent_copy_failures_total").increment(1);
                match failed {
                    Failed::Imap(ImapError::RefusedLogin(words)) => {
                        rest.refusals = rest.refusals.saturating_add(1);
                        core.db.write(move |conn| Ok(grant::distrust(conn, id)?)).await?;
                        if rest.refusals >= REFUSALS {
                            stop(&core, AccountRevision { account_id: id, revision }, words).await;
                        }
                    }
                    Failed::Imap(error) => {
                        rest.refusals = 0;
                        tracing::info!(account = id.0, %error, "copies of sent mail could not be filed yet");
                    }
                    Failed::Ours(error) => {
                        tracing::warn!(account = id.0, %error, "copies of sent mail could not be filed yet");
                    }
                }
            }
        }
    }
    // Copies are taken some at a time: mail that goes out in the meantime shares the next session.
    Ok(Duration::from_secs(2))
}

/// A wrong password is not tried for ever: many servers lock the account then.
async fn stop(core: &Core, at: AccountRevision, words: String) {
    tracing::error!(account = at.account_id.0, "the incoming server refuses the login; copies of sent mail stop");
    let now = core.now();
    let noted =
        core.db.write(move |conn| Ok(account::set_health(conn, at, AccountHealth::Stopped, Some(&words), now)?)).await;
    if let Err(error) = noted {
        tracing::warn!(%error, "the stop of an account could not be recorded");
    }
}

async fn copy(core: &Core, servers: &MailServers, id: AccountId, rest: &mut Rest) -> std::result::Result<(), Failed> {
    let servers = servers.clone();
    let resting: Vec<OutboxId> =
        rest.rows.iter().filter(|(_, row)| row.until > Instant::now()).map(|(id, _)| *id).collect();
    let due: Vec<(OutboxId, String)> =
        core.db.read(move |conn| Ok(queries::copies_due(conn, id, &resting, BATCH)?)).await?;
    if due.is_empty() {
        return Ok(());
    }
    let account = account::open_fresh(core, &servers, id).await.map_err(no_token)?;
    let (worker, runtime) = (core.clone(), tokio::runtime::Handle::current());
    let (Filed { mut done, refused }, ended) = blocking(move || {
        // One at a time: twenty large mails at once are more memory than a convenience may take.
        let read = |source: &str| match runtime.block_on(worker.blobs.get(source)) {
            Ok(raw) => Ok(Some(raw)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        Ok(file(&account, &due, &read, &|| worker.stop.is_cancelled()))
    })
    .await?;
    let before = rest.taken;
    rest.taken = before.saturating_add(done.len());
    for (row, words) in &refused {
        if note_refusal(rest, *row, before, Instant::now()) {
            tracing::warn!(outbox = row.0, words, "the server refuses a copy of a sent mail; it is not filed");
            done.push(*row);
        } else {
            tracing::info!(outbox = row.0, words, "the server refuses a copy of a sent mail for now");
        }
    }
    for row in &done {
        rest.rows.remove(row);
    }
    let none_taken = rest.taken == before;
    core.db.write(move |conn| Ok(queries::note_copied(conn, &done)?)).await?;
    ended?;
    match refused.into_iter().last() {
        // The mailbox takes nothing: to be asked seldom, and not for one copy after the other.
        Some((_, words)) if none_taken && rest.rows.len() >= MANY => Err(ImapError::Refused(words).into()),
        _ => Ok(()),
    }
}

/// Lets a refused copy rest; answers whether it is not tried again. `before`: copies taken before this session.
fn note_refusal(rest: &mut Rest, row: OutboxId, before: usize, now: Instant) -> bool {
    metrics::counter!("posta_sent_copy_failures_total").increment(1);
    let fresh = || RowRest { strikes: 0, since: now, taken: before, backoff: row_backoff(), until: now };
    let taken = rest.taken;
    let row = rest.rows.entry(row).or_insert_with(fresh);
    row.strikes = row.strikes.saturating_add(u32::from(taken > row.taken));
    row.taken = taken;
    row.until = now + row.backoff.next_delay();
    row.strikes >= STRIKES && now.duration_since(row.since) >= PATIENCE
}

/// Appends the mails; answers what became of each, and what ended it early. A mail whose source is gone is done with.
fn file(
    account: &OpenAccount,
    due: &[(OutboxId, String)],
    read: &dyn Fn(&str) -> Result<Option<Vec<u8>>>,
    stopped: &dyn Fn() -> bool,
) -> (Filed, std::result::Result<(), Failed>) {
    let mut filed = Filed::default();
    let Some(settings) = &account.imap else { return (filed, Ok(())) };
    let mut append = || -> std::result::Result<(), Failed> {
        let mut session = imap::connect(settings, &Stopper::new())?;
        let folder = sent_folder(&mut session)?;
        for (row, source) in due {
            if stopped() {
                break;
            }
            match read(source)? {
                Some(raw) => match session.append(&folder, &raw, true) {
                    Err(ImapError::Refused(words)) => {
                        filed.refused.push((*row, words));
                        continue;
                    }
                    Err(error) => {
                        // The session is over; the next one begins with another copy.
                        filed.refused.push((*row, error.to_string()));
                        return Err(error.into());
                    }
                    Ok(()) => {}
                },
                None => tracing::warn!(outbox = row.0, "no copy of a sent mail can be filed: its source is missing"),
            }
            filed.done.push(*row);
        }
        session.logout();
        Ok(())
    };
    let ended = append();
    (filed, ended)
}

fn sent_folder(session: &mut dyn Mailbox) -> std::result::Result<String, ImapError> {
    let folders: Vec<Folder> = session.list_folders()?.into_iter().filter(|folder| folder.selectable).collect();
    let marked = folders.iter().find(|folder| folder.special == Some(SpecialUse::Sent));
    let named = || NAMES.iter().find_map(|name| folders.iter().find(|folder| folder.name.eq_ignore_ascii_case(name)));
    match marked.or_else(named) {
        Some(folder) => Ok(folder.name.clone()),
        None => {
            let name = "Sent";
            session.create_folder(name)?;
            Ok(name.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_given_up_only_after_a_day_and_beside_others_that_were_taken() {
        let begun = Instant::now();
        let hours = |hours: u64| begun + Duration::from_secs(hours * 3_600);
        let mut rest =
            Rest { revision: 1, backoff: backoff(), until: begun, refusals: 0, rows: HashMap::new(), taken: 0 };
        let row = OutboxId(1);
        // The mailbox is full: nothing else is taken either, however long.
        for hour in 0..60 {
            assert!(!note_refusal(&mut rest, row, 0, hours(hour)), "{hour}");
        }
        // Others are taken from now on.
        for (hour, given_up) in [(60, false), (61, false), (62, true)] {
            let before = rest.taken;
            rest.taken += 1;
            assert_eq!(note_refusal(&mut rest, row, before, hours(hour)), given_up, "{hour}");
        }
        // Another one, refused beside others from its first time on, has a day.
        let other = OutboxId(2);
        for hour in [100, 101, 102, 123] {
            let before = rest.taken;
            rest.taken += 1;
            assert!(!note_refusal(&mut rest, other, before, hours(hour)), "{hour}");
        }
        let before = rest.taken;
        rest.taken += 1;
        assert!(note_refusal(&mut rest, other, before, hours(124)));
    }
}
