//! The readable bodies of a mail: which parts they are, and their characters.

use std::borrow::Cow;

use mail_parser::{
    Encoding, Message, MessagePart, MimeHeaders as _, PartType,
    decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode},
};

use super::{super::text::unflow, MAX_BODY_BYTES, charset};

/// The bodies found; either may be missing.
#[derive(Default)]
pub struct Body {
    pub text: Option<String>,
    pub html: Option<String>,
}

/// Picks the parts that are the text, in both forms. A mail that has HTML only has no text here.
pub fn extract(raw: &[u8], message: &Message<'_>) -> Body {
    let part = |id: &u32| usize::try_from(*id).ok().and_then(|position| message.parts.get(position));
    let mut body = Body::default();
    let (mut text, mut has_text) = (String::new(), false);
    for part in message.text_body.iter().filter_map(part) {
        if let PartType::Text(decoded) = &part.body {
            has_text = true;
            append(&mut text, &plain(raw, part, decoded));
        }
    }
    let mut html = String::new();
    for part in message.html_body.iter().filter_map(part) {
        match &part.body {
            PartType::Html(decoded) => append(&mut html, &characters(raw, part, cut(decoded))),
            // Text between HTML parts (a list's footer) belongs to the HTML view as well.
            PartType::Text(decoded) if !html.is_empty() => {
                append(&mut html, &super::text::text_to_html(&plain(raw, part, decoded)));
            }
            _ => {}
        }
    }
    let only_html = !html.is_empty() && text.trim().is_empty();
    body.text = (has_text && !only_html).then_some(text);
    body.html = (!html.is_empty()).then_some(html);
    body
}

/// The beginning of a body, before anything is copied: a mail may be one text of 50 MB.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_BODY_BYTES)).unwrap_or(text)
}

fn append(whole: &mut String, part: &str) {
    if !whole.is_empty() && !whole.ends_with('\n') {
        whole.push('\n');
    }
    let room = MAX_BODY_BYTES.saturating_sub(whole.len());
    let end = part.floor_char_boundary(room);
    whole.push_str(part.get(..end).unwrap_or_default());
}

fn plain(raw: &[u8], part: &MessagePart<'_>, decoded: &str) -> String {
    let text = characters(raw, part, cut(decoded));
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let parameter = |name: &str, value: &str| {
        part.content_type().and_then(|ct| ct.attribute(name)).is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    if parameter("format", "flowed") { unflow(&kept, parameter("delsp", "yes")) } else { kept }
}

/// The part's text, decoded again by guessing where the declared character set is missing or does not fit.
fn characters<'m>(raw: &[u8], part: &MessagePart<'_>, decoded: &'m str) -> Cow<'m, str> {
    let declared = part.content_type().and_then(|ct| ct.attribute("charset"));
    let doubtful = decoded.contains('\u{fffd}') || (declared.is_none() && decoded.contains("\u{1b}$"));
    let text = if doubtful && let Some(bytes) = transfer_decoded(raw, part) {
        let bytes = bytes.get(..MAX_BODY_BYTES).unwrap_or(&bytes);
        let label = declared.filter(|label| !label.eq_ignore_ascii_case("us-ascii"));
        Cow::Owned(charset::to_utf8(bytes, label.or_else(|| meta_charset(bytes))).into_owned())
    } else {
        Cow::Borrowed(decoded)
    };
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { text }
}

/// `<meta charset=…>` or its http-equiv form within the first kilobyte of HTML.
fn meta_charset(bytes: &[u8]) -> Option<&str> {
    let head = bytes.get(..1024).unwrap_or(bytes);
    let at = head.windows(8).position(|window| window.eq_ignore_ascii_case(b"charset="))?;
    let value = head.get(at + 8..)?.trim_ascii_start();
    let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    let end = value.iter().position(|b| !b.is_ascii_alphanumeric() && !b"-_:".contains(b)).unwrap_or(value.len());
    std::str::from_utf8(value.get(..end)?).ok().filter(|label| !label.is_empty())
}

/// The bytes of a part in the source.
pub fn slice<'r>(raw: &'r [u8], part: &MessagePart<'_>) -> &'r [u8] {
    let start = usize::try_from(part.raw_body_offset()).unwrap_or(usize::MAX);
    let end = usize::try_from(part.raw_end_offset()).unwrap_or(usize::MAX).min(raw.len());
    raw.get(start..end).unwrap_or_default()
}

/// The bytes of a part with the content transfer encoding undone.
pub fn transfer_decoded<'r>(raw: &'r [u8], part: &MessagePart<'_>) -> Option<Cow<'r, [u8]>> {
    let bytes = slice(raw, part);
    match part.encoding {
        Encoding::None => Some(Cow::Borrowed(bytes)),
        Encoding::Base64 => base64_decode(bytes).map(Cow::Owned),
        Encoding::QuotedPrintable => quoted_printable_decode(bytes).map(Cow::Owned),
    }
}
