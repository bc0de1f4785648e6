//! Handing in mail and looking into mailboxes. A [`Mailroom`] is a small handle that threads may copy.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::error::LabError;
use crate::mail::Mail;
use crate::maildir::Maildir;
use crate::smtp::{Reply, SmtpClient};
use crate::system::Owner;

/// Delivery to and reading of the lab's mailboxes.
#[derive(Debug, Clone)]
pub struct Mailroom {
    pub(crate) smtp: SocketAddr,
    pub(crate) mailboxes: PathBuf,
    pub(crate) owner: Owner,
}

/// An address is split so that it can be a path: lower case, no extension, nothing that leads elsewhere.
pub(crate) fn split_address(address: &str) -> Result<(String, String), LabError> {
    let address = address.to_ascii_lowercase();
    let plain = |text: &str| {
        !text.is_empty()
            && !text.starts_with('.')
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
    };
    match address.split_once('@') {
        Some((local, domain)) if plain(local) && plain(domain) => Ok((local.to_owned(), domain.to_owned())),
        _ => Err(LabError::Usage(format!(
            "{address:?} cannot be a mailbox of the lab: letters, digits, '.', '-' and '_' on both sides of one '@'"
        ))),
    }
}

impl Mailroom {
    pub(crate) fn home(&self, address: &str) -> Result<PathBuf, LabError> {
        let (local, domain) = split_address(address)?;
        Ok(self.mailboxes.join(domain).join(local))
    }

    pub(crate) fn folder(&self, address: &str, folder: &str) -> Result<Maildir, LabError> {
        let home = self.home(address)?;
        if !home.is_dir() {
            return Err(LabError::Usage(format!("the lab has no mailbox {address}")));
        }
        Ok(Maildir::of(&home, folder, self.owner))
    }

    /// Hands a mail to Postfix over a connection of its own, as a mail server of the Internet does.
    ///
    /// # Errors
    /// The server's refusal, or that it cannot be reached.
    pub fn deliver(&self, raw: &[u8], from: &str, to: &str) -> Result<Reply, LabError> {
        let mut client = SmtpClient::connect(self.smtp)?;
        let reply = client.send(from, &[to], raw)?;
        client.quit()?;
        Ok(reply)
    }

    /// Hands in many mails, each with sender and recipient, over one connection.
    ///
    /// # Errors
    /// The first refusal, or that the server cannot be reached.
    pub fn deliver_all<'a>(
        &self,
        mails: impl IntoIterator<Item = (&'a [u8], &'a str, &'a str)>,
    ) -> Result<usize, LabError> {
        let mut client = SmtpClient::connect(self.smtp)?;
        let mut count = 0;
        for (raw, from, to) in mails {
            client.send(from, &[to], raw)?;
            count += 1;
        }
        client.quit()?;
        Ok(count)
    }

    /// Puts mails straight into a folder, past SMTP: thousands a second, and octets that SMTP would not carry.
    ///
    /// # Errors
    /// When there is no such mailbox or the disk refuses.
    pub fn drop_into_maildir<R: AsRef<[u8]>>(
        &self,
        address: &str,
        folder: &str,
        mails: impl IntoIterator<Item = R>,
    ) -> Result<usize, LabError> {
        let maildir = self.folder(address, folder)?;
        maildir.create()?;
        let mut count = 0;
        for raw in mails {
            maildir.add(raw.as_ref())?;
            count += 1;
        }
        Ok(count)
    }

    /// All mails in the INBOX of an address, oldest first.
    ///
    /// # Errors
    /// When there is no such mailbox.
    pub fn inbox(&self, address: &str) -> Result<Vec<Mail>, LabError> {
        self.mails(address, "INBOX")
    }

    /// All mails in a folder, oldest first; none when the folder does not exist yet.
    ///
    /// # Errors
    /// When there is no such mailbox.
    pub fn mails(&self, address: &str, folder: &str) -> Result<Vec<Mail>, LabError> {
        self.folder(address, folder)?.read()
    }

    /// How many mails a folder holds, without reading them.
    ///
    /// # Errors
    /// When there is no such mailbox.
    pub fn count(&self, address: &str, folder: &str) -> Result<usize, LabError> {
        self.folder(address, folder)?.count()
    }

    /// Looks into the INBOX until the condition holds, and gives its mails.
    ///
    /// # Errors
    /// [`LabError::Timeout`], which lists the subjects that were there instead.
    pub fn wait_for(
        &self,
        address: &str,
        condition: impl Fn(&[Mail]) -> bool,
        limit: Duration,
    ) -> Result<Vec<Mail>, LabError> {
        self.wait_in(address, "INBOX", condition, limit)
    }

    /// Looks into a folder until the condition holds, and gives its mails.
    ///
    /// # Errors
    /// [`LabError::Timeout`], which lists the subjects that were there instead.
    pub fn wait_in(
        &self,
        address: &str,
        folder: &str,
        condition: impl Fn(&[Mail]) -> bool,
        limit: Duration,
    ) -> Result<Vec<Mail>, LabError> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(2);
        loop {
            let mails = self.mails(address, folder)?;
            if condition(&mails) {
                return Ok(mails);
            }
            if begun.elapsed() > limit {
                return Err(LabError::Timeout {
                    what: format!("the awaited mail in {folder} of {address}"),
                    seconds: limit.as_secs_f64(),
                    seen: described(&mails),
                });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(25));
        }
    }

    /// Waits for the first mail in the INBOX whose decoded subject contains the text.
    ///
    /// # Errors
    /// As [`Mailroom::wait_for`].
    pub fn wait_for_subject(&self, address: &str, text: &str, limit: Duration) -> Result<Mail, LabError> {
        let mails = self.wait_for(address, |mails| mails.iter().any(|mail| mail.subject().contains(text)), limit)?;
        mails
            .into_iter()
            .find(|mail| mail.subject().contains(text))
            .ok_or_else(|| LabError::Usage(format!("the mail about {text:?} changed while it was read")))
    }
}

fn described(mails: &[Mail]) -> String {
    let mut text = format!("{} mails", mails.len());
    for mail in mails.iter().rev().take(10) {
        let _ = write!(text, "; {:?}", mail.subject());
    }
    text
}
