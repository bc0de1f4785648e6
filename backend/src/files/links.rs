//! What a signed download link opens.

use crate::{
    kernel::{Core, Result, secrets::sha256_hex},
    mail,
};
use serde::{Deserialize, Serialize};
use shared::{error::ErrorCode, time::Timestamp};

/// A file to hand out: a blob, or one MIME part of a blob that is a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// SHA-256 of the blob.
    #[serde(rename = "h")]
    pub blob: String,
    /// MIME part within it.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// File name offered.
    #[serde(rename = "n")]
    pub name: String,
    /// Media type.
    #[serde(rename = "t")]
    pub content_type: String,
    /// Shown in the page instead of saved; only types of [`may_preview`] are.
    #[serde(rename = "i", default)]
    pub inline: bool,
    /// Content-ID, by which a picture in a draft is known again.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
}

const KIND: &str = "file:";

impl Link {
    /// A signed URL, good for an hour.
    #[must_use]
    pub fn url(&self, core: &Core, now: Timestamp) -> String {
        let what = serde_json::to_string(self).unwrap_or_default();
        format!("/api/v1/files/{}", core.signer.sign(&format!("{KIND}{what}"), now))
    }

    /// What a token opens.
    ///
    /// # Errors
    /// `link_expired`.
    pub fn read(core: &Core, token: &str) -> Result<Self> {
        let what = core.signer.read(token, core.now())?;
        let link = what.strip_prefix(KIND).and_then(|json| serde_json::from_str(json).ok());
        link.ok_or_else(|| ErrorCode::LinkExpired.into())
    }

    /// The Content-ID of a link of ours, also when it opens nothing any more: a draft may lie for days in an editor.
    #[must_use]
    pub fn content_id_of(core: &Core, token: &str) -> Option<String> {
        let (what, _) = core.signer.read_even_old(token)?;
        serde_json::from_str::<Self>(what.strip_prefix(KIND)?).ok()?.content_id
    }

    /// The file's content.
    ///
    /// # Errors
    /// It is gone, or the disk fails.
    pub async fn content(&self, core: &Core) -> Result<Vec<u8>> {
        let bytes = core.blobs.get(&self.blob).await?;
        match self.part {
            None => Ok(bytes),
            Some(part) => {
                crate::kernel::db::connection::blocking(move || {
                    mail::parse::part_bytes(&bytes, part).ok_or_else(|| ErrorCode::NotFound.into())
                })
                .await
            }
        }
    }

    /// Identity of the content, for `ETag`.
    #[must_use]
    pub fn tag(&self) -> String {
        let whole = sha256_hex(format!("{}/{:?}", self.blob, self.part).as_bytes());
        whole.get(..16).unwrap_or_default().to_owned()
    }
}

/// Types that a browser may show inside our page: pictures without scripts, PDF, plain text (H4).
#[must_use]
pub fn may_preview(content_type: &str) -> bool {
    matches!(content_type, "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "application/pdf" | "text/plain")
}

/// The media type of some content: by its first bytes where they tell, else as declared, else by the name.
#[must_use]
pub fn judge_type(bytes: &[u8], declared: &str, name: &str) -> String {
    if let Some(kind) = infer::get(bytes) {
        return kind.mime_type().to_owned();
    }
    let declared = declared.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let named = mime_guess::from_path(name).first_raw();
    match declared.as_str() {
        "" | "application/octet-stream" => named.unwrap_or("application/octet-stream").to_owned(),
        // What claims to be a picture and does not begin like one is not shown as one.
        claimed if claimed.starts_with("image/") && claimed != "image/svg+xml" => "application/octet-stream".to_owned(),
        _ => declared,
    }
}
