//! `/inbox/new`: starting an interaction (S98, S99).

use super::{
    composer::{Composer, ComposerHost, Sent},
    inbox::use_portal,
};
use crate::state::effect::effect;
use crate::{
    api::use_api,
    components::{Empty, Failed, IconButton, Skeleton},
    i18n::{txt, use_i18n},
    routes::{self, INBOX, use_go},
    state::load::{Load, Loader},
};
use leptos::prelude::*;
use shared::{
    api::{
        campaigns::CampaignSummary,
        drafts::{CreateDraft, DraftKind, DraftView},
    },
    ids::DraftId,
};

/// Starts a mail: finds the campaigns in which the agent may, begins a draft, and writes.
#[component]
pub fn StartPage(
    /// The draft that it is written in; none yet begins one.
    id: Option<DraftId>,
) -> impl IntoView {
    let i18n = use_i18n();
    let api = use_api();
    let campaigns = Loader::new(
        || (),
        move |()| async move {
            let page = api.list_my_campaigns().await?;
            Ok(page.items.into_iter().filter(|campaign| campaign.may_start).collect::<Vec<_>>())
        },
    );
    move || match campaigns.get() {
        Load::Loading => view! { <div class="conversation"><Skeleton rows=1 shape="card" /></div> }.into_any(),
        Load::Failed(error) => {
            view! { <div class="lone"><Failed error=error on_retry=move |()| campaigns.reload() /></div> }.into_any()
        }
        Load::Ready(list) if list.is_empty() => view! {
            <div class="lone">
                <Empty
                    glyph=icondata::LuMegaphone
                    title=txt!(i18n, inbox.start_nowhere)
                    body=txt!(i18n, inbox.start_nowhere_next)
                />
            </div>
        }
        .into_any(),
        Load::Ready(list) => match id {
            Some(id) => view! { <Resume id=id campaigns=list /> }.into_any(),
            None => view! { <Begin campaigns=list /> }.into_any(),
        },
    }
}

/// Whether nothing was ever written in a started mail. Its text may hold a signature, so the text says nothing.
fn is_blank(draft: &DraftView) -> bool {
    draft.kind == DraftKind::New
        && draft.version == 1
        && draft.subject.is_empty()
        && draft.attachments.is_empty()
        && [&draft.to, &draft.cc, &draft.bcc].into_iter().all(Vec::is_empty)
}

/// Begins a draft in the first campaign, and goes on at its own address.
#[component]
fn Begin(campaigns: Vec<CampaignSummary>) -> impl IntoView {
    let (api, go, portal) = (use_api(), use_go(), use_portal());
    let first = campaigns.first().map(|campaign| campaign.id);
    let begun = Loader::new(
        || (),
        move |()| {
            let draft =
                CreateDraft { kind: DraftKind::New, reply_to_message_id: None, campaign_id: first, from_address: None };
            async move {
                // One that was begun and left as it was serves again.
                let known = api.list_drafts(None).await.ok();
                match known.and_then(|page| page.items.into_iter().find(is_blank)) {
                    Some(blank) => Ok(blank),
                    None => api.create_draft(&draft).await,
                }
            }
        },
    );
    effect(move || {
        if let Load::Ready(draft) = begun.get() {
            portal.started.reload();
            portal.begun.set_value(Some(draft.id));
            go.replace(&routes::start(draft.id));
        }
    });
    move || match begun.get() {
        Load::Failed(error) => {
            view! { <div class="lone"><Failed error=error on_retry=move |()| begun.reload() /></div> }.into_any()
        }
        _ => view! { <div class="conversation"><Skeleton rows=1 shape="card" /></div> }.into_any(),
    }
}

#[component]
fn Resume(id: DraftId, campaigns: Vec<CampaignSummary>) -> impl IntoView {
    let api = use_api();
    let draft = Loader::new(move || id, move |id| api.get_draft(id));
    let campaigns = StoredValue::new(campaigns);
    move || match draft.get() {
        Load::Loading => view! { <div class="conversation"><Skeleton rows=1 shape="card" /></div> }.into_any(),
        Load::Failed(error) => {
            view! { <div class="lone"><Failed error=error on_retry=move |()| draft.reload() /></div> }.into_any()
        }
        Load::Ready(draft) => view! { <Write draft=draft campaigns=campaigns.get_value() /> }.into_any(),
    }
}

#[component]
fn Write(draft: DraftView, campaigns: Vec<CampaignSummary>) -> impl IntoView {
    let i18n = use_i18n();
    let (go, portal) = (use_go(), use_portal());
    let host = ComposerHost {
        known: Signal::derive(Vec::new),
        moved: RwSignal::new(false),
        // A mail that starts an interaction does not finish it.
        ask_how_it_ends: Callback::new(|_| {}),
        on_sent: Callback::new(move |sent: Sent| {
            portal.started.reload();
            go.replace(&routes::interaction(sent.answer.interaction_id));
        }),
        on_discarded: Callback::new(move |()| {
            portal.started.reload();
            go.replace(INBOX);
        }),
    };
    view! {
        <div class="conversation conversation-new">
            <span class="conversation-back">
                <IconButton
                    glyph=icondata::LuArrowLeft
                    label=txt!(i18n, common.back)
                    on:click=move |_| go.to(&format!("{INBOX}{}", untrack(|| go.search())))
                />
            </span>
            <Composer draft=draft host=host campaigns=campaigns />
        </div>
    }
}
