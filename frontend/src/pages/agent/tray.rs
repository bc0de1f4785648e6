//! The tray: search, start, and the lists Active, Waiting and History.

use super::{
    inbox::use_portal,
    tray_history::History,
    tray_row::{DraftRow, TrayRow},
    tray_waiting::Waiting,
};
use crate::{
    api::request::percent_encode,
    components::{Empty, Icon, IconButton, Skeleton, Tab, Tabs, rows},
    dom, format,
    i18n::{txt, use_i18n},
    live::store::use_live,
    routes::{self, use_go},
    state::{
        commands::{Section, use_commands},
        load::Load,
        tray::RowSet,
    },
};
use leptos::{html, prelude::*};
use shared::{
    api::{
        drafts::DraftView,
        interactions::{InteractionState, InteractionSummary},
    },
    ids::InteractionId,
};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

const TABS: [&str; 4] = ["active", "waiting", "snoozed", "history"];

/// The tray.
#[component]
pub fn Tray() -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let (go, commands) = (use_go(), use_commands());
    let tab = Memo::new(move |_| {
        let word = go.query("tab");
        TABS.into_iter().find(|tab| Some(*tab) == word.as_deref()).unwrap_or("active")
    });
    let words = Memo::new(move |_| go.query("q").unwrap_or_default());
    let search = NodeRef::<html::Input>::new();

    // Tab and search live in the address; what is open stays open.
    let show = move |tab: &str, words: &str| {
        let mut pairs = Vec::new();
        if tab != "active" {
            pairs.push(format!("tab={tab}"));
        }
        if !words.is_empty() {
            pairs.push(format!("q={}", percent_encode(words)));
        }
        let path = untrack(|| go.path());
        go.replace(&if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) });
    };
    commands.offer(Section::Do, txt!(i18n, inbox.search_key), Some("/"), move || {
        if let Some(input) = search.get_untracked() {
            let _ = input.focus();
        }
    });
    commands.offer(Section::Do, txt!(i18n, inbox.start), Some("n"), move || go.to(routes::START));
    commands.offer(Section::Do, txt!(i18n, inbox.next), Some("j"), || step(1));
    commands.offer(Section::Do, txt!(i18n, inbox.previous), Some("k"), || step(-1));
    for (id, label) in [
        ("active", txt!(i18n, inbox.go_active)),
        ("waiting", txt!(i18n, inbox.go_waiting)),
        ("snoozed", txt!(i18n, inbox.go_snoozed)),
        ("history", txt!(i18n, inbox.go_history)),
    ] {
        commands.offer(Section::Go, label, None, move || show(id, ""));
    }

    let counted = move |count: usize| (count > 0).then(|| count.to_string());
    let queue = use_portal().queue;
    let tabs = vec![
        Tab {
            id: "active",
            label: txt!(i18n, inbox.tab_active),
            count: Signal::derive(move || counted(live.active.len())),
        },
        Tab { id: "waiting", label: txt!(i18n, inbox.tab_waiting), count: Signal::derive(move || queue.count()) },
        Tab { id: "snoozed", label: txt!(i18n, inbox.snoozed), count: Signal::derive(|| None) },
        Tab { id: "history", label: txt!(i18n, inbox.tab_history), count: Signal::derive(|| None) },
    ];
    view! {
        <section class="tray" aria-label=txt!(i18n, inbox.tray)>
            <div class="tray-head">
                <div class="tray-search" role="search">
                    <Icon glyph=icondata::LuSearch />
                    <input
                        type="search"
                        node_ref=search
                        name="q"
                        autocomplete="off"
                        aria-label=txt!(i18n, inbox.search)
                        placeholder=txt!(i18n, inbox.search)
                        prop:value=words
                        on:input=move |event| show(tab.get_untracked(), &event_target_value(&event))
                        on:keydown=move |event: KeyboardEvent| {
                            if event.key() == "Escape" {
                                show(tab.get_untracked(), "");
                                if let Some(input) = search.get_untracked() {
                                    let _ = input.blur();
                                }
                            } else if event.key() == "ArrowDown" {
                                event.prevent_default();
                                step(1);
                            }
                        }
                    />
                    {move || {
                        words
                            .with(String::is_empty)
                            .then_some(())
                            .is_none()
                            .then(|| {
                                view! {
                                    <IconButton
                                        small=true
                                        glyph=icondata::LuX
                                        label=txt!(i18n, common.clear_search)
                                        on:click=move |_| show(tab.get_untracked(), "")
                                    />
                                }
                            })
                    }}
                </div>
                <IconButton
                    glyph=icondata::LuSquarePen
                    label=txt!(i18n, inbox.start)
                    key="n"
                    on:click=move |_| go.to(routes::START)
                />
            </div>
            <Tabs
                tabs=tabs
                label=txt!(i18n, inbox.lists)
                chosen=tab
                on_choose=Callback::new(move |id: &'static str| show(id, &words.get_untracked()))
            />
            <div
                class="tray-list"
                role="tabpanel"
                aria-labelledby=move || format!("tab-{}", tab.get())
                on:keydown=move |event: KeyboardEvent| match event.key().as_str() {
                    "ArrowDown" => {
                        event.prevent_default();
                        step(1);
                    }
                    "ArrowUp" => {
                        event.prevent_default();
                        step(-1);
                    }
                    _ => {}
                }
            >
                {move || match tab.get() {
                    "waiting" => view! { <Waiting words=words /> }.into_any(),
                    "snoozed" => view! { <History state=InteractionState::Snoozed words=words /> }.into_any(),
                    "history" => view! { <History state=InteractionState::Finished words=words /> }.into_any(),
                    _ => view! { <Active words=words /> }.into_any(),
                }}
            </div>
        </section>
    }
}

