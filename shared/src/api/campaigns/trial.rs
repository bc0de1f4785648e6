//! Trying an account before it is saved: real logins, and the folders of its mailbox (S17).

use super::AccountInput;
use crate::{
    ids::CampaignId,
    validate::{Issues, Validate},
};
use serde::{Deserialize, Serialize};

/// What came of one login test (S10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginTest {
    /// `smtp` or `imap`.
    pub protocol: MailProtocol,
    /// What came of it.
    pub outcome: LoginOutcome,
    /// The server's own words, or what the network said.
    pub detail: String,
}

text_enum! {
    /// A mail protocol.
    pub enum MailProtocol {
        /// Sending.
        Smtp = "smtp",
        /// Receiving.
        Imap = "imap",
    }
}

text_enum! {
    /// What came of a login test.
    pub enum LoginOutcome {
        /// Logged in.
        Ok = "ok",
        /// The server refused user or password.
        RefusedLogin = "refused_login",
        /// No connection came about.
        CannotReach = "cannot_reach",
        /// The certificate or the TLS handshake is not good.
        Tls = "tls",
        /// The configuration forbids this host.
        Forbidden = "forbidden",
        /// The server spoke otherwise than expected.
        Protocol = "protocol",
    }
}

/// What *Test connection* tries: the account as it stands in the form.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TestConnection {
    /// Campaign whose stored password stands in when the form's is empty, for the servers that it was entered for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// Try IMAP as well.
    pub receive: bool,
    /// The account.
    pub account: AccountInput,
}

impl Validate for TestConnection {
    fn validate(&self, issues: &mut Issues) {
        self.account.validate(issues, self.receive);
    }
}

/// Results of *Test connection*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestConnectionAnswer {
    /// One entry a protocol tried.
    pub tests: Vec<LoginTest>,
}

/// What *List folders* looks into: the account as it stands in the form.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ListFolders {
    /// Campaign whose stored password stands in when the form's is empty, for the servers that it was entered for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// The account.
    pub account: AccountInput,
}

impl Validate for ListFolders {
    fn validate(&self, issues: &mut Issues) {
        self.account.validate(issues, true);
    }
}

text_enum! {
    /// What a folder is for (RFC 6154).
    pub enum FolderUse {
        /// All mail.
        All = "all",
        /// Old mail.
        Archive = "archive",
        /// Unfinished mail.
        Drafts = "drafts",
        /// Spam.
        Junk = "junk",
        /// Sent mail.
        Sent = "sent",
        /// Deleted mail.
        Trash = "trash",
    }
}

/// A folder of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailFolder {
    /// Its name, as `folders` and `move_to` take it.
    pub name: String,
    /// What it is for, where the server says so.
    pub special: Option<FolderUse>,
}

/// The folders of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FolderList {
    /// Folders that can hold mail, INBOX first, the others by name.
    pub folders: Vec<MailFolder>,
}
