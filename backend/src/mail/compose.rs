//! From what is to be said to the bytes that go over the wire (RFC 5322, MIME).
//!
//! Nothing that comes in can add a header, a recipient or a bare line end: every one-line value loses its control
//! characters here, and the finished mail is checked once more before it is handed out.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, SystemTime},
};

use lettre::{
    address::Envelope,
    message::{
        Message, MessageBuilder,
        header::{HeaderName, HeaderValue},
    },
};

use super::address::{Address, fold, one_line};

mod body;
mod header;

/// A file that goes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// File name, any language.
    pub name: String,
    /// `type/subtype`; what is none becomes `application/octet-stream`.
    pub content_type: String,
    /// Content-ID without brackets; the HTML names an inline picture by it. Unused for attachments.
    pub cid: String,
    /// The content.
    pub bytes: Vec<u8>,
}

/// An invitation or the like, sent as an alternative to the text and as a file (RFC 6047).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarPart {
    /// REQUEST, REPLY, CANCEL …
    pub method: String,
    /// The iCalendar object.
    pub ics: String,
}

/// A mail to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Message-ID without brackets, fixed once and for all tries.
    pub message_id: String,
    /// The author.
    pub from: Address,
    /// The mailbox that really sends, where it is not the author's (an alias).
    pub sender: Option<Address>,
    /// Where answers shall go, if not to the author.
    pub reply_to: Vec<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Bcc: in the envelope only.
    pub bcc: Vec<Address>,
    /// Subject, any language.
    pub subject: String,
    /// Date, milliseconds since 1970 UTC.
    pub date_ms: i64,
    /// The mail answered, without brackets.
    pub in_reply_to: Option<String>,
    /// Its ancestors and itself, the oldest first, without brackets.
    pub references: Vec<String>,
    /// HTML body, already clean.
    pub html: Option<String>,
    /// Text body; made from the HTML when none.
    pub text: Option<String>,
    /// Pictures that the HTML shows by `cid:`.
    pub inline: Vec<Part>,
    /// Files.
    pub attachments: Vec<Part>,
    /// An invitation.
    pub calendar: Option<CalendarPart>,
    /// Further header fields, e.g. Auto-Submitted or List-Unsubscribe. Those this struct has a field for are refused.
    pub headers: Vec<(String, String)>,
    /// Envelope sender (a bounce address); the author's when none, the null path when empty.
    pub return_path: Option<String>,
}

/// A finished mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The mail, lines ended by CRLF and at most 998 octets long; SMTP's dot-stuffing is not done.
    pub raw: Vec<u8>,
    /// MAIL FROM; empty for the null path.
    pub envelope_from: String,
    /// RCPT TO, each once.
    pub envelope_to: Vec<String>,
}

/// Why no mail can be made of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// Nobody to send it to.
    #[error("the mail has no recipient")]
    NoRecipient,
    /// An address is not valid.
    #[error("“{0}” is not a valid address")]
    BadAddress(String),
    /// The Message-ID, or a header's name or purpose, is not allowed.
    #[error("the header “{0}” cannot be set so")]
    BadHeader(String),
    /// The date lies before 1970 or beyond the year 9999.
    #[error("the date is out of range")]
    BadDate,
    /// The result broke a rule of the wire; it must not be sent.
    #[error("the mail could not be built: {0}")]
    Unbuildable(String),
}

/// Builds a mail.
///
/// # Errors
/// See [`ComposeError`]. The same input fails the same way each time: retrying is of no use.
pub fn compose(mail: &Outgoing) -> Result<Composed, ComposeError> {
    let envelope_to = recipients(mail)?;
    let envelope_from = match &mail.return_path {
        Some(path) if path.trim().is_empty() => String::new(),
        Some(path) => checked(&Address { name: None, email: path.clone() })?.wire(),
        None => checked(mail.sender.as_ref().unwrap_or(&mail.from))?.wire(),
    };
    // The builder is known to panic on unforeseen values; such a mail must not take the worker down.
    let raw = catch_unwind(AssertUnwindSafe(|| build(mail)))
        .unwrap_or_else(|_| Err(ComposeError::Unbuildable("the builder gave up".into())))?;
    check_wire(&raw)?;
    Ok(Composed { raw, envelope_from, envelope_to })
}

