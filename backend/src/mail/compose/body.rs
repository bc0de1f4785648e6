//! The MIME tree: mixed { alternative { text, related { html, pictures }, calendar }, files }.

use lettre::message::{
    Body, MultiPart, SinglePart,
    header::{ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
};
use sha2::{Digest as _, Sha256};

use super::{super::parse::safe_file_name, ComposeError, Outgoing, Part};
use crate::mail::text::html_to_plain;

/// The body, of one part or several.
pub enum Content {
    Single(SinglePart),
    Multi(MultiPart),
}

impl Content {
    fn join(self, parent: MultiPart) -> MultiPart {
        match self {
            Self::Single(part) => parent.singlepart(part),
            Self::Multi(part) => parent.multipart(part),
        }
    }
}

/// Builds the tree with no level more than needed. Boundaries follow from the Message-ID, so that the same mail is
/// the same bytes each time.
pub fn content(mail: &Outgoing) -> Result<Content, ComposeError> {
    let boundary = |level: &str| {
        let digest = Sha256::digest(format!("{level} {}", mail.message_id).as_bytes());
        let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        // An equals sign before an underscore occurs in neither base64 nor quoted-printable.
        format!("=_{level}_{hex}")
    };
    let text = match (&mail.text, &mail.html) {
        (Some(text), _) => clean_text(text),
        (None, Some(html)) => html_to_plain(html),
        (None, None) => String::new(),
    };
    let mut content = Content::Single(text_part(text, "text/plain; charset=utf-8")?);
    if let Some(html) = &mail.html {
        let html = Content::Single(text_part(clean_text(html), "text/html; charset=utf-8")?);
        let html = if mail.inline.is_empty() {
            html
        } else {
            let mut related = html.join(MultiPart::related().boundary(boundary("r")).build());
            for part in &mail.inline {
                related = related.singlepart(file_part(part, true)?);
            }
            Content::Multi(related)
        };
        let alternative = content.join(MultiPart::alternative().boundary(boundary("a")).build());
        content = Content::Multi(html.join(alternative));
    }
    if let Some(calendar) = &mail.calendar {
        let method: String = calendar.method.chars().filter(char::is_ascii_alphabetic).collect();
        let part = text_part(clean_text(&calendar.ics), &format!("text/calendar; charset=utf-8; method={method}"))?;
        content = match content {
            Content::Multi(alternative) => Content::Multi(alternative.singlepart(part)),
            single @ Content::Single(_) => {
                Content::Multi(single.join(MultiPart::alternative().boundary(boundary("a")).build()).singlepart(part))
            }
        };
    }
    let mut files: Vec<SinglePart> = Vec::new();
    for part in mail.attachments.iter().chain(mail.inline.iter().filter(|_| mail.html.is_none())) {
        files.push(file_part(part, false)?);
    }
    if let Some(calendar) = &mail.calendar {
        let part = Part {
            name: "invite.ics".into(),
            content_type: "application/ics".into(),
            cid: String::new(),
            bytes: calendar.ics.clone().into_bytes(),
        };
        files.push(file_part(&part, false)?);
    }
    if files.is_empty() {
        return Ok(content);
    }
    let mixed = content.join(MultiPart::mixed().boundary(boundary("m")).build());
    Ok(Content::Multi(files.into_iter().fold(mixed, MultiPart::singlepart)))
}

/// Line ends as `\n`, no control characters but tab, so that nothing reads differently on the other side.
fn clean_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn text_part(text: String, content_type: &str) -> Result<SinglePart, ComposeError> {
    let content_type =
        ContentType::parse(content_type).map_err(|error| ComposeError::Unbuildable(error.to_string()))?;
    Ok(SinglePart::builder().header(content_type).body(text))
}

fn file_part(part: &Part, inline: bool) -> Result<SinglePart, ComposeError> {
    let name =
        Some(safe_file_name(&part.name)).filter(|name| !name.is_empty()).unwrap_or_else(|| "attachment".to_owned());
    let declared = part.content_type.trim().to_ascii_lowercase();
    // A nested mail may not be encoded (RFC 2046 §5.2.1), so one that is not plain 7-bit travels as a file.
    let nested = declared == "message/rfc822" && seven_bit(&part.bytes);
    let declared = if declared.starts_with("message/") && !nested || declared.starts_with("multipart/") {
        "application/octet-stream".to_owned()
    } else {
        declared
    };
    let content_type = ContentType::parse(&declared)
        .or_else(|_| ContentType::parse("application/octet-stream"))
        .map_err(|error| ComposeError::Unbuildable(error.to_string()))?;
    let mut builder = SinglePart::builder().header(content_type);
    let cid: String = part.cid.chars().filter(|c| c.is_ascii_graphic() && !"<>()\\\",;:".contains(*c)).collect();
    builder = if inline {
        let header = HeaderValue::new(HeaderName::new_from_ascii_str("Content-ID"), format!("<{cid}>"));
        builder.header(RawHeader(header)).header(ContentDisposition::inline_with_name(&name))
    } else {
        builder.header(ContentDisposition::attachment(&name))
    };
    let encoding = if nested { ContentTransferEncoding::SevenBit } else { ContentTransferEncoding::Base64 };
    let body = Body::new_with_encoding(part.bytes.clone(), encoding)
        .map_err(|_| ComposeError::Unbuildable("an attachment could not be encoded".into()))?;
    Ok(builder.body(body))
}

/// Whether bytes can stand in a mail as they are: ASCII, CRLF line ends, short lines.
fn seven_bit(bytes: &[u8]) -> bool {
    bytes.is_ascii() && bytes.ends_with(b"\r\n") && super::check_wire(bytes).is_ok()
}

/// Content-ID as given: lettre's own type would be encoded like text.
#[derive(Clone)]
struct RawHeader(HeaderValue);

impl lettre::message::header::Header for RawHeader {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-ID")
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(HeaderValue::new(Self::name(), value.to_owned())))
    }

    fn display(&self) -> HeaderValue {
        self.0.clone()
    }
}
