//! Writing a mail: recipients, subject, text, files, quotation; saved as it is typed; sent with a way back.

mod conflict;
mod desk;
mod files;
mod from;
mod quotation;
mod rich;
pub mod rich_text;
mod send;
mod status;
pub mod toolbar;

use crate::state::effect::effect;
use crate::{
    components::{Banner, Button, Icon, IconButton, Look, Menu, MenuItem, TextField, Tint, chips::Recipients},
    dom,
    i18n::{I18n, Locale, txt, use_i18n, word},
    pages::agent::inbox::use_portal,
    state::{
        autosave::Content,
        commands::use_commands,
        confirm::{Question, use_confirm},
        forms::FormErrors,
        toasts::say,
    },
};
use conflict::{ConflictDialog, MovedDialog};
use desk::Desk;
use files::{DraftFiles, attach};
use from::{SenderChoice, senders};
use leptos::{html, prelude::*};
use quotation::Quotation;
use rich_text::{RichText, RichTextHandle};
use send::Sender;
use shared::api::{
    campaigns::CampaignSummary,
    conversations::MailAddress,
    drafts::{DraftKind, DraftView, SentDraft},
    interactions::FinishInteraction,
};
use status::SaveStatus;
use std::sync::Arc;
use web_sys::KeyboardEvent;

/// A draft that became a mail.
#[derive(Debug, Clone)]
pub struct Sent {
    /// What the server said.
    pub answer: SentDraft,
    /// The interaction was finished with it.
    pub finished: bool,
}

/// What goes on once it is known how the interaction ends. Not a [`Callback`]: those end with what made them, here a menu
/// that closes.
pub type GoOn = Arc<dyn Fn(FinishInteraction) + Send + Sync>;

/// What a composer needs of the page it stands in.
#[derive(Clone, Copy)]
pub struct ComposerHost {
    /// Whom the agent may mean as recipients.
    pub known: Signal<Vec<MailAddress>>,
    /// The customer has written meanwhile.
    pub moved: RwSignal<bool>,
    /// Finds out how the interaction ends, asks if there is a choice, and goes on with the answer.
    pub ask_how_it_ends: Callback<GoOn>,
    /// The mail is on its way.
    pub on_sent: Callback<Sent>,
    /// The draft was thrown away.
    pub on_discarded: Callback<()>,
}

/// What the parts of a composer share.
#[derive(Clone, Copy)]
struct Composing {
    pub desk: Desk,
    pub sender: Sender,
    pub editor: RichTextHandle,
    pub errors: FormErrors,
    pub host: ComposerHost,
    pub i18n: I18n,
    /// Where in the text the keyboard goes once the editor is there; nowhere if it is wanted elsewhere.
    pub focus: Option<&'static str>,
}

