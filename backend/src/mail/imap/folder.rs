//! Folder names: Unicode here, modified UTF-7 on the wire (RFC 3501 §5.1.3).

use base64::{
    Engine as _,
    alphabet::Alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

fn base64() -> Option<GeneralPurpose> {
    let alphabet = Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").ok()?;
    let config = GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    Some(GeneralPurpose::new(&alphabet, config))
}

/// A name for the wire. None when it holds control characters, quotes or backslashes, which no honest folder name
/// does and which the crate would not escape everywhere.
pub fn encode(name: &str) -> Option<String> {
    if name.is_empty() || name.len() > 1000 || name.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')) {
        return None;
    }
    let engine = base64()?;
    let mut encoded = String::new();
    let mut foreign = String::new();
    let flush = |foreign: &mut String, encoded: &mut String| {
        if !foreign.is_empty() {
            let units: Vec<u8> = foreign.encode_utf16().flat_map(u16::to_be_bytes).collect();
            encoded.push('&');
            encoded.push_str(&engine.encode(units));
            encoded.push('-');
            foreign.clear();
        }
    };
    for c in name.chars() {
        if c == ' ' || c.is_ascii_graphic() {
            flush(&mut foreign, &mut encoded);
            encoded.push(c);
            if c == '&' {
                encoded.push('-');
            }
        } else {
            foreign.push(c);
        }
    }
    flush(&mut foreign, &mut encoded);
    Some(encoded)
}

/// A name from the wire; what is not well-formed stays as it is.
pub fn decode(name: &str) -> String {
    let decoded = || {
        let engine = base64()?;
        let mut decoded = String::new();
        let mut rest = name;
        while let Some((before, after)) = rest.split_once('&') {
            decoded.push_str(before);
            let (encoded, tail) = after.split_once('-')?;
            if encoded.is_empty() {
                decoded.push('&');
            } else {
                let bytes = engine.decode(encoded).ok()?;
                let units: Vec<u16> = bytes
                    .chunks(2)
                    .map(|pair| <[u8; 2]>::try_from(pair).map(u16::from_be_bytes))
                    .collect::<Result<_, _>>()
                    .ok()?;
                decoded.push_str(&String::from_utf16(&units).ok()?);
            }
            rest = tail;
        }
        decoded.push_str(rest);
        Some(decoded)
    };
    decoded().unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_travel_both_ways() {
        for (name, wire) in [
            ("INBOX", "INBOX"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("A & B", "A &- B"),
            ("📶", "&2D3c9g-"),
        ] {
            assert_eq!(encode(name).as_deref(), Some(wire));
            assert_eq!(decode(wire), name);
        }
        for bad in ["", "a\r\nb", "a\"b", "a\\b"] {
            assert_eq!(encode(bad), None);
        }
        assert_eq!(decode("&broken"), "&broken");
    }
}
