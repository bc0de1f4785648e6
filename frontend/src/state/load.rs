//! Things that are fetched: loading, there, or failed. A new key drops the request under way, and with it the fetch.

use super::effect::effect;
use crate::api::ApiError;
use futures_util::{
    FutureExt as _,
    future::{AbortHandle, Abortable, LocalBoxFuture},
};
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

/// Begins a request, if the key has changed or one is wanted anew; says whether the key has changed.
type Start<T> = Box<dyn FnMut(bool) -> Option<(bool, LocalBoxFuture<'static, Result<T, ApiError>>)>>;

/// A fetched thing and the way to fetch it again. Cheap to copy.
pub struct Loader<T: Send + Sync + 'static> {
    state: RwSignal<Load<T>>,
    again: RwSignal<u32>,
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
    pub fn new<K, F>(key: impl Fn() -> K + 'static, fetch: impl Fn(K) -> F + 'static) -> Self
    where
        K: PartialEq + Clone + 'static,
        F: Future<Output = Result<T, ApiError>> + 'static,
    {
        let mut last = None;
        Self::run(Box::new(move |again| {
            let key = key();
            let changed = last.as_ref() != Some(&key);
            if !changed && !again {
                return None;
            }
            last = Some(key.clone());
            Some((changed, fetch(key).boxed_local()))
        }))
    }

    /// The part that does not depend on what is asked.
    fn run(mut start: Start<T>) -> Self {
        let state = RwSignal::new(Load::Loading);
        let again = RwSignal::new(0_u32);
        let mut seen = 0;
        let current = StoredValue::new_local(None::<AbortHandle>);
        effect(move || {
            let count = again.get();
            let Some((changed, work)) = start(std::mem::replace(&mut seen, count) != count) else { return };
            if changed && state.with_untracked(|state| !matches!(state, Load::Loading)) {
                state.set(Load::Loading);
            }
            let (handle, registration) = AbortHandle::new_pair();
            if let Some(before) = current.try_update_value(|current| current.replace(handle)).flatten() {
                before.abort();
            }
            leptos::task::spawn_local(async move {
                match Abortable::new(work, registration).await {
                    Ok(Ok(value)) => drop(state.try_set(Load::Ready(value))),
                    // A renewal that fails leaves what is shown.
                    Ok(Err(error)) => {
                        if state.try_with_untracked(|state| state.ready().is_none()) == Some(true) {
                            state.set(Load::Failed(error));
                        }
                    }
                    Err(_) => {}
                }
            });
        });
        on_cleanup(move || {
            if let Some(handle) = current.try_update_value(Option::take).flatten() {
                handle.abort();
            }
        });
        Self { state, again }
    }

    /// Fetches again; what is shown stays until the answer comes, a failure goes back to loading.
    pub fn reload(self) {
        if self.state.try_with_untracked(|state| matches!(state, Load::Failed(_))) == Some(true) {
            self.state.set(Load::Loading);
        }
        self.again.update(|count| *count = count.wrapping_add(1));
    }

    /// Where it stands; reactive.
    pub fn get(self) -> Load<T> {
        self.state.get()
    }

    /// Reads where it stands; reactive.
    pub fn with<O>(self, read: impl FnOnce(&Load<T>) -> O) -> O {
        self.state.with(read)
    }

    /// Reads where it stands, without following it.
    pub fn with_untracked<O>(self, read: impl FnOnce(&Load<T>) -> O) -> O {
        self.state.with_untracked(read)
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
