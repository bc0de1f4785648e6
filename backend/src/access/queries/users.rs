//! Users and the campaigns to which they are limited.

use crate::{
    access::rows::{NewUser, UserRow},
    kernel::db::{
        Connection, MultiBackend,
        schema::{members, user_campaigns, user_links, users},
    },
};
use diesel::{dsl::exists, prelude::*};
use shared::{
    api::access::{UpdateMe, UpdateUser},
    ids::{CampaignId, UserId},
    permission::{CampaignScope, Role},
    time::Timestamp,
};

/// Whether there is any user yet.
pub fn any_user(conn: &mut Connection) -> QueryResult<bool> {
    let first: Option<UserId> = users::table.select(users::id).first(conn).optional()?;
    Ok(first.is_some())
}

/// One user.
pub fn user(conn: &mut Connection, id: UserId) -> QueryResult<Option<UserRow>> {
    users::table.find(id).select(UserRow::as_select()).first(conn).optional()
}

/// The user with a folded sign-in name.
pub fn user_by_login(conn: &mut Connection, folded: &str) -> QueryResult<Option<UserRow>> {
    users::table.filter(users::login_folded.eq(folded)).select(UserRow::as_select()).first(conn).optional()
}

/// Makes a user.
pub fn insert_user(conn: &mut Connection, new: &NewUser) -> QueryResult<UserId> {
    diesel::insert_into(users::table).values(new.clone()).returning(users::id).get_result(conn)
}

/// Holds the user's row until the transaction ends, if he is enabled and still has this password; so that a session is
/// not made behind the back of whoever disables him or resets the password.
pub fn lock_credentials(conn: &mut Connection, id: UserId, password_hash: &str) -> QueryResult<bool> {
    let row = users::table
        .filter(users::id.eq(id))
        .filter(users::password_hash.eq(password_hash))
        .filter(users::enabled.eq(true));
    Ok(diesel::update(row).set(users::enabled.eq(true)).execute(conn)? == 1)
}

/// Stores a new password; whether the old one was still the stored one.
pub fn set_password(conn: &mut Connection, id: UserId, old: &str, new: &str) -> QueryResult<bool> {
    let row = users::table.filter(users::id.eq(id)).filter(users::password_hash.eq(old));
    let set =
        (users::password_hash.eq(new), users::must_change_password.eq(false), users::version.eq(users::version + 1));
    Ok(diesel::update(row).set(set).execute(conn)? == 1)
}

/// Stores a password that was chosen by a link.
pub fn choose_password(conn: &mut Connection, id: UserId, hash: &str) -> QueryResult<()> {
    let set =
        (users::password_hash.eq(hash), users::must_change_password.eq(false), users::version.eq(users::version + 1));
    diesel::update(users::table.find(id)).set(set).execute(conn)?;
    Ok(())
}

#[derive(AsChangeset)]
#[diesel(table_name = users)]
struct OwnChange {
    language: Option<shared::api::access::Language>,
    theme: Option<shared::api::access::Theme>,
    single_key_shortcuts: Option<bool>,
    undo_send_seconds: Option<i32>,
}

/// Changes one's own settings.
pub fn update_own(conn: &mut Connection, id: UserId, change: &UpdateMe) -> QueryResult<()> {
    let seconds = change.undo_send_seconds.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX));
    let set = OwnChange {
        language: change.language,
        theme: change.theme,
        single_key_shortcuts: change.single_key_shortcuts,
        undo_send_seconds: seconds,
    };
    if *change != UpdateMe::default() {
        diesel::update(users::table.find(id)).set(set).execute(conn)?;
    }
    Ok(())
}

#[derive(AsChangeset)]
#[diesel(table_name = users)]
struct UserChange {
    name: Option<String>,
    role: Option<Role>,
    enabled: Option<bool>,
    password_hash: Option<String>,
    must_change_password: Option<bool>,
    screen_monitoring: Option<bool>,
    version: i64,
}

/// Changes a user whose version is still `version`; whether it was.
pub fn update_user(
    conn: &mut Connection,
    id: UserId,
    version: i64,
    change: &UpdateUser,
    password_hash: Option<&str>,
) -> QueryResult<bool> {
    let set = UserChange {
        name: change.name.clone(),
        role: change.role,
        enabled: change.enabled,
        password_hash: password_hash.map(str::to_owned),
        must_change_password: password_hash.map(|_| true),
        screen_monitoring: change.screen_monitoring,
        version: version.saturating_add(1),
    };
    let row = users::table.filter(users::id.eq(id)).filter(users::version.eq(version));
    Ok(diesel::update(row).set(set).execute(conn)? == 1)
}

