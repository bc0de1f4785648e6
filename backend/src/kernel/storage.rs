//! Raw mail and files as content-addressed blobs (SHA-256), durable before the transaction that names them (R1).
//!
//! A blob's row in `blobs` is written by the transaction that names it ([`Blobs::register`]); what no row names, and what
//! has no row because its transaction failed, is collected after a day ([`Blobs::old_ones`], [`Blobs::collect`], called by
//! the room `files`).

use crate::kernel::{
    Error, Result,
    db::{Connection, arms, connection::blocking},
    secrets::sha256_hex,
};
use diesel::QueryResult;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path as Key};
use shared::time::Timestamp;
use std::{path::Path, sync::Arc, time::Duration};

/// A stored blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
    /// Octets.
    pub size: i64,
}

/// The store of blobs.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    // Where the store keeps its files.
    dir: Arc<Path>,
    // Shared by writers, alone by the collector: between its look at a blob's age and the removal no writer may find
    // the blob and take it for stored.
    collecting: Arc<tokio::sync::RwLock<()>>,
}

/// A blob that is older is written again when it is stored again, so that the collector never meets it.
const FRESH: Duration = Duration::from_secs(3_600);

impl Blobs {
    /// A store in a directory, which is made where it is missing. Every write is flushed to the disk before it counts.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn on_disk(dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let store = LocalFileSystem::new_with_prefix(dir)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), dir: dir.into(), collecting: Arc::default() })
    }

    /// Stores `bytes` durably; what is there already is left as it is.
    ///
    /// # Errors
    /// The disk is full or failing.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<Blob> {
        let sha256 = sha256_hex(&bytes);
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let key = key(&sha256);
        let _writing = self.collecting.read().await;
        // Same name, same content: written again only where it is missing, was cut short, or is old.
        let there = match self.store.head(&key).await {
            Ok(meta) => i64::try_from(meta.size).is_ok_and(|stored| stored == size) && age(&meta) < FRESH,
            Err(object_store::Error::NotFound { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        if !there {
            self.store.put(&key, PutPayload::from(bytes)).await?;
        }
        Ok(Blob { sha256, size })
    }

    /// The content of a blob.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    pub async fn get(&self, sha256: &str) -> Result<Vec<u8>> {
        let found = self.store.get(&key(sha256)).await?;
        Ok(found.bytes().await?.to_vec())
    }

    /// Notes, in the transaction that names it, that the blob is in use.
    ///
    /// # Errors
    /// The database's.
    pub fn register(conn: &mut Connection, blob: &Blob, at: Timestamp) -> QueryResult<()> {
        arms::upsert_blob(conn, &blob.sha256, blob.size, at)
    }

    /// Removes a blob that no row names any more, if it was last written longer than `age` ago.
    ///
    /// # Errors
    /// The disk's.
    pub async fn collect(&self, sha256: &str, older_than: Duration) -> Result<()> {
        let _alone = self.collecting.write().await;
        let key = key(sha256);
        match self.store.head(&key).await {
            Ok(meta) if age(&meta) < older_than => Ok(()),
            Ok(_) => Ok(self.store.delete(&key).await?),
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Names of blobs that were last written longer than `older_than` ago, out of the next directories after `after`
    /// (empty: from the beginning), until some `most` files were looked at. With them the directory to go on after, or
    /// `None` at the end. Files of that age that a process died over while writing them are removed on the way.
    ///
    /// # Errors
    /// The disk's.
    pub async fn old_ones(
        &self,
        after: &str,
        older_than: Duration,
        most: usize,
    ) -> Result<(Vec<String>, Option<String>)> {
        let (mut old, mut seen) = (Vec::new(), 0_usize);
        for first in 0..=u8::MAX {
            let first = format!("{first:02x}");
            if first.as_str() < after.get(..2).unwrap_or("") {
                continue;
            }
            let mut dirs = self.store.list_with_delimiter(Some(&Key::from(first))).await?.common_prefixes;
            dirs.sort_unstable();
            for dir in dirs.into_iter().filter(|dir| dir.as_ref() > after) {
                let here = self.dir.join(dir.as_ref());
                blocking(move || Ok(remove_unfinished(&here, older_than)?)).await?;
                for meta in self.store.list_with_delimiter(Some(&dir)).await?.objects {
                    seen = seen.saturating_add(1);
                    if let Some(name) = meta.location.filename().filter(|_| age(&meta) >= older_than) {
                        old.push(name.to_owned());
                    }
                }
                if seen >= most {
                    return Ok((old, Some(dir.as_ref().to_owned())));
                }
            }
        }
        Ok((old, None))
    }

    /// Whether the store takes and gives back, for `/readyz`.
    ///
    /// # Errors
    /// It does not.
    pub async fn probe(&self) -> Result<()> {
        let key = Key::from("probe");
        self.store.put(&key, PutPayload::from_static(b"posta")).await.map_err(Error::from)?;
        Ok(())
    }
}

/// The store writes `name#1` and renames it when it is whole; it lists no such names.
fn remove_unfinished(dir: &Path, older_than: Duration) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let unfinished = entry.file_name().to_str().is_some_and(|name| name.contains('#'));
        // What is renamed meanwhile was not forgotten.
        let old = || entry.metadata().and_then(|meta| meta.modified()).is_ok_and(|at| elapsed(at) >= older_than);
        if unfinished && old() {
            match std::fs::remove_file(entry.path()) {
                // Another node, or its writer at last, was first.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                done => done?,
            }
        }
    }
    Ok(())
}

