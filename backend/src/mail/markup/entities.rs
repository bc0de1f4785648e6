//! Character references of HTML, as far as words need them.

/// Names of U+00A0 to U+00FF, in order.
const LATIN_1: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo", "not", "shy",
    "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot", "cedil", "sup1", "ordm",
    "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig",
    "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve",
    "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN",
    "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc",
    "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml",
    "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];
const OTHERS: [(&str, char); 26] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("euro", '€'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("bull", '•'),
    ("hellip", '…'),
    ("trade", '™'),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("rarr", '→'),
    ("larr", '←'),
    ("check", '✓'),
    ("OElig", 'Œ'),
];

/// Appends text with its character references resolved; unknown ones stay as they are.
pub fn push_decoded(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after
            .bytes()
            .take(12)
            .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'#'))
            .unwrap_or(after.len().min(12));
        let name = after.get(..end).unwrap_or_default();
        match character(name) {
            Some(c) => {
                out.push(c);
                let tail = after.get(end..).unwrap_or_default();
                rest = tail.strip_prefix(';').unwrap_or(tail);
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        // The standard reads 0x80–0x9f as Windows-1252.
        let code = u8::try_from(code)
            .ok()
            .filter(|byte| (0x80..0xa0).contains(byte))
            .map_or(code, |byte| encoding_rs::WINDOWS_1252.decode(&[byte]).0.chars().next().map_or(code, u32::from));
        return char::from_u32(code).filter(|c| *c != '\0');
    }
    let latin = || {
        LATIN_1
            .iter()
            .position(|known| *known == name)
            .and_then(|place| char::from_u32(0xa0 + u32::try_from(place).ok()?))
    };
    OTHERS.iter().find(|(known, _)| *known == name).map(|(_, c)| *c).or_else(latin)
}

#[cfg(test)]
mod tests {
    use super::push_decoded;

    #[test]
    fn references_are_resolved() {
        let decoded = |text: &str| {
            let mut out = String::new();
            push_decoded(&mut out, text);
            out
        };
        assert_eq!(
            decoded("Espa&ntilde;a &amp; &Aacute;&yuml; &#241;&#xF1; &euro;&#128; &nbsp;"),
            "España & Áÿ ññ €€ \u{a0}"
        );
        assert_eq!(decoded("a & b &unknown; &#0; &#x110000; &"), "a & b &unknown; &#0; &#x110000; &");
        assert_eq!(decoded("&lt&amp;lt;"), "<&lt;");
        assert_eq!(decoded("&ñ"), "&ñ");
    }
}
