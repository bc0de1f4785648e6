//! The whole page: what everything shares, and which page is where.

use crate::state::effect::effect;
use crate::{
    api::Api,
    components::{confirm::ConfirmHost, toasts::ToastHost, tooltip::TooltipHost},
    i18n::{I18nContextProvider, locale_of, use_i18n},
    pages::{
        access::{setup::SetupPage, sign_in::SignInPage},
        admin::{campaigns::CampaignsPage, members::MembersPage, users::UsersPage},
        agent::{inbox::InboxPage, interaction::InteractionPage, none_open::NoneOpen, start::StartPage},
        faces::NotFound,
        settings::SettingsPage,
        shell::Shell,
    },
    routes::{Go, INBOX},
    state::{
        clock::Clock,
        commands::Commands,
        confirm::Confirm,
        preferences::{Preferences, remember_language},
        session::Session,
        toasts::Toasts,
    },
};
use leptos::prelude::*;
use leptos_router::{
    components::{ParentRoute, Redirect, Route, Router, Routes},
    path,
};

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
    leptos::task::spawn_local(api.resume());
    view! {
        <I18nContextProvider set_lang_attr_on_html=false set_dir_attr_on_html=false enable_cookie=false>
            <Languages />
            <Router>
                <Pages />
            </Router>
            <ConfirmHost />
            <ToastHost />
            <TooltipHost />
        </I18nContextProvider>
    }
}

/// Begins in the language that was chosen before the first paint, and follows that of whoever signs in; so the theme.
#[component]
fn Languages() -> impl IntoView {
    let i18n = use_i18n();
    let session: Session = expect_context();
    let preferences: Preferences = expect_context();
    let first = document().document_element().and_then(|root| root.get_attribute("lang"));
    if let Some(language) = first.and_then(|lang| lang.parse().ok()) {
        i18n.set_locale(locale_of(language));
    }
    let chosen = Memo::new(move |_| session.with_me(|me| (me.language, me.theme)));
    effect(move || {
        if let Some((language, theme)) = chosen.get() {
            i18n.set_locale(locale_of(language));
            remember_language(language);
            preferences.set_theme(theme);
        }
    });
}

#[component]
fn Pages() -> impl IntoView {
    Go::provide();
    view! {
        <Routes fallback=|| view! { <NotFound /> }>
            <Route path=path!("/setup") view=SetupPage />
            <Route path=path!("/sign-in") view=SignInPage />
            <ParentRoute path=path!("") view=Shell>
                <Route path=path!("") view=|| view! { <Redirect path=INBOX /> } />
                <ParentRoute path=path!("/inbox") view=InboxPage>
                    <Route path=path!("") view=NoneOpen />
                    <Route path=path!("new") view=StartPage />
                    <Route path=path!("new/:draft") view=StartPage />
                    <Route path=path!(":interaction") view=InteractionPage />
                </ParentRoute>
                <Route path=path!("/admin/campaigns") view=CampaignsPage />
                <Route path=path!("/admin/campaigns/members") view=MembersPage />
                <Route path=path!("/admin/users") view=UsersPage />
                <Route path=path!("/settings") view=SettingsPage />
            </ParentRoute>
        </Routes>
    }
}
