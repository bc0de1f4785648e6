//! Rich text: binds an editor bundle to the page.

use crate::state::effect::{effect, effect_with};
use crate::{
    components::{Banner, Button, Spinner, Tint},
    dom::{self, js},
    i18n::{txt, use_i18n},
};
use leptos::{html, prelude::*};
use serde::Deserialize;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

/// The part of the page that holds the editor of rich text; loaded when first needed.
pub const RICH_TEXT: &str = "editor/squire.js";

/// What an editor needs of the place where it stands. Cheap to copy.
#[derive(Clone, Copy)]
pub struct RichHost {
    /// The part of the page that holds the editor.
    pub bundle: &'static str,
    /// Its name, which is read out.
    pub label: Signal<String>,
    /// A hint in the empty editor.
    pub placeholder: Signal<String>,
    /// Further options of the editor, by name.
    pub options: Callback<(), Vec<(&'static str, String)>>,
    /// What it holds at first, and whenever `replaced` changes.
    pub html: Callback<(), String>,
    /// Counts the texts that came from outside.
    pub replaced: Signal<u32>,
    /// Something was written.
    pub on_html: Callback<String>,
    /// Stores a file; resolves to what the editor shows.
    pub upload: Callback<File, js_sys::Promise>,
    /// The address of a picture that the HTML names by `cid:`.
    pub resolve_cid: Callback<String, Option<String>>,
    /// Where in the text the keyboard goes once the editor is there; nowhere if it is wanted elsewhere.
    pub focus: Option<&'static str>,
}

/// Formats at the cursor, as the editor tells them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Formats {
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Address of the link at the cursor.
    pub link: Option<String>,
    /// `ordered`, `unordered` or nothing.
    pub list: Option<String>,
    /// Something can be undone.
    pub can_undo: bool,
    /// Something can be done again.
    pub can_redo: bool,
}

/// The editor of a composer, once it is there. Cheap to copy.
#[derive(Clone, Copy)]
pub struct RichTextHandle {
    editor: StoredValue<Option<JsValue>, LocalStorage>,
    /// Formats at the cursor.
    pub formats: RwSignal<Formats>,
    /// It is there.
    pub ready: RwSignal<bool>,
}

impl RichTextHandle {
    /// Not there yet.
    pub fn new() -> Self {
        Self {
            editor: StoredValue::new_local(None),
            formats: RwSignal::new(Formats::default()),
            ready: RwSignal::new(false),
        }
    }

    fn call(self, name: &str, arguments: &[JsValue]) -> Option<JsValue> {
        let editor = self.editor.try_with_value(Clone::clone).flatten()?;
        js::call(&editor, name, arguments)
    }

    /// The text as HTML.
    pub fn html(self) -> Option<String> {
        self.call("getHTML", &[])?.as_string()
    }

    /// Whether nothing is written.
    pub fn is_empty(self) -> bool {
        self.call("isEmpty", &[]).is_none_or(|value| value.is_truthy())
    }

    /// Whether pictures are still on their way into the text.
    pub fn is_uploading(self) -> bool {
        self.call("pendingUploads", &[]).and_then(|count| count.as_f64()).is_some_and(|count| count > 0.0)
    }

    /// Puts the keyboard into the text.
    pub fn focus(self) {
        self.call("focus", &[JsValue::UNDEFINED]);
    }

    /// Does what a button of the toolbar says.
    pub fn exec(self, command: &str, value: Option<&str>) {
        let value = value.map_or(JsValue::UNDEFINED, JsValue::from_str);
        self.call("exec", &[JsValue::from_str(command), value]);
    }

    /// Puts HTML, or the text of a variable, at the cursor.
    pub fn insert(self, html: &str) {
        self.call("insertHTML", &[JsValue::from_str(html)]);
    }

    /// Puts a picture into the text.
    pub fn insert_image(self, file: &File) {
        self.call("exec", &[JsValue::from_str("image"), file.into()]);
    }
}

