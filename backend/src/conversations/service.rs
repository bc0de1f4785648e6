//! Use cases of this room, and the only opener of its write transactions.

mod drafting;
mod organising;
mod reading;
mod templates;

use super::{
    access, contacts, drafts,
    interactions::{self, Before},
    messages,
    take_back::{self, TakenBack},
    timeline,
    tray::{self, Filter, Listing},
};
use crate::{
    kernel::{
        Core, Error, Result,
        audit::{self, Entry},
        db::Connection,
        http::{auth::Principal, cursor, extract::IfMatch},
    },
    outbox, presence,
};
use shared::{
    api::{
        contacts::{ContactView, UpdateContact},
        conversations::MessageView,
        drafts::CancelledSend,
        interactions::{
            FinishInteraction, InteractionCounts, InteractionQuery, InteractionState, InteractionSummary, SetPriority,
        },
    },
    error::ErrorCode,
    ids::{ContactId, InteractionId, MessageId},
    page::Page,
    permission::Role,
    time::Timestamp,
    validate::Issues,
};
use std::{fmt::Debug, sync::Arc, time::Duration};

/// What the room above knows of what waits: whether the caller may take it.
pub trait Takes: Debug + Send + Sync {
    /// Says so on each of the rows that wait.
    ///
    /// # Errors
    /// The database's.
    fn mark(
        &self,
        conn: &mut Connection,
        caller: &Principal,
        rows: &mut [InteractionSummary],
        now: Timestamp,
    ) -> Result<()>;
}

/// Conversations, interactions, messages, drafts.
#[derive(Debug, Clone)]
pub struct Service {
    core: Core,
    takes: Arc<dyn Takes>,
}

impl Service {
    /// A service over the kernel's parts, and what the room above knows of the queue.
    #[must_use]
    pub fn new(core: Core, takes: Arc<dyn Takes>) -> Self {
        Self { core, takes }
    }

    /// Interactions that the caller may see: an agent's own and the waiting ones of his campaigns; a supervisor's all.
    ///
    /// # Errors
    /// `bad_cursor`, field errors.
    pub async fn interactions(&self, caller: Principal, query: InteractionQuery) -> Result<Page<InteractionSummary>> {
        let limit = cursor::limit(query.limit)?;
        let listing = Listing::of(query.state, query.cursor.as_deref())?;
        let mut issues = Issues::default();
        issues.single_line("search", query.search.as_deref().unwrap_or(""), 0, 200);
        issues.into_result().map_err(Error::invalid)?;
        let (takes, now) = (Arc::clone(&self.takes), self.core.now());
        let rows = self
            .core
            .db
            .read(move |conn| {
                let mut campaigns = access::readable_campaigns(conn, &caller)?;
                // An agent sees others' work only as history of a customer of his campaigns, and the queue.
                let shared = query.state == Some(InteractionState::Waiting) || query.contact_id.is_some();
                let mine = query.mine.unwrap_or(false) || (caller.role == Role::Agent && !shared);
                if let Some(wanted) = query.campaign_id {
                    let allowed = campaigns.as_ref().is_none_or(|list| list.contains(&wanted));
                    campaigns = Some(if allowed || mine { vec![wanted] } else { Vec::new() });
                } else if mine {
                    campaigns = None;
                }
                let filter = Filter {
                    state: query.state,
                    agent: mine.then_some(caller.user_id),
                    campaigns,
                    contact: query.contact_id,
                    search: query.search,
                };
                let mut rows = tray::list(conn, &filter, listing, limit.saturating_add(1))?;
                takes.mark(conn, &caller, &mut rows, now)?;
                Ok(rows)
            })
            .await?;
        Ok(listing.page(rows, limit))
    }

    /// How many interactions wait in the campaigns that the caller may see.
    ///
    /// # Errors
    /// The database's.
    pub async fn interaction_counts(&self, caller: Principal) -> Result<InteractionCounts> {
        self.core
            .db
            .read(move |conn| {
                let campaigns = access::readable_campaigns(conn, &caller)?;
                Ok(InteractionCounts { waiting: tray::waiting(conn, campaigns.as_deref())? })
            })
            .await
    }

