//! Users: made, changed, disabled, limited to campaigns, signed out (S2, A4). The last enabled administrator stays one,
//! and nobody takes his own administration away by mistake.

use super::{
    queries::{self, Which},
    rows::{NewUser, UserRow},
    service::Service,
    setup::make,
};
use crate::kernel::{
    Error, Result, audit,
    db::{Connection, arms},
    events::{self, Audience},
    fold::fold,
    http::{auth::Principal, cursor, extract::IfMatch, idempotency::Once},
    secrets::random_token,
};
use diesel::result::{DatabaseErrorKind, Error as Diesel};
use serde_json::json;
use shared::{
    api::access::{CreateUser, SessionView, Theme, UpdateUser, UserView, new_password},
    error::ErrorCode,
    ids::{CampaignId, SessionId, UserId},
    live::LiveEvent,
    page::{Page, PageQuery},
    permission::{CampaignScope, Permission, Role},
    time::Timestamp,
    validate::{Issues, Rule},
};

/// Space of the advisory lock under which administrators are counted.
const ADMINISTRATORS: i32 = 0x6163_6302;

impl Service {
    /// Users whom the caller sees, by sign-in name.
    pub(super) async fn list_users(&self, caller: &Principal, query: PageQuery) -> Result<Page<UserView>> {
        let (me, scope, now) = (caller.user_id, caller.scope.clone(), self.core.now());
        let limit = cursor::limit(query.limit)?;
        let after: Option<String> = cursor::read(query.cursor.as_deref())?;
        let shown = scope.clone();
        let rows = self
            .core
            .db
            .read(move |conn| {
                Ok(queries::list_users(conn, me, &scope, after.as_deref(), limit.saturating_add(1), now)?)
            })
            .await?;
        let page = cursor::page(rows, limit, |one| one.user.login_folded.clone());
        let items = page.items.into_iter().map(|one| one.user.view(within(one.limits, &shown), one.link_until));
        let items = items.collect();
        Ok(Page { items, next_cursor: page.next_cursor })
    }

    /// One user.
    pub(super) async fn get_user(&self, caller: &Principal, id: UserId) -> Result<UserView> {
        let (me, scope, now) = (caller.user_id, caller.scope.clone(), self.core.now());
        self.core
            .db
            .read(move |conn| {
                let row = queries::visible_user(conn, me, &scope, id)?.ok_or(ErrorCode::NotFound)?;
                let link = queries::link_until(conn, id, now)?;
                Ok(row.view(within(queries::limits(conn, id)?, &scope), link))
            })
            .await
    }

    /// Makes a user.
    pub(super) async fn create_user(
        &self,
        caller: &Principal,
        key: Option<String>,
        request: CreateUser,
    ) -> Result<UserView> {
        let (actor, now) = (caller.user_id, self.core.now());
        // The password stays out of what is remembered of the request.
        let once =
            key.map(|key| Once::new(actor, key, "create_user", &CreateUser { password: None, ..request.clone() }));
        // Of one without password nobody knows what he would have to type: he chooses one by a link.
        let password = request.password.unwrap_or_else(random_token);
        let new = NewUser {
            login_folded: fold(&request.login),
            login: request.login,
            name: request.name,
            role: request.role,
            password_hash: self.passwords.hash(password).await?,
            must_change_password: request.must_change_password,
            enabled: true,
            language: request.language,
            theme: Theme::System,
            single_key_shortcuts: true,
            undo_send_seconds: 10,
            created_at: now,
            screen_monitoring: false,
            version: 1,
        };
        let limits = distinct(request.limited_to);
        self.core
            .db
            .write(move |conn| {
                let work = |conn: &mut Connection| {
                    let user = make(conn, &new)?;
                    limit(conn, user.id, &limits)?;
                    let detail = json!({ "role": user.role, "limited_to": limits });
                    record(conn, now, actor, "access.create_user", user.id, detail)?;
                    Ok(user.view(limits.clone(), None))
                };
                match &once {
                    Some(once) => once.run(conn, now, work),
                    None => work(conn),
                }
            })
            .await
    }

    /// Changes a user. A change of role or password, and disabling, end his sessions; one of limits his live connections,
    /// which are made again with what he may see now.
    pub(super) async fn update_user(
        &self,
        caller: &Principal,
        id: UserId,
        if_match: IfMatch,
        change: UpdateUser,
    ) -> Result<UserView> {
        let (actor, now) = (caller.user_id, self.core.now());
        let password_hash = match &change.password {
            None => None,
            Some(password) => {
                let user = self.core.db.read(move |conn| Ok(queries::user(conn, id)?)).await?;
                let login = user.ok_or(ErrorCode::NotFound)?.login;
                let mut issues = Issues::default();
                new_password(&mut issues, "password", password, &login);
                issues.into_result().map_err(Error::invalid)?;
                Some(self.passwords.hash(password.clone()).await?)
            }
        };
        let limits = change.limited_to.clone().map(distinct);
        self.core
            .db
            .write(move |conn| {
                let before = queries::user(conn, id)?.ok_or(ErrorCode::NotFound)?;
                if_match.check(before.version)?;
                keep_an_administrator(conn, actor, &before, &change)?;
                if !queries::update_user(conn, id, before.version, &change, password_hash.as_deref())? {
                    return Err(ErrorCode::VersionMismatch.into());
                }
                let limited_before = queries::limits(conn, id)?;
                if let Some(limits) = &limits {
                    limit(conn, id, limits)?;
                }
                let after = queries::user(conn, id)?.ok_or(ErrorCode::NotFound)?;
                let limits = queries::limits(conn, id)?;
                let detail = json!({
                    "name": change.name.is_some(),
                    "role": change.role,
                    "enabled": change.enabled,
                    "password": change.password.is_some(),
                    "limited_to": change.limited_to,
                    "screen_monitoring": change.screen_monitoring,
                });
                record(conn, now, actor, "access.update_user", id, detail)?;
                if before.role != after.role || !after.enabled || password_hash.is_some() {
                    queries::revoke(conn, now, id, Which::All)?;
                } else if distinct(limited_before) != distinct(limits.clone()) {
                    let audience = Audience { users: vec![id], permission: Permission::UsersRead, campaign: None };
                    events::append(conn, now, &audience, &LiveEvent::RightsChanged { user_id: id })?;
                }
                // Who knows of a link can still choose a password; one who may not come in must not.
                if !after.enabled || password_hash.is_some() {
                    queries::drop_link(conn, id)?;
                }
                let link = queries::link_until(conn, id, now)?;
                Ok(after.view(limits, link))
            })
            .await
    }

