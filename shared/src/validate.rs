//! Field rules, judged by the page before it sends and by the server when it receives.
//!
//! A rule that is broken is data ([`FieldIssue`]): a JSON pointer, a rule word and its bounds, so that the page can
//! say it in the reader's language. The English `message` is for integrators.

use serde::{Deserialize, Serialize};

text_enum! {
    /// What a field breaks.
    pub enum Rule {
        /// The field is missing or empty.
        Required = "required",
        /// Fewer than `min` characters or items.
        TooShort = "too_short",
        /// More than `max` characters or items.
        TooLong = "too_long",
        /// A number outside `min`–`max`.
        OutOfRange = "out_of_range",
        /// Holds a character that is not allowed here.
        ForbiddenCharacter = "forbidden_character",
        /// Blanks at the beginning or the end.
        OuterBlanks = "outer_blanks",
        /// Not an e-mail address.
        NotAnAddress = "not_an_address",
        /// Not a host name or IP address.
        NotAHost = "not_a_host",
        /// Another one has this value.
        NotUnique = "not_unique",
        /// Not a time of day, `HH:MM`.
        NotATime = "not_a_time",
        /// Not a day, `YYYY-MM-DD`.
        NotADate = "not_a_date",
        /// Not a calendar file.
        NotACalendar = "not_a_calendar",
        /// Not one of the values allowed.
        UnknownValue = "unknown_value",
        /// The field is not known here.
        UnknownField = "unknown_field",
        /// The value has another type.
        WrongType = "wrong_type",
        /// Does not go together with another field.
        Inconsistent = "inconsistent",
        /// The password is too easy to guess.
        WeakPassword = "weak_password",
        /// Cannot be rendered.
        NotRenderable = "not_renderable",
        /// The mail server refused it.
        Refused = "refused",
        /// The mail server cannot be reached.
        Unreachable = "unreachable",
    }
}

/// One broken rule of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldIssue {
    /// RFC 6901 pointer into the request body, such as `/smtp/port`.
    pub pointer: String,
    /// The rule.
    pub rule: Rule,
    /// Lower bound, where the rule has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// Upper bound, where the rule has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// English sentence.
    pub message: String,
}

/// Collects the broken rules of a form. Pointers are given without the leading slash.
#[derive(Debug, Default)]
pub struct Issues {
    list: Vec<FieldIssue>,
}

impl Issues {
    /// Notes that `pointer` breaks `rule`.
    pub fn add(&mut self, pointer: &str, rule: Rule, message: impl Into<String>) {
        self.push(pointer, rule, None, None, message.into());
    }

    fn push(&mut self, pointer: &str, rule: Rule, min: Option<i64>, max: Option<i64>, message: String) {
        self.list.push(FieldIssue { pointer: format!("/{pointer}"), rule, min, max, message });
    }

    /// What was found, or nothing.
    ///
    /// # Errors
    /// The broken rules, in the order in which they were found.
    pub fn into_result(self) -> Result<(), Vec<FieldIssue>> {
        if self.list.is_empty() { Ok(()) } else { Err(self.list) }
    }

    /// Whether something was found already for this field.
    #[must_use]
    pub fn has(&self, pointer: &str) -> bool {
        self.list.iter().any(|issue| issue.pointer.strip_prefix('/') == Some(pointer))
    }

    /// Length in characters within `min..=max`; a missing value where `min > 0` reads as required.
    pub fn length(&mut self, pointer: &str, value: &str, min: usize, max: usize) {
        let count = value.chars().count();
        let bound = |n: usize| i64::try_from(n).ok();
        if count == 0 && min > 0 {
            self.push(pointer, Rule::Required, bound(min), None, "is required".into());
        } else if count < min {
            self.push(pointer, Rule::TooShort, bound(min), None, format!("needs at least {min} characters"));
        } else if count > max {
            self.push(pointer, Rule::TooLong, None, bound(max), format!("may have at most {max} characters"));
        }
    }

    /// At most `max` items.
    pub fn items(&mut self, pointer: &str, count: usize, max: usize) {
        if count > max {
            let bound = i64::try_from(max).ok();
            self.push(pointer, Rule::TooLong, None, bound, format!("may have at most {max} items"));
        }
    }

    /// A number within `min..=max`.
    pub fn range(&mut self, pointer: &str, value: i64, min: i64, max: i64) {
        if value < min || value > max {
            self.push(pointer, Rule::OutOfRange, Some(min), Some(max), format!("must lie between {min} and {max}"));
        }
    }

