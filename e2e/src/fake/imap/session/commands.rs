//! The commands of the fake IMAP server.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::line::Command;
use super::{Next, Open, Session};
use crate::fake::harness::lock;
use crate::fake::imap::store::{Folder, in_set};
use crate::fake::imap::{Act, fetch};

impl Session<'_> {
    pub(super) fn carry_out(&mut self, command: &Command) -> io::Result<Next> {
        if matches!(self.act, Some(Act::No(_) | Act::Bad(_) | Act::Raw(_))) {
            return Ok(Next::GoOn);
        }
        if self.is_sent_away() {
            return self.send_away();
        }
        let tag = command.tag.as_str();
        match command.name.as_str() {
            "CAPABILITY" => {
                let capabilities = self.capabilities();
                self.untagged(&format!("CAPABILITY {capabilities}"))?;
                self.tagged(tag, "OK done")
            }
            "LOGOUT" => {
                self.untagged("BYE")?;
                self.tagged(tag, "OK done")?;
                Ok(Next::End)
            }
            "NOOP" | "CHECK" => {
                self.tell_news()?;
                self.tagged(tag, "OK done")
            }
            "ID" => {
                self.untagged("ID (\"name\" \"fake\")")?;
                self.tagged(tag, "OK done")
            }
            "STARTTLS" => self.start_tls(tag),
            "LOGIN" => {
                let given = (argument(command, 0), argument(command, 1));
                let (user, password) = &self.shared.set_up.login;
                let right = given == (user.as_str(), password.as_str());
                self.signed(tag, right)
            }
            "AUTHENTICATE" => self.authenticate(command),
            _ if !self.signed_in => self.tagged(tag, "NO Sign in first"),
            "NAMESPACE" => {
                self.untagged("NAMESPACE ((\"\" \"/\")) NIL NIL")?;
                self.tagged(tag, "OK done")
            }
            "LIST" | "LSUB" => self.list(tag),
            "STATUS" => self.status(command),
            "SELECT" | "EXAMINE" => self.select(command),
            "CREATE" => {
                lock(&self.shared.store).made(argument(command, 0));
                self.tagged(tag, "OK done")
            }
            "SUBSCRIBE" | "UNSUBSCRIBE" | "ENABLE" => self.tagged(tag, "OK done"),
            "APPEND" => self.append(command),
            _ if self.open.is_none() => self.tagged(tag, "BAD Unknown command, or no folder is selected"),
            "IDLE" => self.idle(tag),
            "CLOSE" | "UNSELECT" => {
                self.open = None;
                self.tagged(tag, "OK done")
            }
            "SEARCH" => self.search(command, false),
            "UID SEARCH" => self.search(command, true),
            "FETCH" => self.fetch(command, false),
            "UID FETCH" => self.fetch(command, true),
            "STORE" => self.store(command, false),
            "UID STORE" => self.store(command, true),
            "EXPUNGE" | "UID EXPUNGE" => self.expunge(command),
            "COPY" | "MOVE" => self.copy(command, false),
            "UID COPY" | "UID MOVE" => self.copy(command, true),
            _ => self.tagged(tag, "BAD Unknown command"),
        }
    }

    fn start_tls(&mut self, tag: &str) -> io::Result<Next> {
        let Some(config) = self.shared.set_up.tls.clone().filter(|_| !self.tls) else {
            return self.tagged(tag, "BAD No STARTTLS here");
        };
        self.tagged(tag, "OK begin")?;
        self.wire.start_server_tls(&config)?;
        self.tls = true;
        Ok(Next::GoOn)
    }

    fn signed(&mut self, tag: &str, right: bool) -> io::Result<Next> {
        let count = if right { &self.shared.logins } else { &self.shared.failed_logins };
        count.fetch_add(1, Ordering::Relaxed);
        self.signed_in |= right;
        self.tagged(tag, if right { "OK Signed in" } else { "NO [AUTHENTICATIONFAILED] Authentication failed" })
    }

    fn authenticate(&mut self, command: &Command) -> io::Result<Next> {
        let token = match command.arguments.get(1) {
            Some(token) => token.clone(),
            None => {
                self.wire.write(b"+ \r\n")?;
                self.wire.read_text()?
            }
        };
        let given = STANDARD.decode(token).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let given = given.unwrap_or_default();
        let (user, password) = self.shared.set_up.login.clone();
        let right = match argument(command, 0).to_ascii_uppercase().as_str() {
            "PLAIN" => given.split('\0').skip(1).eq([user.as_str(), password.as_str()]),
            "XOAUTH2" => given == format!("user={user}\u{1}auth=Bearer {password}\u{1}\u{1}"),
            _ => return self.tagged(&command.tag, "NO Mechanism not known"),
        };
        self.signed(&command.tag, right)
    }

    fn list(&mut self, tag: &str) -> io::Result<Next> {
        let lines = {
            let store = lock(&self.shared.store);
            let line =
                |folder: &Folder| format!("LIST ({}) \"/\" \"{}\"", folder.special_use.unwrap_or(""), folder.name);
            store.folders.iter().map(line).collect::<Vec<_>>()
        };
        for line in lines {
            self.untagged(&line)?;
        }
        self.tagged(tag, "OK done")
    }

    fn status(&mut self, command: &Command) -> io::Result<Next> {
        let name = argument(command, 0);
        let line = lock(&self.shared.store).folder(name).map(|folder| {
            format!(
                "STATUS \"{}\" (MESSAGES {} UIDNEXT {} UIDVALIDITY {} UNSEEN {})",
                folder.name,
                folder.mails.len(),
                folder.uid_next,
                folder.uid_validity,
                folder.mails.iter().filter(|mail| !mail.flags.contains("\\Seen")).count(),
            )
        });
        let Some(line) = line else { return self.tagged(&command.tag, "NO [NONEXISTENT] No such folder") };
        self.untagged(&line)?;
        self.tagged(&command.tag, "OK done")
    }

    fn select(&mut self, command: &Command) -> io::Result<Next> {
        let name = argument(command, 0).to_owned();
        let found =
            lock(&self.shared.store).folder(&name).map(|folder| (folder.uids(), folder.uid_validity, folder.uid_next));
        let Some((view, uid_validity, uid_next)) = found else {
            self.open = None;
            return self.tagged(&command.tag, "NO [NONEXISTENT] No such folder");
        };
        self.untagged("FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)")?;
        self.untagged(&format!("{} EXISTS", view.len()))?;
        self.untagged("0 RECENT")?;
        self.untagged(&format!("OK [UIDVALIDITY {uid_validity}] UIDs valid"))?;
        self.untagged(&format!("OK [UIDNEXT {uid_next}] Predicted next UID"))?;
        self.open = Some(Open { name, view });
        let mode = if command.name == "EXAMINE" { "READ-ONLY" } else { "READ-WRITE" };
        self.tagged(&command.tag, &format!("OK [{mode}] done"))
    }

    fn append(&mut self, command: &Command) -> io::Result<Next> {
        let Some(raw) = &command.literal else { return self.tagged(&command.tag, "BAD A literal is missing") };
        let flags = command.arguments.iter().find(|argument| argument.starts_with('('));
        let flags = flags.map(|list| flag_list(list)).unwrap_or_default();
        let done = {
            let mut store = lock(&self.shared.store);
            store.version += 1;
            store.folder_mut(argument(command, 0)).map(|folder| {
                let uid = folder.add(raw.as_slice().into(), flags);
                format!("OK [APPENDUID {} {uid}] done", folder.uid_validity)
            })
        };
        self.tagged(&command.tag, done.as_deref().unwrap_or("NO [TRYCREATE] No such folder"))
    }

    /// `(sequence number, UID)` of the messages of a set, as this session numbers them.
    fn chosen(&self, set: &str, by_uid: bool) -> Vec<(usize, u32)> {
        let Some(open) = &self.open else { return Vec::new() };
        let largest = if by_uid { open.view.last().copied() } else { u32::try_from(open.view.len()).ok() };
        let holds = in_set(set, largest.unwrap_or(0));
        let numbered = open.view.iter().enumerate().map(|(index, uid)| (index + 1, *uid));
        numbered
            .filter(|(number, uid)| if by_uid { holds(*uid) } else { u32::try_from(*number).is_ok_and(&holds) })
            .collect()
    }

    fn search(&mut self, command: &Command, by_uid: bool) -> io::Result<Next> {
        let text = command.arguments.join(" ").to_ascii_uppercase();
        let mut words = text.split_whitespace();
        let mut found = self.chosen("1:*", false);
        while let Some(word) = words.next() {
            let wanted = match word {
                "UID" => self.chosen(words.next().unwrap_or_default(), true),
                "UNSEEN" | "SEEN" => self.flagged("\\Seen", word == "SEEN"),
                "SINCE" => {
                    words.next();
                    self.flagged(super::super::OLD, false)
                }
                "HEADER" => {
                    let (name, value) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                    self.with_header(&format!("{name}: {}", value.trim_matches('"')))
                }
                "DELETED" | "UNDELETED" => self.flagged("\\Deleted", word == "DELETED"),
                set if set.starts_with(|first: char| first.is_ascii_digit() || first == '*') => self.chosen(set, false),
                _ => continue,
            };
            found.retain(|one| wanted.contains(one));
        }
        let numbers = found.iter().map(|(number, uid)| if by_uid { uid.to_string() } else { number.to_string() });
        let line = format!("SEARCH {}", numbers.collect::<Vec<_>>().join(" "));
        self.untagged(line.trim_end())?;
        self.tagged(&command.tag, "OK done")
    }

    /// Mails with this line, in capitals, in their head.
    fn with_header(&self, line: &str) -> Vec<(usize, u32)> {
        let store = lock(&self.shared.store);
        let folder = self.open.as_ref().and_then(|open| store.folder(&open.name));
        let has = |uid| {
            let mail = folder.and_then(|folder| folder.get(uid));
            mail.is_some_and(|mail| String::from_utf8_lossy(&mail.raw).to_ascii_uppercase().contains(line))
        };
        self.chosen("1:*", false).into_iter().filter(|(_, uid)| has(*uid)).collect()
    }

    fn flagged(&self, flag: &str, wanted: bool) -> Vec<(usize, u32)> {
        let store = lock(&self.shared.store);
        let folder = self.open.as_ref().and_then(|open| store.folder(&open.name));
        let has = |uid| folder.and_then(|folder| folder.get(uid)).is_some_and(|mail| mail.flags.contains(flag));
        self.chosen("1:*", false).into_iter().filter(|(_, uid)| has(*uid) == wanted).collect()
    }

    fn fetch(&mut self, command: &Command, by_uid: bool) -> io::Result<Next> {
        let items = command.arguments.iter().skip(1).cloned().collect::<Vec<_>>().join(" ").to_ascii_uppercase();
        let marks_seen = items.contains("BODY[") || items.split([' ', '(', ')']).any(|item| item == "RFC822");
        for (number, uid) in self.chosen(argument(command, 0), by_uid) {
            let pieces = {
                let mut store = lock(&self.shared.store);
                let folder = self.open.as_ref().and_then(|open| store.folder_mut(&open.name));
                folder.and_then(|folder| folder.get_mut(uid)).map(|mail| {
                    if marks_seen {
                        mail.flags.insert("\\Seen".into());
                    }
                    fetch::answer(number, mail, &items, by_uid)
                })
            };
            // A message that was removed since this client last heard has nothing to show.
            if let Some(pieces) = pieces
                && self.pieces(pieces)? == Next::End
            {
                return Ok(Next::End);
            }
        }
        self.tagged(&command.tag, "OK done")
    }

    fn store(&mut self, command: &Command, by_uid: bool) -> io::Result<Next> {
        let how = argument(command, 1).to_ascii_uppercase();
        let flags = flag_list(&command.arguments.iter().skip(2).cloned().collect::<Vec<_>>().join(" "));
        let mut lines = Vec::new();
        for (number, uid) in self.chosen(argument(command, 0), by_uid) {
            let mut store = lock(&self.shared.store);
            let folder = self.open.as_ref().and_then(|open| store.folder_mut(&open.name));
            let Some(mail) = folder.and_then(|folder| folder.get_mut(uid)) else { continue };
            if how.starts_with('+') {
                mail.flags.extend(flags.iter().cloned());
            } else if how.starts_with('-') {
                mail.flags.retain(|flag| !flags.contains(flag));
            } else {
                mail.flags.clone_from(&flags);
            }
            let now = mail.flags.iter().cloned().collect::<Vec<_>>().join(" ");
            lines.push(format!("{number} FETCH (UID {uid} FLAGS ({now}))"));
        }
        if !how.ends_with("SILENT") {
            for line in lines {
                self.untagged(&line)?;
            }
        }
        self.tagged(&command.tag, "OK done")
    }

    fn expunge(&mut self, command: &Command) -> io::Result<Next> {
        let among = if command.name == "UID EXPUNGE" {
            self.chosen(argument(command, 0), true)
        } else {
            self.chosen("1:*", false)
        };
        {
            let mut store = lock(&self.shared.store);
            store.version += 1;
            if let Some(folder) = self.open.as_ref().and_then(|open| store.folder_mut(&open.name)) {
                let meant = |uid: u32| among.iter().any(|(_, one)| *one == uid);
                folder.mails.retain(|mail| !(mail.flags.contains("\\Deleted") && meant(mail.uid)));
            }
        }
        self.tell_news()?;
        self.tagged(&command.tag, "OK done")
    }

    fn copy(&mut self, command: &Command, by_uid: bool) -> io::Result<Next> {
        let moves = command.name.ends_with("MOVE");
        let chosen = self.chosen(argument(command, 0), by_uid);
        let missing = {
            let mut store = lock(&self.shared.store);
            store.version += 1;
            let source = self.open.as_ref().map(|open| open.name.clone()).unwrap_or_default();
            let mails = store
                .folder(&source)
                .map(|folder| chosen.iter().filter_map(|(_, uid)| folder.get(*uid).cloned()).collect::<Vec<_>>());
            let mails = mails.unwrap_or_default();
            match store.folder_mut(argument(command, 1)) {
                None => true,
                Some(target) => {
                    for mail in &mails {
                        target.add(mail.raw.clone(), mail.flags.clone());
                    }
                    if let (true, Some(source)) = (moves, store.folder_mut(&source)) {
                        source.mails.retain(|mail| !mails.iter().any(|moved| moved.uid == mail.uid));
                    }
                    false
                }
            }
        };
        if missing {
            return self.tagged(&command.tag, "NO [TRYCREATE] No such folder");
        }
        self.tell_news()?;
        self.tagged(&command.tag, "OK done")
    }
}

fn argument(command: &Command, index: usize) -> &str {
    command.arguments.get(index).map(String::as_str).unwrap_or_default()
}

fn flag_list(text: &str) -> BTreeSet<String> {
    text.trim_matches(['(', ')']).split_whitespace().map(str::to_owned).collect()
}
