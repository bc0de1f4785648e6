//! Speaks HTTP with the server: token, silent refresh, retries, problems.
//!
//! The access token lives in memory only. When it has expired, one refresh serves all requests of this tab, a Web
//! Lock keeps the tabs of a browser from refreshing at once, and the tab that refreshed hands the new token to the
//! others. Where the browser has no Web Locks (plain HTTP), two tabs may collide; the server honours the previous
//! refresh token for 30 s, so neither is signed out.

use super::{
    error::ApiError,
    request::{Body, Method, Request},
    tabs::{self, TabNews},
};
use crate::state::session::Session;
use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, Shared},
};
use gloo_net::http::{RequestBuilder, Response};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use shared::{
    api::access::TokenAnswer,
    error::{ErrorCode, Problem},
};
use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};
use web_sys::AbortController;

const BASE: &str = "/api/v1/";
const REFRESH_LOCK: &str = "posta.refresh";
/// Waits between the tries of a read that the network failed, in milliseconds.
const READ_RETRIES: [u32; 2] = [300, 1_200];

type Refresh = Shared<LocalBoxFuture<'static, Result<(), ApiError>>>;

/// An operation under way whose answer is a `T`. One future for all operations: what is compiled for each is how its
/// answer is read.
#[must_use]
pub struct Asked<T> {
    text: LocalBoxFuture<'static, Result<String, ApiError>>,
    kind: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Future for Asked<T> {
    type Output = Result<T, ApiError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.text.as_mut().poll(context).map(|text| super::json::read(&text?).map_err(unreadable))
    }
}

#[cold]
fn unreadable(error: super::json::Error) -> ApiError {
    leptos::logging::error!("unexpected answer: {error}");
    ApiError::Unreadable { status: 200 }
}

/// An operation under way whose answer says nothing more.
pub type Acted = LocalBoxFuture<'static, Result<(), ApiError>>;

/// The client. Cheap to copy; one a tab.
#[derive(Clone, Copy)]
pub struct Api {
    inner: StoredValue<Inner, LocalStorage>,
    /// Who is signed in.
    pub session: Session,
}

#[derive(Default)]
struct Inner {
    token: Option<String>,
    /// Counts tokens, so that a request knows whether its own was replaced meanwhile.
    generation: u64,
    refreshing: Option<Refresh>,
    tabs: Option<tabs::Tabs>,
}

impl Api {
    /// A client for this tab that takes part in the news between tabs.
    pub fn new(session: Session) -> Self {
        let api = Self { inner: StoredValue::new_local(Inner::default()), session };
        let tabs = tabs::Tabs::open(move |news| match news {
            TabNews::Token(answer) => api.store(&answer),
            TabNews::SignedOut => api.forget(),
        });
        api.inner.update_value(|inner| inner.tabs = tabs);
        api
    }

    /// Sends `request` and reads the answer.
    ///
    /// # Errors
    /// The network, an unreadable answer, or a problem.
    pub fn fetch<T: DeserializeOwned>(self, request: Request) -> Asked<T> {
        Asked { text: self.run(request).boxed_local(), kind: PhantomData }
    }

    /// Sends `request`, whose answer says nothing more.
    ///
    /// # Errors
    /// The network, or a problem.
    pub fn act(self, request: Request) -> Acted {
        self.run(request).map(|outcome| outcome.map(drop)).boxed_local()
    }

    /// Sends `request`; the answer's body as text.
    ///
    /// # Errors
    /// The network, an unreadable answer, or a problem.
    pub async fn run(self, request: Request) -> Result<String, ApiError> {
        let mut waits = READ_RETRIES.into_iter();
        let mut refreshed = false;
        loop {
            let generation = self.inner.with_value(|inner| inner.generation);
            let outcome = self.exchange(&request).await;
            match &outcome {
                Err(ApiError::Network) if request.method == Method::Get => match waits.next() {
                    Some(wait) => TimeoutFuture::new(wait).await,
                    None => return outcome,
                },
                Err(error) if error.code() == Some(ErrorCode::Unauthenticated) && !request.anonymous && !refreshed => {
                    refreshed = true;
                    self.refresh(generation).await?;
                }
                _ => return outcome,
            }
        }
    }

    async fn exchange(self, request: &Request) -> Result<String, ApiError> {
        // Dropping this future, as when the reader goes elsewhere, takes the request back.
        let abort = AbortOnDrop::new();
        let token = self.inner.with_value(|inner| inner.token.clone());
        let built = build(request, token.as_deref(), &abort)?;
        let response = built.send().await.map_err(|_| ApiError::Network)?;
        let status = response.status();
        let retry_after = response.headers().get("Retry-After").and_then(|value| value.parse().ok());
        let text = response.text().await.map_err(|_| ApiError::Network)?;
        if response.ok() { Ok(text) } else { Err(refusal(status, retry_after, &text, &response)) }
    }

