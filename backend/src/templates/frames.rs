//! Pages that show templates in sandboxed frames, by signed URL. A saved version is rendered from what is stored; what
//! is not saved lies as a blob that no row names, and goes with the next sweep.

use super::{content::Content, facts::Facts, images, queries};
use crate::{
    files::remote,
    kernel::{
        Core, Error, Result,
        db::connection::blocking,
        http::frame::{self, DESIGN_STYLE, MAIL_STYLE},
    },
    mail::design::Design,
};
use shared::{api::templates::TemplateKind, error::ErrorCode, ids::TemplateVersionId, time::Timestamp};

const KIND: &str = "template:";

/// How programs that turn colours round at night show a mail; the page around the frame sets the class.
const TURNED: &str = "html.turned,html.turned img{filter:invert(1) hue-rotate(180deg)}";

fn url(core: &Core, what: &str, now: Timestamp) -> String {
    format!("/api/v1/template-frames/{}", core.signer.sign(&format!("{KIND}{what}"), now))
}

/// Signed URL of the page of a saved version.
pub fn of_version(core: &Core, version: TemplateVersionId, now: Timestamp) -> String {
    url(core, &format!("version/{version}"), now)
}

/// Stores the page of something unsaved; answers its signed URL.
///
/// # Errors
/// The storage's.
pub async fn of_preview(core: &Core, kind: TemplateKind, design: &Design, now: Timestamp) -> Result<String> {
    let blob = core.blobs.put(page(core, kind, design, now).into_bytes()).await?;
    Ok(url(core, &format!("blob/{}", blob.sha256), now))
}

/// The page that a token opens.
///
/// # Errors
/// `link_expired`.
pub async fn open(core: &Core, token: &str) -> Result<String> {
    let now = core.now();
    let what = core.signer.read(token, now)?;
    match what.strip_prefix(KIND).and_then(|what| what.split_once('/')) {
        Some(("blob", sha256)) => {
            String::from_utf8(core.blobs.get(sha256).await?).map_err(|_| ErrorCode::LinkExpired.into())
        }
        Some(("version", id)) => {
            let id = id.parse().map(TemplateVersionId).map_err(|_| Error::from(ErrorCode::LinkExpired))?;
            let core = core.clone();
            let content = core
                .db
                .read(move |conn| {
                    let version = queries::version_by_id(conn, id)?;
                    Ok(Content::read(conn, version.template_id, Some(version.number))?)
                })
                .await?;
            blocking(move || {
                let filled = content.filled(&Facts::sample(now));
                Ok(page(&core, content.kind, &filled.design, now))
            })
            .await
        }
        _ => Err(ErrorCode::LinkExpired.into()),
    }
}

/// The page: pictures of ours by their own addresses, others by our proxy.
fn page(core: &Core, kind: TemplateKind, design: &Design, now: Timestamp) -> String {
    let picture = |address: &str| match images::token_of_cid(address) {
        Some(token) => Some(format!("{}{token}", images::PATH)),
        None if address.starts_with("http") => Some(remote::url(core, address, now)),
        None => None,
    };
    let shown = design.with_images(&picture);
    let look = if kind.is_whole_mail() { DESIGN_STYLE } else { MAIL_STYLE };
    frame::page(&format!("{look}{TURNED}{}", shown.css), &shown.html)
}
