//! What `MultiConnection` lacks, one arm an engine, and nowhere else: upserts, batch inserts, locks.

use super::{
    Connection,
    fixed::{List, Statement, Value},
    schema,
};
use diesel::{QueryResult, prelude::*, query_dsl::methods::FilterDsl};

/// Runs the same query on whichever engine is there.
macro_rules! both {
    ($conn:expr, $c:ident => $work:expr) => {
        match $conn {
            $crate::kernel::db::Connection::Postgres($c) => $work,
            $crate::kernel::db::Connection::Sqlite($c) => $work,
        }
    };
}

/// Number of the advisory lock that makes the order of `events` and `audit_log` the order of commits.
const LOG_LOCK: i64 = 0x706F_7374_6102;

/// Takes an advisory lock until the end of the transaction; a fixed text, since every announcement does.
fn advisory_lock(conn: &mut diesel::PgConnection, text: &'static str, values: &[Value<'_>]) -> QueryResult<()> {
    Statement::<_>::new(text, values).execute(conn)?;
    Ok(())
}

/// Holds back other writers of the logs until this transaction ends. On SQLite every write transaction is alone
/// already.
///
/// # Errors
/// The database's.
pub fn lock_logs(conn: &mut Connection) -> QueryResult<()> {
    match conn {
        Connection::Postgres(c) => advisory_lock(c, "SELECT pg_advisory_xact_lock(?)", &[Value::Number(LOG_LOCK)]),
        Connection::Sqlite(_) => Ok(()),
    }
}

/// Holds back other transactions that lock the same pair until this one ends; for rules that span rows, such as "at
/// most so many held". On SQLite every write transaction is alone already.
///
/// # Errors
/// The database's.
pub fn lock_pair(conn: &mut Connection, space: i32, key: i64) -> QueryResult<()> {
    match conn {
        Connection::Postgres(c) => {
            // The two-integer form has 32-bit keys; ids beyond share locks, which only costs waiting.
            let key = key.rem_euclid(i64::from(i32::MAX));
            let values = [Value::Number(space.into()), Value::Number(key)];
            advisory_lock(c, "SELECT pg_advisory_xact_lock(?::int, ?::int)", &values)
        }
        Connection::Sqlite(_) => Ok(()),
    }
}

/// Inserts a blob's row, or refreshes the time of the one that is there, so that it is not collected.
///
/// # Errors
/// The database's.
pub fn upsert_blob(conn: &mut Connection, sha256: &str, size: i64, at: shared::time::Timestamp) -> QueryResult<()> {
    use schema::blobs::dsl;
    both!(conn, c => diesel::insert_into(dsl::blobs)
        .values((dsl::sha256.eq(sha256), dsl::size.eq(size), dsl::stored_at.eq(at)))
        .on_conflict(dsl::sha256)
        .do_update()
        .set(dsl::stored_at.eq(at))
        .execute(c))?;
    Ok(())
}

/// Stores what is counted of failed sign-ins in a bucket.
///
/// # Errors
/// The database's.
pub fn upsert_sign_in_failures(
    conn: &mut Connection,
    bucket: &str,
    failures: i32,
    last_failed_at: shared::time::Timestamp,
    blocked_until: shared::time::Timestamp,
) -> QueryResult<()> {
    use schema::sign_in_failures::dsl;
    let set =
        (dsl::failures.eq(failures), dsl::last_failed_at.eq(last_failed_at), dsl::blocked_until.eq(blocked_until));
    both!(conn, c => diesel::insert_into(dsl::sign_in_failures)
        .values((dsl::bucket.eq(bucket), set))
        .on_conflict(dsl::bucket)
        .do_update()
        .set(set)
        .execute(c))?;
    Ok(())
}

