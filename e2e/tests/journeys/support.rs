//! The ground on which journeys run, and the macro that runs each on both engines.

use posta_e2e::posta::{Agent, Office, PostaOptions};
use posta_e2e::{Account, Lab, LabOptions, Mail, PgOptions, PostgreSql};
use shared::api::campaigns::CampaignView;
use shared::api::conversations::{ConversationView, MessageView};
use shared::api::interactions::{Direction, InteractionSummary};
use shared::ids::ConversationId;
use std::time::Duration;

/// The longest that anything of a journey may take on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Where the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Real mail servers and, where wanted, a real database server; nothing of Posta yet.
pub struct Ground {
    pub lab: Lab,
    pub postgres: Option<PostgreSql>,
}

impl Ground {
    pub fn new(engine: Engine) -> Self {
        Self::with(engine, LabOptions::default())
    }

    pub fn with(engine: Engine, lab: LabOptions) -> Self {
        let lab = Lab::start(lab).unwrap();
        // Kills of processes lose nothing without it; that commits reach the disk is not what journeys are about.
        let options = PgOptions { fsync: false, ..PgOptions::default() };
        let postgres = (engine == Engine::Postgres).then(|| PostgreSql::start_with(options).unwrap());
        Self { lab, postgres }
    }

    pub fn options(&self) -> PostaOptions {
        match &self.postgres {
            Some(server) => PostaOptions::postgres(&self.lab, server).unwrap(),
            None => PostaOptions::sqlite(&self.lab),
        }
    }

    pub fn office(&self) -> Office {
        Office::open(self.options()).unwrap()
    }

    /// A customer with a real mailbox.
    pub fn customer(&self, local: &str) -> Account {
        self.lab.add_mailbox(&format!("{local}@cliente.test"), posta_e2e::PASSWORD).unwrap()
    }

    /// One campaign, *Soporte*, that is reading its mailbox, with these agents at work.
    pub fn desk<const N: usize>(&self, agents: [&str; N]) -> Desk<N> {
        let office = self.office();
        let account = self.lab.add_mailbox("soporte@lab.test", posta_e2e::PASSWORD).unwrap();
        let campaign = office.campaign(&self.lab, "Soporte", &account, |_| {}).unwrap();
        let agents = agents.map(|name| office.hire(name, &[campaign.id]).unwrap());
        wait_until_connected(&office, &campaign);
        Desk { office, campaign, account, agents }
    }
}

/// A campaign at work.
pub struct Desk<const N: usize> {
    pub agents: [Agent; N],
    pub campaign: CampaignView,
    pub account: Account,
    pub office: Office,
}

/// Waits until the campaign's mailbox is being read. What comes before its first connection is not ours.
pub fn wait_until_connected(office: &Office, campaign: &CampaignView) {
    use shared::api::campaigns::AccountHealth::Connected;
    posta_e2e::posta::until("the mailbox being read", LIMIT, || {
        (office.admin.campaign(campaign.id).unwrap().account.health == Connected).then_some(())
    })
    .unwrap();
}

/// Every incoming message that the API shows to the administrator.
pub fn incoming(office: &Office) -> Vec<MessageView> {
    conversations(office)
        .into_iter()
        .flat_map(|conversation| conversation.messages)
        .filter(|message| message.direction == Direction::In)
        .collect()
}

/// Every conversation that the API shows to the administrator.
pub fn conversations(office: &Office) -> Vec<ConversationView> {
    let rows: Vec<InteractionSummary> = office.admin.interactions("").unwrap();
    let mut ids: Vec<ConversationId> = rows.iter().map(|row| row.conversation_id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| office.admin.conversation(id).unwrap()).collect()
}

/// A plain mail of a customer.
pub fn plain(from: &str, to: &str, subject: &str, text: &str) -> Vec<u8> {
    let id = unique_id();
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    )
    .into_bytes()
}

/// An answer to a mail that the customer has in his mailbox, as mail programs write it.
pub fn answer_to(mail: &Mail, from: &str, text: &str) -> Vec<u8> {
    let id = unique_id();
    let parent = mail.message_id().unwrap();
    let mut references = mail.references();
    references.push(parent.clone());
    let references: String = references.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join("\r\n ");
    let (to, subject) = (mail.from(), mail.subject());
    let quoted: String = mail.text().lines().map(|line| format!("> {line}\r\n")).collect();
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\nIn-Reply-To: <{parent}>\r\n\
         References: {references}\r\nDate: Sun, 22 Nov 2026 11:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n\r\n{quoted}"
    )
    .into_bytes()
}

/// A Message-ID that no other mail has.
pub fn unique_id() -> String {
    format!("{}@cliente.test", posta_e2e::system::unique())
}

/// A Message-ID like this one, but with another last letter in the part that carries our signature.
pub fn forged(id: &str) -> String {
    let (local, domain) = id.split_once('@').unwrap();
    let mut local = local.to_owned();
    let last = local.pop();
    local.push(if last == Some('a') { 'b' } else { 'a' });
    format!("{local}@{domain}")
}

/// Runs each journey on SQLite and on PostgreSQL.
macro_rules! journeys {
    ($($name:ident),+ $(,)?) => {
        mod sqlite { $(
            #[test]
            fn $name() {
                super::$name(&crate::support::Ground::new(crate::support::Engine::Sqlite));
            }
        )+ }
        mod postgres { $(
            #[test]
            fn $name() {
                super::$name(&crate::support::Ground::new(crate::support::Engine::Postgres));
            }
        )+ }
    };
}

/// SHA-256, hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
