//! Interactions: the tray, opening, finishing, and why they went where they went.

use crate::{
    alarm::AlarmTimes,
    api::campaigns::{Channel, DeliveryOrder, Eligibility},
    ids::{CampaignId, ContactId, ConversationId, DecisionId, DispositionId, InteractionId, UserId},
    time::Timestamp,
    validate::{Issues, Rule, Validate},
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
        /// Its agent set it aside, until a time or until the customer writes.
        Snoozed = "snoozed",
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
    /// Set aside until then; absent while it is set aside: until the customer writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Timestamp>,
    /// How it ended, with the names above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    /// The customer's newest rating of a mail of it, 1–5.
    #[serde(default)]
    pub rating: Option<i32>,
    /// Newest mail at.
    pub last_message_at: Timestamp,
    /// When it waits, or is held, longer than the campaign's threshold; absent without one, and when it is finished.
    pub alarm: Option<AlarmTimes>,
    /// Grows with each change.
    pub version: i64,
    /// Its campaign hands nothing out: agents take what waits.
    pub pull: bool,
    /// The caller may take it now (pull strategies). Told in lists and of single ones; absent in events, which many get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takeable: Option<bool>,
}

/// Changes the priority of an open interaction (S42).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetPriority {
    /// 1 first … 9 last.
    pub priority: u32,
}

impl Validate for SetPriority {
    fn validate(&self, issues: &mut Issues) {
        issues.range("priority", i64::from(self.priority), 1, 9);
    }
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
    /// How it ended: one that the campaign offers and that has none below it. Some campaigns require it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition_id: Option<DispositionId>,
}

/// Longest note of what is done with an interaction, in characters.
pub const MAX_NOTE: usize = 2_000;

impl Validate for FinishInteraction {
    fn validate(&self, issues: &mut Issues) {
        issues.lines("note", &self.note, 0, MAX_NOTE);
    }
}

/// Sets an interaction aside.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SnoozeInteraction {
    /// It comes back then, at most a year ahead, or earlier when the customer writes. Absent: only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Validate for SnoozeInteraction {
    // What lies ahead is the server's to judge.
    fn validate(&self, _: &mut Issues) {}
}

/// Gives an interaction to an agent of its campaign, or to another campaign, where it waits.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TransferInteraction {
    /// An enabled member of its campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<UserId>,
    /// Another enabled campaign. The whole conversation goes along, and answers leave from its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// What whoever gets it should know, at most 2 000 characters.
    #[serde(default)]
    pub note: String,
}

impl Validate for TransferInteraction {
    fn validate(&self, issues: &mut Issues) {
        issues.lines("note", &self.note, 0, MAX_NOTE);
        match (self.agent_id, self.campaign_id) {
            (None, None) => issues.add("agent_id", Rule::Required, "or campaign_id is required"),
            (Some(_), Some(_)) => issues.add("campaign_id", Rule::Inconsistent, "does not go with agent_id"),
            _ => {}
        }
    }
}

/// Gives an interaction back to the queue.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReturnInteraction {
    /// What whoever gets it should know, at most 2 000 characters.
    #[serde(default)]
    pub note: String,
}

impl Validate for ReturnInteraction {
    fn validate(&self, issues: &mut Issues) {
        issues.lines("note", &self.note, 0, MAX_NOTE);
    }
}

/// To whom an interaction can be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TransferTargets {
    /// The other enabled members of its campaign, in member order.
    pub agents: Vec<TransferAgent>,
    /// The other enabled campaigns, by name.
    pub campaigns: Vec<TransferCampaign>,
}

/// An agent to whom an interaction can be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TransferAgent {
    /// Agent.
    pub user_id: UserId,
    /// Name.
    pub name: String,
    /// Interactions of this campaign that he holds.
    pub held: u32,
    /// Why it would not be handed to him by itself now; empty: it could be.
    pub obstacles: Vec<Ineligible>,
}

/// A campaign to which an interaction can be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TransferCampaign {
    /// Campaign.
    pub id: CampaignId,
    /// Name.
    pub name: String,
}

/// What a decision says of one member: whether he could get the interaction, why not, and what placed him.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// His place among the eligible, by the delivery order; 1 wins, unless the cause is another. Without one: not eligible,
    /// or an order that does not apply.
    pub rank: Option<u32>,
    /// His penalty.
    pub penalty: u32,
    /// `rrmemory`: places after the last served. `linear`: place in member order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u32>,
    /// `wrandom`, `random`: the number drawn for him.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn: Option<f64>,
    /// `fewestcalls`: how many of this campaign he had finished that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_today: Option<u32>,
    /// `leastrecent`, `fewestcalls`: when his last interaction of this campaign ended; absent: never, or it had not ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_ended_at: Option<Timestamp>,
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
        /// In a call.
        InCall = "in_call",
        /// Rests after what he finished.
        InWrapUp = "in_wrap_up",
        /// Holds an interaction.
        HoldsInteraction = "holds_interaction",
        /// Holds an interaction of another channel.
        HoldsOtherChannel = "holds_other_channel",
        /// Holds an interaction of an `incall` campaign, and is offered nothing else.
        BlockedByIncall = "blocked_by_incall",
        /// Is in no voice campaign.
        NotInVoiceCampaign = "not_in_voice_campaign",
        /// `omni`: others hold nothing and are in no call.
        OthersAreFree = "others_are_free",
        /// Had it, did not open it in time, and others can get it.
        LetItLapse = "let_it_lapse",
        /// The campaign is outside its schedule.
        CampaignClosed = "campaign_closed",
    }
}

text_enum! {
    /// What decided.
    pub enum DecisionCause {
        /// The delivery order.
        Order = "order",
        /// He was the last agent of the conversation.
        LastAgent = "last_agent",
        /// He took it.
        Take = "take",
        /// He did not open it in time: it went back to the queue.
        OfferLapsed = "offer_lapsed",
        /// Somebody gave it to him.
        Transferred = "transferred",
        /// He gave it back to the queue.
        Returned = "returned",
    }
}

/// A stored routing decision (S43).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// What decided.
    pub cause: DecisionCause,
    /// Who got it; with the causes `offer_lapsed` and `returned`, who had it.
    pub winner: UserId,
    /// The last agent served before, from whom the round went on.
    pub last_served: Option<UserId>,
    /// The agent whom the conversation preferred, while that held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<UserId>,
    /// Maximum a member may hold.
    pub max_interactions: Option<u32>,
    /// Its place in the queue, 1 first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u32>,
    /// How many were in the running at once; 0: all.
    #[serde(default)]
    pub max_in_queue: u32,
    /// Every member, in member order. None where nobody was chosen among them: `offer_lapsed`, `transferred`, `returned`.
    pub agents: Vec<AgentReason>,
}
