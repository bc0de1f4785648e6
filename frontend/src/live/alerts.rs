//! Calls the agent: a short sound and, where he allowed it, a desktop notice.

use crate::i18n::td_string;
use crate::{i18n::I18n, state::preferences::Preferences};
use leptos::prelude::*;
use shared::api::interactions::InteractionSummary;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{AudioContext, Notification, NotificationOptions, NotificationPermission};

/// Calls the agent. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Alerts {
    preferences: Preferences,
    i18n: I18n,
    audio: StoredValue<Option<AudioContext>, LocalStorage>,
    /// What was last said to screen readers.
    pub said: RwSignal<String>,
}

impl Alerts {
    /// Silent until something comes.
    pub fn new(preferences: Preferences, i18n: I18n) -> Self {
        Self { preferences, i18n, audio: StoredValue::new_local(None), said: RwSignal::new(String::new()) }
    }

    /// Calls for an interaction that has arrived, or in which the customer has written again.
    pub fn ring(self, row: &InteractionSummary, arrived: bool) {
        let locale = self.i18n.get_locale_untracked();
        let who = if row.contact_name.is_empty() { row.contact_address.clone() } else { row.contact_name.clone() };
        let title = if arrived {
            td_string!(locale, inbox.alert_arrived, who = who.as_str()).to_string()
        } else {
            td_string!(locale, inbox.alert_answered, who = who.as_str()).to_string()
        };
        self.said.set(format!("{title} {}", row.subject));
        if self.preferences.sound.get_untracked() {
            self.chime();
        }
        if self.preferences.notices.get_untracked() && !document().has_focus().unwrap_or(true) {
            notify(&title, &row.subject, row.id.0);
        }
    }

    /// Two soft tones; nothing where the browser wants a click first.
    pub fn chime(self) {
        let known = self.audio.with_value(Clone::clone);
        let Some(context) = known.or_else(|| AudioContext::new().ok()) else { return };
        let _ = tone(&context, 0.0, 660.0).and_then(|()| tone(&context, 0.14, 880.0));
        self.audio.set_value(Some(context));
    }
}

fn tone(context: &AudioContext, after: f64, frequency: f32) -> Result<(), wasm_bindgen::JsValue> {
    let start = context.current_time() + after;
    let oscillator = context.create_oscillator()?;
    let gain = context.create_gain()?;
    oscillator.frequency().set_value(frequency);
    gain.gain().set_value_at_time(0.0, start)?;
    gain.gain().linear_ramp_to_value_at_time(0.08, start + 0.02)?;
    gain.gain().linear_ramp_to_value_at_time(0.0, start + 0.22)?;
    oscillator.connect_with_audio_node(&gain)?;
    gain.connect_with_audio_node(&context.destination())?;
    oscillator.start_with_when(start)?;
    oscillator.stop_with_when(start + 0.25)
}

fn notify(title: &str, body: &str, tag: i64) {
    if Notification::permission() != NotificationPermission::Granted {
        return;
    }
    let options = NotificationOptions::new();
    options.set_body(body);
    // One notice an interaction, replaced rather than piled up.
    options.set_tag(&tag.to_string());
    if let Ok(notice) = Notification::new_with_options(title, &options) {
        let focus = Closure::once_into_js(move || {
            let _ = window().focus();
        });
        notice.set_onclick(Some(focus.unchecked_ref()));
    }
}
