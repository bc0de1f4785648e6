//! The queue: its beginning is fetched and follows live events from then on, the rest comes a page at a time.

use crate::{
    api::{Answer, Api, use_api},
    i18n::error_text,
    live::store::{Live, use_live},
    state::{
        effect::effect,
        load::Load,
        toasts::{Toasts, use_toasts},
    },
};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use shared::{
    api::interactions::{InteractionQuery, InteractionState, InteractionSummary},
    live::LiveEvent,
    page::{MAX_LIMIT, Page},
};
use std::sync::Arc;

/// With fewer rows than this, what follows them is fetched unasked.
const FEW: usize = 20;
/// How often the whole queue is counted while it moves, in milliseconds.
const COUNT_EVERY: u32 = 3_000;
/// How often a queue from which agents take is fetched anew while it moves, in milliseconds.
const RENEW_EVERY: u32 = 1_000;

/// The queue as far as it was fetched; its rows are in the live state. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Queue {
    api: Api,
    live: Live,
    toasts: Toasts,
    /// Whether its beginning is there.
    pub face: RwSignal<Load<()>>,
    /// Where the rows begin that are not here; nothing when all are.
    next: RwSignal<Option<String>>,
    /// The rows that follow are on their way.
    pub busy: RwSignal<bool>,
    /// How many wait, here or not, by the server's word.
    total: RwSignal<Option<i64>>,
    counting: StoredValue<bool>,
    renewing: StoredValue<bool>,
    /// Only the newest fetch of the beginning counts.
    fetches: StoredValue<u32>,
}

impl Queue {
    /// Follows the queue for as long as the owner lives.
    pub fn follow() -> Self {
        let live = use_live();
        let queue = Self {
            api: use_api(),
            live,
            toasts: use_toasts(),
            face: RwSignal::new(Load::Loading),
            next: RwSignal::new(None),
            busy: RwSignal::new(false),
            total: RwSignal::new(None),
            counting: StoredValue::new(false),
            renewing: StoredValue::new(false),
            fetches: StoredValue::new(0),
        };
        live.listen(move |event| match event {
            // It may be a new campaign of the agent's, or one of his no longer.
            LiveEvent::CampaignChanged { .. } => queue.fetch(),
            // Of rows that are not here nobody knows whether they are new.
            LiveEvent::InteractionChanged { .. } if queue.has_more_now() => queue.count_after(COUNT_EVERY),
            // What may be taken is told in the list only, and changes with every row that goes.
            LiveEvent::InteractionChanged { interaction } if interaction.pull => queue.fetch_after(RENEW_EVERY),
            _ => {}
        });
        effect(move || {
            if live.snapshots.get() > 0 {
                queue.fetch();
            }
        });
        // The part that is known was handed out, or nearly.
        effect(move || {
            if live.waiting.len() < FEW && queue.has_more() {
                queue.fetch_more(false);
            }
        });
        queue
    }

    /// There are rows that are not here; reactive.
    pub fn has_more(self) -> bool {
        self.next.with(Option::is_some)
    }

    fn has_more_now(self) -> bool {
        self.next.try_with_untracked(Option::is_some) == Some(true)
    }

    /// How many wait, for people; reactive.
    pub fn count(self) -> Option<String> {
        let here = self.live.waiting.len();
        if !self.has_more() {
            return (here > 0).then(|| here.to_string());
        }
        Some(self.total.get().map_or_else(|| format!("{here}+"), |total| total.to_string()))
    }

    /// Fetches the beginning after a while, together with what changes until then.
    fn fetch_after(self, millis: u32) {
        if self.renewing.try_update_value(|renewing| std::mem::replace(renewing, true)) != Some(false) {
            return;
        }
        leptos::task::spawn_local(async move {
            TimeoutFuture::new(millis).await;
            if self.renewing.try_set_value(false).is_none() {
                self.fetch();
            }
        });
    }

    /// Fetches the beginning, as far as it was known.
    pub fn fetch(self) {
        let known = self.live.waiting.ids_untracked().len();
        let Some(number) = self.fetches.try_update_value(|count| {
            *count = count.wrapping_add(1);
            *count
        }) else {
            return;
        };
        if self.face.with_untracked(|face| matches!(face, Load::Failed(_))) {
            self.face.set(Load::Loading);
        }
        self.live.expect_waiting();
        leptos::task::spawn_local(async move {
            let outcome = self.beginning(known).await;
            if self.fetches.try_get_value() != Some(number) {
                return;
            }
            match outcome {
                Ok(Page { items, next_cursor }) => {
                    self.live.begin_waiting(items, next_cursor.is_some());
                    self.next.set(next_cursor);
                    self.face.set(Load::Ready(()));
                    if self.has_more_now() {
                        self.count_after(0);
                    }
                }
                // A renewal that fails leaves what is shown.
                Err(error) => {
                    if self.face.with_untracked(|face| face.ready().is_none()) {
                        self.face.set(Load::Failed(error));
                    }
                }
            }
        });
    }

    async fn beginning(self, known: usize) -> Answer<Page<InteractionSummary>> {
        let mut whole = self.page(None).await?;
        while whole.items.len() < known
            && let Some(cursor) = whole.next_cursor.take()
        {
            let page = self.page(Some(cursor)).await?;
            whole.items.extend(page.items);
            whole.next_cursor = page.next_cursor;
        }
        Ok(whole)
    }

    /// Fetches the rows that follow. A failure is said to whoever asked for them.
    pub fn fetch_more(self, asked: bool) {
        let Some(cursor) = self.next.get_untracked() else { return };
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        leptos::task::spawn_local(async move {
            let outcome = self.page(Some(cursor.clone())).await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                // Fetched from the beginning meanwhile, it may go on elsewhere; whoever wanted more still does.
                Ok(_) if self.next.with_untracked(|next| *next != Some(cursor)) => self.fetch_more(asked),
                Ok(page) => {
                    self.live.extend_waiting(page.items, page.next_cursor.is_some());
                    self.next.set(page.next_cursor);
                }
                Err(error) if asked => self.toasts.bad(Arc::new(move |locale| error_text(locale, &error))),
                Err(_) => {}
            }
        });
    }

    async fn page(self, cursor: Option<String>) -> Answer<Page<InteractionSummary>> {
        let filter = InteractionQuery {
            state: Some(InteractionState::Waiting),
            limit: Some(MAX_LIMIT),
            cursor,
            ..InteractionQuery::default()
        };
        self.api.list_interactions(&filter).await
    }

    /// Has the whole queue counted after a while, together with what changes until then.
    fn count_after(self, millis: u32) {
        if self.counting.try_update_value(|counting| std::mem::replace(counting, true)) != Some(false) {
            return;
        }
        leptos::task::spawn_local(async move {
            TimeoutFuture::new(millis).await;
            let _ = self.counting.try_set_value(false);
            if let Ok(counts) = self.api.get_interaction_counts().await {
                let _ = self.total.try_set(Some(counts.waiting));
            }
        });
    }
}
