//! What is done from time to time for the sake of room and speed: forgetting what nobody will ask for again.

use crate::{
    access, conversations, files,
    kernel::{
        Core, Result, events,
        http::{idempotency, rate_limit::Limits},
        workers,
    },
    ratings, templates,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, Notify};

const EVERY: Duration = Duration::from_secs(900);
/// Idempotency keys and live events are kept so long.
const KEPT: Duration = Duration::from_secs(86_400);

/// Runs until the process stops.
pub async fn run(core: Core, access: Arc<access::Service>, templates: Arc<templates::Service>, limits: Arc<Limits>) {
    let stop = core.stop.clone();
    let sweep = Arc::new(Mutex::new(files::sweep::Sweep::default()));
    workers::run("housekeeping", stop, Arc::new(Notify::new()), || {
        tick(core.clone(), Arc::clone(&access), Arc::clone(&templates), Arc::clone(&limits), Arc::clone(&sweep))
    })
    .await;
}

async fn tick(
    core: Core,
    access: Arc<access::Service>,
    templates: Arc<templates::Service>,
    limits: Arc<Limits>,
    sweep: Arc<Mutex<files::sweep::Sweep>>,
) -> Result<Duration> {
    limits.sweep();
    access.sweep().await?;
    let now = core.now();
    let before = now.minus(KEPT);
    templates.sweep(before).await?;
    core.db
        .write(move |conn| {
            idempotency::forget(conn, before)?;
            events::forget(conn, before)?;
            conversations::take_back::forget_sent(conn, before)?;
            conversations::confirm::forget(conn, before)?;
            ratings::forget_unrated(conn, now)?;
            Ok(())
        })
        .await?;
    Ok(sweep.lock().await.tick(&core).await?.min(EVERY))
}
