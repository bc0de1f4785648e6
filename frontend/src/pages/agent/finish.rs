//! Finishing an interaction, with a note if there is something to say.

use super::{
    composer::GoOn,
    conversation::{Open, use_open},
};
use crate::state::effect::effect;
use crate::{
    api::{ApiError, use_api},
    components::{Banner, Button, Dialog, Look, SelectField, TextArea, Tint},
    i18n::{error_text, txt, use_i18n, word},
    live::store::{Live, use_live},
    routes::{self, Go, use_go},
    state::{
        forms::FormErrors,
        load::{Load, Loader},
        toasts::{Action, say, use_toasts},
    },
};
use leptos::{html, prelude::*};
use shared::api::{
    dispositions::{self, DispositionsView},
    interactions::FinishInteraction,
};
use shared::validate::Rule;
use std::sync::Arc;
use web_sys::KeyboardEvent;

/// Asks for a note and finishes; warns when the customer has no answer yet.
#[component]
pub fn FinishDialog() -> impl IntoView {
    let i18n = use_i18n();
    let (open, api, live, toasts, go) = (use_open(), use_api(), use_live(), use_toasts(), use_go());
    let note = RwSignal::new(String::new());
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let chosen = RwSignal::new(String::new());
    let campaign = Memo::new(move |_| open.interaction.with(|row| row.campaign_id));
    // Asked anew each time: an administrator may have changed them.
    let offered = Loader::new(
        move || (open.finishing.get(), campaign.get()),
        move |(wanted, campaign)| async move {
            if wanted { api.get_dispositions(campaign).await.map(Some) } else { Ok(None) }
        },
    );
    effect(move || {
        if open.finishing.get() {
            failure.set(None);
            chosen.set(String::new());
        }
    });
    let options = Signal::derive(move || match offered.get() {
        Load::Ready(Some(view)) => options_of(&view, word!(i18n, inbox.disposition_none)),
        _ => Vec::new(),
    });
    effect(move || {
        if !open.finishing.get() && open.finish_with.with_untracked(Option::is_some) {
            open.finish_with.set(None);
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let disposition_id = chosen.get_untracked().parse().ok();
        let request = FinishInteraction { note: note.get_untracked().trim().into(), disposition_id };
        failure.set(None);
        if !errors.judge(&request) {
            return;
        }
        let required =
            offered.with_untracked(|load| load.ready().is_some_and(|view| view.as_ref().is_some_and(|v| v.required)));
        if required && disposition_id.is_none() && options.with_untracked(|options| options.len() > 1) {
            errors.wrong("disposition_id", Rule::Required);
            return;
        }
        if let Some(go_on) = open.finish_with.get_untracked() {
            open.finishing.set(false);
            go_on(request);
            return;
        }
        busy.set(true);
        let id = open.interaction.with_untracked(|row| row.id);
        leptos::task::spawn_local(async move {
            let outcome = api.finish_interaction(id, &request).await;
            let _ = busy.try_set(false);
            match outcome {
                Ok(()) => {
                    let _ = open.finishing.try_set(false);
                    let back = move || {
                        leptos::task::spawn_local(async move {
                            match api.reopen_interaction(id).await {
                                Ok(()) => go.to(&routes::interaction(id)),
                                Err(error) => toasts.bad(Arc::new(move |locale| error_text(locale, &error))),
                            }
                        });
                    };
                    let action = Action { label: say!(common.undo), run: Arc::new(back) };
                    toasts.good_but(say!(inbox.finished_toast), action);
                    leave(open, live, go);
                }
                Err(error) => {
                    errors.adopt(&error);
                    let _ = failure.try_set(Some(error));
                }
            }
        });
    };
    let form = NodeRef::<html::Form>::new();
    let on_keydown = move |event: KeyboardEvent| {
        if event.key() == "Enter"
            && (event.ctrl_key() || event.meta_key())
            && let Some(form) = form.get_untracked()
        {
            event.prevent_default();
            let _ = form.request_submit();
        }
    };
    view! {
        <Dialog open=open.finishing title=txt!(i18n, inbox.finish_title)>
            <form on:submit=submit on:keydown=on_keydown node_ref=form novalidate>
                <div class="dialog-body">
                    {move || {
                        failure
                            .get()
                            .map(|error| {
                                let text = error_text(i18n.get_locale(), &error);
                                view! { <Banner tint=Tint::Bad urgent=true>{text}</Banner> }
                            })
                    }}
                    {move || {
                        (open.finish_with.with(Option::is_none) && open.interaction.with(|row| row.awaits_answer))
                            .then(|| view! { <Banner tint=Tint::Warn>{txt!(i18n, inbox.finish_unanswered)}</Banner> })
                    }}
                    {move || {
                        (open.finish_with.with(Option::is_none) && open.draft.with(Option::is_some))
                            .then(|| view! { <Banner tint=Tint::Warn>{txt!(i18n, inbox.finish_draft)}</Banner> })
                    }}
                    {move || {
                        (options.with(Vec::len) > 1)
                            .then(|| {
                                view! {
                                    <SelectField
                                        label=txt!(i18n, inbox.disposition)
                                        name="disposition_id"
                                        value=chosen
                                        options=options
                                        error=errors.of("disposition_id")
                                    />
                                }
                            })
                    }}
                    <TextArea
                        label=txt!(i18n, inbox.finish_note)
                        name="note"
                        value=note
                        optional=true
                        error=errors.of("note")
                    />
                </div>
                <footer class="dialog-foot">
                    <Button on:click=move |_| open.finishing.set(false)>{txt!(i18n, common.cancel)}</Button>
                    <Button look=Look::Primary submit=true busy=busy>
                        {move || {
                            if open.finish_with.with(Option::is_some) {
                                word!(i18n, editor.send_and_finish)
                            } else {
                                word!(i18n, inbox.finish)
                            }
                        }}
                    </Button>
                </footer>
            </form>
        </Dialog>
    }
}

/// Goes on with how an interaction ends: asks if there is something to choose from.
pub fn ask(open: Open) -> Callback<GoOn> {
    let (api, toasts) = (use_api(), use_toasts());
    Callback::new(move |go_on: GoOn| {
        let campaign = open.interaction.with_untracked(|row| row.campaign_id);
        leptos::task::spawn_local(async move {
            match api.get_dispositions(campaign).await {
                Ok(view) if view.items.is_empty() && view.global.is_empty() => {
                    go_on(FinishInteraction::default());
                }
                Ok(_) => {
                    let _ = open.finish_with.try_set(Some(go_on));
                    let _ = open.finishing.try_set(true);
                }
                Err(error) => toasts.bad(Arc::new(move |locale| error_text(locale, &error))),
            }
        });
    })
}

/// What can be chosen, by name with what stands above it: the campaign's own, then those of all.
fn options_of(view: &DispositionsView, none: String) -> Vec<(String, String)> {
    let mut options = vec![(String::new(), none)];
    for list in [&view.items, &view.global] {
        let levels: Vec<u32> = list.iter().map(|line| line.level).collect();
        let paths = dispositions::paths(list.iter().map(|line| (line.level, line.name.as_str())));
        let lines = list.iter().zip(paths).zip(dispositions::leaves(&levels));
        options.extend(lines.filter(|(_, leaf)| *leaf).map(|((line, path), _)| (line.id.to_string(), path)));
    }
    options
}

/// Takes the finished interaction out of the tray and opens the one that stands at its place.
pub fn leave(open: Open, live: Live, go: Go) {
    let (Some(id), Some(place)) = (open.interaction.try_with_untracked(|row| row.id), open.place.try_get_value())
    else {
        return;
    };
    live.take_out(id);
    let left = live.active.ids_untracked();
    let next = left.get(place).or_else(|| left.last()).copied();
    go.to(&next.map_or_else(|| routes::INBOX.to_string(), routes::interaction));
}
