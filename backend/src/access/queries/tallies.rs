//! Failed sign-ins, per account and per network.

use crate::{
    access::lockout::Tally,
    kernel::db::{Connection, arms, schema::sign_in_failures},
};
use diesel::prelude::*;
use shared::time::Timestamp;

/// Space of the advisory locks under which a bucket is counted.
const LOCK_SPACE: i32 = 0x6163_6301;

/// What is counted in a bucket; holds back others who count in it until the transaction ends.
pub fn lock_tally(conn: &mut Connection, bucket: &str) -> QueryResult<Option<Tally>> {
    let key = bucket.bytes().fold(0_i64, |key, byte| key.wrapping_mul(31).wrapping_add(i64::from(byte)));
    arms::lock_pair(conn, LOCK_SPACE, key)?;
    let row: Option<(i32, Timestamp, Timestamp)> = sign_in_failures::table
        .find(bucket)
        .select((sign_in_failures::failures, sign_in_failures::last_failed_at, sign_in_failures::blocked_until))
        .first(conn)
        .optional()?;
    Ok(row.map(|(failures, last_failed_at, blocked_until)| Tally { failures, last_failed_at, blocked_until }))
}

/// Stores what is counted in a bucket.
pub fn put_tally(conn: &mut Connection, bucket: &str, tally: Tally) -> QueryResult<()> {
    arms::upsert_sign_in_failures(conn, bucket, tally.failures, tally.last_failed_at, tally.blocked_until)
}

/// Empties a bucket.
pub fn clear_tally(conn: &mut Connection, bucket: &str) -> QueryResult<()> {
    diesel::delete(sign_in_failures::table.find(bucket)).execute(conn)?;
    Ok(())
}

/// Forgets buckets quiet since `before`.
pub fn forget_tallies(conn: &mut Connection, before: Timestamp) -> QueryResult<usize> {
    diesel::delete(sign_in_failures::table.filter(sign_in_failures::last_failed_at.lt(before))).execute(conn)
}
