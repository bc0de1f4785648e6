//! A window over the page, on the native `<dialog>`: it traps the keyboard, closes on Escape and gives the focus back.

use super::{button::IconButton, unique_id};
use crate::state::effect::effect;
use crate::{
    dom,
    i18n::{txt, use_i18n},
};
use leptos::{html, prelude::*};

/// What gets the keyboard when a dialog opens, in this order.
const FIRST: [&str; 4] = [
    "[autofocus]",
    ".dialog-body :is(input, textarea, select):not([disabled])",
    ".dialog-foot :is(.button-primary, .button-danger)",
    ".dialog-frame",
];

/// A dialog. Its content exists only while it is open.
#[component]
pub fn Dialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What it is about.
    #[prop(into)]
    title: Signal<String>,
    /// Wider, for previews.
    #[prop(optional)]
    wide: bool,
    /// What it holds.
    children: ChildrenFn,
) -> impl IntoView {
    let i18n = use_i18n();
    let node = NodeRef::<html::Dialog>::new();
    let title_id = unique_id("dialog");
    let labelled = title_id.clone();
    effect(move || {
        let Some(dialog) = node.get() else { return };
        if open.get() {
            if !dialog.open() {
                let _ = dialog.show_modal();
            }
            // Once the content is in: to what is asked for, and not to the button that closes.
            request_animation_frame(move || {
                let _ = FIRST.iter().any(|wanted| dom::focus_first(&dialog, wanted));
            });
        } else if dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog
            node_ref=node
            class="dialog"
            class:dialog-wide=wide
            aria-labelledby=labelled
            on:close=move |_| {
                // The event comes late: by now the dialog may be open again.
                if node.get_untracked().is_none_or(|dialog| !dialog.open()) {
                    open.set(false);
                }
            }
            on:mousedown=move |event: web_sys::MouseEvent| {
                // A press on the backdrop hits the dialog itself, one inside hits what it holds.
                if event.target() == node.get_untracked().map(Into::into) {
                    open.set(false);
                }
            }
        >
            {
                let children = StoredValue::new(children);
                move || {
                    open.get()
                        .then(|| {
                            view! {
                                <div class="dialog-frame" tabindex="-1">
                                    <header class="dialog-head">
                                        <h2 id=title_id.clone()>{title}</h2>
                                        <IconButton
                                            small=true
                                            glyph=icondata::LuX
                                            label=txt!(i18n, common.close)
                                            on:click=move |_| open.set(false)
                                        />
                                    </header>
                                    {children.with_value(|children| children())}
                                </div>
                            }
                        })
                }
            }
        </dialog>
    }
}
