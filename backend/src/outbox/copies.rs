//! Copies of what was sent, appended to the account's Sent folder, for those who also look at the mailbox with another
//! program. A convenience: it delays no mail, and a crash between the server's answer and our note can leave a copy
//! twice (the mail itself went once).

use super::queries;
use crate::{
    campaigns::{
        MailServers,
        account::{self, OpenAccount},
    },
    kernel::{
        Core, Error, Result,
        db::connection::blocking,
        workers::{self, backoff::Backoff},
    },
    mail::imap::{self, Folder, ImapError, Mailbox, SpecialUse, Stopper},
};
use shared::{
    ids::{AccountId, OutboxId},
    live::LiveEvent,
};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, Notify, broadcast::error::RecvError};

/// Most copies of one session.
const BATCH: i64 = 20;
/// Names of the Sent folder where the server does not tell which one it is.
const NAMES: [&str; 5] = ["Sent", "Sent Items", "Sent Messages", "Enviados", "Elementos enviados"];

#[derive(Default)]
struct Resting {
    accounts: HashMap<AccountId, (Backoff, Instant)>,
}

/// Runs until the process stops.
pub async fn run(core: Core, servers: MailServers) {
    if core.settings.mail.start_paused {
        return;
    }
    let wake = Arc::new(Notify::new());
    let resting = Arc::new(Mutex::new(Resting::default()));
    let listener = listen(core.clone(), Arc::clone(&wake));
    let worker =
        workers::run("copies", core.stop.clone(), wake, || tick(core.clone(), servers.clone(), Arc::clone(&resting)));
    tokio::join!(listener, worker);
}

async fn listen(core: Core, wake: Arc<Notify>) {
    let mut events = core.hub.listen();
    loop {
        tokio::select! {
            () = core.stop.cancelled() => return,
            received = events.recv() => match received {
                Ok(event) if matches!(event.event, LiveEvent::DeliveryChanged { .. }) => wake.notify_one(),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => wake.notify_one(),
                Err(RecvError::Closed) => return,
            }
        }
    }
}

async fn tick(core: Core, servers: MailServers, resting: Arc<Mutex<Resting>>) -> Result<Duration> {
    let mut resting = resting.lock().await;
    let accounts = core.db.read(|conn| Ok(queries::accounts_with_copies(conn)?)).await?;
    for id in accounts {
        if resting.accounts.get(&id).is_some_and(|(_, until)| *until > Instant::now()) || core.stop.is_cancelled() {
            continue;
        }
        match copy(&core, &servers, id).await {
            Ok(()) => {
                resting.accounts.remove(&id);
            }
            Err(error) => {
                let fresh = || (Backoff::new(Duration::from_secs(5), Duration::from_secs(900)), Instant::now());
                let entry = resting.accounts.entry(id).or_insert_with(fresh);
                entry.1 = Instant::now() + entry.0.next_delay();
                metrics::counter!("posta_sent_copy_failures_total").increment(1);
                tracing::info!(account = id.0, %error, "copies of sent mail could not be filed yet");
            }
        }
    }
    // Copies are taken some at a time: mail that goes out in the meantime shares the next session.
    Ok(Duration::from_secs(2))
}

async fn copy(core: &Core, servers: &MailServers, id: AccountId) -> Result<()> {
    let (keys, servers) = (Arc::clone(&core.keys), servers.clone());
    let account = core.db.read(move |conn| account::open(conn, &keys, &servers, id)).await?;
    let due: Vec<(OutboxId, String)> = core.db.read(move |conn| Ok(queries::copies_due(conn, id, BATCH)?)).await?;
    let mut mails = Vec::new();
    for (row, source) in due {
        mails.push((row, core.blobs.get(&source).await?));
    }
    let stop = core.stop.clone();
    let (filed, failed) = blocking(move || Ok(file(&account, mails, &|| stop.is_cancelled()))).await?;
    core.db.write(move |conn| Ok(queries::note_copied(conn, &filed)?)).await?;
    match failed {
        None | Some(ImapError::Stopped) => Ok(()),
        Some(error) => Err(Error::Internal(error.to_string())),
    }
}

/// Appends the mails; answers which are filed, and what ended it early.
fn file(
    account: &OpenAccount,
    mails: Vec<(OutboxId, Vec<u8>)>,
    stopped: &dyn Fn() -> bool,
) -> (Vec<OutboxId>, Option<ImapError>) {
    let mut filed = Vec::new();
    let Some(settings) = &account.imap else { return (filed, None) };
    let mut append = || -> std::result::Result<(), ImapError> {
        let mut session = imap::connect(settings, &Stopper::new())?;
        let folder = sent_folder(&mut session)?;
        for (row, raw) in &mails {
            if stopped() {
                break;
            }
            session.append(&folder, raw, true)?;
            filed.push(*row);
        }
        session.logout();
        Ok(())
    };
    let failed = append().err();
    (filed, failed)
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
