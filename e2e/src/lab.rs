//! The lab as a whole: its servers started side by side, its mailboxes, and its end.

mod mailboxes;

use std::net::SocketAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustls::ClientConfig;

use crate::accounts::Accounts;
use crate::dovecot::{self, AuthService, Dovecot};
use crate::error::{Doing, LabError};
use crate::imap::ImapClient;
use crate::mailroom::Mailroom;
use crate::place::Place;
use crate::postfix::{self, Postfix};
use crate::postgres::{PgOptions, PostgreSql};
use crate::system::{self, Owner};
use crate::tls::{Authority, SERVER_NAMES, client_config};

/// The password of mailboxes for which the lab chooses one.
pub const PASSWORD: &str = "secret";

/// Numbers that belong to nobody on an ordinary machine; the mail's owner needs no entry in `/etc/passwd`.
const MAIL_OWNER: Owner = Owner { uid: 5_000, gid: 5_000 };

/// Which servers a lab has, and where it keeps its files.
#[derive(Debug, Clone)]
pub struct LabOptions {
    /// The directory below which it makes its own; `<target>/lab` when not given.
    pub base: Option<PathBuf>,
    /// Whether Dovecot runs.
    pub dovecot: bool,
    /// Whether Postfix runs; it needs the superuser.
    pub postfix: bool,
    /// Whether and how PostgreSQL runs.
    pub postgres: Option<PgOptions>,
    /// Whether the files are kept after the end.
    pub keep: bool,
    /// Where the mail servers ask whose an access token is; without it they take passwords alone.
    pub token_check: Option<String>,
}

impl Default for LabOptions {
    /// Dovecot and Postfix.
    fn default() -> Self {
        Self { base: None, dovecot: true, postfix: true, postgres: None, keep: false, token_check: None }
    }
}

impl LabOptions {
    /// Dovecot, Postfix and PostgreSQL.
    pub fn everything() -> Self {
        Self { postgres: Some(PgOptions::default()), ..Self::default() }
    }

    /// Dovecot alone; mail comes in by [`Mailroom::drop_into_maildir`]. Needs no superuser.
    pub fn dovecot_only() -> Self {
        Self { postfix: false, ..Self::default() }
    }
}

/// Real mail servers of one's own. Dropping it ends them and removes their files; after a panic the files are kept.
///
/// It dereferences to [`Mailroom`], so `lab.deliver(…)`, `lab.inbox(…)` and `lab.wait_for(…)` work on it.
#[derive(Debug)]
pub struct Lab {
    postfix: Option<Postfix>,
    auth: Option<AuthService>,
    dovecot: Option<Dovecot>,
    postgres: Option<PostgreSql>,
    accounts: Arc<Accounts>,
    mailroom: Mailroom,
    tls: Arc<ClientConfig>,
    authority: Authority,
    authority_file: PathBuf,
    started_in: Duration,
    names: AtomicU32,
    // Last, so that the directories go after all servers.
    place: Arc<Place>,
}

impl Deref for Lab {
    type Target = Mailroom;

    fn deref(&self) -> &Mailroom {
        &self.mailroom
    }
}

impl Lab {
    /// Starts the servers and waits until each of them greets.
    ///
    /// # Errors
    /// One sentence on what is missing, or the log of the server that did not come up.
    pub fn start(options: LabOptions) -> Result<Self, LabError> {
        let begun = Instant::now();
        let socket_owner = if options.postfix { Some(Postfix::check()?) } else { None };
        let place = Arc::new(Place::new(options.base.as_deref())?);
        if options.keep {
            place.keep();
        }
        let authority = Authority::new("Posta mail lab")?;
        let certificates = place.directory("tls")?;
        let authority_file = certificates.join("ca.pem");
        let (certificate, key) = (certificates.join("server.pem"), certificates.join("server.key"));
        std::fs::write(&authority_file, authority.pem()).doing("writing an authority")?;
        authority.issue(&SERVER_NAMES)?.write(&certificate, &key)?;

        let mail_owner = if system::is_root() { MAIL_OWNER } else { system::current_owner() };
        let users = place.directory("users")?;
        let mailboxes = place.directory("mail")?;
        std::os::unix::fs::chown(&mailboxes, Some(mail_owner.uid), Some(mail_owner.gid)).doing("giving mail away")?;
        let accounts = Arc::new(Accounts::new(users, mail_owner));
        let nowhere = system::loopback(1);
        let mut mailroom = Mailroom { smtp: nowhere, mailboxes: mailboxes.clone(), owner: mail_owner };

        let parts = dovecot::Parts {
            place: &place,
            accounts: &accounts,
            mailroom: &mailroom,
            certificate: &certificate,
            key: &key,
            token_check: options.token_check.as_deref(),
        };
        let (dovecot, mail, postgres) = std::thread::scope(|scope| {
            let dovecot = options.dovecot.then(|| scope.spawn(|| Dovecot::launch(&parts)));
            let postgres = options.postgres.map(|options| {
                scope.spawn({
                    let place = &place;
                    move || PostgreSql::launch(place, options)
                })
            });
            let mail = options.postfix.then(|| {
                let (auth, auth_socket) = AuthService::launch(&parts, socket_owner)?;
                let postfix = Postfix::launch(&postfix::Parts {
                    place: &place,
                    mailboxes: &mailboxes,
                    mail_owner,
                    auth_socket: &auth_socket,
                    certificate: &certificate,
                    key: &key,
                })?;
                Ok::<_, LabError>((auth, postfix))
            });
            (dovecot.map(joined), mail, postgres.map(joined))
        });
        let (dovecot, postgres) = (dovecot.transpose()?, postgres.transpose()?);
        let (auth, postfix) = mail.transpose()?.unzip();
        mailroom.smtp = postfix.as_ref().map_or(nowhere, Postfix::address);
        Ok(Self {
            postfix,
            auth,
            dovecot,
            postgres,
            accounts,
            mailroom,
            tls: client_config(authority.pem())?,
            authority,
            authority_file,
            started_in: begun.elapsed(),
            names: AtomicU32::new(1),
            place,
        })
    }

