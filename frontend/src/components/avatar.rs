//! A person's initials on a quiet colour that is always the same for the same name.

use crate::format::initials;
use leptos::prelude::*;

/// How many colours there are in `avatar.css`.
const HUES: u32 = 8;

/// Initials of a name or address. Decoration: the name itself stands beside it.
#[component]
pub fn Avatar(
    /// Name or address.
    #[prop(into)]
    name: Signal<String>,
    /// Smaller, for dense lists.
    #[prop(optional)]
    small: bool,
) -> impl IntoView {
    let class = move || {
        let hue =
            name.with(|name| name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())));
        format!("avatar avatar-hue-{}{}", hue % HUES, if small { " avatar-small" } else { "" })
    };
    // Drawn by the style sheet, so that the letters are no part of anything's name.
    view! { <span class=class aria-hidden="true" data-initials=move || name.with(|name| initials(name))></span> }
}
