//! STARTTLS (RFC 3207) and AUTH (RFC 4954) of the fake SMTP server.

use std::io;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Next, Session};
use crate::fake::harness::lock;
use crate::fake::smtp::{Act, Stage};

impl Session<'_> {
    pub(super) fn start_tls(&mut self, line: &str) -> io::Result<Next> {
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

    pub(super) fn auth(&mut self, line: &str) -> io::Result<Next> {
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
}

fn decoded(token: &str) -> String {
    STANDARD.decode(token).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
