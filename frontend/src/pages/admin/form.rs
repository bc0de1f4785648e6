//! What the campaign form holds, as typed, and how that becomes a request.

use super::{
    mail_fields::MailForm,
    presets::{Preset, usual_port},
    strategy_form::StrategyForm,
    threshold_fields::ThresholdForm,
};
use crate::state::schedule::ScheduleForm;
use leptos::prelude::*;
use shared::{
    api::campaigns::{
        AccountAuth, AccountInput, AccountView, AfterStoring, CampaignInput, CampaignView, DEFAULT_PRIORITY,
        DEFAULT_SERVICE_LEVEL_SECONDS, DeliveryOrder, Eligibility, Endpoint, INBOX, MailSecurity, ReplyToken,
    },
    api::{conversations::MailAddress, oauth::OauthView},
    validate::{FieldIssue, Rule, Validate as _},
};

/// A server, as typed. Cheap to copy.
#[derive(Clone, Copy)]
pub struct EndpointForm {
    /// Host.
    pub host: RwSignal<String>,
    /// Port.
    pub port: RwSignal<String>,
    /// Protection, as its word.
    pub security: RwSignal<String>,
}

impl EndpointForm {
    fn new(imap: bool) -> Self {
        let security = if imap { MailSecurity::Implicit } else { MailSecurity::Starttls };
        Self {
            host: RwSignal::new(String::new()),
            port: RwSignal::new(usual_port(imap, security).to_string()),
            security: RwSignal::new(security.as_str().into()),
        }
    }

    /// Takes over a server.
    pub fn set(self, endpoint: &Endpoint) {
        self.host.set(endpoint.host.clone());
        self.port.set(endpoint.port.to_string());
        self.security.set(endpoint.security.as_str().into());
    }

    /// Protection that is chosen; reactive.
    pub fn protection(self) -> MailSecurity {
        self.security.with(|word| word.parse().unwrap_or(MailSecurity::Starttls))
    }

    fn read(self, at: &str, issues: &mut Vec<FieldIssue>) -> Endpoint {
        Endpoint {
            host: self.host.get_untracked().trim().into(),
            port: number(&format!("{at}/port"), self.port, 1, 65_535, issues),
            security: self.security.with_untracked(|word| word.parse().unwrap_or(MailSecurity::Starttls)),
        }
    }
}

/// The campaign form, as typed. Cheap to copy.
#[derive(Clone, Copy)]
pub struct CampaignForm {
    /// The account as it is stored, with a password that is not shown.
    stored: StoredValue<Option<AccountView>>,
    /// Name.
    pub name: RwSignal<String>,
    /// Service level, in seconds.
    pub service_level: RwSignal<String>,
    /// Display name.
    pub from_name: RwSignal<String>,
    /// How it hands out.
    pub strategy: StrategyForm,
    /// On or off.
    pub enabled: RwSignal<bool>,
    /// Receives mail.
    pub receive: RwSignal<bool>,
    /// Days of old mail.
    pub import_days: RwSignal<String>,
    /// Where mail carries the token of its conversation, as its word.
    pub reply_token: RwSignal<String>,
    /// Address.
    pub address: RwSignal<String>,
    /// Login, where it differs.
    pub login: RwSignal<String>,
    /// Password.
    pub password: RwSignal<String>,
    /// Outgoing server.
    pub smtp: EndpointForm,
    /// Incoming server.
    pub imap: EndpointForm,
    /// A password may go in clear.
    pub plaintext: RwSignal<bool>,
    /// Copies to the Sent folder.
    pub save_sent: RwSignal<bool>,
    /// Further addresses by which agents may write.
    pub aliases: RwSignal<Vec<MailAddress>>,
    /// Folders that are read, one a line.
    pub folders: RwSignal<String>,
    /// What becomes of stored mail on the server, as its word.
    pub after_storing: RwSignal<String>,
    /// Folder for stored mail.
    pub move_to: RwSignal<String>,
    /// With what the account signs in, as its word.
    pub auth: RwSignal<String>,
    /// A sign-in at the provider that was granted, for the next save.
    pub oauth_sign_in: RwSignal<String>,
    /// Opening hours.
    pub schedule: ScheduleForm,
    /// What raises an alarm.
    pub thresholds: ThresholdForm,
    /// What its mail carries.
    pub mail: MailForm,
}

