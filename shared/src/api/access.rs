//! Set-up, sign-in, sessions, users (S2–S2b).

use crate::{
    ids::{CampaignId, SessionId, UserId},
    permission::{Permission, Role},
    time::Timestamp,
    validate::{Issues, Rule, Validate},
};
use serde::{Deserialize, Serialize};

mod links;

pub use links::{LinkView, ReadLink, SpendLink, UserLink};

text_enum! {
    /// Language of the page.
    pub enum Language {
        /// Spanish.
        Es = "es",
        /// English.
        En = "en",
    }
}

text_enum! {
    /// Light or dark.
    pub enum Theme {
        /// As the operating system says.
        System = "system",
        /// Light.
        Light = "light",
        /// Dark.
        Dark = "dark",
    }
}

/// Shortest password, in characters (NIST SP 800-63B, ASVS 6.2.1).
pub const PASSWORD_MIN: usize = 10;
/// Longest password, in characters.
pub const PASSWORD_MAX: usize = 200;

/// Judges a new password: length, not the login, not one repeated character or a keyboard row.
pub fn new_password(issues: &mut Issues, pointer: &str, password: &str, login: &str) {
    issues.length(pointer, password, PASSWORD_MIN, PASSWORD_MAX);
    let lower = crate::case::lower(password);
    let distinct =
        lower.chars().enumerate().filter(|(at, c)| !lower.chars().take(*at).any(|other| other == *c)).count();
    let common = ["password", "contraseña", "qwerty", "1234567890", "0123456789", "administrador", "administrator"];
    let stripped: String = lower.chars().filter(|c| c.is_alphabetic()).collect();
    if !issues.has(pointer)
        && (distinct < 5
            || lower == crate::case::lower(login)
            || common.iter().any(|word| lower == *word || stripped == *word))
    {
        issues.add(pointer, Rule::WeakPassword, "is too easy to guess");
    }
}

/// Whether this Posta waits for its first administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupState {
    /// No user exists yet: the set-up link printed at the first start opens the set-up page.
    pub needs_setup: bool,
}

/// Makes the first administrator.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetupRequest {
    /// The one-time token of the set-up link.
    pub token: String,
    /// Sign-in name.
    pub login: String,
    /// Name that others see.
    pub name: String,
    /// Password.
    pub password: String,
    /// Language of the page.
    pub language: Language,
    /// Agents get interactions only if they are in a voice campaign, too (S34); can be changed later.
    #[serde(default)]
    pub require_voice_campaign: bool,
}

impl Validate for SetupRequest {
    fn validate(&self, issues: &mut Issues) {
        issues.length("token", &self.token, 1, 200);
        issues.name("login", &self.login, 80);
        issues.name("name", &self.name, 120);
        new_password(issues, "password", &self.password, &self.login);
    }
}

/// User and password.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// Sign-in name; case and accents do not matter.
    pub login: String,
    /// Password.
    pub password: String,
}

impl Validate for SignInRequest {
    fn validate(&self, issues: &mut Issues) {
        issues.single_line("login", &self.login, 1, 80);
        issues.length("password", &self.password, 1, PASSWORD_MAX);
    }
}

/// A fresh access token; the refresh token travels in an HttpOnly cookie.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenAnswer {
    /// Bearer token for `Authorization`.
    pub access_token: String,
    /// Seconds until it expires.
    pub expires_in: u32,
    /// Who signed in.
    pub user: Me,
}

/// The one who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// User.
    pub id: UserId,
    /// This session.
    pub session_id: SessionId,
    /// Sign-in name.
    pub login: String,
    /// Name that others see.
    pub name: String,
    /// Role.
    pub role: Role,
    /// What the role permits.
    pub permissions: Vec<Permission>,
    /// Nothing else may be done before the password is changed.
    pub must_change_password: bool,
    /// Language of the page.
    pub language: Language,
    /// Light or dark.
    pub theme: Theme,
    /// Single-key shortcuts are on (WCAG 2.1.4).
    pub single_key_shortcuts: bool,
    /// Seconds during which a sent mail can be taken back, 0–60.
    pub undo_send_seconds: u32,
    /// Octets that an attached file may have at most.
    pub max_file_size: i64,
}

