//! Keys, and what they protect.
//!
//! A key file holds one *root* key, from which keys for tokens, links and mail threads are derived and which never
//! changes (Message-IDs sent years ago must still be known as ours), and one or more *seal* keys, the last of which
//! encrypts what is stored. `rotate-keys` adds a seal key; the earlier ones still open what they sealed.

use crate::kernel::{Error, Result};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::{fmt, io::Write as _, os::unix::fs::OpenOptionsExt, path::Path};

/// 256 bits.
pub type Key = [u8; 32];

/// The keys of this installation.
#[derive(Clone)]
pub struct Keys {
    root: Key,
    seals: Vec<(u32, Key)>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} seal keys)", self.seals.len())
    }
}

const NONCE: usize = 24;

impl Keys {
    /// Fresh keys.
    #[must_use]
    pub fn generate() -> Self {
        Self { root: rand::random(), seals: vec![(1, rand::random())] }
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// A line that is neither `root KEY` nor `seal ID KEY`, a key that is not 32 octets or all zero, no root, no seal.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = |what: &str| Error::Internal(format!("the keys cannot be read: {what}"));
        let mut root = None;
        let mut seals = Vec::new();
        let lines = text.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            let key = |text: &str| {
                let key: Option<Key> = BASE64.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
                key.filter(|key| *key != [0; 32]).ok_or_else(|| bad("a key must be 32 random octets in Base64"))
            };
            match words.as_slice() {
                ["root", text] => root = Some(key(text)?),
                ["seal", id, text] => seals.push((id.parse().map_err(|_| bad("a seal key's number"))?, key(text)?)),
                _ => return Err(bad("lines are `root KEY` and `seal NUMBER KEY`")),
            }
        }
        match root {
            Some(root) if !seals.is_empty() => Ok(Self { root, seals }),
            _ => Err(bad("there must be one root key and a seal key")),
        }
    }

    /// The text of a key file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text =
            String::from("# Posta's keys. Whoever has this file and the database can read the stored passwords.\n");
        text.push_str(&format!("root {}\n", BASE64.encode(self.root)));
        for (id, key) in &self.seals {
            text.push_str(&format!("seal {id} {}\n", BASE64.encode(key)));
        }
        text
    }

    /// Reads the file, or makes it (mode 0600) where there is none.
    ///
    /// # Errors
    /// It cannot be read or written, or does not hold keys.
    pub fn load_or_create(path: &Path) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let keys = Self::generate();
                keys.save(path)?;
                Ok(keys)
            }
            Err(error) => Err(Error::Internal(format!("{}: {error}", path.display()))),
        }
    }

    /// Writes the file whole or not at all.
    ///
    /// # Errors
    /// The disk's.
    pub fn save(&self, path: &Path) -> Result<()> {
        let fresh = path.with_extension("new");
        let _ = std::fs::remove_file(&fresh);
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(self.to_text().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)?;
        if let Some(parent) = path.parent() {
            std::fs::File::open(parent)?.sync_all()?;
        }
        Ok(())
    }

    /// Adds a seal key, which encrypts from now on.
    pub fn rotate(&mut self) {
        let next = self.seals.iter().map(|(id, _)| *id).max().unwrap_or(0).saturating_add(1);
        self.seals.push((next, rand::random()));
    }

    /// A key for one purpose, from the root key (HMAC-SHA256 as a key derivation function, RFC 5869's expand step).
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Key {
        mac(&self.root, &[b"posta/", purpose.as_bytes(), b"\x01"])
    }

    /// Encrypts with XChaCha20-Poly1305. `place` names the row and column: sealed text that is moved to another place
    /// does not open.
    ///
    /// # Errors
    /// None that can be met; the cipher's interface has one.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let (id, key) = self.seals.last().ok_or_else(|| Error::Internal("no seal key".into()))?;
        let nonce = XNonce::generate();
        let sealed = XChaCha20Poly1305::new(key.into())
            .encrypt(&nonce, Payload { msg: plain, aad: place.as_bytes() })
            .map_err(|_| Error::Internal("sealing failed".into()))?;
        Ok([id.to_be_bytes().as_slice(), nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what [`Self::seal`] made for the same place.
    ///
    /// # Errors
    /// It was changed, moved, or sealed with a key that is not here.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let broken = || Error::Internal(format!("{place} does not open with the keys at hand"));
        let (id, rest) = sealed.split_first_chunk::<4>().ok_or_else(broken)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or_else(broken)?;
        let id = u32::from_be_bytes(*id);
        let (_, key) = self.seals.iter().find(|(known, _)| *known == id).ok_or_else(broken)?;
        XChaCha20Poly1305::new(key.into())
            .decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: place.as_bytes() })
            .map_err(|_| broken())
    }
}

/// HMAC-SHA256 over the parts, one after the other.
#[must_use]
pub fn mac(key: &Key, parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length; `new_from_slice` cannot fail for it.
    let Ok(mut mac) = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex(&Sha256::digest(bytes))
}

/// Hexadecimal, lower case.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A random token of 256 bits, URL-safe.
#[must_use]
pub fn random_token() -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(rand::random::<Key>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_text_opens_only_in_its_place() {
        let keys = Keys::generate();
        let sealed = keys.seal("mail_accounts/1/password", b"geheim").unwrap();
        assert_eq!(keys.open("mail_accounts/1/password", &sealed).unwrap(), b"geheim");
        assert!(keys.open("mail_accounts/2/password", &sealed).is_err());
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(keys.open("mail_accounts/1/password", &changed).is_err());
        assert!(keys.open("mail_accounts/1/password", &[]).is_err());
    }

    #[test]
    fn rotation_keeps_old_seals_and_derived_keys() {
        let mut keys = Keys::generate();
        let sealed = keys.seal("a", b"x").unwrap();
        let derived = keys.derive("links");
        keys.rotate();
        let read = Keys::parse(&keys.to_text()).unwrap();
        assert_eq!(read.open("a", &sealed).unwrap(), b"x");
        assert_eq!(read.derive("links"), derived);
        assert_ne!(read.seal("a", b"x").unwrap()[..4], sealed[..4]);
    }

    #[test]
    fn bad_key_files_are_refused() {
        for text in ["", "root AAAA", "root AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "hello"] {
            assert!(Keys::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_file_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.txt");
        let made = Keys::load_or_create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Keys::load_or_create(&path).unwrap().to_text(), made.to_text());
    }
}
