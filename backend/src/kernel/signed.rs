//! Signed links (A8): a path that carries what it opens, until when, and a MAC over both. Used where a browser can
//! send no bearer token: mail frames, images in them, downloads.

use crate::kernel::{
    Error, Result,
    secrets::{Key, Keys, mac},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::{error::ErrorCode, time::Timestamp};
use std::time::Duration;
use subtle::ConstantTimeEq;

/// How long a link is good for.
pub const LIFE: Duration = Duration::from_secs(3_600);

/// Makes and reads the tokens of signed links.
#[derive(Clone)]
pub struct Signer {
    key: Key,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    /// A signer with the installation's key for links.
    #[must_use]
    pub fn new(keys: &Keys) -> Self {
        Self { key: keys.derive("links") }
    }

    /// A token for `what` (a word for the kind of thing and its parameters, without `~`), good for [`LIFE`]. The expiry
    /// is rounded up to five minutes, so that a page that asks again gets the same URL and the browser's cache serves.
    #[must_use]
    pub fn sign(&self, what: &str, now: Timestamp) -> String {
        const STEP: i64 = 300_000;
        let until = now.plus(LIFE).millis().div_euclid(STEP).saturating_add(1).saturating_mul(STEP);
        let body = format!("{what}~{until}");
        let tag = mac(&self.key, &[body.as_bytes()]);
        format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(&body),
            URL_SAFE_NO_PAD.encode(tag.first_chunk::<16>().unwrap_or(&[0; 16]))
        )
    }

    /// What a token opens.
    ///
    /// # Errors
    /// `link_expired`: it is forged or too old; which of the two is not told.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<String> {
        match self.read_even_old(token) {
            Some((what, until)) if until > now => Ok(what),
            _ => Err(Error::from(ErrorCode::LinkExpired)),
        }
    }

    /// What a token of ours opens or once opened, and until when. For knowing a link again, never for opening it.
    #[must_use]
    pub fn read_even_old(&self, token: &str) -> Option<(String, Timestamp)> {
        let (body, tag) = token.split_once('.')?;
        let body = String::from_utf8(URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        let right = mac(&self.key, &[body.as_bytes()]);
        let right = right.first_chunk::<16>()?;
        if !bool::from(tag.as_slice().ct_eq(right.as_slice())) {
            return None;
        }
        let (what, until) = body.rsplit_once('~')?;
        Some((what.to_owned(), Timestamp::from_millis(until.parse().ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_expire_and_do_not_bend() {
        let signer = Signer::new(&Keys::generate());
        let now = Timestamp::from_millis(1_000_000);
        let token = signer.sign("frame/7/0", now);
        assert_eq!(signer.read(&token, now).unwrap(), "frame/7/0");
        assert!(signer.read(&token, now.plus(LIFE + Duration::from_secs(301))).is_err());
        assert!(signer.read(&token.replace('.', "A."), now).is_err());
        assert!(Signer::new(&Keys::generate()).read(&token, now).is_err());
        for junk in ["", ".", "a.b", "☃.☃"] {
            assert!(signer.read(junk, now).is_err());
        }
    }
}
