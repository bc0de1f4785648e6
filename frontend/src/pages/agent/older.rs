//! The mails before those with which a conversation opened: fetched when asked for, while what is read stays in its place.

use super::{anchor::Anchor, conversation::use_open};
use crate::{
    components::Button,
    dom,
    i18n::{error_text, txt, use_i18n},
    state::toasts::use_toasts,
};
use leptos::{html, prelude::*};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Fetches older mails, as long as there are any.
#[component]
pub fn OlderMails(
    /// What keeps the newest mail in view until then.
    anchor: Anchor,
    /// What scrolls.
    scroller: NodeRef<html::Div>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (open, toasts) = (use_open(), use_toasts());
    let busy = RwSignal::new(false);
    let more = Memo::new(move |_| open.older.with(Option::is_some));
    let load = move |_| {
        anchor.release();
        busy.set(true);
        leptos::task::spawn_local(async move {
            let outcome = open.fetch_older().await;
            if busy.try_set(false).is_some() {
                // The conversation was left.
                return;
            }
            match outcome {
                Ok(page) => {
                    let place = Place::of(scroller);
                    open.messages.extend(page.items);
                    open.older.set(page.next_cursor);
                    request_animation_frame(move || {
                        if let Some(place) = place {
                            place.restore();
                        }
                    });
                }
                Err(error) => toasts.bad(Arc::new(move |locale| error_text(locale, &error))),
            }
        });
    };
    move || {
        more.get().then(|| {
            view! {
                <div class="messages-older">
                    <Button small=true busy=busy on:click=load>
                        {txt!(i18n, inbox.load_older_mails)}
                    </Button>
                </div>
            }
        })
    }
}

/// Where the oldest mail stands on the screen.
struct Place {
    scroller: HtmlElement,
    mail: HtmlElement,
    top: i32,
    /// Nothing else has taken the keyboard since the button was pressed.
    keyboard: bool,
}

impl Place {
    fn of(scroller: NodeRef<html::Div>) -> Option<Self> {
        let scroller: HtmlElement = scroller.try_get_untracked()??.unchecked_into();
        let mail: HtmlElement = scroller.query_selector(".message").ok()??.unchecked_into();
        let top = mail.offset_top() - scroller.scroll_top();
        // A button that is busy loses the keyboard to the page.
        let keyboard = dom::active_element().is_none_or(|holder| {
            holder.tag_name() == "BODY" || holder.closest(".messages-older").ok().flatten().is_some()
        });
        Some(Self { scroller, mail, top, keyboard })
    }

    fn restore(self) {
        if self.keyboard && !dom::focus_first(&self.scroller, ".messages-older button") {
            dom::focus_first(&self.mail, ".message-who");
        }
        self.scroller.set_scroll_top(self.mail.offset_top() - self.top);
    }
}
