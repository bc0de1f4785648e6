//! Buttons, with a word or with an icon alone.

use super::{
    icon::{Glyph, Icon},
    state::Spinner,
};
use leptos::prelude::*;

/// How much a button wants to be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// The one thing to do here.
    Primary,
    /// Something to do.
    #[default]
    Plain,
    /// Destroys something.
    Danger,
}

impl Look {
    fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button-primary",
            Self::Plain => "button",
            Self::Danger => "button button-danger",
        }
    }
}

/// A button with a word. Takes `on:click` and further attributes from outside.
#[component]
pub fn Button(
    /// How much it wants to be pressed.
    #[prop(optional)]
    look: Look,
    /// Before the word.
    #[prop(optional, into)]
    icon: Option<Glyph>,
    /// Work is under way: shows it, and cannot be pressed again.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Cannot be pressed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Sends the form that it stands in.
    #[prop(optional)]
    submit: bool,
    /// Smaller, for dense places.
    #[prop(optional)]
    small: bool,
    /// The word.
    children: Children,
) -> impl IntoView {
    let class = if small { format!("{} button-small", look.class()) } else { look.class().to_string() };
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=class
            disabled=move || disabled.get() || busy.get()
            aria-busy=move || busy.get().then_some("true")
        >
            {move || busy.get().then(|| view! { <Spinner /> })}
            {icon.map(|glyph| view! { <Icon glyph=glyph /> })}
            <span>{children()}</span>
        </button>
    }
}

/// A button that is an icon; its name shows on hover and focus, and is read out.
#[component]
pub fn IconButton(
    /// The icon; may change.
    #[prop(into)]
    glyph: Signal<Glyph>,
    /// The name.
    #[prop(into)]
    label: Signal<String>,
    /// The key that does the same.
    #[prop(optional)]
    key: Option<&'static str>,
    /// Cannot be pressed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Stays in when pressed: on or off.
    #[prop(optional, into)]
    pressed: MaybeProp<bool>,
    /// Smaller, for dense places.
    #[prop(optional)]
    small: bool,
) -> impl IntoView {
    let class = if small { "icon-button icon-button-small" } else { "icon-button" };
    view! {
        <button
            type="button"
            class=class
            aria-label=label
            aria-keyshortcuts=key
            aria-pressed=move || pressed.get().map(|on| if on { "true" } else { "false" })
            data-tip=label
            data-tip-key=key
            disabled=disabled
        >
            <Icon glyph=glyph />
        </button>
    }
}
