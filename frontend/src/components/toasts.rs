//! Draws the notices.

use super::{
    button::IconButton,
    icon::{Glyph, Icon},
    rows::rows,
};
use crate::{
    format::seconds_left,
    i18n::{txt, use_i18n},
    state::{
        clock::use_clock,
        toasts::{Toast, Tone, use_toasts},
    },
};
use leptos::prelude::*;

/// All notices, the newest last. One in the page.
#[component]
pub fn ToastHost() -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    view! {
        <section class="toasts" role="region" aria-label=txt!(i18n, common.notifications) aria-live="polite">
            {rows(
                move || toasts.list().iter().map(|toast| i64::try_from(toast.id).unwrap_or_default()).collect(),
                move |id| {
                    let toast = untrack(|| toasts.list()).into_iter().find(|toast| i64::try_from(toast.id) == Ok(id));
                    toast.map(|toast| view! { <ToastView toast=toast /> }).into_any()
                },
            )}
        </section>
    }
}

#[component]
fn ToastView(toast: Toast) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let clock = use_clock();
    let id = toast.id;
    let (glyph, class): (Glyph, _) = match toast.tone {
        Tone::Good => (icondata::LuCircleCheck, "toast toast-good"),
        Tone::Bad => (icondata::LuCircleAlert, "toast toast-bad"),
        Tone::Info => (icondata::LuInfo, "toast toast-info"),
    };
    let text = toast.text.clone();
    let left = toast.until.map(|until| {
        move || {
            let seconds = seconds_left(until, clock.second());
            view! { <span class="toast-left">{txt!(i18n, common.seconds_left, seconds = seconds)}</span> }
        }
    });
    let action = toast.action.map(|action| {
        let run = action.run;
        let label = action.label;
        view! {
            <button
                type="button"
                class="toast-action"
                on:click=move |_| {
                    toasts.dismiss(id);
                    run();
                }
            >
                {move || label(i18n.get_locale())}
            </button>
        }
    });
    view! {
        <div class=class role=if toast.tone == Tone::Bad { "alert" } else { "status" } data-testid="toast">
            <Icon glyph=glyph />
            <p>{move || text(i18n.get_locale())}</p>
            {left}
            {action}
            <IconButton
                small=true
                glyph=icondata::LuX
                label=txt!(i18n, common.dismiss)
                on:click=move |_| toasts.dismiss(id)
            />
        </div>
    }
}
