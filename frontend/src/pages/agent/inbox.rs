//! `/inbox`: the tray at the left, what is open beside it.

use super::{interaction::InteractionPage, none_open::NoneOpen, start::StartPage, tray::Tray};
use crate::state::effect::effect;
use crate::{
    api::use_api,
    live::store::use_live,
    routes::{self, Pane, Place},
    state::load::Loader,
};
use leptos::prelude::*;
use shared::{
    api::{
        drafts::{DraftKind, DraftView},
        interactions::{InteractionQuery, InteractionState},
    },
    ids::DraftId,
    live::LiveEvent,
    page::MAX_LIMIT,
};

/// What the parts of the portal share. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Portal {
    /// Started mails that are still being written.
    pub started: Loader<Vec<DraftView>>,
    /// A mail that was taken back and is a draft again: the page of its conversation opens it.
    pub taken_back: RwSignal<Option<DraftView>>,
    /// The draft that was begun just now: its composer takes the keyboard.
    pub begun: StoredValue<Option<DraftId>>,
}

/// What the parts of the portal share.
pub fn use_portal() -> Portal {
    expect_context()
}

/// The portal. The tray stays while what is open changes.
#[component]
pub fn InboxPage() -> impl IntoView {
    let api = use_api();
    let live = use_live();
    let go = routes::use_go();
    let started = Loader::new(
        || (),
        move |()| async move {
            let page = api.list_drafts(None).await?;
            Ok(page.items.into_iter().filter(|draft| draft.kind == DraftKind::New).collect())
        },
    );
    provide_context(Portal { started, taken_back: RwSignal::new(None), begun: StoredValue::new(None) });

    // The queue is fetched anew with each snapshot and when a campaign changes: it may be a new one of the agent's, or one
    // of his no longer. It follows events meanwhile.
    let changes = RwSignal::new(0_u32);
    let more = RwSignal::new(false);
    live.listen(move |event| {
        if let LiveEvent::CampaignChanged { .. } = event {
            changes.update(|count| *count = count.wrapping_add(1));
        }
    });
    effect(move || {
        changes.track();
        if live.snapshots.get() > 0 {
            leptos::task::spawn_local(async move {
                let filter = InteractionQuery {
                    state: Some(InteractionState::Waiting),
                    limit: Some(MAX_LIMIT),
                    ..InteractionQuery::default()
                };
                if let Ok(page) = api.list_interactions(&filter).await {
                    let _ = more.try_set(page.next_cursor.is_some());
                    live.replace_waiting(page.items);
                }
            });
        }
    });
    // The part of the queue that is known was handed out, and there is more of it.
    effect(move || {
        if live.waiting.len() == 0 && more.get() {
            more.set(false);
            changes.update(|count| *count = count.wrapping_add(1));
        }
    });
    let pane = Memo::new(move |_| match go.place() {
        Place::Inbox(pane) => pane,
        _ => Pane::Nothing,
    });
    let interaction = Memo::new(move |_| match pane.get() {
        Pane::Interaction(id) => Some(id),
        _ => None,
    });
    // The same kind of pane stays while what it shows changes.
    let kind = Memo::new(move |_| match pane.get() {
        Pane::Interaction(_) => None,
        other => Some(other),
    });
    view! {
        <div class="inbox" data-open=move || (pane.get() != Pane::Nothing).to_string()>
            <Tray />
            <section class="opened">
                {move || match kind.get() {
                    None => view! { <InteractionPage id=interaction /> }.into_any(),
                    Some(Pane::Start(draft)) => view! { <StartPage id=draft /> }.into_any(),
                    Some(_) => view! { <NoneOpen /> }.into_any(),
                }}
            </section>
        </div>
    }
}
