//! One's own session: settings, password, the list of sessions, sign-out, tickets for the live socket.

use super::{
    queries::{self, Purpose, Which},
    service::{Browser, Service, SignedIn},
    session::{RefreshTokens, token_hash},
    sign_in::{forgive, record},
};
use crate::kernel::{
    Error, Result, audit,
    http::{auth::Principal, cursor},
    secrets::random_token,
};
use serde_json::json;
use shared::{
    api::access::{ChangePassword, Me, SessionView, SocketTicket, UpdateMe, new_password},
    error::ErrorCode,
    ids::SessionId,
    page::{Page, PageQuery},
    validate::Issues,
};
use std::time::Duration;

/// How long a ticket for the live socket is good for.
const TICKET_LIFE: Duration = Duration::from_secs(30);

impl Service {
    /// The one who asks.
    pub(super) async fn me(&self, caller: &Principal) -> Result<Me> {
        let (id, session) = (caller.user_id, caller.session_id);
        let user = self.core.db.read(move |conn| Ok(queries::user(conn, id)?)).await?;
        Ok(user.ok_or(ErrorCode::Unauthenticated)?.me(session, &self.core.settings.limits))
    }

    /// Changes one's own settings.
    pub(super) async fn update_me(&self, caller: &Principal, change: UpdateMe) -> Result<Me> {
        let (id, session, now) = (caller.user_id, caller.session_id, self.core.now());
        let core = self.core.clone();
        self.core
            .db
            .write(move |conn| {
                queries::update_own(conn, id, &change)?;
                let detail = json!(change);
                let entry = audit::Entry {
                    actor: Some(id),
                    action: "access.update_me",
                    object: "user",
                    object_id: Some(id.0),
                    detail,
                };
                audit::record(conn, now, &entry)?;
                let user = queries::user(conn, id)?.ok_or(ErrorCode::Unauthenticated)?;
                Ok(user.me(session, &core.settings.limits))
            })
            .await
    }

    /// Changes one's own password. The other sessions end; this one goes on with fresh tokens, the old ones are void.
    pub(super) async fn change_password(
        &self,
        caller: &Principal,
        change: ChangePassword,
        browser: Browser,
    ) -> Result<SignedIn> {
        let (id, session) = (caller.user_id, caller.session_id);
        let known = self.core.db.read(move |conn| Ok(queries::user(conn, id)?)).await?;
        let known = known.ok_or(ErrorCode::Unauthenticated)?;
        let mut issues = Issues::default();
        new_password(&mut issues, "new", &change.new, &known.login);
        issues.into_result().map_err(Error::invalid)?;
        // Whoever found an open browser must not guess here what the brake keeps him from guessing at the door.
        let counted = self.buckets_of(&known.login_folded, &browser);
        let user = self.count_try(&counted, known.login_folded).await?.ok_or(ErrorCode::Unauthenticated)?;
        if !self.passwords.verify(Some(user.password_hash.clone()), change.current).await? {
            return Err(ErrorCode::WrongCredentials.into());
        }
        let password_hash = self.passwords.hash(change.new).await?;
        let now = self.core.now();
        let expires_at = now.plus(self.session_life());
        let service = self.clone();
        self.core
            .db
            .write(move |conn| {
                if !queries::set_password(conn, id, &user.password_hash, &password_hash)? {
                    return Err(ErrorCode::Conflict.into());
                }
                forgive(conn, &counted)?;
                queries::revoke(conn, now, id, Which::AllBut(session))?;
                queries::drop_refresh_tokens(conn, session)?;
                let token = RefreshTokens::first();
                queries::insert_refresh_token(conn, session, &token_hash(&token), now, expires_at)?;
                queries::note_use(conn, session, now, expires_at)?;
                let user = queries::user(conn, id)?.ok_or(ErrorCode::Unauthenticated)?;
                let signed_in = service.signed_in(now, user, session, token)?;
                record(conn, now, Some(id), "change_password", Some(session))?;
                Ok(signed_in)
            })
            .await
    }

