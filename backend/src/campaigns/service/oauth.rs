//! Signing in to an account at its OAuth 2 provider (S10): a person is sent there with a one-time state and a PKCE
//! challenge, comes back to us in the same browser, and we exchange the code. What that brings waits, sealed, until the
//! form that it is for is saved.

use super::Service;
use crate::{
    campaigns::{
        providers::provider,
        queries::{self, NewSignIn, SignInRow},
    },
    kernel::{
        Error, Result,
        db::connection::blocking,
        secrets::{hex, random_token, sha256_hex},
    },
    mail::oauth::{OauthError, Tokens, complaint_in_words, pkce, sign_in_url},
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use shared::{
    api::oauth::{BeginSignIn, OauthProvider, SignInBegun, SignInState, SignInView},
    error::ErrorCode,
    ids::{SessionId, UserId},
    time::Timestamp,
    validate::Rule,
};
use std::time::Duration;

/// How long a person may take to sign in.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long what a sign-in brought waits for the form to be saved.
const KEPT: Duration = Duration::from_secs(3_600);
/// Where providers send people back to, below our public address.
const CALLBACK: &str = "/api/v1/oauth2/callback";

/// A sign-in that has begun, and the secret that its browser keeps in a cookie.
pub struct Begun {
    /// For the form.
    pub answer: SignInBegun,
    /// For the cookie.
    pub browser: String,
}

/// What the provider sent a person back with.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Return {
    /// Which sign-in.
    #[serde(default)]
    pub state: String,
    /// What is exchanged.
    #[serde(default)]
    pub code: String,
    /// Why there is none.
    #[serde(default)]
    pub error: String,
    /// The same for people.
    #[serde(default)]
    pub error_description: String,
}

/// Tokens while they wait.
#[derive(Serialize, Deserialize)]
struct Waiting {
    access: String,
    refresh: String,
    /// When the access token ends.
    access_until: i64,
    refresh_until: Option<i64>,
}

impl Service {
    /// Begins a sign-in for one who is in this session, at `origin`.
    ///
    /// # Errors
    /// A field error: the configuration does not know the provider. The database's.
    pub async fn begin_sign_in(
        &self,
        user: UserId,
        session: SessionId,
        origin: &str,
        wanted: BeginSignIn,
    ) -> Result<Begun> {
        let known = provider(&self.core.settings.oauth, wanted.provider)?;
        let (verifier, challenge) = pkce();
        let (state, browser, id) = (random_token(), random_token(), hex(&rand::random::<[u8; 16]>()));
        let redirect_uri = format!("{origin}{CALLBACK}");
        let url = sign_in_url(&known, &redirect_uri, &state, &challenge, wanted.login_hint.as_deref().unwrap_or(""));
        let now = self.core.now();
        let new = NewSignIn {
            sealed_verifier: self.core.keys.seal(&place(&id, "verifier"), verifier.as_bytes())?,
            state_hash: sha256_hex(state.as_bytes()),
            browser_hash: sha256_hex(browser.as_bytes()),
            id: id.clone(),
            user,
            session,
            provider: wanted.provider,
            redirect_uri,
        };
        self.core
            .db
            .write(move |conn| {
                queries::forget_sign_ins(conn, now.minus(KEPT))?;
                Ok(queries::insert_sign_in(conn, &new, now)?)
            })
            .await?;
        Ok(Begun { answer: SignInBegun { id, url }, browser })
    }

    /// How far a sign-in of this user has come.
    ///
    /// # Errors
    /// `not_found`: there is none, or it is another's.
    pub async fn sign_in(&self, user: UserId, id: String) -> Result<SignInView> {
        let row = self.core.db.read(move |conn| Ok(queries::sign_in(conn, &id, user)?)).await?;
        Ok(SignInView { state: row.state, login: row.login, error: row.error })
    }

