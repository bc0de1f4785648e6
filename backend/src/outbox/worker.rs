//! Sends what is due.
//!
//! `tick`: find accounts with something due → for each, as many claims as it has free connections, in one durable
//! transaction → a task for each mail: source, session, send, record. A connection carries its next mail only after the
//! outcome of the last is durable, so that a crash leaves at most one mail in doubt per open connection (R3).

use super::{
    queries::{self, Claimed},
    recorder::Recorder,
    verdict::{Tried, judge},
};
use crate::{
    campaigns::{
        MailServers,
        account::{self, AccountRevision},
    },
    kernel::{
        Core, Result,
        db::Engine,
        workers::{self, failpoint},
    },
    mail::smtp::{Accepted, Envelope, Pool, Reply},
};
use shared::{ids::AccountId, live::LiveEvent};
use std::{collections::HashMap, sync::Arc, time::Duration};
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
}

#[derive(Clone)]
struct Worker {
    core: Core,
    servers: MailServers,
    recorder: Recorder,
    senders: Arc<Mutex<HashMap<AccountId, Sender>>>,
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
        tasks: Arc::default(),
        wake: Arc::new(Notify::new()),
        core: core.clone(),
    };
    reclaim(&core).await;
    let listener = listen(core.clone(), Arc::clone(&worker.wake));
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

async fn listen(core: Core, wake: Arc<Notify>) {
    let mut events = core.hub.listen();
    loop {
        tokio::select! {
            () = core.stop.cancelled() => return,
            received = events.recv() => match received {
                Ok(event) => {
                    if matches!(event.event, LiveEvent::DeliveryChanged { .. } | LiveEvent::CampaignChanged { .. }) {
                        wake.notify_one();
                    }
                }
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => wake.notify_one(),
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            }
        }
    }
}

async fn tick(worker: Worker) -> Result<Duration> {
    let core = &worker.core;
    let now = core.now();
    while worker.tasks.lock().await.try_join_next().is_some() {}
    let due = core.db.read(move |conn| Ok(queries::accounts_due(conn, now)?)).await?;
    for (account, revision) in due {
        send_due(&worker, account, revision).await?;
    }
    let next = core.db.read(move |conn| Ok(queries::next_due(conn, now)?)).await?;
    let wait = next.map_or(Duration::from_secs(5), |at| at.since(core.now()).saturating_add(Duration::from_millis(1)));
    Ok(wait.min(Duration::from_secs(5)))
}

async fn send_due(worker: &Worker, account: AccountId, revision: i64) -> Result<()> {
    let core = &worker.core;
    let at = AccountRevision { account_id: account, revision };
    let mut senders = worker.senders.lock().await;
    if senders.get(&account).is_none_or(|sender| sender.at != at) {
        let (keys, servers) = (Arc::clone(&core.keys), worker.servers.clone());
        let opened = core.db.read(move |conn| account::open(conn, &keys, &servers, account)).await?;
        let pool = Pool::new(opened.smtp, core.settings.mail.connections, IDLE, MAILS);
        if let Some(old) = senders.insert(account, Sender { at: opened.at, pool, busy: Arc::default() }) {
            old.pool.close().await;
        }
    }
    let Some(sender) = senders.get(&account) else { return Ok(()) };
    let busy = sender.busy.load(std::sync::atomic::Ordering::Acquire);
    let free = i64::try_from(core.settings.mail.connections.saturating_sub(busy)).unwrap_or(0);
    if free == 0 {
        return Ok(());
    }
    let (node, now) = (Arc::clone(&core.node), core.now());
    let claimed = core.db.write(move |conn| Ok(queries::claim(conn, account, &node, free, now)?)).await?;
    failpoint::pass("outbox.claimed");
    for mail in claimed {
        sender.busy.fetch_add(1, std::sync::atomic::Ordering::AcqRel);
        let (worker, pool, busy, at) = (worker.clone(), Arc::clone(&sender.pool), Arc::clone(&sender.busy), sender.at);
        let tasks = Arc::clone(&worker.tasks);
        tasks.lock().await.spawn(async move {
            send_one(&worker, &pool, at, mail).await;
            busy.fetch_sub(1, std::sync::atomic::Ordering::AcqRel);
            worker.wake.notify_one();
        });
    }
    Ok(())
}

async fn send_one(worker: &Worker, pool: &Arc<Pool>, at: AccountRevision, mail: Claimed) {
    let core = &worker.core;
    if failpoint::mutant("outbox.recorded_first") {
        let early = Tried::Sent(Accepted { reply: Reply::new(250, "early"), refused: Vec::new() });
        worker.recorder.record(judge(&mail, early, core.now()).outcome).await;
        failpoint::pass("outbox.recorded");
    }
    let started = std::time::Instant::now();
    let (tried, lease) = attempt(core, pool, &mail).await;
    let sent = matches!(tried, Tried::Sent(_));
    if sent {
        failpoint::pass("outbox.accepted");
        metrics::counter!("posta_mails_sent_total").increment(1);
        metrics::histogram!("posta_send_seconds").record(started.elapsed());
    } else {
        metrics::counter!("posta_send_failures_total").increment(1);
        tracing::info!(outbox = mail.id.0, result = ?tried_in_words(&tried), "a mail was not sent at this try");
    }
    let verdict = judge(&mail, tried, core.now());
    if let Some(words) = verdict.stop_account {
        tracing::error!(account = at.account_id.0, "the outgoing server refuses the login; sending stops");
        let now = core.now();
        let stopped = core.db.write(move |conn| Ok(account::stop_sending(conn, at, &words, now)?)).await;
        if let Err(error) = stopped {
            tracing::warn!(%error, "the stop of an account could not be recorded");
        }
    }
    worker.recorder.record(verdict.outcome).await;
    failpoint::pass("outbox.recorded");
    // Only now may the connection carry another mail.
    drop(lease);
}

fn tried_in_words(tried: &Tried) -> String {
    match tried {
        Tried::Sent(_) => "sent".into(),
        Tried::NotSent(error) => error.to_string(),
        Tried::NoSession(error) => error.to_string(),
        Tried::Put(words) => words.clone(),
    }
}

async fn attempt(core: &Core, pool: &Arc<Pool>, mail: &Claimed) -> (Tried, Option<crate::mail::smtp::Lease>) {
    let raw = match core.blobs.get(&mail.source_hash).await {
        Ok(raw) => raw,
        Err(error) => return (Tried::Put(format!("its source cannot be read: {error}")), None),
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
                let (id, node, now) = (mail.id, Arc::clone(&core.node), core.now());
                core.db.read(move |conn| Ok(queries::is_claimed_by(conn, id, &node, now)?)).await.unwrap_or(false)
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
