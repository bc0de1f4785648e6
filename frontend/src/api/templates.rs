//! Templates, their versions and their pictures. Of the server's answers only what the page shows is read.

use super::{
    Answer, Api, ApiError,
    request::{Method, Request, with_query},
};
use serde::Deserialize;
use shared::{
    api::templates::{
        PreviewTemplate, SendTemplateTest, TemplateInput, TemplateKind, TemplateUse, TemplateVariables,
        TemplateWarning,
    },
    ids::{CampaignId, MessageId, TemplateId},
    page::{MAX_LIMIT, Page},
    time::Timestamp,
};
use web_sys::{File, FormData};

/// A template: of a list without what only an open one has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Template {
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
    /// How its own pictures reach the recipient, as its word.
    #[serde(default)]
    pub images: String,
    /// What it says.
    #[serde(default)]
    pub content: Content,
    /// Where it is used.
    #[serde(default)]
    pub used_by: Vec<TemplateUse>,
    /// For `If-Match`.
    pub version: i64,
}

/// What a template says or said: of a preview, a version, or a row of the list of versions; what these lack is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Content {
    /// 1, 2, 3 …
    pub number: i32,
    /// Who saved it.
    pub author_name: String,
    /// Saved at.
    pub created_at: Timestamp,
    /// Subject.
    pub subject: String,
    /// In what it is written, as its word.
    pub format: String,
    /// The source, as it was saved.
    pub source: String,
    /// Text part.
    pub text: String,
    /// The text part was written, not made from the HTML.
    pub own_text: bool,
    /// Signed URL of a page that shows it with sample data.
    pub frame_url: String,
    /// What is worth a look.
    pub warnings: Vec<TemplateWarning>,
}

/// What the server says of something that it has taken: of a picture its address, of a test the mail.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Taken {
    /// What a source names as the picture's address.
    pub url: String,
    /// The mail; `delivery_changed` events tell how it goes.
    pub message_id: Option<MessageId>,
}

impl Api {
    /// All templates that the caller may read, by name.
    pub async fn all_templates(self) -> Answer<Vec<Template>> {
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let pairs = [("limit", Some(MAX_LIMIT.to_string())), ("cursor", cursor)];
            let page: Page<Template> = self.fetch(Request::get(with_query("templates", &pairs))).await?;
            all.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }

    /// One template.
    pub async fn get_template(self, id: TemplateId) -> Answer<Template> {
        self.fetch(Request::get(format!("templates/{id}"))).await
    }

    /// Creates a template, or replaces one if it still has this version.
    pub async fn save_template(self, known: Option<(TemplateId, i64)>, input: &TemplateInput) -> Answer<Template> {
        let request = match known {
            Some((id, version)) => Request::new(Method::Put, format!("templates/{id}")).if_match(version),
            None => Request::post("templates"),
        };
        self.fetch(request.json(input)).await
    }

    /// Makes a copy under another name.
    pub async fn duplicate_template(self, id: TemplateId, name: &str) -> Answer<Template> {
        let body = shared::api::templates::DuplicateTemplate { name: name.into() };
        self.fetch(Request::post(format!("templates/{id}/duplicate")).json(&body)).await
    }

    /// Deletes a template that nothing uses.
    pub async fn delete_template(self, id: TemplateId) -> Answer<()> {
        self.run(Request::new(Method::Delete, format!("templates/{id}"))).await.map(drop)
    }

    /// How something unsaved would look.
    pub async fn preview_template(self, preview: &PreviewTemplate) -> Answer<Content> {
        self.fetch(Request::post("templates/preview").json(preview)).await
    }

    /// The variables of a kind.
    pub async fn list_template_variables(self, kind: TemplateKind) -> Answer<TemplateVariables> {
        self.fetch(Request::get(format!("template-variables?kind={kind}"))).await
    }

    /// The newest versions of a template.
    pub async fn list_template_versions(self, id: TemplateId) -> Answer<Vec<Content>> {
        let request = Request::get(format!("templates/{id}/versions?limit={MAX_LIMIT}"));
        self.fetch::<Page<Content>>(request).await.map(|page| page.items)
    }

    /// One version.
    pub async fn get_template_version(self, id: TemplateId, number: i32) -> Answer<Content> {
        self.fetch(Request::get(format!("templates/{id}/versions/{number}"))).await
    }

    /// Makes what an earlier version said the newest, if the template still has `version`.
    pub async fn restore_template_version(self, id: TemplateId, number: i32, version: i64) -> Answer<Template> {
        self.fetch(Request::post(format!("templates/{id}/versions/{number}/restore")).if_match(version)).await
    }

    /// Sends the newest version with sample data.
    pub async fn send_template_test(self, id: TemplateId, wanted: &SendTemplateTest) -> Answer<Taken> {
        self.fetch(Request::post(format!("templates/{id}/send-test")).json(wanted)).await
    }

    /// Stores a picture for templates.
    pub async fn add_template_image(self, file: &File) -> Answer<Taken> {
        let form = FormData::new().map_err(|_| ApiError::Network)?;
        form.append_with_blob_and_filename("file", file, &file.name()).map_err(|_| ApiError::Network)?;
        self.fetch(Request::post("template-images").form(form)).await
    }
}
