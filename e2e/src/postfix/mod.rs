//! A private Postfix: takes mail, delivers it into the lab's Maildirs, bounces what it cannot deliver, and lets nothing
//! out.

mod config;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use config::Settings;
pub use config::{FAILING_DELIVERIES, MESSAGE_SIZE_LIMIT, REFUSED_AFTER_DATA, REFUSED_RECIPIENTS, REFUSED_SENDERS};

use crate::dovecot::greets;
use crate::error::{Doing, LabError};
use crate::place::Place;
use crate::process::{Ending, Server};
use crate::system::{self, Owner, loopback};

/// The lab's mail transfer agent.
#[derive(Debug)]
pub struct Postfix {
    place: Arc<Place>,
    master: PathBuf,
    postmap: PathBuf,
    directory: PathBuf,
    token: String,
    plain: u16,
    tls: u16,
    running: Mutex<Option<Server>>,
    mapping: Mutex<()>,
}

pub(crate) struct Parts<'a> {
    pub(crate) place: &'a Arc<Place>,
    pub(crate) mailboxes: &'a Path,
    pub(crate) mail_owner: Owner,
    pub(crate) auth_socket: &'a Path,
    pub(crate) certificate: &'a Path,
    pub(crate) key: &'a Path,
}

impl Postfix {
    /// Says early and in one sentence what is missing for a Postfix.
    pub(crate) fn check() -> Result<Owner, LabError> {
        if !system::is_root() {
            return Err(LabError::Privilege(
                "Postfix's master process needs the superuser: run the lab as root or with sudo, or without Postfix"
                    .into(),
            ));
        }
        find_master()?;
        system::user("postfix")
    }

    pub(crate) fn launch(parts: &Parts<'_>) -> Result<Self, LabError> {
        let owner = Self::check()?;
        let master = find_master()?;
        let postmap = system::program("postmap", &[Path::new("/usr/sbin")], "postfix")?;
        let directory = parts.place.directory("postfix")?;
        let token = system::unique();
        lay_out(&directory, owner)?;
        let conf = directory.join("conf");
        let log = parts.place.log("postfix");
        let settings = Settings {
            directory: &directory,
            daemons: master.parent().unwrap_or(Path::new("/usr/lib/postfix/sbin")),
            log: &log,
            root: parts.place.root(),
            mailboxes: parts.mailboxes,
            mail_owner: parts.mail_owner,
            auth_socket: parts.auth_socket,
            certificate: parts.certificate,
            key: parts.key,
            token: &token,
        };
        let main = conf.join("main.cf");
        fs::write(&main, config::main(&settings)).doing("writing Postfix's configuration")?;
        // Each Postfix program reads a configuration that changed a moment ago again and again until it is a second old.
        let earlier = SystemTime::now() - Duration::from_secs(60);
        fs::File::options()
            .write(true)
            .open(&main)
            .and_then(|file| file.set_modified(earlier))
            .doing("dating Postfix's configuration")?;
        for (name, text) in config::tables() {
            fs::write(conf.join(name), text).doing("writing Postfix's configuration")?;
        }
        let mut attempts = 0;
        loop {
            attempts += 1;
            let ports = system::free_ports(2)?;
            let (Some(&plain), Some(&tls)) = (ports.first(), ports.last()) else { continue };
            fs::write(conf.join("master.cf"), config::master(plain, tls)).doing("writing Postfix's configuration")?;
            let postfix = Self {
                place: Arc::clone(parts.place),
                master: master.clone(),
                postmap: postmap.clone(),
                directory: directory.clone(),
                token: token.clone(),
                plain,
                tls,
                running: Mutex::new(None),
                mapping: Mutex::new(()),
            };
            postfix.know(&[])?;
            match postfix.start() {
                Err(LabError::Start { log, .. }) if attempts < 5 && lost_its_port(&log) => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(postfix),
            }
        }
    }

