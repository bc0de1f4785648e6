//! Who listens, and what each may see.
//!
//! Every socket has a bounded queue. A socket that reads too slowly loses its queue, not the server its memory: it is
//! marked *lagging* and sends its client a fresh snapshot when it gets to it.

use crate::kernel::http::auth::Principal;
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use shared::{
    ids::{CampaignId, Seq, SessionId, UserId},
    live::LiveEvent,
    permission::Permission,
    time::Timestamp,
};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio::sync::{broadcast, mpsc, watch};

/// Who may see an event: the users named, and whoever has the permission within the campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// These users.
    pub users: Vec<UserId>,
    /// Others with this permission…
    pub permission: Permission,
    /// … who see this campaign; without one, whoever has the permission.
    pub campaign: Option<CampaignId>,
}

impl Audience {
    /// The users named, and supervisors of the campaign.
    #[must_use]
    pub fn agents(users: impl IntoIterator<Item = UserId>, campaign: CampaignId) -> Self {
        Self { users: users.into_iter().collect(), permission: Permission::SupervisionRead, campaign: Some(campaign) }
    }

    /// Whether `principal` is in it.
    #[must_use]
    pub fn holds(&self, principal: &Principal) -> bool {
        self.users.contains(&principal.user_id)
            || (principal.role.may(self.permission)
                && self.campaign.is_none_or(|campaign| principal.scope.holds(campaign)))
    }
}

/// A committed event on its way to the sockets.
#[derive(Debug)]
pub struct Published {
    /// Position.
    pub seq: Seq,
    /// Committed at.
    pub at: Timestamp,
    /// Who may see it.
    pub audience: Audience,
    /// What changed.
    pub event: LiveEvent,
    /// The frame as text, made once for all sockets.
    pub frame: String,
}

impl Published {
    /// Makes the frame.
    #[must_use]
    pub fn new(seq: Seq, at: Timestamp, audience: Audience, event: LiveEvent) -> Self {
        // `ServerFrame::Event`, of what is only lent: copying each event to tell of it cost more than the rest of the relay.
        #[derive(Serialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        enum Frame<'a> {
            Event { seq: Seq, at: Timestamp, event: &'a LiveEvent },
        }
        let frame = serde_json::to_string(&Frame::Event { seq, at, event: &event }).unwrap_or_default();
        Self { seq, at, audience, event, frame }
    }
}

/// Why a socket must end at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// Its session was ended.
    Session,
    /// Its user's rights have changed: what it may see was judged by the old ones.
    Rights,
}

struct Entry {
    principal: Principal,
    queue: mpsc::Sender<Arc<Published>>,
    lagging: Arc<AtomicBool>,
    // Told past the queue: a client that reads slowly loses its queue, and must not keep its rights by that.
    revoked: watch::Sender<Option<Revoked>>,
}

impl Entry {
    /// Whether the event ends this socket.
    fn is_revoked_by(&self, event: &LiveEvent) -> Option<Revoked> {
        match event {
            LiveEvent::SessionsRevoked { session_ids, .. } => {
                session_ids.contains(&self.principal.session_id).then_some(Revoked::Session)
            }
            LiveEvent::RightsChanged { user_id } => (*user_id == self.principal.user_id).then_some(Revoked::Rights),
            _ => None,
        }
    }
}

/// The sockets of this process.
#[derive(Clone)]
pub struct Hub {
    entries: Arc<RwLock<HashMap<u64, Entry>>>,
    next: Arc<AtomicU64>,
    workers: broadcast::Sender<Arc<Published>>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { entries: Arc::default(), next: Arc::default(), workers: broadcast::channel(4_096).0 }
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hub({} sockets)", self.entries.read().len())
    }
}

/// One socket's end of the hub; leaves it when dropped.
pub struct Subscriber {
    id: u64,
    hub: Hub,
    queue: mpsc::Receiver<Arc<Published>>,
    lagging: Arc<AtomicBool>,
    revoked: watch::Receiver<Option<Revoked>>,
}

impl Hub {
    /// Joins. Subscribe *before* reading the snapshot, so that nothing falls between.
    #[must_use]
    pub fn subscribe(&self, principal: Principal, queue: usize) -> Subscriber {
        let (sender, receiver) = mpsc::channel(queue);
        let lagging = Arc::new(AtomicBool::new(false));
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (revoke, revoked) = watch::channel(None);
        let entry = Entry { principal, queue: sender, lagging: Arc::clone(&lagging), revoked: revoke };
        self.entries.write().insert(id, entry);
        metrics::gauge!("posta_sockets").set(f64::from(u32::try_from(self.entries.read().len()).unwrap_or(u32::MAX)));
        Subscriber { id, hub: self.clone(), queue: receiver, lagging, revoked }
    }

