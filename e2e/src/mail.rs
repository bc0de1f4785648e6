//! A mail as a test sees it in a mailbox: the source and the facts that tests ask for.

use std::path::PathBuf;

use mail_parser::{Message, MessageParser, MimeHeaders};

/// A mail found in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The source with CRLF line ends, as IMAP gives it.
    pub raw: Vec<u8>,
    /// The file that holds it.
    pub path: PathBuf,
    /// Maildir flags, letters of `DFPRST` in order; empty for a mail nobody has seen.
    pub flags: String,
}

/// An attachment or inline part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailPart {
    /// Its file name, decoded; empty when it has none.
    pub name: String,
    /// Its type, such as `application/pdf`.
    pub content_type: String,
    /// Its Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// Its decoded bytes.
    pub bytes: Vec<u8>,
}

impl Mail {
    /// The parsed mail, for whatever the methods here do not tell. `None` when there is nothing that resembles a mail.
    pub fn parsed(&self) -> Option<Message<'_>> {
        MessageParser::default().parse(&self.raw)
    }

    /// Whether it carries the flag *seen*.
    pub fn is_seen(&self) -> bool {
        self.flags.contains('S')
    }

    /// The value of the first header of this name as it stands, unfolded, not decoded.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers().into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All headers in order, unfolded, not decoded.
    pub fn headers(&self) -> Vec<(String, String)> {
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in self.raw.split(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                break;
            }
            let line = String::from_utf8_lossy(line);
            if let (true, Some((_, value))) = (line.starts_with([' ', '\t']), headers.last_mut()) {
                value.push_str(&line);
            } else if let Some((name, value)) = line.split_once(':') {
                headers.push((name.to_owned(), value.trim_start().to_owned()));
            }
        }
        headers
    }

    /// The decoded subject.
    pub fn subject(&self) -> String {
        self.parsed().and_then(|mail| mail.subject().map(str::to_owned)).unwrap_or_default()
    }

    /// The address in From.
    pub fn from(&self) -> String {
        self.parsed().and_then(|mail| Some(mail.from()?.first()?.address()?.to_owned())).unwrap_or_default()
    }

    /// The display name in From, decoded.
    pub fn from_name(&self) -> String {
        self.parsed().and_then(|mail| Some(mail.from()?.first()?.name()?.to_owned())).unwrap_or_default()
    }

    /// The addresses in To.
    pub fn to(&self) -> Vec<String> {
        self.parsed()
            .and_then(|mail| Some(mail.to()?.iter().filter_map(|to| to.address().map(str::to_owned)).collect()))
            .unwrap_or_default()
    }

    /// The envelope's sender; empty for bounces.
    pub fn return_path(&self) -> Option<String> {
        self.header("Return-Path").map(|path| path.trim().trim_matches(['<', '>']).to_owned())
    }

    /// The envelope's recipient, with its extension.
    pub fn delivered_to(&self) -> Option<String> {
        self.header("X-Original-To").or_else(|| self.header("Delivered-To"))
    }

    /// The Message-ID without angle brackets.
    pub fn message_id(&self) -> Option<String> {
        self.header("Message-ID").map(|id| id.trim().trim_matches(['<', '>']).to_owned())
    }

    /// The ids in In-Reply-To and References, without angle brackets, in order.
    pub fn references(&self) -> Vec<String> {
        ["References", "In-Reply-To"]
            .iter()
            .filter_map(|name| self.header(name))
            .flat_map(|value| {
                value.split_whitespace().map(|id| id.trim_matches(['<', '>']).to_owned()).collect::<Vec<_>>()
            })
            .collect()
    }

    /// The plain text, made from HTML where there is no other.
    pub fn text(&self) -> String {
        self.parsed().and_then(|mail| mail.body_text(0).map(|text| text.into_owned())).unwrap_or_default()
    }

    /// The HTML body, where the mail itself has one.
    pub fn html(&self) -> Option<String> {
        let mail = self.parsed()?;
        let part = mail.html_part(0)?;
        part.is_text_html().then(|| part.text_contents().map(str::to_owned))?
    }

    /// Attachments and inline parts.
    pub fn parts(&self) -> Vec<MailPart> {
        let Some(mail) = self.parsed() else { return Vec::new() };
        mail.attachments()
            .map(|part| MailPart {
                name: part.attachment_name().unwrap_or_default().to_owned(),
                content_type: part.content_type().map_or_else(String::new, |kind| match kind.subtype() {
                    Some(subtype) => format!("{}/{subtype}", kind.ctype()),
                    None => kind.ctype().to_owned(),
                }),
                content_id: part.content_id().map(str::to_owned),
                bytes: part.contents().to_vec(),
            })
            .collect()
    }

    /// Whether it is a delivery report (RFC 3464).
    pub fn is_delivery_report(&self) -> bool {
        self.header("Content-Type").is_some_and(|kind| {
            let kind = kind.to_ascii_lowercase();
            kind.contains("multipart/report") && kind.contains("delivery-status")
        })
    }

    /// The value of a field of the delivery report, such as `Status` or `Action`; of the first recipient if several.
    pub fn report_field(&self, name: &str) -> Option<String> {
        let source = String::from_utf8_lossy(&self.raw);
        let (_, report) = source.split_once("Content-Type: message/delivery-status")?;
        let wanted = format!("{}:", name.to_ascii_lowercase());
        report.lines().find_map(|line| {
            let (head, value) = line.split_at_checked(wanted.len())?;
            (head.to_ascii_lowercase() == wanted).then(|| value.trim().to_owned())
        })
    }
}
