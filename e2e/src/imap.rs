//! A small IMAP client (RFC 3501) for what tests do behind the product's back, and for the bare IDLE probe of the bench.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;

use crate::error::{Doing, LabError};
use crate::wire::{IO_LIMIT, Wire};

/// One untagged answer. A literal stands as `{}` in the text and its bytes in `literals`, in order.
#[derive(Debug, Clone, Default)]
pub struct Untagged {
    /// The line without `* ` and line ends.
    pub text: String,
    /// The literals of the line.
    pub literals: Vec<Vec<u8>>,
}

/// What SELECT told of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected {
    /// Number of messages.
    pub exists: u32,
    /// UIDVALIDITY; another value makes all known UIDs void.
    pub uid_validity: u32,
    /// The UID that the next message will get.
    pub uid_next: u32,
}

/// A connection to an IMAP server.
#[derive(Debug)]
pub struct ImapClient {
    wire: Wire,
    greeting: String,
    tags: u32,
}

impl ImapClient {
    /// Connects in clear.
    ///
    /// # Errors
    /// When the connection fails or the server does not greet.
    pub fn connect(address: SocketAddr) -> Result<Self, LabError> {
        Self::greeted(Wire::connect(address).doing(format_args!("connecting to {address}"))?)
    }

    /// Connects with TLS from the first byte.
    ///
    /// # Errors
    /// When the connection or the certificate fails.
    pub fn connect_tls(address: SocketAddr, tls: &Arc<ClientConfig>, host: &str) -> Result<Self, LabError> {
        let mut wire = Wire::connect(address).doing(format_args!("connecting to {address}"))?;
        wire.start_client_tls(tls, host).doing("starting TLS")?;
        Self::greeted(wire)
    }

    fn greeted(mut wire: Wire) -> Result<Self, LabError> {
        let greeting = wire.read_text().doing("reading the IMAP greeting")?;
        Ok(Self { wire, greeting, tags: 0 })
    }

    /// The first line of the server.
    pub fn greeting(&self) -> &str {
        &self.greeting
    }

    /// Changes to TLS.
    ///
    /// # Errors
    /// When the server refuses or its certificate is not good for `host`.
    pub fn start_tls(&mut self, tls: &Arc<ClientConfig>, host: &str) -> Result<(), LabError> {
        self.command("STARTTLS")?;
        self.wire.start_client_tls(tls, host).doing("starting TLS")
    }

    /// Signs in.
    ///
    /// # Errors
    /// When the server refuses, with its own words.
    pub fn login(&mut self, user: &str, password: &str) -> Result<(), LabError> {
        self.command(&format!("LOGIN {} {}", quoted(user), quoted(password))).map(drop)
    }

    /// Sends a command and collects the untagged answers until its OK.
    ///
    /// # Errors
    /// NO, BAD, BYE in between, or a lost connection.
    pub fn command(&mut self, line: &str) -> Result<Vec<Untagged>, LabError> {
        let tag = self.send(line)?;
        self.finish(&tag, line)
    }

    fn send(&mut self, line: &str) -> Result<String, LabError> {
        self.tags += 1;
        let tag = format!("L{}", self.tags);
        self.wire.write(format!("{tag} {line}\r\n").as_bytes()).doing("sending an IMAP command")?;
        Ok(tag)
    }

    fn finish(&mut self, tag: &str, command: &str) -> Result<Vec<Untagged>, LabError> {
        let mut untagged = Vec::new();
        loop {
            let answer = self.answer()?;
            if let Some(rest) = answer.text.strip_prefix("* ") {
                untagged.push(Untagged { text: rest.to_owned(), literals: answer.literals });
            } else if let Some(status) = answer.text.strip_prefix(tag) {
                if status.trim_start().starts_with("OK") {
                    return Ok(untagged);
                }
                let command = command.split_whitespace().take(2).collect::<Vec<_>>();
                let shown = if command.first() == Some(&"LOGIN") { "LOGIN".to_owned() } else { command.join(" ") };
                return Err(LabError::Imap { command: shown, answer: status.trim().to_owned() });
            }
        }
    }

    fn answer(&mut self) -> Result<Untagged, LabError> {
        let mut whole = Untagged::default();
        loop {
            let line = self.wire.read_text().doing("reading an IMAP answer")?;
            let Some((before, length)) = literal_at_end(&line) else {
                whole.text.push_str(&line);
                return Ok(whole);
            };
            whole.text.push_str(before);
            whole.text.push_str("{}");
            whole.literals.push(self.wire.read_bytes(length).doing("reading an IMAP literal")?);
        }
    }

