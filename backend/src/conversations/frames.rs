//! Mail HTML as a page of its own, for a sandboxed frame (H3, DESIGN §4).
//!
//! Two walls: the sanitiser, whose output nothing rewrites (a frame sanitises once more, with the picture sources it
//! wants), and the answer's own policy, which lets nothing run and nothing load but our own signed pictures.

use super::{messages, rows::AttachmentRow};
use crate::{
    kernel::{Core, Error, Result, db::connection::blocking},
    mail::{
        self,
        sanitize::{RemoteImages, SanitizeOptions, sanitize},
    },
};
use actix_web::{HttpResponse, get, web};
use shared::{
    error::ErrorCode,
    ids::{DraftId, MessageId},
    time::Timestamp,
};

/// Look of a mail inside its frame. The page behind it may be dark; a mail is written for white paper.
const STYLE: &str = "html{background:#fff;color:#1b1f24;color-scheme:light}\
body{margin:0;padding:12px 14px;font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;overflow-wrap:anywhere;max-width:72em}\
img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}\
blockquote{margin:.6em 0 .6em 0;padding-left:.8em;border-left:3px solid #d0d7de;color:#57606a}a{color:#0b57d0}";

/// Signed URL of a message's page.
#[must_use]
pub fn message_url(core: &Core, id: MessageId, remote: bool, now: Timestamp) -> String {
    let token = core.signer.sign(&format!("frame:message/{id}/{}", u8::from(remote)), now);
    format!("/api/v1/frames/{token}")
}

/// Signed URL of the page that shows what a draft will quote.
#[must_use]
pub fn quote_url(core: &Core, id: DraftId, now: Timestamp) -> String {
    format!("/api/v1/frames/{}", core.signer.sign(&format!("frame:quote/{id}"), now))
}

/// A page with the HTML of a mail, by signed URL; made for `<iframe sandbox>`.
#[utoipa::path(
    tag = "messages",
    params(("token" = String, Path, description = "Signed token")),
    responses((status = 200, description = "HTML page", content_type = "text/html", body = String)),
    security(())
)]
#[get("/frames/{token}")]
pub async fn show_frame(token: web::Path<String>, core: web::Data<Core>) -> Result<HttpResponse> {
    let what = core.signer.read(&token, core.now())?;
    let words: Vec<&str> = what.strip_prefix("frame:").unwrap_or("").split('/').collect();
    let html = match words.as_slice() {
        ["message", id, remote] => message_html(&core, parse(id).map(MessageId)?, *remote == "1").await?,
        ["quote", id] => super::compose::quote_html(&core, parse(id).map(DraftId)?).await?,
        _ => return Err(ErrorCode::LinkExpired.into()),
    };
    let page = format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"referrer\" content=\"no-referrer\"><base target=\"_blank\"><title>Mail</title>\
         <style>{STYLE}</style></head><body>{html}</body></html>"
    );
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            "Content-Security-Policy",
            "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
             img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'self'; frame-ancestors 'self'",
        ))
        .insert_header(("X-Frame-Options", "SAMEORIGIN"))
        .insert_header(("Cache-Control", "private, max-age=600"))
        .body(page))
}

fn parse(id: &str) -> Result<i64> {
    id.parse().map_err(|_| Error::from(ErrorCode::LinkExpired))
}

async fn message_html(core: &Core, id: MessageId, remote: bool) -> Result<String> {
    let now = core.now();
    let (row, stored, files) = core
        .db
        .read(move |conn| {
            let row = messages::row(conn, id)?;
            let (_, _, html) = messages::body(conn, id)?;
            Ok((row, html, messages::files(conn, &[id])?))
        })
        .await?;
    let source = row.source_hash.clone();
    // With remote pictures the page is made from what was sent; the stored form has lost them.
    let original = match (&source, remote) {
        (Some(hash), true) => {
            let raw = core.blobs.get(hash).await?;
            blocking(move || Ok(mail::parse::parse(&raw).ok().and_then(|mail| mail.html))).await?
        }
        _ => None,
    };
    let html = original.or(stored).ok_or(ErrorCode::NotFound)?;
    let core = core.clone();
    blocking(move || Ok(clean(&core, &html, &files, source.as_deref(), remote, now))).await
}

/// Sanitises for display, with pictures of the mail itself by signed link and, if wanted, remote ones by our proxy.
#[must_use]
pub fn clean(
    core: &Core,
    html: &str,
    files: &[AttachmentRow],
    source: Option<&str>,
    remote: bool,
    now: Timestamp,
) -> String {
    let cid = |id: &str| {
        let file = files.iter().find(|file| file.content_id.as_deref() == Some(id))?;
        file.content_type.starts_with("image/").then(|| messages::link(file, source, true).url(core, now))
    };
    let proxy = |url: &str| Some(crate::files::remote::url(core, url, now));
    let remote = if remote { RemoteImages::Proxy(&proxy) } else { RemoteImages::Block };
    sanitize(html, &SanitizeOptions { cid: &cid, remote }).html
}
