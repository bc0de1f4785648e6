//! Files of messages and drafts.

use crate::ids::AttachmentId;
use serde::{Deserialize, Serialize};

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AttachmentView {
    /// File.
    pub id: AttachmentId,
    /// File name, made safe.
    pub name: String,
    /// Media type, judged by content where possible.
    pub content_type: String,
    /// Octets.
    pub size: i64,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
    /// Shown inside the text rather than beside it.
    pub inline: bool,
    /// Content-ID without angle brackets, for inline images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// Signed URL that downloads it; good for an hour.
    pub url: String,
    /// The type is one that a preview may show (image, PDF, text).
    pub previewable: bool,
}
