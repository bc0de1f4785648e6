//! A sorted set of interactions that is kept up to date one row at a time.

use shared::{api::interactions::InteractionSummary, ids::InteractionId};
use std::collections::{BinaryHeap, HashMap, HashSet};

/// In what order rows stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Newest mail first.
    NewestMail,
    /// As they will be handed out: priority, then arrival (S42).
    Queue,
}

/// How many departures are remembered.
const REMEMBERED: usize = 10_000;

type Key = (i64, i64, InteractionId);

impl Order {
    fn key(self, row: &InteractionSummary) -> Key {
        match self {
            Self::NewestMail => (-row.last_message_at.millis(), 0, row.id),
            Self::Queue => (i64::from(row.priority), row.arrived_at.millis(), row.id),
        }
    }
}

/// What putting a row did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is new.
    Added,
    /// It has changed.
    Changed {
        /// It stands elsewhere now.
        moved: bool,
    },
    /// A newer version is known already.
    Stale,
}

/// The rows.
#[derive(Debug, Clone)]
pub struct Rows {
    order: Order,
    rows: HashMap<InteractionId, InteractionSummary>,
    sorted: Vec<Key>,
    /// Versions at which rows left, so that a late event does not bring one back.
    gone: HashMap<InteractionId, i64>,
    /// Where the known part of a longer list ends. What stands behind it waits unseen: before it lie rows that are not known.
    until: Option<Key>,
    /// What was put while the list is being fetched, and may be missing in the answer.
    meanwhile: Option<HashSet<InteractionId>>,
}

impl Rows {
    /// None yet.
    pub fn new(order: Order) -> Self {
        Self { order, rows: HashMap::new(), sorted: Vec::new(), gone: HashMap::new(), until: None, meanwhile: None }
    }

    /// Forgets all and takes these, but for those that left while they were fetched.
    pub fn replace(&mut self, mut rows: Vec<InteractionSummary>) {
        rows.retain(|row| self.gone.get(&row.id).is_none_or(|version| row.version > *version));
        // A heap sorts as well as the library's sorting does, in a tenth of its code.
        self.sorted = rows.iter().map(|row| self.order.key(row)).collect::<BinaryHeap<_>>().into_sorted_vec();
        self.rows = rows.into_iter().map(|row| (row.id, row)).collect();
        self.until = None;
    }

    /// The list is being fetched from its beginning.
    pub fn expect(&mut self) {
        self.meanwhile = Some(HashSet::new());
    }

    /// Forgets all and takes the beginning of a list, which was fetched since [`Self::expect`]; `more` stands behind it.
    pub fn begin(&mut self, rows: Vec<InteractionSummary>, more: bool) {
        let since = self.meanwhile.take().unwrap_or_default();
        let since: Vec<InteractionSummary> = since.iter().filter_map(|id| self.rows.get(id).cloned()).collect();
        let until = self.end_of(&rows, more);
        self.replace(rows);
        for row in since {
            self.put(row);
        }
        self.until = until;
    }

    /// Takes the rows that follow those known; `more` stands behind them.
    pub fn extend(&mut self, rows: Vec<InteractionSummary>, more: bool) {
        self.until = self.end_of(&rows, more);
        for row in rows {
            self.put(row);
        }
    }

    fn end_of(&self, rows: &[InteractionSummary], more: bool) -> Option<Key> {
        rows.last().filter(|_| more).map(|row| self.order.key(row))
    }

    /// Adds or changes a row, unless a newer version is known.
    pub fn put(&mut self, row: InteractionSummary) -> Put {
        if let Some(meanwhile) = &mut self.meanwhile {
            meanwhile.insert(row.id);
        }
        if self.gone.get(&row.id).is_some_and(|version| row.version <= *version) {
            return Put::Stale;
        }
        let key = self.order.key(&row);
        match self.rows.get(&row.id) {
            Some(known) if known.version > row.version => return Put::Stale,
            Some(known) => {
                let before = self.order.key(known);
                let moved = before != key;
                if moved {
                    self.unsort(before);
                    self.sort_in(key);
                }
                self.rows.insert(row.id, row);
                return Put::Changed { moved };
            }
            None => {}
        }
        self.gone.remove(&row.id);
        self.sort_in(key);
        self.rows.insert(row.id, row);
        Put::Added
    }

