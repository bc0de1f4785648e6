//! What every connection to a mail server has in common: policy, trust, time limits, and the name that we give.

use super::rows::{AccountRow, login};
use crate::{
    kernel::{Error, Result, config::Settings},
    mail::{
        account::{Credential, Endpoint, ImapSettings, Security, SmtpSettings, Timeouts},
        net::NetPolicy,
        oauth::TokenClient,
        tls,
    },
};
use shared::api::campaigns::{AccountInput, Endpoint as EndpointView, MailSecurity};
use std::{path::Path, sync::Arc, time::Duration};

/// The settings of section `mail` as the mail library takes them; made once, handed round by clone.
#[derive(Debug, Clone)]
pub struct MailServers {
    policy: Arc<NetPolicy>,
    tls: Arc<rustls::ClientConfig>,
    timeouts: Timeouts,
    hello_name: String,
    tokens: TokenClient,
}

/// Longest connecting, and longest answer, of a login that a person waits for; the settings may only make them shorter.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(15));

/// One setting for a server's silence; what may take longer keeps the proportions of RFC 5321 §4.5.3.2, whose five and
/// ten minutes are reached at the default of 60 seconds.
fn timeouts(connect_seconds: u64, io_seconds: u64) -> Timeouts {
    let io = Duration::from_secs(io_seconds);
    Timeouts {
        connect: Duration::from_secs(connect_seconds),
        io,
        command: io.saturating_mul(5),
        final_dot: io.saturating_mul(10),
    }
}

impl MailServers {
    /// Reads the settings.
    ///
    /// # Errors
    /// `mail.allow_hosts` has an entry that is no host, address or network; `mail.ca_file` cannot be read or holds no
    /// certificate.
    pub fn new(settings: &Settings) -> Result<Self> {
        let mail = &settings.mail;
        let policy = NetPolicy::allowing(&mail.allow_hosts)
            .map_err(|error| Error::Internal(format!("mail.allow_hosts: {error}")))?;
        let authority = match &mail.ca_file {
            none if none == Path::new("") => None,
            file => Some(
                std::fs::read(file)
                    .map_err(|error| Error::Internal(format!("mail.ca_file: {}: {error}", file.display())))?,
            ),
        };
        let tls = tls::client_config(authority.as_deref())
            .map_err(|error| Error::Internal(format!("mail.ca_file: {error}")))?;
        let hello_name = match mail.helo_name.trim() {
            "" => lettre::transport::smtp::extension::ClientId::default().to_string(),
            name => name.to_owned(),
        };
        let timeouts = timeouts(mail.connect_seconds, mail.io_seconds);
        let policy = Arc::new(policy);
        let tokens = TokenClient::new(Arc::clone(&policy), authority.as_deref());
        Ok(Self { policy, tls, timeouts, hello_name, tokens })
    }

    /// The same with the time limits of a login that a person waits for.
    #[must_use]
    pub fn patient(&self) -> Self {
        let (connect, answer) = (PATIENCE.0.min(self.timeouts.connect), PATIENCE.1.min(self.timeouts.io));
        let timeouts = Timeouts { connect, io: answer, command: answer, final_dot: answer };
        Self { timeouts, ..self.clone() }
    }

    /// Asks providers for tokens.
    #[must_use]
    pub(super) fn tokens(&self) -> &TokenClient {
        &self.tokens
    }

    /// Settings for the outgoing server of a form.
    pub(super) fn smtp_of_form(&self, account: &AccountInput, secret: &Credential) -> SmtpSettings {
        self.smtp(&account.smtp, login(account), secret, account.allow_plaintext_password)
    }

    /// Settings for the incoming server of a form.
    pub(super) fn imap_of_form(&self, account: &AccountInput, secret: &Credential) -> Option<ImapSettings> {
        Some(self.imap(account.imap.as_ref()?, login(account), secret, account.allow_plaintext_password))
    }

    /// Settings for the outgoing server of a stored account.
    pub(super) fn smtp_of_row(&self, row: &AccountRow, secret: &Credential) -> SmtpSettings {
        self.smtp(&row.smtp(), &row.login, secret, row.allow_plaintext_password)
    }

    /// Settings for the incoming server of a stored account.
    pub(super) fn imap_of_row(&self, row: &AccountRow, secret: &Credential) -> Option<ImapSettings> {
        Some(self.imap(&row.imap()?, &row.login, secret, row.allow_plaintext_password))
    }

    fn smtp(&self, server: &EndpointView, user: &str, secret: &Credential, clear: bool) -> SmtpSettings {
        SmtpSettings {
            endpoint: endpoint(server),
            user: user.to_owned(),
            credential: Some(secret.clone()),
            allow_clear_password: clear,
            hello_name: self.hello_name.clone(),
            timeouts: self.timeouts,
            policy: Arc::clone(&self.policy),
            tls: Arc::clone(&self.tls),
        }
    }

    fn imap(&self, server: &EndpointView, user: &str, secret: &Credential, clear: bool) -> ImapSettings {
        ImapSettings {
            endpoint: endpoint(server),
            user: user.to_owned(),
            credential: secret.clone(),
            allow_clear_password: clear,
            timeouts: self.timeouts,
            policy: Arc::clone(&self.policy),
            tls: Arc::clone(&self.tls),
        }
    }
}

fn endpoint(view: &EndpointView) -> Endpoint {
    let security = match view.security {
        MailSecurity::Starttls => Security::Starttls,
        MailSecurity::Implicit => Security::Implicit,
        MailSecurity::None => Security::None,
    };
    Endpoint { host: view.host.clone(), port: view.port, security }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::config::Flags;

    fn settings(vars: &[(&str, &str)]) -> Settings {
        let vars = vars.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Settings::load(&Flags::default(), vars).unwrap()
    }

    #[test]
    fn faulty_settings_are_named_at_the_start() {
        let error = MailServers::new(&settings(&[("POSTA__MAIL__ALLOW_HOSTS", "10.0.0.0/40")])).unwrap_err();
        assert!(error.to_string().contains("mail.allow_hosts"), "{error}");
        let error = MailServers::new(&settings(&[("POSTA__MAIL__CA_FILE", "/no/such/file.pem")])).unwrap_err();
        assert!(error.to_string().contains("mail.ca_file: /no/such/file.pem"), "{error}");
    }

    #[test]
    fn a_person_waits_less_long_than_a_worker() {
        let servers = MailServers::new(&settings(&[("POSTA__MAIL__CONNECT_SECONDS", "3")])).unwrap();
        assert_eq!(servers.timeouts.io, Duration::from_secs(60));
        let patient = servers.patient().timeouts;
        assert_eq!((patient.connect, patient.io), (Duration::from_secs(3), Duration::from_secs(15)));
        assert!(!servers.hello_name.is_empty());
    }
    #[test]
    fn one_setting_rules_every_wait_for_a_server() {
        assert_eq!(timeouts(15, 60), Timeouts { io: Duration::from_secs(60), ..Timeouts::default() });
        let short = timeouts(1, 2);
        assert_eq!((short.command, short.final_dot), (Duration::from_secs(10), Duration::from_secs(20)));
    }
}
