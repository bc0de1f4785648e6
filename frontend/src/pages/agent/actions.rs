//! What an agent does with a mail: reply, reply all, reply with history, finish.

use super::{conversation::use_open, inbox::use_portal};
use crate::{
    api::use_api,
    components::{Button, Look},
    i18n::{error_text, txt, use_i18n},
    state::{
        commands::{Section, use_commands},
        toasts::use_toasts,
    },
};
use leptos::prelude::*;
use shared::api::drafts::{CreateDraft, DraftKind};

/// The buttons below the mails while nothing is being written.
#[component]
pub fn Actions() -> impl IntoView {
    let i18n = use_i18n();
    let (open, api, toasts, commands) = (use_open(), use_api(), use_toasts(), use_commands());
    let portal = use_portal();
    let busy = RwSignal::new(None::<DraftKind>);
    let begin = move |kind: DraftKind| {
        if busy.get_untracked().is_some() {
            return;
        }
        let Some(message) = open.answered() else { return };
        busy.set(Some(kind));
        leptos::task::spawn_local(async move {
            let draft = CreateDraft { kind, reply_to_message_id: Some(message), campaign_id: None, from_address: None };
            match api.create_draft(&draft).await {
                Ok(draft) => {
                    let _ = open.moved.try_set(false);
                    let _ = portal.begun.try_set_value(Some(draft.id));
                    let _ = open.draft.try_set(Some(draft));
                }
                Err(error) => {
                    toasts.bad(std::sync::Arc::new(move |locale| error_text(locale, &error)));
                }
            }
            let _ = busy.try_set(None);
        });
    };
    commands.offer(Section::Do, txt!(i18n, inbox.reply), Some("r"), move || begin(DraftKind::Reply));
    commands.offer(Section::Do, txt!(i18n, inbox.reply_all), Some("a"), move || begin(DraftKind::ReplyAll));
    commands.offer(Section::Do, txt!(i18n, inbox.reply_history), None, move || begin(DraftKind::ReplyHistory));
    commands.offer(Section::Do, txt!(i18n, inbox.finish), Some("e"), move || open.finishing.set(true));
    let is_busy = move |kind| Signal::derive(move || busy.get() == Some(kind));
    view! {
        <div class="conversation-actions">
            <Button
                look=Look::Primary
                icon=icondata::LuReply
                busy=is_busy(DraftKind::Reply)
                attr:aria-keyshortcuts="r"
                on:click=move |_| begin(DraftKind::Reply)
            >
                {txt!(i18n, inbox.reply)}
            </Button>
            <Button
                icon=icondata::LuReplyAll
                busy=is_busy(DraftKind::ReplyAll)
                attr:data-compact=true
                attr:data-tip=txt!(i18n, inbox.reply_all)
                attr:data-tip-key="a"
                attr:aria-keyshortcuts="a"
                on:click=move |_| begin(DraftKind::ReplyAll)
            >
                {txt!(i18n, inbox.reply_all)}
            </Button>
            <Button
                icon=icondata::LuHistory
                busy=is_busy(DraftKind::ReplyHistory)
                attr:data-compact=true
                attr:data-tip=txt!(i18n, inbox.reply_history)
                on:click=move |_| begin(DraftKind::ReplyHistory)
            >
                {txt!(i18n, inbox.reply_history)}
            </Button>
            <span class="spring"></span>
            <super::errand::MoreActions />
            <Button
                icon=icondata::LuCheck
                attr:aria-keyshortcuts="e"
                on:click=move |_| open.finishing.set(true)
            >
                {txt!(i18n, inbox.finish)}
            </Button>
        </div>
    }
}
