//! What the server says on its outputs, kept in memory and in a file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The lines so far; grows while the server runs, and over its restarts.
#[derive(Debug, Clone)]
pub struct Log {
    inner: Arc<(Mutex<Lines>, Condvar)>,
}

#[derive(Debug)]
struct Lines {
    all: Vec<String>,
    file: Option<File>,
}

impl Log {
    pub(super) fn new(file: Option<File>) -> Self {
        Self { inner: Arc::new((Mutex::new(Lines { all: Vec::new(), file }), Condvar::new())) }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.inner.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a pipe to its end, on a thread of its own.
    pub(super) fn follow(&self, pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<()> {
        let log = self.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).split(b'\n') {
                let Ok(line) = line else { return };
                let line = String::from_utf8_lossy(&line).into_owned();
                let mut lines = log.lines();
                if let Some(file) = &mut lines.file {
                    // The memory copy is what tests read; the file is for people.
                    let _ = writeln!(file, "{line}");
                }
                lines.all.push(line);
                drop(lines);
                log.inner.1.notify_all();
            }
        })
    }

    /// How many lines there are; a mark for [`Log::wait`] and [`Log::since`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines().all.len()
    }

    /// Whether nothing was said yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lines from a mark on.
    #[must_use]
    pub fn since(&self, mark: usize) -> Vec<String> {
        self.lines().all.iter().skip(mark).cloned().collect()
    }

    /// The last lines, for an error message.
    #[must_use]
    pub fn tail(&self) -> String {
        let lines = self.lines();
        lines.all.iter().skip(lines.all.len().saturating_sub(15)).cloned().collect::<Vec<_>>().join("\n")
    }

    /// The first line from a mark on of which `pick` makes something; `None` when `limit` is over or `give_up` says so.
    pub fn wait<T>(
        &self,
        mark: usize,
        limit: Duration,
        mut pick: impl FnMut(&str) -> Option<T>,
        mut give_up: impl FnMut() -> bool,
    ) -> Option<T> {
        let begun = Instant::now();
        let mut next = mark;
        let mut over = false;
        let mut lines = self.lines();
        loop {
            if let Some(found) = lines.all.iter().skip(next).find_map(|line| pick(line)) {
                return Some(found);
            }
            next = lines.all.len();
            if over || begun.elapsed() > limit {
                return None;
            }
            let waited = self.inner.1.wait_timeout(lines, Duration::from_millis(20));
            lines = waited.unwrap_or_else(PoisonError::into_inner).0;
            // One more look after the end: the last lines may just have come.
            over = give_up();
        }
    }
}
