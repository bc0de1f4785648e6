//! The header fields of a mail as facts: who, to whom, what about, when.

use mail_parser::{Addr, Address as Parsed, HeaderName, HeaderValue, Message, MessageParser};

use super::super::{
    address::{Address, MAX_RECIPIENTS, fold, one_line},
    headers::{Headers, decode_words},
};

/// 1980-01-01 and 2100-01-01, in seconds: dates outside say that a clock was wrong.
const SANE_SECONDS: std::ops::Range<i64> = 315_532_800..4_102_444_800;

/// A subject is cut after this many characters.
const MAX_SUBJECT_CHARS: usize = 1000;

/// The fields with a meaning of their own.
#[derive(Debug, Default)]
pub struct Fields {
    pub from: Option<Address>,
    pub sender: Option<Address>,
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub delivered_to: Vec<String>,
    pub return_path: Option<String>,
    pub subject: String,
    pub date_ms: Option<i64>,
}

/// At least one field that every mail has some of; text without it is no mail.
pub fn looks_like_mail(headers: &Headers) -> bool {
    const KNOWN: [&str; 11] = [
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "received",
        "return-path",
        "delivered-to",
        "content-type",
        "mime-version",
        "sender",
    ];
    KNOWN.iter().any(|name| headers.has(name))
}

/// Reads them. The fields are set out anew for the address and date parsers, so that neither odd bytes nor a
/// repeated field reaches those.
pub fn read(headers: &Headers) -> Fields {
    let mut block = String::new();
    let single = ["From", "Sender", "Date"];
    let lists = ["Reply-To", "To", "Cc"];
    for name in single {
        if let Some(value) = headers.get(name) {
            push_field(&mut block, name, value);
        }
    }
    for name in lists {
        for value in headers.all(name) {
            push_field(&mut block, name, value);
        }
    }
    block.push_str("\r\n");
    let parser = MessageParser::new().with_address_headers().with_date_headers();
    let message = parser.parse_headers(block.as_bytes());
    let list = |name: HeaderName<'static>| message.as_ref().map(|message| addresses(message, name)).unwrap_or_default();
    let date_ms = message.as_ref().and_then(|message| {
        let HeaderValue::DateTime(date) = message.header(HeaderName::Date)? else { return None };
        let seconds = date.is_valid().then(|| date.to_timestamp())?;
        SANE_SECONDS.contains(&seconds).then(|| seconds.saturating_mul(1000))
    });
    Fields {
        from: list(HeaderName::From).into_iter().next(),
        sender: list(HeaderName::Sender).into_iter().next(),
        reply_to: list(HeaderName::ReplyTo),
        to: list(HeaderName::To),
        cc: list(HeaderName::Cc),
        delivered_to: delivered_to(headers),
        return_path: headers.get("return-path").map(|value| fold(value.trim_matches(|c: char| "<> ".contains(c)))),
        subject: one_line(&decode_words(headers.get("subject").unwrap_or_default()))
            .chars()
            .take(MAX_SUBJECT_CHARS)
            .collect(),
        date_ms,
    }
}

fn push_field(block: &mut String, name: &str, value: &str) {
    block.push_str(name);
    block.push_str(": ");
    block.push_str(value);
    block.push_str("\r\n");
}

fn addresses(message: &Message<'_>, name: HeaderName<'static>) -> Vec<Address> {
    let mut found = Vec::new();
    for value in message.header_values(name) {
        let HeaderValue::Address(parsed) = value else { continue };
        match parsed {
            Parsed::List(list) => list.iter().for_each(|addr| push_address(&mut found, addr)),
            Parsed::Group(groups) => {
                groups.iter().flat_map(|group| &group.addresses).for_each(|addr| push_address(&mut found, addr));
            }
        }
    }
    found
}

fn push_address(found: &mut Vec<Address>, addr: &Addr<'_>) {
    if found.len() >= MAX_RECIPIENTS {
        return;
    }
    let address = match (&addr.name, &addr.address) {
        (name, Some(email)) => Address::lenient(name.as_deref(), email),
        (Some(name), None) => Address::lenient(None, name),
        (None, None) => None,
    };
    found.extend(address);
}

fn delivered_to(headers: &Headers) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "Apparently-To"] {
        for value in headers.all(name).take(20) {
            let address = fold(value);
            if address.contains('@') && !found.contains(&address) {
                found.push(address);
            }
        }
    }
    found
}
