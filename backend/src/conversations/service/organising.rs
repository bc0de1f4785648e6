//! Keeping order: notes, tags, dispositions, setting aside, taking back that something was finished (S106).

use super::{Service, record};
use crate::{
    conversations::{
        access, dispositions,
        interactions::{self, Before},
        snooze, tags,
        timeline::{self, Did, Spot},
        tray,
    },
    kernel::{
        Error, Result,
        audit::{self, Entry},
        db::{
            Connection,
            schema::{campaigns, interactions as table},
        },
        events::{self, Audience},
        http::{auth::Principal, cursor},
    },
    presence,
};
use diesel::prelude::*;
use serde_json::json;
use shared::{
    api::{
        dispositions::{DispositionsView, SetDispositions, SetGlobalDispositions},
        interactions::{InteractionState, InteractionSummary, SnoozeInteraction},
        timeline::{ActivityKind, ActivityView, NoteWritten, RenameTag, SetTags, TagView, Timeline, WriteNote},
    },
    error::ErrorCode,
    ids::{ActivityId, CampaignId, ConversationId, InteractionId, TagId, UserId},
    live::LiveEvent,
    page::{Page, PageQuery},
    permission::{Permission, Role},
    time::Timestamp,
};
use std::time::Duration;

/// For how long it can be taken back that something was finished.
const UNDO_FINISH: Duration = Duration::from_secs(600);

