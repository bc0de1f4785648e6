//! A fake IMAP server: an honest small one over a mailbox in memory, which fails on cue.

mod fetch;
mod rule;
mod session;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::ServerConfig;

use super::harness::{Connections, Harness, lock};
use crate::error::LabError;
use crate::tls::Certificate;

pub(crate) use rule::Act;
pub use rule::ImapRule;
pub(crate) use store::Store;

/// Keyword of mails that came long ago.
const OLD: &str = "$LastYear";

/// What the server has seen so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImapCounts {
    /// Connections accepted.
    pub connections: u64,
    /// Connections open now.
    pub open: u64,
    /// Sign-ins that succeeded.
    pub logins: u64,
    /// Sign-ins that failed.
    pub failed_logins: u64,
    /// Commands by name, in upper case, such as `UID FETCH`.
    pub commands: BTreeMap<String, u64>,
    /// Bytes of message sources handed out.
    pub bytes: u64,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) connections: Arc<Connections>,
    pub(crate) rules: Mutex<Vec<ImapRule>>,
    pub(crate) store: Mutex<Store>,
    pub(crate) logins: AtomicU64,
    pub(crate) failed_logins: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) commands: Mutex<BTreeMap<String, u64>>,
    /// Moves on when all sessions are to say BYE.
    pub(crate) generation: AtomicU64,
    pub(crate) set_up: FakeImapBuilder,
}

/// How a fake IMAP server behaves where no rule strikes.
#[derive(Debug, Clone)]
pub struct FakeImapBuilder {
    pub(crate) capabilities: Vec<String>,
    pub(crate) login: (String, String),
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) implicit: bool,
    rules: Vec<ImapRule>,
}

impl FakeImapBuilder {
    /// The login that is accepted; `soporte@lab.test` with `secret` by default. The password passes as an XOAUTH2 token.
    #[must_use]
    pub fn login(mut self, user: &str, password: &str) -> Self {
        self.login = (user.into(), password.into());
        self
    }

    /// Offers STARTTLS with this certificate.
    ///
    /// # Errors
    /// When the certificate is damaged.
    pub fn start_tls(mut self, certificate: &Certificate) -> Result<Self, LabError> {
        self.tls = Some(certificate.server_config()?);
        Ok(self)
    }

    /// Speaks TLS from the first byte with this certificate.
    ///
    /// # Errors
    /// When the certificate is damaged.
    pub fn implicit_tls(mut self, certificate: &Certificate) -> Result<Self, LabError> {
        self.tls = Some(certificate.server_config()?);
        self.implicit = true;
        Ok(self)
    }

    /// Does not offer this capability. The default offers IDLE, UIDPLUS, MOVE, LITERAL+, SPECIAL-USE, ID, NAMESPACE.
    #[must_use]
    pub fn without(mut self, capability: &str) -> Self {
        self.capabilities.retain(|offered| offered != capability);
        self
    }

    /// Adds a rule; the first that strikes decides.
    #[must_use]
    pub fn rule(mut self, rule: ImapRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Starts the server on a free loopback port.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(self) -> Result<FakeImap, LabError> {
        let connections = Arc::new(Connections::default());
        let shared = Arc::new(Shared {
            connections: Arc::clone(&connections),
            rules: Mutex::new(self.rules.clone()),
            store: Mutex::new(Store::new()),
            logins: AtomicU64::new(0),
            failed_logins: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            commands: Mutex::new(BTreeMap::new()),
            generation: AtomicU64::new(0),
            set_up: self,
        });
        let inside = Arc::clone(&shared);
        let harness = Harness::start(connections, Arc::new(move |_, socket| session::serve(&inside, socket)))?;
        Ok(FakeImap { harness, shared })
    }
}

/// A running fake IMAP server. Dropping it closes all connections.
#[derive(Debug)]
pub struct FakeImap {
    harness: Harness,
    shared: Arc<Shared>,
}

impl FakeImap {
    /// An honest server with INBOX, Sent and Trash, to be changed before its start.
    pub fn builder() -> FakeImapBuilder {
        let capabilities = ["IDLE", "UIDPLUS", "MOVE", "LITERAL+", "SPECIAL-USE", "ID", "NAMESPACE"];
        FakeImapBuilder {
            capabilities: capabilities.map(str::to_owned).to_vec(),
            login: ("soporte@lab.test".into(), crate::lab::PASSWORD.into()),
            tls: None,
            implicit: false,
            rules: Vec::new(),
        }
    }

