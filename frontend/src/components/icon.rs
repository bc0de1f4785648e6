//! Icons: Lucide's outlines, of which only those named in the code are linked.

use leptos::prelude::*;

/// An icon's outline.
pub type Glyph = icondata::Icon;

/// Draws an icon at the size of the text. It is decoration: the name stands beside it or on its button.
#[component]
pub fn Icon(
    /// Which one; may change.
    #[prop(into)]
    glyph: Signal<Glyph>,
) -> impl IntoView {
    view! {
        <svg
            class="icon"
            viewBox=move || glyph.get().view_box.unwrap_or("0 0 24 24")
            fill="none"
            stroke="currentColor"
            stroke-width="1.75"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
            inner_html=move || glyph.get().data
        />
    }
}
