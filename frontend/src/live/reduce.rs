//! Frames in, changes out. Plain Rust: no browser, no signals, no clock.

use crate::state::rows::{Order, Put, Rows};
use shared::{
    api::{
        interactions::{Direction, InteractionState, InteractionSummary},
        presence::AgentState,
    },
    ids::{InteractionId, Seq, UserId},
    live::{LiveEvent, ServerFrame},
    time::Timestamp,
};

/// The two live lists of the tray.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Interactions that the agent holds.
    Active,
    /// The queue.
    Waiting,
}

/// What a frame changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Everything is new: a snapshot.
    All,
    /// The agent's own state.
    Me,
    /// One row.
    Row(List, InteractionId),
    /// Rows came, went or moved.
    Order(List),
    /// An interaction came to the agent.
    Arrived(InteractionId),
    /// The customer wrote again in an interaction that the agent holds.
    Answered(InteractionId),
    /// The server's clock.
    Clock(Timestamp),
    /// Something that pages follow by themselves.
    News(Box<LiveEvent>),
    /// A heartbeat that wants an answer.
    Pong,
}

/// What is known from the live connection.
#[derive(Debug)]
pub struct Reducer {
    user: UserId,
    seq: Option<Seq>,
    /// State of the one who is signed in.
    pub me: Option<AgentState>,
    /// Interactions that he holds.
    pub active: Rows,
    /// The queue, once it was fetched.
    pub waiting: Rows,
}

impl Reducer {
    /// Knows nothing yet but who looks.
    pub fn new(user: UserId) -> Self {
        Self { user, seq: None, me: None, active: Rows::new(Order::NewestMail), waiting: Rows::new(Order::Queue) }
    }

    /// A new connection begins to count anew with its snapshot.
    pub fn disconnected(&mut self) {
        self.seq = None;
    }

    /// Takes a frame in.
    pub fn apply(&mut self, frame: ServerFrame) -> Vec<Change> {
        match frame {
            ServerFrame::Snapshot { seq, now, me, active } => self.snapshot(seq, now, me, active),
            ServerFrame::Ping { now } => vec![Change::Clock(now), Change::Pong],
            ServerFrame::Event { seq, event, .. } => {
                // Without a snapshot there is nothing to change, and what is not newer is known already.
                if self.seq.is_none_or(|known| seq <= known) {
                    return Vec::new();
                }
                self.seq = Some(seq);
                self.event(event)
            }
        }
    }

    fn snapshot(&mut self, seq: Seq, now: Timestamp, me: AgentState, active: Vec<InteractionSummary>) -> Vec<Change> {
        // After a gap, what came meanwhile is news too; at the first snapshot everything would be.
        let arrived: Vec<_> = match self.me {
            Some(_) => {
                active.iter().filter(|row| rings(row) && self.active.get(row.id).is_none()).map(|r| r.id).collect()
            }
            None => Vec::new(),
        };
        self.seq = Some(seq);
        self.me = Some(me);
        self.active.replace(active);
        let mut changes = vec![Change::Clock(now), Change::All];
        changes.extend(arrived.into_iter().map(Change::Arrived));
        changes
    }

    fn event(&mut self, event: LiveEvent) -> Vec<Change> {
        let mut changes = match &event {
            LiveEvent::InteractionChanged { interaction } => self.interaction(interaction),
            LiveEvent::InteractionGone { interaction_id } => self.gone(*interaction_id),
            LiveEvent::AgentStateChanged { state } if state.user_id == self.user => {
                // A state that began earlier than the known one comes late.
                if self.me.as_ref().is_none_or(|me| me.since <= state.since) {
                    self.me = Some(state.clone());
                    vec![Change::Me]
                } else {
                    Vec::new()
                }
            }
            _ => Vec::new(),
        };
        changes.push(Change::News(Box::new(event)));
        changes
    }

