//! An open conversation: header, mails, answer; the customer beside it. Follows live events mail by mail.

use super::{
    actions::Actions,
    anchor::Anchor,
    composer::{Composer, ComposerHost, GoOn},
    customer::CustomerPane,
    errand::Errand,
    header::Header,
    inbox::use_portal,
    interaction::{Gap, Opened},
    message::MessageCard,
    older::OlderMails,
    timeline::ActivityRow,
};
use crate::state::effect::{effect, effect_with};
use crate::{
    api::{Api, ApiError, use_api},
    components::{Banner, Button, Tint, rows},
    format::intl,
    i18n::{error_text, txt, use_i18n, word},
    live::store::{Live, use_live},
    routes::use_go,
    state::{
        clock::{Clock, use_clock},
        commands::use_commands,
        conversation::Messages,
        session::use_session,
        toasts::{say, use_toasts},
    },
};
use leptos::{html, prelude::*};
use shared::{
    api::{
        contacts::ContactView,
        conversations::{Delivery, MailAddress, MessageView},
        drafts::DraftView,
        interactions::{Direction, InteractionState, InteractionSummary},
        timeline::{ActivityView, Timeline},
    },
    ids::{ConversationId, MessageId},
    live::LiveEvent,
    page::{MAX_LIMIT, Page, PageQuery},
    time::Timestamp,
};

/// What the parts of an open conversation share. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Open {
    /// Conversation.
    pub id: ConversationId,
    /// The interaction that was opened.
    pub interaction: RwSignal<InteractionSummary>,
    /// Customer.
    pub contact: RwSignal<ContactView>,
    /// Mails.
    pub messages: Messages,
    /// Where the mails before these begin; nothing when all are there.
    pub older: RwSignal<Option<String>>,
    /// What the agent writes.
    pub draft: RwSignal<Option<DraftView>>,
    /// A mail of the customer came while the agent was writing.
    pub moved: RwSignal<bool>,
    /// What stands between the mails.
    pub timeline: RwSignal<Timeline>,
    /// What words are asked for.
    pub errand: RwSignal<Option<Errand>>,
    /// The finish dialog is open.
    pub finishing: RwSignal<bool>,
    /// What goes on once it is known how the interaction ends, when that was asked for a mail.
    pub finish_with: RwSignal<Option<GoOn>>,
    /// The agent holds it: he may answer and finish.
    pub mine: Memo<bool>,
    /// He has set it aside.
    pub aside: Memo<bool>,
    /// Where its row stands in the tray, or stood: what is opened next stands there after it has gone.
    pub place: StoredValue<usize>,
    /// The customer is shown over the conversation, where there is no room beside it.
    pub customer: RwSignal<bool>,
    api: Api,
    /// When the mails were fetched, in milliseconds since 1970: the links in them do not last.
    fetched_at: StoredValue<i64>,
}

/// What the parts of an open conversation share.
pub fn use_open() -> Open {
    expect_context()
}

impl Open {
    /// The newest mail of the customer, which an answer answers; else the newest at all.
    pub fn answered(self) -> Option<MessageId> {
        let newest = self.messages.newest(|message| message.direction == Direction::In && !message.from_stranger);
        newest.or_else(|| self.messages.newest(|_| true)).map(|message| message.id)
    }

    /// Fetches one mail anew, as when a link in it has expired.
    pub async fn renew(self, id: MessageId) -> Option<MessageView> {
        let message = self.api.get_message(id).await.ok()?;
        self.messages.renew(message.clone());
        Some(message)
    }

    /// Fetches anew what stands between the mails. A failure leaves what is shown.
    pub async fn renew_timeline(self) {
        if let Ok(timeline) = self.api.get_timeline(self.id).await {
            let _ = self.timeline.try_set(timeline);
        }
    }

    /// Fetches all anew, behind what is shown.
    async fn fetch_again(self, clock: Clock) {
        let mark = self.messages.mark();
        let Ok(conversation) = self.api.get_conversation(self.id).await else { return };
        let (mut messages, mut older) = (conversation.messages, conversation.older_cursor);
        // As far back as it was read: the links in those mails do not last either.
        while let (Some(read), Some(first)) = (self.messages.oldest(), messages.first())
            && read < first.id
            && let Some(cursor) = older.take()
        {
            let query = PageQuery { limit: Some(MAX_LIMIT), cursor: Some(cursor) };
            let Ok(page) = self.api.list_messages(self.id, &query).await else { return };
            messages.splice(0..0, page.items.into_iter().rev());
            older = page.next_cursor;
        }
        let _ = self.fetched_at.try_set_value(clock.now());
        let _ = self.contact.try_set(conversation.contact);
        let _ = self.older.try_set(older);
        let _ = self.timeline.try_set(conversation.timeline);
        self.messages.replace(messages, mark);
        let newer = |row: &InteractionSummary| {
            row.id == conversation.interaction.id && row.version < conversation.interaction.version
        };
        if self.interaction.try_with_untracked(newer) == Some(true) {
            let _ = self.interaction.try_set(conversation.interaction);
        }
    }

