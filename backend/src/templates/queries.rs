//! Questions to the tables of this room, and its writes.

use super::rows::{ImageRow, NewVersion, TemplateRow, VersionRow};
use crate::kernel::{
    db::{
        Connection, MultiBackend, arms,
        schema::{
            campaigns, mail_accounts, members, template_images, template_version_images, template_versions, templates,
            users,
        },
    },
    fold::fold,
    http::auth::Principal,
};
use diesel::{
    dsl::{exists, not},
    prelude::*,
    select,
};
use shared::{
    api::{
        schedules::Schedule,
        templates::{
            ImageDelivery, TemplateFormat, TemplateInput, TemplateKind, TemplateSummary, TemplateVersionSummary,
        },
    },
    ids::{CampaignId, TemplateId, TemplateImageId, TemplateVersionId, UserId},
    permission::{CampaignScope, Role},
    time::Timestamp,
};

/// Space of [`arms::lock_pair`].
const LOCK: i32 = 0x7465;

/// One change of templates, or of who uses them, at a time.
pub fn lock(conn: &mut Connection) -> QueryResult<()> {
    arms::lock_pair(conn, LOCK, 0)
}

/// Which templates somebody reads.
#[derive(Debug, Clone)]
pub struct Reach {
    /// Those of all campaigns, and of these; `None`: of any.
    campaigns: Option<Vec<CampaignId>>,
    /// Only those of these kinds; `None`: of any.
    kinds: Option<Vec<TemplateKind>>,
}

/// What a caller reads: agents what they write with in their campaigns, others what is offered in those they see.
pub fn reach(conn: &mut Connection, caller: &Principal) -> QueryResult<Reach> {
    let scoped = match &caller.scope {
        CampaignScope::All => None,
        CampaignScope::Only(list) => Some(list.clone()),
    };
    if caller.role != Role::Agent {
        return Ok(Reach { campaigns: scoped, kinds: None });
    }
    let mut own: Vec<CampaignId> =
        members::table.filter(members::user_id.eq(caller.user_id)).select(members::campaign_id).load(conn)?;
    if let Some(scope) = scoped {
        own.retain(|campaign| scope.contains(campaign));
    }
    Ok(Reach { campaigns: Some(own), kinds: Some(vec![TemplateKind::Reply, TemplateKind::Signature]) })
}

impl Reach {
    fn holds(&self, row: &TemplateRow) -> bool {
        let campaign = match (&self.campaigns, row.campaign_id) {
            (None, _) | (_, None) => true,
            (Some(list), Some(campaign)) => list.contains(&campaign),
        };
        campaign && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&row.kind))
    }
}

/// A template.
pub fn template(conn: &mut Connection, id: TemplateId) -> QueryResult<TemplateRow> {
    templates::table.find(id).select(TemplateRow::as_select()).first(conn)
}

/// A template within somebody's reach.
pub fn readable(conn: &mut Connection, reach: &Reach, id: TemplateId) -> QueryResult<TemplateRow> {
    let row = template(conn, id)?;
    if reach.holds(&row) { Ok(row) } else { Err(diesel::result::Error::NotFound) }
}

/// A version of a template.
pub fn version(conn: &mut Connection, template: TemplateId, number: i32) -> QueryResult<VersionRow> {
    template_versions::table
        .filter(template_versions::template_id.eq(template))
        .filter(template_versions::number.eq(number))
        .select(VersionRow::as_select())
        .first(conn)
}

/// A version by its id.
pub fn version_by_id(conn: &mut Connection, id: TemplateVersionId) -> QueryResult<VersionRow> {
    template_versions::table.find(id).select(VersionRow::as_select()).first(conn)
}

/// Position in the list: by name, without regard to case and accents.
pub type ListKey = (String, TemplateId);

/// What a list is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub kind: Option<TemplateKind>,
    pub campaign: Option<CampaignId>,
    pub search: Option<String>,
}

