//! Formats of the text, links, pictures, files.

use super::rich_text::RichTextHandle;
use crate::state::effect::effect;
use crate::{
    components::{Button, Dialog, Glyph, Icon, IconButton, Look, Menu, MenuItem, TextField},
    i18n::{txt, use_i18n},
    state::forms::FormErrors,
};
use leptos::{html, prelude::*};
use shared::validate::{FieldIssue, Rule};
use web_sys::FileList;

/// Colours of text that read well on white and are told apart.
const COLOURS: [&str; 6] = ["#1b1f24", "#b3261e", "#9a5b00", "#17683f", "#1d56b8", "#7a3fb0"];

/// The toolbar.
#[component]
pub fn Toolbar(
    /// What it formats.
    editor: RichTextHandle,
    /// Files were chosen to go along; without it there is no button for them.
    #[prop(optional, into)]
    on_attach: Option<Callback<FileList>>,
    /// There are no pictures in this text.
    #[prop(optional)]
    plain: bool,
    /// Further tools.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let i18n = use_i18n();
    let formats = editor.formats;
    let linking = RwSignal::new(false);
    let button = move |glyph: Glyph, label: Signal<String>, command: &'static str, on: Option<Signal<bool>>| {
        let pressed = on.map_or_else(MaybeProp::default, |on| MaybeProp::derive(move || Some(on.get())));
        view! {
            <IconButton
                small=true
                glyph=glyph
                label=label
                pressed=pressed
                // Without taking the cursor out of the text.
                on:pointerdown=move |event| event.prevent_default()
                on:click=move |_| editor.exec(command, None)
            />
        }
    };
    let holds = move |read: fn(&super::rich_text::Formats) -> bool| Some(Signal::derive(move || formats.with(read)));
    view! {
        <div class="toolbar" role="toolbar" aria-label=txt!(i18n, editor.toolbar)>
            {on_attach
                .map(|on_files| {
                    view! {
                        <FileButton
                            glyph=icondata::LuPaperclip
                            label=txt!(i18n, editor.attach)
                            accept=""
                            on_files=on_files
                        />
                    }
                })}
            {(!plain)
                .then(|| {
                    let on_files = Callback::new(move |list: FileList| {
                        if let Some(file) = list.get(0) {
                            editor.insert_image(&file);
                        }
                    });
                    view! {
                        <FileButton
                            glyph=icondata::LuImage
                            label=txt!(i18n, editor.image)
                            accept="image/png,image/jpeg,image/gif,image/webp"
                            on_files=on_files
                        />
                    }
                })}
            <IconButton
                small=true
                glyph=icondata::LuLink
                label=txt!(i18n, editor.link)
                on:click=move |_| linking.set(true)
            />
            <span class="toolbar-line" aria-hidden="true"></span>
            {button(icondata::LuBold, txt!(i18n, editor.bold), "bold", holds(|f| f.bold))}
            {button(icondata::LuItalic, txt!(i18n, editor.italic), "italic", holds(|f| f.italic))}
            {button(icondata::LuUnderline, txt!(i18n, editor.underline), "underline", holds(|f| f.underline))}
            <Menu
                label=txt!(i18n, editor.colour)
                class="icon-button icon-button-small"
                trigger=ViewFn::from(|| view! { <Icon glyph=icondata::LuPalette /> })
            >
                {COLOURS
                    .into_iter()
                    .enumerate()
                    .map(|(at, colour)| {
                        let name = match at {
                            0 => txt!(i18n, editor.colour_black),
                            1 => txt!(i18n, editor.colour_red),
                            2 => txt!(i18n, editor.colour_amber),
                            3 => txt!(i18n, editor.colour_green),
                            4 => txt!(i18n, editor.colour_blue),
                            _ => txt!(i18n, editor.colour_violet),
                        };
                        view! {
                            <MenuItem
                                label=name
                                icon=icondata::LuCircle
                                on_pick=move |()| editor.exec("color", Some(if at == 0 { "" } else { colour }))
                            />
                        }
                    })
                    .collect_view()}
            </Menu>
            {button(
                icondata::LuList,
                txt!(i18n, editor.bullets),
                "unorderedList",
                holds(|f| f.list.as_deref() == Some("unordered")),
            )}
            {button(
                icondata::LuListOrdered,
                txt!(i18n, editor.numbers),
                "orderedList",
                holds(|f| f.list.as_deref() == Some("ordered")),
            )}
            {button(icondata::LuQuote, txt!(i18n, editor.quote), "quote", None)}
            {button(icondata::LuRemoveFormatting, txt!(i18n, editor.clear), "clear", None)}
            {children.map(|children| children())}
        </div>
        <LinkDialog editor=editor open=linking />
    }
}