    /// The sessions of a user that are not over.
    pub(super) async fn list_sessions_of(
        &self,
        caller: &Principal,
        id: UserId,
        query: PageQuery,
    ) -> Result<Page<SessionView>> {
        let (asking, now) = (caller.session_id, self.core.now());
        let limit = cursor::limit(query.limit)?;
        let before: Option<SessionId> = cursor::read(query.cursor.as_deref())?;
        let rows = self
            .core
            .db
            .read(move |conn| {
                queries::user(conn, id)?.ok_or(ErrorCode::NotFound)?;
                Ok(queries::live_sessions(conn, id, now, before, limit.saturating_add(1))?)
            })
            .await?;
        let views = rows.into_iter().map(|row| row.view(asking)).collect();
        Ok(cursor::page(views, limit, |view: &SessionView| view.id))
    }

    /// Ends one session of a user.
    pub(super) async fn end_session_of(&self, caller: &Principal, id: UserId, session: SessionId) -> Result<()> {
        let (actor, now) = (caller.user_id, self.core.now());
        self.core
            .db
            .write(move |conn| {
                let live = queries::standing(conn, session)?
                    .is_some_and(|(standing, _)| standing.user_id == id && standing.is_good(now));
                if !live {
                    return Err(ErrorCode::NotFound.into());
                }
                queries::revoke(conn, now, id, Which::One(session))?;
                record(conn, now, actor, "access.end_session_of", id, json!({ "session": session }))
            })
            .await
    }

    /// Ends all sessions of a user.
    pub(super) async fn sign_out_user(&self, caller: &Principal, id: UserId) -> Result<()> {
        let (actor, now) = (caller.user_id, self.core.now());
        self.core
            .db
            .write(move |conn| {
                queries::user(conn, id)?.ok_or(ErrorCode::NotFound)?;
                record(conn, now, actor, "access.sign_out_user", id, json!({}))?;
                queries::revoke(conn, now, id, Which::All)?;
                Ok(())
            })
            .await
    }
}

/// Refuses what would leave nobody, or not even the caller, to administrate.
fn keep_an_administrator(conn: &mut Connection, actor: UserId, before: &UserRow, change: &UpdateUser) -> Result<()> {
    let demoted = change.role.is_some_and(|role| role != Role::Administrator);
    let disabled = change.enabled == Some(false);
    let field = match (disabled, demoted) {
        (true, _) => "enabled",
        (_, true) => "role",
        _ => return Ok(()),
    };
    if before.id == actor {
        return Err(Error::field(field, Rule::Inconsistent, "nobody takes his own rights away"));
    }
    if before.role == Role::Administrator && before.enabled {
        // Two administrators who disable each other at the same moment must not both find the other one.
        arms::lock_pair(conn, ADMINISTRATORS, 0)?;
        if queries::other_administrators(conn, before.id)? == 0 {
            return Err(Error::field(field, Rule::Inconsistent, "the last administrator stays one"));
        }
    }
    Ok(())
}

fn limit(conn: &mut Connection, id: UserId, campaigns: &[CampaignId]) -> Result<()> {
    queries::set_limits(conn, id, campaigns).map_err(|error| match error {
        Diesel::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
            Error::field("limited_to", Rule::UnknownValue, "names a campaign that does not exist")
        }
        error => error.into(),
    })
}

fn distinct(mut campaigns: Vec<CampaignId>) -> Vec<CampaignId> {
    campaigns.sort_unstable();
    campaigns.dedup();
    campaigns
}

/// A limited caller learns nothing of other campaigns.
fn within(limits: Vec<CampaignId>, scope: &CampaignScope) -> Vec<CampaignId> {
    limits.into_iter().filter(|campaign| scope.holds(*campaign)).collect()
}

pub(super) fn record(
    conn: &mut Connection,
    now: Timestamp,
    actor: UserId,
    action: &str,
    id: UserId,
    detail: serde_json::Value,
) -> Result<()> {
    let entry = audit::Entry { actor: Some(actor), action, object: "user", object_id: Some(id.0), detail };
    Ok(audit::record(conn, now, &entry)?)
}
