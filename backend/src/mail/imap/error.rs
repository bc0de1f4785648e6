//! What can go wrong with a mailbox, told apart by what to do about it.

use imap::error::Error;

use super::super::net::ConnectError;

/// A failure of an IMAP session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImapError {
    /// No connection: the address is forbidden, unknown, refuses or does not answer.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection could not be secured: certificate, no STARTTLS, or text slipped in before TLS.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The password would travel in clear to another machine, and that was not allowed.
    #[error("the connection is not protected, so the password was not sent")]
    ClearPassword,
    /// The server refused user or password; in its own words.
    #[error("the server refused the login: {0}")]
    RefusedLogin(String),
    /// The server cannot serve us now (too many connections, maintenance); in its own words. Worth another try later.
    #[error("the server is not available: {0}")]
    Unavailable(String),
    /// The server refused one command, in its own words. The session goes on.
    #[error("the server refused: {0}")]
    Refused(String),
    /// The server said something that is not IMAP, or the client library stumbled over it.
    #[error("the server's answer was not understood: {0}")]
    Protocol(String),
    /// The connection broke.
    #[error("the connection was lost")]
    ConnectionLost,
    /// No answer in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// An answer was larger than allowed.
    #[error("the server's answer was too large")]
    Limit,
    /// A [`super::Stopper`] ended it.
    #[error("the session was stopped")]
    Stopped,
}

impl ImapError {
    /// Whether the session is over: after anything but the refusal of a single command.
    #[must_use]
    pub fn ends_session(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}

/// How an error of the crate reads when the wire itself noted nothing.
pub(super) fn from_crate(error: Error) -> ImapError {
    match error {
        Error::No(no) => ImapError::Refused(words(&no.information)),
        Error::Bad(bad) => ImapError::Refused(words(&bad.information)),
        Error::Bye(bye) if bye.information == "no explanation given" || bye.information.is_empty() => {
            ImapError::Protocol("an answer could not be parsed".into())
        }
        Error::Bye(bye) => ImapError::Unavailable(words(&bye.information)),
        Error::ConnectionLost => ImapError::ConnectionLost,
        Error::Io(error) => from_io(&error),
        Error::Validate(error) => ImapError::Refused(words(&error.to_string())),
        other => ImapError::Protocol(words(&other.to_string())),
    }
}

pub(super) fn from_io(error: &std::io::Error) -> ImapError {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => ImapError::TimedOut,
        ErrorKind::InvalidData => ImapError::Tls(words(&error.to_string())),
        _ => ImapError::ConnectionLost,
    }
}

/// A server's words, fit for showing: one line, bounded.
pub(super) fn words(text: &str) -> String {
    super::super::address::one_line(text).chars().take(500).collect()
}
