//! Campaigns (S3–S34): the form and the view; their parts have files of their own.

mod account;
mod members;
mod overview;
mod strategy;
mod trial;

pub use account::{
    AccountAuth, AccountHealth, AccountInput, AccountView, AfterStoring, Endpoint, INBOX, InboundProtocol, MAX_ALIASES,
    MAX_FOLDER_NAME, MAX_FOLDERS, MailSecurity, is_same_folder,
};
pub use members::{GetsNothing, InstallationSettings, MemberInput, MemberView, VoiceCampaignInput, VoiceCampaignView};
pub use overview::CampaignOverview;
pub use strategy::{DeliveryOrder, Eligibility, PriorityField, PriorityMatch, PriorityRule};
pub use trial::{
    FolderList, FolderUse, ListFolders, LoginOutcome, LoginTest, MailFolder, MailProtocol, TestConnection,
    TestConnectionAnswer,
};

use crate::{
    alarm::Thresholds,
    api::schedules::Schedule,
    ids::{CampaignId, TemplateId},
    time::Timestamp,
    validate::{Issues, Rule, Validate},
};
use serde::{Deserialize, Serialize};

text_enum! {
    /// Channel of an interaction (S1).
    pub enum Channel {
        /// E-mail.
        Email = "email",
    }
}

text_enum! {
    /// Where a mail carries the token that leads its answer to the conversation, for programs that name no Message-ID.
    pub enum ReplyToken {
        /// In a small line under the agent's words; works with every server.
        Body = "body",
        /// In the address for answers, `name+token@example.org`; the server must take such addresses.
        Address = "address",
        /// Nowhere.
        Off = "off",
    }
}

fn yes() -> bool {
    true
}

/// Default maximum of interactions an agent may hold of one campaign (S16).
pub const DEFAULT_MAX_INTERACTIONS: u32 = 3;
/// Default priority of what comes in (S42).
pub const DEFAULT_PRIORITY: u32 = 5;
/// Default service level, in seconds (S5).
pub const DEFAULT_SERVICE_LEVEL_SECONDS: u32 = 3_600;

/// Creates or replaces a campaign (S3: judged as a whole).
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CampaignInput {
    /// Unique without regard to case and accents (S4).
    pub name: String,
    /// Seconds within which an interaction should be attended, 1–31 536 000 (S5).
    #[serde(default = "default_service_level")]
    pub service_level_seconds: u32,
    /// Display name that recipients see (S8).
    #[serde(default)]
    pub from_name: String,
    /// Who may get a waiting interaction.
    #[serde(default = "default_eligibility")]
    pub eligibility: Eligibility,
    /// Whose turn it is.
    #[serde(default = "default_order")]
    pub delivery_order: DeliveryOrder,
    /// How many of this campaign one agent may hold, 1–1000; required for `nocall`, 3 by default for `omni`, `nopause` and
    /// `ringallmultiple`, without meaning elsewhere (S16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_interactions: Option<u32>,
    /// Priority of what comes in, 1 first … 9 last (S42).
    #[serde(default = "default_priority")]
    pub default_priority: u32,
    /// Other priorities by sender or subject, at most 100; the first that fits counts.
    #[serde(default)]
    pub priority_rules: Vec<PriorityRule>,
    /// How many of those that wait are in the running at once, 0–100 000; 0: all (S26). Nothing is lost by it.
    #[serde(default)]
    pub max_in_queue: u32,
    /// For so many seconds from its arrival a conversation that opens again goes to its last agent, if he is eligible;
    /// 0–2 592 000, 0: no.
    #[serde(default)]
    pub last_agent_seconds: u32,
    /// What was handed out and not opened within so many seconds returns to the queue at its old place; 0–86 400, 0: never.
    #[serde(default)]
    pub offer_timeout_seconds: u32,
    /// For so many seconds after finishing an agent gets nothing new; 0–3 600 (S107).
    #[serde(default)]
    pub wrap_up_seconds: u32,
    /// Off: no fetching, no handing out (S17).
    #[serde(default = "yes")]
    pub enabled: bool,
    /// On: mail to the account becomes interactions (S18).
    #[serde(default = "yes")]
    pub receive: bool,
    /// Days of old mail that the first connection imports as history, 0–365; 0: starts from now (S18).
    #[serde(default)]
    pub import_days: u32,
    /// Where its mail carries the token that leads answers to their conversation.
    #[serde(default = "default_reply_token")]
    pub reply_token: ReplyToken,
    /// When mail is handed out (S7); by default at all hours.
    #[serde(default)]
    pub schedule: Schedule,
    /// What raises an alarm (S24).
    #[serde(default)]
    pub thresholds: Thresholds,
    /// The mail account.
    pub account: AccountInput,
    /// Template of kind signature that stands under what agents write (S19).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_template_id: Option<TemplateId>,
    /// The automatic answer to first mails (S25).
    #[serde(default)]
    pub confirmation: ConfirmationSettings,
    /// What agents' mail asks customers (S20–S22).
    #[serde(default)]
    pub rating: RatingSettings,
}

