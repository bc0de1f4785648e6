//! Keeps one session running for every account that is to be read: starts those that are missing, ends those whose
//! account changed or was switched off, and on a shared database only those whose lease this process holds.

use super::session::Visitor;
use crate::{
    campaigns::{
        MailServers,
        account::{self, AccountRevision},
    },
    kernel::{
        Core, Error, Result,
        db::Engine,
        events,
        workers::{self, lease::Lease},
    },
    mail::imap::Stopper,
};
use shared::{ids::AccountId, live::LiveEvent};
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, Notify};

struct Running {
    at: AccountRevision,
    stopper: Stopper,
    // Dropped to wake a session that sleeps.
    stop: Option<mpsc::SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn end(&mut self) {
        self.stop = None;
        self.stopper.stop();
    }

    fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

#[derive(Default)]
struct State {
    running: HashMap<AccountId, Running>,
    leases: HashMap<AccountId, Lease>,
}

/// Runs until the process stops; then waits for the sessions to come to a safe point.
pub async fn run(core: Core, servers: MailServers) {
    if core.settings.mail.start_paused {
        tracing::warn!("mail.start_paused is set: nothing is fetched");
        return;
    }
    let state = Arc::new(Mutex::new(State::default()));
    let wake = Arc::new(Notify::new());
    let listener =
        events::wake_on(core.clone(), Arc::clone(&wake), |event| matches!(event, LiveEvent::CampaignChanged { .. }));
    let worker =
        workers::run("inbox", core.stop.clone(), wake, || tick(core.clone(), servers.clone(), Arc::clone(&state)));
    tokio::join!(listener, worker);
    let mut state = state.lock().await;
    for session in state.running.values_mut() {
        session.end();
    }
    let threads: Vec<JoinHandle<()>> = state.running.values_mut().filter_map(|session| session.thread.take()).collect();
    let ended = tokio::task::spawn_blocking(move || {
        threads.into_iter().filter(|thread| !thread.is_finished()).for_each(|thread| drop(thread.join()))
    });
    if ended.await.is_err() {
        tracing::warn!("the mailbox sessions could not be waited for");
    }
    for (_, mut lease) in state.leases.drain() {
        // Another node takes it over in time if this fails.
        let _ = lease.release(&core.db).await;
    }
}

async fn tick(core: Core, servers: MailServers, state: Arc<Mutex<State>>) -> Result<Duration> {
    let mut state = state.lock().await;
    let wanted = core.db.read(|conn| Ok(account::accounts_to_fetch(conn)?)).await?;
    let mut mine = HashMap::new();
    for wanted in wanted {
        let id = wanted.account_id;
        let held = match core.db.engine() {
            Engine::Sqlite => true,
            Engine::Postgres => {
                let lease = state.leases.entry(id).or_insert_with(|| Lease::new(&core.node, format!("inbox/{id}")));
                lease.keep(&core.db, Instant::now()).await?
            }
        };
        if held {
            mine.insert(id, wanted.at_revision());
        }
    }
    for (id, session) in &mut state.running {
        if mine.get(id) != Some(&session.at) {
            session.end();
        }
    }
    state.running.retain(|_, session| !session.is_over());
    for (id, at) in mine {
        // A session of an older revision is let finish its batch before the next one begins.
        if let Entry::Vacant(vacant) = state.running.entry(id) {
            vacant.insert(start(&core, &servers, at)?);
        }
    }
    metrics::gauge!("posta_mailbox_sessions").set(f64::from(u32::try_from(state.running.len()).unwrap_or(u32::MAX)));
    Ok(Duration::from_secs(1))
}

fn start(core: &Core, servers: &MailServers, at: AccountRevision) -> Result<Running> {
    let stopper = Stopper::new();
    let (sender, receiver) = mpsc::sync_channel(1);
    let visitor = Visitor {
        core: core.clone(),
        servers: servers.clone(),
        at,
        stopper: stopper.clone(),
        stop: receiver,
        runtime: tokio::runtime::Handle::current(),
    };
    let thread = std::thread::Builder::new()
        .name(format!("mailbox-{}", at.account_id))
        .spawn(move || visitor.run())
        .map_err(Error::from)?;
    Ok(Running { at, stopper, stop: Some(sender), thread: Some(thread) })
}
