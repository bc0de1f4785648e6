//! Campaigns, their mail account, members and health (S3–S34).

mod overview;

pub use overview::CampaignOverview;

use crate::{
    alarm::Thresholds,
    api::{
        oauth::{OauthProvider, OauthView},
        schedules::Schedule,
    },
    ids::{AccountId, CampaignId, TemplateId, UserId, VoiceCampaignId},
    permission::Role,
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
    /// Who may get a waiting interaction (S40).
    pub enum Eligibility {
        /// Not in a call, not on a break, holds nothing; while he holds it he is offered nothing else.
        Incall = "incall",
        /// Not on a break and holds fewer than the campaign's maximum; calls do not matter.
        Nocall = "nocall",
        /// Not on a break and holds no interaction of any channel; calls do not matter.
        Interaction = "interaction",
        /// Nothing is handed out: agents see the waiting list and take the first, one at a time.
        Ringall = "ringall",
        /// Nothing is handed out: agents take any that waits, as many as the maximum.
        Ringallmultiple = "ringallmultiple",
        /// First those who hold nothing and are in no call; if there is none, anyone not on a break below the maximum.
        Omni = "omni",
        /// Holds fewer than the maximum, even while an interaction of an `incall` campaign blocks him elsewhere.
        Nopause = "nopause",
    }
}

impl Eligibility {
    /// Agents take what waits; nothing is handed out.
    #[must_use]
    pub const fn is_pull(self) -> bool {
        matches!(self, Self::Ringall | Self::Ringallmultiple)
    }

    /// How many of the campaign one agent may hold, where `chosen` is what the campaign says (S16): required for `nocall`,
    /// by default 3 for `omni`, `nopause` and `ringallmultiple`, without meaning elsewhere.
    #[must_use]
    pub fn maximum(self, chosen: Option<u32>) -> Option<u32> {
        match self {
            Self::Nocall => chosen,
            Self::Omni | Self::Nopause | Self::Ringallmultiple => Some(chosen.unwrap_or(DEFAULT_MAX_INTERACTIONS)),
            Self::Incall | Self::Interaction | Self::Ringall => None,
        }
    }
}

text_enum! {
    /// Whose turn it is among the eligible (S41).
    pub enum DeliveryOrder {
        /// Next after the last served, circular in member order; the memory survives restarts.
        Rrmemory = "rrmemory",
        /// A random number below 1000 · (1 + penalty) each; the lowest wins.
        Wrandom = "wrandom",
        /// Lower penalty, then whose last interaction of this campaign ended longest ago; never served first.
        Leastrecent = "leastrecent",
        /// Lower penalty, then who finished fewest today, then as `leastrecent`.
        Fewestcalls = "fewestcalls",
        /// Lower penalty, then at random.
        Random = "random",
        /// Lower penalty, then in member order.
        Linear = "linear",
    }
}

text_enum! {
    /// What a priority rule looks at.
    pub enum PriorityField {
        /// The sender's address.
        Sender = "sender",
        /// The subject.
        Subject = "subject",
    }
}

text_enum! {
    /// How a priority rule compares; case and accents do not matter.
    pub enum PriorityMatch {
        /// The pattern is somewhere in it.
        Contains = "contains",
        /// It is the pattern.
        Equals = "equals",
    }
}

/// Gives what comes in a priority of its own (S42). The first rule that fits counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PriorityRule {
    /// What is looked at.
    pub field: PriorityField,
    /// How it is compared.
    pub matching: PriorityMatch,
    /// With what; 1–200 characters.
    pub pattern: String,
    /// 1 first … 9 last.
    pub priority: u32,
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

text_enum! {
    /// How a connection to a mail server is protected (S27).
    pub enum MailSecurity {
        /// STARTTLS ("TLS").
        Starttls = "starttls",
        /// TLS from the first byte ("SSL").
        Implicit = "implicit",
        /// Not protected; a password is sent only to a loopback address or after confirmation.
        None = "none",
    }
}

text_enum! {
    /// Protocol by which mail is received (S14).
    pub enum InboundProtocol {
        /// IMAP.
        Imap = "imap",
    }
}

text_enum! {
    /// With what an account signs in (S10).
    #[derive(Default)]
    pub enum AccountAuth {
        /// A password.
        #[default]
        Password = "password",
        /// What a person granted at the provider (XOAUTH2).
        Oauth2 = "oauth2",
    }
}

text_enum! {
    /// What becomes of a mail on the server once it is stored here (S14).
    #[derive(Default)]
    pub enum AfterStoring {
        /// It stays as it is.
        #[default]
        Leave = "leave",
        /// It is marked as read.
        MarkSeen = "mark_seen",
        /// It is moved to another folder.
        Move = "move",
    }
}

