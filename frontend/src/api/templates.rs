//! Templates, their versions and their pictures. Of the server's answers only what the page shows is read.

use super::{
    Answer, Api, ApiError,
    request::{Method, Request, with_query},
};
use serde::Deserialize;
use shared::{
    api::templates::{
        PreviewTemplate, SendTemplateTest, TemplateInput, TemplateKind, TemplateTestSent, TemplateUse,
        TemplateVariables, TemplateWarning,
    },
    ids::{CampaignId, TemplateId},
    page::{MAX_LIMIT, Page},
    time::Timestamp,
};
use web_sys::{File, FormData};

/// A row of the list of templates.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TemplateRow {
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
}

/// What a template says: of a preview, or of a version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TemplateLook {
    /// Subject.
    pub subject: String,
    /// In what it is written, as its word; of a version only.
    pub format: String,
    /// The source, as it was saved; of a version only.
    pub source: String,
    /// Text part.
    pub text: String,
    /// The text part was written, not made from the HTML; of a version only.
    pub own_text: bool,
    /// Signed URL of a page that shows it with sample data.
    pub frame_url: String,
    /// What is worth a look.
    pub warnings: Vec<TemplateWarning>,
}

/// A template with its newest version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OpenTemplate {
    /// Template.
    pub id: TemplateId,
    /// What it is for.
    pub kind: TemplateKind,
    /// Name.
    pub name: String,
    /// Offered in this campaign only.
    pub campaign_id: Option<CampaignId>,
    /// By which agents find it.
    pub shortcut: Option<String>,
    /// How its own pictures reach the recipient, as its word.
    pub images: String,
    /// What it says.
    pub content: TemplateLook,
    /// Where it is used.
    pub used_by: Vec<TemplateUse>,
    /// For `If-Match`.
    pub version: i64,
}

/// A version in the history of a template.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VersionRow {
    /// 1, 2, 3 …
    pub number: i32,
    /// Who saved it.
    pub author_name: String,
    /// Saved at.
    pub created_at: Timestamp,
}

/// A picture that was stored.
#[derive(Debug, Clone, Deserialize)]
pub struct StoredImage {
    /// What the source names as its address.
    pub url: String,
}

impl Api {
    /// All templates that the caller may read, by name.
    pub async fn all_templates(self) -> Answer<Vec<TemplateRow>> {
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let pairs = [("limit", Some(MAX_LIMIT.to_string())), ("cursor", cursor)];
            let page: Page<TemplateRow> = self.fetch(Request::get(with_query("templates", &pairs))).await?;
            all.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }

    /// One template.
    pub async fn get_template(self, id: TemplateId) -> Answer<OpenTemplate> {
        self.fetch(Request::get(format!("templates/{id}"))).await
    }

    /// Creates a template, or replaces one if it still has this version.
    pub async fn save_template(self, known: Option<(TemplateId, i64)>, input: &TemplateInput) -> Answer<OpenTemplate> {
        let request = match known {
            Some((id, version)) => Request::new(Method::Put, format!("templates/{id}")).if_match(version),
            None => Request::post("templates"),
        };
        self.fetch(request.json(input)).await
    }

    /// Makes a copy under another name.
    pub async fn duplicate_template(self, id: TemplateId, name: &str) -> Answer<OpenTemplate> {
        let body = shared::api::templates::DuplicateTemplate { name: name.into() };
        self.fetch(Request::post(format!("templates/{id}/duplicate")).json(&body)).await
    }

    /// Deletes a template that nothing uses.
    pub async fn delete_template(self, id: TemplateId) -> Answer<()> {
        self.run(Request::new(Method::Delete, format!("templates/{id}"))).await.map(drop)
    }

    /// How something unsaved would look.
    pub async fn preview_template(self, preview: &PreviewTemplate) -> Answer<TemplateLook> {
        self.fetch(Request::post("templates/preview").json(preview)).await
    }

    /// The variables of a kind.
    pub async fn list_template_variables(self, kind: TemplateKind) -> Answer<TemplateVariables> {
        self.fetch(Request::get(format!("template-variables?kind={kind}"))).await
    }

    /// The newest versions of a template.
    pub async fn list_template_versions(self, id: TemplateId) -> Answer<Page<VersionRow>> {
        self.fetch(Request::get(format!("templates/{id}/versions?limit={MAX_LIMIT}"))).await
    }

    /// One version.
    pub async fn get_template_version(self, id: TemplateId, number: i32) -> Answer<TemplateLook> {
        self.fetch(Request::get(format!("templates/{id}/versions/{number}"))).await
    }

    /// Makes what an earlier version said the newest, if the template still has `version`.
    pub async fn restore_template_version(self, id: TemplateId, number: i32, version: i64) -> Answer<OpenTemplate> {
        self.fetch(Request::post(format!("templates/{id}/versions/{number}/restore")).if_match(version)).await
    }

    /// Sends the newest version with sample data.
    pub async fn send_template_test(self, id: TemplateId, wanted: &SendTemplateTest) -> Answer<TemplateTestSent> {
        self.fetch(Request::post(format!("templates/{id}/send-test")).json(wanted)).await
    }

    /// Stores a picture for templates.
    pub async fn add_template_image(self, file: &File) -> Answer<StoredImage> {
        let form = FormData::new().map_err(|_| ApiError::Network)?;
        form.append_with_blob_and_filename("file", file, &file.name()).map_err(|_| ApiError::Network)?;
        self.fetch(Request::post("template-images").form(form)).await
    }
}
