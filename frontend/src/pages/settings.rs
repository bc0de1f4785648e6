//! `/settings`: one's own settings, password and sessions.

use super::access::password::PasswordForm;
use crate::{
    api::use_api,
    components::{Badge, Button, Empty, Failed, Icon, NumberField, Skeleton, Switch, TimeAgo, Tint, rows},
    format,
    i18n::{txt, use_i18n, word},
    live::alerts::Alerts,
    state::{
        forms::FormErrors,
        load::{Load, Loader},
        preferences::use_preferences,
        session::use_session,
        toasts::{say, use_toasts},
    },
};
use leptos::prelude::*;
use shared::{
    api::access::{SessionView, UpdateMe},
    ids::UserId,
    validate::{FieldIssue, Rule, Validate as _},
};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Notification, NotificationPermission};

/// One's own settings.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="settings">
            <div class="settings-inner">
                <h1>{txt!(i18n, shell.settings_title)}</h1>
                <section class="settings-card" aria-label=txt!(i18n, shell.settings_general)>
                    <h2>{txt!(i18n, shell.settings_general)}</h2>
                    <Alarms />
                    <Keys />
                </section>
                <section class="settings-card" aria-label=txt!(i18n, shell.settings_mail)>
                    <h2>{txt!(i18n, shell.settings_mail)}</h2>
                    <UndoTime />
                </section>
                <section class="settings-card" aria-label=txt!(i18n, shell.password_change)>
                    <h2>{txt!(i18n, shell.password_change)}</h2>
                    <PasswordForm submit_label=txt!(i18n, shell.password_change) />
                </section>
                <section class="settings-card" aria-label=txt!(i18n, shell.sessions)>
                    <h2>{txt!(i18n, shell.sessions)}</h2>
                    <Sessions user=None />
                </section>
            </div>
        </div>
    }
}

/// Sound and desktop notices: settings of this browser.
#[component]
fn Alarms() -> impl IntoView {
    let i18n = use_i18n();
    let preferences = use_preferences();
    let alerts: Alerts = expect_context();
    let refused = RwSignal::new(Notification::permission() == NotificationPermission::Denied);
    let set_notices = move |on: bool| {
        if !on {
            preferences.set_notices(false);
            return;
        }
        // Asked only here, after a click.
        leptos::task::spawn_local(async move {
            let granted = match Notification::request_permission() {
                Ok(promise) => {
                    JsFuture::from(promise).await.is_ok_and(|answer| answer.as_string().as_deref() == Some("granted"))
                }
                Err(_) => false,
            };
            preferences.set_notices(granted);
            let _ = refused.try_set(!granted);
        });
    };
    view! {
        <Switch
            label=txt!(i18n, shell.settings_sound)
            checked=preferences.sound
            on_change=move |on| {
                preferences.set_sound(on);
                if on {
                    alerts.chime();
                }
            }
        />
        <Switch
            label=txt!(i18n, shell.settings_notices)
            help=Signal::derive(move || {
                if refused.get() {
                    word!(i18n, shell.settings_notices_refused)
                } else {
                    word!(i18n, shell.settings_notices_help)
                }
            })
            checked=preferences.notices
            on_change=set_notices
        />
    }
}

#[component]
fn Keys() -> impl IntoView {
    let i18n = use_i18n();
    let (api, session, toasts) = (use_api(), use_session(), use_toasts());
    view! {
        <Switch
            label=txt!(i18n, shell.settings_keys)
            help=txt!(i18n, shell.settings_keys_help)
            checked=Signal::derive(move || session.with_me(|me| me.single_key_shortcuts).unwrap_or(true))
            on_change=move |on: bool| {
                leptos::task::spawn_local(async move {
                    let change = UpdateMe { single_key_shortcuts: Some(on), ..UpdateMe::default() };
                    match api.update_me(&change).await {
                        Ok(_) => {}
                        Err(_) => toasts.bad(say!(shell.settings_failed)),
                    }
                });
            }
        />
    }
}

