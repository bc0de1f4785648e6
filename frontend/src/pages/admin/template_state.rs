//! What the template form holds, as typed, and how that becomes a request.

use crate::api::templates::TemplateRow;
use crate::api::values::text;
use leptos::prelude::*;
use serde_json::Value;
use shared::{
    api::templates::{ImageDelivery, PreviewTemplate, TemplateFormat, TemplateInput, TemplateKind},
    ids::CampaignId,
    validate::{FieldIssue, Rule, Validate as _},
};

/// A template in a form. Cheap to copy.
#[derive(Clone, Copy)]
pub struct TemplateForm {
    /// What it is for, as its word.
    pub kind: RwSignal<String>,
    /// Name.
    pub name: RwSignal<String>,
    /// Offered in one campaign only.
    pub limited: RwSignal<bool>,
    /// That campaign's id.
    pub campaign: RwSignal<String>,
    /// By which agents find it.
    pub shortcut: RwSignal<String>,
    /// How pictures reach the recipient, as its word.
    pub images: RwSignal<String>,
    /// Subject.
    pub subject: RwSignal<String>,
    /// In what the source is written, as its word.
    pub format: RwSignal<String>,
    /// The source.
    pub source: RwSignal<String>,
    /// What a designed mail begins with.
    start: StoredValue<String>,
    /// The text part is written by hand.
    pub own_text: RwSignal<bool>,
    /// That text part.
    pub text: RwSignal<String>,
}

impl TemplateForm {
    /// A new one of a kind; `words` are what a designed mail says at first.
    pub fn new(kind: TemplateKind, words: &str) -> Self {
        let text = |text: &str| RwSignal::new(text.to_string());
        let form = Self {
            kind: text(kind.as_str()),
            name: text(""),
            limited: RwSignal::new(false),
            campaign: text(""),
            shortcut: text(""),
            images: text(ImageDelivery::Inline.as_str()),
            subject: text(""),
            format: text(""),
            source: text(""),
            start: StoredValue::new(mjml_start(words)),
            own_text: RwSignal::new(false),
            text: text(""),
        };
        form.begin();
        form
    }

    /// One that exists.
    pub fn of(template: &Value) -> Self {
        let row = TemplateRow::of(template);
        let content = template.get("content").unwrap_or(&Value::Null);
        let form = Self::new(row.kind, "");
        form.limited.set(row.campaign.is_some());
        form.own_text.set(content.get("own_text").and_then(Value::as_bool).unwrap_or_default());
        let texts = [
            (form.name, row.name),
            (form.campaign, row.campaign.map(|id| id.to_string()).unwrap_or_default()),
            (form.shortcut, row.shortcut),
            (form.images, text(template, "images")),
            (form.subject, text(content, "subject")),
            (form.format, text(content, "format")),
            (form.source, text(content, "source")),
            (form.text, text(content, "text")),
        ];
        for (field, text) in texts {
            field.set(text);
        }
        form
    }

    /// What it is for; reactive.
    pub fn kind(self) -> TemplateKind {
        self.kind.with(|word| word.parse().unwrap_or(TemplateKind::Signature))
    }

    /// In what it is written; reactive.
    pub fn format(self) -> TemplateFormat {
        self.format.with(|word| word.parse().unwrap_or(TemplateFormat::Html))
    }

    /// Nothing of one's own is written yet; reactive.
    pub fn is_untouched(self) -> bool {
        self.source.with(|source| source.trim().is_empty() || self.start.with_value(|start| source == start))
    }

    /// Follows a kind that was chosen: designed mails begin as MJML, parts of a mail are plain HTML.
    pub fn begin(self) {
        let whole = untrack(|| self.kind()).is_whole_mail();
        if !whole || untrack(|| self.is_untouched()) {
            self.start_with(if whole { TemplateFormat::Mjml } else { TemplateFormat::Html });
        }
    }

    /// Follows a format that was chosen, where nothing is written yet.
    pub fn start_with(self, format: TemplateFormat) {
        self.format.set(format.as_str().into());
        if untrack(|| self.is_untouched()) {
            let start = if format == TemplateFormat::Mjml { self.start.get_value() } else { String::new() };
            self.source.set(start);
        }
    }

    /// All that is typed, to see whether it was changed.
    pub fn typed(self) -> Vec<String> {
        let texts = [
            self.kind,
            self.name,
            self.campaign,
            self.shortcut,
            self.images,
            self.subject,
            self.format,
            self.source,
            self.text,
        ];
        let switches = [self.limited, self.own_text];
        texts
            .into_iter()
            .map(|text| text.get_untracked())
            .chain(switches.into_iter().map(|on| on.get_untracked().to_string()))
            .collect()
    }