    /// Starts an honest server.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start() -> Result<Self, LabError> {
        Self::builder().start()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.harness.address()
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address().port()
    }

    /// Adds a rule while it runs; rules of earlier date come first.
    pub fn add_rule(&self, rule: ImapRule) {
        lock(&self.shared.rules).push(rule);
    }

    /// Forgets all rules.
    pub fn clear_rules(&self) {
        lock(&self.shared.rules).clear();
    }

    /// Delivers a mail into a folder, which is made when missing, and gives its UID. Idling sessions are told.
    pub fn add_mail(&self, folder: &str, raw: &[u8]) -> u32 {
        let mut store = lock(&self.shared.store);
        store.version += 1;
        store.made(folder).add(raw.into(), BTreeSet::new())
    }

    /// The same for a mail that came long ago: it is older than any date that a client asks for.
    pub fn add_old_mail(&self, folder: &str, raw: &[u8]) -> u32 {
        let mut store = lock(&self.shared.store);
        store.version += 1;
        store.made(folder).add(raw.into(), BTreeSet::from([OLD.to_owned()]))
    }

    /// Lets a mail vanish, as when another program removed it.
    pub fn expunge(&self, folder: &str, uid: u32) {
        let mut store = lock(&self.shared.store);
        store.version += 1;
        store.made(folder).mails.retain(|mail| mail.uid != uid);
    }

    /// Skips numbers: the next mail gets this UID, if it is larger than the one due.
    pub fn set_uid_next(&self, folder: &str, uid: u32) {
        let mut store = lock(&self.shared.store);
        let folder = store.made(folder);
        folder.uid_next = folder.uid_next.max(uid);
    }

    /// Renumbers a folder from 1 under a new UIDVALIDITY and sends all sessions away with BYE.
    pub fn set_uid_validity(&self, folder: &str, value: u32) {
        {
            let mut store = lock(&self.shared.store);
            let folder = store.made(folder);
            folder.uid_validity = value;
            folder.uid_next = 1;
            for mail in &mut folder.mails {
                mail.uid = folder.uid_next;
                folder.uid_next += 1;
            }
        }
        self.shared.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// Sources of a folder in order of their UIDs, with the flags: what a client appended, for instance.
    pub fn mails(&self, folder: &str) -> Vec<(u32, Vec<u8>, BTreeSet<String>)> {
        let store = lock(&self.shared.store);
        let mails = store.folder(folder).map(|folder| folder.mails.as_slice()).unwrap_or_default();
        mails.iter().map(|mail| (mail.uid, mail.raw.to_vec(), mail.flags.clone())).collect()
    }

    /// What it has seen so far.
    pub fn counts(&self) -> ImapCounts {
        ImapCounts {
            connections: self.shared.connections.total(),
            open: self.shared.connections.open(),
            logins: self.shared.logins.load(Ordering::Relaxed),
            failed_logins: self.shared.failed_logins.load(Ordering::Relaxed),
            commands: lock(&self.shared.commands).clone(),
            bytes: self.shared.bytes.load(Ordering::Relaxed),
        }
    }

    /// Waits until the counts fit.
    ///
    /// # Errors
    /// [`LabError::Timeout`] with the counts as they are.
    pub fn wait_for(&self, fit: impl Fn(&ImapCounts) -> bool, limit: Duration) -> Result<ImapCounts, LabError> {
        let begun = Instant::now();
        loop {
            let counts = self.counts();
            if fit(&counts) {
                return Ok(counts);
            }
            if begun.elapsed() > limit {
                return Err(LabError::Timeout {
                    what: "the awaited IMAP commands".into(),
                    seconds: limit.as_secs_f64(),
                    seen: format!("{counts:?}"),
                });
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Closes all open connections without a word.
    pub fn disconnect_all(&self) {
        self.shared.connections.close_all();
    }

    /// Refuses connections from now on; open ones stay.
    pub fn stop_listening(&self) {
        self.harness.stop_listening();
    }

    /// Accepts connections again, on the same port.
    ///
    /// # Errors
    /// When another process took the port.
    pub fn listen(&self) -> Result<(), LabError> {
        self.harness.listen()
    }
}