/// A server to connect to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Host name or IP address.
    pub host: String,
    /// Port, 1–65535.
    pub port: u16,
    /// Protection of the connection.
    pub security: MailSecurity,
}

impl Endpoint {
    fn validate(&self, issues: &mut Issues, at: &str) {
        issues.host(&format!("{at}/host"), &self.host);
        issues.range(&format!("{at}/port"), i64::from(self.port), 1, 65_535);
    }
}

/// The mail account of a campaign, as it is entered.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AccountInput {
    /// The address by which mail comes in and goes out (S9).
    pub address: String,
    /// Login, where it differs from the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// Password; absent or empty on an edit keeps the stored one (S10), unless a server is another one or less protected
    /// than before. Never returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Outgoing server (S11).
    pub smtp: Endpoint,
    /// Incoming server; required when the campaign receives (S12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imap: Option<Endpoint>,
    /// A password may go over an unprotected connection to a host that is not loopback (S27).
    #[serde(default)]
    pub allow_plaintext_password: bool,
    /// Append a copy of what is sent to the account's Sent folder (default true).
    #[serde(default = "yes")]
    pub save_sent: bool,
    /// Further addresses whose mail comes into this mailbox, and by which agents may write; at most 20 (S9).
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Folders that are read, 1–10, by default INBOX (S14). The first is watched, the others are looked at every
    /// `mail.poll_seconds`.
    #[serde(default = "inbox")]
    pub folders: Vec<String>,
    /// What becomes of a mail on the server once it is stored here; nothing that was there before the first connection is
    /// touched.
    #[serde(default)]
    pub after_storing: AfterStoring,
    /// Folder into which stored mail is moved; required for `move`. Made if it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub move_to: Option<String>,
    /// With what it signs in (S10).
    #[serde(default)]
    pub auth: AccountAuth,
    /// For `oauth2`: with whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth_provider: Option<OauthProvider>,
    /// For `oauth2`: a granted sign-in of the caller's; absent on an edit keeps what was granted before, as with the
    /// password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth_sign_in: Option<String>,
}

fn inbox() -> Vec<String> {
    vec![INBOX.into()]
}

/// The folder that every mailbox has; its name is the same in any case (RFC 3501 §5.1).
pub const INBOX: &str = "INBOX";
/// Most folders of an account that are read.
pub const MAX_FOLDERS: usize = 10;
/// Longest name of a folder, in characters.
pub const MAX_FOLDER_NAME: usize = 200;

/// Whether two names mean the same folder.
#[must_use]
pub fn is_same_folder(one: &str, other: &str) -> bool {
    one == other || (one.eq_ignore_ascii_case(INBOX) && other.eq_ignore_ascii_case(INBOX))
}

/// Most aliases of an account (S9).
pub const MAX_ALIASES: usize = 20;

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

impl AccountInput {
    fn validate(&self, issues: &mut Issues, receive: bool) {
        issues.address("account/address", &self.address);
        if let Some(login) = &self.login {
            issues.single_line("account/login", login, 0, 254);
        }
        if let Some(password) = &self.password {
            issues.single_line("account/password", password, 0, 500);
        }
        self.smtp.validate(issues, "account/smtp");
        match &self.imap {
            Some(imap) => imap.validate(issues, "account/imap"),
            None if receive => issues.add("account/imap/host", Rule::Required, "is required to receive e-mail"),
            None => {}
        }
        self.validate_auth(issues);
        self.validate_aliases(issues);
        self.validate_folders(issues);
    }

    fn validate_folders(&self, issues: &mut Issues) {
        if self.folders.is_empty() {
            issues.add("account/folders", Rule::Required, "needs at least one folder");
        }
        issues.items("account/folders", self.folders.len(), MAX_FOLDERS);
        for (index, folder) in self.folders.iter().enumerate().take(MAX_FOLDERS) {
            let pointer = format!("account/folders/{index}");
            validate_folder(issues, &pointer, folder);
            if self.folders.iter().take(index).any(|known| is_same_folder(known, folder)) {
                issues.add(&pointer, Rule::NotUnique, "is named twice");
            }
        }
        if self.after_storing != AfterStoring::Move {
            return;
        }
        let Some(target) = self.move_to.as_deref().filter(|target| !target.is_empty()) else {
            issues.add("account/move_to", Rule::Required, "is required to move mail");
            return;
        };
        validate_folder(issues, "account/move_to", target);
        if self.folders.iter().all(|folder| is_same_folder(folder, target)) {
            issues.add("account/move_to", Rule::Inconsistent, "is the folder that is read");
        }
    }

    fn validate_auth(&self, issues: &mut Issues) {
        if self.auth != AccountAuth::Oauth2 {
            return;
        }
        if self.oauth_provider.is_none() {
            issues.add("account/oauth_provider", Rule::Required, "is required to sign in with a provider");
        }
        if let Some(id) = &self.oauth_sign_in {
            issues.single_line("account/oauth_sign_in", id, 0, 64);
        }
        if self.password.as_deref().is_some_and(|password| !password.is_empty()) {
            issues.add("account/password", Rule::Inconsistent, "goes only with auth password");
        }
    }