/// Claims the confirmation of a campaign for an address, unless one was claimed after `before`; answers whether it did.
///
/// # Errors
/// The database's.
pub fn claim_confirmation(
    conn: &mut Connection,
    campaign: shared::ids::CampaignId,
    address: &str,
    message: shared::ids::MessageId,
    now: shared::time::Timestamp,
    before: shared::time::Timestamp,
) -> QueryResult<bool> {
    use schema::confirmations::dsl;
    let set = (dsl::message_id.eq(message), dsl::state.eq("pending"), dsl::claimed_at.eq(now));
    let claimed = both!(conn, c => FilterDsl::filter(
        diesel::insert_into(dsl::confirmations)
            .values((dsl::campaign_id.eq(campaign), dsl::address_folded.eq(address), set))
            .on_conflict((dsl::campaign_id, dsl::address_folded))
            .do_update()
            .set(set),
        dsl::claimed_at.le(before),
    )
    .execute(c))?;
    Ok(claimed == 1)
}

/// Inserts an agent's state, unless there is one.
///
/// # Errors
/// The database's.
pub fn insert_agent_state(
    conn: &mut Connection,
    user: shared::ids::UserId,
    mode: shared::api::presence::AgentMode,
    since: shared::time::Timestamp,
) -> QueryResult<()> {
    use schema::agent_states::dsl;
    both!(conn, c => diesel::insert_into(dsl::agent_states)
        .values((dsl::user_id.eq(user), dsl::mode.eq(mode), dsl::since.eq(since)))
        .on_conflict(dsl::user_id)
        .do_nothing()
        .execute(c))?;
    Ok(())
}

/// Stores a setting of the installation.
///
/// # Errors
/// The database's.
pub fn upsert_setting(conn: &mut Connection, name: &str, value: &str) -> QueryResult<()> {
    use schema::settings::dsl;
    both!(conn, c => diesel::insert_into(dsl::settings)
        .values((dsl::name.eq(name), dsl::value.eq(value)))
        .on_conflict(dsl::name)
        .do_update()
        .set(dsl::value.eq(value))
        .execute(c))?;
    Ok(())
}

/// Stores who was served last in a campaign.
///
/// # Errors
/// The database's.
pub fn upsert_last_served(
    conn: &mut Connection,
    campaign: shared::ids::CampaignId,
    user: shared::ids::UserId,
) -> QueryResult<()> {
    let text = "INSERT INTO round_memory (campaign_id, last_served) VALUES (?, ?) \
                ON CONFLICT (campaign_id) DO UPDATE SET last_served = excluded.last_served";
    let values = [Value::Number(campaign.0), Value::Number(user.0)];
    both!(conn, c => Statement::<_>::new(text, &values).execute(c))?;
    Ok(())
}

