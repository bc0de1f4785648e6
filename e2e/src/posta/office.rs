//! A server with an administrator, campaigns and agents: what most journeys start from.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use shared::api::campaigns::{
    AccountAuth, AccountInput, AfterStoring, CampaignInput, CampaignView, ConfirmationSettings, DEFAULT_PRIORITY,
    DEFAULT_SERVICE_LEVEL_SECONDS, DeliveryOrder, Eligibility, Endpoint, MailSecurity, MemberInput, RatingSettings,
    ReplyToken,
};
use shared::api::schedules::Schedule;
use shared::ids::{CampaignId, UserId};
use shared::permission::Role;

use super::client::Client;
use super::error::PostaError;
use super::live::Live;
use super::options::PostaOptions;
use super::server::Posta;
use crate::accounts::Account;
use crate::error::LabError;
use crate::lab::Lab;

/// The password of everyone who signs in to a server under test.
pub const SIGN_IN_PASSWORD: &str = "cuatro-caballos-29";
/// The longest a browser may wait for its first snapshot.
const LIVE_LIMIT: Duration = Duration::from_secs(20);

/// A server that is set up.
#[derive(Debug)]
pub struct Office {
    /// The administrator.
    pub admin: Client,
    /// The server.
    pub posta: Posta,
}

impl Office {
    /// Starts a server and makes its administrator, `admin`.
    ///
    /// # Errors
    /// The server does not start, or refuses.
    pub fn open(options: PostaOptions) -> Result<Self, PostaError> {
        let posta = Posta::start(options)?;
        let missing = || LabError::Usage(format!("the server printed no set-up link:\n{}", posta.log().tail()));
        let link = posta.setup_link().ok_or_else(missing)?;
        let admin = Client::set_up(posta.address(), &link, "admin", SIGN_IN_PASSWORD)?;
        Ok(Self { admin, posta })
    }

    /// Makes a campaign on an account of the lab; `adjust` may change the form first.
    ///
    /// # Errors
    /// The product's refusal.
    pub fn campaign(
        &self,
        lab: &Lab,
        name: &str,
        account: &Account,
        adjust: impl FnOnce(&mut CampaignInput),
    ) -> Result<CampaignView, PostaError> {
        let mut input = campaign_form(lab, name, account)?;
        adjust(&mut input);
        self.admin.create_campaign(&input)
    }

    /// Makes an agent who is a member of these campaigns, signed in, with a live socket, and available.
    ///
    /// # Errors
    /// The product's refusal.
    pub fn hire(&self, login: &str, campaigns: &[CampaignId]) -> Result<Agent, PostaError> {
        let user = self.admin.create_user(login, &capitalised(login), Role::Agent, SIGN_IN_PASSWORD)?;
        for campaign in campaigns {
            self.admin.put_member(*campaign, user.id, &MemberInput::default())?;
        }
        Agent::sign_in(&self.posta, login)
    }

    /// Makes a user of another role and signs him in.
    ///
    /// # Errors
    /// The product's refusal.
    pub fn user(&self, login: &str, role: Role) -> Result<Client, PostaError> {
        self.admin.create_user(login, &capitalised(login), role, SIGN_IN_PASSWORD)?;
        Client::sign_in(self.posta.address(), login, SIGN_IN_PASSWORD)
    }
}

/// An agent at work: signed in, with a live socket. Dereferences to his [`Client`].
#[derive(Debug)]
pub struct Agent {
    /// User.
    pub id: UserId,
    /// His live socket.
    pub live: Live,
    client: Arc<Client>,
}

impl Deref for Agent {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Agent {
    /// Signs an agent in, opens his socket and makes him available.
    ///
    /// # Errors
    /// The product's refusal.
    pub fn sign_in(posta: &Posta, login: &str) -> Result<Self, PostaError> {
        let client = Arc::new(Client::sign_in(posta.address(), login, SIGN_IN_PASSWORD)?);
        let live = Live::open(&client, LIVE_LIMIT)?;
        client.be_available()?;
        let id = client.me().map(|me| me.id).ok_or_else(|| LabError::Usage("the sign-in named nobody".into()))?;
        Ok(Self { id, live, client })
    }

    /// His client, to be used from other threads.
    #[must_use]
    pub fn client(&self) -> Arc<Client> {
        Arc::clone(&self.client)
    }
}

/// The form of a campaign on an account of the lab: STARTTLS both ways, receiving, at most 3 an agent.
///
/// # Errors
/// The lab runs without one of the servers.
pub fn campaign_form(lab: &Lab, name: &str, account: &Account) -> Result<CampaignInput, LabError> {
    let mut form =
        bare_form(name, &account.address, &account.password, lab.smtp_address()?.port(), lab.imap_address()?.port());
    form.account.login = (account.login != account.address).then(|| account.login.clone());
    Ok(form)
}

/// The form of a campaign on any servers of this machine, STARTTLS both ways.
#[must_use]
pub fn bare_form(name: &str, address: &str, password: &str, smtp: u16, imap: u16) -> CampaignInput {
    CampaignInput {
        name: name.into(),
        service_level_seconds: DEFAULT_SERVICE_LEVEL_SECONDS,
        from_name: name.into(),
        eligibility: Eligibility::Nocall,
        delivery_order: DeliveryOrder::Rrmemory,
        max_interactions: Some(3),
        default_priority: DEFAULT_PRIORITY,
        priority_rules: Vec::new(),
        max_in_queue: 0,
        last_agent_seconds: 0,
        offer_timeout_seconds: 0,
        wrap_up_seconds: 0,
        enabled: true,
        receive: true,
        import_days: 0,
        reply_token: ReplyToken::Body,
        schedule: Schedule::default(),
        thresholds: shared::alarm::Thresholds::default(),
        account: AccountInput {
            address: address.into(),
            login: None,
            password: Some(password.into()),
            smtp: Endpoint { host: "127.0.0.1".into(), port: smtp, security: MailSecurity::Starttls },
            imap: Some(Endpoint { host: "127.0.0.1".into(), port: imap, security: MailSecurity::Starttls }),
            allow_plaintext_password: false,
            save_sent: false,
            aliases: Vec::new(),
            folders: vec!["INBOX".into()],
            after_storing: AfterStoring::Leave,
            move_to: None,
            auth: AccountAuth::Password,
            oauth_provider: None,
            oauth_sign_in: None,
        },
        signature_template_id: None,
        confirmation: ConfirmationSettings::default(),
        rating: RatingSettings::default(),
    }
}

fn capitalised(login: &str) -> String {
    let mut letters = login.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
