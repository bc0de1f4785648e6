//! The use cases of templates.

use super::{
    InUse,
    content::Content,
    facts::{self, Facts},
    frames, images,
    queries::{self, Filter, ListKey, Meta},
    render::{look, render},
    rows::{ImageRow, NewVersion, TemplateRow, VersionRow},
};
use crate::kernel::{
    Core, Error, Result,
    audit::{self, Entry},
    db::{Connection, connection::blocking},
    events::{self, Audience},
    http::{auth::Principal, cursor, extract::IfMatch, idempotency::Once},
    secrets::hex,
    storage::Blobs,
};
use crate::{files::links::judge_type, mail::parse::safe_file_name};
use serde_json::json;
use shared::{
    api::templates::{
        PreviewTemplate, TemplateImage, TemplateInput, TemplateKind, TemplatePreview, TemplateQuery, TemplateSummary,
        TemplateUse, TemplateVariables, TemplateVersionSummary, TemplateVersionView, TemplateView,
    },
    error::ErrorCode,
    ids::{CampaignId, TemplateId, UserId},
    live::LiveEvent,
    page::{Page, PageQuery},
    permission::Permission,
    time::Timestamp,
    validate::{Issues, Rule, Validate},
};
use std::sync::Arc;

/// Largest picture, in octets: a mail that carries several must still be taken.
pub const MAX_IMAGE: usize = 5 * 1024 * 1024;

/// Templates.
#[derive(Clone)]
pub struct Service {
    core: Core,
    users: Arc<Vec<Arc<dyn InUse>>>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("templates::Service")
    }
}

impl Service {
    /// The room's use cases; `users` are the rooms that use templates.
    #[must_use]
    pub fn new(core: Core, users: Vec<Arc<dyn InUse>>) -> Self {
        Self { core, users: Arc::new(users) }
    }

    /// Templates that the caller reads, by name.
    ///
    /// # Errors
    /// `bad_cursor`, a limit out of range; the database's.
    pub async fn list(&self, caller: Principal, query: TemplateQuery) -> Result<Page<TemplateSummary>> {
        let limit = cursor::limit(query.limit)?;
        let after: Option<ListKey> = cursor::read(query.cursor.as_deref())?;
        let filter = Filter { kind: query.kind, campaign: query.campaign_id, search: query.search };
        self.core
            .db
            .read(move |conn| {
                let reach = queries::reach(conn, &caller)?;
                let rows = queries::list(conn, &reach, &filter, after.clone(), limit.saturating_add(1))?;
                let page = cursor::page(rows, limit, |(key, _)| key.clone());
                Ok(Page {
                    items: page.items.into_iter().map(|(_, item)| item).collect(),
                    next_cursor: page.next_cursor,
                })
            })
            .await
    }

    /// One template.
    ///
    /// # Errors
    /// `not_found`; the database's.
    pub async fn get(&self, caller: Principal, id: TemplateId) -> Result<TemplateView> {
        let this = self.clone();
        self.core
            .db
            .read(move |conn| {
                let reach = queries::reach(conn, &caller)?;
                let row = queries::readable(conn, &reach, id)?;
                this.view(conn, row)
            })
            .await
    }

    /// Stores a new template.
    ///
    /// # Errors
    /// `invalid` with every broken rule; the database's.
    pub async fn create(&self, actor: UserId, input: TemplateInput, once: Option<Once>) -> Result<TemplateView> {
        let content = rendered(&input).await?;
        let this = self.clone();
        self.core
            .db
            .write(move |conn| match &once {
                Some(once) => once.run(conn, this.core.now(), |conn| this.insert(conn, actor, &input, &content)),
                None => this.insert(conn, actor, &input, &content),
            })
            .await
    }

    fn insert(
        &self,
        conn: &mut Connection,
        actor: UserId,
        input: &TemplateInput,
        content: &NewVersion,
    ) -> Result<TemplateView> {
        queries::lock(conn)?;
        judge(conn, input, None)?;
        let now = self.core.now();
        let id = queries::insert(conn, input, content, actor, now)?;
        let detail = json!({ "name": input.name, "kind": input.kind, "campaign_id": input.campaign_id });
        note(conn, now, actor, "templates.create", id, detail)?;
        let row = queries::template(conn, id)?;
        tell(conn, now, &row)?;
        self.view(conn, row)
    }

