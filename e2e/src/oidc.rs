//! A real OpenID provider (npm's `oidc-provider`, in `e2e/oidc`) for accounts that sign in with it, and the browser of one
//! who does.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::error::{Doing, LabError};

/// A running provider. Dropping it ends it.
#[derive(Debug)]
pub struct OidcProvider {
    child: Child,
    port: u16,
    http: ureq::Agent,
}

impl OidcProvider {
    /// Starts one that knows the client `posta` with this redirect URI, and whose access tokens live so long.
    ///
    /// # Errors
    /// Node.js or the packages of `e2e/oidc` are missing.
    pub fn start(redirect_uri: &str, access_seconds: u64) -> Result<Self, LabError> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc");
        if !folder.join("node_modules").is_dir() {
            return Err(LabError::Usage("the packages of e2e/oidc are missing: .ci/setup lab installs them".into()));
        }
        let mut child = Command::new("node")
            .arg("provider.mjs")
            .current_dir(&folder)
            .env("OIDC_REDIRECT", redirect_uri)
            .env("OIDC_ACCESS_SECONDS", access_seconds.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .doing("starting the OpenID provider")?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line).doing("waiting for the OpenID provider")?;
        }
        let port = line.trim().parse().map_err(|_| LabError::Usage("the OpenID provider did not come up".into()))?;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(30)))
            .build();
        Ok(Self { child, port, http: config.into() })
    }

    /// Where people sign in.
    #[must_use]
    pub fn authorize_url(&self) -> String {
        format!("http://127.0.0.1:{}/auth", self.port)
    }

    /// Where tokens come from.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("http://127.0.0.1:{}/token", self.port)
    }

    /// Where mail servers ask whose a token is.
    #[must_use]
    pub fn token_check(&self) -> String {
        format!("http://dovecot:dovecot-secret@127.0.0.1:{}/token/introspection", self.port)
    }

    /// Makes all grants so far worthless.
    ///
    /// # Errors
    /// It does not answer.
    pub fn withdraw(&self) -> Result<(), LabError> {
        self.lab("withdraw").map(drop)
    }

    /// How often a token was refreshed.
    ///
    /// # Errors
    /// It does not answer.
    pub fn refreshes(&self) -> Result<u64, LabError> {
        let counts: BTreeMap<String, u64> = serde_json::from_str(&self.lab("counts")?).unwrap_or_default();
        Ok(counts.get("refresh").copied().unwrap_or(0))
    }

    fn lab(&self, what: &str) -> Result<String, LabError> {
        let url = format!("http://127.0.0.1:{}/lab/{what}", self.port);
        let failed = |error: ureq::Error| LabError::Usage(format!("the OpenID provider: {error}"));
        self.http.get(&url).call().map_err(failed)?.body_mut().read_to_string().map_err(failed)
    }

    /// Opens an address as a browser does that has this cookie, follows where it is sent, and gives the last page.
    ///
    /// # Errors
    /// A server does not answer, or sends it round in circles.
    pub fn browse(&self, url: &str, cookie: &str) -> Result<String, LabError> {
        let failed = |error: ureq::Error| LabError::Usage(format!("browsing {url}: {error}"));
        let origin_of = |url: &str| url.split('/').take(3).collect::<Vec<_>>().join("/");
        let mut jars: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut at = url.to_owned();
        for _ in 0..20 {
            let origin = origin_of(&at);
            let jar = jars.entry(origin.clone()).or_default();
            let mut cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            // The browser sends it to us alone; the provider does not mind.
            cookies.push(cookie.to_owned());
            let mut answer = self.http.get(&at).header("Cookie", cookies.join("; ")).call().map_err(failed)?;
            for set in answer.headers().get_all("set-cookie") {
                let pair = set.to_str().unwrap_or("").split(';').next().unwrap_or("");
                if let Some((name, value)) = pair.split_once('=') {
                    jar.insert(name.to_owned(), value.to_owned());
                }
            }
            let next = answer.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
            match next {
                None => return answer.body_mut().read_to_string().map_err(failed),
                Some(next) if next.starts_with('/') => at = format!("{origin}{next}"),
                Some(next) => at = next,
            }
        }
        Err(LabError::Usage(format!("{url} leads round in circles")))
    }
}

impl Drop for OidcProvider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
