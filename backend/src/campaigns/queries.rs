//! Questions to `campaigns`, `mail_accounts` and `members`, and the writes of this room.

mod overview;
mod sign_ins;
pub mod voice;

pub use overview::overview;
pub use sign_ins::{
    NewSignIn, SignInRow, find_sign_in, forget_sign_in, forget_sign_ins, insert_sign_in, settle_sign_in, sign_in,
    take_sign_in,
};

use super::{
    grant,
    rows::{AccountForm, AccountRow, CampaignForm, CampaignRow, Counts, MemberRow, campaign_view, first_health},
};
use crate::kernel::{
    db::{
        Connection, Json, MultiBackend, arms,
        schema::{campaigns, interactions, mail_accounts, members, outbox, users, voice_members},
    },
    fold::fold,
};
use diesel::{
    dsl::{InnerJoin, IntoBoxed, count_star, exists, sql},
    prelude::*,
    select,
    sql_types::Bool,
};
use shared::{
    api::{
        campaigns::{
            AccountAuth, CampaignInput, CampaignSummary, CampaignView, Channel, MemberInput, MemberView, OpenWork,
            PriorityRule,
        },
        schedules::Schedule,
    },
    ids::{AccountId, CampaignId, TemplateId, UserId},
    permission::CampaignScope,
    time::Timestamp,
};
use std::collections::{HashMap, HashSet};

/// Spaces of [`arms::lock_pair`]: changes of campaigns as a whole, and of one campaign's members.
const LOCK_CAMPAIGNS: i32 = 0x6361;
const LOCK_MEMBERS: i32 = 0x6d65;

/// One change of campaigns at a time, so that names and addresses which were free still are.
pub fn lock_campaigns(conn: &mut Connection) -> QueryResult<()> {
    arms::lock_pair(conn, LOCK_CAMPAIGNS, 0)
}

/// One change of this campaign's members at a time, so that places stay dense.
pub fn lock_members(conn: &mut Connection, campaign: CampaignId) -> QueryResult<()> {
    arms::lock_pair(conn, LOCK_MEMBERS, campaign.0)
}

/// A campaign that is not deleted.
pub fn campaign(conn: &mut Connection, id: CampaignId) -> QueryResult<CampaignRow> {
    campaigns::table.find(id).filter(campaigns::deleted_at.is_null()).select(CampaignRow::as_select()).first(conn)
}

/// The schedule of a campaign.
pub fn schedule(conn: &mut Connection, id: CampaignId) -> QueryResult<Schedule> {
    let Json(schedule) = campaigns::table.find(id).select(campaigns::schedule).first(conn)?;
    Ok(schedule)
}

/// Whether there is such a campaign, and it is not deleted.
pub fn is_campaign(conn: &mut Connection, id: CampaignId) -> QueryResult<bool> {
    select(exists(campaigns::table.find(id).filter(campaigns::deleted_at.is_null()))).get_result(conn)
}

/// An account.
pub fn account(conn: &mut Connection, id: AccountId) -> QueryResult<AccountRow> {
    mail_accounts::table.find(id).select(AccountRow::as_select()).first(conn)
}

/// The account of a campaign.
pub fn account_of(conn: &mut Connection, campaign: CampaignId) -> QueryResult<AccountRow> {
    mail_accounts::table.filter(mail_accounts::campaign_id.eq(campaign)).select(AccountRow::as_select()).first(conn)
}

/// All accounts of campaigns that are not deleted.
pub fn accounts(conn: &mut Connection) -> QueryResult<Vec<AccountRow>> {
    mail_accounts::table
        .inner_join(campaigns::table)
        .filter(campaigns::deleted_at.is_null())
        .order(mail_accounts::id.asc())
        .select(AccountRow::as_select())
        .load(conn)
}

/// Whether another campaign than `known` has this name, without regard to case and accents (S4).
pub fn name_is_taken(conn: &mut Connection, name: &str, known: Option<CampaignId>) -> QueryResult<bool> {
    let other = campaigns::table
        .filter(campaigns::name_folded.eq(fold(name)))
        .filter(campaigns::id.ne(known.unwrap_or(CampaignId(0))));
    select(exists(other)).get_result(conn)
}

