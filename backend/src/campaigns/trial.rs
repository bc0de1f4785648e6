//! Logins tried for real (S10), both protocols at once.

use super::{
    MailServers,
    verdict::{NO_ADDRESS, without_secret},
};
use crate::mail::login::{self, LoginOutcome as Outcome};
use secrecy::{ExposeSecret, SecretString};
use shared::api::campaigns::{AccountInput, LoginOutcome, LoginTest, MailProtocol};

/// Tries SMTP, and IMAP when the campaign receives. Takes as long as the slower of the two; each is bounded.
pub async fn try_logins(
    servers: &MailServers,
    account: &AccountInput,
    receive: bool,
    password: &SecretString,
) -> Vec<LoginTest> {
    let servers = servers.patient();
    let smtp = servers.smtp_of_form(account, password);
    let imap = servers.imap_of_form(account, password).filter(|_| receive);
    let try_imap = async {
        match imap {
            Some(imap) => Some(tokio::task::spawn_blocking(move || login::try_imap(&imap)).await),
            None => None,
        }
    };
    let (smtp, imap) = tokio::join!(login::try_smtp(&smtp), try_imap);
    let told = |protocol, outcome| test(protocol, outcome, password.expose_secret());
    let mut tests = vec![told(MailProtocol::Smtp, smtp)];
    match imap {
        Some(Ok(outcome)) => tests.push(told(MailProtocol::Imap, outcome)),
        Some(Err(died)) => tests.push(told(MailProtocol::Imap, Outcome::Protocol { detail: died.to_string() })),
        None => {}
    }
    tests
}

fn test(protocol: MailProtocol, outcome: Outcome, password: &str) -> LoginTest {
    let (outcome, words) = match outcome {
        Outcome::Ok { greeting } => (LoginOutcome::Ok, greeting),
        Outcome::RefusedLogin { words } => (LoginOutcome::RefusedLogin, words),
        Outcome::Tls { detail } => (LoginOutcome::Tls, detail),
        Outcome::Protocol { detail } => (LoginOutcome::Protocol, detail),
        Outcome::CannotReach { endpoint, detail } => (LoginOutcome::CannotReach, format!("{endpoint}: {detail}")),
        Outcome::Unavailable { words } => (LoginOutcome::CannotReach, words),
        Outcome::ClearPassword => {
            (LoginOutcome::Tls, "the connection is not protected, so the password was not sent".to_owned())
        }
        Outcome::Forbidden => (LoginOutcome::CannotReach, NO_ADDRESS.to_owned()),
    };
    LoginTest { protocol, outcome, detail: without_secret(&words, password) }
}
