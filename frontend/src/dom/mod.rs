//! Small bridges to the browser that `web-sys` does not offer or would make verbose. Nothing here knows the product.

pub mod js;
pub mod storage;

use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// A random token of 128 bits, in hexadecimal. `crypto.randomUUID` would need a secure context.
pub fn random_token() -> String {
    let mut bytes = [0_u8; 16];
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The browser's clock, in milliseconds since 1970-01-01T00:00:00Z.
pub fn now_millis() -> i64 {
    #[expect(clippy::as_conversions, reason = "a time in whole milliseconds lies far within an i64")]
    let millis = js_sys::Date::now() as i64;
    millis
}

/// The day before today where this browser is, `YYYY-MM-DD`.
pub fn yesterday() -> String {
    let date = js_sys::Date::new_0();
    date.set_date(date.get_date().wrapping_sub(1));
    format!("{:04}-{:02}-{:02}", date.get_full_year(), date.get_month() + 1, date.get_date())
}

/// A length for CSS, in whole pixels.
pub fn pixels(length: f64) -> String {
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "a place on the screen")]
    let whole = length.round() as i32;
    format!("{whole}px")
}

/// Names the page in the tab of the browser, with a count before it unless that is zero.
pub fn set_title(name: &str, count: usize) {
    let title = if count > 0 { format!("({count}) {name} · Posta") } else { format!("{name} · Posta") };
    document().set_title(&title);
}

/// The element that holds the keyboard.
pub fn active_element() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}

/// Whether the keyboard writes into `element`, so that a letter is text and no shortcut.
pub fn takes_text(element: &Element) -> bool {
    let name = element.tag_name();
    matches!(name.as_str(), "TEXTAREA" | "SELECT" | "IFRAME")
        || (name == "INPUT"
            && !matches!(
                element.get_attribute("type").as_deref(),
                Some("checkbox" | "radio" | "button" | "submit" | "reset" | "range" | "color")
            ))
        || element.closest("[contenteditable=true]").ok().flatten().is_some()
}

/// Puts the keyboard on the first element that `selector` finds under `root`. Whether there was one.
pub fn focus_first(root: &Element, selector: &str) -> bool {
    match root.query_selector(selector).ok().flatten().and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        Some(found) => found.focus().is_ok(),
        None => false,
    }
}

/// Brings `element` into view without moving more than needed.
pub fn reveal(element: &Element) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}
