//! A menu that opens at its button, on the native popover: it lies above everything and closes on a press elsewhere.

use super::{
    icon::{Glyph, Icon},
    unique_id,
};
use crate::dom;
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

const ITEMS: &str = "[role^=menuitem]:not([disabled])";

/// A button with a menu. `trigger` draws the inside of the button.
#[component]
pub fn Menu(
    /// What the button is called.
    #[prop(into)]
    label: Signal<String>,
    /// Class of the button.
    #[prop(default = "icon-button")]
    class: &'static str,
    /// The name is shown by the trigger itself: no tooltip.
    #[prop(optional)]
    named: bool,
    /// Inside of the button.
    trigger: ViewFn,
    /// For tests.
    #[prop(optional)]
    testid: Option<&'static str>,
    /// Items.
    children: ChildrenFn,
) -> impl IntoView {
    let id = unique_id("menu");
    let button = NodeRef::<html::Button>::new();
    let popover = NodeRef::<html::Div>::new();
    let children = StoredValue::new(children);
    let open = RwSignal::new(false);
    let close = move || {
        if let Some(popover) = popover.get_untracked() {
            let _ = popover.hide_popover();
        }
    };
    let closes = MenuClose(Callback::new(move |()| {
        close();
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    }));
    // Given to the items alone, where they are drawn: what a component gives, its neighbours get as well, and of two menus
    // beside each other the items of one closed the other.
    let items = move || {
        provide_context(closes);
        children.with_value(|children| children())
    };
    let show = move || {
        let (Some(button), Some(popover)) = (button.get_untracked(), popover.get_untracked()) else { return };
        if open.get_untracked() {
            close();
            return;
        }
        open.set(true);
        // The items must be in before their height can be measured.
        request_animation_frame(move || {
            if popover.show_popover().is_ok() {
                place(&button, &popover);
                dom::focus_first(&popover, ITEMS);
            }
        });
    };
    let on_toggle = move |_| {
        // Pressing elsewhere closes it without asking us: the state is that of the browser.
        let shown = popover.get_untracked().is_some_and(|popover| popover.matches(":popover-open").unwrap_or(false));
        open.set(shown);
    };
    let on_keydown = move |event: KeyboardEvent| {
        let Some(root) = popover.get_untracked() else { return };
        match event.key().as_str() {
            "ArrowDown" => step(&root, 1),
            "ArrowUp" => step(&root, -1),
            "Home" => drop(dom::focus_first(&root, ITEMS)),
            "Tab" | "Escape" => {
                close();
                if let Some(button) = button.get_untracked() {
                    let _ = button.focus();
                }
                event.stop_propagation();
            }
            _ => return,
        }
        if event.key() != "Tab" {
            event.prevent_default();
        }
    };
    let controls = id.clone();
    let tip = move || (!named).then(|| label.get());
    view! {
        <button
            type="button"
            class=class
            node_ref=button
            aria-label=move || (!named).then(|| label.get())
            aria-haspopup="menu"
            aria-expanded=move || if open.get() { "true" } else { "false" }
            aria-controls=controls
            data-tip=tip
            data-testid=testid
            on:click=move |_| show()
        >
            {trigger.run()}
        </button>
        <div
            popover="auto"
            class="menu"
            role="menu"
            id=id
            aria-label=label
            node_ref=popover
            on:toggle=on_toggle
            on:keydown=on_keydown
        >
            {move || open.get().then(items)}
        </div>
    }
}

/// Closes the menu that an item stands in.
#[derive(Clone, Copy)]
struct MenuClose(Callback<()>);

/// Puts the popover below the button, or above where there is no room, and within the window.
fn place(button: &HtmlElement, popover: &HtmlElement) {
    const GAP: f64 = 4.0;
    const EDGE: f64 = 8.0;
    let anchor = button.get_bounding_client_rect();
    let size = popover.get_bounding_client_rect();
    let measure = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|v| v.as_f64()).unwrap_or(0.0);
    let (width, height) = (measure(window().inner_width()), measure(window().inner_height()));
    let below = anchor.bottom() + GAP;
    let above = anchor.top() - GAP - size.height();
    let top = if below + size.height() > height - EDGE && above > EDGE { above } else { below };
    let left = anchor.left().min(width - size.width() - EDGE).max(EDGE);
    let style = web_sys::HtmlElement::style(popover);
    let _ = style.set_property("top", &dom::pixels(top));
    let _ = style.set_property("left", &dom::pixels(left));
}

fn step(root: &HtmlElement, by: i32) {
    let Ok(items) = root.query_selector_all(ITEMS) else { return };
    let count = items.length();
    let active = dom::active_element();
    let here = (0..count).find(|index| {
        items.item(*index).and_then(|node| node.dyn_into::<HtmlElement>().ok()).is_some_and(|item| Some(item) == active)
    });
    let next = match (here, by > 0) {
        (Some(index), true) => index.saturating_add(1) % count.max(1),
        (Some(0) | None, false) => count.saturating_sub(1),
        (Some(index), false) => index.saturating_sub(1),
        (None, true) => 0,
    };
    if let Some(item) = items.item(next).and_then(|node| node.dyn_into::<HtmlElement>().ok()) {
        let _ = item.focus();
    }
}

/// Something to pick in a menu.
#[component]
pub fn MenuItem(
    /// What it is called.
    #[prop(into)]
    label: Signal<String>,
    /// Before the name.
    #[prop(optional, into)]
    icon: Option<Glyph>,
    /// One of several, of which this is chosen.
    #[prop(optional, into)]
    checked: MaybeProp<bool>,
    /// It was picked; the menu closes.
    #[prop(into)]
    on_pick: Callback<()>,
) -> impl IntoView {
    let close = use_context::<MenuClose>();
    view! {
        <button
            type="button"
            class="menu-item"
            role=move || if checked.get().is_some() { "menuitemradio" } else { "menuitem" }
            aria-checked=move || checked.get().map(|on| if on { "true" } else { "false" })
            tabindex="-1"
            on:click=move |_| {
                if let Some(MenuClose(close)) = close {
                    close.run(());
                }
                on_pick.run(());
            }
        >
            {icon.map(|glyph| view! { <Icon glyph=glyph /> })}
            <span>{label}</span>
            {move || {
                (checked.get() == Some(true))
                    .then(|| view! { <span class="menu-check"><Icon glyph=icondata::LuCheck /></span> })
            }}
        </button>
    }
}

/// A line between groups, with a heading or without.
#[component]
pub fn MenuLine(
    /// What follows.
    #[prop(optional, into)]
    label: MaybeProp<String>,
) -> impl IntoView {
    move || match label.get() {
        Some(text) => view! { <p class="menu-heading" role="presentation">{text}</p> }.into_any(),
        None => view! { <hr class="menu-line" /> }.into_any(),
    }
}
