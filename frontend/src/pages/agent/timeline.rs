//! What stands between the mails: notes, and what people did; the tags on top.

use super::conversation::{Open, use_open};
use crate::{
    api::{ApiError, use_api},
    components::{Avatar, Icon, IconButton, TimeAgo},
    format::intl,
    i18n::{I18n, error_text, keys, txt, use_i18n, word},
    state::{
        commands::{Choice, Pick, use_commands},
        confirm::{Question, use_confirm},
        session::use_session,
        toasts::{say, use_toasts},
    },
};
use leptos::prelude::*;
use shared::{
    api::timeline::{ActivityKind, ActivityView, SetTags, TagView, Timeline},
    time::Timestamp,
};
use std::sync::Arc;

/// A row between the mails.
#[component]
pub fn ActivityRow(
    /// What it shows.
    activity: ActivityView,
) -> impl IntoView {
    match activity.kind {
        ActivityKind::Note => view! { <NoteCard note=activity /> }.into_any(),
        _ => view! { <DoneLine done=activity /> }.into_any(),
    }
}

#[component]
fn NoteCard(note: ActivityView) -> impl IntoView {
    let i18n = use_i18n();
    let (open, session, confirm) = (use_open(), use_session(), use_confirm());
    let (api, toasts) = (use_api(), use_toasts());
    let who = note.actor_name.clone().unwrap_or_default();
    let name = who.clone();
    let own = session.me_untracked().map(|me| me.id) == note.actor_id;
    let id = note.id;
    let text = note.text.clone();
    let edited = note.edited_at.is_some();
    let remove = move |_| {
        confirm.ask(Question {
            title: say!(inbox.note_remove_title),
            body: say!(inbox.note_remove_body),
            action: say!(common.delete),
            danger: true,
            on_yes: Arc::new(move || {
                leptos::task::spawn_local(async move {
                    match api.remove_note(id).await {
                        Ok(()) => open.renew_timeline().await,
                        Err(error) => toasts.bad(Arc::new(move |locale| error_text(locale, &error))),
                    }
                });
            }),
        });
    };
    view! {
        <li class="note" data-testid="note">
            <article aria-label=txt!(i18n, inbox.note_of, who = name.as_str())>
                <header class="note-head">
                    <Avatar name=who.clone() />
                    <strong>{who.clone()}</strong>
                    <span class="note-mark"><Icon glyph=icondata::LuStickyNote />{txt!(i18n, inbox.note_mark)}</span>
                    {edited.then(|| view! { <span class="note-mark">{txt!(i18n, inbox.note_edited)}</span> })}
                    <span class="spring"></span>
                    {own
                        .then(|| {
                            let text = text.clone();
                            view! {
                                <IconButton
                                    small=true
                                    glyph=icondata::LuPencil
                                    label=txt!(i18n, inbox.note_edit)
                                    on:click=move |_| open.errand.set(Some(super::errand::Errand::EditNote(id, text.clone())))
                                />
                                <IconButton
                                    small=true
                                    glyph=icondata::LuTrash2
                                    label=txt!(i18n, inbox.note_remove)
                                    on:click=remove
                                />
                            }
                        })}
                    <TimeAgo at=note.at />
                </header>
                <p class="note-text">{note.text.clone()}</p>
            </article>
        </li>
    }
}

#[component]
fn DoneLine(done: ActivityView) -> impl IntoView {
    let i18n = use_i18n();
    let glyph = match done.kind {
        ActivityKind::Note => icondata::LuStickyNote,
        ActivityKind::Finished => icondata::LuCheck,
        ActivityKind::Transferred | ActivityKind::Moved => icondata::LuArrowRight,
        ActivityKind::Returned => icondata::LuUndo2,
        ActivityKind::Snoozed => icondata::LuClock,
        ActivityKind::Woken => icondata::LuBell,
    };
    let (at, kind, text) = (done.at, done.kind.as_str(), done.text.clone());
    view! {
        <li class="done" data-testid="done" data-kind=kind>
            <Icon glyph=glyph />
            <span class="done-words">
                {move || words(i18n, &done)}
                {(!text.is_empty()).then(|| view! { <q class="done-note">{text}</q> })}
            </span>
            <TimeAgo at=at />
        </li>
    }
}

/// What was done, in a sentence.
fn words(i18n: I18n, done: &ActivityView) -> String {
    let who = done.actor_name.as_deref().unwrap_or("");
    let target = done.target.as_deref().unwrap_or("");
    let time = |at: Timestamp| intl::when(i18n.get_locale(), at, intl::When::Moment);
    match (done.kind, done.actor_name.is_some()) {
        (ActivityKind::Finished, _) if target.is_empty() => word!(i18n, inbox.done_finished, who = who),
        (ActivityKind::Finished, _) => word!(i18n, inbox.done_finished_as, who = who, how = target),
        (ActivityKind::Transferred, _) => word!(i18n, inbox.done_transferred, who = who, to = target),
        (ActivityKind::Moved, _) => word!(i18n, inbox.done_moved, who = who, to = target),
        (ActivityKind::Returned, _) => word!(i18n, inbox.done_returned, who = who),
        (ActivityKind::Snoozed, _) => match done.until {
            Some(until) => word!(i18n, inbox.done_snoozed, who = who, when = time(until).as_str()),
            None => word!(i18n, inbox.done_snoozed_open, who = who),
        },
        (ActivityKind::Woken, true) => word!(i18n, inbox.done_woken_by, who = who),
        (ActivityKind::Woken, false) => word!(i18n, inbox.done_woken),
        (ActivityKind::Note, _) => String::new(),
    }
}

