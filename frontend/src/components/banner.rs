//! A sentence across a panel that needs attention.

use super::{
    icon::{Glyph, Icon},
    state::Tint,
};
use leptos::prelude::*;

/// A sentence with an icon, and perhaps something to do about it.
#[component]
pub fn Banner(
    /// Good, bad, warning or just information.
    tint: Tint,
    /// Read out at once rather than when there is a pause.
    #[prop(optional)]
    urgent: bool,
    /// What it says, and perhaps buttons.
    children: Children,
) -> impl IntoView {
    let glyph: Glyph = match tint {
        Tint::Good => icondata::LuCircleCheck,
        Tint::Warn => icondata::LuTriangleAlert,
        Tint::Bad => icondata::LuCircleAlert,
        Tint::Info | Tint::Quiet => icondata::LuInfo,
    };
    view! {
        <div class=format!("banner tint-{}", tint.word()) role=if urgent { "alert" } else { "status" }>
            <Icon glyph=glyph />
            <div class="banner-body">{children()}</div>
        </div>
    }
}
