//! `Idempotency-Key`: a POST that is repeated because its answer was lost does its work once.
//!
//! The key's row is written in the transaction of the work itself, so that both hold or neither. Keys are kept for a
//! day.

use crate::kernel::{
    Error, Result,
    db::{Connection, arms, schema::idempotency_keys},
    secrets::sha256_hex,
};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use diesel::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use shared::{error::ErrorCode, ids::UserId, time::Timestamp};

/// Space of the advisory locks of keys.
const KEYS: i32 = 0x6964_6501;

/// The header's value, if given.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(pub Option<String>);

impl IdempotencyKey {
    /// The key, where the route cannot do without.
    ///
    /// # Errors
    /// `malformed_request`: the header is missing.
    pub fn required(self) -> Result<String> {
        self.0
            .ok_or_else(|| Error::detailed(ErrorCode::MalformedRequest, "the header Idempotency-Key is required here"))
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = match request.headers().get("Idempotency-Key") {
            None => Ok(Self(None)),
            Some(value) => match value.to_str() {
                Ok(text) if (8..=128).contains(&text.len()) => Ok(Self(Some(text.to_owned()))),
                _ => Err(Error::detailed(ErrorCode::MalformedRequest, "Idempotency-Key must have 8 to 128 characters")),
            },
        };
        std::future::ready(read)
    }
}

/// What is remembered of a request.
#[derive(Debug, Clone)]
pub struct Once {
    /// Who asked.
    pub user: UserId,
    /// The key.
    pub key: String,
    /// Hash of route and body.
    pub fingerprint: String,
}

impl Once {
    /// `what` names route and body.
    #[must_use]
    pub fn new<B: Serialize>(user: UserId, key: String, route: &str, body: &B) -> Self {
        let body = serde_json::to_string(body).unwrap_or_default();
        Self { user, key, fingerprint: sha256_hex(format!("{route}\n{body}").as_bytes()) }
    }

    /// The answer given before, if any. Spares the work that comes before the transaction; [`Self::run`] decides.
    ///
    /// # Errors
    /// `idempotency_key_reused`, or the database's.
    pub fn answered<T: DeserializeOwned>(&self, conn: &mut Connection) -> Result<Option<T>> {
        let row = idempotency_keys::table.find((self.user, &self.key));
        let known: Option<(String, String)> =
            row.select((idempotency_keys::fingerprint, idempotency_keys::answer)).first(conn).optional()?;
        match known {
            None => Ok(None),
            Some((fingerprint, _)) if fingerprint != self.fingerprint => Err(ErrorCode::IdempotencyKeyReused.into()),
            Some((_, answer)) => serde_json::from_str(&answer)
                .map(Some)
                .map_err(|error| Error::Internal(format!("stored answer: {error}"))),
        }
    }

    /// Does `work` within this transaction, or gives the answer that it gave before.
    ///
    /// # Errors
    /// What `work` returns (nothing is remembered then), or `idempotency_key_reused`.
    pub fn run<T, F>(&self, conn: &mut Connection, at: Timestamp, work: F) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
        F: FnOnce(&mut Connection) -> Result<T>,
    {
        // The same request side by side: the second waits here, and finds the answer of the first.
        let digest = sha256_hex(format!("{}\n{}", self.user.0, self.key).as_bytes());
        let digest = digest.get(..15).and_then(|start| i64::from_str_radix(start, 16).ok());
        arms::lock_pair(conn, KEYS, digest.unwrap_or(0))?;
        if let Some(answer) = self.answered(conn)? {
            return Ok(answer);
        }
        let done = work(conn)?;
        let answer = serde_json::to_string(&done).map_err(|error| Error::Internal(error.to_string()))?;
        diesel::insert_into(idempotency_keys::table)
            .values((
                idempotency_keys::user_id.eq(self.user),
                idempotency_keys::idempotency_key.eq(&self.key),
                idempotency_keys::fingerprint.eq(&self.fingerprint),
                idempotency_keys::status.eq(200),
                idempotency_keys::answer.eq(answer),
                idempotency_keys::created_at.eq(at),
            ))
            .execute(conn)?;
        Ok(done)
    }
}

/// Forgets keys older than `before`.
///
/// # Errors
/// The database's.
pub fn forget(conn: &mut Connection, before: Timestamp) -> QueryResult<usize> {
    diesel::delete(idempotency_keys::table.filter(idempotency_keys::created_at.lt(before))).execute(conn)
}
