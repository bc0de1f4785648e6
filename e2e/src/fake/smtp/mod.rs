//! A fake SMTP server: a counting sink that fails on cue.

mod rule;
mod session;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::ServerConfig;

use super::harness::{Connections, Harness, lock};
use crate::error::LabError;
use crate::tls::Certificate;

pub(crate) use rule::Act;
pub use rule::{SmtpRule, Stage};

/// A mail that the server took, or would have taken but for a rule after the final dot.
#[derive(Debug, Clone)]
pub struct Received {
    /// The connection over which it came, counted from 1.
    pub connection: u64,
    /// When its final dot was read.
    pub at: Instant,
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients that were accepted.
    pub to: Vec<String>,
    /// The source; empty when the server keeps no bodies.
    pub raw: Vec<u8>,
    /// Its size in bytes, without dot-stuffing and final dot.
    pub size: usize,
    /// Its Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// Who had signed in.
    pub user: Option<String>,
    /// Whether the connection was encrypted.
    pub tls: bool,
    /// Whether a 250 was written; `false` when a rule broke the connection instead.
    pub answered: bool,
}

/// What the server has seen so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SmtpCounts {
    /// Connections accepted.
    pub connections: u64,
    /// Connections open now.
    pub open: u64,
    /// The most connections open at once.
    pub most_open: u64,
    /// Mails taken.
    pub messages: u64,
    /// Sign-ins that succeeded.
    pub logins: u64,
    /// Sign-ins that failed.
    pub failed_logins: u64,
    /// Commands by verb, in upper case.
    pub commands: BTreeMap<String, u64>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) connections: Arc<Connections>,
    pub(crate) rules: Mutex<Vec<SmtpRule>>,
    pub(crate) messages: Mutex<Vec<Received>>,
    pub(crate) arrived: Condvar,
    pub(crate) taken: AtomicU64,
    pub(crate) logins: AtomicU64,
    pub(crate) failed_logins: AtomicU64,
    pub(crate) commands: Mutex<BTreeMap<String, u64>>,
    pub(crate) set_up: FakeSmtpBuilder,
}

/// How a fake SMTP server behaves where no rule strikes.
#[derive(Debug, Clone)]
pub struct FakeSmtpBuilder {
    pub(crate) extensions: Vec<String>,
    pub(crate) login: Option<(String, String)>,
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) implicit: bool,
    pub(crate) bodies: bool,
    pub(crate) records: bool,
    rules: Vec<SmtpRule>,
}

impl FakeSmtpBuilder {
    /// Demands this login before MAIL; without, anybody may send and no AUTH is offered.
    #[must_use]
    pub fn login(mut self, user: &str, password: &str) -> Self {
        self.login = Some((user.into(), password.into()));
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

    /// Does not offer this extension. The default offers PIPELINING, SIZE, 8BITMIME, ENHANCEDSTATUSCODES and SMTPUTF8.
    #[must_use]
    pub fn without(mut self, extension: &str) -> Self {
        self.extensions.retain(|offered| !offered.starts_with(extension));
        self
    }

    /// Offers a further extension.
    #[must_use]
    pub fn with(mut self, extension: &str) -> Self {
        self.extensions.push(extension.into());
        self
    }

    /// Keeps no sources, only the facts of each mail.
    #[must_use]
    pub fn without_bodies(mut self) -> Self {
        self.bodies = false;
        self
    }

    /// Only counts mails; for benches with millions of them.
    #[must_use]
    pub fn without_records(mut self) -> Self {
        self.bodies = false;
        self.records = false;
        self
    }

    /// Adds a rule; the first that strikes and answers decides.
    #[must_use]
    pub fn rule(mut self, rule: SmtpRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Starts the server on a free loopback port.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(self) -> Result<FakeSmtp, LabError> {
        let connections = Arc::new(Connections::default());
        let shared = Arc::new(Shared {
            connections: Arc::clone(&connections),
            rules: Mutex::new(self.rules.clone()),
            messages: Mutex::new(Vec::new()),
            arrived: Condvar::new(),
            taken: AtomicU64::new(0),
            logins: AtomicU64::new(0),
            failed_logins: AtomicU64::new(0),
            commands: Mutex::new(BTreeMap::new()),
            set_up: self,
        });
        let inside = Arc::clone(&shared);
        let harness =
            Harness::start(connections, Arc::new(move |number, socket| session::serve(&inside, number, socket)))?;
        Ok(FakeSmtp { harness, shared })
    }
}

/// A running fake SMTP server. Dropping it closes all connections.
#[derive(Debug)]
pub struct FakeSmtp {
    harness: Harness,
    shared: Arc<Shared>,
}

impl FakeSmtp {
    /// A server that takes everything, to be changed before its start.
    pub fn builder() -> FakeSmtpBuilder {
        let extensions = ["PIPELINING", "SIZE 62914560", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8"];
        FakeSmtpBuilder {
            extensions: extensions.map(str::to_owned).to_vec(),
            login: None,
            tls: None,
            implicit: false,
            bodies: true,
            records: true,
            rules: Vec::new(),
        }
    }

    /// Starts a server that takes everything.
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
    pub fn add_rule(&self, rule: SmtpRule) {
        lock(&self.shared.rules).push(rule);
    }

    /// Forgets all rules.
    pub fn clear_rules(&self) {
        lock(&self.shared.rules).clear();
    }

    /// The mails taken so far, in order of their final dots.
    pub fn messages(&self) -> Vec<Received> {
        lock(&self.shared.messages).clone()
    }

    /// Takes the records away, so that the next look shows only newer ones; the counts stay.
    pub fn drain(&self) -> Vec<Received> {
        std::mem::take(&mut *lock(&self.shared.messages))
    }

    /// What it has seen so far.
    pub fn counts(&self) -> SmtpCounts {
        let connections = &self.shared.connections;
        SmtpCounts {
            connections: connections.total(),
            open: connections.open(),
            most_open: connections.most(),
            messages: self.shared.taken.load(Ordering::Relaxed),
            logins: self.shared.logins.load(Ordering::Relaxed),
            failed_logins: self.shared.failed_logins.load(Ordering::Relaxed),
            commands: lock(&self.shared.commands).clone(),
        }
    }

    /// Waits until so many mails were taken since the start.
    ///
    /// # Errors
    /// [`LabError::Timeout`].
    pub fn wait_for_messages(&self, count: u64, limit: Duration) -> Result<(), LabError> {
        let until = Instant::now() + limit;
        let mut messages = lock(&self.shared.messages);
        loop {
            let taken = self.shared.taken.load(Ordering::Relaxed);
            if taken >= count {
                return Ok(());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(LabError::Timeout {
                    what: format!("arrival of {count} mails"),
                    seconds: limit.as_secs_f64(),
                    seen: format!("{taken} mails"),
                });
            }
            let wait = self.shared.arrived.wait_timeout(messages, left);
            (messages, _) = wait.unwrap_or_else(PoisonError::into_inner);
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
