//! What can go wrong between the page and the server.

use shared::{
    error::{ErrorCode, Problem},
    validate::FieldIssue,
};

/// Why a request gave no answer, or not the one hoped for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// No answer came: no network, or the server is away.
    Network,
    /// An answer that is neither the documented one nor a problem, as from a proxy.
    Unreadable {
        /// HTTP status.
        status: u16,
    },
    /// The server said no.
    Problem {
        /// What it said.
        problem: Box<Problem>,
        /// Seconds to wait before another try (RFC 9110 §10.2.3).
        retry_after: Option<u32>,
    },
}

impl ApiError {
    /// The stable code, where the server gave one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Problem { problem, .. } => Some(problem.code),
            Self::Network | Self::Unreadable { .. } => None,
        }
    }

    /// Whether the same request may well succeed later: the network or the server was away.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Network => true,
            Self::Unreadable { status } => *status >= 500,
            Self::Problem { problem, .. } => {
                problem.status >= 500 || matches!(problem.code, ErrorCode::TooManyRequests | ErrorCode::InProgress)
            }
        }
    }

    /// The broken rules of the form that was sent.
    pub fn issues(&self) -> &[FieldIssue] {
        match self {
            Self::Problem { problem, .. } => &problem.errors,
            Self::Network | Self::Unreadable { .. } => &[],
        }
    }

    /// Finds the server's log lines.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Problem { problem, .. } => Some(&problem.request_id),
            Self::Network | Self::Unreadable { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(code: ErrorCode) -> ApiError {
        let problem = Problem {
            kind: String::new(),
            code,
            status: code.status(),
            title: code.title().into(),
            detail: None,
            request_id: "r".into(),
            errors: Vec::new(),
            reasons: Vec::new(),
        };
        ApiError::Problem { problem: Box::new(problem), retry_after: None }
    }

    #[test]
    fn only_what_passes_is_tried_again() {
        assert!(ApiError::Network.is_passing());
        assert!(ApiError::Unreadable { status: 502 }.is_passing());
        assert!(problem(ErrorCode::Unavailable).is_passing());
        assert!(!problem(ErrorCode::Invalid).is_passing());
        assert!(!problem(ErrorCode::VersionMismatch).is_passing());
        assert!(!ApiError::Unreadable { status: 404 }.is_passing());
    }
}
