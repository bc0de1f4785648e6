//! Templates: signatures, confirmations, canned answers, mass mail (S35–S38, S109).

use crate::{
    ids::{CampaignId, MessageId, TemplateId, UserId},
    time::Timestamp,
    validate::{Issues, Rule, Validate},
};
use serde::{Deserialize, Serialize};

text_enum! {
    /// What a template is for (S36).
    pub enum TemplateKind {
        /// Stands under what agents write.
        Signature = "signature",
        /// Answers a customer's first mail by itself.
        Confirmation = "confirmation",
        /// A canned answer, found by its shortcut.
        Reply = "reply",
        /// Mass mail.
        MassMail = "mass_mail",
    }
}

impl TemplateKind {
    /// Whether it has a subject of its own.
    #[must_use]
    pub const fn has_subject(self) -> bool {
        !matches!(self, Self::Signature)
    }

    /// Whether it becomes a whole mail, which keeps its style sheet; the others become part of what an agent writes.
    #[must_use]
    pub const fn is_whole_mail(self) -> bool {
        matches!(self, Self::Confirmation | Self::MassMail)
    }
}

text_enum! {
    /// In what a template is written.
    pub enum TemplateFormat {
        /// HTML.
        Html = "html",
        /// MJML, rendered by the server.
        Mjml = "mjml",
    }
}

text_enum! {
    /// How a template's own pictures reach the recipient.
    pub enum ImageDelivery {
        /// They go along within the mail.
        Inline = "inline",
        /// The mail links to them.
        Link = "link",
    }
}

/// Most octets of a template's source.
pub const MAX_SOURCE: usize = 512 * 1024;
/// Longest name.
pub const MAX_NAME: usize = 120;
/// Longest subject, in characters.
pub const MAX_SUBJECT: usize = 500;

/// Creates or replaces a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TemplateInput {
    /// What it is for; stays as it was created.
    pub kind: TemplateKind,
    /// Unique without regard to case and accents, rule as S4.
    pub name: String,
    /// Offered in this campaign only; absent: in all (S37).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// By which agents find a canned answer: `/` and 1–40 letters, digits, `-` or `_`. Kind `reply` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortcut: Option<String>,
    /// How its own pictures reach the recipient.
    #[serde(default = "inline")]
    pub images: ImageDelivery,
    /// Subject, with variables; required but for signatures, which have none, and canned answers, which need none.
    #[serde(default)]
    pub subject: String,
    /// In what the source is written.
    pub format: TemplateFormat,
    /// The source, with variables `${name}`.
    pub source: String,
    /// Text part, with variables; absent: made from the HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

fn inline() -> ImageDelivery {
    ImageDelivery::Inline
}

impl Validate for TemplateInput {
    fn validate(&self, issues: &mut Issues) {
        issues.name("name", &self.name, MAX_NAME);
        if let Some(shortcut) = &self.shortcut {
            if self.kind != TemplateKind::Reply {
                issues.add("shortcut", Rule::Inconsistent, "goes only with canned answers");
            } else {
                judge_shortcut(issues, shortcut);
            }
        }
        content(issues, self.kind, &self.subject, &self.source, self.text.as_deref());
    }
}

fn judge_shortcut(issues: &mut Issues, shortcut: &str) {
    issues.length("shortcut", shortcut, 2, 41);
    let word = shortcut.strip_prefix('/').unwrap_or_default();
    if !word.is_empty() && !word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')) || word.is_empty() {
        issues.add("shortcut", Rule::ForbiddenCharacter, "is a slash and letters, digits, - or _");
    }
}

fn content(issues: &mut Issues, kind: TemplateKind, subject: &str, source: &str, text: Option<&str>) {
    let least = usize::from(kind.is_whole_mail());
    if kind.has_subject() {
        issues.single_line("subject", subject, least, MAX_SUBJECT);
    } else if !subject.is_empty() {
        issues.add("subject", Rule::Inconsistent, "a signature has no subject");
    }
    issues.length("source", source, 1, MAX_SOURCE);
    if source.len() > MAX_SOURCE && !issues.has("source") {
        issues.add("source", Rule::TooLong, "is too large");
    }
    if let Some(text) = text {
        issues.lines("text", text, 0, 100_000);
    }
}

