//! The errors of a form: beside their fields, and gone as soon as the field is touched.

use crate::{
    api::ApiError,
    i18n::{I18n, issue_text},
};
use leptos::prelude::*;
use shared::validate::{FieldIssue, Rule, Validate};

/// The broken rules of a form. Cheap to copy.
#[derive(Clone, Copy)]
pub struct FormErrors {
    issues: RwSignal<Vec<FieldIssue>>,
    i18n: I18n,
}

impl FormErrors {
    /// None yet.
    pub fn new(i18n: I18n) -> Self {
        Self { issues: RwSignal::new(Vec::new()), i18n }
    }

    /// What is wrong with the field at `pointer` (without the leading slash); follows the language.
    pub fn of(self, pointer: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            let locale = self.i18n.get_locale();
            self.issues
                .with(|list| list.iter().find(|issue| points_to(issue, pointer)).map(|issue| issue_text(locale, issue)))
        })
    }

    /// What is wrong with any field below `pointer`; reactive.
    pub fn below(self, pointer: &str) -> Option<String> {
        let locale = self.i18n.get_locale();
        let under = |issue: &&FieldIssue| {
            let path = issue.pointer.strip_prefix('/').unwrap_or(&issue.pointer);
            path.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/'))
        };
        self.issues.with(|list| list.iter().find(under).map(|issue| issue_text(locale, issue)))
    }

    /// Whether the field at `pointer` is wrong; reactive.
    pub fn has(self, pointer: &str) -> bool {
        self.issues.with(|list| list.iter().any(|issue| points_to(issue, pointer)))
    }

    /// Whether anything is wrong.
    pub fn any(self) -> bool {
        self.issues.with_untracked(|list| !list.is_empty())
    }

    /// Judges the form by the rules that the server will apply. Whether it is sound.
    pub fn judge(self, form: &impl Validate) -> bool {
        let issues = form.check().err().unwrap_or_default();
        let sound = issues.is_empty();
        self.issues.set(issues);
        sound
    }

    /// Takes over what the server found. Whether it named fields.
    pub fn adopt(self, error: &ApiError) -> bool {
        self.issues.set(error.issues().to_vec());
        !error.issues().is_empty()
    }

    /// The field at `pointer` is being mended.
    pub fn touch(self, pointer: &str) {
        if self.issues.with_untracked(|list| list.iter().any(|issue| points_to(issue, pointer))) {
            self.issues.update(|list| list.retain(|issue| !points_to(issue, pointer)));
        }
    }

    /// Forgets all.
    pub fn clear(self) {
        self.issues.set(Vec::new());
    }

    /// Adds what only the page knows.
    pub fn add(self, issue: FieldIssue) {
        self.issues.update(|list| list.push(issue));
    }

    /// The field at `pointer` breaks a rule that the page knows.
    pub fn wrong(self, pointer: &str, rule: Rule) {
        self.add(FieldIssue { pointer: format!("/{pointer}"), rule, min: None, max: None, message: String::new() });
    }
}

/// An issue of a list's item, such as `/to/3/email`, belongs to the field `to`.
fn points_to(issue: &FieldIssue, pointer: &str) -> bool {
    match issue.pointer.strip_prefix('/').unwrap_or(&issue.pointer).strip_prefix(pointer) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('/').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::validate::Rule;

    #[test]
    fn items_belong_to_their_field_and_neighbours_do_not() {
        let at = |pointer: &str| FieldIssue {
            pointer: pointer.into(),
            rule: Rule::Required,
            min: None,
            max: None,
            message: String::new(),
        };
        assert!(points_to(&at("/name"), "name"));
        assert!(points_to(&at("/to/3/email"), "to"));
        assert!(!points_to(&at("/account/smtp/host"), "account"));
        assert!(!points_to(&at("/name_long"), "name"));
    }
}
