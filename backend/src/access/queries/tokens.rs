//! Refresh tokens and one-time tokens, by their hashes.

use crate::{
    access::rows::RefreshRow,
    kernel::db::{
        Connection,
        schema::{one_time_tokens, refresh_tokens},
    },
};
use diesel::prelude::*;
use shared::{
    ids::{RefreshTokenId, SessionId},
    time::Timestamp,
};

/// What a one-time token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Make the first administrator.
    Setup,
    /// Open the live socket.
    Socket,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Socket => "socket",
        }
    }
}

/// Stores a refresh token.
pub fn insert_refresh_token(
    conn: &mut Connection,
    session: SessionId,
    hash: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> QueryResult<RefreshTokenId> {
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::session_id.eq(session),
            refresh_tokens::token_hash.eq(hash.to_vec()),
            refresh_tokens::issued_at.eq(now),
            refresh_tokens::expires_at.eq(expires_at),
        ))
        .returning(refresh_tokens::id)
        .get_result(conn)
}

/// The refresh token with this hash.
pub fn refresh_token(conn: &mut Connection, hash: &[u8]) -> QueryResult<Option<RefreshRow>> {
    refresh_tokens::table
        .filter(refresh_tokens::token_hash.eq(hash.to_vec()))
        .select(RefreshRow::as_select())
        .first(conn)
        .optional()
}

/// Whether a refresh token has been replaced.
pub fn is_rotated(conn: &mut Connection, id: i64) -> QueryResult<bool> {
    let at: Option<Option<Timestamp>> =
        refresh_tokens::table.find(id).select(refresh_tokens::rotated_at).first(conn).optional()?;
    Ok(at.flatten().is_some())
}

/// Marks a refresh token as replaced; of two who try at once, one is told that he did.
pub fn claim_rotation(conn: &mut Connection, id: RefreshTokenId, now: Timestamp) -> QueryResult<bool> {
    let row = refresh_tokens::table.filter(refresh_tokens::id.eq(id)).filter(refresh_tokens::rotated_at.is_null());
    Ok(diesel::update(row).set(refresh_tokens::rotated_at.eq(now)).execute(conn)? == 1)
}

/// Names the token that replaced another.
pub fn set_successor(conn: &mut Connection, id: RefreshTokenId, successor: RefreshTokenId) -> QueryResult<()> {
    diesel::update(refresh_tokens::table.find(id)).set(refresh_tokens::successor_id.eq(successor.0)).execute(conn)?;
    Ok(())
}

/// Forgets the session's refresh tokens that expired by themselves.
pub fn forget_refresh_tokens(conn: &mut Connection, session: SessionId, now: Timestamp) -> QueryResult<usize> {
    let old =
        refresh_tokens::table.filter(refresh_tokens::session_id.eq(session)).filter(refresh_tokens::expires_at.le(now));
    diesel::delete(old).execute(conn)
}

/// Ends all refresh tokens of a session, so that only one issued from now on continues it.
pub fn drop_refresh_tokens(conn: &mut Connection, session: SessionId) -> QueryResult<usize> {
    diesel::delete(refresh_tokens::table.filter(refresh_tokens::session_id.eq(session))).execute(conn)
}

/// Stores a one-time token.
pub fn insert_one_time_token(
    conn: &mut Connection,
    hash: &[u8],
    purpose: Purpose,
    session: Option<SessionId>,
    expires_at: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(one_time_tokens::table)
        .values((
            one_time_tokens::token_hash.eq(hash.to_vec()),
            one_time_tokens::purpose.eq(purpose.word()),
            one_time_tokens::session_id.eq(session),
            one_time_tokens::expires_at.eq(expires_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// A one-time token's session, if there is such a token and it has not expired.
pub fn one_time_token(
    conn: &mut Connection,
    hash: &[u8],
    purpose: Purpose,
    now: Timestamp,
) -> QueryResult<Option<Option<SessionId>>> {
    one_time_tokens::table
        .filter(one_time_tokens::token_hash.eq(hash.to_vec()))
        .filter(one_time_tokens::purpose.eq(purpose.word()))
        .filter(one_time_tokens::expires_at.gt(now))
        .select(one_time_tokens::session_id)
        .first(conn)
        .optional()
}

/// Spends a one-time token; of two who try at once, one is told that he did.
pub fn spend_one_time_token(conn: &mut Connection, hash: &[u8], purpose: Purpose) -> QueryResult<bool> {
    let row = one_time_tokens::table
        .filter(one_time_tokens::token_hash.eq(hash.to_vec()))
        .filter(one_time_tokens::purpose.eq(purpose.word()));
    Ok(diesel::delete(row).execute(conn)? == 1)
}

/// Forgets all one-time tokens of a purpose.
pub fn drop_one_time_tokens(conn: &mut Connection, purpose: Purpose) -> QueryResult<usize> {
    diesel::delete(one_time_tokens::table.filter(one_time_tokens::purpose.eq(purpose.word()))).execute(conn)
}

/// Forgets one-time tokens that expired unused.
pub fn forget_one_time_tokens(conn: &mut Connection, now: Timestamp) -> QueryResult<usize> {
    diesel::delete(one_time_tokens::table.filter(one_time_tokens::expires_at.le(now))).execute(conn)
}
