//! Nothing is open.

use crate::{
    components::Empty,
    i18n::{txt, use_i18n},
};
use leptos::prelude::*;

/// The face beside the tray while nothing is open.
#[component]
pub fn NoneOpen() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="lone">
            <Empty glyph=icondata::LuMail title=txt!(i18n, inbox.none_open) body=txt!(i18n, inbox.none_open_next) />
        </div>
    }
}
