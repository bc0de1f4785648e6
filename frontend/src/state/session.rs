//! Who is signed in at this tab.

use leptos::prelude::*;
use shared::{api::access::Me, permission::Permission};

/// How far signing in has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The refresh cookie is being tried.
    Starting,
    /// The server could not be asked.
    Unreachable,
    /// Nobody is signed in.
    SignedOut,
    /// Somebody is.
    SignedIn,
}

/// The session of this tab. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Session {
    me: RwSignal<Option<Me>>,
    phase: RwSignal<Phase>,
    /// The session ended by itself or by others: the sign-in page says so.
    pub ended: RwSignal<bool>,
    /// Whoever was signed in has left by himself.
    left: StoredValue<bool>,
}

impl Session {
    /// Nobody yet.
    pub fn new() -> Self {
        Self {
            me: RwSignal::new(None),
            phase: RwSignal::new(Phase::Starting),
            ended: RwSignal::new(false),
            left: StoredValue::new(false),
        }
    }

    /// Somebody has signed in, or the token was renewed.
    pub fn signed_in(self, me: Me) {
        self.ended.set(false);
        self.left.set_value(false);
        self.set_me(me);
        if self.phase.get_untracked() != Phase::SignedIn {
            self.phase.set(Phase::SignedIn);
        }
    }

    /// One's settings have changed.
    pub fn set_me(self, me: Me) {
        if self.me.with_untracked(|known| known.as_ref() != Some(&me)) {
            self.me.set(Some(me));
        }
    }

    /// The user signs out: that the session ends is no news to him, and what he had open stays behind.
    pub fn leave(self) {
        self.left.set_value(true);
    }

    /// Whether the user has signed out by himself.
    pub fn has_left(self) -> bool {
        self.left.get_value()
    }

    /// The session is over.
    pub fn signed_out(self) {
        if self.phase.get_untracked() == Phase::SignedIn && !self.has_left() {
            self.ended.set(true);
        }
        self.phase.set(Phase::SignedOut);
        self.me.set(None);
    }

    /// The first try to resume failed, because the server was away or because nobody is signed in.
    pub fn settle(self, unreachable: bool) {
        self.phase.set(if unreachable { Phase::Unreachable } else { Phase::SignedOut });
        self.ended.set(false);
    }

    /// The first try is made once more.
    pub fn restart(self) {
        self.phase.set(Phase::Starting);
    }

    /// How far it is; reactive.
    pub fn phase(self) -> Phase {
        self.phase.get()
    }

    /// Something about who is signed in; reactive.
    pub fn with_me<T>(self, read: impl FnOnce(&Me) -> T) -> Option<T> {
        self.me.with(|me| me.as_ref().map(read))
    }

    /// Who is signed in, without following changes.
    pub fn me_untracked(self) -> Option<Me> {
        self.me.get_untracked()
    }

    /// Whether the one who is signed in may do something; reactive.
    pub fn may(self, permission: Permission) -> bool {
        self.with_me(|me| me.permissions.contains(&permission)).unwrap_or(false)
    }

    /// Whether he may, as of now: rights change only with a new session.
    pub fn may_now(self, permission: Permission) -> bool {
        untrack(|| self.may(permission))
    }
}

/// The session of this tab.
pub fn use_session() -> Session {
    expect_context()
}
