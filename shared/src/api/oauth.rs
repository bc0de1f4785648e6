//! Signing in to mail accounts at Google, Microsoft or another provider (S10), in place of a password.

use crate::{
    time::Timestamp,
    validate::{Issues, Validate},
};
use serde::{Deserialize, Serialize};

text_enum! {
    /// Who an account signs in with.
    pub enum OauthProvider {
        /// Google.
        Google = "google",
        /// Microsoft 365 and Outlook.com.
        Microsoft = "microsoft",
        /// The one that the configuration describes.
        Generic = "generic",
    }
}

/// Begins a sign-in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BeginSignIn {
    /// With whom.
    pub provider: OauthProvider,
    /// The account's address or login, which the provider may fill in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
}

impl Validate for BeginSignIn {
    fn validate(&self, issues: &mut Issues) {
        if let Some(hint) = &self.login_hint {
            issues.single_line("login_hint", hint, 0, 254);
        }
    }
}

/// A sign-in that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInBegun {
    /// Names the sign-in: `oauth_sign_in` of the account that it is for, once it is granted.
    pub id: String,
    /// Where the person signs in, in the same browser, within ten minutes.
    pub url: String,
}

text_enum! {
    /// How far a sign-in has come.
    pub enum SignInState {
        /// The person has not come back yet.
        Pending = "pending",
        /// The provider has let us in.
        Granted = "granted",
        /// It has not.
        Failed = "failed",
    }
}

/// A sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInView {
    /// How far it has come.
    pub state: SignInState,
    /// Who signed in, where the provider tells.
    pub login: Option<String>,
    /// Why it failed, in the provider's words.
    pub error: Option<String>,
}

/// What an account signs in with, in place of a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OauthView {
    /// With whom.
    pub provider: OauthProvider,
    /// Who signed in, where the provider tells.
    pub login: Option<String>,
    /// When someone must sign in again at the latest, where the provider tells.
    pub expires_at: Option<Timestamp>,
}
