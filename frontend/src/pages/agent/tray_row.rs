//! One row of the tray.

use super::inbox::use_portal;
use crate::{
    api::use_api,
    components::{Badge, Button, Icon, Look, TimeAgo, Tint},
    i18n::{I18n, detail, error_text, plural, txt, use_i18n, word},
    routes,
    state::{clock::use_clock, recipients, toasts::use_toasts},
};
use leptos::{either::Either, prelude::*};
use shared::{
    alarm::Alarm,
    api::{
        drafts::DraftView,
        interactions::{Direction, InteractionState, InteractionSummary},
    },
    time::Timestamp,
};
use std::sync::Arc;

/// An interaction. Follows its row's signal and nothing else.
#[component]
pub fn TrayRow(
    /// The row.
    row: ArcSignal<InteractionSummary>,
    /// Cannot be opened from here.
    #[prop(optional)]
    fixed: bool,
) -> impl IntoView {
    let row: Signal<InteractionSummary> = row.into();
    let inside = view! { <RowInside row=row /> };
    if fixed {
        return Either::Left(view! {
            <div class="tray-row tray-row-fixed" data-testid="tray-row">
                {inside}
                <Take row=row />
            </div>
        });
    }
    let go = routes::use_go();
    let id = row.with_untracked(|row| row.id);
    let path = routes::interaction(id);
    let here = path.clone();
    let current = Memo::new(move |_| go.is_at(&here, false));
    Either::Right(view! {
        <a
            class="tray-row"
            data-testid="tray-row"
            data-unread=move || row.with(|row| row.unread).to_string()
            href=move || format!("{path}{}", go.search())
            aria-current=move || current.get().then_some("page")
        >
            {inside}
        </a>
    })
}

/// Takes what waits, where the campaign lets agents take and it is this one's turn.
#[component]
fn Take(row: Signal<InteractionSummary>) -> impl IntoView {
    let i18n = use_i18n();
    let (api, go, toasts, queue) = (use_api(), routes::use_go(), use_toasts(), use_portal().queue);
    let busy = RwSignal::new(false);
    let offered = Memo::new(move |_| row.with(|row| row.pull && row.takeable != Some(false)));
    let take = move |_| {
        let id = row.with_untracked(|row| row.id);
        busy.set(true);
        leptos::task::spawn_local(async move {
            let outcome = api.take_interaction(id).await;
            let _ = busy.try_set(false);
            match outcome {
                Ok(_) => go.to(&routes::interaction(id)),
                Err(error) => {
                    // The words name who has it, or why it is not for him.
                    let words = detail(&error);
                    toasts.bad(Arc::new(move |locale| {
                        let text = error_text(locale, &error);
                        words.as_ref().map_or_else(|| text.clone(), |words| format!("{text} {words}"))
                    }));
                    queue.fetch();
                }
            }
        });
    };
    move || {
        offered.get().then(|| {
            view! {
                <span class="tray-row-take">
                    <Button small=true look=Look::Primary busy=busy on:click=take>{txt!(i18n, inbox.take)}</Button>
                </span>
            }
        })
    }
}

