//! What can go wrong in the lab, told so that one sentence says what to do.

use std::fmt::Display;

use crate::smtp::Reply;

/// A failure of the lab itself or of a conversation with one of its servers.
///
/// It holds text only, so that a lab shared by many tests can hand the same failure to each of them.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LabError {
    /// A program of the lab is not installed.
    #[error("{program} is not installed: install the package {package}")]
    MissingProgram {
        /// The program looked for.
        program: String,
        /// The Debian package that brings it.
        package: String,
    },
    /// The user who runs the lab lacks a right that a server needs.
    #[error("{0}")]
    Privilege(String),
    /// A server ended or did not answer while it was being started.
    #[error("{server} did not start: {reason}\n{log}")]
    Start {
        /// Which server.
        server: String,
        /// What was seen.
        reason: String,
        /// The last lines of its log.
        log: String,
    },
    /// A file, directory, process or socket refused.
    #[error("{doing}: {reason}")]
    Io {
        /// What was being done.
        doing: String,
        /// The system's words.
        reason: String,
    },
    /// An SMTP server answered with another code than was needed.
    #[error("SMTP {stage}: {reply}")]
    Smtp {
        /// The command that was refused.
        stage: String,
        /// The server's answer.
        reply: Reply,
    },
    /// An IMAP server answered NO or BAD, or something that is not IMAP.
    #[error("IMAP {command}: {answer}")]
    Imap {
        /// The command, without secrets.
        command: String,
        /// The server's words.
        answer: String,
    },
    /// Something awaited did not happen in time.
    #[error("{what} did not happen within {seconds:.1} s; seen: {seen}")]
    Timeout {
        /// What was awaited.
        what: String,
        /// How long.
        seconds: f64,
        /// What was there instead.
        seen: String,
    },
    /// The caller asked for something that cannot be.
    #[error("{0}")]
    Usage(String),
}

/// Gives an I/O failure the sentence that says what was being done.
pub(crate) trait Doing<T> {
    /// Names what was being done when the error arose.
    fn doing(self, what: impl Display) -> Result<T, LabError>;
}

impl<T, E: Display> Doing<T> for Result<T, E> {
    fn doing(self, what: impl Display) -> Result<T, LabError> {
        self.map_err(|error| LabError::Io { doing: what.to_string(), reason: error.to_string() })
    }
}
