//! A draft on the desk: binds the autosave to the server, to a copy in this tab, and to signals.

use crate::i18n::td_string;
use crate::{
    api::{Api, ApiError, use_api},
    dom::storage::{self, Area},
    i18n::{Locale, error_text, issue_text},
    state::{
        autosave::{Autosave, Content, Saved},
        clock::{Clock, use_clock},
        session::use_session,
        toasts::{Say, Toasts, use_toasts},
    },
};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use shared::{
    api::{
        attachments::AttachmentView,
        drafts::{DraftView, UpdateDraft},
    },
    error::ErrorCode,
    ids::DraftId,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How often the autosave looks whether something is due.
const BEAT: Duration = Duration::from_millis(200);
/// How long to wait for a request under way before looking again, in milliseconds, and how often.
const STEP: u32 = 25;
const STEPS: u32 = 400;

/// What this tab keeps until the server has it.
#[derive(Serialize, Deserialize)]
struct Copy {
    version: i64,
    content: Content,
}

/// A draft being written. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Desk {
    api: Api,
    clock: Clock,
    toasts: Toasts,
    /// The draft.
    pub id: DraftId,
    save: StoredValue<Arc<Mutex<Autosave>>>,
    /// What is written.
    pub content: RwSignal<Content>,
    /// How the saving goes.
    pub status: RwSignal<Saved>,
    /// The other version, while the agent must choose.
    pub conflict: RwSignal<Option<DraftView>>,
    /// He is being asked to: he may put it off, until he sends.
    pub asks_conflict: RwSignal<bool>,
    /// Why the server does not take what was written.
    pub refusal: RwSignal<Option<ApiError>>,
    /// Grows when the text was replaced from outside the editor.
    pub replaced: RwSignal<u32>,
    /// Files that go along.
    pub attachments: RwSignal<Vec<AttachmentView>>,
    /// Names of files that are on their way to the server.
    pub uploading: RwSignal<Vec<String>>,
    /// Octets that a file may have at most.
    pub max_file_size: i64,
}

impl Desk {
    /// Puts a draft on the desk; what this tab kept and the server never got comes back.
    pub fn open(draft: DraftView) -> Self {
        let save = Arc::new(Mutex::new(Autosave::new(&draft)));
        let desk = Self {
            api: use_api(),
            clock: use_clock(),
            toasts: use_toasts(),
            id: draft.id,
            save: StoredValue::new(Arc::clone(&save)),
            content: RwSignal::new(Content::of(&draft)),
            status: RwSignal::new(Saved::Untouched),
            conflict: RwSignal::new(None),
            asks_conflict: RwSignal::new(false),
            refusal: RwSignal::new(None),
            replaced: RwSignal::new(0),
            attachments: RwSignal::new(draft.attachments.clone()),
            uploading: RwSignal::new(Vec::new()),
            max_file_size: use_session().me_untracked().map_or(i64::MAX, |me| me.max_file_size),
        };
        desk.restore(&draft);
        if let Ok(beat) = set_interval_with_handle(move || desk.beat(), BEAT) {
            on_cleanup(move || beat.clear());
        }
        let leaving = window_event_listener(leptos::ev::beforeunload, move |event| {
            if desk.with(Autosave::is_dirty) == Some(true) {
                desk.keep_copy();
                event.prevent_default();
            }
        });
        on_cleanup(move || {
            leaving.remove();
            // The page goes elsewhere: what is not stored yet is sent after it.
            leptos::task::spawn_local(desk.store_rest(save));
        });
        desk
    }

    fn restore(self, draft: &DraftView) {
        let Some(text) = storage::read(Area::Tab, &copy_key(self.id)) else { return };
        let Ok(copy) = crate::api::json::read::<Copy>(&text) else { return };
        if copy.content.is_same(&Content::of(draft)) {
            storage::remove(Area::Tab, &copy_key(self.id));
            return;
        }
        if copy.version != draft.version {
            // It was changed elsewhere since: the agent chooses.
            self.with_mut(|save| save.restored(draft));
            self.ask(draft.clone());
        }
        self.edit(|content| *content = copy.content);
    }