    fn campaign_id(self) -> Option<CampaignId> {
        self.limited.get_untracked().then(|| self.campaign.with_untracked(|id| id.parse().ok())).flatten()
    }

    fn own(self) -> Option<String> {
        self.own_text.get_untracked().then(|| self.text.get_untracked())
    }

    fn subject_of(self, kind: TemplateKind) -> String {
        if kind.has_subject() { self.subject.get_untracked().trim().into() } else { String::new() }
    }

    /// The request, and every field that breaks its rule.
    pub fn read(self) -> (TemplateInput, Vec<FieldIssue>) {
        let kind = untrack(|| self.kind());
        let shortcut = self.shortcut.with_untracked(|shortcut| shortcut.trim().to_string());
        let input = TemplateInput {
            kind,
            name: self.name.get_untracked(),
            campaign_id: self.campaign_id(),
            shortcut: Some(shortcut)
                .filter(|shortcut| kind == TemplateKind::Reply && !shortcut.is_empty())
                // People type the word and forget the slash.
                .map(|shortcut| if shortcut.starts_with('/') { shortcut } else { format!("/{shortcut}") }),
            images: self.images.with_untracked(|word| word.parse().unwrap_or(ImageDelivery::Inline)),
            subject: self.subject_of(kind),
            format: untrack(|| self.format()),
            source: self.source.get_untracked(),
            text: self.own(),
        };
        let mut issues = input.check().err().unwrap_or_default();
        if self.limited.get_untracked() && input.campaign_id.is_none() {
            issues.push(FieldIssue {
                pointer: "/campaign_id".into(),
                rule: Rule::Required,
                min: None,
                max: None,
                message: String::new(),
            });
        }
        (input, issues)
    }

    /// The request for a look at it.
    pub fn preview(self) -> PreviewTemplate {
        let kind = untrack(|| self.kind());
        PreviewTemplate {
            kind,
            campaign_id: self.campaign_id(),
            subject: self.subject_of(kind),
            format: untrack(|| self.format()),
            source: self.source.get_untracked(),
            text: self.own(),
        }
    }
}

/// What a designed mail begins with: a column with a text.
fn mjml_start(words: &str) -> String {
    format!(
        "<mjml>\n  <mj-body>\n    <mj-section>\n      <mj-column>\n        <mj-text>{words}</mj-text>\n      \
         </mj-column>\n    </mj-section>\n  </mj-body>\n</mjml>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(form: TemplateForm) -> Vec<String> {
        form.read().1.into_iter().map(|issue| issue.pointer).collect()
    }

    #[test]
    fn a_kind_decides_what_is_asked_for() {
        let _owner = Owner::new();
        let form = TemplateForm::new(TemplateKind::Confirmation, "Hola");
        form.name.set("Acuse".into());
        assert_eq!(pointers(form), ["/subject"]);
        form.subject.set(" Recibido ".into());
        let (input, issues) = form.read();
        assert_eq!((input.subject.as_str(), issues.len(), input.format), ("Recibido", 0, TemplateFormat::Mjml));
        form.kind.set(TemplateKind::Signature.to_string());
        form.begin();
        assert_eq!(pointers(form), ["/source"], "a signature has no subject, and begins empty");
        form.source.set("<p>Ana</p>".into());
        assert_eq!(form.read().0.subject, "");
        form.limited.set(true);
        assert_eq!(pointers(form), ["/campaign_id"]);
    }

    #[test]
    fn a_shortcut_gets_its_slash() {
        let _owner = Owner::new();
        let form = TemplateForm::new(TemplateKind::Reply, "");
        form.shortcut.set(" gracias".into());
        assert_eq!(form.read().0.shortcut.as_deref(), Some("/gracias"));
        form.kind.set(TemplateKind::MassMail.to_string());
        assert_eq!(form.read().0.shortcut, None);
    }

    #[test]
    fn what_is_written_outlives_another_format() {
        let _owner = Owner::new();
        let form = TemplateForm::new(TemplateKind::MassMail, "Hola");
        assert!(form.is_untouched());
        form.start_with(TemplateFormat::Html);
        assert_eq!(form.source.get_untracked(), "");
        form.source.set("<p>Hola</p>".into());
        form.start_with(TemplateFormat::Mjml);
        assert_eq!(form.source.get_untracked(), "<p>Hola</p>");
    }
}
