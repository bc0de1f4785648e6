//! Lower and upper case of any script. In a browser the browser's own tables do it: Rust's would weigh more than a screen.

/// `text` in lower case (Unicode, without regard to a language).
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// `text` in lower case (Unicode, without regard to a language).
#[cfg(target_arch = "wasm32")]
#[must_use]
pub fn lower(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// `text` in upper case (Unicode, without regard to a language).
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn upper(text: &str) -> String {
    text.to_uppercase()
}

/// `text` in upper case (Unicode, without regard to a language).
#[cfg(target_arch = "wasm32")]
#[must_use]
pub fn upper(text: &str) -> String {
    js_sys::JsString::from(text).to_upper_case().into()
}
