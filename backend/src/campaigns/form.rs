//! A campaign's form judged as a whole (S3): the rules of its shape and those that only the database knows, in one
//! answer.

use super::{queries, templates};
use crate::{
    kernel::{Error, Result, db::Connection},
    mail::address,
};
use serde::Deserialize;
use shared::{
    api::campaigns::{AccountAuth, AccountInput, CampaignInput, Endpoint, MAX_ALIASES, MailSecurity},
    ids::CampaignId,
    validate::{Issues, Rule, Validate},
};
use std::net::IpAddr;

/// The form as it came. It is judged by [`judge`] and not on arrival, so that one answer names all that is wrong.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Form<T>(pub T);

impl<T> Validate for Form<T> {
    fn validate(&self, _: &mut Issues) {}
}

/// Judges the form of a new campaign, or of the `known` one. `public_url` is the address by which customers reach us.
///
/// # Errors
/// `invalid` with every broken rule; the database's.
pub fn judge(conn: &mut Connection, input: &CampaignInput, known: Option<CampaignId>, public_url: &str) -> Result<()> {
    let mut issues = Issues::default();
    input.validate(&mut issues);
    judge_account(&input.account, &mut issues);
    let given = |secret: &Option<String>| secret.as_deref().is_some_and(|secret| !secret.is_empty());
    let (field, is_given) = match input.account.auth {
        AccountAuth::Password => ("account/password", given(&input.account.password)),
        AccountAuth::Oauth2 => ("account/oauth_sign_in", given(&input.account.oauth_sign_in)),
    };
    if known.is_none() && !is_given && !issues.has(field) {
        issues.add(field, Rule::Required, "is required");
    }
    if !issues.has("schedule/zone") && jiff::tz::TimeZone::get(&input.schedule.zone).is_err() {
        issues.add("schedule/zone", Rule::UnknownValue, "is no time zone such as Europe/Madrid");
    }
    if !issues.has("name") && queries::name_is_taken(conn, &input.name, known)? {
        issues.add("name", Rule::NotUnique, "another campaign has this name");
    }
    judge_addresses(conn, input, known, &mut issues)?;
    if input.rating.enabled && public_url.is_empty() {
        let words = "needs the setting server.public_url: customers must reach the page of the links";
        issues.add("rating/enabled", Rule::Inconsistent, words);
    }
    templates::judge(conn, input, known, &mut issues)?;
    issues.into_result().map_err(Error::invalid)
}

/// No two enabled campaigns receive mail at one address, and none writes by the address at which another one receives.
fn judge_addresses(
    conn: &mut Connection,
    input: &CampaignInput,
    known: Option<CampaignId>,
    issues: &mut Issues,
) -> Result<()> {
    let read = queries::addresses_read(conn, known)?;
    let account = &input.account;
    if input.enabled && input.receive && !issues.has("account/address") {
        let own = address::fold(&account.address);
        if read.contains(&own) {
            issues.add("account/address", Rule::NotUnique, "another enabled campaign receives mail at this address");
        } else if queries::aliases_read(conn, known)?.contains(&own) {
            issues.add("account/address", Rule::NotUnique, "it is an alias of another enabled campaign");
        }
    }
    for (index, alias) in account.aliases.iter().enumerate() {
        let pointer = format!("account/aliases/{index}");
        if !issues.has(&pointer) && read.contains(&address::fold(alias)) {
            issues.add(&pointer, Rule::NotUnique, "another enabled campaign receives mail at this address");
        }
    }
    Ok(())
}

/// The rules of an account that need the mail library: full address syntax, and no password in clear (S27).
pub fn judge_account(account: &AccountInput, issues: &mut Issues) {
    if !issues.has("account/address")
        && let Err(error) = address::validate(&account.address)
    {
        issues.add("account/address", Rule::NotAnAddress, error.to_string());
    }
    judge_aliases(account, issues);
    let servers = [("account/smtp/security", Some(&account.smtp)), ("account/imap/security", account.imap.as_ref())];
    for (pointer, server) in servers {
        if server.is_some_and(|server| is_exposed(server, account.allow_plaintext_password)) {
            issues.add(
                pointer,
                Rule::Inconsistent,
                "would send the password unprotected over the network; choose TLS or confirm with allow_plaintext_password",
            );
        }
    }
}

fn judge_aliases(account: &AccountInput, issues: &mut Issues) {
    let mut known = vec![address::fold(&account.address)];
    for (index, alias) in account.aliases.iter().enumerate().take(MAX_ALIASES) {
        let pointer = format!("account/aliases/{index}");
        let folded = address::fold(alias);
        if issues.has(&pointer) {
            continue;
        }
        if let Err(error) = address::validate(alias) {
            issues.add(&pointer, Rule::NotAnAddress, error.to_string());
        } else if known.contains(&folded) {
            issues.add(&pointer, Rule::NotUnique, "the account has this address already");
        }
        known.push(folded);
    }
}

/// Whether a password to this server would cross a network in clear, unconfirmed.
fn is_exposed(server: &Endpoint, confirmed: bool) -> bool {
    server.security == MailSecurity::None && !confirmed && !is_loopback(&server.host)
}

/// Whether `host` names this machine, told without asking a resolver.
fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::api::campaigns::AfterStoring;

    fn server(host: &str, security: MailSecurity) -> Endpoint {
        Endpoint { host: host.into(), port: 25, security }
    }

    #[test]
    fn clear_passwords_stay_on_this_machine_unless_confirmed() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1"] {
            assert!(!is_exposed(&server(host, MailSecurity::None), false), "{host}");
        }
        for host in
            ["mail.example.org", "10.0.0.1", "localhost.example.org", "127.0.0.1.nip.io", "fe80::1", "2130706433"]
        {
            assert!(is_exposed(&server(host, MailSecurity::None), false), "{host}");
            assert!(!is_exposed(&server(host, MailSecurity::None), true), "{host}");
            assert!(!is_exposed(&server(host, MailSecurity::Starttls), false), "{host}");
        }
    }

    #[test]
    fn both_servers_are_judged() {
        let account = AccountInput {
            address: "a..b@example.org".into(),
            login: None,
            password: None,
            smtp: server("smtp.example.org", MailSecurity::None),
            imap: Some(server("imap.example.org", MailSecurity::None)),
            allow_plaintext_password: false,
            save_sent: true,
            aliases: vec!["a..b@EXAMPLE.org".into(), "c@example.org".into(), "C@Example.org".into()],
            folders: vec!["INBOX".into()],
            after_storing: AfterStoring::Leave,
            move_to: None,
            auth: AccountAuth::Password,
            oauth_provider: None,
            oauth_sign_in: None,
        };
        let mut issues = Issues::default();
        judge_account(&account, &mut issues);
        let found: Vec<_> =
            issues.into_result().unwrap_err().into_iter().map(|issue| (issue.pointer, issue.rule)).collect();
        assert_eq!(
            found,
            [
                ("/account/address".to_owned(), Rule::NotAnAddress),
                ("/account/aliases/0".to_owned(), Rule::NotAnAddress),
                ("/account/aliases/2".to_owned(), Rule::NotUnique),
                ("/account/smtp/security".to_owned(), Rule::Inconsistent),
                ("/account/imap/security".to_owned(), Rule::Inconsistent),
            ]
        );
    }
}
