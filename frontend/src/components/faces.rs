//! The faces of a list that is not full: loading, empty, failed.

use super::{
    button::Button,
    icon::{Glyph, Icon},
};
use crate::{
    api::ApiError,
    i18n::{detail, error_signal, txt, use_i18n},
};
use leptos::prelude::*;

/// Rows that are on their way, of the height that they will have.
#[component]
pub fn Skeleton(
    /// How many rows.
    #[prop(default = 4)]
    rows: u32,
    /// `row`, `line` or `card`: the shape in `faces.css`.
    #[prop(default = "row")]
    shape: &'static str,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="skeleton" role="status" aria-label=txt!(i18n, common.loading)>
            {(0..rows)
                .map(|_| view! { <div class=format!("skeleton-{shape}") aria-hidden="true"><span></span><span></span></div> })
                .collect_view()}
        </div>
    }
}

/// Nothing to show, and what to do next.
#[component]
pub fn Empty(
    /// A picture of the matter.
    glyph: Glyph,
    /// What there is not.
    #[prop(into)]
    title: Signal<String>,
    /// What to do next.
    #[prop(optional, into)]
    body: MaybeProp<String>,
    /// A button, perhaps.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="face">
            <span class="face-icon"><Icon glyph=glyph /></span>
            <p class="face-title">{title}</p>
            {move || body.get().map(|text| view! { <p class="face-body">{text}</p> })}
            {children.map(|children| view! { <div class="face-actions">{children()}</div> })}
        </div>
    }
}

/// It did not come: what happened, and a way to try again.
#[component]
pub fn Failed(
    /// What happened.
    error: ApiError,
    /// Tries again.
    #[prop(into)]
    on_retry: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let request = error.request_id().map(ToString::to_string);
    let words = detail(&error);
    view! {
        <div class="face" role="alert">
            <span class="face-icon face-icon-bad"><Icon glyph=icondata::LuCloudOff /></span>
            <p class="face-title">{txt!(i18n, common.error_title)}</p>
            <p class="face-body">{error_signal(i18n, error)}</p>
            {words.map(|words| view! { <p class="face-words">{words}</p> })}
            <div class="face-actions">
                <Button icon=icondata::LuRotateCw on:click=move |_| on_retry.run(())>
                    {txt!(i18n, common.retry)}
                </Button>
            </div>
            {request.map(|id| {
                view! {
                    <p class="face-request">{txt!(i18n, common.request_id, id = id.as_str())}</p>
                }
            })}
        </div>
    }
}
