//! The open sessions of one account.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{SmtpConnectError, SmtpSession};
use crate::mail::account::SmtpSettings;

/// A session that rested longer is asked for a sign of life before it gets a mail.
const FRESH: Duration = Duration::from_secs(5);

/// At most so many sessions at once; those that are free are kept for a while.
#[derive(Debug)]
pub struct Pool {
    settings: SmtpSettings,
    idle_limit: Duration,
    mails_per_session: usize,
    idle: Mutex<Vec<Idle>>,
    permits: Arc<Semaphore>,
}

#[derive(Debug)]
struct Idle {
    session: SmtpSession,
    since: Instant,
    mails: usize,
}

impl Pool {
    /// A pool of at most `max_sessions`. A free one is closed after `idle_limit`, and any after `mails_per_session`
    /// mails, as many servers want it.
    #[must_use]
    pub fn new(
        settings: SmtpSettings,
        max_sessions: usize,
        idle_limit: Duration,
        mails_per_session: usize,
    ) -> Arc<Self> {
        Arc::new(Self {
            settings,
            idle_limit,
            mails_per_session: mails_per_session.max(1),
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(max_sessions.clamp(1, Semaphore::MAX_PERMITS))),
        })
    }

    /// The settings with which sessions are opened. After a change of them (a new token), make a new pool.
    #[must_use]
    pub fn settings(&self) -> &SmtpSettings {
        &self.settings
    }

    /// Waits for a place, then gives a free session or opens one.
    ///
    /// # Errors
    /// When a new one cannot be opened.
    pub async fn take(self: &Arc<Self>) -> Result<Lease, SmtpConnectError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| SmtpConnectError::Protocol("the pool is closed".into()))?;
        loop {
            let free = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut free) = free else { break };
            let rested = free.since.elapsed();
            if rested > self.idle_limit {
                free.session.quit().await;
                continue;
            }
            if rested <= FRESH || free.session.reset().await.is_ok() {
                return Ok(Lease {
                    pool: Arc::clone(self),
                    session: Some(free.session),
                    mails: free.mails,
                    _permit: permit,
                });
            }
        }
        let session = SmtpSession::connect(&self.settings).await?;
        Ok(Lease { pool: Arc::clone(self), session: Some(session), mails: 0, _permit: permit })
    }

    /// Closes the sessions that have been free for too long. To be called now and then.
    pub async fn close_idle(&self) {
        let old: Vec<Idle> = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.extract_if(.., |free| free.since.elapsed() > self.idle_limit).collect()
        };
        for free in old {
            free.session.quit().await;
        }
    }

    /// Closes all free sessions.
    pub async fn close(&self) {
        let all: Vec<Idle> = self.idle.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        for free in all {
            free.session.quit().await;
        }
    }
}

/// A session taken from a pool; it goes back when dropped, unless it is broken or worn out.
#[derive(Debug)]
pub struct Lease {
    pool: Arc<Pool>,
    session: Option<SmtpSession>,
    mails: usize,
    _permit: OwnedSemaphorePermit,
}

impl Deref for Lease {
    type Target = SmtpSession;

    #[expect(clippy::expect_used, reason = "the session is there until drop, which alone takes it")]
    fn deref(&self) -> &SmtpSession {
        self.session.as_ref().expect("a lease holds its session until it is dropped")
    }
}

impl DerefMut for Lease {
    #[expect(clippy::expect_used, reason = "the session is there until drop, which alone takes it")]
    fn deref_mut(&mut self) -> &mut SmtpSession {
        self.mails += 1;
        self.session.as_mut().expect("a lease holds its session until it is dropped")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else { return };
        if !session.is_broken() && self.mails < self.pool.mails_per_session {
            let free = Idle { session, since: Instant::now(), mails: self.mails };
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(free);
        }
    }
}
