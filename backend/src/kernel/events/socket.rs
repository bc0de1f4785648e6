//! The WebSocket: one-time ticket, `Origin` checked, snapshot, then deltas; a heartbeat that doubles as the agent's
//! sign of life; closed at once when the session is revoked (A4, A5).

use super::{Revoked, Subscriber};
use crate::kernel::{
    Core, Error, Result,
    http::{auth::Principal, origin},
};
use actix_web::{HttpRequest, HttpResponse, get, web};
use actix_ws::{CloseCode, CloseReason, Message, MessageStream, Session};
use futures_util::StreamExt;
use serde::Deserialize;
use shared::{
    error::ErrorCode,
    ids::Seq,
    live::{CLOSE_REVOKED, CLOSE_RIGHTS_CHANGED, CLOSE_UNAUTHENTICATED, ClientFrame, HEARTBEAT_SECONDS, ServerFrame},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// What the rooms lend to the socket.
#[async_trait::async_trait]
pub trait Gate: Send + Sync {
    /// Spends a ticket.
    async fn redeem(&self, ticket: &str) -> Result<Principal>;
    /// Notes a sign of life; answers whether the session is still good.
    async fn seen(&self, principal: &Principal) -> Result<bool>;
    /// The last socket of a session has gone.
    async fn gone(&self, principal: &Principal) -> Result<()>;
    /// The whole state that this caller starts from.
    async fn snapshot(&self, principal: &Principal) -> Result<ServerFrame>;
}

/// The ticket.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LiveQuery {
    /// One-time ticket from `POST /api/v1/auth/socket-tickets`.
    ticket: String,
}

/// Most octets of a frame that a client may send; its frames are a few dozen.
const MAX_FRAME: usize = 4_096;

/// How long a client may take to make room for one more frame. One that reads nothing at all must not keep its socket.
const WRITE: Duration = Duration::from_secs(10);
/// How long the goodbye may take.
const CLOSE: Duration = Duration::from_secs(1);

/// Opens the live socket. Frames are JSON texts; see `openapi/live-events.json`.
#[utoipa::path(
    tag = "live",
    params(LiveQuery),
    responses((status = 101, description = "Switching to WebSocket")),
    security(())
)]
#[get("/live")]
pub async fn live(
    request: HttpRequest,
    query: crate::kernel::http::extract::Params<LiveQuery>,
    body: web::Payload,
    core: web::Data<Core>,
    gate: web::Data<dyn Gate>,
) -> Result<HttpResponse> {
    origin::check(&request, &core.settings)?;
    let principal = gate.redeem(&query.0.ticket).await?;
    let (response, session, stream) = actix_ws::handle(&request, body)
        .map_err(|_| Error::detailed(ErrorCode::MalformedRequest, "this path speaks WebSocket only"))?;
    let core = core.get_ref().clone();
    let subscriber = core.hub.subscribe(principal.clone(), core.settings.limits.socket_queue);
    let revoked = subscriber.revocation();
    let socket = Socket { core, gate: gate.into_inner(), principal, session, revoked, last_seq: Seq(0) };
    actix_web::rt::spawn(socket.run(subscriber, stream.max_frame_size(MAX_FRAME)));
    Ok(response)
}

struct Socket {
    core: Core,
    gate: Arc<dyn Gate>,
    principal: Principal,
    session: Session,
    revoked: watch::Receiver<Option<Revoked>>,
    last_seq: Seq,
}

/// Why the loop ended.
enum End {
    Closed,
    Code(u16, &'static str),
}

impl Socket {
    async fn run(mut self, mut subscriber: Subscriber, stream: MessageStream) {
        let end = self.serve(&mut subscriber, stream).await;
        drop(subscriber);
        if let End::Code(code, text) = end {
            let reason = CloseReason { code: CloseCode::Other(code), description: Some(text.to_owned()) };
            // The peer may be gone already, or read nothing.
            let _ = tokio::time::timeout(CLOSE, self.session.close(Some(reason))).await;
        }
        if !self.core.hub.sessions().contains(&self.principal.session_id)
            && let Err(error) = self.gate.gone(&self.principal).await
        {
            tracing::warn!(%error, "a socket's end could not be noted");
        }
    }