/// Notes that a conversation was in a campaign before.
///
/// # Errors
/// The database's.
pub fn insert_former_campaign(
    conn: &mut Connection,
    conversation: shared::ids::ConversationId,
    campaign: shared::ids::CampaignId,
) -> QueryResult<()> {
    use schema::former_campaigns::dsl;
    both!(conn, c => diesel::insert_into(dsl::former_campaigns)
        .values((dsl::conversation_id.eq(conversation), dsl::campaign_id.eq(campaign)))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Makes a tag, unless there is one of that name.
///
/// # Errors
/// The database's.
pub fn insert_tag(conn: &mut Connection, name: &str, folded: &str, now: shared::time::Timestamp) -> QueryResult<()> {
    use schema::tags::dsl;
    both!(conn, c => diesel::insert_into(dsl::tags)
        .values((dsl::name.eq(name), dsl::name_folded.eq(folded), dsl::created_at.eq(now)))
        .on_conflict(dsl::name_folded)
        .do_nothing()
        .execute(c))?;
    Ok(())
}

/// Puts a tag on a conversation, if it is not there.
///
/// # Errors
/// The database's.
pub fn insert_conversation_tag(
    conn: &mut Connection,
    conversation: shared::ids::ConversationId,
    tag: shared::ids::TagId,
) -> QueryResult<()> {
    use schema::conversation_tags::dsl;
    both!(conn, c => diesel::insert_into(dsl::conversation_tags)
        .values((dsl::conversation_id.eq(conversation), dsl::tag_id.eq(tag)))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Stores what an agent does elsewhere, in place of what was reported before.
///
/// # Errors
/// The database's.
pub fn upsert_external_load(
    conn: &mut Connection,
    user: shared::ids::UserId,
    in_call: bool,
    interactions: &str,
    held: i32,
    expires_at: shared::time::Timestamp,
    updated_at: shared::time::Timestamp,
) -> QueryResult<()> {
    use schema::external_loads::dsl;
    let set = (
        dsl::in_call.eq(in_call),
        dsl::interactions.eq(interactions),
        dsl::held.eq(held),
        dsl::expires_at.eq(expires_at),
        dsl::updated_at.eq(updated_at),
    );
    both!(conn, c => diesel::insert_into(dsl::external_loads)
        .values((dsl::user_id.eq(user), set))
        .on_conflict(dsl::user_id)
        .do_update()
        .set(set)
        .execute(c))?;
    Ok(())
}

/// Appends events, in their order.
///
/// # Errors
/// The database's.
pub fn insert_events(conn: &mut Connection, rows: &[crate::kernel::events::NewEvent]) -> QueryResult<()> {
    match conn {
        Connection::Postgres(c) => {
            // The numbers of an identity are given out as the rows come.
            let text = "INSERT INTO events (at, kind, campaign_id, audience, payload) \
                        SELECT at, kind, campaign_id, audience, payload \
                        FROM unnest(?, ?, ?, ?, ?) WITH ORDINALITY AS new (at, kind, campaign_id, audience, payload, place) \
                        ORDER BY place";
            let lists = [
                List::Numbers(rows.iter().map(|row| row.at.millis()).collect()),
                List::Words(rows.iter().map(|row| row.kind.as_str()).collect()),
                List::MaybeNumbers(rows.iter().map(|row| row.campaign_id.map(|id| id.0)).collect()),
                List::Words(rows.iter().map(|row| row.audience.as_str()).collect()),
                List::Words(rows.iter().map(|row| row.payload.as_str()).collect()),
            ];
            Statement::<_>::new(text, &lists).execute(c)?;
        }
        Connection::Sqlite(c) => {
            let text = "INSERT INTO events (at, kind, campaign_id, audience, payload) VALUES (?, ?, ?, ?, ?)";
            for row in rows {
                let values = [
                    Value::Number(row.at.millis()),
                    Value::Words(&row.kind),
                    Value::MaybeNumber(row.campaign_id.map(|id| id.0)),
                    Value::Words(&row.audience),
                    Value::Words(&row.payload),
                ];
                Statement::<_>::new(text, &values).execute(c)?;
            }
        }
    }
    Ok(())
}

/// Stores routing decisions, in their order.
///
/// # Errors
/// The database's.
pub fn insert_decisions(conn: &mut Connection, rows: &[DecisionRow]) -> QueryResult<()> {
    match conn {
        Connection::Postgres(c) => {
            let text = "INSERT INTO decisions \
                        (interaction_id, campaign_id, at, eligibility, delivery_order, cause, winner, explanation) \
                        SELECT interaction_id, campaign_id, at, eligibility, delivery_order, cause, winner, explanation \
                        FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) WITH ORDINALITY AS new \
                        (interaction_id, campaign_id, at, eligibility, delivery_order, cause, winner, explanation, place) \
                        ORDER BY place";
            let lists = [
                List::Numbers(rows.iter().map(|row| row.interaction_id.0).collect()),
                List::Numbers(rows.iter().map(|row| row.campaign_id.0).collect()),
                List::Numbers(rows.iter().map(|row| row.at.millis()).collect()),
                List::Words(rows.iter().map(|row| row.eligibility.as_str()).collect()),
                List::Words(rows.iter().map(|row| row.delivery_order.as_str()).collect()),
                List::Words(rows.iter().map(|row| row.cause.as_str()).collect()),
                List::Numbers(rows.iter().map(|row| row.winner.0).collect()),
                List::Words(rows.iter().map(|row| row.explanation.as_str()).collect()),
            ];
            Statement::<_>::new(text, &lists).execute(c)?;
        }
        Connection::Sqlite(c) => {
            let text = "INSERT INTO decisions \
                        (interaction_id, campaign_id, at, eligibility, delivery_order, cause, winner, explanation) \
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
            for row in rows {
                let values = [
                    Value::Number(row.interaction_id.0),
                    Value::Number(row.campaign_id.0),
                    Value::Number(row.at.millis()),
                    Value::Words(row.eligibility.as_str()),
                    Value::Words(row.delivery_order.as_str()),
                    Value::Words(row.cause.as_str()),
                    Value::Number(row.winner.0),
                    Value::Words(&row.explanation),
                ];
                Statement::<_>::new(text, &values).execute(c)?;
            }
        }
    }
    Ok(())
}

/// Hands each interaction to its agent if it is waiting still; answers those that were.
///
/// # Errors
/// The database's.
pub fn assign_interactions(
    conn: &mut Connection,
    chosen: &[(shared::ids::InteractionId, shared::ids::UserId)],
    opened_at: Option<shared::time::Timestamp>,
    at: shared::time::Timestamp,
) -> QueryResult<Vec<shared::ids::InteractionId>> {
    let opened_at = opened_at.map(shared::time::Timestamp::millis);
    match conn {
        Connection::Postgres(c) => {
            let text = "UPDATE interactions SET state = 'assigned', agent_id = chosen.agent_id, \
                        assigned_at = chosen.assigned_at, opened_at = chosen.opened_at, version = version + 1 \
                        FROM unnest(?, ?, ?, ?) AS chosen (id, agent_id, assigned_at, opened_at) \
                        WHERE interactions.id = chosen.id AND interactions.state = 'waiting' RETURNING interactions.id";
            let lists = [
                List::Numbers(chosen.iter().map(|(id, _)| id.0).collect()),
                List::Numbers(chosen.iter().map(|(_, agent)| agent.0).collect()),
                List::Numbers(chosen.iter().map(|_| at.millis()).collect()),
                List::MaybeNumbers(chosen.iter().map(|_| opened_at).collect()),
            ];
            Statement::<_, diesel::sql_types::BigInt>::new(text, &lists).load(c)
        }
        Connection::Sqlite(c) => {
            let text = "UPDATE interactions SET state = 'assigned', agent_id = ?, assigned_at = ?, opened_at = ?, \
                        version = version + 1 WHERE id = ? AND state = 'waiting'";
            let mut given = Vec::with_capacity(chosen.len());
            for (id, agent) in chosen {
                let values = [
                    Value::Number(agent.0),
                    Value::Number(at.millis()),
                    Value::MaybeNumber(opened_at),
                    Value::Number(id.0),
                ];
                if Statement::<_>::new(text, &values).execute(c)? == 1 {
                    given.push(*id);
                }
            }
            Ok(given)
        }
    }
}

/// A routing decision as it is stored.
#[derive(Debug, Clone)]
pub struct DecisionRow {
    /// Interaction.
    pub interaction_id: shared::ids::InteractionId,
    /// Campaign.
    pub campaign_id: shared::ids::CampaignId,
    /// Taken at.
    pub at: shared::time::Timestamp,
    /// Eligibility rule.
    pub eligibility: shared::api::campaigns::Eligibility,
    /// Delivery order.
    pub delivery_order: shared::api::campaigns::DeliveryOrder,
    /// What decided.
    pub cause: shared::api::interactions::DecisionCause,
    /// Who got it, or had it.
    pub winner: shared::ids::UserId,
    /// The whole of it, as JSON.
    pub explanation: String,
}
