//! Times that move by themselves.

use crate::{
    format::{clock, intl},
    i18n::use_i18n,
    state::clock::use_clock,
};
use leptos::prelude::*;
use shared::time::Timestamp;

/// "4 min", with the exact time on hover and focus.
#[component]
pub fn TimeAgo(
    /// When it was.
    #[prop(into)]
    at: Signal<Timestamp>,
) -> impl IntoView {
    let i18n = use_i18n();
    let page_clock = use_clock();
    view! {
        <time
            class="time"
            datetime=move || at.get().to_string()
            data-tip=move || intl::when(i18n.get_locale(), at.get(), intl::When::Exact)
        >
            {move || intl::short_ago(i18n.get_locale(), at.get(), page_clock.minute())}
        </time>
    }
}

/// A running clock since `since`: "04:10".
#[component]
pub fn Timer(
    /// Since when.
    #[prop(into)]
    since: Signal<Timestamp>,
) -> impl IntoView {
    let page_clock = use_clock();
    let i18n = use_i18n();
    // The time is read out by its label once, not every second.
    view! {
        <span
            class="timer"
            role="timer"
            aria-live="off"
            data-tip=move || intl::when(i18n.get_locale(), since.get(), intl::When::Exact)
        >
            {move || clock((page_clock.second() - since.get().millis()).div_euclid(1_000))}
        </span>
    }
}
