//! How a template looks with sample data, as the server renders it: wide, narrow, dark.

use super::{plain, template_form::refusal, template_state::TemplateForm};
use crate::i18n::td_string;
use crate::{
    api::{
        use_api,
        values::{list, text},
    },
    components::Tint,
    i18n::{Locale, txt, use_i18n},
    pages::agent::frame::MailFrame,
    state::{
        effect::effect,
        forms::FormErrors,
        load::{Load, Loader},
    },
};
use leptos::{html, prelude::*};
use serde_json::Value;
use shared::api::templates::TemplateWarningCode as Code;
use wasm_bindgen::JsCast;

/// What is in the form, as it would look.
pub fn preview(form: TemplateForm, errors: FormErrors) -> AnyView {
    let api = use_api();
    let look = Loader::new(
        || (),
        move |()| async move {
            let outcome = api.preview_template(&form.preview()).await;
            if let Err(error) = &outcome {
                let _ = errors.adopt(error);
            }
            outcome
        },
    );
    plain::again(move || match look.get() {
        Load::Loading => plain::skeleton(3, "card"),
        Load::Failed(error) => refusal(error, plain::act(|| {})),
        Load::Ready(content) => looked(&content),
    })
}

/// A look at what the server has rendered.
pub fn looked(content: &Value) -> AnyView {
    let i18n = use_i18n();
    let narrow = RwSignal::new(false);
    let dark = RwSignal::new(false);
    let node = NodeRef::<html::Div>::new();
    // Programs that turn colours round at night leave pictures alone; the frame's page knows how.
    effect(move || {
        let turned = dark.get();
        let frame = node.get_untracked().and_then(|node| node.query_selector("iframe").ok().flatten());
        let frame = frame.and_then(|frame| frame.dyn_into::<web_sys::HtmlIFrameElement>().ok());
        if let Some(root) = frame.and_then(|frame| frame.content_document()).and_then(|page| page.document_element()) {
            let _ = root.class_list().toggle_with_force("turned", turned);
        }
    });
    let screens = [
        (txt!(i18n, templates.wide), plain::flag(move || !narrow.get()), narrow, false),
        (txt!(i18n, templates.narrow), narrow.into(), narrow, true),
        (txt!(i18n, templates.dark), dark.into(), dark, true),
    ];
    let screens = screens.map(|(label, pressed, signal, value)| {
        // The last one is on or off; the others choose between themselves.
        let press = move |_| signal.update(|on| *on = if signal == dark { !*on } else { value });
        view! {
            <button type="button" class="preset" aria-pressed=move || pressed.get().to_string() on:click=press>
                {label}
            </button>
        }
        .into_any()
    });
    let worth = list(content, "warnings").to_vec();
    let warnings = (!worth.is_empty()).then(|| {
        let words = plain::text(move || {
            let locale = i18n.get_locale();
            worth.iter().map(|one| warning(locale, one)).collect::<Vec<_>>().join("\n")
        });
        plain::banner(Tint::Warn, words, String::new(), None)
    });
    let url = Signal::stored(text(content, "frame_url"));
    view! {
        <div class="template-look">
            <div class="presets" role="group" aria-label=txt!(i18n, templates.screen)>{Vec::from(screens)}</div>
            <div class="template-warnings">{warnings}</div>
            <p class="template-subject">{text(content, "subject")}</p>
            <div
                class="template-frame"
                node_ref=node
                data-narrow=move || narrow.get().to_string()
                data-dark=move || dark.get().to_string()
            >
                <MailFrame src=url title=txt!(i18n, templates.tab_preview) unfolded=true />
            </div>
            {raw(txt!(i18n, templates.text), text(content, "text"))}
        </div>
    }
    .into_any()
}

/// Folded text as it is.
pub fn raw(title: Signal<String>, inside: String) -> AnyView {
    view! {
        <details class="template-text">
            <summary>{title}</summary>
            <pre>{inside}</pre>
        </details>
    }
    .into_any()
}

fn warning(locale: Locale, warning: &Value) -> String {
    let words = match text(warning, "code").parse().unwrap_or(Code::Empty) {
        Code::UnknownVariable => td_string!(locale, templates.warn_unknown_variable),
        Code::TooLarge => td_string!(locale, templates.warn_too_large),
        Code::MissingAlt => td_string!(locale, templates.warn_missing_alt),
        Code::RemoteImage => td_string!(locale, templates.warn_remote_image),
        Code::MissingImage => td_string!(locale, templates.warn_missing_image),
        Code::OnlyWords => td_string!(locale, templates.warn_only_words),
        Code::StyleSheetDropped => td_string!(locale, templates.warn_style_sheet),
        Code::Empty => td_string!(locale, templates.warn_empty),
    };
    let detail = text(warning, "detail");
    if detail.is_empty() { words.to_string() } else { format!("{words} ({detail})") }
}
