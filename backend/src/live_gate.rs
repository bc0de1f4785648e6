//! What the rooms lend to the live socket: tickets and sessions from `access`, coming and going from `presence`, and the
//! state that a client starts from. Part of the composition, since it joins several rooms.

use crate::{
    access,
    kernel::{
        Core, Result,
        db::Connection,
        events::{self, socket::Gate},
        http::auth::Principal,
    },
    presence,
};
use shared::{api::interactions::InteractionSummary, ids::Seq, live::ServerFrame, time::Timestamp};
use std::{fmt, sync::Arc, time::Duration};

/// What a caller holds, for the snapshot.
pub type Active = Arc<dyn Fn(&mut Connection, &Principal, Timestamp) -> Result<Vec<InteractionSummary>> + Send + Sync>;

/// The socket's view of the rooms.
#[derive(Clone)]
pub struct LiveGate {
    core: Core,
    access: Arc<access::Service>,
    presence: Arc<presence::Service>,
    active: Active,
}

impl fmt::Debug for LiveGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LiveGate")
    }
}

impl LiveGate {
    /// Joins the rooms; `active` tells what a caller holds.
    #[must_use]
    pub fn new(core: Core, access: Arc<access::Service>, presence: Arc<presence::Service>, active: Active) -> Self {
        Self { core, access, presence, active }
    }

    fn offline_after(&self) -> Duration {
        Duration::from_secs(self.core.settings.routing.offline_seconds)
    }
}

#[async_trait::async_trait]
impl Gate for LiveGate {
    async fn redeem(&self, ticket: &str) -> Result<Principal> {
        self.access.redeem_ticket(ticket).await
    }

    async fn seen(&self, principal: &Principal) -> Result<bool> {
        match self.access.last_seen(principal).await? {
            None => Ok(false),
            // Each sign that is written down costs a flush of the disk; half the time that makes him absent is enough.
            Some(last) if self.core.now().since(last) < self.offline_after() / 2 => Ok(true),
            Some(_) => self.presence.seen(principal).await,
        }
    }

    async fn gone(&self, principal: &Principal) -> Result<()> {
        self.presence.gone(principal).await
    }

    async fn snapshot(&self, principal: &Principal) -> Result<ServerFrame> {
        let (principal, active, now) = (principal.clone(), Arc::clone(&self.active), self.core.now());
        let offline_after = self.offline_after();
        self.core
            .db
            .read(move |conn| {
                // Read first: what is committed after it comes as an event once more, and changes nothing then.
                let seq = Seq(events::head(conn)?);
                let me = presence::state_of(conn, principal.user_id, now, offline_after)?;
                let active = active(conn, &principal, now)?;
                Ok(ServerFrame::Snapshot { seq, now, me, active })
            })
            .await
    }
}