#[component]
fn UndoTime() -> impl IntoView {
    let i18n = use_i18n();
    let (api, session, toasts) = (use_api(), use_session(), use_toasts());
    let first = session.me_untracked().map_or(10, |me| me.undo_send_seconds);
    let value = RwSignal::new(first.to_string());
    let errors = FormErrors::new(i18n);
    let busy = RwSignal::new(false);
    let unchanged = Signal::derive(move || {
        session.with_me(|me| value.with(|value| *value == me.undo_send_seconds.to_string())).unwrap_or(true)
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Ok(seconds) = value.get_untracked().parse::<u32>() else {
            errors.clear();
            errors.add(FieldIssue {
                pointer: "/undo_send_seconds".into(),
                rule: Rule::OutOfRange,
                min: Some(0),
                max: Some(60),
                message: String::new(),
            });
            return;
        };
        let change = UpdateMe { undo_send_seconds: Some(seconds), ..UpdateMe::default() };
        if change.check().is_err() {
            errors.judge(&change);
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            match api.update_me(&change).await {
                Ok(_) => toasts.good(say!(shell.settings_saved)),
                Err(_) => toasts.bad(say!(shell.settings_failed)),
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <form class="settings-line" on:submit=submit novalidate>
            <NumberField
                label=txt!(i18n, shell.settings_undo)
                name="undo_send_seconds"
                value=value
                unit=txt!(i18n, shell.settings_undo_unit)
                help=txt!(i18n, shell.settings_undo_help)
                min=0
                max=60
                error=errors.of("undo_send_seconds")
                on_edit=Callback::new(move |()| errors.touch("undo_send_seconds"))
            />
            <Button submit=true busy=busy disabled=unchanged>{txt!(i18n, common.save)}</Button>
        </form>
    }
}

/// Signed-in browsers, which can be signed out.
#[component]
pub fn Sessions(
    /// Whose; nobody's: one's own.
    user: Option<UserId>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts) = (use_api(), use_toasts());
    let sessions = Loader::new(|| (), move |()| api.list_sessions(user));
    let revoke = move |session: SessionView| {
        // Gone at once; back again if the server says no.
        sessions.change(|page| page.items.retain(|other| other.id != session.id));
        leptos::task::spawn_local(async move {
            match api.revoke_session(user, session.id).await {
                Ok(()) => toasts.good(say!(shell.sessions_revoked)),
                Err(_) => {
                    toasts.bad(say!(shell.sessions_failed));
                    sessions.reload();
                }
            }
        });
    };
    let ids = move || -> Vec<i64> {
        sessions
            .with(|load| load.ready().map(|page| page.items.iter().map(|one| one.id.0).collect()).unwrap_or_default())
    };
    // While rows come and go the list stays: a row that took another one's place would keep its button.
    let face = Memo::new(move |_| {
        sessions.with(|load| match load {
            Load::Loading => Face::Loading,
            Load::Failed(_) => Face::Failed,
            Load::Ready(page) if page.items.is_empty() => Face::Empty,
            Load::Ready(_) => Face::Rows,
        })
    });
    move || match face.get() {
        Face::Loading => view! { <Skeleton rows=2 shape="line" /> }.into_any(),
        Face::Failed => {
            let error = sessions.with_untracked(|load| match load {
                Load::Failed(error) => Some(error.clone()),
                Load::Loading | Load::Ready(_) => None,
            });
            error.map(|error| view! { <Failed error=error on_retry=move |()| sessions.reload() /> }).into_any()
        }
        Face::Empty => view! { <Empty glyph=icondata::LuMonitor title=txt!(i18n, shell.sessions_none) /> }.into_any(),
        Face::Rows => {
            let draw = move |id: i64| {
                let session = sessions.with_untracked(|load| {
                    load.ready().and_then(|page| page.items.iter().find(|one| one.id.0 == id).cloned())
                });
                session
                    .map(|session| view! { <SessionRow session=session on_revoke=Callback::new(revoke) /> })
                    .into_any()
            };
            view! { <ul class="sessions">{rows(ids, draw)}</ul> }.into_any()
        }
    }
}

/// What a list shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    Loading,
    Failed,
    Empty,
    Rows,
}

#[component]
fn SessionRow(session: SessionView, on_revoke: Callback<SessionView>) -> impl IntoView {
    let i18n = use_i18n();
    let named = format::browser(&session.user_agent);
    let name = Signal::derive(move || match named {
        Some((browser, system)) => word!(i18n, shell.browser_on, browser = browser, system = system),
        None => word!(i18n, shell.unknown_browser),
    });
    let last = session.last_used_at;
    let address = session.address.clone();
    let current = session.current;
    view! {
        <li class="session">
            <Icon glyph=icondata::LuMonitor />
            <div class="session-text">
                <p>
                    <strong>{name}</strong>
                    {current
                        .then(|| view! { <Badge tint=Tint::Good>{txt!(i18n, shell.sessions_current)}</Badge> })}
                </p>
                <p class="help">{txt!(i18n, shell.sessions_used)} " " <TimeAgo at=last /> " · " {address}</p>
            </div>
            {(!current)
                .then(|| {
                    let session = session.clone();
                    view! {
                        <Button
                            small=true
                            attr:aria-label=Signal::derive(move || {
                                word!(i18n, shell.sessions_revoke_name, name = name.get())
                            })
                            on:click=move |_| on_revoke.run(session.clone())
                        >
                            {txt!(i18n, shell.sessions_revoke)}
                        </Button>
                    }
                })}
        </li>
    }
}
