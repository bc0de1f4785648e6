//! The mail account of a campaign: its servers, how one signs in to them, its folders and further addresses (S8–S14, S27).

use super::yes;
use crate::{
    api::oauth::{OauthProvider, OauthView},
    ids::AccountId,
    time::Timestamp,
    validate::{Issues, Rule},
};
use serde::{Deserialize, Serialize};

text_enum! {
    /// How a connection to a mail server is protected (S27).
    pub enum MailSecurity {
        /// STARTTLS ("TLS").
        Starttls = "starttls",
        /// TLS from the first byte ("SSL").
        Implicit = "implicit",
        /// Not protected; a password is sent only to a loopback address or after confirmation.
        None = "none",
    }
}

text_enum! {
    /// Protocol by which mail is received (S14).
    pub enum InboundProtocol {
        /// IMAP.
        Imap = "imap",
    }
}

text_enum! {
    /// With what an account signs in (S10).
    #[derive(Default)]
    pub enum AccountAuth {
        /// A password.
        #[default]
        Password = "password",
        /// What a person granted at the provider (XOAUTH2).
        Oauth2 = "oauth2",
    }
}

text_enum! {
    /// What becomes of a mail on the server once it is stored here (S14).
    #[derive(Default)]
    pub enum AfterStoring {
        /// It stays as it is.
        #[default]
        Leave = "leave",
        /// It is marked as read.
        MarkSeen = "mark_seen",
        /// It is moved to another folder.
        Move = "move",
    }
}

/// A server to connect to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Host name or IP address.
    pub host: String,
    /// Port, 1–65535.
    pub port: u16,
    /// Protection of the connection.
    pub security: MailSecurity,
}

impl Endpoint {
    fn validate(&self, issues: &mut Issues, at: &str) {
        issues.host(&format!("{at}/host"), &self.host);
        issues.range(&format!("{at}/port"), i64::from(self.port), 1, 65_535);
    }
}

/// The mail account of a campaign, as it is entered.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AccountInput {
    /// The address by which mail comes in and goes out (S9).
    pub address: String,
    /// Login, where it differs from the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// Password; absent or empty on an edit keeps the stored one (S10), unless a server is another one or less protected
    /// than before. Never returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Outgoing server (S11).
    pub smtp: Endpoint,
    /// Incoming server; required when the campaign receives (S12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imap: Option<Endpoint>,
    /// A password may go over an unprotected connection to a host that is not loopback (S27).
    #[serde(default)]
    pub allow_plaintext_password: bool,
    /// Append a copy of what is sent to the account's Sent folder (default true).
    #[serde(default = "yes")]
    pub save_sent: bool,
    /// Further addresses whose mail comes into this mailbox, and by which agents may write; at most 20 (S9).
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Folders that are read, 1–10, by default INBOX (S14). The first is watched, the others are looked at every
    /// `mail.poll_seconds`.
    #[serde(default = "inbox")]
    pub folders: Vec<String>,
    /// What becomes of a mail on the server once it is stored here; nothing that was there before the first connection is
    /// touched.
    #[serde(default)]
    pub after_storing: AfterStoring,
    /// Folder into which stored mail is moved; required for `move`. Made if it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub move_to: Option<String>,
    /// With what it signs in (S10).
    #[serde(default)]
    pub auth: AccountAuth,
    /// For `oauth2`: with whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth_provider: Option<OauthProvider>,
    /// For `oauth2`: a granted sign-in of the caller's; absent on an edit keeps what was granted before, as with the
    /// password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth_sign_in: Option<String>,
}

fn inbox() -> Vec<String> {
    vec![INBOX.into()]
}

/// The folder that every mailbox has; its name is the same in any case (RFC 3501 §5.1).
pub const INBOX: &str = "INBOX";
/// Most folders of an account that are read.
pub const MAX_FOLDERS: usize = 10;
/// Longest name of a folder, in characters.
pub const MAX_FOLDER_NAME: usize = 200;

/// Whether two names mean the same folder.
#[must_use]
pub fn is_same_folder(one: &str, other: &str) -> bool {
    one == other || (one.eq_ignore_ascii_case(INBOX) && other.eq_ignore_ascii_case(INBOX))
}

/// Most aliases of an account (S9).
pub const MAX_ALIASES: usize = 20;

impl AccountInput {
    pub(super) fn validate(&self, issues: &mut Issues, receive: bool) {
        issues.address("account/address", &self.address);
        if let Some(login) = &self.login {
            issues.single_line("account/login", login, 0, 254);
        }
        if let Some(password) = &self.password {
            issues.single_line("account/password", password, 0, 500);
        }
        self.smtp.validate(issues, "account/smtp");
        match &self.imap {
            Some(imap) => imap.validate(issues, "account/imap"),
            None if receive => issues.add("account/imap/host", Rule::Required, "is required to receive e-mail"),
            None => {}
        }
        self.validate_auth(issues);
        self.validate_aliases(issues);
        self.validate_folders(issues);
    }

