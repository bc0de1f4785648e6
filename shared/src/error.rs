//! The one table of error codes, and the RFC 9457 problem that carries them.
//!
//! Clients branch on `code`; people read `title` and `detail`. A code is never renamed or reused.

use crate::{api::interactions::Ineligible, validate::FieldIssue};
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$meta:meta])* $variant:ident = $word:literal, $status:literal, $title:literal;)+) => {
        text_enum! {
            /// A stable error code.
            pub enum ErrorCode { $($(#[$meta])* $variant = $word),+ }
        }
        impl ErrorCode {
            /// HTTP status that carries this code.
            #[must_use]
            pub const fn status(self) -> u16 { match self { $(Self::$variant => $status),+ } }
            /// A short English sentence for people.
            #[must_use]
            pub const fn title(self) -> &'static str { match self { $(Self::$variant => $title),+ } }
        }
    };
}

codes! {
    /// The body is no JSON, or not of the documented shape.
    MalformedBody = "malformed_body", 400, "The request body could not be read";
    /// The query string or the path has an unknown, missing or wrong part.
    MalformedRequest = "malformed_request", 400, "The request could not be read";
    /// A cursor that this list did not give.
    BadCursor = "bad_cursor", 400, "The cursor is not one of this list";
    /// No token, or one that is not or no longer good.
    Unauthenticated = "unauthenticated", 401, "Sign in to do this";
    /// User or password are wrong; does not tell which.
    WrongCredentials = "wrong_credentials", 401, "The user or the password is wrong";
    /// The refresh cookie is missing, spent, expired or revoked.
    SessionEnded = "session_ended", 401, "The session has ended; sign in again";
    /// The signed link is forged or has expired.
    LinkExpired = "link_expired", 403, "The link is not valid any more";
    /// Signed in, but without the permission.
    Forbidden = "forbidden", 403, "You may not do this";
    /// The password must be changed before anything else.
    PasswordChangeRequired = "password_change_required", 403, "Change your password first";
    /// The request came from a foreign page.
    ForeignOrigin = "foreign_origin", 403, "Requests from other sites are refused";
    /// No such thing, or none that the caller may see.
    NotFound = "not_found", 404, "There is no such thing here";
    /// The method is not known at this path.
    MethodNotAllowed = "method_not_allowed", 405, "The method is not allowed here";
    /// The thing is not in the state that the action needs.
    Conflict = "conflict", 409, "The action does not fit the present state";
    /// Something else needs it; `detail` names what.
    InUse = "in_use", 409, "It is still used elsewhere";
    /// The same Idempotency-Key is being worked on.
    InProgress = "in_progress", 409, "The same request is still being worked on";
    /// Interactions or mails of the campaign are open; ask what becomes of them, then repeat with the answer.
    OpenWork = "open_work", 409, "The campaign has open work";
    /// New mail came since the draft was begun; ask, then repeat with `confirm_outdated`.
    ConversationMoved = "conversation_moved", 409, "The conversation has moved on since you began to write";
    /// Too late to take a mail back.
    AlreadySent = "already_sent", 409, "The mail has already been sent";
    /// An interaction that somebody else took first; `detail` says who.
    AlreadyTaken = "already_taken", 409, "Somebody else has taken it";
    /// The caller cannot get it now; `reasons` says why.
    NotEligible = "not_eligible", 409, "You cannot take it now";
    /// Others go before it.
    NotInTurn = "not_in_turn", 409, "It is not its turn yet";
    /// Set-up was done before.
    AlreadySetUp = "already_set_up", 409, "Posta is already set up";
    /// If-Match names another version.
    VersionMismatch = "version_mismatch", 412, "It has been changed by someone else";
    /// The body is larger than the limit.
    TooLarge = "too_large", 413, "The request is too large";
    /// The content type is not the documented one.
    UnsupportedMediaType = "unsupported_media_type", 415, "The content type is not supported here";
    /// One or more fields break their rules; see `errors`.
    Invalid = "invalid", 422, "Some fields are not valid";
    /// The Idempotency-Key was used with another body.
    IdempotencyKeyReused = "idempotency_key_reused", 422, "The Idempotency-Key belongs to another request";
    /// The mail server refused the login; `detail` has its words.
    MailLoginRefused = "mail_login_refused", 422, "The mail server refused the login";
    /// The mail server cannot be reached; *Save disabled* is offered.
    MailServerUnreachable = "mail_server_unreachable", 422, "The mail server cannot be reached";
    /// Too many tries; see Retry-After.
    TooManyRequests = "too_many_requests", 429, "Too many requests; wait a little";
    /// Our fault; the request id finds the log line.
    Internal = "internal", 500, "Something went wrong on our side";
    /// The database is away; see Retry-After.
    Unavailable = "unavailable", 503, "Posta cannot reach its database; try again shortly";
    /// The disk is full.
    StorageFull = "storage_full", 507, "There is no room to store this";
}

/// An error answer: RFC 9457 `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// URI reference that names the code's documentation.
    #[serde(rename = "type")]
    pub kind: String,
    /// Stable code.
    pub code: ErrorCode,
    /// HTTP status, as in the status line.
    pub status: u16,
    /// What the code means.
    pub title: String,
    /// What happened here, if there is more to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Finds the log lines of this request.
    pub request_id: String,
    /// Fields that break their rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldIssue>,
    /// Why the caller is not eligible, with `not_eligible`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Ineligible>,
}
