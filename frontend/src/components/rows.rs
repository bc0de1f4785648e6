//! Rows that stay while what is beside them comes and goes.
//!
//! The framework compiles its keyed list anew for each type of key, row and drawing, 4 kB a list. Behind one type of each
//! there is one for all: rows are told by number, and what draws one looks it up.

use leptos::prelude::*;
use std::sync::Arc;

type Keys = Box<dyn Fn() -> Vec<i64> + Send + Sync>;
type Draw = Arc<dyn Fn(i64) -> AnyView + Send + Sync>;

/// A row for each of the `keys`, in their order; `draw` is asked once for each, when it comes.
pub fn rows(
    keys: impl Fn() -> Vec<i64> + Send + Sync + 'static,
    draw: impl Fn(i64) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    drawn(Box::new(keys), Arc::new(draw))
}

#[inline(never)]
fn drawn(keys: Keys, draw: Draw) -> AnyView {
    view! { <For each=keys key=|key| *key children=move |key| draw(key) /> }.into_any()
}

/// A row for each of a list that names its rows by number.
pub fn rows_of<T: Clone + Send + Sync + 'static>(
    list: RwSignal<Vec<T>>,
    key: fn(&T) -> i64,
    draw: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    rows(
        move || list.with(|list| list.iter().map(key).collect()),
        move |wanted| {
            let row = list.with_untracked(|list| list.iter().find(|row| key(row) == wanted).cloned());
            row.map_or_else(|| ().into_any(), &draw)
        },
    )
}
