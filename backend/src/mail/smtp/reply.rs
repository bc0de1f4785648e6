//! What a server answered.

use lettre::transport::smtp;
use serde::{Deserialize, Serialize};

use super::super::address::one_line;

/// An enhanced status code, e.g. 5.1.1 (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Enhanced {
    /// 2 success, 4 passing failure, 5 lasting failure.
    pub class: u8,
    /// What it is about: 1 address, 2 mailbox, 3 mail system, 4 network, 5 protocol, 6 content, 7 security or policy.
    pub subject: u16,
    /// The details.
    pub detail: u16,
}

impl Enhanced {
    /// Reads the first enhanced code at the beginning of a text, or after a three-digit reply code.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        text.split([' ', '-', '\t', ';']).take(4).find_map(Self::read)
    }

    fn read(word: &str) -> Option<Self> {
        let mut numbers = word.trim_matches(['#', '(', ')', ':', ',', '[', ']']).split('.');
        let mut number = || {
            let digits = numbers.next()?;
            (digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit()))
                .then(|| digits.parse::<u16>().ok())
                .flatten()
        };
        let (class, subject, detail) = (number()?, number()?, number()?);
        let class = u8::try_from(class).ok().filter(|class| matches!(class, 2 | 4 | 5))?;
        numbers.next().is_none().then_some(Self { class, subject, detail })
    }
}

impl std::fmt::Display for Enhanced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// A reply: code and words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Three digits (RFC 5321 §4.2).
    pub code: u16,
    /// The enhanced code, if the words begin with one.
    pub enhanced: Option<Enhanced>,
    /// The words, on one line, at most 500 characters.
    pub text: String,
}

impl Reply {
    /// A reply from its code and words.
    #[must_use]
    pub fn new(code: u16, text: &str) -> Self {
        let text: String = one_line(text).chars().take(500).collect();
        Self { code, enhanced: Enhanced::find(&text), text }
    }

    /// Whether the failure lasts: a 5xx code.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    pub(super) fn of_response(response: &smtp::response::Response) -> Self {
        Self::new(u16::from(response.code()), &response.message().collect::<Vec<_>>().join(" "))
    }

    /// The reply within an error of lettre; none when there was no proper reply.
    pub(super) fn of_error(error: &smtp::Error) -> Option<Self> {
        let code = error.status()?;
        let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        Some(Self::new(u16::from(code), &text))
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enhanced_codes_are_found() {
        let code = |text: &str| Enhanced::find(text).map(|code| code.to_string());
        assert_eq!(code("5.1.1 <x@y>: unknown").as_deref(), Some("5.1.1"));
        assert_eq!(code("smtp; 550 5.7.1 blocked").as_deref(), Some("5.7.1"));
        assert_eq!(code("550-5.1.1 gone").as_deref(), Some("5.1.1"));
        assert_eq!(code("mail from 192.0.2.1 rejected"), None);
        assert_eq!(code("#5.1.10 not found").as_deref(), Some("5.1.10"));
        assert_eq!(code("9.1.1 x"), None);
        assert_eq!(code(""), None);
    }
}
