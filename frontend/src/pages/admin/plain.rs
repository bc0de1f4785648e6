//! The kit's parts behind plain functions. What a screen draws through these is drawn by code that all screens share:
//! a form of ten fields costs ten calls, and not ten copies of what builds a field.

use crate::{
    api::ApiError,
    components::{
        Badge, Banner, Button, Checkbox, Dialog, Empty, Failed, Glyph, Look, NumberField, SelectField, Skeleton,
        Switch, TextArea, TextField, Tint,
    },
    state::{
        forms::FormErrors,
        load::{Load, Loader},
    },
};
use leptos::prelude::*;
use std::sync::Arc;

/// Values and their names.
pub type Options = Signal<Vec<(String, String)>>;

/// A text that follows the signals that it reads.
pub fn text(read: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    text_of(Box::new(read))
}

#[inline(never)]
fn text_of(read: Box<dyn Fn() -> String + Send + Sync>) -> Signal<String> {
    Signal::derive(read)
}

/// Whether something holds, as the signals say that it reads.
pub fn flag(read: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    flag_of(Box::new(read))
}

#[inline(never)]
fn flag_of(read: Box<dyn Fn() -> bool + Send + Sync>) -> Signal<bool> {
    Signal::derive(read)
}

/// What can be chosen, as the signals say that it reads.
pub fn options(read: impl Fn() -> Vec<(String, String)> + Send + Sync + 'static) -> Options {
    options_of(Box::new(read))
}

#[inline(never)]
fn options_of(read: Box<dyn Fn() -> Vec<(String, String)> + Send + Sync>) -> Options {
    Signal::derive(read)
}

/// Something to do.
pub fn act(work: impl Fn() + Send + Sync + 'static) -> Callback<()> {
    act_of(Box::new(work))
}

#[inline(never)]
fn act_of(work: Box<dyn Fn() + Send + Sync>) -> Callback<()> {
    Callback::new(move |()| work())
}

/// What is drawn again and again.
pub type Draw = Arc<dyn Fn() -> AnyView + Send + Sync>;

/// A text, or none; for parts that take both.
fn maybe(text: Option<Signal<String>>) -> MaybeProp<String> {
    text.map_or_else(MaybeProp::default, |text| MaybeProp::derive(move || Some(text.get())))
}

fn touch(errors: FormErrors, name: &'static str) -> Callback<()> {
    act(move || errors.touch(name))
}

/// A line of text; `name` is its pointer in the request.
#[inline(never)]
pub fn line(
    errors: FormErrors,
    label: Signal<String>,
    name: &'static str,
    value: RwSignal<String>,
    help: Option<Signal<String>>,
    optional: bool,
) -> AnyView {
    view! {
        <TextField
            label=label
            name=name
            value=value
            help=maybe(help)
            optional=optional
            error=errors.of(name)
            on_edit=touch(errors, name)
        />
    }
    .into_any()
}

/// A line of a kind that the browser knows: `date`, `time`.
#[inline(never)]
pub fn typed(
    errors: FormErrors,
    kind: &'static str,
    label: Signal<String>,
    name: &'static str,
    value: RwSignal<String>,
    help: Option<Signal<String>>,
) -> AnyView {
    view! {
        <TextField
            kind=kind
            label=label
            name=name
            value=value
            help=maybe(help)
            error=errors.of(name)
            on_edit=touch(errors, name)
        />
    }
    .into_any()
}

/// A whole number between two.
#[inline(never)]
pub fn number(
    errors: FormErrors,
    label: Signal<String>,
    name: &'static str,
    value: RwSignal<String>,
    [min, max]: [i64; 2],
    unit: Option<Signal<String>>,
    help: Option<Signal<String>>,
) -> AnyView {
    view! {
        <NumberField
            label=label
            name=name
            value=value
            unit=maybe(unit)
            help=maybe(help)
            min=min
            max=max
            error=errors.of(name)
            on_edit=touch(errors, name)
        />
    }
    .into_any()
}

