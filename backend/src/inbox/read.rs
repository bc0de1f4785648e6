//! From raw mail to what the transaction stores: everything that costs time happens here, outside it.

use crate::{
    campaigns::account::OpenAccount,
    conversations::receive::{Incoming, StoredPart},
    files::links::judge_type,
    kernel::{Core, Result, secrets::sha256_hex, storage::Blob},
    mail::{
        self,
        autoreply::MailKind,
        bounce,
        sanitize::{RemoteImages, SanitizeOptions, sanitize},
    },
};
use futures_util::future::try_join_all;

/// A fetched mail.
#[derive(Debug)]
pub struct Fetched {
    /// UID.
    pub uid: u32,
    /// Octets, as the server says.
    pub size: u32,
    /// Source.
    pub raw: Vec<u8>,
}

/// A mail that is ready to be stored.
#[derive(Debug, Clone)]
pub struct Ready {
    /// UID.
    pub uid: u32,
    /// Octets, as the server says.
    pub size: u32,
    /// What is stored; an unreadable one has no facts.
    pub incoming: Incoming,
    /// Why it is unreadable.
    pub unreadable: Option<String>,
}

/// Stores the sources durably and reads the mails.
///
/// # Errors
/// The disk's.
pub async fn prepare(core: &Core, account: &OpenAccount, mails: Vec<Fetched>, history_to: u32) -> Result<Vec<Ready>> {
    let mut ready = Vec::with_capacity(mails.len());
    let mut sources = Vec::with_capacity(mails.len());
    for mail in mails {
        ready.push(read(account, &mail, mail.uid <= history_to));
        sources.push(mail.raw);
    }
    // Side by side: the disk flushes several files in little more time than one.
    let blobs: Vec<Blob> = try_join_all(sources.into_iter().map(|raw| core.blobs.put(raw))).await?;
    for (mail, blob) in ready.iter_mut().zip(blobs) {
        mail.incoming.source = blob;
    }
    Ok(ready)
}

/// Reads one mail. Never fails: what cannot be read is stored as unreadable, with its source.
fn read(account: &OpenAccount, mail: &Fetched, history: bool) -> Ready {
    let mut parts = Vec::new();
    let parsed = mail::parse::parse_with(&mail.raw, &mut |info, bytes| {
        parts.push(StoredPart {
            content_type: judge_type(bytes, &info.content_type, &info.name),
            sha256: sha256_hex(bytes),
            info: info.clone(),
        });
    });
    let (parsed, unreadable) = match parsed {
        Ok(parsed) => (Some(parsed), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let cleaned = parsed.as_ref().and_then(|parsed| parsed.html.as_deref()).map(|html| {
        let keep = |id: &str| Some(format!("cid:{id}"));
        sanitize(html, &SanitizeOptions { cid: &keep, remote: RemoteImages::Block })
    });
    let bounce = parsed.as_ref().filter(|parsed| parsed.kind == MailKind::Bounce).and_then(|_| bounce::read(&mail.raw));
    Ready {
        uid: mail.uid,
        size: mail.size,
        unreadable,
        incoming: Incoming {
            campaign: account.campaign_id,
            own: account.addresses.clone(),
            source: Blob { sha256: String::new(), size: 0 },
            remote_images: cleaned.as_ref().map_or(0, |cleaned| cleaned.blocked_remote),
            html: cleaned.map(|cleaned| cleaned.html),
            parsed,
            parts,
            bounce,
            history,
        },
    }
}