    fn gone(&mut self, id: InteractionId) -> Vec<Change> {
        let mut changes = Vec::new();
        // As it is known: should it come back, it is newer.
        for (list, rows) in [(List::Active, &mut self.active), (List::Waiting, &mut self.waiting)] {
            let version = rows.get(id).map(|row| row.version);
            if version.is_some_and(|version| rows.remove(id, version)) {
                changes.push(Change::Order(list));
            }
        }
        changes
    }

    fn interaction(&mut self, row: &InteractionSummary) -> Vec<Change> {
        let mut changes = Vec::new();
        if row.state == InteractionState::Assigned && row.agent_id == Some(self.user) {
            let was_unread = self.active.get(row.id).is_some_and(|known| known.unread);
            let put = self.active.put(row.clone());
            note(&mut changes, List::Active, row.id, put);
            match put {
                Put::Added if rings(row) => changes.push(Change::Arrived(row.id)),
                Put::Changed { .. } if rings(row) && !was_unread => changes.push(Change::Answered(row.id)),
                _ => {}
            }
        } else if self.active.remove(row.id, row.version) {
            changes.push(Change::Order(List::Active));
        }
        if row.state == InteractionState::Waiting {
            let put = self.waiting.put(row.clone());
            note(&mut changes, List::Waiting, row.id, put);
        } else if self.waiting.remove(row.id, row.version) {
            changes.push(Change::Order(List::Waiting));
        }
        changes
    }
}

/// Whether a row is one for which the agent wants to be called.
fn rings(row: &InteractionSummary) -> bool {
    row.unread && (row.direction == Direction::In || row.awaits_answer)
}

