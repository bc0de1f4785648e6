//! Forgetting what is over: sessions ended a month ago, tokens that expired unused, failures long quiet.

use super::{lockout, queries, service::Service};
use crate::kernel::Result;
use std::time::Duration;

/// Ended sessions are kept so long, for those who look into an incident.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

impl Service {
    /// Forgets what is over. Called from time to time.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep(&self) -> Result<()> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                queries::forget_one_time_tokens(conn, now)?;
                queries::forget_links(conn, now)?;
                queries::forget_tallies(conn, now.minus(lockout::MEMORY))?;
                queries::forget_sessions(conn, now.minus(KEPT))?;
                Ok(())
            })
            .await
    }
}