fn elapsed(since: std::time::SystemTime) -> Duration {
    since.elapsed().unwrap_or_default()
}

fn age(meta: &object_store::ObjectMeta) -> Duration {
    elapsed(std::time::SystemTime::from(meta.last_modified))
}

// Two levels of directories keep each below some thousand files at ten million blobs.
fn key(sha256: &str) -> Key {
    let (first, rest) = sha256.split_at_checked(2).unwrap_or(("00", sha256));
    let (second, _) = rest.split_at_checked(2).unwrap_or(("00", rest));
    Key::from(format!("{first}/{second}/{sha256}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn content_addresses_its_own_name() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::on_disk(&dir.path().join("blobs")).unwrap();
        let first = blobs.put(b"hola".to_vec()).await.unwrap();
        let again = blobs.put(b"hola".to_vec()).await.unwrap();
        assert_eq!(first, again);
        assert_eq!(first.sha256, sha256_hex(b"hola"));
        assert_eq!(blobs.get(&first.sha256).await.unwrap(), b"hola");
        blobs.collect(&first.sha256, Duration::from_secs(60)).await.unwrap();
        assert!(blobs.get(&first.sha256).await.is_ok(), "a fresh blob is not collected");
        blobs.collect(&first.sha256, Duration::ZERO).await.unwrap();
        assert_eq!(blobs.get(&first.sha256).await.unwrap_err().code(), shared::error::ErrorCode::NotFound);
    }

    // The leavings of a process that died while it wrote once stayed for ever.
    #[tokio::test]
    async fn what_was_never_finished_is_removed_when_it_is_old() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::on_disk(dir.path()).unwrap();
        let whole = blobs.put(b"hola".to_vec()).await.unwrap().sha256;
        let (first, second) = (whole.get(..2).unwrap(), whole.get(2..4).unwrap());
        let unfinished = dir.path().join(first).join(second).join(format!("{whole}#1"));
        std::fs::write(&unfinished, b"ho").unwrap();
        blobs.old_ones("", FRESH, 1_000).await.unwrap();
        assert!(unfinished.exists(), "it may still be written");
        let (old, _) = blobs.old_ones("", Duration::ZERO, 1_000).await.unwrap();
        assert!(!unfinished.exists());
        assert_eq!(old, std::slice::from_ref(&whole));
        assert_eq!(blobs.get(&whole).await.unwrap(), b"hola");
    }

    #[tokio::test]
    async fn a_walk_in_steps_meets_every_old_blob_once() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::on_disk(&dir.path().join("blobs")).unwrap();
        let mut all = Vec::new();
        for number in 0..40 {
            all.push(blobs.put(format!("mail {number}").into_bytes()).await.unwrap().sha256);
        }
        blobs.probe().await.unwrap();
        all.sort_unstable();
        let (mut met, mut after, mut steps) = (Vec::new(), Some(String::new()), 0);
        while let Some(from) = after {
            let (some, next) = blobs.old_ones(&from, Duration::ZERO, 7).await.unwrap();
            met.extend(some);
            (after, steps) = (next, steps + 1);
        }
        assert!(steps > 5, "{steps}");
        assert_eq!(met, all);
        assert_eq!(blobs.old_ones("", FRESH, 1_000).await.unwrap(), (Vec::new(), None));
    }
}
