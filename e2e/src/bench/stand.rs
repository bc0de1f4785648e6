//! The stand on which everything is measured: mail servers, the program as it is shipped, agents.

use std::time::Duration;

use shared::api::campaigns::{AccountHealth, CampaignInput, CampaignView};

use super::Options;
use crate::accounts::Account;
use crate::lab::{Lab, LabOptions};
use crate::posta::{Office, PostaError, PostaOptions, until};
use crate::postgres::{PgOptions, PostgreSql};

/// The longest that anything may take before the bench gives up.
pub const LIMIT: Duration = Duration::from_secs(300);

/// Real servers and a fresh program.
#[derive(Debug)]
pub struct Stand {
    pub office: Office,
    pub lab: Lab,
    // Ends after the program.
    _postgres: Option<PostgreSql>,
}

impl Stand {
    pub fn new(options: &Options) -> Result<Self, PostaError> {
        let lab = Lab::start(LabOptions::default())?;
        let postgres = options.postgres.then(|| PostgreSql::start_with(PgOptions::default())).transpose()?;
        let mut settings = match &postgres {
            Some(server) => PostaOptions::postgres(&lab, server)?,
            None => PostaOptions::sqlite(&lab),
        };
        // As it is shipped, but for loopback and for limits that a single load generator would meet.
        for name in ["POLL_SECONDS", "CONNECT_SECONDS", "IO_SECONDS"] {
            settings.env.remove(&format!("POSTA__MAIL__{name}"));
        }
        let office = Office::open(settings.env("POSTA__LOG__FILTER", "warn,posta=info"))?;
        Ok(Self { office, lab, _postgres: postgres })
    }

    pub fn pid(&self) -> u32 {
        self.office.posta.pid().unwrap_or_default()
    }

    /// A campaign on a new mailbox that is being read.
    pub fn campaign(&self, name: &str) -> Result<(CampaignView, Account), PostaError> {
        let account = self.lab.new_mailbox("banco")?;
        Ok((self.campaign_on(&account, name, |_| {})?, account))
    }

    /// A campaign on this mailbox, with changes to its form.
    pub fn campaign_on(
        &self,
        account: &Account,
        name: &str,
        adjust: impl FnOnce(&mut CampaignInput),
    ) -> Result<CampaignView, PostaError> {
        let campaign = self.office.campaign(&self.lab, name, account, |form| {
            form.max_interactions = Some(1_000);
            adjust(form);
        })?;
        self.wait_until_read(&campaign)?;
        Ok(campaign)
    }

    pub fn wait_until_read(&self, campaign: &CampaignView) -> Result<(), PostaError> {
        until("the mailbox being read", LIMIT, || {
            let now = self.office.admin.campaign(campaign.id).ok()?;
            (now.account.health == AccountHealth::Connected).then_some(())
        })?;
        Ok(())
    }
}
