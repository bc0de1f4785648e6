//! Templates where mail is written: canned answers in drafts, and tests by real mail.

use super::Service;
use crate::{
    conversations::{
        canned, contacts, drafts,
        letter::{self, Plan},
        receive,
    },
    kernel::{
        Error, Result,
        audit::{self, Entry},
        http::auth::Principal,
    },
    mail::address::{self, Address},
    templates::{Content, Facts, must_read},
};
use serde_json::json;
use shared::{
    api::{
        conversations::MessageKind,
        drafts::{FillTemplate, FilledTemplate},
        templates::{SendTemplateTest, TemplateKind, TemplateTestSent},
    },
    error::ErrorCode,
    ids::{DraftId, TemplateId},
    validate::Rule,
};

impl Service {
    /// A canned answer with its variables filled for a draft. Its pictures are files of the draft by then; its words
    /// are the editor's to put where they belong.
    ///
    /// # Errors
    /// `not_found`, `invalid`; the database's.
    pub async fn fill_template(&self, caller: Principal, id: DraftId, wanted: FillTemplate) -> Result<FilledTemplate> {
        let (core, now) = (self.core.clone(), self.core.now());
        self.core
            .db
            .write(move |conn| {
                let draft = drafts::own(conn, &caller, id)?;
                let filled = canned::fill(conn, &caller, &draft, wanted.template_id, now)?;
                let files = drafts::files(conn, id)?;
                Ok(FilledTemplate {
                    subject: filled.subject,
                    html: drafts::shown(&core, &filled.design.html, &files, now),
                    text: filled.text,
                    unknown: filled.unknown,
                })
            })
            .await
    }

    /// Sends a template with sample data through a campaign's account. It lies in a conversation of its own, which shows
    /// nowhere until somebody answers it.
    ///
    /// # Errors
    /// `not_found`, `invalid`, `conflict` where the campaign is off; the database's, the storage's.
    pub async fn send_template_test(
        &self,
        caller: Principal,
        id: TemplateId,
        wanted: SendTemplateTest,
    ) -> Result<TemplateTestSent> {
        let now = self.core.now();
        let asker = caller.clone();
        let plan = self
            .core
            .db
            .write(move |conn| {
                must_read(conn, &asker, id)?;
                let content = Content::read(conn, id, wanted.number)?;
                let own = content.campaign;
                let campaign = match (wanted.campaign_id, own) {
                    (Some(campaign), Some(own)) if campaign != own => {
                        let words = "is not the template's campaign";
                        return Err(Error::field("campaign_id", Rule::Inconsistent, words));
                    }
                    (Some(campaign), _) | (None, Some(campaign)) => campaign,
                    (None, None) => {
                        let words = "is required for a template of all campaigns";
                        return Err(Error::field("campaign_id", Rule::Required, words));
                    }
                };
                let there = asker.scope.holds(campaign);
                let sender =
                    if there { diesel::OptionalExtension::optional(letter::sender(conn, campaign))? } else { None };
                let sender = sender
                    .ok_or_else(|| Error::field("campaign_id", Rule::UnknownValue, "there is no such campaign"))?;
                if !sender.enabled {
                    return Err(Error::detailed(ErrorCode::Conflict, "the campaign is disabled"));
                }
                let to = match &wanted.to {
                    Some(to) => to.clone(),
                    None => crate::campaigns::login(conn, asker.user_id)?,
                };
                if address::validate(&to).is_err() {
                    let rule = if wanted.to.is_some() { Rule::NotAnAddress } else { Rule::Required };
                    return Err(Error::field("to", rule, "must be an e-mail address"));
                }
                let own = crate::campaigns::facts(conn, campaign, now)?;
                let samples = Facts {
                    campaign_name: own.campaign_name,
                    from_name: own.from_name,
                    campaign_address: own.campaign_address,
                    zone: own.zone,
                    ..Facts::sample(now)
                };
                let (kind, pictures_of) = (content.kind, content.design.html.clone());
                let value = |name: &str| {
                    let known = samples.value(kind, name);
                    if kind == TemplateKind::MassMail { known.or_else(|| Some(format!("[{name}]"))) } else { known }
                };
                let mut filled = content.filled_with(&value);
                if filled.subject.is_empty() {
                    filled.subject.clone_from(&content.name);
                }
                let contact = contacts::known_or_new(conn, None, &to, now)?;
                let entry = Entry {
                    actor: Some(asker.user_id),
                    action: "templates.send_test",
                    object: "template",
                    object_id: Some(id.0),
                    detail: json!({ "campaign_id": campaign, "number": wanted.number }),
                };
                audit::record(conn, now, &entry)?;
                Ok(Plan {
                    conversation: receive::create(conn, campaign, contact, &filled.subject, now)?,
                    interaction: None,
                    campaign,
                    kind: MessageKind::Personal,
                    author: Some(asker.user_id),
                    sender,
                    to: Address { name: None, email: to },
                    pictures: crate::templates::images::of(conn, &pictures_of)?,
                    filled,
                    delivery: content.images,
                    answered: None,
                    headers: Vec::new(),
                })
            })
            .await?;
        let to = plan.to.email.clone();
        let letter = letter::compose(&self.core, plan, now).await?;
        let message_id = self.core.db.write(move |conn| Ok(letter::store(conn, &letter, now)?)).await?;
        Ok(TemplateTestSent { message_id, to })
    }
}
