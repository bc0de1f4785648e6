//! The mailboxes of a lab: adding, signing in, limiting.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Lab, PASSWORD};
use crate::accounts::Account;
use crate::error::LabError;
use crate::imap::ImapClient;
use crate::smtp::SmtpClient;

impl Lab {
    /// Adds a mailbox whose login is its address. It receives and opens at once.
    ///
    /// # Errors
    /// When the address cannot be a mailbox of the lab.
    pub fn add_mailbox(&self, address: &str, password: &str) -> Result<Account, LabError> {
        self.add_login(address, password, address)
    }

    /// Adds several mailboxes with the same password; quicker than one by one.
    ///
    /// # Errors
    /// When an address cannot be a mailbox of the lab.
    pub fn add_mailboxes<S: AsRef<str>>(&self, addresses: &[S], password: &str) -> Result<Vec<Account>, LabError> {
        let accounts = addresses
            .iter()
            .map(|address| self.accounts.add(&self.mailroom, address.as_ref(), password, address.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        self.publish()?;
        Ok(accounts)
    }

    /// Adds a login with another name than its address.
    ///
    /// # Errors
    /// When the address cannot be a mailbox of the lab.
    pub fn add_login(&self, login: &str, password: &str, address: &str) -> Result<Account, LabError> {
        let known = self.accounts.of_address(address).is_ok();
        let account = self.accounts.add(&self.mailroom, login, password, address)?;
        if !known {
            self.publish()?;
        }
        Ok(account)
    }

    /// Adds a mailbox `name-1@lab.test` with a number that no other mailbox of this lab has.
    ///
    /// # Errors
    /// When the name cannot be part of an address.
    pub fn new_mailbox(&self, name: &str) -> Result<Account, LabError> {
        self.new_mailbox_at(name, "lab.test")
    }

    /// Adds a mailbox `name-1@domain` with a number that no other mailbox of this lab has.
    ///
    /// # Errors
    /// When name or domain cannot be part of an address.
    pub fn new_mailbox_at(&self, name: &str, domain: &str) -> Result<Account, LabError> {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        self.add_mailbox(&format!("{name}-{number}@{domain}"), PASSWORD)
    }

    /// Lets a further address be delivered into the mailbox of `address`, at once.
    ///
    /// # Errors
    /// When there is no such mailbox, or the alias cannot be an address of the lab.
    pub fn add_alias(&self, alias: &str, address: &str) -> Result<(), LabError> {
        self.accounts.add_alias(alias, address)?;
        self.publish()
    }

    fn publish(&self) -> Result<(), LabError> {
        self.postfix.as_ref().map_or(Ok(()), |postfix| postfix.know(&self.accounts.mailboxes()))
    }

    /// Changes a password and waits until the running servers want the new one (they look at most once a second).
    ///
    /// # Errors
    /// When there is no such login, or the servers do not follow.
    pub fn set_password(&self, login: &str, password: &str) -> Result<Account, LabError> {
        let old = self.accounts.get(login)?;
        let account = self.accounts.add(&self.mailroom, &old.login, password, &old.address)?;
        let begun = Instant::now();
        while !self.accepts(&account)? {
            if begun.elapsed() > Duration::from_secs(20) {
                return Err(LabError::Timeout {
                    what: format!("the change of password of {login}"),
                    seconds: begun.elapsed().as_secs_f64(),
                    seen: "the old password".into(),
                });
            }
        }
        Ok(account)
    }

    fn accepts(&self, account: &Account) -> Result<bool, LabError> {
        let imap = self.dovecot.as_ref().filter(|dovecot| dovecot.is_running());
        let smtp = self.postfix.as_ref().filter(|postfix| postfix.is_running());
        let refused = |result| match result {
            Ok(()) => Ok(false),
            Err(LabError::Imap { .. } | LabError::Smtp { .. }) => Ok(true),
            Err(error) => Err(error),
        };
        if let Some(dovecot) = imap {
            let login = ImapClient::connect(dovecot.address())?.login(&account.login, &account.password);
            if refused(login)? {
                return Ok(false);
            }
        }
        if let Some(postfix) = smtp {
            let login = SmtpClient::connect(postfix.address())?.login(&account.login, &account.password);
            if refused(login)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sets the most bytes that a mailbox may hold for IMAP's APPEND and COPY; sessions begun later see it.
    ///
    /// # Errors
    /// When there is no such mailbox.
    pub fn set_quota(&self, address: &str, bytes: Option<u64>) -> Result<(), LabError> {
        self.accounts.set_quota(&self.mailroom, address, bytes)
    }

    /// The account of an address.
    ///
    /// # Errors
    /// When there is no such mailbox.
    pub fn account(&self, address: &str) -> Result<Account, LabError> {
        self.accounts.of_address(address)
    }
}
