//! Things that are fetched: loading, there, or failed. A new key drops the request under way, and with it the fetch.

use crate::api::ApiError;
use futures_util::future::{AbortHandle, Abortable};
use leptos::prelude::*;
use std::future::Future;

/// Where a fetched thing stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Load<T> {
    /// On its way for the first time.
    Loading,
    /// There; a renewal may be on its way.
    Ready(T),
    /// It did not come.
    Failed(ApiError),
}

impl<T> Load<T> {
    /// The thing, if it is there.
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            Self::Loading | Self::Failed(_) => None,
        }
    }
}

/// A fetched thing and the way to fetch it again. Cheap to copy.
pub struct Loader<T: Send + Sync + 'static> {
    state: RwSignal<Load<T>>,
    again: Trigger,
}

impl<T: Send + Sync + 'static> Clone for Loader<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Loader<T> {}

impl<T: Clone + Send + Sync + 'static> Loader<T> {
    /// Fetches at once, whenever `key` changes (then from the loading face), and on [`Self::reload`] (then behind
    /// what is shown).
    pub fn new<K, F>(key: impl Fn() -> K + Send + Sync + 'static, fetch: impl Fn(K) -> F + 'static) -> Self
    where
        K: PartialEq + Clone + Send + Sync + 'static,
        F: Future<Output = Result<T, ApiError>> + 'static,
    {
        let state = RwSignal::new(Load::Loading);
        let again = Trigger::new();
        let key = Memo::new(move |_| key());
        Effect::new(move |before: Option<K>| {
            let key = key.get();
            again.track();
            if before.as_ref() != Some(&key) && state.with_untracked(|state| !matches!(state, Load::Loading)) {
                state.set(Load::Loading);
            }
            let (handle, registration) = AbortHandle::new_pair();
            on_cleanup(move || handle.abort());
            let work = fetch(key.clone());
            leptos::task::spawn_local(async move {
                match Abortable::new(work, registration).await {
                    Ok(Ok(value)) => state.set(Load::Ready(value)),
                    // A renewal that fails leaves what is shown.
                    Ok(Err(error)) => {
                        if state.with_untracked(|state| state.ready().is_none()) {
                            state.set(Load::Failed(error));
                        }
                    }
                    Err(_) => {}
                }
            });
            key
        });
        Self { state, again }
    }

    /// Fetches again; what is shown stays until the answer comes, a failure goes back to loading.
    pub fn reload(self) {
        if self.state.with_untracked(|state| matches!(state, Load::Failed(_))) {
            self.state.set(Load::Loading);
        }
        self.again.notify();
    }

    /// Where it stands; reactive.
    pub fn get(self) -> Load<T> {
        self.state.get()
    }

    /// Reads where it stands; reactive.
    pub fn with<O>(self, read: impl FnOnce(&Load<T>) -> O) -> O {
        self.state.with(read)
    }

    /// Changes what is there, as after an action whose outcome is known.
    pub fn change(self, change: impl FnOnce(&mut T)) {
        self.state.update(|state| {
            if let Load::Ready(value) = state {
                change(value);
            }
        });
    }

    /// Puts something in its place.
    pub fn put(self, value: T) {
        self.state.set(Load::Ready(value));
    }
}
