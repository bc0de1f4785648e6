//! One mail of a conversation.

use super::{
    attachments::Attachments, conversation::use_open, delivery::DeliveryLine, frame::MailFrame, text::PlainText,
};
use crate::{
    components::{Avatar, Badge, Icon, TimeAgo, Tint},
    format::intl,
    i18n::{plural, txt, use_i18n},
    state::recipients,
};
use leptos::{either::Either, prelude::*};
use shared::api::{
    conversations::{MailAddress, MessageKind, MessageView},
    interactions::Direction,
};

/// A mail: who, when, what, files, how far it has come.
#[component]
pub fn MessageCard(
    /// The mail.
    message: ArcRwSignal<MessageView>,
    /// Shown as one line until it is pressed.
    folded: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let message: Signal<MessageView> = message.into();
    let folded = RwSignal::new(folded);
    let details = RwSignal::new(false);
    let first = message.get_untracked();
    let incoming = first.direction == Direction::In;
    let from = first.author_name.clone().unwrap_or_else(|| recipients::short(&first.from));
    let address = first.from.email.clone();
    let name = from.clone();
    let label = txt!(i18n, inbox.message_from, who = name.as_str());
    let at = first.dated_at.unwrap_or(first.created_at);
    let to = first.to.iter().map(recipients::short).collect::<Vec<_>>().join(", ");
    let to_whom = txt!(i18n, inbox.to_whom, who = to.as_str());
    let line = first.text.split_whitespace().take(40).collect::<Vec<_>>().join(" ");
    let toggle = move |_| {
        if folded.get_untracked() { folded.set(false) } else { details.update(|shown| *shown = !*shown) }
    };
    view! {
        <li
            class="message"
            class:message-out=!incoming
            class:message-folded=folded
            data-testid="message"
            data-direction=first.direction.as_str()
        >
            <article aria-label=label>
                <header class="message-head">
                    <Avatar name=from.clone() />
                    <button
                        type="button"
                        class="message-who"
                        aria-expanded=move || (!folded.get() && details.get()).to_string()
                        on:click=toggle
                    >
                        <span class="message-names">
                            <strong>{from}</strong>
                            <span class="message-address">{address}</span>
                            <Marks message=message />
                        </span>
                        {move || {
                            if folded.get() {
                                Either::Left(view! { <span class="message-line">{line.clone()}</span> })
                            } else {
                                Either::Right(
                                    view! {
                                        <span class="message-line">
                                            {to_whom}
                                            <Icon glyph=icondata::LuChevronDown />
                                        </span>
                                    },
                                )
                            }
                        }}
                    </button>
                    <TimeAgo at=at />
                    {move || {
                        message
                            .with(|message| message.source_url.clone())
                            .map(|url| {
                                view! {
                                    <a
                                        class="icon-button icon-button-small"
                                        href=url
                                        download=""
                                        rel="external"
                                        aria-label=txt!(i18n, inbox.source)
                                        data-tip=txt!(i18n, inbox.source)
                                    >
                                        <Icon glyph=icondata::LuFileText />
                                    </a>
                                }
                            })
                    }}
                </header>
                {move || {
                    (!folded.get())
                        .then(|| {
                            view! {
                                {move || details.get().then(|| view! { <Details message=message /> })}
                                <Body message=message label=label />
                                <Attachments
                                    message=first.id
                                    files=Signal::derive(move || {
                                        message
                                            .with(|message| {
                                                message.attachments.iter().filter(|file| !file.inline).cloned().collect()
                                            })
                                    })
                                />
                                <DeliveryLine message=message />
                            }
                        })
                }}
            </article>
        </li>
    }
}

/// What is special about the mail.
#[component]
fn Marks(message: Signal<MessageView>) -> impl IntoView {
    let i18n = use_i18n();
    move || {
        message.with(|message| {
            let kind = match message.kind {
                MessageKind::Personal => None,
                MessageKind::AutoReply => Some((Tint::Quiet, txt!(i18n, inbox.kind_auto_reply))),
                MessageKind::Bulk => Some((Tint::Quiet, txt!(i18n, inbox.kind_bulk))),
                MessageKind::Bounce => Some((Tint::Warn, txt!(i18n, inbox.kind_bounce))),
                MessageKind::History => Some((Tint::Quiet, txt!(i18n, inbox.kind_history))),
                MessageKind::Unreadable => Some((Tint::Bad, txt!(i18n, inbox.kind_unreadable))),
            };
            view! {
                {kind.map(|(tint, word)| view! { <Badge tint=tint>{word}</Badge> })}
                {message
                    .from_stranger
                    .then(|| {
                        view! {
                            <Badge tint=Tint::Warn>
                                <Icon glyph=icondata::LuUserX />
                                {txt!(i18n, inbox.stranger)}
                            </Badge>
                        }
                    })}
            }
        })
    }
}