    /// Takes a row away for versions up to `version`. Whether it was there.
    pub fn remove(&mut self, id: InteractionId, version: i64) -> bool {
        match self.rows.get(&id) {
            Some(known) if known.version > version => false,
            Some(known) => {
                let key = self.order.key(known);
                self.unsort(key);
                self.rows.remove(&id);
                self.gone.insert(id, version);
                true
            }
            // It may be on its way here in a list that was fetched before it left.
            None => {
                if self.gone.len() >= REMEMBERED {
                    self.gone.clear();
                }
                let left = self.gone.entry(id).or_insert(version);
                *left = version.max(*left);
                false
            }
        }
    }

    /// Changes a row here only, ahead of the server's word.
    pub fn touch(&mut self, id: InteractionId, change: impl FnOnce(&mut InteractionSummary)) {
        if let Some(row) = self.rows.get_mut(&id) {
            change(row);
        }
    }

    /// A row.
    pub fn get(&self, id: InteractionId) -> Option<&InteractionSummary> {
        self.rows.get(&id)
    }

    /// Ids in order, as far as the list is known.
    pub fn ids(&self) -> Vec<InteractionId> {
        let known = self.sorted.iter().take_while(|key| self.until.is_none_or(|until| **key <= until));
        known.map(|(_, _, id)| *id).collect()
    }

