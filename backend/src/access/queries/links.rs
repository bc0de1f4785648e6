//! Links by which users choose their password, by the hashes of their tokens.

use crate::kernel::db::{Connection, arms, schema::user_links};
use diesel::prelude::*;
use shared::{ids::UserId, time::Timestamp};

/// Space of [`arms::lock_pair`]: the link of one user.
const LOCK_LINK: i32 = 0x6163_6c6b;

/// Stores a user's link; the one before is void. Of two at once, the later one stays.
pub fn set_link(conn: &mut Connection, user: UserId, hash: &[u8], expires_at: Timestamp) -> QueryResult<()> {
    arms::lock_pair(conn, LOCK_LINK, user.0)?;
    drop_link(conn, user)?;
    diesel::insert_into(user_links::table)
        .values((
            user_links::user_id.eq(user),
            user_links::token_hash.eq(hash.to_vec()),
            user_links::expires_at.eq(expires_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whose link this is, if it is still good.
pub fn user_of_link(conn: &mut Connection, hash: &[u8], now: Timestamp) -> QueryResult<Option<UserId>> {
    user_links::table
        .filter(user_links::token_hash.eq(hash.to_vec()))
        .filter(user_links::expires_at.gt(now))
        .select(user_links::user_id)
        .first(conn)
        .optional()
}

/// Spends a link; of two who try at once, one is told that he did.
pub fn spend_link(conn: &mut Connection, hash: &[u8]) -> QueryResult<bool> {
    Ok(diesel::delete(user_links::table.filter(user_links::token_hash.eq(hash.to_vec()))).execute(conn)? == 1)
}

/// Until when a user's link is good, if one is out.
pub fn link_until(conn: &mut Connection, user: UserId, now: Timestamp) -> QueryResult<Option<Timestamp>> {
    user_links::table
        .find(user)
        .filter(user_links::expires_at.gt(now))
        .select(user_links::expires_at)
        .first(conn)
        .optional()
}

/// Makes a user's link void.
pub fn drop_link(conn: &mut Connection, user: UserId) -> QueryResult<usize> {
    diesel::delete(user_links::table.find(user)).execute(conn)
}

/// Forgets links that expired unused.
pub fn forget_links(conn: &mut Connection, now: Timestamp) -> QueryResult<usize> {
    diesel::delete(user_links::table.filter(user_links::expires_at.le(now))).execute(conn)
}
