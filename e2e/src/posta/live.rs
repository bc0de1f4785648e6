//! A live socket, kept open by a thread that answers heartbeats and reduces what comes, as a browser does.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use shared::api::access::SocketTicket;
use shared::api::interactions::{InteractionState, InteractionSummary};
use shared::api::presence::AgentState;
use shared::ids::{InteractionId, Seq};
use shared::live::{CLOSE_REVOKED, ClientFrame, LiveEvent, ServerFrame};
use shared::time::Timestamp;
use tungstenite::{Message, WebSocket};

use super::client::Client;
use super::error::PostaError;
use crate::error::LabError;

/// How an event's frame begins.
const EVENT: &str = r#"{"type":"event""#;

/// An event, and when it came.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// When the client had it.
    pub at: Instant,
    /// Position.
    pub seq: Seq,
    /// When the server committed it, by its clock.
    pub committed: Timestamp,
    /// What changed.
    pub event: LiveEvent,
}

/// What the client knows.
#[derive(Debug, Clone, Default)]
pub struct LiveState {
    /// Position of the newest frame.
    pub seq: Option<Seq>,
    /// One's own state.
    pub me: Option<AgentState>,
    /// What one holds.
    pub active: BTreeMap<InteractionId, InteractionSummary>,
    /// Events since the start, oldest first.
    pub events: Vec<Arrived>,
    /// Snapshots received.
    pub snapshots: u32,
    /// The socket is open and its snapshot has come.
    pub connected: bool,
    /// Why the socket was closed last, in the server's words.
    pub closed: Option<(u16, String)>,
    /// What broke the contract: a frame that cannot be read, a position that went back.
    pub faults: Vec<String>,
}

