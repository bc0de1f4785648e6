//! Asking once before something that cannot be undone.

use super::toasts::Say;
use leptos::prelude::*;
use std::sync::Arc;

/// A question, naming the thing.
#[derive(Clone)]
pub struct Question {
    /// What is asked.
    pub title: Say,
    /// What would happen.
    pub body: Say,
    /// What the button says.
    pub action: Say,
    /// It destroys something.
    pub danger: bool,
    /// What happens on yes.
    pub on_yes: Arc<dyn Fn() + Send + Sync>,
}

/// The one who asks. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Confirm {
    question: RwSignal<Option<Question>>,
}

impl Confirm {
    /// Nothing asked.
    pub fn new() -> Self {
        Self { question: RwSignal::new(None) }
    }

    /// Asks.
    pub fn ask(self, question: Question) {
        self.question.set(Some(question));
    }

    /// What is asked; reactive.
    pub fn question(self) -> Option<Question> {
        self.question.get()
    }

    /// Takes the question away.
    pub fn close(self) {
        self.question.set(None);
    }
}

/// The one who asks.
pub fn use_confirm() -> Confirm {
    expect_context()
}
