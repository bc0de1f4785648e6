//! The error policy.
//!
//! Queries return `QueryResult`; rooms return [`Result`]. What a client did wrong is an [`Error::Problem`] with a
//! code of the one table in `shared::error`; it is answered, not logged. What went wrong on our side keeps its cause;
//! it is logged once, where it is answered (`kernel::http`) or where a worker's tick ends, and the client gets a code
//! without the cause. No failure is both handled and passed on.

use diesel::result::{DatabaseErrorKind, Error as Diesel};
use shared::{
    api::interactions::Ineligible,
    error::ErrorCode,
    validate::{FieldIssue, Rule},
};
use std::{fmt, time::Duration};

/// Result of rooms and kernel.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client's doing, or a state of things that it can see.
    #[error("{0}")]
    Problem(Box<ProblemCause>),
    /// The database refused or is away.
    #[error("database: {0}")]
    Database(#[from] Diesel),
    /// No connection to the database came free.
    #[error("database pool: {0}")]
    Pool(#[from] r2d2::Error),
    /// A blob could not be written or read.
    #[error("storage: {0}")]
    Storage(#[from] object_store::Error),
    /// A file operation failed.
    #[error("file: {0}")]
    Io(#[from] std::io::Error),
    /// Anything else that should not happen; says what.
    #[error("{0}")]
    Internal(String),
}

/// What a client is told.
#[derive(Debug)]
pub struct ProblemCause {
    /// Stable code.
    pub code: ErrorCode,
    /// What happened here.
    pub detail: Option<String>,
    /// Fields that break their rules.
    pub fields: Vec<FieldIssue>,
    /// Why the caller is not eligible.
    pub reasons: Vec<Ineligible>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for ProblemCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        for field in &self.fields {
            write!(f, "; {} {}", field.pointer, field.message)?;
        }
        Ok(())
    }
}

impl From<ErrorCode> for ProblemCause {
    fn from(code: ErrorCode) -> Self {
        Self { code, detail: None, fields: Vec::new(), reasons: Vec::new(), retry_after: None }
    }
}

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        Self::Problem(Box::new(ProblemCause::from(code)))
    }
}

impl Error {
    /// A problem with a sentence of its own.
    pub fn detailed(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::Problem(Box::new(ProblemCause { detail: Some(detail.into()), ..code.into() }))
    }

    /// Fields that break their rules.
    #[must_use]
    pub fn invalid(fields: Vec<FieldIssue>) -> Self {
        Self::Problem(Box::new(ProblemCause { fields, ..ErrorCode::Invalid.into() }))
    }

    /// One field that breaks one rule. `pointer` without the leading slash.
    pub fn field(pointer: &str, rule: Rule, message: impl Into<String>) -> Self {
        let mut issues = shared::validate::Issues::default();
        issues.add(pointer, rule, message);
        Self::invalid(issues.into_result().err().unwrap_or_default())
    }

    /// The caller cannot get an interaction now, and why.
    #[must_use]
    pub fn not_eligible(reasons: Vec<Ineligible>) -> Self {
        let words: Vec<&str> = reasons.iter().map(|reason| reason.as_str()).collect();
        let detail = Some(format!("not eligible: {}", words.join(", ")));
        Self::Problem(Box::new(ProblemCause { detail, reasons, ..ErrorCode::NotEligible.into() }))
    }

    /// A problem that passes with time.
    #[must_use]
    pub fn retry(code: ErrorCode, after: Duration) -> Self {
        Self::Problem(Box::new(ProblemCause { retry_after: Some(after), ..code.into() }))
    }

    /// The code that answers this error.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Problem(cause) => cause.code,
            Self::Database(Diesel::NotFound) => ErrorCode::NotFound,
            Self::Database(error) if is_full(&error.to_string()) => ErrorCode::StorageFull,
            Self::Database(error) if is_away(error) => ErrorCode::Unavailable,
            Self::Database(_) | Self::Internal(_) => ErrorCode::Internal,
            Self::Pool(_) => ErrorCode::Unavailable,
            Self::Storage(error) if is_full(&chain(error)) => ErrorCode::StorageFull,
            Self::Storage(object_store::Error::NotFound { .. }) => ErrorCode::NotFound,
            Self::Storage(_) => ErrorCode::Internal,
            Self::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => ErrorCode::StorageFull,
            Self::Io(_) => ErrorCode::Internal,
        }
    }

    /// Whether it is a unique key that was taken.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }

    /// Whether the same transaction may succeed when it is simply run again.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => true,
            Self::Database(error) => {
                let text = error.to_string();
                text.contains("deadlock detected") || text.contains("database is locked")
            }
            _ => false,
        }
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

// SQLite's SQLITE_FULL, PostgreSQL's 53100 and the operating system's ENOSPC reach us only as text.
fn is_full(text: &str) -> bool {
    text.contains("disk is full") || text.contains("No space left on device")
}

// PostgreSQL's class 57P (shutdown, starting up) and lost connections: libpq tells them by text alone.
fn is_away(error: &Diesel) -> bool {
    match error {
        Diesel::BrokenTransactionManager => true,
        Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand, _) => true,
        Diesel::DatabaseError(_, info) => {
            let text = info.message();
            [
                "server closed the connection",
                "terminating connection",
                "the database system is",
                "connection to server",
                "no connection to the server",
                "could not receive data",
                "SSL connection has been closed",
            ]
            .iter()
            .any(|sign| text.contains(sign))
        }
        _ => false,
    }
}
