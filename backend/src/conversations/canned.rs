//! What comes into a draft by itself: the signature when it is begun, and a canned answer when its author asks for one
//! (S19, S109). Its pictures become files of the draft.

use super::{drafts, rows::DraftRow};
use crate::{
    campaigns,
    kernel::{
        Error, Result,
        db::{
            Connection,
            schema::{attachments, contacts, conversations},
        },
        http::auth::Principal,
    },
    mail::sanitize::{SIGNATURE_CLASS, sanitize_outgoing},
    templates::{
        self, Content, Facts, Filled,
        images::{self, Picture},
    },
};
use diesel::prelude::*;
use shared::{
    api::templates::TemplateKind,
    ids::{CampaignId, DraftId, TemplateId, UserId},
    time::Timestamp,
    validate::Rule,
};

/// What a new draft begins with: room to write, and the campaign's signature under it; nothing without one.
///
/// # Errors
/// The database's.
pub fn beginning(
    conn: &mut Connection,
    campaign: CampaignId,
    author: UserId,
    now: Timestamp,
) -> QueryResult<(String, Vec<Picture>)> {
    let Some((_, content, facts)) = campaigns::signature(conn, campaign, author, now)? else {
        return Ok((String::new(), Vec::new()));
    };
    let html = content.filled(&facts).design.html;
    let pictures = images::of(conn, &html)?;
    let whole = format!("<div><br></div><div class=\"{SIGNATURE_CLASS}\">{html}</div>");
    Ok((sanitize_outgoing(&whole), pictures))
}

/// Adds pictures to a draft, each once.
///
/// # Errors
/// `invalid`: too many files.
pub fn add_pictures(conn: &mut Connection, draft: DraftId, pictures: &[Picture], now: Timestamp) -> Result<()> {
    let known = drafts::files(conn, draft)?;
    for picture in pictures {
        if known.iter().any(|file| file.content_id.as_ref() == Some(&picture.content_id)) {
            continue;
        }
        let file = drafts::NewFile {
            name: picture.name.clone(),
            content_type: picture.content_type.clone(),
            size: picture.size,
            sha256: picture.sha256.clone(),
            inline: true,
            content_id: Some(picture.content_id.clone()),
        };
        drafts::add_file(conn, draft, &file, now)?;
    }
    Ok(())
}

/// Takes pictures of templates off a draft whose text does not name them: unlike what its author added, they go with
/// the words that brought them.
///
/// # Errors
/// The database's.
pub fn drop_unnamed_pictures(conn: &mut Connection, draft: DraftId, html: &str) -> QueryResult<()> {
    for file in drafts::files(conn, draft)? {
        let ours = file.content_id.as_deref().filter(|id| images::is_ours(id));
        if ours.is_some_and(|id| !html.contains(&format!("cid:{id}"))) {
            diesel::delete(attachments::table.find(file.id)).execute(conn)?;
        }
    }
    Ok(())
}

/// A canned answer, or a signature, filled for a draft; its pictures are the draft's by now.
///
/// # Errors
/// `not_found`: no such template for the caller; `invalid`: one of another kind or campaign; the database's.
pub fn fill(
    conn: &mut Connection,
    caller: &Principal,
    draft: &DraftRow,
    template: TemplateId,
    now: Timestamp,
) -> Result<Filled> {
    templates::must_read(conn, caller, template)?;
    let content = Content::read(conn, template, None)?;
    let fits = matches!(content.kind, TemplateKind::Reply | TemplateKind::Signature)
        && templates::is_offered(conn, template, content.kind, Some(draft.campaign_id))?;
    if !fits {
        let words = "is no canned answer or signature that is offered in the draft's campaign";
        return Err(Error::field("template_id", Rule::UnknownValue, words));
    }
    let (customer_name, customer_address) = customer(conn, draft)?;
    let facts = Facts {
        customer_name,
        customer_address,
        agent_name: campaigns::user_name(conn, caller.user_id)?,
        subject: draft.subject.clone(),
        ..campaigns::facts(conn, draft.campaign_id, now)?
    };
    let filled = content.filled(&facts);
    let pictures = images::of(conn, &filled.design.html)?;
    add_pictures(conn, draft.id, &pictures, now)?;
    Ok(filled)
}

/// Whom the draft is written to: the customer of its conversation, else its first recipient.
fn customer(conn: &mut Connection, draft: &DraftRow) -> Result<(String, String)> {
    let known: Option<(String, String)> = match draft.conversation_id {
        Some(conversation) => conversations::table
            .inner_join(contacts::table)
            .filter(conversations::id.eq(conversation))
            .select((contacts::name, contacts::address))
            .first(conn)
            .optional()?,
        None => None,
    };
    if let Some(known) = known {
        return Ok(known);
    }
    let Some(first) = draft.recipients.0.all().next() else { return Ok(Default::default()) };
    let folded = crate::mail::address::fold(&first.email);
    let name: Option<String> =
        contacts::table.filter(contacts::address_folded.eq(folded)).select(contacts::name).first(conn).optional()?;
    let name = name.filter(|name| !name.is_empty()).or_else(|| first.name.clone());
    Ok((name.unwrap_or_default(), first.email.clone()))
}
