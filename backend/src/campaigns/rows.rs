//! Rows of `campaigns`, `mail_accounts` and `members`, and how they become what the API shows.

use super::schedule::Hours;
use crate::{
    kernel::db::{
        Json,
        schema::{campaigns, mail_accounts},
    },
    mail::sanitize::sanitize_outgoing,
};
use diesel::prelude::*;
use shared::{
    alarm::Thresholds,
    api::campaigns::{
        AccountAuth, AccountHealth, AccountInput, AccountView, AfterStoring, CampaignInput, CampaignView, Channel,
        ConfirmationSettings, DeliveryOrder, Eligibility, Endpoint, GetsNothing, INBOX, InboundProtocol, MailSecurity,
        MemberView, PriorityRule, RatingSettings, ReplyToken, is_same_folder,
    },
    api::schedules::Schedule,
    ids::{AccountId, CampaignId, TemplateId, UserId},
    permission::Role,
    time::Timestamp,
};
use std::collections::HashMap;

/// A campaign as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = campaigns)]
pub struct CampaignRow {
    pub id: CampaignId,
    pub channel: Channel,
    pub name: String,
    pub name_folded: String,
    pub service_level_seconds: i32,
    pub from_name: String,
    pub eligibility: Eligibility,
    pub delivery_order: DeliveryOrder,
    pub max_interactions: Option<i32>,
    pub default_priority: i32,
    pub priority_rules: Json<Vec<PriorityRule>>,
    pub max_in_queue: i32,
    pub last_agent_seconds: i32,
    pub offer_timeout_seconds: i32,
    pub wrap_up_seconds: i32,
    pub enabled: bool,
    pub receive: bool,
    pub import_days: i32,
    pub reply_token: ReplyToken,
    pub schedule: Json<Schedule>,
    pub thresholds: Json<Thresholds>,
    pub signature_template_id: Option<TemplateId>,
    pub confirmation_enabled: bool,
    pub confirmation_template_id: Option<TemplateId>,
    pub rating_enabled: bool,
    pub rating_prompt: String,
    pub rating_thanks: String,
    pub created_at: Timestamp,
    pub version: i64,
}

/// A mail account as it is stored.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = mail_accounts)]
pub struct AccountRow {
    pub id: AccountId,
    pub campaign_id: CampaignId,
    pub address: String,
    pub login: String,
    pub sealed_password: Vec<u8>,
    pub smtp_host: String,
    pub smtp_port: i32,
    pub smtp_security: MailSecurity,
    pub imap_host: Option<String>,
    pub imap_port: Option<i32>,
    pub imap_security: Option<MailSecurity>,
    pub allow_plaintext_password: bool,
    pub save_sent: bool,
    pub health: AccountHealth,
    pub last_fetch_at: Option<Timestamp>,
    pub last_error: Option<String>,
    pub last_error_at: Option<Timestamp>,
    pub smtp_stopped: bool,
    pub revision: i64,
    pub aliases: Json<Vec<String>>,
    pub folders: Json<Vec<String>>,
    pub after_storing: AfterStoring,
    pub move_to: Option<String>,
    pub auth: AccountAuth,
}

impl AccountRow {
    /// The outgoing server.
    pub fn smtp(&self) -> Endpoint {
        Endpoint { host: self.smtp_host.clone(), port: port(self.smtp_port), security: self.smtp_security }
    }

    /// The incoming server.
    pub fn imap(&self) -> Option<Endpoint> {
        Some(Endpoint { host: self.imap_host.clone()?, port: port(self.imap_port?), security: self.imap_security? })
    }

    /// The form that would store this account, without its password.
    pub fn as_input(&self) -> AccountInput {
        AccountInput {
            address: self.address.clone(),
            login: Some(self.login.clone()),
            password: None,
            smtp: self.smtp(),
            imap: self.imap(),
            allow_plaintext_password: self.allow_plaintext_password,
            save_sent: self.save_sent,
            aliases: self.aliases.0.clone(),
            folders: self.folders.0.clone(),
            after_storing: self.after_storing,
            move_to: self.move_to.clone(),
            auth: self.auth,
            oauth_provider: None,
            oauth_sign_in: None,
        }
    }

    /// The health that is shown: sending that has stopped counts as much as fetching that has.
    pub fn shown_health(&self) -> AccountHealth {
        if self.smtp_stopped { AccountHealth::Stopped } else { self.health }
    }

