//! Listens for shortcuts, and the page that shows them.

use super::dialog::Dialog;
use crate::{
    dom,
    i18n::{txt, use_i18n, word},
    state::{
        commands::{Section, use_commands},
        session::{Session, use_session},
    },
};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// Turns keys into commands. One in the page. Single keys rest while text is written, while a dialog is open, and
/// where the user has switched them off (WCAG 2.1.4).
#[component]
pub fn Shortcuts() -> impl IntoView {
    let commands = use_commands();
    let session = use_session();
    let listener = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        if event.default_prevented() {
            return;
        }
        let chord = event.ctrl_key() || event.meta_key();
        if chord && !event.alt_key() && event.key().eq_ignore_ascii_case("k") {
            event.prevent_default();
            commands.palette.update(|open| *open = !*open);
            return;
        }
        if chord || event.alt_key() || !untrack(|| are_on(session)) || is_busy(&event) {
            return;
        }
        let key = event.key();
        if key == "?" {
            event.prevent_default();
            commands.help.set(true);
        } else if let Some(run) = commands.on_key(&key) {
            event.prevent_default();
            run.run(());
        }
    });
    on_cleanup(move || listener.remove());
}

/// Whether single keys do something; reactive.
fn are_on(session: Session) -> bool {
    session.with_me(|me| me.single_key_shortcuts).unwrap_or(false)
}

/// Whether the key belongs to something else: text, a dialog, a menu, or a button that Enter presses.
fn is_busy(event: &KeyboardEvent) -> bool {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return false };
    let pressed = event.key() == "Enter" && target.closest("a, button, summary").ok().flatten().is_some();
    pressed
        || dom::takes_text(&target)
        || target.closest("[role=menu], [role=listbox]").ok().flatten().is_some()
        || document().query_selector("dialog[open]").ok().flatten().is_some()
}

/// Shows the keys that work here. One in the page.
#[component]
pub fn KeyHelp() -> impl IntoView {
    let i18n = use_i18n();
    let (commands, session) = (use_commands(), use_session());
    // Also found where single keys are switched off, and the one that shows this with them.
    commands.offer(Section::Do, txt!(i18n, shell.keys_title), None, move || commands.help.set(true));
    // Those that belong to what is not open now.
    let elsewhere: [(&'static str, Signal<String>); 7] = [
        ("n", txt!(i18n, inbox.start)),
        ("/", txt!(i18n, inbox.search_key)),
        ("j", txt!(i18n, inbox.next)),
        ("k", txt!(i18n, inbox.previous)),
        ("r", txt!(i18n, inbox.reply)),
        ("a", txt!(i18n, inbox.reply_all)),
        ("e", txt!(i18n, inbox.finish)),
    ];
    // Of two commands on one key the later one holds: it belongs to what is open.
    let keys = Signal::derive(move || {
        let mut kept: Vec<(&'static str, Signal<String>)> = Vec::new();
        for command in commands.by_section() {
            if let Some(key) = command.key
                && !kept.iter().any(|(known, _)| *known == key)
            {
                kept.push((key, command.label));
            }
        }
        for (key, label) in elsewhere {
            if !kept.iter().any(|(known, _)| *known == key) {
                kept.push((key, label));
            }
        }
        kept
    });
    view! {
        <Dialog open=commands.help title=txt!(i18n, shell.keys_title)>
            <div class="dialog-body">
                <table class="keys">
                    <tbody>
                        {move || {
                            keys.get()
                                .into_iter()
                                .map(|(key, label)| {
                                    view! { <tr><th scope="row">{label}</th><td><kbd>{shown(key)}</kbd></td></tr> }
                                })
                                .collect_view()
                        }}
                        <tr>
                            <th scope="row">{txt!(i18n, shell.keys_open)}</th>
                            <td><kbd>"↵"</kbd></td>
                        </tr>
                        <tr>
                            <th scope="row">{txt!(i18n, shell.keys_palette)}</th>
                            <td><kbd>"Ctrl"</kbd> <kbd>"K"</kbd></td>
                        </tr>
                        <tr>
                            <th scope="row">{txt!(i18n, shell.keys_send)}</th>
                            <td><kbd>"Ctrl"</kbd> <kbd>{txt!(i18n, shell.key_enter)}</kbd></td>
                        </tr>
                        <tr>
                            <th scope="row">{txt!(i18n, shell.keys_close)}</th>
                            <td><kbd>"Esc"</kbd></td>
                        </tr>
                        <tr>
                            <th scope="row">{txt!(i18n, shell.keys_help)}</th>
                            <td><kbd>"?"</kbd></td>
                        </tr>
                    </tbody>
                </table>
                <p class="help">
                    {move || {
                        if are_on(session) { word!(i18n, shell.keys_off) } else { word!(i18n, shell.keys_are_off) }
                    }}
                </p>
            </div>
        </Dialog>
    }
}

/// A key as it is printed on keyboards.
fn shown(key: &str) -> &str {
    match key {
        "Escape" => "Esc",
        other => other,
    }
}
