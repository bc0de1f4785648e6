//! `/admin/campaigns/voice`: whether agents need a voice campaign to get mail, whom that leaves out, and the voice
//! campaigns, plain lists of names with members (S34).

use super::{
    Sections,
    filter_box::FilterBox,
    members::and_more,
    plain,
    users::all_users,
    voice_form::{Host, voice_form},
};
use crate::{
    api::{
        use_api,
        values::{number, rows, text},
    },
    components::{Look, Tint},
    format,
    i18n::{I18n, error_text, plural, txt, use_i18n, word},
    live::store::use_live,
    pages::faces::Forbidden,
    routes::{self, use_go},
    state::{
        load::{Load, Loader},
        session::use_session,
        toasts::use_toasts,
    },
};
use leptos::prelude::*;
use serde_json::Value;
use shared::{
    api::{access::UserView, campaigns::InstallationSettings},
    ids::UserId,
    live::LiveEvent,
    permission::{Permission, Role},
};
use std::sync::Arc;

/// Names that are said before the rest is only counted.
const NAMED: usize = 6;

/// What the form shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Nothing,
    New,
    One(i64),
}

/// Members of a voice campaign.
pub fn members(campaign: &Value) -> Vec<UserId> {
    let ids = campaign.get("members").map(rows).unwrap_or_default();
    ids.iter().filter_map(Value::as_i64).map(UserId).collect()
}

/// Voice campaigns.
#[component]
pub fn VoicePage() -> impl IntoView {
    let session = use_session();
    let may = move || session.may(Permission::CampaignsRead) && session.may(Permission::UsersRead);
    plain::again(move || if may() { page() } else { view! { <Forbidden /> }.into_any() })
}

fn page() -> AnyView {
    let i18n = use_i18n();
    let (api, live, session, go) = (use_api(), use_live(), use_session(), use_go());
    let list = Loader::new(|| (), move |()| api.all_voice_campaigns());
    let users = Loader::new(|| (), move |()| all_users(api));
    let settings = Loader::new(|| (), move |()| api.get_settings());
    live.listen(move |event| {
        if matches!(event, LiveEvent::SettingsChanged {}) {
            list.reload();
            settings.reload();
        }
    });
    let words = RwSignal::new(String::new());
    let choice = Memo::new(move |_| match go.query("voice").as_deref() {
        Some("new") => Choice::New,
        Some(text) => text.parse().map_or(Choice::Nothing, Choice::One),
        None => Choice::Nothing,
    });
    let may_write = session.may_now(Permission::CampaignsWrite);
    let host = Host {
        users,
        list,
        may_write,
        on_saved: Callback::new(move |saved: Value| {
            // There before it is looked for.
            let id = number(&saved, "id");
            list.change(|all| {
                if let Some(all) = all.as_array_mut() {
                    match all.iter_mut().find(|one| number(one, "id") == id) {
                        Some(known) => *known = saved.clone(),
                        None => all.push(saved.clone()),
                    }
                }
            });
            list.reload();
            go.replace(&routes::voice(number(&saved, "id")));
        }),
        on_deleted: plain::act(move || {
            list.reload();
            go.replace(routes::VOICE);
        }),
    };
    let add = move |look: Look, word: Signal<String>| {
        let to = plain::act(move || go.to(routes::NEW_VOICE));
        may_write
            .then(|| plain::button(look, look == Look::Plain, Some(icondata::LuPlus), word, Signal::stored(false), to))
    };
    // The form stays while others change the list: somebody may be writing in it.
    let there = Memo::new(move |_| match choice.get() {
        Choice::Nothing | Choice::New => Some(true),
        Choice::One(id) => list.with(|load| match load {
            Load::Loading => None,
            Load::Ready(all) => Some(rows(all).iter().any(|one| number(one, "id") == id)),
            Load::Failed(_) => Some(false),
        }),
    });
    let form = plain::again(move || match (choice.get(), there.get()) {
        (Choice::Nothing, _) => {
            let none = list.with(|load| load.ready().is_some_and(|all| rows(all).is_empty()));
            let (title, body) = if none {
                (txt!(i18n, voice.empty), txt!(i18n, voice.empty_next))
            } else {
                (txt!(i18n, voice.none_chosen), txt!(i18n, voice.none_chosen_next))
            };
            plain::empty(icondata::LuHeadphones, title, Some(body), add(Look::Primary, txt!(i18n, voice.new)))
        }
        (_, None) => plain::skeleton(3, "card"),
        (_, Some(false)) => plain::empty(icondata::LuSearch, txt!(i18n, common.not_found_title), None, None),
        (Choice::New, Some(true)) => voice_form(None, host),
        (Choice::One(id), Some(true)) => {
            let known = list.with_untracked(|load| {
                load.ready().and_then(|all| rows(all).iter().find(|one| number(one, "id") == id).cloned())
            });
            voice_form(known, host)
        }
    });
    let side = plain::loaded(list, 4, "line", move |all| rows_view(i18n, &all, words, choice));
    view! {
        <div class="admin" data-open=move || (choice.get() != Choice::Nothing).to_string()>
            <div class="admin-main">
                <Sections />
                <div class="admin-scroll">{form}</div>
            </div>
            <aside class="admin-side" aria-label=txt!(i18n, voice.title)>
                <header class="admin-side-head">
                    <h2>{txt!(i18n, voice.title)}</h2>
                    {add(Look::Plain, txt!(i18n, common.new))}
                </header>
                {rule(settings, users, list)}
                <FilterBox label=txt!(i18n, voice.filter) value=words />
                {side}
            </aside>
        </div>
    }
    .into_any()
}

