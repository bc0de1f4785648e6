//! Puts the stage up: mail servers, the product, and by its own API people and campaigns.

use std::collections::HashMap;
use std::net::SocketAddr;

use shared::api::access::{CreateUser, SetupRequest, UserView};
use shared::api::campaigns::{AccountInput, CampaignInput, Endpoint, MailSecurity, MemberInput};
use shared::ids::UserId;

use super::cast::{ADMINISTRATOR, PLAYERS, Player, QUEUES, Queue};
use crate::lab::{Lab, LabOptions, PASSWORD};
use crate::posta::{Client, Posta, PostaError, PostaOptions};

/// Where the product keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// A file of its own.
    #[default]
    Sqlite,
    /// A private PostgreSQL.
    Postgres,
}

/// What stage is wanted.
#[derive(Debug, Clone, Default)]
pub struct StageOptions {
    /// Where the product keeps its data.
    pub engine: Engine,
    /// Without people and campaigns: the product waits for its first administrator.
    pub empty: bool,
    /// Where the product listens, if it may: another port is taken where this one is not free.
    pub listen: Option<SocketAddr>,
    /// More of the product's environment, such as `POSTA__MAIL__IMAGE_HOSTS`.
    pub env: Vec<(String, String)>,
}

/// Mail servers and the product. Dropping it ends them and removes their files.
#[derive(Debug)]
pub struct Stage {
    /// The product. Before the mail servers, so that it ends before them.
    pub posta: Posta,
    /// The mail servers.
    pub lab: Lab,
    /// Without people and campaigns.
    pub empty: bool,
}

impl Stage {
    /// Puts the stage up and fills it.
    ///
    /// # Errors
    /// A server did not start, or the product refused what it was told.
    pub fn start(options: &StageOptions) -> Result<Self, PostaError> {
        let lab = Lab::start(match options.engine {
            Engine::Sqlite => LabOptions::default(),
            Engine::Postgres => LabOptions::everything(),
        })?;
        for queue in QUEUES.iter().filter(|_| !options.empty) {
            lab.add_mailbox(queue.address, PASSWORD)?;
        }
        let mut settings = match options.engine {
            Engine::Sqlite => PostaOptions::sqlite(&lab),
            Engine::Postgres => PostaOptions::postgres(&lab, lab.postgres()?)?,
        };
        if let Some(listen) = options.listen.filter(is_free) {
            settings.listen = listen.to_string();
        }
        settings.env.extend(options.env.iter().cloned());
        let stage = Self { posta: Posta::start(settings)?, lab, empty: options.empty };
        if !options.empty {
            stage.fill()?;
        }
        Ok(stage)
    }

    fn fill(&self) -> Result<(), PostaError> {
        let admin = self.administrator()?;
        let mut users = HashMap::new();
        for player in &PLAYERS {
            users.insert(player.login, add_player(&admin, player)?);
        }
        for queue in &QUEUES {
            let campaign = admin.create_campaign(&self.campaign(queue)?)?;
            for user in queue.members.iter().filter_map(|login| users.get(login)) {
                admin.put_member(campaign.id, *user, &MemberInput::default())?;
            }
        }
        Ok(())
    }

    /// The first administrator, made by the link that the product printed.
    fn administrator(&self) -> Result<Client, PostaError> {
        let address = self.posta.address();
        let link = self.posta.setup_link().unwrap_or_default();
        let wanted = SetupRequest {
            token: link.split_once("token=").map_or("", |(_, token)| token).to_owned(),
            login: ADMINISTRATOR.login.into(),
            name: ADMINISTRATOR.name.into(),
            password: ADMINISTRATOR.password(),
            language: ADMINISTRATOR.language,
            require_voice_campaign: false,
        };
        Client::anonymous(address).post::<serde_json::Value>("setup", &wanted)?;
        Client::sign_in(address, ADMINISTRATOR.login, &ADMINISTRATOR.password())
    }

    fn campaign(&self, queue: &Queue) -> Result<CampaignInput, PostaError> {
        let input = serde_json::json!({
            "name": queue.name,
            "service_level_seconds": queue.service_level_seconds,
            "from_name": queue.from_name,
            "max_interactions": 8,
            "account": AccountInput {
                address: queue.address.into(),
                login: None,
                password: Some(PASSWORD.into()),
                smtp: self.smtp()?,
                imap: Some(self.imap()?),
                allow_plaintext_password: false,
                save_sent: true,
                aliases: Vec::new(),
                folders: vec!["INBOX".into()],
                after_storing: shared::api::campaigns::AfterStoring::Leave,
                move_to: None,
                auth: shared::api::campaigns::AccountAuth::Password,
                oauth_provider: None,
                oauth_sign_in: None,
            },
        });
        // By way of JSON, so that all else has the API's own defaults.
        serde_json::from_value(input).map_err(|error| PostaError::Unexpected {
            request: "POST campaigns".into(),
            status: 0,
            body: error.to_string(),
        })
    }

    /// The outgoing server, as it is entered for a campaign.
    ///
    /// # Errors
    /// The stage has none.
    pub fn smtp(&self) -> Result<Endpoint, PostaError> {
        Ok(endpoint(self.lab.smtp_address()?))
    }

    /// The incoming server, as it is entered for a campaign.
    ///
    /// # Errors
    /// The stage has none.
    pub fn imap(&self) -> Result<Endpoint, PostaError> {
        Ok(endpoint(self.lab.imap_address()?))
    }
}

fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint { host: address.ip().to_string(), port: address.port(), security: MailSecurity::Starttls }
}

fn add_player(admin: &Client, player: &Player) -> Result<UserId, PostaError> {
    let wanted = CreateUser {
        login: player.login.into(),
        name: player.name.into(),
        role: player.role,
        password: Some(player.password()),
        must_change_password: false,
        limited_to: Vec::new(),
        language: player.language,
    };
    let user: UserView = admin.post("users", &wanted)?;
    Ok(user.id)
}

fn is_free(address: &SocketAddr) -> bool {
    std::net::TcpListener::bind(address).is_ok()
}
