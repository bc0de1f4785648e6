//! What an agent writes: drafts, their files, sending.

use super::Service;
use crate::{
    conversations::{
        drafts::{self, NewFile},
        messages, send,
    },
    files::links::judge_type,
    kernel::{
        Result,
        http::{auth::Principal, cursor, extract::IfMatch},
        secrets::hex,
        storage::Blobs,
    },
    mail,
};
use shared::{
    api::{
        attachments::AttachmentView,
        drafts::{CreateDraft, DraftView, SendDraft, SentDraft, UpdateDraft},
    },
    ids::{AttachmentId, ConversationId, DraftId},
    page::Page,
};

impl Service {
    /// The caller's drafts.
    ///
    /// # Errors
    /// `bad_cursor`, field errors.
    pub async fn drafts(
        &self,
        caller: Principal,
        conversation: Option<ConversationId>,
        limit: Option<u32>,
        after: Option<String>,
    ) -> Result<Page<DraftView>> {
        let limit = cursor::limit(limit)?;
        let before: Option<DraftId> = cursor::read(after.as_deref())?;
        let (core, now) = (self.core.clone(), self.core.now());
        let rows = self
            .core
            .db
            .read(move |conn| {
                let rows = drafts::list(conn, &caller, conversation, before, limit.saturating_add(1))?;
                let mut views = Vec::with_capacity(rows.len());
                for row in rows {
                    views.push(drafts::view(conn, &core, row, now)?);
                }
                Ok(views)
            })
            .await?;
        Ok(cursor::page(rows, limit, |row| row.id))
    }

    /// Begins a draft, or finds the one begun.
    ///
    /// # Errors
    /// As [`drafts::create`].
    pub async fn create_draft(&self, caller: Principal, wanted: CreateDraft) -> Result<DraftView> {
        let (core, now) = (self.core.clone(), self.core.now());
        self.core
            .db
            .write(move |conn| {
                let row = drafts::create(conn, &caller, &wanted, now)?;
                Ok(drafts::view(conn, &core, row, now)?)
            })
            .await
    }

    /// One draft.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn draft(&self, caller: Principal, id: DraftId) -> Result<DraftView> {
        let (core, now) = (self.core.clone(), self.core.now());
        self.core
            .db
            .read(move |conn| {
                let row = drafts::own(conn, &caller, id)?;
                Ok(drafts::view(conn, &core, row, now)?)
            })
            .await
    }

    /// Stores what changed in a draft.
    ///
    /// # Errors
    /// `not_found`, `version_mismatch`, field errors.
    pub async fn update_draft(
        &self,
        caller: Principal,
        id: DraftId,
        change: UpdateDraft,
        if_match: IfMatch,
    ) -> Result<DraftView> {
        let (core, now) = (self.core.clone(), self.core.now());
        self.core
            .db
            .write(move |conn| {
                let row = drafts::own(conn, &caller, id)?;
                if_match.check(row.version)?;
                drafts::update(conn, &core, &caller, &row, &change, now)?;
                let row = drafts::own(conn, &caller, id)?;
                Ok(drafts::view(conn, &core, row, now)?)
            })
            .await
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn delete_draft(&self, caller: Principal, id: DraftId) -> Result<()> {
        self.core
            .db
            .write(move |conn| {
                drafts::own(conn, &caller, id)?;
                Ok(drafts::remove(conn, id)?)
            })
            .await
    }

    /// Adds a file to a draft.
    ///
    /// # Errors
    /// `not_found`, `invalid`, `storage_full`.
    pub async fn attach(
        &self,
        caller: Principal,
        id: DraftId,
        name: &str,
        declared: &str,
        bytes: Vec<u8>,
        inline: bool,
    ) -> Result<AttachmentView> {
        let (core, now) = (self.core.clone(), self.core.now());
        let owner = caller.clone();
        self.core.db.read(move |conn| drafts::own(conn, &owner, id)).await?;
        let name = mail::parse::safe_file_name(name);
        let content_type = judge_type(&bytes, declared, &name);
        let inline = inline && content_type.starts_with("image/");
        let blob = self.core.blobs.put(bytes).await?;
        let file = NewFile {
            name,
            content_type,
            size: blob.size,
            sha256: blob.sha256.clone(),
            inline,
            content_id: inline.then(|| format!("{}@posta", hex(&rand::random::<[u8; 8]>()))),
        };
        self.core
            .db
            .write(move |conn| {
                drafts::own(conn, &caller, id)?;
                Blobs::register(conn, &blob, now)?;
                let row = drafts::add_file(conn, id, &file, now)?;
                Ok(messages::attachment(&core, &row, None, now))
            })
            .await
    }

    /// Takes a file off a draft.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn detach(&self, caller: Principal, id: DraftId, file: AttachmentId) -> Result<()> {
        self.core
            .db
            .write(move |conn| {
                drafts::own(conn, &caller, id)?;
                drafts::remove_file(conn, id, file)
            })
            .await
    }

    /// Sends a draft.
    ///
    /// # Errors
    /// As [`send::send`].
    pub async fn send_draft(
        &self,
        caller: Principal,
        id: DraftId,
        wanted: SendDraft,
        key: String,
    ) -> Result<SentDraft> {
        send::send(&self.core, &caller, id, &wanted, key).await
    }
}
