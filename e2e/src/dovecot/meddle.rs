//! What others do to a mailbox behind the product's back.

use std::fs;
use std::io;
use std::os::unix::fs::chown;

use super::Dovecot;
use crate::error::{Doing, LabError};
use crate::imap::{ImapClient, Selected};

impl Dovecot {
    /// A connection that is signed in to the mailbox of an address.
    ///
    /// # Errors
    /// When there is no such mailbox or the server is stopped.
    pub fn session(&self, address: &str) -> Result<ImapClient, LabError> {
        let account = self.accounts.of_address(address)?;
        let mut client = ImapClient::connect(self.address())?;
        client.login(&account.login, &account.password)?;
        Ok(client)
    }

    /// Opens a folder and tells its figures.
    ///
    /// # Errors
    /// When there is no such mailbox or folder.
    pub fn status(&self, address: &str, folder: &str) -> Result<Selected, LabError> {
        let mut client = self.session(address)?;
        let selected = client.select(folder)?;
        client.logout()?;
        Ok(selected)
    }

    /// Removes messages by UID through another session.
    ///
    /// # Errors
    /// When there is no such mailbox or folder.
    pub fn expunge(&self, address: &str, folder: &str, uids: &[u32]) -> Result<(), LabError> {
        let mut client = self.session(address)?;
        client.select(folder)?;
        client.expunge(uids)?;
        client.logout()
    }

    /// Forgets what is known of a folder: it gets this UIDVALIDITY, and all messages get new UIDs from 1 on.
    /// Sessions that have the folder open lose their connection, as they do when an operator rebuilds a mailbox.
    ///
    /// # Errors
    /// When there is no such mailbox or folder, or files cannot be written.
    pub fn set_uid_validity(&self, address: &str, folder: &str, value: u32) -> Result<(), LabError> {
        let maildir = self.mailroom.folder(address, folder)?;
        let path = maildir.path();
        for entry in fs::read_dir(path).doing(format_args!("reading {}", path.display()))? {
            let file = entry.doing("reading a folder")?.path();
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("dovecot.index") || name.starts_with("dovecot-uidlist") {
                match fs::remove_file(&file) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(error).doing(format_args!("removing {}", file.display()));
                    }
                    _ => {}
                }
            }
        }
        let list = path.join("dovecot-uidlist");
        let draft = path.join("dovecot-uidlist.lab");
        fs::write(&draft, format!("3 V{value} N1 G{value:08x}00000000000000000000cafe\n"))
            .and_then(|()| chown(&draft, Some(self.mailroom.owner.uid), Some(self.mailroom.owner.gid)))
            .and_then(|()| fs::rename(&draft, &list))
            .doing(format_args!("writing {}", list.display()))
    }
}
