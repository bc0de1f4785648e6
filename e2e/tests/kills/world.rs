//! A campaign at work that dies again and again.

use super::traffic::Traffic;
use super::verdict::{self, Verdict};
use posta_e2e::posta::{Agent, Office, Posta, PostaOptions};
use posta_e2e::{Account, Lab, LabOptions, PASSWORD, PgOptions, PostgreSql};
use shared::api::campaigns::{AfterStoring, CampaignInput, CampaignView};
use std::time::Duration;

/// Where the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Real mail servers, the program, and people who do not mind that it dies.
pub struct World {
    traffic: Option<Traffic>,
    pub office: Office,
    pub campaign: CampaignView,
    pub account: Account,
    pub customers: Vec<Account>,
    pub lab: Lab,
    // Ends after the program.
    _postgres: Option<PostgreSql>,
    deaths: u32,
}

/// A sender's connections; each may leave one mail in doubt when it dies (R3).
pub const CONNECTIONS: u32 = 4;
const AGENTS: [&str; 3] = ["ana", "luis", "marta"];

impl World {
    pub fn new(engine: Engine, mutant: Option<&str>) -> Self {
        let lab = Lab::start(LabOptions::default()).unwrap();
        // A killed process loses nothing of what it gave to the kernel; the disk is not what dies here.
        let options = PgOptions { fsync: false, ..PgOptions::default() };
        let postgres = (engine == Engine::Postgres).then(|| PostgreSql::start_with(options).unwrap());
        let mut options = match &postgres {
            Some(server) => PostaOptions::postgres(&lab, server).unwrap(),
            None => PostaOptions::sqlite(&lab),
        }
        .env("POSTA__MAIL__CONNECTIONS", CONNECTIONS.to_string())
        // What came while it was dead is fetched in several batches, one while the other is stored.
        .env("POSTA__MAIL__BATCH_MAILS", "2");
        if let Some(mutant) = mutant {
            options = options.mutant(mutant);
        }
        let office = Office::open(options).unwrap();
        let account = lab.add_mailbox("soporte@lab.test", PASSWORD).unwrap();
        let adjust = |form: &mut CampaignInput| {
            form.max_interactions = Some(1_000);
            // So that there is something to do on the server after each commit.
            form.account.after_storing = AfterStoring::MarkSeen;
        };
        let campaign = office.campaign(&lab, "Soporte", &account, adjust).unwrap();
        let customers: Vec<Account> =
            (0..8).map(|number| lab.add_mailbox(&format!("c{number}@cliente.test"), PASSWORD).unwrap()).collect();
        let agents: Vec<Agent> = AGENTS.iter().map(|name| office.hire(name, &[campaign.id]).unwrap()).collect();
        use shared::api::campaigns::AccountHealth::Connected;
        posta_e2e::posta::until("the mailbox being read", Duration::from_secs(30), || {
            (office.admin.campaign(campaign.id).unwrap().account.health == Connected).then_some(())
        })
        .unwrap();
        let traffic = Traffic::start(&lab, &account, &customers, agents, campaign.id);
        Self { traffic: Some(traffic), office, campaign, account, customers, lab, _postgres: postgres, deaths: 0 }
    }

    /// Lets it work for a while: the moment of the kill is what the seed decides, not a condition.
    pub fn live_for(&self, time: Duration) {
        std::thread::sleep(time);
    }

    pub fn kill(&mut self) {
        assert!(self.office.posta.is_running(), "it died by itself:\n{}", self.office.posta.log().tail());
        self.office.posta.kill9();
        self.deaths += 1;
    }

    pub fn revive(&mut self) {
        self.office.posta.restart().unwrap();
    }

    /// Starts it so that it dies at the given pass of a fail point, and waits for that.
    pub fn die_at(&mut self, name: &str, pass: usize, limit: Duration) -> bool {
        self.office.posta.kill9();
        self.office.posta.options_mut().env.insert("POSTA_FAILPOINT".into(), format!("{name}:{pass}"));
        let came_up = self.office.posta.restart();
        self.office.posta.options_mut().env.remove("POSTA_FAILPOINT");
        self.deaths += 2;
        match came_up {
            // It may meet the point before it listens.
            Err(_) => true,
            Ok(()) => self.office.posta.wait_for_end(limit).is_ok_and(Posta::died_at_failpoint),
        }
    }

    /// Lets people come to an end, waits until the program has dealt with everything, and counts.
    pub fn settle(mut self) -> Verdict {
        let (books, _agents) = self.traffic.take().unwrap().stop();
        verdict::count(&self, &books, self.deaths)
    }
}
