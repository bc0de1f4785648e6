//! The use cases of operators. Nothing is written but who read others' mail (A10).

use super::queries;
use crate::{
    campaigns::must_see,
    files::Link,
    kernel::{
        Core, Result,
        audit::{self, Entry},
        db::Connection,
        http::{auth::Principal, cursor},
    },
};
use shared::{
    api::operations::{AuditCheck, AuditView, MailboxLedger, QuarantineView},
    ids::{AuditId, CampaignId, MailboxId, QuarantineId},
    page::{Page, PageQuery},
    permission::CampaignScope,
};

/// Views of what runs.
#[derive(Debug, Clone)]
pub struct Service {
    core: Core,
}

impl Service {
    /// The room's use cases.
    #[must_use]
    pub fn new(core: Core) -> Self {
        Self { core }
    }

    /// The mailboxes of a campaign with their ledger.
    ///
    /// # Errors
    /// `not_found`, `bad_cursor`, a limit out of range; the database's.
    pub async fn mailboxes(
        &self,
        scope: CampaignScope,
        campaign: CampaignId,
        page: PageQuery,
    ) -> Result<Page<MailboxLedger>> {
        let limit = cursor::limit(page.limit)?;
        let after = cursor::read(page.cursor.as_deref())?.unwrap_or(MailboxId(0));
        self.core
            .db
            .read(move |conn| {
                must_see(conn, &scope, campaign)?;
                let rows = queries::mailboxes(conn, campaign, after, limit.saturating_add(1))?;
                Ok(cursor::page(rows, limit, |row| row.id))
            })
            .await
    }

    /// The mails of a campaign that were set aside, newest first, each with a signed link to its source. Who gets such
    /// links is recorded.
    ///
    /// # Errors
    /// As [`Self::mailboxes`].
    pub async fn quarantine(
        &self,
        caller: Principal,
        campaign: CampaignId,
        page: PageQuery,
    ) -> Result<Page<QuarantineView>> {
        let limit = cursor::limit(page.limit)?;
        let before = cursor::read(page.cursor.as_deref())?.unwrap_or(QuarantineId(i64::MAX));
        let scope = caller.scope.clone();
        let rows = self.core.db.read(move |conn| {
            must_see(conn, &scope, campaign)?;
            Ok(queries::quarantine(conn, campaign, before, limit.saturating_add(1))?)
        });
        let mut page = cursor::page(rows.await?, limit, |row| row.id);
        let now = self.core.now();
        for row in &mut page.items {
            let link = row.source_sha256.as_ref().map(|blob| Link {
                blob: blob.clone(),
                part: None,
                name: format!("quarantine-{}.eml", row.id),
                content_type: "message/rfc822".into(),
                inline: false,
                content_id: None,
            });
            row.source_url = link.map(|link| link.url(&self.core, now));
        }
        if !page.items.is_empty() {
            let entry = move |conn: &mut Connection| {
                let entry = Entry {
                    actor: Some(caller.user_id),
                    action: "operations.read_quarantine",
                    object: "campaign",
                    object_id: Some(campaign.0),
                    detail: serde_json::Value::Null,
                };
                Ok(audit::record(conn, now, &entry)?)
            };
            self.core.db.write(entry).await?;
        }
        Ok(page)
    }

    /// The audit log, newest first.
    ///
    /// # Errors
    /// `bad_cursor`, a limit out of range; the database's.
    pub async fn audit(&self, page: PageQuery) -> Result<Page<AuditView>> {
        let limit = cursor::limit(page.limit)?;
        let before: Option<AuditId> = cursor::read(page.cursor.as_deref())?;
        self.core
            .db
            .read(move |conn| {
                let rows = audit::list(conn, before, limit.saturating_add(1))?;
                Ok(cursor::page(rows, limit, |row| row.id))
            })
            .await
    }

    /// Whether the audit log is whole: walks it all.
    ///
    /// # Errors
    /// The database's.
    pub async fn check_audit(&self) -> Result<AuditCheck> {
        self.core.db.read(audit::verify).await
    }
}
