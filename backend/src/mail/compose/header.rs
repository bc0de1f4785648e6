//! Header values on the wire: folded, and in encoded words (RFC 2047) where they are not plain ASCII.
//!
//! lettre's own encoder leaves long words unbroken and text that looks like an encoded word as it is, so the values
//! are encoded here and handed to it finished.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::super::address::Address;

/// Bytes of text in one encoded word: 48 characters of base64 and the frame stay well below 76 a line.
const CHUNK: usize = 36;
/// Where lines are broken if they can be.
const SOFT_LIMIT: usize = 76;

/// An unstructured value (RFC 5322 §2.2.1). `value` is one line already. `name_length` is the length of the field's
/// name, which stands before it.
pub fn unstructured(value: &str, name_length: usize) -> String {
    let looks_encoded = value.split_once("=?").is_some_and(|(_, rest)| rest.contains("?="));
    if !value.is_ascii() || looks_encoded || value.split(' ').any(|word| word.len() > 900) {
        return encoded_words(value);
    }
    let mut folded = String::with_capacity(value.len() + value.len() / 50);
    let mut column = name_length + 2;
    for (number, word) in value.split(' ').enumerate() {
        if number > 0 {
            if column + 1 + word.len() > SOFT_LIMIT {
                folded.push_str("\r\n");
                column = 0;
            }
            folded.push(' ');
            column += 1;
        }
        folded.push_str(word);
        column += word.len();
    }
    folded
}

/// A list of mailboxes, one a line. The addresses are valid already.
pub fn mailboxes(addresses: &[Address]) -> String {
    let mailbox = |address: &Address| match &address.name {
        Some(name) => format!("{} <{}>", phrase(name), address.wire()),
        None => address.wire(),
    };
    addresses.iter().map(mailbox).collect::<Vec<_>>().join(",\r\n ")
}

/// A display name: as it is, quoted, or encoded.
fn phrase(name: &str) -> String {
    if !name.is_ascii() || name.contains("=?") || name.len() > 200 {
        return encoded_words(name);
    }
    if name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~ ".contains(&b)) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn encoded_words(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut chunk = String::new();
    for c in text.chars() {
        if chunk.len() + c.len_utf8() > CHUNK {
            words.push(word(&chunk));
            chunk.clear();
        }
        chunk.push(c);
    }
    if !chunk.is_empty() {
        words.push(word(&chunk));
    }
    words.join("\r\n ")
}

fn word(chunk: &str) -> String {
    format!("=?utf-8?B?{}?=", STANDARD.encode(chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values_are_only_folded() {
        assert_eq!(unstructured("short", 7), "short");
        let long = unstructured(&"word ".repeat(40), 7);
        assert!(long.split("\r\n").all(|line| line.len() <= SOFT_LIMIT));
        assert_eq!(long.replace("\r\n", ""), "word ".repeat(40));
        let url = format!("<https://example.com/{}>", "a".repeat(300));
        assert_eq!(unstructured(&url, 16), url);
    }

    #[test]
    fn names_are_quoted_or_encoded() {
        let address = |name: &str| Address { name: Some(name.to_owned()), email: "a@b.co".to_owned() };
        assert_eq!(mailboxes(&[address("Ana P")]), "Ana P <a@b.co>");
        assert_eq!(mailboxes(&[address("P, \"Ana\"")]), "\"P, \\\"Ana\\\"\" <a@b.co>");
        assert_eq!(mailboxes(&[address("ñ"), address("x")]), "=?utf-8?B?w7E=?= <a@b.co>,\r\n x <a@b.co>");
    }
}
