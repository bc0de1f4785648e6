//! How far a sent mail has come, and what can be done about it.

use super::{conversation::use_open, inbox::use_portal};
use crate::{
    api::use_api,
    components::{Button, Glyph, Icon, Tint},
    format::seconds_left,
    i18n::{error_text, plural, txt, use_i18n, word},
    state::{clock::use_clock, toasts::use_toasts},
};
use leptos::prelude::*;
use shared::api::conversations::{Delivery, MessageView};

/// A line below an outgoing mail.
#[component]
pub fn DeliveryLine(
    /// The mail.
    #[prop(into)]
    message: Signal<MessageView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, clock, toasts) = (use_api(), use_clock(), use_toasts());
    let (open, portal) = (use_open(), use_portal());
    let id = message.with_untracked(|message| message.id);
    let delivery = Memo::new(move |_| message.with(|message| message.delivery));
    let due = Memo::new(move |_| message.with(|message| message.due_at));
    let left = move || due.get().map_or(0, |due| seconds_left(due.millis(), clock.second()));
    let busy = RwSignal::new(false);
    let undo = move |_| {
        busy.set(true);
        leptos::task::spawn_local(async move {
            match api.cancel_message(id).await {
                Ok(cancelled) => {
                    open.messages.remove(id);
                    let _ = portal.taken_back.try_set(Some(cancelled.draft));
                }
                Err(error) => toasts.bad(std::sync::Arc::new(move |locale| error_text(locale, &error))),
            }
            let _ = busy.try_set(false);
        });
    };
    let retry = move |_| {
        busy.set(true);
        leptos::task::spawn_local(async move {
            match api.retry_message(id).await {
                Ok(()) => open.messages.deliver(id, Delivery::Queued, None, None),
                Err(error) => toasts.bad(std::sync::Arc::new(move |locale| error_text(locale, &error))),
            }
            let _ = busy.try_set(false);
        });
    };
    let words = move || {
        let mine = open.mine.get();
        let refused = message.with(|m| u32::try_from(m.failed_recipients.len()).unwrap_or(u32::MAX));
        let (glyph, tint): (Glyph, Tint) = match delivery.get()? {
            Delivery::Held | Delivery::Queued => (icondata::LuHourglass, Tint::Info),
            Delivery::Sending => (icondata::LuSend, Tint::Info),
            // Accepted for some, and never to arrive at the others.
            Delivery::Sent if refused > 0 => (icondata::LuTriangleAlert, Tint::Warn),
            Delivery::Sent => (icondata::LuCheck, Tint::Good),
            Delivery::Failed | Delivery::Bounced => (icondata::LuCircleAlert, Tint::Bad),
            Delivery::Cancelled => (icondata::LuUndo2, Tint::Quiet),
        };
        let text = match delivery.get()? {
            Delivery::Held => (move || word!(i18n, inbox.delivery_held, seconds = left())).into_any(),
            Delivery::Queued if message.with(|m| m.last_reply.is_some() || m.attempts.unwrap_or(0) > 0) => {
                txt!(i18n, inbox.delivery_again).into_any()
            }
            Delivery::Queued => txt!(i18n, inbox.delivery_queued).into_any(),
            Delivery::Sending => txt!(i18n, inbox.delivery_sending).into_any(),
            Delivery::Sent if refused > 0 => {
                (move || plural!(i18n.get_locale(), inbox.delivery_sent_but, refused)).into_any()
            }
            Delivery::Sent => txt!(i18n, inbox.delivery_sent).into_any(),
            Delivery::Failed => txt!(i18n, inbox.delivery_failed).into_any(),
            Delivery::Bounced => txt!(i18n, inbox.delivery_bounced).into_any(),
            Delivery::Cancelled => txt!(i18n, inbox.delivery_cancelled).into_any(),
        };
        let action = match delivery.get()? {
            Delivery::Held if mine => Some(
                view! {
                    <Button small=true busy=busy icon=icondata::LuUndo2 on:click=undo>{txt!(i18n, common.undo)}</Button>
                }
                .into_any(),
            ),
            Delivery::Failed if mine => Some(
                view! {
                    <Button small=true busy=busy icon=icondata::LuRotateCw on:click=retry>
                        {txt!(i18n, common.retry)}
                    </Button>
                }
                .into_any(),
            ),
            _ => None,
        };
        let (reply, failed) = message.with(|message| (message.last_reply.clone(), message.failed_recipients.clone()));
        Some(view! {
            <div class=format!("delivery tint-{}", tint.word()) data-delivery=delivery.get()?.as_str() role="status" aria-live="off">
                <Icon glyph=glyph />
                <span class="delivery-text">{text}</span>
                {action}
                {reply.filter(|reply| !reply.is_empty()).map(|reply| view! { <p class="delivery-words">{reply}</p> })}
                {failed
                    .into_iter()
                    .map(|one| view! { <p class="delivery-words"><strong>{one.email}</strong> ": " {one.reply}</p> })
                    .collect_view()}
            </div>
        })
    };
    view! { {words} }
}
