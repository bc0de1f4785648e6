//! The tabs of one browser: what they tell each other, and what only one of them may do at a time.

use crate::dom::js;
use serde::{Deserialize, Serialize};
use shared::api::access::TokenAnswer;
use std::{cell::RefCell, future::Future, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{BroadcastChannel, MessageEvent};

const CHANNEL: &str = "posta.session";

/// News between tabs of the same origin; never leaves the browser.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TabNews {
    /// A fresh access token.
    Token(TokenAnswer),
    /// The session has ended.
    SignedOut,
}

/// The channel between tabs.
pub struct Tabs {
    channel: BroadcastChannel,
    // Kept alive as long as the channel calls it.
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

impl Tabs {
    /// Joins; `hear` gets what other tabs tell. None where the browser has no channels.
    pub fn open(hear: impl Fn(TabNews) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(CHANNEL).ok()?;
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(news) = event.data().as_string().and_then(|text| super::json::read(&text).ok()) {
                hear(news);
            }
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        Some(Self { channel, _listener: listener })
    }

    /// Tells the other tabs. A tab that cannot be told finds out by its next request.
    pub fn tell(&self, news: &TabNews) {
        if let Ok(text) = serde_json::to_string(news) {
            let _ = self.channel.post_message(&JsValue::from_str(&text));
        }
    }
}

/// Runs `work` while no other tab runs work of the same `name`; at once where the browser has no Web Locks.
pub async fn exclusively<T: 'static>(name: &str, work: impl Future<Output = T> + 'static) -> T {
    let locks = js::get(&leptos::prelude::window().navigator(), "locks");
    let slot = Rc::new(RefCell::new(None));
    let task = Rc::new(RefCell::new(Some(work)));
    if let Some(locks) = locks {
        let (slot, task) = (slot.clone(), task.clone());
        let callback = Closure::once_into_js(move |_lock: JsValue| {
            future_to_promise(async move {
                let work = task.borrow_mut().take();
                if let Some(work) = work {
                    let outcome = work.await;
                    slot.borrow_mut().replace(outcome);
                }
                Ok(JsValue::UNDEFINED)
            })
        });
        if let Some(promise) = js::call(&locks, "request", &[JsValue::from_str(name), callback])
            && let Ok(promise) = promise.dyn_into::<js_sys::Promise>()
        {
            let _ = JsFuture::from(promise).await;
        }
    }
    let outcome = slot.borrow_mut().take();
    let unstarted = task.borrow_mut().take();
    match (outcome, unstarted) {
        (Some(outcome), _) => outcome,
        (None, Some(work)) => work.await,
        // The lock was granted and the page is going away: nobody waits for the answer any more.
        (None, None) => std::future::pending().await,
    }
}