    fn validate_aliases(&self, issues: &mut Issues) {
        issues.items("account/aliases", self.aliases.len(), MAX_ALIASES);
        let mut known = vec![crate::case::lower(self.address.trim())];
        for (index, alias) in self.aliases.iter().enumerate().take(MAX_ALIASES) {
            let pointer = format!("account/aliases/{index}");
            issues.address(&pointer, alias);
            let folded = crate::case::lower(alias);
            if known.contains(&folded) {
                issues.add(&pointer, Rule::NotUnique, "the account has this address already");
            }
            known.push(folded);
        }
    }
}

/// A name that IMAP carries: one line, without quotes, backslashes and the wildcards of its lists.
fn validate_folder(issues: &mut Issues, pointer: &str, name: &str) {
    issues.length(pointer, name, 1, MAX_FOLDER_NAME);
    if name.chars().any(|c| c.is_control() || matches!(c, '"' | '\\' | '*' | '%')) {
        issues.add(pointer, Rule::ForbiddenCharacter, "may not hold quotes, backslashes, asterisks or percent signs");
    }
    if name.trim() != name {
        issues.add(pointer, Rule::OuterBlanks, "may not begin or end with a blank");
    }
}

text_enum! {
    /// How the account of a campaign is doing (S28).
    pub enum AccountHealth {
        /// Nothing was tried yet.
        Unknown = "unknown",
        /// Connected and reading.
        Connected = "connected",
        /// The last try failed; tried again with back-off.
        Failing = "failing",
        /// The login was refused; not tried again until the account is saved (R9).
        Stopped = "stopped",
        /// The campaign is off, or does not receive.
        Off = "off",
    }
}

/// The mail account of a campaign, as it is shown: without the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountView {
    /// Account.
    pub id: AccountId,
    /// The address by which mail comes in and goes out.
    pub address: String,
    /// Login.
    pub login: String,
    /// Outgoing server.
    pub smtp: Endpoint,
    /// Incoming server.
    pub imap: Option<Endpoint>,
    /// A password may go over an unprotected connection.
    pub allow_plaintext_password: bool,
    /// Copies go to the Sent folder.
    pub save_sent: bool,
    /// How it is doing.
    pub health: AccountHealth,
    /// Mail was last fetched, or found absent, at.
    pub last_fetch_at: Option<Timestamp>,
    /// The last failure, in the server's words.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_at: Option<Timestamp>,
    /// Further addresses by which agents may write.
    pub aliases: Vec<String>,
    /// Folders that are read.
    pub folders: Vec<String>,
    /// What becomes of a mail on the server once it is stored here.
    pub after_storing: AfterStoring,
    /// Folder into which stored mail is moved.
    pub move_to: Option<String>,
    /// With what it signs in.
    pub auth: AccountAuth,
    /// For `oauth2`: what was granted.
    pub oauth: Option<OauthView>,
}

impl AccountView {
    /// Whether the stored password may be tried on the servers of `account`: those that it was entered for, no less
    /// protected. For others it has to be entered again, or whoever edits campaigns could have it sent to a machine of
    /// his own.
    pub fn password_may_go_to(&self, account: &AccountInput) -> bool {
        let known = |server: &Endpoint| {
            [Some(&self.smtp), self.imap.as_ref()].into_iter().flatten().any(|known| {
                known.host.eq_ignore_ascii_case(&server.host)
                    && (server.security != MailSecurity::None || known.security == MailSecurity::None)
            })
        };
        known(&account.smtp) && account.imap.as_ref().is_none_or(known)
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
    /// Interactions that agents hold.
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

/// What came of one login test (S10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginTest {
    /// `smtp` or `imap`.
    pub protocol: MailProtocol,
    /// What came of it.
    pub outcome: LoginOutcome,
    /// The server's own words, or what the network said.
    pub detail: String,
}

text_enum! {
    /// A mail protocol.
    pub enum MailProtocol {
        /// Sending.
        Smtp = "smtp",
        /// Receiving.
        Imap = "imap",
    }
}

text_enum! {
    /// What came of a login test.
    pub enum LoginOutcome {
        /// Logged in.
        Ok = "ok",
        /// The server refused user or password.
        RefusedLogin = "refused_login",
        /// No connection came about.
        CannotReach = "cannot_reach",
        /// The certificate or the TLS handshake is not good.
        Tls = "tls",
        /// The configuration forbids this host.
        Forbidden = "forbidden",
        /// The server spoke otherwise than expected.
        Protocol = "protocol",
    }
}

/// What *Test connection* tries: the account as it stands in the form.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TestConnection {
    /// Campaign whose stored password stands in when the form's is empty, for the servers that it was entered for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// Try IMAP as well.
    pub receive: bool,
    /// The account.
    pub account: AccountInput,
}

