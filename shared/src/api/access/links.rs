//! Links by which users choose their password: invitations and resets.

use super::{Language, new_password};
use crate::{
    time::Timestamp,
    validate::{Issues, Validate},
};
use serde::{Deserialize, Serialize};

/// Longest token that is looked up.
const MAX_TOKEN: usize = 100;

/// A link that was made for a user. It is told once: only its hash is stored.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserLink {
    /// The page that it opens, relative to the address of this Posta. The token is in the fragment, which browsers keep
    /// to themselves: no proxy logs it.
    pub path: String,
    /// Good until then, and for one use.
    pub expires_at: Timestamp,
}

/// Asks whose link this is.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReadLink {
    /// The token of the link.
    pub token: String,
}

impl Validate for ReadLink {
    fn validate(&self, issues: &mut Issues) {
        issues.length("token", &self.token, 1, MAX_TOKEN);
    }
}

/// Whose link it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinkView {
    /// Sign-in name.
    pub login: String,
    /// Name that others see.
    pub name: String,
    /// Language of the page.
    pub language: Language,
}

/// Chooses the password by a link, and signs in.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SpendLink {
    /// The token of the link.
    pub token: String,
    /// The password.
    pub password: String,
}

impl Validate for SpendLink {
    fn validate(&self, issues: &mut Issues) {
        issues.length("token", &self.token, 1, MAX_TOKEN);
        // Whether it is the login is judged once it is known whose link it is.
        new_password(issues, "password", &self.password, "");
    }
}