/// Moves the keyboard to the next row, or the one before; from what is open when no row has the keyboard.
fn step(by: i32) {
    let Ok(rows) = document().query_selector_all(".tray-list a.tray-row") else { return };
    let row = |index: u32| rows.item(index).and_then(|node| node.dyn_into::<HtmlElement>().ok());
    let count = rows.length();
    let active = dom::active_element();
    let here = (0..count)
        .find(|index| row(*index) == active && active.is_some())
        .or_else(|| (0..count).find(|index| row(*index).is_some_and(|row| row.has_attribute("aria-current"))));
    let next = match (here, by > 0) {
        (Some(index), true) => index.saturating_add(1).min(count.saturating_sub(1)),
        (Some(index), false) => index.saturating_sub(1),
        (None, _) => 0,
    };
    if let Some(row) = row(next) {
        let _ = row.focus();
        dom::reveal(&row);
    }
}

/// Ids of `set` whose rows fit the words. While nothing is searched, no row's change touches the list.
pub(super) fn fitting(set: RowSet, words: Memo<String>) -> Memo<Vec<InteractionId>> {
    Memo::new(move |_| {
        let ids = set.ids();
        let words = words.get();
        if words.trim().is_empty() {
            return ids;
        }
        ids.into_iter().filter(|id| set.row(*id).is_some_and(|row| row.with(|row| fits(row, &words)))).collect()
    })
}

fn fits(row: &InteractionSummary, words: &str) -> bool {
    let hay = format!("{} {} {} {}", row.contact_name, row.contact_address, row.subject, row.campaign_name);
    format::matches(&hay, words)
}

#[component]
fn Active(words: Memo<String>) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let go = use_go();
    let portal = use_portal();
    let ids = fitting(live.active, words);
    let started = move || match portal.started.get() {
        Load::Ready(list) if words.with(String::is_empty) => list,
        _ => Vec::new(),
    };
    let face = Memo::new(move |_| {
        if !live.ready.get() {
            "loading"
        } else if !ids.with(Vec::is_empty) || !started().is_empty() {
            "full"
        } else if words.with(String::is_empty) {
            "empty"
        } else {
            "nothing"
        }
    });
    view! {
        {move || match face.get() {
            "loading" => view! { <Skeleton rows=6 /> }.into_any(),
            "empty" => {
                view! {
                    <Empty
                        glyph=icondata::LuInbox
                        title=txt!(i18n, inbox.active_empty)
                        body=txt!(i18n, inbox.active_empty_next)
                    >
                        <button type="button" class="button" on:click=move |_| go.to(routes::START)>
                            {txt!(i18n, inbox.start)}
                        </button>
                    </Empty>
                }
                    .into_any()
            }
            "nothing" => {
                view! { <Empty glyph=icondata::LuSearch title=txt!(i18n, inbox.nothing_found) body=txt!(i18n, inbox.nothing_found_active) /> }
                    .into_any()
            }
            _ => ().into_any(),
        }}
        <ul class="tray-rows">
            {rows(
                move || started().iter().map(|draft| draft.id.0).collect(),
                move |id| {
                    let Some(draft) = untrack(started).into_iter().find(|draft| draft.id.0 == id) else {
                        return ().into_any();
                    };
                    let id = draft.id;
                    // Follows what is being written; while it leaves, it shows what it was.
                    let draft = Memo::new(move |before: Option<&DraftView>| {
                        portal
                            .started
                            .with(|load| {
                                load.ready().and_then(|list| list.iter().find(|known| known.id == id)).or(before).cloned()
                            })
                            .unwrap_or_else(|| draft.clone())
                    });
                    view! { <li><DraftRow draft=draft /></li> }.into_any()
                },
            )}
            {rows(
                move || ids.with(|ids| ids.iter().map(|id| id.0).collect()),
                move |id| {
                    let row = live.active.row(InteractionId(id));
                    row.map(|row| view! { <li><TrayRow row=row.into() /></li> }).into_any()
                },
            )}
        </ul>
    }
}
