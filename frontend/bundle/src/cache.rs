//! Results of slow, repeatable steps, kept by the hash of everything they depend on.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// An entry that no build has used for this long is dropped.
const KEEP: Duration = Duration::from_secs(30 * 24 * 3600);

/// The SHA-256 of several parts, in lower-case hexadecimal. Lengths are hashed too, so parts cannot run together.
pub fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_string());
        hasher.update(b":");
        hasher.update(part);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns what `make` returned the last time it ran for the same `key`, or runs it and remembers.
///
/// # Errors
/// Those of `make`, and of the disk.
pub fn remember(dir: &Path, key: &str, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    let entry = dir.join(key);
    if let Ok(bytes) = fs::read(&entry) {
        touch(&entry);
        return Ok(bytes);
    }
    let bytes = make()?;
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    // Written beside and renamed: a build that is interrupted leaves no half entry for the next one to trust.
    let draft = tempfile::NamedTempFile::new_in(dir).with_context(|| format!("cannot write in {}", dir.display()))?;
    fs::write(draft.path(), &bytes).with_context(|| format!("cannot write in {}", dir.display()))?;
    draft.persist(&entry).with_context(|| format!("cannot write {}", entry.display()))?;
    Ok(bytes)
}

/// Drops entries that have not been used for a month. What cannot be removed is left for another day.
pub fn prune(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        if is_stale(&entry.path()) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

fn is_stale(entry: &PathBuf) -> bool {
    let used = fs::metadata(entry).and_then(|facts| facts.modified());
    used.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > KEEP))
}

fn touch(entry: &Path) {
    if let Ok(file) = fs::File::options().append(true).open(entry) {
        drop(file.set_modified(SystemTime::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_call_does_not_make_again() {
        let dir = tempfile::tempdir().unwrap();
        let first = remember(dir.path(), "k", || Ok(b"one".to_vec())).unwrap();
        let second = remember(dir.path(), "k", || panic!("made twice")).unwrap();
        assert_eq!((first.as_slice(), second.as_slice()), (&b"one"[..], &b"one"[..]));
    }

    #[test]
    fn a_failure_is_not_remembered() {
        let dir = tempfile::tempdir().unwrap();
        assert!(remember(dir.path(), "k", || anyhow::bail!("no")).is_err());
        assert_eq!(remember(dir.path(), "k", || Ok(b"yes".to_vec())).unwrap(), b"yes");
    }

    #[test]
    fn only_entries_unused_for_a_month_are_dropped() {
        let dir = tempfile::tempdir().unwrap();
        for (name, age) in [("old", KEEP + Duration::from_secs(60)), ("new", Duration::from_secs(60))] {
            fs::write(dir.path().join(name), "x").unwrap();
            let file = fs::File::options().append(true).open(dir.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        prune(dir.path());
        assert!(!dir.path().join("old").exists() && dir.path().join("new").exists());
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    }
}