    /// Mails and what stands between them, as they came; reactive.
    fn in_order(self) -> Vec<i64> {
        let mails = self.messages.ids().into_iter().filter_map(|id| {
            let at = self.messages.row(id)?.with_untracked(|message| message.created_at);
            Some((at, id.0))
        });
        let oldest = self.messages.oldest().and_then(|id| self.messages.row(id));
        let from = oldest.map(|row| row.with_untracked(|message| message.created_at));
        let complete = self.older.with(Option::is_none);
        let mut all: Vec<(Timestamp, i64)> = mails.collect();
        self.timeline.with(|timeline| {
            // What happened before the mails that are there comes with them.
            let shown = timeline.activities.iter().filter(|one| complete || from.is_none_or(|from| one.at >= from));
            all.extend(shown.map(|one| (one.at, place_of(one))));
        });
        // At the same moment a mail goes first: what was done was done with it.
        all.sort_by_key(|(at, id)| (*at, *id < 0, id.unsigned_abs()));
        all.into_iter().map(|(_, id)| id).collect()
    }

    /// Fetches the mails before those that are there.
    pub async fn fetch_older(self) -> Result<Page<MessageView>, ApiError> {
        let cursor = self.older.try_get_untracked().flatten();
        self.api.list_messages(self.id, &PageQuery { limit: None, cursor }).await
    }

    /// Everyone who took part, to choose recipients from.
    pub fn participants(self) -> Vec<MailAddress> {
        let mut known: Vec<MailAddress> = Vec::new();
        for id in self.messages.ids() {
            let Some(row) = self.messages.row(id) else { continue };
            row.with(|message| {
                let all = std::iter::once(&message.from).chain(&message.to).chain(&message.cc).chain(&message.reply_to);
                for address in all {
                    if !known.iter().any(|other| other.email == address.email) {
                        known.push(address.clone());
                    }
                }
            });
        }
        known
    }
}

/// Number of an activity among the rows of a conversation, told apart from those of mails. A note that was changed is another
/// row: it is drawn anew.
fn place_of(activity: &ActivityView) -> i64 {
    const CHANGES: i64 = 1 << 12;
    let change = activity.edited_at.map_or(0, |at| at.millis().rem_euclid(CHANGES - 1) + 1);
    -(activity.id.0 * CHANGES + change)
}

