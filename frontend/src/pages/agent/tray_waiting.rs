//! What waits, as it will be handed out.

use super::{inbox::use_portal, tray::fitting, tray_row::TrayRow};
use crate::{
    components::{Button, Empty, Failed, Skeleton, rows},
    i18n::{txt, use_i18n},
    live::store::use_live,
    state::{effect::effect, load::Load},
};
use leptos::prelude::*;
use shared::ids::InteractionId;

/// The queue, searched here.
#[component]
pub fn Waiting(
    /// What is searched.
    words: Memo<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let queue = use_portal().queue;
    let ids = fitting(live.waiting, words);
    let searched = Memo::new(move |_| !words.with(|words| words.trim().is_empty()));
    // A search looks through all of it. What does not come is not asked for again by itself.
    effect(move || {
        if searched.get() && queue.has_more() {
            queue.fetch_more(false);
        }
    });
    let nobody = Memo::new(move |_| ids.with(Vec::is_empty));
    view! {
        <p class="tray-note">{txt!(i18n, inbox.waiting_note)}</p>
        {move || match queue.face.get() {
            Load::Failed(error) => view! { <Failed error=error on_retry=move |()| queue.fetch() /> }.into_any(),
            _ if !nobody.get() => ().into_any(),
            Load::Loading => view! { <Skeleton rows=6 /> }.into_any(),
            Load::Ready(()) if queue.has_more() => {
                view! { {move || queue.busy.get().then(|| view! { <Skeleton rows=2 /> })} }.into_any()
            }
            Load::Ready(()) if searched.get() => {
                view! { <Empty glyph=icondata::LuSearch title=txt!(i18n, inbox.nothing_found) body=txt!(i18n, inbox.nothing_found_next) /> }
                    .into_any()
            }
            Load::Ready(()) => {
                view! {
                    <Empty
                        glyph=icondata::LuCheckCheck
                        title=txt!(i18n, inbox.waiting_empty)
                        body=txt!(i18n, inbox.waiting_empty_next)
                    />
                }
                    .into_any()
            }
        }}
        <ul class="tray-rows">
            {rows(
                move || ids.with(|ids| ids.iter().map(|id| id.0).collect()),
                move |id| {
                    let row = live.waiting.row(InteractionId(id));
                    row.map(|row| view! { <li><TrayRow row=row.into() fixed=true /></li> }).into_any()
                },
            )}
        </ul>
        {move || {
            queue
                .has_more()
                .then(|| {
                    view! {
                        <div class="tray-more">
                            <Button busy=queue.busy on:click=move |_| queue.fetch_more(true)>
                                {txt!(i18n, common.load_more)}
                            </Button>
                        </div>
                    }
                })
        }}
    }
}
