//! Group commit of outcomes: whatever came in while the last transaction was on its way to the disk shares the next.

use super::queries::{Outcome, record};
use crate::kernel::{Core, workers::backoff::Backoff};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Takes outcomes from the senders.
#[derive(Debug, Clone)]
pub struct Recorder {
    queue: mpsc::Sender<(Outcome, oneshot::Sender<()>)>,
}

/// Most outcomes of one transaction.
const BATCH: usize = 64;

impl Recorder {
    /// Starts one.
    #[must_use]
    pub fn start(core: Core) -> Self {
        let (queue, received) = mpsc::channel(BATCH * 4);
        tokio::spawn(run(core, received));
        Self { queue }
    }

    /// Returns once the outcome is durable. While the database is away it waits: what a server has accepted must not
    /// be forgotten, and nothing else may go over the same connection before it is known.
    pub async fn record(&self, outcome: Outcome) {
        let (done, durable) = oneshot::channel();
        if self.queue.send((outcome, done)).await.is_ok() {
            // An error means that the recorder has gone with the process.
            let _ = durable.await;
        }
    }
}

async fn run(core: Core, mut received: mpsc::Receiver<(Outcome, oneshot::Sender<()>)>) {
    let mut batch = Vec::with_capacity(BATCH);
    while received.recv_many(&mut batch, BATCH).await > 0 {
        let outcomes: Vec<Outcome> = batch.iter().map(|(outcome, _)| outcome.clone()).collect();
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        loop {
            let (node, outcomes, now) = (core.node.clone(), outcomes.clone(), core.now());
            match core.db.write(move |conn| Ok(record(conn, &node, &outcomes, now)?)).await {
                Ok(()) => break,
                Err(error) => {
                    tracing::warn!(%error, "what became of sent mail could not be recorded yet");
                    tokio::time::sleep(backoff.next_delay()).await;
                }
            }
        }
        for (_, done) in batch.drain(..) {
            // The sender may have been stopped.
            let _ = done.send(());
        }
    }
}