    /// A person has come back from the provider. Each sign-in is taken up once, in the browser that began it, while the
    /// session lasts that it began in.
    ///
    /// # Errors
    /// `link_expired`: there is no such sign-in, not any more, or not in this browser; the database's. That the provider
    /// refused is no error: it is told where the sign-in is asked for.
    pub async fn finish_sign_in(&self, came: Return, browser: &str) -> Result<SignInState> {
        let (state_hash, browser_hash) = (sha256_hex(came.state.as_bytes()), sha256_hex(browser.as_bytes()));
        let now = self.core.now();
        let taken = self
            .core
            .db
            .write(move |conn| Ok(queries::take_sign_in(conn, &state_hash, &browser_hash, now.minus(PATIENCE), now)?))
            .await?;
        let row = taken.ok_or(ErrorCode::LinkExpired)?;
        let outcome = if came.code.is_empty() {
            Err(OauthError::Refused(complaint_in_words(&came.error, &came.error_description)))
        } else {
            self.exchange(&row, came.code).await?
        };
        let id = row.id.clone();
        let now = self.core.now();
        let stored = match outcome {
            Ok(tokens) => match self.seal_waiting(&id, &tokens, now)? {
                Some(sealed) => Ok((sealed, tokens.login)),
                None => Err("the provider gave no refresh token, without which mail stops within the hour".to_owned()),
            },
            Err(error) => Err(error.to_string()),
        };
        let state = if stored.is_ok() { SignInState::Granted } else { SignInState::Failed };
        self.core.db.write(move |conn| Ok(queries::settle_sign_in(conn, &id, &stored)?)).await?;
        Ok(state)
    }

    async fn exchange(&self, row: &SignInRow, code: String) -> Result<std::result::Result<Tokens, OauthError>> {
        let known = provider(&self.core.settings.oauth, row.provider)?;
        let verifier = self.core.keys.open(&place(&row.id, "verifier"), &row.sealed_verifier)?;
        let verifier = String::from_utf8(verifier).map_err(|_| Error::Internal("a verifier is no text".into()))?;
        let (client, redirect_uri) = (self.servers.tokens().clone(), row.redirect_uri.clone());
        blocking(move || Ok(client.exchange(&known, &redirect_uri, &code, &verifier))).await
    }

    fn seal_waiting(&self, id: &str, tokens: &Tokens, now: Timestamp) -> Result<Option<Vec<u8>>> {
        let Some(refresh) = &tokens.refresh else { return Ok(None) };
        let waiting = Waiting {
            access: tokens.access.expose_secret().to_owned(),
            refresh: refresh.expose_secret().to_owned(),
            access_until: now.plus(tokens.access_lasts).millis(),
            refresh_until: tokens.refresh_lasts.map(|time| now.plus(time).millis()),
        };
        let text = serde_json::to_vec(&waiting).map_err(|error| Error::Internal(error.to_string()))?;
        self.core.keys.seal(&place(id, "tokens"), &text).map(Some)
    }

    /// What a granted sign-in of this user brought.
    ///
    /// # Errors
    /// A field error: there is none with this provider, or it was used; the database's.
    pub(super) async fn tokens_of(&self, user: UserId, id: String, provider: OauthProvider) -> Result<Tokens> {
        let refused = |words: &str| Error::field("account/oauth_sign_in", Rule::UnknownValue, words);
        let wanted = id.clone();
        let row = self.core.db.read(move |conn| Ok(queries::find_sign_in(conn, &wanted, user)?)).await?;
        let row = row.filter(|row| row.state == SignInState::Granted && row.provider == provider);
        let sealed = row.and_then(|row| Some((row.sealed_tokens?, row.login)));
        let Some((sealed, login)) = sealed else { return Err(refused("no such sign-in is waiting; sign in again")) };
        let text = self.core.keys.open(&place(&id, "tokens"), &sealed)?;
        let waiting: Waiting =
            serde_json::from_slice(&text).map_err(|error| Error::Internal(format!("waiting tokens: {error}")))?;
        let now = self.core.now();
        let lasts = |until: i64| Timestamp::from_millis(until).since(now);
        Ok(Tokens {
            access: waiting.access.into(),
            access_lasts: lasts(waiting.access_until),
            refresh: Some(waiting.refresh.into()),
            refresh_lasts: waiting.refresh_until.map(lasts),
            login,
        })
    }
}

fn place(id: &str, what: &str) -> String {
    format!("oauth_sign_ins/{id}/{what}")
}
