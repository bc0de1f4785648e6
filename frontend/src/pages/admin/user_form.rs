//! The forms of users: creating one, changing one, and what ends his sessions.

use super::plain;
use super::{campaign_form::focus_wrong_field, campaigns::all_campaigns};
use crate::i18n::td_string;
use crate::{
    api::{ApiError, use_api},
    components::{Banner, Button, Checkbox, Dialog, Look, SelectField, TextField, Tint},
    i18n::{I18n, error_text, language_of, txt, use_i18n, word},
    pages::settings::Sessions,
    routes::{self, use_go},
    state::{
        chosen::Chosen,
        confirm::{Question, use_confirm},
        effect::{effect, effect_with},
        forms::FormErrors,
        load::{Load, Loader},
        session::use_session,
        toasts::{say, use_toasts},
        unsaved::hold_unsaved,
    },
};
use leptos::prelude::*;
use shared::{
    api::access::{CreateUser, UpdateUser, UserView},
    error::ErrorCode,
    ids::CampaignId,
    permission::{Permission, Role},
};
use std::sync::Arc;

/// In the address of a user: his form opens with a fresh link, as after he was made.
pub const WITH_LINK: &str = "link";

fn roles(i18n: I18n) -> Vec<(String, String)> {
    Role::ALL
        .iter()
        .map(|role| {
            let name = match role {
                Role::Administrator => word!(i18n, shell.role_administrator),
                Role::Supervisor => word!(i18n, shell.role_supervisor),
                Role::Agent => word!(i18n, shell.role_agent),
            };
            (role.as_str().to_string(), name)
        })
        .collect()
}

fn role_help(i18n: I18n, role: RwSignal<String>) -> Signal<String> {
    Signal::derive(move || match role.with(|role| role.parse().unwrap_or(Role::Agent)) {
        Role::Administrator => word!(i18n, users.help_administrator),
        Role::Supervisor => word!(i18n, users.help_supervisor),
        Role::Agent => word!(i18n, users.help_agent),
    })
}

/// Which campaigns a user sees; none chosen means all.
#[component]
fn Limits(chosen: RwSignal<Chosen<CampaignId>>) -> impl IntoView {
    let i18n = use_i18n();
    let api = use_api();
    let campaigns = Loader::new(|| (), move |()| all_campaigns(api));
    view! {
        <fieldset class="limits">
            <legend>{txt!(i18n, users.limits)}</legend>
            <p class="help">{txt!(i18n, users.limits_help)}</p>
            {move || match campaigns.get() {
                Load::Loading => txt!(i18n, common.loading).into_any(),
                Load::Failed(error) => error_text(i18n.get_locale(), &error).into_any(),
                Load::Ready(list) => {
                    list.into_iter()
                        .map(|campaign| {
                            let (id, name) = (campaign.id, campaign.name);
                            view! {
                                <Checkbox
                                    label=Signal::stored(name)
                                    checked=Signal::derive(move || chosen.with(|set| set.contains(id)))
                                    on_change=move |on: bool| {
                                        chosen
                                            .update(|set| set.set(id, on))
                                    }
                                />
                            }
                        })
                        .collect_view()
                        .into_any()
                }
            }}
        </fieldset>
    }
}

