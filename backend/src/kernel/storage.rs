//! Raw mail and files as content-addressed blobs (SHA-256), durable before the transaction that names them (R1).
//!
//! A blob's row in `blobs` is written by the transaction that names it ([`Blobs::register`]); what no row names is
//! collected after a day, in [`Blobs::sweep`].

use crate::kernel::{
    Error, Result,
    db::{Connection, arms},
    secrets::sha256_hex,
};
use diesel::QueryResult;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path as Key};
use shared::time::Timestamp;
use std::{path::Path, sync::Arc};

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
}

impl Blobs {
    /// A store in a directory, which is made where it is missing. Every write is flushed to the disk before it counts.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn on_disk(dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let store = LocalFileSystem::new_with_prefix(dir)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Stores `bytes` durably; what is there already is left as it is.
    ///
    /// # Errors
    /// The disk is full or failing.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<Blob> {
        let sha256 = sha256_hex(&bytes);
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let key = key(&sha256);
        // Same name, same content: written again only where it is missing or was cut short.
        let there = match self.store.head(&key).await {
            Ok(meta) => i64::try_from(meta.size).is_ok_and(|stored| stored == size),
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

    /// Removes a blob that no row names any more.
    ///
    /// # Errors
    /// The disk's.
    pub async fn remove(&self, sha256: &str) -> Result<()> {
        match self.store.delete(&key(sha256)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
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
        blobs.remove(&first.sha256).await.unwrap();
        assert_eq!(blobs.get(&first.sha256).await.unwrap_err().code(), shared::error::ErrorCode::NotFound);
    }
}
