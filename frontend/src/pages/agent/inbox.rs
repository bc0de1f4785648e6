//! `/inbox`: the tray at the left, what is open beside it.

use super::{interaction::InteractionPage, none_open::NoneOpen, queue::Queue, start::StartPage, tray::Tray};
use crate::{
    api::use_api,
    routes::{self, Pane, Place},
    state::load::Loader,
};
use leptos::prelude::*;
use shared::{
    api::drafts::{DraftKind, DraftView},
    ids::DraftId,
};

/// What the parts of the portal share. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Portal {
    /// Started mails that are still being written.
    pub started: Loader<Vec<DraftView>>,
    /// What waits to be handed out.
    pub queue: Queue,
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
    let go = routes::use_go();
    let started = Loader::new(
        || (),
        move |()| async move {
            let page = api.list_drafts(None).await?;
            Ok(page.items.into_iter().filter(|draft| draft.kind == DraftKind::New).collect())
        },
    );
    provide_context(Portal {
        started,
        queue: Queue::follow(),
        taken_back: RwSignal::new(None),
        begun: StoredValue::new(None),
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
