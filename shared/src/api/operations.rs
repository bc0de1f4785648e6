//! What operators look at: mailboxes with their ledger, quarantine, audit log.

use crate::{
    ids::{AuditId, CampaignId, MailboxId, QuarantineId, UserId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A mailbox and its ledger: every UID up to the cursor is in exactly one of the columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailboxLedger {
    /// Mailbox.
    pub id: MailboxId,
    /// Campaign.
    pub campaign_id: CampaignId,
    /// Folder.
    pub folder: String,
    /// UIDVALIDITY (RFC 3501 §2.3.1.1).
    pub uid_validity: Option<i64>,
    /// Highest UID dealt with.
    pub last_uid: i64,
    /// UIDs stored as messages.
    pub stored: i64,
    /// UIDs imported as history.
    pub history: i64,
    /// UIDs set aside.
    pub quarantined: i64,
    /// UIDs that carry a source already stored under an earlier UIDVALIDITY.
    pub duplicates: i64,
    /// Highest UID that was there before the first connection and is left alone.
    pub skipped_to: i64,
    /// Mails of this ledger that were gone from the server at the last comparison.
    pub expunged: i64,
    /// When the ledger was last compared with the server.
    pub compared_at: Option<Timestamp>,
    /// Last looked at.
    pub last_fetch_at: Option<Timestamp>,
}

/// A mail that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuarantineView {
    /// Entry.
    pub id: QuarantineId,
    /// Campaign.
    pub campaign_id: CampaignId,
    /// Folder.
    pub folder: String,
    /// UID in the folder.
    pub uid: i64,
    /// Octets.
    pub size: i64,
    /// SHA-256 of the source, where it could be fetched.
    pub source_sha256: Option<String>,
    /// Signed URL that downloads the source.
    pub source_url: Option<String>,
    /// Why.
    pub reason: String,
    /// Tries made.
    pub attempts: i32,
    /// Since when.
    pub created_at: Timestamp,
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditView {
    /// Line.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who; absent: the system or nobody signed in.
    pub actor_id: Option<UserId>,
    /// What, as `room.verb`.
    pub action: String,
    /// On what kind of thing.
    pub object: String,
    /// Which one.
    pub object_id: Option<i64>,
    /// More, without secrets.
    pub detail: serde_json::Value,
    /// SHA-256 over this line and the hash of the one before, hexadecimal.
    pub hash: String,
}

/// Answer of the check of the audit log's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditCheck {
    /// Lines read.
    pub lines: i64,
    /// First line whose hash does not fit; absent: the chain is whole.
    pub broken_at: Option<AuditId>,
}
