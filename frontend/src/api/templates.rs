//! Templates, their versions and their pictures.
//!
//! Answers come as JSON values, of which the page takes what it shows: one kind of answer for ten operations is a tenth
//! of the code.

use super::{
    Answer, Api, ApiError,
    request::{Method, Request, with_query},
};
use futures_util::{FutureExt as _, future::LocalBoxFuture};
use serde_json::Value;
use shared::{
    api::templates::{DuplicateTemplate, PreviewTemplate, SendTemplateTest, TemplateInput, TemplateKind},
    ids::{CampaignId, TemplateId},
    page::MAX_LIMIT,
};
use web_sys::{File, FormData};

/// An answer on its way.
type Coming = LocalBoxFuture<'static, Answer<Value>>;

/// A text of an answer; empty where there is none.
pub fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_string()
}

/// A whole number of an answer, as an id or a version; 0 where there is none.
pub fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::as_i64).unwrap_or_default()
}

/// The list of an answer; empty where there is none.
pub fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

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
    #[inline(never)]
    fn value(self, request: Request) -> Coming {
        async move {
            let text = self.run(request).await?;
            // Some answer with nothing.
            if text.is_empty() { Ok(Value::Null) } else { super::json::read_value(&text) }
        }
        .boxed_local()
    }

    /// All templates that the caller may read, by name: a list.
    #[inline(never)]
    pub fn all_templates(self) -> Coming {
        async move {
            let mut all = Vec::new();
            let mut cursor = None;
            loop {
                let pairs = [("limit", Some(MAX_LIMIT.to_string())), ("cursor", cursor)];
                let mut page = self.value(Request::get(with_query("templates", &pairs))).await?;
                if let Some(items) = page.get_mut("items").and_then(Value::as_array_mut) {
                    all.append(items);
                }
                cursor = Some(text(&page, "next_cursor")).filter(|cursor| !cursor.is_empty());
                if cursor.is_none() {
                    return Ok(Value::Array(all));
                }
            }
        }
        .boxed_local()
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
