//! The whole page: what everything shares, and which page is where.

use crate::{
    api::Api,
    components::{confirm::ConfirmHost, toasts::ToastHost, tooltip::TooltipHost},
    i18n::{I18n, Locale, locale_of, use_i18n},
    pages::{
        access::{setup::SetupPage, sign_in::SignInPage, welcome::WelcomePage},
        faces::NotFound,
        shell::Shell,
    },
    routes::{Go, Place, use_go},
    state::{
        clock::Clock,
        commands::Commands,
        confirm::Confirm,
        effect::effect,
        preferences::{Preferences, remember_language},
        session::Session,
        toasts::Toasts,
    },
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let session = Session::new();
    let api = Api::new(session);
    provide_context(session);
    provide_context(api);
    provide_context(Clock::start());
    provide_context(Toasts::new());
    provide_context(Confirm::new());
    provide_context(Commands::new());
    provide_context(Preferences::load());
    provide_context(I18n::new(first_locale()));
    provide_context(Go::start());
    leptos::task::spawn_local(api.resume());
    follow_user();
    view! {
        <Pages />
        <ConfirmHost />
        <ToastHost />
        <TooltipHost />
    }
}

/// The language that was chosen before the first paint.
fn first_locale() -> Locale {
    let lang = document().document_element().and_then(|root| root.get_attribute("lang"));
    lang.and_then(|lang| lang.parse().ok()).map_or(Locale::en, locale_of)
}

/// Takes over language and theme of whoever signs in.
fn follow_user() {
    let i18n = use_i18n();
    let session: Session = expect_context();
    let preferences: Preferences = expect_context();
    let chosen = Memo::new(move |_| session.with_me(|me| (me.language, me.theme)));
    effect(move || {
        if let Some((language, theme)) = chosen.get() {
            i18n.set_locale(locale_of(language));
            remember_language(language);
            preferences.set_theme(theme);
        }
    });
}

/// What stands before signing in, and what behind.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Gate {
    Setup,
    Welcome,
    SignIn,
    Inside,
    Unknown,
}

#[component]
fn Pages() -> impl IntoView {
    let go = use_go();
    let gate = Memo::new(move |_| match go.place() {
        Place::Setup => Gate::Setup,
        Place::Welcome => Gate::Welcome,
        Place::SignIn => Gate::SignIn,
        Place::Unknown => Gate::Unknown,
        _ => Gate::Inside,
    });
    move || match gate.get() {
        Gate::Setup => view! { <SetupPage /> }.into_any(),
        Gate::Welcome => view! { <WelcomePage /> }.into_any(),
        Gate::SignIn => view! { <SignInPage /> }.into_any(),
        Gate::Unknown => view! { <NotFound /> }.into_any(),
        Gate::Inside => view! { <Shell /> }.into_any(),
    }
}
