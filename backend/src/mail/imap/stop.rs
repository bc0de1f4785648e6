//! Ending a session from another thread.

use std::{
    net::{Shutdown, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// A handle that ends a session at once, wherever it waits: its socket is shut down. Made before the session, so that
/// connecting can be stopped too; clones act on the same session.
#[derive(Debug, Clone, Default)]
pub struct Stopper {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    stopped: AtomicBool,
    socket: Mutex<Option<TcpStream>>,
}

impl Stopper {
    /// A handle for a session that is yet to be opened.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the session. Whatever it was doing fails with [`super::ImapError::Stopped`], and so does every later try to
    /// open one with this handle.
    pub fn stop(&self) {
        self.inner.stopped.store(true, Ordering::SeqCst);
        let socket = self.inner.socket.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(socket) = socket.as_ref() {
            // A socket that is already gone needs no shutting down.
            drop(socket.shutdown(Shutdown::Both));
        }
    }

    /// Whether [`Stopper::stop`] was called.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.inner.stopped.load(Ordering::SeqCst)
    }

    /// Ties the handle to a connection.
    pub(super) fn watch(&self, socket: TcpStream) {
        *self.inner.socket.lock().unwrap_or_else(PoisonError::into_inner) = Some(socket);
        // `stop` may have come between connecting and this line.
        if self.is_stopped() {
            self.stop();
        }
    }

    /// Lets go of the connection, so that its socket closes with the session.
    pub(super) fn unwatch(&self) {
        *self.inner.socket.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
