//! One conversation of the fake IMAP server.

mod commands;
mod line;

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::fetch::Piece;
use super::{Act, Shared};
use crate::fake::harness::lock;
use crate::wire::Wire;

/// Whether the conversation goes on.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    End,
}

/// The folder a session has open, and the messages as its client numbers them.
struct Open {
    name: String,
    view: Vec<u32>,
}

struct Session<'a> {
    shared: &'a Arc<Shared>,
    wire: Wire,
    generation: u64,
    tls: bool,
    signed_in: bool,
    open: Option<Open>,
    /// What the rule that struck the present command does to its answers.
    act: Option<Act>,
}

/// Serves one connection until it ends; errors of the connection end it too.
pub(super) fn serve(shared: &Arc<Shared>, socket: TcpStream) {
    let Ok(wire) = Wire::over(socket) else { return };
    let generation = shared.generation.load(Ordering::Relaxed);
    let mut session = Session { shared, wire, generation, tls: false, signed_in: false, open: None, act: None };
    // A connection that breaks is one of the ways in which conversations end.
    let _ = session.run();
    session.wire.close();
}

impl Session<'_> {
    fn run(&mut self) -> io::Result<()> {
        let set_up = &self.shared.set_up;
        if let (true, Some(config)) = (set_up.implicit, &set_up.tls) {
            self.wire.start_server_tls(config)?;
            self.tls = true;
        }
        self.act = self.struck("GREETING");
        if self.before("*")? == Next::End {
            return Ok(());
        }
        if !matches!(self.act, Some(Act::Raw(_) | Act::No(_) | Act::Bad(_))) {
            let greeting = format!("* OK [CAPABILITY {}] fake.lab.test ready\r\n", self.capabilities());
            self.send(greeting.as_bytes())?;
        }
        loop {
            self.act = None;
            let Some(command) = self.read_command()? else { continue };
            *lock(&self.shared.commands).entry(command.name.clone()).or_default() += 1;
            self.act = self.struck(&command.upper);
            if self.before(&command.tag)? == Next::End || self.carry_out(&command)? == Next::End {
                return Ok(());
            }
        }
    }

    fn struck(&self, line: &str) -> Option<Act> {
        let mut rules = lock(&self.shared.rules);
        rules.iter_mut().find_map(|rule| rule.strikes(line).then(|| rule.act.clone()))
    }

    /// What a rule does before or in place of the command. Leaves `act` set when the answers are to be changed, or
    /// when they have been given already.
    fn before(&mut self, tag: &str) -> io::Result<Next> {
        match self.act.clone() {
            Some(Act::Close) => return Ok(Next::End),
            Some(Act::Hang) => {
                while !self.wire.read_line(64 * 1024)?.is_empty() {}
                return Ok(Next::End);
            }
            Some(Act::Delay(length)) => self.shared.connections.pause(length),
            Some(Act::No(text)) => self.send(format!("{tag} NO {text}\r\n").as_bytes())?,
            Some(Act::Bad(text)) => self.send(format!("{tag} BAD {text}\r\n").as_bytes())?,
            Some(Act::Raw(bytes)) => self.send(&bytes)?,
            Some(Act::Bye(text)) => {
                self.send(format!("* BYE {text}\r\n").as_bytes())?;
                return Ok(Next::End);
            }
            _ => {}
        }
        Ok(Next::GoOn)
    }

    fn capabilities(&self) -> String {
        let set_up = &self.shared.set_up;
        let mut all = vec!["IMAP4rev1".to_owned()];
        if set_up.tls.is_some() && !self.tls {
            all.push("STARTTLS".into());
        }
        all.extend(["AUTH=PLAIN".to_owned(), "AUTH=XOAUTH2".to_owned()]);
        all.extend(set_up.capabilities.iter().cloned());
        all.join(" ")
    }

    /// Writes, in portions with pauses if a rule wants so.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(Act::Slow { bytes: portion, pause }) = self.act else { return self.wire.write(bytes) };
        for part in bytes.chunks(portion) {
            self.wire.write(part)?;
            self.shared.connections.pause(pause);
        }
        Ok(())
    }

    fn untagged(&mut self, text: &str) -> io::Result<()> {
        if matches!(self.act, Some(Act::Silent)) {
            return Ok(());
        }
        self.send(format!("* {text}\r\n").as_bytes())
    }

    fn tagged(&mut self, tag: &str, text: &str) -> io::Result<Next> {
        if !matches!(self.act, Some(Act::NoTagged)) {
            self.send(format!("{tag} {text}\r\n").as_bytes())?;
        }
        Ok(Next::GoOn)
    }

    /// Writes an answer with literals; the rules that tamper with literals do so here.
    fn pieces(&mut self, pieces: Vec<Piece>) -> io::Result<Next> {
        if matches!(self.act, Some(Act::Silent)) {
            return Ok(Next::GoOn);
        }
        let mut out = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Literal(bytes) => {
                    let length = bytes.len();
                    self.shared.bytes.fetch_add(u64::try_from(length).unwrap_or(0), Ordering::Relaxed);
                    match self.act {
                        Some(Act::Nil) => out.extend_from_slice(b"NIL"),
                        Some(Act::CutLiteral(after)) => {
                            out.extend_from_slice(format!("{{{length}}}\r\n").as_bytes());
                            out.extend(bytes.into_iter().take(after));
                            self.send(&out)?;
                            return Ok(Next::End);
                        }
                        Some(Act::LieLiteral(by)) => {
                            let told = i64::try_from(length).unwrap_or(i64::MAX).saturating_add(by).max(0);
                            out.extend_from_slice(format!("{{{told}}}\r\n").as_bytes());
                            out.extend(bytes);
                        }
                        _ => {
                            out.extend_from_slice(format!("{{{length}}}\r\n").as_bytes());
                            out.extend(bytes);
                        }
                    }
                }
            }
        }
        self.send(&out)?;
        Ok(Next::GoOn)
    }

    /// Whether a change of UIDVALIDITY sends all sessions away.
    fn is_sent_away(&self) -> bool {
        self.shared.generation.load(Ordering::Relaxed) != self.generation
    }

    fn send_away(&mut self) -> io::Result<Next> {
        self.send(b"* BYE Mailbox was rebuilt\r\n")?;
        Ok(Next::End)
    }

    /// Tells the client what has come and gone in its folder since it last heard.
    fn tell_news(&mut self) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let now = lock(&self.shared.store).folder(&open.name).map(|folder| folder.uids()).unwrap_or_default();
        let mut lines = Vec::new();
        while let Some(gone) = open.view.iter().position(|uid| !now.contains(uid)) {
            open.view.remove(gone);
            lines.push(format!("{} EXPUNGE", gone + 1));
        }
        if now.len() > open.view.len() {
            lines.push(format!("{} EXISTS", now.len()));
        }
        open.view = now;
        for line in lines {
            self.untagged(&line)?;
        }
        Ok(())
    }

    fn idle(&mut self, tag: &str) -> io::Result<Next> {
        self.wire.write(b"+ idling\r\n")?;
        let mut seen = None;
        let mut line = Vec::new();
        loop {
            if self.is_sent_away() {
                return self.send_away();
            }
            let version = lock(&self.shared.store).version;
            if seen.replace(version) != Some(version) {
                self.tell_news()?;
            }
            if self.wire.read_line_within(&mut line, Duration::from_millis(10))? {
                let done = line.eq_ignore_ascii_case(b"DONE\r\n");
                return self.tagged(tag, if done { "OK IDLE done" } else { "BAD DONE expected" });
            }
        }
    }
}