impl Validate for TestConnection {
    fn validate(&self, issues: &mut Issues) {
        self.account.validate(issues, self.receive);
    }
}

/// Results of *Test connection*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestConnectionAnswer {
    /// One entry a protocol tried.
    pub tests: Vec<LoginTest>,
}

/// What *List folders* looks into: the account as it stands in the form.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ListFolders {
    /// Campaign whose stored password stands in when the form's is empty, for the servers that it was entered for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// The account.
    pub account: AccountInput,
}

impl Validate for ListFolders {
    fn validate(&self, issues: &mut Issues) {
        self.account.validate(issues, true);
    }
}

text_enum! {
    /// What a folder is for (RFC 6154).
    pub enum FolderUse {
        /// All mail.
        All = "all",
        /// Old mail.
        Archive = "archive",
        /// Unfinished mail.
        Drafts = "drafts",
        /// Spam.
        Junk = "junk",
        /// Sent mail.
        Sent = "sent",
        /// Deleted mail.
        Trash = "trash",
    }
}

/// A folder of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailFolder {
    /// Its name, as `folders` and `move_to` take it.
    pub name: String,
    /// What it is for, where the server says so.
    pub special: Option<FolderUse>,
}

/// The folders of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FolderList {
    /// Folders that can hold mail, INBOX first, the others by name.
    pub folders: Vec<MailFolder>,
}

/// An agent's place in a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberView {
    /// Agent.
    pub user_id: UserId,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Place in the order, 1 first.
    pub position: i32,
    /// 0–100; lower gets more.
    pub penalty: i32,
    /// Gets waiting interactions.
    pub may_receive: bool,
    /// May start interactions.
    pub may_start: bool,
    /// Why nothing will ever be handed to him, as things stand; absent: it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gets_nothing: Option<GetsNothing>,
}

text_enum! {
    /// Why a member gets nothing, whatever his state (S34).
    pub enum GetsNothing {
        /// The user is disabled.
        UserDisabled = "user_disabled",
        /// The member may not receive.
        MayNotReceive = "may_not_receive",
        /// Members must be in a voice campaign as well, and he is in none.
        NotInVoiceCampaign = "not_in_voice_campaign",
    }
}

/// Adds a member at the end of the order, or changes one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MemberInput {
    /// 0–100; lower gets more. Absent: 0 for a new member, else as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<i32>,
    /// Place in the order, 1 first; the others move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i32>,
    /// Gets waiting interactions (default true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_receive: Option<bool>,
    /// May start interactions (default true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_start: Option<bool>,
}

impl Validate for MemberInput {
    fn validate(&self, issues: &mut Issues) {
        if let Some(penalty) = self.penalty {
            issues.range("penalty", i64::from(penalty), 0, 100);
        }
        if let Some(position) = self.position {
            issues.range("position", i64::from(position), 1, 100_000);
        }
    }
}

/// A campaign of telephony, which is not Posta's: a name with members (S34).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VoiceCampaignView {
    /// Voice campaign.
    pub id: VoiceCampaignId,
    /// Name.
    pub name: String,
    /// Members whom the caller sees, by id.
    pub members: Vec<UserId>,
    /// Created at.
    pub created_at: Timestamp,
    /// For `If-Match`.
    pub version: i64,
}

/// Creates or replaces a voice campaign.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VoiceCampaignInput {
    /// Unique without regard to case and accents.
    pub name: String,
    /// All its members, at most 10 000.
    #[serde(default)]
    pub members: Vec<UserId>,
}

impl Validate for VoiceCampaignInput {
    fn validate(&self, issues: &mut Issues) {
        issues.name("name", &self.name, 120);
        issues.items("members", self.members.len(), 10_000);
    }
}

/// What an administrator sets for the whole installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct InstallationSettings {
    /// Agents get interactions only if they are in a voice campaign, too (S34). Off by default.
    pub require_voice_campaign: bool,
}

impl Validate for InstallationSettings {
    fn validate(&self, _: &mut Issues) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_maximum_means_something_for_four_rules_only() {
        use Eligibility as E;
        for (rule, without, with) in [
            (E::Incall, None, None),
            (E::Nocall, None, Some(7)),
            (E::Interaction, None, None),
            (E::Ringall, None, None),
            (E::Ringallmultiple, Some(3), Some(7)),
            (E::Omni, Some(3), Some(7)),
            (E::Nopause, Some(3), Some(7)),
        ] {
            assert_eq!((rule.maximum(None), rule.maximum(Some(7))), (without, with), "{rule}");
        }
    }
}
