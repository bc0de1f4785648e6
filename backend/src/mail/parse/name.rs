//! Names and types of attachments.

use mail_parser::{MessagePart, MimeHeaders as _, PartType};

use super::super::{
    address::one_line,
    charset,
    headers::{Headers, decode_words},
};

const MAX_NAME_CHARS: usize = 150;

/// Extensions for nameless parts of the types that mail carries most.
const EXTENSIONS: [(&str, &str); 20] = [
    ("text/plain", "txt"),
    ("text/html", "html"),
    ("text/csv", "csv"),
    ("text/calendar", "ics"),
    ("text/vcard", "vcf"),
    ("text/x-vcard", "vcf"),
    ("text/rfc822-headers", "txt"),
    ("message/delivery-status", "txt"),
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
    ("image/svg+xml", "svg"),
    ("image/tiff", "tif"),
    ("application/pdf", "pdf"),
    ("application/zip", "zip"),
    ("application/msword", "doc"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/pkcs7-signature", "p7s"),
];

/// Makes any text a harmless file name: the last path component, on one line, without characters that file systems or
/// headers give a meaning to, at most 150 characters with its extension kept. May be empty.
#[must_use]
pub fn safe_file_name(name: &str) -> String {
    let line = one_line(name);
    let last = line.rsplit(['/', '\\']).find(|component| !component.trim().is_empty()).unwrap_or_default();
    let kept: String =
        last.chars().map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c }).collect();
    let kept = kept.trim().trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']);
    if kept.chars().count() <= MAX_NAME_CHARS {
        return kept.to_owned();
    }
    match kept.rsplit_once('.').filter(|(_, extension)| extension.len() <= 12) {
        Some((stem, extension)) => {
            let room = MAX_NAME_CHARS.saturating_sub(extension.chars().count() + 1);
            format!("{}.{extension}", stem.chars().take(room).collect::<String>().trim_end())
        }
        None => kept.chars().take(MAX_NAME_CHARS).collect(),
    }
}

/// A declared type in the form `type/subtype`, lower-case; `application/octet-stream` for what is none.
pub fn tidy_type(declared: &str) -> String {
    let lower = declared.trim().to_ascii_lowercase();
    let token = |part: &str| {
        !part.is_empty()
            && part.len() <= 100
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    match lower.split_once('/') {
        Some((main, sub)) if token(main) && token(sub) => lower,
        _ => "application/octet-stream".to_owned(),
    }
}

/// The name to show for a part: its own (RFC 2183, RFC 2231, or encoded words as custom has it), a nested mail's
/// subject, or one made up from its number and type.
pub fn of_part(part: &MessagePart<'_>, raw: &[u8], bytes: &[u8], content_type: &str, ordinal: usize) -> String {
    if let Some(declared) = part.attachment_name() {
        let declared = if declared.contains('\u{fffd}') {
            guessed(part, raw).unwrap_or_else(|| declared.to_owned())
        } else {
            declared.to_owned()
        };
        let name = safe_file_name(&decode_words(&declared));
        if !name.is_empty() {
            return name;
        }
    }
    if matches!(part.body, PartType::Message(_)) || content_type == "message/rfc822" {
        let subject = Headers::read(bytes).get("subject").map(decode_words).unwrap_or_default();
        let stem = safe_file_name(&subject.replace(['/', '\\'], "-"));
        return if stem.is_empty() { format!("message-{ordinal}.eml") } else { format!("{stem}.eml") };
    }
    let extension =
        EXTENSIONS.iter().find(|(known, _)| *known == content_type).map_or("bin", |(_, extension)| *extension);
    format!("attachment-{ordinal}.{extension}")
}

/// A name in raw eight-bit bytes, which no RFC allows and old mailers send.
fn guessed(part: &MessagePart<'_>, raw: &[u8]) -> Option<String> {
    let range = usize::try_from(part.raw_header_offset()).ok()?..usize::try_from(part.raw_body_offset()).ok()?;
    let block = charset::to_utf8(raw.get(range)?, None);
    let parser = mail_parser::MessageParser::new().with_mime_headers();
    let message = parser.parse_headers(block.as_bytes())?;
    message.parts.first()?.attachment_name().map(str::to_owned)
}