impl Service {
    /// What stands in a conversation besides its mails.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn timeline(&self, caller: Principal, id: ConversationId) -> Result<Timeline> {
        self.core
            .db
            .read(move |conn| {
                access::readable(conn, &caller, id)?;
                Ok(timeline::of_conversation(conn, id)?)
            })
            .await
    }

    /// Notes and what was done, newest first.
    ///
    /// # Errors
    /// `not_found`, `bad_cursor`, a limit out of range.
    pub async fn activities(
        &self,
        caller: Principal,
        id: ConversationId,
        page: PageQuery,
    ) -> Result<Page<ActivityView>> {
        let limit = cursor::limit(page.limit)?;
        let before: Option<ActivityId> = cursor::read(page.cursor.as_deref())?;
        let rows = self
            .core
            .db
            .read(move |conn| {
                access::readable(conn, &caller, id)?;
                Ok(timeline::before(conn, id, before, limit.saturating_add(1))?)
            })
            .await?;
        Ok(cursor::page(rows, limit, |row| row.id))
    }

    /// Notes something in a conversation.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn add_note(&self, caller: Principal, id: ConversationId, note: WriteNote) -> Result<NoteWritten> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                access::readable(conn, &caller, id)?;
                let interaction = interactions::open_one(conn, id)?.map(|(open, _, _)| open);
                let spot = Spot { conversation: id, interaction };
                let did =
                    Did { by: Some(caller.user_id), note: note.text.trim(), ..Did::by_itself(ActivityKind::Note) };
                let written = timeline::add(conn, spot, &did, now)?;
                record(conn, &caller, "conversations.note", "conversation", id.0, now)?;
                timeline::announce(conn, id, now)?;
                Ok(NoteWritten { conversation_id: id, note: timeline::one(conn, written)? })
            })
            .await
    }

    /// Changes a note that the caller wrote.
    ///
    /// # Errors
    /// `not_found`; `forbidden`: another wrote it.
    pub async fn update_note(&self, caller: Principal, id: ActivityId, note: WriteNote) -> Result<NoteWritten> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                let conversation = timeline::own_note(conn, &caller, id)?;
                timeline::rewrite(conn, id, note.text.trim(), now)?;
                record(conn, &caller, "conversations.change_note", "activity", id.0, now)?;
                timeline::announce(conn, conversation, now)?;
                Ok(NoteWritten { conversation_id: conversation, note: timeline::one(conn, id)? })
            })
            .await
    }

    /// Removes a note that the caller wrote.
    ///
    /// # Errors
    /// `not_found`; `forbidden`: another wrote it.
    pub async fn remove_note(&self, caller: Principal, id: ActivityId) -> Result<()> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                let conversation = timeline::own_note(conn, &caller, id)?;
                timeline::remove(conn, id)?;
                record(conn, &caller, "conversations.remove_note", "activity", id.0, now)?;
                Ok(timeline::announce(conn, conversation, now)?)
            })
            .await
    }

    /// Says which tags a conversation has.
    ///
    /// # Errors
    /// `not_found`; field errors.
    pub async fn set_tags(&self, caller: Principal, id: ConversationId, wanted: SetTags) -> Result<Timeline> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                access::readable(conn, &caller, id)?;
                tags::set(conn, id, &wanted.tags, now)?;
                let detail = json!({ "tags": wanted.tags });
                note(conn, &caller, "conversations.tag", ("conversation", id.0), detail, now)?;
                timeline::announce(conn, id, now)?;
                Ok(timeline::of_conversation(conn, id)?)
            })
            .await
    }

    /// Tags, in alphabetical order.
    ///
    /// # Errors
    /// `bad_cursor`, a limit out of range.
    pub async fn tags(&self, caller: Principal, page: PageQuery) -> Result<Page<TagView>> {
        let limit = cursor::limit(page.limit)?;
        let after: Option<(String, TagId)> = cursor::read(page.cursor.as_deref())?;
        let rows = self
            .core
            .db
            .read(move |conn| {
                let campaigns = access::readable_campaigns(conn, &caller)?;
                Ok(tags::list(conn, campaigns.as_deref(), after.as_ref(), limit.saturating_add(1))?)
            })
            .await?;
        let page = cursor::page(rows, limit, |(tag, folded)| (folded.clone(), tag.id));
        Ok(Page { items: page.items.into_iter().map(|(tag, _)| tag).collect(), next_cursor: page.next_cursor })
    }

    /// Renames a tag; two of one name become one.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn rename_tag(&self, caller: Principal, id: TagId, wanted: RenameTag) -> Result<TagView> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                let left = tags::rename(conn, id, &wanted.name)?;
                let detail = json!({ "name": wanted.name, "became": left });
                note(conn, &caller, "tags.rename", ("tag", id.0), detail, now)?;
                Ok(tags::one(conn, left)?)
            })
            .await
    }

    /// Removes a tag from all conversations.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn remove_tag(&self, caller: Principal, id: TagId) -> Result<()> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                let name = tags::one(conn, id)?.name;
                tags::remove(conn, id)?;
                note(conn, &caller, "tags.remove", ("tag", id.0), json!({ "name": name }), now)
            })
            .await
    }

    /// What interactions of a campaign may end with; without a campaign, those of any.
    ///
    /// # Errors
    /// `not_found`: no campaign that the caller sees.
    pub async fn dispositions(&self, caller: Principal, campaign: Option<CampaignId>) -> Result<DispositionsView> {
        self.core
            .db
            .read(move |conn| {
                if let Some(id) = campaign {
                    may_see(conn, &caller, id)?;
                }
                Ok(dispositions::offered(conn, campaign)?)
            })
            .await
    }

    /// Replaces what interactions of a campaign may end with.
    ///
    /// # Errors
    /// `not_found`; field errors.
    pub async fn set_dispositions(
        &self,
        caller: Principal,
        campaign: CampaignId,
        wanted: SetDispositions,
    ) -> Result<DispositionsView> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                may_see(conn, &caller, campaign)?;
                dispositions::set(conn, Some(campaign), &wanted.items)?;
                dispositions::require(conn, campaign, wanted.required)?;
                note(conn, &caller, "dispositions.set", ("campaign", campaign.0), json!(wanted), now)?;
                let members = access::members(conn, campaign)?;
                let event = LiveEvent::CampaignChanged { campaign_id: campaign };
                events::append(conn, now, &Audience::agents(members, campaign), &event)?;
                Ok(dispositions::offered(conn, Some(campaign))?)
            })
            .await
    }

    /// Replaces what interactions of any campaign may end with.
    ///
    /// # Errors
    /// Field errors.
    pub async fn set_global_dispositions(
        &self,
        caller: Principal,
        wanted: SetGlobalDispositions,
    ) -> Result<DispositionsView> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                dispositions::set(conn, None, &wanted.items)?;
                let detail = json!(wanted);
                let actor = Some(caller.user_id);
                let entry = Entry { actor, action: "dispositions.set", object: "settings", object_id: None, detail };
                audit::record(conn, now, &entry)?;
                let everybody = Audience { users: vec![], permission: Permission::ConversationsRead, campaign: None };
                events::append(conn, now, &everybody, &LiveEvent::SettingsChanged {})?;
                Ok(dispositions::offered(conn, None)?)
            })
            .await
    }

    /// Sets aside an interaction that the caller holds.
    ///
    /// # Errors
    /// `invalid`, `conflict`, `not_found`.
    pub async fn snooze(
        &self,
        caller: Principal,
        id: InteractionId,
        wanted: SnoozeInteraction,
    ) -> Result<InteractionSummary> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                let conversation = access::readable_interaction(conn, &caller, id)?;
                snooze::snooze(conn, id, caller.user_id, wanted.until, now)?;
                record(conn, &caller, "conversations.snooze", "interaction", id.0, now)?;
                interactions::announce(conn, id, Before::Same, now)?;
                timeline::announce(conn, conversation, now)?;
                Ok(tray::one(conn, id)?)
            })
            .await
    }

    /// Brings back what the caller set aside.
    ///
    /// # Errors
    /// `conflict`, `not_found`.
    pub async fn wake(&self, caller: Principal, id: InteractionId) -> Result<InteractionSummary> {
        let now = self.core.now();
        self.core
            .db
            .write(move |conn| {
                let conversation = access::readable_interaction(conn, &caller, id)?;
                if snooze::wake(conn, id, caller.user_id, now)? {
                    record(conn, &caller, "conversations.wake", "interaction", id.0, now)?;
                    interactions::announce(conn, id, Before::Same, now)?;
                    timeline::announce(conn, conversation, now)?;
                }
                Ok(tray::one(conn, id)?)
            })
            .await
    }

    /// Takes back that the caller finished an interaction.
    ///
    /// # Errors
    /// `conflict`: another is open by now, or too much time has passed, or he did not finish it; `not_found`.
    pub async fn reopen(&self, caller: Principal, id: InteractionId) -> Result<InteractionSummary> {
        let now = self.core.now();
        let offline_after = Duration::from_secs(self.core.settings.routing.offline_seconds);
        self.core
            .db
            .write(move |conn| {
                let conversation = access::readable_interaction(conn, &caller, id)?;
                type Row = (InteractionState, Option<UserId>, Option<Timestamp>, Option<Timestamp>);
                let (state, agent, finished, deleted): Row = table::table
                    .inner_join(campaigns::table)
                    .filter(table::id.eq(id))
                    .select((table::state, table::agent_id, table::finished_at, campaigns::deleted_at))
                    .first(conn)?;
                let refuse = |words: &str| Err(Error::detailed(ErrorCode::Conflict, words));
                if deleted.is_some() {
                    return refuse("its campaign was deleted");
                }
                if state != InteractionState::Finished || agent != Some(caller.user_id) {
                    return refuse("you did not finish it");
                }
                if finished.is_none_or(|at| at.plus(UNDO_FINISH) < now) {
                    return refuse("it was finished more than ten minutes ago");
                }
                let Some(rested) = interactions::reopen(conn, id, caller.user_id, now)? else {
                    return refuse("the customer has written again, and that is open");
                };
                record(conn, &caller, "conversations.reopen", "interaction", id.0, now)?;
                interactions::announce(conn, id, Before::Same, now)?;
                timeline::announce(conn, conversation, now)?;
                if rested {
                    presence::tell(conn, caller.user_id, now, offline_after)?;
                }
                Ok(tray::one(conn, id)?)
            })
            .await
    }
}