    pub fn view(self) -> AccountView {
        AccountView {
            id: self.id,
            smtp: self.smtp(),
            imap: self.imap(),
            health: self.shown_health(),
            address: self.address,
            login: self.login,
            allow_plaintext_password: self.allow_plaintext_password,
            save_sent: self.save_sent,
            last_fetch_at: self.last_fetch_at,
            last_error: self.last_error,
            last_error_at: self.last_error_at,
            aliases: self.aliases.0,
            folders: self.folders.0,
            after_storing: self.after_storing,
            move_to: self.move_to,
            auth: self.auth,
            oauth: None,
        }
    }
}

// A CHECK keeps ports within 1–65535.
fn port(stored: i32) -> u16 {
    u16::try_from(stored).unwrap_or_default()
}

/// What is open, by campaign; what is absent has nothing.
pub struct Counts {
    /// Waiting interactions.
    pub waiting: HashMap<CampaignId, i64>,
    /// Mails that have not left.
    pub outgoing: HashMap<CampaignId, i64>,
}

/// A campaign with its account and what is open in it, as it is shown.
pub fn campaign_view(campaign: CampaignRow, account: AccountRow, open: &Counts, now: Timestamp) -> CampaignView {
    let count = |counts: &HashMap<CampaignId, i64>| {
        counts.get(&campaign.id).map_or(0, |count| u32::try_from(*count).unwrap_or(u32::MAX))
    };
    let (waiting, outgoing) = (count(&open.waiting), count(&open.outgoing));
    let hours = Hours::of(&campaign.schedule.0);
    CampaignView {
        id: campaign.id,
        channel: campaign.channel,
        name: campaign.name,
        service_level_seconds: u32::try_from(campaign.service_level_seconds).unwrap_or_default(),
        from_name: campaign.from_name,
        eligibility: campaign.eligibility,
        delivery_order: campaign.delivery_order,
        max_interactions: campaign.max_interactions.and_then(|max| u32::try_from(max).ok()),
        default_priority: u32::try_from(campaign.default_priority).unwrap_or_default(),
        priority_rules: campaign.priority_rules.0,
        max_in_queue: u32::try_from(campaign.max_in_queue).unwrap_or_default(),
        last_agent_seconds: u32::try_from(campaign.last_agent_seconds).unwrap_or_default(),
        offer_timeout_seconds: u32::try_from(campaign.offer_timeout_seconds).unwrap_or_default(),
        wrap_up_seconds: u32::try_from(campaign.wrap_up_seconds).unwrap_or_default(),
        enabled: campaign.enabled,
        receive: campaign.receive,
        import_days: u32::try_from(campaign.import_days).unwrap_or_default(),
        reply_token: campaign.reply_token,
        open: hours.is_open(now),
        next_change_at: hours.next_change(now),
        schedule: campaign.schedule.0,
        thresholds: campaign.thresholds.0,
        account: account.view(),
        waiting,
        outgoing,
        created_at: campaign.created_at,
        version: campaign.version,
        signature_template_id: campaign.signature_template_id,
        confirmation: ConfirmationSettings {
            enabled: campaign.confirmation_enabled,
            template_id: campaign.confirmation_template_id,
        },
        rating: RatingSettings {
            enabled: campaign.rating_enabled,
            prompt: campaign.rating_prompt,
            thanks_html: campaign.rating_thanks,
        },
    }
}

/// What a form sets of a campaign.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = campaigns, treat_none_as_null = true)]
pub struct CampaignForm<'a> {
    name: &'a str,
    name_folded: String,
    service_level_seconds: i32,
    from_name: &'a str,
    eligibility: Eligibility,
    delivery_order: DeliveryOrder,
    max_interactions: Option<i32>,
    default_priority: i32,
    priority_rules: Json<Vec<PriorityRule>>,
    max_in_queue: i32,
    last_agent_seconds: i32,
    offer_timeout_seconds: i32,
    wrap_up_seconds: i32,
    enabled: bool,
    receive: bool,
    import_days: i32,
    reply_token: ReplyToken,
    schedule: Json<Schedule>,
    thresholds: Json<Thresholds>,
    signature_template_id: Option<TemplateId>,
    confirmation_enabled: bool,
    confirmation_template_id: Option<TemplateId>,
    rating_enabled: bool,
    rating_prompt: &'a str,
    rating_thanks: String,
}