/// Something about a template that is worth a look, and does not keep it from being saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateWarning {
    /// What.
    pub code: TemplateWarningCode,
    /// Of what: the name of a variable, an address, a count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

text_enum! {
    /// What is worth a look.
    pub enum TemplateWarningCode {
        /// No variable of this kind has the name in `detail`.
        UnknownVariable = "unknown_variable",
        /// So many octets in `detail`: some programs show only the first 102 kB.
        TooLarge = "too_large",
        /// So many pictures in `detail` have no text alternative.
        MissingAlt = "missing_alt",
        /// The picture in `detail` lies on another server; most programs show it only after a question.
        RemoteImage = "remote_image",
        /// The picture in `detail` is not there any more.
        MissingImage = "missing_image",
        /// Too large or too intricate; only its words are sent.
        OnlyWords = "only_words",
        /// Style sheets are not kept in what becomes part of an agent's mail; styles in attributes are.
        StyleSheetDropped = "style_sheet_dropped",
        /// Nothing is in it.
        Empty = "empty",
    }
}

/// Where a template is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateUse {
    /// As what.
    pub role: TemplateRole,
    /// By what, in words.
    pub name: String,
    /// The campaign, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
}

text_enum! {
    /// As what a template is used.
    pub enum TemplateRole {
        /// Signature of a campaign.
        Signature = "signature",
        /// Confirmation of a campaign.
        Confirmation = "confirmation",
        /// Content of mass mail.
        MassMail = "mass_mail",
    }
}

/// A row of the list of templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateSummary {
    /// Template.
    pub id: TemplateId,
    /// What it is for.
    pub kind: TemplateKind,
    /// Name.
    pub name: String,
    /// Offered in this campaign only.
    pub campaign_id: Option<CampaignId>,
    /// Name of that campaign.
    pub campaign_name: Option<String>,
    /// By which agents find it.
    pub shortcut: Option<String>,
    /// Subject of the newest version.
    pub subject: String,
    /// In what the newest version is written.
    pub format: TemplateFormat,
    /// Number of the newest version.
    pub number: i32,
    /// Last saved at.
    pub updated_at: Timestamp,
    /// For `If-Match`.
    pub version: i64,
}

/// A template with its newest version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateView {
    /// Template.
    pub id: TemplateId,
    /// What it is for.
    pub kind: TemplateKind,
    /// Name.
    pub name: String,
    /// Offered in this campaign only.
    pub campaign_id: Option<CampaignId>,
    /// Name of that campaign.
    pub campaign_name: Option<String>,
    /// By which agents find it.
    pub shortcut: Option<String>,
    /// How its own pictures reach the recipient.
    pub images: ImageDelivery,
    /// What it says.
    pub content: TemplateVersionView,
    /// Where it is used.
    pub used_by: Vec<TemplateUse>,
    /// Created at.
    pub created_at: Timestamp,
    /// Last saved at.
    pub updated_at: Timestamp,
    /// For `If-Match`.
    pub version: i64,
}

/// A version in the history of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateVersionSummary {
    /// 1, 2, 3 …
    pub number: i32,
    /// Subject.
    pub subject: String,
    /// In what it is written.
    pub format: TemplateFormat,
    /// Who saved it.
    pub author_id: UserId,
    /// His name.
    pub author_name: String,
    /// Saved at.
    pub created_at: Timestamp,
}

