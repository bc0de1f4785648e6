//! A request before it is sent.

use serde::Serialize;
use shared::page::PageQuery;
use web_sys::FormData;

/// HTTP methods of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or acts.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

/// What goes along.
#[derive(Debug, Clone)]
pub enum Body {
    /// Nothing.
    None,
    /// JSON text.
    Json(String),
    /// Files.
    Form(FormData),
}

/// A request to the API.
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Body,
    pub(super) if_match: Option<i64>,
    pub(super) idempotency_key: Option<String>,
    pub(super) anonymous: bool,
}

impl Request {
    /// A request for `path`, relative to `/api/v1/`.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), body: Body::None, if_match: None, idempotency_key: None, anonymous: false }
    }

    /// Reads `path`.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::Get, path)
    }

    /// Posts to `path`.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::Post, path)
    }

    /// Sends `body` as JSON. A DTO of ours always serialises; one that did not would send `null` and be refused.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Body::Json(serde_json::to_string(body).unwrap_or_else(|_| "null".into()));
        self
    }

    /// Sends files.
    pub fn form(mut self, form: FormData) -> Self {
        self.body = Body::Form(form);
        self
    }

    /// Fails with `version_mismatch` unless the thing still has this version.
    pub fn if_match(mut self, version: i64) -> Self {
        self.if_match = Some(version);
        self
    }

    /// Repeats of the request with this key have one effect.
    pub fn idempotency_key(mut self, key: &str) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Goes without token, and a 401 is an answer rather than a reason to refresh.
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }
}

/// Joins `path` and a query; what is absent is left out.
pub fn with_query(path: &str, pairs: &[(&str, Option<String>)]) -> String {
    let present = pairs.iter().filter_map(|(name, value)| Some(format!("{name}={}", percent_encode(value.as_ref()?))));
    let query = present.collect::<Vec<_>>().join("&");
    if query.is_empty() { path.into() } else { format!("{path}?{query}") }
}

/// The query of a page of a list.
pub fn page_query(path: &str, page: &PageQuery) -> String {
    with_query(path, &[("limit", page.limit.map(|limit| limit.to_string())), ("cursor", page.cursor.clone())])
}

/// Percent-encodes all but the unreserved characters of RFC 3986 §2.3.
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_leaves_out_what_is_absent_and_escapes_the_rest() {
        let pairs = [("state", Some("finished".into())), ("cursor", None), ("search", Some("niño & co".into()))];
        assert_eq!(with_query("interactions", &pairs), "interactions?state=finished&search=ni%C3%B1o%20%26%20co");
        assert_eq!(page_query("users", &PageQuery::default()), "users");
    }
}
