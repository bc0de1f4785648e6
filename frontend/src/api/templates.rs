//! Templates, their versions and their pictures.

use super::{
    Answer, Api, ApiError,
    request::{Method, Request},
    values::{Coming, number, text},
};
use serde_json::Value;
use shared::{
    api::templates::{DuplicateTemplate, PreviewTemplate, SendTemplateTest, TemplateInput, TemplateKind},
    ids::{CampaignId, TemplateId},
    page::MAX_LIMIT,
};
use web_sys::{File, FormData};

/// What stands in every row of the list of templates, and in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRow {
    /// Template.
    pub id: TemplateId,
    /// What it is for.
    pub kind: TemplateKind,
    /// Name.
    pub name: String,
    /// Offered in this campaign only.
    pub campaign: Option<CampaignId>,
    /// By which agents find it; empty: by nothing.
    pub shortcut: String,
}

impl TemplateRow {
    /// Takes it out of an answer.
    #[inline(never)]
    pub fn of(value: &Value) -> Self {
        Self {
            id: TemplateId(number(value, "id")),
            kind: text(value, "kind").parse().unwrap_or(TemplateKind::Signature),
            name: text(value, "name"),
            campaign: Some(number(value, "campaign_id")).filter(|id| *id != 0).map(CampaignId),
            shortcut: text(value, "shortcut"),
        }
    }
}

impl Api {
    /// All templates that the caller may read, by name: a list.
    pub fn all_templates(self) -> Coming {
        self.all_values("templates")
    }

    /// One template, with what it says and where it is used.
    pub fn get_template(self, id: TemplateId) -> Coming {
        self.value(Request::get(format!("templates/{id}")))
    }

    /// Creates a template, or replaces one if it still has this version.
    pub fn save_template(self, known: Option<(TemplateId, i64)>, input: &TemplateInput) -> Coming {
        let request = match known {
            Some((id, version)) => Request::new(Method::Put, format!("templates/{id}")).if_match(version),
            None => Request::post("templates"),
        };
        self.value(request.json(input))
    }

    /// Makes a copy under another name.
    pub fn duplicate_template(self, id: TemplateId, name: &str) -> Coming {
        let body = DuplicateTemplate { name: name.into() };
        self.value(Request::post(format!("templates/{id}/duplicate")).json(&body))
    }

    /// Deletes a template that nothing uses.
    pub fn delete_template(self, id: TemplateId) -> Coming {
        self.value(Request::new(Method::Delete, format!("templates/{id}")))
    }

    /// How something unsaved would look.
    pub fn preview_template(self, preview: &PreviewTemplate) -> Coming {
        self.value(Request::post("templates/preview").json(preview))
    }

    /// The variables of a kind, in `items`.
    pub fn list_template_variables(self, kind: TemplateKind) -> Coming {
        self.value(Request::get(format!("template-variables?kind={kind}")))
    }

    /// The newest versions of a template, in `items`.
    pub fn list_template_versions(self, id: TemplateId) -> Coming {
        self.value(Request::get(format!("templates/{id}/versions?limit={MAX_LIMIT}")))
    }

    /// One version.
    pub fn get_template_version(self, id: TemplateId, number: i64) -> Coming {
        self.value(Request::get(format!("templates/{id}/versions/{number}")))
    }

    /// Makes what an earlier version said the newest, if the template still has `version`.
    pub fn restore_template_version(self, id: TemplateId, number: i64, version: i64) -> Coming {
        self.value(Request::post(format!("templates/{id}/versions/{number}/restore")).if_match(version))
    }

    /// Sends the newest version with sample data; `message_id` is the mail.
    pub fn send_template_test(self, id: TemplateId, wanted: &SendTemplateTest) -> Coming {
        self.value(Request::post(format!("templates/{id}/send-test")).json(wanted))
    }

    /// Stores a picture for templates; `url` is its address.
    pub async fn add_template_image(self, file: &File) -> Answer<Value> {
        let form = FormData::new().map_err(|_| ApiError::Network)?;
        form.append_with_blob_and_filename("file", file, &file.name()).map_err(|_| ApiError::Network)?;
        self.value(Request::post("template-images").form(form)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_taken_out_of_an_answer() {
        let answer =
            serde_json::json!({ "id": 7, "kind": "reply", "name": "Gracias", "campaign_id": 3, "shortcut": "/g" });
        let row = TemplateRow::of(&answer);
        assert_eq!((row.id, row.kind, row.name.as_str()), (TemplateId(7), TemplateKind::Reply, "Gracias"));
        assert_eq!((row.campaign, row.shortcut.as_str()), (Some(CampaignId(3)), "/g"));
        let bare = TemplateRow::of(&serde_json::json!({ "id": 8, "campaign_id": null, "shortcut": null }));
        assert_eq!((bare.campaign, bare.shortcut.as_str()), (None, ""));
    }
}
