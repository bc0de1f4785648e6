//! The WebSocket contract of `/api/v1/live`.
//!
//! The client opens the socket with a one-time ticket. The server sends a [`ServerFrame::Snapshot`] with a sequence
//! number, then [`ServerFrame::Event`]s with growing numbers. What the client may not see is left out, so numbers
//! have gaps; when the server had to drop frames (a slow client) it sends a new snapshot instead. The client
//! answers each [`ServerFrame::Ping`] with [`ClientFrame::Pong`]; a socket silent for two heartbeats is closed.

use crate::{
    api::{campaigns::AccountHealth, conversations::Delivery, interactions::InteractionSummary, presence::AgentState},
    ids::{CampaignId, ConversationId, InteractionId, MessageId, Seq, SessionId, TemplateId, UserId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Seconds between two heartbeats of the server.
pub const HEARTBEAT_SECONDS: u64 = 20;
/// WebSocket close code: the session was revoked; sign in again.
pub const CLOSE_REVOKED: u16 = 4001;
/// WebSocket close code: the ticket or the session is not good any more; get a new ticket.
pub const CLOSE_UNAUTHENTICATED: u16 = 4003;
/// WebSocket close code: what the user may see has changed; connect again with a new ticket.
pub const CLOSE_RIGHTS_CHANGED: u16 = 4004;

/// What the server sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The whole state as of `seq`; replaces everything the client holds.
    Snapshot {
        /// Position.
        seq: Seq,
        /// Server's clock, so that timers agree.
        now: Timestamp,
        /// State of the one who is signed in.
        me: AgentState,
        /// Interactions he holds, newest mail first.
        active: Vec<InteractionSummary>,
    },
    /// One change.
    Event {
        /// Position.
        seq: Seq,
        /// When it was committed.
        at: Timestamp,
        /// What changed.
        event: LiveEvent,
    },
    /// Heartbeat.
    Ping {
        /// Server's clock.
        now: Timestamp,
    },
}

/// What the client sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// Answer to a heartbeat.
    Pong {},
    /// Asks for a new snapshot.
    Resync {},
}

/// A change that was committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[expect(clippy::large_enum_variant, reason = "most events are of the largest kind")]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LiveEvent {
    /// An interaction is new or changed; carries all a row needs. Whoever does not hold it (any more) takes it out
    /// of his active ones.
    InteractionChanged {
        /// The row.
        interaction: InteractionSummary,
    },
    /// An interaction went where the reader does not see it.
    InteractionGone {
        /// Interaction.
        interaction_id: InteractionId,
    },
    /// A mail came or went in a conversation.
    MessageAdded {
        /// Conversation.
        conversation_id: ConversationId,
        /// Interaction.
        interaction_id: Option<InteractionId>,
        /// Mail.
        message_id: MessageId,
    },
    /// What stands in a conversation besides its mails changed: notes, tags, what was done.
    TimelineChanged {
        /// Conversation.
        conversation_id: ConversationId,
    },
    /// An outgoing mail came further.
    DeliveryChanged {
        /// Conversation.
        conversation_id: ConversationId,
        /// Mail.
        message_id: MessageId,
        /// How far.
        delivery: Delivery,
        /// Next try, or end of the undo time.
        due_at: Option<Timestamp>,
        /// Last answer of the server, where it was not an acceptance.
        last_reply: Option<String>,
    },
    /// An agent changed his state.
    AgentStateChanged {
        /// The state.
        state: AgentState,
    },
    /// A campaign was created, changed, enabled or disabled, or its members changed.
    CampaignChanged {
        /// Campaign.
        campaign_id: CampaignId,
    },
    /// The settings of the installation, or the voice campaigns, changed.
    SettingsChanged {},
    /// A template was created, changed or deleted.
    TemplateChanged {
        /// Template.
        template_id: TemplateId,
    },
    /// A customer rated a mail, or changed what he said.
    RatingGiven {
        /// Conversation.
        conversation_id: ConversationId,
        /// Interaction.
        interaction_id: InteractionId,
        /// The mail.
        message_id: MessageId,
        /// 1 worst … 5 best.
        score: i32,
    },
    /// A mail account connected, failed or stopped.
    AccountHealthChanged {
        /// Campaign.
        campaign_id: CampaignId,
        /// How it is doing.
        health: AccountHealth,
        /// Last failure.
        last_error: Option<String>,
    },
    /// What a user may see has changed; his sockets are closed, to be opened again.
    RightsChanged {
        /// User.
        user_id: UserId,
    },
    /// Sessions ended; those sockets are closed.
    SessionsRevoked {
        /// User.
        user_id: UserId,
        /// The sessions.
        session_ids: Vec<SessionId>,
    },
}