impl CampaignForm {
    /// A new campaign, with the defaults, in this time zone.
    pub fn new(zone: String) -> Self {
        let text = || RwSignal::new(String::new());
        Self {
            stored: StoredValue::new(None),
            name: text(),
            service_level: RwSignal::new(DEFAULT_SERVICE_LEVEL_SECONDS.to_string()),
            from_name: text(),
            strategy: StrategyForm::new(),
            enabled: RwSignal::new(true),
            receive: RwSignal::new(true),
            import_days: RwSignal::new("0".into()),
            reply_token: RwSignal::new(ReplyToken::Body.as_str().into()),
            address: text(),
            login: text(),
            password: text(),
            smtp: EndpointForm::new(false),
            imap: EndpointForm::new(true),
            plaintext: RwSignal::new(false),
            save_sent: RwSignal::new(true),
            aliases: RwSignal::new(Vec::new()),
            folders: RwSignal::new(INBOX.into()),
            after_storing: RwSignal::new(AfterStoring::Leave.as_str().into()),
            move_to: text(),
            auth: RwSignal::new(AccountAuth::Password.as_str().into()),
            oauth_sign_in: text(),
            schedule: ScheduleForm::new(zone),
            thresholds: ThresholdForm::new(),
            mail: MailForm::new(),
        }
    }

    /// A campaign that exists.
    pub fn of(campaign: &CampaignView) -> Self {
        let form = Self::new(campaign.schedule.zone.clone());
        form.name.set(campaign.name.clone());
        form.service_level.set(campaign.service_level_seconds.to_string());
        form.from_name.set(campaign.from_name.clone());
        form.strategy.set(campaign);
        form.enabled.set(campaign.enabled);
        form.receive.set(campaign.receive);
        form.import_days.set(campaign.import_days.to_string());
        form.reply_token.set(campaign.reply_token.as_str().into());
        form.mail.set(campaign);
        let account = &campaign.account;
        form.stored.set_value(Some(account.clone()));
        form.address.set(account.address.clone());
        form.login.set(if account.login == account.address { String::new() } else { account.login.clone() });
        form.smtp.set(&account.smtp);
        if let Some(imap) = &account.imap {
            form.imap.set(imap);
        }
        form.plaintext.set(account.allow_plaintext_password);
        form.save_sent.set(account.save_sent);
        form.auth.set(account.auth.as_str().into());
        form.folders.set(account.folders.join("\n"));
        form.after_storing.set(account.after_storing.as_str().into());
        form.move_to.set(account.move_to.clone().unwrap_or_default());
        let alias = |email: &String| MailAddress { name: None, email: email.clone() };
        form.aliases.set(account.aliases.iter().map(alias).collect());
        form.schedule.set(&campaign.schedule);
        form.thresholds.set(campaign.thresholds);
        form
    }

    /// All that is typed, to see whether it was changed; apart from what is saved at once.
    pub fn typed(self) -> Vec<String> {
        let texts = [
            self.name,
            self.service_level,
            self.from_name,
            self.import_days,
            self.reply_token,
            self.address,
            self.login,
            self.password,
            self.smtp.host,
            self.smtp.port,
            self.smtp.security,
            self.imap.host,
            self.imap.port,
            self.imap.security,
            self.folders,
            self.after_storing,
            self.move_to,
            self.auth,
            self.oauth_sign_in,
        ];
        let switches = [self.receive, self.plaintext, self.save_sent];
        texts
            .into_iter()
            .chain(self.thresholds.texts())
            .chain(self.strategy.texts())
            .chain(self.mail.texts())
            .map(|text| text.get_untracked())
            .chain(switches.into_iter().chain(self.mail.switches()).map(|on| on.get_untracked().to_string()))
            .chain([
                format!("{:?} {:?}", self.schedule.read(), self.strategy.read_rules(&mut Vec::new())),
                format!("{:?}", self.aliases.get_untracked()),
            ])
            .collect()
    }

    /// Follows all that a login test tries.
    pub fn track_account(self) {
        for text in [self.address, self.login, self.password, self.auth, self.oauth_sign_in] {
            text.track();
        }
        for server in [self.smtp, self.imap] {
            for text in [server.host, server.port, server.security] {
                text.track();
            }
        }
        self.receive.track();
        self.plaintext.track();
    }

    /// Whether an empty password stands for the stored one; reactive.
    pub fn keeps_password(self) -> bool {
        for server in [self.smtp, self.imap] {
            server.host.track();
            server.security.track();
        }
        let account = self.read_account(&mut Vec::new());
        let fits = |stored: &AccountView| {
            stored.auth == account.auth && stored.oauth.as_ref().map(|oauth| oauth.provider) == account.oauth_provider
        };
        self.stored.with_value(|stored| {
            stored.as_ref().is_some_and(|stored| fits(stored) && stored.password_may_go_to(&account))
        })
    }