/// Addresses at which other enabled campaigns than `known` receive mail, folded: those of their accounts.
pub fn addresses_read(conn: &mut Connection, known: Option<CampaignId>) -> QueryResult<HashSet<String>> {
    let list: Vec<String> = mail_accounts::table
        .inner_join(campaigns::table)
        .filter(campaigns::enabled.eq(true))
        .filter(campaigns::receive.eq(true))
        .filter(campaigns::id.ne(known.unwrap_or(CampaignId(0))))
        .select(mail_accounts::address_folded)
        .load(conn)?;
    Ok(list.into_iter().collect())
}

/// Aliases of other enabled campaigns than `known` that receive mail, folded.
pub fn aliases_read(conn: &mut Connection, known: Option<CampaignId>) -> QueryResult<HashSet<String>> {
    let list: Vec<Json<Vec<String>>> = mail_accounts::table
        .inner_join(campaigns::table)
        .filter(campaigns::enabled.eq(true))
        .filter(campaigns::receive.eq(true))
        .filter(campaigns::id.ne(known.unwrap_or(CampaignId(0))))
        .filter(mail_accounts::aliases.ne("[]"))
        .select(mail_accounts::aliases)
        .load(conn)?;
    Ok(list.iter().flat_map(|Json(aliases)| aliases).map(|alias| crate::mail::address::fold(alias)).collect())
}

/// A campaign as it is shown.
pub fn view(conn: &mut Connection, id: CampaignId, now: Timestamp) -> QueryResult<CampaignView> {
    let (campaign, account) = (campaign(conn, id)?, account_of(conn, id)?);
    let open = Counts { waiting: waiting(conn, &[id])?, outgoing: outgoing(conn, &[id])? };
    let account_id = account.id;
    let mut view = campaign_view(campaign, account, &open, now);
    view.account.oauth = grant::find(conn, account_id)?.map(|grant| grant.view());
    Ok(view)
}

/// Position in the list of campaigns: by name, without regard to case and accents.
pub type ListKey = (String, CampaignId);

/// Campaigns with their accounts.
type Listed = IntoBoxed<'static, InnerJoin<campaigns::table, mail_accounts::table>, MultiBackend>;

/// Campaigns of `scope` that are not deleted, after `after`, in the order of the list.
fn listed(scope: &CampaignScope, after: Option<ListKey>) -> Listed {
    let mut query = campaigns::table
        .inner_join(mail_accounts::table)
        .into_boxed::<MultiBackend>()
        .filter(campaigns::deleted_at.is_null());
    if let CampaignScope::Only(ids) = scope {
        query = query.filter(campaigns::id.eq_any(ids.clone()));
    }
    if let Some((name, id)) = after {
        let same_name = campaigns::name_folded.eq(name.clone()).and(campaigns::id.gt(id));
        query = query.filter(campaigns::name_folded.gt(name).or(same_name));
    }
    query.order((campaigns::name_folded.asc(), campaigns::id.asc()))
}

/// At most `limit` campaigns of `scope` after `after`, each with its list key.
pub fn list(
    conn: &mut Connection,
    scope: &CampaignScope,
    after: Option<ListKey>,
    limit: i64,
    now: Timestamp,
) -> QueryResult<Vec<(ListKey, CampaignView)>> {
    let rows: Vec<(CampaignRow, AccountRow)> =
        listed(scope, after).limit(limit).select((CampaignRow::as_select(), AccountRow::as_select())).load(conn)?;
    let ids: Vec<CampaignId> = rows.iter().map(|(campaign, _)| campaign.id).collect();
    let open = Counts { waiting: waiting(conn, &ids)?, outgoing: outgoing(conn, &ids)? };
    let shown = |(campaign, account): (CampaignRow, AccountRow)| {
        ((campaign.name_folded.clone(), campaign.id), campaign_view(campaign, account, &open, now))
    };
    let mut list: Vec<_> = rows.into_iter().map(shown).collect();
    for (_, view) in list.iter_mut().filter(|(_, view)| view.account.auth == AccountAuth::Oauth2) {
        view.account.oauth = grant::find(conn, view.account.id)?.map(|grant| grant.view());
    }
    Ok(list)
}

