//! Short notices at the edge of the screen, some with a way back.

use crate::i18n::Locale;
use leptos::prelude::*;
use std::{sync::Arc, time::Duration};

/// A text that knows every language. Unlike a signal it outlives the page that said it.
pub type Say = Arc<dyn Fn(Locale) -> String + Send + Sync>;

/// A [`Say`] of a closure.
pub fn saying(text: impl Fn(Locale) -> String + Send + Sync + 'static) -> Say {
    Arc::new(text)
}

/// A [`Say`] of a key: `say!(inbox.finished)`.
macro_rules! say {
    ($($key:tt)*) => {
        $crate::state::toasts::saying(move |locale| crate::i18n::td_string!(locale, $($key)*).to_string())
    };
}
pub(crate) use say;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It worked.
    Good,
    /// It did not.
    Bad,
    /// Good to know.
    Info,
}

/// One notice.
#[derive(Clone)]
pub struct Toast {
    /// Names it.
    pub id: u64,
    /// What it is about.
    pub tone: Tone,
    /// What it says.
    pub text: Say,
    /// A way back or on.
    pub action: Option<Action>,
    /// Counts down to this time, in milliseconds since 1970 on the clock of the page.
    pub until: Option<i64>,
}

/// A button on a notice.
#[derive(Clone)]
pub struct Action {
    /// What it is called.
    pub label: Say,
    /// What it does; the notice goes.
    pub run: Arc<dyn Fn() + Send + Sync>,
}

/// All notices. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Toasts {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u64>,
}

const SHOWN: Duration = Duration::from_secs(6);
const SHOWN_BAD: Duration = Duration::from_secs(12);

impl Toasts {
    /// None yet.
    pub fn new() -> Self {
        Self { list: RwSignal::new(Vec::new()), next: StoredValue::new(1) }
    }

    /// What is shown; reactive.
    pub fn list(self) -> Vec<Toast> {
        self.list.get()
    }

    /// Says that it worked.
    pub fn good(self, text: Say) {
        self.show(Tone::Good, text, None, None, SHOWN);
    }

    /// Says that it worked, with a way back.
    pub fn good_but(self, text: Say, action: Action) {
        self.show(Tone::Good, text, Some(action), None, SHOWN_BAD);
    }

    /// Says that it did not.
    pub fn bad(self, text: Say) {
        self.show(Tone::Bad, text, None, None, SHOWN_BAD);
    }

    /// Says something with a way back until `until`; `left` is how long that is.
    pub fn count_down(self, text: Say, action: Action, until: i64, left: Duration) {
        self.show(Tone::Info, text, Some(action), Some(until), left);
    }

    fn show(self, tone: Tone, text: Say, action: Option<Action>, until: Option<i64>, shown: Duration) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.list.update(|list| list.push(Toast { id, tone, text, action, until }));
        set_timeout(move || self.dismiss(id), shown);
    }

    /// Takes a notice away.
    pub fn dismiss(self, id: u64) {
        if self.list.with_untracked(|list| list.iter().any(|toast| toast.id == id)) {
            self.list.update(|list| list.retain(|toast| toast.id != id));
        }
    }
}

/// The notices of the page.
pub fn use_toasts() -> Toasts {
    expect_context()
}
