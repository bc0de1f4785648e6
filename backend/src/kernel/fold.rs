//! Comparison without regard to case and accents (S4, S102).

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The comparison form of `text`: blanks trimmed and collapsed, compatibility-decomposed (NFKD), marks dropped,
/// lower case.
#[must_use]
pub fn fold(text: &str) -> String {
    let plain: String = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn case_and_accents_do_not_matter() {
        assert_eq!(fold("  Información  GENERAL "), fold("informacion general"));
        assert_eq!(fold("ÑANDÚ"), "nandu");
        assert_ne!(fold("ventas"), fold("venta"));
    }
}
