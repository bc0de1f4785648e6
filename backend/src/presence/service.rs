//! Use cases: one's own state, and coming and going as the live socket tells it.

use super::queries;
use crate::{
    access,
    kernel::{
        Core, Error, Result, audit,
        db::Connection,
        events::{self, Audience},
        http::{auth::Principal, cursor},
    },
};
use serde_json::json;
use shared::{
    api::presence::{AgentState, BreakKind, BreakKinds, ExternalLoad, ReportExternalLoad, SetAgentState},
    error::ErrorCode,
    ids::UserId,
    live::LiveEvent,
    page::{Page, PageQuery},
    permission::Permission,
    time::Timestamp,
    validate::Rule,
};
use std::{collections::BTreeMap, time::Duration};

/// The use cases of this room.
#[derive(Debug, Clone)]
pub struct Service {
    core: Core,
}

impl Service {
    /// The service over the kernel's parts.
    #[must_use]
    pub fn new(core: Core) -> Self {
        Self { core }
    }

    fn offline_after(&self) -> Duration {
        Duration::from_secs(self.core.settings.routing.offline_seconds)
    }

    /// The caller's state; written down when it is asked for the first time.
    pub(super) async fn my_state(&self, caller: &Principal) -> Result<AgentState> {
        let (user, now, offline_after) = (caller.user_id, self.core.now(), self.offline_after());
        if !self.core.db.read(move |conn| Ok(queries::is_known(conn, user)?)).await? {
            self.core.db.write(move |conn| Ok(queries::ensure(conn, user, now)?)).await?;
        }
        self.core.db.read(move |conn| Ok(queries::state_of(conn, user, now, offline_after)?)).await
    }

    /// Changes the caller's state.
    pub(super) async fn set_my_state(&self, caller: &Principal, wanted: SetAgentState) -> Result<AgentState> {
        let (user, now, offline_after) = (caller.user_id, self.core.now(), self.offline_after());
        self.core
            .db
            .write(move |conn| {
                if let Some(code) = &wanted.break_code
                    && !queries::is_break_kind(conn, code)?
                {
                    return Err(Error::field("break_code", Rule::UnknownValue, "is not a kind of break"));
                }
                let changed = queries::set_state(conn, user, &wanted, now)?;
                let state = queries::state_of(conn, user, now, offline_after)?;
                if changed {
                    let entry = audit::Entry {
                        actor: Some(user),
                        action: "presence.set_state",
                        object: "user",
                        object_id: Some(user.0),
                        detail: json!(wanted),
                    };
                    audit::record(conn, now, &entry)?;
                    queries::note_change(conn, &state, now)?;
                    announce(conn, now, state.clone())?;
                }
                Ok(state)
            })
            .await
    }

    /// Ends the caller's rest after what he finished.
    pub(super) async fn end_wrap_up(&self, caller: &Principal) -> Result<AgentState> {
        let (user, now, offline_after) = (caller.user_id, self.core.now(), self.offline_after());
        self.core
            .db
            .write(move |conn| {
                if queries::end_rest(conn, user, now)? {
                    tell(conn, user, now, offline_after)?;
                }
                Ok(queries::state_of(conn, user, now, offline_after)?)
            })
            .await
    }

    /// What an agent does elsewhere.
    ///
    /// # Errors
    /// `not_found`: no agent whom the caller sees.
    pub(super) async fn external(&self, caller: Principal, user: UserId) -> Result<ExternalLoad> {
        let now = self.core.now();
        self.core
            .db
            .read(move |conn| {
                must_see(conn, &caller, user)?;
                let known = queries::external(conn, user)?.filter(|row| row.expires_at > now);
                Ok(known.map_or_else(|| nothing(user), |row| row.view()))
            })
            .await
    }

    /// Stores what an integrator reports of an agent (S44). What is only repeated, to hold longer, is no change for the log.
    ///
    /// # Errors
    /// `not_found`: no agent whom the caller sees.
    pub(super) async fn report_external(
        &self,
        caller: Principal,
        user: UserId,
        report: ReportExternalLoad,
    ) -> Result<ExternalLoad> {
        let (now, offline_after) = (self.core.now(), self.offline_after());
        let expires_at = now.plus(Duration::from_secs(report.expires_in_seconds.into()));
        self.core
            .db
            .write(move |conn| {
                must_see(conn, &caller, user)?;
                let before = queries::external(conn, user)?.filter(|row| row.expires_at > now);
                queries::set_external(conn, user, &report, expires_at, now)?;
                let same = before
                    .is_some_and(|row| row.in_call == report.in_call && row.interactions.0 == report.interactions);
                if same {
                    let state = queries::state_of(conn, user, now, offline_after)?;
                    announce(conn, now, state)?;
                } else {
                    let detail = json!({ "in_call": report.in_call, "interactions": report.interactions });
                    note(conn, &caller, "presence.report_external", user, detail, now)?;
                    tell(conn, user, now, offline_after)?;
                }
                let stored = queries::external(conn, user)?;
                Ok(stored.map_or_else(|| nothing(user), |row| row.view()))
            })
            .await
    }

