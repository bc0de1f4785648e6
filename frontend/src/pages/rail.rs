//! The rail: where one can go, and how one is: state, account, theme, language.

use crate::{
    api::use_api,
    components::{Avatar, Dot, Glyph, Icon, Menu, MenuItem, MenuLine, Timer, Tint},
    format,
    i18n::{Locale, locale_of, txt, use_i18n, word},
    live::store::use_live,
    routes,
    state::{
        clock::use_clock,
        commands::{Section, use_commands},
        load::{Load, Loader},
        preferences::use_preferences,
        session::use_session,
        toasts::{say, use_toasts},
    },
};
use leptos::prelude::*;
use shared::{
    api::{
        access::{Language, Theme, UpdateMe},
        presence::{AgentMode, AgentState, BreakKind, SetAgentState},
    },
    live::LiveEvent,
    page::Page,
    permission::Permission,
    time::Timestamp,
};

/// The rail at the left; at the bottom of narrow screens.
#[component]
pub fn Rail() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let live = use_live();
    let may = move |permission| session.may(permission);
    view! {
        <nav class="rail" aria-label=txt!(i18n, shell.navigation)>
            <a href=routes::INBOX class="rail-brand" aria-label=txt!(i18n, common.product)>
                <img src="/favicon.svg" alt="" width="22" height="22" />
                <span>{txt!(i18n, common.product)}</span>
            </a>
            <RailLink href=routes::INBOX glyph=icondata::LuInbox label=txt!(i18n, shell.inbox)>
                {move || {
                    let unread = live.active.unread();
                    (unread > 0).then(|| view! { <span class="rail-count">{unread}</span> })
                }}
            </RailLink>
            {move || {
                may(Permission::CampaignsRead)
                    .then(|| {
                        view! {
                            <RailLink
                                href=routes::CAMPAIGNS
                                glyph=icondata::LuMegaphone
                                label=txt!(i18n, shell.campaigns)
                            />
                        }
                    })
            }}
            {move || {
                may(Permission::UsersRead)
                    .then(|| {
                        view! { <RailLink href=routes::USERS glyph=icondata::LuUsers label=txt!(i18n, shell.users) /> }
                    })
            }}
            <div class="rail-space"></div>
            <StateSwitch />
            <AccountMenu />
        </nav>
    }
}

#[component]
fn RailLink(
    href: &'static str,
    glyph: Glyph,
    label: Signal<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let go = routes::use_go();
    // The administration of campaigns has a section of its own address.
    let here = move || go.is_at(href, true) || href == routes::CAMPAIGNS && go.is_at(routes::TEMPLATES, true);
    let current = Signal::derive(move || here().then_some("page"));
    view! {
        <a href=href class="rail-link" aria-current=current data-rail-tip=label>
            <Icon glyph=glyph />
            <span class="rail-label">{label}</span>
            {children.map(|children| children())}
        </a>
    }
}

/// The icon that a kind of break names.
pub fn break_glyph(name: &str) -> Glyph {
    match name {
        "utensils" => icondata::LuUtensils,
        "coffee" => icondata::LuCoffee,
        "graduation-cap" => icondata::LuGraduationCap,
        "users" => icondata::LuUsers,
        "headphones" => icondata::LuHeadphones,
        "phone" => icondata::LuPhone,
        "heart-pulse" => icondata::LuHeartPulse,
        "ellipsis" => icondata::LuEllipsis,
        _ => icondata::LuPause,
    }
}

fn break_name(kind: &BreakKind, locale: Locale) -> String {
    match locale {
        Locale::es => kind.name_es.clone(),
        Locale::en => kind.name_en.clone(),
    }
}

