//! What a signed download link opens.

use crate::{
    kernel::{Core, Error, Result, db::connection::blocking, secrets::sha256_hex},
    mail,
};
use serde::{Deserialize, Serialize};
use shared::{error::ErrorCode, time::Timestamp};
use tokio::sync::Semaphore;

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
        let bytes = core.blobs.get(&self.blob);
        match self.part {
            None => bytes.await,
            Some(part) => part_of(bytes, part).await,
        }
    }

    /// Identity of the content, for `ETag`.
    #[must_use]
    pub fn tag(&self) -> String {
        let whole = sha256_hex(format!("{}/{:?}", self.blob, self.part).as_bytes());
        whole.get(..16).unwrap_or_default().to_owned()
    }
}

/// Turns at taking a source apart. A mail with thirty pictures is asked for thirty parts at once, and each of them costs
/// the whole of it.
static TURNS: Semaphore = Semaphore::const_new(4);

/// A part of the mail that `source` reads, when it is its turn.
async fn part_of(source: impl Future<Output = Result<Vec<u8>>>, part: u32) -> Result<Vec<u8>> {
    let turn = TURNS.acquire().await.map_err(|error| Error::Internal(error.to_string()))?;
    let bytes = source.await?;
    blocking(move || {
        // Here rather than outside: the work goes on when the one who asked has gone.
        let _turn = turn;
        mail::parse::part_bytes(&bytes, part).ok_or_else(|| ErrorCode::NotFound.into())
    })
    .await
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };
    use tokio::{sync::Notify, task::JoinSet};

    #[tokio::test]
    async fn no_more_than_four_sources_are_in_memory_for_their_parts() {
        let (begun, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let mut all = JoinSet::new();
        for _ in 0..10 {
            let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
            all.spawn(part_of(
                async move {
                    begun.fetch_add(1, Ordering::SeqCst);
                    go_on.notified().await;
                    Ok(b"Content-Type: text/plain\r\n\r\nhola".to_vec())
                },
                0,
            ));
        }
        for done in 0..10 {
            let wanted = (done + 4).min(10);
            while begun.load(Ordering::SeqCst) < wanted {
                tokio::task::yield_now().await;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
            assert_eq!(begun.load(Ordering::SeqCst), wanted);
            go_on.notify_one();
            assert!(all.join_next().await.unwrap().is_ok());
        }
    }
}