    /// Something was written.
    pub fn edit(self, change: impl FnOnce(&mut Content)) {
        let now = self.clock.now();
        let typed = self.with_mut(|save| {
            save.edit(now, change);
            save.typed().clone()
        });
        if let Some(typed) = typed
            && self.content.with_untracked(|known| *known != typed)
        {
            self.content.set(typed);
            self.keep_copy();
        }
        self.show();
    }

    fn beat(self) {
        let now = self.clock.now();
        if let Some(Some((version, change))) = self.with_mut(|save| save.take_due(now)) {
            self.show();
            if let Some(save) = self.save.try_get_value() {
                leptos::task::spawn_local(self.store(save, version, change));
            }
        }
    }

    /// Stores a change. Goes on after the composer has gone, so `save` is held and not looked up.
    async fn store(self, save: Arc<Mutex<Autosave>>, version: i64, change: UpdateDraft) {
        let outcome = self.api.update_draft(self.id, version, &change).await;
        let now = self.clock.now();
        match outcome {
            Ok(draft) => {
                lock(&save).stored(&draft, now);
                let _ = self.refusal.try_set(None);
                // What is left to store was typed over the new version, not over the one before.
                self.keep_rest(&save);
            }
            Err(error) if error.code() == Some(ErrorCode::VersionMismatch) => self.look_again(&save).await,
            Err(error) if error.is_passing() => lock(&save).failed(now),
            Err(error) => {
                let news = lock(&save).refused();
                let _ = self.refusal.try_set(Some(error.clone()));
                if news {
                    self.toasts.bad(Arc::new(move |locale| refusal_text(locale, &error)));
                }
            }
        }
        self.show();
    }

    async fn look_again(self, save: &Arc<Mutex<Autosave>>) {
        let outcome = self.api.get_draft(self.id).await;
        let now = self.clock.now();
        match outcome {
            Ok(theirs) => {
                let asks = lock(save).moved(&theirs, now);
                self.keep_rest(save);
                if asks {
                    self.ask(theirs);
                }
            }
            Err(error) => {
                lock(save).failed(now);
                if !error.is_passing() {
                    self.say(error);
                }
            }
        }
    }

    /// Stores what is left once the composer has gone, after the request that may be under way.
    async fn store_rest(self, save: Arc<Mutex<Autosave>>) {
        for _ in 0..STEPS {
            let (busy, next) = {
                let mut save = lock(&save);
                (save.is_busy(), save.take_now())
            };
            match next {
                Some((version, change)) => self.store(Arc::clone(&save), version, change).await,
                None if busy => TimeoutFuture::new(STEP).await,
                None => return,
            }
            if matches!(lock(&save).status(), Saved::Away | Saved::Conflict | Saved::Refused) {
                // The copy in this tab keeps it.
                return;
            }
        }
    }

    fn ask(self, theirs: DraftView) {
        if self.conflict.try_set(Some(theirs)).is_none() {
            let _ = self.asks_conflict.try_set(true);
        }
    }

    /// Waits until everything is stored. Whether it is: not while the server is away or a conflict is open.
    pub async fn flush(self) -> bool {
        for _ in 0..STEPS {
            let Some((busy, next)) = self.with_mut(|save| (save.is_busy(), save.take_now())) else { return false };
            match next {
                Some((version, change)) => {
                    let Some(save) = self.save.try_get_value() else { return false };
                    self.store(save, version, change).await;
                }
                // A request of the beat is under way; its answer decides.
                None if busy => TimeoutFuture::new(STEP).await,
                None => break,
            }
            if matches!(self.status.try_get_untracked(), None | Some(Saved::Away | Saved::Conflict | Saved::Refused)) {
                return false;
            }
        }
        self.with(|save| !save.is_dirty() && !save.is_busy()) == Some(true)
    }

    /// The agent keeps his own text.
    pub fn keep_mine(self) {
        if let Some(theirs) = self.conflict.get_untracked() {
            let now = self.clock.now();
            self.with_mut(|save| save.keep_mine(&theirs, now));
            self.keep_copy();
            self.conflict.set(None);
            self.asks_conflict.set(false);
            self.show();
        }
    }