/// What a template says, at one of its versions. Never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateVersionView {
    /// 1, 2, 3 …
    pub number: i32,
    /// Subject, with its variables.
    pub subject: String,
    /// In what it is written.
    pub format: TemplateFormat,
    /// The source, as it was saved.
    pub source: String,
    /// The body as HTML, rendered and clean, with its variables; pictures of ours by `/api/v1/template-images/…`.
    pub html: String,
    /// The text part, with its variables.
    pub text: String,
    /// The text part was written, not made from the HTML.
    pub own_text: bool,
    /// What is worth a look.
    pub warnings: Vec<TemplateWarning>,
    /// Signed URL of a page that shows it with sample data, for a sandboxed frame; good for an hour.
    pub frame_url: String,
    /// Who saved it.
    pub author_id: UserId,
    /// His name.
    pub author_name: String,
    /// Saved at.
    pub created_at: Timestamp,
}

/// Filter of the list of templates.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct TemplateQuery {
    /// Only of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<TemplateKind>,
    /// Only those offered in this campaign: its own and those of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// Words in name or shortcut; case and accents do not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Rows a page, 1–200 (default 50).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Makes a copy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DuplicateTemplate {
    /// Name of the copy.
    pub name: String,
}

impl Validate for DuplicateTemplate {
    fn validate(&self, issues: &mut Issues) {
        issues.name("name", &self.name, MAX_NAME);
    }
}

/// Asks how a template would look; nothing is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PreviewTemplate {
    /// What it is for.
    pub kind: TemplateKind,
    /// Campaign whose name and address fill the variables; absent: samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// Subject.
    #[serde(default)]
    pub subject: String,
    /// In what the source is written.
    pub format: TemplateFormat,
    /// The source.
    pub source: String,
    /// Text part; absent: made from the HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Validate for PreviewTemplate {
    fn validate(&self, issues: &mut Issues) {
        issues.single_line("subject", &self.subject, 0, MAX_SUBJECT);
        issues.length("source", &self.source, 0, MAX_SOURCE);
        if let Some(text) = &self.text {
            issues.lines("text", text, 0, 100_000);
        }
    }
}

/// How a template looks with sample data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplatePreview {
    /// Subject.
    pub subject: String,
    /// Body as clean HTML.
    pub html: String,
    /// Text part.
    pub text: String,
    /// Signed URL of a page with it, for a sandboxed frame; good for an hour.
    pub frame_url: String,
    /// Octets of the mail's HTML.
    pub size: u32,
    /// What is worth a look.
    pub warnings: Vec<TemplateWarning>,
}

/// A variable that templates may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateVariable {
    /// Written `${name}`.
    pub name: String,
    /// What it is, as a key for the page's words.
    pub description: String,
    /// A sample, as previews show it.
    pub sample: String,
}

/// Which variables.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct VariableQuery {
    /// Those of this kind.
    pub kind: TemplateKind,
}

/// The variables of a kind of template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateVariables {
    /// Those that Posta fills.
    pub items: Vec<TemplateVariable>,
    /// Other names are allowed too: the rows of a list fill them.
    pub others_from_rows: bool,
}

/// Sends a template with sample data.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SendTemplateTest {
    /// Campaign whose account sends; absent: the template's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// To this address; absent: to the caller's login, where that is an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// This version; absent: the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i32>,
}

impl Validate for SendTemplateTest {
    fn validate(&self, issues: &mut Issues) {
        if let Some(to) = &self.to {
            issues.address("to", to);
        }
    }
}

/// A test that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateTestSent {
    /// The mail; `delivery_changed` events tell how it goes.
    pub message_id: MessageId,
    /// To whom.
    pub to: String,
}

/// A picture for templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateImage {
    /// What the source names as the picture's address.
    pub url: String,
    /// File name.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Octets.
    pub size: i64,
}

/// A signature as it stands under what the caller writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignatureView {
    /// The template; absent: the campaign has no signature.
    pub template_id: Option<TemplateId>,
    /// Clean HTML, empty without one.
    pub html: String,
    /// The same as text.
    pub text: String,
}
