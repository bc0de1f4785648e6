//! Pages that stand in for others: not found, forbidden, out of reach.

use crate::{
    components::{Button, Empty},
    i18n::{txt, use_i18n},
    routes::{INBOX, use_go},
};
use leptos::prelude::*;

/// There is no such page.
#[component]
pub fn NotFound() -> impl IntoView {
    let i18n = use_i18n();
    let go = use_go();
    view! {
        <main class="lone">
            <Empty
                glyph=icondata::LuSearch
                title=txt!(i18n, common.not_found_title)
                body=txt!(i18n, common.not_found_body)
            >
                <Button on:click=move |_| go.to(INBOX)>{txt!(i18n, common.to_inbox)}</Button>
            </Empty>
        </main>
    }
}

/// The page is there, but not for this user.
#[component]
pub fn Forbidden() -> impl IntoView {
    let i18n = use_i18n();
    let go = use_go();
    view! {
        <div class="lone">
            <Empty
                glyph=icondata::LuShieldAlert
                title=txt!(i18n, common.forbidden_title)
                body=txt!(i18n, common.forbidden_body)
            >
                <Button on:click=move |_| go.to(INBOX)>{txt!(i18n, common.to_inbox)}</Button>
            </Empty>
        </div>
    }
}

/// The server is away and nothing is known yet.
#[component]
pub fn Unreachable(
    /// Tries again.
    #[prop(into)]
    on_retry: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <main class="lone">
            <Empty
                glyph=icondata::LuWifiOff
                title=txt!(i18n, common.offline_title)
                body=txt!(i18n, common.offline_body)
            >
                <Button icon=icondata::LuRotateCw on:click=move |_| on_retry.run(())>
                    {txt!(i18n, common.try_now)}
                </Button>
            </Empty>
        </main>
    }
}
