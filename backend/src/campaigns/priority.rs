//! Priorities by sender or subject (S42). Pure.

use crate::kernel::fold::fold;
use shared::api::campaigns::{PriorityField, PriorityMatch, PriorityRule};

/// What the first rule that fits says; case and accents do not matter.
#[must_use]
pub fn of(rules: &[PriorityRule], sender: &str, subject: &str) -> Option<i32> {
    let (sender, subject) = (fold(sender.trim()), fold(subject.trim()));
    let fits = |rule: &&PriorityRule| {
        let text = match rule.field {
            PriorityField::Sender => &sender,
            PriorityField::Subject => &subject,
        };
        let pattern = fold(rule.pattern.trim());
        match rule.matching {
            PriorityMatch::Contains => text.contains(&pattern),
            PriorityMatch::Equals => *text == pattern,
        }
    };
    rules.iter().find(fits).and_then(|rule| i32::try_from(rule.priority).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(field: PriorityField, matching: PriorityMatch, pattern: &str, priority: u32) -> PriorityRule {
        PriorityRule { field, matching, pattern: pattern.into(), priority }
    }

    #[test]
    fn the_first_that_fits_counts() {
        let rules = [
            rule(PriorityField::Sender, PriorityMatch::Equals, "jefa@banco.es", 1),
            rule(PriorityField::Sender, PriorityMatch::Contains, "@BANCO.es", 2),
            rule(PriorityField::Subject, PriorityMatch::Contains, "reclamación", 3),
            rule(PriorityField::Subject, PriorityMatch::Equals, "hola", 9),
        ];
        for (sender, subject, expected) in [
            ("Jefa@Banco.es", "Reclamación", Some(1)),
            ("otra@banco.es", "hola", Some(2)),
            ("ana@cliente.es", "Re: RECLAMACION urgente", Some(3)),
            ("ana@cliente.es", " Hola ", Some(9)),
            ("ana@cliente.es", "Hola, ¿qué tal?", None),
            ("", "", None),
        ] {
            assert_eq!(of(&rules, sender, subject), expected, "{sender} {subject}");
        }
    }
}
