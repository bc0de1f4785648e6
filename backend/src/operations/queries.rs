//! Questions to the ledger of mailboxes and to the quarantine.

use crate::kernel::db::{
    Connection,
    schema::{fetched_mails, mail_accounts, mailboxes, quarantine},
};
use diesel::{dsl::count_star, prelude::*};
use shared::{
    api::operations::{MailboxLedger, QuarantineView},
    ids::{CampaignId, MailboxId, QuarantineId},
    time::Timestamp,
};

#[derive(Queryable)]
struct MailboxRow {
    id: MailboxId,
    folder: String,
    uid_validity: Option<i64>,
    last_uid: i64,
    skipped_to: i64,
    expunged: i64,
    compared_at: Option<Timestamp>,
    last_fetch_at: Option<Timestamp>,
}

/// At most `limit` mailboxes of a campaign after `after`, each with its ledger under its present UIDVALIDITY.
pub fn mailboxes(
    conn: &mut Connection,
    campaign: CampaignId,
    after: MailboxId,
    limit: i64,
) -> QueryResult<Vec<MailboxLedger>> {
    let rows: Vec<MailboxRow> = mailboxes::table
        .inner_join(mail_accounts::table)
        .filter(mail_accounts::campaign_id.eq(campaign))
        .filter(mailboxes::id.gt(after))
        .order(mailboxes::id.asc())
        .limit(limit)
        .select((
            mailboxes::id,
            mailboxes::folder,
            mailboxes::uid_validity,
            mailboxes::last_uid,
            mailboxes::skipped_to,
            mailboxes::expunged,
            mailboxes::compared_at,
            mailboxes::last_fetch_at,
        ))
        .load(conn)?;
    let ids: Vec<MailboxId> = rows.iter().map(|row| row.id).collect();
    let fates = fates(conn, &ids)?;
    let view = |row: MailboxRow| {
        let count = |fate: &str| {
            let of_this = fates.iter().find(|(mailbox, word, _)| *mailbox == row.id && word == fate);
            of_this.map_or(0, |(_, _, count)| *count)
        };
        MailboxLedger {
            id: row.id,
            campaign_id: campaign,
            stored: count("stored"),
            history: count("history"),
            quarantined: count("quarantined"),
            duplicates: count("duplicate"),
            folder: row.folder,
            uid_validity: row.uid_validity,
            last_uid: row.last_uid,
            skipped_to: row.skipped_to,
            expunged: row.expunged,
            compared_at: row.compared_at,
            last_fetch_at: row.last_fetch_at,
        }
    };
    Ok(rows.into_iter().map(view).collect())
}

/// How many UIDs met each fate, by mailbox. UIDs of an earlier UIDVALIDITY name nothing any more and do not count.
fn fates(conn: &mut Connection, ids: &[MailboxId]) -> QueryResult<Vec<(MailboxId, String, i64)>> {
    fetched_mails::table
        .inner_join(mailboxes::table)
        .filter(mailboxes::id.eq_any(ids.to_vec()))
        .filter(mailboxes::uid_validity.eq(fetched_mails::uid_validity.nullable()))
        .group_by((fetched_mails::mailbox_id, fetched_mails::fate))
        .select((fetched_mails::mailbox_id, fetched_mails::fate, count_star()))
        .load(conn)
}

#[derive(Queryable)]
struct QuarantineRow {
    id: QuarantineId,
    folder: String,
    uid: i64,
    size: i64,
    source_hash: Option<String>,
    reason: String,
    attempts: i32,
    created_at: Timestamp,
}

/// At most `limit` mails of a campaign that were set aside, before `before`, newest first; as yet without links.
pub fn quarantine(
    conn: &mut Connection,
    campaign: CampaignId,
    before: QuarantineId,
    limit: i64,
) -> QueryResult<Vec<QuarantineView>> {
    let rows: Vec<QuarantineRow> = quarantine::table
        .inner_join(mailboxes::table.inner_join(mail_accounts::table))
        .filter(mail_accounts::campaign_id.eq(campaign))
        .filter(quarantine::id.lt(before))
        .order(quarantine::id.desc())
        .limit(limit)
        .select((
            quarantine::id,
            mailboxes::folder,
            quarantine::uid,
            quarantine::size,
            quarantine::source_hash,
            quarantine::reason,
            quarantine::attempts,
            quarantine::created_at,
        ))
        .load(conn)?;
    let view = |row: QuarantineRow| QuarantineView {
        id: row.id,
        campaign_id: campaign,
        folder: row.folder,
        uid: row.uid,
        size: row.size,
        source_sha256: row.source_hash,
        source_url: None,
        reason: row.reason,
        attempts: row.attempts,
        created_at: row.created_at,
    };
    Ok(rows.into_iter().map(view).collect())
}
