//! Sends what is due.
//!
//! `tick`: find accounts with something due → for each, as many claims as it has free connections, in one durable
//! transaction → a task for each mail: source, session, send, record. A connection carries its next mail only after the
//! outcome of the last is durable, so that a crash leaves at most one mail in doubt per open connection (R3).
//!
//! One mail or one account that cannot be worked with holds up no other (H5): a mail whose source is gone has failed,
//! one that makes the sender panic is set aside after the third time, an account that cannot be opened rests.

use super::{
    flights::Flights,
    queries::{self, Claimed},
    recorder::Recorder,
    verdict::{Tried, judge},
    watch::{self, Watch},
};
use crate::{
    campaigns::{
        MailServers,
        account::{self, AccountRevision},
        grant::{self, NoToken},
    },
    kernel::{
        Core, Error, Result,
        db::Engine,
        events,
        workers::{self, backoff::Backoff, failpoint},
    },
    mail::{
        oauth::OauthError,
        smtp::{Accepted, Envelope, Pool, Reply},
    },
};
use futures_util::FutureExt as _;
use shared::{error::ErrorCode, ids::AccountId, live::LiveEvent, time::Timestamp};
use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{Mutex, Notify},
    task::JoinSet,
};

/// A free connection is closed after.
const IDLE: Duration = Duration::from_secs(60);
/// Mails over one connection.
const MAILS: usize = 100;

struct Sender {
    at: AccountRevision,
    pool: Arc<Pool>,
    busy: Arc<std::sync::atomic::AtomicUsize>,
    /// Signs in with a token, which is to be used until then.
    oauth_until: Option<Timestamp>,
}

/// An account with which something is wrong on our side; an edit of it ends the rest.
struct Resting {
    revision: i64,
    backoff: Backoff,
    until: Instant,
}

/// When the claims were last looked after, and what is known of other nodes.
#[derive(Default)]
struct Tended {
    last: Option<Instant>,
    watch: Watch,
}

#[derive(Clone)]
struct Worker {
    core: Core,
    servers: MailServers,
    recorder: Recorder,
    senders: Arc<Mutex<HashMap<AccountId, Sender>>>,
    resting: Arc<parking_lot::Mutex<HashMap<AccountId, Resting>>>,
    /// Revisions of accounts whose token was renewed as a server did not take it.
    renewed: Arc<parking_lot::Mutex<HashMap<AccountId, i64>>>,
    flights: Flights,
    tended: Arc<Mutex<Tended>>,
    tasks: Arc<Mutex<JoinSet<()>>>,
    wake: Arc<Notify>,
}

/// Runs until the process stops; mails that are with a server then are waited for.
pub async fn run(core: Core, servers: MailServers) {
    if core.settings.mail.start_paused {
        tracing::warn!("mail.start_paused is set: nothing is sent");
        return;
    }
    let worker = Worker {
        recorder: Recorder::start(core.clone()),
        servers,
        senders: Arc::default(),
        resting: Arc::default(),
        renewed: Arc::default(),
        flights: Flights::default(),
        tended: Arc::default(),
        tasks: Arc::default(),
        wake: Arc::new(Notify::new()),
        core: core.clone(),
    };
    reclaim(&core).await;
    let listener = events::wake_on(core.clone(), Arc::clone(&worker.wake), |event| {
        matches!(event, LiveEvent::DeliveryChanged { .. } | LiveEvent::CampaignChanged { .. })
    });
    let ticking = workers::run("outbox", core.stop.clone(), Arc::clone(&worker.wake), || tick(worker.clone()));
    tokio::join!(listener, ticking);
    let mut tasks = worker.tasks.lock().await;
    while tasks.join_next().await.is_some() {}
}

/// Takes up what is marked as being sent and was left by a process that died: on SQLite, where this one is alone, all;
/// else what bears its name.
async fn reclaim(core: &Core) {
    let owner = (core.db.engine() == Engine::Postgres).then(|| Arc::clone(&core.node));
    let mut backoff = workers::backoff::Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
    loop {
        let owner = owner.clone();
        match core.db.write(move |conn| Ok(queries::reclaim(conn, owner.as_deref())?)).await {
            Ok(_) => return,
            Err(error) => tracing::warn!(%error, "mail of an earlier run could not be taken up yet"),
        }
        tokio::select! {
            () = core.stop.cancelled() => return,
            () = tokio::time::sleep(backoff.next_delay()) => {}
        }
    }
}

