//! Subjects of answers and forwards.

use super::super::{address::one_line, threading::strip_prefixes};

/// `Re: …`, without stacking whatever prefixes (`RE:`, `RV:`, `AW:`, `Re[2]:` …) the subject had.
#[must_use]
pub fn reply_subject(subject: &str) -> String {
    prefixed("Re:", subject)
}

/// `Fwd: …`, likewise.
#[must_use]
pub fn forward_subject(subject: &str) -> String {
    prefixed("Fwd:", subject)
}

fn prefixed(prefix: &str, subject: &str) -> String {
    let subject = one_line(subject);
    format!("{prefix} {}", strip_prefixes(&subject)).trim_end().to_owned()
}