/// The tags of the conversation, and the way to change them.
#[component]
pub fn TagLine() -> impl IntoView {
    let i18n = use_i18n();
    let open = use_open();
    let tagging = Tagging::of(open);
    view! {
        <span class="tags">
            {move || {
                open.timeline
                    .with(|timeline| timeline.tags.clone())
                    .into_iter()
                    .map(|tag| {
                        let (name, said) = (tag.clone(), tag.clone());
                        view! {
                            <span class="tag">
                                {tag}
                                <IconButton
                                    small=true
                                    glyph=icondata::LuX
                                    label=txt!(i18n, inbox.tag_remove, tag = said.as_str())
                                    on:click=move |_| tagging.without(&name)
                                />
                            </span>
                        }
                    })
                    .collect_view()
            }}
            <IconButton small=true glyph=icondata::LuTag label=txt!(i18n, inbox.tag) on:click=move |_| tagging.choose(i18n) />
        </span>
    }
}

/// Tags a conversation. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Tagging {
    open: Open,
    api: crate::api::Api,
    toasts: crate::state::toasts::Toasts,
    commands: crate::state::commands::Commands,
}

impl Tagging {
    /// Of the open one.
    pub fn of(open: Open) -> Self {
        Self { open, api: use_api(), toasts: use_toasts(), commands: use_commands() }
    }

    fn without(self, name: &str) {
        let tags = self.open.timeline.with_untracked(|timeline| timeline.tags.clone());
        self.set(tags.into_iter().filter(|tag| tag != name).collect());
    }

    /// Shown at once; back again if the server says no.
    fn set(self, tags: Vec<String>) {
        let before = self.open.timeline.get_untracked();
        self.open.timeline.update(|timeline| timeline.tags = tags.clone());
        leptos::task::spawn_local(async move {
            match self.api.set_tags(self.open.id, &SetTags { tags }).await {
                Ok(timeline) => drop(self.open.timeline.try_set(timeline)),
                Err(error) => {
                    let _ = self.open.timeline.try_update(|timeline: &mut Timeline| timeline.tags = before.tags);
                    self.toasts.bad(Arc::new(move |locale| error_text(locale, &error)));
                }
            }
        });
    }

    async fn all_tags(self) -> Result<Vec<TagView>, ApiError> {
        let mut tags = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.api.list_tags(cursor.as_deref()).await?;
            tags.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(tags);
            }
        }
    }

    /// Has a tag chosen, or a new one typed.
    pub fn choose(self, i18n: I18n) {
        // Not the owner's: the menu that this was picked from closes at once.
        let known = ArcRwSignal::new(None::<Vec<TagView>>);
        let coming = known.clone();
        leptos::task::spawn_local(async move {
            match self.all_tags().await {
                Ok(tags) => coming.set(Some(tags)),
                Err(error) => {
                    coming.set(Some(Vec::new()));
                    self.toasts.bad(Arc::new(move |locale| error_text(locale, &error)));
                }
            }
        });
        let lines = move |typed: String| {
            let known = known.get()?;
            let there = self.open.timeline.try_with(|timeline| timeline.tags.clone())?;
            let add = move |name: String| -> Arc<dyn Fn() + Send + Sync> {
                Arc::new(move || {
                    // Another conversation may have come in its place while this was chosen.
                    let now = self.open.timeline.try_with_untracked(|timeline| timeline.tags.clone());
                    let Some(mut tags) = now else { return };
                    tags.push(name.clone());
                    self.set(tags);
                })
            };
            let mut lines: Vec<Choice> = known
                .iter()
                .filter(|tag| !there.contains(&tag.name) && crate::format::matches(&tag.name, &typed))
                .map(|tag| Choice {
                    label: tag.name.clone(),
                    note: tag.conversations.to_string(),
                    run: add(tag.name.clone()),
                })
                .collect();
            let new = typed.trim().to_owned();
            let fold = |text: &str| crate::format::fold(text);
            if !new.is_empty() && !known.iter().any(|tag| fold(&tag.name) == fold(&new)) {
                let label = word!(i18n, inbox.tag_new, tag = new.as_str());
                lines.push(Choice { label, note: String::new(), run: add(new) });
            }
            Some(lines)
        };
        self.commands.choose(Pick { title: keys::inbox::tag, lines: Arc::new(lines) });
    }
}