/// Several lines of text.
#[inline(never)]
pub fn area(
    errors: FormErrors,
    label: Signal<String>,
    name: &'static str,
    value: RwSignal<String>,
    rows: u32,
    mono: bool,
) -> AnyView {
    view! {
        <TextArea
            label=label
            name=name
            value=value
            rows=rows
            mono=mono
            error=errors.of(name)
            on_edit=touch(errors, name)
        />
    }
    .into_any()
}

/// One of a few; `on_edit` runs after another one was chosen.
#[inline(never)]
pub fn choice(
    errors: FormErrors,
    label: Signal<String>,
    name: &'static str,
    value: RwSignal<String>,
    options: Options,
    help: Option<Signal<String>>,
    more: Choosing,
) -> AnyView {
    let edited = move |()| {
        errors.touch(name);
        if let Some(on_edit) = more.on_edit {
            on_edit.run(());
        }
    };
    let settled = more.settled;
    view! {
        <SelectField
            label=label
            name=name
            value=value
            options=options
            help=maybe(help)
            disabled=flag(move || settled.is_some_and(|settled| settled.get()))
            error=errors.of(name)
            on_edit=Callback::new(edited)
        />
    }
    .into_any()
}

/// What is seldom said of a choice.
#[derive(Clone, Copy, Default)]
pub struct Choosing {
    /// It cannot be changed now.
    pub settled: Option<Signal<bool>>,
    /// Another one was chosen.
    pub on_edit: Option<Callback<()>>,
}

/// A switch of a form.
#[inline(never)]
pub fn toggle(
    errors: FormErrors,
    label: Signal<String>,
    name: &'static str,
    value: RwSignal<bool>,
    help: Option<Signal<String>>,
) -> AnyView {
    let set = move |on| {
        errors.touch(name);
        value.set(on);
    };
    view! {
        <Switch label=label help=maybe(help) checked=value error=errors.of(name) on_change=Callback::new(set) />
    }
    .into_any()
}

/// A switch that acts at once.
#[inline(never)]
pub fn switch(
    label: Signal<String>,
    help: Option<Signal<String>>,
    checked: Signal<bool>,
    disabled: bool,
    set: Callback<bool>,
) -> AnyView {
    view! { <Switch label=label help=maybe(help) checked=checked disabled=disabled on_change=set /> }.into_any()
}

/// A checkbox of a form.
pub fn tick(label: Signal<String>, value: RwSignal<bool>) -> AnyView {
    mark(label, value.into(), Callback::new(move |on| value.set(on)))
}

/// A checkbox.
#[inline(never)]
pub fn mark(label: Signal<String>, checked: Signal<bool>, set: Callback<bool>) -> AnyView {
    view! { <Checkbox label=label checked=checked on_change=set /> }.into_any()
}

/// A button.
#[inline(never)]
pub fn button(
    look: Look,
    small: bool,
    icon: Option<Glyph>,
    word: Signal<String>,
    busy: Signal<bool>,
    press: Callback<()>,
) -> AnyView {
    // A listener put on a component from outside outlives the view that it was made for, when that is drawn anew.
    let listen = move |_| {
        let _ = press.try_run(());
    };
    view! {
        <Button look=look small=small nostrip:icon=icon busy=busy on:click=listen>
            {word}
        </Button>
    }
    .into_any()
}

/// A plain button.
pub fn press(word: Signal<String>, press: impl Fn() + Send + Sync + 'static) -> AnyView {
    button(Look::Plain, true, None, word, Signal::stored(false), act(press))
}

/// The button that sends the form it stands in.
#[inline(never)]
pub fn send(word: Signal<String>, busy: RwSignal<bool>) -> AnyView {
    view! { <Button look=Look::Primary submit=true busy=busy>{word}</Button> }.into_any()
}

/// A link to a page of ours.
#[inline(never)]
pub fn link(path: &'static str, word: Signal<String>) -> AnyView {
    view! { <a href=path>{word}</a> }.into_any()
}