/// Changes one's own settings; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateMe {
    /// Language of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Light or dark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
    /// Single-key shortcuts on or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_key_shortcuts: Option<bool>,
    /// Undo time for sent mail, in seconds, 0–60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_send_seconds: Option<u32>,
}

impl Validate for UpdateMe {
    fn validate(&self, issues: &mut Issues) {
        if let Some(seconds) = self.undo_send_seconds {
            issues.range("undo_send_seconds", i64::from(seconds), 0, 60);
        }
    }
}

/// Changes one's own password; all other sessions end.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The present password.
    pub current: String,
    /// The new one.
    pub new: String,
}

impl Validate for ChangePassword {
    fn validate(&self, issues: &mut Issues) {
        issues.length("current", &self.current, 1, PASSWORD_MAX);
        new_password(issues, "new", &self.new, "");
        if self.current == self.new && !issues.has("new") {
            issues.add("new", Rule::Inconsistent, "must differ from the present password");
        }
    }
}

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// Session.
    pub id: SessionId,
    /// It is the one that asks.
    pub current: bool,
    /// Signed in at.
    pub created_at: Timestamp,
    /// Last refreshed at.
    pub last_used_at: Timestamp,
    /// Ends at, unless used before.
    pub expires_at: Timestamp,
    /// Browser, as it named itself.
    pub user_agent: String,
    /// Network address at sign-in.
    pub address: String,
}

/// A one-time ticket that opens the live socket.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SocketTicket {
    /// Goes into `?ticket=` of `/api/v1/live`.
    pub ticket: String,
    /// Seconds until it is void.
    pub expires_in: u32,
}

/// A user, as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserView {
    /// User.
    pub id: UserId,
    /// Sign-in name.
    pub login: String,
    /// Name that others see.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Off: cannot sign in.
    pub enabled: bool,
    /// Must change the password at the next sign-in.
    pub must_change_password: bool,
    /// Campaigns to which the user is limited; empty: not limited.
    pub limited_to: Vec<CampaignId>,
    /// Supervisors may watch his screen (S77).
    pub screen_monitoring: bool,
    /// Until when the link is good by which he chooses his password: an invitation, or a reset; absent: none is out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_until: Option<Timestamp>,
    /// Created at.
    pub created_at: Timestamp,
    /// For `If-Match`.
    pub version: i64,
}

/// Creates a user.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// Sign-in name, unique without regard to case and accents.
    pub login: String,
    /// Name that others see.
    pub name: String,
    /// Role.
    pub role: Role,
    /// First password; must be changed at the first sign-in unless `must_change_password` is false. Absent: nobody can
    /// sign in as him before he has chosen one by a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Ask for a new password at the first sign-in (default true).
    #[serde(default = "yes")]
    pub must_change_password: bool,
    /// Limits the user to these campaigns; empty: no limit.
    #[serde(default)]
    pub limited_to: Vec<CampaignId>,
    /// Language of the page.
    #[serde(default = "spanish")]
    pub language: Language,
}

fn yes() -> bool {
    true
}

fn spanish() -> Language {
    Language::Es
}

impl Validate for CreateUser {
    fn validate(&self, issues: &mut Issues) {
        issues.name("login", &self.login, 80);
        issues.name("name", &self.name, 120);
        if let Some(password) = &self.password {
            new_password(issues, "password", password, &self.login);
        }
        issues.items("limited_to", self.limited_to.len(), 500);
    }
}

/// Changes a user; what is absent stays.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateUser {
    /// Name that others see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Role. A change ends the user's sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// On or off. Off ends the user's sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// New password, to be changed at the next sign-in. Ends the user's sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Limits the user to these campaigns; empty: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_to: Option<Vec<CampaignId>>,
    /// Supervisors may watch his screen (S77).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen_monitoring: Option<bool>,
}

impl Validate for UpdateUser {
    fn validate(&self, issues: &mut Issues) {
        if let Some(name) = &self.name {
            issues.name("name", name, 120);
        }
        if let Some(password) = &self.password {
            new_password(issues, "password", password, "");
        }
        if let Some(list) = &self.limited_to {
            issues.items("limited_to", list.len(), 500);
        }
    }
}
