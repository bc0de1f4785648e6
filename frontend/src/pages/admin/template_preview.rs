//! How a template looks with sample data, as the server renders it: wide, narrow, dark.

use super::{template_form::Failure, template_state::TemplateForm};
use crate::{
    api::{templates::TemplateLook, use_api},
    components::{Banner, Skeleton, Tint},
    i18n::{Locale, txt, use_i18n},
    pages::agent::frame::MailFrame,
    state::{
        effect::effect,
        forms::FormErrors,
        load::{Load, Loader},
    },
};
use leptos::{html, prelude::*};
use leptos_i18n::td_string;
use shared::api::templates::{TemplateWarning, TemplateWarningCode as Code};

/// What is in the form, as it would look.
#[component]
pub fn Preview(
    /// The form.
    form: TemplateForm,
    /// What is wrong with it.
    errors: FormErrors,
) -> impl IntoView {
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
    move || match look.get() {
        Load::Loading => view! { <Skeleton rows=3 shape="card" /> }.into_any(),
        Load::Failed(error) => view! { <Failure error=error on_reload=Callback::new(|()| {}) /> }.into_any(),
        Load::Ready(look) => view! { <Looked look=look /> }.into_any(),
    }
}

/// A look at it.
#[component]
pub fn Looked(
    /// What the server has rendered.
    look: TemplateLook,
) -> impl IntoView {
    let i18n = use_i18n();
    let narrow = RwSignal::new(false);
    let dark = RwSignal::new(false);
    let node = NodeRef::<html::Div>::new();
    let url = look.frame_url;
    let (subject, text) = (look.subject, look.text);
    let choice = |label: Signal<String>, pressed: Signal<bool>, press: Callback<()>| {
        view! {
            <button
                type="button"
                class="preset"
                aria-pressed=move || pressed.get().to_string()
                on:click=move |_| press.run(())
            >
                {label}
            </button>
        }
    };
    // Programs that turn colours round leave pictures alone.
    let paint = move || {
        let frame = node.get_untracked().and_then(|node| node.query_selector("iframe").ok().flatten());
        let frame = frame.and_then(|frame| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlIFrameElement>(frame).ok());
        if let Some(root) = frame.and_then(|frame| frame.content_document()).and_then(|page| page.document_element()) {
            let _ = root.class_list().toggle_with_force("turned", dark.get_untracked());
        }
    };
    effect(move || {
        dark.track();
        paint();
    });
    view! {
        <div class="template-look">
            <div class="presets" role="group" aria-label=txt!(i18n, templates.screen)>
                {choice(
                    txt!(i18n, templates.wide),
                    Signal::derive(move || !narrow.get()),
                    Callback::new(move |()| narrow.set(false)),
                )}
                {choice(txt!(i18n, templates.narrow), narrow.into(), Callback::new(move |()| narrow.set(true)))}
                {choice(
                    txt!(i18n, templates.dark),
                    dark.into(),
                    Callback::new(move |()| dark.update(|dark| *dark = !*dark)),
                )}
            </div>
            <Warnings list=look.warnings />
            {(!subject.is_empty()).then(|| view! { <p class="template-subject">{subject}</p> })}
            <div class="template-frame" node_ref=node data-narrow=move || narrow.get().to_string() data-dark=move || dark.get().to_string()>
                <MailFrame src=Signal::derive(move || url.clone()) title=txt!(i18n, templates.tab_preview) unfolded=true />
            </div>
            <details class="template-text">
                <summary>{txt!(i18n, templates.text)}</summary>
                <pre>{text}</pre>
            </details>
        </div>
    }
}

/// What is worth a look.
#[component]
fn Warnings(list: Vec<TemplateWarning>) -> impl IntoView {
    let i18n = use_i18n();
    (!list.is_empty()).then(|| {
        view! {
            <Banner tint=Tint::Warn>
                <ul class="template-warnings" aria-label=txt!(i18n, templates.warnings)>
                    {list
                        .into_iter()
                        .map(|one| view! { <li>{move || warning(i18n.get_locale(), &one)}</li> })
                        .collect_view()}
                </ul>
            </Banner>
        }
    })
}

fn warning(locale: Locale, warning: &TemplateWarning) -> String {
    let text = match warning.code {
        Code::UnknownVariable => td_string!(locale, templates.warn_unknown_variable),
        Code::TooLarge => td_string!(locale, templates.warn_too_large),
        Code::MissingAlt => td_string!(locale, templates.warn_missing_alt),
        Code::RemoteImage => td_string!(locale, templates.warn_remote_image),
        Code::MissingImage => td_string!(locale, templates.warn_missing_image),
        Code::OnlyWords => td_string!(locale, templates.warn_only_words),
        Code::StyleSheetDropped => td_string!(locale, templates.warn_style_sheet),
        Code::Empty => td_string!(locale, templates.warn_empty),
    };
    match &warning.detail {
        Some(detail) => format!("{text} ({detail})"),
        None => text.to_string(),
    }
}
