//! Subjects without what mailers put before them.

use unicode_normalization::UnicodeNormalization as _;

/// Prefixes of answers and forwards, in the languages of common mailers, without colon and lower-case.
const PREFIXES: [&str; 34] = [
    "re",
    "fw",
    "fwd",
    "rv",
    "aw",
    "wg",
    "sv",
    "vs",
    "vb",
    "antw",
    "ref",
    "tr",
    "r",
    "i",
    "rif",
    "res",
    "enc",
    "odp",
    "pd",
    "ynt",
    "ilt",
    "atb",
    "fs",
    "doorst",
    "reenv",
    "reenviado",
    "respuesta",
    "resp",
    "回复",
    "答复",
    "转发",
    "回覆",
    "轉寄",
    "返信",
];

/// The subject without prefixes such as `Re:`, `RV:`, `AW:`, `Fwd:`, `Re[2]:`, however many there are.
#[must_use]
pub fn strip_prefixes(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some(shorter) = without_prefix(rest) {
        rest = shorter;
    }
    rest
}

fn without_prefix(subject: &str) -> Option<&str> {
    let at = subject.find([':', '：'])?;
    let (prefix, rest) = subject.split_at_checked(at)?;
    if prefix.len() > 24 {
        return None;
    }
    let rest = rest.trim_start_matches([':', '：']).trim_start();
    let word = prefix.trim().to_lowercase();
    // “Re[2]:” and “Re (2):” count as “Re:”.
    let word = word
        .split(['[', '('])
        .next()
        .unwrap_or_default()
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '^')
        .trim();
    PREFIXES.contains(&word).then_some(rest)
}

/// The form in which subjects are compared: without prefixes, accents, case and superfluous blanks.
#[must_use]
pub fn normalise_subject(subject: &str) -> String {
    let folded: String = super::super::address::one_line(strip_prefixes(subject))
        .nfkd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .collect::<String>()
        .to_lowercase();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}