async fn tick(worker: Worker) -> Result<Duration> {
    let core = &worker.core;
    while worker.tasks.lock().await.try_join_next().is_some() {}
    tend(&worker).await?;
    let now = core.now();
    let due = core.db.read(move |conn| Ok(queries::accounts_due(conn, now)?)).await?;
    for (account, revision) in due {
        if worker.rests(account, revision) {
            continue;
        }
        match send_due(&worker, account, revision).await {
            Ok(()) => {
                worker.resting.lock().remove(&account);
            }
            // Not the account's fault; the others would fare alike.
            Err(error) if error.code() == ErrorCode::Unavailable => return Err(error),
            Err(error) => worker.rest(account, revision, &error),
        }
    }
    let next = core.db.read(move |conn| Ok(queries::next_due(conn, now)?)).await?;
    let wait = next.map_or(Duration::from_secs(5), |at| at.since(core.now()).saturating_add(Duration::from_millis(1)));
    Ok(wait.min(Duration::from_secs(5)))
}

/// Looks after claims from time to time: gives back those of this node that nobody sends, renews the others, and takes
/// over those of nodes that died.
async fn tend(worker: &Worker) -> Result<()> {
    let mut tended = worker.tended.lock().await;
    if tended.last.is_some_and(|last| last.elapsed() < watch::EVERY) {
        return Ok(());
    }
    let core = &worker.core;
    let node = Arc::clone(&core.node);
    let claimed = core.db.read(move |conn| Ok(queries::claimed_by(conn, &node)?)).await?;
    let lost = worker.flights.missing(claimed);
    if !lost.is_empty() {
        let node = Arc::clone(&core.node);
        let count = core.db.write(move |conn| Ok(queries::give_back(conn, &node, &lost)?)).await?;
        if count > 0 {
            tracing::warn!(count, "mail was claimed and not sent; it is given back");
        }
    }
    if core.db.engine() == Engine::Postgres {
        let (node, ids, now) = (Arc::clone(&core.node), worker.flights.ids(), core.now());
        if !ids.is_empty() {
            core.db.write(move |conn| Ok(queries::renew(conn, &node, &ids, now)?)).await?;
        }
        let node = Arc::clone(&core.node);
        let signs = core.db.read(move |conn| Ok(queries::holders(conn, &node)?)).await?;
        for (owner, heard) in tended.watch.look(signs, Instant::now()) {
            let dead = owner.clone();
            let count = core.db.write(move |conn| Ok(queries::take_over(conn, &dead, heard)?)).await?;
            if count > 0 {
                tracing::warn!(owner, count, "a node died with mail in its hands; it is taken over");
            }
        }
    }
    tended.last = Some(Instant::now());
    Ok(())
}

impl Worker {
    fn rests(&self, account: AccountId, revision: i64) -> bool {
        self.resting.lock().get(&account).is_some_and(|rest| rest.revision == revision && rest.until > Instant::now())
    }

    fn rest(&self, account: AccountId, revision: i64, error: &Error) {
        let mut resting = self.resting.lock();
        let fresh = || Resting {
            revision,
            backoff: Backoff::new(Duration::from_secs(5), Duration::from_secs(900)),
            until: Instant::now(),
        };
        let rest = resting.entry(account).or_insert_with(fresh);
        if rest.revision != revision {
            *rest = fresh();
        }
        let pause = rest.backoff.next_delay();
        rest.until = Instant::now() + pause;
        metrics::counter!("posta_send_failures_total").increment(1);
        tracing::error!(account = account.0, %error, retry_in_ms = pause.as_millis(), "mail of an account cannot be sent");
    }
}

