//! What an answer says of tried logins (S10): refused and unreachable read differently, in the server's own words.
//! Pure.

use crate::kernel::{Error, error::ProblemCause};
use shared::{
    api::campaigns::{AccountAuth, AccountInput, LoginOutcome, LoginTest, MailProtocol},
    error::ErrorCode,
    validate::{Issues, Rule},
};

/// The sentence for a host without an address that we may connect to, whether the configuration forbids it or there is
/// none: the two answer alike, so that nobody maps an inner network by asking (H8).
pub const NO_ADDRESS: &str =
    "the host has no address that Posta may connect to; hosts that are not public must be listed in mail.allow_hosts";

/// Whether the form may be stored.
///
/// # Errors
/// `mail_login_refused` when a server refused user or password, else `mail_server_unreachable` when a login failed in
/// another way; `detail` says which server it was and what it said, the fields show where to mend it.
pub fn verdict(tests: &[LoginTest], account: &AccountInput) -> Result<(), Error> {
    let failed: Vec<&LoginTest> = tests.iter().filter(|test| test.outcome != LoginOutcome::Ok).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let mut issues = Issues::default();
    let secret = match account.auth {
        AccountAuth::Password => "account/password",
        AccountAuth::Oauth2 => "account/oauth_sign_in",
    };
    for test in &failed {
        let protocol = test.protocol.as_str();
        match test.outcome {
            LoginOutcome::RefusedLogin if issues.has(secret) => {}
            LoginOutcome::RefusedLogin => issues.add(secret, Rule::Refused, "was refused with this login"),
            LoginOutcome::Tls => issues.add(
                &format!("account/{protocol}/security"),
                Rule::Unreachable,
                "no protected connection could be made",
            ),
            LoginOutcome::Ok | LoginOutcome::CannotReach | LoginOutcome::Forbidden | LoginOutcome::Protocol => {
                issues.add(&format!("account/{protocol}/host"), Rule::Unreachable, "could not be reached");
            }
        }
    }
    let refused = failed.iter().any(|test| test.outcome == LoginOutcome::RefusedLogin);
    let code = if refused { ErrorCode::MailLoginRefused } else { ErrorCode::MailServerUnreachable };
    let sentences: Vec<String> = failed.iter().map(|test| sentence(test, account)).collect();
    Err(Error::Problem(Box::new(ProblemCause {
        code,
        detail: Some(sentences.join(" ")),
        fields: issues.into_result().err().unwrap_or_default(),
        reasons: Vec::new(),
        retry_after: None,
    })))
}

/// Which server, what came of it, and its own words.
fn sentence(test: &LoginTest, account: &AccountInput) -> String {
    let (protocol, server) = match test.protocol {
        MailProtocol::Smtp => ("SMTP", Some(&account.smtp)),
        MailProtocol::Imap => ("IMAP", account.imap.as_ref()),
    };
    let server = server.map(|server| format!(" {}:{}", server.host, server.port)).unwrap_or_default();
    let what = match test.outcome {
        LoginOutcome::Ok => "accepted the login",
        LoginOutcome::RefusedLogin => "refused the login",
        LoginOutcome::CannotReach | LoginOutcome::Forbidden => "cannot be reached",
        LoginOutcome::Tls => "offers no good TLS",
        LoginOutcome::Protocol => "answers otherwise than expected",
    };
    format!("{protocol}{server} {what}: {}.", test.detail.trim_end_matches('.'))
}

