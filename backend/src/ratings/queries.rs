//! Questions to `ratings`, and its writes.

use super::Asking;
use crate::kernel::db::{
    Connection,
    schema::{campaigns, ratings},
};
use diesel::prelude::*;
use shared::{
    api::{
        access::Language,
        ratings::{RATE_DAYS, RatingView},
    },
    ids::{CampaignId, ConversationId, InteractionId, MessageId, RatingId, UserId},
    time::Timestamp,
};
use std::{collections::HashMap, time::Duration};

/// A day.
const DAY: Duration = Duration::from_secs(86_400);

/// A mail that asked, and what was said.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = ratings)]
pub struct RatingRow {
    pub id: RatingId,
    pub message_id: MessageId,
    pub interaction_id: InteractionId,
    pub conversation_id: ConversationId,
    pub campaign_id: CampaignId,
    pub agent_id: UserId,
    pub language: Language,
    pub expires_at: Timestamp,
    pub score: Option<i32>,
    pub comment: String,
    pub rated_at: Option<Timestamp>,
    pub changed_at: Option<Timestamp>,
}

/// How a campaign asks and thanks.
#[derive(Debug, Clone, Queryable)]
pub struct Words {
    pub name: String,
    pub from_name: String,
    pub prompt: String,
    pub thanks: String,
}

/// Stores that a mail asks.
pub fn insert(conn: &mut Connection, asking: &Asking, now: Timestamp) -> QueryResult<()> {
    let life = DAY.saturating_mul(u32::try_from(RATE_DAYS).unwrap_or(u32::MAX));
    diesel::insert_into(ratings::table)
        .values((
            ratings::token_hash.eq(asking.invitation.hash()),
            ratings::message_id.eq(asking.message),
            ratings::interaction_id.eq(asking.interaction),
            ratings::conversation_id.eq(asking.conversation),
            ratings::campaign_id.eq(asking.campaign),
            ratings::agent_id.eq(asking.agent),
            ratings::language.eq(asking.language),
            ratings::expires_at.eq(now.plus(life)),
            ratings::comment.eq(""),
        ))
        .execute(conn)?;
    Ok(())
}

/// The mail that a token belongs to.
pub fn by_token(conn: &mut Connection, token_hash: &[u8]) -> QueryResult<Option<RatingRow>> {
    ratings::table.filter(ratings::token_hash.eq(token_hash)).select(RatingRow::as_select()).first(conn).optional()
}

/// How the campaign asks and thanks.
pub fn words(conn: &mut Connection, campaign: CampaignId) -> QueryResult<Words> {
    campaigns::table
        .find(campaign)
        .select((campaigns::name, campaigns::from_name, campaigns::rating_prompt, campaigns::rating_thanks))
        .first(conn)
}

/// Stores what was said first; answers whether nothing was said before.
pub fn say(conn: &mut Connection, id: RatingId, score: i32, comment: &str, now: Timestamp) -> QueryResult<bool> {
    let unsaid = ratings::table.find(id).filter(ratings::score.is_null());
    let set = (ratings::score.eq(score), ratings::comment.eq(comment), ratings::rated_at.eq(now));
    Ok(diesel::update(unsaid).set(set).execute(conn)? == 1)
}

/// Stores what is said instead.
pub fn change(conn: &mut Connection, id: RatingId, score: i32, comment: &str, now: Timestamp) -> QueryResult<()> {
    diesel::update(ratings::table.find(id))
        .set((ratings::score.eq(score), ratings::comment.eq(comment), ratings::changed_at.eq(now)))
        .execute(conn)?;
    Ok(())
}

/// What was said of mails; those of which nothing was said are absent.
///
/// # Errors
/// The database's.
pub fn of_messages(conn: &mut Connection, ids: &[MessageId]) -> QueryResult<HashMap<MessageId, RatingView>> {
    let rows: Vec<RatingRow> = ratings::table
        .filter(ratings::message_id.eq_any(ids))
        .filter(ratings::score.is_not_null())
        .select(RatingRow::as_select())
        .load(conn)?;
    let view = |row: RatingRow| {
        let (score, rated_at) = (row.score?, row.rated_at?);
        Some((row.message_id, RatingView { score, comment: row.comment, rated_at, changed_at: row.changed_at }))
    };
    Ok(rows.into_iter().filter_map(view).collect())
}

/// A mail was taken back: it asks nobody.
///
/// # Errors
/// The database's.
pub fn withdraw(conn: &mut Connection, message: MessageId) -> QueryResult<()> {
    diesel::delete(ratings::table.filter(ratings::message_id.eq(message))).execute(conn)?;
    Ok(())
}

/// Forgets the links that were never used and are too old by now.
///
/// # Errors
/// The database's.
pub fn forget_unrated(conn: &mut Connection, now: Timestamp) -> QueryResult<usize> {
    let old = ratings::table.filter(ratings::score.is_null()).filter(ratings::expires_at.le(now));
    diesel::delete(old).execute(conn)
}