/// Whether agents need a voice campaign, and whom that leaves out.
fn rule(settings: Loader<InstallationSettings>, users: Loader<Vec<UserView>>, list: Loader<Value>) -> AnyView {
    let i18n = use_i18n();
    let (api, session, toasts) = (use_api(), use_session(), use_toasts());
    let may = session.may_now(Permission::SettingsWrite);
    let on = plain::flag(move || settings.with(|load| load.ready().is_some_and(|now| now.require_voice_campaign)));
    let set = Callback::new(move |on: bool| {
        // Shown at once; back again if the server says no.
        settings.change(|now| now.require_voice_campaign = on);
        leptos::task::spawn_local(async move {
            let wanted = InstallationSettings { require_voice_campaign: on };
            if let Err(error) = api.update_settings(&wanted).await {
                settings.change(|now| now.require_voice_campaign = !on);
                toasts.bad(Arc::new(move |locale| error_text(locale, &error)));
            }
        });
    });
    let left_out = Memo::new(move |_| {
        let known = list.with(|load| load.ready().map(|all| rows(all).iter().flat_map(members).collect::<Vec<_>>()));
        let people = users.with(|load| load.ready().cloned());
        known.zip(people).map(|(known, people)| left_out(&people, &known)).unwrap_or_default()
    });
    let said = plain::again(move || {
        let (out, on) = (left_out.get(), on.get());
        if out.is_empty() {
            return ().into_any();
        }
        let text = plain::text(move || out_words(i18n, on, &out));
        plain::banner(if on { Tint::Warn } else { Tint::Info }, text, String::new(), None)
    });
    // The switch stays while what it says changes: it has the keyboard.
    let is_there = Memo::new(move |_| settings.with(|load| load.ready().is_some()));
    let body = plain::again(move || {
        if is_there.get() {
            return plain::switch(txt!(i18n, voice.rule), Some(txt!(i18n, voice.rule_help)), on, !may, set);
        }
        plain::loaded(settings, 1, "line", |_| ().into_any())
    });
    view! { <div class="side-rule">{body} {said}</div> }.into_any()
}

/// Agents who are in no voice campaign, in their order.
fn left_out(people: &[UserView], known: &[UserId]) -> Vec<String> {
    let is_out = |user: &&UserView| user.enabled && user.role == Role::Agent && !known.contains(&user.id);
    people.iter().filter(is_out).map(|user| user.name.clone()).collect()
}

fn out_words(i18n: I18n, on: bool, names: &[String]) -> String {
    let said: Vec<String> = names.iter().take(NAMED).cloned().collect();
    let names = and_more(i18n.get_locale(), &said, names.len().saturating_sub(NAMED));
    if on {
        word!(i18n, voice.left_out, names = names.as_str())
    } else {
        word!(i18n, voice.would_leave_out, names = names.as_str())
    }
}

/// The rows that fit the words.
fn rows_view(i18n: I18n, all: &Value, words: RwSignal<String>, choice: Memo<Choice>) -> AnyView {
    let locale = i18n.get_locale();
    let mut shown = Vec::new();
    for row in rows(all) {
        let (id, name) = (number(row, "id"), text(row, "name"));
        if !words.with(|words| format::matches(&name, words)) {
            continue;
        }
        let count = u32::try_from(members(row).len()).unwrap_or(u32::MAX);
        let note = plural!(locale, voice.members, count);
        let current = move || (choice.get() == Choice::One(id)).then_some("true");
        shown.push(
            view! {
                <li>
                    <a class="admin-row" href=routes::voice(id) aria-current=current data-testid="voice-row">
                        <span class="admin-row-text">
                            <span class="admin-row-name"><strong>{name}</strong></span>
                            <span class="admin-row-note">{note}</span>
                        </span>
                    </a>
                </li>
            }
            .into_any(),
        );
    }
    if shown.is_empty() {
        let (glyph, title) = if rows(all).is_empty() {
            (icondata::LuHeadphones, txt!(i18n, voice.empty))
        } else {
            (icondata::LuSearch, txt!(i18n, inbox.nothing_found))
        };
        return plain::empty(glyph, title, None, None);
    }
    view! { <ul>{shown}</ul> }.into_any()
}
