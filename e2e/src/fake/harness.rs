//! What both fake servers need: a listener with a thread per connection, counting, and an end that comes at once.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::error::{Doing, LabError};
use crate::system::{free_ports, loopback};

/// Locks, also after a panic of another thread: the books stay readable.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Open connections by number, and whether the end has come.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    open: Mutex<HashMap<u64, TcpStream>>,
    left: Condvar,
    ended: AtomicBool,
    total: AtomicU64,
    most: AtomicU64,
}

impl Connections {
    /// How many were accepted so far.
    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// How many are open now.
    pub(crate) fn open(&self) -> u64 {
        u64::try_from(lock(&self.open).len()).unwrap_or(u64::MAX)
    }

    /// The most that were open at once.
    pub(crate) fn most(&self) -> u64 {
        self.most.load(Ordering::Relaxed)
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Waits, but not beyond the end of the server.
    pub(crate) fn pause(&self, length: Duration) {
        let until = Instant::now() + length;
        let mut open = lock(&self.open);
        while !self.is_ended() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            (open, _) = self.left.wait_timeout(open, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Closes all connections.
    pub(crate) fn close_all(&self) {
        for socket in lock(&self.open).values() {
            // A connection that is closed already is what we are after.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    fn enter(&self, socket: &TcpStream) -> io::Result<u64> {
        let copy = socket.try_clone()?;
        let number = self.total.fetch_add(1, Ordering::Relaxed) + 1;
        let mut open = lock(&self.open);
        open.insert(number, copy);
        self.most.fetch_max(u64::try_from(open.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(number)
    }

    fn leave(&self, number: u64) {
        lock(&self.open).remove(&number);
        self.left.notify_all();
    }
}

type Handler = dyn Fn(u64, TcpStream) + Send + Sync;

/// A listening server. Dropping it closes everything and waits for its threads.
pub(crate) struct Harness {
    address: SocketAddr,
    connections: Arc<Connections>,
    handler: Arc<Handler>,
    listening: Mutex<Option<(Arc<AtomicBool>, JoinHandle<()>)>>,
}

impl std::fmt::Debug for Harness {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Harness").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Harness {
    pub(crate) fn start(connections: Arc<Connections>, handler: Arc<Handler>) -> Result<Self, LabError> {
        let mut last = None;
        for _ in 0..20 {
            let address = loopback(free_ports(1)?.first().copied().unwrap_or_default());
            match TcpListener::bind(address) {
                Ok(listener) => {
                    let harness = Self { address, connections, handler, listening: Mutex::new(None) };
                    harness.listen_with(listener)?;
                    return Ok(harness);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(LabError::Io { doing: "listening".into(), reason: format!("{last:?}") })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Refuses connections from now on; open ones stay.
    pub(crate) fn stop_listening(&self) {
        if let Some((stop, thread)) = lock(&self.listening).take() {
            stop.store(true, Ordering::Relaxed);
            // Wakes the thread out of accept().
            let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
            let _ = thread.join();
        }
    }

    /// Accepts connections again, on the same port.
    pub(crate) fn listen(&self) -> Result<(), LabError> {
        if lock(&self.listening).is_some() {
            return Ok(());
        }
        let listener = TcpListener::bind(self.address).doing(format_args!("listening on {}", self.address))?;
        self.listen_with(listener)
    }

    fn listen_with(&self, listener: TcpListener) -> Result<(), LabError> {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, connections, handler) =
            (Arc::clone(&stop), Arc::clone(&self.connections), Arc::clone(&self.handler));
        let thread = std::thread::Builder::new()
            .name("fake-server".into())
            .spawn(move || accept(&listener, &stopped, &connections, &handler))
            .doing("starting a thread")?;
        *lock(&self.listening) = Some((stop, thread));
        Ok(())
    }
}

fn accept(listener: &TcpListener, stopped: &AtomicBool, connections: &Arc<Connections>, handler: &Arc<Handler>) {
    for socket in listener.incoming() {
        if stopped.load(Ordering::Relaxed) {
            return;
        }
        let Ok(socket) = socket else { continue };
        let Ok(number) = connections.enter(&socket) else { continue };
        let (inside, handler) = (Arc::clone(connections), Arc::clone(handler));
        let started = std::thread::Builder::new().name("fake-session".into()).stack_size(512 * 1024).spawn(move || {
            handler(number, socket);
            inside.leave(number);
        });
        if started.is_err() {
            connections.leave(number);
        }
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        self.stop_listening();
        self.connections.ended.store(true, Ordering::Relaxed);
        let mut open = lock(&self.connections.open);
        let until = Instant::now() + Duration::from_secs(10);
        while !open.is_empty() && Instant::now() < until {
            for socket in open.values() {
                let _ = socket.shutdown(Shutdown::Both);
            }
            self.connections.left.notify_all();
            let wait = self.connections.left.wait_timeout(open, Duration::from_millis(20));
            (open, _) = wait.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Which calls a rule concerns: those that fit, after the first `skip`, `times` times.
#[derive(Debug, Clone)]
pub(crate) struct Occasion {
    pub(crate) containing: Option<String>,
    pub(crate) skip: u64,
    pub(crate) times: Option<u64>,
    seen: u64,
}

impl Occasion {
    pub(crate) fn always() -> Self {
        Self { containing: None, skip: 0, times: None, seen: 0 }
    }

    /// Counts this call and tells whether the rule acts on it.
    pub(crate) fn strikes(&mut self, argument: &str) -> bool {
        if self.containing.as_ref().is_some_and(|text| !argument.contains(text.as_str())) {
            return false;
        }
        self.seen += 1;
        self.seen > self.skip && self.times.is_none_or(|times| self.seen <= self.skip.saturating_add(times))
    }
}
