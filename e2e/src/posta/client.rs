//! The product's HTTP API, typed and blocking: one function an operation, problems as errors.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::api::access::{Me, SetupRequest, SignInRequest, TokenAnswer};
use shared::api::conversations::MessageView;
use shared::error::{ErrorCode, Problem};
use ureq::http::{Request, Response};

use super::error::PostaError;
use super::server::Address;

/// The largest answer that is read; raw mails may have 50 MB.
const ANSWER_LIMIT: u64 = 300 * 1024 * 1024;

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A request that is being put together.
#[derive(Debug, Clone, Default)]
pub struct Asking {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Asking {
    /// Nothing but the path.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// With a JSON body.
    ///
    /// # Panics
    /// Never: the API's types always serialise; one that did not would be sent as an empty body.
    #[must_use]
    pub fn json(body: &impl Serialize) -> Self {
        Self::default().with("Content-Type", "application/json").bytes(serde_json::to_vec(body).unwrap_or_default())
    }

    /// With a body as it is.
    #[must_use]
    pub fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// A caller of the API: nobody in particular, or a signed-in user. When his token has expired he signs in again.
#[derive(Debug)]
pub struct Client {
    http: ureq::Agent,
    address: Address,
    credentials: Option<(String, String)>,
    token: Mutex<Option<String>>,
    me: Option<Me>,
}

impl Client {
    /// Nobody in particular.
    #[must_use]
    pub fn anonymous(address: &Address) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(60)))
            .max_idle_connections_per_host(4)
            .build();
        Self { http: config.into(), address: address.clone(), credentials: None, token: Mutex::new(None), me: None }
    }

    /// Signs in.
    ///
    /// # Errors
    /// The product's refusal.
    pub fn sign_in(address: &Address, login: &str, password: &str) -> Result<Self, PostaError> {
        let mut client = Self::anonymous(address);
        let wanted = SignInRequest { login: login.into(), password: password.into() };
        let answer: TokenAnswer = client.post("auth/sign-in", &wanted)?;
        client.credentials = Some((login.into(), password.into()));
        client.adopt(answer);
        Ok(client)
    }

    /// Makes the first administrator with the set-up link.
    ///
    /// # Errors
    /// The product's refusal.
    pub fn set_up(address: &Address, link: &str, login: &str, password: &str) -> Result<Self, PostaError> {
        let mut client = Self::anonymous(address);
        let token = link.split_once("token=").map_or("", |(_, token)| token).to_owned();
        let wanted = SetupRequest {
            token,
            login: login.into(),
            name: "Administración".into(),
            password: password.into(),
            language: shared::api::access::Language::Es,
            require_voice_campaign: false,
        };
        let answer: TokenAnswer = client.post("setup", &wanted)?;
        client.credentials = Some((login.into(), password.into()));
        client.adopt(answer);
        Ok(client)
    }

    fn adopt(&mut self, answer: TokenAnswer) {
        *self.token() = Some(answer.access_token);
        self.me = Some(answer.user);
    }

    fn token(&self) -> MutexGuard<'_, Option<String>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bearer token at hand.
    #[must_use]
    pub fn bearer(&self) -> Option<String> {
        self.token().clone()
    }

    /// Who is signed in, as of the sign-in.
    #[must_use]
    pub fn me(&self) -> Option<&Me> {
        self.me.as_ref()
    }

    /// The server that is asked.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Sends one request and gives the answer as it came, whatever its status. `path` is below `/api/v1/`, or begins
    /// with a slash.
    ///
    /// # Errors
    /// No answer came.
    pub fn send(&self, method: &str, path: &str, asking: &Asking) -> Result<Answer, PostaError> {
        let answer = self.send_once(method, path, asking)?;
        let refused = answer.status == 401 && self.token().is_some() && !path.starts_with("auth/sign-in");
        let Some((login, password)) = self.credentials.as_ref().filter(|_| refused) else { return Ok(answer) };
        let wanted = SignInRequest { login: login.clone(), password: password.clone() };
        let renewed = self.send_once("POST", "auth/sign-in", &Asking::json(&wanted))?;
        let Ok(renewed) = read::<TokenAnswer>("POST auth/sign-in", &renewed) else { return Ok(answer) };
        *self.token() = Some(renewed.access_token);
        self.send_once(method, path, asking)
    }

    fn send_once(&self, method: &str, path: &str, asking: &Asking) -> Result<Answer, PostaError> {
        let name = format!("{method} {path}");
        let unreachable = |reason: &dyn std::fmt::Display| PostaError::Unreachable {
            request: name.clone(),
            reason: reason.to_string(),
        };
        let url = match path {
            _ if path.starts_with("http://") => path.to_owned(),
            _ if path.starts_with('/') => self.address.url(path),
            _ => self.address.url(&format!("/api/v1/{path}")),
        };
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in &asking.headers {
            request = request.header(name, value);
        }
        if let Some(token) = self.bearer().filter(|_| !path.starts_with("auth/sign-in")) {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let bodiless = matches!(method, "GET" | "HEAD" | "DELETE");
        let answered = if bodiless {
            self.http.run(request.body(()).map_err(|error| unreachable(&error))?)
        } else {
            self.http.run(request.body(asking.body.clone()).map_err(|error| unreachable(&error))?)
        };
        let mut answered: Response<ureq::Body> = answered.map_err(|error| unreachable(&error))?;
        let body = answered.body_mut().with_config().limit(ANSWER_LIMIT).read_to_vec();
        let headers = answered.headers().iter();
        Ok(Answer {
            status: answered.status().as_u16(),
            headers: headers
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            body: body.map_err(|error| unreachable(&error))?,
        })
    }

    fn ask<T: DeserializeOwned>(&self, method: &str, path: &str, asking: &Asking) -> Result<T, PostaError> {
        read(&format!("{method} {path}"), &self.send(method, path, asking)?)
    }

    /// GET.
    ///
    /// # Errors
    /// The product's refusal; no answer.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, PostaError> {
        self.ask("GET", path, &Asking::plain())
    }

    /// POST with a JSON body.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, PostaError> {
        self.ask("POST", path, &Asking::json(body))
    }

    /// POST without a body.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn act<T: DeserializeOwned>(&self, path: &str) -> Result<T, PostaError> {
        self.ask("POST", path, &Asking::plain())
    }

    /// POST that does its work once, however often it is repeated with the same key.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn post_once<T: DeserializeOwned>(
        &self,
        path: &str,
        key: &str,
        body: &impl Serialize,
    ) -> Result<T, PostaError> {
        self.ask("POST", path, &Asking::json(body).with("Idempotency-Key", key))
    }

    /// PUT with a JSON body.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, PostaError> {
        self.ask("PUT", path, &Asking::json(body))
    }

    /// PATCH with a JSON body.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, PostaError> {
        self.ask("PATCH", path, &Asking::json(body))
    }

    /// DELETE.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn delete(&self, path: &str) -> Result<(), PostaError> {
        self.ask("DELETE", path, &Asking::plain())
    }

    /// The bytes behind a signed link.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn download(&self, url: &str) -> Result<Vec<u8>, PostaError> {
        let answer = self.send("GET", url, &Asking::plain())?;
        if answer.status == 200 { Ok(answer.body) } else { Err(refusal(&format!("GET {url}"), &answer)) }
    }

    /// The raw source of a message.
    ///
    /// # Errors
    /// As [`Client::get`]; the message names no source.
    pub fn source(&self, message: &MessageView) -> Result<Vec<u8>, PostaError> {
        let missing = || PostaError::Unexpected {
            request: format!("source of message {}", message.id),
            status: 200,
            body: "the message names no source".into(),
        };
        self.download(message.source_url.as_deref().ok_or_else(missing)?)
    }
}