impl<'a> CampaignForm<'a> {
    /// The columns; the form has been judged, so that its numbers fit.
    pub fn new(input: &'a CampaignInput) -> Self {
        let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        Self {
            name: &input.name,
            name_folded: crate::kernel::fold::fold(&input.name),
            service_level_seconds: number(input.service_level_seconds),
            from_name: &input.from_name,
            eligibility: input.eligibility,
            delivery_order: input.delivery_order,
            max_interactions: input.max_interactions.map(number),
            default_priority: number(input.default_priority),
            priority_rules: Json(input.priority_rules.clone()),
            max_in_queue: number(input.max_in_queue),
            last_agent_seconds: number(input.last_agent_seconds),
            offer_timeout_seconds: number(input.offer_timeout_seconds),
            wrap_up_seconds: number(input.wrap_up_seconds),
            enabled: input.enabled,
            receive: input.receive,
            import_days: number(input.import_days),
            reply_token: input.reply_token,
            schedule: Json(input.schedule.clone()),
            thresholds: Json(input.thresholds),
            signature_template_id: input.signature_template_id,
            confirmation_enabled: input.confirmation.enabled,
            confirmation_template_id: input.confirmation.template_id,
            rating_enabled: input.rating.enabled,
            rating_prompt: &input.rating.prompt,
            rating_thanks: sanitize_outgoing(&input.rating.thanks_html),
        }
    }
}

/// What a form sets of a mail account. Saving starts it afresh: no failure is remembered.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = mail_accounts, treat_none_as_null = true)]
pub struct AccountForm<'a> {
    address: &'a str,
    address_folded: String,
    login: &'a str,
    smtp_host: &'a str,
    smtp_port: i32,
    smtp_security: MailSecurity,
    inbound_protocol: InboundProtocol,
    imap_host: Option<&'a str>,
    imap_port: Option<i32>,
    imap_security: Option<MailSecurity>,
    allow_plaintext_password: bool,
    save_sent: bool,
    health: AccountHealth,
    last_error: Option<&'a str>,
    last_error_at: Option<Timestamp>,
    smtp_stopped: bool,
    aliases: Json<Vec<String>>,
    folders: Json<Vec<String>>,
    after_storing: AfterStoring,
    move_to: Option<String>,
    auth: AccountAuth,
}

impl<'a> AccountForm<'a> {
    /// The columns.
    pub fn new(input: &'a CampaignInput) -> Self {
        let account = &input.account;
        let imap = account.imap.as_ref();
        Self {
            address: &account.address,
            address_folded: crate::mail::address::fold(&account.address),
            login: login(account),
            smtp_host: &account.smtp.host,
            smtp_port: i32::from(account.smtp.port),
            smtp_security: account.smtp.security,
            inbound_protocol: InboundProtocol::Imap,
            imap_host: imap.map(|imap| imap.host.as_str()),
            imap_port: imap.map(|imap| i32::from(imap.port)),
            imap_security: imap.map(|imap| imap.security),
            allow_plaintext_password: account.allow_plaintext_password,
            save_sent: account.save_sent,
            health: first_health(input.enabled && input.receive),
            last_error: None,
            last_error_at: None,
            smtp_stopped: false,
            aliases: Json(account.aliases.clone()),
            folders: Json(account.folders.iter().map(|folder| folder_name(folder)).collect()),
            after_storing: account.after_storing,
            move_to: account.move_to.as_deref().filter(|target| !target.is_empty()).map(folder_name),
            auth: account.auth,
        }
    }
}

/// A folder's name as it is stored: INBOX has one spelling.
fn folder_name(given: &str) -> String {
    if is_same_folder(given, INBOX) { INBOX.to_owned() } else { given.to_owned() }
}

/// The login of a form: its own, or the address.
pub fn login(account: &AccountInput) -> &str {
    account.login.as_deref().map(str::trim).filter(|login| !login.is_empty()).unwrap_or(&account.address)
}

/// Health of an account that has just been saved.
pub fn first_health(reads: bool) -> AccountHealth {
    if reads { AccountHealth::Unknown } else { AccountHealth::Off }
}

/// A member with his name.
#[derive(Debug, Queryable)]
pub struct MemberRow {
    user_id: UserId,
    name: String,
    role: Role,
    position: i32,
    penalty: i32,
    may_receive: bool,
    may_start: bool,
    enabled: bool,
    in_voice_campaign: bool,
}

impl MemberRow {
    /// As the API says it; `require_voice`: members must be in a voice campaign as well.
    pub fn view(self, require_voice: bool) -> MemberView {
        let row = self;
        let gets_nothing = if !row.enabled {
            Some(GetsNothing::UserDisabled)
        } else if !row.may_receive {
            Some(GetsNothing::MayNotReceive)
        } else {
            (require_voice && !row.in_voice_campaign).then_some(GetsNothing::NotInVoiceCampaign)
        };
        MemberView {
            user_id: row.user_id,
            name: row.name,
            role: row.role,
            position: row.position,
            penalty: row.penalty,
            may_receive: row.may_receive,
            may_start: row.may_start,
            gets_nothing,
        }
    }
}
