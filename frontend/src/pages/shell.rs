//! The frame around every page of someone who is signed in.

use super::{
    access::password::MustChangePassword,
    agent::inbox::InboxPage,
    faces::Unreachable,
    parts::{AdminScreen, Administration, Parts},
    rail::Rail,
    settings::SettingsPage,
};
use crate::{
    api::use_api,
    components::{
        palette::Palette,
        shortcuts::{KeyHelp, Shortcuts},
    },
    dom::set_title,
    format,
    i18n::{txt, use_i18n, word},
    live::{
        alerts::Alerts,
        socket::keep_connected,
        store::{Connection, Live, use_live},
    },
    routes::{self, Go, Pane, Place, use_go},
    state::{
        clock::use_clock,
        commands::{Choice, Section, use_commands},
        effect::effect,
        preferences::use_preferences,
        session::{Phase, use_session},
    },
};
use leptos::prelude::*;
use shared::permission::Permission;
use std::sync::Arc;

/// What the gate shows.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Gate {
    Wait,
    Away,
    Out,
    Password,
    In,
}

/// Lets in whoever is signed in and has a password of his own.
#[component]
pub fn Shell() -> impl IntoView {
    let session = use_session();
    let api = use_api();
    let gate = Memo::new(move |_| match session.phase() {
        Phase::Starting => Gate::Wait,
        Phase::Unreachable => Gate::Away,
        Phase::SignedOut => Gate::Out,
        Phase::SignedIn if session.with_me(|me| me.must_change_password).unwrap_or(false) => Gate::Password,
        Phase::SignedIn => Gate::In,
    });
    let retry = move |()| {
        session.restart();
        leptos::task::spawn_local(api.resume());
    };
    move || match gate.get() {
        Gate::Wait => ().into_any(),
        Gate::Away => view! { <Unreachable on_retry=retry /> }.into_any(),
        Gate::Out => view! { <ToSignIn /> }.into_any(),
        Gate::Password => view! { <MustChangePassword /> }.into_any(),
        Gate::In => view! { <Frame /> }.into_any(),
    }
}

#[component]
fn ToSignIn() -> impl IntoView {
    let (go, session) = (use_go(), use_session());
    let here = untrack(|| format!("{}{}", go.path(), go.search()));
    let path = if session.has_left() { routes::SIGN_IN.to_string() } else { routes::sign_in(&here) };
    effect(move || go.replace(&path));
}

/// Rail at the left, page at the right, and what lies over both.
#[component]
fn Frame() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let clock = use_clock();
    let alerts = Alerts::new(use_preferences(), i18n);
    let user = session.me_untracked().map(|me| me.id);
    let parts = Parts::new();
    provide_context(parts);
    let live = Live::new(user.unwrap_or(shared::ids::UserId(0)), clock, alerts);
    provide_context(live);
    provide_context(alerts);
    let socket = keep_connected(use_api(), live, clock);
    provide_context(socket);
    offer_places();
    name_page(live);
    // Whoever administers has the administration at hand before he asks for it, and not at the expense of the tray.
    effect(move || {
        if live.connection.get() == Connection::Up && session.may(Permission::CampaignsRead) {
            parts.load_admin();
        }
    });
    view! {
        <a class="skip" href="#page">{txt!(i18n, shell.skip)}</a>
        <ConnectionBar />
        <div class="shell">
            <Rail />
            <main class="page" id="page" tabindex="-1">
                <Room />
            </main>
        </div>
        <p class="visually-hidden" role="status" aria-live="polite">{move || alerts.said.get()}</p>
        <Shortcuts />
        <Palette find=Callback::new(move |words: String| find(words)) />
        <KeyHelp />
    }
}

/// The page beside the rail. It stays while only what is open in it changes.
#[component]
fn Room() -> impl IntoView {
    let go = use_go();
    let room = Memo::new(move |_| match go.place() {
        Place::Inbox(_) => Place::Inbox(Pane::Nothing),
        place => place,
    });
    effect(move || {
        if room.get() == Place::Home {
            go.replace(routes::INBOX);
        }
    });
    move || match room.get() {
        Place::Inbox(_) => view! { <InboxPage /> }.into_any(),
        Place::Campaigns => view! { <Administration screen=AdminScreen::Campaigns /> }.into_any(),
        Place::Members => view! { <Administration screen=AdminScreen::Members /> }.into_any(),
        Place::Voice => view! { <Administration screen=AdminScreen::Voice /> }.into_any(),
        Place::Dispositions => view! { <Administration screen=AdminScreen::Dispositions /> }.into_any(),
        Place::Replay => view! { <Administration screen=AdminScreen::Replay /> }.into_any(),
        Place::Templates => view! { <Administration screen=AdminScreen::Templates /> }.into_any(),
        Place::Users => view! { <Administration screen=AdminScreen::Users /> }.into_any(),
        Place::Agents => view! { <Administration screen=AdminScreen::Agents /> }.into_any(),
        Place::Settings => view! { <SettingsPage /> }.into_any(),
        Place::Home | Place::Setup | Place::Welcome | Place::SignIn | Place::Unknown => ().into_any(),
    }
}

