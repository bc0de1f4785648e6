//! Small marks of state. Colour never stands alone: a word or an icon is with it.

use leptos::prelude::*;

/// What a colour means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tint {
    /// Well.
    Good,
    /// Needs attention soon.
    Warn,
    /// Wrong or late.
    Bad,
    /// Worth knowing.
    Info,
    /// Nothing special.
    Quiet,
}

impl Tint {
    /// The word in class names.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Info => "info",
            Self::Quiet => "quiet",
        }
    }
}

/// A word on a tinted ground.
#[component]
pub fn Badge(
    /// What the colour means.
    #[prop(into)]
    tint: Signal<Tint>,
    /// The word.
    children: Children,
) -> impl IntoView {
    view! { <span class=move || format!("badge tint-{}", tint.get().word())>{children()}</span> }
}

/// A dot; what it means must stand beside it or in `label`.
#[component]
pub fn Dot(
    /// What the colour means.
    #[prop(into)]
    tint: Signal<Tint>,
    /// Name for those who do not see the colour; absent where the word stands beside it.
    #[prop(optional, into)]
    label: MaybeProp<String>,
) -> impl IntoView {
    view! {
        <span
            class=move || format!("dot dot-{}", tint.get().word())
            role=move || label.get().map(|_| "img")
            aria-label=move || label.get()
            data-tip=move || label.get()
        ></span>
    }
}

/// Something is under way.
#[component]
pub fn Spinner() -> impl IntoView {
    view! { <span class="spinner" aria-hidden="true"></span> }
}