fn build(mail: &Outgoing) -> Result<Vec<u8>, ComposeError> {
    let seconds = u64::try_from(mail.date_ms.div_euclid(1000)).map_err(|_| ComposeError::BadDate)?;
    if seconds > 253_402_300_799 {
        return Err(ComposeError::BadDate);
    }
    let message_id = bracketed(&mail.message_id).ok_or_else(|| ComposeError::BadHeader("Message-ID".into()))?;
    // lettre wants an envelope of its own; ours is the one that counts.
    let envelope =
        Envelope::new(None, vec![any_address()?]).map_err(|error| ComposeError::Unbuildable(error.to_string()))?;
    let mut builder = Message::builder()
        .envelope(envelope)
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(message_id));
    builder = mailboxes(builder, "From", std::slice::from_ref(&mail.from))?;
    if let Some(sender) = mail.sender.as_ref().filter(|sender| fold(&sender.email) != fold(&mail.from.email)) {
        builder = mailboxes(builder, "Sender", std::slice::from_ref(sender))?;
    }
    builder = mailboxes(builder, "Reply-To", &mail.reply_to)?;
    builder = mailboxes(builder, "To", &mail.to)?;
    builder = mailboxes(builder, "Cc", &mail.cc)?;
    if mail.to.is_empty() && mail.cc.is_empty() {
        builder = raw_header(builder, "To", "undisclosed-recipients:;");
    }
    builder = text_header(builder, "Subject", &mail.subject);
    if let Some(id) = mail.in_reply_to.as_deref().and_then(bracketed) {
        builder = raw_header(builder, "In-Reply-To", &id);
    }
    let references = thread(&mail.references);
    if !references.is_empty() {
        builder = raw_header(builder, "References", &header::unstructured(&references, 10));
    }
    for (name, value) in &mail.headers {
        builder = custom_header(builder, name, value)?;
    }
    let content = body::content(mail)?;
    let message = match content {
        body::Content::Single(part) => builder.singlepart(part),
        body::Content::Multi(part) => builder.multipart(part),
    };
    message.map(|message| message.formatted()).map_err(|error| ComposeError::Unbuildable(error.to_string()))
}

fn recipients(mail: &Outgoing) -> Result<Vec<String>, ComposeError> {
    let mut envelope: Vec<String> = Vec::new();
    for address in mail.to.iter().chain(&mail.cc).chain(&mail.bcc) {
        let wire = checked(address)?.wire();
        if !envelope.iter().any(|known| fold(known) == fold(&wire)) {
            envelope.push(wire);
        }
    }
    if envelope.is_empty() { Err(ComposeError::NoRecipient) } else { Ok(envelope) }
}

fn checked(address: &Address) -> Result<Address, ComposeError> {
    Address::new(address.name.as_deref(), &address.email)
        .map_err(|_| ComposeError::BadAddress(one_line(&address.email)))
}

fn mailboxes(builder: MessageBuilder, name: &str, addresses: &[Address]) -> Result<MessageBuilder, ComposeError> {
    if addresses.is_empty() {
        return Ok(builder);
    }
    let addresses = addresses.iter().map(checked).collect::<Result<Vec<_>, _>>()?;
    Ok(raw_header(builder, name, &header::mailboxes(&addresses)))
}

fn any_address() -> Result<lettre::Address, ComposeError> {
    lettre::Address::new("nobody", "localhost").map_err(|error| ComposeError::Unbuildable(error.to_string()))
}

/// An id in brackets if it can stand in a header as it is.
fn bracketed(id: &str) -> Option<String> {
    let valid =
        id.len() <= 900 && id.contains('@') && id.bytes().all(|b| b.is_ascii_graphic() && !b"<>()\\\",;:".contains(&b));
    valid.then(|| format!("<{id}>"))
}

/// The References field: the root and the nearest twenty ancestors.
fn thread(references: &[String]) -> String {
    let mut ids: Vec<String> = references.iter().filter_map(|id| bracketed(id)).collect();
    if ids.len() > 21 {
        let surplus = ids.len() - 21;
        ids.drain(1..=surplus);
    }
    ids.join(" ")
}

fn custom_header(builder: MessageBuilder, name: &str, value: &str) -> Result<MessageBuilder, ComposeError> {
    const OWN: [&str; 18] = [
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "bcc",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "content-id",
        "return-path",
        "received",
    ];
    let refused = || ComposeError::BadHeader(one_line(name));
    let lower = name.to_ascii_lowercase();
    let valid = !name.is_empty() && name.len() <= 70 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !valid || OWN.contains(&lower.as_str()) || lower.starts_with("resent-") {
        return Err(refused());
    }
    Ok(text_header(builder, name, value))
}

fn text_header(builder: MessageBuilder, name: &str, value: &str) -> MessageBuilder {
    raw_header(builder, name, &header::unstructured(&one_line(value), name.len()))
}

/// Sets a field whose value is encoded and folded already.
fn raw_header(builder: MessageBuilder, name: &str, value: &str) -> MessageBuilder {
    match HeaderName::new_from_ascii(name.to_owned()) {
        // lettre looks for an author among the raw values, so that of From is a bare address.
        Ok(header_name) => {
            let raw = if name == "From" { "nobody@localhost".to_owned() } else { value.to_owned() };
            builder.raw_header(HeaderValue::dangerous_new_pre_encoded(header_name, raw, value.to_owned()))
        }
        Err(_) => builder,
    }
}

/// The last fence before the wire: lines of at most 998 octets, line ends only as CRLF, no NUL (RFC 5321 §2.3.8,
/// §4.5.3.1.6).
fn check_wire(raw: &[u8]) -> Result<(), ComposeError> {
    let fault = |what: &str| Err(ComposeError::Unbuildable(what.to_owned()));
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let Some(line) = line.strip_suffix(b"\r\n") else { return fault("a line is not ended by CRLF") };
        if line.len() > 998 {
            return fault("a line is longer than 998 octets");
        }
        if line.iter().any(|byte| matches!(byte, b'\r' | b'\0')) {
            return fault("a line holds a bare CR or NUL");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
