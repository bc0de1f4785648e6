//! Reads committed events in order and publishes them on this node.
//!
//! Woken by each commit of this process; looks every half second for those of others. Since events are appended under
//! one lock, a sequence number that is visible means that all lower ones are.

use super::{Audience, Published, head};
use crate::kernel::{
    Core, Result,
    db::{Json, schema::events},
    workers,
};
use diesel::prelude::*;
use shared::{ids::Seq, live::LiveEvent, time::Timestamp};
use std::{sync::Arc, time::Duration};

const BATCH: i64 = 500;

/// Runs until the process stops.
pub async fn run(core: Core) {
    let wake = core.db.committed();
    let position = Arc::new(parking_lot::Mutex::new(None::<i64>));
    workers::run("relay", core.stop.clone(), wake, || tick(core.clone(), Arc::clone(&position))).await;
}

async fn tick(core: Core, position: Arc<parking_lot::Mutex<Option<i64>>>) -> Result<Duration> {
    let after = *position.lock();
    let Some(after) = after else {
        let newest = core.db.read(|conn| Ok(head(conn)?)).await?;
        *position.lock() = Some(newest);
        // Sockets that came before the first look may have missed something.
        core.hub.resync_all();
        return Ok(Duration::ZERO);
    };
    let batch = core.db.read(move |conn| Ok(read(conn, after)?)).await?;
    let full = i64::try_from(batch.len()).is_ok_and(|count| count == BATCH);
    for event in batch {
        *position.lock() = Some(event.seq.0);
        core.hub.publish(&Arc::new(event));
    }
    Ok(if full { Duration::ZERO } else { Duration::from_millis(500) })
}

fn read(conn: &mut crate::kernel::db::Connection, after: i64) -> QueryResult<Vec<Published>> {
    type Row = (i64, Timestamp, Json<Audience>, Json<LiveEvent>);
    let rows: Vec<Row> = events::table
        .filter(events::seq.gt(after))
        .order(events::seq.asc())
        .limit(BATCH)
        .select((events::seq, events::at, events::audience, events::payload))
        .load(conn)?;
    Ok(rows.into_iter().map(|(seq, at, audience, event)| Published::new(Seq(seq), at, audience.0, event.0)).collect())
}