/// The automatic answer to the first mail of an interaction (S25).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmationSettings {
    /// On or off.
    #[serde(default)]
    pub enabled: bool,
    /// Template of kind confirmation; required while it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<TemplateId>,
}

/// What agents' mail asks customers (S20–S22).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RatingSettings {
    /// On or off (S20).
    #[serde(default)]
    pub enabled: bool,
    /// Title above the faces, at most 200 characters; required while it is on (S21).
    #[serde(default)]
    pub prompt: String,
    /// What the customer reads after rating, as HTML; cleaned by the server (S22).
    #[serde(default)]
    pub thanks_html: String,
}

/// Most octets of a rating's thanks.
pub const MAX_THANKS: usize = 10_000;

impl RatingSettings {
    fn validate(&self, issues: &mut Issues) {
        issues.single_line("rating/prompt", &self.prompt, usize::from(self.enabled), 200);
        issues.length("rating/thanks_html", &self.thanks_html, 0, MAX_THANKS);
    }
}

fn default_service_level() -> u32 {
    DEFAULT_SERVICE_LEVEL_SECONDS
}

fn default_eligibility() -> Eligibility {
    Eligibility::Nocall
}

fn default_order() -> DeliveryOrder {
    DeliveryOrder::Rrmemory
}

fn default_priority() -> u32 {
    DEFAULT_PRIORITY
}

fn default_reply_token() -> ReplyToken {
    ReplyToken::Body
}

