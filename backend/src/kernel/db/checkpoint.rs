//! Keeps SQLite's log short, so that no writer has to.
//!
//! As it comes, SQLite lets whoever commits past 1,000 pages of log copy them into the database and flush it before he goes
//! on, and everyone who wants to write waits for that. Here a reader's connection does it, beside the writers: a *passive*
//! checkpoint holds nobody up. The log begins anew only when all of it is copied and nobody writes at that moment, which a
//! long burst never allows; so the writers' own checkpoint stays, at [`WRITERS_PAGES`], and finds little left to copy.

use super::{Connection, Engine};
use crate::kernel::{Core, Result, db::Db, workers};
use diesel::{prelude::*, sql_query, sql_types::Integer};
use std::time::Duration;

/// Pages of log that are worth copying.
const PAGES: i32 = 1_000;
/// Pages of log at which a writer copies them himself: 32 MB.
pub const WRITERS_PAGES: u32 = 8_000;
/// Looks at most so often.
const PAUSE: Duration = Duration::from_millis(20);
/// Looks when something was written; but for that never.
const LONG: Duration = Duration::from_secs(3_600);

/// Runs until the process stops; on PostgreSQL not at all.
pub async fn run(core: Core) {
    if core.db.engine() == Engine::Postgres {
        return;
    }
    let written = core.db.written();
    workers::run("checkpoint", core.stop.clone(), written, || tick(core.db.clone())).await;
}

async fn tick(db: Db) -> Result<Duration> {
    tokio::time::sleep(PAUSE).await;
    db.read(|conn| Ok(copy(conn, PAGES)?)).await?;
    Ok(LONG)
}

#[derive(Debug, Clone, Copy, QueryableByName)]
struct Log {
    #[diesel(sql_type = Integer)]
    log: i32,
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

/// Copies what is in the log into the database, if that is as many pages. How many pages were left to copy before.
///
/// # Errors
/// The database's.
pub fn copy(conn: &mut Connection, pages: i32) -> QueryResult<i32> {
    let Connection::Sqlite(conn) = conn else { return Ok(0) };
    let log: Log = sql_query("PRAGMA wal_checkpoint(NOOP)").get_result(conn)?;
    let left = log.log.saturating_sub(log.checkpointed);
    if left >= pages {
        let _: Log = sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(conn)?;
    }
    Ok(left)
}
