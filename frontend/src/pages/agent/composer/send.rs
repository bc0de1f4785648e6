//! Sending: all is stored first, the same press never sends twice, and there is a way back for some seconds.

use super::{ComposerHost, Sent, desk::Desk, rich_text::RichTextHandle};
use crate::{
    api::Api,
    dom::random_token,
    i18n::error_text,
    pages::agent::inbox::{Portal, use_portal},
    routes::{self, Go, use_go},
    state::{
        autosave::Saved,
        clock::{Clock, use_clock},
        confirm::{Confirm, Question, use_confirm},
        forms::FormErrors,
        recipients,
        toasts::{Action, Toasts, say, use_toasts},
    },
};
use leptos::prelude::*;
use shared::{
    api::{
        drafts::{SendDraft, SentDraft},
        interactions::FinishInteraction,
    },
    error::ErrorCode,
    validate::Rule,
};
use std::{sync::Arc, time::Duration};

/// Words that promise a file, in the languages of the page.
const PROMISES: [&str; 6] = ["adjunto", "adjunta", "attached", "attachment", "enclosed", "anexo"];

/// Sends the draft of a composer. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Sender {
    desk: Desk,
    editor: RichTextHandle,
    errors: FormErrors,
    host: ComposerHost,
    portal: Portal,
    toasts: Toasts,
    confirm: Confirm,
    clock: Clock,
    go: Go,
    /// Stays the same until the mail is out or its content changes, so that repeats have one effect.
    key: StoredValue<(String, Option<crate::state::autosave::Content>)>,
    /// How the interaction ends with it, if it does.
    finish: StoredValue<Option<FinishInteraction>>,
    /// Under way.
    pub busy: RwSignal<bool>,
    /// The customer has written meanwhile; the agent is asked.
    pub asks_outdated: RwSignal<bool>,
}

impl Sender {
    /// For a composer.
    pub fn new(desk: Desk, editor: RichTextHandle, errors: FormErrors, host: ComposerHost) -> Self {
        Self {
            desk,
            editor,
            errors,
            host,
            portal: use_portal(),
            toasts: use_toasts(),
            confirm: use_confirm(),
            clock: use_clock(),
            go: use_go(),
            key: StoredValue::new((random_token(), None)),
            finish: StoredValue::new(None),
            busy: RwSignal::new(false),
            asks_outdated: RwSignal::new(false),
        }
    }

    /// Sends; with `finish` the interaction is finished with it. Warns first of what looks like a slip (S111).
    pub fn send(self, finish: Option<FinishInteraction>, sure: bool) {
        if self.busy.get_untracked() || self.asks_conflict() || !self.judge() {
            return;
        }
        self.finish.set_value(finish.clone());
        if !sure && let Some(question) = self.slip(finish) {
            self.confirm.ask(question);
            return;
        }
        self.start(false);
    }

    /// Sends and finishes: how it ends is asked where there is a choice.
    pub fn send_and_finish(self) {
        if !self.busy.get_untracked() && !self.asks_conflict() && self.judge() {
            self.host.ask_how_it_ends.run(Arc::new(move |how| {
                // The composer may be gone by then.
                if self.busy.try_get_untracked() == Some(false) {
                    self.send(Some(how), false);
                }
            }));
        }
    }

    /// Sends although the customer has written meanwhile.
    pub fn send_outdated(self) {
        // Another request than the one that was refused.
        self.key.set_value((random_token(), None));
        self.start(true);
    }

    /// Which text is meant must be clear before one of them is sent. Whether that is asked.
    fn asks_conflict(self) -> bool {
        let open = self.desk.conflict.with_untracked(Option::is_some);
        if open {
            self.desk.asks_conflict.set(true);
        }
        open
    }

    fn judge(self) -> bool {
        let content = self.desk.content.get_untracked();
        self.errors.clear();
        for (pointer, list) in [("to", &content.to), ("cc", &content.cc), ("bcc", &content.bcc)] {
            if list.iter().any(|address| !recipients::is_good(address)) {
                self.wrong(pointer, Rule::NotAnAddress);
                return false;
            }
        }
        if content.to.is_empty() && content.cc.is_empty() && content.bcc.is_empty() {
            self.wrong("to", Rule::Required);
            return false;
        }
        true
    }

    fn wrong(self, pointer: &str, rule: Rule) {
        self.errors.wrong(pointer, rule);
        request_animation_frame(|| {
            if let Some(body) = document().body() {
                crate::dom::focus_first(&body, ".composer [aria-invalid=true]");
            }
        });
    }

