//! Collects blobs that no row has named for a day: uploads that were never sent, and files whose transaction failed, of
//! which not even the table of blobs knows.
//!
//! Both are found in steps, by reading: a page of the table and some directories at a time, from where the last round
//! ended. Only what was found is judged once more, within a short write transaction.

use crate::kernel::{
    Core, Result,
    db::{
        Connection,
        schema::{attachments, blobs, fetched_mails, messages, outbox, quarantine, template_images},
    },
};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use shared::time::Timestamp;
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// How long a blob may go unnamed.
pub const GRACE: Duration = Duration::from_secs(24 * 3_600);
/// Rows of a page, and files of a step.
const PAGE: usize = 1_000;
/// Pages and steps of a round.
const STEPS: usize = 10;
/// Wait between rounds while there is more.
const SOON: Duration = Duration::from_secs(30);
/// Rest after the last row.
const ROWS_REST: Duration = Duration::from_secs(3_600);
/// Rest after the last file; a failed transaction is rare.
const FILES_REST: Duration = Duration::from_secs(24 * 3_600);

/// Where the collection stands.
#[derive(Debug, Default)]
pub struct Sweep {
    rows: Walk,
    files: Walk,
}

/// A walk, and when it begins anew.
#[derive(Debug, Default)]
struct Walk {
    after: String,
    rests_until: Option<Instant>,
}

impl Walk {
    fn rests(&self) -> bool {
        self.rests_until.is_some_and(|until| until > Instant::now())
    }

    /// Goes on after `next`, or rests at the end.
    fn advance(&mut self, next: Option<String>, rest: Duration) {
        self.rests_until = next.is_none().then(|| Instant::now() + rest);
        self.after = next.unwrap_or_default();
    }
}

impl Sweep {
    /// One round; answers when to look again.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub async fn tick(&mut self, core: &Core) -> Result<Duration> {
        for _ in 0..STEPS {
            if !self.rows.rests() {
                let next = collect_unnamed(core, self.rows.after.clone()).await?;
                self.rows.advance(next, ROWS_REST);
            }
            if !self.files.rests() {
                let next = collect_unknown(core, &self.files.after).await?;
                self.files.advance(next, FILES_REST);
            }
        }
        Ok(if self.rows.rests() && self.files.rests() { ROWS_REST } else { SOON })
    }
}

/// Collects what the next page of the table has that nothing names; answers where the page after it begins.
async fn collect_unnamed(core: &Core, after: String) -> Result<Option<String>> {
    let before = core.now().minus(GRACE);
    let (last, found) = core
        .db
        .read(move |conn| {
            let page = page(conn, &after, before)?;
            let last = (page.len() >= PAGE).then(|| page.last().cloned()).flatten();
            Ok((last, unnamed(conn, &page, before)?))
        })
        .await?;
    if found.is_empty() {
        return Ok(last);
    }
    let forgotten = core
        .db
        .write(move |conn| {
            // Named since, or stored again.
            let still = unnamed(conn, &found, before)?;
            diesel::delete(blobs::table.filter(blobs::sha256.eq_any(&still))).execute(conn)?;
            Ok(still)
        })
        .await?;
    for sha256 in &forgotten {
        core.blobs.collect(sha256, GRACE).await?;
    }
    Ok(last)
}

/// Collects the old files of the next directories of which no row knows; answers where to go on.
async fn collect_unknown(core: &Core, after: &str) -> Result<Option<String>> {
    let (old, next) = core.blobs.old_ones(after, GRACE, PAGE).await?;
    let found = core.db.read(move |conn| Ok(unknown(conn, old)?)).await?;
    if !found.is_empty() {
        // A transaction that was under way may have registered it since. Whoever does so later stores it anew before,
        // and then it is not old any more.
        let still = core.db.write(move |conn| Ok(unknown(conn, found.clone())?)).await?;
        for sha256 in &still {
            core.blobs.collect(sha256, GRACE).await?;
        }
        metrics::counter!("posta_unknown_files_collected_total").increment(u64::try_from(still.len()).unwrap_or(0));
    }
    Ok(next)
}

/// Blobs stored before `before`, the next after `after`.
///
/// # Errors
/// The database's.
pub fn page(conn: &mut Connection, after: &str, before: Timestamp) -> QueryResult<Vec<String>> {
    blobs::table
        .filter(blobs::sha256.gt(after))
        .filter(blobs::stored_at.lt(before))
        .order(blobs::sha256.asc())
        .limit(i64::try_from(PAGE).unwrap_or(i64::MAX))
        .select(blobs::sha256)
        .load(conn)
}

/// Those of `among` that were stored before `before` and that no row names.
///
/// # Errors
/// The database's.
pub fn unnamed(conn: &mut Connection, among: &[String], before: Timestamp) -> QueryResult<Vec<String>> {
    blobs::table
        .filter(blobs::sha256.eq_any(among))
        .filter(blobs::stored_at.lt(before))
        .filter(not(exists(messages::table.filter(messages::source_hash.eq(blobs::sha256.nullable())))))
        .filter(not(exists(attachments::table.filter(attachments::sha256.eq(blobs::sha256)))))
        .filter(not(exists(template_images::table.filter(template_images::sha256.eq(blobs::sha256)))))
        .filter(not(exists(outbox::table.filter(outbox::source_hash.eq(blobs::sha256)))))
        .filter(not(exists(quarantine::table.filter(quarantine::source_hash.eq(blobs::sha256.nullable())))))
        .filter(not(exists(
            fetched_mails::table
                .filter(fetched_mails::source_hash.eq(blobs::sha256.nullable()))
                .filter(fetched_mails::message_id.is_null())
                .filter(fetched_mails::fate.ne("duplicate")),
        )))
        .select(blobs::sha256)
        .load(conn)
}

/// Those of `names` of which the table of blobs does not know.
fn unknown(conn: &mut Connection, names: Vec<String>) -> QueryResult<Vec<String>> {
    let mut known = HashSet::new();
    // A directory may hold more files than a statement takes parameters.
    for some in names.chunks(PAGE) {
        let rows: Vec<String> = blobs::table.filter(blobs::sha256.eq_any(some)).select(blobs::sha256).load(conn)?;
        known.extend(rows);
    }
    Ok(names.into_iter().filter(|name| !known.contains(name)).collect())
}