    /// Replaces a template; what it said stays as an earlier version. A save that says the same makes no version.
    ///
    /// # Errors
    /// `not_found`, `version_mismatch`, `in_use` where it would be taken from a campaign that uses it, and as
    /// [`Self::create`].
    pub async fn update(
        &self,
        actor: UserId,
        id: TemplateId,
        if_match: IfMatch,
        input: TemplateInput,
    ) -> Result<TemplateView> {
        let content = rendered(&input).await?;
        let this = self.clone();
        self.core
            .db
            .write(move |conn| {
                queries::lock(conn)?;
                let row = queries::template(conn, id)?;
                if_match.check(row.version)?;
                judge(conn, &input, Some(&row))?;
                if input.campaign_id.is_some() && input.campaign_id != row.campaign_id {
                    let foreign = |one: &TemplateUse| one.campaign_id != input.campaign_id;
                    refuse_used(this.uses(conn, id)?.into_iter().filter(foreign))?;
                }
                let before = queries::version(conn, id, row.number)?;
                let changed = (!content.is(&before)).then_some(&content);
                let meta = Meta {
                    name: &input.name,
                    campaign: input.campaign_id,
                    shortcut: input.shortcut.as_deref().map(queries::shortcut_form),
                    images: input.images,
                };
                this.save(conn, actor, &row, &meta, changed, "templates.update")
            })
            .await
    }

    /// Makes what an earlier version said the newest.
    ///
    /// # Errors
    /// `not_found`, `version_mismatch`; the database's.
    pub async fn restore(&self, actor: UserId, id: TemplateId, number: i32, if_match: IfMatch) -> Result<TemplateView> {
        let this = self.clone();
        self.core
            .db
            .write(move |conn| {
                queries::lock(conn)?;
                let row = queries::template(conn, id)?;
                if_match.check(row.version)?;
                let content = NewVersion::from(queries::version(conn, id, number)?);
                let before = queries::version(conn, id, row.number)?;
                let changed = (!content.is(&before)).then_some(&content);
                let meta = Meta {
                    name: &row.name,
                    campaign: row.campaign_id,
                    shortcut: row.shortcut.clone(),
                    images: row.images,
                };
                this.save(conn, actor, &row, &meta, changed, "templates.restore")
            })
            .await
    }

    fn save(
        &self,
        conn: &mut Connection,
        actor: UserId,
        row: &TemplateRow,
        meta: &Meta<'_>,
        content: Option<&NewVersion>,
        action: &str,
    ) -> Result<TemplateView> {
        let now = self.core.now();
        queries::update(conn, row, meta, content, actor, now)?;
        let after = queries::template(conn, row.id)?;
        let detail = json!({ "name": after.name, "campaign_id": after.campaign_id, "number": after.number });
        note(conn, now, actor, action, row.id, detail)?;
        tell(conn, now, &after)?;
        self.view(conn, after)
    }

    /// Makes a copy under another name, without the shortcut.
    ///
    /// # Errors
    /// `not_found`, `invalid`; the database's.
    pub async fn duplicate(&self, actor: UserId, id: TemplateId, name: String) -> Result<TemplateView> {
        let this = self.clone();
        self.core
            .db
            .write(move |conn| {
                let row = queries::template(conn, id)?;
                let version = queries::version(conn, id, row.number)?;
                let content = NewVersion::from(version);
                let input = TemplateInput {
                    kind: row.kind,
                    name: name.clone(),
                    campaign_id: row.campaign_id,
                    shortcut: None,
                    images: row.images,
                    subject: content.subject.clone(),
                    format: content.format,
                    source: content.source.clone(),
                    text: content.plain.clone(),
                };
                this.insert(conn, actor, &input, &content)
            })
            .await
    }

