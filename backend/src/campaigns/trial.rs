//! Logins tried for real (S10), both protocols at once.

use super::{
    MailServers,
    verdict::{NO_ADDRESS, without_secret},
};
use crate::mail::{
    account::Credential,
    imap::Folder,
    login::{self, LoginOutcome as Outcome},
    net::ConnectError,
};
use secrecy::ExposeSecret;
use shared::api::campaigns::{AccountInput, LoginOutcome, LoginTest, MailProtocol};
use std::time::Duration;
use tokio::time::timeout;

/// For a host that was taken for this machine and is another one.
const CLEAR_PASSWORD: &str = "the connection is not protected, so the password was not sent";

/// Longest that a person waits for both logins, however slowly a server trickles its answers.
const PATIENCE: Duration = Duration::from_secs(45);

/// Tries SMTP, and IMAP when the campaign receives, both at once and for no longer than [`PATIENCE`].
pub async fn try_logins(
    servers: &MailServers,
    account: &AccountInput,
    receive: bool,
    secret: &Credential,
) -> Vec<LoginTest> {
    let servers = servers.patient();
    let smtp = servers.smtp_of_form(account, secret);
    let imap = servers.imap_of_form(account, secret).filter(|_| receive);
    let try_imap = async {
        match imap {
            Some(imap) => Some(tokio::task::spawn_blocking(move || login::try_imap(&imap)).await),
            None => None,
        }
    };
    let (smtp, imap) = tokio::join!(timeout(PATIENCE, login::try_smtp(&smtp)), timeout(PATIENCE, try_imap));
    let told = |protocol, outcome| test(protocol, outcome, exposed(secret));
    let mut tests = vec![told(MailProtocol::Smtp, smtp.unwrap_or_else(|_| too_slow()))];
    match imap {
        Ok(Some(Ok(outcome))) => tests.push(told(MailProtocol::Imap, outcome)),
        Ok(Some(Err(died))) => tests.push(told(MailProtocol::Imap, Outcome::Protocol { detail: died.to_string() })),
        // The thread that tries goes on, and ends at its own time limits.
        Err(_) => tests.push(told(MailProtocol::Imap, too_slow())),
        Ok(None) => {}
    }
    tests
}

/// The folders of a form's mailbox.
///
/// # Errors
/// Why they could not be listed, as a failed login.
pub async fn list_folders(
    servers: &MailServers,
    account: &AccountInput,
    secret: &Credential,
) -> Result<Vec<Folder>, LoginTest> {
    let failed = |outcome| test(MailProtocol::Imap, outcome, exposed(secret));
    let Some(imap) = servers.patient().imap_of_form(account, secret) else { return Ok(Vec::new()) };
    match timeout(PATIENCE, tokio::task::spawn_blocking(move || login::list_folders(&imap))).await {
        Ok(Ok(Ok(folders))) => Ok(folders),
        Ok(Ok(Err(outcome))) => Err(failed(outcome)),
        Ok(Err(died)) => Err(failed(Outcome::Protocol { detail: died.to_string() })),
        Err(_) => Err(failed(too_slow())),
    }
}

/// What must not be repeated to anyone.
fn exposed(secret: &Credential) -> &str {
    match secret {
        Credential::Password(secret) | Credential::OAuthToken(secret) => secret.expose_secret(),
    }
}

fn too_slow() -> Outcome {
    Outcome::Protocol { detail: format!("no end of the login within {} seconds", PATIENCE.as_secs()) }
}

fn test(protocol: MailProtocol, outcome: Outcome, password: &str) -> LoginTest {
    let (outcome, words) = match outcome {
        Outcome::Ok { greeting } => (LoginOutcome::Ok, greeting),
        Outcome::RefusedLogin { words } => (LoginOutcome::RefusedLogin, words),
        Outcome::Tls { detail } => (LoginOutcome::Tls, detail),
        Outcome::ClearPassword => (LoginOutcome::Tls, CLEAR_PASSWORD.to_owned()),
        Outcome::Unavailable { words } => (LoginOutcome::CannotReach, words),
        Outcome::Protocol { detail } => (LoginOutcome::Protocol, detail),
        Outcome::Forbidden => (LoginOutcome::CannotReach, NO_ADDRESS.to_owned()),
        Outcome::CannotReach { detail, .. } if has_no_address(&detail) => {
            (LoginOutcome::CannotReach, NO_ADDRESS.to_owned())
        }
        Outcome::CannotReach { detail, .. } => (LoginOutcome::CannotReach, detail),
    };
    LoginTest { protocol, outcome, detail: without_secret(&words, password) }
}

/// Whether the failure is that of a name without address, told by its words.
fn has_no_address(detail: &str) -> bool {
    detail.starts_with(&ConnectError::Unresolvable(String::new()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::account::{Endpoint, Security};

    #[test]
    fn a_forbidden_host_and_a_name_without_address_answer_alike() {
        let endpoint = Endpoint { host: "inner.example".into(), port: 25, security: Security::Starttls };
        let away = |error: ConnectError| Outcome::CannotReach { endpoint: endpoint.clone(), detail: error.to_string() };
        let forbidden = test(MailProtocol::Smtp, Outcome::Forbidden, "geheim");
        let absent = away(ConnectError::Unresolvable("Name or service not known".into()));
        assert_eq!(test(MailProtocol::Smtp, absent, "geheim"), forbidden);
        // A host that may be dialled gives the honest reason.
        let closed = test(MailProtocol::Smtp, away(ConnectError::Refused), "geheim");
        assert_eq!((closed.outcome, closed.detail.as_str()), (LoginOutcome::CannotReach, "the connection was refused"));
    }

    #[test]
    fn servers_that_repeat_the_password_are_not_quoted_with_it() {
        let refused = Outcome::RefusedLogin { words: "535 geheim is wrong".into() };
        assert_eq!(test(MailProtocol::Smtp, refused, "geheim").detail, "535 *** is wrong");
    }
}
