//! The server's process: started, killed, stopped, started again on the same data.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::log::Log;
use super::options::PostaOptions;
use crate::error::{Doing, LabError};
use crate::place::Place;
use crate::system;

/// The longest time a server may take to listen; a busy machine needs more than a quiet one.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Where a server listens now; clients hold it across restarts.
#[derive(Debug, Clone)]
pub struct Address(Arc<RwLock<SocketAddr>>);

impl Address {
    /// The socket's address.
    #[must_use]
    pub fn get(&self) -> SocketAddr {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, address: SocketAddr) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// A URL on this server.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.get())
    }
}

/// A `posta serve` process with its data. Dropping it kills the process and removes data of its own; after a panic they
/// are kept.
#[derive(Debug)]
pub struct Posta {
    options: PostaOptions,
    program: PathBuf,
    data: PathBuf,
    address: Address,
    child: Option<Child>,
    readers: Vec<std::thread::JoinHandle<()>>,
    log: Log,
    started: usize,
    started_in: Duration,
    // Last, so that the directories go after the process.
    place: Place,
}

impl Posta {
    /// Starts a server and returns when it listens.
    ///
    /// # Errors
    /// The program is not built, or it did not come up: then with its last words.
    pub fn start(options: PostaOptions) -> Result<Self, LabError> {
        let program = match &options.program {
            Some(program) => program.clone(),
            None => find_program()?,
        };
        let place = Place::new(None)?;
        let data = options.data_dir.clone().unwrap_or_else(|| place.root().join("data"));
        std::fs::create_dir_all(&data).doing("making a data directory")?;
        let file = OpenOptions::new().create(true).append(true).open(place.log("posta")).doing("opening a log")?;
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        let mut posta = Self {
            options,
            program,
            data,
            address: Address(Arc::new(RwLock::new(nowhere))),
            child: None,
            readers: Vec::new(),
            log: Log::new(Some(file)),
            started: 0,
            started_in: Duration::ZERO,
            place,
        };
        posta.launch_somewhere()?;
        Ok(posta)
    }

    /// With port 0, on a port that restarts find free again: one below those that the kernel gives to connections.
    fn launch_somewhere(&mut self) -> Result<(), LabError> {
        let Some(host) = self.options.listen.strip_suffix(":0").map(str::to_owned) else {
            return self.launch(&self.options.listen.clone());
        };
        let mut tries = 0;
        loop {
            let port = system::free_ports(1)?.first().copied().unwrap_or_default();
            match self.launch(&format!("{host}:{port}")) {
                Err(_) if tries < 5 && self.log.tail().contains("in use") => tries += 1,
                done => return done,
            }
        }
    }

    fn launch(&mut self, listen: &str) -> Result<(), LabError> {
        let begun = Instant::now();
        let mark = self.log.len();
        let mut command = Command::new(&self.program);
        for (key, _) in std::env::vars_os() {
            if key.to_string_lossy().starts_with("POSTA_") {
                command.env_remove(key);
            }
        }
        command
            .arg("serve")
            .env("POSTA__DATA__DIR", &self.data)
            .env("POSTA__SERVER__LISTEN", listen)
            .envs(&self.options.env)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        if let Some(url) = &self.options.database {
            command.env("POSTA__DATABASE__URL", url);
        }
        let mut child = command.spawn().doing(format_args!("starting {}", self.program.display()))?;
        self.place.watch(child.id(), "KILL");
        self.readers.clear();
        self.readers.extend(child.stdout.take().map(|pipe| self.log.follow(pipe)));
        self.readers.extend(child.stderr.take().map(|pipe| self.log.follow(pipe)));
        let child = self.child.insert(child);
        let address = self.log.wait(
            mark,
            START_LIMIT,
            |line| line.contains("listening").then(|| line.split_once("address=")?.1.trim().parse().ok())?,
            || !matches!(child.try_wait(), Ok(None)),
        );
        let Some(address) = address else {
            let reason = match child.try_wait() {
                Ok(Some(status)) => format!("it ended with {status}"),
                _ => format!("it did not listen within {} s", START_LIMIT.as_secs()),
            };
            self.kill9();
            return Err(LabError::Start { server: "posta".into(), reason, log: self.log.tail() });
        };
        self.address.set(address);
        self.started = mark;
        self.started_in = begun.elapsed();
        Ok(())
    }

    /// Ends the process as a power cut would, if it runs.
    pub fn kill9(&mut self) {
        if let Some(mut child) = self.child.take() {
            // An error means that it has ended already.
            let _ = child.kill();
            self.reap(&mut child);
        }
    }

