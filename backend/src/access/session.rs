//! Refresh tokens: opaque, 256 bits, stored as hashes, replaced at each use (RFC 9700 §4.14).
//!
//! A token's successor is derived from the token itself. Two tabs that refresh at the same moment with the same token,
//! or a browser that lost the answer, therefore get the *same* successor while it is unused, and the line of tokens
//! never forks: whoever comes with a token from behind the line's end is a thief, or was robbed.

use crate::kernel::secrets::{Key, Keys, mac, random_token};
use actix_web::cookie::{Cookie, SameSite, time};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use shared::time::Timestamp;
use std::time::Duration;

/// Path of the cookie: the routes that need it.
const PATH: &str = "/api/v1/auth";

/// Makes refresh tokens.
#[derive(Clone)]
pub struct RefreshTokens {
    key: Key,
}

impl std::fmt::Debug for RefreshTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshTokens")
    }
}

impl RefreshTokens {
    /// With the installation's key.
    #[must_use]
    pub fn new(keys: &Keys) -> Self {
        Self { key: keys.derive("refresh-token") }
    }

    /// The first token of a session.
    #[must_use]
    pub fn first() -> String {
        random_token()
    }

    /// The token that follows.
    #[must_use]
    pub fn successor(&self, token: &str) -> String {
        URL_SAFE_NO_PAD.encode(mac(&self.key, &[token.as_bytes()]))
    }
}

/// What is stored of an opaque token.
#[must_use]
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// What is known of a refresh token that was handed in.
#[derive(Debug, Clone, Copy)]
pub struct Presented {
    /// The session has been revoked, has expired, or its user is disabled.
    pub session_over: bool,
    /// The token's own end.
    pub expires_at: Timestamp,
    /// When it was replaced.
    pub rotated_at: Option<Timestamp>,
    /// Its successor has been replaced in its turn.
    pub successor_used: bool,
}

/// What becomes of a refresh token that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Replace it.
    Rotate,
    /// It was replaced a moment ago: hand out the same successor again.
    Repeat,
    /// It was stolen, or used after it was stolen: end the session.
    Reused,
    /// The session is over.
    Ended,
}

/// Judges a refresh token.
#[must_use]
pub fn judge(presented: &Presented, now: Timestamp, grace: Duration) -> Verdict {
    if presented.session_over || presented.expires_at <= now {
        return Verdict::Ended;
    }
    match presented.rotated_at {
        None => Verdict::Rotate,
        Some(at) if !presented.successor_used && now.since(at) < grace => Verdict::Repeat,
        Some(_) => Verdict::Reused,
    }
}

/// Name of the cookie; the prefix makes browsers refuse it over plain HTTP.
#[must_use]
pub fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Secure-posta_refresh" } else { "posta_refresh" }
}

/// The cookie with a refresh token.
#[must_use]
pub fn cookie(token: String, secure: bool, life: Duration) -> Cookie<'static> {
    let seconds = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
    Cookie::build(cookie_name(secure), token)
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .max_age(time::Duration::seconds(seconds))
        .finish()
}

/// A cookie that makes the browser forget the token.
#[must_use]
pub fn no_cookie(secure: bool) -> Cookie<'static> {
    cookie(String::new(), secure, Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(30);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn a_fresh_token_is_replaced_and_the_one_before_honoured_for_a_moment() {
        let fresh = Presented { session_over: false, expires_at: at(1_000), rotated_at: None, successor_used: false };
        assert_eq!(judge(&fresh, at(999), GRACE), Verdict::Rotate);
        let replaced = Presented { rotated_at: Some(at(100)), ..fresh };
        assert_eq!(judge(&replaced, at(129), GRACE), Verdict::Repeat);
        assert_eq!(judge(&replaced, at(130), GRACE), Verdict::Reused);
        assert_eq!(judge(&Presented { successor_used: true, ..replaced }, at(101), GRACE), Verdict::Reused);
        // A clock that was set back does not turn a browser's repetition into theft.
        assert_eq!(judge(&replaced, at(90), GRACE), Verdict::Repeat);
    }

    #[test]
    fn what_is_over_is_over() {
        let fresh = Presented { session_over: false, expires_at: at(1_000), rotated_at: None, successor_used: false };
        assert_eq!(judge(&fresh, at(1_000), GRACE), Verdict::Ended);
        assert_eq!(judge(&Presented { session_over: true, ..fresh }, at(1), GRACE), Verdict::Ended);
        let stolen = Presented { session_over: true, rotated_at: Some(at(1)), successor_used: true, ..fresh };
        assert_eq!(judge(&stolen, at(900), GRACE), Verdict::Ended);
    }

    #[test]
    fn successors_are_the_same_for_us_and_unknown_to_others() {
        let (ours, theirs) = (RefreshTokens::new(&Keys::generate()), RefreshTokens::new(&Keys::generate()));
        let first = RefreshTokens::first();
        assert_eq!(ours.successor(&first), ours.successor(&first));
        assert_ne!(ours.successor(&first), theirs.successor(&first));
        assert_eq!(ours.successor(&first).len(), first.len());
    }

    #[test]
    fn the_cookie_is_for_us_alone() {
        assert_eq!(
            cookie("t".into(), true, Duration::from_secs(60)).to_string(),
            "__Secure-posta_refresh=t; HttpOnly; SameSite=Strict; Secure; Path=/api/v1/auth; Max-Age=60"
        );
        assert_eq!(
            no_cookie(false).to_string(),
            "posta_refresh=; HttpOnly; SameSite=Strict; Path=/api/v1/auth; Max-Age=0"
        );
    }
}
