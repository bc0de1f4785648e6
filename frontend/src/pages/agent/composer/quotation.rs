//! What the mail will quote, folded below the text.

use super::desk::Desk;
use crate::{
    i18n::{txt, use_i18n},
    pages::agent::frame::MailFrame,
};
use leptos::prelude::*;

/// The quotation, as it will go out.
#[component]
pub(super) fn Quotation(
    /// The draft.
    desk: Desk,
    /// Address of its frame.
    url: String,
) -> impl IntoView {
    let i18n = use_i18n();
    let src = RwSignal::new(url);
    let renewed = StoredValue::new(false);
    let on_expired = Callback::new(move |()| {
        // Once: what fails again is not mended by another link.
        if renewed.get_value() {
            return;
        }
        renewed.set_value(true);
        leptos::task::spawn_local(async move {
            if let Ok(draft) = desk.api().get_draft(desk.id).await
                && let Some(url) = draft.quote_url
            {
                let _ = src.try_set(url);
            }
        });
    });
    view! {
        <details class="composer-quote">
            <summary>{txt!(i18n, editor.quoted_below)}</summary>
            <MailFrame src=src title=txt!(i18n, editor.quoted_below) unfolded=true on_expired=on_expired />
        </details>
    }
}
