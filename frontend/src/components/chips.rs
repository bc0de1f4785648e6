//! Recipients as chips: typed or pasted, each checked on its own, with suggestions from who is known here.

use super::{icon::Icon, rows::rows, unique_id};
use crate::{
    format,
    i18n::{txt, use_i18n},
    state::recipients,
};
use leptos::{html, prelude::*};
use shared::api::conversations::MailAddress;
use web_sys::{ClipboardEvent, KeyboardEvent};

/// Most suggestions shown at once.
const SUGGESTED: usize = 6;

/// A field of recipients.
#[component]
pub fn Recipients(
    /// What they are: To, Cc, Bcc.
    #[prop(into)]
    label: Signal<String>,
    /// Name of the field, as its pointer in the request.
    name: &'static str,
    /// The recipients; half-typed ones stand in it too, marked as wrong.
    #[prop(into)]
    value: Signal<Vec<MailAddress>>,
    /// The new list.
    #[prop(into)]
    on_change: Callback<Vec<MailAddress>>,
    /// Whom the agent may mean.
    #[prop(optional, into)]
    known: Signal<Vec<MailAddress>>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = unique_id("recipients");
    let list_id = format!("{id}-list");
    let error_id = format!("{id}-error");
    let typed = RwSignal::new(String::new());
    let focused = RwSignal::new(false);
    let picked = RwSignal::new(None::<usize>);
    let input = NodeRef::<html::Input>::new();

    let suggestions = Memo::new(move |_| {
        let words = typed.get();
        if words.trim().is_empty() || !focused.get() {
            return Vec::new();
        }
        let taken = value.get();
        known
            .get()
            .into_iter()
            .filter(|address| format::matches(&recipients::full(address), &words))
            .filter(|address| !taken.iter().any(|known| known.email == address.email))
            .take(SUGGESTED)
            .collect::<Vec<_>>()
    });
    let add = move |more: Vec<MailAddress>| {
        let mut list = value.get_untracked();
        recipients::add(&mut list, more);
        typed.set(String::new());
        picked.set(None);
        on_change.run(list);
    };
    let commit = move || {
        let words = typed.get_untracked();
        if words.trim().is_empty() {
            typed.set(String::new());
        } else {
            add(recipients::parse(&words));
        }
    };
    let remove = move |email: String| {
        let mut list = value.get_untracked();
        list.retain(|address| address.email != email);
        on_change.run(list);
        if let Some(input) = input.get_untracked() {
            let _ = input.focus();
        }
    };
    let on_keydown = move |event: KeyboardEvent| {
        let offered = suggestions.get_untracked();
        match event.key().as_str() {
            "ArrowDown" if !offered.is_empty() => {
                event.prevent_default();
                picked.update(|at| *at = Some(at.map_or(0, |at| (at + 1) % offered.len())));
            }
            "ArrowUp" if !offered.is_empty() => {
                event.prevent_default();
                picked.update(|at| *at = Some(at.map_or(0, |at| at.checked_sub(1).unwrap_or(offered.len() - 1))));
            }
            "Enter" | "," | ";" => {
                let chosen = picked.get_untracked().and_then(|at| offered.get(at).cloned());
                let blank = typed.with_untracked(|typed| typed.trim().is_empty());
                // With Ctrl the press goes on to whoever sends: what stands here half-typed must go along.
                let sends = event.key() == "Enter" && (event.ctrl_key() || event.meta_key());
                if !sends && (chosen.is_some() || !blank) {
                    event.prevent_default();
                }
                match chosen {
                    Some(address) => add(vec![address]),
                    None if !blank => commit(),
                    None => {}
                }
            }
            "Tab" => match picked.get_untracked().and_then(|at| offered.get(at).cloned()) {
                Some(address) => {
                    event.prevent_default();
                    add(vec![address]);
                }
                None => commit(),
            },
            "Backspace" if typed.with_untracked(String::is_empty) => {
                if let Some(last) = value.get_untracked().pop() {
                    remove(last.email);
                }
            }
            "Escape" if !offered.is_empty() => {
                event.stop_propagation();
                typed.set(String::new());
            }
            _ => {}
        }
    };
    let on_paste = move |event: ClipboardEvent| {
        let text = event.clipboard_data().and_then(|data| data.get_data("text").ok()).unwrap_or_default();
        if text.contains(['@', ',', ';', '\n']) {
            event.prevent_default();
            add(recipients::parse(&text));
        }
    };
    let listbox = list_id.clone();
    let (option_id, options_id) = (list_id.clone(), list_id.clone());
    let described = error_id.clone();
    view! {
        <div class="chips-row" class:field-wrong=move || error.with(Option::is_some)>
            <label class="chips-label" for=id.clone()>{label}</label>
            <div class="chips">
                {rows(
                    move || value.with(|list| list.iter().map(|address| fingerprint(&address.email)).collect()),
                    move |wanted| {
                        let list = value.get_untracked();
                        let Some(address) = list.into_iter().find(|one| fingerprint(&one.email) == wanted) else {
                            return ().into_any();
                        };
                        let good = recipients::is_good(&address);
                        let full = recipients::full(&address);
                        let email = address.email.clone();
                        let removal = email.clone();
                        let name = full.clone();
                        view! {
                            <span class="chip" class:chip-wrong=!good data-tip=full>
                                {(!good).then(|| view! { <Icon glyph=icondata::LuTriangleAlert /> })}
                                <span class="chip-text">{recipients::short(&address)}</span>
                                <button
                                    type="button"
                                    class="chip-remove"
                                    aria-label=txt!(i18n, editor.remove_recipient, who = name.as_str())
                                    on:click=move |_| remove(removal.clone())
                                >
                                    <Icon glyph=icondata::LuX />
                                </button>
                            </span>
                        }
                            .into_any()
                    },
                )}
                <input
                    node_ref=input
                    id=id
                    name=name
                    class="chips-input"
                    type="text"
                    inputmode="email"
                    autocomplete="off"
                    spellcheck="false"
                    role="combobox"
                    aria-autocomplete="list"
                    aria-expanded=move || if suggestions.with(Vec::is_empty) { "false" } else { "true" }
                    aria-controls=listbox
                    aria-activedescendant=move || picked.get().map(|at| format!("{option_id}-{at}"))
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=move || error.with(Option::is_some).then(|| described.clone())
                    prop:value=typed
                    on:input=move |event| {
                        typed.set(event_target_value(&event));
                        picked.set(None);
                    }
                    on:keydown=on_keydown
                    on:paste=on_paste
                    on:focus=move |_| focused.set(true)
                    on:blur=move |_| {
                        // It is also left by being taken out of the page, with all that belongs to it.
                        if focused.try_set(false).is_none() {
                            commit();
                        }
                    }
                />
            </div>
                <ul class="chips-list" role="listbox" id=list_id aria-label=label hidden=move || suggestions.with(Vec::is_empty)>
                    {move || {
                        let options_id = options_id.clone();
                        suggestions
                            .get()
                            .into_iter()
                            .enumerate()
                            .map(|(at, address)| {
                                let full = recipients::full(&address);
                                view! {
                                    <li
                                        role="option"
                                        id=format!("{options_id}-{at}")
                                        aria-selected=move || if picked.get() == Some(at) { "true" } else { "false" }
                                        // Before the blur, which would commit what was typed.
                                        on:pointerdown=move |event| {
                                            event.prevent_default();
                                            add(vec![address.clone()]);
                                        }
                                    >
                                        {full}
                                    </li>
                                }
                            })
                            .collect_view()
                    }}
                </ul>
            {move || {
                error
                    .get()
                    .map(|text| {
                        view! {
                            <p class="field-error chips-error" id=error_id.clone()>
                                <Icon glyph=icondata::LuCircleAlert />
                                {text}
                            </p>
                        }
                    })
            }}
        </div>
    }
}

/// Names an address by number (FNV-1a, 64 bits); of a few dozen no two meet.
fn fingerprint(email: &str) -> i64 {
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    email.bytes().fold(0xcbf2_9ce4_8422_2325, hash).cast_signed()
}
