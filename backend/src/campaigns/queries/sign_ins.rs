//! Sign-ins that are under way.

use crate::kernel::db::{
    Connection,
    schema::{oauth_sign_ins, sessions},
};
use diesel::prelude::*;
use shared::{
    api::oauth::{OauthProvider, SignInState},
    ids::{SessionId, UserId},
    time::Timestamp,
};

/// A sign-in that begins.
pub struct NewSignIn {
    pub id: String,
    pub state_hash: String,
    pub browser_hash: String,
    pub user: UserId,
    pub session: SessionId,
    pub provider: OauthProvider,
    pub redirect_uri: String,
    pub sealed_verifier: Vec<u8>,
}

/// A sign-in as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = oauth_sign_ins)]
pub struct SignInRow {
    pub id: String,
    pub session_id: SessionId,
    pub provider: OauthProvider,
    pub redirect_uri: String,
    pub sealed_verifier: Vec<u8>,
    pub state: SignInState,
    pub login: Option<String>,
    pub error: Option<String>,
    pub sealed_tokens: Option<Vec<u8>>,
}

/// Stores one that begins.
pub fn insert_sign_in(conn: &mut Connection, new: &NewSignIn, now: Timestamp) -> QueryResult<()> {
    diesel::insert_into(oauth_sign_ins::table)
        .values((
            oauth_sign_ins::id.eq(&new.id),
            oauth_sign_ins::state_hash.eq(&new.state_hash),
            oauth_sign_ins::browser_hash.eq(&new.browser_hash),
            oauth_sign_ins::user_id.eq(new.user),
            oauth_sign_ins::session_id.eq(new.session),
            oauth_sign_ins::provider.eq(new.provider),
            oauth_sign_ins::redirect_uri.eq(&new.redirect_uri),
            oauth_sign_ins::sealed_verifier.eq(&new.sealed_verifier),
            oauth_sign_ins::state.eq(SignInState::Pending),
            oauth_sign_ins::taken.eq(false),
            oauth_sign_ins::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// A user's sign-in.
pub fn sign_in(conn: &mut Connection, id: &str, user: UserId) -> QueryResult<SignInRow> {
    oauth_sign_ins::table.find(id).filter(oauth_sign_ins::user_id.eq(user)).select(SignInRow::as_select()).first(conn)
}

/// The same, if there is one.
pub fn find_sign_in(conn: &mut Connection, id: &str, user: UserId) -> QueryResult<Option<SignInRow>> {
    sign_in(conn, id, user).optional()
}

/// Takes up a sign-in that began after `since` in this browser and in a session that is still good; each only once.
pub fn take_sign_in(
    conn: &mut Connection,
    state_hash: &str,
    browser_hash: &str,
    since: Timestamp,
    now: Timestamp,
) -> QueryResult<Option<SignInRow>> {
    let waiting = oauth_sign_ins::table
        .filter(oauth_sign_ins::state_hash.eq(state_hash))
        .filter(oauth_sign_ins::browser_hash.eq(browser_hash))
        .filter(oauth_sign_ins::created_at.gt(since))
        .filter(oauth_sign_ins::taken.eq(false));
    let Some(row) = waiting.select(SignInRow::as_select()).first(conn).optional()? else { return Ok(None) };
    let session = sessions::table
        .find(row.session_id)
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now));
    if !diesel::select(diesel::dsl::exists(session)).get_result::<bool>(conn)? {
        return Ok(None);
    }
    let mine = oauth_sign_ins::table.find(&row.id).filter(oauth_sign_ins::taken.eq(false));
    let taken = diesel::update(mine).set(oauth_sign_ins::taken.eq(true)).execute(conn)?;
    Ok((taken == 1).then_some(row))
}

/// Notes what came of a sign-in: sealed tokens and who signed in, or why not.
pub fn settle_sign_in(
    conn: &mut Connection,
    id: &str,
    outcome: &Result<(Vec<u8>, Option<String>), String>,
) -> QueryResult<()> {
    let (state, tokens, login, error) = match outcome {
        Ok((tokens, login)) => (SignInState::Granted, Some(tokens), login.as_ref(), None),
        Err(words) => (SignInState::Failed, None, None, Some(words)),
    };
    diesel::update(oauth_sign_ins::table.find(id))
        .set((
            oauth_sign_ins::state.eq(state),
            oauth_sign_ins::sealed_tokens.eq(tokens),
            oauth_sign_ins::login.eq(login),
            oauth_sign_ins::error.eq(error),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets a sign-in that was used; answers whether it was there.
pub fn forget_sign_in(conn: &mut Connection, id: &str) -> QueryResult<bool> {
    Ok(diesel::delete(oauth_sign_ins::table.find(id)).execute(conn)? == 1)
}

/// Forgets those that began before.
pub fn forget_sign_ins(conn: &mut Connection, before: Timestamp) -> QueryResult<()> {
    diesel::delete(oauth_sign_ins::table.filter(oauth_sign_ins::created_at.lt(before))).execute(conn)?;
    Ok(())
}
