//! Keeps the newest mail in view while frames grow and the composer opens, until the reader scrolls by himself.

use crate::state::effect::effect;
use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlElement, ResizeObserver};

/// Room above the newest mail, in pixels.
const MARGIN: i32 = 12;

struct Watch {
    observer: ResizeObserver,
    _resize: Closure<dyn FnMut(JsValue)>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Holds a list of mails at its newest. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Anchor {
    scroller: NodeRef<html::Div>,
    held: StoredValue<bool>,
}

impl Anchor {
    /// Holds from the start.
    pub fn new(scroller: NodeRef<html::Div>) -> Self {
        let anchor = Self { scroller, held: StoredValue::new(true) };
        let watch = StoredValue::new_local(None::<Watch>);
        effect(move || {
            let Some(scroller) = scroller.get() else { return };
            let resize = Closure::<dyn FnMut(JsValue)>::new(move |_| anchor.settle());
            let Ok(observer) = ResizeObserver::new(resize.as_ref().unchecked_ref()) else { return };
            observer.observe(&scroller);
            if let Some(list) = scroller.first_element_child() {
                observer.observe(&list);
            }
            if let Some(list) = scroller.last_element_child() {
                observer.observe(&list);
            }
            watch.set_value(Some(Watch { observer, _resize: resize }));
        });
        on_cleanup(move || {
            let _ = watch.try_set_value(None);
        });
        anchor
    }

    /// The reader scrolls by himself.
    pub fn release(self) {
        self.held.set_value(false);
    }

    /// Goes to the newest mail and stays there.
    pub fn hold(self) {
        self.held.set_value(true);
        request_animation_frame(move || self.settle());
    }

    /// Whether it is held.
    pub fn is_held(self) -> bool {
        self.held.get_value()
    }

    fn settle(self) {
        if self.held.try_get_value() != Some(true) {
            return;
        }
        let Some(scroller) = self.scroller.try_get_untracked().flatten() else { return };
        if let Ok(Some(newest)) = scroller.query_selector(".message:last-of-type") {
            let top = newest.unchecked_into::<HtmlElement>().offset_top();
            // The browser stops at the end by itself where the mail is shorter than the view.
            scroller.set_scroll_top(top - MARGIN);
        }
    }
}
