//! The lab's mail users: one file per login, which Dovecot reads anew at each sign-in.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Doing, LabError};
use crate::maildir::Maildir;
use crate::mailroom::{Mailroom, split_address};
use crate::system::Owner;

/// A login of the lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name to sign in with, mostly the address itself.
    pub login: String,
    /// The address of its mailbox.
    pub address: String,
    /// The password, in clear.
    pub password: String,
}

#[derive(Debug)]
struct Entry {
    account: Account,
    quota: Option<u64>,
    /// Dovecot takes a file for unchanged when size and second of change are the same, so each change moves it on.
    changes: u64,
}

/// All logins, in memory and in the files below `directory`.
#[derive(Debug)]
pub(crate) struct Accounts {
    directory: PathBuf,
    owner: Owner,
    entries: Mutex<BTreeMap<String, Entry>>,
    /// Alias and the address whose mailbox it is.
    aliases: Mutex<BTreeMap<String, String>>,
}

impl Accounts {
    pub(crate) fn new(directory: PathBuf, owner: Owner) -> Self {
        Self { directory, owner, entries: Mutex::new(BTreeMap::new()), aliases: Mutex::new(BTreeMap::new()) }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a login for the mailbox of an address and makes the mailbox where it is missing.
    pub(crate) fn add(
        &self,
        mailroom: &Mailroom,
        login: &str,
        password: &str,
        address: &str,
    ) -> Result<Account, LabError> {
        let (local, domain) = split_address(address)?;
        if login.is_empty() || login.contains(['/', ':', '\n', '\r', '%']) || login.starts_with('.') {
            return Err(LabError::Usage(format!("{login:?} cannot be a login of the lab")));
        }
        let login = login.to_ascii_lowercase();
        let account = Account { login: login.clone(), address: format!("{local}@{domain}"), password: password.into() };
        let home = mailroom.home(address)?;
        for directory in [home.parent(), Some(home.as_path())].into_iter().flatten() {
            if !directory.is_dir() {
                fs::create_dir_all(directory)
                    .and_then(|()| chown(directory, Some(self.owner.uid), Some(self.owner.gid)))
                    .doing(format_args!("making {}", directory.display()))?;
            }
        }
        Maildir::of(&home, "INBOX", self.owner).create()?;
        let mut entries = self.entries();
        let changes = entries.get(&login).map_or(0, |entry| entry.changes + 1);
        let entry = Entry { account: account.clone(), quota: None, changes };
        self.write(&entry, &home)?;
        entries.insert(login, entry);
        Ok(account)
    }

    /// Sets the most bytes that the mailbox may hold for IMAP's APPEND and COPY; `None` lifts the limit.
    pub(crate) fn set_quota(&self, mailroom: &Mailroom, address: &str, bytes: Option<u64>) -> Result<(), LabError> {
        let mut entries = self.entries();
        let mut found = false;
        for entry in entries.values_mut().filter(|entry| entry.account.address.eq_ignore_ascii_case(address)) {
            entry.quota = bytes;
            entry.changes += 1;
            found = true;
            self.write(entry, &mailroom.home(address)?)?;
        }
        if found { Ok(()) } else { Err(LabError::Usage(format!("the lab has no mailbox {address}"))) }
    }

    /// The account of a login.
    pub(crate) fn get(&self, login: &str) -> Result<Account, LabError> {
        let entries = self.entries();
        let entry = entries.get(&login.to_ascii_lowercase());
        entry.map(|entry| entry.account.clone()).ok_or_else(|| LabError::Usage(format!("the lab has no login {login}")))
    }

    /// Any account whose mailbox is that of the address.
    pub(crate) fn of_address(&self, address: &str) -> Result<Account, LabError> {
        let entries = self.entries();
        let mut all = entries.values().map(|entry| &entry.account);
        let found = all.find(|account| account.address.eq_ignore_ascii_case(address)).cloned();
        found.ok_or_else(|| LabError::Usage(format!("the lab has no mailbox {address}")))
    }

    /// Lets a further address be delivered into a mailbox.
    pub(crate) fn add_alias(&self, alias: &str, address: &str) -> Result<(), LabError> {
        let (local, domain) = split_address(alias)?;
        let owner = self.of_address(address)?.address;
        let mut aliases = self.aliases.lock().unwrap_or_else(PoisonError::into_inner);
        aliases.insert(format!("{local}@{domain}"), owner);
        Ok(())
    }

    /// The addresses that are delivered, each with the one whose mailbox it is.
    pub(crate) fn mailboxes(&self) -> Vec<(String, String)> {
        let own = |entry: &Entry| (entry.account.address.clone(), entry.account.address.clone());
        let mut mailboxes: Vec<_> = self.entries().values().map(own).collect();
        let aliases = self.aliases.lock().unwrap_or_else(PoisonError::into_inner);
        mailboxes.extend(aliases.iter().map(|(alias, owner)| (alias.clone(), owner.clone())));
        mailboxes.sort();
        mailboxes.dedup();
        mailboxes
    }

    fn write(&self, entry: &Entry, home: &Path) -> Result<(), LabError> {
        let Account { login, password, .. } = &entry.account;
        let Owner { uid, gid } = self.owner;
        let secret = STANDARD.encode(password);
        let quota = entry.quota.map_or_else(String::new, |bytes| {
            format!("userdb_quota_rule=*:storage={bytes}B userdb_mail_plugins=quota")
        });
        let line = format!("{login}:{{PLAIN.b64}}{secret}:{uid}:{gid}::{}::{quota}\n", home.display());
        let path = self.directory.join(login);
        let draft = self.directory.join(format!(".{login}"));
        fs::write(&draft, line).doing("writing a login")?;
        let stamp = SystemTime::now() + Duration::from_secs(entry.changes);
        let file = fs::File::options().write(true).open(&draft).doing("writing a login")?;
        file.set_modified(stamp).doing("writing a login")?;
        fs::rename(&draft, &path).doing("writing a login")
    }
}