    /// One interaction.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn interaction(&self, caller: Principal, id: InteractionId) -> Result<InteractionSummary> {
        let (takes, now) = (Arc::clone(&self.takes), self.core.now());
        self.core
            .db
            .read(move |conn| {
                access::readable_interaction(conn, &caller, id)?;
                let mut row = tray::one(conn, id)?;
                takes.mark(conn, &caller, std::slice::from_mut(&mut row), now)?;
                Ok(row)
            })
            .await
    }

    /// Its holder has it before his eyes.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn open_interaction(&self, caller: Principal, id: InteractionId) -> Result<InteractionSummary> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                access::readable_interaction(conn, &caller, id)?;
                if interactions::mark_opened(conn, id, caller.user_id, now)? {
                    interactions::announce(conn, id, Before::Same, now)?;
                }
                Ok(tray::one(conn, id)?)
            })
            .await
    }

    /// Finishes an interaction that the caller holds.
    ///
    /// # Errors
    /// `conflict`, `not_found`.
    pub async fn finish_interaction(
        &self,
        caller: Principal,
        id: InteractionId,
        wanted: FinishInteraction,
    ) -> Result<InteractionSummary> {
        let now = self.core.now();
        let offline_after = Duration::from_secs(self.core.settings.routing.offline_seconds);
        self.core
            .db
            .write(move |conn| {
                let conversation = access::readable_interaction(conn, &caller, id)?;
                let rests = interactions::finish(conn, id, caller.user_id, &wanted, now)?;
                record(conn, &caller, "conversations.finish", "interaction", id.0, now)?;
                interactions::announce(conn, id, Before::With(caller.user_id), now)?;
                timeline::announce(conn, conversation, now)?;
                if rests {
                    presence::tell(conn, caller.user_id, now, offline_after)?;
                }
                Ok(tray::one(conn, id)?)
            })
            .await
    }

    /// Changes the priority of an open interaction (S42).
    ///
    /// # Errors
    /// `conflict`: it is finished; `not_found`.
    pub async fn set_priority(
        &self,
        caller: Principal,
        id: InteractionId,
        wanted: SetPriority,
    ) -> Result<InteractionSummary> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                access::readable_interaction(conn, &caller, id)?;
                let priority = i32::try_from(wanted.priority).unwrap_or(i32::MAX);
                let before = interactions::set_priority(conn, id, priority)?;
                if before != priority {
                    let detail = serde_json::json!({ "priority": [before, priority] });
                    let (action, object) = ("conversations.set_priority", "interaction");
                    let actor = Some(caller.user_id);
                    audit::record(conn, now, &Entry { actor, action, object, object_id: Some(id.0), detail })?;
                    interactions::announce(conn, id, Before::Same, now)?;
                }
                Ok(tray::one(conn, id)?)
            })
            .await
    }

    /// Takes a mail back within its undo time.
    ///
    /// # Errors
    /// `already_sent`, `not_found`.
    pub async fn cancel_message(&self, caller: Principal, id: MessageId) -> Result<CancelledSend> {
        let (core, now) = (self.core.clone(), self.core.now());
        let offline_after = Duration::from_secs(core.settings.routing.offline_seconds);
        self.core
            .db
            .write(move |conn| {
                let TakenBack { draft, rest_ended, reopened } = take_back::cancel(conn, &caller, id, now)?;
                record(conn, &caller, "conversations.cancel", "message", id.0, now)?;
                outbox::announce(conn, id, now)?;
                if let Some(conversation) = reopened {
                    timeline::announce(conn, conversation, now)?;
                }
                if rest_ended {
                    presence::tell(conn, caller.user_id, now, offline_after)?;
                }
                let row = drafts::own(conn, &caller, draft)?;
                Ok(CancelledSend { draft: drafts::view(conn, &core, row, now)? })
            })
            .await
    }

    /// Tries a failed or waiting mail again at once.
    ///
    /// # Errors
    /// `conflict`: it neither failed nor waits; `not_found`.
    pub async fn retry_message(&self, caller: Principal, id: MessageId) -> Result<MessageView> {
        let (core, now) = (self.core.clone(), self.core.now());
        self.core
            .db
            .write(move |conn| {
                let row = messages::row(conn, id)?;
                access::readable(conn, &caller, row.conversation_id)?;
                if caller.role == Role::Agent && row.author_id != Some(caller.user_id) {
                    return Err(ErrorCode::NotFound.into());
                }
                if !outbox::retry(conn, id, now)? {
                    return Err(Error::detailed(
                        ErrorCode::Conflict,
                        "only a mail that failed or waits is tried again",
                    ));
                }
                record(conn, &caller, "conversations.retry", "message", id.0, now)?;
                outbox::announce(conn, id, now)?;
                Ok(messages::one(conn, &core, id, now)?)
            })
            .await
    }

    /// Names a customer.
    ///
    /// # Errors
    /// `not_found`, `version_mismatch`.
    pub async fn update_contact(
        &self,
        caller: Principal,
        id: ContactId,
        change: UpdateContact,
        if_match: IfMatch,
    ) -> Result<ContactView> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                let campaigns = access::readable_campaigns(conn, &caller)?;
                if !contacts::is_visible(conn, id, campaigns.as_deref())? {
                    return Err(ErrorCode::NotFound.into());
                }
                if_match.check(contacts::one(conn, id)?.version)?;
                contacts::rename(conn, id, change.name.trim())?;
                // Before the log, which holds back others until the end: mail that comes in takes these rows first, too.
                let renamed = interactions::renamed(conn, id)?;
                record(conn, &caller, "contacts.update", "contact", id.0, now)?;
                for interaction in renamed {
                    interactions::announce(conn, interaction, Before::Same, now)?;
                }
                Ok(contacts::one(conn, id)?)
            })
            .await
    }
}

fn record(
    conn: &mut Connection,
    caller: &Principal,
    action: &str,
    object: &str,
    id: i64,
    now: Timestamp,
) -> Result<()> {
    let detail = serde_json::json!({});
    audit::record(conn, now, &Entry { actor: Some(caller.user_id), action, object, object_id: Some(id), detail })?;
    Ok(())
}
