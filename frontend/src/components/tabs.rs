//! Tabs over one panel.

use crate::dom;
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

/// One tab.
#[derive(Clone)]
pub struct Tab {
    /// Names it, also in the address bar.
    pub id: &'static str,
    /// What it is called.
    pub label: Signal<String>,
    /// How many are behind it, as text.
    pub count: Signal<Option<String>>,
}

/// A row of tabs. The panel below is the page's, with `role="tabpanel"` and `aria-labelledby="tab-<id>"`.
#[component]
pub fn Tabs(
    /// The tabs.
    tabs: Vec<Tab>,
    /// What they choose between.
    #[prop(into)]
    label: Signal<String>,
    /// The chosen one.
    #[prop(into)]
    chosen: Signal<&'static str>,
    /// Another one was chosen.
    #[prop(into)]
    on_choose: Callback<&'static str>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let ids: Vec<&'static str> = tabs.iter().map(|tab| tab.id).collect();
    let on_keydown = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowRight" => 1,
            "ArrowLeft" => ids.len().saturating_sub(1),
            _ => return,
        };
        event.prevent_default();
        let here = ids.iter().position(|id| *id == chosen.get_untracked()).unwrap_or(0);
        let Some(next) = ids.get((here + step) % ids.len().max(1)) else { return };
        on_choose.run(next);
        if let Some(root) = node.get_untracked() {
            dom::focus_first(root.unchecked_ref::<HtmlElement>(), &format!("#tab-{next}"));
        }
    };
    view! {
        <div class="tabs" role="tablist" aria-label=label node_ref=node on:keydown=on_keydown>
            {tabs
                .into_iter()
                .map(|tab| {
                    let id = tab.id;
                    view! {
                        <button
                            type="button"
                            class="tab"
                            role="tab"
                            id=format!("tab-{id}")
                            aria-selected=move || if chosen.get() == id { "true" } else { "false" }
                            tabindex=move || if chosen.get() == id { "0" } else { "-1" }
                            on:click=move |_| on_choose.run(id)
                        >
                            {tab.label}
                            {move || tab.count.get().map(|count| view! { <span class="tab-count">{count}</span> })}
                        </button>
                    }
                })
                .collect_view()}
        </div>
    }
}