    /// A single line: no control characters.
    pub fn single_line(&mut self, pointer: &str, value: &str, min: usize, max: usize) {
        self.length(pointer, value, min, max);
        if value.chars().any(char::is_control) {
            self.add(pointer, Rule::ForbiddenCharacter, "may not hold line breaks or control characters");
        }
    }

    /// Text of several lines, `min`–`max` characters, without other control characters than line breaks and tabs.
    pub fn lines(&mut self, pointer: &str, value: &str, min: usize, max: usize) {
        self.length(pointer, value, min, max);
        if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.add(pointer, Rule::ForbiddenCharacter, "may not hold control characters");
        }
    }

    /// A name as S4 has it: 1–`max` characters, no `;`, quotes or line breaks, no blanks at the ends.
    pub fn name(&mut self, pointer: &str, value: &str, max: usize) {
        self.length(pointer, value, 1, max);
        if value.chars().any(|c| c.is_control() || matches!(c, ';' | '"' | '\'' | '\u{2028}' | '\u{2029}')) {
            self.add(pointer, Rule::ForbiddenCharacter, "may not hold semicolons, quotes or line breaks");
        }
        if value.trim() != value {
            self.add(pointer, Rule::OuterBlanks, "may not begin or end with a blank");
        }
    }

    /// An e-mail address that can be written to: RFC 5321 local part and domain, at most 254 octets. The server
    /// judges it once more with its full parser.
    pub fn address(&mut self, pointer: &str, value: &str) {
        if value.is_empty() {
            self.length(pointer, value, 1, 254);
        } else if !looks_like_address(value) {
            self.add(pointer, Rule::NotAnAddress, "is not an e-mail address");
        }
    }

    /// A host name or IP literal, at most 253 characters.
    pub fn host(&mut self, pointer: &str, value: &str) {
        if value.is_empty() {
            self.length(pointer, value, 1, 253);
        } else if !looks_like_host(value) {
            self.add(pointer, Rule::NotAHost, "is not a host name or IP address");
        }
    }
}

/// A form that can judge itself.
pub trait Validate {
    /// Notes every broken rule.
    fn validate(&self, issues: &mut Issues);

    /// All broken rules at once.
    ///
    /// # Errors
    /// The broken rules.
    fn check(&self) -> Result<(), Vec<FieldIssue>> {
        let mut issues = Issues::default();
        self.validate(&mut issues);
        issues.into_result()
    }
}

/// Whether `value` has the shape of an address: one unquoted local part of at most 64 octets and a domain.
#[must_use]
pub fn looks_like_address(value: &str) -> bool {
    let Some((local, domain)) = value.rsplit_once('@') else { return false };
    let local_ok = (1..=64).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| {
            c.is_alphanumeric() || (!c.is_ascii() && !c.is_whitespace()) || "!#$%&'*+-/=?^_`{|}~.".contains(c)
        });
    let domain_ok = !domain.is_empty()
        && domain.len() <= 253
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
    local_ok && domain_ok && value.len() <= 254
}

/// Whether `value` has the shape of a host name or an IP literal.
#[must_use]
pub fn looks_like_host(value: &str) -> bool {
    let bare = value.strip_prefix('[').and_then(|v| v.strip_suffix(']')).unwrap_or(value);
    bare.parse::<std::net::IpAddr>().is_ok()
        || (value.len() <= 253
            && value.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
            }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["a@b.es", "ana.perez+x@example.com", "ñandú@correo.es", "o'neil@x.org", "root@localhost"] {
            assert!(looks_like_address(good), "{good}");
        }
        for bad in ["", "a", "@b", "a@", "a b@c.d", "a@b..c", ".a@b.c", "a@-b.c", "a@b.c\r\nBcc: x@y.z", "a@b@c.d,e"] {
            assert!(!looks_like_address(bad), "{bad}");
        }
    }

    #[test]
    fn names() {
        let broken = |value: &str| {
            let mut issues = Issues::default();
            issues.name("name", value, 80);
            issues.into_result().err().map(|list| list.into_iter().map(|issue| issue.rule).collect::<Vec<_>>())
        };
        assert_eq!(broken("Soporte técnico"), None);
        assert_eq!(broken(""), Some(vec![Rule::Required]));
        assert_eq!(broken(" a"), Some(vec![Rule::OuterBlanks]));
        assert_eq!(broken("a;b"), Some(vec![Rule::ForbiddenCharacter]));
        assert_eq!(broken("a\nb"), Some(vec![Rule::ForbiddenCharacter]));
        assert_eq!(broken(&"x".repeat(81)), Some(vec![Rule::TooLong]));
    }
}
