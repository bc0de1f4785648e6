//! What the agent must decide: the draft was changed elsewhere, or the customer has written meanwhile.

use super::Composing;
use crate::{
    components::{Button, Dialog, Look},
    i18n::txt,
    state::autosave::Content,
};
use leptos::prelude::*;

/// The draft was changed in another tab: which text holds? It may be closed without an answer; it comes back when the
/// mail is sent, or by the button beside the state of the saving.
#[component]
pub(super) fn ConflictDialog(composing: Composing) -> impl IntoView {
    let Composing { desk, i18n, .. } = composing;
    let open = desk.asks_conflict;
    let theirs = move || desk.conflict.with(|draft| draft.as_ref().map(|d| plain(&Content::of(d).html)));
    let mine = move || desk.content.with(|content| plain(&content.html));
    view! {
        <Dialog open=open title=txt!(i18n, editor.conflict_title)>
            <div class="dialog-body">
                <p>{txt!(i18n, editor.conflict_body)}</p>
                <div class="versions">
                    <figure>
                        <figcaption>{txt!(i18n, editor.conflict_mine)}</figcaption>
                        <blockquote>{mine}</blockquote>
                    </figure>
                    <figure>
                        <figcaption>{txt!(i18n, editor.conflict_theirs)}</figcaption>
                        <blockquote>{theirs}</blockquote>
                    </figure>
                </div>
            </div>
            <footer class="dialog-foot">
                <Button on:click=move |_| desk.take_theirs()>{txt!(i18n, editor.conflict_take_theirs)}</Button>
                <Button look=Look::Primary on:click=move |_| desk.keep_mine()>
                    {txt!(i18n, editor.conflict_keep_mine)}
                </Button>
            </footer>
        </Dialog>
    }
}

/// The customer wrote while the answer was written: read first, or send as it is?
#[component]
pub(super) fn MovedDialog(composing: Composing) -> impl IntoView {
    let Composing { sender, i18n, .. } = composing;
    let open = sender.asks_outdated;
    view! {
        <Dialog open=open title=txt!(i18n, editor.moved_title)>
            <div class="dialog-body">
                <p>{txt!(i18n, editor.moved_body)}</p>
            </div>
            <footer class="dialog-foot">
                <Button look=Look::Primary on:click=move |_| open.set(false)>{txt!(i18n, editor.moved_read)}</Button>
                <Button on:click=move |_| {
                    open.set(false);
                    sender.send_outdated();
                }>{txt!(i18n, editor.moved_send)}</Button>
            </footer>
        </Dialog>
    }
}

/// The words of some HTML, for a glance at it.
fn plain(html: &str) -> String {
    const GLANCE: usize = 400;
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let text = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(GLANCE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glance_has_no_tags() {
        assert_eq!(plain("<div>Hola,&nbsp;<b>Ana</b></div><div>a &lt; b &amp;&amp; c</div>"), "Hola, Ana a < b && c");
    }
}
