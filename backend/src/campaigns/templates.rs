//! Which templates campaigns use, and what a campaign's signature looks like.

use super::queries;
use crate::{
    kernel::db::{
        Connection,
        schema::{campaigns, users},
    },
    templates::{self, Content, Facts, InUse},
};
use diesel::prelude::*;
use shared::{
    api::{
        campaigns::CampaignInput,
        templates::{TemplateKind, TemplateRole, TemplateUse},
    },
    ids::{CampaignId, TemplateId, UserId},
    time::Timestamp,
    validate::{Issues, Rule},
};

/// Tells which campaigns use a template.
#[derive(Debug, Clone, Copy)]
pub struct TemplatesInUse;

impl InUse for TemplatesInUse {
    fn uses(&self, conn: &mut Connection, template: TemplateId) -> QueryResult<Vec<TemplateUse>> {
        type Row = (CampaignId, String, Option<TemplateId>, Option<TemplateId>);
        let signed = campaigns::signature_template_id.eq(template);
        let rows: Vec<Row> = campaigns::table
            .filter(signed.or(campaigns::confirmation_template_id.eq(template)))
            .order(campaigns::name_folded.asc())
            .select((
                campaigns::id,
                campaigns::name,
                campaigns::signature_template_id,
                campaigns::confirmation_template_id,
            ))
            .load(conn)?;
        let mut uses = Vec::new();
        for (id, name, signature, confirmation) in rows {
            for (role, used) in [(TemplateRole::Signature, signature), (TemplateRole::Confirmation, confirmation)] {
                if used == Some(template) {
                    uses.push(TemplateUse { role, name: name.clone(), campaign_id: Some(id) });
                }
            }
        }
        Ok(uses)
    }
}

/// That the templates of a form are there, of the right kind, and offered in the campaign.
pub fn judge(
    conn: &mut Connection,
    input: &CampaignInput,
    known: Option<CampaignId>,
    issues: &mut Issues,
) -> QueryResult<()> {
    let wanted = [
        ("signature_template_id", input.signature_template_id, TemplateKind::Signature),
        ("confirmation/template_id", input.confirmation.template_id, TemplateKind::Confirmation),
    ];
    for (field, template, kind) in wanted {
        if let Some(template) = template
            && !templates::is_offered(conn, template, kind, known)?
        {
            issues.add(field, Rule::UnknownValue, format!("is no template of kind {kind} that is offered here"));
        }
    }
    Ok(())
}

/// The signature of a campaign: its template and what its variables are filled with for this agent.
///
/// # Errors
/// `not_found`: no such campaign; the database's.
pub fn signature(
    conn: &mut Connection,
    campaign: CampaignId,
    agent: UserId,
    now: Timestamp,
) -> QueryResult<Option<(TemplateId, Content, Facts)>> {
    let Some(template) = queries::campaign(conn, campaign)?.signature_template_id else { return Ok(None) };
    let content = Content::read(conn, template, None)?;
    let facts = Facts { agent_name: user_name(conn, agent)?, ..facts(conn, campaign, now)? };
    Ok(Some((template, content, facts)))
}

/// What variables are filled with of a campaign.
///
/// # Errors
/// `not_found`: no such campaign; the database's.
pub fn facts(conn: &mut Connection, campaign: CampaignId, now: Timestamp) -> QueryResult<Facts> {
    let (row, account) = (queries::campaign(conn, campaign)?, queries::account_of(conn, campaign).optional()?);
    Ok(Facts {
        campaign_name: row.name,
        from_name: row.from_name,
        campaign_address: account.map(|account| account.address).unwrap_or_default(),
        zone: row.schedule.0.zone,
        now,
        ..Facts::default()
    })
}

/// Login of a user.
///
/// # Errors
/// `not_found`; the database's.
pub fn login(conn: &mut Connection, user: UserId) -> QueryResult<String> {
    users::table.find(user).select(users::login).first(conn)
}

/// Name of a user.
///
/// # Errors
/// `not_found`; the database's.
pub fn user_name(conn: &mut Connection, user: UserId) -> QueryResult<String> {
    users::table.find(user).select(users::name).first(conn)
}
