//! Calls into JavaScript objects for which there is no typed binding. Every failure is an absent value: what needs
//! these must do without where a browser lacks them.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

/// A property that is there and is neither null nor undefined.
pub fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &JsValue::from_str(name)).ok().filter(|value| !value.is_null() && !value.is_undefined())
}

/// Sets a property.
pub fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &JsValue::from_str(name), value);
}

/// Calls a method; `None` when there is none or it throws.
pub fn call(object: &JsValue, name: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let method = get(object, name)?.dyn_into::<Function>().ok()?;
    let list: Array = arguments.iter().collect();
    match method.apply(object, &list) {
        Ok(value) => Some(value),
        Err(error) => {
            leptos::logging::error!("{name}: {error:?}");
            None
        }
    }
}

/// An object literal.
pub fn object(entries: &[(&str, JsValue)]) -> JsValue {
    let object = js_sys::Object::new();
    for (name, value) in entries {
        set(&object, name, value);
    }
    object.into()
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = postaLearn, catch)]
    async fn posta_learn(language: &str) -> Result<JsValue, JsValue>;

    /// A language's texts as the page's loader has them; empty before they were learnt.
    #[wasm_bindgen(js_name = postaSpoken)]
    pub fn spoken(language: &str) -> String;
}

/// What an input of the kind `datetime-local` holds, in milliseconds since 1970; `None` if it holds no moment.
pub fn local_time(text: &str) -> Option<i64> {
    let millis = js_sys::Date::parse(text);
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "whole milliseconds")]
    (millis.is_finite() && !text.is_empty()).then_some(millis as i64)
}

/// Nine in the morning, so many days after `now`, by the reader's clock; both in milliseconds since 1970.
pub fn morning(now: i64, days: u32) -> i64 {
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "a JavaScript number holds milliseconds for 285 000 years"
    )]
    let date = js_sys::Date::new(&JsValue::from_f64(now as f64));
    date.set_date(date.get_date().saturating_add(days));
    date.set_hours(9);
    date.set_minutes(0);
    date.set_seconds(0);
    date.set_milliseconds(0);
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "whole milliseconds")]
    let millis = date.get_time() as i64;
    millis
}

/// Has the page's loader fetch a language's texts. Whether they are there.
pub async fn learn(language: &str) -> bool {
    match posta_learn(language).await {
        Ok(_) => true,
        Err(error) => {
            leptos::logging::error!("{error:?}");
            false
        }
    }
}