    /// Writes the table of known mailboxes: each address with the one whose mailbox it is delivered to. The new file replaces the old one by a rename: processes that have the old
    /// one open see that it is gone and read the new one before they serve the next mail, whereas a change in place
    /// within the same second would pass unseen.
    pub(crate) fn know(&self, mailboxes: &[(String, String)]) -> Result<(), LabError> {
        let _one_at_a_time = self.mapping.lock().unwrap_or_else(PoisonError::into_inner);
        let conf = self.directory.join("conf");
        let source = conf.join("mailboxes.new");
        let rows = mailboxes.iter().filter_map(|(address, owner)| {
            let (local, domain) = owner.split_once('@')?;
            Some(format!("{address} {domain}/{local}/Maildir/\n"))
        });
        fs::write(&source, rows.collect::<String>()).doing("writing the table of mailboxes")?;
        let output = Command::new(&self.postmap)
            .arg("-c")
            .arg(&conf)
            .arg(format!("hash:{}", source.display()))
            .output()
            .doing("running postmap")?;
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(LabError::Io { doing: "making the table of mailboxes".into(), reason });
        }
        fs::rename(conf.join("mailboxes.new.db"), conf.join("mailboxes.db"))
            .and_then(|()| fs::rename(&source, conf.join("mailboxes")))
            .doing("placing the table of mailboxes")
    }

    fn running(&self) -> MutexGuard<'_, Option<Server>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts it on the same ports as before and waits until it greets; does nothing while it runs. What lies in the
    /// queue is delivered then.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(&self) -> Result<(), LabError> {
        let mut running = self.running();
        if running.is_none() {
            let mut command = Command::new(&self.master);
            command.arg("-d").arg("-c").arg(self.directory.join("conf"));
            let mut server = Server::start("postfix", &mut command, &self.place, Ending::Kill)?;
            server.await_ready(|| greets(self.address(), &self.token).then_some(()))?;
            *running = Some(server);
        }
        Ok(())
    }

    /// Ends it in order, sessions included; connections are refused from then on. The queue stays.
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

    /// Halts every process of it, so that connections stand open and nothing answers, until [`Postfix::thaw`].
    pub fn freeze(&self) {
        if let Some(server) = self.running().as_ref() {
            server.freeze();
        }
    }

    /// Lets it go on after [`Postfix::freeze`].
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

    /// Where it speaks SMTP in clear and offers STARTTLS and AUTH.
    pub fn address(&self) -> SocketAddr {
        loopback(self.plain)
    }

    /// Where it speaks TLS from the first byte.
    pub fn tls_address(&self) -> SocketAddr {
        loopback(self.tls)
    }

    /// How many mails lie in the queue: accepted, neither delivered nor bounced.
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub fn queued(&self) -> Result<usize, LabError> {
        let mut count = 0;
        for queue in ["incoming", "active", "deferred", "hold"] {
            count += files_below(&self.directory.join("queue").join(queue))?;
        }
        Ok(count)
    }
}

/// Whether a start may have failed because another program took one of the ports in between. Postfix's master says so, or ends
/// before the program that writes the log for it is there, and says nothing.
fn lost_its_port(log: &str) -> bool {
    log.trim().is_empty() || log.contains("Address already in use")
}

fn find_master() -> Result<PathBuf, LabError> {
    let places = ["/usr/lib/postfix/sbin", "/usr/libexec/postfix", "/usr/lib/postfix"].map(Path::new);
    places
        .iter()
        .map(|place| place.join("master"))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| LabError::MissingProgram { program: "Postfix".into(), package: "postfix".into() })
}

/// The directories of an instance with the owners and modes that `postfix check` demands.
fn lay_out(directory: &Path, owner: Owner) -> Result<(), LabError> {
    let postdrop = system::group("postdrop")?;
    let queues =
        ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"];
    let of_postfix = queues.iter().map(|name| (format!("queue/{name}"), 0o700, Some(owner.uid), None));
    let rest = [
        ("conf".to_owned(), 0o755, None, None),
        ("queue".to_owned(), 0o755, None, None),
        ("data".to_owned(), 0o700, Some(owner.uid), Some(owner.gid)),
        ("queue/pid".to_owned(), 0o755, None, None),
        ("queue/maildrop".to_owned(), 0o1730, Some(owner.uid), Some(postdrop)),
        ("queue/public".to_owned(), 0o2710, Some(owner.uid), Some(postdrop)),
    ];
    for (name, mode, uid, gid) in rest.into_iter().chain(of_postfix) {
        let path = directory.join(&name);
        fs::create_dir(&path)
            .and_then(|()| chown(&path, uid, gid))
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(mode)))
            .doing(format_args!("making {}", path.display()))?;
    }
    Ok(())
}

fn files_below(directory: &Path) -> Result<usize, LabError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error).doing(format_args!("reading {}", directory.display())),
    };
    let mut count = 0;
    for entry in entries {
        let entry = entry.doing("reading the queue")?;
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => count += files_below(&entry.path())?,
            // The queue manager may have moved it on since.
            Ok(_) | Err(_) => count += 1,
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::lost_its_port;

    #[test]
    fn a_master_that_ends_without_a_word_lost_its_port() {
        assert!(lost_its_port(""));
        assert!(lost_its_port("fatal: bind 127.0.0.1 port 28466: Address already in use"));
        assert!(!lost_its_port("fatal: bad string length 0 < 1: daemon_directory ="));
    }
}