    /// One's own sessions that are not over.
    pub(super) async fn list_sessions(&self, caller: &Principal, query: PageQuery) -> Result<Page<SessionView>> {
        let (user, asking, now) = (caller.user_id, caller.session_id, self.core.now());
        let limit = cursor::limit(query.limit)?;
        let before: Option<SessionId> = cursor::read(query.cursor.as_deref())?;
        let rows = self
            .core
            .db
            .read(move |conn| Ok(queries::live_sessions(conn, user, now, before, limit.saturating_add(1))?))
            .await?;
        let views = rows.into_iter().map(|row| row.view(asking)).collect();
        Ok(cursor::page(views, limit, |view: &SessionView| view.id))
    }

    /// Ends one of one's own sessions.
    pub(super) async fn end_session(&self, caller: &Principal, session: SessionId) -> Result<()> {
        let (user, now) = (caller.user_id, self.core.now());
        self.core
            .db
            .write(move |conn| {
                let live = queries::standing(conn, session)?
                    .is_some_and(|(standing, _)| standing.user_id == user && standing.is_good(now));
                if !live {
                    return Err(ErrorCode::NotFound.into());
                }
                queries::revoke(conn, now, user, Which::One(session))?;
                record(conn, now, Some(user), "end_session", Some(session))
            })
            .await
    }

    /// Ends the session of a bearer token, or of a refresh token, or neither if both are worth nothing.
    pub(super) async fn sign_out(&self, caller: Option<Principal>, refresh_token: Option<String>) -> Result<()> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                let mut ending: Vec<SessionId> = caller.iter().map(|caller| caller.session_id).collect();
                if let Some(token) = &refresh_token
                    && let Some(row) = queries::refresh_token(conn, &token_hash(token))?
                    && !ending.contains(&row.session_id)
                {
                    ending.push(row.session_id);
                }
                for session in ending {
                    let Some((standing, _)) = queries::standing(conn, session)? else { continue };
                    if standing.is_good(now) {
                        queries::revoke(conn, now, standing.user_id, Which::One(session))?;
                        record(conn, now, Some(standing.user_id), "sign_out", Some(session))?;
                    }
                }
                Ok(())
            })
            .await
    }

    /// A ticket that opens the live socket once (A5): browsers cannot send a bearer token there.
    pub(super) async fn socket_ticket(&self, caller: &Principal) -> Result<SocketTicket> {
        let (session, now) = (caller.session_id, self.core.now());
        let ticket = random_token();
        let hash = token_hash(&ticket);
        self.core
            .db
            .write(move |conn| {
                let until = now.plus(TICKET_LIFE);
                Ok(queries::insert_one_time_token(conn, &hash, Purpose::Socket, Some(session), until)?)
            })
            .await?;
        Ok(SocketTicket { ticket, expires_in: u32::try_from(TICKET_LIFE.as_secs()).unwrap_or(u32::MAX) })
    }

    /// Spends a ticket for the live socket: who holds it.
    ///
    /// # Errors
    /// `unauthenticated`: unknown, spent, expired, or its session is over; which of them is not told.
    pub async fn redeem_ticket(&self, ticket: &str) -> Result<Principal> {
        let now = self.core.now();
        let hash = token_hash(ticket);
        let session = self
            .core
            .db
            .write(move |conn| {
                let session = queries::one_time_token(conn, &hash, Purpose::Socket, now)?.flatten();
                let spent = queries::spend_one_time_token(conn, &hash, Purpose::Socket)?;
                Ok(session.filter(|_| spent))
            })
            .await?
            .ok_or(ErrorCode::Unauthenticated)?;
        let (principal, _) = self.principal(session).await?.ok_or(ErrorCode::Unauthenticated)?;
        Ok(principal)
    }
}
