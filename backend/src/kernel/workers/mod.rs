//! What background work is made of.
//!
//! A worker is a `tick()` that does what is due and says when to come again; [`run`] calls it, woken by a signal or by
//! time, until the process stops. Interest is registered before looking, so that no wake-up is missed. A tick that
//! fails is logged once, counted, and tried again with back-off.

pub mod backoff;
pub mod failpoint;
pub mod lease;
pub mod still;

use crate::kernel::Error;
use backoff::Backoff;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Calls `tick` until `stop`. `tick` answers how long it may sleep at most; `wake` cuts the sleep short.
pub async fn run<F, Fut>(name: &'static str, stop: CancellationToken, wake: Arc<Notify>, mut tick: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Duration, Error>>,
{
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(20));
    while !stop.is_cancelled() {
        let woken = wake.notified();
        let sleep = match tick().await {
            Ok(sleep) => {
                backoff.reset();
                sleep
            }
            Err(error) => {
                let pause = backoff.next_delay();
                metrics::counter!("posta_worker_failures_total", "worker" => name).increment(1);
                tracing::warn!(worker = name, %error, retry_in_ms = pause.as_millis(), "a worker's round failed");
                pause
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = woken => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}
