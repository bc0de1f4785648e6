//! The WebSocket: one-time ticket, `Origin` checked, snapshot, then deltas; a heartbeat that doubles as the agent's
//! sign of life; closed at once when the session is revoked (A4, A5).

use super::Subscriber;
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
    live::{
        CLOSE_REVOKED, CLOSE_RIGHTS_CHANGED, CLOSE_UNAUTHENTICATED, ClientFrame, HEARTBEAT_SECONDS, LiveEvent,
        ServerFrame,
    },
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

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
    let socket = Socket { core: core.get_ref().clone(), gate: gate.into_inner(), principal, session, last_seq: Seq(0) };
    actix_web::rt::spawn(socket.run(stream.max_frame_size(MAX_FRAME)));
    Ok(response)
}

struct Socket {
    core: Core,
    gate: Arc<dyn Gate>,
    principal: Principal,
    session: Session,
    last_seq: Seq,
}

/// Why the loop ended.
enum End {
    Closed,
    Code(u16, &'static str),
}

impl Socket {
    async fn run(mut self, stream: MessageStream) {
        let mut subscriber = self.core.hub.subscribe(self.principal.clone(), self.core.settings.limits.socket_queue);
        let end = self.serve(&mut subscriber, stream).await;
        drop(subscriber);
        if let End::Code(code, text) = end {
            let reason = CloseReason { code: CloseCode::Other(code), description: Some(text.to_owned()) };
            // The peer may be gone already.
            let _ = self.session.close(Some(reason)).await;
        }
        if !self.core.hub.sessions().contains(&self.principal.session_id)
            && let Err(error) = self.gate.gone(&self.principal).await
        {
            tracing::warn!(%error, "a socket's end could not be noted");
        }
    }

    async fn serve(&mut self, subscriber: &mut Subscriber, mut stream: MessageStream) -> End {
        match self.gate.seen(&self.principal).await {
            Ok(true) => {}
            Ok(false) => return End::Code(CLOSE_UNAUTHENTICATED, "the session has ended"),
            Err(error) => return self.failed(&error),
        }
        if let Err(end) = self.snapshot().await {
            return end;
        }
        let beat = Duration::from_secs(HEARTBEAT_SECONDS);
        let mut heartbeat = tokio::time::interval_at(tokio::time::Instant::now() + beat, beat);
        let mut heard = Instant::now();
        loop {
            if subscriber.take_lag()
                && let Err(end) = self.snapshot().await
            {
                return end;
            }
            tokio::select! {
                () = self.core.stop.cancelled() => return End::Code(1001, "the server stops"),
                event = subscriber.next() => {
                    let Some(event) = event else { return End::Closed };
                    match event.event {
                        LiveEvent::SessionsRevoked { .. } => return End::Code(CLOSE_REVOKED, "the session was ended"),
                        LiveEvent::RightsChanged { user_id } if user_id == self.principal.user_id => {
                            return End::Code(CLOSE_RIGHTS_CHANGED, "rights have changed; connect again");
                        }
                        _ => {}
                    }
                    // A snapshot taken after the commit holds it already.
                    if event.seq > self.last_seq {
                        self.last_seq = event.seq;
                        if self.session.text(event.frame.clone()).await.is_err() {
                            return End::Closed;
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
                    if !self.send(&ServerFrame::Ping { now: self.core.now() }).await {
                        return End::Closed;
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
                Ok(ClientFrame::Resync {}) => self.snapshot().await,
                Err(_) => Err(End::Code(1008, "not a frame of this contract")),
            },
            Some(Ok(Message::Ping(bytes))) => {
                if self.session.pong(&bytes).await.is_err() {
                    Err(End::Closed)
                } else {
                    Ok(())
                }
            }
            Some(Ok(Message::Pong(_) | Message::Nop)) => Ok(()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Closed),
            Some(Ok(Message::Binary(_) | Message::Continuation(_))) => Err(End::Code(1003, "text frames only")),
        }
    }

    async fn snapshot(&mut self) -> std::result::Result<(), End> {
        match self.gate.snapshot(&self.principal).await {
            Ok(frame) => {
                if let ServerFrame::Snapshot { seq, .. } = &frame {
                    self.last_seq = *seq;
                }
                if self.send(&frame).await { Ok(()) } else { Err(End::Closed) }
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn failed(&self, error: &Error) -> End {
        tracing::warn!(%error, "a live socket could not be served");
        End::Code(1013, "try again later")
    }

    async fn send(&mut self, frame: &ServerFrame) -> bool {
        match serde_json::to_string(frame) {
            Ok(text) => self.session.text(text).await.is_ok(),
            Err(_) => false,
        }
    }
}
