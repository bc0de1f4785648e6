//! Bytes to text where the sender's word on the character set is missing or wrong.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

/// Looked at to guess; more tells nothing new.
const SAMPLE: usize = 64 * 1024;

/// Decodes bytes: by the label if it names a character set and fits, else as UTF-8 if they are, else by guessing from
/// the bytes themselves. Never fails; bytes that fit nothing become U+FFFD.
#[must_use]
pub fn to_utf8<'b>(bytes: &'b [u8], label: Option<&str>) -> Cow<'b, str> {
    let labelled = label.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    if let Some(encoding) = labelled.filter(|encoding| *encoding != encoding_rs::UTF_8)
        && let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes)
    {
        return text;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !looks_like_iso_2022(bytes) => Cow::Borrowed(text),
        _ => guess(bytes).decode(bytes).0,
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes.get(..SAMPLE).unwrap_or(bytes), true);
    detector.guess(None, Utf8Detection::Allow)
}

/// ISO-2022-JP is pure ASCII with escape sequences, so it passes for UTF-8.
fn looks_like_iso_2022(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"\x1b$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unlabelled_bytes_are_guessed() {
        assert_eq!(to_utf8("café".as_bytes(), None), "café");
        assert_eq!(
            to_utf8(b"La informaci\xf3n de la se\xf1ora Mu\xf1oz lleg\xf3 ma\xf1ana", None),
            "La información de la señora Muñoz llegó mañana"
        );
        assert_eq!(to_utf8(b"\x1b$B$3$s$K$A$O\x1b(B", None), "こんにちは");
    }

    #[test]
    fn a_label_that_fits_wins_and_one_that_does_not_is_ignored() {
        assert_eq!(to_utf8(b"\xe4\xf6", Some("iso-8859-1")), "äö");
        assert_eq!(to_utf8(b"\xcf\xf0\xe8\xe2\xe5\xf2", Some("windows-1251")), "Привет");
        assert_eq!(to_utf8("ñandú".as_bytes(), Some("no-such-charset")), "ñandú");
    }
}
