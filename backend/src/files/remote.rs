//! Remote pictures of a mail, after the reader consented: fetched by us, so that the sender learns neither the reader's
//! address nor his browser, and only from public hosts (H8).

use crate::kernel::Core;
use shared::time::Timestamp;

/// Signed URL of our proxy for a remote picture.
#[must_use]
pub fn url(core: &Core, remote: &str, now: Timestamp) -> String {
    format!("/api/v1/remote-images/{}", core.signer.sign(&format!("remote:{remote}"), now))
}
