//! What belongs to this browser rather than to the user: sound, notices, the theme before anyone has signed in.

use crate::dom::storage::{self, Area};
use leptos::prelude::*;
use shared::api::access::{Language, Theme};

const THEME: &str = "posta.theme";
const LOCALE: &str = "posta.locale";
const SOUND: &str = "posta.sound";
const NOTICES: &str = "posta.notices";

/// Preferences of this browser. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Preferences {
    /// A sound for new arrivals.
    pub sound: RwSignal<bool>,
    /// A desktop notice for new arrivals, where the browser allows it too.
    pub notices: RwSignal<bool>,
    theme: RwSignal<Theme>,
}

impl Preferences {
    /// As they were left.
    pub fn load() -> Self {
        let theme = storage::read(Area::Browser, THEME).and_then(|word| word.parse().ok()).unwrap_or(Theme::System);
        Self {
            sound: RwSignal::new(storage::is_on(SOUND, true)),
            notices: RwSignal::new(storage::is_on(NOTICES, false)),
            theme: RwSignal::new(theme),
        }
    }

    /// Switches the sound.
    pub fn set_sound(self, on: bool) {
        storage::switch(SOUND, on);
        self.sound.set(on);
    }

    /// Switches desktop notices.
    pub fn set_notices(self, on: bool) {
        storage::switch(NOTICES, on);
        self.notices.set(on);
    }

    /// Light, dark or as the system does; reactive.
    pub fn theme(self) -> Theme {
        self.theme.get()
    }

    /// Shows the page light or dark, now and at the next start before the first paint.
    pub fn set_theme(self, theme: Theme) {
        let Some(root) = document().document_element() else { return };
        match theme {
            Theme::System => {
                storage::remove(Area::Browser, THEME);
                let _ = root.remove_attribute("data-theme");
            }
            Theme::Light | Theme::Dark => {
                storage::write(Area::Browser, THEME, theme.as_str());
                let _ = root.set_attribute("data-theme", theme.as_str());
            }
        }
        self.theme.set(theme);
    }
}

/// Remembers the language for the next start.
pub fn remember_language(language: Language) {
    storage::write(Area::Browser, LOCALE, language.as_str());
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("lang", language.as_str());
    }
}

/// The preferences of this browser.
pub fn use_preferences() -> Preferences {
    expect_context()
}
