//! What every room is given: database, clock, settings, keys, blobs, live hub, and the signal to stop.

use super::{clock::SharedClock, config::Settings, db::Db, events::Hub, secrets::Keys, signed::Signer, storage::Blobs};
use shared::time::Timestamp;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The kernel's parts, handed round by clone.
#[derive(Debug, Clone)]
pub struct Core {
    /// Database.
    pub db: Db,
    /// The present.
    pub clock: SharedClock,
    /// Settings.
    pub settings: Arc<Settings>,
    /// Keys.
    pub keys: Arc<Keys>,
    /// Signed links.
    pub signer: Signer,
    /// Raw mail and files.
    pub blobs: Blobs,
    /// Live sockets.
    pub hub: Hub,
    /// Cancelled when the process stops.
    pub stop: CancellationToken,
    /// Name of this process among its peers: new, or that of a dead predecessor whose work it takes up
    /// (`db::alone::Claim`).
    pub node: Arc<str>,
}

impl Core {
    /// The present.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