/// The open conversation and its customer.
#[component]
pub fn ConversationPane(
    /// What is opened.
    opened: Opened,
    /// What was told about it while it was fetched.
    gap: Gap,
) -> impl IntoView {
    let (api, live, session, portal, go) = (use_api(), use_live(), use_session(), use_portal(), use_go());
    let clock = use_clock();
    let Opened { interaction, conversation, draft } = opened;
    let me = session.me_untracked().map(|me| me.id);
    let id = conversation.id;
    let interaction = RwSignal::new(interaction);
    let open = Open {
        id,
        interaction,
        contact: RwSignal::new(conversation.contact.clone()),
        messages: Messages::new(conversation.messages.clone()),
        older: RwSignal::new(conversation.older_cursor.clone()),
        draft: RwSignal::new(draft),
        moved: RwSignal::new(false),
        timeline: RwSignal::new(conversation.timeline.clone()),
        errand: RwSignal::new(None),
        finishing: RwSignal::new(false),
        finish_with: RwSignal::new(None),
        mine: Memo::new(move |_| interaction.with(|row| row.state == InteractionState::Assigned && row.agent_id == me)),
        aside: Memo::new(move |_| interaction.with(|row| row.state == InteractionState::Snoozed && row.agent_id == me)),
        place: StoredValue::new(0),
        customer: RwSignal::new(false),
        api,
        fetched_at: StoredValue::new(clock.now()),
    };
    provide_context(open);
    follow(open, live, clock);
    let commands = use_commands();
    on_cleanup(move || commands.stop_choosing());
    if gap.end(id) {
        leptos::task::spawn_local(open.fetch_again(clock));
    }
    mark_read(open, api, live);
    effect(move || {
        let here = open.interaction.with_untracked(|row| row.id);
        if let Some(place) = live.active.ids().iter().position(|id| *id == here) {
            open.place.set_value(place);
        }
    });

    // A mail that was taken back is a draft of this conversation again.
    effect(move || {
        let back = portal.taken_back.with(|draft| draft.as_ref().filter(|d| d.conversation_id == Some(id)).cloned());
        if let Some(draft) = back {
            portal.taken_back.set(None);
            open.draft.set(Some(draft));
        }
    });

    let scroller = NodeRef::<html::Div>::new();
    let anchor = Anchor::new(scroller);
    // A mail that comes in does not carry away whoever reads further up; one's own is looked at.
    effect_with(move |before: Option<Option<MessageId>>| {
        let newest = open.messages.newest(|_| true);
        let own = newest.as_ref().is_some_and(|message| message.direction == Direction::Out);
        let last = newest.map(|message| message.id);
        if before.is_some_and(|before| last > before) && (own || anchor.is_held()) {
            anchor.hold();
        }
        last
    });
    effect_with(move |before: Option<bool>| {
        let writing = open.draft.with(Option::is_some);
        if before.is_some_and(|before| before != writing) && writing {
            anchor.hold();
        }
        writing
    });
    let host = ComposerHost {
        known: Signal::derive(move || open.participants()),
        moved: open.moved,
        ask_how_it_ends: super::finish::ask(open),
        on_sent: Callback::new(move |sent: super::composer::Sent| {
            open.draft.set(None);
            open.moved.set(false);
            if sent.finished {
                super::finish::leave(open, live, go);
                return;
            }
            let message = sent.answer.message_id;
            leptos::task::spawn_local(async move {
                let _ = open.renew(message).await;
            });
        }),
        on_discarded: Callback::new(move |()| open.draft.set(None)),
    };
    view! {
        <div class="conversation">
            <Header />
            <div
                class="conversation-scroll"
                node_ref=scroller
                on:wheel=move |_| anchor.release()
                on:touchmove=move |_| anchor.release()
                on:pointerdown=move |_| anchor.release()
                on:keydown=move |_| anchor.release()
            >
                <OlderMails anchor=anchor scroller=scroller />
                <ol class="messages">
                    {rows(
                        move || open.in_order(),
                        move |id| {
                            // Activities are numbered below zero: both lie in one list.
                            if id < 0 {
                                let found = open.timeline.with_untracked(|timeline| {
                                    timeline.activities.iter().find(|one| place_of(one) == id).cloned()
                                });
                                return found.map(|activity| view! { <ActivityRow activity=activity /> }).into_any();
                            }
                            let id = MessageId(id);
                            let Some(row) = open.messages.row(id) else { return ().into_any() };
                            // Only the newest few are drawn in full at first: each is a frame of its own.
                            let ids = untrack(|| open.messages.ids());
                            let rank = ids.iter().rev().position(|other| *other == id).unwrap_or(0);
                            view! { <MessageCard message=row folded={rank >= UNFOLDED} /> }.into_any()
                        },
                    )}
                </ol>
            </div>
            {move || {
                if open.aside.get() {
                    return view! { <AsideNote /> }.into_any();
                }
                if !open.mine.get() {
                    return view! { <ReadOnlyNote /> }.into_any();
                }
                match open.draft.get() {
                    Some(draft) => view! { <Composer draft=draft host=host /> }.into_any(),
                    None => view! { <Actions /> }.into_any(),
                }
            }}
        </div>
        <CustomerPane />
        <super::finish::FinishDialog />
        <super::errand::ErrandDialog />
    }
}

/// For how long the links in what was fetched are used, in milliseconds.
const LINKS_LAST: i64 = 50 * 60_000;

/// Mails that are drawn in full when a conversation opens.
const UNFOLDED: usize = 3;

/// Says until when it is set aside, and brings it back.
#[component]
fn AsideNote() -> impl IntoView {
    let i18n = use_i18n();
    let (open, api, toasts) = (use_open(), use_api(), use_toasts());
    let busy = RwSignal::new(false);
    let back = move |_| {
        busy.set(true);
        let id = open.interaction.with_untracked(|row| row.id);
        leptos::task::spawn_local(async move {
            let outcome = api.wake_interaction(id).await;
            let _ = busy.try_set(false);
            if let Err(error) = outcome {
                toasts.bad(std::sync::Arc::new(move |locale| error_text(locale, &error)));
            }
        });
    };
    view! {
        <div class="conversation-note">
            <Banner tint=Tint::Info>
                {move || match open.interaction.with(|row| row.snoozed_until) {
                    Some(until) => {
                        let when = intl::when(i18n.get_locale(), until, intl::When::Moment);
                        word!(i18n, inbox.note_snoozed, when = when.as_str())
                    }
                    None => word!(i18n, inbox.note_snoozed_open),
                }}
            </Banner>
            <Button busy=busy on:click=back>{txt!(i18n, inbox.wake)}</Button>
        </div>
    }
}