    /// Whether the account signs in at its provider rather than with a password; reactive.
    pub fn signs_in_at_provider(self) -> bool {
        self.auth.with(|word| word == AccountAuth::Oauth2.as_str())
    }

    /// The provider, by its outgoing server; reactive.
    pub fn preset(self) -> Preset {
        self.smtp.host.with(|host| Preset::of_host(host))
    }

    /// What was granted to the stored account.
    pub fn granted(self) -> Option<OauthView> {
        self.stored.with_value(|stored| stored.as_ref().and_then(|stored| stored.oauth.clone()))
    }

    /// Whether stored mail is to be moved; reactive.
    pub fn moves(self) -> bool {
        self.after_storing.with(|word| word == AfterStoring::Move.as_str())
    }

    /// Fills in a provider's servers.
    pub fn apply(self, preset: Preset) {
        let address = self.address.get_untracked();
        self.smtp.set(&preset.smtp(&address));
        self.imap.set(&preset.imap(&address));
        let auth = if preset == Preset::Other { AccountAuth::Password } else { AccountAuth::Oauth2 };
        self.auth.set(auth.as_str().into());
    }

    /// The request, and every field that breaks its rule.
    pub fn read(self) -> (CampaignInput, Vec<FieldIssue>) {
        let mut unread = Vec::new();
        let account = self.read_account(&mut unread);
        let (signature_template_id, confirmation, rating) = self.mail.read();
        let mut input = CampaignInput {
            name: self.name.get_untracked(),
            service_level_seconds: number("service_level_seconds", self.service_level, 1, 31_536_000, &mut unread),
            from_name: self.from_name.get_untracked().trim().into(),
            // Filled in below.
            eligibility: Eligibility::Nocall,
            delivery_order: DeliveryOrder::Rrmemory,
            max_interactions: None,
            default_priority: DEFAULT_PRIORITY,
            priority_rules: Vec::new(),
            max_in_queue: 0,
            last_agent_seconds: 0,
            offer_timeout_seconds: 0,
            wrap_up_seconds: 0,
            enabled: self.enabled.get_untracked(),
            receive: self.receive.get_untracked(),
            import_days: number("import_days", self.import_days, 0, 365, &mut unread),
            schedule: self.schedule.read(),
            thresholds: self.thresholds.read(&mut unread),
            reply_token: self.reply_token.with_untracked(|word| word.parse().unwrap_or(ReplyToken::Body)),
            account,
            signature_template_id,
            confirmation,
            rating,
        };
        self.strategy.fill(&mut input, &mut unread);
        let mut judged = input.check().err().unwrap_or_default();
        let secret = match input.account.auth {
            AccountAuth::Password => ("/account/password", input.account.password.is_none()),
            AccountAuth::Oauth2 => ("/account/oauth_sign_in", input.account.oauth_sign_in.is_none()),
        };
        let is_new = self.stored.with_value(Option::is_none) && input.account.auth == AccountAuth::Oauth2;
        if (is_new || self.stored.with_value(Option::is_some)) && secret.1 && !untrack(|| self.keeps_password()) {
            let again = FieldIssue {
                pointer: secret.0.into(),
                rule: Rule::Required,
                min: None,
                max: None,
                message: String::new(),
            };
            judged.push(again);
        }
        (input, merge(unread, judged))
    }

    /// The account alone, for *Test connection*.
    pub fn read_account(self, unread: &mut Vec<FieldIssue>) -> AccountInput {
        let word = |text: RwSignal<String>| Some(text.get_untracked()).filter(|text| !text.is_empty());
        AccountInput {
            address: self.address.get_untracked().trim().into(),
            login: word(self.login).map(|login| login.trim().to_string()),
            password: word(self.password).filter(|_| !untrack(|| self.signs_in_at_provider())),
            smtp: self.smtp.read("account/smtp", unread),
            imap: self.receive.get_untracked().then(|| self.imap.read("account/imap", unread)),
            allow_plaintext_password: self.plaintext.get_untracked(),
            save_sent: self.save_sent.get_untracked(),
            aliases: self.aliases.with_untracked(|list| list.iter().map(|alias| alias.email.clone()).collect()),
            folders: self.folders.with_untracked(|text| lines(text)),
            after_storing: self.after_storing.with_untracked(|word| word.parse().unwrap_or_default()),
            move_to: word(self.move_to).filter(|_| untrack(|| self.moves())),
            auth: self.auth.with_untracked(|word| word.parse().unwrap_or_default()),
            oauth_provider: untrack(|| self.signs_in_at_provider().then(|| self.preset().provider())),
            oauth_sign_in: word(self.oauth_sign_in).filter(|_| untrack(|| self.signs_in_at_provider())),
        }
    }
}

