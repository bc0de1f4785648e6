//! `/inbox/{interaction}`: fetches what is opened.

use super::conversation::ConversationPane;
use crate::{
    api::{ApiError, use_api},
    components::{Empty, Failed, Skeleton},
    i18n::{txt, use_i18n},
    live::store::{Live, use_live},
    state::load::{Load, Loader},
};
use leptos::prelude::*;
use shared::{
    api::{conversations::ConversationView, drafts::DraftView, interactions::InteractionSummary},
    error::ErrorCode,
    ids::{ConversationId, InteractionId},
    live::LiveEvent,
};

/// An interaction as it opens.
#[derive(Clone, PartialEq)]
pub struct Opened {
    /// The interaction of the address; an older one than the conversation's newest, when it comes from the history.
    pub interaction: InteractionSummary,
    /// Its conversation.
    pub conversation: ConversationView,
    /// What the agent was writing.
    pub draft: Option<DraftView>,
}

/// Notes what is told about conversations while one is fetched: the answer may be older than it. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Gap(StoredValue<Option<Vec<ConversationId>>>);

impl Gap {
    fn new(live: Live) -> Self {
        let told = StoredValue::new(None::<Vec<ConversationId>>);
        live.listen(move |event| {
            let conversation = match event {
                LiveEvent::MessageAdded { conversation_id, .. }
                | LiveEvent::DeliveryChanged { conversation_id, .. } => *conversation_id,
                LiveEvent::InteractionChanged { interaction } => interaction.conversation_id,
                _ => return,
            };
            told.update_value(|told| told.iter_mut().for_each(|told| told.push(conversation)));
        });
        Self(told)
    }

    /// A fetch begins.
    fn begin(self) {
        self.0.set_value(Some(Vec::new()));
    }

    /// The fetched conversation hears for itself from now on. Whether something was told about it since the fetch
    /// began.
    pub fn end(self, id: ConversationId) -> bool {
        self.0.try_update_value(Option::take).flatten().is_some_and(|told| told.contains(&id))
    }
}

/// Opens the interaction that the address names.
#[component]
pub fn InteractionPage(
    /// Which one.
    id: Memo<Option<InteractionId>>,
) -> impl IntoView {
    let api = use_api();
    let live = use_live();
    let gap = Gap::new(live);
    let fetch = move |id: Option<InteractionId>| async move {
        let Some(id) = id else { return Ok(None) };
        gap.begin();
        let known = live.active.row(id).map(|row| row.get_untracked());
        let interaction = match known {
            Some(row) => row,
            None => api.get_interaction(id).await?,
        };
        let (conversation, drafts) = futures_util::join!(
            api.get_conversation(interaction.conversation_id),
            api.list_drafts(Some(interaction.conversation_id))
        );
        // Without the drafts one can still read; the next press of Reply shows what is wrong.
        let draft = drafts.ok().and_then(|page| page.items.into_iter().next());
        Ok(Some(Opened { interaction, conversation: conversation?, draft }))
    };
    let opened = Loader::new(move || id.get(), fetch);
    move || match opened.get() {
        Load::Loading => view! { <OpeningFace /> }.into_any(),
        Load::Ready(None) => view! { <GoneFace /> }.into_any(),
        Load::Ready(Some(opened)) => view! { <ConversationPane opened=opened gap=gap /> }.into_any(),
        Load::Failed(error) if is_gone(&error) => view! { <GoneFace /> }.into_any(),
        Load::Failed(error) => {
            view! { <div class="lone"><Failed error=error on_retry=move |()| opened.reload() /></div> }.into_any()
        }
    }
}

fn is_gone(error: &ApiError) -> bool {
    matches!(error.code(), Some(ErrorCode::NotFound | ErrorCode::Forbidden | ErrorCode::MalformedRequest))
}

#[component]
fn OpeningFace() -> impl IntoView {
    view! {
        <div class="conversation conversation-opening">
            <Skeleton rows=1 shape="row" />
            <Skeleton rows=2 shape="card" />
        </div>
    }
}

#[component]
fn GoneFace() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="lone">
            <Empty
                glyph=icondata::LuSearch
                title=txt!(i18n, common.not_found_title)
                body=txt!(i18n, common.not_found_body)
            />
        </div>
    }
}