    fn slip(self, finish: Option<FinishInteraction>) -> Option<Question> {
        let content = self.desk.content.get_untracked();
        let body = if self.editor.is_uploading() || self.desk.uploading.with_untracked(|list| !list.is_empty()) {
            say!(editor.slip_uploading)
        } else if self.editor.is_empty() {
            say!(editor.slip_empty)
        } else if content.subject.trim().is_empty() {
            say!(editor.slip_subject)
        } else if self.desk.attachments.with_untracked(Vec::is_empty) && promises_file(&content.html) {
            say!(editor.slip_attachment)
        } else {
            return None;
        };
        Some(Question {
            title: say!(editor.slip_title),
            body,
            action: say!(editor.slip_send),
            danger: false,
            on_yes: Arc::new(move || self.send(finish.clone(), true)),
        })
    }

    fn start(self, confirm_outdated: bool) {
        self.busy.set(true);
        leptos::task::spawn_local(async move {
            self.run(confirm_outdated).await;
            let _ = self.busy.try_set(false);
        });
    }

    async fn run(self, confirm_outdated: bool) {
        if !self.desk.flush().await {
            // What the server does not take is said beside the text, and a conflict asks.
            if matches!(self.desk.status.try_get_untracked(), Some(Saved::Conflict)) {
                return;
            }
            self.toasts.bad(say!(editor.not_sent_unsaved));
            return;
        }
        let content = self.desk.content.get_untracked();
        // The server remembers a key with its request: another content needs another key.
        self.key.update_value(|(key, of)| {
            if of.as_ref().is_some_and(|of| *of != content) {
                *key = random_token();
            }
            *of = Some(content);
        });
        let key = self.key.with_value(|(key, _)| key.clone());
        let finish = self.finish.get_value();
        let finished = finish.is_some();
        let FinishInteraction { note, disposition_id } = finish.unwrap_or_default();
        let request = SendDraft { confirm_outdated, undo_seconds: None, finish: finished, disposition_id, note };
        match self.desk.api().send_draft(self.desk.id, &key, &request).await {
            Ok(answer) => {
                self.desk.done();
                self.offer_undo(&answer);
                let _ = self.host.on_sent.try_run(Sent { answer, finished });
            }
            Err(error) if error.code() == Some(ErrorCode::ConversationMoved) => {
                let _ = self.asks_outdated.try_set(true);
            }
            Err(error) => {
                self.errors.adopt(&error);
                self.toasts.bad(Arc::new(move |locale| error_text(locale, &error)));
            }
        }
    }

    fn offer_undo(self, answer: &SentDraft) {
        let left = answer.due_at.millis() - self.clock.now();
        let Ok(left) = u64::try_from(left) else { return };
        if left < 500 {
            self.toasts.good(say!(editor.sent));
            return;
        }
        let (api, go, toasts, portal) = (self.desk.api(), self.go, self.toasts, self.portal);
        let message = answer.message_id;
        let action = Action {
            label: say!(common.undo),
            run: Arc::new(move || leptos::task::spawn_local(take_back(api, go, toasts, portal, message))),
        };
        self.toasts.count_down(say!(editor.sending), action, answer.due_at.millis(), Duration::from_millis(left));
    }
}

/// Takes a mail back and opens what was written.
async fn take_back(api: Api, go: Go, toasts: Toasts, portal: Portal, message: shared::ids::MessageId) {
    match api.cancel_message(message).await {
        Ok(cancelled) => {
            let draft = cancelled.draft;
            let path = match (draft.kind, draft.interaction_id) {
                (shared::api::drafts::DraftKind::New, _) | (_, None) => routes::start(draft.id),
                (_, Some(interaction)) => routes::interaction(interaction),
            };
            let _ = portal.taken_back.try_set(Some(draft));
            go.to(&path);
        }
        Err(error) => toasts.bad(Arc::new(move |locale| error_text(locale, &error))),
    }
}

/// Whether the agent speaks of a file in what he wrote.
fn promises_file(html: &str) -> bool {
    let words = crate::format::fold(html);
    PROMISES.iter().any(|promise| words.contains(promise))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promised_file_is_noticed_in_both_languages() {
        assert!(promises_file("<div>Le envío la factura ADJUNTA.</div>"));
        assert!(promises_file("<div>Please find attached…</div>"));
        assert!(!promises_file("<div>Gracias por su mensaje.</div>"));
    }
}
