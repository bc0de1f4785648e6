//! Deleting a campaign (S30), and what becomes of what is still open in it.
//!
//! The rooms above settle their own things, a bounded number in each transaction ([`Settles`]), after the campaign was
//! switched off so that nothing new comes. A crash in between leaves a campaign that is off and partly settled; asking
//! again goes on. The row stays for the history, without its members, its password and its claim on the name.

use super::{Asker, Service, note, tell};
use crate::{
    campaigns::queries,
    kernel::{Error, Result, db::Connection, http::extract::IfMatch},
};
use serde_json::json;
use shared::{
    api::campaigns::{DeleteCampaign, InteractionsChoice, OpenWork},
    error::ErrorCode,
    ids::{CampaignId, UserId},
    time::Timestamp,
    validate::Rule,
};

/// Things settled in one transaction.
const BATCH: i64 = 100;

/// What is to be settled.
#[derive(Debug, Clone, Copy)]
pub struct Settlement {
    /// Of this campaign.
    pub campaign: CampaignId,
    /// Open interactions: finished, or moved.
    pub interactions: Option<Destination>,
    /// Mail that has not left is given up.
    pub discard_outgoing: bool,
    /// Who wants it.
    pub by: UserId,
    /// When.
    pub now: Timestamp,
}

/// Where open interactions go.
#[derive(Debug, Clone, Copy)]
pub enum Destination {
    /// They are finished.
    Finished,
    /// To another campaign.
    Campaign(CampaignId),
}

/// A room above, which keeps open things of campaigns.
pub trait Settles: Send + Sync {
    /// Settles at most `limit` of them; answers how many.
    ///
    /// # Errors
    /// The database's.
    fn settle(&self, conn: &mut Connection, order: &Settlement, limit: i64) -> Result<usize>;
}

impl Service {
    /// What is open.
    ///
    /// # Errors
    /// `not_found`; the database's.
    pub async fn open_work(&self, asker: Asker, id: CampaignId) -> Result<OpenWork> {
        self.core
            .db
            .read(move |conn| {
                crate::campaigns::must_see(conn, &asker.scope, id)?;
                Ok(queries::open_work(conn, id)?)
            })
            .await
    }

    /// Deletes a campaign.
    ///
    /// # Errors
    /// `not_found`, `version_mismatch`; `open_work`: something is open, and it was not said what becomes of it;
    /// `invalid`: there is no such other campaign; the database's.
    pub async fn delete(&self, asker: Asker, id: CampaignId, if_match: IfMatch, how: DeleteCampaign) -> Result<()> {
        asker.sees(id)?;
        let destination = destination(&asker, id, &how)?;
        let core = self.core.clone();
        let by = asker.user;
        let how_checked = how.clone();
        self.core
            .db
            .write(move |conn| {
                queries::lock_campaigns(conn)?;
                let campaign = queries::campaign(conn, id)?;
                if_match.check(campaign.version)?;
                if let Some(Destination::Campaign(other)) = destination
                    && !queries::is_campaign(conn, other)?
                {
                    return Err(Error::field("move_to", Rule::UnknownValue, "is not another campaign"));
                }
                refuse_open(queries::open_work(conn, id)?, &how_checked)?;
                if campaign.enabled {
                    let now = core.now();
                    queries::switch(conn, &campaign, false)?;
                    note(conn, now, by, "campaigns.disable", id, json!({"name": campaign.name, "to_delete": true}))?;
                    tell(conn, now, id, &[])?;
                }
                Ok(())
            })
            .await?;
        let order = Settlement {
            campaign: id,
            interactions: destination,
            discard_outgoing: how.discard_outgoing,
            by,
            now: self.core.now(),
        };
        for room in self.settlers.iter() {
            loop {
                let room = std::sync::Arc::clone(room);
                let settled = self.core.db.write(move |conn| room.settle(conn, &order, BATCH)).await?;
                if settled == 0 {
                    break;
                }
            }
        }
        let core = self.core.clone();
        self.core
            .db
            .write(move |conn| {
                queries::lock_campaigns(conn)?;
                let campaign = queries::campaign(conn, id)?;
                // What was being sent when it was switched off may still be under way.
                refuse_open(queries::open_work(conn, id)?, &DeleteCampaign::default())?;
                let members = queries::member_ids(conn, id)?;
                let now = core.now();
                queries::delete(conn, &campaign, now)?;
                note(conn, now, by, "campaigns.delete", id, json!({"name": campaign.name, "how": how}))?;
                tell(conn, now, id, &members)
            })
            .await
    }
}

/// Where open interactions go; nothing if that was not said.
fn destination(asker: &Asker, id: CampaignId, how: &DeleteCampaign) -> Result<Option<Destination>> {
    match (how.interactions, how.move_to) {
        (None, None) => Ok(None),
        (Some(InteractionsChoice::Finish), None) => Ok(Some(Destination::Finished)),
        (Some(InteractionsChoice::Move), Some(other)) if other != id && asker.scope.holds(other) => {
            Ok(Some(Destination::Campaign(other)))
        }
        (Some(InteractionsChoice::Move), Some(_)) => {
            Err(Error::field("move_to", Rule::UnknownValue, "is not another campaign"))
        }
        (Some(InteractionsChoice::Move), None) => Err(Error::field("move_to", Rule::Required, "is required to move")),
        (_, Some(_)) => Err(Error::field("move_to", Rule::Inconsistent, "goes only with interactions=move")),
    }
}

/// That nothing is open of which it was not said what becomes of it.
fn refuse_open(work: OpenWork, how: &DeleteCampaign) -> Result<()> {
    let interactions = if how.interactions.is_some() { 0 } else { work.interactions() };
    let outgoing = if how.discard_outgoing { 0 } else { work.outgoing };
    if interactions == 0 && outgoing == 0 {
        return Ok(());
    }
    let words = format!("{interactions} interactions are open, {outgoing} mails have not left");
    Err(Error::detailed(ErrorCode::OpenWork, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_decided_is_named() {
        let work = OpenWork { waiting: 2, assigned: 1, outgoing: 4 };
        let how = |interactions: bool, discard_outgoing| DeleteCampaign {
            interactions: interactions.then_some(InteractionsChoice::Finish),
            discard_outgoing,
            move_to: None,
        };
        let refused = |how| refuse_open(work, &how).unwrap_err().to_string();
        assert!(refused(how(false, false)).contains("3 interactions are open, 4 mails"));
        assert!(refused(how(true, false)).contains("0 interactions are open, 4 mails"));
        assert!(refused(how(false, true)).contains("3 interactions are open, 0 mails"));
        assert!(refuse_open(work, &how(true, true)).is_ok());
        assert!(refuse_open(OpenWork::default(), &how(false, false)).is_ok());
    }
}
