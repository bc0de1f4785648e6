//! Coming in: password, brake, refresh (S2a, A6).

use super::{
    lockout::Tally,
    queries::{self, Which},
    rows::{RefreshRow, Standing, UserRow},
    service::{Browser, Service, SignedIn},
    session::{Presented, Verdict, judge, token_hash},
};
use crate::kernel::{Error, Result, audit, db::Connection, fold::fold};
use serde_json::json;
use shared::{
    api::access::SignInRequest,
    error::ErrorCode,
    ids::{SessionId, UserId},
    time::Timestamp,
};
use std::time::Duration;

/// The two places where a try is counted.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    account: String,
    network: String,
}

impl Service {
    /// Signs in. Known and unknown accounts answer alike, in words and in time.
    pub(super) async fn sign_in(&self, request: SignInRequest, browser: Browser) -> Result<SignedIn> {
        let folded = fold(&request.login);
        let counted =
            Counted { account: self.buckets.account(&folded), network: self.buckets.network(browser.address) };
        let user = self.count_try(&counted, folded).await?;
        // The hash of a disabled account is judged like any other, and its answer thrown away below.
        let stored = user.as_ref().map(|user| user.password_hash.clone());
        let right = self.passwords.verify(stored, request.password).await?;
        let now = self.core.now();
        let service = self.clone();
        let signed_in = self
            .core
            .db
            .write(move |conn| {
                let user = user.clone().filter(|_| right);
                let Some(user) = lock(conn, user)? else {
                    record(conn, now, None, "sign_in_failed", None)?;
                    return Ok(None);
                };
                forgive(conn, &counted)?;
                let id = user.id;
                let signed_in = service.open_session(conn, now, user, &browser)?;
                record(conn, now, Some(id), "sign_in", Some(signed_in.answer.user.session_id))?;
                Ok(Some(signed_in))
            })
            .await?;
        metrics::counter!("posta_sign_ins_total", "right" => if signed_in.is_some() { "yes" } else { "no" })
            .increment(1);
        signed_in.ok_or_else(|| ErrorCode::WrongCredentials.into())
    }

    /// Counts a try before it is judged, unless it comes too early; the account it is for, if there is one.
    pub(super) async fn count_try(&self, counted: &Counted, login_folded: String) -> Result<Option<UserRow>> {
        let now = self.core.now();
        let counted = counted.clone();
        self.core
            .db
            .write(move |conn| {
                let user = queries::user_by_login(conn, &login_folded)?;
                let account = queries::lock_tally(conn, &counted.account)?;
                let network = queries::lock_tally(conn, &counted.network)?;
                let waits = [account, network].into_iter().flatten().filter_map(|tally| tally.wait(now));
                if let Some(wait) = waits.max() {
                    metrics::counter!("posta_sign_ins_braked_total").increment(1);
                    return Err(Error::retry(ErrorCode::TooManyRequests, wait));
                }
                queries::put_tally(conn, &counted.account, Tally::after_failure(account, now))?;
                queries::put_tally(conn, &counted.network, Tally::after_failure(network, now))?;
                Ok(user)
            })
            .await
    }

    /// The buckets of a signed-in user who proves his password once more.
    pub(super) fn buckets_of(&self, login_folded: &str, browser: &Browser) -> Counted {
        Counted { account: self.buckets.account(login_folded), network: self.buckets.network(browser.address) }
    }

    /// Exchanges a refresh token for fresh tokens.
    pub(super) async fn refresh(&self, token: String) -> Result<SignedIn> {
        let now = self.core.now();
        let grace = Duration::from_secs(self.core.settings.auth.refresh_grace_seconds);
        let expires_at = now.plus(self.session_life());
        let successor = self.refresh_tokens.successor(&token);
        let service = self.clone();
        let refreshed = self
            .core
            .db
            .write(move |conn| {
                let Some((mut row, standing)) = find(conn, &token)? else { return Ok(None) };
                let mut verdict = judge(&presented(conn, &row, &standing, now)?, now, grace);
                if verdict == Verdict::Rotate && !queries::claim_rotation(conn, row.id, now)? {
                    // Another request with the same token was first; on PostgreSQL it has just committed.
                    let Some((newer, _)) = find(conn, &token)? else { return Ok(None) };
                    row = newer;
                    verdict = judge(&presented(conn, &row, &standing, now)?, now, grace);
                }
                match verdict {
                    Verdict::Ended => return Ok(None),
                    Verdict::Reused => {
                        queries::revoke(conn, now, standing.user_id, Which::One(row.session_id))?;
                        record(conn, now, Some(standing.user_id), "refresh_token_reused", Some(row.session_id))?;
                        tracing::warn!(
                            session = row.session_id.0,
                            "a spent refresh token was used; its session was ended"
                        );
                        return Ok(None);
                    }
                    Verdict::Rotate => {
                        let hash = token_hash(&successor);
                        let next = queries::insert_refresh_token(conn, row.session_id, &hash, now, expires_at)?;
                        queries::set_successor(conn, row.id, next)?;
                        queries::forget_refresh_tokens(conn, row.session_id, now)?;
                        queries::note_use(conn, row.session_id, now, expires_at)?;
                    }
                    Verdict::Repeat => {}
                }
                let user = queries::user(conn, standing.user_id)?.ok_or(diesel::result::Error::NotFound)?;
                Ok(Some(service.signed_in(now, user, row.session_id, successor.clone())?))
            })
            .await?;
        refreshed.ok_or_else(|| ErrorCode::SessionEnded.into())
    }
}

/// The user, if he is still enabled and his password is the one that was judged.
fn lock(conn: &mut Connection, user: Option<UserRow>) -> Result<Option<UserRow>> {
    Ok(match user {
        Some(user) if queries::lock_credentials(conn, user.id, &user.password_hash)? => Some(user),
        _ => None,
    })
}

/// Takes back what was counted for a try that proved right.
pub(super) fn forgive(conn: &mut Connection, counted: &Counted) -> Result<()> {
    queries::clear_tally(conn, &counted.account)?;
    if let Some(tally) = queries::lock_tally(conn, &counted.network)? {
        queries::put_tally(conn, &counted.network, tally.after_success())?;
    }
    Ok(())
}

fn find(conn: &mut Connection, token: &str) -> Result<Option<(RefreshRow, Standing)>> {
    let Some(row) = queries::refresh_token(conn, &token_hash(token))? else { return Ok(None) };
    Ok(queries::standing(conn, row.session_id)?.map(|(standing, _)| (row, standing)))
}

fn presented(conn: &mut Connection, row: &RefreshRow, standing: &Standing, now: Timestamp) -> Result<Presented> {
    let successor_used = match row.successor_id {
        Some(id) => queries::is_rotated(conn, id)?,
        None => false,
    };
    Ok(Presented {
        session_over: !standing.is_good(now),
        expires_at: row.expires_at,
        rotated_at: row.rotated_at,
        successor_used,
    })
}

pub(super) fn record(
    conn: &mut Connection,
    now: Timestamp,
    actor: Option<UserId>,
    verb: &str,
    session: Option<SessionId>,
) -> Result<()> {
    let action = format!("access.{verb}");
    let entry = audit::Entry {
        actor,
        action: &action,
        object: "session",
        object_id: session.map(|id| id.0),
        detail: json!({}),
    };
    Ok(audit::record(conn, now, &entry)?)
}
