//! `/admin/users/agents`: what holds for agents: the breaks that they may take (S107), and whose screen may be watched (S77).

use super::plain;
use super::{UserSections, campaign_form::focus_wrong_field, users::all_users};
use crate::{
    api::{ApiError, use_api},
    components::{Banner, Button, Checkbox, Failed, Icon, IconButton, Look, Skeleton, Tint, rows_of},
    i18n::{I18n, error_text, txt, use_i18n, word},
    pages::{faces::Forbidden, rail::break_glyph},
    state::{
        forms::FormErrors,
        load::{Load, Loader},
        session::use_session,
        toasts::{say, use_toasts},
        unsaved::hold_unsaved,
    },
};
use leptos::prelude::*;
use shared::{
    api::{
        access::{UpdateUser, UserView},
        presence::{BREAK_ICONS, BreakKind, BreakKinds, MAX_BREAK_KINDS},
    },
    permission::{Permission, Role},
};
use std::sync::Arc;

/// What holds for agents.
#[component]
pub fn AgentsPage() -> impl IntoView {
    let session = use_session();
    let (i18n, api) = (use_i18n(), use_api());
    let kinds = Loader::new(|| (), move |()| api.list_break_kinds());
    move || {
        if !session.may(Permission::SettingsRead) || !session.may(Permission::UsersRead) {
            return view! { <Forbidden /> }.into_any();
        }
        view! {
            <div class="admin admin-members" data-open="true">
                <div class="admin-main">
                    <UserSections />
                    <div class="admin-scroll">
                        <div class="admin-form">
                            <header class="admin-form-head">
                                <h1>{txt!(i18n, users.agents)}</h1>
                            </header>
                            {move || match kinds.get() {
                                Load::Loading => view! { <Skeleton rows=1 shape="card" /> }.into_any(),
                                Load::Failed(error) => {
                                    view! { <Failed error=error on_retry=move |()| kinds.reload() /> }.into_any()
                                }
                                Load::Ready(page) => view! { <Breaks kinds=page.items /> }.into_any(),
                            }}
                            <Watched />
                        </div>
                    </div>
                </div>
            </div>
        }
        .into_any()
    }
}

/// A kind of break in the form.
#[derive(Clone, Copy, PartialEq)]
struct Row {
    key: usize,
    /// Of one that is known; what happened is told by it.
    code: StoredValue<String>,
    names: [RwSignal<String>; 2],
    icon: RwSignal<String>,
}

impl Row {
    fn of(key: usize, kind: BreakKind) -> Self {
        Self {
            key,
            code: StoredValue::new(kind.code),
            names: [RwSignal::new(kind.name_en), RwSignal::new(kind.name_es)],
            icon: RwSignal::new(kind.icon),
        }
    }

    /// With the codes of those before it, for a new one to differ from.
    fn read(self, taken: &[BreakKind]) -> BreakKind {
        let [name_en, name_es] = self.names.map(|name| name.get_untracked().trim().to_owned());
        let known = self.code.get_value();
        let code = if known.is_empty() { new_code(&name_en, taken) } else { known };
        BreakKind { code, name_es, name_en, icon: self.icon.get_untracked() }
    }
}

/// A code out of a name, unlike those that are taken.
fn new_code(name: &str, taken: &[BreakKind]) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let word: String = name.chars().map(plain).take(30).collect();
    let word = Some(word.trim_matches('-')).filter(|word| !word.is_empty()).unwrap_or("break");
    let is_free =
        |code: &String| taken.iter().all(|kind| kind.code != *code) && code != shared::api::presence::SUPERVISOR_BREAK;
    std::iter::once(word.to_owned())
        .chain((2..).map(|number: u32| format!("{word}-{number}")))
        .find(is_free)
        .unwrap_or_default()
}

