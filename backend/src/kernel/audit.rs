//! The audit log (A10): append-only, each line hashed over itself and the hash before, so that a line that was
//! changed or taken out shows. Every room writes it, in the transaction of what it records; no secrets go in.

use super::{
    Result,
    db::{Connection, arms, schema::audit_log},
    secrets::sha256_hex,
};
use diesel::prelude::*;
use serde_json::Value;
use shared::{
    api::operations::{AuditCheck, AuditView},
    ids::{AuditId, UserId},
    time::Timestamp,
};

/// Hash before the first line.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What is recorded.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// Who; `None` is the system, or nobody signed in.
    pub actor: Option<UserId>,
    /// What, as `room.verb`.
    pub action: &'a str,
    /// Kind of the thing.
    pub object: &'a str,
    /// Which one.
    pub object_id: Option<i64>,
    /// More; must hold no secret and no content of mail.
    pub detail: Value,
}

/// Appends a line. Call it late in a transaction: on PostgreSQL it holds back other writers of the log until the end.
///
/// # Errors
/// The database's.
pub fn record(conn: &mut Connection, at: Timestamp, entry: &Entry<'_>) -> QueryResult<()> {
    arms::lock_logs(conn)?;
    let previous: String = audit_log::table
        .order(audit_log::id.desc())
        .select(audit_log::hash)
        .first(conn)
        .optional()?
        .unwrap_or_else(|| GENESIS.to_owned());
    let detail = entry.detail.to_string();
    let hash = line_hash(&previous, at, entry.actor, entry.action, entry.object, entry.object_id, &detail);
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::at.eq(at),
            audit_log::actor_id.eq(entry.actor),
            audit_log::action.eq(entry.action),
            audit_log::object.eq(entry.object),
            audit_log::object_id.eq(entry.object_id),
            audit_log::detail.eq(detail),
            audit_log::previous_hash.eq(previous),
            audit_log::hash.eq(hash),
        ))
        .execute(conn)?;
    Ok(())
}

fn line_hash(
    previous: &str,
    at: Timestamp,
    actor: Option<UserId>,
    action: &str,
    object: &str,
    object_id: Option<i64>,
    detail: &str,
) -> String {
    // JSON of an array is unambiguous where plain joining is not.
    let line = serde_json::json!([previous, at.millis(), actor, action, object, object_id, detail]);
    sha256_hex(line.to_string().as_bytes())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_log)]
struct Row {
    id: AuditId,
    at: Timestamp,
    actor_id: Option<UserId>,
    action: String,
    object: String,
    object_id: Option<i64>,
    detail: String,
    previous_hash: String,
    hash: String,
}

/// Lines before `before` (newest first), at most `limit`.
///
/// # Errors
/// The database's.
pub fn list(conn: &mut Connection, before: Option<AuditId>, limit: i64) -> QueryResult<Vec<AuditView>> {
    let rows: Vec<Row> = audit_log::table
        .filter(audit_log::id.lt(before.unwrap_or(AuditId(i64::MAX))))
        .order(audit_log::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    let view = |row: Row| AuditView {
        id: row.id,
        at: row.at,
        actor_id: row.actor_id,
        action: row.action,
        object: row.object,
        object_id: row.object_id,
        detail: serde_json::from_str(&row.detail).unwrap_or_default(),
        hash: row.hash,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Walks the whole chain, in batches.
///
/// # Errors
/// The database's.
pub fn verify(conn: &mut Connection) -> Result<AuditCheck> {
    let mut previous = GENESIS.to_owned();
    let mut after = AuditId(0);
    let mut lines = 0;
    loop {
        let rows: Vec<Row> = audit_log::table
            .filter(audit_log::id.gt(after))
            .order(audit_log::id.asc())
            .limit(1_000)
            .select(Row::as_select())
            .load(conn)?;
        let Some(last) = rows.last() else { return Ok(AuditCheck { lines, broken_at: None }) };
        after = last.id;
        for row in rows {
            lines += 1;
            let hash = line_hash(&previous, row.at, row.actor_id, &row.action, &row.object, row.object_id, &row.detail);
            if row.previous_hash != previous || row.hash != hash {
                return Ok(AuditCheck { lines, broken_at: Some(row.id) });
            }
            previous = row.hash;
        }
    }
}
