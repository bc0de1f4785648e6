//! What can go wrong when the product is asked for something.

use shared::error::{ErrorCode, Problem};

use crate::error::LabError;

/// A failure of a request to the product, or of the harness around it.
#[derive(Debug, thiserror::Error)]
pub enum PostaError {
    /// The product answered with a problem (RFC 9457).
    #[error("{request}: {} {}: {}", .problem.status, .problem.code, .problem.detail.as_deref().unwrap_or(&.problem.title))]
    Refused {
        /// Method and path.
        request: String,
        /// The answer.
        problem: Box<Problem>,
        /// Seconds of `Retry-After`, where given.
        retry_after: Option<u64>,
    },
    /// No answer came: nothing listens, or the connection broke. Whether the work was done is not known.
    #[error("{request}: no answer: {reason}")]
    Unreachable {
        /// Method and path.
        request: String,
        /// The network's words.
        reason: String,
    },
    /// The answer was none that is documented.
    #[error("{request}: unexpected answer {status}: {body}")]
    Unexpected {
        /// Method and path.
        request: String,
        /// HTTP status.
        status: u16,
        /// What came, or what is wrong with it.
        body: String,
    },
    /// The lab or a process failed, or something awaited did not happen.
    #[error(transparent)]
    Lab(#[from] LabError),
}

impl PostaError {
    /// The code of the product's refusal.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        self.problem().map(|problem| problem.code)
    }

    /// The product's refusal.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// Whether the same request may succeed later: no answer, 429, 503.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { problem, .. } => {
                matches!(problem.status, 429 | 503) || problem.code == ErrorCode::InProgress
            }
            _ => false,
        }
    }
}
