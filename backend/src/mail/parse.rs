//! From the bytes of a mail to its facts.
//!
//! Whatever the bytes are, [`parse`] comes back within bounded time and memory, and without a panic.

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
};

use mail_parser::{ContentType, Encoding, Message, MessageParser, MessagePart, MimeHeaders as _, PartType};

use super::{
    autoreply, charset,
    headers::{self, Headers},
    message::{ParsedMail, PartInfo, Unreadable},
    text,
};

mod body;
pub(super) mod fields;
mod guard;
mod name;

pub use name::safe_file_name;

/// Bodies beyond this many bytes are cut; the source stays whole.
pub const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// Reads a mail.
///
/// # Errors
/// When the bytes are no mail that can be read at an acceptable price, see [`Unreadable`].
pub fn parse(raw: &[u8]) -> Result<ParsedMail, Unreadable> {
    parse_with(raw, &mut |_, _| {})
}

/// Reads a mail and shows each attachment or inline part with its decoded bytes to `visit`, so that the caller can
/// store it without a second pass.
///
/// # Errors
/// As [`parse`].
pub fn parse_with(raw: &[u8], visit: &mut dyn FnMut(&PartInfo, &[u8])) -> Result<ParsedMail, Unreadable> {
    if raw.is_empty() {
        return Err(Unreadable::Empty);
    }
    let read = catch_unwind(AssertUnwindSafe(|| read(raw))).unwrap_or(Err(Unreadable::Failed))?;
    let (mail, message) = read;
    for info in &mail.parts {
        if let Some(part) = part_at(&message, info.index) {
            visit(info, &octets(raw, part));
        }
    }
    dismantle(message);
    Ok(mail)
}

/// The decoded bytes of one attachment, by its [`PartInfo::index`].
#[must_use]
pub fn part_bytes(raw: &[u8], index: u32) -> Option<Vec<u8>> {
    if !guard::affordable(raw) {
        return None;
    }
    let found = catch_unwind(AssertUnwindSafe(|| {
        let message = structure_parser().parse(raw)?;
        let found = part_at(&message, index).map(|part| octets(raw, part).into_owned());
        dismantle(message);
        found
    }));
    found.ok().flatten()
}

fn read(raw: &[u8]) -> Result<(ParsedMail, Message<'_>), Unreadable> {
    let headers = Headers::read(raw);
    if !fields::looks_like_mail(&headers) {
        return Err(Unreadable::NoHeader);
    }
    if !guard::affordable(raw) {
        return Err(Unreadable::TooComplex);
    }
    let message = structure_parser().parse(raw).ok_or(Unreadable::NoHeader)?;
    let body = body::extract(raw, &message);
    let mut parts = Vec::new();
    for id in &message.attachments {
        if let Some(part) = part_at(&message, *id) {
            parts.push(describe(*id, part, raw, &octets(raw, part), parts.len() + 1));
        }
    }
    let report = message.parts.first().and_then(|part| part.content_type()).is_some_and(|content_type| {
        content_type.ctype().eq_ignore_ascii_case("multipart")
            && content_type.subtype().is_some_and(|subtype| subtype.eq_ignore_ascii_case("report"))
    });
    let report_type = report
        .then(|| message.parts.first()?.content_type()?.attribute("report-type").map(str::to_ascii_lowercase))
        .flatten();
    let fields = fields::read(&headers);
    let calendar = message.parts.iter().any(|part| part.content_type().is_some_and(is_invitation));
    let kind = autoreply::classify(&headers, &fields, report.then_some(report_type.as_deref()), calendar);
    let (text, text_from_html) = match body.text {
        Some(text) => (text, false),
        None => (body.html.as_deref().map(text::html_to_text).unwrap_or_default(), body.html.is_some()),
    };
    let mail = ParsedMail {
        message_id: headers.get("message-id").and_then(|value| headers::message_ids(value, 1).pop()),
        in_reply_to: headers.get("in-reply-to").map(|value| headers::message_ids(value, 10)).unwrap_or_default(),
        references: headers.get("references").map(|value| headers::message_ids(value, 100)).unwrap_or_default(),
        from: fields.from,
        sender: fields.sender,
        reply_to: fields.reply_to,
        to: fields.to,
        cc: fields.cc,
        delivered_to: fields.delivered_to,
        return_path: fields.return_path,
        subject: fields.subject,
        date_ms: fields.date_ms,
        text,
        text_from_html,
        html: body.html,
        parts,
        kind,
        list_id: headers.get("list-id").map(|value| super::address::one_line(&headers::decode_words(value))),
        size: raw.len(),
        headers,
    };
    Ok((mail, message))
}

/// Only what shapes the body is parsed by the structure pass; header fields are read on their own, bounded.
fn structure_parser() -> MessageParser {
    MessageParser::new().with_mime_headers().default_header_ignore()
}

/// The decoded bytes of a part as the sender put them in, before any character set.
fn octets<'m>(raw: &'m [u8], part: &'m MessagePart<'_>) -> Cow<'m, [u8]> {
    match &part.body {
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => Cow::Borrowed(bytes),
        PartType::Message(nested) if part.encoding != Encoding::None => Cow::Borrowed(&nested.raw_message),
        PartType::Text(text) | PartType::Html(text) => match body::transfer_decoded(raw, part) {
            Some(bytes) => bytes,
            None => Cow::Borrowed(text.as_bytes()),
        },
        PartType::Message(_) | PartType::Multipart(_) => Cow::Borrowed(body::slice(raw, part)),
    }
}

/// A calendar with a method is a message; one without is a file that somebody attached.
fn is_invitation(declared: &ContentType<'_>) -> bool {
    declared.ctype().eq_ignore_ascii_case("text")
        && declared.subtype().is_some_and(|subtype| subtype.eq_ignore_ascii_case("calendar"))
        && declared.has_attribute("method")
}

fn part_at<'m, 'r>(message: &'m Message<'r>, index: u32) -> Option<&'m MessagePart<'r>> {
    message.parts.get(usize::try_from(index).ok()?)
}

fn describe(index: u32, part: &MessagePart<'_>, raw: &[u8], bytes: &[u8], ordinal: usize) -> PartInfo {
    let content_type = match part.content_type() {
        Some(declared) => {
            let subtype = declared.subtype().unwrap_or("octet-stream");
            name::tidy_type(&format!("{}/{subtype}", declared.ctype()))
        }
        None if matches!(part.body, PartType::Message(_)) => "message/rfc822".to_owned(),
        None => "text/plain".to_owned(),
    };
    let content_id = part
        .content_id()
        .map(|id| super::address::strip_controls(id.trim().trim_matches(['<', '>'])))
        .filter(|id| !id.is_empty() && id.len() <= 900);
    let disposition = part.content_disposition();
    let attached = disposition.is_some_and(|disposition| disposition.is_attachment());
    let inline = !attached && (content_id.is_some() || disposition.is_some_and(|disposition| disposition.is_inline()));
    PartInfo {
        index,
        name: name::of_part(part, raw, bytes, &content_type, ordinal),
        content_type,
        content_id,
        inline,
        size: bytes.len(),
    }
}

/// Takes a message apart level by level: mails nested in mails thousands deep would overflow the stack if they were
/// dropped recursively.
fn dismantle(message: Message<'_>) {
    let mut nested = vec![message];
    while let Some(mut message) = nested.pop() {
        for part in message.parts.drain(..) {
            if let PartType::Message(inner) = part.body {
                nested.push(inner);
            }
        }
    }
}

#[cfg(test)]
mod tests;
