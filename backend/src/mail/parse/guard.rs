//! Bounds on what a mail may cost to parse, estimated in one pass before the parser sees it.
//!
//! The parser is linear for honest mail. Crafted ones can make it search for boundaries that never come, or build
//! millions of tiny parts or parameters; those are refused here.

/// MIME parts in one mail.
const MAX_PARTS: usize = 5_000;
/// Bytes that may be searched in vain for missing boundaries.
const MAX_VAIN_SEARCH: usize = 1_000_000_000;
/// Comparisons of this estimate itself.
const MAX_COMPARISONS: usize = 30_000_000;
/// Header block of a part.
const MAX_PART_HEADER: usize = 256 * 1024;

struct Boundary<'r> {
    value: &'r [u8],
    declared: Vec<usize>,
    last_seen: usize,
}

/// Whether parsing `raw` is affordable.
pub fn affordable(raw: &[u8]) -> bool {
    if super::super::headers::header_block(raw).len() >= super::super::headers::MAX_HEADER_BYTES {
        return false;
    }
    let Some(mut boundaries) = declarations(raw) else { return false };
    let Some(parts) = occurrences(raw, &mut boundaries) else { return false };
    let vain: usize = boundaries
        .iter()
        .flat_map(|boundary| boundary.declared.iter().filter(|at| **at > boundary.last_seen))
        .map(|at| raw.len().saturating_sub(*at))
        .fold(0, usize::saturating_add);
    parts <= MAX_PARTS && vain <= MAX_VAIN_SEARCH
}

/// Every `boundary=` in the mail with its value. None when they are too many, or hidden by an encoding (RFC 2231) or
/// comment that no mailer uses, in a mail large enough for that to matter.
fn declarations(raw: &[u8]) -> Option<Vec<Boundary<'_>>> {
    let mut found: Vec<Boundary<'_>> = Vec::new();
    let mut at = 0;
    let mut total = 0_usize;
    while let Some(step) = find_ignoring_case(raw.get(at..).unwrap_or_default(), b"boundary") {
        at += step + b"boundary".len();
        let rest = raw.get(at..).unwrap_or_default().trim_ascii_start();
        let Some(rest) = rest.strip_prefix(b"=") else {
            if rest.starts_with(b"*") && raw.len() > 64 * 1024 {
                return None;
            }
            continue;
        };
        let rest = rest.trim_ascii_start();
        let value = match rest.strip_prefix(b"\"") {
            Some(quoted) => quoted.split(|byte| matches!(byte, b'"' | b'\n')).next(),
            None => rest.split(|byte| byte.is_ascii_whitespace() || matches!(byte, b';' | b'(')).next(),
        };
        let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
        total += 1;
        if total > MAX_PARTS {
            return None;
        }
        match found.iter_mut().find(|boundary| boundary.value == value) {
            Some(boundary) => boundary.declared.push(at),
            None => found.push(Boundary { value, declared: vec![at], last_seen: 0 }),
        }
        if found.len() > 1000 {
            return None;
        }
    }
    Some(found)
}

/// Counts delimiters and notes where each boundary is seen last. None when a part's header is too long or the count
/// itself too expensive.
fn occurrences(raw: &[u8], boundaries: &mut [Boundary<'_>]) -> Option<usize> {
    let (mut parts, mut comparisons) = (0_usize, 0_usize);
    let mut from = 0;
    while let Some(step) = memchr::memmem::find(raw.get(from..).unwrap_or_default(), b"--") {
        let position = from + step;
        // Runs of dashes hold several.
        from = position + 1;
        let rest = raw.get(position + 2..).unwrap_or_default();
        for boundary in boundaries.iter_mut() {
            comparisons += 1;
            if comparisons > MAX_COMPARISONS {
                return None;
            }
            if rest.starts_with(boundary.value) {
                boundary.last_seen = position;
                parts += 1;
                let head = rest.get(boundary.value.len()..).unwrap_or_default();
                if parts > MAX_PARTS || part_header_too_long(head) {
                    return None;
                }
            }
        }
    }
    Some(parts)
}

/// The header of a part ends at its first blank line; a nested mail's header follows at once and counts too.
fn part_header_too_long(head: &[u8]) -> bool {
    let Some(window) = head.get(..MAX_PART_HEADER) else { return false };
    let blank = |bytes: &[u8]| bytes.windows(3).any(|w| w == b"\n\r\n" || matches!(w, [b'\n', b'\n', _]));
    if window.starts_with(b"\n") || window.starts_with(b"\r\n\r\n") || window.starts_with(b"--") {
        return false;
    }
    !blank(window)
}

fn find_ignoring_case(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), haystack)
        .find(|at| haystack.get(*at..at + needle.len()).is_some_and(|window| window.eq_ignore_ascii_case(needle)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn multipart(boundary: &str) -> String {
        format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n")
    }

    #[test]
    fn ordinary_mail_is_affordable() {
        let mail = format!("{}--b\r\n\r\ntext\r\n--b--\r\n", multipart("b"));
        assert!(affordable(mail.as_bytes()));
        assert!(affordable(b"Subject: x\r\n\r\n-- \r\nboundary conditions ---- --"));
    }

    #[test]
    fn swarms_of_parts_are_refused() {
        let mail = format!("{}{}", multipart("b"), "--b\n\n".repeat(MAX_PARTS + 1));
        assert!(!affordable(mail.as_bytes()));
    }

    #[test]
    fn boundaries_that_never_come_are_refused_in_large_mails() {
        let vain = format!("--b\r\n{}", multipart("missing"));
        let mail = format!("{}{}{}", multipart("b"), vain.repeat(2000), "x".repeat(1_000_000));
        assert!(!affordable(mail.as_bytes()));
        let small = format!("{}{}", multipart("b"), vain.repeat(20));
        assert!(affordable(small.as_bytes()));
    }

    #[test]
    fn endless_headers_are_refused() {
        assert!(!affordable("To: a,".repeat(300_000).as_bytes()));
        let part = format!("{}--b\r\nContent-Type: a/b; {}", multipart("b"), "x=y;".repeat(100_000));
        assert!(!affordable(part.as_bytes()));
    }
}
