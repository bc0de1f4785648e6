//! What a template says: subject, the visual editor, the source, the preview, the text part; and the variables that are
//! put in where the caret stands.

use super::{template_preview::Preview, template_state::TemplateForm};
use crate::{
    api::use_api,
    components::{
        Icon, IconButton, Menu, MenuItem, SelectField, Skeleton, Switch, TextArea, TextField,
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
use leptos_i18n::td_string;
use shared::api::templates::{TemplateFormat, TemplateVariables};
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
    known: Loader<TemplateVariables>,
}

impl Variables {
    /// Those of the kind in the form.
    pub fn new(form: TemplateForm) -> Self {
        let api = use_api();
        let known = Loader::new(move || form.kind(), move |kind| api.list_template_variables(kind));
        Self { editor: RichTextHandle::new(), field: StoredValue::new_local(None), known }
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

    /// Puts `text` where the keyboard was last.
    fn insert(self, text: &str) {
        let field = self.field.get_value().filter(|field| field.is_connected());
        let source = || document().query_selector("textarea[name=source]").ok().flatten()?.dyn_into().ok();
        let Some(field) = field.or_else(source) else { return self.editor.insert(text) };
        let place = |name| js::get(&field, name).unwrap_or(JsValue::from_f64(0.0));
        let arguments = [JsValue::from_str(text), place("selectionStart"), place("selectionEnd"), "end".into()];
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
#[component]
fn VariablesMenu(variables: Variables) -> impl IntoView {
    let i18n = use_i18n();
    let label = txt!(i18n, templates.variables);
    view! {
        <Menu
            label=label
            class="button button-small"
            named=true
            trigger=ViewFn::from(move || {
                view! {
                    <Icon glyph=icondata::LuBraces />
                    <span>{label}</span>
                }
            })
        >
            {move || {
                let known = variables.known.with(|load| load.ready().map(|known| known.items.clone()));
                known
                    .unwrap_or_default()
                    .into_iter()
                    .map(|one| {
                        let written = format!("${{{}}}", one.name);
                        let shown = written.clone();
                        let label = Signal::derive(move || {
                            format!("{} {shown}", meaning(i18n.get_locale(), &one.description))
                        });
                        view! { <MenuItem label=label on_pick=move |()| variables.insert(&written) /> }
                    })
                    .collect_view()
            }}
        </Menu>
    }
}

/// The group of what the template says.
#[component]
pub fn Content(
    /// The form.
    form: TemplateForm,
    /// What is wrong with it.
    errors: FormErrors,
    /// The editor and its variables.
    variables: Variables,
    /// Which side is shown.
    tab: RwSignal<&'static str>,
    /// The caller may change it.
    may_write: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let kind = Memo::new(move |_| form.kind());
    let touch = move |pointer: &'static str| Callback::new(move |()| errors.touch(pointer));
    let tabs = vec![
        Tab { id: "design", label: txt!(i18n, templates.tab_design), count: Signal::derive(|| None) },
        Tab { id: "source", label: txt!(i18n, templates.tab_source), count: Signal::derive(|| None) },
        Tab { id: "preview", label: txt!(i18n, templates.tab_preview), count: Signal::derive(|| None) },
    ];
    let choose = move |id: &'static str| {
        variables.field.set_value(None);
        tab.set(id);
    };
    let formats = Signal::derive(|| {
        vec![
            (TemplateFormat::Mjml.to_string(), "MJML".to_string()),
            (TemplateFormat::Html.to_string(), "HTML".to_string()),
        ]
    });
    // Another format of what is written already would need a translator.
    let settled = Signal::derive(move || !form.is_untouched());
    let format_help = Signal::derive(move || {
        if settled.get() { word!(i18n, templates.format_settled) } else { word!(i18n, templates.format_help) }
    });
    // Which editor: it is made anew for another format.
    let surface = Memo::new(move |_| (form.kind().is_whole_mail(), form.format()));
    let faulty = errors.of("source");
    view! {
        <fieldset class="group" disabled=!may_write on:focusin=move |event| variables.note(event.target())>
            <legend>{txt!(i18n, templates.group_content)}</legend>
            {move || {
                kind.get()
                    .has_subject()
                    .then(|| {
                        view! {
                            <TextField
                                label=txt!(i18n, templates.subject)
                                name="subject"
                                value=form.subject
                                optional=!kind.get().is_whole_mail()
                                error=errors.of("subject")
                                on_edit=touch("subject")
                            />
                        }
                    })
            }}
            {move || {
                kind.get()
                    .is_whole_mail()
                    .then(|| {
                        view! {
                            <SelectField
                                label=txt!(i18n, templates.format)
                                name="format"
                                value=form.format
                                options=formats
                                help=format_help
                                disabled=settled
                                on_edit=Callback::new(move |()| form.start_with(untrack(|| form.format())))
                            />
                        }
                    })
            }}
            <div class="template-content" class:field-wrong=move || faulty.get().is_some()>
                <div class="template-bar">
                    <Tabs tabs=tabs label=txt!(i18n, templates.sides) chosen=tab on_choose=choose />
                    <VariablesMenu variables=variables />
                </div>
                <div
                    class="template-panel"
                    role="tabpanel"
                    aria-labelledby=move || format!("tab-{}", tab.get())
                    tabindex="-1"
                    aria-invalid=move || faulty.get().is_some().then_some("true")
                >
                    {move || match tab.get() {
                        "source" => {
                            view! {
                                <TextArea
                                    label=txt!(i18n, templates.source)
                                    name="source"
                                    value=form.source
                                    rows=18
                                    mono=true
                                    error=faulty
                                    on_edit=touch("source")
                                />
                            }
                                .into_any()
                        }
                        "preview" => view! { <Preview form=form errors=errors /> }.into_any(),
                        _ => {
                            (move || {
                                let (whole, format) = surface.get();
                                let come = variables.known.with(|load| *load != Load::Loading);
                                if whole && !come {
                                    return view! { <Skeleton rows=3 shape="card" /> }.into_any();
                                }
                                let host = host(form, errors, variables, whole.then_some(format));
                                view! { <Surface editor=variables.editor host=host rich=!whole /> }.into_any()
                            })
                                .into_any()
                        }
                    }}
                </div>
                {move || {
                    faulty
                        .get()
                        .filter(|_| tab.get() != "source")
                        .map(|text| view! { <p class="field-error" role="alert">{text}</p> })
                }}
            </div>
            <Switch
                label=txt!(i18n, templates.own_text)
                help=txt!(i18n, templates.own_text_help)
                checked=form.own_text
                on_change=move |on| form.own_text.set(on)
            />
            {move || {
                form.own_text
                    .get()
                    .then(|| {
                        view! {
                            <TextArea
                                label=txt!(i18n, templates.text)
                                name="text"
                                value=form.text
                                rows=8
                                error=errors.of("text")
                                on_edit=touch("text")
                            />
                        }
                    })
            }}
        </fieldset>
    }
}

/// Rich text under its toolbar, or the designer, which has its own.
#[component]
fn Surface(editor: RichTextHandle, host: RichHost, rich: bool) -> impl IntoView {
    let i18n = use_i18n();
    editor.ready.set(false);
    view! {
        <div class=if rich { "rich" } else { "design" }>
            {rich
                .then(|| {
                    view! {
                        <Toolbar editor=editor>
                            <IconButton
                                small=true
                                glyph=icondata::LuTable
                                label=txt!(i18n, templates.table)
                                on:pointerdown=move |event| event.prevent_default()
                                on:click=move |_| editor.insert(TABLE)
                            />
                        </Toolbar>
                    }
                })}
            <RichText editor=editor host=host />
        </div>
    }
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
            let names = variables.known.with(|load| {
                let known = load.ready().map(|known| known.items.as_slice()).unwrap_or_default();
                known.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(" ")
            });
            let format = format.map_or("html", TemplateFormat::as_str);
            vec![("pictures", PICTURES.into()), ("format", format.into()), ("variables", names)]
        }),
        html: Callback::new(move |()| form.source.get()),
        replaced: Signal::derive(|| 0),
        on_html: Callback::new(move |source| {
            errors.touch("source");
            form.source.set(source);
        }),
        upload: Callback::new(move |file: File| {
            future_to_promise(async move {
                api.add_template_image(&file).await.map(|stored| JsValue::from_str(&stored.url)).map_err(|error| {
                    toasts.bad(Arc::new(move |locale| error_text(locale, &error)));
                    JsValue::NULL
                })
            })
        }),
        resolve_cid: Callback::new(|_| None),
        focus: None,
    }
}
