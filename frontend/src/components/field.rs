//! Form fields: label, help and error, wired so that each is read out with its input.

use super::{button::IconButton, icon::Icon, unique_id};
use crate::i18n::{txt, use_i18n, word};
use leptos::prelude::*;

/// Label above, input, help or error below. The error takes the place of the help.
#[component]
fn Frame(
    #[prop(into)] id: String,
    label: Signal<String>,
    help: MaybeProp<String>,
    error: Signal<Option<String>>,
    optional: bool,
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let (error_id, help_id) = (format!("{id}-error"), format!("{id}-help"));
    view! {
        <div class="field" class:field-wrong=move || error.with(Option::is_some)>
            <label for=id>
                {label}
                {optional.then(|| view! { <span class="field-optional">{txt!(i18n, common.optional)}</span> })}
            </label>
            {children()}
            {move || match (error.get(), help.get()) {
                (Some(text), _) => {
                    view! {
                        <p class="field-error" id=error_id.clone()>
                            <Icon glyph=icondata::LuCircleAlert />
                            {text}
                        </p>
                    }
                        .into_any()
                }
                (None, Some(text)) => view! { <p class="help" id=help_id.clone()>{text}</p> }.into_any(),
                (None, None) => ().into_any(),
            }}
        </div>
    }
}

/// The id that describes the input now.
fn described_by(
    id: &str,
    help: MaybeProp<String>,
    error: Signal<Option<String>>,
) -> impl Fn() -> Option<String> + Send + Sync + Clone + 'static {
    let (error_id, help_id) = (format!("{id}-error"), format!("{id}-help"));
    move || match (error.with(Option::is_some), help.get().is_some()) {
        (true, _) => Some(error_id.clone()),
        (false, true) => Some(help_id.clone()),
        (false, false) => None,
    }
}

/// A line of text.
#[component]
pub fn TextField(
    /// What it is.
    #[prop(into)]
    label: Signal<String>,
    /// Name of the field, as its pointer in the request.
    name: &'static str,
    /// What it holds.
    value: RwSignal<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// A line that explains it.
    #[prop(optional, into)]
    help: MaybeProp<String>,
    /// `text`, `email`, `search` …
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// A hint inside the empty field.
    #[prop(optional, into)]
    placeholder: MaybeProp<String>,
    /// May stay empty, and says so.
    #[prop(optional)]
    optional: bool,
    /// Cannot be changed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// The field is being changed.
    #[prop(optional, into)]
    on_edit: Option<Callback<()>>,
) -> impl IntoView {
    let id = unique_id("field");
    let described = described_by(&id, help, error);
    view! {
        <Frame id=id.clone() label=label help=help error=error optional=optional>
            <input
                class="input"
                id=id.clone()
                name=name
                type=kind
                autocomplete=autocomplete
                spellcheck="false"
                placeholder=move || placeholder.get()
                prop:value=value
                disabled=disabled
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described
                on:input=move |event| {
                    value.set(event_target_value(&event));
                    if let Some(on_edit) = on_edit {
                        on_edit.run(());
                    }
                }
            />
        </Frame>
    }
}

/// A password, which can be shown.
#[component]
pub fn PasswordField(
    /// What it is.
    #[prop(into)]
    label: Signal<String>,
    /// Name of the field, as its pointer in the request.
    name: &'static str,
    /// What it holds.
    value: RwSignal<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// A line that explains it.
    #[prop(optional, into)]
    help: MaybeProp<String>,
    /// `current-password`, `new-password` or `off`.
    #[prop(default = "current-password")]
    autocomplete: &'static str,
    /// A hint inside the empty field.
    #[prop(optional, into)]
    placeholder: MaybeProp<String>,
    /// The field is being changed.
    #[prop(optional, into)]
    on_edit: Option<Callback<()>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = unique_id("field");
    let shown = RwSignal::new(false);
    let described = described_by(&id, help, error);
    let toggle =
        Signal::derive(
            move || {
                if shown.get() { word!(i18n, common.hide_password) } else { word!(i18n, common.show_password) }
            },
        );
    let glyph = Signal::derive(move || if shown.get() { icondata::LuEyeOff } else { icondata::LuEye });
    view! {
        <Frame id=id.clone() label=label help=help error=error optional=false>
            <div class="input-with-button">
                <input
                    class="input"
                    id=id.clone()
                    name=name
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    spellcheck="false"
                    autocapitalize="off"
                    placeholder=move || placeholder.get()
                    prop:value=value
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=described
                    on:input=move |event| {
                        value.set(event_target_value(&event));
                        if let Some(on_edit) = on_edit {
                            on_edit.run(());
                        }
                    }
                />
                <IconButton
                    small=true
                    glyph=glyph
                    label=toggle
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                />
            </div>
        </Frame>
    }
}