async fn send_due(worker: &Worker, account: AccountId, revision: i64) -> Result<()> {
    let core = &worker.core;
    let at = AccountRevision { account_id: account, revision };
    let mut senders = worker.senders.lock().await;
    let is_stale = |sender: &Sender| sender.at != at || sender.oauth_until.is_some_and(|until| until <= core.now());
    if senders.get(&account).is_none_or(is_stale) {
        let opened = match account::open_fresh(core, &worker.servers, account).await {
            Ok(opened) => opened,
            Err(NoToken::Oauth(error @ OauthError::SignInAgain(_))) => {
                stop_account(core, at, &error.to_string()).await;
                return Ok(());
            }
            Err(NoToken::Oauth(error)) => return Err(Error::Internal(error.to_string())),
            Err(NoToken::Ours(error)) => return Err(error),
        };
        let pool = Pool::new(opened.smtp, core.settings.mail.connections, IDLE, MAILS);
        if let Some(old) = senders
            .insert(account, Sender { at: opened.at, pool, busy: Arc::default(), oauth_until: opened.oauth_until })
        {
            // A server that takes its time over the goodbye holds up nobody.
            worker.tasks.lock().await.spawn(async move { old.pool.close().await });
        }
    }
    let Some(sender) = senders.get(&account) else { return Ok(()) };
    let busy = sender.busy.load(std::sync::atomic::Ordering::Acquire);
    let free = i64::try_from(core.settings.mail.connections.saturating_sub(busy)).unwrap_or(0);
    if free == 0 {
        return Ok(());
    }
    let (node, now, give_up) = (Arc::clone(&core.node), core.now(), give_up(core));
    let claimed = core.db.write(move |conn| Ok(queries::claim(conn, account, &node, free, give_up, now)?)).await?;
    failpoint::pass("outbox.claimed");
    for mail in claimed {
        let flight = worker.flights.begin(mail.id, Arc::clone(&sender.busy), Arc::clone(&worker.wake));
        let (worker, pool, at) = (worker.clone(), Arc::clone(&sender.pool), sender.at);
        let tasks = Arc::clone(&worker.tasks);
        tasks.lock().await.spawn(async move {
            // Ends when the outcome is durable, or with a panic: never while somebody might still send the mail.
            let _flight = flight;
            if AssertUnwindSafe(send_one(&worker, &pool, at, &mail)).catch_unwind().await.is_err() {
                set_aside(&worker, &mail).await;
            }
        });
    }
    Ok(())
}

/// How long a mail is tried.
fn give_up(core: &Core) -> Duration {
    Duration::from_secs(core.settings.mail.give_up_hours.saturating_mul(3_600))
}

/// Sending panicked: whatever it is about this mail must not stop the others, nor go on for ever.
async fn set_aside(worker: &Worker, mail: &Claimed) {
    let times = worker.flights.crashed(mail.id);
    metrics::counter!("posta_send_failures_total").increment(1);
    tracing::error!(outbox = mail.id.0, times, "sending a mail panicked");
    let verdict = judge(mail, Tried::Panicked { times }, worker.core.now());
    worker.recorder.record(verdict.outcome).await;
}

async fn send_one(worker: &Worker, pool: &Arc<Pool>, at: AccountRevision, mail: &Claimed) {
    let core = &worker.core;
    if failpoint::mutant("outbox.recorded_first") {
        let early = Tried::Sent(Accepted { reply: Reply::new(250, "early"), refused: Vec::new() });
        worker.recorder.record(judge(mail, early, core.now()).outcome).await;
        failpoint::pass("outbox.recorded");
    }
    let started = std::time::Instant::now();
    let (tried, lease) = attempt(core, pool, mail).await;
    let sent = matches!(tried, Tried::Sent(_));
    if sent {
        failpoint::pass("outbox.accepted");
        metrics::counter!("posta_mails_sent_total").increment(1);
        metrics::histogram!("posta_send_seconds").record(started.elapsed());
    } else {
        metrics::counter!("posta_send_failures_total").increment(1);
        tracing::info!(outbox = mail.id.0, result = ?tried_in_words(&tried), "a mail was not sent at this try");
    }
    let verdict = judge(mail, tried, core.now());
    if let Some(words) = verdict.stop_account
        && !renew_token(worker, at).await
    {
        stop_account(core, at, &words).await;
    }
    if sent {
        worker.renewed.lock().remove(&at.account_id);
    }
    worker.recorder.record(verdict.outcome).await;
    failpoint::pass("outbox.recorded");
    worker.flights.forget_crashes(mail.id);
    // Only now may the connection carry another mail.
    drop(lease);
}

