//! The mailbox behind a fake IMAP server.

use std::collections::BTreeSet;
use std::sync::Arc;

/// A message of a folder.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) uid: u32,
    pub(crate) raw: Arc<[u8]>,
    pub(crate) flags: BTreeSet<String>,
}

/// A folder with its numbering.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) name: String,
    pub(crate) special_use: Option<&'static str>,
    pub(crate) uid_validity: u32,
    pub(crate) uid_next: u32,
    pub(crate) mails: Vec<Stored>,
}

impl Folder {
    fn new(name: &str, special_use: Option<&'static str>) -> Self {
        Self { name: name.into(), special_use, uid_validity: 1, uid_next: 1, mails: Vec::new() }
    }

    pub(crate) fn add(&mut self, raw: Arc<[u8]>, flags: BTreeSet<String>) -> u32 {
        let uid = self.uid_next;
        self.uid_next += 1;
        self.mails.push(Stored { uid, raw, flags });
        uid
    }

    pub(crate) fn get(&self, uid: u32) -> Option<&Stored> {
        self.mails.iter().find(|mail| mail.uid == uid)
    }

    pub(crate) fn get_mut(&mut self, uid: u32) -> Option<&mut Stored> {
        self.mails.iter_mut().find(|mail| mail.uid == uid)
    }

    pub(crate) fn uids(&self) -> Vec<u32> {
        self.mails.iter().map(|mail| mail.uid).collect()
    }
}

/// All folders.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) folders: Vec<Folder>,
    /// Moves on with each change that sessions should tell of.
    pub(crate) version: u64,
}

impl Store {
    pub(crate) fn new() -> Self {
        let folders = [("INBOX", None), ("Sent", Some("\\Sent")), ("Trash", Some("\\Trash"))];
        Self { folders: folders.map(|(name, special)| Folder::new(name, special)).to_vec(), version: 0 }
    }

    pub(crate) fn folder(&self, name: &str) -> Option<&Folder> {
        self.folders.iter().find(|folder| same(&folder.name, name))
    }

    pub(crate) fn folder_mut(&mut self, name: &str) -> Option<&mut Folder> {
        self.folders.iter_mut().find(|folder| same(&folder.name, name))
    }

    /// The folder, made when missing.
    pub(crate) fn made(&mut self, name: &str) -> &mut Folder {
        let at = self.folders.iter().position(|folder| same(&folder.name, name));
        let at = at.unwrap_or_else(|| {
            self.folders.push(Folder::new(name, None));
            self.folders.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the position was found or made one line above")]
        &mut self.folders[at]
    }
}

fn same(left: &str, right: &str) -> bool {
    left == right || (left.eq_ignore_ascii_case("INBOX") && right.eq_ignore_ascii_case("INBOX"))
}

/// A set such as `1:3,7,9:*`. As RFC 3501 §9 has it, `*` is the largest number there is, and a range counts from either
/// end: `100:*` holds the last message even when its number is below 100.
pub(crate) fn in_set(set: &str, largest: u32) -> impl Fn(u32) -> bool {
    let number = |text: &str| if text == "*" { Some(largest) } else { text.parse::<u32>().ok() };
    let ranges = set
        .split(',')
        .filter_map(|part| match part.split_once(':') {
            Some((first, last)) => {
                let (first, last) = (number(first)?, number(last)?);
                Some((first.min(last), first.max(last)))
            }
            None => number(part).map(|only| (only, only)),
        })
        .collect::<Vec<_>>();
    move |uid| ranges.iter().any(|(first, last)| (*first..=*last).contains(&uid))
}
