//! Access tokens: JWT (RFC 7519), HS256 and nothing else, good for at most 15 minutes (A3).
//!
//! A token says who came, not what he may do: rights are read from the database at each request. It is bound to the
//! password with which it was earned, so that a change of password ends it even where the session goes on (A4).

use crate::kernel::{
    Error, Result,
    secrets::{Key, Keys, hex, mac},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use shared::{
    error::ErrorCode,
    ids::{SessionId, UserId},
    time::Timestamp,
};
use std::time::Duration;

const ISSUER: &str = "posta";
const AUDIENCE: &str = "posta/api";

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    exp: i64,
    /// Session.
    sid: i64,
    /// Fingerprint of the stored password hash.
    pwd: String,
}

/// What a good token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// User.
    pub user: UserId,
    /// Session.
    pub session: SessionId,
    /// As [`AccessTokens::fingerprint`] gives it.
    pub fingerprint: String,
}

/// Makes and reads access tokens.
#[derive(Clone)]
pub struct AccessTokens {
    key: Key,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    life: Duration,
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccessTokens({:?})", self.life)
    }
}

impl AccessTokens {
    /// With the installation's key; tokens are good for `life`.
    #[must_use]
    pub fn new(keys: &Keys, life: Duration) -> Self {
        let key = keys.derive("access-token");
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Expiry is judged by our own clock, below.
        validation.validate_exp = false;
        Self {
            key,
            encoding: EncodingKey::from_secret(&key),
            decoding: DecodingKey::from_secret(&key),
            validation,
            life,
        }
    }

    /// How long a token is good for.
    #[must_use]
    pub fn life(&self) -> Duration {
        self.life
    }

    /// A short mark of a stored password hash, which tells nothing about it.
    #[must_use]
    pub fn fingerprint(&self, password_hash: &str) -> String {
        let tag = mac(&self.key, &[b"password-hash/", password_hash.as_bytes()]);
        hex(tag.first_chunk::<8>().unwrap_or(&[0; 8]))
    }

    /// A token.
    ///
    /// # Errors
    /// None that can be met; the encoder's interface has one.
    pub fn issue(&self, bearer: &Bearer, now: Timestamp) -> Result<String> {
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: bearer.user.to_string(),
            iat: now.millis().div_euclid(1_000),
            exp: now.plus(self.life).millis().div_euclid(1_000),
            sid: bearer.session.0,
            pwd: bearer.fingerprint.clone(),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|error| Error::Internal(format!("access token: {error}")))
    }

    /// Who holds the token.
    ///
    /// # Errors
    /// `unauthenticated`: forged, of another kind, or expired; which of them is not told.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Bearer> {
        let read = || {
            let claims = decode::<Claims>(token, &self.decoding, &self.validation).ok()?.claims;
            let good = claims.exp > now.millis().div_euclid(1_000);
            let user = claims.sub.parse().ok()?;
            good.then_some(Bearer { user, session: SessionId(claims.sid), fingerprint: claims.pwd })
        };
        read().ok_or_else(|| ErrorCode::Unauthenticated.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    const LIFE: Duration = Duration::from_secs(600);

    fn parts() -> (Keys, AccessTokens, Bearer, Timestamp) {
        let keys = Keys::generate();
        let tokens = AccessTokens::new(&keys, LIFE);
        let bearer = Bearer { user: UserId(7), session: SessionId(9), fingerprint: tokens.fingerprint("$argon2id$x") };
        (keys, tokens, bearer, Timestamp::from_millis(1_763_800_000_000))
    }

    fn signed(keys: &Keys, algorithm: Algorithm, claims: &serde_json::Value) -> String {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(&keys.derive("access-token"))).unwrap()
    }

    #[test]
    fn is_good_until_it_expires() {
        let (_, tokens, bearer, now) = parts();
        let token = tokens.issue(&bearer, now).unwrap();
        assert_eq!(tokens.read(&token, now.plus(LIFE - Duration::from_secs(1))).unwrap(), bearer);
        assert_eq!(tokens.read(&token, now.plus(LIFE)).unwrap_err().code(), ErrorCode::Unauthenticated);
    }

    #[test]
    fn nothing_else_is_taken_for_one() {
        let (keys, tokens, bearer, now) = parts();
        let token = tokens.issue(&bearer, now).unwrap();
        let mut pieces = token.split('.').map(str::to_owned).collect::<Vec<_>>();
        let body = String::from_utf8(URL_SAFE_NO_PAD.decode(&pieces[1]).unwrap()).unwrap();
        let none = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"none"}"#);
        let claims: serde_json::Value = serde_json::from_str(&body).unwrap();
        let without = |name: &str| {
            let mut claims = claims.clone();
            claims.as_object_mut().unwrap().remove(name);
            signed(&keys, Algorithm::HS256, &claims)
        };
        let with = |name: &str, value: serde_json::Value| {
            let mut claims = claims.clone();
            claims[name] = value;
            signed(&keys, Algorithm::HS256, &claims)
        };
        assert!(tokens.read(&signed(&keys, Algorithm::HS256, &claims), now).is_ok());
        let mut bad = vec![
            String::new(),
            "a.b.c".into(),
            token.get(..token.len() - 2).unwrap().to_owned(),
            format!("{none}.{}.", pieces[1]),
            format!("{none}.{}.{}", pieces[1], pieces[2]),
            signed(&keys, Algorithm::HS384, &claims),
            signed(&keys, Algorithm::HS512, &claims),
            signed(&Keys::generate(), Algorithm::HS256, &claims),
            with("iss", "other".into()),
            with("aud", "other".into()),
            with("sub", "x".into()),
            with("sid", "9".into()),
        ];
        bad.extend(["iss", "aud", "sub", "exp", "sid", "pwd"].map(without));
        pieces[1] = URL_SAFE_NO_PAD.encode(body.replace("\"7\"", "\"8\""));
        bad.push(pieces.join("."));
        for token in bad {
            assert!(tokens.read(&token, now).is_err(), "{token}");
        }
    }

    #[test]
    fn another_password_has_another_fingerprint() {
        let (_, tokens, _, _) = parts();
        assert_ne!(tokens.fingerprint("a"), tokens.fingerprint("b"));
        assert_eq!(tokens.fingerprint("a").len(), 16);
    }
}