#[component]
fn Breaks(kinds: Vec<BreakKind>) -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts, session) = (use_api(), use_toasts(), use_session());
    let may = session.may_now(Permission::SettingsWrite);
    let rows: Vec<Row> = kinds.into_iter().enumerate().map(|(key, kind)| Row::of(key, kind)).collect();
    let next = StoredValue::new(rows.len());
    let rows = RwSignal::new(rows);
    let read = move || {
        rows.get_untracked().into_iter().fold(Vec::new(), |mut kinds, row| {
            let kind = row.read(&kinds);
            kinds.push(kind);
            kinds
        })
    };
    let stored = StoredValue::new(read());
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    hold_unsaved(move || stored.with_value(|stored| *stored != read()));
    let add = move |_| {
        let key = next.get_value();
        next.set_value(key + 1);
        let icon = "coffee".to_owned();
        let kind = BreakKind { code: String::new(), name_es: String::new(), name_en: String::new(), icon };
        rows.update(|rows| rows.push(Row::of(key, kind)));
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let request = BreakKinds { items: read() };
        failure.set(None);
        if busy.get_untracked() {
            return;
        }
        if !errors.judge(&request) {
            focus_wrong_field();
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            let outcome = api.set_break_kinds(&request).await;
            let _ = busy.try_set(false);
            match outcome {
                Ok(page) => {
                    // A new one has its code from now on, whatever it is called later.
                    for (row, kind) in rows.try_get_untracked().unwrap_or_default().into_iter().zip(&page.items) {
                        let _ = row.code.try_set_value(kind.code.clone());
                    }
                    let _ = stored.try_set_value(page.items);
                    toasts.good(say!(users.breaks_saved));
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    view! {
        <form on:submit=submit novalidate>
            <fieldset class="group" disabled=!may>
            <legend>{txt!(i18n, users.breaks)}</legend>
            <p class="help">{txt!(i18n, users.breaks_help)}</p>
            {move || {
                failure
                    .get()
                    .map(|error| {
                        let text = error_text(i18n.get_locale(), &error);
                        view! { <Banner tint=Tint::Bad urgent=true>{text}</Banner> }
                    })
            }}
            <div class="rows">
                <div class="break-fields break-heads" aria-hidden="true">
                    <span></span>
                    <span>{txt!(i18n, users.break_icon)}</span>
                    <span>{txt!(i18n, users.break_name_en)}</span>
                    <span>{txt!(i18n, users.break_name_es)}</span>
                </div>
                {rows_of(
                        rows,
                        |row| i64::try_from(row.key).unwrap_or_default(),
                        move |row| view! { <BreakRow row=row rows=rows errors=errors /> }.into_any(),
                    )}
                <Button
                    small=true
                    icon=icondata::LuPlus
                    disabled=Signal::derive(move || !may || rows.with(|rows| rows.len() >= MAX_BREAK_KINDS))
                    on:click=add
                >
                    {txt!(i18n, users.break_add)}
                </Button>
            </div>
            {may
                .then(|| {
                    view! {
                        <div class="rows-actions">
                            <Button look=Look::Primary submit=true busy=busy>{txt!(i18n, common.save)}</Button>
                        </div>
                    }
                })}
            </fieldset>
        </form>
    }
}

#[component]
fn BreakRow(row: Row, rows: RwSignal<Vec<Row>>, errors: FormErrors) -> impl IntoView {
    let i18n = use_i18n();
    let place = move || rows.with(|rows| rows.iter().position(|other| other.key == row.key)).unwrap_or_default();
    let fields = [("name_en", txt!(i18n, users.break_name_en)), ("name_es", txt!(i18n, users.break_name_es))];
    view! {
        <div class="break-fields" data-testid="break-row">
            <span class="break-icon">{move || view! { <Icon glyph=row.icon.with(|icon| break_glyph(icon)) /> }}</span>
            {plain::choice(
                errors,
                txt!(i18n, users.break_icon),
                "icon",
                row.icon,
                plain::options(move || icons(i18n)),
                None,
                plain::Choosing::default(),
            )}
            {fields
                .into_iter()
                .zip(row.names)
                .map(|((field, label), value)| {
                    view! {
                        <input
                            class="input"
                            type="text"
                            autocomplete="off"
                            maxlength="60"
                            aria-label=label
                            placeholder=label
                            prop:value=value
                            aria-invalid=move || errors.has(&format!("items/{}/{field}", place())).then_some("true")
                            on:input=move |event| {
                                value.set(event_target_value(&event));
                                errors.touch(&format!("items/{}/{field}", rows.with_untracked(|_| place())));
                            }
                        />
                    }
                })
                .collect_view()}
            <IconButton
                small=true
                glyph=icondata::LuArrowUp
                label=txt!(i18n, users.break_up)
                on:click=move |_| rows.update(|rows| {
                    if let Some(at) = rows.iter().position(|other| other.key == row.key).filter(|at| *at > 0) {
                        rows.swap(at, at - 1);
                    }
                })
            />
            <IconButton
                small=true
                glyph=icondata::LuMinus
                label=txt!(i18n, users.break_remove)
                on:click=move |_| {
                    errors.clear();
                    rows.update(|rows| rows.retain(|other| other.key != row.key));
                }
            />
        </div>
    }
}

fn icons(i18n: I18n) -> Vec<(String, String)> {
    let name = |icon: &str| match icon {
        "utensils" => word!(i18n, users.icon_meal),
        "coffee" => word!(i18n, users.icon_cup),
        "graduation-cap" => word!(i18n, users.icon_cap),
        "users" => word!(i18n, users.icon_people),
        "headphones" => word!(i18n, users.icon_headphones),
        "phone" => word!(i18n, users.icon_phone),
        "heart-pulse" => word!(i18n, users.icon_heart),
        _ => word!(i18n, users.icon_other),
    };
    BREAK_ICONS.iter().map(|icon| ((*icon).to_owned(), name(icon))).collect()
}

/// Whose screen may be watched.
#[component]
fn Watched() -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts, session) = (use_api(), use_toasts(), use_session());
    let users = Loader::new(|| (), move |()| all_users(api));
    let may = session.may_now(Permission::UsersWrite);
    let put = move |user: UserView| {
        users.change(|users| {
            users.iter_mut().filter(|known| known.id == user.id).for_each(|known| *known = user.clone())
        });
    };
    let set = move |user: UserView, on: bool| {
        let change = UpdateUser { screen_monitoring: Some(on), ..UpdateUser::default() };
        put(UserView { screen_monitoring: on, ..user.clone() });
        leptos::task::spawn_local(async move {
            match api.update_user(user.id, user.version, &change).await {
                Ok(user) => put(user),
                Err(error) => {
                    toasts.bad(Arc::new(move |locale| error_text(locale, &error)));
                    users.reload();
                }
            }
        });
    };
    view! {
        <fieldset class="group" disabled=!may>
            <legend>{txt!(i18n, users.watched_title)}</legend>
            <p class="help">{txt!(i18n, users.watched_help)}</p>
            {move || match users.get() {
                Load::Loading => view! { <Skeleton rows=3 shape="line" /> }.into_any(),
                Load::Failed(error) => view! { <Failed error=error on_retry=move |()| users.reload() /> }.into_any(),
                Load::Ready(list) => {
                    list.into_iter()
                        .filter(|user| user.role == Role::Agent)
                        .map(|user| {
                            let on = user.screen_monitoring;
                            view! {
                                <Checkbox
                                    label=Signal::stored(user.name.clone())
                                    checked=Signal::stored(on)
                                    on_change=move |on: bool| set(user.clone(), on)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_break_gets_a_code_of_its_own() {
        let taken = |code: &str| BreakKind {
            code: code.into(),
            name_es: "x".into(),
            name_en: "x".into(),
            icon: "coffee".into(),
        };
        assert_eq!(new_code("Coffee break", &[]), "coffee-break");
        assert_eq!(new_code("Lunch", &[taken("lunch"), taken("lunch-2")]), "lunch-3");
        assert_eq!(new_code(" ¿? ", &[]), "break");
        assert_eq!(new_code("Supervisor", &[]), "supervisor-2");
        assert_eq!(new_code(&"x".repeat(60), &[]).len(), 30);
    }
}
