//! A small blocking HTTP client that remembers its tokens, and checks every answer against the document.

use super::{conformance::Conformance, socket::Socket};
use serde_json::{Value, json};
use shared::ids::{SessionId, UserId};
use std::sync::{Arc, Mutex};
use ureq::http;

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if it is JSON.
    pub json: Value,
    /// The body.
    pub text: String,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.json
    }

    /// Asserts a problem with this status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.json["code"].as_str()), (status, Some(code)), "{self:?}");
        self
    }

    /// Asserts a problem whose only field error is this one.
    #[track_caller]
    pub fn field(self, status: u16, pointer: &str, rule: &str) -> Self {
        let errors: Vec<_> = self.json["errors"].as_array().cloned().unwrap_or_default();
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(errors.len(), 1, "{self:?}");
        assert_eq!((&errors[0]["pointer"], &errors[0]["rule"]), (&json!(pointer), &json!(rule)), "{self:?}");
        self
    }

    /// The cookie with the refresh token that was set, with its attributes.
    pub fn cookie(&self) -> Option<&str> {
        self.header("set-cookie")
    }
}

#[derive(Debug, Default, Clone)]
struct Held {
    token: Option<String>,
    cookie: Option<String>,
    me: Value,
}

/// A client.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    conformance: Arc<Conformance>,
    held: Arc<Mutex<Held>>,
    headers: Vec<(String, String)>,
}

impl Client {
    /// Not signed in.
    pub fn new(base: &str, conformance: Arc<Conformance>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(std::time::Duration::from_secs(60)))
            .build();
        Self { agent: config.into(), base: base.to_owned(), conformance, held: Arc::default(), headers: Vec::new() }
    }

    /// The same client (and session), with a header more.
    #[must_use]
    pub fn with(&self, name: &str, value: impl ToString) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_string()));
        client
    }

    /// Another client with the same tokens, which from now on goes its own way: another tab, or a thief.
    #[must_use]
    pub fn twin(&self) -> Self {
        let held = self.held.lock().unwrap().clone();
        Self { held: Arc::new(Mutex::new(held)), ..self.clone() }
    }

    /// The access token.
    pub fn token(&self) -> Option<String> {
        self.held.lock().unwrap().token.clone()
    }

    /// Sets the access token.
    pub fn set_token(&self, token: Option<String>) {
        self.held.lock().unwrap().token = token;
    }

    /// `name=value` of the refresh cookie.
    pub fn cookie(&self) -> Option<String> {
        self.held.lock().unwrap().cookie.clone()
    }

    /// The user who is signed in.
    pub fn user_id(&self) -> UserId {
        UserId(self.held.lock().unwrap().me["id"].as_i64().unwrap())
    }

    /// The session.
    pub fn session_id(&self) -> SessionId {
        SessionId(self.held.lock().unwrap().me["session_id"].as_i64().unwrap())
    }

    /// Signs in and keeps the tokens.
    pub fn sign_in(&self, login: &str, password: &str) -> Answer {
        self.post("/auth/sign-in", json!({ "login": login, "password": password }))
    }

    /// Exchanges the refresh token.
    pub fn refresh(&self) -> Answer {
        self.send("POST", "/auth/refresh", None)
    }

    /// GET under `/api/v1`.
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    /// POST with JSON; `Value::Null` is no body.
    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, json_body(&body))
    }

    /// PUT with JSON.
    pub fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, json_body(&body))
    }

    /// PATCH with JSON.
    pub fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, json_body(&body))
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }

    /// Any request; a body has its content type.
    pub fn send(&self, method: &str, path: &str, body: Option<(&str, Vec<u8>)>) -> Answer {
        let full = format!("/api/v1{path}");
        let answer = self.send_raw(method, &full, body);
        self.conformance.check(method, &full, &answer);
        self.keep(&answer);
        answer
    }

    /// Any request to any path; the answer is not compared with the document.
    pub fn send_raw(&self, method: &str, path: &str, body: Option<(&str, Vec<u8>)>) -> Answer {
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        let held = self.held.lock().unwrap().clone();
        if let Some(token) = &held.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if let Some(cookie) = held.cookie.filter(|_| path.starts_with("/api/v1/auth/")) {
            request = request.header("Cookie", cookie);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answered = match body {
            Some((kind, bytes)) => self.agent.run(request.header("Content-Type", kind).body(bytes).unwrap()),
            None if method == "GET" || method == "DELETE" || method == "HEAD" => {
                self.agent.run(request.body(()).unwrap())
            }
            None => self.agent.run(request.body(Vec::<u8>::new()).unwrap()),
        };
        let mut response = answered.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().unwrap_or_default();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, headers, json, text }
    }

    fn keep(&self, answer: &Answer) {
        let mut held = self.held.lock().unwrap();
        if let Some(token) = answer.json["access_token"].as_str() {
            held.token = Some(token.to_owned());
            held.me = answer.json["user"].clone();
        }
        if let Some(cookie) = answer.cookie() {
            let pair = cookie.split(';').next().unwrap_or_default();
            held.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
    }

    /// A ticket for the live socket.
    pub fn ticket(&self) -> String {
        self.post("/auth/socket-tickets", Value::Null).ok()["ticket"].as_str().unwrap().to_owned()
    }

    /// The live socket.
    pub fn socket(&self) -> Socket {
        Socket::open(&self.base, &self.ticket(), None).unwrap()
    }
}

fn json_body(body: &Value) -> Option<(&'static str, Vec<u8>)> {
    (!body.is_null()).then(|| ("application/json", body.to_string().into_bytes()))
}
