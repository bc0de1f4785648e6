//! What an account was granted by its OAuth 2 provider: the refresh token, sealed, and the access token that it last
//! brought.
//!
//! Tokens are refreshed before they expire, by one process at a time: whoever would refresh claims the row first, and the
//! others wait for what he brings. A claim whose number stands still for longer than a provider may take, on one's own
//! monotonic clock, is that of a process that died, and is taken over. What the provider gives is stored in one
//! statement, the rotated refresh token with the access token, and only under one's own claim.

use crate::{
    campaigns::providers,
    kernel::{
        Core, Error, Result,
        db::{Connection, connection::blocking, schema::oauth_grants},
        secrets::Keys,
    },
    mail::oauth::{OauthError, TokenClient, Tokens},
};
use diesel::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use shared::{
    api::oauth::{OauthProvider, OauthView},
    ids::AccountId,
    time::Timestamp,
};
use std::time::{Duration, Instant};

/// An access token is refreshed so long before it ends, or a fifth of its life, if that is less.
const MARGIN: Duration = Duration::from_secs(120);
/// How long a claim must stand still; providers have [`crate::mail::oauth`]'s patience of 30 seconds.
const STILL: Duration = Duration::from_secs(90);
/// How often one who waits looks.
const LOOK: Duration = Duration::from_millis(200);

/// A grant as it is stored.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = oauth_grants)]
pub struct GrantRow {
    provider: OauthProvider,
    login: Option<String>,
    sealed_refresh: Vec<u8>,
    sealed_access: Vec<u8>,
    access_until: Timestamp,
    expires_at: Option<Timestamp>,
    claim: i64,
    claimed_by: Option<String>,
}

impl GrantRow {
    /// As the API shows it: without tokens.
    pub fn view(&self) -> OauthView {
        OauthView { provider: self.provider, login: self.login.clone(), expires_at: self.expires_at }
    }

    /// The access token.
    ///
    /// # Errors
    /// It does not open with the keys at hand.
    pub fn access_token(&self, keys: &Keys, account: AccountId) -> Result<SecretString> {
        opened(keys, &access_place(account), &self.sealed_access)
    }

    /// Until when the access token is to be used.
    pub fn good_until(&self) -> Timestamp {
        self.access_until
    }
}

/// The grant of an account, if it has one.
pub fn find(conn: &mut Connection, account: AccountId) -> QueryResult<Option<GrantRow>> {
    oauth_grants::table.find(account).select(GrantRow::as_select()).first(conn).optional()
}

