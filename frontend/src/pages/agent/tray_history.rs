//! Interactions that the agent has finished or set aside, a page at a time.

use super::tray_row::TrayRow;
use crate::state::effect::effect_with;
use crate::{
    api::{ApiError, use_api},
    components::{Button, Empty, Failed, Skeleton, rows as keyed},
    i18n::{txt, use_i18n},
    live::store::use_live,
};
use futures_util::future::{AbortHandle, Abortable};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use shared::{
    api::interactions::{InteractionQuery, InteractionState, InteractionSummary},
    live::LiveEvent,
};

/// Milliseconds without a key before a search goes to the server.
const TYPING: u32 = 200;

/// The agent's interactions in a state, searched by the server.
#[component]
pub fn History(
    /// Which ones.
    state: InteractionState,
    /// What is searched.
    words: Memo<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let api = use_api();
    let live = use_live();
    let rows = RwSignal::new(None::<Vec<InteractionSummary>>);
    let cursor = RwSignal::new(None::<String>);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let again = Trigger::new();

    let fetch = move |from: Option<String>| async move {
        let search = words.get_untracked().trim().to_string();
        let filter = InteractionQuery {
            state: Some(state),
            mine: Some(true),
            search: (!search.is_empty()).then_some(search),
            cursor: from.clone(),
            ..InteractionQuery::default()
        };
        match api.list_interactions(&filter).await {
            Ok(page) => {
                let _ = rows.try_update(|rows| match rows {
                    Some(rows) if from.is_some() => rows.extend(page.items),
                    _ => *rows = Some(page.items),
                });
                let _ = cursor.try_set(page.next_cursor);
                let _ = failure.try_set(None);
            }
            Err(error) => {
                let _ = failure.try_set(Some(error));
            }
        }
        let _ = busy.try_set(false);
    };
    effect_with(move |before: Option<String>| {
        again.track();
        let now = words.get();
        // The first list comes at once, a search when the fingers rest.
        let wait = if before.as_ref().is_some_and(|before| *before != now) { TYPING } else { 0 };
        let (handle, registration) = AbortHandle::new_pair();
        on_cleanup(move || handle.abort());
        leptos::task::spawn_local(async move {
            let work = async move {
                TimeoutFuture::new(wait).await;
                fetch(None).await;
            };
            let _ = Abortable::new(work, registration).await;
        });
        now
    });
    live.listen(move |event| {
        if let LiveEvent::InteractionChanged { interaction } = event {
            let here = rows.try_with_untracked(|rows| rows.iter().flatten().any(|row| row.id == interaction.id));
            if interaction.state == state || here == Some(true) {
                again.notify();
            }
        }
    });
    let more = move |_| {
        if let Some(from) = cursor.get_untracked() {
            busy.set(true);
            leptos::task::spawn_local(fetch(Some(from)));
        }
    };
    view! {
        {move || match (failure.get(), rows.with(Option::is_none), rows.with(|rows| rows.as_ref().is_some_and(Vec::is_empty))) {
            (Some(error), _, _) => view! { <Failed error=error on_retry=move |()| again.notify() /> }.into_any(),
            (None, true, _) => view! { <Skeleton rows=6 /> }.into_any(),
            (None, _, true) if words.with(|words| words.trim().is_empty()) => {
                view! {
                    <Empty
                        glyph=icondata::LuHistory
                        title=if state == InteractionState::Snoozed { txt!(i18n, inbox.snoozed_empty) } else { txt!(i18n, inbox.history_empty) }
                        body=if state == InteractionState::Snoozed { txt!(i18n, inbox.snoozed_empty_next) } else { txt!(i18n, inbox.history_empty_next) }
                    />
                }
                    .into_any()
            }
            (None, _, true) => {
                view! { <Empty glyph=icondata::LuSearch title=txt!(i18n, inbox.nothing_found) body=txt!(i18n, inbox.nothing_found_next) /> }
                    .into_any()
            }
            _ => ().into_any(),
        }}
        <ul class="tray-rows">
            {keyed(
                move || rows.with(|rows| rows.iter().flatten().map(version_of).collect()),
                move |key| {
                    let row = rows.with_untracked(|rows| rows.iter().flatten().find(|row| version_of(row) == key).cloned());
                    row.map(|row| view! { <li><TrayRow row=ArcRwSignal::new(row).into() /></li> }).into_any()
                },
            )}
        </ul>
        {move || {
            cursor
                .get()
                .map(|_| {
                    view! {
                        <div class="tray-more">
                            <Button busy=busy on:click=more>{txt!(i18n, common.load_more)}</Button>
                        </div>
                    }
                })
        }}
    }
}

/// Names a row as it stands: what has changed is drawn anew.
fn version_of(row: &InteractionSummary) -> i64 {
    const VERSIONS: i64 = 1 << 20;
    row.id.0.wrapping_mul(VERSIONS).wrapping_add(row.version.rem_euclid(VERSIONS))
}