fn note(changes: &mut Vec<Change>, list: List, id: InteractionId, put: Put) {
    match put {
        Put::Added => changes.push(Change::Order(list)),
        Put::Changed { moved } => {
            changes.push(Change::Row(list, id));
            if moved {
                changes.push(Change::Order(list));
            }
        }
        Put::Stale => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::rows::tests::row;
    use shared::{api::presence::AgentMode, ids::ConversationId, ids::MessageId};

    fn me(since: i64) -> AgentState {
        AgentState {
            user_id: UserId(7),
            mode: AgentMode::Available,
            break_code: None,
            since: Timestamp::from_millis(since),
            online: true,
            wrap_up_until: None,
            in_call: false,
            other_channels: Default::default(),
            external_until: None,
        }
    }

    fn started(active: Vec<InteractionSummary>) -> Reducer {
        let mut reducer = Reducer::new(UserId(7));
        reducer.apply(ServerFrame::Snapshot { seq: Seq(10), now: Timestamp::from_millis(0), me: me(0), active });
        reducer
    }

    fn changed(seq: i64, interaction: InteractionSummary) -> ServerFrame {
        let event = LiveEvent::InteractionChanged { interaction };
        ServerFrame::Event { seq: Seq(seq), at: Timestamp::from_millis(0), event }
    }

    #[test]
    fn one_event_touches_one_row() {
        let mut reducer = started(vec![row(1, 1, 10), row(2, 1, 20)]);
        let mut read = row(2, 2, 20);
        read.unread = false;
        let changes = reducer.apply(changed(11, read.clone()));
        assert_eq!(
            changes,
            [
                Change::Row(List::Active, InteractionId(2)),
                Change::News(Box::new(LiveEvent::InteractionChanged { interaction: read }))
            ]
        );
    }

    #[test]
    fn a_new_one_arrives_and_rings() {
        let mut reducer = started(vec![]);
        let changes = reducer.apply(changed(11, row(3, 1, 30)));
        assert!(changes.contains(&Change::Arrived(InteractionId(3))));
        assert!(changes.contains(&Change::Order(List::Active)));
        assert_eq!(reducer.active.ids(), [InteractionId(3)]);
    }

    #[test]
    fn a_further_mail_rings_once_until_it_is_read() {
        let mut read = row(1, 1, 10);
        read.unread = false;
        let mut reducer = started(vec![read]);
        let first = reducer.apply(changed(11, row(1, 2, 20)));
        assert!(first.contains(&Change::Answered(InteractionId(1))));
        let second = reducer.apply(changed(12, row(1, 3, 30)));
        assert!(!second.contains(&Change::Answered(InteractionId(1))));
    }

    #[test]
    fn one_that_goes_to_somebody_else_leaves_the_tray() {
        let mut reducer = started(vec![row(1, 1, 10), row(2, 1, 20)]);
        let mut elsewhere = row(1, 2, 10);
        elsewhere.agent_id = Some(UserId(8));
        assert!(reducer.apply(changed(11, elsewhere)).contains(&Change::Order(List::Active)));
        assert_eq!(reducer.active.ids(), [InteractionId(2)]);

        let mut finished = row(2, 2, 20);
        finished.state = InteractionState::Finished;
        reducer.apply(changed(12, finished));
        assert!(reducer.active.ids().is_empty());
    }

    #[test]
    fn the_queue_loses_what_is_handed_out() {
        let mut reducer = started(vec![]);
        let mut waiting = row(4, 1, 40);
        waiting.state = InteractionState::Waiting;
        waiting.agent_id = None;
        reducer.apply(changed(11, waiting));
        assert_eq!(reducer.waiting.ids(), [InteractionId(4)]);
        let changes = reducer.apply(changed(12, row(4, 2, 40)));
        assert!(changes.contains(&Change::Order(List::Waiting)));
        assert!(reducer.waiting.ids().is_empty());
        assert_eq!(reducer.active.ids(), [InteractionId(4)]);
    }

    #[test]
    fn late_and_repeated_events_do_nothing() {
        let mut reducer = started(vec![row(1, 5, 10)]);
        assert!(reducer.apply(changed(10, row(1, 6, 10))).is_empty(), "not newer than the snapshot");
        reducer.apply(changed(12, row(1, 7, 10)));
        assert!(reducer.apply(changed(11, row(1, 8, 10))).is_empty(), "overtaken");
        assert_eq!(reducer.active.get(InteractionId(1)).unwrap().version, 7);
    }

    #[test]
    fn before_the_snapshot_events_are_nothing() {
        let mut reducer = Reducer::new(UserId(7));
        assert!(reducer.apply(changed(11, row(1, 1, 10))).is_empty());
    }

    #[test]
    fn after_a_gap_only_what_is_new_rings() {
        let mut reducer = started(vec![row(1, 1, 10)]);
        reducer.disconnected();
        let changes = reducer.apply(ServerFrame::Snapshot {
            seq: Seq(3),
            now: Timestamp::from_millis(0),
            me: me(0),
            active: vec![row(1, 1, 10), row(2, 1, 20)],
        });
        let arrived: Vec<_> = changes.iter().filter(|change| matches!(change, Change::Arrived(_))).collect();
        assert_eq!(arrived, [&Change::Arrived(InteractionId(2))]);
    }

    #[test]
    fn an_older_state_of_oneself_comes_late() {
        let mut reducer = started(vec![]);
        let state = |since, seq| ServerFrame::Event {
            seq: Seq(seq),
            at: Timestamp::from_millis(0),
            event: LiveEvent::AgentStateChanged { state: me(since) },
        };
        assert!(reducer.apply(state(50, 11)).contains(&Change::Me));
        assert!(!reducer.apply(state(40, 12)).contains(&Change::Me));
    }

    #[test]
    fn what_pages_follow_is_passed_on() {
        let mut reducer = started(vec![]);
        let event = LiveEvent::MessageAdded {
            conversation_id: ConversationId(1),
            interaction_id: None,
            message_id: MessageId(5),
        };
        let frame = ServerFrame::Event { seq: Seq(11), at: Timestamp::from_millis(0), event: event.clone() };
        assert_eq!(reducer.apply(frame), [Change::News(Box::new(event))]);
    }
}
