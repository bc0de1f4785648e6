//! The data items of FETCH (RFC 3501 §6.4.5), as far as mail programs ask for them.

use super::store::Stored;

/// A part of an answer: text, or a literal that rules may tamper with.
#[derive(Debug)]
pub(super) enum Piece {
    Text(String),
    Literal(Vec<u8>),
}

/// What the items ask of a message; `items` is what stands after the set, in upper case.
pub(super) fn answer(sequence: usize, mail: &Stored, items: &str, by_uid: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = format!("* {sequence} FETCH (");
    let mut first = true;
    let mut begin = |text: &mut String| {
        if !std::mem::replace(&mut first, false) {
            text.push(' ');
        }
    };
    let words = split(items);
    if by_uid || words.iter().any(|word| word == "UID") {
        begin(&mut text);
        text.push_str(&format!("UID {}", mail.uid));
    }
    for word in &words {
        match word.as_str() {
            "FLAGS" => {
                begin(&mut text);
                let flags = mail.flags.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
                text.push_str(&format!("FLAGS ({flags})"));
            }
            "RFC822.SIZE" => {
                begin(&mut text);
                text.push_str(&format!("RFC822.SIZE {}", mail.raw.len()));
            }
            "INTERNALDATE" => {
                begin(&mut text);
                text.push_str("INTERNALDATE \"22-Nov-2026 10:00:00 +0000\"");
            }
            "RFC822" => {
                begin(&mut text);
                text.push_str("RFC822 ");
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Literal(mail.raw.to_vec()));
            }
            section if section.starts_with("BODY[") || section.starts_with("BODY.PEEK[") => {
                begin(&mut text);
                let (name, bytes) = body(section, &mail.raw);
                text.push_str(&format!("BODY{name} "));
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Literal(bytes));
            }
            _ => {}
        }
    }
    text.push_str(")\r\n");
    pieces.push(Piece::Text(text));
    pieces
}

/// Splits at blanks outside of square brackets; `BODY[HEADER.FIELDS (FROM)]<0.10>` is one item.
fn split(items: &str) -> Vec<String> {
    let inner = items.trim();
    let inner = inner.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(inner);
    let mut words = vec![String::new()];
    let mut depth = 0_u32;
    for letter in inner.chars() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 => {
                words.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    words
}

/// The name under which a section comes back, and its bytes.
fn body(item: &str, raw: &[u8]) -> (String, Vec<u8>) {
    let (section, rest) = item.split_once('[').and_then(|(_, rest)| rest.split_once(']')).unwrap_or_default();
    let end_of_headers = raw.windows(4).position(|window| window == b"\r\n\r\n").map_or(raw.len(), |at| at + 4);
    let (headers, text) = raw.split_at_checked(end_of_headers).unwrap_or((raw, &[]));
    let bytes = if let Some(fields) = section.strip_prefix("HEADER.FIELDS ") {
        chosen(headers, fields)
    } else {
        match section {
            "HEADER" => headers.to_vec(),
            "TEXT" => text.to_vec(),
            _ => raw.to_vec(),
        }
    };
    let partial = rest.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).and_then(|rest| {
        let (offset, length) = rest.split_once('.')?;
        Some((offset.parse::<usize>().ok()?, length.parse::<usize>().ok()?))
    });
    match partial {
        None => (format!("[{section}]"), bytes),
        Some((offset, length)) => {
            (format!("[{section}]<{offset}>"), bytes.into_iter().skip(offset).take(length).collect())
        }
    }
}

fn chosen(headers: &[u8], fields: &str) -> Vec<u8> {
    let wanted = fields.trim_matches(['(', ')']).split_whitespace().collect::<Vec<_>>();
    let text = String::from_utf8_lossy(headers);
    let mut kept = String::new();
    let mut keeps = false;
    for line in text.split_inclusive("\r\n") {
        if !line.starts_with([' ', '\t']) {
            keeps =
                line.split_once(':').is_some_and(|(name, _)| wanted.iter().any(|want| name.eq_ignore_ascii_case(want)));
        }
        if keeps {
            kept.push_str(line);
        }
    }
    kept.push_str("\r\n");
    kept.into_bytes()
}