/// Available, or on a break of some kind; since when.
#[component]
fn StateSwitch() -> impl IntoView {
    let i18n = use_i18n();
    let (api, live, toasts, clock) = (use_api(), use_live(), use_toasts(), use_clock());
    let kinds = Loader::new(|| (), move |()| api.list_break_kinds());
    live.listen(move |event| {
        if matches!(event, LiveEvent::SettingsChanged {}) {
            kinds.reload();
        }
    });
    let list =
        move || kinds.with(|load| load.ready().map(|page: &Page<BreakKind>| page.items.clone())).unwrap_or_default();
    let chosen = Memo::new(move |_| live.me.with(|me| me.as_ref().map(|me| (me.mode, me.break_code.clone()))));
    let set = move |mode: AgentMode, break_code: Option<String>| {
        let before = live.me.get_untracked();
        // Shown at once; the server's word, or a failure, follows.
        live.me.update(|me| {
            if let Some(me) = me {
                *me = AgentState {
                    mode,
                    break_code: break_code.clone(),
                    since: Timestamp::from_millis(clock.now()),
                    ..me.clone()
                };
            }
        });
        leptos::task::spawn_local(async move {
            match api.set_my_state(&SetAgentState { mode, break_code }).await {
                Ok(state) => live.me.set(Some(state)),
                Err(_) => {
                    live.me.set(before);
                    toasts.bad(say!(shell.state_failed));
                }
            }
        });
    };
    // Ends by itself, by the clock of the page: the server says nothing more.
    let rests_until = Memo::new(move |_| {
        let until = live.me.with(|me| me.as_ref().filter(|me| me.mode == AgentMode::Available)?.wrap_up_until)?;
        (until.millis() > clock.second()).then_some(until.millis())
    });
    let rests = Memo::new(move |_| rests_until.get().is_some());
    let end_rest = move || {
        leptos::task::spawn_local(async move {
            match api.end_wrap_up().await {
                Ok(state) => live.me.set(Some(state)),
                Err(_) => toasts.bad(say!(shell.state_failed)),
            }
        });
    };
    let tint = Signal::derive(move || match chosen.get() {
        Some((AgentMode::Available, _)) if rests.get() => Tint::Warn,
        Some((AgentMode::Available, _)) => Tint::Good,
        Some((AgentMode::Break, _)) => Tint::Warn,
        None => Tint::Quiet,
    });
    let word = Signal::derive(move || match chosen.get() {
        Some((AgentMode::Available, _)) if rests.get() => word!(i18n, shell.resting),
        Some((AgentMode::Available, _)) => word!(i18n, shell.available),
        Some((AgentMode::Break, code)) => list()
            .iter()
            .find(|kind| Some(&kind.code) == code.as_ref())
            .map_or_else(|| word!(i18n, shell.on_break), |kind| break_name(kind, i18n.get_locale())),
        None => word!(i18n, shell.offline_state),
    });
    let since = Memo::new(move |_| live.me.with(|me| me.as_ref().map(|me| me.since)));
    view! {
        <Menu
            label=txt!(i18n, shell.state_switch)
            class="rail-state"
            named=true
            testid="state-switch"
            trigger=ViewFn::from(move || {
                view! {
                    <Dot tint=tint />
                    <span class="visually-hidden">{txt!(i18n, shell.state_switch)} ": "</span>
                    <span class="rail-label rail-state-word">{word}</span>
                    {move || match rests_until.get() {
                        Some(until) => {
                            let left = move || format::clock(format::seconds_left(until, clock.second()));
                            let help = txt!(i18n, shell.rest_help);
                            view! { <span class="timer" role="timer" aria-live="off" data-tip=help>{left}</span> }.into_any()
                        }
                        None => since.get().map(|since| view! { <Timer since=since /> }).into_any(),
                    }}
                    <Icon glyph=icondata::LuChevronDown />
                }
            })
        >
            {move || {
                rests
                    .get()
                    .then(|| {
                        view! {
                            <MenuItem
                                label=txt!(i18n, shell.end_rest)
                                icon=icondata::LuTimerOff
                                on_pick=move |()| end_rest()
                            />
                        }
                    })
            }}
            <MenuItem
                label=txt!(i18n, shell.available)
                icon=icondata::LuCircleCheck
                checked=Signal::derive(move || {
                    chosen.with(|c| matches!(c, Some((AgentMode::Available, _)))) && !rests.get()
                })
                on_pick=move |()| if rests.get_untracked() { end_rest() } else { set(AgentMode::Available, None) }
            />
            <MenuLine label=txt!(i18n, shell.breaks) />
            {move || {
                if kinds.with(|load| matches!(load, Load::Failed(_))) {
                    kinds.reload();
                }
                list()
                    .into_iter()
                    .map(|kind| {
                        let code = kind.code.clone();
                        let own = kind.code.clone();
                        let glyph = break_glyph(&kind.icon);
                        view! {
                            <MenuItem
                                label=Signal::derive(move || break_name(&kind, i18n.get_locale()))
                                icon=glyph
                                checked=Signal::derive(move || {
                                    chosen.with(|c| matches!(c, Some((AgentMode::Break, Some(code))) if *code == own))
                                })
                                on_pick=move |()| set(AgentMode::Break, Some(code.clone()))
                            />
                        }
                    })
                    .collect_view()
            }}
        </Menu>
    }
}

