//! One conversation of the fake SMTP server (RFC 5321, pipelining after RFC 2920).

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::rule::reply;
use super::{Act, Received, Shared, Stage};
use crate::fake::harness::lock;
use crate::wire::Wire;

/// Whether the conversation goes on.
enum Next {
    GoOn,
    End,
}

struct Session<'a> {
    shared: &'a Arc<Shared>,
    number: u64,
    wire: Wire,
    /// Answers that wait for the end of a pipelined batch.
    out: Vec<u8>,
    tls: bool,
    user: Option<String>,
    from: Option<String>,
    to: Vec<String>,
}

/// Serves one connection until it ends; errors of the connection end it too.
pub(super) fn serve(shared: &Arc<Shared>, number: u64, socket: TcpStream) {
    let Ok(wire) = Wire::over(socket) else { return };
    let out = Vec::new();
    let mut session = Session { shared, number, wire, out, tls: false, user: None, from: None, to: Vec::new() };
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
        if let Some(next) = self.cue(Stage::Connect, "")? {
            if matches!(next, Next::End) {
                return Ok(());
            }
        } else {
            self.say(220, "fake.lab.test ESMTP")?;
        }
        loop {
            if !self.wire.has_buffered() {
                self.flush()?;
            }
            let line = self.wire.read_text()?;
            let verb = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
            *lock(&self.shared.commands).entry(verb.clone()).or_default() += 1;
            if matches!(self.command(&verb, &line)?, Next::End) {
                return self.flush();
            }
        }
    }

    fn command(&mut self, verb: &str, line: &str) -> io::Result<Next> {
        let stage = match verb {
            "EHLO" | "HELO" => Stage::Ehlo,
            "STARTTLS" => Stage::StartTls,
            "AUTH" => Stage::Auth,
            "MAIL" => Stage::Mail,
            "RCPT" => Stage::Rcpt,
            "DATA" => Stage::Data,
            "RSET" => Stage::Rset,
            "QUIT" => Stage::Quit,
            "NOOP" => return self.go_on(250, "2.0.0 Ok"),
            _ => return self.go_on(502, "5.5.2 Command not recognised"),
        };
        if stage == Stage::StartTls {
            return self.start_tls(line);
        }
        if let Some(next) = self.cue(stage, line)? {
            return Ok(next);
        }
        match stage {
            Stage::Ehlo => self.hello(),
            Stage::Auth => self.auth(line),
            Stage::Mail => self.mail(line),
            Stage::Rcpt => self.recipient(line),
            Stage::Data => self.data(),
            Stage::Quit => {
                self.say(221, "2.0.0 Bye")?;
                Ok(Next::End)
            }
            _ => {
                self.forget();
                self.go_on(250, "2.0.0 Ok")
            }
        }
    }

    /// Lets the rules act; `None` when the stage is to be handled as usual.
    fn cue(&mut self, stage: Stage, argument: &str) -> io::Result<Option<Next>> {
        let acts = {
            let mut rules = lock(&self.shared.rules);
            // What takes the mail first is looked at by `end_of_data` and must not be counted twice.
            let concerned = rules.iter_mut().filter(|rule| stage != Stage::EndOfData || !rule.act.takes_the_mail());
            concerned.filter_map(|rule| rule.strikes(stage, argument).then(|| rule.act.clone())).collect::<Vec<_>>()
        };
        for act in acts {
            match act {
                Act::Delay(length) => {
                    if !length.is_zero() {
                        self.flush()?;
                        self.shared.connections.pause(length);
                    }
                }
                Act::Reply(text) => {
                    self.out.extend_from_slice(text.as_bytes());
                    if stage == Stage::EndOfData {
                        self.forget();
                    }
                    return Ok(Some(Next::GoOn));
                }
                Act::ReplyAndClose(text) => {
                    self.out.extend_from_slice(text.as_bytes());
                    self.flush()?;
                    return Ok(Some(Next::End));
                }
                Act::Raw(bytes) => {
                    self.out.extend_from_slice(&bytes);
                    self.flush()?;
                    return Ok(Some(Next::End));
                }
                Act::Close | Act::AcceptAndClose | Act::InjectBeforeTls(_) => return Ok(Some(Next::End)),
                Act::Hang | Act::AcceptAndHang => {
                    self.flush()?;
                    self.hang();
                    return Ok(Some(Next::End));
                }
            }
        }
        Ok(None)
    }

    /// Reads and forgets until the other side gives up or the server ends.
    fn hang(&mut self) {
        while let Ok(line) = self.wire.read_line(64 * 1024) {
            if line.is_empty() {
                return;
            }
        }
    }

    fn say(&mut self, code: u16, text: &str) -> io::Result<()> {
        self.out.extend_from_slice(reply(code, text).as_bytes());
        if self.out.len() > 64 * 1024 { self.flush() } else { Ok(()) }
    }

    fn go_on(&mut self, code: u16, text: &str) -> io::Result<Next> {
        self.say(code, text)?;
        Ok(Next::GoOn)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        self.wire.write(&self.out)?;
        self.out.clear();
        Ok(())
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }

    fn hello(&mut self) -> io::Result<Next> {
        self.forget();
        let set_up = &self.shared.set_up;
        let mut lines = vec!["fake.lab.test".to_owned()];
        lines.extend(set_up.extensions.iter().cloned());
        if set_up.tls.is_some() && !self.tls {
            lines.push("STARTTLS".into());
        }
        if set_up.login.is_some() {
            lines.push("AUTH PLAIN LOGIN XOAUTH2".into());
        }
        self.go_on(250, &lines.join("\n"))
    }

    fn start_tls(&mut self, line: &str) -> io::Result<Next> {
        let Some(config) = self.shared.set_up.tls.clone().filter(|_| !self.tls) else {
            return self.go_on(502, "5.5.1 No STARTTLS here");
        };
        let struck = {
            let mut rules = lock(&self.shared.rules);
            rules.iter_mut().find_map(|rule| rule.strikes(Stage::StartTls, line).then(|| rule.act.clone()))
        };
        match struck {
            Some(Act::InjectBeforeTls(bytes)) => {
                self.say(220, "2.0.0 Ready")?;
                self.out.extend_from_slice(&bytes);
            }
            Some(Act::Raw(bytes)) => {
                self.say(220, "2.0.0 Ready")?;
                self.out.extend_from_slice(&bytes);
                self.flush()?;
                return Ok(Next::End);
            }
            Some(Act::Reply(text)) => {
                self.out.extend_from_slice(text.as_bytes());
                return Ok(Next::GoOn);
            }
            Some(Act::ReplyAndClose(text)) => {
                self.out.extend_from_slice(text.as_bytes());
                return Ok(Next::End);
            }
            Some(Act::Close | Act::AcceptAndClose) => return Ok(Next::End),
            Some(Act::Hang | Act::AcceptAndHang) => {
                self.hang();
                return Ok(Next::End);
            }
            Some(Act::Delay(length)) => {
                self.shared.connections.pause(length);
                self.say(220, "2.0.0 Ready")?;
            }
            None => self.say(220, "2.0.0 Ready")?,
        }
        self.flush()?;
        self.wire.start_server_tls(&config)?;
        self.tls = true;
        self.forget();
        Ok(Next::GoOn)
    }

    fn ask(&mut self, prompt: &str) -> io::Result<String> {
        self.say(334, prompt)?;
        self.flush()?;
        self.wire.read_text()
    }

    fn auth(&mut self, line: &str) -> io::Result<Next> {
        let Some((user, password)) = self.shared.set_up.login.clone() else {
            return self.go_on(503, "5.5.1 No AUTH here");
        };
        let mut words = line.split_whitespace().skip(1);
        let mechanism = words.next().unwrap_or_default().to_ascii_uppercase();
        let initial = words.next().map(str::to_owned);
        let given = match mechanism.as_str() {
            "PLAIN" | "XOAUTH2" => {
                let token = match initial {
                    Some(token) => token,
                    None => self.ask("")?,
                };
                decoded(&token)
            }
            "LOGIN" => {
                let name = match initial {
                    Some(name) => name,
                    None => self.ask("VXNlcm5hbWU6")?,
                };
                let secret = self.ask("UGFzc3dvcmQ6")?;
                format!("\0{}\0{}", decoded(&name), decoded(&secret))
            }
            _ => return self.go_on(504, "5.5.4 Mechanism not known"),
        };
        let plain = given.split('\0').skip(1).eq([user.as_str(), password.as_str()]);
        let bearer = given == format!("user={user}\u{1}auth=Bearer {password}\u{1}\u{1}");
        if plain || bearer {
            self.user = Some(user);
            self.shared.logins.fetch_add(1, Ordering::Relaxed);
            return self.go_on(235, "2.7.0 Authentication successful");
        }
        self.shared.failed_logins.fetch_add(1, Ordering::Relaxed);
        self.go_on(535, "5.7.8 Authentication credentials invalid")
    }

    fn mail(&mut self, line: &str) -> io::Result<Next> {
        if self.shared.set_up.login.is_some() && self.user.is_none() {
            return self.go_on(530, "5.7.0 Authentication required");
        }
        if self.from.is_some() {
            return self.go_on(503, "5.5.1 Nested MAIL command");
        }
        match path(line) {
            Some(from) => {
                self.from = Some(from);
                self.go_on(250, "2.1.0 Ok")
            }
            None => self.go_on(501, "5.1.7 Bad sender address syntax"),
        }
    }

    fn recipient(&mut self, line: &str) -> io::Result<Next> {
        if self.from.is_none() {
            return self.go_on(503, "5.5.1 Need MAIL command");
        }
        match path(line).filter(|path| !path.is_empty()) {
            Some(to) => {
                self.to.push(to);
                self.go_on(250, "2.1.5 Ok")
            }
            None => self.go_on(501, "5.1.3 Bad recipient address syntax"),
        }
    }

    fn data(&mut self) -> io::Result<Next> {
        if self.to.is_empty() {
            return self.go_on(554, "5.5.1 No valid recipients");
        }
        self.say(354, "End data with <CR><LF>.<CR><LF>")?;
        self.flush()?;
        let mut raw = Vec::new();
        let mut size = 0;
        let mut first = true;
        let bodies = self.shared.set_up.bodies;
        let mut in_headers = true;
        loop {
            let line = self.wire.read_line(1 << 20)?;
            if line.is_empty() {
                return Ok(Next::End);
            }
            if line == b".\r\n" {
                break;
            }
            if std::mem::take(&mut first)
                && let Some(next) = self.cue(Stage::Text, "")?
            {
                return Ok(next);
            }
            let text = line.strip_prefix(b".").unwrap_or(&line);
            in_headers &= text != b"\r\n";
            size += text.len();
            if bodies || in_headers {
                raw.extend_from_slice(text);
            }
        }
        let at = Instant::now();
        let recipient = self.to.first().cloned().unwrap_or_default();
        let message_id = message_id(&raw);
        if !bodies {
            raw.clear();
        }
        let received = Received {
            connection: self.number,
            at,
            from: self.from.take().unwrap_or_default(),
            to: std::mem::take(&mut self.to),
            raw,
            size,
            message_id,
            user: self.user.clone(),
            tls: self.tls,
            answered: false,
        };
        self.end_of_data(&recipient, received)
    }

    fn end_of_data(&mut self, recipient: &str, mut received: Received) -> io::Result<Next> {
        let accepts = {
            let mut rules = lock(&self.shared.rules);
            let mut taking = rules.iter_mut().filter(|rule| rule.act.takes_the_mail());
            taking.find_map(|rule| rule.strikes(Stage::EndOfData, recipient).then(|| rule.act.clone()))
        };
        if let Some(act) = accepts {
            self.take(received);
            if matches!(act, Act::AcceptAndHang) {
                self.hang();
            }
            return Ok(Next::End);
        }
        if let Some(next) = self.cue(Stage::EndOfData, recipient)? {
            return Ok(next);
        }
        received.answered = true;
        self.take(received);
        self.go_on(250, "2.0.0 Ok: queued")
    }

    fn take(&self, received: Received) {
        let mut messages = lock(&self.shared.messages);
        if self.shared.set_up.records {
            messages.push(received);
        }
        // Within the lock, so that nobody who waits misses it.
        self.shared.taken.fetch_add(1, Ordering::Relaxed);
        self.shared.arrived.notify_all();
    }
}

fn decoded(token: &str) -> String {
    STANDARD.decode(token).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// The address between the angle brackets of MAIL or RCPT.
fn path(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    Some(rest.split_once('>')?.0.to_owned())
}

fn message_id(raw: &[u8]) -> Option<String> {
    let mut lines = raw.split(|&byte| byte == b'\n').take_while(|line| !line.is_empty() && *line != b"\r");
    lines.find_map(|line| {
        let line = std::str::from_utf8(line).ok()?;
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("message-id").then(|| value.trim().trim_matches(['<', '>']).to_owned())
    })
}
