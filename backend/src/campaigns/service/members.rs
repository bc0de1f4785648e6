//! The use cases of members (S31–S33).

use super::{Asker, Service, note, tell};
use crate::{
    campaigns::{must_see, order, queries},
    kernel::{Error, Result, db::Connection, http::cursor},
};
use serde_json::json;
use shared::{
    api::campaigns::{MemberInput, MemberView},
    error::ErrorCode,
    ids::{CampaignId, UserId},
    page::{Page, PageQuery},
};

impl Service {
    /// The members of a campaign, in their order.
    ///
    /// # Errors
    /// `not_found`, `bad_cursor`, a limit out of range; the database's.
    pub async fn members(&self, asker: Asker, campaign: CampaignId, page: PageQuery) -> Result<Page<MemberView>> {
        let limit = cursor::limit(page.limit)?;
        let after: i32 = cursor::read(page.cursor.as_deref())?.unwrap_or(0);
        self.core
            .db
            .read(move |conn| {
                must_see(conn, &asker.scope, campaign)?;
                let rows = queries::members(conn, campaign, after, limit.saturating_add(1))?;
                Ok(cursor::page(rows, limit, |member| member.position))
            })
            .await
    }

    /// Adds a user to a campaign, or changes his place in it; answers whether he is new. The others move, so that
    /// places stay 1 … n.
    ///
    /// # Errors
    /// `not_found`: no such campaign or user; `conflict`: a disabled user cannot be added; the database's.
    pub async fn put_member(
        &self,
        asker: Asker,
        campaign: CampaignId,
        user: UserId,
        input: MemberInput,
    ) -> Result<(MemberView, bool)> {
        let core = self.core.clone();
        self.core
            .db
            .write(move |conn| {
                queries::lock_members(conn, campaign)?;
                must_see(conn, &asker.scope, campaign)?;
                let enabled = queries::user_is_enabled(conn, user)?.ok_or(ErrorCode::NotFound)?;
                let before = queries::member_ids(conn, campaign)?;
                let is_new = !before.contains(&user);
                if is_new && !enabled {
                    return Err(Error::detailed(ErrorCode::Conflict, "a disabled user cannot be added"));
                }
                if is_new {
                    queries::insert_member(conn, campaign, user, &input)?;
                } else {
                    queries::update_member(conn, campaign, user, &input)?;
                }
                arrange(conn, campaign, &order::placed(&before, user, input.position))?;
                let (now, view) = (core.now(), queries::member(conn, campaign, user)?);
                let action = if is_new { "campaigns.add_member" } else { "campaigns.change_member" };
                let detail = json!({
                    "user_id": user,
                    "position": view.position,
                    "penalty": view.penalty,
                    "may_receive": view.may_receive,
                    "may_start": view.may_start,
                });
                note(conn, now, asker.user, action, campaign, detail)?;
                tell(conn, now, campaign, &[])?;
                Ok((view, is_new))
            })
            .await
    }

    /// Removes a member. What he holds stays his until it is finished.
    ///
    /// # Errors
    /// `not_found`: no such campaign, or he is no member; the database's.
    pub async fn remove_member(&self, asker: Asker, campaign: CampaignId, user: UserId) -> Result<()> {
        let core = self.core.clone();
        self.core
            .db
            .write(move |conn| {
                queries::lock_members(conn, campaign)?;
                must_see(conn, &asker.scope, campaign)?;
                if !queries::delete_member(conn, campaign, user)? {
                    return Err(ErrorCode::NotFound.into());
                }
                let left = queries::member_ids(conn, campaign)?;
                arrange(conn, campaign, &left)?;
                let now = core.now();
                note(conn, now, asker.user, "campaigns.remove_member", campaign, json!({"user_id": user}))?;
                tell(conn, now, campaign, &[user])
            })
            .await
    }
}

fn arrange(conn: &mut Connection, campaign: CampaignId, members: &[UserId]) -> Result<()> {
    for (place, user) in order::numbered(members) {
        queries::set_place(conn, campaign, user, place)?;
    }
    Ok(())
}
