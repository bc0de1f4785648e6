//! What a fake SMTP server does on cue.

use std::time::Duration;

use crate::fake::harness::Occasion;

/// The moments of an SMTP conversation at which a rule may strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before the greeting.
    Connect,
    /// EHLO or HELO.
    Ehlo,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, before its 354.
    Data,
    /// In the text of a mail: after its first line, before the final dot.
    Text,
    /// After the final dot.
    EndOfData,
    /// RSET.
    Rset,
    /// QUIT.
    Quit,
}

#[derive(Debug, Clone)]
pub(crate) enum Act {
    Reply(String),
    ReplyAndClose(String),
    Close,
    Hang,
    Delay(Duration),
    AcceptAndClose,
    AcceptAndHang,
    Raw(Vec<u8>),
    InjectBeforeTls(Vec<u8>),
}

impl Act {
    pub(crate) fn takes_the_mail(&self) -> bool {
        matches!(self, Self::AcceptAndClose | Self::AcceptAndHang)
    }
}

/// A condition and what is done when it holds: `SmtpRule::at(Stage::Rcpt).containing("ana@").times(2).reply(450, "…")`.
#[derive(Debug, Clone)]
pub struct SmtpRule {
    pub(crate) stage: Stage,
    occasion: Occasion,
    pub(crate) act: Act,
}

impl SmtpRule {
    /// A rule that strikes at every call of the stage; by itself it changes nothing.
    pub fn at(stage: Stage) -> Self {
        Self { stage, occasion: Occasion::always(), act: Act::Delay(Duration::ZERO) }
    }

    /// Only when the command line (at `EndOfData`: the first recipient) contains the text.
    #[must_use]
    pub fn containing(mut self, text: &str) -> Self {
        self.occasion.containing = Some(text.into());
        self
    }

    /// Not at the first so many calls.
    #[must_use]
    pub fn skip(mut self, calls: u64) -> Self {
        self.occasion.skip = calls;
        self
    }

    /// Only so many times.
    #[must_use]
    pub fn times(mut self, calls: u64) -> Self {
        self.occasion.times = Some(calls);
        self
    }

    /// Answers this instead; the text may have several lines.
    #[must_use]
    pub fn reply(self, code: u16, text: &str) -> Self {
        self.act(Act::Reply(reply(code, text)))
    }

    /// Answers this and closes the connection, as with 421.
    #[must_use]
    pub fn reply_and_close(self, code: u16, text: &str) -> Self {
        self.act(Act::ReplyAndClose(reply(code, text)))
    }

    /// Closes the connection without an answer. At `EndOfData` the mail is **not** taken.
    #[must_use]
    pub fn close(self) -> Self {
        self.act(Act::Close)
    }

    /// Says nothing any more, but keeps the connection open.
    #[must_use]
    pub fn hang(self) -> Self {
        self.act(Act::Hang)
    }

    /// Waits, then goes on as if there were no rule.
    #[must_use]
    pub fn delay(self, length: Duration) -> Self {
        self.act(Act::Delay(length))
    }

    /// At `EndOfData`: takes the mail, then closes the connection before the 250.
    #[must_use]
    pub fn accept_and_close(self) -> Self {
        self.act(Act::AcceptAndClose)
    }

    /// At `EndOfData`: takes the mail, then says nothing any more.
    #[must_use]
    pub fn accept_and_hang(self) -> Self {
        self.act(Act::AcceptAndHang)
    }

    /// Writes exactly these bytes and closes the connection. At `StartTls` they come after the 220, in place of the
    /// handshake.
    #[must_use]
    pub fn raw(self, bytes: &[u8]) -> Self {
        self.act(Act::Raw(bytes.to_vec()))
    }

    /// At `StartTls`: sends these bytes in clear right behind the 220, then begins TLS. A client that takes them for an
    /// answer from within TLS has been deceived.
    #[must_use]
    pub fn inject_before_tls(self, bytes: &[u8]) -> Self {
        self.act(Act::InjectBeforeTls(bytes.to_vec()))
    }

    fn act(mut self, act: Act) -> Self {
        self.act = act;
        self
    }

    pub(crate) fn strikes(&mut self, stage: Stage, argument: &str) -> bool {
        self.stage == stage && self.occasion.strikes(argument)
    }
}

/// An answer as it goes over the wire, with a hyphen in all lines but the last.
pub(crate) fn reply(code: u16, text: &str) -> String {
    let lines = text.lines().collect::<Vec<_>>();
    let last = lines.len().saturating_sub(1);
    if lines.is_empty() {
        return format!("{code} \r\n");
    }
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| format!("{code}{}{line}\r\n", if index == last { ' ' } else { '-' }))
        .collect()
}