/// A button that asks for files: for any number of any kind, or for one of the kinds in `accept`.
#[component]
fn FileButton(
    glyph: Glyph,
    label: Signal<String>,
    accept: &'static str,
    on_files: Callback<FileList>,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    view! {
        <IconButton
            small=true
            glyph=glyph
            label=label
            on:click=move |_| {
                if let Some(input) = node.get_untracked() {
                    input.click();
                }
            }
        />
        <input
            type="file"
            accept=accept
            multiple=accept.is_empty()
            hidden
            node_ref=node
            aria-label=label
            on:change=move |_| {
                if let Some(input) = node.get_untracked() {
                    if let Some(list) = input.files() {
                        on_files.run(list);
                    }
                    input.set_value("");
                }
            }
        />
    }
}

/// Asks for a link's address.
#[component]
fn LinkDialog(editor: RichTextHandle, open: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let address = RwSignal::new(String::new());
    let errors = FormErrors::new(i18n);
    let has_link = Signal::derive(move || editor.formats.with(|formats| formats.link.is_some()));
    effect(move || {
        if open.get() {
            errors.clear();
            address.set(editor.formats.with_untracked(|formats| formats.link.clone()).unwrap_or_default());
        }
    });
    let act = move |command: &'static str, value: Option<String>| {
        open.set(false);
        // After the dialog has given the focus back to the text.
        request_animation_frame(move || editor.exec(command, value.as_deref()));
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        match link_target(&address.get_untracked()) {
            Some(target) => act("link", Some(target)),
            None => {
                errors.clear();
                errors.add(FieldIssue {
                    pointer: "/href".into(),
                    rule: Rule::WrongType,
                    min: None,
                    max: None,
                    message: String::new(),
                });
            }
        }
    };
    view! {
        <Dialog open=open title=txt!(i18n, editor.link)>
            <form on:submit=submit novalidate>
                <div class="dialog-body">
                    <TextField
                        label=txt!(i18n, editor.link_address)
                        name="href"
                        value=address
                        error=errors.of("href")
                        placeholder=Signal::derive(|| Some("https://".to_string()))
                        on_edit=Callback::new(move |()| errors.touch("href"))
                    />
                </div>
                <footer class="dialog-foot">
                    {move || {
                        has_link
                            .get()
                            .then(|| {
                                view! {
                                    <Button on:click=move |_| act("unlink", None)>
                                        {txt!(i18n, editor.link_remove)}
                                    </Button>
                                }
                            })
                    }}
                    <Button look=Look::Primary submit=true>{txt!(i18n, editor.link_set)}</Button>
                </footer>
            </form>
        </Dialog>
    }
}

/// The address that was meant: a bare domain becomes `https`, a bare mail address `mailto`. None for what leads nowhere.
fn link_target(typed: &str) -> Option<String> {
    let typed = typed.trim();
    if typed.is_empty() || typed.contains(char::is_whitespace) {
        return None;
    }
    let lower = shared::case::lower(typed);
    if ["http://", "https://", "mailto:", "tel:", "${"]
        .iter()
        .any(|scheme| lower.strip_prefix(scheme).is_some_and(|r| !r.is_empty()))
    {
        return Some(typed.to_string());
    }
    if shared::validate::looks_like_address(typed) {
        return Some(format!("mailto:{typed}"));
    }
    let host = typed.split(['/', '?', '#', ':']).next().unwrap_or("");
    (host.contains('.') && shared::validate::looks_like_host(host) && !lower.starts_with("javascript:"))
        .then(|| format!("https://{typed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_what_people_mean_and_nothing_dangerous() {
        assert_eq!(link_target("example.com/a").as_deref(), Some("https://example.com/a"));
        assert_eq!(link_target("ana@example.com").as_deref(), Some("mailto:ana@example.com"));
        assert_eq!(link_target(" https://x.es ").as_deref(), Some("https://x.es"));
        assert_eq!(link_target("javascript:alert(1)"), None);
        assert_eq!(link_target("data:text/html,x"), None);
        assert_eq!(link_target("hola"), None);
        assert_eq!(link_target(""), None);
    }
}