    /// Forgets what was reported of an agent.
    ///
    /// # Errors
    /// `not_found`: no agent whom the caller sees.
    pub(super) async fn clear_external(&self, caller: Principal, user: UserId) -> Result<()> {
        let (now, offline_after) = (self.core.now(), self.offline_after());
        self.core
            .db
            .write(move |conn| {
                must_see(conn, &caller, user)?;
                if queries::clear_external(conn, user)? {
                    note(conn, &caller, "presence.clear_external", user, json!({}), now)?;
                    tell(conn, user, now, offline_after)?;
                }
                Ok(())
            })
            .await
    }

    /// Kinds of breaks, in the administrator's order.
    pub(super) async fn break_kinds(&self, query: PageQuery) -> Result<Page<BreakKind>> {
        let limit = cursor::limit(query.limit)?;
        let after: Option<i32> = cursor::read(query.cursor.as_deref())?;
        let rows =
            self.core.db.read(move |conn| Ok(queries::break_kinds(conn, after, limit.saturating_add(1))?)).await?;
        let page = cursor::page(rows, limit, |row| row.position);
        Ok(Page { items: page.items.into_iter().map(|row| row.view()).collect(), next_cursor: page.next_cursor })
    }

    /// Replaces the kinds of breaks. Whoever is on one that was left out stays on it.
    pub(super) async fn set_break_kinds(&self, caller: &Principal, kinds: BreakKinds) -> Result<Page<BreakKind>> {
        let (actor, now) = (caller.user_id, self.core.now());
        self.core
            .db
            .write(move |conn| {
                queries::lock_break_kinds(conn)?;
                queries::set_break_kinds(conn, &kinds.items)?;
                let entry = audit::Entry {
                    actor: Some(actor),
                    action: "presence.set_break_kinds",
                    object: "settings",
                    object_id: None,
                    detail: json!(kinds),
                };
                audit::record(conn, now, &entry)?;
                let everybody = Audience { users: vec![], permission: Permission::ConversationsRead, campaign: None };
                events::append(conn, now, &everybody, &LiveEvent::SettingsChanged {})?;
                Ok(Page { items: kinds.items.clone(), next_cursor: None })
            })
            .await
    }

    /// Notes a sign of life of a session, and tells the world when its user has come with it. Whether the session is
    /// still good.
    ///
    /// # Errors
    /// The database's.
    pub async fn seen(&self, principal: &Principal) -> Result<bool> {
        let (user, session) = (principal.user_id, principal.session_id);
        let (now, offline_after) = (self.core.now(), self.offline_after());
        self.core
            .db
            .write(move |conn| {
                let was_here = access::is_online(conn, user, now, offline_after)?;
                if !access::seen(conn, session, now)? {
                    return Ok(false);
                }
                queries::ensure(conn, user, now)?;
                if !was_here {
                    tell(conn, user, now, offline_after)?;
                }
                Ok(true)
            })
            .await
    }

    /// Notes that the last socket of a session has gone, and tells the world when its user has gone with it.
    ///
    /// # Errors
    /// The database's.
    pub async fn gone(&self, principal: &Principal) -> Result<()> {
        let (user, session) = (principal.user_id, principal.session_id);
        let (now, offline_after) = (self.core.now(), self.offline_after());
        self.core
            .db
            .write(move |conn| {
                let last = access::gone(conn, session)?;
                // The session may have been revoked a moment ago, so it is its own sign of life that counts.
                let was_here = last > now.minus(offline_after);
                if was_here && !access::is_online(conn, user, now, offline_after)? {
                    tell(conn, user, now, offline_after)?;
                }
                Ok(())
            })
            .await
    }
}

fn must_see(conn: &mut Connection, caller: &Principal, user: UserId) -> Result<()> {
    if queries::sees(conn, &caller.scope, user)? { Ok(()) } else { Err(ErrorCode::NotFound.into()) }
}

fn nothing(user_id: UserId) -> ExternalLoad {
    ExternalLoad { user_id, in_call: false, interactions: BTreeMap::new(), expires_at: None, updated_at: None }
}

fn note(
    conn: &mut Connection,
    caller: &Principal,
    action: &str,
    user: UserId,
    detail: serde_json::Value,
    now: Timestamp,
) -> Result<()> {
    let entry = audit::Entry { actor: Some(caller.user_id), action, object: "user", object_id: Some(user.0), detail };
    Ok(audit::record(conn, now, &entry)?)
}

/// Notes an agent's state among the facts, and tells it to those whom it concerns. Call it late in a transaction.
///
/// # Errors
/// The database's.
pub fn tell(conn: &mut Connection, user: UserId, now: Timestamp, offline_after: Duration) -> Result<()> {
    let state = queries::state_of(conn, user, now, offline_after)?;
    queries::note_change(conn, &state, now)?;
    announce(conn, now, state)
}

/// Tells the agent's own pages, and those who supervise him. Supervisors are named one by one: an agent is in several
/// campaigns, and who is limited to others must not hear of him.
fn announce(conn: &mut Connection, now: Timestamp, state: AgentState) -> Result<()> {
    let mut users = queries::supervisors_of(conn, state.user_id)?;
    users.push(state.user_id);
    let audience = Audience { users, permission: Permission::UsersWrite, campaign: None };
    Ok(events::append(conn, now, &audience, &LiveEvent::AgentStateChanged { state })?)
}
