//! What a template says: subject, the visual editor, the source, the preview, the text part; and the variables that are
//! put in where the caret stands.

use super::{
    plain::{self, Choosing},
    template_preview::preview,
    template_state::TemplateForm,
};
use crate::i18n::td_string;
use crate::{
    api::{
        use_api,
        values::{list, text},
    },
    components::{
        Icon, IconButton, Menu, MenuItem,
        tabs::{Tab, Tabs},
    },
    dom::js,
    i18n::{Locale, error_text, txt, use_i18n, word},
    pages::agent::composer::{
        rich_text::{RICH_TEXT, RichHost, RichText, RichTextHandle},
        toolbar::Toolbar,
    },
    state::{
        forms::FormErrors,
        load::{Load, Loader},
        toasts::use_toasts,
    },
};
use leptos::prelude::*;
use serde_json::Value;
use shared::api::templates::TemplateFormat;
use std::sync::Arc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;
use web_sys::{Element, File, HtmlElement};

/// The part of the page that holds the designer of whole mails.
const DESIGNER: &str = "editor/designer.js";
/// Where templates' own pictures are.
const PICTURES: &str = "/api/v1/template-images/";
/// What the button for a table puts in.
const TABLE: &str = "<table border=\"1\" cellpadding=\"6\" style=\"border-collapse: collapse\"><tbody>\
    <tr><th><br></th><th><br></th></tr><tr><td><br></td><td><br></td></tr><tr><td><br></td><td><br></td></tr>\
    </tbody></table><div><br></div>";

/// The editor, and the variables that go into it. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Variables {
    editor: RichTextHandle,
    /// The line or source text that had the keyboard last; none: the editor.
    field: StoredValue<Option<HtmlElement>, LocalStorage>,
    known: Loader<Value>,
}

impl Variables {
    /// Those of the kind in the form.
    pub fn new(form: TemplateForm) -> Self {
        let api = use_api();
        let known = Loader::new(move || form.kind(), move |kind| api.list_template_variables(kind));
        Self { editor: RichTextHandle::new(), field: StoredValue::new_local(None), known }
    }

    /// Their names, with the keys of what they are; reactive.
    fn names(self) -> Vec<(String, String)> {
        let named = |one: &Value| (text(one, "name"), text(one, "description"));
        self.known
            .with(|load| load.ready().map(|known| list(known, "items").iter().map(named).collect()))
            .unwrap_or_default()
    }

    /// Remembers where the keyboard is.
    fn note(self, target: Option<web_sys::EventTarget>) {
        let Some(element) = target.and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        if element.matches("[name=subject], textarea").unwrap_or(false) {
            self.field.set_value(element.dyn_into().ok());
        } else if element.closest(".editor").is_ok_and(|found| found.is_some()) {
            self.field.set_value(None);
        }
    }

    /// Puts text where the keyboard was last.
    fn insert(self, written: &str) {
        let field = self.field.get_value().filter(|field| field.is_connected());
        let source = || document().query_selector("textarea[name=source]").ok().flatten()?.dyn_into().ok();
        let Some(field) = field.or_else(source) else {
            self.editor.insert(written);
            request_animation_frame(move || self.editor.focus());
            return;
        };
        let place = |name| js::get(&field, name).unwrap_or(JsValue::from_f64(0.0));
        let arguments = [JsValue::from_str(written), place("selectionStart"), place("selectionEnd"), "end".into()];
        js::call(&field, "setRangeText", &arguments);
        if let Ok(event) = web_sys::Event::new("input") {
            let _ = field.dispatch_event(&event);
        }
        // After the menu has given the focus back to its button.
        request_animation_frame(move || drop(field.focus()));
    }
}