/// At most `limit` templates within reach after `after`, each with its list key.
pub fn list(
    conn: &mut Connection,
    reach: &Reach,
    filter: &Filter,
    after: Option<ListKey>,
    limit: i64,
) -> QueryResult<Vec<(ListKey, TemplateSummary)>> {
    let newest = template_versions::number.eq(templates::number);
    let mut query = templates::table
        .inner_join(template_versions::table)
        .left_join(campaigns::table)
        .filter(newest)
        .into_boxed::<MultiBackend>();
    if let Some(list) = &reach.campaigns {
        query = query.filter(templates::campaign_id.is_null().or(templates::campaign_id.eq_any(list.clone())));
    }
    if let Some(kinds) = &reach.kinds {
        query = query.filter(templates::kind.eq_any(kinds.clone()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(templates::kind.eq(kind));
    }
    if let Some(campaign) = filter.campaign {
        query = query.filter(templates::campaign_id.is_null().or(templates::campaign_id.eq(campaign)));
    }
    for word in fold(filter.search.as_deref().unwrap_or("")).split_whitespace().take(8) {
        let escaped = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{escaped}%");
        let by_shortcut = templates::shortcut.like(pattern.clone()).escape('\\');
        query = query.filter(templates::name_folded.like(pattern).escape('\\').nullable().or(by_shortcut));
    }
    if let Some((name, id)) = after {
        let same_name = templates::name_folded.eq(name.clone()).and(templates::id.gt(id));
        query = query.filter(templates::name_folded.gt(name).or(same_name));
    }
    type Row = (TemplateRow, (String, TemplateFormat), Option<String>);
    let rows: Vec<Row> = query
        .order((templates::name_folded.asc(), templates::id.asc()))
        .limit(limit)
        .select((
            TemplateRow::as_select(),
            (template_versions::subject, template_versions::format),
            campaigns::name.nullable(),
        ))
        .load(conn)?;
    let shown = |(row, (subject, format), campaign_name): Row| {
        let key = (row.name_folded.clone(), row.id);
        let summary = TemplateSummary {
            id: row.id,
            kind: row.kind,
            name: row.name,
            campaign_id: row.campaign_id,
            campaign_name,
            shortcut: row.shortcut,
            subject,
            format,
            number: row.number,
            updated_at: row.updated_at,
            version: row.version,
        };
        (key, summary)
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// Versions of a template, the newest first, at most `limit`; with `before`, those older than it.
pub fn versions(
    conn: &mut Connection,
    template: TemplateId,
    before: Option<i32>,
    limit: i64,
) -> QueryResult<Vec<TemplateVersionSummary>> {
    type Row = (i32, String, TemplateFormat, UserId, String, Timestamp);
    let rows: Vec<Row> = template_versions::table
        .inner_join(users::table)
        .filter(template_versions::template_id.eq(template))
        .filter(template_versions::number.lt(before.unwrap_or(i32::MAX)))
        .order(template_versions::number.desc())
        .limit(limit)
        .select((
            template_versions::number,
            template_versions::subject,
            template_versions::format,
            users::id,
            users::name,
            template_versions::created_at,
        ))
        .load(conn)?;
    let shown = |(number, subject, format, author_id, author_name, created_at)| TemplateVersionSummary {
        number,
        subject,
        format,
        author_id,
        author_name,
        created_at,
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// Name of a user.
pub fn user_name(conn: &mut Connection, user: UserId) -> QueryResult<String> {
    users::table.find(user).select(users::name).first(conn)
}

/// Whether another template than `known` has this name, without regard to case and accents.
pub fn name_is_taken(conn: &mut Connection, name: &str, known: Option<TemplateId>) -> QueryResult<bool> {
    let other = templates::table
        .filter(templates::name_folded.eq(fold(name)))
        .filter(templates::id.ne(known.unwrap_or(TemplateId(0))));
    select(exists(other)).get_result(conn)
}

/// Whether another template than `known` that is offered beside it has this shortcut.
pub fn shortcut_is_taken(
    conn: &mut Connection,
    shortcut: &str,
    campaign: Option<CampaignId>,
    known: Option<TemplateId>,
) -> QueryResult<bool> {
    let other = templates::table
        .filter(templates::shortcut.eq(shortcut_form(shortcut)))
        .filter(templates::id.ne(known.unwrap_or(TemplateId(0))));
    match campaign {
        None => select(exists(other)).get_result(conn),
        Some(campaign) => {
            let beside = templates::campaign_id.is_null().or(templates::campaign_id.eq(campaign));
            select(exists(other.filter(beside))).get_result(conn)
        }
    }
}

/// A shortcut as it is stored and looked for.
pub fn shortcut_form(shortcut: &str) -> String {
    shortcut.to_lowercase()
}

/// What variables are filled with of a campaign: its name, from name, address, zone.
pub fn campaign_facts(
    conn: &mut Connection,
    campaign: CampaignId,
) -> QueryResult<Option<(String, String, String, String)>> {
    let row: Option<(String, String, Option<String>, crate::kernel::db::Json<Schedule>)> = campaigns::table
        .left_join(mail_accounts::table)
        .filter(campaigns::id.eq(campaign))
        .select((campaigns::name, campaigns::from_name, mail_accounts::address.nullable(), campaigns::schedule))
        .first(conn)
        .optional()?;
    Ok(row.map(|(name, from_name, address, schedule)| (name, from_name, address.unwrap_or_default(), schedule.0.zone)))
}

/// Whether there is a template of this kind that is offered in the campaign; without one, in all.
pub fn is_offered(
    conn: &mut Connection,
    template: TemplateId,
    kind: TemplateKind,
    campaign: Option<CampaignId>,
) -> QueryResult<bool> {
    let found = templates::table.find(template).filter(templates::kind.eq(kind));
    match campaign {
        None => select(exists(found.filter(templates::campaign_id.is_null()))).get_result(conn),
        Some(campaign) => {
            let offered = templates::campaign_id.is_null().or(templates::campaign_id.eq(campaign));
            select(exists(found.filter(offered))).get_result(conn)
        }
    }
}

/// Stores a new template with its first version.
pub fn insert(
    conn: &mut Connection,
    input: &TemplateInput,
    content: &NewVersion,
    author: UserId,
    now: Timestamp,
) -> QueryResult<TemplateId> {
    let id: TemplateId = diesel::insert_into(templates::table)
        .values((
            templates::kind.eq(input.kind),
            templates::campaign_id.eq(input.campaign_id),
            templates::name.eq(&input.name),
            templates::name_folded.eq(fold(&input.name)),
            templates::shortcut.eq(input.shortcut.as_deref().map(shortcut_form)),
            templates::images.eq(input.images),
            templates::number.eq(1),
            templates::created_at.eq(now),
            templates::updated_at.eq(now),
            templates::version.eq(1_i64),
        ))
        .returning(templates::id)
        .get_result(conn)?;
    insert_version(conn, id, 1, content, author, now)?;
    Ok(id)
}

/// What a save sets besides the content.
#[derive(Debug, Clone)]
pub struct Meta<'m> {
    pub name: &'m str,
    pub campaign: Option<CampaignId>,
    pub shortcut: Option<String>,
    pub images: ImageDelivery,
}

/// Stores what changed in a template, with a further version where there is one.
pub fn update(
    conn: &mut Connection,
    row: &TemplateRow,
    meta: &Meta<'_>,
    content: Option<&NewVersion>,
    author: UserId,
    now: Timestamp,
) -> QueryResult<()> {
    let number = row.number.saturating_add(i32::from(content.is_some()));
    diesel::update(templates::table.find(row.id))
        .set((
            templates::campaign_id.eq(meta.campaign),
            templates::name.eq(meta.name),
            templates::name_folded.eq(fold(meta.name)),
            templates::shortcut.eq(&meta.shortcut),
            templates::images.eq(meta.images),
            templates::number.eq(number),
            templates::updated_at.eq(now),
            templates::version.eq(row.version.saturating_add(1)),
        ))
        .execute(conn)?;
    match content {
        Some(content) => insert_version(conn, row.id, number, content, author, now),
        None => Ok(()),
    }
}

fn insert_version(
    conn: &mut Connection,
    template: TemplateId,
    number: i32,
    content: &NewVersion,
    author: UserId,
    now: Timestamp,
) -> QueryResult<()> {
    let id: TemplateVersionId = diesel::insert_into(template_versions::table)
        .values((
            template_versions::template_id.eq(template),
            template_versions::number.eq(number),
            template_versions::subject.eq(&content.subject),
            template_versions::format.eq(content.format),
            template_versions::source.eq(&content.source),
            template_versions::css.eq(&content.css),
            template_versions::html.eq(&content.html),
            template_versions::plain.eq(&content.plain),
            template_versions::author_id.eq(author),
            template_versions::created_at.eq(now),
        ))
        .returning(template_versions::id)
        .get_result(conn)?;
    for image in images(conn, &content.pictures)? {
        diesel::insert_into(template_version_images::table)
            .values((template_version_images::version_id.eq(id), template_version_images::image_id.eq(image.id)))
            .execute(conn)?;
    }
    Ok(())
}

/// Removes a template with its versions. Its pictures go with the sweep.
pub fn delete(conn: &mut Connection, id: TemplateId) -> QueryResult<()> {
    let versions = template_versions::table.filter(template_versions::template_id.eq(id));
    let ids: Vec<TemplateVersionId> = versions.select(template_versions::id).load(conn)?;
    for some in ids.chunks(500) {
        diesel::delete(template_version_images::table.filter(template_version_images::version_id.eq_any(some)))
            .execute(conn)?;
    }
    diesel::delete(versions).execute(conn)?;
    diesel::delete(templates::table.find(id)).execute(conn)?;
    Ok(())
}

/// Pictures by their tokens.
pub fn images(conn: &mut Connection, tokens: &[String]) -> QueryResult<Vec<ImageRow>> {
    template_images::table
        .filter(template_images::token.eq_any(tokens))
        .order(template_images::id.asc())
        .select(ImageRow::as_select())
        .load(conn)
}

/// Stores a picture.
pub fn insert_image(
    conn: &mut Connection,
    image: &ImageRow,
    author: UserId,
    now: Timestamp,
) -> QueryResult<TemplateImageId> {
    diesel::insert_into(template_images::table)
        .values((
            template_images::token.eq(&image.token),
            template_images::name.eq(&image.name),
            template_images::content_type.eq(&image.content_type),
            template_images::size.eq(image.size),
            template_images::sha256.eq(&image.sha256),
            template_images::author_id.eq(author),
            template_images::created_at.eq(now),
        ))
        .returning(template_images::id)
        .get_result(conn)
}

/// Forgets pictures from before `before` that no version shows; their blobs are collected after.
pub fn forget_images(conn: &mut Connection, before: Timestamp) -> QueryResult<usize> {
    let shown = template_version_images::table.filter(template_version_images::image_id.eq(template_images::id));
    let ids: Vec<TemplateImageId> = template_images::table
        .filter(template_images::created_at.lt(before))
        .filter(not(exists(shown)))
        .limit(1_000)
        .select(template_images::id)
        .load(conn)?;
    diesel::delete(template_images::table.filter(template_images::id.eq_any(ids))).execute(conn)
}
