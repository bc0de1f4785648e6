//! OAuth 2 for mail accounts: the authorisation-code flow with PKCE (RFC 6749, RFC 7636) and the refresh of tokens.
//!
//! What a provider is told and what it answers, and one HTTP client that keeps to the hosts that we may connect to (H8).
//! Who may sign in, and where tokens are kept, is not known here.

use super::{address::one_line, net::NetPolicy};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::{io::Read as _, sync::Arc, time::Duration};
use ureq::{
    Agent,
    config::Config,
    http::Uri,
    tls::{Certificate, RootCerts, TlsConfig},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

/// Longest wait for a provider.
const PATIENCE: Duration = Duration::from_secs(30);
/// Largest answer, in octets.
const MOST: u64 = 256 * 1024;

/// A provider, and what we are to it.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Where people sign in.
    pub authorize_url: String,
    /// Where codes and refresh tokens are exchanged.
    pub token_url: String,
    /// What we ask for, with blanks between.
    pub scopes: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there; empty for a public client.
    pub client_secret: SecretString,
    /// Further parameters of the authorisation request.
    pub extra: &'static [(&'static str, &'static str)],
}

/// What a provider gave. Prints no token.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// For XOAUTH2.
    pub access: SecretString,
    /// How long that is good for.
    pub access_lasts: Duration,
    /// For the next access token; none when the former stays.
    pub refresh: Option<SecretString>,
    /// How long that is good for, where the provider tells.
    pub refresh_lasts: Option<Duration>,
    /// Who signed in, where the provider tells.
    pub login: Option<String>,
}

/// Why there are no tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OauthError {
    /// The grant is not good any more: someone must sign in again. In the provider's words.
    #[error("sign in again: {0}")]
    SignInAgain(String),
    /// The provider refused for another reason, such as a wrong client secret; in its own words.
    #[error("the provider refused: {0}")]
    Refused(String),
    /// The provider cannot be reached, or cannot serve us now.
    #[error("the provider cannot be reached: {0}")]
    Away(String),
}

/// A fresh secret for one sign-in, and what the provider is told of it (S256).
#[must_use]
pub fn pkce() -> (String, String) {
    let verifier = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    (verifier, challenge)
}

/// The address at which a person signs in.
#[must_use]
pub fn sign_in_url(provider: &Provider, redirect_uri: &str, state: &str, challenge: &str, hint: &str) -> String {
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", provider.client_id.as_str()),
        ("redirect_uri", redirect_uri),
        ("scope", provider.scopes.as_str()),
        ("state", state),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ];
    fields.extend(provider.extra);
    if !hint.is_empty() {
        fields.push(("login_hint", hint));
    }
    let joint = if provider.authorize_url.contains('?') { '&' } else { '?' };
    format!("{}{joint}{}", provider.authorize_url, form(&fields))
}

/// `application/x-www-form-urlencoded`.
fn form(fields: &[(&str, &str)]) -> String {
    let coded = |text: &str| {
        let letter = |byte: u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        };
        text.bytes().map(letter).collect::<String>()
    };
    fields.iter().map(|(name, value)| format!("{name}={}", coded(value))).collect::<Vec<_>>().join("&")
}

/// Asks providers for tokens.
#[derive(Debug, Clone)]
pub struct TokenClient {
    agent: Agent,
    policy: Arc<NetPolicy>,
}

impl TokenClient {
    /// A client that keeps to the hosts of `policy` and trusts the system's authorities, and those of a PEM text.
    #[must_use]
    pub fn new(policy: Arc<NetPolicy>, extra_ca_pem: Option<&[u8]>) -> Self {
        let native = rustls_native_certs::load_native_certs().certs;
        let mut roots: Vec<Certificate<'static>> =
            native.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
        if let Some(pem) = extra_ca_pem {
            roots.extend(ureq::tls::parse_pem(pem).filter_map(|item| match item {
                Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            }));
        }
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Config::builder()
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .user_agent("Posta")
            .tls_config(tls)
            .build();
        let resolver = Judging { policy: Arc::clone(&policy), inner: DefaultResolver::default() };
        Self { agent: Agent::with_parts(config, DefaultConnector::default(), resolver), policy }
    }