    fn validate_folders(&self, issues: &mut Issues) {
        if self.folders.is_empty() {
            issues.add("account/folders", Rule::Required, "needs at least one folder");
        }
        issues.items("account/folders", self.folders.len(), MAX_FOLDERS);
        for (index, folder) in self.folders.iter().enumerate().take(MAX_FOLDERS) {
            let pointer = format!("account/folders/{index}");
            validate_folder(issues, &pointer, folder);
            if self.folders.iter().take(index).any(|known| is_same_folder(known, folder)) {
                issues.add(&pointer, Rule::NotUnique, "is named twice");
            }
        }
        if self.after_storing != AfterStoring::Move {
            return;
        }
        let Some(target) = self.move_to.as_deref().filter(|target| !target.is_empty()) else {
            issues.add("account/move_to", Rule::Required, "is required to move mail");
            return;
        };
        validate_folder(issues, "account/move_to", target);
        if self.folders.iter().all(|folder| is_same_folder(folder, target)) {
            issues.add("account/move_to", Rule::Inconsistent, "is the folder that is read");
        }
    }

    fn validate_auth(&self, issues: &mut Issues) {
        if self.auth != AccountAuth::Oauth2 {
            return;
        }
        if self.oauth_provider.is_none() {
            issues.add("account/oauth_provider", Rule::Required, "is required to sign in with a provider");
        }
        if let Some(id) = &self.oauth_sign_in {
            issues.single_line("account/oauth_sign_in", id, 0, 64);
        }
        if self.password.as_deref().is_some_and(|password| !password.is_empty()) {
            issues.add("account/password", Rule::Inconsistent, "goes only with auth password");
        }
    }

    fn validate_aliases(&self, issues: &mut Issues) {
        issues.items("account/aliases", self.aliases.len(), MAX_ALIASES);
        let mut known = vec![crate::case::lower(self.address.trim())];
        for (index, alias) in self.aliases.iter().enumerate().take(MAX_ALIASES) {
            let pointer = format!("account/aliases/{index}");
            issues.address(&pointer, alias);
            let folded = crate::case::lower(alias);
            if known.contains(&folded) {
                issues.add(&pointer, Rule::NotUnique, "the account has this address already");
            }
            known.push(folded);
        }
    }
}

/// A name that IMAP carries: one line, without quotes, backslashes and the wildcards of its lists.
fn validate_folder(issues: &mut Issues, pointer: &str, name: &str) {
    issues.length(pointer, name, 1, MAX_FOLDER_NAME);
    if name.chars().any(|c| c.is_control() || matches!(c, '"' | '\\' | '*' | '%')) {
        issues.add(pointer, Rule::ForbiddenCharacter, "may not hold quotes, backslashes, asterisks or percent signs");
    }
    if name.trim() != name {
        issues.add(pointer, Rule::OuterBlanks, "may not begin or end with a blank");
    }
}

text_enum! {
    /// How the account of a campaign is doing (S28).
    pub enum AccountHealth {
        /// Nothing was tried yet.
        Unknown = "unknown",
        /// Connected and reading.
        Connected = "connected",
        /// The last try failed; tried again with back-off.
        Failing = "failing",
        /// The login was refused; not tried again until the account is saved (R9).
        Stopped = "stopped",
        /// The campaign is off, or does not receive.
        Off = "off",
    }
}

/// The mail account of a campaign, as it is shown: without the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountView {
    /// Account.
    pub id: AccountId,
    /// The address by which mail comes in and goes out.
    pub address: String,
    /// Login.
    pub login: String,
    /// Outgoing server.
    pub smtp: Endpoint,
    /// Incoming server.
    pub imap: Option<Endpoint>,
    /// A password may go over an unprotected connection.
    pub allow_plaintext_password: bool,
    /// Copies go to the Sent folder.
    pub save_sent: bool,
    /// How it is doing.
    pub health: AccountHealth,
    /// Mail was last fetched, or found absent, at.
    pub last_fetch_at: Option<Timestamp>,
    /// The last failure, in the server's words.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_at: Option<Timestamp>,
    /// Further addresses by which agents may write.
    pub aliases: Vec<String>,
    /// Folders that are read.
    pub folders: Vec<String>,
    /// What becomes of a mail on the server once it is stored here.
    pub after_storing: AfterStoring,
    /// Folder into which stored mail is moved.
    pub move_to: Option<String>,
    /// With what it signs in.
    pub auth: AccountAuth,
    /// For `oauth2`: what was granted.
    pub oauth: Option<OauthView>,
}

impl AccountView {
    /// Whether the stored password may be tried on the servers of `account`: those that it was entered for, no less
    /// protected. For others it has to be entered again, or whoever edits campaigns could have it sent to a machine of
    /// his own.
    pub fn password_may_go_to(&self, account: &AccountInput) -> bool {
        let known = |server: &Endpoint| {
            [Some(&self.smtp), self.imap.as_ref()].into_iter().flatten().any(|known| {
                known.host.eq_ignore_ascii_case(&server.host)
                    && (server.security != MailSecurity::None || known.security == MailSecurity::None)
            })
        };
        known(&account.smtp) && account.imap.as_ref().is_none_or(known)
    }
}
