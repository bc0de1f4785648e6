//! Campaigns as a list shows them.

use super::{ListKey, listed, outgoing, waiting};
use crate::kernel::db::{
    Connection, Json,
    schema::{campaigns, mail_accounts},
};
use diesel::prelude::*;
use shared::{
    alarm::Thresholds,
    api::campaigns::{AccountHealth, CampaignOverview},
    ids::CampaignId,
    permission::CampaignScope,
    time::Timestamp,
};

#[derive(Queryable)]
struct Row {
    folded: String,
    id: CampaignId,
    name: String,
    enabled: bool,
    thresholds: Json<Thresholds>,
    address: String,
    health: AccountHealth,
    smtp_stopped: bool,
    last_fetch_at: Option<Timestamp>,
    last_error: Option<String>,
}

/// At most `limit` campaigns of `scope` after `after`, each with its list key.
pub fn overview(
    conn: &mut Connection,
    scope: &CampaignScope,
    after: Option<ListKey>,
    limit: i64,
) -> QueryResult<Vec<(ListKey, CampaignOverview)>> {
    let rows: Vec<Row> = listed(scope, after)
        .limit(limit)
        .select((
            campaigns::name_folded,
            campaigns::id,
            campaigns::name,
            campaigns::enabled,
            campaigns::thresholds,
            mail_accounts::address,
            mail_accounts::health,
            mail_accounts::smtp_stopped,
            mail_accounts::last_fetch_at,
            mail_accounts::last_error,
        ))
        .load(conn)?;
    let ids: Vec<CampaignId> = rows.iter().map(|row| row.id).collect();
    let (waiting, outgoing) = (waiting(conn, &ids)?, outgoing(conn, &ids)?);
    let count = |counts: &std::collections::HashMap<CampaignId, i64>, id| {
        counts.get(&id).map_or(0, |count| u32::try_from(*count).unwrap_or(u32::MAX))
    };
    let shown = |row: Row| {
        let overview = CampaignOverview {
            id: row.id,
            name: row.name,
            address: row.address,
            enabled: row.enabled,
            health: if row.smtp_stopped { AccountHealth::Stopped } else { row.health },
            last_fetch_at: row.last_fetch_at,
            last_error: row.last_error,
            waiting: count(&waiting, row.id),
            most_waiting: row.thresholds.0.most_waiting,
            outgoing: count(&outgoing, row.id),
        };
        ((row.folded, row.id), overview)
    };
    Ok(rows.into_iter().map(shown).collect())
}
