//! Rows of this room.

use crate::kernel::db::schema::{template_images, template_versions, templates};
use diesel::prelude::*;
use shared::{
    api::templates::{ImageDelivery, TemplateFormat, TemplateKind},
    ids::{CampaignId, TemplateId, TemplateImageId, TemplateVersionId, UserId},
    time::Timestamp,
};

/// A template as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = templates)]
pub struct TemplateRow {
    pub id: TemplateId,
    pub kind: TemplateKind,
    pub campaign_id: Option<CampaignId>,
    pub name: String,
    pub name_folded: String,
    pub shortcut: Option<String>,
    pub images: ImageDelivery,
    pub number: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

/// What it says, as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = template_versions)]
pub struct VersionRow {
    pub id: TemplateVersionId,
    pub template_id: TemplateId,
    pub number: i32,
    pub subject: String,
    pub format: TemplateFormat,
    pub source: String,
    pub css: String,
    pub html: String,
    pub plain: Option<String>,
    pub author_id: UserId,
    pub created_at: Timestamp,
}

/// What a save stores of the content.
#[derive(Debug, Clone)]
pub struct NewVersion {
    pub subject: String,
    pub format: TemplateFormat,
    pub source: String,
    pub css: String,
    pub html: String,
    pub plain: Option<String>,
    /// Tokens of the pictures that it shows.
    pub pictures: Vec<String>,
}

impl NewVersion {
    /// Whether it says the same.
    pub fn is(&self, row: &VersionRow) -> bool {
        (&self.subject, self.format, &self.source, &self.plain) == (&row.subject, row.format, &row.source, &row.plain)
    }
}

impl From<VersionRow> for NewVersion {
    fn from(row: VersionRow) -> Self {
        Self {
            pictures: super::images::tokens(&row.html),
            subject: row.subject,
            format: row.format,
            source: row.source,
            css: row.css,
            html: row.html,
            plain: row.plain,
        }
    }
}

/// A picture as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = template_images)]
pub struct ImageRow {
    pub id: TemplateImageId,
    pub token: String,
    pub name: String,
    pub content_type: String,
    pub size: i64,
    pub sha256: String,
}
