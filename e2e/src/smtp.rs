//! A small SMTP client (RFC 5321) with which the lab hands in mail and tests watch the servers' bare answers.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ClientConfig;

use crate::error::{Doing, LabError};
use crate::wire::Wire;

/// A server's answer to one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The three-digit code.
    pub code: u16,
    /// The lines without codes, joined by line feeds.
    pub text: String,
}

impl Reply {
    /// Whether the code begins with 2 or 3.
    pub fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.code, self.text)
    }
}

/// A connection to an SMTP server after its EHLO.
#[derive(Debug)]
pub struct SmtpClient {
    wire: Wire,
    greeting: Reply,
    extensions: Vec<String>,
}

impl SmtpClient {
    /// Connects in clear and says EHLO.
    ///
    /// # Errors
    /// When the connection fails or the server refuses.
    pub fn connect(address: SocketAddr) -> Result<Self, LabError> {
        Self::greeted(Wire::connect(address).doing(format_args!("connecting to {address}"))?)
    }

    /// Connects with TLS from the first byte.
    ///
    /// # Errors
    /// When the connection or the certificate fails or the server refuses.
    pub fn connect_tls(address: SocketAddr, tls: &Arc<ClientConfig>, host: &str) -> Result<Self, LabError> {
        let mut wire = Wire::connect(address).doing(format_args!("connecting to {address}"))?;
        wire.start_client_tls(tls, host).doing("starting TLS")?;
        Self::greeted(wire)
    }

    fn greeted(wire: Wire) -> Result<Self, LabError> {
        let mut client = Self { wire, greeting: Reply { code: 0, text: String::new() }, extensions: Vec::new() };
        client.greeting = client.reply()?;
        if !client.greeting.is_positive() {
            return Err(LabError::Smtp { stage: "greeting".into(), reply: client.greeting });
        }
        client.hello()?;
        Ok(client)
    }

    fn hello(&mut self) -> Result<(), LabError> {
        let reply = self.must("EHLO client.lab.test")?;
        self.extensions = reply.text.lines().skip(1).map(str::to_owned).collect();
        Ok(())
    }

    /// What the server said first.
    pub fn greeting(&self) -> &Reply {
        &self.greeting
    }

    /// The lines of the EHLO answer after the first.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// Changes to TLS (RFC 3207) and says EHLO again.
    ///
    /// # Errors
    /// When the server refuses or its certificate is not good for `host`.
    pub fn start_tls(&mut self, tls: &Arc<ClientConfig>, host: &str) -> Result<(), LabError> {
        self.must("STARTTLS")?;
        self.wire.start_client_tls(tls, host).doing("starting TLS")?;
        self.hello()
    }

    /// Signs in by AUTH PLAIN (RFC 4616).
    ///
    /// # Errors
    /// When the server refuses, with its own words.
    pub fn login(&mut self, user: &str, password: &str) -> Result<(), LabError> {
        let token = STANDARD.encode(format!("\0{user}\0{password}"));
        let reply = self.command(&format!("AUTH PLAIN {token}"))?;
        if reply.is_positive() { Ok(()) } else { Err(LabError::Smtp { stage: "AUTH".into(), reply }) }
    }

    /// Sends one command and gives the answer, whatever it is.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn command(&mut self, line: &str) -> Result<Reply, LabError> {
        self.wire.write(format!("{line}\r\n").as_bytes()).doing("sending an SMTP command")?;
        self.reply()
    }

    fn must(&mut self, line: &str) -> Result<Reply, LabError> {
        let reply = self.command(line)?;
        if reply.is_positive() { Ok(reply) } else { Err(LabError::Smtp { stage: line.to_owned(), reply }) }
    }

    /// Sends one mail to one or more recipients; all must be accepted.
    ///
    /// # Errors
    /// The first refusal; the connection is then reset and may be used again.
    pub fn send(&mut self, from: &str, to: &[&str], raw: &[u8]) -> Result<Reply, LabError> {
        let sent = self.transaction(from, to, raw);
        if matches!(sent, Err(LabError::Smtp { .. })) {
            self.must("RSET")?;
        }
        sent
    }

    fn transaction(&mut self, from: &str, to: &[&str], raw: &[u8]) -> Result<Reply, LabError> {
        self.must(&format!("MAIL FROM:<{from}> SIZE={}", raw.len()))?;
        for recipient in to {
            self.must(&format!("RCPT TO:<{recipient}>"))?;
        }
        self.must("DATA")?;
        self.wire.write(&dotted(raw)).doing("sending a mail")?;
        let reply = self.reply()?;
        if reply.is_positive() { Ok(reply) } else { Err(LabError::Smtp { stage: "end of data".into(), reply }) }
    }

    /// Says QUIT.
    ///
    /// # Errors
    /// When the connection is lost already.
    pub fn quit(mut self) -> Result<(), LabError> {
        self.must("QUIT").map(drop)
    }

    fn reply(&mut self) -> Result<Reply, LabError> {
        let mut text = String::new();
        loop {
            let line = self.wire.read_text().doing("reading an SMTP answer")?;
            let code = line.get(..3).and_then(|code| code.parse().ok());
            let code =
                code.ok_or_else(|| LabError::Io { doing: "reading an SMTP answer".into(), reason: line.clone() })?;
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line.get(4..).unwrap_or_default());
            if line.get(3..4) != Some("-") {
                return Ok(Reply { code, text });
            }
        }
    }
}

/// The mail as DATA wants it: dots at the beginning of lines doubled (also after a bare LF, which some servers take for
/// a line end), ended by a line with a dot.
pub(crate) fn dotted(raw: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(raw.len() + raw.len() / 64 + 8);
    let mut line_begins = true;
    for &byte in raw {
        if line_begins && byte == b'.' {
            data.push(b'.');
        }
        data.push(byte);
        line_begins = byte == b'\n';
    }
    if !data.ends_with(b"\r\n") {
        data.extend_from_slice(b"\r\n");
    }
    data.extend_from_slice(b".\r\n");
    data
}
