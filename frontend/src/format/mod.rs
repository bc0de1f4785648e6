//! How numbers, sizes and times read. The arithmetic is plain; the words come from the browser's `Intl`.

pub mod ago;
pub mod intl;
pub mod size;

use shared::case::{lower, upper};

/// Lower case without accents, so that a filter finds `Pérez` by `perez`.
pub fn fold(text: &str) -> String {
    lower(&decompose(text)).chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect()
}

/// Letters and their accents apart (Unicode NFD). The browser has the tables; only native tests bring their own.
#[cfg(target_arch = "wasm32")]
fn decompose(text: &str) -> String {
    js_sys::JsString::from(text).normalize("NFD").into()
}

#[cfg(not(target_arch = "wasm32"))]
fn decompose(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    text.nfd().collect()
}

/// Whether every word of `needle` is somewhere in `hay`; case and accents do not matter.
pub fn matches(hay: &str, needle: &str) -> bool {
    let hay = fold(hay);
    fold(needle).split_whitespace().all(|word| hay.contains(word))
}

/// `H:MM:SS` or `MM:SS`, for timers.
pub fn clock(total_seconds: i64) -> String {
    let total = total_seconds.max(0);
    let (hours, minutes, seconds) = (total / 3_600, total / 60 % 60, total % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes:02}:{seconds:02}") }
}

/// Whole seconds from `now` to `until`, both in milliseconds, for a countdown.
pub fn seconds_left(until: i64, now: i64) -> i64 {
    until.saturating_sub(now).max(0).saturating_add(500).div_euclid(1_000)
}

/// One or two letters that stand for a name, or for an address.
pub fn initials(name: &str) -> String {
    let letters = |word: &str| word.chars().find(|c| c.is_alphanumeric());
    let mut words = name.split(|c: char| c.is_whitespace() || matches!(c, '.' | '_' | '@' | '-')).filter_map(letters);
    let first = words.next();
    let second = if name.contains('@') { None } else { words.next() };
    upper(&[first, second].into_iter().flatten().collect::<String>())
}

/// Browser and system that a `User-Agent` names, as far as it is one of the usual.
pub fn browser(user_agent: &str) -> Option<(&'static str, &'static str)> {
    let find = |table: &[(&'static str, &'static str)]| {
        table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    // Each browser claims to be its elders: the youngest mark comes first.
    let browser = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ])?;
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iPadOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ])?;
    Some((browser, system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_ignore_case_and_accents() {
        assert!(matches("Ana Pérez <ana@example.com>", "perez ANA"));
        assert!(!matches("Ana Pérez", "perez juan"));
        assert!(matches("whatever", ""));
    }

    #[test]
    fn browsers_are_told_apart() {
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(browser(edge), Some(("Edge", "Windows")));
        let phone = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36";
        assert_eq!(browser(phone), Some(("Chrome", "Android")));
        assert_eq!(browser("curl/8.0"), None);
    }

    #[test]
    fn timers() {
        assert_eq!(clock(250), "04:10");
        assert_eq!(clock(3_661), "1:01:01");
        assert_eq!(clock(-5), "00:00");
    }

    #[test]
    fn countdowns_begin_at_the_whole_and_end_at_zero() {
        assert_eq!(seconds_left(10_000, 30), 10);
        assert_eq!(seconds_left(10_000, 9_600), 0);
        assert_eq!(seconds_left(10_000, 20_000), 0);
    }

    #[test]
    fn initials_of_names_and_addresses() {
        assert_eq!(initials("Ana Pérez Gómez"), "AP");
        assert_eq!(initials("ñandú"), "Ñ");
        assert_eq!(initials("ana.perez@example.com"), "A");
        assert_eq!(initials(""), "");
    }
}
