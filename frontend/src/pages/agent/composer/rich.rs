//! The text of a draft, in the editor.

use super::{
    Composing, files,
    rich_text::{RICH_TEXT, RichHost},
};
use crate::{dom::js, i18n::txt};
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;
use web_sys::File;

/// What the editor needs of a composer.
pub(super) fn host(composing: Composing) -> RichHost {
    let Composing { desk, i18n, focus, .. } = composing;
    RichHost {
        bundle: RICH_TEXT,
        label: txt!(i18n, editor.text),
        placeholder: txt!(i18n, editor.placeholder),
        options: Callback::new(|()| Vec::new()),
        html: Callback::new(move |()| desk.content.with(|content| content.html.clone())),
        replaced: desk.replaced.into(),
        on_html: Callback::new(move |html| desk.edit(move |content| content.html = html)),
        upload: Callback::new(move |file: File| {
            future_to_promise(async move {
                let inline = file.type_().starts_with("image/");
                match files::upload(desk, file, inline).await {
                    Some(stored) => Ok(js::object(&[
                        ("src", JsValue::from_str(&stored.url)),
                        ("cid", stored.content_id.as_deref().map_or(JsValue::NULL, JsValue::from_str)),
                    ])),
                    None => Err(JsValue::NULL),
                }
            })
        }),
        resolve_cid: Callback::new(move |cid: String| {
            desk.attachments.with_untracked(|list| {
                list.iter().find(|file| file.content_id.as_ref() == Some(&cid)).map(|file| file.url.clone())
            })
        }),
        focus,
    }
}