    async fn serve(&mut self, subscriber: &mut Subscriber, mut stream: MessageStream) -> End {
        if let Err(end) = self.resync().await {
            return end;
        }
        let beat = Duration::from_secs(HEARTBEAT_SECONDS);
        let mut heartbeat = tokio::time::interval_at(tokio::time::Instant::now() + beat, beat);
        let mut heard = Instant::now();
        loop {
            if subscriber.take_lag()
                && let Err(end) = self.resync().await
            {
                return end;
            }
            tokio::select! {
                () = self.core.stop.cancelled() => return End::Code(1001, "the server stops"),
                end = revocation(&mut self.revoked) => return end,
                event = subscriber.next() => {
                    let Some(event) = event else { return End::Closed };
                    // A snapshot taken after the commit holds it already.
                    if event.seq > self.last_seq {
                        self.last_seq = event.seq;
                        if let Err(end) = self.write(event.frame.clone()).await {
                            return end;
                        }
                    }
                }
                message = stream.next() => {
                    heard = Instant::now();
                    match self.client_said(message).await {
                        Ok(()) => {}
                        Err(end) => return end,
                    }
                }
                _ = heartbeat.tick() => {
                    if heard.elapsed() > beat.saturating_mul(2) {
                        return End::Code(1001, "no sign of life");
                    }
                    match self.gate.seen(&self.principal).await {
                        Ok(true) => {}
                        Ok(false) => return End::Code(CLOSE_UNAUTHENTICATED, "the session has ended"),
                        // A database that is away ends no socket; the next heartbeat asks again.
                        Err(error) => tracing::debug!(%error, "a sign of life could not be noted"),
                    }
                    if let Err(end) = self.send(&ServerFrame::Ping { now: self.core.now() }).await {
                        return end;
                    }
                }
            }
        }
    }

    async fn client_said(
        &mut self,
        message: Option<std::result::Result<Message, actix_ws::ProtocolError>>,
    ) -> std::result::Result<(), End> {
        match message {
            Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                Ok(ClientFrame::Pong {}) => Ok(()),
                Ok(ClientFrame::Resync {}) => self.resync().await,
                Err(_) => Err(End::Code(1008, "not a frame of this contract")),
            },
            Some(Ok(Message::Ping(bytes))) => match tokio::time::timeout(WRITE, self.session.pong(&bytes)).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(End::Closed),
            },
            Some(Ok(Message::Pong(_) | Message::Nop)) => Ok(()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Closed),
            Some(Ok(Message::Binary(_) | Message::Continuation(_))) => Err(End::Code(1003, "text frames only")),
        }
    }

    /// Starts afresh, if the session is still good and its rights are those that it began with: what it missed may be
    /// that they are not.
    async fn resync(&mut self) -> std::result::Result<(), End> {
        match self.gate.seen(&self.principal).await {
            Ok(true) => self.snapshot().await,
            Ok(false) => Err(End::Code(CLOSE_UNAUTHENTICATED, "the session has ended")),
            Err(error) => Err(self.failed(&error)),
        }
    }

    async fn snapshot(&mut self) -> std::result::Result<(), End> {
        match self.gate.snapshot(&self.principal).await {
            Ok(frame) => {
                if let ServerFrame::Snapshot { seq, .. } = &frame {
                    self.last_seq = *seq;
                }
                self.send(&frame).await
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn failed(&self, error: &Error) -> End {
        tracing::warn!(%error, "a live socket could not be served");
        End::Code(1013, "try again later")
    }

    async fn send(&mut self, frame: &ServerFrame) -> std::result::Result<(), End> {
        match serde_json::to_string(frame) {
            Ok(text) => self.write(text).await,
            Err(_) => Err(End::Closed),
        }
    }

    /// Writes a frame. A client that makes no room for it holds up neither the server's stop nor its own revocation.
    async fn write(&mut self, text: String) -> std::result::Result<(), End> {
        tokio::select! {
            biased;
            () = self.core.stop.cancelled() => Err(End::Code(1001, "the server stops")),
            end = revocation(&mut self.revoked) => Err(end),
            written = tokio::time::timeout(WRITE, self.session.text(text)) => match written {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(End::Closed),
            },
        }
    }
}

/// Ends when the socket must.
async fn revocation(revoked: &mut watch::Receiver<Option<Revoked>>) -> End {
    match revoked.wait_for(Option::is_some).await.as_deref() {
        Ok(Some(Revoked::Rights)) => End::Code(CLOSE_RIGHTS_CHANGED, "rights have changed; connect again"),
        Ok(Some(Revoked::Session) | None) => End::Code(CLOSE_REVOKED, "the session was ended"),
        // The hub has gone, and the server with it.
        Err(_) => End::Closed,
    }
}
