//! Opaque cursors: the sort key of the last row, so that a page costs the same however deep it lies.

use crate::kernel::{Error, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use shared::{
    error::ErrorCode,
    page::{DEFAULT_LIMIT, MAX_LIMIT, Page},
    validate::Rule,
};

/// Writes a cursor.
#[must_use]
pub fn write<K: Serialize>(key: &K) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

/// Reads a cursor that [`write()`] made.
///
/// # Errors
/// `bad_cursor`.
pub fn read<K: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<K>> {
    let read = |text: &str| {
        let json = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        // None of ours holds a NUL, and PostgreSQL takes none in a text.
        if json.contains("\\u0000") { None } else { serde_json::from_str(&json).ok() }
    };
    match cursor {
        None => Ok(None),
        Some(text) => read(text).map(Some).ok_or_else(|| Error::from(ErrorCode::BadCursor)),
    }
}

/// The rows asked for, within bounds.
///
/// # Errors
/// `invalid`: `limit` is 0 or above the most.
pub fn limit(asked: Option<u32>) -> Result<i64> {
    match asked.unwrap_or(DEFAULT_LIMIT) {
        0 => Err(Error::field("limit", Rule::OutOfRange, "must lie between 1 and 200")),
        limit if limit > MAX_LIMIT => Err(Error::field("limit", Rule::OutOfRange, "must lie between 1 and 200")),
        limit => Ok(i64::from(limit)),
    }
}

/// Cuts `rows`, of which one more than `limit` was read, into a page.
#[must_use]
pub fn page<T, K: Serialize>(mut rows: Vec<T>, limit: i64, key: impl Fn(&T) -> K) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = if more { rows.last().map(|row| write(&key(row))) } else { None };
    Page { items: rows, next_cursor }
}