/// A server that does not take a token gets a fresh one, once: the grant itself may be good. Answers whether it is worth
/// a try.
async fn renew_token(worker: &Worker, at: AccountRevision) -> bool {
    let id = at.account_id;
    let mut senders = worker.senders.lock().await;
    if senders.get(&id).is_none_or(|sender| sender.oauth_until.is_none()) {
        return false;
    }
    if worker.renewed.lock().insert(id, at.revision) == Some(at.revision) {
        return false;
    }
    let distrusted = worker.core.db.write(move |conn| Ok(grant::distrust(conn, id)?)).await.is_ok();
    if let Some(old) = senders.remove(&id) {
        worker.tasks.lock().await.spawn(async move { old.pool.close().await });
    }
    distrusted
}

/// Sending stops until the account is saved again (R9).
async fn stop_account(core: &Core, at: AccountRevision, words: &str) {
    tracing::error!(account = at.account_id.0, "the outgoing server refuses the login; sending stops");
    let (now, words) = (core.now(), words.to_owned());
    let stopped = core.db.write(move |conn| Ok(account::stop_sending(conn, at, &words, now)?)).await;
    if let Err(error) = stopped {
        tracing::warn!(%error, "the stop of an account could not be recorded");
    }
}

fn tried_in_words(tried: &Tried) -> String {
    match tried {
        Tried::Sent(_) => "sent".into(),
        Tried::NotSent(error) => error.to_string(),
        Tried::NoSession(error) => error.to_string(),
        Tried::SourceGone | Tried::Panicked { .. } => format!("{tried:?}"),
        Tried::Unreadable(words) | Tried::Put(words) => words.clone(),
    }
}

async fn attempt(core: &Core, pool: &Arc<Pool>, mail: &Claimed) -> (Tried, Option<crate::mail::smtp::Lease>) {
    let raw = match core.blobs.get(&mail.source_hash).await {
        Ok(raw) => raw,
        Err(error) if error.code() == ErrorCode::NotFound => return (Tried::SourceGone, None),
        Err(error) => return (Tried::Unreadable(format!("its source cannot be read: {error}")), None),
    };
    let mut lease = tokio::select! {
        biased;
        () = core.stop.cancelled() => return (Tried::Put("the server stops".into()), None),
        taken = pool.take() => match taken {
            Ok(lease) => lease,
            Err(error) => return (Tried::NoSession(error), None),
        },
    };
    let envelope = Envelope { from: mail.envelope_from.clone(), to: mail.pending.clone() };
    // On a shared database another node may have taken the row over while this one stood still (R5).
    let guard = async {
        match core.db.engine() {
            Engine::Sqlite => true,
            Engine::Postgres => {
                let (id, node) = (mail.id, Arc::clone(&core.node));
                core.db.read(move |conn| Ok(queries::is_claimed_by(conn, id, &node)?)).await.unwrap_or(false)
            }
        }
    };
    let sent = tokio::select! {
        sent = lease.send_if(&envelope, &raw, guard) => sent,
        // What is given up midway leaves its session broken; the pool does not take it back.
        () = patience_ends(core) => return (Tried::Put("the server stops".into()), None),
    };
    match sent {
        Ok(accepted) => (Tried::Sent(accepted), Some(lease)),
        Err(error) => (Tried::NotSent(error), Some(lease)),
    }
}

/// Ends when the process stops and a server has had most of the time left for its answer; the rest is for giving its
/// mail back (R16).
async fn patience_ends(core: &Core) {
    core.stop.cancelled().await;
    tokio::time::sleep(Duration::from_secs(core.settings.server.stop_seconds).mul_f64(0.6)).await;
}