    /// One lab with Dovecot and Postfix for all tests of this process, which part by their mailboxes:
    /// [`Lab::new_mailbox`]. It ends with the process. Tests that stop a server start a lab of their own.
    ///
    /// # Errors
    /// As [`Lab::start`]; each caller gets the same error.
    pub fn shared() -> Result<&'static Self, LabError> {
        static SHARED: OnceLock<Result<Lab, LabError>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| {
            let lab = Self::start(LabOptions::default())?;
            let place = Arc::clone(&lab.place);
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                place.keep();
                before(panic);
            }));
            Ok(lab)
        });
        shared.as_ref().map_err(Clone::clone)
    }

    /// The IMAP server.
    ///
    /// # Errors
    /// When the lab was started without it.
    pub fn dovecot(&self) -> Result<&Dovecot, LabError> {
        self.dovecot.as_ref().ok_or_else(|| LabError::Usage("this lab was started without Dovecot".into()))
    }

    /// The mail transfer agent.
    ///
    /// # Errors
    /// When the lab was started without it.
    pub fn postfix(&self) -> Result<&Postfix, LabError> {
        self.postfix.as_ref().ok_or_else(|| LabError::Usage("this lab was started without Postfix".into()))
    }

    /// The database server.
    ///
    /// # Errors
    /// When the lab was started without it.
    pub fn postgres(&self) -> Result<&PostgreSql, LabError> {
        self.postgres.as_ref().ok_or_else(|| LabError::Usage("this lab was started without PostgreSQL".into()))
    }

    /// A handle for delivery and reading that threads may copy.
    pub fn mailroom(&self) -> &Mailroom {
        &self.mailroom
    }

    /// A connection that is signed in to a mailbox over IMAP.
    ///
    /// # Errors
    /// When there is no such mailbox or the server is stopped.
    pub fn imap_session(&self, address: &str) -> Result<ImapClient, LabError> {
        self.dovecot()?.session(address)
    }

    /// Where IMAP is spoken in clear, with STARTTLS.
    ///
    /// # Errors
    /// When the lab was started without Dovecot.
    pub fn imap_address(&self) -> Result<SocketAddr, LabError> {
        Ok(self.dovecot()?.address())
    }

    /// Where IMAP is spoken with TLS from the first byte.
    ///
    /// # Errors
    /// When the lab was started without Dovecot.
    pub fn imaps_address(&self) -> Result<SocketAddr, LabError> {
        Ok(self.dovecot()?.tls_address())
    }

    /// Where SMTP is spoken in clear, with STARTTLS.
    ///
    /// # Errors
    /// When the lab was started without Postfix.
    pub fn smtp_address(&self) -> Result<SocketAddr, LabError> {
        Ok(self.postfix()?.address())
    }

    /// Where SMTP is spoken with TLS from the first byte.
    ///
    /// # Errors
    /// When the lab was started without Postfix.
    pub fn smtps_address(&self) -> Result<SocketAddr, LabError> {
        Ok(self.postfix()?.tls_address())
    }

    /// The file with the authority that signed the servers' certificates, for `SERVER_NAMES`.
    pub fn authority_file(&self) -> &Path {
        &self.authority_file
    }

    /// The authority itself, to sign certificates for fake servers.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The TLS set-up of a client that trusts the lab's servers.
    pub fn tls(&self) -> &Arc<ClientConfig> {
        &self.tls
    }

    /// Its files: configurations, logs, mail.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// How long the start took.
    pub fn started_in(&self) -> Duration {
        self.started_in
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.place.keep();
        }
        // Side by side, for each takes a while to end.
        std::thread::scope(|scope| {
            scope.spawn(|| drop(self.postfix.take()));
            scope.spawn(|| drop(self.dovecot.take()));
            scope.spawn(|| drop(self.postgres.take()));
            drop(self.auth.take());
        });
    }
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T, LabError>>) -> Result<T, LabError> {
    thread.join().unwrap_or_else(|_| Err(LabError::Usage("starting a server panicked".into())))
}
