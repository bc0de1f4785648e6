//! One account's session with its server, on a thread of its own.

use super::{
    act::{self, Hand},
    compare,
    fetch::{Errand, Strikes},
    queries,
    queries::{Beginning, MailboxRow},
    store::Place,
};
use crate::{
    campaigns::{
        MailServers,
        account::{self, AccountRevision, After, OpenAccount},
        grant::{self, NoToken},
    },
    kernel::{Core, Error, workers::backoff::Backoff},
    mail::{
        imap::{self, IdleOutcome, ImapError, Mailbox, Selected, Stopper},
        oauth::OauthError,
    },
};
use shared::{api::campaigns::AccountHealth, time::Timestamp};
use std::{
    collections::{BTreeMap, HashMap},
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

/// Longest wait in IDLE. A server that says nothing in it, or a connection that died in silence, is noticed by then: well
/// within the minute of R8.
const IDLE: Duration = Duration::from_secs(50);
/// How often ledger and server are compared.
const COMPARE: Duration = Duration::from_secs(3_600);
/// Batches that are fetched before what they brought is marked or moved. Mail may come faster than a busy machine fetches
/// it: whoever waits for the end of the list waits for ever.
const STRETCH: usize = 10;
/// Refused logins in a row after which the account is stopped: a server that is just restarting may refuse once.
const REFUSALS: u32 = 2;

/// What a session runs on.
pub struct Visitor {
    /// Kernel.
    pub core: Core,
    /// Connection settings.
    pub servers: MailServers,
    /// Account and revision.
    pub at: AccountRevision,
    /// Ends the session from outside.
    pub stopper: Stopper,
    /// Disconnected when the session shall end; sleeping on it is interruptible.
    pub stop: Receiver<()>,
    /// Runs async work of the kernel from this thread.
    pub runtime: tokio::runtime::Handle,
}

/// Why a session ended.
#[derive(Debug)]
pub enum End {
    /// The server, or the way to it.
    Imap(ImapError),
    /// What was fetched could not be stored.
    Ours(Error),
}

impl From<ImapError> for End {
    fn from(error: ImapError) -> Self {
        Self::Imap(error)
    }
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<NoToken> for End {
    fn from(error: NoToken) -> Self {
        match error {
            NoToken::Oauth(OauthError::SignInAgain(_)) => Self::Imap(ImapError::RefusedLogin(error.to_string())),
            NoToken::Oauth(_) => Self::Imap(ImapError::Unavailable(error.to_string())),
            NoToken::Ours(error) => Self::Ours(error),
        }
    }
}

/// What is to be done when a server does not take a token.
fn refused_token(account: &OpenAccount, error: ImapError) -> ImapError {
    match error {
        ImapError::RefusedLogin(words) if account.oauth_until.is_some() => {
            ImapError::RefusedLogin(format!("sign in again: {words}"))
        }
        error => error,
    }
}

/// How far a session came.
struct Progress {
    /// The server took the login.
    logged_in: bool,
    /// The account counts as connected.
    healthy: bool,
    /// What the session before had fetched could not be stored: this one is healthy only once it has stored its mail.
    doubted: bool,
}

/// Strikes of each folder.
type AllStrikes = HashMap<String, Strikes>;

/// A folder that is selected.
struct Open<'a> {
    folder: &'a str,
    row: MailboxRow,
    place: Place,
    /// Nothing was acted upon yet in this session.
    first: bool,
    /// The server refused to act; when to ask again.
    act_again: Option<Instant>,
}

/// What is wrong with single folders, while mail is read all the same.
#[derive(Default)]
struct Troubles {
    by_folder: BTreeMap<String, String>,
    changed: bool,
}

impl Troubles {
    fn set(&mut self, folder: &str, words: Option<String>) {
        let before = match &words {
            Some(words) => self.by_folder.insert(folder.to_owned(), words.clone()),
            None => self.by_folder.remove(folder),
        };
        self.changed |= before != words;
    }
}

impl Visitor {
    /// Runs until stopped, or until the server has refused the login for good.
    pub fn run(self) {
        // R8: well again within a minute of the server's return.
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        let mut refusals = 0;
        let mut storing_failed = false;
        let mut strikes = AllStrikes::new();
        while !self.stopper.is_stopped() {
            let mut progress = Progress { logged_in: false, healthy: false, doubted: storing_failed };
            let end = self.session(&mut progress, &mut strikes);
            if progress.logged_in {
                refusals = 0;
            }
            if progress.healthy {
                backoff.reset();
            }
            storing_failed = matches!(end, Err(End::Ours(_)));
            match end {
                Ok(()) | Err(End::Imap(ImapError::Stopped)) => {}
                Err(End::Imap(ImapError::RefusedLogin(words))) => {
                    refusals += 1;
                    self.distrust();
                    let stop = refusals >= REFUSALS;
                    let health = if stop { AccountHealth::Stopped } else { AccountHealth::Failing };
                    self.note_health(health, Some(&words));
                    if stop {
                        tracing::error!(
                            account = self.at.account_id.0,
                            "the incoming server refuses the login; stopped"
                        );
                        return;
                    }
                }
                Err(End::Imap(error)) => {
                    metrics::counter!("posta_imap_failures_total").increment(1);
                    tracing::warn!(account = self.at.account_id.0, %error, "a mailbox session ended");
                    self.note_health(AccountHealth::Failing, Some(&error.to_string()));
                }
                Err(End::Ours(error)) => {
                    metrics::counter!("posta_inbox_failures_total").increment(1);
                    tracing::warn!(account = self.at.account_id.0, %error, "fetched mail could not be stored yet");
                    // Nothing is fetched meanwhile, whosever fault it is. The log has the details.
                    self.note_health(AccountHealth::Failing, Some(&format!("Posta: {}", error.code().title())));
                }
            }
            if self.sleep(backoff.next_delay()) {
                return;
            }
        }
    }

    /// Sleeps; answers whether it is time to end.
    fn sleep(&self, time: Duration) -> bool {
        !matches!(self.stop.recv_timeout(time), Err(RecvTimeoutError::Timeout))
    }

    /// The next session signs in with a fresh token, if it signs in with one.
    fn distrust(&self) {
        let noted = self.core.db.write_here(|conn| Ok(grant::distrust(conn, self.at.account_id)?));
        if let Err(error) = noted {
            tracing::debug!(%error, "a refused token could not be noted");
        }
    }

    fn note_connected(&self, progress: &mut Progress) {
        self.note_health(AccountHealth::Connected, None);
        progress.healthy = true;
    }

    fn note_health(&self, health: AccountHealth, error: Option<&str>) {
        let noted =
            self.core.db.write_here(|conn| Ok(account::set_health(conn, self.at, health, error, self.core.now())?));
        if let Err(error) = noted {
            tracing::debug!(%error, "the health of an account could not be noted");
        }
    }

    fn session(&self, progress: &mut Progress, strikes: &mut AllStrikes) -> std::result::Result<(), End> {
        let core = &self.core;
        let account = self.runtime.block_on(account::open_fresh(core, &self.servers, self.at.account_id))?;
        let Some(settings) = account.imap.as_ref().filter(|_| account.at == self.at) else { return Ok(()) };
        let [watched, others @ ..] = account.reading.folders.as_slice() else { return Ok(()) };
        let poll = Duration::from_secs(core.settings.mail.poll_seconds);
        let mut session = imap::connect(settings, &self.stopper).map_err(|error| refused_token(&account, error))?;
        let mut troubles = Troubles::default();
        let mut open = self.open(&mut session, &account, watched)?;
        progress.logged_in = true;
        if !progress.doubted {
            self.note_connected(progress);
        }
        let mut can_idle = core.settings.mail.idle;
        let mut others_due = Instant::now();
        loop {
            self.read(&mut session, &account, &mut open, strikes, &mut troubles)?;
            if !progress.healthy {
                self.note_connected(progress);
            }
            if !others.is_empty() && others_due <= Instant::now() {
                for other in others {
                    self.look_into(&mut session, &account, other, strikes, &mut troubles)?;
                }
                others_due = Instant::now() + poll;
                // What came into the first one meanwhile was told to nobody.
                let first = open.first;
                open = self.open(&mut session, &account, watched)?;
                open.first = first;
                continue;
            }
            self.tell(&mut troubles);
            let rest = if others.is_empty() { IDLE } else { others_due.saturating_duration_since(Instant::now()) };
            let outcome = if can_idle {
                match session.idle(rest.min(IDLE)) {
                    Err(ImapError::Refused(_)) => {
                        can_idle = false;
                        continue;
                    }
                    outcome => outcome?,
                }
            } else {
                if self.sleep(poll) {
                    session.logout();
                    return Ok(());
                }
                session.noop()?
            };
            if outcome == IdleOutcome::TimedOut && can_idle {
                // A connection that died in silence shows here.
                session.noop()?;
            }
        }
    }

    /// Selects a folder.
    fn open<'a>(
        &self,
        session: &mut dyn Mailbox,
        account: &'a OpenAccount,
        folder: &'a str,
    ) -> std::result::Result<Open<'a>, End> {
        let selected = session.select(folder)?;
        let row = self.row(session, account, folder, selected)?;
        let place = Place {
            account: self.at.account_id,
            mailbox: row.id,
            uid_validity: selected.uid_validity,
            acts: *account.reading.after_in(folder) != After::Leave,
            history_to: u32::try_from(row.history_to).unwrap_or(u32::MAX),
        };
        Ok(Open { folder, row, place, first: true, act_again: None })
    }

    /// Looks into a folder that is not watched. One that cannot be opened is a trouble, and the others are read.
    fn look_into(
        &self,
        session: &mut dyn Mailbox,
        account: &OpenAccount,
        folder: &str,
        strikes: &mut AllStrikes,
        troubles: &mut Troubles,
    ) -> std::result::Result<(), End> {
        let opened = match act::may_be_there(session, folder)? {
            true => self.open(session, account, folder),
            // It is made for the first mail that is moved there.
            false if account.reading.is_target(folder) => return Ok(()),
            false => Err(ImapError::Refused("there is no such folder".into()).into()),
        };
        match opened {
            Ok(mut open) => self.read(session, account, &mut open, strikes, troubles),
            Err(End::Imap(ImapError::Refused(words))) => {
                troubles.set(folder, Some(format!("the folder “{folder}” cannot be read: {words}")));
                Ok(())
            }
            Err(end) => Err(end),
        }
    }

    /// Fetches what is new in the folder that is open, acts on what was stored, compares from time to time.
    fn read(
        &self,
        session: &mut dyn Mailbox,
        account: &OpenAccount,
        open: &mut Open<'_>,
        strikes: &mut AllStrikes,
        troubles: &mut Troubles,
    ) -> std::result::Result<(), End> {
        let core = &self.core;
        let strikes = strikes.entry(open.folder.to_owned()).or_default();
        let errand = Errand { core, runtime: &self.runtime, stopper: &self.stopper, account, place: open.place };
        let after = u32::try_from(open.row.last_uid).unwrap_or(u32::MAX);
        // `n:*` always names the last mail, new or not.
        let found: Vec<(u32, u32)> = session.uids_above(after)?.into_iter().filter(|(uid, _)| *uid > after).collect();
        if found.is_empty() {
            core.db.write_here(|conn| Ok(account::note_fetch(conn, self.at, core.now())?))?;
        }
        // What a dead session left to be done on the server comes before a long backlog, not after it.
        if open.first || open.act_again.is_some_and(|due| due <= Instant::now()) {
            self.act(session, account, open, troubles)?;
        }
        // A server that refuses is not asked again after each stretch of a long backlog.
        let mut does = true;
        for stretch in found.chunks(self.stretch()) {
            let reached = errand.fetch(session, stretch, strikes)?;
            open.row.last_uid = open.row.last_uid.max(i64::from(reached));
            does = does && self.act(session, account, open, troubles)?;
        }
        if open.row.compared_at.is_none_or(|at| core.now().since(at) >= COMPARE) {
            let missing = compare::missing::<End>(core, session, open.place, &open.row)?;
            for stretch in missing.chunks(self.stretch()) {
                errand.fetch(session, stretch, strikes)?;
                does = does && self.act(session, account, open, troubles)?;
            }
            open.row.compared_at = Some(core.now());
        }
        Ok(())
    }

    /// Mails that are fetched before the server is told what became of them.
    fn stretch(&self) -> usize {
        usize::try_from(self.core.settings.mail.batch_mails).unwrap_or(usize::MAX).saturating_mul(STRETCH)
    }

    /// Marks or moves what was stored from the folder that is open. Answers whether the server did it; if not, it is asked again
    /// after a while, and when mail comes.
    fn act(
        &self,
        session: &mut dyn Mailbox,
        account: &OpenAccount,
        open: &mut Open<'_>,
        troubles: &mut Troubles,
    ) -> std::result::Result<bool, End> {
        let hand = Hand {
            core: &self.core,
            place: open.place,
            folder: open.folder,
            after: account.reading.after_in(open.folder),
            first: open.first,
        };
        let trouble = hand.act(session)?;
        open.first = trouble.is_some();
        let poll = Duration::from_secs(self.core.settings.mail.poll_seconds);
        open.act_again = trouble.as_ref().map(|_| Instant::now() + poll);
        troubles.set(open.folder, trouble);
        Ok(open.act_again.is_none())
    }

    /// Shows what is wrong with single folders, and that it is well again.
    fn tell(&self, troubles: &mut Troubles) {
        if std::mem::take(&mut troubles.changed) {
            match troubles.by_folder.values().next() {
                Some(words) => {
                    tracing::warn!(account = self.at.account_id.0, trouble = words, "a mailbox is read with trouble");
                    self.note_health(AccountHealth::Failing, Some(words));
                }
                None => self.note_health(AccountHealth::Connected, None),
            }
        }
    }

    /// The mailbox's row, begun or started over where needed.
    fn row(
        &self,
        session: &mut dyn Mailbox,
        account: &OpenAccount,
        folder: &str,
        selected: Selected,
    ) -> std::result::Result<MailboxRow, End> {
        let core = &self.core;
        let settings = account.imap.as_ref();
        let origin = queries::Origin {
            account: self.at.account_id,
            folder,
            login: settings.map_or("", |settings| &settings.user),
            host: settings.map_or("", |settings| &settings.endpoint.host),
        };
        let known = core.db.read_here(|conn| Ok(queries::mailbox(conn, self.at.account_id, folder)?))?;
        let Some(known) = known else {
            let beginning = begin(session, account.import_days, selected, core.now())?;
            return Ok(core.db.write_here(|conn| Ok(queries::open_mailbox(conn, origin, beginning, core.now())?))?);
        };
        let (same_login, same_host) = (known.login == origin.login, known.host == origin.host);
        if same_login && same_host && known.uid_validity == Some(i64::from(selected.uid_validity)) {
            return Ok(known);
        }
        tracing::warn!(
            mailbox = known.id.0,
            same_login,
            same_host,
            "the mailbox or its UIDVALIDITY is another one; known mail is recognised"
        );
        if same_login {
            // The same mail, numbered anew. What lay there before the first connection is still none of ours; by the
            // day, which is all that IMAP tells.
            let since = session.uids_since(known.opened_at.millis())?;
            let last = last_uid(session, selected)?;
            let skipped_to = since.first().map_or(last, |first| first.saturating_sub(1));
            core.db.write_here(|conn| {
                if !same_host {
                    queries::move_mailbox(conn, known.id, origin)?;
                }
                Ok(queries::start_over(conn, known.id, selected.uid_validity, skipped_to)?)
            })?;
        } else {
            let beginning = begin(session, account.import_days, selected, core.now())?;
            core.db.write_here(|conn| {
                queries::move_mailbox(conn, known.id, origin)?;
                Ok(queries::begin_again(conn, known.id, beginning, core.now())?)
            })?;
        }
        let again = core.db.read_here(|conn| Ok(queries::mailbox(conn, self.at.account_id, folder)?))?;
        again.ok_or_else(|| End::Ours(Error::Internal("a mailbox vanished".into())))
    }
}

/// Where a folder begins: from now, or with the last days as history (S18).
fn begin(
    session: &mut dyn Mailbox,
    import_days: u32,
    selected: Selected,
    now: Timestamp,
) -> std::result::Result<Beginning, ImapError> {
    let last = last_uid(session, selected)?;
    let uid_validity = selected.uid_validity;
    if import_days == 0 {
        return Ok(Beginning { uid_validity, skipped_to: last, history_to: last });
    }
    let days = Duration::from_secs(u64::from(import_days).saturating_mul(86_400));
    let since = session.uids_since(now.minus(days).millis())?;
    let skipped_to = since.first().map_or(last, |first| first.saturating_sub(1));
    Ok(Beginning { uid_validity, skipped_to, history_to: last })
}

/// The highest UID that was given so far; 0 in a mailbox that never had a mail.
fn last_uid(session: &mut dyn Mailbox, selected: Selected) -> std::result::Result<u32, ImapError> {
    match selected.uid_next {
        Some(next) => Ok(next.saturating_sub(1)),
        None => Ok(session.all_uids()?.last().copied().unwrap_or(0)),
    }
}
