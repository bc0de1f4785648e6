//! Words by which a list is narrowed.

use crate::components::Icon;
use leptos::prelude::*;

/// A filter box above a column.
#[component]
pub fn FilterBox(
    /// What is filtered.
    label: Signal<String>,
    /// The words.
    value: RwSignal<String>,
) -> impl IntoView {
    view! {
        <div class="tray-search column-filter">
            <Icon glyph=icondata::LuSearch />
            <input
                type="search"
                autocomplete="off"
                aria-label=label
                placeholder=label
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
        </div>
    }
}