/// How many interactions wait, by campaign.
fn waiting(conn: &mut Connection, ids: &[CampaignId]) -> QueryResult<HashMap<CampaignId, i64>> {
    let counts: Vec<(CampaignId, i64)> = interactions::table
        .filter(interactions::campaign_id.eq_any(ids.to_vec()))
        // A literal, so that the planners see that the partial index of the queue fits.
        .filter(sql::<Bool>("interactions.state = 'waiting'"))
        .group_by(interactions::campaign_id)
        .select((interactions::campaign_id, count_star()))
        .load(conn)?;
    Ok(counts.into_iter().collect())
}

/// How many mails have not left, by campaign.
fn outgoing(conn: &mut Connection, ids: &[CampaignId]) -> QueryResult<HashMap<CampaignId, i64>> {
    let mut counts: HashMap<CampaignId, i64> = HashMap::new();
    // Literals, word for word as in the partial indexes of the outbox.
    for states in ["outbox.state IN ('held', 'queued')", "outbox.state = 'sending'"] {
        let found: Vec<(CampaignId, i64)> = outbox::table
            .filter(outbox::campaign_id.eq_any(ids.to_vec()))
            .filter(sql::<Bool>(states))
            .group_by(outbox::campaign_id)
            .select((outbox::campaign_id, count_star()))
            .load(conn)?;
        for (campaign, count) in found {
            let all = counts.entry(campaign).or_default();
            *all = all.saturating_add(count);
        }
    }
    Ok(counts)
}

/// What of a campaign is open.
pub fn open_work(conn: &mut Connection, id: CampaignId) -> QueryResult<OpenWork> {
    let number = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    let mut assigned = 0_i64;
    // Literals, word for word as in the partial indexes of interactions.
    for state in ["interactions.state = 'assigned'", "interactions.state = 'snoozed'"] {
        let of_campaign = interactions::table.filter(interactions::campaign_id.eq(id));
        let found: i64 = of_campaign.filter(sql::<Bool>(state)).count().get_result(conn)?;
        assigned = assigned.saturating_add(found);
    }
    Ok(OpenWork {
        waiting: number(waiting(conn, &[id])?.get(&id).copied().unwrap_or(0)),
        assigned: number(assigned),
        outgoing: number(outgoing(conn, &[id])?.get(&id).copied().unwrap_or(0)),
    })
}

/// Takes a campaign out of use for good: nobody works in it, its name is free, its password is gone.
pub fn delete(conn: &mut Connection, campaign: &CampaignRow, now: Timestamp) -> QueryResult<()> {
    diesel::update(campaigns::table.find(campaign.id))
        .set((
            campaigns::deleted_at.eq(now),
            campaigns::enabled.eq(false),
            // No name holds a line break.
            campaigns::name_folded.eq(format!("{}\n{}", campaign.name_folded, campaign.id)),
            // Templates that only it used can be deleted.
            campaigns::signature_template_id.eq(None::<TemplateId>),
            campaigns::confirmation_enabled.eq(false),
            campaigns::confirmation_template_id.eq(None::<TemplateId>),
            campaigns::version.eq(campaigns::version + 1),
        ))
        .execute(conn)?;
    diesel::update(mail_accounts::table.filter(mail_accounts::campaign_id.eq(campaign.id)))
        .set((
            mail_accounts::sealed_password.eq(Vec::<u8>::new()),
            mail_accounts::revision.eq(mail_accounts::revision + 1),
        ))
        .execute(conn)?;
    diesel::delete(members::table.filter(members::campaign_id.eq(campaign.id))).execute(conn)?;
    Ok(())
}

