//! The room's service: its parts, and what its use cases share. They stand in `setup`, `sign_in`, `sessions`, `users`.

use super::{
    lockout::Buckets,
    password::Passwords,
    queries,
    rows::{NewSession, Standing, UserRow},
    session::{RefreshTokens, token_hash},
    token::{AccessTokens, Bearer},
};
use crate::kernel::{
    Core, Result,
    db::Connection,
    http::auth::{Authenticator, Principal},
};
use shared::{
    api::access::TokenAnswer,
    error::ErrorCode,
    ids::{CampaignId, SessionId},
    permission::{CampaignScope, Role},
    time::Timestamp,
};
use std::{net::IpAddr, time::Duration};

/// The use cases of this room.
#[derive(Debug, Clone)]
pub struct Service {
    pub(super) core: Core,
    pub(super) passwords: Passwords,
    pub(super) access_tokens: AccessTokens,
    pub(super) refresh_tokens: RefreshTokens,
    pub(super) buckets: Buckets,
}

/// Who asks to come in, as far as the request tells.
#[derive(Debug, Clone)]
pub struct Browser {
    /// As it names itself.
    pub user_agent: String,
    /// Where it is.
    pub address: IpAddr,
}

/// A session's tokens.
pub struct SignedIn {
    /// What goes into the answer.
    pub answer: TokenAnswer,
    /// What goes into the cookie.
    pub refresh_token: String,
}

impl Service {
    /// The service over the kernel's parts.
    ///
    /// # Errors
    /// None that can be met.
    pub fn new(core: Core) -> Result<Self> {
        let life = Duration::from_secs(core.settings.auth.access_token_seconds);
        Ok(Self {
            passwords: Passwords::new()?,
            access_tokens: AccessTokens::new(&core.keys, life),
            refresh_tokens: RefreshTokens::new(&core.keys),
            buckets: Buckets::new(core.keys.derive("sign-in-failures")),
            core,
        })
    }

    /// How long a session lives unused.
    pub(super) fn session_life(&self) -> Duration {
        Duration::from_secs(self.core.settings.auth.session_days.saturating_mul(86_400))
    }

    /// Makes a session with its first refresh token.
    pub(super) fn open_session(
        &self,
        conn: &mut Connection,
        now: Timestamp,
        user: UserRow,
        browser: &Browser,
    ) -> Result<SignedIn> {
        let new = NewSession {
            user_id: user.id,
            created_at: now,
            last_used_at: now,
            last_seen_at: queries::NEVER,
            expires_at: now.plus(self.session_life()),
            revoked_at: None,
            user_agent: browser.user_agent.clone(),
            address: browser.address.to_string(),
        };
        let session = queries::insert_session(conn, &new)?;
        let refresh_token = RefreshTokens::first();
        queries::insert_refresh_token(conn, session, &token_hash(&refresh_token), now, new.expires_at)?;
        self.signed_in(now, user, session, refresh_token)
    }

    /// The tokens of a session.
    pub(super) fn signed_in(
        &self,
        now: Timestamp,
        user: UserRow,
        session: SessionId,
        refresh_token: String,
    ) -> Result<SignedIn> {
        let fingerprint = self.access_tokens.fingerprint(&user.password_hash);
        let access_token = self.access_tokens.issue(&Bearer { user: user.id, session, fingerprint }, now)?;
        let expires_in = u32::try_from(self.access_tokens.life().as_secs()).unwrap_or(u32::MAX);
        let user = user.me(session, &self.core.settings.limits);
        Ok(SignedIn { answer: TokenAnswer { access_token, expires_in, user }, refresh_token })
    }

    /// A session's principal as the database has it, and its last sign of life; `None` when the session is over.
    pub(super) async fn principal(&self, session: SessionId) -> Result<Option<(Principal, Standing)>> {
        let now = self.core.now();
        let found = self.core.db.look_up(move |conn| Ok(queries::standing(conn, session)?)).await?;
        Ok(found
            .filter(|(standing, _)| standing.is_good(now))
            .map(|(standing, campaigns)| (principal(session, &standing, campaigns), standing)))
    }

    /// The last sign of life of a session that still is what `known` says: not over, the same role, the same campaigns.
    /// `None` when it is not.
    ///
    /// # Errors
    /// The database's.
    pub async fn last_seen(&self, known: &Principal) -> Result<Option<Timestamp>> {
        Ok(self.principal(known.session_id).await?.and_then(|(principal, standing)| {
            let same = principal.role == known.role
                && principal.scope == known.scope
                && principal.must_change_password == known.must_change_password;
            same.then_some(standing.last_seen_at)
        }))
    }
}

fn principal(session: SessionId, standing: &Standing, campaigns: Vec<CampaignId>) -> Principal {
    let unlimited = standing.role == Role::Administrator || campaigns.is_empty();
    Principal {
        user_id: standing.user_id,
        session_id: session,
        role: standing.role,
        scope: if unlimited { CampaignScope::All } else { CampaignScope::Only(campaigns) },
        must_change_password: standing.must_change_password,
    }
}

#[async_trait::async_trait]
impl Authenticator for Service {
    async fn authenticate(&self, token: &str) -> Result<Principal> {
        let bearer = self.access_tokens.read(token, self.core.now())?;
        let (principal, standing) = self.principal(bearer.session).await?.ok_or(ErrorCode::Unauthenticated)?;
        let same_password = self.access_tokens.fingerprint(&standing.password_hash) == bearer.fingerprint;
        if principal.user_id != bearer.user || !same_password {
            return Err(ErrorCode::Unauthenticated.into());
        }
        Ok(principal)
    }
}