impl Validate for CampaignInput {
    fn validate(&self, issues: &mut Issues) {
        issues.name("name", &self.name, 120);
        issues.range("service_level_seconds", i64::from(self.service_level_seconds), 1, 31_536_000);
        issues.single_line("from_name", &self.from_name, 0, 120);
        match self.max_interactions {
            Some(max) => issues.range("max_interactions", i64::from(max), 1, 1_000),
            None if self.eligibility == Eligibility::Nocall => {
                issues.add("max_interactions", Rule::Required, "is required for the strategy nocall");
            }
            None => {}
        }
        issues.range("default_priority", i64::from(self.default_priority), 1, 9);
        issues.items("priority_rules", self.priority_rules.len(), 100);
        for (index, rule) in self.priority_rules.iter().enumerate() {
            issues.single_line(&format!("priority_rules/{index}/pattern"), &rule.pattern, 1, 200);
            issues.range(&format!("priority_rules/{index}/priority"), i64::from(rule.priority), 1, 9);
        }
        issues.range("max_in_queue", i64::from(self.max_in_queue), 0, 100_000);
        issues.range("last_agent_seconds", i64::from(self.last_agent_seconds), 0, 2_592_000);
        issues.range("offer_timeout_seconds", i64::from(self.offer_timeout_seconds), 0, 86_400);
        issues.range("wrap_up_seconds", i64::from(self.wrap_up_seconds), 0, 3_600);
        issues.range("import_days", i64::from(self.import_days), 0, 365);
        self.schedule.validate(issues, "schedule");
        self.thresholds.validate(issues, "thresholds");
        self.account.validate(issues, self.receive);
        if self.confirmation.enabled && self.confirmation.template_id.is_none() {
            issues.add("confirmation/template_id", Rule::Required, "is required while the confirmation is on");
        }
        self.rating.validate(issues);
    }
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CampaignView {
    /// Campaign.
    pub id: CampaignId,
    /// Channel.
    pub channel: Channel,
    /// Name.
    pub name: String,
    /// Seconds within which an interaction should be attended.
    pub service_level_seconds: u32,
    /// Display name that recipients see.
    pub from_name: String,
    /// Who may get a waiting interaction.
    pub eligibility: Eligibility,
    /// Whose turn it is.
    pub delivery_order: DeliveryOrder,
    /// How many of this campaign one agent may hold, as it was entered.
    pub max_interactions: Option<u32>,
    /// Priority of what comes in, 1 first … 9 last.
    pub default_priority: u32,
    /// Other priorities by sender or subject.
    pub priority_rules: Vec<PriorityRule>,
    /// How many of those that wait are in the running at once; 0: all.
    pub max_in_queue: u32,
    /// For so many seconds a conversation that opens again prefers its last agent; 0: no.
    pub last_agent_seconds: u32,
    /// What was not opened within so many seconds returns to the queue; 0: never.
    pub offer_timeout_seconds: u32,
    /// Seconds of rest after finishing.
    pub wrap_up_seconds: u32,
    /// On or off.
    pub enabled: bool,
    /// Receives e-mail.
    pub receive: bool,
    /// Days of old mail imported at the first connection.
    pub import_days: u32,
    /// Where its mail carries the token that leads answers to their conversation.
    pub reply_token: ReplyToken,
    /// When mail is handed out.
    pub schedule: Schedule,
    /// Mail is handed out now, as far as the schedule goes.
    pub open: bool,
    /// When that changes next, within two years.
    pub next_change_at: Option<Timestamp>,
    /// What raises an alarm.
    pub thresholds: Thresholds,
    /// The mail account.
    pub account: AccountView,
    /// Interactions that wait now.
    pub waiting: u32,
    /// Mails that have not left.
    pub outgoing: u32,
    /// Created at.
    pub created_at: Timestamp,
    /// For `If-Match`.
    pub version: i64,
    /// Template that stands under what agents write.
    pub signature_template_id: Option<TemplateId>,
    /// The automatic answer to first mails.
    pub confirmation: ConfirmationSettings,
    /// What agents' mail asks customers.
    pub rating: RatingSettings,
}

/// What of a campaign is open: what stands in the way of deleting it, and what enabling it would send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenWork {
    /// Interactions in the queue.
    pub waiting: u32,
    /// Interactions that agents hold, or have set aside.
    pub assigned: u32,
    /// Mails that have not left.
    pub outgoing: u32,
}

impl OpenWork {
    /// Nothing is open.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Interactions that are not finished.
    #[must_use]
    pub fn interactions(&self) -> u32 {
        self.waiting.saturating_add(self.assigned)
    }
}

text_enum! {
    /// What becomes of mail that could not leave because its campaign was off.
    pub enum OutgoingChoice {
        /// It leaves.
        Send = "send",
        /// It is given up: its authors see it as failed, and can try again.
        Discard = "discard",
    }
}

text_enum! {
    /// What becomes of the open interactions of a campaign that is deleted.
    pub enum InteractionsChoice {
        /// They are finished.
        Finish = "finish",
        /// They go on in another campaign, with their conversations.
        Move = "move",
    }
}

/// How a campaign is deleted (S30).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct DeleteCampaign {
    /// What becomes of open interactions; absent: the campaign is not deleted if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub interactions: Option<InteractionsChoice>,
    /// Where they go on, if they are moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub move_to: Option<CampaignId>,
    /// Give up mail that has not left; else the campaign is not deleted if there is any.
    #[serde(default)]
    pub discard_outgoing: bool,
}

/// A campaign in which the caller may work: what the agent's portal needs of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CampaignSummary {
    /// Campaign.
    pub id: CampaignId,
    /// Name.
    pub name: String,
    /// The address that mail goes out from.
    pub address: String,
    /// Display name that recipients see.
    pub from_name: String,
    /// The caller may start interactions in it.
    pub may_start: bool,
    /// Further addresses by which mail may go out.
    pub aliases: Vec<String>,
}