/// Settings, language, theme, sign out.
#[component]
fn AccountMenu() -> impl IntoView {
    let i18n = use_i18n();
    let (api, session, preferences, toasts) = (use_api(), use_session(), use_preferences(), use_toasts());
    let (go, commands) = (routes::use_go(), use_commands());
    let name = Signal::derive(move || session.with_me(|me| me.name.clone()).unwrap_or_default());
    let change = move |change: UpdateMe| {
        leptos::task::spawn_local(async move {
            if api.update_me(&change).await.is_err() {
                toasts.bad(say!(shell.settings_failed));
            }
        });
    };
    let set_theme = move |theme: Theme| {
        preferences.set_theme(theme);
        change(UpdateMe { theme: Some(theme), ..UpdateMe::default() });
    };
    let set_language = move |language: Language| {
        leptos::task::spawn_local(async move {
            // Kept only when it can be spoken: after a deployment the texts of this page may be gone.
            if i18n.speak(locale_of(language)).await {
                change(UpdateMe { language: Some(language), ..UpdateMe::default() });
            } else {
                toasts.bad(say!(shell.settings_failed));
            }
        });
    };
    for (label, theme) in [
        (txt!(i18n, shell.do_theme_system), Theme::System),
        (txt!(i18n, shell.do_theme_light), Theme::Light),
        (txt!(i18n, shell.do_theme_dark), Theme::Dark),
    ] {
        commands.offer(Section::Settings, label, None, move || set_theme(theme));
    }
    commands.offer(Section::Settings, txt!(i18n, shell.spanish), None, move || set_language(Language::Es));
    commands.offer(Section::Settings, txt!(i18n, shell.english), None, move || set_language(Language::En));
    commands.offer(Section::Settings, txt!(i18n, shell.sign_out), None, move || {
        leptos::task::spawn_local(api.sign_out());
    });
    let is_theme = move |theme: Theme| Signal::derive(move || preferences.theme() == theme);
    let is_locale = move |locale: Locale| Signal::derive(move || i18n.get_locale() == locale);
    view! {
        <Menu
            label=txt!(i18n, shell.account)
            class="rail-account"
            named=true
            trigger=ViewFn::from(move || {
                view! {
                    <Avatar name=name small=true />
                    <span class="visually-hidden">{txt!(i18n, shell.account)} ": "</span>
                    <span class="rail-label">{name}</span>
                }
            })
        >
            <MenuItem
                label=txt!(i18n, shell.settings)
                icon=icondata::LuSettings
                on_pick=move |()| go.to(routes::SETTINGS)
            />
            <MenuLine label=txt!(i18n, shell.theme) />
            <MenuItem
                label=txt!(i18n, shell.theme_system)
                icon=icondata::LuMonitor
                checked=is_theme(Theme::System)
                on_pick=move |()| set_theme(Theme::System)
            />
            <MenuItem
                label=txt!(i18n, shell.theme_light)
                icon=icondata::LuSun
                checked=is_theme(Theme::Light)
                on_pick=move |()| set_theme(Theme::Light)
            />
            <MenuItem
                label=txt!(i18n, shell.theme_dark)
                icon=icondata::LuMoon
                checked=is_theme(Theme::Dark)
                on_pick=move |()| set_theme(Theme::Dark)
            />
            <MenuLine label=txt!(i18n, shell.language) />
            <MenuItem
                label=txt!(i18n, shell.spanish)
                icon=icondata::LuLanguages
                checked=is_locale(Locale::es)
                on_pick=move |()| set_language(Language::Es)
            />
            <MenuItem
                label=txt!(i18n, shell.english)
                icon=icondata::LuLanguages
                checked=is_locale(Locale::en)
                on_pick=move |()| set_language(Language::En)
            />
            <MenuLine />
            <MenuItem
                label=txt!(i18n, shell.sign_out)
                icon=icondata::LuLogOut
                on_pick=move |()| leptos::task::spawn_local(api.sign_out())
            />
        </Menu>
    }
}