/// A composer for one draft.
#[component]
pub fn Composer(
    /// The draft, as the server has it.
    draft: DraftView,
    /// Where it stands.
    host: ComposerHost,
    /// Campaigns to choose the sender from; only for a new mail.
    #[prop(optional)]
    campaigns: Vec<CampaignSummary>,
) -> impl IntoView {
    let i18n = use_i18n();
    let commands = use_commands();
    let kind = draft.kind;
    let is_new = kind == DraftKind::New;
    let quote = draft.quote_url.clone();
    let senders = senders(&draft, campaigns);
    let root = NodeRef::<html::Section>::new();
    let focus = first_focus(&draft, root);
    let desk = Desk::open(draft);
    let errors = FormErrors::new(i18n);
    let editor = RichTextHandle::new();
    let sender = Sender::new(desk, editor, errors, host);
    let composing = Composing { desk, sender, editor, errors, host, i18n, focus };
    provide_context(composing);

    let copies = RwSignal::new(desk.content.with_untracked(|c| !c.cc.is_empty() || !c.bcc.is_empty()));
    let large = RwSignal::new(false);
    if !is_new {
        commands.offer(crate::state::commands::Section::Do, txt!(i18n, editor.back_to_text), Some("r"), move || {
            editor.focus();
        });
    }
    let field = move |read: fn(&Content) -> &Vec<MailAddress>| {
        Signal::derive(move || desk.content.with(|content| read(content).clone()))
    };
    let subject = RwSignal::new(desk.content.with_untracked(|content| content.subject.clone()));
    effect(move || {
        // Another text may come in from a conflict.
        let now = desk.content.with(|content| content.subject.clone());
        if subject.with_untracked(|known| *known != now) {
            subject.set(now);
        }
    });
    if is_new {
        // Its row in the tray says what is being written.
        let portal = use_portal();
        effect(move || {
            let (to, subject) = desk.content.with(|content| (content.to.clone(), content.subject.clone()));
            let behind = portal.started.with_untracked(|load| {
                let list = load.ready().map(Vec::as_slice).unwrap_or_default();
                list.iter().any(|draft| draft.id == desk.id && (draft.to != to || draft.subject != subject))
            });
            if behind {
                portal.started.change(|list| {
                    if let Some(draft) = list.iter_mut().find(|draft| draft.id == desk.id) {
                        draft.to = to;
                        draft.subject = subject;
                    }
                });
            }
        });
    }
    let on_keydown = move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            event.stop_propagation();
            sender.send(None, false);
        }
    };
    let heading = move || heading(i18n.get_locale(), kind);
    view! {
        <section
            class="composer"
            class:composer-large=large
            class:composer-new=is_new
            node_ref=root
            aria-label=heading
            on:keydown=on_keydown
            on:dragover=move |event: web_sys::DragEvent| event.prevent_default()
            on:drop=move |event: web_sys::DragEvent| {
                // The editor takes what falls on it; here what falls beside it.
                if let Some(files) = event.data_transfer().and_then(|data| data.files()) && files.length() > 0 {
                    event.prevent_default();
                    attach(desk, &files);
                }
            }
        >
            <header class="composer-head">
                <span class="composer-kind">
                    <Icon glyph=if is_new { icondata::LuSquarePen } else { icondata::LuReply } />
                    {heading}
                </span>
                <SaveStatus desk=desk />
                <span class="spring"></span>
                {(!is_new)
                    .then(|| {
                        view! {
                            <IconButton
                                small=true
                                glyph=Signal::derive(move || {
                                    if large.get() { icondata::LuMinimize2 } else { icondata::LuMaximize2 }
                                })
                                label=Signal::derive(move || {
                                    if large.get() {
                                        word!(i18n, editor.smaller)
                                    } else {
                                        word!(i18n, editor.larger)
                                    }
                                })
                                on:click=move |_| large.update(|large| *large = !*large)
                            />
                        }
                    })}
                <DiscardButton />
            </header>
            {move || {
                host.moved
                    .get()
                    .then(|| {
                        view! {
                            <div class="composer-moved">
                                <Banner tint=Tint::Warn>
                                    <p>{txt!(i18n, editor.moved_notice)}</p>
                                    <button type="button" class="link-button" on:click=move |_| host.moved.set(false)>
                                        {txt!(i18n, common.dismiss)}
                                    </button>
                                </Banner>
                            </div>
                        }
                    })
            }}
            <div class="composer-fields">
                {(is_new || senders.len() > 1).then(|| view! { <SenderChoice senders=senders /> })}
                <div class="composer-to">
                    <Recipients
                        label=txt!(i18n, editor.to)
                        name="to"
                        value=field(|content| &content.to)
                        known=host.known
                        error=errors.of("to")
                        on_change=Callback::new(move |list| {
                            errors.touch("to");
                            desk.edit(move |content| content.to = list);
                        })
                    />
                    {move || {
                        (!copies.get())
                            .then(|| {
                                view! {
                                    <button
                                        type="button"
                                        class="link-button composer-copies"
                                        on:click=move |_| copies.set(true)
                                    >
                                        {txt!(i18n, editor.add_copies)}
                                    </button>
                                }
                            })
                    }}
                </div>
                {move || {
                    copies
                        .get()
                        .then(|| {
                            view! {
                                <Recipients
                                    label=txt!(i18n, editor.cc)
                                    name="cc"
                                    value=field(|content| &content.cc)
                                    known=host.known
                                    error=errors.of("cc")
                                    on_change=Callback::new(move |list| {
                                        errors.touch("cc");
                                        desk.edit(move |content| content.cc = list);
                                    })
                                />
                                <Recipients
                                    label=txt!(i18n, editor.bcc)
                                    name="bcc"
                                    value=field(|content| &content.bcc)
                                    known=host.known
                                    error=errors.of("bcc")
                                    on_change=Callback::new(move |list| {
                                        errors.touch("bcc");
                                        desk.edit(move |content| content.bcc = list);
                                    })
                                />
                            }
                        })
                }}
                {is_new
                    .then(|| {
                        view! {
                            <div class="composer-subject">
                                <TextField
                                    label=txt!(i18n, editor.subject)
                                    name="subject"
                                    value=subject
                                    error=errors.of("subject")
                                    on_edit=Callback::new(move |()| {
                                        errors.touch("subject");
                                        let text = subject.get_untracked();
                                        desk.edit(move |content| content.subject = text);
                                    })
                                />
                            </div>
                        }
                    })}
            </div>
            <RichText editor=editor host=rich::host(composing) />
            <DraftFiles desk=desk />
            {quote.map(|url| view! { <Quotation desk=desk url=url /> })}
            <footer class="composer-foot">
                <div class="split-button">
                    <Button
                        look=Look::Primary
                        icon=icondata::LuSend
                        busy=sender.busy
                        attr:aria-keyshortcuts="Control+Enter"
                        attr:data-tip=txt!(i18n, editor.send_key)
                        on:click=move |_| sender.send(None, false)
                    >
                        {txt!(i18n, editor.send)}
                    </Button>
                    {(!is_new)
                        .then(|| {
                            view! {
                                <Menu
                                    label=txt!(i18n, editor.send_more)
                                    class="button button-primary split-more"
                                    trigger=ViewFn::from(|| view! { <Icon glyph=icondata::LuChevronDown /> })
                                >
                                    <MenuItem
                                        label=txt!(i18n, editor.send_and_finish)
                                        icon=icondata::LuCheckCheck
                                        on_pick=move |()| sender.send_and_finish()
                                    />
                                </Menu>
                            }
                        })}
                </div>
                <toolbar::Toolbar
                    editor=editor
                    on_attach=Callback::new(move |list: web_sys::FileList| attach(desk, &list))
                />
            </footer>
        </section>
        <ConflictDialog composing=composing />
        <MovedDialog composing=composing />
    }
}