    /// Deletes a template that nothing uses.
    ///
    /// # Errors
    /// `not_found`; `in_use`: says where; the database's.
    pub async fn delete(&self, actor: UserId, id: TemplateId) -> Result<()> {
        let this = self.clone();
        self.core
            .db
            .write(move |conn| {
                queries::lock(conn)?;
                let row = queries::template(conn, id)?;
                refuse_used(this.uses(conn, id)?.into_iter())?;
                queries::delete(conn, id)?;
                let now = this.core.now();
                note(conn, now, actor, "templates.delete", id, json!({ "name": row.name, "kind": row.kind }))?;
                tell(conn, now, &row)
            })
            .await
    }

    /// Versions of a template, the newest first.
    ///
    /// # Errors
    /// `not_found`, `bad_cursor`; the database's.
    pub async fn versions(
        &self,
        caller: Principal,
        id: TemplateId,
        page: PageQuery,
    ) -> Result<Page<TemplateVersionSummary>> {
        let limit = cursor::limit(page.limit)?;
        let before: Option<i32> = cursor::read(page.cursor.as_deref())?;
        self.core
            .db
            .read(move |conn| {
                let reach = queries::reach(conn, &caller)?;
                queries::readable(conn, &reach, id)?;
                let rows = queries::versions(conn, id, before, limit.saturating_add(1))?;
                Ok(cursor::page(rows, limit, |row| row.number))
            })
            .await
    }

    /// One version of a template.
    ///
    /// # Errors
    /// `not_found`; the database's.
    pub async fn version(&self, caller: Principal, id: TemplateId, number: i32) -> Result<TemplateVersionView> {
        let this = self.clone();
        self.core
            .db
            .read(move |conn| {
                let reach = queries::reach(conn, &caller)?;
                let row = queries::readable(conn, &reach, id)?;
                let version = queries::version(conn, id, number)?;
                this.version_view(conn, row.kind, version)
            })
            .await
    }

    /// The variables of a kind.
    #[must_use]
    pub fn variables(&self, kind: TemplateKind) -> TemplateVariables {
        let now = self.core.now();
        let mut items = facts::variables(kind);
        let samples = Facts::sample(now);
        for item in &mut items {
            if let Some(value) = samples.value(kind, &item.name) {
                item.sample = value;
            }
        }
        TemplateVariables { items, others_from_rows: kind == TemplateKind::MassMail }
    }

    /// How something unsaved would look, with sample data.
    ///
    /// # Errors
    /// `invalid`: it cannot be rendered, or names no campaign; the database's, the storage's.
    pub async fn preview(&self, request: PreviewTemplate) -> Result<TemplatePreview> {
        let now = self.core.now();
        let (kind, format, source) = (request.kind, request.format, request.source.clone());
        let design = blocking(move || render(kind, format, &source)).await?;
        let tokens = images::tokens(&design.html);
        let campaign = request.campaign_id;
        let (there, facts) = self
            .core
            .db
            .read(move |conn| {
                let facts = sample_for(conn, campaign, now)?;
                let there: Vec<String> = queries::images(conn, &tokens)?.into_iter().map(|image| image.token).collect();
                Ok((there, facts))
            })
            .await?;
        let warnings = look(kind, &request.source, &request.subject, &design, request.text.as_deref(), &there);
        let content = Content {
            version: shared::ids::TemplateVersionId(0),
            kind,
            name: String::new(),
            campaign,
            images: shared::api::templates::ImageDelivery::Inline,
            subject: request.subject,
            design,
            own_text: request.text,
        };
        let filled = blocking(move || Ok(content.filled_with(&|name| sample(&facts, kind, name)))).await?;
        let frame_url = frames::of_preview(&self.core, kind, &filled.design, now).await?;
        let size = filled.design.document(&filled.subject, "").len();
        Ok(TemplatePreview {
            subject: filled.subject,
            html: images::shown(&filled.design.html),
            text: filled.text,
            frame_url,
            size: u32::try_from(size).unwrap_or(u32::MAX),
            warnings,
        })
    }

    /// The page of a frame's signed URL.
    ///
    /// # Errors
    /// `link_expired`.
    pub async fn frame(&self, token: &str) -> Result<String> {
        frames::open(&self.core, token).await
    }

