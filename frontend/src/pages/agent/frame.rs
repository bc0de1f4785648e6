//! HTML mail in its sandboxed frame: no scripts, measured to the height of its content, quoted part folded.
//!
//! The frame's page comes from its own signed address with its own policy. It is of our origin only so that it can
//! be measured; nothing here changes its HTML beyond hiding the quoted part.

use crate::i18n::{txt, use_i18n};
use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Document, Element, HtmlElement, HtmlIFrameElement, KeyboardEvent, ResizeObserver};

/// What of the frame's document is looked after. Dropped with the component or before the next page.
struct Watch {
    observer: ResizeObserver,
    _resize: Closure<dyn FnMut(JsValue)>,
    _keys: Closure<dyn FnMut(KeyboardEvent)>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// A page of mail HTML.
#[component]
pub fn MailFrame(
    /// Its address.
    #[prop(into)]
    src: Signal<String>,
    /// What it is called.
    #[prop(into)]
    title: Signal<String>,
    /// The quoted part is shown, too.
    #[prop(optional)]
    unfolded: bool,
    /// The address gave no page: it is signed, and does not last.
    #[prop(optional)]
    on_expired: Option<Callback<()>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let node = NodeRef::<html::Iframe>::new();
    let watch = StoredValue::new_local(None::<Watch>);
    let quoted = RwSignal::new(None::<bool>);
    let on_load = move |_| {
        watch.set_value(None);
        let Some(frame) = node.get_untracked() else { return };
        let Some(document) = frame.content_document() else { return };
        if document.content_type() != "text/html"
            && let Some(on_expired) = on_expired
        {
            on_expired.run(());
            return;
        }
        let folds = !unfolded && quote_of(&document).is_some();
        quoted.set(folds.then_some(false));
        if folds {
            fold(&document, true);
        }
        fit(&frame, &document);
        watch.set_value(look_after(frame, &document));
    };
    let toggle = move |_| {
        let Some(frame) = node.get_untracked() else { return };
        let Some(document) = frame.content_document() else { return };
        quoted.update(|shown| {
            if let Some(shown) = shown {
                *shown = !*shown;
                fold(&document, !*shown);
            }
        });
        fit(&frame, &document);
    };
    on_cleanup(move || {
        let _ = watch.try_set_value(None);
    });
    view! {
        <div class="mail-frame">
            <iframe
                node_ref=node
                src=src
                title=title
                sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
                referrerpolicy="no-referrer"
                on:load=on_load
            ></iframe>
            {move || {
                quoted
                    .get()
                    .map(|shown| {
                        view! {
                            <button
                                type="button"
                                class="quote-toggle"
                                aria-expanded=shown.to_string()
                                aria-label=txt!(i18n, inbox.quoted)
                                data-tip=txt!(i18n, inbox.quoted)
                                on:click=toggle
                            >
                                "•••"
                            </button>
                        }
                    })
            }}
        </div>
    }
}

/// Tallest frame, in pixels. What is longer, or pretends to be, scrolls inside its frame.
const TALLEST: i32 = 20_000;

/// Gives the frame the height of its content, so that the mails scroll together.
fn fit(frame: &HtmlIFrameElement, document: &Document) {
    let Some(body) = document.body() else { return };
    let root_height = document.document_element().map_or(0, |root| root.unchecked_ref::<HtmlElement>().offset_height());
    let height = root_height.max(body.scroll_height()).min(TALLEST);
    let _ = HtmlElement::style(frame).set_property("height", &format!("{height}px"));
}

fn look_after(frame: HtmlIFrameElement, document: &Document) -> Option<Watch> {
    let target = document.document_element()?;
    let inner = document.clone();
    let resize = Closure::<dyn FnMut(JsValue)>::new(move |_| fit(&frame, &inner));
    let observer = ResizeObserver::new(resize.as_ref().unchecked_ref()).ok()?;
    observer.observe(&target);
    // A key pressed after a click into the mail means the page, not the mail.
    let keys = Closure::<dyn FnMut(KeyboardEvent)>::new(|event: KeyboardEvent| {
        if event.ctrl_key() && !event.key().eq_ignore_ascii_case("k") {
            return;
        }
        let init = web_sys::KeyboardEventInit::new();
        init.set_key(&event.key());
        init.set_ctrl_key(event.ctrl_key());
        init.set_meta_key(event.meta_key());
        init.set_alt_key(event.alt_key());
        init.set_bubbles(true);
        init.set_cancelable(true);
        if let Ok(copy) = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init)
            && let Some(body) = leptos::prelude::document().body()
            && matches!(body.dispatch_event(&copy), Ok(false))
        {
            event.prevent_default();
        }
    });
    let _ = document.add_event_listener_with_callback("keydown", keys.as_ref().unchecked_ref());
    Some(Watch { observer, _resize: resize, _keys: keys })
}

/// The quoted mail at the end, if text of the sender's own stands before it.
fn quote_of(document: &Document) -> Option<Element> {
    let body = document.body()?;
    let marked =
        document.query_selector("[data-quote], .gmail_quote, blockquote[type=cite], body > blockquote").ok()??;
    let whole = body.inner_text();
    let own = whole.trim().len().saturating_sub(marked.unchecked_ref::<HtmlElement>().inner_text().trim().len());
    // What follows a quotation is an answer between the lines: then nothing is folded.
    let last = whole.trim_end().ends_with(marked.unchecked_ref::<HtmlElement>().inner_text().trim_end());
    (own > 0 && last).then_some(marked)
}

/// The line before a quotation that says whose words follow.
fn attribution_of(quote: &Element) -> Option<Element> {
    const LONGEST: usize = 300;
    let before = quote.previous_element_sibling()?;
    let words = before.text_content()?;
    (words.len() < LONGEST && words.trim_end().ends_with(':')).then_some(before)
}

fn fold(document: &Document, hide: bool) {
    let marked = document.query_selector("[data-quote], .gmail_quote, blockquote[type=cite], body > blockquote");
    if let Ok(Some(quote)) = marked
        && (!hide || quote_of(document).is_some())
    {
        let display = if hide { "none" } else { "" };
        for part in [attribution_of(&quote), Some(quote)].into_iter().flatten() {
            let _ = HtmlElement::style(part.unchecked_ref()).set_property("display", display);
        }
    }
}
