//! Reading and filling Maildir folders beside the servers that own them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Doing, LabError};
use crate::mail::Mail;
use crate::system::Owner;

/// One folder in Maildir format.
#[derive(Debug, Clone)]
pub(crate) struct Maildir {
    path: PathBuf,
    owner: Owner,
}

impl Maildir {
    /// The folder of a mailbox: INBOX is the Maildir itself, others are `.Name` inside it (Maildir++).
    pub(crate) fn of(mailbox: &Path, folder: &str, owner: Owner) -> Self {
        let path = mailbox.join("Maildir");
        let path = if folder.eq_ignore_ascii_case("INBOX") { path } else { path.join(format!(".{folder}")) };
        Self { path, owner }
    }

    /// Makes its directories where they are missing.
    pub(crate) fn create(&self) -> Result<(), LabError> {
        for name in ["", "tmp", "cur", "new"] {
            let path = if name.is_empty() { self.path.clone() } else { self.path.join(name) };
            match fs::create_dir(&path) {
                Ok(()) => chown(&path, Some(self.owner.uid), Some(self.owner.gid)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                Err(error) => Err(error),
            }
            .doing(format_args!("making {}", path.display()))?;
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How many mails lie in it; cheaper than reading them.
    pub(crate) fn count(&self) -> Result<usize, LabError> {
        Ok(self.names()?.len())
    }

    /// `(directory, file name)` of each mail once, though the server may move files while we look.
    fn names(&self) -> Result<Vec<(&'static str, String)>, LabError> {
        let mut seen = BTreeSet::new();
        let mut names = Vec::new();
        // First `new`, then `cur`: a mail that moves in between is seen twice, never missed.
        for directory in ["new", "cur"] {
            let path = self.path.join(directory);
            let entries = match fs::read_dir(&path) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error).doing(format_args!("reading {}", path.display())),
            };
            for entry in entries {
                let name = entry.doing(format_args!("reading {}", path.display()))?.file_name();
                let name = name.to_string_lossy().into_owned();
                let base = name.split(':').next().unwrap_or_default().to_owned();
                if seen.insert(base) {
                    names.push((directory, name));
                }
            }
        }
        Ok(names)
    }

    /// All mails, oldest first.
    pub(crate) fn read(&self) -> Result<Vec<Mail>, LabError> {
        'again: loop {
            let mut found = Vec::new();
            for (directory, name) in self.names()? {
                let path = self.path.join(directory).join(&name);
                let read = fs::metadata(&path).and_then(|data| Ok((data.modified()?, fs::read(&path)?)));
                match read {
                    Ok((modified, raw)) => {
                        let flags = name.split_once(":2,").map_or("", |(_, flags)| flags).to_owned();
                        found.push(((modified, name), Mail { raw: on_the_wire(&raw), path, flags }));
                    }
                    // Renamed or removed by the server since the listing.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue 'again,
                    Err(error) => return Err(error).doing(format_args!("reading {}", path.display())),
                }
            }
            found.sort_by(|(left, _), (right, _)| left.cmp(right));
            return Ok(found.into_iter().map(|(_, mail)| mail).collect());
        }
    }

    /// Puts a mail into `new`, as a delivery does.
    pub(crate) fn add(&self, raw: &[u8]) -> Result<PathBuf, LabError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let count = NEXT.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let pid = std::process::id();
        let name = format!("{}.M{:06}P{pid}Q{count:09}.lab", now.as_secs(), now.subsec_micros());
        let draft = self.path.join("tmp").join(&name);
        let placed = self.path.join("new").join(&name);
        fs::write(&draft, on_disk(raw))
            .and_then(|()| chown(&draft, Some(self.owner.uid), Some(self.owner.gid)))
            .and_then(|()| fs::rename(&draft, &placed))
            .doing(format_args!("delivering into {}", self.path.display()))?;
        Ok(placed)
    }
}

/// Line ends as they are on the wire: every LF has its CR.
fn on_the_wire(stored: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(stored.len() + stored.len() / 32);
    let mut before = 0;
    for &byte in stored {
        if byte == b'\n' && before != b'\r' {
            raw.push(b'\r');
        }
        raw.push(byte);
        before = byte;
    }
    raw
}

/// Line ends as Postfix stores them: LF alone. A CR that ends no line stays.
fn on_disk(raw: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\r' || bytes.peek() != Some(&b'\n') {
            stored.push(byte);
        }
    }
    stored
}
