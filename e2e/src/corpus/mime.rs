//! Writing MIME as the mail programs of the field write it (RFC 2045–2047, 2231), good habits and bad.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How a text is put into bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Coding {
    /// UTF-8, quoted-printable.
    #[default]
    Utf8Quoted,
    /// UTF-8, Base64.
    Utf8Base64,
    /// UTF-8, 8 bit.
    Utf8Plain,
    /// ISO-8859-1, quoted-printable.
    Latin1Quoted,
    /// Windows-1252, 8 bit.
    Windows1252Plain,
    /// ISO-8859-1, 8 bit, and not a word about it: the charset is missing.
    UndeclaredLatin1,
}

/// A MIME part: its header lines with line ends, and its encoded body.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// A text part. Characters that the coding lacks become `?`, as with the programs that use such codings.
pub(crate) fn text(kind: &str, text: &str, coding: Coding) -> Part {
    let text = text.replace('\n', "\r\n");
    let (charset, transfer, body) = match coding {
        Coding::Utf8Quoted => ("; charset=UTF-8", "quoted-printable", quoted_printable(text.as_bytes())),
        Coding::Utf8Base64 => ("; charset=\"utf-8\"", "base64", base64_lines(text.as_bytes())),
        Coding::Utf8Plain => ("; charset=utf-8", "8bit", text.into_bytes()),
        Coding::Latin1Quoted => ("; charset=\"iso-8859-1\"", "quoted-printable", quoted_printable(&latin1(&text))),
        Coding::Windows1252Plain => ("; charset=windows-1252", "8bit", windows1252(&text)),
        Coding::UndeclaredLatin1 => ("", "8bit", latin1(&text)),
    };
    Part { head: format!("Content-Type: text/{kind}{charset}\r\nContent-Transfer-Encoding: {transfer}\r\n"), body }
}

/// How a file name that is not ASCII is written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum NameStyle {
    /// RFC 2231, in the disposition.
    #[default]
    Rfc2231,
    /// An encoded word within quotes, which RFC 2047 forbids and half of the world does.
    EncodedWord,
}

/// An attachment, or an inline part when it has a Content-ID.
pub(crate) fn file(name: &str, content_type: &str, bytes: &[u8], content_id: Option<&str>, style: NameStyle) -> Part {
    let (plain, disposition) = if name.is_ascii() {
        (format!("\"{name}\""), format!("filename=\"{name}\""))
    } else {
        match style {
            NameStyle::Rfc2231 => (encoded_word_in_quotes(name), format!("filename*=UTF-8''{}", percent(name))),
            NameStyle::EncodedWord => {
                (encoded_word_in_quotes(name), format!("filename={}", encoded_word_in_quotes(name)))
            }
        }
    };
    let kind = if content_id.is_some() { "inline" } else { "attachment" };
    let id = content_id.map_or_else(String::new, |id| format!("Content-ID: <{id}>\r\n"));
    let head = format!(
        "Content-Type: {content_type};\r\n name={plain}\r\nContent-Disposition: {kind};\r\n {disposition}\r\n{id}\
         Content-Transfer-Encoding: base64\r\n"
    );
    Part { head, body: base64_lines(bytes) }
}

/// Several parts in one.
pub(crate) fn multipart(kind: &str, boundary: &str, parts: &[Part]) -> Part {
    let mut body = Vec::with_capacity(parts.iter().map(|part| part.body.len() + 300).sum());
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n{}\r\n", part.head).as_bytes());
        body.extend_from_slice(&part.body);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Part { head: format!("Content-Type: multipart/{kind};\r\n boundary=\"{boundary}\"\r\n"), body }
}

/// A header value: ASCII as it is, else encoded words of at most 75 characters that split no character.
pub(crate) fn header(text: &str, latin1_quoted: bool) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let mut piece = String::new();
    for letter in text.chars() {
        piece.push(letter);
        if piece.len() >= 36 {
            words.push(std::mem::take(&mut piece));
        }
    }
    if !piece.is_empty() {
        words.push(piece);
    }
    let encode = |word: &String| {
        if latin1_quoted && word.chars().all(|letter| u32::from(letter) < 256) {
            format!("=?iso-8859-1?Q?{}?=", q(&latin1(word)))
        } else {
            format!("=?UTF-8?B?{}?=", STANDARD.encode(word))
        }
    };
    words.iter().map(encode).collect::<Vec<_>>().join("\r\n ")
}

/// A mailbox with its display name.
pub(crate) fn mailbox(name: &str, address: &str, latin1_quoted: bool) -> String {
    if name.is_ascii() {
        format!("\"{name}\" <{address}>")
    } else {
        format!("{} <{address}>", header(name, latin1_quoted))
    }
}

fn encoded_word_in_quotes(name: &str) -> String {
    format!("\"=?UTF-8?B?{}?=\"", STANDARD.encode(name))
}

fn percent(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn q(bytes: &[u8]) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        b' ' => "_".to_owned(),
        _ => format!("={byte:02X}"),
    };
    bytes.iter().copied().map(escape).collect()
}

/// Base64 in lines of 76.
pub(crate) fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let encoded = STANDARD.encode(bytes);
    let mut body = Vec::with_capacity(encoded.len() + encoded.len() / 38 + 2);
    for line in encoded.as_bytes().chunks(76) {
        body.extend_from_slice(line);
        body.extend_from_slice(b"\r\n");
    }
    body
}

/// Quoted-printable with soft line breaks; CRLF stays.
fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(bytes.len() + bytes.len() / 8);
    let mut column = 0;
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        if rest.starts_with(b"\r\n") {
            body.extend_from_slice(b"\r\n");
            column = 0;
            rest = rest.get(2..).unwrap_or_default();
            continue;
        }
        let at_line_end = after.is_empty() || after.starts_with(b"\r\n");
        let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~') || (matches!(byte, b' ' | b'\t') && !at_line_end);
        if column + if plain { 1 } else { 3 } > 75 {
            body.extend_from_slice(b"=\r\n");
            column = 0;
        }
        if plain {
            body.push(byte);
            column += 1;
        } else {
            body.extend_from_slice(format!("={byte:02X}").as_bytes());
            column += 3;
        }
        rest = after;
    }
    body
}

pub(crate) fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
}

fn windows1252(text: &str) -> Vec<u8> {
    let byte = |letter: char| match letter {
        '€' => 0x80,
        '…' => 0x85,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '–' => 0x96,
        '—' => 0x97,
        other => u8::try_from(u32::from(other)).unwrap_or(b'?'),
    };
    text.chars().map(byte).collect()
}
