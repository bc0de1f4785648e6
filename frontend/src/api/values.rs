//! Answers as JSON values, of which a page takes what it shows: one kind of answer for a dozen operations is a tenth of the
//! code that a type for each would be.

use super::{
    Answer, Api,
    request::{Request, with_query},
};
use futures_util::{FutureExt as _, future::LocalBoxFuture};
use serde_json::Value;
use shared::page::MAX_LIMIT;

/// An answer on its way.
pub type Coming = LocalBoxFuture<'static, Answer<Value>>;

/// A text of an answer; empty where there is none.
pub fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_string()
}

/// A whole number of an answer, as an id or a version; 0 where there is none.
pub fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::as_i64).unwrap_or_default()
}

/// The list of an answer; empty where there is none.
pub fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The rows of an answer that is a list itself.
pub fn rows(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

impl Api {
    /// Sends `request`; the answer as it is, `null` where it says nothing.
    #[inline(never)]
    pub fn value(self, request: Request) -> Coming {
        async move {
            let text = self.run(request).await?;
            if text.is_empty() { Ok(Value::Null) } else { super::json::read_value(&text) }
        }
        .boxed_local()
    }

    /// All rows of a list that comes in pages: an array.
    #[inline(never)]
    pub fn all_values(self, path: &'static str) -> Coming {
        async move {
            let mut all = Vec::new();
            let mut cursor = None;
            loop {
                let pairs = [("limit", Some(MAX_LIMIT.to_string())), ("cursor", cursor)];
                let mut page = self.value(Request::get(with_query(path, &pairs))).await?;
                if let Some(items) = page.get_mut("items").and_then(Value::as_array_mut) {
                    all.append(items);
                }
                cursor = Some(text(&page, "next_cursor")).filter(|cursor| !cursor.is_empty());
                if cursor.is_none() {
                    return Ok(Value::Array(all));
                }
            }
        }
        .boxed_local()
    }
}
