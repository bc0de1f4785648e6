//! Trying a login for real, for the form in which accounts are entered.
//!
//! The outcomes are those a person must be told apart; the sentences are made elsewhere.

use super::{
    account::{Endpoint, ImapSettings, SmtpSettings},
    imap::{self, Folder, ImapError, Mailbox as _, Stopper},
    net::ConnectError,
    smtp::{SmtpConnectError, SmtpSession, Stage},
};

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginOutcome {
    /// Signed in.
    Ok {
        /// The server's greeting.
        greeting: String,
    },
    /// No server was reached there: the name is unknown, nothing listens, or nobody answered.
    CannotReach {
        /// Which server was tried.
        endpoint: Endpoint,
        /// What happened, in the system's words.
        detail: String,
    },
    /// Policy forbids the host; it was not dialled.
    Forbidden,
    /// The server was reached and refused user or password.
    RefusedLogin {
        /// Its own words.
        words: String,
    },
    /// The connection could not be secured as configured.
    Tls {
        /// What happened.
        detail: String,
    },
    /// The password would have travelled in clear, and that was not allowed.
    ClearPassword,
    /// The server was reached and cannot serve us at the moment.
    Unavailable {
        /// Its own words.
        words: String,
    },
    /// What answers there does not speak the protocol as it should, or fell silent in the middle of it.
    Protocol {
        /// What happened.
        detail: String,
    },
}

/// Opens a mailbox and closes it again. Blocking: may take as long as the time limits of the settings allow.
#[must_use]
pub fn try_imap(settings: &ImapSettings) -> LoginOutcome {
    match imap::connect(settings, &Stopper::new()) {
        Ok(mut session) => {
            let greeting = session.greeting().to_owned();
            session.logout();
            LoginOutcome::Ok { greeting }
        }
        Err(error) => imap_outcome(error, &settings.endpoint),
    }
}

/// The folders of a mailbox. Blocking, as [`try_imap`].
///
/// # Errors
/// Why they could not be listed.
pub fn list_folders(settings: &ImapSettings) -> Result<Vec<Folder>, LoginOutcome> {
    let listed = imap::connect(settings, &Stopper::new()).and_then(|mut session| {
        let folders = session.list_folders()?;
        session.logout();
        Ok(folders)
    });
    listed.map_err(|error| imap_outcome(error, &settings.endpoint))
}

/// Opens a session for sending and closes it again.
pub async fn try_smtp(settings: &SmtpSettings) -> LoginOutcome {
    match SmtpSession::connect(settings).await {
        Ok(session) => {
            let greeting = session.greeting().to_owned();
            session.quit().await;
            LoginOutcome::Ok { greeting }
        }
        Err(error) => smtp_outcome(error, &settings.endpoint),
    }
}

fn imap_outcome(error: ImapError, endpoint: &Endpoint) -> LoginOutcome {
    match error {
        ImapError::Connect(error) => unreached(&error, endpoint),
        ImapError::RefusedLogin(words) => LoginOutcome::RefusedLogin { words },
        ImapError::Tls(detail) => LoginOutcome::Tls { detail },
        ImapError::ClearPassword => LoginOutcome::ClearPassword,
        ImapError::Unavailable(words) => LoginOutcome::Unavailable { words },
        error => LoginOutcome::Protocol { detail: error.to_string() },
    }
}

fn smtp_outcome(error: SmtpConnectError, endpoint: &Endpoint) -> LoginOutcome {
    match error {
        SmtpConnectError::Connect(error) => unreached(&error, endpoint),
        SmtpConnectError::Tls(detail) => LoginOutcome::Tls { detail },
        SmtpConnectError::ClearPassword => LoginOutcome::ClearPassword,
        SmtpConnectError::Refused { stage: Stage::Auth, reply } if reply.is_permanent() => {
            LoginOutcome::RefusedLogin { words: reply.to_string() }
        }
        SmtpConnectError::Refused { reply, .. } => LoginOutcome::Unavailable { words: reply.to_string() },
        error @ (SmtpConnectError::Protocol(_) | SmtpConnectError::Lost | SmtpConnectError::TimedOut) => {
            LoginOutcome::Protocol { detail: error.to_string() }
        }
    }
}

fn unreached(error: &ConnectError, endpoint: &Endpoint) -> LoginOutcome {
    match error {
        ConnectError::Forbidden => LoginOutcome::Forbidden,
        error => LoginOutcome::CannotReach { endpoint: endpoint.clone(), detail: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{account::Security, smtp::Reply};

    #[test]
    fn outcomes_that_people_must_tell_apart() {
        let endpoint = Endpoint { host: "mail.example".into(), port: 993, security: Security::Implicit };
        let smtp = |error| smtp_outcome(error, &endpoint);
        let imap = |error| imap_outcome(error, &endpoint);
        assert_eq!(imap(ImapError::Connect(ConnectError::Forbidden)), LoginOutcome::Forbidden);
        assert_eq!(smtp(SmtpConnectError::Connect(ConnectError::Forbidden)), LoginOutcome::Forbidden);
        assert!(matches!(imap(ImapError::Connect(ConnectError::Refused)), LoginOutcome::CannotReach { .. }));
        assert_eq!(imap(ImapError::RefusedLogin("no".into())), LoginOutcome::RefusedLogin { words: "no".into() });
        let refused = |code, text| SmtpConnectError::Refused { stage: Stage::Auth, reply: Reply::new(code, text) };
        assert_eq!(smtp(refused(535, "5.7.8 bad")), LoginOutcome::RefusedLogin { words: "535 5.7.8 bad".into() });
        assert!(matches!(smtp(refused(454, "later")), LoginOutcome::Unavailable { .. }));
        assert!(matches!(imap(ImapError::TimedOut), LoginOutcome::Protocol { .. }));
        assert!(matches!(smtp(SmtpConnectError::Tls("expired".into())), LoginOutcome::Tls { .. }));
    }
}
