//! The form of a voice campaign: its name, and who is in it.

use super::{campaign_form::focus_wrong_field, filter_box::FilterBox, plain, template_form::refusal, voice::members};
use crate::{
    api::{
        ApiError, use_api,
        values::{number, rows as list_of, text},
    },
    components::{Look, rows},
    format,
    i18n::{error_text, plural, txt, use_i18n},
    state::{
        chosen::Chosen,
        confirm::{Question, use_confirm},
        forms::FormErrors,
        load::Loader,
        toasts::{say, use_toasts},
        unsaved::hold_unsaved,
    },
};
use leptos::prelude::*;
use serde_json::Value;
use shared::{
    api::{access::UserView, campaigns::VoiceCampaignInput},
    ids::{UserId, VoiceCampaignId},
};
use std::sync::Arc;

/// What the form needs of its page. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Host {
    /// Who can be in it.
    pub users: Loader<Vec<UserView>>,
    /// All voice campaigns, as the server has them.
    pub list: Loader<Value>,
    /// Changes are allowed.
    pub may_write: bool,
    /// It was saved.
    pub on_saved: Callback<Value>,
    /// It was deleted.
    pub on_deleted: Callback<()>,
}

/// The form, for a new voice campaign or one that exists.
pub fn voice_form(known: Option<Value>, host: Host) -> AnyView {
    let i18n = use_i18n();
    let (api, toasts, confirm) = (use_api(), use_toasts(), use_confirm());
    let id = known.as_ref().map(|known| VoiceCampaignId(number(known, "id")));
    let version = StoredValue::new(known.as_ref().map(|known| number(known, "version")).unwrap_or_default());
    let name = RwSignal::new(known.as_ref().map(|known| text(known, "name")).unwrap_or_default());
    let chosen = RwSignal::new(Chosen::of(&known.as_ref().map(members).unwrap_or_default()));
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let typed = move || {
        let mut who = chosen.with_untracked(Chosen::to_vec);
        who.sort_unstable();
        VoiceCampaignInput { name: name.with_untracked(|name| name.trim().to_string()), members: who }
    };
    let opened = StoredValue::new(typed());
    hold_unsaved(move || {
        let now = typed();
        opened.with_value(|then| then.name != now.name || then.members != now.members)
    });
    // As the server has it now: what was typed here is given up.
    let again = plain::act(move || {
        leptos::task::spawn_local(async move {
            let fresh = api.all_voice_campaigns().await.ok();
            let found = fresh
                .as_ref()
                .and_then(|all| list_of(all).iter().find(|one| Some(VoiceCampaignId(number(one, "id"))) == id));
            if let Some(found) = found {
                let mut who = members(found);
                who.sort_unstable();
                let _ = version.try_set_value(number(found, "version"));
                let _ = name.try_set(text(found, "name"));
                let _ = chosen.try_set(Chosen::of(&who));
                let _ = failure.try_set(None);
                let _ = opened.try_set_value(VoiceCampaignInput { name: text(found, "name"), members: who });
            }
            host.list.reload();
        });
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let input = typed();
        failure.set(None);
        if !errors.judge(&input) {
            focus_wrong_field();
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            let at = version.try_get_value().unwrap_or_default();
            let outcome = api.save_voice_campaign(id.map(|id| (id, at)), &input).await;
            let _ = busy.try_set(false);
            match outcome {
                Ok(saved) => {
                    toasts.good(say!(voice.saved));
                    let _ = version.try_set_value(number(&saved, "version"));
                    let _ = opened.try_set_value(input);
                    let _ = host.on_saved.try_run(saved);
                }
                Err(error) => {
                    if errors.adopt(&error) {
                        focus_wrong_field();
                    }
                    let _ = failure.try_set(Some(error));
                }
            }
        });
    };
    let ask_delete = move || {
        let Some(id) = id else { return };
        let named = name.get_untracked();
        let remove = move || {
            leptos::task::spawn_local(async move {
                match api.delete_voice_campaign(id).await {
                    Ok(_) => {
                        // What was typed into it goes with it; the form itself may be gone already.
                        if let (Some(name), Some(members)) =
                            (name.try_get_untracked(), chosen.try_with_untracked(Chosen::to_vec))
                        {
                            let mut now = VoiceCampaignInput { name: name.trim().into(), members };
                            now.members.sort_unstable();
                            let _ = opened.try_set_value(now);
                        }
                        toasts.good(say!(voice.deleted));
                        let _ = host.on_deleted.try_run(());
                    }
                    Err(error) => toasts.bad(Arc::new(move |locale| error_text(locale, &error))),
                }
            });
        };
        confirm.ask(Question {
            title: say!(voice.delete_title, name = named.as_str()),
            body: say!(voice.delete_body),
            action: say!(common.delete),
            danger: true,
            on_yes: Arc::new(remove),
        });
    };
    let foot = host.may_write.then(move || {
        let said = plain::again(move || failure.get().map_or_else(|| ().into_any(), |error| refusal(error, again)));
        let save = if id.is_none() { txt!(i18n, voice.create) } else { txt!(i18n, common.save) };
        let remove = id.map(|_| {
            let press = plain::act(ask_delete);
            let button =
                plain::button(Look::Danger, false, None, txt!(i18n, common.delete), Signal::stored(false), press);
            view! { <span class="admin-form-delete">{button}</span> }.into_any()
        });
        view! { <footer class="admin-form-foot">{said} {plain::send(save, busy)} {remove}</footer> }.into_any()
    });
    let title = if id.is_none() { txt!(i18n, voice.new) } else { txt!(i18n, voice.one) };
    let people = plain::loaded(host.users, 4, "line", move |users| people(users, chosen));
    let body = vec![plain::line(errors, txt!(i18n, voice.name), "name", name, None, false), people];
    let group = plain::group(title, !host.may_write, body);
    view! { <form class="admin-form" on:submit=submit novalidate>{group} {foot}</form> }.into_any()
}

/// Who is in it: those whom the words fit, to be marked.
fn people(users: Vec<UserView>, chosen: RwSignal<Chosen<UserId>>) -> AnyView {
    let i18n = use_i18n();
    let words = RwSignal::new(String::new());
    // Whoever can no longer sign in is shown only as long as he is in it.
    let users: Vec<UserView> =
        users.into_iter().filter(|user| user.enabled || chosen.with_untracked(|set| set.contains(user.id))).collect();
    let users = StoredValue::new(users);
    let keys = move || {
        words.with(|words| {
            users.with_value(|users| {
                let fits = |user: &&UserView| format::matches(&format!("{} {}", user.name, user.login), words);
                users.iter().filter(fits).map(|user| user.id.0).collect()
            })
        })
    };
    let draw = move |key: i64| {
        let id = UserId(key);
        let name = users.with_value(|users| users.iter().find(|user| user.id == id).map(|user| user.name.clone()));
        plain::mark(
            Signal::stored(name.unwrap_or_default()),
            plain::flag(move || chosen.with(|set| set.contains(id))),
            Callback::new(move |on| chosen.update(|set| set.set(id, on))),
        )
    };
    let count = plain::text(move || {
        let count = u32::try_from(chosen.with(Chosen::len)).unwrap_or(u32::MAX);
        plural!(i18n.get_locale(), voice.members, count)
    });
    view! {
        <fieldset class="limits">
            <legend>{count}</legend>
            <FilterBox label=txt!(i18n, campaigns.filter_agents) value=words />
            <div class="mark-list" tabindex="0" role="group" aria-label=txt!(i18n, campaigns.members)>{rows(keys, draw)}</div>
        </fieldset>
    }
    .into_any()
}
