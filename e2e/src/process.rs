//! One server process with its children: started in a group of its own, awaited by condition, ended by number.

use std::fs::{self, File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::error::{Doing, LabError};
use crate::place::Place;

/// The longest time a server may take to come up; a busy machine needs more than a quiet one.
const START_LIMIT: Duration = Duration::from_secs(30);
/// The longest time a server may take to end before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// How a server is told to end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending {
    /// SIGTERM: Dovecot and Postfix.
    Terminate,
    /// SIGINT: PostgreSQL's fast shutdown, which does not wait for clients.
    Interrupt,
    /// SIGQUIT: PostgreSQL's immediate shutdown, without checkpoint.
    Quit,
    /// SIGKILL to all.
    Kill,
}

impl Ending {
    fn signal(self) -> Signal {
        match self {
            Self::Terminate => Signal::TERM,
            Self::Interrupt => Signal::INT,
            Self::Quit => Signal::QUIT,
            Self::Kill => Signal::KILL,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Interrupt => "INT",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
        }
    }
}

/// A running server. Dropping it ends it and its children.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    place: Arc<Place>,
    /// How it ends when nobody will start it again.
    last: Ending,
    log: PathBuf,
}

impl Server {
    /// Starts the program; what it writes to its outputs goes to the log too.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        place: &Arc<Place>,
        last: Ending,
    ) -> Result<Self, LabError> {
        let log = place.log(name);
        let out = append(&log)?;
        let err = out.try_clone().doing("sharing a log file")?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .spawn()
            .doing(format_args!("starting {name}"))?;
        place.watch(child.id(), last.name());
        Ok(Self { name, child, place: Arc::clone(place), last, log })
    }

    /// Asks `ready` again and again until it gives something, the server ends, or the time is over.
    pub(crate) fn await_ready<T>(&mut self, mut ready: impl FnMut() -> Option<T>) -> Result<T, LabError> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(value) = ready() {
                return Ok(value);
            }
            if let Some(status) = self.child.try_wait().doing("looking after a server")? {
                return Err(self.failed(format!("it ended with {status}")));
            }
            if begun.elapsed() > START_LIMIT {
                return Err(self.failed(format!("it did not answer within {} s", START_LIMIT.as_secs())));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(10));
        }
    }

    fn failed(&self, reason: String) -> LabError {
        LabError::Start { server: self.name.into(), reason, log: tail(&self.log) }
    }

    /// The number of its first process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the server's whole group.
    pub(crate) fn signal_group(&self, signal: Signal) {
        if let Some(pid) = pid(self.child.id()) {
            // An error means that the group is gone, which is what the callers are after or find out by waiting.
            let _ = rustix::process::kill_process_group(pid, signal);
        }
    }

    /// Halts the server and all its children.
    pub(crate) fn freeze(&self) {
        self.signal_all(Signal::STOP);
    }

    /// Lets them go on.
    pub(crate) fn thaw(&self) {
        self.signal_all(Signal::CONT);
    }

    fn signal_all(&self, which: Signal) {
        self.signal_group(which);
        descendants(self.child.id()).iter().for_each(|child| signal(child.pid, which));
    }

    /// Ends the server and all its children, and waits until they are gone.
    pub(crate) fn stop(mut self, ending: Ending) {
        self.end(ending);
    }

    fn end(&mut self, ending: Ending) {
        let own = self.child.id();
        let mut children = descendants(own);
        let at_once = matches!(ending, Ending::Kill);
        if at_once {
            self.signal_group(Signal::KILL);
        } else {
            self.signal_all(Signal::CONT);
            signal(own, ending.signal());
        }
        let begun = Instant::now();
        let mut killed = at_once;
        loop {
            let ended = !matches!(self.child.try_wait(), Ok(None));
            children.retain(Process::is_alive);
            if ended && children.is_empty() {
                break;
            }
            // Orphans of a server that is gone have nobody left to tell them.
            if !killed && (begun.elapsed() > STOP_LIMIT || ended && begun.elapsed() > Duration::from_secs(1)) {
                killed = true;
                self.signal_group(Signal::KILL);
            }
            if killed {
                children.iter().for_each(|child| signal(child.pid, Signal::KILL));
            }
            if begun.elapsed() > STOP_LIMIT * 3 {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        if !killed {
            self.signal_group(Signal::KILL);
        }
        self.place.forget(own);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.end(self.last);
        } else {
            self.place.forget(self.child.id());
        }
    }
}

fn append(path: &Path) -> Result<File, LabError> {
    OpenOptions::new().create(true).append(true).open(path).doing(format_args!("opening {}", path.display()))
}

fn pid(number: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(number).ok()?)
}

fn signal(number: u32, signal: Signal) {
    if let Some(pid) = pid(number) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// A process told apart from a later one of the same number by its start time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Process {
    pid: u32,
    parent: u32,
    started: String,
}

impl Process {
    fn read(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The command's name stands in brackets and may hold blanks and brackets itself.
        let (_, rest) = stat.rsplit_once(')')?;
        let fields = rest.split_whitespace().collect::<Vec<_>>();
        let zombie = fields.first() == Some(&"Z");
        let parent = fields.get(1)?.parse().ok()?;
        let started = (*fields.get(19)?).to_owned();
        (!zombie).then_some(Self { pid, parent, started })
    }

    fn is_alive(&self) -> bool {
        Self::read(self.pid).is_some_and(|now| now.started == self.started)
    }
}

/// All living descendants of a process. Servers may give their children groups of their own, as PostgreSQL does.
fn descendants(root: u32) -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let all = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(Process::read)
        .collect::<Vec<_>>();
    let mut family = vec![root];
    let mut found = Vec::new();
    while let Some(parent) = family.pop() {
        for process in all.iter().filter(|process| process.parent == parent) {
            family.push(process.pid);
            found.push(process.clone());
        }
    }
    found
}

/// The last lines of a log.
pub(crate) fn tail(path: &Path) -> String {
    let text = fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines = text.lines().collect::<Vec<_>>();
    lines.iter().skip(lines.len().saturating_sub(15)).copied().collect::<Vec<_>>().join("\n")
}
