//! What a valid address looks like.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Why a text is not a mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was given.
    #[error("the address is empty")]
    Empty,
    /// There is no `@`.
    #[error("the address has no @")]
    NoAt,
    /// The part before the `@` is missing, too long (64 octets) or holds characters that need quoting.
    #[error("the part before the @ is not valid")]
    LocalPart,
    /// The domain is missing, too long, or not a domain name.
    #[error("the domain is not valid")]
    Domain,
}

/// Checks an address by RFC 5321 §4.1.2 with RFC 6531: a dot-atom or quoted string, `@`, and a domain of at least two
/// labels (`localhost` apart) or an address literal. Comments and folding white space belong to headers, not to
/// addresses, and are refused.
///
/// # Errors
/// Says which part is wrong.
pub fn validate(email: &str) -> Result<(), AddressError> {
    if email.is_empty() {
        return Err(AddressError::Empty);
    }
    let (local, domain) = email.rsplit_once('@').ok_or(AddressError::NoAt)?;
    if !valid_local(local) {
        return Err(AddressError::LocalPart);
    }
    if !valid_domain(domain) {
        return Err(AddressError::Domain);
    }
    Ok(())
}

fn valid_local(local: &str) -> bool {
    if local.is_empty() || local.len() > 64 {
        return false;
    }
    if let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return valid_quoted(inner);
    }
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

fn valid_quoted(inner: &str) -> bool {
    let mut escaped = false;
    for c in inner.chars() {
        if super::is_forbidden(c) {
            return false;
        }
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return false,
            _ => {}
        }
    }
    !escaped
}

/// RFC 5322 `atext`, and any visible character beyond ASCII (RFC 6532).
fn is_atext(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
    } else {
        !c.is_whitespace() && !super::is_forbidden(c)
    }
}

fn valid_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match literal.strip_prefix("IPv6:") {
            Some(six) => six.parse::<Ipv6Addr>().is_ok(),
            None => literal.parse::<Ipv4Addr>().is_ok(),
        };
    }
    let Some(ascii) = domain_to_ascii(domain) else { return false };
    if ascii.len() > 253 {
        return false;
    }
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if !ascii.split('.').all(label_ok) {
        return false;
    }
    match ascii.rsplit_once('.') {
        Some((_, last)) => last.bytes().any(|b| b.is_ascii_alphabetic()),
        None => ascii == "localhost",
    }
}

/// A domain name in ASCII (UTS 46, non-transitional) and lower-case; none when it cannot be one. Address literals
/// and IP addresses pass as they are.
#[must_use]
pub fn domain_to_ascii(domain: &str) -> Option<String> {
    if domain.is_ascii() {
        let lower = domain.to_ascii_lowercase();
        let punycode = lower.split('.').any(|label| label.starts_with("xn--"));
        return if punycode { idna::domain_to_ascii(&lower).ok() } else { Some(lower) };
    }
    idna::domain_to_ascii(domain).ok().filter(|ascii| !ascii.is_empty())
}
