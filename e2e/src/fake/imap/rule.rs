//! What a fake IMAP server does on cue.

use std::time::Duration;

use crate::fake::harness::Occasion;

#[derive(Debug, Clone)]
pub(crate) enum Act {
    Close,
    Hang,
    Delay(Duration),
    No(String),
    Bad(String),
    Bye(String),
    Raw(Vec<u8>),
    Silent,
    NoTagged,
    CutLiteral(usize),
    LieLiteral(i64),
    Nil,
    Slow { bytes: usize, pause: Duration },
}

/// A condition and what is done when it holds: `ImapRule::on("UID FETCH").skip(2).times(1).cut_literal(100)`.
#[derive(Debug, Clone)]
pub struct ImapRule {
    command: String,
    occasion: Occasion,
    pub(crate) act: Act,
}

impl ImapRule {
    /// A rule for every command line, in upper case and without its tag, that begins with the text; by itself it
    /// changes nothing. The text `GREETING` means the moment of connection.
    pub fn on(command: &str) -> Self {
        let act = Act::Delay(Duration::ZERO);
        Self { command: command.to_ascii_uppercase(), occasion: Occasion::always(), act }
    }

    /// Only when the command line, in upper case, contains the text.
    #[must_use]
    pub fn containing(mut self, text: &str) -> Self {
        self.occasion.containing = Some(text.to_ascii_uppercase());
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

    /// Closes the connection without an answer.
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

    /// Answers NO.
    #[must_use]
    pub fn no(self, text: &str) -> Self {
        self.act(Act::No(text.into()))
    }

    /// Answers BAD.
    #[must_use]
    pub fn bad(self, text: &str) -> Self {
        self.act(Act::Bad(text.into()))
    }

    /// Says BYE and closes the connection.
    #[must_use]
    pub fn bye(self, text: &str) -> Self {
        self.act(Act::Bye(text.into()))
    }

    /// Writes exactly these bytes in place of an answer and goes on.
    #[must_use]
    pub fn raw(self, bytes: &[u8]) -> Self {
        self.act(Act::Raw(bytes.to_vec()))
    }

    /// Carries the command out, but says only its tagged OK: FETCH without data, IDLE without news.
    #[must_use]
    pub fn silent(self) -> Self {
        self.act(Act::Silent)
    }

    /// Gives the data, but never the tagged end.
    #[must_use]
    pub fn no_tagged(self) -> Self {
        self.act(Act::NoTagged)
    }

    /// FETCH: closes the connection after so many bytes of the first literal.
    #[must_use]
    pub fn cut_literal(self, bytes: usize) -> Self {
        self.act(Act::CutLiteral(bytes))
    }

    /// FETCH: announces literals longer (or shorter) by so many bytes than they are.
    #[must_use]
    pub fn lie_literal(self, by: i64) -> Self {
        self.act(Act::LieLiteral(by))
    }

    /// FETCH: gives NIL in place of the source.
    #[must_use]
    pub fn nil(self) -> Self {
        self.act(Act::Nil)
    }

    /// Sends the answer in portions with pauses.
    #[must_use]
    pub fn slow(self, bytes: usize, pause: Duration) -> Self {
        self.act(Act::Slow { bytes: bytes.max(1), pause })
    }

    fn act(mut self, act: Act) -> Self {
        self.act = act;
        self
    }

    pub(crate) fn strikes(&mut self, line: &str) -> bool {
        line.starts_with(&self.command) && self.occasion.strikes(line)
    }
}