/// Creates a user.
#[component]
pub fn NewUser(
    /// The user.
    on_created: Callback<UserView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts) = (use_api(), use_toasts());
    let text = || RwSignal::new(String::new());
    let (name, login) = (text(), text());
    let role = RwSignal::new(Role::Agent.as_str().to_string());
    let limits = RwSignal::new(Chosen::default());
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    hold_unsaved(move || [name, login].iter().any(|text| text.with_untracked(|text| !text.is_empty())));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let request = CreateUser {
            login: login.get_untracked(),
            name: name.get_untracked(),
            role: role.with_untracked(|role| role.parse().unwrap_or(Role::Agent)),
            // He chooses one himself, by the link that comes next.
            password: None,
            must_change_password: false,
            limited_to: limits.with_untracked(Chosen::to_vec),
            language: language_of(i18n.get_locale_untracked()),
        };
        failure.set(None);
        if !errors.judge(&request) {
            focus_wrong_field();
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            let outcome = api.create_user(&request).await;
            let _ = busy.try_set(false);
            match outcome {
                Ok(user) => {
                    toasts.good(say!(users.created));
                    let _ = on_created.try_run(user);
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
    view! {
        <form class="admin-form" on:submit=submit novalidate autocomplete="off">
            <header class="admin-form-head"><h1>{txt!(i18n, users.new)}</h1></header>
            <fieldset class="group">
                <legend>{txt!(i18n, users.group_person)}</legend>
                {plain::line(
                    errors,
                    txt!(i18n, users.name),
                    "name",
                    name,
                    None,
                    false,
                )}
                {plain::line(
                    errors,
                    txt!(i18n, users.login),
                    "login",
                    login,
                    Some(txt!(i18n, users.login_help)),
                    false,
                )}
            </fieldset>
            <fieldset class="group">
                <legend>{txt!(i18n, users.group_rights)}</legend>
                {plain::choice(
                    errors,
                    txt!(i18n, users.role),
                    "role",
                    role,
                    plain::options(move || roles(i18n)),
                    Some(role_help(i18n, role)),
                    plain::Choosing::default(),
                )}
                <Limits chosen=limits />
            </fieldset>
            <p class="help">{txt!(i18n, users.invite_help)}</p>
            <footer class="admin-form-foot">
                <FailureBanner failure=failure on_reload=Callback::new(|()| {}) />
                <Button look=Look::Primary submit=true busy=busy>{txt!(i18n, users.create)}</Button>
            </footer>
        </form>
    }
}

/// Changes a user.
#[component]
pub fn UserEditor(
    /// The user, as the form opens.
    user: UserView,
    /// The user, as he is known; the form takes over what was not edited in it.
    known: Memo<Option<UserView>>,
    /// As he is now.
    on_saved: Callback<UserView>,
    /// He must be loaded again: someone else has changed him.
    on_reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, session, toasts, confirm) = (use_api(), use_session(), use_toasts(), use_confirm());
    let go = use_go();
    let may_write = session.may_now(Permission::UsersWrite);
    let id = user.id;
    let now = Memo::new(move |before: Option<&UserView>| {
        known.get().or_else(|| before.cloned()).unwrap_or_else(|| user.clone())
    });
    let user = now.get_untracked();
    let enabled = Memo::new(move |_| now.with(|user| user.enabled));
    let is_me = session.me_untracked().is_some_and(|me| me.id == id);
    let name = RwSignal::new(user.name.clone());
    let role = RwSignal::new(user.role.as_str().to_string());
    let limits = RwSignal::new(Chosen::of(&user.limited_to));
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let watched = RwSignal::new(user.screen_monitoring);
    let linking = RwSignal::new(go.query(WITH_LINK).is_some());
    if linking.get_untracked() {
        // Whoever loads the page again wants no further one.
        go.replace(&routes::user(id));
    }
    let discards = StoredValue::new(false);
    effect_with(move |before: Option<UserView>| {
        let now = now.get();
        if let Some(before) = before {
            let all = discards.get_value();
            discards.set_value(false);
            if all || name.with_untracked(|name| *name == before.name) {
                name.set(now.name.clone());
            }
            if all || role.with_untracked(|role| role == before.role.as_str()) {
                role.set(now.role.as_str().to_string());
            }
            if all || watched.get_untracked() == before.screen_monitoring {
                watched.set(now.screen_monitoring);
            }
            if all || limits.with_untracked(|limits| *limits == Chosen::of(&before.limited_to)) {
                limits.set(Chosen::of(&now.limited_to));
            }
        }
        now
    });
    hold_unsaved(move || {
        now.with_untracked(|user| {
            name.with_untracked(|name| *name != user.name)
                || role.with_untracked(|role| role != user.role.as_str())
                || watched.get_untracked() != user.screen_monitoring
                || limits.with_untracked(|limits| *limits != Chosen::of(&user.limited_to))
        })
    });
    let reload = Callback::new(move |()| {
        discards.set_value(true);
        failure.set(None);
        on_reload.run(());
    });

    let send = move |change: UpdateUser| {
        failure.set(None);
        busy.set(true);
        let version = now.with_untracked(|user| user.version);
        leptos::task::spawn_local(async move {
            let outcome = api.update_user(id, version, &change).await;
            let _ = busy.try_set(false);
            match outcome {
                Ok(user) => {
                    toasts.good(say!(users.saved));
                    let _ = on_saved.try_run(user);
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
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let change = UpdateUser {
            name: Some(name.get_untracked()),
            role: (!is_me).then(|| role.with_untracked(|role| role.parse().unwrap_or(Role::Agent))),
            limited_to: Some(limits.with_untracked(Chosen::to_vec)),
            screen_monitoring: Some(watched.get_untracked()),
            ..UpdateUser::default()
        };
        if !errors.judge(&change) {
            focus_wrong_field();
            return;
        }
        send(change);
    };
    let ask_enable = move |_| {
        if enabled.get_untracked() {
            let who = now.with_untracked(|user| user.name.clone());
            confirm.ask(Question {
                title: Arc::new(move |locale| td_string!(locale, users.disable_title, who = who.as_str()).to_string()),
                body: say!(users.disable_body),
                action: say!(users.disable),
                danger: true,
                on_yes: Arc::new(move || send(UpdateUser { enabled: Some(false), ..UpdateUser::default() })),
            });
        } else {
            send(UpdateUser { enabled: Some(true), ..UpdateUser::default() });
        }
    };
    let sign_out = move || {
        leptos::task::spawn_local(async move {
            match api.sign_out_user(id).await {
                Ok(()) => toasts.good(say!(users.signed_out)),
                Err(error) => toasts.bad(Arc::new(move |locale| error_text(locale, &error))),
            }
        });
    };
    let ask_sign_out = move |_| {
        let who = now.with_untracked(|user| user.name.clone());
        confirm.ask(Question {
            title: Arc::new(move |locale| td_string!(locale, users.sign_out_title, who = who.as_str()).to_string()),
            body: say!(users.sign_out_body),
            action: say!(users.sign_out),
            danger: true,
            on_yes: Arc::new(sign_out),
        });
    };
    view! {
        <form class="admin-form" on:submit=submit novalidate autocomplete="off">
            <header class="admin-form-head">
                <h1>{move || now.with(|user| user.name.clone())}</h1>
                <span class="help">{user.login}</span>
            </header>
            {move || {
                (!enabled.get()).then(|| view! { <Banner tint=Tint::Warn>{txt!(i18n, users.disabled_note)}</Banner> })
            }}
            <fieldset class="group" disabled=!may_write>
                <legend>{txt!(i18n, users.group_person)}</legend>
                {plain::line(
                    errors,
                    txt!(i18n, users.name),
                    "name",
                    name,
                    None,
                    false,
                )}
            </fieldset>
            <fieldset class="group" disabled=!may_write>
                <legend>{txt!(i18n, users.group_rights)}</legend>
                <SelectField
                    label=txt!(i18n, users.role)
                    name="role"
                    value=role
                    disabled=is_me
                    options=Signal::derive(move || roles(i18n))
                    help=if is_me { txt!(i18n, users.own_role) } else { role_help(i18n, role) }
                />
                <Limits chosen=limits />
                {plain::toggle(
                    errors,
                    txt!(i18n, users.watched),
                    "watched",
                    watched,
                    Some(txt!(i18n, users.watched_help)),
                )}
            </fieldset>
            {may_write
                .then(|| {
                    view! {
                        <details class="group group-advanced">
                            <summary>
                                <span>{txt!(i18n, shell.sessions)}</span>
                            </summary>
                            <Sessions user=Some(id) />
                        </details>
                        <footer class="admin-form-foot">
                            <FailureBanner failure=failure on_reload=reload />
                            <Button look=Look::Primary submit=true busy=busy>{txt!(i18n, common.save)}</Button>
                            <span class="spring"></span>
                            <Button icon=icondata::LuLogOut on:click=ask_sign_out>{txt!(i18n, users.sign_out)}</Button>
                            <Button
                                icon=icondata::LuKeyRound
                                disabled=Signal::derive(move || !enabled.get())
                                on:click=move |_| linking.set(true)
                            >
                                {txt!(i18n, users.link)}
                            </Button>
                            {move || {
                                let enabled = enabled.get();
                                (!is_me)
                                    .then(|| {
                                        view! {
                                            <Button
                                                look=if enabled { Look::Danger } else { Look::Plain }
                                                on:click=ask_enable
                                            >
                                                {if enabled { txt!(i18n, users.disable) } else { txt!(i18n, users.enable) }}
                                            </Button>
                                        }
                                    })
                            }}
                        </footer>
                    }
                })}
        </form>
        <LinkDialog user=now open=linking on_saved=on_saved />
    }
}

/// Why it was not saved.
#[component]
fn FailureBanner(failure: RwSignal<Option<ApiError>>, on_reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    move || {
        failure.get().map(|error| {
            let moved = error.code() == Some(ErrorCode::VersionMismatch);
            let text = error_text(i18n.get_locale(), &error);
            view! {
                <Banner tint=Tint::Bad urgent=true>
                    <p>{text}</p>
                    {moved
                        .then(|| {
                            view! {
                                <Button small=true on:click=move |_| on_reload.run(())>
                                    {txt!(i18n, campaigns.load_again)}
                                </Button>
                            }
                        })}
                </Banner>
            }
        })
    }
}

/// Makes a link by which a user chooses his password, and shows it once.
#[component]
fn LinkDialog(user: Memo<UserView>, open: RwSignal<bool>, on_saved: Callback<UserView>) -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts) = (use_api(), use_toasts());
    let id = user.with_untracked(|user| user.id);
    let title = Signal::derive(move || {
        let who = user.with(|user| user.name.clone());
        word!(i18n, users.link_title, who = who.as_str())
    });
    let link = RwSignal::new(String::new());
    let failure = RwSignal::new(None::<ApiError>);
    // A link that was not made on purpose would make the one before void.
    effect(move || {
        if !open.get() {
            return;
        }
        link.set(String::new());
        failure.set(None);
        leptos::task::spawn_local(async move {
            match api.make_link(id).await {
                Ok(made) => {
                    let origin = window().location().origin().unwrap_or_default();
                    let _ = link.try_set(format!("{origin}{}", made.path));
                    let with =
                        user.try_with_untracked(|user| UserView { link_until: Some(made.expires_at), ..user.clone() });
                    if let Some(with) = with {
                        let _ = on_saved.try_run(with);
                    }
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    });
    let copy = move |_| {
        let promise = window().navigator().clipboard().write_text(&link.get_untracked());
        leptos::task::spawn_local(async move {
            match wasm_bindgen_futures::JsFuture::from(promise).await {
                Ok(_) => toasts.good(say!(users.link_copied)),
                Err(_) => toasts.bad(say!(users.link_not_copied)),
            }
        });
    };
    view! {
        <Dialog open=open title=title>
            <div class="dialog-body">
                <p>{txt!(i18n, users.link_body)}</p>
                <FailureBanner failure=failure on_reload=Callback::new(|()| {}) />
                <TextField label=txt!(i18n, users.link_label) name="link" value=link />
            </div>
            <footer class="dialog-foot">
                <Button on:click=move |_| open.set(false)>{txt!(i18n, common.close)}</Button>
                <Button
                    look=Look::Primary
                    icon=icondata::LuCopy
                    disabled=Signal::derive(move || link.with(String::is_empty))
                    on:click=copy
                >
                    {txt!(i18n, users.link_copy)}
                </Button>
            </footer>
        </Dialog>
    }
}
