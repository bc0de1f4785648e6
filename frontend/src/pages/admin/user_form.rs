//! The forms of users: creating one, changing one, and what ends his sessions.

use super::{campaign_form::focus_wrong_field, campaigns::all_campaigns};
use crate::state::{chosen::Chosen, effect::effect_with, unsaved::hold_unsaved};
use crate::{
    api::{ApiError, use_api},
    components::{Banner, Button, Checkbox, Dialog, Look, PasswordField, SelectField, Switch, TextField, Tint},
    i18n::{I18n, error_text, language_of, txt, use_i18n, word},
    pages::access::strength::StrengthMeter,
    state::{
        confirm::{Question, use_confirm},
        forms::FormErrors,
        load::{Load, Loader},
        session::use_session,
        toasts::{say, use_toasts},
    },
};
use leptos::prelude::*;
use leptos_i18n::td_string;
use shared::{
    api::access::{CreateUser, UpdateUser, UserView},
    error::ErrorCode,
    ids::CampaignId,
    permission::{Permission, Role},
};
use std::sync::Arc;

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
    let (name, login, password) = (text(), text(), text());
    let role = RwSignal::new(Role::Agent.as_str().to_string());
    let must_change = RwSignal::new(true);
    let limits = RwSignal::new(Chosen::default());
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let touch = move |pointer: &'static str| Callback::new(move |()| errors.touch(pointer));
    hold_unsaved(move || [name, login, password].iter().any(|text| text.with_untracked(|text| !text.is_empty())));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let request = CreateUser {
            login: login.get_untracked(),
            name: name.get_untracked(),
            role: role.with_untracked(|role| role.parse().unwrap_or(Role::Agent)),
            password: password.get_untracked(),
            must_change_password: must_change.get_untracked(),
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
                <TextField
                    label=txt!(i18n, users.name)
                    name="name"
                    value=name
                    error=errors.of("name")
                    on_edit=touch("name")
                />
                <TextField
                    label=txt!(i18n, users.login)
                    name="login"
                    value=login
                    help=txt!(i18n, users.login_help)
                    error=errors.of("login")
                    on_edit=touch("login")
                />
                <PasswordField
                    label=txt!(i18n, users.first_password)
                    name="password"
                    value=password
                    autocomplete="new-password"
                    help=txt!(i18n, shell.password_help)
                    error=errors.of("password")
                    on_edit=touch("password")
                />
                <StrengthMeter password=password login=login />
                <Switch
                    label=txt!(i18n, users.must_change)
                    checked=must_change
                    on_change=move |on| must_change.set(on)
                />
            </fieldset>
            <fieldset class="group">
                <legend>{txt!(i18n, users.group_rights)}</legend>
                <SelectField
                    label=txt!(i18n, users.role)
                    name="role"
                    value=role
                    options=Signal::derive(move || roles(i18n))
                    help=role_help(i18n, role)
                />
                <Limits chosen=limits />
            </fieldset>
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
    let resetting = RwSignal::new(false);
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
                <TextField
                    label=txt!(i18n, users.name)
                    name="name"
                    value=name
                    error=errors.of("name")
                    on_edit=Callback::new(move |()| errors.touch("name"))
                />
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
            </fieldset>
            {may_write
                .then(|| {
                    view! {
                        <footer class="admin-form-foot">
                            <FailureBanner failure=failure on_reload=reload />
                            <Button look=Look::Primary submit=true busy=busy>{txt!(i18n, common.save)}</Button>
                            <span class="spring"></span>
                            <Button icon=icondata::LuLogOut on:click=ask_sign_out>{txt!(i18n, users.sign_out)}</Button>
                            <Button icon=icondata::LuKeyRound on:click=move |_| resetting.set(true)>
                                {txt!(i18n, users.reset)}
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
        <ResetDialog user=now open=resetting on_saved=on_saved />
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

/// Gives a user a new first password; his sessions end.
#[component]
fn ResetDialog(user: Memo<UserView>, open: RwSignal<bool>, on_saved: Callback<UserView>) -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts) = (use_api(), use_toasts());
    let id = user.with_untracked(|user| user.id);
    let login = Signal::derive(move || user.with(|user| user.login.clone()));
    let title = Signal::derive(move || {
        let who = user.with(|user| user.name.clone());
        word!(i18n, users.reset_title, who = who.as_str())
    });
    let password = RwSignal::new(String::new());
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let change = UpdateUser { password: Some(password.get_untracked()), ..UpdateUser::default() };
        failure.set(None);
        if busy.get_untracked() || !errors.judge(&change) {
            return;
        }
        busy.set(true);
        let version = user.with_untracked(|user| user.version);
        leptos::task::spawn_local(async move {
            let outcome = api.update_user(id, version, &change).await;
            let _ = busy.try_set(false);
            match outcome {
                Ok(user) => {
                    let _ = password.try_set(String::new());
                    let _ = open.try_set(false);
                    toasts.good(say!(users.reset_done));
                    let _ = on_saved.try_run(user);
                }
                Err(error) => {
                    errors.adopt(&error);
                    let _ = failure.try_set(Some(error));
                }
            }
        });
    };
    view! {
        <Dialog open=open title=title>
            <form on:submit=submit novalidate autocomplete="off">
                <div class="dialog-body">
                    <p>{txt!(i18n, users.reset_body)}</p>
                    <FailureBanner failure=failure on_reload=Callback::new(|()| {}) />
                    <PasswordField
                        label=txt!(i18n, users.first_password)
                        name="password"
                        value=password
                        autocomplete="new-password"
                        help=txt!(i18n, shell.password_help)
                        error=errors.of("password")
                        on_edit=Callback::new(move |()| errors.touch("password"))
                    />
                    <StrengthMeter password=password login=login />
                </div>
                <footer class="dialog-foot">
                    <Button on:click=move |_| open.set(false)>{txt!(i18n, common.cancel)}</Button>
                    <Button look=Look::Primary submit=true busy=busy>{txt!(i18n, users.reset)}</Button>
                </footer>
            </form>
        </Dialog>
    }
}
