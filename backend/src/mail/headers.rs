//! The header fields of a mail as they stand, unfolded and in UTF-8, for the rules that read them.
//!
//! Values are not decoded by RFC 2047 here; [`decode_words`] does that for a single value.

use mail_parser::{HeaderName, HeaderValue, MessageParser};

use super::charset;

/// A header block longer than this is not read to its end.
pub const MAX_HEADER_BYTES: usize = 1024 * 1024;

/// More fields than this are not kept.
const MAX_FIELDS: usize = 2000;

/// The fields of a header block in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    fields: Vec<(String, String)>,
}

impl Headers {
    /// Reads the header block at the beginning of a mail or of a MIME part. Bytes that are not UTF-8 are decoded by
    /// guessing their character set, as old mailers send them (RFC 5322 allows none).
    #[must_use]
    pub fn read(raw: &[u8]) -> Self {
        let block = header_block(raw);
        let text = charset::to_utf8(block, None);
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                continue;
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            let name = name.trim_end();
            if fields.len() >= MAX_FIELDS {
                break;
            }
            if !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic()) {
                fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Self { fields }
    }

    /// The first field of this name (any case).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All fields of this name (any case), in order.
    pub fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        self.fields.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether a field of this name is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether no field was found at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Names (lower-case) and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The bytes up to the first blank line, at most [`MAX_HEADER_BYTES`].
#[must_use]
pub fn header_block(raw: &[u8]) -> &[u8] {
    let raw = raw.get(..MAX_HEADER_BYTES).unwrap_or(raw);
    let (mut start, mut begun) = (0, false);
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        // Blank lines before the first field are forgiven, as every mailer does.
        if matches!(line, b"\n" | b"\r\n") && begun {
            return raw.get(..start).unwrap_or(raw);
        }
        begun |= !line.trim_ascii().is_empty();
        start += line.len();
    }
    raw
}

/// Decodes the encoded words (RFC 2047) of an unstructured value.
#[must_use]
pub fn decode_words(value: &str) -> String {
    if !value.contains("=?") {
        return value.to_owned();
    }
    let field = format!("Subject: {}\r\n\r\n", value.replace(['\r', '\n'], " "));
    let parser = MessageParser::new().header_text(HeaderName::Subject);
    let message = parser.parse_headers(field.as_bytes());
    match message.as_ref().and_then(|message| message.header(HeaderName::Subject)) {
        Some(HeaderValue::Text(text)) => text.to_string(),
        _ => value.to_owned(),
    }
}

/// The message ids of a Message-ID, In-Reply-To or References value: what stands in angle brackets, or, where a mailer
/// forgot those, words with an `@`. At most `limit`: the first and the last ones, as RFC 5322 §3.6.4 puts the root first
/// and the nearest last.
#[must_use]
pub fn message_ids(value: &str, limit: usize) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut rest = value;
    while let Some((_, tail)) = rest.split_once('<') {
        let Some((id, tail)) = tail.split_once('>') else { break };
        push_id(&mut ids, id);
        rest = tail;
    }
    if ids.is_empty() {
        for word in value.split([' ', '\t', ',']) {
            if word.contains('@') {
                push_id(&mut ids, word);
            }
        }
    }
    if ids.len() > limit && limit > 0 {
        let surplus = ids.len() - limit;
        ids.drain(1..=surplus);
    }
    ids
}

fn push_id(ids: &mut Vec<String>, id: &str) {
    let id: String = id.chars().filter(|c| !c.is_whitespace() && !super::address::is_forbidden(*c)).collect();
    let id = id.trim_matches(['<', '>']);
    if !id.is_empty() && id.len() <= 900 && ids.last().is_none_or(|last| last != id) {
        ids.push(id.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_unfolded() {
        let headers = Headers::read(b"Subject: one\r\n two\r\nTo : a@b.co\r\nX-A: 1\nx-a: 2\n\r\nBody: no\r\n");
        assert_eq!(headers.get("subject"), Some("one two"));
        assert_eq!(headers.get("To"), Some("a@b.co"));
        assert_eq!(headers.all("x-a").collect::<Vec<_>>(), ["1", "2"]);
        assert!(!headers.has("body"));
    }

    #[test]
    fn raw_latin_1_in_a_header_is_read() {
        let headers = Headers::read(b"Subject: Reclamaci\xf3n por facturaci\xf3n del a\xf1o\n\n");
        assert_eq!(headers.get("subject"), Some("Reclamación por facturación del año"));
    }

    #[test]
    fn ids_of_all_kinds() {
        assert_eq!(message_ids("<a@b> <c@d>\t<e@f>", 10), ["a@b", "c@d", "e@f"]);
        assert_eq!(message_ids("a@b c@d", 10), ["a@b", "c@d"]);
        assert_eq!(message_ids("Message from Ana of \"Mon, 1 Jan\" <x@y>", 10), ["x@y"]);
        assert_eq!(message_ids("<1@x><2@x><3@x><4@x><5@x>", 3), ["1@x", "4@x", "5@x"]);
        assert_eq!(message_ids("< spaced\t@x >", 3), ["spaced@x"]);
        assert!(message_ids("<unclosed", 3).is_empty());
        assert!(message_ids("", 3).is_empty());
    }

    #[test]
    fn encoded_words() {
        assert_eq!(decode_words("=?utf-8?Q?Se=C3=B1al?= =?iso-8859-1?B?8Q==?= fin"), "Señalñ fin");
        assert_eq!(decode_words("plain"), "plain");
    }
}