/// Says that the connection is lost, and counts down to the next try.
#[component]
fn ConnectionBar() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let clock = use_clock();
    let socket: crate::live::socket::SocketControl = expect_context();
    view! {
        {move || match live.connection.get() {
            Connection::Starting | Connection::Up => ().into_any(),
            Connection::Retrying => {
                view! { <div class="connection-bar" role="status">{txt!(i18n, shell.connecting)}</div> }.into_any()
            }
            Connection::Lost { until } => {
                let left = move || format::seconds_left(until, clock.second());
                view! {
                    <div class="connection-bar" role="status">
                        <span aria-live="off">{move || word!(i18n, shell.connection_lost, seconds = left())}</span>
                        <button type="button" class="link-button" on:click=move |_| socket.try_now()>
                            {txt!(i18n, common.try_now)}
                        </button>
                    </div>
                }
                    .into_any()
            }
        }}
    }
}

/// The tab of the browser says where one is, and how many mails were not opened, wherever that is.
fn name_page(live: Live) {
    let (i18n, go) = (use_i18n(), use_go());
    effect(move || {
        let name = match go.place() {
            Place::Inbox(_) | Place::Home => word!(i18n, shell.inbox),
            Place::Campaigns => word!(i18n, shell.campaigns),
            Place::Members => word!(i18n, campaigns.members),
            Place::Voice => word!(i18n, voice.title),
            Place::Dispositions => word!(i18n, campaigns.endings),
            Place::Replay => word!(i18n, replay.title),
            Place::Templates => word!(i18n, templates.title),
            Place::Users => word!(i18n, shell.users),
            Place::Agents => word!(i18n, users.agents),
            Place::Settings => word!(i18n, shell.settings),
            // They name themselves.
            Place::Setup | Place::Welcome | Place::SignIn | Place::Unknown => return,
        };
        set_title(&name, live.active.unread());
    });
}

/// Places that can be gone to from everywhere.
fn offer_places() {
    let i18n = use_i18n();
    let (session, commands, go) = (use_session(), use_commands(), use_go());
    let place = move |label: Signal<String>, path: &'static str| {
        commands.offer(Section::Go, label, None, move || go.to(path));
    };
    place(txt!(i18n, shell.inbox), routes::INBOX);
    if session.may_now(Permission::CampaignsRead) {
        place(txt!(i18n, shell.campaigns), routes::CAMPAIGNS);
        place(txt!(i18n, campaigns.members), routes::MEMBERS);
        place(txt!(i18n, templates.title), routes::TEMPLATES);
        place(txt!(i18n, voice.title), routes::VOICE);
        place(txt!(i18n, campaigns.endings), routes::DISPOSITIONS);
    }
    if session.may_now(Permission::SupervisionRead) {
        place(txt!(i18n, replay.title), routes::REPLAY);
    }
    if session.may_now(Permission::UsersRead) {
        place(txt!(i18n, shell.users), routes::USERS);
        place(txt!(i18n, users.agents), routes::AGENTS);
    }
    place(txt!(i18n, shell.settings), routes::SETTINGS);
}

/// What fits the words of the palette: interactions at hand, and the search through all mail.
fn find(words: String) -> Vec<Choice> {
    const SHOWN: usize = 6;
    let (Some(live), Some(go)) = (use_context::<Live>(), use_context::<Go>()) else { return Vec::new() };
    let i18n = use_i18n();
    let mut found: Vec<Choice> = live
        .active
        .ids_untracked()
        .into_iter()
        .filter_map(|id| live.active.row(id).map(|row| row.get_untracked()))
        .filter(|row| format::matches(&format!("{} {} {}", row.contact_name, row.contact_address, row.subject), &words))
        .take(SHOWN)
        .map(|row| Choice {
            label: row.subject.clone(),
            note: if row.contact_name.is_empty() { row.contact_address.clone() } else { row.contact_name.clone() },
            run: Arc::new(move || go.to(&routes::interaction(row.id))),
        })
        .collect();
    let query = format!("{}?tab=history&q={}", routes::INBOX, crate::api::request::percent_encode(words.trim()));
    found.push(Choice {
        label: word!(i18n, shell.palette_search, words = words.trim()),
        note: String::new(),
        run: Arc::new(move || go.to(&query)),
    });
    found
}
