//! Shows the name (`data-tip`) and the key (`data-tip-key`) of whatever is under the pointer or has the focus. One
//! element for the whole page, above everything, so that no scrolling container cuts it off.

use leptos::{html, prelude::*};
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

const DELAY: Duration = Duration::from_millis(450);

/// The page's tooltip. One in the page; screen readers get the name from the element itself.
#[component]
pub fn TooltipHost() -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let text = RwSignal::new((String::new(), None::<String>));
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let hide = move || {
        if let Some(timer) = waiting.get_value() {
            timer.clear();
        }
        if let Some(tip) = node.get_untracked() {
            let _ = tip.hide_popover();
        }
    };
    let show = move |target: Element| {
        hide();
        let timer = set_timeout_with_handle(
            move || {
                let (Some(tip), Some(words)) = (node.get_untracked(), target.get_attribute("data-tip")) else { return };
                if !target.is_connected() || words.is_empty() {
                    return;
                }
                text.set((words, target.get_attribute("data-tip-key")));
                let _ = tip.show_popover();
                // The text must be in before it can be measured.
                request_animation_frame(move || place(&target, &tip));
            },
            DELAY,
        );
        waiting.set_value(timer.ok());
    };
    let over = window_event_listener(leptos::ev::pointerover, move |event| match event.target().and_then(tipped) {
        Some(target) if event.pointer_type() == "mouse" => show(target),
        _ => hide(),
    });
    let focus = window_event_listener(leptos::ev::focusin, move |event| match event.target().and_then(tipped) {
        Some(target) if target.matches(":focus-visible").unwrap_or(false) => show(target),
        _ => hide(),
    });
    let press = window_event_listener(leptos::ev::pointerdown, move |_| hide());
    on_cleanup(move || {
        over.remove();
        focus.remove();
        press.remove();
    });
    view! {
        <div class="tooltip" popover="manual" aria-hidden="true" node_ref=node>
            {move || text.with(|(words, _)| words.clone())}
            {move || text.with(|(_, key)| key.clone()).map(|key| view! { <kbd>{key}</kbd> })}
        </div>
    }
}

fn tipped(target: web_sys::EventTarget) -> Option<Element> {
    target.dyn_into::<Element>().ok()?.closest("[data-tip]").ok()?
}

fn place(target: &Element, tip: &HtmlElement) {
    let (anchor, size) = (target.get_bounding_client_rect(), tip.get_bounding_client_rect());
    let width = window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or(0.0);
    let left = (anchor.left() + (anchor.width() - size.width()) / 2.0).min(width - size.width() - 8.0).max(8.0);
    let above = anchor.top() - size.height() - 6.0;
    let top = if above < 4.0 { anchor.bottom() + 6.0 } else { above };
    let style = HtmlElement::style(tip);
    let _ = style.set_property("left", &crate::dom::pixels(left));
    let _ = style.set_property("top", &crate::dom::pixels(top));
}