    /// Every event, for the workers of this process. One that falls behind is told so and must look for itself.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Arc<Published>> {
        self.workers.subscribe()
    }

    /// Hands an event to whoever may see it.
    pub fn publish(&self, event: &Arc<Published>) {
        // An error only says that nobody listens.
        let _ = self.workers.send(Arc::clone(event));
        for entry in self.entries.read().values() {
            // A revoked socket must end, whatever else it may see.
            if let Some(revoked) = entry.is_revoked_by(&event.event) {
                entry.revoked.send_replace(Some(revoked));
                continue;
            }
            let concerns = match &event.event {
                LiveEvent::SessionsRevoked { .. } => false,
                _ => event.audience.holds(&entry.principal),
            };
            if concerns && entry.queue.try_send(Arc::clone(event)).is_err() {
                entry.lagging.store(true, Ordering::Release);
            }
        }
    }

    /// Everyone must start afresh, as after the relay lost sight of the database.
    pub fn resync_all(&self) {
        for entry in self.entries.read().values() {
            entry.lagging.store(true, Ordering::Release);
        }
    }

    /// Sockets that have lost events and not caught up yet.
    #[must_use]
    pub fn behind(&self) -> usize {
        self.entries.read().values().filter(|entry| entry.lagging.load(Ordering::Acquire)).count()
    }

    /// Sessions with an open socket on this node.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionId> {
        let mut list: Vec<_> = self.entries.read().values().map(|entry| entry.principal.session_id).collect();
        list.sort_unstable();
        list.dedup();
        list
    }
}

impl Subscriber {
    /// The next event.
    pub async fn next(&mut self) -> Option<Arc<Published>> {
        self.queue.recv().await
    }

    /// Becomes something when the socket must end. Told at once, not in the order of events.
    #[must_use]
    pub fn revocation(&self) -> watch::Receiver<Option<Revoked>> {
        self.revoked.clone()
    }

    /// Whether events were lost since the last call. Empties the queue if so: a fresh snapshot covers what is in it.
    pub fn take_lag(&mut self) -> bool {
        let lagging = self.lagging.swap(false, Ordering::AcqRel);
        if lagging {
            while self.queue.try_recv().is_ok() {}
            metrics::counter!("posta_socket_resyncs_total").increment(1);
        }
        lagging
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.hub.entries.write().remove(&self.id);
        let left = u32::try_from(self.hub.entries.read().len()).unwrap_or(u32::MAX);
        metrics::gauge!("posta_sockets").set(f64::from(left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        live::ServerFrame,
        permission::{CampaignScope, Role},
    };

    fn principal(user: i64, session: i64) -> Principal {
        Principal {
            user_id: UserId(user),
            session_id: SessionId(session),
            role: Role::Administrator,
            scope: CampaignScope::All,
            must_change_password: false,
        }
    }

    fn publish(hub: &Hub, event: LiveEvent) {
        let audience = Audience { users: Vec::new(), permission: Permission::UsersRead, campaign: None };
        hub.publish(&Arc::new(Published::new(Seq(1), Timestamp::from_millis(0), audience, event)));
    }

    #[test]
    fn a_frame_is_what_the_contract_says() {
        let event = LiveEvent::SessionsRevoked { user_id: UserId(1), session_ids: vec![SessionId(7)] };
        let at = Timestamp::from_millis(1_763_800_000_123);
        let audience = Audience { users: Vec::new(), permission: Permission::UsersRead, campaign: None };
        let published = Published::new(Seq(9), at, audience, event.clone());
        let frame = ServerFrame::Event { seq: Seq(9), at, event };
        assert_eq!(published.frame, serde_json::to_string(&frame).unwrap());
    }

    /// Once the revocation went the way of all events, and a client that did not read lost it with them.
    #[test]
    fn an_overflowing_queue_loses_no_revocation() {
        let hub = Hub::default();
        let revoked = [
            (LiveEvent::RightsChanged { user_id: UserId(1) }, Revoked::Rights),
            (LiveEvent::SessionsRevoked { user_id: UserId(1), session_ids: vec![SessionId(7)] }, Revoked::Session),
        ];
        for (event, why) in revoked {
            let (mut slow, other) = (hub.subscribe(principal(1, 7), 2), hub.subscribe(principal(2, 8), 2));
            for _ in 0..5 {
                publish(&hub, LiveEvent::RightsChanged { user_id: UserId(3) });
            }
            publish(&hub, event);
            assert!(slow.take_lag());
            assert_eq!((*slow.revocation().borrow(), *other.revocation().borrow()), (Some(why), None));
        }
    }
}
