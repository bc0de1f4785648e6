//! Sessions: what they allow now, signs of life, their end.

use crate::{
    access::rows::{NewSession, SessionRow, Standing},
    kernel::{
        db::{
            Connection,
            schema::{sessions, user_campaigns, users},
        },
        events::{self, Audience},
    },
};
use diesel::prelude::*;
use shared::{
    ids::{CampaignId, SessionId, UserId},
    live::LiveEvent,
    permission::Permission,
    time::Timestamp,
};
use std::time::Duration;

/// Before any sign of life.
pub const NEVER: Timestamp = Timestamp::from_millis(0);

/// Makes a session.
pub fn insert_session(conn: &mut Connection, new: &NewSession) -> QueryResult<SessionId> {
    diesel::insert_into(sessions::table).values(new.clone()).returning(sessions::id).get_result(conn)
}

/// The session, its user and the campaigns to which he is limited, in one query.
pub fn standing(conn: &mut Connection, id: SessionId) -> QueryResult<Option<(Standing, Vec<CampaignId>)>> {
    let rows: Vec<(Standing, Option<CampaignId>)> = sessions::table
        .inner_join(users::table)
        .left_join(user_campaigns::table.on(user_campaigns::user_id.eq(sessions::user_id)))
        .filter(sessions::id.eq(id))
        .select((
            (
                sessions::user_id,
                sessions::revoked_at,
                sessions::expires_at,
                sessions::last_seen_at,
                users::enabled,
                users::role,
                users::must_change_password,
                users::password_hash,
            ),
            user_campaigns::campaign_id.nullable(),
        ))
        .load(conn)?;
    let mut campaigns: Vec<CampaignId> = rows.iter().filter_map(|(_, campaign)| *campaign).collect();
    campaigns.sort_unstable();
    Ok(rows.into_iter().next().map(|(standing, _)| (standing, campaigns)))
}

/// A user's sessions that are not over, newest first, older than `before`.
pub fn live_sessions(
    conn: &mut Connection,
    user: UserId,
    now: Timestamp,
    before: Option<SessionId>,
    limit: i64,
) -> QueryResult<Vec<SessionRow>> {
    sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::id.lt(before.unwrap_or(SessionId(i64::MAX))))
        .order(sessions::id.desc())
        .limit(limit)
        .select(SessionRow::as_select())
        .load(conn)
}

/// Ends sessions of a user: all that are not ended yet, or only one, or all but one. Tells the sockets. Which ended.
pub fn revoke(conn: &mut Connection, now: Timestamp, user: UserId, which: Which) -> QueryResult<Vec<SessionId>> {
    let mine = sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::revoked_at.is_null());
    let all: Vec<SessionId> = mine.select(sessions::id).load(conn)?;
    let ended: Vec<SessionId> = all.into_iter().filter(|id| which.holds(*id)).collect();
    for id in &ended {
        diesel::update(sessions::table.find(*id)).set(sessions::revoked_at.eq(now)).execute(conn)?;
    }
    if !ended.is_empty() {
        // The hub hands it to the sockets of these sessions, whoever else may see it.
        let audience = Audience { users: vec![user], permission: Permission::UsersWrite, campaign: None };
        let event = LiveEvent::SessionsRevoked { user_id: user, session_ids: ended.clone() };
        events::append(conn, now, &audience, &event)?;
    }
    Ok(ended)
}

/// Which of a user's sessions.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    /// All of them.
    All,
    /// This one.
    One(SessionId),
    /// All but this one.
    AllBut(SessionId),
}

impl Which {
    fn holds(self, id: SessionId) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one == id,
            Self::AllBut(one) => one != id,
        }
    }
}

/// Notes that a session was refreshed, and puts its end off.
pub fn note_use(conn: &mut Connection, id: SessionId, now: Timestamp, expires_at: Timestamp) -> QueryResult<()> {
    diesel::update(sessions::table.find(id))
        .set((sessions::last_used_at.eq(now), sessions::expires_at.eq(expires_at)))
        .execute(conn)?;
    Ok(())
}

/// Notes a sign of life of a session that is not over; whether it is not.
///
/// # Errors
/// The database's.
pub fn seen(conn: &mut Connection, id: SessionId, now: Timestamp) -> QueryResult<bool> {
    let row = sessions::table
        .filter(sessions::id.eq(id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now));
    Ok(diesel::update(row).set(sessions::last_seen_at.eq(now)).execute(conn)? == 1)
}

/// Takes a session's last sign of life back, since its last socket has gone. When that sign was.
///
/// # Errors
/// The database's.
pub fn gone(conn: &mut Connection, id: SessionId) -> QueryResult<Timestamp> {
    let last: Option<Timestamp> = sessions::table.find(id).select(sessions::last_seen_at).first(conn).optional()?;
    diesel::update(sessions::table.find(id)).set(sessions::last_seen_at.eq(NEVER)).execute(conn)?;
    Ok(last.unwrap_or(NEVER))
}

/// Whether a user has a live session: one that is not over and gave a sign of life within `offline_after`.
///
/// # Errors
/// The database's.
pub fn is_online(conn: &mut Connection, user: UserId, now: Timestamp, offline_after: Duration) -> QueryResult<bool> {
    let live: Option<SessionId> = sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::last_seen_at.gt(now.minus(offline_after)))
        .select(sessions::id)
        .first(conn)
        .optional()?;
    Ok(live.is_some())
}

/// Forgets sessions that were over before `before`, and their tokens.
pub fn forget_sessions(conn: &mut Connection, before: Timestamp) -> QueryResult<usize> {
    use crate::kernel::db::schema::{one_time_tokens, refresh_tokens};
    let over: Vec<SessionId> = sessions::table
        .filter(sessions::expires_at.lt(before).or(sessions::revoked_at.lt(before).assume_not_null()))
        .order(sessions::id.asc())
        .limit(500)
        .select(sessions::id)
        .load(conn)?;
    for id in &over {
        diesel::delete(refresh_tokens::table.filter(refresh_tokens::session_id.eq(*id))).execute(conn)?;
        diesel::delete(one_time_tokens::table.filter(one_time_tokens::session_id.eq(*id))).execute(conn)?;
        diesel::delete(sessions::table.find(*id)).execute(conn)?;
    }
    Ok(over.len())
}