pub(super) fn read<T: DeserializeOwned>(request: &str, answer: &Answer) -> Result<T, PostaError> {
    if !(200..300).contains(&answer.status) {
        return Err(refusal(request, answer));
    }
    let body = if answer.body.is_empty() { b"null".as_slice() } else { &answer.body };
    serde_json::from_slice(body).map_err(|error| PostaError::Unexpected {
        request: request.to_owned(),
        status: answer.status,
        body: format!("{error}: {}", String::from_utf8_lossy(&answer.body)),
    })
}

fn refusal(request: &str, answer: &Answer) -> PostaError {
    match serde_json::from_slice::<Problem>(&answer.body) {
        Ok(problem) => PostaError::Refused {
            request: request.to_owned(),
            problem: Box::new(problem),
            retry_after: answer.header("retry-after").and_then(|value| value.parse().ok()),
        },
        Err(_) => PostaError::Unexpected {
            request: request.to_owned(),
            status: answer.status,
            body: String::from_utf8_lossy(&answer.body).into_owned(),
        },
    }
}

/// Repeats what may pass (no answer, 429, 503) until it succeeds, as a patient client would.
///
/// # Errors
/// The first failure that does not pass, or the last one when `limit` is over.
pub fn insist<T>(limit: Duration, mut ask: impl FnMut() -> Result<T, PostaError>) -> Result<T, PostaError> {
    let begun = std::time::Instant::now();
    let mut pause = Duration::from_millis(5);
    loop {
        match ask() {
            Err(error) if error.may_pass() && begun.elapsed() < limit => std::thread::sleep(pause),
            done => return done,
        }
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

/// Whether a request was refused with this code.
pub fn is_refused<T>(result: &Result<T, PostaError>, code: ErrorCode) -> bool {
    result.as_ref().err().and_then(PostaError::code) == Some(code)
}