    /// Exchanges the code of a sign-in. Blocking.
    ///
    /// # Errors
    /// See [`OauthError`].
    pub fn exchange(
        &self,
        provider: &Provider,
        redirect_uri: &str,
        code: &str,
        verifier: &str,
    ) -> Result<Tokens, OauthError> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        self.ask(provider, &fields)
    }

    /// Gets a new access token. Blocking.
    ///
    /// # Errors
    /// See [`OauthError`].
    pub fn refresh(&self, provider: &Provider, refresh_token: &SecretString) -> Result<Tokens, OauthError> {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
        self.ask(provider, &fields)
    }

    fn ask(&self, provider: &Provider, fields: &[(&str, &str)]) -> Result<Tokens, OauthError> {
        let uri: Uri = provider.token_url.parse().map_err(|_| OauthError::Refused("its address is no URL".into()))?;
        let host = uri.host().unwrap_or("");
        let bare = host.trim_matches(['[', ']']);
        let loopback = bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if uri.scheme_str() != Some("https") && !loopback {
            return Err(OauthError::Refused("its address is not protected (https)".into()));
        }
        let mut all = fields.to_vec();
        all.push(("client_id", &provider.client_id));
        let secret = provider.client_secret.expose_secret();
        if !secret.is_empty() {
            all.push(("client_secret", secret));
        }
        let away = |error: &dyn std::fmt::Display| OauthError::Away(one_line(&error.to_string()));
        let answer = self
            .agent
            .post(&provider.token_url)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Accept", "application/json")
            .send(form(&all))
            .map_err(|error| away(&error))?;
        let status = answer.status().as_u16();
        let mut bytes = Vec::new();
        answer.into_body().into_reader().take(MOST).read_to_end(&mut bytes).map_err(|error| away(&error))?;
        read(status, &bytes)
    }

    /// Where it may connect to.
    #[must_use]
    pub fn policy(&self) -> &NetPolicy {
        &self.policy
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default, alias = "refresh_expires_in")]
    refresh_token_expires_in: Option<u64>,
    #[serde(default)]
    id_token: Option<String>,
}