impl LiveState {
    fn take(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Snapshot { seq, me, active, .. } => {
                self.seq = Some(seq);
                self.me = Some(me);
                self.active = active.into_iter().map(|row| (row.id, row)).collect();
                self.snapshots += 1;
                self.connected = true;
            }
            ServerFrame::Event { seq, at, event } => {
                if self.seq.is_some_and(|before| seq <= before) {
                    self.faults.push(format!("position {} after {:?}", seq.0, self.seq));
                }
                self.seq = Some(seq);
                self.apply(&event);
                self.events.push(Arrived { at: Instant::now(), seq, committed: at, event });
            }
            ServerFrame::Ping { .. } => {}
        }
    }

    fn apply(&mut self, event: &LiveEvent) {
        let me = self.me.as_ref().map(|state| state.user_id);
        match event {
            LiveEvent::InteractionChanged { interaction } => {
                if interaction.state == InteractionState::Assigned && interaction.agent_id == me {
                    self.active.insert(interaction.id, interaction.clone());
                } else {
                    self.active.remove(&interaction.id);
                }
            }
            LiveEvent::AgentStateChanged { state } if Some(state.user_id) == me => self.me = Some(state.clone()),
            _ => {}
        }
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<LiveState>,
    changed: Condvar,
    stop: AtomicBool,
    // Events are counted and not read.
    counts: AtomicBool,
    counted: AtomicU64,
    socket: Mutex<Option<TcpStream>>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, LiveState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn socket(&self) -> MutexGuard<'_, Option<TcpStream>> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open live socket. It comes back by itself after a break, as a browser's does, but not after a revocation.
#[derive(Debug)]
pub struct Live {
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Live {
    /// Opens a socket for this client and waits for its snapshot.
    ///
    /// # Errors
    /// The product's refusal; no snapshot in time.
    pub fn open(client: &Arc<Client>, limit: Duration) -> Result<Self, PostaError> {
        let shared = Arc::new(Shared::default());
        let first = connect(client)?;
        let thread = std::thread::spawn({
            let (shared, client) = (Arc::clone(&shared), Arc::clone(client));
            move || keep_open(&shared, &client, first)
        });
        let live = Self { shared, thread: Some(thread) };
        live.wait("the first snapshot", limit, |state| state.connected.then_some(()))?;
        Ok(live)
    }

    /// A look at what the client knows.
    pub fn look<T>(&self, look: impl FnOnce(&LiveState) -> T) -> T {
        look(&self.shared.state())
    }

    /// Waits until `pick` finds something in what the client knows.
    ///
    /// # Errors
    /// It did not within `limit`.
    pub fn wait<T>(
        &self,
        what: &str,
        limit: Duration,
        mut pick: impl FnMut(&LiveState) -> Option<T>,
    ) -> Result<T, LabError> {
        let begun = Instant::now();
        let mut state = self.shared.state();
        loop {
            if let Some(found) = pick(&state) {
                return Ok(found);
            }
            let Some(left) = limit.checked_sub(begun.elapsed()) else {
                return Err(LabError::Timeout {
                    what: what.to_owned(),
                    seconds: limit.as_secs_f64(),
                    seen: format!(
                        "connected {}, closed {:?}, holds {:?}, {} events, the last {:?}",
                        state.connected,
                        state.closed,
                        state.active.values().map(|row| row.subject.as_str()).collect::<Vec<_>>(),
                        state.events.len(),
                        state.events.last().map(|last| &last.event)
                    ),
                });
            };
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the client holds an interaction with this subject.
    ///
    /// # Errors
    /// It did not come within `limit`.
    pub fn wait_for_subject(&self, subject: &str, limit: Duration) -> Result<InteractionSummary, LabError> {
        self.wait(&format!("an interaction with the subject {subject:?}"), limit, |state| {
            state.active.values().find(|row| row.subject == subject).cloned()
        })
    }

    /// From now on only counts events. For measurements: reading hundreds of thousands of them, as hundreds of browsers on
    /// their own machines would, takes the processor from what is measured.
    pub fn only_count(&self) {
        self.shared.counts.store(true, Ordering::Release);
    }

    /// Events that were counted and not read.
    #[must_use]
    pub fn counted(&self) -> u64 {
        self.shared.counted.load(Ordering::Acquire)
    }

    /// Breaks the connection as a lost network would; the client comes back by itself.
    pub fn cut(&self) {
        if let Some(socket) = self.shared.socket().as_ref() {
            // An error means that it is gone already.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.cut();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn connect(client: &Client) -> Result<WebSocket<TcpStream>, PostaError> {
    let ticket: SocketTicket = client.act("auth/socket-tickets")?;
    let unreachable = |reason: &dyn std::fmt::Display| PostaError::Unreachable {
        request: "GET live".into(),
        reason: reason.to_string(),
    };
    let address = client.address().get();
    let stream = TcpStream::connect(address).map_err(|error| unreachable(&error))?;
    stream.set_nodelay(true).map_err(|error| unreachable(&error))?;
    let url = format!("ws://{address}/api/v1/live?ticket={}", ticket.ticket);
    tungstenite::client(url, stream).map(|(socket, _)| socket).map_err(|error| unreachable(&error))
}

fn keep_open(shared: &Shared, client: &Client, first: WebSocket<TcpStream>) {
    let mut next = Some(first);
    while !shared.stop.load(Ordering::Acquire) {
        let socket = match next.take() {
            Some(socket) => socket,
            None => match connect(client) {
                Ok(socket) => socket,
                Err(_) => {
                    std::thread::sleep(Duration::from_millis(20));
                    continue;
                }
            },
        };
        *shared.socket() = socket.get_ref().try_clone().ok();
        let closed = serve(shared, socket);
        let mut state = shared.state();
        state.connected = false;
        let revoked = closed.as_ref().is_some_and(|(code, _)| *code == CLOSE_REVOKED);
        state.closed = closed.or(state.closed.take());
        drop(state);
        shared.changed.notify_all();
        if revoked {
            return;
        }
    }
}

/// Reads until the socket ends; gives the server's reason, if it named one.
fn serve(shared: &Shared, mut socket: WebSocket<TcpStream>) -> Option<(u16, String)> {
    let mut closed = None;
    loop {
        if shared.stop.load(Ordering::Acquire) {
            return closed;
        }
        match socket.read() {
            Ok(Message::Text(text)) if shared.counts.load(Ordering::Acquire) && text.starts_with(EVENT) => {
                shared.counted.fetch_add(1, Ordering::AcqRel);
            }
            Ok(Message::Text(text)) => {
                let frame = serde_json::from_str::<ServerFrame>(text.as_str());
                let ping = matches!(frame, Ok(ServerFrame::Ping { .. }));
                match frame {
                    Ok(frame) => shared.state().take(frame),
                    Err(error) => shared.state().faults.push(format!("{error}: {text}")),
                }
                shared.changed.notify_all();
                if ping {
                    let pong = serde_json::to_string(&ClientFrame::Pong {}).unwrap_or_default();
                    // A write that fails shows at the next read.
                    let _ = socket.send(Message::text(pong));
                }
            }
            Ok(Message::Close(frame)) => {
                closed = frame.map(|frame| (u16::from(frame.code), frame.reason.to_string()));
            }
            Ok(_) => {}
            Err(_) => return closed,
        }
    }
}