    /// Rows, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &InteractionSummary> {
        self.rows.values()
    }

    fn sort_in(&mut self, key: Key) {
        if let Err(place) = self.sorted.binary_search(&key) {
            self.sorted.insert(place, key);
        }
    }

    fn unsort(&mut self, key: Key) {
        if let Ok(place) = self.sorted.binary_search(&key) {
            self.sorted.remove(place);
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use shared::{
        api::{
            campaigns::Channel,
            interactions::{Direction, InteractionState},
        },
        ids::{CampaignId, ContactId, ConversationId, UserId},
        time::Timestamp,
    };

    /// A row for tests: newest mail at `at`, of `version`.
    pub fn row(id: i64, version: i64, at: i64) -> InteractionSummary {
        InteractionSummary {
            id: InteractionId(id),
            conversation_id: ConversationId(id),
            campaign_id: CampaignId(1),
            campaign_name: "Support".into(),
            channel: Channel::Email,
            direction: Direction::In,
            state: InteractionState::Assigned,
            agent_id: Some(UserId(7)),
            contact_id: ContactId(id),
            contact_name: "Ana".into(),
            contact_address: "ana@example.com".into(),
            subject: "Invoice".into(),
            snippet: "Hello".into(),
            priority: 5,
            message_count: 1,
            unread: true,
            awaits_answer: true,
            arrived_at: Timestamp::from_millis(at),
            assigned_at: None,
            first_response_at: None,
            finished_at: None,
            snoozed_until: None,
            disposition: None,
            rating: None,
            last_message_at: Timestamp::from_millis(at),
            alarm: None,
            version,
            pull: false,
            takeable: None,
        }
    }

    fn ids(rows: &Rows) -> Vec<i64> {
        rows.ids().into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn newest_mail_comes_first_and_a_row_moves_up() {
        let mut rows = Rows::new(Order::NewestMail);
        rows.replace(vec![row(1, 1, 10), row(2, 1, 30), row(3, 1, 20)]);
        assert_eq!(ids(&rows), [2, 3, 1]);
        assert_eq!(rows.put(row(1, 2, 40)), Put::Changed { moved: true });
        assert_eq!(ids(&rows), [1, 2, 3]);
        assert_eq!(rows.put(row(2, 2, 30)), Put::Changed { moved: false });
    }

    #[test]
    fn the_queue_goes_by_priority_then_arrival() {
        let mut rows = Rows::new(Order::Queue);
        let mut urgent = row(3, 1, 30);
        urgent.priority = 1;
        rows.replace(vec![row(1, 1, 20), row(2, 1, 10), urgent]);
        assert_eq!(ids(&rows), [3, 2, 1]);
    }

    #[test]
    fn versions_never_go_back() {
        let mut rows = Rows::new(Order::NewestMail);
        assert_eq!(rows.put(row(1, 5, 10)), Put::Added);
        assert_eq!(rows.put(row(1, 4, 99)), Put::Stale);
        assert_eq!(rows.get(InteractionId(1)).unwrap().version, 5);
        assert!(!rows.remove(InteractionId(1), 4), "an older removal does not count");
    }

    #[test]
    fn what_left_while_the_list_was_fetched_is_no_ghost_in_it() {
        let mut rows = Rows::new(Order::Queue);
        rows.replace(vec![row(1, 5, 10)]);
        assert!(rows.remove(InteractionId(1), 6));
        assert!(!rows.remove(InteractionId(2), 4), "not known yet");
        rows.replace(vec![row(1, 5, 10), row(2, 3, 20), row(3, 1, 30)]);
        assert_eq!(ids(&rows), [3]);
        rows.replace(vec![row(1, 7, 10)]);
        assert_eq!(ids(&rows), [1], "it waits again");
    }

    #[test]
    fn a_row_behind_the_known_part_waits_unseen_until_its_turn() {
        let mut rows = Rows::new(Order::Queue);
        rows.begin(vec![row(1, 1, 10), row(2, 1, 20)], true);
        assert_eq!(rows.put(row(9, 1, 90)), Put::Added);
        assert_eq!(ids(&rows), [1, 2], "between 2 and 9 there are rows that nobody has fetched");
        let mut urgent = row(8, 1, 80);
        urgent.priority = 1;
        rows.put(urgent);
        assert_eq!(ids(&rows), [8, 1, 2]);
        let mut later = row(1, 2, 10);
        later.priority = 9;
        rows.put(later);
        assert_eq!(ids(&rows), [8, 2], "it goes to the end, which is not here");
        rows.extend(vec![row(3, 1, 30), row(4, 1, 40)], true);
        assert_eq!(ids(&rows), [8, 2, 3, 4]);
        assert!(!rows.remove(InteractionId(5), 2), "gone while the last page was under way");
        rows.extend(vec![row(5, 1, 50)], false);
        assert_eq!(ids(&rows), [8, 2, 3, 4, 9, 1]);
    }

    #[test]
    fn what_came_while_the_list_was_fetched_is_not_lost() {
        let mut rows = Rows::new(Order::Queue);
        rows.begin(vec![row(1, 1, 10), row(2, 1, 20)], false);
        rows.expect();
        rows.put(row(2, 2, 20));
        rows.put(row(3, 1, 30));
        rows.begin(vec![row(2, 1, 20)], false);
        assert_eq!(ids(&rows), [2, 3], "the answer is older than what was told meanwhile");
        assert_eq!(rows.get(InteractionId(2)).unwrap().version, 2);
        rows.expect();
        rows.begin(vec![], false);
        assert!(ids(&rows).is_empty());
    }

    #[test]
    fn what_left_is_not_brought_back_by_a_late_event() {
        let mut rows = Rows::new(Order::NewestMail);
        rows.put(row(1, 5, 10));
        assert!(rows.remove(InteractionId(1), 6));
        assert_eq!(rows.put(row(1, 6, 10)), Put::Stale);
        assert_eq!(rows.put(row(1, 7, 10)), Put::Added, "assigned again later");
    }
}
