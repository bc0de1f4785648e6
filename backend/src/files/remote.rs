//! Remote pictures of a mail, after the reader consented: fetched by us, so that the sender learns neither the reader's
//! address nor his browser, and only from public hosts (H8): every name, also that of a redirect, is resolved once,
//! its addresses are judged, and the connection goes to one that was.

use crate::{
    kernel::{Core, Error, Result, db::connection::blocking},
    mail::net::NetPolicy,
};
use actix_web::{HttpResponse, get, web};
use shared::{error::ErrorCode, time::Timestamp};
use std::{io::Read, sync::Arc, time::Duration};
use ureq::{
    Agent,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

/// Largest picture, in octets.
const MOST: u64 = 8 * 1024 * 1024;
/// Longest wait for a picture, redirects included.
const PATIENCE: Duration = Duration::from_secs(15);

/// Signed URL of our proxy for a remote picture.
#[must_use]
pub fn url(core: &Core, remote: &str, now: Timestamp) -> String {
    format!("/api/v1/remote-images/{}", core.signer.sign(&format!("remote:{remote}"), now))
}

/// Fetches pictures.
#[derive(Debug, Clone)]
pub struct Pictures {
    agent: Agent,
}

impl Pictures {
    /// A fetcher that keeps to public hosts and those that the configuration names.
    ///
    /// # Errors
    /// `mail.image_hosts` has an entry that is no host, address or network.
    pub fn new(core: &Core) -> Result<Self> {
        let policy = NetPolicy::allowing(&core.settings.mail.image_hosts)
            .map_err(|error| Error::Internal(format!("mail.image_hosts: {error}")))?;
        let config =
            Config::builder().timeout_global(Some(PATIENCE)).max_redirects(4).proxy(None).user_agent("Posta").build();
        let resolver = Judging { policy: Arc::new(policy), inner: DefaultResolver::default() };
        Ok(Self { agent: Agent::with_parts(config, DefaultConnector::default(), resolver) })
    }

    /// Fetches one picture: its media type, judged by its first bytes, and its content. Blocking.
    ///
    /// # Errors
    /// `not_found` for whatever goes wrong: which hosts exist is nothing that a mail may find out.
    pub fn fetch(&self, url: &str) -> Result<(&'static str, Vec<u8>)> {
        let absent = |reason: String| {
            tracing::debug!(reason, "a remote picture could not be had");
            Error::from(ErrorCode::NotFound)
        };
        let answer =
            self.agent.get(url).header("Accept", "image/*").call().map_err(|error| absent(error.to_string()))?;
        let mut bytes = Vec::new();
        answer
            .into_body()
            .into_reader()
            .take(MOST.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| absent(error.to_string()))?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST {
            return Err(absent("too large".into()));
        }
        let kind = infer::get(&bytes).map(|kind| kind.mime_type()).unwrap_or("");
        match kind {
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" => Ok((kind, bytes)),
            _ => Err(absent("no picture".into())),
        }
    }
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

/// Shows a remote picture of a mail by the signed URL that the mail's frame holds.
#[utoipa::path(
    tag = "files",
    params(("token" = String, Path, description = "Signed token")),
    responses((status = 200, description = "The picture", content_type = "image/png", body = Vec<u8>)),
    security(())
)]
#[get("/remote-images/{token}")]
pub async fn show_remote_image(
    token: web::Path<String>,
    core: web::Data<Core>,
    pictures: web::Data<Pictures>,
) -> Result<HttpResponse> {
    let what = core.signer.read(&token, core.now())?;
    let url = what.strip_prefix("remote:").ok_or(ErrorCode::LinkExpired)?.to_owned();
    let (kind, bytes) = blocking(move || pictures.fetch(&url)).await?;
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header(("Cache-Control", "private, max-age=3600"))
        .insert_header(("Content-Security-Policy", "sandbox; default-src 'none'"))
        .body(bytes))
}
