//! Mail HTML as a page of its own, for a sandboxed frame (H3, DESIGN §4).
//!
//! Two walls: the sanitiser, whose output nothing rewrites (a frame sanitises once more, with the picture sources it
//! wants), and the answer's own policy, which lets nothing run and nothing load but our own signed pictures.

use super::{messages, rows::AttachmentRow};
use crate::{
    kernel::{Core, Error, Result, db::connection::blocking, http::frame},
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
    Ok(frame::answer(frame::page(frame::MAIL_STYLE, &html)))
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
