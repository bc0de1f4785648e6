//! Reading mail: a conversation as it opens, its older messages, a single one. Reading what another handles is audited
//! (A10).

use super::{Service, record};
use crate::{
    conversations::{access, contacts, messages, timeline, tray},
    kernel::{
        Core, Result,
        db::{
            Connection,
            schema::{campaigns, conversations, mail_accounts},
        },
        http::{auth::Principal, cursor},
    },
};
use diesel::prelude::*;
use shared::{
    api::conversations::{ConversationView, MessageView},
    ids::{ConversationId, MessageId},
    page::{Page, PageQuery},
    time::Timestamp,
};

/// Most messages that open with a conversation.
const WINDOW: i64 = 200;

impl Service {
    /// A conversation with its newest messages.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn conversation(&self, caller: Principal, id: ConversationId) -> Result<ConversationView> {
        let (core, now, asker) = (self.core.clone(), self.core.now(), caller.clone());
        let takes = std::sync::Arc::clone(&self.takes);
        let view = self
            .core
            .db
            .read(move |conn| {
                access::readable(conn, &asker, id)?;
                let mut view = conversation(conn, &core, id, now)?;
                takes.mark(conn, &asker, std::slice::from_mut(&mut view.interaction), now)?;
                Ok(view)
            })
            .await?;
        if view.interaction.agent_id != Some(caller.user_id) {
            self.note_reading(caller, "conversation", id.0, now).await?;
        }
        Ok(view)
    }

    /// Messages of a conversation, newest first.
    ///
    /// # Errors
    /// `not_found`, `bad_cursor`, a limit out of range.
    pub async fn messages(&self, caller: Principal, id: ConversationId, page: PageQuery) -> Result<Page<MessageView>> {
        let limit = cursor::limit(page.limit)?;
        let before: Option<MessageId> = cursor::read(page.cursor.as_deref())?;
        let (core, now, asker) = (self.core.clone(), self.core.now(), caller.clone());
        let (rows, holder) = self
            .core
            .db
            .read(move |conn| {
                access::readable(conn, &asker, id)?;
                let rows = messages::of_conversation(conn, &core, id, before, limit.saturating_add(1), now)?;
                Ok((rows, tray::holder(conn, id)?))
            })
            .await?;
        if holder != Some(caller.user_id) {
            self.note_reading(caller, "conversation", id.0, now).await?;
        }
        Ok(cursor::page(rows, limit, |message| message.id))
    }

    /// One message.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn message(&self, caller: Principal, id: MessageId) -> Result<MessageView> {
        let (core, now, asker) = (self.core.clone(), self.core.now(), caller.clone());
        let (view, holder) = self
            .core
            .db
            .read(move |conn| {
                let row = messages::row(conn, id)?;
                access::readable(conn, &asker, row.conversation_id)?;
                let view = messages::one(conn, &core, id, now)?;
                Ok((view, tray::holder(conn, row.conversation_id)?))
            })
            .await?;
        if holder != Some(caller.user_id) {
            self.note_reading(caller, "message", id.0, now).await?;
        }
        Ok(view)
    }

    async fn note_reading(&self, caller: Principal, object: &'static str, id: i64, now: Timestamp) -> Result<()> {
        self.core.db.write(move |conn| record(conn, &caller, "conversations.read", object, id, now)).await
    }
}

fn conversation(conn: &mut Connection, core: &Core, id: ConversationId, now: Timestamp) -> Result<ConversationView> {
    let (campaign_id, campaign_name, campaign_address, contact, subject, version) = conversations::table
        .inner_join(campaigns::table.inner_join(mail_accounts::table))
        .filter(conversations::id.eq(id))
        .select((
            campaigns::id,
            campaigns::name,
            mail_accounts::address,
            conversations::contact_id,
            conversations::subject,
            conversations::version,
        ))
        .first(conn)?;
    let newest = messages::of_conversation(conn, core, id, None, WINDOW.saturating_add(1), now)?;
    let Page { items: mut messages, next_cursor } = cursor::page(newest, WINDOW, |message| message.id);
    messages.reverse();
    Ok(ConversationView {
        id,
        campaign_id,
        campaign_name,
        campaign_address,
        contact: contacts::one(conn, contact)?,
        subject,
        interaction: tray::current(conn, id)?,
        messages,
        older_cursor: next_cursor,
        timeline: timeline::of_conversation(conn, id)?,
        version,
    })
}