/// Campaigns that are there, and that the caller reads.
fn may_see(conn: &mut Connection, caller: &Principal, campaign: CampaignId) -> Result<()> {
    campaigns::table
        .find(campaign)
        .filter(campaigns::deleted_at.is_null())
        .select(campaigns::id)
        .first::<CampaignId>(conn)?;
    let sees = caller.scope.holds(campaign)
        && (caller.role != Role::Agent || access::is_member(conn, caller.user_id, campaign)?);
    // Who holds something of a campaign that he has left finishes it all the same.
    if sees || holds_of(conn, caller.user_id, campaign)? { Ok(()) } else { Err(ErrorCode::NotFound.into()) }
}

fn holds_of(conn: &mut Connection, user: UserId, campaign: CampaignId) -> QueryResult<bool> {
    let held = table::table
        .filter(table::agent_id.eq(user))
        .filter(table::campaign_id.eq(campaign))
        .filter(table::state.eq_any([InteractionState::Assigned, InteractionState::Snoozed]));
    diesel::select(diesel::dsl::exists(held)).get_result(conn)
}

fn note(
    conn: &mut Connection,
    caller: &Principal,
    action: &str,
    (object, id): (&str, i64),
    detail: serde_json::Value,
    now: Timestamp,
) -> Result<()> {
    Ok(audit::record(conn, now, &Entry { actor: Some(caller.user_id), action, object, object_id: Some(id), detail })?)
}
