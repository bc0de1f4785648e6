//! The command palette: go to, search, do.

use super::icon::{Glyph, Icon};
use crate::state::effect::effect;
use crate::{
    dom, format,
    i18n::{txt, use_i18n, word},
    state::commands::{Choice, Section, use_commands},
};
use leptos::{html, prelude::*};
use std::sync::Arc;
use web_sys::KeyboardEvent;

/// One line, as it is drawn.
#[derive(Clone)]
struct Line {
    glyph: Glyph,
    label: String,
    note: String,
    key: Option<&'static str>,
    run: Arc<dyn Fn() + Send + Sync>,
}

/// The palette. One in the page.
#[component]
pub fn Palette(
    /// What fits the words and is no command: interactions, and the full search.
    #[prop(into)]
    find: Callback<String, Vec<Choice>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let commands = use_commands();
    let open = commands.palette;
    let dialog = NodeRef::<html::Dialog>::new();
    let input = NodeRef::<html::Input>::new();
    let typed = RwSignal::new(String::new());
    let picked = RwSignal::new(0_usize);

    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        if open.get() {
            typed.set(String::new());
            picked.set(0);
            if !dialog.open() {
                let _ = dialog.show_modal();
            }
        } else {
            if dialog.open() {
                dialog.close();
            }
            commands.pick.set(None);
        }
    });

    let chosen = move |glyph: Glyph, choice: Choice| Line {
        glyph,
        label: choice.label,
        note: choice.note,
        key: None,
        run: choice.run,
    };
    let lines = Signal::derive(move || {
        if !open.get() {
            return Some(Vec::new());
        }
        let words = typed.get();
        if let Some(pick) = commands.pick.get() {
            let choices = (pick.lines)(words)?;
            return Some(choices.into_iter().map(|choice| chosen(icondata::LuChevronRight, choice)).collect());
        }
        let list = commands.by_section();
        let mut lines: Vec<Line> = list
            .into_iter()
            .map(|command| Line {
                glyph: match command.section {
                    Section::Do => icondata::LuPlay,
                    Section::Go => icondata::LuChevronRight,
                    Section::Settings => icondata::LuSettings,
                },
                label: command.label.get(),
                note: String::new(),
                key: command.key,
                run: Arc::new(move || command.run.try_run(()).unwrap_or_default()),
            })
            .filter(|line| format::matches(&line.label, &words))
            .collect();
        if !words.trim().is_empty() {
            lines.extend(find.run(words).into_iter().map(|found| chosen(icondata::LuMail, found)));
        }
        Some(lines)
    });
    let title = move || match commands.pick.get() {
        Some(pick) => pick.title.of(i18n.get_locale()).to_owned(),
        None => word!(i18n, shell.palette),
    };
    let hint = move || match commands.pick.get() {
        Some(pick) => pick.title.of(i18n.get_locale()).to_owned(),
        None => word!(i18n, shell.palette_hint),
    };
    let run = move |line: Line| {
        open.set(false);
        // After the dialog has given the focus back, so that the command can put it elsewhere.
        request_animation_frame(move || (line.run)());
    };
    let on_keydown = move |event: KeyboardEvent| {
        let count = lines.with_untracked(|lines| lines.as_ref().map_or(0, Vec::len));
        match event.key().as_str() {
            "ArrowDown" if count > 0 => picked.update(|at| *at = (*at + 1) % count),
            "ArrowUp" if count > 0 => picked.update(|at| *at = at.checked_sub(1).unwrap_or(count - 1)),
            "Enter" => {
                let at = picked.get_untracked();
                if let Some(line) = lines.with_untracked(|lines| lines.as_ref()?.get(at).cloned()) {
                    run(line);
                }
            }
            _ => return,
        }
        event.prevent_default();
        if let Some(row) = document().get_element_by_id(&format!("palette-{}", picked.get_untracked())) {
            dom::reveal(&row);
        }
    };
    view! {
        <dialog
            node_ref=dialog
            class="palette"
            aria-label=title
            on:close=move |_| {
                if dialog.get_untracked().is_none_or(|dialog| !dialog.open()) {
                    open.set(false);
                }
            }
            on:mousedown=move |event: web_sys::MouseEvent| {
                if event.target() == dialog.get_untracked().map(Into::into) {
                    open.set(false);
                }
            }
        >
            <div class="palette-frame">
                <div class="palette-input">
                    <Icon glyph=icondata::LuSearch />
                    <input
                        node_ref=input
                        type="text"
                        role="combobox"
                        autocomplete="off"
                        spellcheck="false"
                        autofocus
                        aria-expanded="true"
                        aria-controls="palette-list"
                        aria-activedescendant=move || format!("palette-{}", picked.get())
                        aria-label=title
                        placeholder=hint
                        prop:value=typed
                        on:input=move |event| {
                            typed.set(event_target_value(&event));
                            picked.set(0);
                        }
                        on:keydown=on_keydown
                    />
                </div>
                <ul class="palette-list" role="listbox" id="palette-list" aria-label=title>
                    {move || {
                        let Some(lines) = lines.get() else {
                            return view! { <li class="palette-none">{txt!(i18n, common.loading)}</li> }.into_any();
                        };
                        if lines.is_empty() {
                            return view! { <li class="palette-none">{txt!(i18n, shell.palette_none)}</li> }.into_any();
                        }
                        lines
                            .into_iter()
                            .enumerate()
                            .map(|(at, line)| {
                                let chosen = line.clone();
                                view! {
                                    <li
                                        role="option"
                                        id=format!("palette-{at}")
                                        aria-selected=move || if picked.get() == at { "true" } else { "false" }
                                        on:pointermove=move |_| {
                                            if picked.get_untracked() != at {
                                                picked.set(at);
                                            }
                                        }
                                        on:click=move |_| run(chosen.clone())
                                    >
                                        <Icon glyph=line.glyph />
                                        <span class="palette-label">{line.label}</span>
                                        <span class="palette-note">{line.note}</span>
                                        {line.key.map(|key| view! { <kbd>{key}</kbd> })}
                                    </li>
                                }
                            })
                            .collect_view()
                            .into_any()
                    }}
                </ul>
            </div>
        </dialog>
    }
}