/// What a variable is, by the key that the server gives it.
fn meaning(locale: Locale, key: &str) -> &'static str {
    match key {
        "customer_name" => td_string!(locale, templates.var_customer_name),
        "customer_first_name" => td_string!(locale, templates.var_customer_first_name),
        "customer_address" => td_string!(locale, templates.var_customer_address),
        "agent_name" => td_string!(locale, templates.var_agent_name),
        "agent_first_name" => td_string!(locale, templates.var_agent_first_name),
        "campaign_name" => td_string!(locale, templates.var_campaign_name),
        "campaign_from_name" => td_string!(locale, templates.var_campaign_from_name),
        "campaign_address" => td_string!(locale, templates.var_campaign_address),
        "subject" => td_string!(locale, templates.var_subject),
        "date" => td_string!(locale, templates.var_date),
        "date_es" => td_string!(locale, templates.var_date_es),
        "date_en" => td_string!(locale, templates.var_date_en),
        "time" => td_string!(locale, templates.var_time),
        "year" => td_string!(locale, templates.var_year),
        _ => "",
    }
}

/// The button with all variables of the kind.
fn variables_menu(variables: Variables) -> AnyView {
    let i18n = use_i18n();
    let label = txt!(i18n, templates.variables);
    let items = move || {
        let locale = i18n.get_locale();
        let item = |(name, key): (String, String)| {
            let written = format!("${{{name}}}");
            let label = Signal::stored(format!("{} {written}", meaning(locale, &key)));
            view! { <MenuItem label=label on_pick=move |()| variables.insert(&written) /> }.into_any()
        };
        variables.names().into_iter().map(item).collect::<Vec<_>>()
    };
    let trigger = ViewFn::from(move || {
        view! {
            <Icon glyph=icondata::LuBraces />
            <span>{label}</span>
        }
    });
    view! {
        <Menu label=label class="button button-small" named=true trigger=trigger>
            {items()}
        </Menu>
    }
    .into_any()
}

/// The group of what the template says; `tab`: which side is shown.
pub fn content(
    form: TemplateForm,
    errors: FormErrors,
    variables: Variables,
    tab: RwSignal<&'static str>,
    may_write: bool,
) -> AnyView {
    let i18n = use_i18n();
    let kind = move || form.kind();
    let whole = plain::flag(move || kind().is_whole_mail());
    let side = |id, label| Tab { id, label, count: Signal::stored(None) };
    let tabs = vec![
        side("design", txt!(i18n, templates.tab_design)),
        side("source", txt!(i18n, templates.tab_source)),
        side("preview", txt!(i18n, templates.tab_preview)),
    ];
    let choose = move |id: &'static str| {
        variables.field.set_value(None);
        tab.set(id);
    };
    let formats = plain::options(|| {
        [TemplateFormat::Mjml, TemplateFormat::Html]
            .map(|one| (one.as_str().to_string(), one.as_str().to_ascii_uppercase()))
            .to_vec()
    });
    // Another format of what is written already would need a translator.
    let settled = plain::flag(move || !form.is_untouched());
    let format_help = plain::text(move || {
        if settled.get() { word!(i18n, templates.format_settled) } else { word!(i18n, templates.format_help) }
    });
    let choosing = Choosing {
        settled: Some(settled),
        on_edit: Some(plain::act(move || form.start_with(untrack(|| form.format())))),
    };
    let faulty = errors.of("source");
    let is_faulty = move || faulty.with(Option::is_some);
    let words = [
        txt!(i18n, templates.subject),
        txt!(i18n, templates.format),
        txt!(i18n, templates.source),
        txt!(i18n, templates.text),
    ];
    let [subject, format, source, text] = words;
    // Which editor: it is made anew for another format.
    let surface = Memo::new(move |_| (form.kind().is_whole_mail(), form.format()));
    let design = move || {
        plain::again(move || {
            let (whole, format) = surface.get();
            if whole && variables.known.with(|load| *load == Load::Loading) {
                return plain::skeleton(3, "card");
            }
            let host = host(form, errors, variables, whole.then_some(format));
            draw(variables.editor, host, !whole)
        })
    };
    let panel = plain::again(move || match tab.get() {
        "source" => plain::area(errors, source, "source", form.source, 18, true),
        "preview" => preview(form, errors),
        _ => design(),
    });
    let subject = plain::when(plain::flag(move || kind().has_subject()), move || {
        plain::line(errors, subject, "subject", form.subject, None, !whole.get())
    });
    let format = plain::when(whole, move || {
        plain::choice(errors, format, "format", form.format, formats, Some(format_help), choosing)
    });
    let own = plain::toggle(
        errors,
        txt!(i18n, templates.own_text),
        "",
        form.own_text,
        Some(txt!(i18n, templates.own_text_help)),
    );
    let text = plain::when(form.own_text.into(), move || plain::area(errors, text, "text", form.text, 8, false));
    let fault = plain::again(move || {
        let elsewhere = faulty.get().filter(|_| tab.get() != "source").unwrap_or_default();
        view! { <p class="field-error" role="alert">{elsewhere}</p> }.into_any()
    });
    view! {
        <fieldset class="group" disabled=!may_write on:focusin=move |event| variables.note(event.target())>
            <legend>{txt!(i18n, templates.group_content)}</legend>
            {subject}
            {format}
            <div class="template-content" class:field-wrong=is_faulty>
                <div class="template-bar">
                    <Tabs tabs=tabs label=txt!(i18n, templates.sides) chosen=tab on_choose=choose />
                    {variables_menu(variables)}
                </div>
                <div
                    class="template-panel"
                    role="tabpanel"
                    aria-labelledby=move || format!("tab-{}", tab.get())
                    tabindex="-1"
                >
                    {panel}
                </div>
                {fault}
            </div>
            {own}
            {text}
        </fieldset>
    }
    .into_any()
}