/// A word in a badge.
#[inline(never)]
pub fn badge(tint: Tint, word: Signal<String>) -> AnyView {
    view! { <Badge tint=tint>{word}</Badge> }.into_any()
}

/// A sentence that needs attention, and someone else's words below it.
#[inline(never)]
pub fn banner(tint: Tint, text: Signal<String>, words: String, more: Option<AnyView>) -> AnyView {
    view! {
        <Banner tint=tint urgent=tint == Tint::Bad>
            <p>{text}</p>
            {(!words.is_empty()).then(|| view! { <p class="words">{words}</p> })}
            {more}
        </Banner>
    }
    .into_any()
}

/// A picture of the matter, what there is not, and what to do next.
#[inline(never)]
pub fn empty(glyph: Glyph, title: Signal<String>, body: Option<Signal<String>>, more: Option<AnyView>) -> AnyView {
    view! { <Empty glyph=glyph title=title body=maybe(body)>{more}</Empty> }.into_any()
}

/// Something that stands there as long as `is` holds.
pub fn when(is: Signal<bool>, draw: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    again(move || if is.get() { draw() } else { ().into_any() })
}

/// Something that is drawn anew whenever a signal that it read changes.
pub fn again(draw: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    shared(Arc::new(draw))
}

#[inline(never)]
fn shared(draw: Draw) -> AnyView {
    // A view of its own each time: one that is only brought up to date keeps the listeners of the one before, and what
    // these reach is gone.
    (move || {
        let mut drawn = Some(draw());
        move || drawn.take()
    })
    .into_any()
}

/// A folded group with what it holds now, so that it need not be opened to know.
#[inline(never)]
pub fn fold(title: Signal<String>, summary: Signal<String>, disabled: bool, body: AnyView) -> AnyView {
    view! {
        <details class="group group-advanced">
            <summary>
                <span>{title}</span>
                <span class="help">{summary}</span>
            </summary>
            <fieldset disabled=disabled>{body}</fieldset>
        </details>
    }
    .into_any()
}

/// A group of a form.
#[inline(never)]
pub fn group(title: Signal<String>, disabled: bool, body: Vec<AnyView>) -> AnyView {
    view! {
        <fieldset class="group" disabled=disabled>
            <legend>{title}</legend>
            {body}
        </fieldset>
    }
    .into_any()
}

/// A dialog with a body and buttons below it.
pub fn dialog(
    open: RwSignal<bool>,
    title: Signal<String>,
    wide: bool,
    body: impl Fn() -> AnyView + Send + Sync + 'static,
    foot: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    framed(open, title, wide, Arc::new(body), Arc::new(foot))
}

#[inline(never)]
fn framed(open: RwSignal<bool>, title: Signal<String>, wide: bool, body: Draw, foot: Draw) -> AnyView {
    view! {
        <Dialog open=open title=title wide=wide>
            <div class="dialog-body">{body()}</div>
            <footer class="dialog-foot">{foot()}</footer>
        </Dialog>
    }
    .into_any()
}

/// The faces of something that is fetched; `rows` and `shape` of what stands there until it comes.
pub fn loaded<T: Clone + Send + Sync + 'static>(
    loader: Loader<T>,
    rows: u32,
    shape: &'static str,
    draw: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    again(move || match loader.get() {
        Load::Loading => skeleton(rows, shape),
        Load::Failed(error) => failed(error, Callback::new(move |()| loader.reload())),
        Load::Ready(value) => draw(value),
    })
}

/// Rows that are on their way.
#[inline(never)]
pub fn skeleton(rows: u32, shape: &'static str) -> AnyView {
    view! { <Skeleton rows=rows shape=shape /> }.into_any()
}

#[inline(never)]
fn failed(error: ApiError, on_retry: Callback<()>) -> AnyView {
    view! { <Failed error=error on_retry=on_retry /> }.into_any()
}
