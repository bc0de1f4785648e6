//! The dialog that asks once.

use super::{
    button::{Button, Look},
    dialog::Dialog,
};
use crate::state::effect::{effect, effect_with};
use crate::{
    i18n::{txt, use_i18n},
    state::confirm::use_confirm,
};
use leptos::prelude::*;

/// Shows what [`crate::state::confirm::Confirm`] asks. One in the page.
#[component]
pub fn ConfirmHost() -> impl IntoView {
    let i18n = use_i18n();
    let confirm = use_confirm();
    let open = RwSignal::new(false);
    let last = RwSignal::new(None);
    effect(move || {
        if let Some(question) = confirm.question() {
            last.set(Some(question));
            open.set(true);
        }
    });
    effect_with(move |before: Option<bool>| {
        let now = open.get();
        if before == Some(true) && !now {
            confirm.close();
        }
        now
    });
    let title = Signal::derive(move || {
        let locale = i18n.get_locale();
        last.with(|q: &Option<crate::state::confirm::Question>| q.as_ref().map(|q| (q.title)(locale)))
            .unwrap_or_default()
    });
    view! {
        <Dialog open=open title=title>
            {move || {
                let question = last.get()?;
                let locale = i18n.get_locale();
                let look = if question.danger { Look::Danger } else { Look::Primary };
                let on_yes = question.on_yes.clone();
                Some(
                    view! {
                        <div class="dialog-body">
                            <p>{(question.body)(locale)}</p>
                        </div>
                        <footer class="dialog-foot">
                            <Button on:click=move |_| open.set(false)>{txt!(i18n, common.cancel)}</Button>
                            <Button
                                look=look
                                attr:autofocus=true
                                on:click=move |_| {
                                    open.set(false);
                                    on_yes();
                                }
                            >
                                {(question.action)(locale)}
                            </Button>
                        </footer>
                    },
                )
            }}
        </Dialog>
    }
}