/// A whole number. What is no number stays in the field and is judged as out of range.
#[component]
pub fn NumberField(
    /// What it is.
    #[prop(into)]
    label: Signal<String>,
    /// Name of the field, as its pointer in the request.
    name: &'static str,
    /// What it holds, as typed.
    value: RwSignal<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// A line that explains it.
    #[prop(optional, into)]
    help: MaybeProp<String>,
    /// Behind the number: its unit.
    #[prop(optional, into)]
    unit: MaybeProp<String>,
    /// Smallest.
    min: i64,
    /// Largest.
    max: i64,
    /// The field is being changed.
    #[prop(optional, into)]
    on_edit: Option<Callback<()>>,
) -> impl IntoView {
    let id = unique_id("field");
    let described = described_by(&id, help, error);
    view! {
        <Frame id=id.clone() label=label help=help error=error optional=false>
            <div class="input-with-unit">
                <input
                    class="input input-number"
                    id=id.clone()
                    name=name
                    type="number"
                    inputmode="numeric"
                    min=min
                    max=max
                    step="1"
                    prop:value=value
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=described
                    on:input=move |event| {
                        value.set(event_target_value(&event));
                        if let Some(on_edit) = on_edit {
                            on_edit.run(());
                        }
                    }
                />
                {move || unit.get().map(|unit| view! { <span class="input-unit">{unit}</span> })}
            </div>
        </Frame>
    }
}

/// One of a few.
#[component]
pub fn SelectField(
    /// What it is.
    #[prop(into)]
    label: Signal<String>,
    /// Name of the field, as its pointer in the request.
    name: &'static str,
    /// The chosen value.
    value: RwSignal<String>,
    /// Values and their names.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// A line that explains it.
    #[prop(optional, into)]
    help: MaybeProp<String>,
    /// Cannot be changed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Another one was chosen.
    #[prop(optional, into)]
    on_edit: Option<Callback<()>>,
) -> impl IntoView {
    let id = unique_id("field");
    let described = described_by(&id, help, error);
    view! {
        <Frame id=id.clone() label=label help=help error=error optional=false>
            <div class="select">
                <select
                    id=id.clone()
                    name=name
                    disabled=disabled
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=described
                    on:change=move |event| {
                        value.set(event_target_value(&event));
                        if let Some(on_edit) = on_edit {
                            on_edit.run(());
                        }
                    }
                >
                    {move || {
                        options
                            .get()
                            .into_iter()
                            .map(|(word, text)| {
                                let own = word.clone();
                                view! { <option value=word selected=move || value.with(|value| *value == own)>{text}</option> }
                            })
                            .collect_view()
                    }}
                </select>
                <Icon glyph=icondata::LuChevronDown />
            </div>
        </Frame>
    }
}

/// Several lines of text.
#[component]
pub fn TextArea(
    /// What it is.
    #[prop(into)]
    label: Signal<String>,
    /// Name of the field, as its pointer in the request.
    name: &'static str,
    /// What it holds.
    value: RwSignal<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Lines shown.
    #[prop(default = 3)]
    rows: u32,
    /// A line that explains it.
    #[prop(optional, into)]
    help: MaybeProp<String>,
    /// Source text: every character as wide as the others.
    #[prop(optional)]
    mono: bool,
    /// May stay empty, and says so.
    #[prop(optional)]
    optional: bool,
    /// The field is being changed.
    #[prop(optional, into)]
    on_edit: Option<Callback<()>>,
) -> impl IntoView {
    let id = unique_id("field");
    let described = described_by(&id, help, error);
    view! {
        <Frame id=id.clone() label=label help=help error=error optional=optional>
            <textarea
                class=if mono { "input input-mono" } else { "input" }
                spellcheck=if mono { "false" } else { "true" }
                id=id.clone()
                name=name
                rows=rows
                prop:value=value
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described
                on:input=move |event| {
                    value.set(event_target_value(&event));
                    if let Some(on_edit) = on_edit {
                        on_edit.run(());
                    }
                }
            ></textarea>
        </Frame>
    }
}