/// The lines of a list, without those that are empty.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_string).collect()
}

/// A number as typed; what is none is an issue, and stands as the lower bound until it is mended.
pub fn number<T>(pointer: &str, text: RwSignal<String>, min: T, max: T, issues: &mut Vec<FieldIssue>) -> T
where
    T: std::str::FromStr + Copy + Into<i64>,
{
    text.with_untracked(|text| text.trim().parse().ok()).unwrap_or_else(|| {
        issues.push(FieldIssue {
            pointer: format!("/{pointer}"),
            rule: Rule::OutOfRange,
            min: Some(min.into()),
            max: Some(max.into()),
            message: String::new(),
        });
        min
    })
}

/// One issue a field: that it could not be read goes before what was judged in its place.
fn merge(first: Vec<FieldIssue>, second: Vec<FieldIssue>) -> Vec<FieldIssue> {
    let mut all = first;
    for issue in second {
        if !all.iter().any(|known| known.pointer == issue.pointer) {
            all.push(issue);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        api::campaigns::{AccountHealth, DEFAULT_MAX_INTERACTIONS},
        ids::AccountId,
    };

    fn filled() -> CampaignForm {
        let form = CampaignForm::new("UTC".into());
        form.name.set("Soporte".into());
        form.address.set("soporte@empresa.es".into());
        form.password.set("secreto".into());
        form.apply(Preset::Other);
        form
    }

    #[test]
    fn name_account_password_and_hosts_suffice() {
        let _owner = Owner::new();
        let (input, issues) = filled().read();
        assert_eq!(issues, []);
        assert_eq!(input.max_interactions, Some(DEFAULT_MAX_INTERACTIONS));
        assert_eq!(input.account.imap.unwrap().port, 993);
    }

    #[test]
    fn a_maximum_without_meaning_is_not_in_the_way() {
        let _owner = Owner::new();
        let form = filled();
        form.strategy.max.set("many".into());
        form.strategy.eligibility.set(Eligibility::Ringall.as_str().into());
        form.strategy.add_rule();
        let (input, issues) = form.read();
        assert_eq!((input.eligibility, input.max_interactions), (Eligibility::Ringall, None));
        let pointers: Vec<_> = issues.iter().map(|issue| issue.pointer.as_str()).collect();
        assert_eq!(pointers, ["/priority_rules/0/pattern"], "the rule has no text yet");
        form.strategy.rules.get_untracked()[0].pattern.set(" vip@ ".into());
        assert_eq!(form.read().0.priority_rules[0].pattern, "vip@");
    }

    #[test]
    fn what_is_no_number_is_named_once() {
        let _owner = Owner::new();
        let form = filled();
        form.smtp.port.set("99999".into());
        form.service_level.set("one hour".into());
        form.strategy.max.set(String::new());
        let (_, issues) = form.read();
        let pointers: Vec<_> = issues.iter().map(|issue| issue.pointer.as_str()).collect();
        assert_eq!(pointers, ["/account/smtp/port", "/service_level_seconds", "/max_interactions"]);
    }

    #[test]
    fn the_stored_password_stays_with_the_servers_it_was_entered_for() {
        let _owner = Owner::new();
        let form = filled();
        let (input, _) = form.read();
        let account = AccountView {
            id: AccountId(1),
            address: input.account.address.clone(),
            login: input.account.address,
            smtp: input.account.smtp,
            imap: input.account.imap,
            allow_plaintext_password: false,
            save_sent: true,
            health: AccountHealth::Connected,
            last_fetch_at: None,
            last_error: None,
            last_error_at: None,
            aliases: Vec::new(),
            folders: vec!["INBOX".into()],
            after_storing: AfterStoring::Leave,
            move_to: None,
            auth: AccountAuth::Password,
            oauth: None,
        };
        form.stored.set_value(Some(account));
        form.password.set(String::new());
        assert!(form.keeps_password());
        form.smtp.port.set("2525".into());
        assert_eq!(form.read().1, []);
        form.imap.host.set("imap.elsewhere.example".into());
        assert!(!form.keeps_password());
        assert_eq!(form.read().1.first().unwrap().pointer, "/account/password");
    }

    #[test]
    fn without_receiving_no_inbound_server_is_wanted() {
        let _owner = Owner::new();
        let form = filled();
        form.receive.set(false);
        form.imap.host.set("not a host".into());
        let (input, issues) = form.read();
        assert_eq!(issues, []);
        assert!(input.account.imap.is_none());
    }
}