    /// Gets a new access token unless that of `seen` was replaced already. Signs out when the session has ended.
    ///
    /// # Errors
    /// The session has ended, or the server is away.
    pub async fn refresh(self, seen: u64) -> Result<(), ApiError> {
        if self.inner.with_value(|inner| inner.generation != seen) {
            return Ok(());
        }
        let refresh = self.inner.try_update_value(|inner| {
            inner.refreshing.get_or_insert_with(|| self.refresh_once(seen).boxed_local().shared()).clone()
        });
        let Some(refresh) = refresh else { return Err(ApiError::Network) };
        let outcome = refresh.await;
        self.inner.update_value(|inner| inner.refreshing = None);
        outcome
    }

    async fn refresh_once(self, seen: u64) -> Result<(), ApiError> {
        let api = self;
        tabs::exclusively(REFRESH_LOCK, async move {
            // Another tab may have refreshed and told us while we waited for the lock.
            if api.inner.with_value(|inner| inner.generation != seen) {
                return Ok(());
            }
            let request = Request::post("auth/refresh").anonymous();
            let outcome = api
                .exchange(&request)
                .await
                .and_then(|text| super::json::read(&text).map_err(|_| ApiError::Unreadable { status: 200 }));
            match outcome {
                Ok(answer) => {
                    api.adopt(answer);
                    Ok(())
                }
                Err(error) => {
                    if !error.is_passing() {
                        api.forget();
                    }
                    Err(error)
                }
            }
        })
        .await
    }

    /// The first thing of a tab: signs in by the refresh cookie, if there is one.
    pub async fn resume(self) {
        let outcome = self.refresh(0).await;
        if outcome.is_err() {
            self.session.settle(matches!(&outcome, Err(error) if error.is_passing()));
        }
    }

    /// Takes a fresh token and tells the other tabs.
    pub fn adopt(self, answer: TokenAnswer) {
        self.inner.with_value(|inner| {
            if let Some(tabs) = &inner.tabs {
                tabs.tell(&TabNews::Token(answer.clone()));
            }
        });
        self.store(&answer);
    }

    fn store(self, answer: &TokenAnswer) {
        self.inner.update_value(|inner| {
            inner.token = Some(answer.access_token.clone());
            inner.generation = inner.generation.wrapping_add(1);
        });
        self.session.signed_in(answer.user.clone());
    }

    /// Drops the token, in all tabs: the session has ended.
    pub fn end(self) {
        self.inner.with_value(|inner| {
            if let Some(tabs) = &inner.tabs {
                tabs.tell(&TabNews::SignedOut);
            }
        });
        self.forget();
    }

    fn forget(self) {
        self.inner.update_value(|inner| inner.token = None);
        self.session.signed_out();
    }
}

/// The client of this tab.
pub fn use_api() -> Api {
    expect_context()
}

fn build(request: &Request, token: Option<&str>, abort: &AbortOnDrop) -> Result<gloo_net::http::Request, ApiError> {
    let method = match request.method {
        Method::Get => gloo_net::http::Method::GET,
        Method::Post => gloo_net::http::Method::POST,
        Method::Put => gloo_net::http::Method::PUT,
        Method::Patch => gloo_net::http::Method::PATCH,
        Method::Delete => gloo_net::http::Method::DELETE,
    };
    let mut builder = RequestBuilder::new(&format!("{BASE}{}", request.path)).method(method);
    if let Some(controller) = &abort.0 {
        builder = builder.abort_signal(Some(&controller.signal()));
    }
    if let Some(token) = token.filter(|_| !request.anonymous) {
        builder = builder.header("Authorization", &format!("Bearer {token}"));
    }
    if let Some(version) = request.if_match {
        builder = builder.header("If-Match", &format!("\"{version}\""));
    }
    if let Some(key) = &request.idempotency_key {
        builder = builder.header("Idempotency-Key", key);
    }
    match &request.body {
        Body::None => builder.build(),
        Body::Json(text) => builder.header("Content-Type", "application/json").body(text.as_str()),
        Body::Form(form) => builder.body(form),
    }
    .map_err(|_| ApiError::Network)
}

fn refusal(status: u16, retry_after: Option<u32>, text: &str, response: &Response) -> ApiError {
    match super::json::read::<Problem>(text) {
        Ok(problem) => ApiError::Problem { problem: Box::new(problem), retry_after },
        Err(_) => {
            leptos::logging::error!("{} answered {status} without a problem", response.url());
            ApiError::Unreadable { status }
        }
    }
}

struct AbortOnDrop(Option<AbortController>);

impl AbortOnDrop {
    fn new() -> Self {
        Self(AbortController::new().ok())
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}
