//! What an account signs in with: a password, or what a person granted at the provider.

use super::Service;
use crate::{
    campaigns::{
        account::{open_secret, seal_password},
        grant::{self, NoToken},
        queries,
        rows::AccountRow,
    },
    kernel::{Error, Result, db::Connection, error::ProblemCause, secrets::Keys},
    mail::{
        account::Credential,
        oauth::{OauthError, Tokens},
    },
};
use secrecy::SecretString;
use shared::{
    api::campaigns::{AccountAuth, AccountInput},
    error::ErrorCode,
    ids::{AccountId, UserId},
    time::Timestamp,
    validate::{Issues, Rule},
};

/// Why a stored password is asked for again.
const ANOTHER_SERVER: &str =
    "enter the password again: a server is another one, or less protected, than it was entered for";
/// The same for what was granted.
const SIGN_IN: &str = "sign in: nothing was granted yet by this provider for these servers";

impl Service {
    /// What the sign-in that a form names has brought.
    ///
    /// # Errors
    /// A field error: there is no such sign-in.
    pub(super) async fn new_tokens(&self, user: UserId, account: &AccountInput) -> Result<Option<Tokens>> {
        let sign_in = account.oauth_sign_in.as_deref().filter(|id| !id.is_empty());
        match (account.auth, sign_in, account.oauth_provider) {
            (AccountAuth::Oauth2, Some(id), Some(provider)) => {
                self.tokens_of(user, id.to_owned(), provider).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What the form of a stored account signs in with: what it brings, or what is stored, for the servers that it was
    /// entered for. Opened only if it is `needed`, so that a key that was lost does no harm where nothing is tried.
    ///
    /// # Errors
    /// A field error: it must be entered again; the provider's, as a refused or unreachable server.
    pub(super) async fn secret_of(
        &self,
        row: AccountRow,
        form: &AccountInput,
        tokens: Option<&Tokens>,
        needed: bool,
    ) -> Result<Credential> {
        let given = form.password.as_deref().filter(|password| !password.is_empty());
        match (form.auth, given, tokens) {
            (AccountAuth::Password, Some(password), _) => return Ok(Credential::Password(password.into())),
            (AccountAuth::Oauth2, _, Some(tokens)) => return Ok(Credential::OAuthToken(tokens.access.clone())),
            _ => {}
        }
        let (id, auth) = (row.id, row.auth);
        let may_go = row.clone().view().password_may_go_to(form);
        let again = match form.auth {
            AccountAuth::Password => Error::field("account/password", Rule::Required, ANOTHER_SERVER),
            AccountAuth::Oauth2 => Error::field("account/oauth_sign_in", Rule::Required, SIGN_IN),
        };
        if auth != form.auth || !may_go {
            return Err(again);
        }
        if auth == AccountAuth::Oauth2 {
            let granted = self.core.db.read(move |conn| Ok(grant::find(conn, id)?)).await?;
            let fits =
                |grant: &grant::GrantRow| form.oauth_provider.is_none_or(|wanted| grant.view().provider == wanted);
            if !granted.as_ref().is_some_and(fits) {
                return Err(again);
            }
        }
        if !needed {
            return Ok(Credential::Password(SecretString::default()));
        }
        grant::freshen(&self.core, self.servers.tokens(), id).await.map_err(no_token)?;
        let keys = std::sync::Arc::clone(&self.core.keys);
        self.core.db.read(move |conn| Ok(open_secret(conn, &keys, &row)?.0)).await
    }
}

fn no_token(error: NoToken) -> Error {
    let error = match error {
        NoToken::Ours(error) => return error,
        NoToken::Oauth(error) => error,
    };
    let (code, rule) = match &error {
        OauthError::SignInAgain(_) | OauthError::Refused(_) => (ErrorCode::MailLoginRefused, Rule::Refused),
        OauthError::Away(_) => (ErrorCode::MailServerUnreachable, Rule::Unreachable),
    };
    let mut issues = Issues::default();
    issues.add("account/oauth_sign_in", rule, error.to_string());
    Error::Problem(Box::new(ProblemCause {
        detail: Some(error.to_string()),
        fields: issues.into_result().err().unwrap_or_default(),
        ..code.into()
    }))
}

/// Stores what a form brings; answers whether it brought something.
///
/// # Errors
/// A field error: the sign-in was used meanwhile; the database's.
pub(super) fn store_secret(
    conn: &mut Connection,
    keys: &Keys,
    account: AccountId,
    form: &AccountInput,
    tokens: Option<&Tokens>,
    now: Timestamp,
) -> Result<bool> {
    let given = form.password.as_deref().filter(|password| !password.is_empty());
    match (form.auth, given, tokens, form.oauth_provider) {
        (AccountAuth::Password, Some(password), _, _) => {
            grant::forget(conn, account)?;
            queries::set_password(conn, account, &seal_password(keys, account, password)?)?;
        }
        (AccountAuth::Oauth2, _, Some(tokens), Some(provider)) => {
            let sign_in = form.oauth_sign_in.as_deref().unwrap_or("");
            if !queries::forget_sign_in(conn, sign_in)? {
                return Err(Error::field(
                    "account/oauth_sign_in",
                    Rule::UnknownValue,
                    "was used already; sign in again",
                ));
            }
            grant::adopt(conn, keys, account, provider, tokens, now)?;
            queries::set_password(conn, account, &seal_password(keys, account, "")?)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}