/// A server's words without the password, should it repeat it.
#[must_use]
pub fn without_secret(words: &str, password: &str) -> String {
    if password.len() < 3 { words.to_owned() } else { words.replace(password, "***") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::api::campaigns::{AfterStoring, Endpoint, MailSecurity};

    fn account() -> AccountInput {
        let server = |host: &str, port| Endpoint { host: host.into(), port, security: MailSecurity::Implicit };
        AccountInput {
            address: "a@b.es".into(),
            login: None,
            password: Some("geheim".into()),
            smtp: server("smtp.b.es", 465),
            imap: Some(server("imap.b.es", 993)),
            allow_plaintext_password: false,
            save_sent: true,
            aliases: Vec::new(),
            folders: vec!["INBOX".into()],
            after_storing: AfterStoring::Leave,
            move_to: None,
            auth: AccountAuth::Password,
            oauth_provider: None,
            oauth_sign_in: None,
        }
    }

    fn test(protocol: MailProtocol, outcome: LoginOutcome, detail: &str) -> LoginTest {
        LoginTest { protocol, outcome, detail: detail.into() }
    }

    fn told(tests: &[LoginTest]) -> (ErrorCode, String, Vec<(String, Rule)>) {
        let Err(Error::Problem(cause)) = verdict(tests, &account()) else { panic!("no problem") };
        let fields = cause.fields.into_iter().map(|field| (field.pointer, field.rule)).collect();
        (cause.code, cause.detail.unwrap(), fields)
    }

    #[test]
    fn good_logins_pass() {
        let tests = [
            test(MailProtocol::Smtp, LoginOutcome::Ok, "235 ok"),
            test(MailProtocol::Imap, LoginOutcome::Ok, "OK logged in"),
        ];
        assert!(verdict(&tests, &account()).is_ok());
    }

    #[test]
    fn a_refusal_names_the_server_and_its_words() {
        let refused = told(&[
            test(MailProtocol::Smtp, LoginOutcome::RefusedLogin, "535 5.7.8 Bad credentials"),
            test(MailProtocol::Imap, LoginOutcome::Ok, "OK"),
        ]);
        assert_eq!(refused.0, ErrorCode::MailLoginRefused);
        assert_eq!(refused.1, "SMTP smtp.b.es:465 refused the login: 535 5.7.8 Bad credentials.");
        assert_eq!(refused.2, [("/account/password".into(), Rule::Refused)]);
    }

    #[test]
    fn both_refusals_make_one_issue_of_the_password() {
        let refused = told(&[
            test(MailProtocol::Smtp, LoginOutcome::RefusedLogin, "535 no"),
            test(MailProtocol::Imap, LoginOutcome::RefusedLogin, "NO [AUTHENTICATIONFAILED] no"),
        ]);
        assert_eq!(refused.2, [("/account/password".into(), Rule::Refused)]);
        assert!(refused.1.contains("SMTP smtp.b.es:465") && refused.1.contains("IMAP imap.b.es:993"), "{}", refused.1);
    }

    #[test]
    fn a_refusal_counts_more_than_a_server_that_is_away() {
        let mixed = told(&[
            test(MailProtocol::Smtp, LoginOutcome::CannotReach, "the connection was refused"),
            test(MailProtocol::Imap, LoginOutcome::RefusedLogin, "NO"),
        ]);
        assert_eq!(mixed.0, ErrorCode::MailLoginRefused);
        assert_eq!(
            mixed.2,
            [("/account/smtp/host".into(), Rule::Unreachable), ("/account/password".into(), Rule::Refused)]
        );
    }

    #[test]
    fn tls_and_reach_point_at_their_own_fields() {
        let away = told(&[
            test(MailProtocol::Smtp, LoginOutcome::Tls, "STARTTLS is not offered"),
            test(MailProtocol::Imap, LoginOutcome::CannotReach, NO_ADDRESS),
        ]);
        assert_eq!(away.0, ErrorCode::MailServerUnreachable);
        assert_eq!(
            away.2,
            [("/account/smtp/security".into(), Rule::Unreachable), ("/account/imap/host".into(), Rule::Unreachable)]
        );
    }

    #[test]
    fn a_server_that_repeats_the_password_is_not_quoted_with_it() {
        assert_eq!(without_secret("535 geheim is wrong", "geheim"), "535 *** is wrong");
        assert_eq!(without_secret("535 no", ""), "535 no");
    }
}