    /// Stores a picture for templates.
    ///
    /// # Errors
    /// `invalid`: it is no picture of a kind that mail programs show; the storage's.
    pub async fn upload(&self, actor: UserId, name: &str, bytes: Vec<u8>) -> Result<TemplateImage> {
        let content_type = judge_type(&bytes, "", "");
        if !matches!(content_type.as_str(), "image/png" | "image/jpeg" | "image/gif" | "image/webp") {
            return Err(Error::field("file", Rule::WrongType, "must be a PNG, JPEG, GIF or WebP picture"));
        }
        let blob = self.core.blobs.put(bytes).await?;
        let image = ImageRow {
            id: shared::ids::TemplateImageId(0),
            token: hex(&rand::random::<[u8; 16]>()),
            name: safe_file_name(name),
            content_type,
            size: blob.size,
            sha256: blob.sha256.clone(),
        };
        let core = self.core.clone();
        self.core
            .db
            .write(move |conn| {
                let now = core.now();
                Blobs::register(conn, &blob, now)?;
                let id = queries::insert_image(conn, &image, actor, now)?;
                let detail = json!({ "name": image.name, "size": image.size });
                let entry = Entry {
                    actor: Some(actor),
                    action: "templates.add_image",
                    object: "template_image",
                    object_id: Some(id.0),
                    detail,
                };
                audit::record(conn, now, &entry)?;
                Ok(TemplateImage {
                    url: format!("{}{}", images::PATH, image.token),
                    name: image.name.clone(),
                    content_type: image.content_type.clone(),
                    size: image.size,
                })
            })
            .await
    }

    /// A picture by its token: media type and content.
    ///
    /// # Errors
    /// `link_expired`; the storage's.
    pub async fn image(&self, token: String) -> Result<(String, Vec<u8>)> {
        let found = self.core.db.read(move |conn| Ok(queries::images(conn, &[token])?.pop())).await?;
        let image = found.ok_or(ErrorCode::LinkExpired)?;
        Ok((image.content_type, self.core.blobs.get(&image.sha256).await?))
    }

    /// Forgets pictures that no version has shown for a day.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep(&self, before: Timestamp) -> Result<usize> {
        self.core.db.write(move |conn| Ok(queries::forget_images(conn, before)?)).await
    }

    fn uses(&self, conn: &mut Connection, id: TemplateId) -> Result<Vec<TemplateUse>> {
        let mut uses = Vec::new();
        for room in self.users.iter() {
            uses.extend(room.uses(conn, id)?);
        }
        Ok(uses)
    }

    fn view(&self, conn: &mut Connection, row: TemplateRow) -> Result<TemplateView> {
        let version = queries::version(conn, row.id, row.number)?;
        let campaign_name = match row.campaign_id {
            Some(campaign) => queries::campaign_facts(conn, campaign)?.map(|(name, ..)| name),
            None => None,
        };
        Ok(TemplateView {
            used_by: self.uses(conn, row.id)?,
            content: self.version_view(conn, row.kind, version)?,
            id: row.id,
            kind: row.kind,
            name: row.name,
            campaign_id: row.campaign_id,
            campaign_name,
            shortcut: row.shortcut,
            images: row.images,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        })
    }

    fn version_view(
        &self,
        conn: &mut Connection,
        kind: TemplateKind,
        version: VersionRow,
    ) -> Result<TemplateVersionView> {
        let frame_url = frames::of_version(&self.core, version.id, self.core.now());
        let author_name = queries::user_name(conn, version.author_id)?;
        let tokens = images::tokens(&version.html);
        let there: Vec<String> = queries::images(conn, &tokens)?.into_iter().map(|image| image.token).collect();
        let design = crate::mail::design::Design { css: version.css, html: version.html };
        let warnings = look(kind, &version.source, &version.subject, &design, version.plain.as_deref(), &there);
        Ok(TemplateVersionView {
            number: version.number,
            subject: version.subject,
            format: version.format,
            source: version.source,
            text: version.plain.clone().unwrap_or_else(|| design.text()),
            html: images::shown(&design.html),
            own_text: version.plain.is_some(),
            warnings,
            frame_url,
            author_id: version.author_id,
            author_name,
            created_at: version.created_at,
        })
    }
}

