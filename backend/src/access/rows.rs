//! Rows of this room's tables, and their mapping to what the API says.

use crate::kernel::{
    config::Limits,
    db::schema::{refresh_tokens, sessions, users},
};
use diesel::prelude::*;
use shared::{
    api::access::{Language, Me, SessionView, Theme, UserView},
    ids::{CampaignId, RefreshTokenId, SessionId, UserId},
    permission::Role,
    time::Timestamp,
};

/// A user.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct UserRow {
    pub id: UserId,
    pub login: String,
    pub login_folded: String,
    pub name: String,
    pub role: Role,
    pub password_hash: String,
    pub must_change_password: bool,
    pub enabled: bool,
    pub language: Language,
    pub theme: Theme,
    pub single_key_shortcuts: bool,
    pub undo_send_seconds: i32,
    pub created_at: Timestamp,
    pub screen_monitoring: bool,
    pub version: i64,
}

impl UserRow {
    /// As the user sees himself, in `session`, and what he may attach.
    pub fn me(self, session: SessionId, limits: &Limits) -> Me {
        Me {
            id: self.id,
            session_id: session,
            login: self.login,
            name: self.name,
            role: self.role,
            permissions: self.role.permissions().to_vec(),
            must_change_password: self.must_change_password,
            language: self.language,
            theme: self.theme,
            single_key_shortcuts: self.single_key_shortcuts,
            undo_send_seconds: u32::try_from(self.undo_send_seconds).unwrap_or_default(),
            max_file_size: i64::try_from(limits.file_size()).unwrap_or(i64::MAX),
        }
    }

    /// As administrators see him: with the campaigns to which he is limited, and how long a link of his is good.
    pub fn view(self, limited_to: Vec<CampaignId>, link_until: Option<Timestamp>) -> UserView {
        UserView {
            id: self.id,
            login: self.login,
            name: self.name,
            role: self.role,
            enabled: self.enabled,
            must_change_password: self.must_change_password,
            limited_to,
            screen_monitoring: self.screen_monitoring,
            link_until,
            created_at: self.created_at,
            version: self.version,
        }
    }
}

/// A user to be made.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = users)]
pub struct NewUser {
    pub login: String,
    pub login_folded: String,
    pub name: String,
    pub role: Role,
    pub password_hash: String,
    pub must_change_password: bool,
    pub enabled: bool,
    pub language: Language,
    pub theme: Theme,
    pub single_key_shortcuts: bool,
    pub undo_send_seconds: i32,
    pub created_at: Timestamp,
    pub screen_monitoring: bool,
    pub version: i64,
}

/// What decides over a request: the session and its user, as they are now.
#[derive(Debug, Clone, Queryable)]
pub struct Standing {
    pub user_id: UserId,
    pub revoked_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub enabled: bool,
    pub role: Role,
    pub must_change_password: bool,
    pub password_hash: String,
}

impl Standing {
    /// Whether the session lets its user in at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.enabled && self.revoked_at.is_none() && self.expires_at > now
    }
}

/// A session, as its user sees it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub struct SessionRow {
    pub id: SessionId,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    pub user_agent: String,
    pub address: String,
}

impl SessionRow {
    /// As the API says it, to the session `asking`.
    pub fn view(self, asking: SessionId) -> SessionView {
        SessionView {
            id: self.id,
            current: self.id == asking,
            created_at: self.created_at,
            last_used_at: self.last_used_at,
            expires_at: self.expires_at,
            user_agent: self.user_agent,
            address: self.address,
        }
    }
}

/// A session to be made.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = sessions)]
pub struct NewSession {
    pub user_id: UserId,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub user_agent: String,
    pub address: String,
}

/// A refresh token.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = refresh_tokens)]
pub struct RefreshRow {
    pub id: RefreshTokenId,
    pub session_id: SessionId,
    pub expires_at: Timestamp,
    pub rotated_at: Option<Timestamp>,
    pub successor_id: Option<i64>,
}
