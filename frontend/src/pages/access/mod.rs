//! Before one is in: set-up, sign-in, a password that must be changed.

pub mod password;
pub mod setup;
pub mod sign_in;
pub mod strength;
pub mod welcome;

use crate::{
    components::{Menu, MenuItem},
    dom,
    i18n::{Locale, language_of, tag, txt, use_i18n},
    state::{effect::effect, preferences::remember_language},
};
use leptos::prelude::*;

/// A small card in the middle, with the product's mark above and the language below.
#[component]
pub fn AccessFrame(
    /// What the card is for.
    #[prop(into)]
    title: Signal<String>,
    /// The card.
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let pick = move |locale: Locale| {
        i18n.set_locale(locale);
        remember_language(language_of(locale));
    };
    effect(move || dom::set_title(&title.get(), 0));
    view! {
        <main class="access">
            <div class="access-card">
                <img class="access-mark" src="/favicon.svg" alt="" width="40" height="40" />
                <h1>{title}</h1>
                {children()}
            </div>
            <footer class="access-foot">
                <span>{txt!(i18n, access.tagline)}</span>
                <Menu
                    label=txt!(i18n, shell.language)
                    class="button button-quiet button-small"
                    named=true
                    trigger=ViewFn::from(move || {
                        view! {
                            <span class="visually-hidden">{txt!(i18n, shell.language)} ": "</span>
                            {move || tag(i18n.get_locale()).to_ascii_uppercase()}
                        }
                    })
                >
                    <MenuItem
                        label=txt!(i18n, shell.spanish)
                        checked=Signal::derive(move || i18n.get_locale() == Locale::es)
                        on_pick=move |()| pick(Locale::es)
                    />
                    <MenuItem
                        label=txt!(i18n, shell.english)
                        checked=Signal::derive(move || i18n.get_locale() == Locale::en)
                        on_pick=move |()| pick(Locale::en)
                    />
                </Menu>
            </footer>
        </main>
    }
}
