//! Mail addresses: parsing what people type, validity (RFC 5321, RFC 5322, RFC 6531) and the form for comparing.

use serde::{Deserialize, Serialize};

mod list;
mod syntax;

pub use list::{MAX_RECIPIENTS, RecipientList, parse_list};
pub use syntax::{AddressError, domain_to_ascii, validate};

/// A mailbox: an address and, where known, whose it is.
///
/// Values made by the functions of this module hold no control characters; values that come from elsewhere (a
/// database row, JSON) pass [`Address::cleaned`] before they go near a header.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// Display name, without quotes or encoding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address itself, `local@domain`; the domain in the writing its owner uses, lower-case.
    pub email: String,
}

impl Address {
    /// Checks and tidies an address.
    ///
    /// # Errors
    /// When the address is not valid, see [`validate`].
    pub fn new(name: Option<&str>, email: &str) -> Result<Self, AddressError> {
        let email = strip_controls(email.trim());
        validate(&email)?;
        Ok(Self { name: clean_name(name), email: lower_domain(&email) })
    }

    /// An address as a header of a received mail gave it: tidied, but valid or not, since it is a fact about that
    /// mail. None without any `@`.
    #[must_use]
    pub fn lenient(name: Option<&str>, email: &str) -> Option<Self> {
        let email: String = strip_controls(email).chars().filter(|c| !matches!(c, '<' | '>')).collect();
        let email = email.trim();
        if !email.contains('@') || email.len() > 1000 {
            return None;
        }
        Some(Self { name: clean_name(name), email: lower_domain(email) })
    }

    /// The same without control characters, which no header may carry.
    #[must_use]
    pub fn cleaned(&self) -> Self {
        Self { name: clean_name(self.name.as_deref()), email: strip_controls(self.email.trim()) }
    }

    /// The part behind the last `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.email.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address with its domain in ASCII (RFC 5890), as SMTP takes it.
    #[must_use]
    pub fn wire(&self) -> String {
        match self.email.rsplit_once('@') {
            Some((local, domain)) => match domain_to_ascii(domain) {
                Some(ascii) => format!("{local}@{ascii}"),
                None => self.email.clone(),
            },
            None => self.email.clone(),
        }
    }

    /// Whether only a server with SMTPUTF8 (RFC 6531) can take this address: the local part is not ASCII.
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        !self.wire().is_ascii()
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.email),
            None => f.write_str(&self.email),
        }
    }
}

/// The form in which addresses are compared: trimmed, lower-case, domain in ASCII.
///
/// Local parts are compared without case although RFC 5321 leaves that to the host, since no host in use tells
/// `Ana@` from `ana@`.
#[must_use]
pub fn fold(email: &str) -> String {
    let email = strip_controls(email);
    let email = email.trim().trim_matches(['<', '>']);
    match email.rsplit_once('@') {
        Some((local, domain)) => {
            let domain = domain_to_ascii(domain).unwrap_or_else(|| domain.to_lowercase());
            format!("{}@{domain}", local.to_lowercase())
        }
        None => email.to_lowercase(),
    }
}

/// Removes control characters, line separators and the marks that turn the direction of writing, which serve to
/// forge headers and to make a name read as another.
#[must_use]
pub fn strip_controls(text: &str) -> String {
    text.chars().filter(|c| !is_forbidden(*c)).collect()
}

/// Characters that no one-line field may hold.
#[must_use]
pub fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Turns any text into one line for a header or a name: line breaks and tabs become blanks, other control
/// characters vanish, blanks are merged and trimmed.
#[must_use]
pub fn one_line(text: &str) -> String {
    let blanked: String =
        text.chars().map(|c| if matches!(c, '\r' | '\n' | '\t' | '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
    let mut line = String::with_capacity(blanked.len());
    for word in strip_controls(&blanked).split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

fn clean_name(name: Option<&str>) -> Option<String> {
    let name = one_line(name?);
    let name: String = name.chars().take(500).collect();
    let name = name.trim();
    if name.is_empty() { None } else { Some(name.to_owned()) }
}

fn lower_domain(email: &str) -> String {
    match email.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
        None => email.to_owned(),
    }
}

#[cfg(test)]
mod tests;
