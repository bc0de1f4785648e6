//! Collects blobs that no row has named for a day: uploads that were never sent, and raw mail whose transaction failed.

use crate::kernel::{
    Core, Result,
    db::schema::{attachments, blobs, fetched_mails, messages, outbox, quarantine},
};
use diesel::{dsl::exists, prelude::*};
use std::time::Duration;

/// How long a blob may go unnamed.
pub const GRACE: Duration = Duration::from_secs(24 * 3_600);

/// One round; answers when to look again.
///
/// # Errors
/// The database's and the disk's.
pub async fn tick(core: Core) -> Result<Duration> {
    let before = core.now().minus(GRACE);
    let unnamed: Vec<String> = core
        .db
        .write(move |conn| {
            let old: Vec<String> = blobs::table
                .filter(blobs::stored_at.lt(before))
                .filter(diesel::dsl::not(exists(
                    messages::table.filter(messages::source_hash.eq(blobs::sha256.nullable())),
                )))
                .filter(diesel::dsl::not(exists(attachments::table.filter(attachments::sha256.eq(blobs::sha256)))))
                .filter(diesel::dsl::not(exists(outbox::table.filter(outbox::source_hash.eq(blobs::sha256)))))
                .filter(diesel::dsl::not(exists(
                    quarantine::table.filter(quarantine::source_hash.eq(blobs::sha256.nullable())),
                )))
                .filter(diesel::dsl::not(exists(
                    fetched_mails::table
                        .filter(fetched_mails::source_hash.eq(blobs::sha256.nullable()))
                        .filter(fetched_mails::message_id.is_null())
                        .filter(fetched_mails::fate.ne("duplicate")),
                )))
                .limit(500)
                .select(blobs::sha256)
                .load(conn)?;
            diesel::delete(blobs::table.filter(blobs::sha256.eq_any(&old))).execute(conn)?;
            Ok(old)
        })
        .await?;
    for sha256 in &unnamed {
        core.blobs.collect(sha256, GRACE).await?;
    }
    Ok(Duration::from_secs(if unnamed.len() == 500 { 1 } else { 3_600 }))
}