/// Enabled administrators other than this user.
pub fn other_administrators(conn: &mut Connection, id: UserId) -> QueryResult<i64> {
    users::table
        .filter(users::role.eq(Role::Administrator))
        .filter(users::enabled.eq(true))
        .filter(users::id.ne(id))
        .count()
        .get_result(conn)
}

/// Campaigns to which a user is limited.
pub fn limits(conn: &mut Connection, id: UserId) -> QueryResult<Vec<CampaignId>> {
    user_campaigns::table
        .filter(user_campaigns::user_id.eq(id))
        .order(user_campaigns::campaign_id.asc())
        .select(user_campaigns::campaign_id)
        .load(conn)
}

/// Limits a user to these campaigns. A campaign that does not exist is a foreign key violation.
pub fn set_limits(conn: &mut Connection, id: UserId, campaigns: &[CampaignId]) -> QueryResult<()> {
    diesel::delete(user_campaigns::table.filter(user_campaigns::user_id.eq(id))).execute(conn)?;
    for campaign in campaigns {
        diesel::insert_into(user_campaigns::table)
            .values((user_campaigns::user_id.eq(id), user_campaigns::campaign_id.eq(campaign)))
            .execute(conn)?;
    }
    Ok(())
}

/// Users whom a caller sees: himself, and where he is limited, members of his campaigns.
fn visible(me: UserId, scope: &CampaignScope) -> users::BoxedQuery<'static, MultiBackend> {
    let query = users::table.into_boxed::<MultiBackend>();
    match scope {
        CampaignScope::All => query,
        CampaignScope::Only(campaigns) => {
            let fellow = exists(
                members::table
                    .filter(members::user_id.eq(users::id))
                    .filter(members::campaign_id.eq_any(campaigns.clone())),
            );
            query.filter(users::id.eq(me).or(fellow))
        }
    }
}

/// A user with what belongs to him.
pub struct Listed {
    /// The user.
    pub user: UserRow,
    /// Campaigns to which he is limited.
    pub limits: Vec<CampaignId>,
    /// Until when a link of his is good.
    pub link_until: Option<Timestamp>,
}

/// Users by sign-in name, after one; at most `limit`.
pub fn list_users(
    conn: &mut Connection,
    me: UserId,
    scope: &CampaignScope,
    after: Option<&str>,
    limit: i64,
    now: Timestamp,
) -> QueryResult<Vec<Listed>> {
    let mut query = visible(me, scope);
    if let Some(after) = after {
        query = query.filter(users::login_folded.gt(after.to_owned()));
    }
    let rows: Vec<UserRow> =
        query.order(users::login_folded.asc()).limit(limit).select(UserRow::as_select()).load(conn)?;
    let ids: Vec<UserId> = rows.iter().map(|row| row.id).collect();
    let limited: Vec<(UserId, CampaignId)> = user_campaigns::table
        .filter(user_campaigns::user_id.eq_any(ids.clone()))
        .order((user_campaigns::user_id.asc(), user_campaigns::campaign_id.asc()))
        .select((user_campaigns::user_id, user_campaigns::campaign_id))
        .load(conn)?;
    let links: Vec<(UserId, Timestamp)> = user_links::table
        .filter(user_links::user_id.eq_any(ids))
        .filter(user_links::expires_at.gt(now))
        .select((user_links::user_id, user_links::expires_at))
        .load(conn)?;
    let listed = |user: UserRow| Listed {
        limits: limited.iter().filter(|(of, _)| *of == user.id).map(|(_, campaign)| *campaign).collect(),
        link_until: links.iter().find(|(of, _)| *of == user.id).map(|(_, until)| *until),
        user,
    };
    Ok(rows.into_iter().map(listed).collect())
}

/// One user, if the caller sees him.
pub fn visible_user(
    conn: &mut Connection,
    me: UserId,
    scope: &CampaignScope,
    id: UserId,
) -> QueryResult<Option<UserRow>> {
    visible(me, scope).filter(users::id.eq(id)).select(UserRow::as_select()).first(conn).optional()
}
