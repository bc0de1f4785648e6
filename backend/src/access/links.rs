//! Links by which users choose their password: an invitation for whoever never had one, a reset for whoever lost his.
//! An administrator makes the link and hands it on by a way of his own; nobody but the user learns the password.

use super::{
    queries::{self, Which},
    service::{Browser, Service, SignedIn},
    session::token_hash,
    users::record,
};
use crate::kernel::{Error, Result, db::Connection, http::auth::Principal, secrets::random_token};
use serde_json::json;
use shared::{
    api::access::{LinkView, SpendLink, UserLink, new_password},
    error::ErrorCode,
    ids::UserId,
    time::Timestamp,
    validate::Issues,
};
use std::time::Duration;

/// How long a link is good for.
const LINK_LIFE: Duration = Duration::from_secs(7 * 86_400);

impl Service {
    /// A fresh link for a user; the one before is void. His password and his sessions stay until he spends it.
    pub(super) async fn make_link(&self, caller: &Principal, id: UserId) -> Result<UserLink> {
        let (actor, now) = (caller.user_id, self.core.now());
        let token = random_token();
        let hash = token_hash(&token);
        let expires_at = now.plus(LINK_LIFE);
        self.core
            .db
            .write(move |conn| {
                let user = queries::user(conn, id)?.ok_or(ErrorCode::NotFound)?;
                if !user.enabled {
                    return Err(ErrorCode::Conflict.into());
                }
                queries::set_link(conn, id, &hash, expires_at)?;
                record(conn, now, actor, "access.make_link", id, json!({}))
            })
            .await?;
        Ok(UserLink { path: format!("/welcome#token={token}"), expires_at })
    }

    /// Makes a user's link void.
    pub(super) async fn drop_link(&self, caller: &Principal, id: UserId) -> Result<()> {
        let (actor, now) = (caller.user_id, self.core.now());
        self.core
            .db
            .write(move |conn| {
                queries::user(conn, id)?.ok_or(ErrorCode::NotFound)?;
                if queries::drop_link(conn, id)? > 0 {
                    record(conn, now, actor, "access.drop_link", id, json!({}))?;
                }
                Ok(())
            })
            .await
    }

    /// Whose link it is.
    pub(super) async fn read_link(&self, token: &str) -> Result<LinkView> {
        let (hash, now) = (token_hash(token), self.core.now());
        self.core
            .db
            .read(move |conn| {
                let id = owner(conn, &hash, now)?;
                let user = queries::user(conn, id)?.ok_or(ErrorCode::LinkExpired)?;
                Ok(LinkView { login: user.login, name: user.name, language: user.language })
            })
            .await
    }

    /// Chooses the password by a link, ends the user's other sessions, and signs him in. Of two at once, one wins.
    pub(super) async fn spend_link(&self, request: SpendLink, browser: Browser) -> Result<SignedIn> {
        let now = self.core.now();
        let hash = token_hash(&request.token);
        // Judged first so that strangers cannot make the server hash passwords; decided below.
        let login = self.read_link(&request.token).await?.login;
        let mut issues = Issues::default();
        new_password(&mut issues, "password", &request.password, &login);
        issues.into_result().map_err(Error::invalid)?;
        let password_hash = self.passwords.hash(request.password).await?;
        let service = self.clone();
        self.core
            .db
            .write(move |conn| {
                let id = owner(conn, &hash, now)?;
                if !queries::spend_link(conn, &hash)? {
                    return Err(ErrorCode::LinkExpired.into());
                }
                queries::choose_password(conn, id, &password_hash)?;
                queries::revoke(conn, now, id, Which::All)?;
                let user = queries::user(conn, id)?.filter(|user| user.enabled).ok_or(ErrorCode::LinkExpired)?;
                let signed_in = service.open_session(conn, now, user, &browser)?;
                record(conn, now, id, "access.spend_link", id, json!({}))?;
                Ok(signed_in)
            })
            .await
    }
}

fn owner(conn: &mut Connection, hash: &[u8], now: Timestamp) -> Result<UserId> {
    Ok(queries::user_of_link(conn, hash, now)?.ok_or(ErrorCode::LinkExpired)?)
}
