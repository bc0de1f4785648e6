//! Rows as signals: a change of one row draws that row and nothing else.

use super::rows::Rows;
use leptos::prelude::*;
use shared::{api::interactions::InteractionSummary, ids::InteractionId};
use std::collections::HashMap;

/// A live list of rows. Cheap to copy.
#[derive(Clone, Copy)]
pub struct RowSet {
    ids: RwSignal<Vec<InteractionId>>,
    // Counted signals: rows come and go at any time and belong to no component.
    rows: StoredValue<HashMap<InteractionId, ArcRwSignal<InteractionSummary>>>,
    unread: RwSignal<usize>,
}

impl RowSet {
    /// No rows.
    pub fn new() -> Self {
        Self { ids: RwSignal::new(Vec::new()), rows: StoredValue::new(HashMap::new()), unread: RwSignal::new(0) }
    }

    /// Ids in order; reactive.
    pub fn ids(self) -> Vec<InteractionId> {
        self.ids.get()
    }

    /// Ids in order, without following them.
    pub fn ids_untracked(self) -> Vec<InteractionId> {
        self.ids.get_untracked()
    }

    /// How many; reactive.
    pub fn len(self) -> usize {
        self.ids.with(Vec::len)
    }

    /// How many have a mail that was not opened; reactive.
    pub fn unread(self) -> usize {
        self.unread.get()
    }

    /// A row's signal.
    pub fn row(self, id: InteractionId) -> Option<ArcRwSignal<InteractionSummary>> {
        self.rows.with_value(|rows| rows.get(&id).cloned())
    }

    /// Takes over everything.
    pub fn show_all(self, source: &Rows) {
        self.rows.update_value(|rows| {
            rows.retain(|id, _| source.get(*id).is_some());
            for row in source.iter() {
                match rows.get(&row.id) {
                    Some(signal) => set_if_changed(signal, row),
                    None => {
                        rows.insert(row.id, ArcRwSignal::new(row.clone()));
                    }
                }
            }
        });
        self.show_order(source);
    }

    /// Takes over one row.
    pub fn show_row(self, source: &Rows, id: InteractionId) {
        if let (Some(row), Some(signal)) = (source.get(id), self.row(id)) {
            set_if_changed(&signal, row);
        }
        self.count(source);
    }

    /// Takes over which rows there are, and their order.
    pub fn show_order(self, source: &Rows) {
        let ids = source.ids();
        self.rows.update_value(|rows| {
            for id in &ids {
                if let Some(row) = source.get(*id) {
                    match rows.get(id) {
                        Some(_) => {}
                        None => {
                            rows.insert(*id, ArcRwSignal::new(row.clone()));
                        }
                    }
                }
            }
            if rows.len() > ids.len() {
                rows.retain(|id, _| source.get(*id).is_some());
            }
        });
        if self.ids.with_untracked(|known| *known != ids) {
            self.ids.set(ids);
        }
        self.count(source);
    }

    fn count(self, source: &Rows) {
        let unread = source.iter().filter(|row| row.unread).count();
        if self.unread.get_untracked() != unread {
            self.unread.set(unread);
        }
    }
}

fn set_if_changed(signal: &ArcRwSignal<InteractionSummary>, row: &InteractionSummary) {
    if signal.with_untracked(|known| known != row) {
        signal.set(row.clone());
    }
}