/// At most `limit` enabled campaigns of `scope` in which `user` is a member, after `after`, each with its list key.
pub fn list_of_member(
    conn: &mut Connection,
    user: UserId,
    scope: &CampaignScope,
    after: Option<ListKey>,
    limit: i64,
) -> QueryResult<Vec<(ListKey, CampaignSummary)>> {
    let mut query = campaigns::table
        .inner_join(mail_accounts::table)
        .inner_join(members::table)
        .filter(members::user_id.eq(user))
        .filter(campaigns::enabled.eq(true))
        .into_boxed::<MultiBackend>();
    if let CampaignScope::Only(ids) = scope {
        query = query.filter(campaigns::id.eq_any(ids.clone()));
    }
    if let Some((name, id)) = after {
        let same_name = campaigns::name_folded.eq(name.clone()).and(campaigns::id.gt(id));
        query = query.filter(campaigns::name_folded.gt(name).or(same_name));
    }
    type Row = (String, CampaignId, String, String, String, bool, Json<Vec<String>>);
    let rows: Vec<Row> = query
        .order((campaigns::name_folded.asc(), campaigns::id.asc()))
        .limit(limit)
        .select((
            campaigns::name_folded,
            campaigns::id,
            campaigns::name,
            mail_accounts::address,
            campaigns::from_name,
            members::may_start,
            mail_accounts::aliases,
        ))
        .load(conn)?;
    let shown = |(folded, id, name, address, from_name, may_start, Json(aliases))| {
        ((folded, id), CampaignSummary { id, name, address, from_name, may_start, aliases })
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// The priority that a campaign gives what comes in, and its rules for others.
pub fn priorities(conn: &mut Connection, id: CampaignId) -> QueryResult<(i32, Vec<PriorityRule>)> {
    let row: (i32, Json<Vec<PriorityRule>>) =
        campaigns::table.find(id).select((campaigns::default_priority, campaigns::priority_rules)).first(conn)?;
    Ok((row.0, row.1.0))
}

/// Seconds of rest after finishing something of a campaign.
pub fn wrap_up_seconds(conn: &mut Connection, id: CampaignId) -> QueryResult<i32> {
    campaigns::table.find(id).select(campaigns::wrap_up_seconds).first(conn)
}

/// Stores a new campaign and its account, as yet without a password.
pub fn insert(conn: &mut Connection, input: &CampaignInput, now: Timestamp) -> QueryResult<(CampaignId, AccountId)> {
    let campaign: CampaignId = diesel::insert_into(campaigns::table)
        .values((
            CampaignForm::new(input),
            campaigns::channel.eq(Channel::Email),
            campaigns::created_at.eq(now),
            campaigns::version.eq(1_i64),
        ))
        .returning(campaigns::id)
        .get_result(conn)?;
    let account: AccountId = diesel::insert_into(mail_accounts::table)
        .values((
            AccountForm::new(input),
            mail_accounts::campaign_id.eq(campaign),
            mail_accounts::sealed_password.eq(Vec::<u8>::new()),
            mail_accounts::revision.eq(1_i64),
        ))
        .returning(mail_accounts::id)
        .get_result(conn)?;
    Ok((campaign, account))
}

/// Replaces what a form sets, and starts the account afresh at a new revision.
pub fn update(conn: &mut Connection, id: CampaignId, input: &CampaignInput) -> QueryResult<()> {
    diesel::update(campaigns::table.find(id))
        .set((CampaignForm::new(input), campaigns::version.eq(campaigns::version + 1)))
        .execute(conn)?;
    diesel::update(mail_accounts::table.filter(mail_accounts::campaign_id.eq(id)))
        .set((AccountForm::new(input), mail_accounts::revision.eq(mail_accounts::revision + 1)))
        .execute(conn)?;
    Ok(())
}

/// Stores a sealed password.
pub fn set_password(conn: &mut Connection, account: AccountId, sealed: &[u8]) -> QueryResult<()> {
    diesel::update(mail_accounts::table.find(account)).set(mail_accounts::sealed_password.eq(sealed)).execute(conn)?;
    Ok(())
}

/// Switches a campaign on or off, and starts its account afresh at a new revision.
pub fn switch(conn: &mut Connection, campaign: &CampaignRow, on: bool) -> QueryResult<()> {
    diesel::update(campaigns::table.find(campaign.id))
        .set((campaigns::enabled.eq(on), campaigns::version.eq(campaigns::version + 1)))
        .execute(conn)?;
    diesel::update(mail_accounts::table.filter(mail_accounts::campaign_id.eq(campaign.id)))
        .set((
            mail_accounts::health.eq(first_health(on && campaign.receive)),
            mail_accounts::last_error.eq(None::<String>),
            mail_accounts::last_error_at.eq(None::<Timestamp>),
            mail_accounts::smtp_stopped.eq(false),
            mail_accounts::revision.eq(mail_accounts::revision + 1),
        ))
        .execute(conn)?;
    Ok(())
}

/// Members in their order.
pub fn member_ids(conn: &mut Connection, campaign: CampaignId) -> QueryResult<Vec<UserId>> {
    members::table
        .filter(members::campaign_id.eq(campaign))
        .order((members::position.asc(), members::user_id.asc()))
        .select(members::user_id)
        .load(conn)
}

/// At most `limit` members from the place after `after`, in their order.
pub fn members(conn: &mut Connection, campaign: CampaignId, after: i32, limit: i64) -> QueryResult<Vec<MemberView>> {
    let rows: Vec<MemberRow> = members::table
        .inner_join(users::table)
        .filter(members::campaign_id.eq(campaign))
        .filter(members::position.gt(after))
        .order((members::position.asc(), members::user_id.asc()))
        .limit(limit)
        .select((
            members::user_id,
            users::name,
            users::role,
            members::position,
            members::penalty,
            members::may_receive,
            members::may_start,
            users::enabled,
            exists(voice_members::table.filter(voice_members::user_id.eq(members::user_id))),
        ))
        .load(conn)?;
    let require_voice = voice::is_required(conn)?;
    Ok(rows.into_iter().map(|row| row.view(require_voice)).collect())
}

/// One member.
pub fn member(conn: &mut Connection, campaign: CampaignId, user: UserId) -> QueryResult<MemberView> {
    let row: MemberRow = members::table
        .inner_join(users::table)
        .filter(members::campaign_id.eq(campaign))
        .filter(members::user_id.eq(user))
        .select((
            members::user_id,
            users::name,
            users::role,
            members::position,
            members::penalty,
            members::may_receive,
            members::may_start,
            users::enabled,
            exists(voice_members::table.filter(voice_members::user_id.eq(members::user_id))),
        ))
        .first(conn)?;
    Ok(row.view(voice::is_required(conn)?))
}

/// Whether a user is enabled; `None`: there is no such user.
pub fn user_is_enabled(conn: &mut Connection, user: UserId) -> QueryResult<Option<bool>> {
    users::table.find(user).select(users::enabled).first(conn).optional()
}

/// Adds a member; [`set_place`] follows.
pub fn insert_member(
    conn: &mut Connection,
    campaign: CampaignId,
    user: UserId,
    input: &MemberInput,
) -> QueryResult<()> {
    diesel::insert_into(members::table)
        .values((
            members::campaign_id.eq(campaign),
            members::user_id.eq(user),
            members::position.eq(0),
            members::penalty.eq(input.penalty.unwrap_or(0)),
            members::may_receive.eq(input.may_receive.unwrap_or(true)),
            members::may_start.eq(input.may_start.unwrap_or(true)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Changes what is given of a member; not his place.
pub fn update_member(
    conn: &mut Connection,
    campaign: CampaignId,
    user: UserId,
    input: &MemberInput,
) -> QueryResult<()> {
    #[derive(AsChangeset)]
    #[diesel(table_name = members)]
    struct Changes {
        penalty: Option<i32>,
        may_receive: Option<bool>,
        may_start: Option<bool>,
    }
    let changes = Changes { penalty: input.penalty, may_receive: input.may_receive, may_start: input.may_start };
    if changes.penalty.is_some() || changes.may_receive.is_some() || changes.may_start.is_some() {
        diesel::update(members::table.find((campaign, user))).set(changes).execute(conn)?;
    }
    Ok(())
}

/// Puts a member at a place, if he is not there already.
pub fn set_place(conn: &mut Connection, campaign: CampaignId, user: UserId, place: i32) -> QueryResult<()> {
    diesel::update(members::table.find((campaign, user)).filter(members::position.ne(place)))
        .set(members::position.eq(place))
        .execute(conn)?;
    Ok(())
}

/// Removes a member; answers whether there was one.
pub fn delete_member(conn: &mut Connection, campaign: CampaignId, user: UserId) -> QueryResult<bool> {
    Ok(diesel::delete(members::table.find((campaign, user))).execute(conn)? > 0)
}
