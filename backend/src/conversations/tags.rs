//! Tags: words that group conversations (S106). Whoever may read a conversation tags it, with words that are there or new
//! ones; administrators rename them, make two one, and remove them.

use crate::kernel::{
    Error, Result,
    db::{
        Connection, arms,
        schema::{conversation_tags, conversations, tags},
    },
    fold::fold,
};
use diesel::{dsl::count, prelude::*};
use shared::{
    api::timeline::TagView,
    error::ErrorCode,
    ids::{CampaignId, ConversationId, TagId},
    time::Timestamp,
    validate::Rule,
};

/// Most tags of the installation: a list that nobody reads to its end groups nothing.
const MOST: i64 = 1_000;

/// Names of a conversation's tags, in alphabetical order.
///
/// # Errors
/// The database's.
pub fn of_conversation(conn: &mut Connection, id: ConversationId) -> QueryResult<Vec<String>> {
    conversation_tags::table
        .inner_join(tags::table)
        .filter(conversation_tags::conversation_id.eq(id))
        .order((tags::name_folded.asc(), tags::id.asc()))
        .select(tags::name)
        .load(conn)
}

/// Gives a conversation these tags and no others; makes those that are new.
///
/// # Errors
/// `invalid`: there are too many already; the database's.
pub fn set(conn: &mut Connection, id: ConversationId, names: &[String], now: Timestamp) -> Result<()> {
    let mut wanted: Vec<TagId> = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let folded = fold(name);
        let find = |conn: &mut Connection| {
            tags::table.filter(tags::name_folded.eq(&folded)).select(tags::id).first::<TagId>(conn).optional()
        };
        let known = find(conn)?;
        let tag = match known {
            Some(tag) => tag,
            None => {
                if tags::table.count().get_result::<i64>(conn)? >= MOST {
                    let words = format!("is new, and there are {MOST} tags already");
                    return Err(Error::field(&format!("tags/{index}"), Rule::TooLong, words));
                }
                arms::insert_tag(conn, name, &folded, now)?;
                find(conn)?.ok_or(ErrorCode::NotFound)?
            }
        };
        if !wanted.contains(&tag) {
            wanted.push(tag);
        }
    }
    let others = conversation_tags::table
        .filter(conversation_tags::conversation_id.eq(id))
        .filter(conversation_tags::tag_id.ne_all(wanted.clone()));
    diesel::delete(others).execute(conn)?;
    for tag in wanted {
        arms::insert_conversation_tag(conn, id, tag)?;
    }
    Ok(())
}

/// Tags in alphabetical order, from the one after `after` on, with how many conversations of these campaigns (`None`: of any)
/// have each.
///
/// # Errors
/// The database's.
pub fn list(
    conn: &mut Connection,
    campaigns: Option<&[CampaignId]>,
    after: Option<&(String, TagId)>,
    limit: i64,
) -> QueryResult<Vec<(TagView, String)>> {
    let mut query = tags::table.into_boxed::<crate::kernel::db::MultiBackend>();
    if let Some((folded, _)) = after {
        query = query.filter(tags::name_folded.gt(folded.clone()));
    }
    let rows: Vec<(TagId, String, String)> = query
        .order(tags::name_folded.asc())
        .limit(limit)
        .select((tags::id, tags::name, tags::name_folded))
        .load(conn)?;
    let ids: Vec<TagId> = rows.iter().map(|(id, _, _)| *id).collect();
    let of_these = conversation_tags::table
        .inner_join(conversations::table)
        .filter(conversation_tags::tag_id.eq_any(ids))
        .group_by(conversation_tags::tag_id)
        .select((conversation_tags::tag_id, count(conversation_tags::conversation_id)));
    let counts: Vec<(TagId, i64)> = match campaigns {
        Some(list) => of_these.filter(conversations::campaign_id.eq_any(list)).load(conn)?,
        None => of_these.load(conn)?,
    };
    let counted = |id: TagId| counts.iter().find(|(tag, _)| *tag == id).map_or(0, |(_, count)| *count);
    Ok(rows.into_iter().map(|(id, name, folded)| (TagView { id, conversations: counted(id), name }, folded)).collect())
}

/// One tag, with how many conversations have it.
///
/// # Errors
/// `not_found`.
pub fn one(conn: &mut Connection, id: TagId) -> QueryResult<TagView> {
    let name = tags::table.find(id).select(tags::name).first(conn)?;
    let conversations = conversation_tags::table.filter(conversation_tags::tag_id.eq(id)).count().get_result(conn)?;
    Ok(TagView { id, name, conversations })
}

/// Renames a tag; when another has this name, its conversations become that one's, and it is no more. Answers which one it is
/// then.
///
/// # Errors
/// `not_found`; the database's.
pub fn rename(conn: &mut Connection, id: TagId, name: &str) -> Result<TagId> {
    tags::table.find(id).select(tags::id).first::<TagId>(conn)?;
    let folded = fold(name);
    let other: Option<TagId> = tags::table
        .filter(tags::name_folded.eq(&folded))
        .filter(tags::id.ne(id))
        .select(tags::id)
        .first(conn)
        .optional()?;
    let Some(other) = other else {
        diesel::update(tags::table.find(id)).set((tags::name.eq(name), tags::name_folded.eq(folded))).execute(conn)?;
        return Ok(id);
    };
    let theirs = conversation_tags::table
        .filter(conversation_tags::tag_id.eq(other))
        .select(conversation_tags::conversation_id)
        .load::<ConversationId>(conn)?;
    let both = conversation_tags::table
        .filter(conversation_tags::tag_id.eq(id))
        .filter(conversation_tags::conversation_id.eq_any(theirs));
    diesel::delete(both).execute(conn)?;
    diesel::update(conversation_tags::table.filter(conversation_tags::tag_id.eq(id)))
        .set(conversation_tags::tag_id.eq(other))
        .execute(conn)?;
    diesel::delete(tags::table.find(id)).execute(conn)?;
    Ok(other)
}

/// Removes a tag from all conversations.
///
/// # Errors
/// `not_found`; the database's.
pub fn remove(conn: &mut Connection, id: TagId) -> Result<()> {
    diesel::delete(conversation_tags::table.filter(conversation_tags::tag_id.eq(id))).execute(conn)?;
    if diesel::delete(tags::table.find(id)).execute(conn)? == 0 {
        return Err(ErrorCode::NotFound.into());
    }
    Ok(())
}