#[component]
fn ReadOnlyNote() -> impl IntoView {
    let i18n = use_i18n();
    let open = use_open();
    view! {
        <div class="conversation-note">
            <Banner tint=Tint::Quiet>
                {move || match open.interaction.with(|row| row.state) {
                    InteractionState::Finished => word!(i18n, inbox.note_finished),
                    InteractionState::Waiting => word!(i18n, inbox.note_waiting),
                    InteractionState::Snoozed | InteractionState::Assigned => word!(i18n, inbox.note_elsewhere),
                }}
            </Banner>
        </div>
    }
}

/// Follows live events of this conversation.
fn follow(open: Open, live: Live, clock: Clock) {
    let (toasts, go) = (use_toasts(), use_go());
    live.listen(move |event| match event {
        LiveEvent::MessageAdded { conversation_id, message_id, .. } if *conversation_id == open.id => {
            let id = *message_id;
            leptos::task::spawn_local(async move {
                if let Some(message) = open.renew(id).await
                    && message.direction == Direction::In
                    && open.draft.try_with_untracked(Option::is_some) == Some(true)
                {
                    let _ = open.moved.try_set(true);
                }
            });
        }
        // Whoever passes it on himself is told so.
        LiveEvent::InteractionGone { interaction_id }
            if open.interaction.try_with_untracked(|row| row.id) == Some(*interaction_id)
                && open.errand.with_untracked(Option::is_none) =>
        {
            toasts.good(say!(inbox.gone_toast));
            super::finish::leave(open, live, go);
        }
        LiveEvent::TimelineChanged { conversation_id } if *conversation_id == open.id => {
            leptos::task::spawn_local(open.renew_timeline());
        }
        LiveEvent::DeliveryChanged { conversation_id, message_id, delivery, due_at, last_reply }
            if *conversation_id == open.id =>
        {
            if *delivery == Delivery::Cancelled {
                open.messages.remove(*message_id);
            } else {
                open.messages.deliver(*message_id, *delivery, *due_at, last_reply.clone());
            }
            // Whom the servers refused stands in the mail only. One from further back than was read stays there; one
            // that is not there yet may be on its way here as it was before.
            if matches!(delivery, Delivery::Sent | Delivery::Failed | Delivery::Bounced)
                && open.messages.oldest().is_none_or(|oldest| oldest <= *message_id)
            {
                let id = *message_id;
                leptos::task::spawn_local(async move {
                    let _ = open.renew(id).await;
                });
            }
        }
        LiveEvent::InteractionChanged { interaction }
            if open
                .interaction
                .try_with_untracked(|row| row.id == interaction.id && row.version <= interaction.version)
                == Some(true) =>
        {
            open.interaction.set(interaction.clone());
        }
        _ => {}
    });
    // After a gap in the connection anything may have happened here.
    effect_with(move |before: Option<u32>| {
        let now = live.snapshots.get();
        if before.is_some_and(|before| before != now) {
            leptos::task::spawn_local(open.fetch_again(clock));
        }
        now
    });
    // The links to files and frames are signed for an hour.
    effect(move || {
        let now = clock.minute();
        if now - open.fetched_at.get_value() > LINKS_LAST {
            // The next try, should this one fail, is a minute later.
            open.fetched_at.set_value(now - LINKS_LAST);
            leptos::task::spawn_local(open.fetch_again(clock));
        }
    });
}

/// What is open and looked at counts as read.
fn mark_read(open: Open, api: Api, live: Live) {
    let unread = Memo::new(move |_| open.mine.get() && open.interaction.with(|row| row.unread));
    let mark = move || {
        if unread.get_untracked() && document().has_focus().unwrap_or(true) {
            let id = open.interaction.with_untracked(|row| row.id);
            open.interaction.update(|row| row.unread = false);
            live.mark_read(id);
            leptos::task::spawn_local(async move {
                let _ = api.open_interaction(id).await;
            });
        }
    };
    effect(move || {
        if unread.get() {
            mark();
        }
    });
    let focus = window_event_listener(leptos::ev::focus, move |_| mark());
    on_cleanup(move || focus.remove());
}