#[component]
fn RowInside(row: Signal<InteractionSummary>) -> impl IntoView {
    let i18n = use_i18n();
    let who = Memo::new(move |_| {
        row.with(|row| if row.contact_name.is_empty() { row.contact_address.clone() } else { row.contact_name.clone() })
    });
    let subject = Memo::new(move |_| row.with(|row| row.subject.clone()));
    let at = Memo::new(move |_| {
        row.with(|row| if row.state == InteractionState::Waiting { row.arrived_at } else { row.last_message_at })
    });
    let unread = Memo::new(move |_| row.with(|row| row.unread && row.state == InteractionState::Assigned));
    let page_clock = use_clock();
    let alarm = Memo::new(move |_| {
        let now = Timestamp::from_millis(page_clock.minute());
        row.with(|row| row.alarm.map_or(Alarm::Calm, |times| times.at(now)))
    });
    let awaits = Memo::new(move |_| row.with(|row| row.awaits_answer && row.state == InteractionState::Assigned));
    view! {
        <span class="tray-row-top">
            {move || {
                unread
                    .get()
                    .then(|| {
                        view! {
                            <span class="tray-unread" aria-hidden="true"></span>
                            <span class="visually-hidden">{txt!(i18n, inbox.unread)} " "</span>
                        }
                    })
            }}
            <span class="tray-row-who">{who}</span>
            <TimeAgo at=at />
        </span>
        <span class="tray-row-subject">
            {move || {
                row.with(|row| row.direction == Direction::Out)
                    .then(|| view! { <Icon glyph=icondata::LuSend /> })
            }}
            <span>
                {move || subject.with(|text| if text.is_empty() { word!(i18n, inbox.no_subject) } else { text.clone() })}
            </span>
        </span>
        <span class="tray-row-snippet">{move || row.with(|row| row.snippet.clone())}</span>
        <span class="tray-row-marks">
            <Badge tint=Tint::Quiet>{move || row.with(|row| row.campaign_name.clone())}</Badge>
            {move || late(i18n, alarm.get(), row.with(|row| row.state == InteractionState::Waiting))}
            {move || {
                awaits
                    .get()
                    .then(|| {
                        view! {
                            <span class="tray-mark tray-mark-open">
                                <Icon glyph=icondata::LuReply />
                                {txt!(i18n, inbox.to_answer)}
                            </span>
                        }
                    })
            }}
            {move || {
                let count = row.with(|row| row.message_count);
                (count > 1)
                    .then(|| {
                        view! {
                            <span class="tray-mark" data-tip=move || plural!(i18n.get_locale(), inbox.mails, count)>
                                <Icon glyph=icondata::LuMail />
                                {count}
                            </span>
                        }
                    })
            }}
        </span>
    }
}

/// That it waits, or is held, for long: by sign and word, not by colour alone.
fn late(i18n: I18n, alarm: Alarm, waits: bool) -> Option<impl IntoView> {
    let (tint, glyph) = match alarm {
        Alarm::Calm => return None,
        Alarm::Near => (Tint::Warn, icondata::LuTriangleAlert),
        Alarm::Over => (Tint::Bad, icondata::LuOctagonAlert),
    };
    let words = move || match (waits, alarm) {
        (true, Alarm::Over) => word!(i18n, inbox.waits_too_long),
        (true, _) => word!(i18n, inbox.waits_long),
        (false, Alarm::Over) => word!(i18n, inbox.held_too_long),
        (false, _) => word!(i18n, inbox.held_long),
    };
    Some(view! {
        <Badge tint=tint>
            <Icon glyph=glyph />
            {words}
        </Badge>
    })
}

/// A started mail that is still being written.
#[component]
pub fn DraftRow(
    /// The draft.
    draft: Memo<DraftView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let go = routes::use_go();
    let path = routes::start(draft.with_untracked(|draft| draft.id));
    let here = path.clone();
    let to =
        Memo::new(move |_| draft.with(|draft| draft.to.iter().map(recipients::short).collect::<Vec<_>>().join(", ")));
    let subject = Memo::new(move |_| draft.with(|draft| draft.subject.clone()));
    let at = Memo::new(move |_| draft.with(|draft| draft.updated_at));
    view! {
        <a
            class="tray-row"
            data-testid="draft-row"
            href=path
            aria-current=move || go.is_at(&here, false).then_some("page")
        >
            <span class="tray-row-top">
                <span class="tray-row-who">
                    {move || to.with(|to| if to.is_empty() { word!(i18n, inbox.no_recipient) } else { to.clone() })}
                </span>
                <TimeAgo at=at />
            </span>
            <span class="tray-row-subject">
                <span>
                    {move || {
                        subject.with(|text| if text.is_empty() { word!(i18n, inbox.no_subject) } else { text.clone() })
                    }}
                </span>
            </span>
            <span class="tray-row-marks">
                <Badge tint=Tint::Info>
                    <Icon glyph=icondata::LuPencil />
                    {txt!(i18n, inbox.draft)}
                </Badge>
            </span>
        </a>
    }
}
