//! Keeps the live socket up: a ticket, frames, heartbeats, and a new try after a loss.

use super::{
    backoff,
    store::{Connection, Live},
};
use crate::{
    api::{Api, json},
    state::clock::Clock,
};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::{
    StreamExt as _,
    future::{AbortHandle, Abortable, Either, select},
};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use shared::{
    error::ErrorCode,
    live::{CLOSE_REVOKED, ClientFrame, HEARTBEAT_SECONDS, ServerFrame},
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{CloseEvent, Event, MessageEvent, WebSocket};

/// A connection silent for this long, in milliseconds, is dead: two heartbeats and a little.
const SILENCE: u32 = 45_000;
const _: () = assert!(HEARTBEAT_SECONDS * 2_000 < 45_000, "the watchdog must outlast two heartbeats");

enum Input {
    Frame(String),
    Closed(u16),
    Wake,
}

/// Lets pages hurry the connection. Cheap to copy.
#[derive(Clone, Copy)]
pub struct SocketControl {
    inputs: StoredValue<Option<UnboundedSender<Input>>>,
}

impl SocketControl {
    /// Tries now instead of waiting.
    pub fn try_now(self) {
        self.send(Input::Wake);
    }

    fn send(self, input: Input) {
        self.inputs.with_value(|sender| {
            if let Some(sender) = sender {
                let _ = sender.unbounded_send(input);
            }
        });
    }
}

/// Connects, and keeps connected until the owner goes.
pub fn keep_connected(api: Api, live: Live, clock: Clock) -> SocketControl {
    let (sender, receiver) = unbounded();
    let (abort, registration) = AbortHandle::new_pair();
    on_cleanup(move || abort.abort());
    let wake = sender.clone();
    let online = window_event_listener(leptos::ev::online, move |_| {
        let _ = wake.unbounded_send(Input::Wake);
    });
    on_cleanup(move || online.remove());
    let control = SocketControl { inputs: StoredValue::new(Some(sender.clone())) };
    leptos::task::spawn_local(async move {
        let _ = Abortable::new(run(api, live, clock, sender, receiver), registration).await;
    });
    control
}

async fn run(api: Api, live: Live, clock: Clock, sender: UnboundedSender<Input>, mut inputs: UnboundedReceiver<Input>) {
    let mut attempt = 0;
    loop {
        let ending = match api.create_socket_ticket().await {
            Ok(ticket) => converse(live, &ticket.ticket, &sender, &mut inputs, &mut attempt).await,
            Err(error) if matches!(error.code(), Some(ErrorCode::SessionEnded | ErrorCode::Unauthenticated)) => return,
            Err(_) => Ending::Lost,
        };
        live.disconnected();
        if ending == Ending::Revoked {
            api.end();
            return;
        }
        let wait = backoff::wait(attempt, js_sys::Math::random());
        attempt = attempt.saturating_add(1);
        let pause = u32::try_from(wait).unwrap_or(u32::MAX);
        live.connection.set(Connection::Lost { until: clock.now() + i64::from(pause) });
        rest(pause, &mut inputs).await;
        live.connection.set(Connection::Retrying);
    }
}

#[derive(PartialEq, Eq)]
enum Ending {
    Lost,
    Revoked,
}

/// Waits, unless someone wants a try at once.
async fn rest(pause: u32, inputs: &mut UnboundedReceiver<Input>) {
    let mut timer = TimeoutFuture::new(pause);
    loop {
        match select(timer, inputs.next()).await {
            Either::Left(_) | Either::Right((Some(Input::Wake), _)) => return,
            // Leftovers of the old socket.
            Either::Right((_, rest)) => timer = rest,
        }
    }
}

async fn converse(
    live: Live,
    ticket: &str,
    sender: &UnboundedSender<Input>,
    inputs: &mut UnboundedReceiver<Input>,
    attempt: &mut u32,
) -> Ending {
    let Some(socket) = Socket::open(ticket, sender) else { return Ending::Lost };
    let mut resynced = false;
    loop {
        match select(inputs.next(), TimeoutFuture::new(SILENCE)).await {
            Either::Left((Some(Input::Frame(text)), _)) => match json::read_frame(&text) {
                Ok(frame) => {
                    *attempt = 0;
                    if matches!(frame, ServerFrame::Snapshot { .. }) {
                        live.connection.set(Connection::Up);
                    }
                    if live.take(frame) {
                        socket.send(&ClientFrame::Pong {});
                    }
                }
                Err(error) => {
                    leptos::logging::error!("unknown live frame: {error}");
                    // A newer server may say what this page does not know; a snapshot holds what matters. Asked for
                    // once a connection, in case it is the snapshot that cannot be read.
                    if !std::mem::replace(&mut resynced, true) {
                        socket.send(&ClientFrame::Resync {});
                    }
                }
            },
            Either::Left((Some(Input::Closed(CLOSE_REVOKED)), _)) => return Ending::Revoked,
            Either::Left((Some(Input::Closed(_)) | None, _)) | Either::Right(_) => return Ending::Lost,
            Either::Left((Some(Input::Wake), _)) => {}
        }
    }
}

/// A socket that is closed, and forgets its listeners, when dropped.
struct Socket {
    inner: WebSocket,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut(CloseEvent)>,
    _error: Closure<dyn FnMut(Event)>,
}

impl Socket {
    fn open(ticket: &str, sender: &UnboundedSender<Input>) -> Option<Self> {
        let location = window().location();
        let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
        let url = format!("{scheme}://{}/api/v1/live?ticket={ticket}", location.host().ok()?);
        let inner = WebSocket::new(&url).ok()?;
        let to = sender.clone();
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                let _ = to.unbounded_send(Input::Frame(text));
            }
        });
        let to = sender.clone();
        let close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            let _ = to.unbounded_send(Input::Closed(event.code()));
        });
        // A close event always follows; without a listener the browser would report the error as unhandled.
        let error = Closure::<dyn FnMut(Event)>::new(|_event: Event| {});
        inner.set_onmessage(Some(message.as_ref().unchecked_ref()));
        inner.set_onclose(Some(close.as_ref().unchecked_ref()));
        inner.set_onerror(Some(error.as_ref().unchecked_ref()));
        Some(Self { inner, _message: message, _close: close, _error: error })
    }

    fn send(&self, frame: &ClientFrame) {
        if let Ok(text) = serde_json::to_string(frame) {
            let _ = self.inner.send_with_str(&text);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.set_onclose(None);
        self.inner.set_onerror(None);
        let _ = self.inner.close();
    }
}
