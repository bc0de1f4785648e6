//! Interactions: the tray, opening, finishing, and why they went where they went.

use crate::{
    api::campaigns::{Channel, DeliveryOrder, Eligibility},
    ids::{CampaignId, ContactId, ConversationId, DecisionId, InteractionId, UserId},
    time::Timestamp,
    validate::{Issues, Validate},
};
use serde::{Deserialize, Serialize};

text_enum! {
    /// Who began it.
    pub enum Direction {
        /// The customer.
        In = "in",
        /// An agent.
        Out = "out",
    }
}

text_enum! {
    /// Where an interaction stands.
    pub enum InteractionState {
        /// In the queue.
        Waiting = "waiting",
        /// An agent holds it.
        Assigned = "assigned",
        /// Done.
        Finished = "finished",
    }
}

/// A row of the tray.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InteractionSummary {
    /// Interaction.
    pub id: InteractionId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// Campaign.
    pub campaign_id: CampaignId,
    /// Name of the campaign.
    pub campaign_name: String,
    /// Channel.
    pub channel: Channel,
    /// Who began it.
    pub direction: Direction,
    /// Where it stands.
    pub state: InteractionState,
    /// Who holds it, or held it last.
    pub agent_id: Option<UserId>,
    /// Customer.
    pub contact_id: ContactId,
    /// Customer's name; may be empty.
    pub contact_name: String,
    /// Customer's address.
    pub contact_address: String,
    /// Subject of the conversation.
    pub subject: String,
    /// First words of the newest mail.
    pub snippet: String,
    /// 1 first … 9 last.
    pub priority: i32,
    /// Mails in the conversation.
    pub message_count: i32,
    /// The newest mail of the customer has not been opened by its agent.
    pub unread: bool,
    /// The newest mail is the customer's and has no answer yet.
    pub awaits_answer: bool,
    /// Came in, or was started, at.
    pub arrived_at: Timestamp,
    /// An agent got it at.
    pub assigned_at: Option<Timestamp>,
    /// First answer left at.
    pub first_response_at: Option<Timestamp>,
    /// Finished at.
    pub finished_at: Option<Timestamp>,
    /// The customer's newest rating of a mail of it, 1–5.
    #[serde(default)]
    pub rating: Option<i32>,
    /// Newest mail at.
    pub last_message_at: Timestamp,
    /// Grows with each change.
    pub version: i64,
}

/// How many interactions there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InteractionCounts {
    /// In the queue.
    pub waiting: i64,
}

/// Filter of the list of interactions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct InteractionQuery {
    /// Only in this state. What waits is listed as it will be handed out: by priority, then oldest arrival first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<InteractionState>,
    /// Only those the caller holds or held. Always so for agents, but for `waiting`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mine: Option<bool>,
    /// Only of this campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// Only with this customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// Words in subject, customer's name or address; case and accents do not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Rows a page, 1–200 (default 50).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Finishes an interaction.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FinishInteraction {
    /// A note for those who come after, at most 2 000 characters.
    #[serde(default)]
    pub note: String,
}

impl Validate for FinishInteraction {
    fn validate(&self, issues: &mut Issues) {
        issues.lines("note", &self.note, 0, 2_000);
    }
}

/// Why an agent could not get the interaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentReason {
    /// Agent.
    pub user_id: UserId,
    /// Name at that time.
    pub name: String,
    /// Could have got it.
    pub eligible: bool,
    /// Why not, or empty.
    pub reasons: Vec<Ineligible>,
    /// Interactions of this campaign that he held.
    pub held: u32,
    /// The number by which the order ranked him; lowest wins.
    pub rank: Option<i64>,
}

text_enum! {
    /// Why an agent is not eligible.
    pub enum Ineligible {
        /// No live session.
        Offline = "offline",
        /// On a break.
        OnBreak = "on_break",
        /// The member may not receive.
        MayNotReceive = "may_not_receive",
        /// Holds the maximum of this campaign.
        AtMaximum = "at_maximum",
        /// The user is disabled.
        Disabled = "disabled",
    }
}

/// A stored routing decision (S43).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecisionView {
    /// Decision.
    pub id: DecisionId,
    /// Interaction.
    pub interaction_id: InteractionId,
    /// Taken at.
    pub at: Timestamp,
    /// Eligibility rule.
    pub eligibility: Eligibility,
    /// Delivery order.
    pub delivery_order: DeliveryOrder,
    /// Who got it.
    pub winner: UserId,
    /// The last agent served before, from whom the round went on.
    pub last_served: Option<UserId>,
    /// Maximum a member may hold.
    pub max_interactions: Option<u32>,
    /// Every member, in member order.
    pub agents: Vec<AgentReason>,
}