/// Rich text under its toolbar, or the designer, which has its own.
fn draw(editor: RichTextHandle, host: RichHost, rich: bool) -> AnyView {
    let i18n = use_i18n();
    editor.ready.set(false);
    let text = view! { <RichText editor=editor host=host /> };
    if !rich {
        return view! { <div class="design">{text}</div> }.into_any();
    }
    view! {
        <div class="rich">
            <Toolbar editor=editor>
                <IconButton
                    small=true
                    glyph=icondata::LuTable
                    label=txt!(i18n, templates.table)
                    on:pointerdown=move |event| event.prevent_default()
                    on:click=move |_| editor.insert(TABLE)
                />
            </Toolbar>
            {text}
        </div>
    }
    .into_any()
}

/// What the editor needs of the form; `format`: of a whole mail.
fn host(form: TemplateForm, errors: FormErrors, variables: Variables, format: Option<TemplateFormat>) -> RichHost {
    let i18n = use_i18n();
    let (api, toasts) = (use_api(), use_toasts());
    RichHost {
        bundle: if format.is_some() { DESIGNER } else { RICH_TEXT },
        label: txt!(i18n, templates.content),
        placeholder: txt!(i18n, templates.placeholder),
        options: Callback::new(move |()| {
            let names: Vec<_> = variables.names().into_iter().map(|(name, _)| name).collect();
            let format = format.map_or("html", TemplateFormat::as_str);
            vec![("pictures", PICTURES.into()), ("format", format.into()), ("variables", names.join(" "))]
        }),
        html: Callback::new(move |()| form.source.get()),
        replaced: Signal::stored(0),
        on_html: Callback::new(move |source| {
            errors.touch("source");
            form.source.set(source);
        }),
        upload: Callback::new(move |file: File| {
            future_to_promise(async move {
                api.add_template_image(&file).await.map(|stored| JsValue::from_str(&text(&stored, "url"))).map_err(
                    |error| {
                        toasts.bad(Arc::new(move |locale| error_text(locale, &error)));
                        JsValue::NULL
                    },
                )
            })
        }),
        resolve_cid: Callback::new(|_| None),
        focus: None,
    }
}
