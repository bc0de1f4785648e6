//! Signing in: LOGIN, or SASL PLAIN and XOAUTH2.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use imap::{Authenticator, Client, error::Error};
use imap_proto::Capability;
use secrecy::ExposeSecret as _;

use super::{
    ImapError,
    error::{from_crate, words},
    session::Session,
    wire::{Control, Wire},
};
use crate::mail::account::{Credential, ImapSettings};

const LOGIN_BYTES: usize = 256 * 1024;

/// Signs in on a connection whose greeting has been read.
pub fn sign_in(
    wire: Wire,
    control: Arc<Control>,
    settings: &ImapSettings,
    greeting: String,
) -> Result<Session, ImapError> {
    let attempt = AssertUnwindSafe(|| {
        let mut client = Client::new(wire);
        client.greeting_read = true;
        control.begin(settings.timeouts.command, LOGIN_BYTES, false);
        let capabilities =
            client.capabilities().map_err(|error| control.fault().unwrap_or_else(|| from_crate(error)))?;
        let has = |name: &str| capabilities.iter().any(|capability| capability_name(capability) == name);
        control.begin(settings.timeouts.command, LOGIN_BYTES, false);
        let user = settings.user.as_str();
        let outcome = match &settings.credential {
            Credential::OAuthToken(token) => {
                let answer = format!("user={user}\x01auth=Bearer {}\x01\x01", token.expose_secret());
                client.authenticate("XOAUTH2", &OneAnswer(answer))
            }
            Credential::Password(password) => {
                let password = password.expose_secret();
                // LOGIN's quoted strings hold ASCII only, and without line breaks.
                let quotable =
                    [user, password].iter().all(|text| text.chars().all(|c| c.is_ascii() && !c.is_ascii_control()));
                let sasl = has("AUTH=PLAIN") && (!quotable || has("LOGINDISABLED"));
                if sasl {
                    client.authenticate("PLAIN", &OneAnswer(format!("\0{user}\0{password}")))
                } else if has("LOGINDISABLED") {
                    return Err(ImapError::RefusedLogin(
                        "the server allows no login by password on this connection".into(),
                    ));
                } else if quotable {
                    client.login(user, password)
                } else {
                    return Err(ImapError::RefusedLogin(
                        "the server takes no user names or passwords beyond ASCII".into(),
                    ));
                }
            }
        };
        outcome.map_err(|(error, _)| control.fault().unwrap_or_else(|| refusal(error)))
    });
    let session =
        catch_unwind(attempt).unwrap_or_else(|_| Err(ImapError::Protocol("the client gave up during login".into())))?;
    Ok(Session::new(session, control, settings.timeouts, greeting))
}

/// A `NO` to a login is a refusal, unless its code says that only the moment is wrong (RFC 5530).
fn refusal(error: Error) -> ImapError {
    let said = match error {
        Error::No(no) => no.information,
        Error::Bad(bad) => bad.information,
        other => return from_crate(other),
    };
    let upper = said.to_ascii_uppercase();
    let passing = ["[UNAVAILABLE]", "[INUSE]", "[SERVERBUG]", "[LIMIT]", "[THROTTLED]", "[OVERQUOTA]"];
    if passing.iter().any(|code| upper.contains(code)) || upper.contains("TOO MANY SIMULTANEOUS") {
        ImapError::Unavailable(words(&said))
    } else {
        ImapError::RefusedLogin(words(&said))
    }
}

/// Gives its answer to the first, empty challenge; a second one is the server's complaint and gets an empty answer,
/// upon which the server says its `NO`.
struct OneAnswer(String);

impl Authenticator for OneAnswer {
    type Response = Vec<u8>;

    fn process(&self, challenge: &[u8]) -> Vec<u8> {
        if challenge.is_empty() { self.0.clone().into_bytes() } else { Vec::new() }
    }
}

/// A capability as the server wrote it, in capitals.
pub fn capability_name(capability: &Capability<'_>) -> String {
    match capability {
        Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
        Capability::Auth(mechanism) => format!("AUTH={}", mechanism.to_ascii_uppercase()),
        Capability::Atom(atom) => atom.to_ascii_uppercase(),
    }
}