/// Where the keyboard goes first: an answer begins above the quotation, a new mail with its recipients, and what was
/// begun before goes on where it ended. Whoever walks through the tray by keyboard stays there.
fn first_focus(draft: &DraftView, root: NodeRef<html::Section>) -> Option<&'static str> {
    let portal = use_portal();
    let begun = portal.begun.get_value() == Some(draft.id);
    portal.begun.set_value(None);
    if !begun && document().query_selector(".tray :focus-visible").ok().flatten().is_some() {
        return None;
    }
    if draft.kind == DraftKind::New && draft.to.is_empty() {
        effect(move || {
            if let Some(root) = root.get() {
                request_animation_frame(move || {
                    let _ = dom::focus_first(&root, "input[name=to]");
                });
            }
        });
        return None;
    }
    Some(if begun { "start" } else { "end" })
}

fn heading(locale: Locale, kind: DraftKind) -> String {
    use crate::i18n::td_string;
    match kind {
        DraftKind::Reply => td_string!(locale, inbox.reply),
        DraftKind::ReplyAll => td_string!(locale, inbox.reply_all),
        DraftKind::ReplyHistory => td_string!(locale, inbox.reply_history),
        DraftKind::New => td_string!(locale, editor.new_mail),
    }
    .to_string()
}

/// Throws the draft away; asks first when something was written.
#[component]
fn DiscardButton() -> impl IntoView {
    let Composing { desk, host, i18n, editor, .. } = expect_context();
    let confirm = use_confirm();
    let discard = move || {
        leptos::task::spawn_local(async move {
            if desk.discard().await {
                let _ = host.on_discarded.try_run(());
            }
        });
    };
    view! {
        <IconButton
            small=true
            glyph=icondata::LuTrash2
            label=txt!(i18n, editor.discard)
            on:click=move |_| {
                if editor.is_empty() && desk.attachments.with_untracked(Vec::is_empty) {
                    discard();
                } else {
                    confirm
                        .ask(Question {
                            title: say!(editor.discard_title),
                            body: say!(editor.discard_body),
                            action: say!(editor.discard),
                            danger: true,
                            on_yes: Arc::new(discard),
                        });
                }
            }
        />
    }
}