/// Stores what a sign-in brought, in place of an earlier grant.
///
/// # Errors
/// There is no refresh token; the database's.
pub fn adopt(
    conn: &mut Connection,
    keys: &Keys,
    account: AccountId,
    provider: OauthProvider,
    tokens: &Tokens,
    now: Timestamp,
) -> Result<()> {
    let refresh = tokens.refresh.as_ref().ok_or_else(|| Error::Internal("a grant without refresh token".into()))?;
    forget(conn, account)?;
    diesel::insert_into(oauth_grants::table)
        .values((
            oauth_grants::account_id.eq(account),
            oauth_grants::provider.eq(provider),
            oauth_grants::login.eq(&tokens.login),
            oauth_grants::sealed_refresh.eq(sealed(keys, &refresh_place(account), refresh)?),
            oauth_grants::sealed_access.eq(sealed(keys, &access_place(account), &tokens.access)?),
            oauth_grants::access_until.eq(until(tokens, now)),
            oauth_grants::expires_at.eq(tokens.refresh_lasts.map(|time| now.plus(time))),
            oauth_grants::claim.eq(0_i64),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets an account's grant.
pub fn forget(conn: &mut Connection, account: AccountId) -> QueryResult<()> {
    diesel::delete(oauth_grants::table.find(account)).execute(conn)?;
    Ok(())
}

/// A server did not take the access token: the next one who needs it gets a fresh one. Does nothing for accounts with
/// passwords.
///
/// # Errors
/// The database's.
pub fn distrust(conn: &mut Connection, account: AccountId) -> QueryResult<()> {
    diesel::update(oauth_grants::table.find(account))
        .set(oauth_grants::access_until.eq(Timestamp::from_millis(0)))
        .execute(conn)?;
    Ok(())
}

/// Seals every token anew with the newest seal key. For one transaction.
pub fn reseal_all(conn: &mut Connection, keys: &Keys) -> Result<()> {
    let all: Vec<(AccountId, Vec<u8>, Vec<u8>)> = oauth_grants::table
        .select((oauth_grants::account_id, oauth_grants::sealed_refresh, oauth_grants::sealed_access))
        .load(conn)?;
    for (account, refresh, access) in all {
        let again = |place: &str, old: &[u8]| keys.seal(place, &keys.open(place, old)?);
        // Whoever refreshes meanwhile on another node wins.
        let unchanged = oauth_grants::table.find(account).filter(oauth_grants::sealed_refresh.eq(&refresh));
        diesel::update(unchanged)
            .set((
                oauth_grants::sealed_refresh.eq(again(&refresh_place(account), &refresh)?),
                oauth_grants::sealed_access.eq(again(&access_place(account), &access)?),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Why there is no access token.
#[derive(Debug, thiserror::Error)]
pub enum NoToken {
    /// The provider's fault, or the grant's.
    #[error(transparent)]
    Oauth(OauthError),
    /// Ours.
    #[error(transparent)]
    Ours(#[from] Error),
}

/// Sees to it that an account's access token is good for a while. Does nothing for accounts with passwords.
///
/// # Errors
/// See [`NoToken`].
pub async fn freshen(core: &Core, client: &TokenClient, account: AccountId) -> std::result::Result<(), NoToken> {
    let mut seen: Option<(i64, Instant)> = None;
    loop {
        let Some(row) = core.db.read(move |conn| Ok(find(conn, account)?)).await? else { return Ok(()) };
        if row.good_until() > core.now() {
            return Ok(());
        }
        let still = match seen {
            Some((claim, since)) if claim == row.claim => since.elapsed(),
            _ => {
                seen = Some((row.claim, Instant::now()));
                Duration::ZERO
            }
        };
        let free = row.claimed_by.is_none() || still >= STILL;
        if free {
            let (claim, node) = (row.claim, core.node.to_string());
            let won = core.db.write(move |conn| Ok(take(conn, account, claim, &node)?)).await?;
            if won {
                return refresh(core, client, account, &row).await;
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Until when an access token is used.
fn until(tokens: &Tokens, now: Timestamp) -> Timestamp {
    let margin = MARGIN.min(tokens.access_lasts.checked_div(5).unwrap_or_default());
    now.plus(tokens.access_lasts.saturating_sub(margin))
}

fn take(conn: &mut Connection, account: AccountId, claim: i64, node: &str) -> QueryResult<bool> {
    let unchanged = oauth_grants::table.find(account).filter(oauth_grants::claim.eq(claim));
    let taken = diesel::update(unchanged)
        .set((oauth_grants::claim.eq(claim.saturating_add(1)), oauth_grants::claimed_by.eq(Some(node))))
        .execute(conn)?;
    Ok(taken == 1)
}

async fn refresh(
    core: &Core,
    client: &TokenClient,
    account: AccountId,
    row: &GrantRow,
) -> std::result::Result<(), NoToken> {
    let claim = row.claim.saturating_add(1);
    let outcome = ask(core, client, account, row).await;
    let keys = std::sync::Arc::clone(&core.keys);
    let now = core.now();
    let stored = outcome.as_ref().ok().cloned();
    let kept = core
        .db
        .write(move |conn| {
            let mine = oauth_grants::table.find(account).filter(oauth_grants::claim.eq(claim));
            let Some(tokens) = &stored else {
                diesel::update(mine).set(oauth_grants::claimed_by.eq(None::<String>)).execute(conn)?;
                return Ok(true);
            };
            if let Some(refresh) = &tokens.refresh {
                diesel::update(mine)
                    .set((
                        oauth_grants::sealed_refresh.eq(sealed(&keys, &refresh_place(account), refresh)?),
                        oauth_grants::expires_at.eq(tokens.refresh_lasts.map(|time| now.plus(time))),
                    ))
                    .execute(conn)?;
            }
            let kept = diesel::update(mine)
                .set((
                    oauth_grants::sealed_access.eq(sealed(&keys, &access_place(account), &tokens.access)?),
                    oauth_grants::access_until.eq(until(tokens, now)),
                    oauth_grants::claimed_by.eq(None::<String>),
                ))
                .execute(conn)?;
            Ok(kept == 1)
        })
        .await?;
    if !kept {
        tracing::warn!(account = account.0, "a refreshed token came too late; another process had taken over");
    }
    metrics::counter!("posta_oauth_refreshes_total").increment(1);
    outcome.map(drop)
}

async fn ask(
    core: &Core,
    client: &TokenClient,
    account: AccountId,
    row: &GrantRow,
) -> std::result::Result<Tokens, NoToken> {
    let provider = providers::provider(&core.settings.oauth, row.provider)?;
    let token = opened(&core.keys, &refresh_place(account), &row.sealed_refresh)?;
    let client = client.clone();
    let asked = blocking(move || Ok(client.refresh(&provider, &token))).await?;
    asked.map_err(NoToken::Oauth)
}

fn sealed(keys: &Keys, place: &str, token: &SecretString) -> Result<Vec<u8>> {
    keys.seal(place, token.expose_secret().as_bytes())
}

fn opened(keys: &Keys, place: &str, sealed: &[u8]) -> Result<SecretString> {
    let text = String::from_utf8(keys.open(place, sealed)?);
    Ok(text.map_err(|_| Error::Internal(format!("{place} is no text")))?.into())
}

fn refresh_place(account: AccountId) -> String {
    format!("oauth_grants/{account}/refresh")
}

fn access_place(account: AccountId) -> String {
    format!("oauth_grants/{account}/access")
}
