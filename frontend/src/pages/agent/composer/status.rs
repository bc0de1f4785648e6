//! "saved 12:04".

use super::desk::{Desk, refusal_text};
use crate::{
    components::Icon,
    format::intl,
    i18n::{txt, use_i18n},
    state::autosave::Saved,
};
use leptos::prelude::*;
use shared::time::Timestamp;

/// Where the saving of the draft stands.
#[component]
pub(super) fn SaveStatus(desk: Desk) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <span class="save-status" role="status" data-testid="draft-status">
            {move || match desk.status.get() {
                Saved::Untouched => ().into_any(),
                Saved::Pending => txt!(i18n, common.saving).into_any(),
                Saved::At(at) => {
                    let time = intl::when(i18n.get_locale(), Timestamp::from_millis(at), intl::When::Time);
                    txt!(i18n, editor.saved_at, time = time.as_str()).into_any()
                }
                Saved::Away => {
                    view! {
                        <Icon glyph=icondata::LuCloudOff />
                        {txt!(i18n, editor.saving_away)}
                    }
                        .into_any()
                }
                Saved::Conflict => {
                    view! {
                        <Icon glyph=icondata::LuTriangleAlert />
                        <button type="button" class="link-button" on:click=move |_| desk.asks_conflict.set(true)>
                            {txt!(i18n, editor.conflict)}
                        </button>
                    }
                        .into_any()
                }
                Saved::Refused => {
                    view! {
                        <Icon glyph=icondata::LuTriangleAlert />
                        <span>
                            {move || {
                                let locale = i18n.get_locale();
                                desk.refusal.with(|error| error.as_ref().map(|error| refusal_text(locale, error)))
                            }}
                        </span>
                    }
                        .into_any()
                }
            }}
        </span>
    }
}
