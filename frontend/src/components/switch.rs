//! On and off: the switch acts at once or is part of a form, the checkbox chooses.

use super::unique_id;
use leptos::prelude::*;

/// A switch with its label, and a line that explains it.
#[component]
pub fn Switch(
    /// What is switched.
    #[prop(into)]
    label: Signal<String>,
    /// A line that explains it.
    #[prop(optional, into)]
    help: MaybeProp<String>,
    /// Whether it is on.
    #[prop(into)]
    checked: Signal<bool>,
    /// The new state.
    #[prop(into)]
    on_change: Callback<bool>,
    /// Cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// What is wrong with it: marks the line that explains it, which says more, where there is one.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let id = unique_id("switch");
    let help_id = format!("{id}-help");
    let described = help_id.clone();
    view! {
        <div class="switch-row">
            <div class="switch-text">
                <label for=id.clone()>{label}</label>
                {move || {
                    let fault = error.get();
                    let class = if fault.is_some() { "field-error" } else { "help" };
                    help.get().or(fault).map(|text| view! { <p class=class id=help_id.clone()>{text}</p> })
                }}
            </div>
            <input
                type="checkbox"
                role="switch"
                class="switch"
                id=id
                prop:checked=checked
                disabled=disabled
                aria-describedby=move || (error.with(Option::is_some) || help.get().is_some()).then(|| described.clone())
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                on:change=move |event| on_change.run(event_target_checked(&event))
            />
        </div>
    }
}

/// A checkbox with its label.
#[component]
pub fn Checkbox(
    /// What is chosen.
    #[prop(into)]
    label: Signal<String>,
    /// The label is for screen readers only: it stands elsewhere on the screen.
    #[prop(optional)]
    bare: bool,
    /// Whether it is.
    #[prop(into)]
    checked: Signal<bool>,
    /// The new state.
    #[prop(into)]
    on_change: Callback<bool>,
    /// Cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    view! {
        <label class="checkbox">
            <input
                type="checkbox"
                prop:checked=checked
                disabled=disabled
                on:change=move |event| on_change.run(event_target_checked(&event))
            />
            <span class=if bare { "visually-hidden" } else { "" }>{label}</span>
        </label>
    }
}
