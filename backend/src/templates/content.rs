//! What a template says, ready to be filled: for whoever sends it.

use super::{facts::Facts, images, queries};
use crate::{
    kernel::db::Connection,
    mail::{
        design::Design,
        merge::{Form, merge},
        text::html_to_plain,
    },
};
use diesel::QueryResult;
use shared::{
    api::templates::{ImageDelivery, TemplateKind},
    ids::{CampaignId, TemplateId, TemplateVersionId},
};

/// A version of a template, with its variables.
#[derive(Debug, Clone)]
pub struct Content {
    /// The version.
    pub version: TemplateVersionId,
    /// What the template is for.
    pub kind: TemplateKind,
    /// Name of the template.
    pub name: String,
    /// Campaign in which alone it is offered.
    pub campaign: Option<CampaignId>,
    /// How its pictures reach the recipient.
    pub images: ImageDelivery,
    /// Subject.
    pub subject: String,
    /// Clean HTML, pictures of ours as `cid:`.
    pub design: Design,
    /// Text part of its own.
    pub own_text: Option<String>,
}

/// A template whose variables are filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Subject, one line.
    pub subject: String,
    /// Clean HTML.
    pub design: Design,
    /// Text part.
    pub text: String,
    /// Variables for which there was no value.
    pub unknown: Vec<String>,
}

impl Content {
    /// Reads a version of a template; without a number, the newest.
    ///
    /// # Errors
    /// `not_found`.
    pub fn read(conn: &mut Connection, template: TemplateId, number: Option<i32>) -> QueryResult<Self> {
        let row = queries::template(conn, template)?;
        let version = queries::version(conn, template, number.unwrap_or(row.number))?;
        Ok(Self {
            version: version.id,
            kind: row.kind,
            name: row.name,
            campaign: row.campaign_id,
            images: row.images,
            subject: version.subject,
            design: Design { css: version.css, html: version.html },
            own_text: version.plain,
        })
    }

    /// Fills the variables that Posta knows.
    #[must_use]
    pub fn filled(&self, facts: &Facts) -> Filled {
        self.filled_with(&|name| facts.value(self.kind, name))
    }

    /// Fills the variables with any values.
    #[must_use]
    pub fn filled_with(&self, value: &dyn Fn(&str) -> Option<String>) -> Filled {
        let subject = merge(&self.subject, Form::Line, value);
        let html = merge(&self.design.html, Form::Html, value);
        let text = match &self.own_text {
            Some(text) => merge(text, Form::Text, value),
            None => crate::mail::merge::Merged { text: html_to_plain(&html.text), unknown: Vec::new() },
        };
        let mut unknown = subject.unknown;
        for name in html.unknown.into_iter().chain(text.unknown) {
            if !unknown.contains(&name) {
                unknown.push(name);
            }
        }
        Filled {
            subject: subject.text,
            design: Design { css: self.design.css.clone(), html: html.text },
            text: text.text,
            unknown,
        }
    }
}

impl Filled {
    /// Pictures of ours at public addresses below `public_url`, where the template wants it so; they go along else.
    #[must_use]
    pub fn with_delivery(self, delivery: ImageDelivery, public_url: &str) -> Self {
        let base = public_url.trim_end_matches('/');
        // Without an address of our own there is nothing to link to.
        if delivery == ImageDelivery::Inline || base.is_empty() {
            return self;
        }
        let link = |address: &str| images::token_of_cid(address).map(|token| format!("{base}{}{token}", images::PATH));
        Self { design: self.design.with_images(&link), ..self }
    }
}