/// Everyone, and when exactly.
#[component]
fn Details(message: Signal<MessageView>) -> impl IntoView {
    let i18n = use_i18n();
    let list = |addresses: &[MailAddress]| addresses.iter().map(recipients::full).collect::<Vec<_>>().join(", ");
    move || {
        let message = message.get();
        let locale = i18n.get_locale();
        let at = message.dated_at.unwrap_or(message.created_at);
        let rows = [
            (txt!(i18n, inbox.field_from), recipients::full(&message.from)),
            (txt!(i18n, inbox.field_to), list(&message.to)),
            (txt!(i18n, inbox.field_cc), list(&message.cc)),
            (txt!(i18n, inbox.field_bcc), list(&message.bcc)),
            (txt!(i18n, inbox.field_reply_to), list(&message.reply_to)),
            (txt!(i18n, inbox.field_subject), message.subject.clone()),
            (txt!(i18n, inbox.field_date), intl::when(locale, at, intl::When::Exact)),
            (txt!(i18n, inbox.field_id), message.internet_message_id.clone()),
        ];
        view! {
            <dl class="message-details">
                {rows
                    .into_iter()
                    .filter(|(_, value)| !value.is_empty())
                    .map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> })
                    .collect_view()}
            </dl>
        }
    }
}

/// The text: HTML in its frame, else plain.
#[component]
fn Body(message: Signal<MessageView>, label: Signal<String>) -> impl IntoView {
    let i18n = use_i18n();
    let remote = RwSignal::new(false);
    let renewals = RwSignal::new(0_u32);
    // A mail never changes, but its links are signed anew whenever it is fetched: the frame stays with what it has
    // loaded, unless that is asked for.
    let frame = Memo::new(move |before: Option<&((bool, u32), Option<String>)>| {
        let kind = (remote.get(), renewals.get());
        let now = message.with(|message| {
            let shown = if kind.0 { message.frame_url_remote.clone() } else { None };
            shown.or_else(|| message.frame_url.clone())
        });
        match before {
            Some((known, Some(url))) if *known == kind => (kind, Some(url.clone())),
            _ => (kind, now),
        }
    });
    let open = use_open();
    let id = message.with_untracked(|message| message.id);
    let on_expired = Callback::new(move |()| {
        // Once: what fails again is not mended by another link.
        if renewals.get_untracked() == 0 {
            leptos::task::spawn_local(async move {
                if open.renew(id).await.is_some() {
                    let _ = renewals.try_set(1);
                }
            });
        }
    });
    let has_frame = Memo::new(move |_| frame.with(|(_, url)| url.is_some()));
    let plain = Memo::new(move |_| message.with(|message| (message.text.clone(), message.quote_at)));
    let unreadable = Memo::new(move |_| message.with(|message| message.kind == MessageKind::Unreadable));
    let held_back = Memo::new(move |_| {
        message.with(|message| if message.frame_url_remote.is_some() { message.remote_images } else { 0 })
    });
    let source = Memo::new(move |_| message.with(|message| message.source_url.clone()));
    view! {
        {move || {
            unreadable
                .get()
                .then(|| {
                    view! {
                        <div class="message-note">
                            <Icon glyph=icondata::LuTriangleAlert />
                            <span>{txt!(i18n, inbox.unreadable_note)}</span>
                            {source
                                .get()
                                .map(|url| view! { <a href=url download="" rel="external">{txt!(i18n, inbox.source)}</a> })}
                        </div>
                    }
                })
        }}
        {move || {
            (held_back.get() > 0 && !remote.get())
                .then(|| {
                    view! {
                        <div class="message-note">
                            <Icon glyph=icondata::LuImage />
                            <span>{move || plural!(i18n.get_locale(), inbox.images_held, held_back.get())}</span>
                            <button type="button" class="link-button" on:click=move |_| remote.set(true)>
                                {txt!(i18n, inbox.images_show)}
                            </button>
                        </div>
                    }
                })
        }}
        <div class="message-body">
            {move || match has_frame.get() {
                true => {
                    let src = Signal::derive(move || frame.get().1.unwrap_or_default());
                    Either::Left(view! { <MailFrame src=src title=label on_expired=on_expired /> })
                }
                false => {
                    let (text, quote_at) = plain.get();
                    Either::Right(view! { <PlainText text=text quote_at=quote_at /> })
                }
            }}
        </div>
    }
}