    /// Opens a folder for reading and writing.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn select(&mut self, folder: &str) -> Result<Selected, LabError> {
        let answers = self.command(&format!("SELECT {}", quoted(folder)))?;
        let code = |name: &str| {
            answers.iter().find_map(|answer| {
                let (_, rest) = answer.text.split_once(&format!("[{name} "))?;
                rest.split(']').next()?.parse::<u32>().ok()
            })
        };
        let exists = answers.iter().find_map(|answer| answer.text.strip_suffix(" EXISTS")?.parse().ok());
        match (exists, code("UIDVALIDITY"), code("UIDNEXT")) {
            (Some(exists), Some(uid_validity), Some(uid_next)) => Ok(Selected { exists, uid_validity, uid_next }),
            _ => Err(LabError::Imap { command: "SELECT".into(), answer: "figures are missing".into() }),
        }
    }

    /// The UIDs of the folder in order.
    ///
    /// # Errors
    /// As [`ImapClient::command`].
    pub fn uids(&mut self) -> Result<Vec<u32>, LabError> {
        let answers = self.command("UID SEARCH ALL")?;
        let mut uids = answers
            .iter()
            .filter_map(|answer| answer.text.strip_prefix("SEARCH"))
            .flat_map(|list| list.split_whitespace().filter_map(|uid| uid.parse().ok()))
            .collect::<Vec<u32>>();
        uids.sort_unstable();
        Ok(uids)
    }

    /// The flags of a message, as the server writes them.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn flags(&mut self, uid: u32) -> Result<Vec<String>, LabError> {
        let answers = self.command(&format!("UID FETCH {uid} (FLAGS)"))?;
        answers
            .iter()
            .find_map(|answer| {
                let (_, rest) = answer.text.split_once("FLAGS (")?;
                Some(rest.split(')').next()?.split_whitespace().map(str::to_owned).collect())
            })
            .ok_or_else(|| LabError::Imap { command: format!("UID FETCH {uid}"), answer: "no such message".into() })
    }

    /// The source of a message; its flags stay as they are.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn fetch_raw(&mut self, uid: u32) -> Result<Vec<u8>, LabError> {
        let answers = self.command(&format!("UID FETCH {uid} (BODY.PEEK[])"))?;
        answers
            .into_iter()
            .find_map(|answer| answer.literals.into_iter().next())
            .ok_or_else(|| LabError::Imap { command: format!("UID FETCH {uid}"), answer: "no such message".into() })
    }

    /// Adds a message to a folder.
    ///
    /// # Errors
    /// When the server refuses, for instance by quota.
    pub fn append(&mut self, folder: &str, flags: &str, raw: &[u8]) -> Result<(), LabError> {
        let tag = self.send(&format!("APPEND {} ({flags}) {{{}}}", quoted(folder), raw.len()))?;
        let go_on = self.answer()?;
        if !go_on.text.starts_with('+') {
            return Err(LabError::Imap { command: "APPEND".into(), answer: go_on.text });
        }
        self.wire.write(raw).doing("sending a mail")?;
        self.wire.write(b"\r\n").doing("sending a mail")?;
        self.finish(&tag, "APPEND").map(drop)
    }

    /// Removes messages of the selected folder for good.
    ///
    /// # Errors
    /// As [`ImapClient::command`].
    pub fn expunge(&mut self, uids: &[u32]) -> Result<(), LabError> {
        let set = uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        self.command(&format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"))?;
        self.command(&format!("UID EXPUNGE {set}")).map(drop)
    }

    /// The names of all folders, with their attributes as the server writes them.
    ///
    /// # Errors
    /// As [`ImapClient::command`].
    pub fn list(&mut self) -> Result<Vec<String>, LabError> {
        Ok(self.command("LIST \"\" \"*\"")?.into_iter().map(|answer| answer.text).collect())
    }

    /// Waits in IDLE (RFC 2177) until an untagged line fits, and gives it with the moment at which it was read.
    ///
    /// # Errors
    /// [`LabError::Timeout`] when none came in time.
    pub fn idle_until(
        &mut self,
        limit: Duration,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(String, Instant), LabError> {
        let tag = self.send("IDLE")?;
        let begun = Instant::now();
        let found = loop {
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                break None;
            }
            self.wire.set_read_timeout(Some(left)).doing("setting a time limit")?;
            match self.wire.read_text() {
                Ok(line) if wanted(line.trim_start_matches("* ")) => break Some((line, Instant::now())),
                Ok(_) => {}
                Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                }
                Err(error) => return Err(error).doing("idling"),
            }
        };
        self.wire.set_read_timeout(Some(IO_LIMIT)).doing("setting a time limit")?;
        self.wire.write(b"DONE\r\n").doing("ending IDLE")?;
        self.finish(&tag, "IDLE")?;
        found.ok_or_else(|| LabError::Timeout {
            what: "news in IDLE".into(),
            seconds: limit.as_secs_f64(),
            seen: "other lines or none".into(),
        })
    }

    /// Says LOGOUT.
    ///
    /// # Errors
    /// When the connection is lost already.
    pub fn logout(mut self) -> Result<(), LabError> {
        self.command("LOGOUT").map(drop)
    }
}

pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// `… {12}` or `… {12+}` at the end of a line announces a literal.
pub(crate) fn literal_at_end(line: &str) -> Option<(&str, usize)> {
    let (before, length) = line.strip_suffix('}')?.rsplit_once('{')?;
    Some((before, length.trim_end_matches('+').parse().ok()?))
}