/// A sample value; a row of a list has what it likes.
fn sample(facts: &Facts, kind: TemplateKind, name: &str) -> Option<String> {
    let known = facts.value(kind, name);
    if kind == TemplateKind::MassMail { known.or_else(|| Some(format!("[{name}]"))) } else { known }
}

/// Samples with the words of a campaign.
fn sample_for(conn: &mut Connection, campaign: Option<CampaignId>, now: Timestamp) -> Result<Facts> {
    let mut facts = Facts::sample(now);
    if let Some(campaign) = campaign {
        let found = queries::campaign_facts(conn, campaign)?;
        let (name, from_name, address, zone) =
            found.ok_or_else(|| Error::field("campaign_id", Rule::UnknownValue, "there is no such campaign"))?;
        facts = Facts { campaign_name: name, from_name, campaign_address: address, zone, ..facts };
    }
    Ok(facts)
}

/// The content of a form, rendered. What is wrong with the rest of the form is told by [`judge`], with this.
async fn rendered(input: &TemplateInput) -> Result<NewVersion> {
    let mut issues = Issues::default();
    input.validate(&mut issues);
    issues.into_result().map_err(Error::invalid)?;
    let (kind, format, source) = (input.kind, input.format, input.source.clone());
    let design = blocking(move || render(kind, format, &source)).await?;
    Ok(NewVersion {
        subject: input.subject.clone(),
        format: input.format,
        source: input.source.clone(),
        pictures: images::tokens(&design.html),
        css: design.css,
        html: design.html,
        plain: input.text.clone().filter(|text| !text.trim().is_empty()),
    })
}

/// The rules that only the database knows.
fn judge(conn: &mut Connection, input: &TemplateInput, known: Option<&TemplateRow>) -> Result<()> {
    let mut issues = Issues::default();
    input.validate(&mut issues);
    let id = known.map(|row| row.id);
    if known.is_some_and(|row| row.kind != input.kind) {
        issues.add("kind", Rule::Inconsistent, "stays as the template was created");
    }
    if !issues.has("name") && queries::name_is_taken(conn, &input.name, id)? {
        issues.add("name", Rule::NotUnique, "another template has this name");
    }
    if let Some(campaign) = input.campaign_id
        && queries::campaign_facts(conn, campaign)?.is_none()
    {
        issues.add("campaign_id", Rule::UnknownValue, "there is no such campaign");
    }
    if let Some(shortcut) = &input.shortcut
        && !issues.has("shortcut")
        && queries::shortcut_is_taken(conn, shortcut, input.campaign_id, id)?
    {
        issues.add("shortcut", Rule::NotUnique, "another template that is offered beside it has this shortcut");
    }
    issues.into_result().map_err(Error::invalid)
}

fn refuse_used(uses: impl Iterator<Item = TemplateUse>) -> Result<()> {
    let named: Vec<String> = uses.map(|one| format!("{} of {}", one.role, one.name)).collect();
    if named.is_empty() {
        return Ok(());
    }
    Err(Error::detailed(ErrorCode::InUse, format!("it is used as {}", named.join(", "))))
}

fn note(
    conn: &mut Connection,
    now: Timestamp,
    actor: UserId,
    action: &str,
    template: TemplateId,
    detail: serde_json::Value,
) -> Result<()> {
    let entry = Entry { actor: Some(actor), action, object: "template", object_id: Some(template.0), detail };
    Ok(audit::record(conn, now, &entry)?)
}

/// Tells whoever edits or reads templates; what it says is asked for, by those who may.
fn tell(conn: &mut Connection, now: Timestamp, row: &TemplateRow) -> Result<()> {
    let audience = Audience { users: Vec::new(), permission: Permission::TemplatesRead, campaign: row.campaign_id };
    Ok(events::append(conn, now, &audience, &LiveEvent::TemplateChanged { template_id: row.id })?)
}
