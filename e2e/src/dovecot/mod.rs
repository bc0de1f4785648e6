//! A private Dovecot: IMAP for the product and for tests, and the sign-in service of Postfix.

mod config;
mod meddle;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use config::Settings;

use crate::accounts::Accounts;
use crate::error::{Doing, LabError};
use crate::mailroom::Mailroom;
use crate::place::Place;
use crate::process::{Ending, Server};
use crate::system::{self, Owner, loopback};

/// The lab's IMAP server.
#[derive(Debug)]
pub struct Dovecot {
    place: Arc<Place>,
    program: PathBuf,
    config: PathBuf,
    greeting: String,
    plain: u16,
    tls: u16,
    accounts: Arc<Accounts>,
    mailroom: Mailroom,
    running: Mutex<Option<Server>>,
}

pub(crate) struct Parts<'a> {
    pub(crate) place: &'a Arc<Place>,
    pub(crate) accounts: &'a Arc<Accounts>,
    pub(crate) mailroom: &'a Mailroom,
    pub(crate) certificate: &'a Path,
    pub(crate) key: &'a Path,
    /// Where access tokens are looked into, if they are taken.
    pub(crate) token_check: Option<&'a str>,
}

impl Parts<'_> {
    /// Writes the configuration of the passdb for access tokens.
    fn tokens(&self, name: &str) -> Result<Option<PathBuf>, LabError> {
        let Some(url) = self.token_check else { return Ok(None) };
        let file = self.place.root().join(name);
        fs::write(&file, config::tokens(url)).doing("writing Dovecot's configuration")?;
        Ok(Some(file))
    }
}

impl Dovecot {
    pub(crate) fn launch(parts: &Parts<'_>) -> Result<Self, LabError> {
        let program = find()?;
        let run = parts.place.run().join("imap");
        fs::create_dir(&run).doing("making Dovecot's directory")?;
        let log = parts.place.log("dovecot");
        let tokens = parts.tokens("tokens-imap.conf")?;
        let settings = Settings {
            run: &run,
            log: &log,
            users: parts.accounts.directory(),
            mail_owner: parts.mailroom.owner,
            tokens: tokens.as_deref(),
        };
        let greeting = format!("posta-lab {}", system::unique());
        let mut attempts = 0;
        loop {
            attempts += 1;
            let ports = system::free_ports(2)?;
            let (Some(&plain), Some(&tls)) = (ports.first(), ports.last()) else { continue };
            let text = config::imap(&settings, (plain, tls), parts.certificate, parts.key, &greeting)?;
            let config = parts.place.root().join("dovecot.conf");
            fs::write(&config, text).doing("writing Dovecot's configuration")?;
            let dovecot = Self {
                place: Arc::clone(parts.place),
                program: program.clone(),
                config,
                greeting: greeting.clone(),
                plain,
                tls,
                accounts: Arc::clone(parts.accounts),
                mailroom: parts.mailroom.clone(),
                running: Mutex::new(None),
            };
            match dovecot.start() {
                Err(LabError::Start { log, .. }) if attempts < 5 && log.contains("Address already in use") => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(dovecot),
            }
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Server>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts it on the same ports as before and waits until it greets; does nothing while it runs.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(&self) -> Result<(), LabError> {
        let mut running = self.running();
        if running.is_none() {
            let mut command = Command::new(&self.program);
            command.arg("-F").arg("-c").arg(&self.config);
            let mut server = Server::start("dovecot", &mut command, &self.place, Ending::Kill)?;
            server.await_ready(|| greets(self.address(), &self.greeting).then_some(()))?;
            *running = Some(server);
        }
        Ok(())
    }

    /// Ends it in order, sessions included; connections are refused from then on.
    pub fn stop(&self) {
        if let Some(server) = self.running().take() {
            server.stop(Ending::Terminate);
        }
    }

    /// Kills it and all its sessions without a word.
    pub fn kill(&self) {
        if let Some(server) = self.running().take() {
            server.stop(Ending::Kill);
        }
    }

    /// Stops and starts it.
    ///
    /// # Errors
    /// When it does not come up again.
    pub fn restart(&self) -> Result<(), LabError> {
        self.stop();
        self.start()
    }

    /// Halts every process of it, so that connections stand open and nothing answers, until [`Dovecot::thaw`].
    pub fn freeze(&self) {
        if let Some(server) = self.running().as_ref() {
            server.freeze();
        }
    }

    /// Lets it go on after [`Dovecot::freeze`].
    pub fn thaw(&self) {
        if let Some(server) = self.running().as_ref() {
            server.thaw();
        }
    }

    /// Whether it was started and not stopped since.
    pub fn is_running(&self) -> bool {
        self.running().is_some()
    }

    /// The process id of its master, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.running().as_ref().map(Server::pid)
    }

    /// Where it speaks IMAP in clear and offers STARTTLS.
    pub fn address(&self) -> SocketAddr {
        loopback(self.plain)
    }

    /// Where it speaks TLS from the first byte.
    pub fn tls_address(&self) -> SocketAddr {
        loopback(self.tls)
    }
}

/// The sign-in service of Postfix.
#[derive(Debug)]
pub(crate) struct AuthService {
    _server: Server,
}

impl AuthService {
    pub(crate) fn launch(parts: &Parts<'_>, socket_owner: Option<Owner>) -> Result<(Self, PathBuf), LabError> {
        let program = find()?;
        let run = parts.place.run().join("auth");
        fs::create_dir(&run).doing("making Dovecot's directory")?;
        let log = parts.place.log("auth");
        let tokens = parts.tokens("tokens-auth.conf")?;
        let settings = Settings {
            run: &run,
            log: &log,
            users: parts.accounts.directory(),
            mail_owner: parts.mailroom.owner,
            tokens: tokens.as_deref(),
        };
        let config = parts.place.root().join("auth.conf");
        fs::write(&config, config::auth(&settings, socket_owner)?).doing("writing Dovecot's configuration")?;
        let mut command = Command::new(&program);
        command.arg("-F").arg("-c").arg(&config);
        let mut server = Server::start("auth", &mut command, parts.place, Ending::Kill)?;
        let socket = run.join("auth-postfix");
        server.await_ready(|| UnixStream::connect(&socket).ok())?;
        Ok((Self { _server: server }, socket))
    }
}

fn find() -> Result<PathBuf, LabError> {
    system::program("dovecot", &[Path::new("/usr/sbin")], "dovecot-imapd")
}

/// Whether a server answers there with a first line that holds the text; the text tells ours from another's.
pub(crate) fn greets(address: SocketAddr, text: &str) -> bool {
    let limit = Duration::from_secs(2);
    let Ok(stream) = TcpStream::connect_timeout(&address, limit) else { return false };
    if stream.set_read_timeout(Some(limit)).is_err() {
        return false;
    }
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).is_ok() && line.contains(text)
}