#[derive(Deserialize, Default)]
struct Complaint {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

#[derive(Deserialize, Default)]
struct Claims {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    preferred_username: Option<String>,
    #[serde(default)]
    sub: Option<String>,
}

/// What a token endpoint answered (RFC 6749 §5).
fn read(status: u16, body: &[u8]) -> Result<Tokens, OauthError> {
    if (200..300).contains(&status) {
        let answer: Answer =
            serde_json::from_slice(body).map_err(|_| OauthError::Refused("its answer is no token answer".into()))?;
        return Ok(Tokens {
            login: answer.id_token.as_deref().and_then(who),
            access: answer.access_token.into(),
            access_lasts: Duration::from_secs(answer.expires_in.unwrap_or(3_600)),
            refresh: answer.refresh_token.map(SecretString::from),
            refresh_lasts: answer.refresh_token_expires_in.filter(|time| *time > 0).map(Duration::from_secs),
        });
    }
    let complaint: Complaint = serde_json::from_slice(body).unwrap_or_default();
    let words = complaint_in_words(&complaint.error, &complaint.error_description);
    match complaint.error.as_str() {
        // Microsoft says interaction_required when a second factor or a new consent is due.
        "invalid_grant" | "interaction_required" | "login_required" | "consent_required" => {
            Err(OauthError::SignInAgain(words))
        }
        "" | "temporarily_unavailable" | "server_error" | "slow_down" => {
            Err(OauthError::Away(format!("it answered {status} {words}").trim_end().to_owned()))
        }
        _ if status >= 500 || status == 429 => Err(OauthError::Away(words)),
        _ => Err(OauthError::Refused(words)),
    }
}

/// A provider's error code with its description, fit for showing.
#[must_use]
pub fn complaint_in_words(code: &str, description: &str) -> String {
    let line = one_line(format!("{code} {description}").trim());
    line.chars().take(300).collect()
}

/// Who signed in, by the identity token. It came from the provider itself over a protected connection, so that its
/// signature need not be checked (OpenID Connect Core §3.1.3.7).
fn who(id_token: &str) -> Option<String> {
    let payload = id_token.split('.').nth(1)?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()?;
    let login = claims.email.or(claims.preferred_username).or(claims.sub)?;
    Some(one_line(&login).chars().take(254).collect())
}

/// Resolves names and drops the addresses that we may not connect to.
#[derive(Debug)]
struct Judging {
    policy: Arc<NetPolicy>,
    inner: DefaultResolver,
}

impl Resolver for Judging {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().unwrap_or("").trim_matches(['[', ']']).to_owned();
        let mut allowed = self.empty();
        for address in self.inner.resolve(uri, config, timeout)?.iter() {
            if self.policy.permits(&host, address.ip()) {
                allowed.push(*address);
            }
        }
        if allowed.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(allowed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider() -> Provider {
        Provider {
            authorize_url: "https://id.example/authorize".into(),
            token_url: "https://id.example/token".into(),
            scopes: "openid mail".into(),
            client_id: "posta".into(),
            client_secret: "geheim".into(),
            extra: &[("prompt", "consent")],
        }
    }

    #[test]
    fn people_are_sent_with_state_and_challenge_and_without_secrets() {
        let (verifier, challenge) = pkce();
        assert_eq!(challenge, URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())));
        assert!((43..=128).contains(&verifier.len()));
        let url = sign_in_url(&provider(), "https://x.example/cb", "s&t", &challenge, "ana@x.example");
        assert!(url.starts_with("https://id.example/authorize?response_type=code&client_id=posta&"), "{url}");
        for part in [
            "redirect_uri=https%3A%2F%2Fx.example%2Fcb",
            "scope=openid%20mail",
            "state=s%26t",
            "code_challenge_method=S256",
            "prompt=consent",
            "login_hint=ana%40x.example",
        ] {
            assert!(url.contains(part), "{part} is not in {url}");
        }
        assert!(!url.contains("geheim") && !url.contains(&verifier), "{url}");
    }

    #[test]
    fn answers_are_told_apart() {
        let claims = URL_SAFE_NO_PAD.encode(br#"{"sub":"1","email":"ana@x.example"}"#);
        let good = format!(r#"{{"access_token":"a","refresh_token":"r","expires_in":60,"id_token":"h.{claims}.s"}}"#);
        let tokens = read(200, good.as_bytes()).unwrap();
        assert_eq!((tokens.login.as_deref(), tokens.access_lasts.as_secs()), (Some("ana@x.example"), 60));
        assert!(!format!("{tokens:?}").contains("\"a\""));
        let complaint = |code: &str| format!(r#"{{"error":"{code}","error_description":"no\r\nmore"}}"#);
        let refused = |status, code: &str| read(status, complaint(code).as_bytes()).unwrap_err();
        assert_eq!(refused(400, "invalid_grant"), OauthError::SignInAgain("invalid_grant no more".into()));
        assert_eq!(refused(401, "invalid_client"), OauthError::Refused("invalid_client no more".into()));
        assert!(matches!(refused(503, "server_error"), OauthError::Away(_)));
        assert!(matches!(read(502, b"<html>").unwrap_err(), OauthError::Away(_)));
        assert!(matches!(read(200, b"<html>").unwrap_err(), OauthError::Refused(_)));
    }

    #[test]
    fn no_secret_goes_where_it_may_not() {
        let client = TokenClient::new(Arc::new(NetPolicy::default()), None);
        let asked = |url: &str| {
            let provider = Provider { token_url: url.into(), ..provider() };
            client.refresh(&provider, &SecretString::from("r")).unwrap_err()
        };
        assert!(matches!(asked("http://id.example/token"), OauthError::Refused(_)));
        for inner in ["http://127.0.0.1:9/token", "https://10.0.0.1/token", "https://[::ffff:127.0.0.1]/token"] {
            assert!(matches!(asked(inner), OauthError::Away(_)), "{inner}");
        }
    }
}