/// The text.
#[component]
pub fn RichText(
    /// The editor.
    editor: RichTextHandle,
    /// Where it stands.
    host: RichHost,
) -> impl IntoView {
    let i18n = use_i18n();
    let node = NodeRef::<html::Div>::new();
    let failed = RwSignal::new(false);
    let again = Trigger::new();
    // Kept as long as the editor may call them.
    let callbacks = StoredValue::new_local(Vec::<JsValue>::new());

    effect(move || {
        again.track();
        let Some(element) = node.get() else { return };
        failed.set(false);
        leptos::task::spawn_local(async move {
            let made = match load(host.bundle).await {
                Some(bundle) => make(&bundle, &element, editor, host, callbacks),
                None => None,
            };
            match made {
                Some(handle) if node.try_get_untracked().flatten().is_some() => {
                    editor.editor.set_value(Some(handle));
                    let _ = editor.ready.try_set(true);
                    // Somebody may be filling in another field meanwhile.
                    let inside = dom::active_element()
                        .is_some_and(|active| active.closest(".composer").ok().flatten().is_some());
                    if let Some(place) = host.focus.filter(|_| !inside) {
                        editor.call("focus", &[JsValue::from_str(place)]);
                    }
                }
                Some(handle) => drop(js::call(&handle, "destroy", &[])),
                None => drop(failed.try_set(true)),
            }
        });
    });
    // Another text came from outside.
    effect_with(move |before: Option<u32>| {
        let now = host.replaced.get();
        if before.is_some_and(|before| before != now) {
            let html = untrack(|| host.html.run(()));
            editor.call("setHTML", &[JsValue::from_str(&html)]);
        }
        now
    });
    // The labels follow the language.
    effect(move || {
        let labels = labels(host);
        if editor.ready.get() {
            editor.call("setLabels", &[labels]);
        }
    });
    on_cleanup(move || {
        let handle = editor.editor.try_update_value(Option::take).flatten();
        if let Some(handle) = handle {
            js::call(&handle, "destroy", &[]);
        }
    });
    view! {
        <div class="composer-text">
            {move || {
                if failed.get() {
                    view! {
                        <Banner tint=Tint::Bad urgent=true>
                            <p>{txt!(i18n, editor.not_loaded)}</p>
                            <Button small=true on:click=move |_| again.notify()>{txt!(i18n, common.retry)}</Button>
                            <Button
                                small=true
                                on:click=move |_| {
                                    let _ = window().location().reload();
                                }
                            >
                                {txt!(i18n, common.reload_page)}
                            </Button>
                        </Banner>
                    }
                        .into_any()
                } else if !editor.ready.get() {
                    view! { <p class="composer-loading"><Spinner /> {txt!(i18n, common.loading)}</p> }.into_any()
                } else {
                    ().into_any()
                }
            }}
            <div class="editor" data-testid="editor" node_ref=node></div>
        </div>
    }
}

async fn load(bundle: &str) -> Option<JsValue> {
    let promise = js::call(&window().into(), "postaImport", &[JsValue::from_str(bundle)])?;
    JsFuture::from(promise.dyn_into::<js_sys::Promise>().ok()?).await.ok()
}

fn labels(host: RichHost) -> JsValue {
    let text = |text: Signal<String>| JsValue::from_str(&text.get());
    js::object(&[("editor", text(host.label)), ("placeholder", text(host.placeholder))])
}

fn make(
    bundle: &JsValue,
    element: &web_sys::HtmlElement,
    editor: RichTextHandle,
    host: RichHost,
    callbacks: StoredValue<Vec<JsValue>, LocalStorage>,
) -> Option<JsValue> {
    let on_input = Closure::<dyn FnMut()>::new(move || {
        if let Some(html) = editor.html() {
            let _ = host.on_html.try_run(html);
        }
    })
    .into_js_value();
    let on_state = Closure::<dyn FnMut(JsValue)>::new(move |state: JsValue| {
        let text = js_sys::JSON::stringify(&state).ok().and_then(|text| text.as_string()).unwrap_or_default();
        if let Ok(formats) = crate::api::json::read::<Formats>(&text) {
            let _ = editor.formats.try_set(formats);
        }
    })
    .into_js_value();
    let on_file = Closure::<dyn FnMut(File) -> js_sys::Promise>::new(move |file: File| {
        host.upload.try_run(file).unwrap_or_else(|| js_sys::Promise::reject(&JsValue::NULL))
    })
    .into_js_value();
    // A picture that failed has already been spoken of, as a file that could not be added.
    let on_error = Closure::<dyn FnMut(JsValue)>::new(|error: JsValue| {
        if !error.is_null() {
            leptos::logging::error!("editor: {error:?}");
        }
    })
    .into_js_value();
    let resolve_cid = Closure::<dyn FnMut(String) -> JsValue>::new(move |cid: String| {
        host.resolve_cid.try_run(cid).flatten().map_or(JsValue::NULL, |url| JsValue::from_str(&url))
    })
    .into_js_value();
    let html = untrack(|| host.html.try_run(()))?;
    let options = js::object(&[
        ("html", JsValue::from_str(&html)),
        ("labels", untrack(|| labels(host))),
        ("onInput", on_input.clone()),
        ("onState", on_state.clone()),
        ("onFile", on_file.clone()),
        ("onError", on_error.clone()),
        ("resolveCid", resolve_cid.clone()),
    ]);
    for (name, value) in untrack(|| host.options.try_run(())).unwrap_or_default() {
        js::set(&options, name, &JsValue::from_str(&value));
    }
    callbacks.try_update_value(|list| *list = vec![on_input, on_state, on_file, on_error, resolve_cid])?;
    js::call(bundle, "create", &[element.into(), options])
}