    fn reap(&mut self, child: &mut Child) -> Option<ExitStatus> {
        let status = child.wait().ok();
        self.place.forget(child.id());
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        status
    }

    /// Asks the process to stop (SIGTERM) and tells how long it took.
    ///
    /// # Errors
    /// It does not run, did not stop within `limit` (it is killed then), or ended with a failure.
    pub fn terminate(&mut self, limit: Duration) -> Result<Duration, LabError> {
        let begun = Instant::now();
        let pid = self.child.as_ref().and_then(|child| Pid::from_raw(i32::try_from(child.id()).ok()?));
        let pid = pid.ok_or_else(|| LabError::Usage("the server does not run".into()))?;
        rustix::process::kill_process(pid, Signal::TERM).doing("sending SIGTERM")?;
        match self.wait_for_end(limit)? {
            status if status.success() => Ok(begun.elapsed()),
            status => Err(LabError::Usage(format!("the server ended with {status}\n{}", self.log.tail()))),
        }
    }

    /// Waits until the process has ended by itself.
    ///
    /// # Errors
    /// It still runs after `limit`; it is killed then.
    pub fn wait_for_end(&mut self, limit: Duration) -> Result<ExitStatus, LabError> {
        let begun = Instant::now();
        let Some(mut child) = self.child.take() else { return Err(LabError::Usage("the server does not run".into())) };
        let ended = super::wait::until("the end of the server", limit, || child.try_wait().ok().flatten());
        if ended.is_err() {
            let _ = child.kill();
        }
        let status = self.reap(&mut child);
        ended.map_err(|_| LabError::Timeout {
            what: "the end of the server".into(),
            seconds: begun.elapsed().as_secs_f64(),
            seen: self.log.tail(),
        })?;
        status.ok_or_else(|| LabError::Usage("the end of the server could not be seen".into()))
    }

    /// Whether the process still runs; if not, it is cleared away.
    pub fn is_running(&mut self) -> bool {
        let ended = match &mut self.child {
            None => return false,
            Some(child) => !matches!(child.try_wait(), Ok(None)),
        };
        if ended && let Some(mut child) = self.child.take() {
            self.reap(&mut child);
        }
        !ended
    }

    /// Starts it again on the same data and port, killing it first if it runs.
    ///
    /// # Errors
    /// As [`Posta::start`].
    pub fn restart(&mut self) -> Result<(), LabError> {
        self.kill9();
        let same = self.address.get().to_string();
        self.launch(&same)
    }

    /// The options; changes hold from the next start on.
    pub fn options_mut(&mut self) -> &mut PostaOptions {
        &mut self.options
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The URL for browsers.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.address.url("")
    }

    /// Its process number, if it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Its data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data
    }

    /// What it said.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// How long the last start took until it listened.
    #[must_use]
    pub fn started_in(&self) -> Duration {
        self.started_in
    }

    /// The one-time link by which the first administrator is made, if this start printed one.
    #[must_use]
    pub fn setup_link(&self) -> Option<String> {
        let link = |line: &str| Some(line.split_once("administrator: ")?.1.trim().to_owned());
        self.log.wait(self.started, Duration::from_secs(5), link, || false)
    }

    /// Whether an end was that of SIGABRT, by which a fail point dies.
    #[must_use]
    pub fn died_at_failpoint(status: ExitStatus) -> bool {
        status.signal() == Some(Signal::ABORT.as_raw())
    }
}

impl Drop for Posta {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.place.keep();
        }
        self.kill9();
    }
}

/// `POSTA_BIN`, or `posta` in the directory in which this program was built.
///
/// # Errors
/// One sentence on what to do when it is missing.
pub fn find_program() -> Result<PathBuf, LabError> {
    if let Some(named) = std::env::var_os("POSTA_BIN") {
        let named = PathBuf::from(named);
        let missing = || LabError::Usage(format!("POSTA_BIN names {}, which is not there", named.display()));
        return named.is_file().then(|| named.clone()).ok_or_else(missing);
    }
    let own = std::env::current_exe().doing("finding this program")?;
    // Tests lie one directory deeper, in `deps`.
    let found = own.ancestors().skip(1).take(2).map(|directory| directory.join("posta")).find(|path| path.is_file());
    found.ok_or_else(|| {
        LabError::Usage(
            "the program posta is not built: run `cargo build --package posta`, or name it in POSTA_BIN".into(),
        )
    })
}
