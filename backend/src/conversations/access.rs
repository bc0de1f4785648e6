//! Who may see and touch a conversation.

use crate::kernel::{
    Error, Result,
    db::{
        Connection,
        schema::{campaigns, conversations, interactions, members},
    },
    http::auth::Principal,
};
use diesel::{
    dsl::{exists, select},
    prelude::*,
};
use shared::{
    api::interactions::InteractionState,
    error::ErrorCode,
    ids::{CampaignId, ConversationId, InteractionId, UserId},
    permission::{CampaignScope, Role},
};

/// Campaigns whose conversations a caller reads; `None`: all.
///
/// # Errors
/// The database's.
pub fn readable_campaigns(conn: &mut Connection, caller: &Principal) -> QueryResult<Option<Vec<CampaignId>>> {
    let scoped = match &caller.scope {
        CampaignScope::All => None,
        CampaignScope::Only(list) => Some(list.clone()),
    };
    if caller.role != Role::Agent {
        return Ok(scoped);
    }
    let mut own: Vec<CampaignId> =
        members::table.filter(members::user_id.eq(caller.user_id)).select(members::campaign_id).load(conn)?;
    if let Some(scope) = scoped {
        own.retain(|campaign| scope.contains(campaign));
    }
    Ok(Some(own))
}

/// Members of a campaign.
///
/// # Errors
/// The database's.
pub fn members(conn: &mut Connection, campaign: CampaignId) -> QueryResult<Vec<UserId>> {
    members::table.filter(members::campaign_id.eq(campaign)).select(members::user_id).load(conn)
}

/// Campaign of a conversation that the caller may read.
///
/// # Errors
/// `not_found` for what is not there and for what is foreign alike.
pub fn readable(conn: &mut Connection, caller: &Principal, conversation: ConversationId) -> Result<CampaignId> {
    let campaign: CampaignId =
        conversations::table.find(conversation).select(conversations::campaign_id).first(conn)?;
    if caller.scope.holds(campaign) && (caller.role != Role::Agent || is_member(conn, caller.user_id, campaign)?) {
        return Ok(campaign);
    }
    // What he holds stays in his hands until it is finished, wherever he was moved meanwhile (S33).
    let held: bool = select(exists(
        interactions::table
            .filter(interactions::conversation_id.eq(conversation))
            .filter(interactions::agent_id.eq(caller.user_id))
            .filter(interactions::state.eq_any([InteractionState::Assigned, InteractionState::Snoozed])),
    ))
    .get_result(conn)?;
    if held { Ok(campaign) } else { Err(ErrorCode::NotFound.into()) }
}

/// Conversation of an interaction that the caller may read.
///
/// # Errors
/// `not_found`.
pub fn readable_interaction(
    conn: &mut Connection,
    caller: &Principal,
    interaction: InteractionId,
) -> Result<ConversationId> {
    let conversation: ConversationId =
        interactions::table.find(interaction).select(interactions::conversation_id).first(conn)?;
    readable(conn, caller, conversation)?;
    Ok(conversation)
}

/// Whether the user is a member of the campaign.
///
/// # Errors
/// The database's.
pub fn is_member(conn: &mut Connection, user: UserId, campaign: CampaignId) -> QueryResult<bool> {
    select(exists(members::table.filter(members::user_id.eq(user)).filter(members::campaign_id.eq(campaign))))
        .get_result(conn)
}

/// That the user may start mail in the campaign: an enabled campaign, a member who may start.
///
/// # Errors
/// A field error on `campaign_id`.
pub fn may_start(conn: &mut Connection, caller: &Principal, campaign: CampaignId) -> Result<()> {
    let allowed: bool = select(exists(
        members::table
            .inner_join(campaigns::table)
            .filter(members::user_id.eq(caller.user_id))
            .filter(members::campaign_id.eq(campaign))
            .filter(members::may_start.eq(true))
            .filter(campaigns::enabled.eq(true)),
    ))
    .get_result(conn)?;
    if allowed && caller.scope.holds(campaign) {
        Ok(())
    } else {
        let message = "is not a campaign in which you may start mail";
        Err(Error::field("campaign_id", shared::validate::Rule::UnknownValue, message))
    }
}
