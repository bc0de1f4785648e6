//! Voice campaigns (S34), and the settings of the installation.

use crate::kernel::{
    db::{
        Connection, MultiBackend,
        schema::{members, users, voice_campaigns, voice_members},
        settings,
    },
    fold::fold,
};
use diesel::{dsl::exists, prelude::*, select};
use shared::{
    api::campaigns::{VoiceCampaignInput, VoiceCampaignView},
    ids::{UserId, VoiceCampaignId},
    permission::CampaignScope,
    time::Timestamp,
};
use std::collections::{BTreeSet, HashMap};

/// Whether agents must be in a voice campaign to get anything.
///
/// # Errors
/// The database's.
pub fn is_required(conn: &mut Connection) -> QueryResult<bool> {
    settings::is_on(conn, settings::REQUIRE_VOICE_CAMPAIGN)
}

/// Sets whether agents must be in a voice campaign.
pub fn require(conn: &mut Connection, on: bool) -> QueryResult<()> {
    settings::switch(conn, settings::REQUIRE_VOICE_CAMPAIGN, on)
}

/// Position in the list of voice campaigns: by name, without regard to case and accents.
pub type VoiceKey = (String, VoiceCampaignId);

type Row = (VoiceCampaignId, String, String, Timestamp, i64);

/// At most `limit` voice campaigns after `after`, each with its list key; of their members, those whom `scope` sees.
pub fn list(
    conn: &mut Connection,
    scope: &CampaignScope,
    after: Option<VoiceKey>,
    limit: i64,
) -> QueryResult<Vec<(VoiceKey, VoiceCampaignView)>> {
    let mut query = voice_campaigns::table.into_boxed::<MultiBackend>();
    if let Some((name, id)) = after {
        let same_name = voice_campaigns::name_folded.eq(name.clone()).and(voice_campaigns::id.gt(id));
        query = query.filter(voice_campaigns::name_folded.gt(name).or(same_name));
    }
    let rows: Vec<Row> = query
        .order((voice_campaigns::name_folded.asc(), voice_campaigns::id.asc()))
        .limit(limit)
        .select((
            voice_campaigns::id,
            voice_campaigns::name_folded,
            voice_campaigns::name,
            voice_campaigns::created_at,
            voice_campaigns::version,
        ))
        .load(conn)?;
    with_members(conn, scope, rows)
}

/// One voice campaign.
pub fn one(conn: &mut Connection, scope: &CampaignScope, id: VoiceCampaignId) -> QueryResult<VoiceCampaignView> {
    let row: Row = voice_campaigns::table
        .find(id)
        .select((
            voice_campaigns::id,
            voice_campaigns::name_folded,
            voice_campaigns::name,
            voice_campaigns::created_at,
            voice_campaigns::version,
        ))
        .first(conn)?;
    let view = with_members(conn, scope, vec![row])?.pop();
    view.map(|(_, view)| view).ok_or(diesel::result::Error::NotFound)
}

fn with_members(
    conn: &mut Connection,
    scope: &CampaignScope,
    rows: Vec<Row>,
) -> QueryResult<Vec<(VoiceKey, VoiceCampaignView)>> {
    let ids: Vec<VoiceCampaignId> = rows.iter().map(|row| row.0).collect();
    let mut query = voice_members::table
        .filter(voice_members::voice_campaign_id.eq_any(ids))
        .order(voice_members::user_id.asc())
        .select((voice_members::voice_campaign_id, voice_members::user_id))
        .into_boxed::<MultiBackend>();
    if let CampaignScope::Only(campaigns) = scope {
        let his =
            members::table.filter(members::campaign_id.eq_any(campaigns.clone())).select(members::user_id).distinct();
        let visible: Vec<UserId> = his.load(conn)?;
        query = query.filter(voice_members::user_id.eq_any(visible));
    }
    let pairs: Vec<(VoiceCampaignId, UserId)> = query.load(conn)?;
    let mut members_of: HashMap<VoiceCampaignId, Vec<UserId>> = HashMap::new();
    for (id, user) in pairs {
        members_of.entry(id).or_default().push(user);
    }
    Ok(rows
        .into_iter()
        .map(|(id, folded, name, created_at, version)| {
            let members = members_of.remove(&id).unwrap_or_default();
            ((folded, id), VoiceCampaignView { id, name, members, created_at, version })
        })
        .collect())
}

/// Whether another voice campaign than `known` has this name.
pub fn name_is_taken(conn: &mut Connection, name: &str, known: Option<VoiceCampaignId>) -> QueryResult<bool> {
    let other = voice_campaigns::table
        .filter(voice_campaigns::name_folded.eq(fold(name)))
        .filter(voice_campaigns::id.ne(known.unwrap_or(VoiceCampaignId(0))));
    select(exists(other)).get_result(conn)
}

/// Which of these users there are.
pub fn known_users(conn: &mut Connection, ids: &[UserId]) -> QueryResult<BTreeSet<UserId>> {
    let mut known = BTreeSet::new();
    for some in ids.chunks(1_000) {
        let found: Vec<UserId> = users::table.filter(users::id.eq_any(some)).select(users::id).load(conn)?;
        known.extend(found);
    }
    Ok(known)
}

/// Stores a new voice campaign.
pub fn insert(conn: &mut Connection, input: &VoiceCampaignInput, now: Timestamp) -> QueryResult<VoiceCampaignId> {
    let id: VoiceCampaignId = diesel::insert_into(voice_campaigns::table)
        .values((
            voice_campaigns::name.eq(&input.name),
            voice_campaigns::name_folded.eq(fold(&input.name)),
            voice_campaigns::created_at.eq(now),
            voice_campaigns::version.eq(1_i64),
        ))
        .returning(voice_campaigns::id)
        .get_result(conn)?;
    set_members(conn, id, &input.members)?;
    Ok(id)
}

/// Replaces a voice campaign.
pub fn update(conn: &mut Connection, id: VoiceCampaignId, input: &VoiceCampaignInput) -> QueryResult<()> {
    diesel::update(voice_campaigns::table.find(id))
        .set((
            voice_campaigns::name.eq(&input.name),
            voice_campaigns::name_folded.eq(fold(&input.name)),
            voice_campaigns::version.eq(voice_campaigns::version + 1),
        ))
        .execute(conn)?;
    set_members(conn, id, &input.members)
}

fn set_members(conn: &mut Connection, id: VoiceCampaignId, members: &[UserId]) -> QueryResult<()> {
    let wanted: BTreeSet<UserId> = members.iter().copied().collect();
    let stored: Vec<UserId> = voice_members::table
        .filter(voice_members::voice_campaign_id.eq(id))
        .select(voice_members::user_id)
        .load(conn)?;
    let stored: BTreeSet<UserId> = stored.into_iter().collect();
    for user in stored.difference(&wanted) {
        diesel::delete(voice_members::table.find((id, *user))).execute(conn)?;
    }
    for user in wanted.difference(&stored) {
        diesel::insert_into(voice_members::table)
            .values((voice_members::voice_campaign_id.eq(id), voice_members::user_id.eq(*user)))
            .execute(conn)?;
    }
    Ok(())
}

/// Removes a voice campaign; answers whether there was one.
pub fn delete(conn: &mut Connection, id: VoiceCampaignId) -> QueryResult<bool> {
    Ok(diesel::delete(voice_campaigns::table.find(id)).execute(conn)? > 0)
}