    /// The agent takes the other text.
    pub fn take_theirs(self) {
        if let Some(theirs) = self.conflict.get_untracked() {
            self.with_mut(|save| *save = Autosave::new(&theirs));
            self.content.set(Content::of(&theirs));
            self.attachments.set(theirs.attachments);
            self.replaced.update(|count| *count += 1);
            self.conflict.set(None);
            self.asks_conflict.set(false);
            storage::remove(Area::Tab, &copy_key(self.id));
            self.show();
        }
    }

    /// The draft became a mail, or is gone: nothing is stored any more.
    pub fn done(self) {
        self.with_mut(Autosave::settle);
        storage::remove(Area::Tab, &copy_key(self.id));
    }

    /// Throws the draft away. Whether it is gone.
    pub async fn discard(self) -> bool {
        match self.api.delete_draft(self.id).await {
            Ok(()) => {
                self.done();
                true
            }
            Err(error) if error.code() == Some(ErrorCode::NotFound) => {
                self.done();
                true
            }
            Err(error) => {
                self.say(error);
                false
            }
        }
    }

    /// Says what went wrong.
    pub fn say(self, error: ApiError) {
        self.toasts.bad(Arc::new(move |locale| error_text(locale, &error)));
    }

    /// Says something that is wrong.
    pub fn toast(self, text: Say) {
        self.toasts.bad(text);
    }

    /// The client, for what belongs to this draft.
    pub fn api(self) -> Api {
        self.api
    }

    fn keep_copy(self) {
        if let Some(save) = self.save.try_get_value() {
            self.write_copy(&save);
        }
    }

    /// Keeps a copy of what is not stored yet, and none when all is.
    fn keep_rest(self, save: &Arc<Mutex<Autosave>>) {
        if lock(save).is_dirty() {
            self.write_copy(save);
        } else {
            storage::remove(Area::Tab, &copy_key(self.id));
        }
    }

    fn write_copy(self, save: &Arc<Mutex<Autosave>>) {
        let copy = {
            let save = lock(save);
            Copy { version: save.base(), content: save.typed().clone() }
        };
        if let Ok(text) = serde_json::to_string(&copy) {
            storage::write(Area::Tab, &copy_key(self.id), &text);
        }
    }

    fn show(self) {
        if let Some(now) = self.with(Autosave::status)
            && self.status.try_get_untracked().is_some_and(|known| known != now)
        {
            self.status.set(now);
        }
    }

    fn with<T>(self, read: impl FnOnce(&Autosave) -> T) -> Option<T> {
        self.save.try_with_value(|save| read(&lock(save)))
    }

    fn with_mut<T>(self, change: impl FnOnce(&mut Autosave) -> T) -> Option<T> {
        self.save.try_with_value(|save| change(&mut lock(save)))
    }
}

/// What the server does not take, by field and rule where it named them.
pub(super) fn refusal_text(locale: Locale, error: &ApiError) -> String {
    let Some(issue) = error.issues().first() else { return error_text(locale, error) };
    let field = match issue.pointer.split('/').nth(1) {
        Some("to") => td_string!(locale, editor.to),
        Some("cc") => td_string!(locale, editor.cc),
        Some("bcc") => td_string!(locale, editor.bcc),
        Some("subject") => td_string!(locale, editor.subject),
        Some("campaign_id" | "from_address") => td_string!(locale, editor.from),
        _ => td_string!(locale, editor.text),
    };
    let why = issue_text(locale, issue);
    td_string!(locale, editor.not_saved, field = field, why = why.as_str()).to_string()
}

fn copy_key(id: DraftId) -> String {
    format!("posta.draft.{id}")
}

/// One thread: the lock is free whenever it is asked for.
fn lock(save: &Arc<Mutex<Autosave>>) -> MutexGuard<'_, Autosave> {
    save.lock().unwrap_or_else(PoisonError::into_inner)
}
