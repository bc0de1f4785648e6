//! What we know of a received mail once it has been read.

use serde::{Deserialize, Serialize};

use super::{address::Address, autoreply::MailKind, headers::Headers};

/// The facts of one received mail. No text in it holds NUL or, in one-line fields, control characters.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedMail {
    /// Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// The ids of In-Reply-To.
    pub in_reply_to: Vec<String>,
    /// The ids of References, the oldest first; at most 100, the middle of a longer list left out.
    pub references: Vec<String>,
    /// The (first) author.
    pub from: Option<Address>,
    /// Who sent it for the author.
    pub sender: Option<Address>,
    /// Where answers are wanted.
    pub reply_to: Vec<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Addresses the mail was delivered to: Delivered-To, X-Original-To, Envelope-To, Apparently-To.
    pub delivered_to: Vec<String>,
    /// The envelope sender that the receiving server noted; empty for the null path `<>`.
    pub return_path: Option<String>,
    /// Subject, decoded; empty when missing.
    pub subject: String,
    /// Date in milliseconds since 1970 UTC; none when missing or outside 1980–2100.
    pub date_ms: Option<i64>,
    /// The text for reading and searching, line ends as `\n`; made from the HTML when there is no other.
    pub text: String,
    /// The text was made from the HTML.
    pub text_from_html: bool,
    /// The HTML body exactly as sent: **hostile**, only for [`super::sanitize`].
    pub html: Option<String>,
    /// Attachments and inline parts.
    pub parts: Vec<PartInfo>,
    /// Who or what wrote it.
    pub kind: MailKind,
    /// List-Id, for mail of a mailing list.
    pub list_id: Option<String>,
    /// All header fields.
    pub headers: Headers,
    /// Size of the source in bytes.
    pub size: usize,
}

/// One attachment or inline part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartInfo {
    /// Position among the MIME parts, for [`super::parse::part_bytes`].
    pub index: u32,
    /// A file name without path or control characters; never empty.
    pub name: String,
    /// Type as declared, lower-case `type/subtype`.
    pub content_type: String,
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// Meant to be shown inside the text (a picture that the HTML names by `cid:`).
    pub inline: bool,
    /// Decoded size in bytes.
    pub size: usize,
}

/// Why a mail cannot be read. Its source is kept all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// There are no bytes.
    #[error("the mail is empty")]
    Empty,
    /// Nothing in it looks like the header of a mail.
    #[error("the mail has no header")]
    NoHeader,
    /// Its structure would cost more time or memory than a mail may (parts, boundaries, header size).
    #[error("the structure of the mail is too complex")]
    TooComplex,
    /// The parser gave up on it.
    #[error("the mail could not be parsed")]
    Failed,
}

impl ParsedMail {
    /// Where an answer goes: Reply-To, else From, else Sender.
    #[must_use]
    pub fn answer_to(&self) -> Option<&Address> {
        self.reply_to.first().or(self.from.as_ref()).or(self.sender.as_ref())
    }
}
