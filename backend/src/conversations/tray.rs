//! Rows of the tray: one, those that an agent holds, lists a page at a time, and how many wait.

use crate::{
    campaigns::{self, schedule::Hours},
    kernel::{
        Result,
        db::{
            Connection, Json, MultiBackend,
            schema::{campaigns as campaign, contacts, conversations, dispositions, interactions},
        },
        fold::fold,
        http::cursor,
    },
};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Bool, Integer},
};
use shared::{
    alarm::{AlarmTimes, NEAR_PERCENT, Thresholds},
    api::{
        campaigns::{Channel, Eligibility},
        interactions::{Direction, InteractionState, InteractionSummary},
    },
    ids::{CampaignId, ContactId, ConversationId, InteractionId, UserId},
    page::Page,
    time::Timestamp,
};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

/// Word for word what the partial indexes of the queue say: no planner can tell what a parameter will be.
const WAITING: &str = "interactions.state = 'waiting'";

/// The part of a summary that is the interaction's own.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = interactions)]
pub struct InteractionRow {
    /// Interaction.
    pub id: InteractionId,
    /// Conversation.
    pub conversation_id: ConversationId,
    /// Campaign.
    pub campaign_id: CampaignId,
    /// Channel.
    pub channel: Channel,
    /// Who began it.
    pub direction: Direction,
    /// Where it stands.
    pub state: InteractionState,
    /// Who holds or held it.
    pub agent_id: Option<UserId>,
    /// 1 first … 9 last.
    pub priority: i32,
    /// Came in at.
    pub arrived_at: Timestamp,
    /// Handed out at.
    pub assigned_at: Option<Timestamp>,
    /// First answer at.
    pub first_response_at: Option<Timestamp>,
    /// Finished at.
    pub finished_at: Option<Timestamp>,
    /// Set aside until then.
    pub snoozed_until: Option<Timestamp>,
    /// Newest rating of a mail of it.
    pub rating: Option<i32>,
    /// Not opened since the newest mail.
    pub unread: bool,
    /// The newest mail is the customer's.
    pub awaits_answer: bool,
    /// Version.
    pub version: i64,
}

type SummaryRow = (
    InteractionRow,
    (String, i32, Timestamp, String),
    (ContactId, String, String),
    (String, Json<Thresholds>, Eligibility),
    Option<String>,
);

/// The rows as the API shows them. Hours are read once for each campaign in which they matter.
fn summaries(conn: &mut Connection, rows: Vec<SummaryRow>) -> QueryResult<Vec<InteractionSummary>> {
    let timed = |(own, _, _, (_, thresholds, _), _): &SummaryRow| {
        (own.state == InteractionState::Waiting && thresholds.0.waiting_seconds.is_some()).then_some(own.campaign_id)
    };
    let campaigns: HashSet<CampaignId> = rows.iter().filter_map(timed).collect();
    let mut hours = HashMap::new();
    for campaign in campaigns {
        hours.insert(campaign, campaigns::hours(conn, campaign)?);
    }
    Ok(rows.into_iter().map(|row| summary(row, &hours)).collect())
}

/// When a row comes near its threshold, and when it crosses it (S24).
fn alarm(own: &InteractionRow, thresholds: Thresholds, hours: Option<&Hours>) -> Option<AlarmTimes> {
    // Amber at 80 hundredths of it.
    let near = |seconds: u32| Duration::from_millis(u64::from(seconds).saturating_mul(10 * u64::from(NEAR_PERCENT)));
    let over = |seconds: u32| Duration::from_secs(seconds.into());
    match own.state {
        InteractionState::Waiting => {
            let (seconds, hours) = (thresholds.waiting_seconds?, hours?);
            let at = |open| hours.after_open_time(own.arrived_at, open);
            Some(AlarmTimes { near_at: at(near(seconds))?, over_at: at(over(seconds))? })
        }
        InteractionState::Assigned => {
            let (seconds, since) = (thresholds.handling_seconds?, own.assigned_at?);
            Some(AlarmTimes { near_at: since.plus(near(seconds)), over_at: since.plus(over(seconds)) })
        }
        InteractionState::Snoozed | InteractionState::Finished => None,
    }
}

fn summary(row: SummaryRow, hours: &HashMap<CampaignId, Hours>) -> InteractionSummary {
    let (own, conversation, contact, (name, Json(thresholds), rule), disposition) = row;
    let (contact_id, contact_name, contact_address) = contact;
    let (subject, message_count, last_message_at, snippet) = conversation;
    let alarm = alarm(&own, thresholds, hours.get(&own.campaign_id));
    InteractionSummary {
        id: own.id,
        conversation_id: own.conversation_id,
        campaign_id: own.campaign_id,
        campaign_name: name,
        channel: own.channel,
        direction: own.direction,
        state: own.state,
        agent_id: own.agent_id,
        contact_id,
        contact_name,
        contact_address,
        subject,
        snippet,
        priority: own.priority,
        message_count,
        unread: own.unread,
        awaits_answer: own.awaits_answer,
        arrived_at: own.arrived_at,
        assigned_at: own.assigned_at,
        first_response_at: own.first_response_at,
        finished_at: own.finished_at,
        snoozed_until: own.snoozed_until,
        disposition,
        rating: own.rating,
        last_message_at,
        alarm,
        version: own.version,
        pull: rule.is_pull(),
        takeable: None,
    }
}

macro_rules! rows {
    () => {
        interactions::table
            .inner_join(conversations::table.inner_join(contacts::table))
            .inner_join(campaign::table)
            .left_join(dispositions::table)
            .select((
                InteractionRow::as_select(),
                (
                    conversations::subject,
                    conversations::message_count,
                    conversations::last_message_at,
                    conversations::last_snippet,
                ),
                (contacts::id, contacts::name, contacts::address),
                (campaign::name, campaign::thresholds, campaign::eligibility),
                dispositions::path.nullable(),
            ))
    };
}

fn only(conn: &mut Connection, row: SummaryRow) -> QueryResult<InteractionSummary> {
    summaries(conn, vec![row])?.pop().ok_or(diesel::result::Error::NotFound)
}

/// One row of the tray.
///
/// # Errors
/// `not_found`.
pub fn one(conn: &mut Connection, id: InteractionId) -> QueryResult<InteractionSummary> {
    let row = rows!().filter(interactions::id.eq(id)).first(conn)?;
    only(conn, row)
}

/// Rows of the tray, by id.
///
/// # Errors
/// The database's.
pub fn several(conn: &mut Connection, ids: &[InteractionId]) -> QueryResult<Vec<InteractionSummary>> {
    let rows: Vec<SummaryRow> =
        rows!().filter(interactions::id.eq_any(ids)).order(interactions::id.asc()).load(conn)?;
    summaries(conn, rows)
}

/// The open interaction of a conversation, or else its newest.
///
/// # Errors
/// `not_found`: it has none.
pub fn current(conn: &mut Connection, conversation: ConversationId) -> QueryResult<InteractionSummary> {
    let row =
        rows!().filter(interactions::conversation_id.eq(conversation)).order(interactions::id.desc()).first(conn)?;
    only(conn, row)
}

/// Who holds the open interaction of a conversation, or held its newest.
///
/// # Errors
/// The database's.
pub fn holder(conn: &mut Connection, conversation: ConversationId) -> QueryResult<Option<UserId>> {
    let newest: Option<Option<UserId>> = interactions::table
        .filter(interactions::conversation_id.eq(conversation))
        .order(interactions::id.desc())
        .select(interactions::agent_id)
        .first(conn)
        .optional()?;
    Ok(newest.flatten())
}

/// Everything that an agent holds, newest mail first; at most 1 000.
///
/// # Errors
/// The database's.
pub fn held_by(conn: &mut Connection, agent: UserId) -> QueryResult<Vec<InteractionSummary>> {
    let rows: Vec<SummaryRow> = rows!()
        .filter(interactions::agent_id.eq(agent))
        .filter(interactions::state.eq(InteractionState::Assigned))
        .order((conversations::last_message_at.desc(), interactions::id.desc()))
        .limit(1_000)
        .load(conn)?;
    summaries(conn, rows)
}

/// What a list is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<InteractionState>,
    /// Held by this agent, now or at the end.
    pub agent: Option<UserId>,
    /// In these campaigns; `None`: any.
    pub campaigns: Option<Vec<CampaignId>>,
    /// With this customer.
    pub contact: Option<ContactId>,
    /// Words in subject, name or address.
    pub search: Option<String>,
}

/// In which order a list stands, and after which row its page begins.
#[derive(Debug, Clone, Copy)]
pub enum Listing {
    /// Newest arrival first.
    Newest(Option<(Timestamp, InteractionId)>),
    /// As the queue is handed out: priority, then arrival (S42).
    Queue(Option<(i32, Timestamp, InteractionId)>),
}

impl Listing {
    /// What waits stands in the queue's order, all else by its arrival.
    ///
    /// # Errors
    /// `bad_cursor`; so is one of a list in the other order.
    pub fn of(state: Option<InteractionState>, after: Option<&str>) -> Result<Self> {
        match state {
            Some(InteractionState::Waiting) => cursor::read(after).map(Self::Queue),
            _ => cursor::read(after).map(Self::Newest),
        }
    }

    /// Cuts rows in this order, of which one more than `limit` was read, into a page.
    #[must_use]
    pub fn page(self, rows: Vec<InteractionSummary>, limit: i64) -> Page<InteractionSummary> {
        match self {
            Self::Newest(_) => cursor::page(rows, limit, |row| (row.arrived_at, row.id)),
            Self::Queue(_) => cursor::page(rows, limit, |row| (row.priority, row.arrived_at, row.id)),
        }
    }
}

/// Interactions in the order of `listing`, at most `limit`.
///
/// # Errors
/// The database's.
pub fn list(
    conn: &mut Connection,
    filter: &Filter,
    listing: Listing,
    limit: i64,
) -> QueryResult<Vec<InteractionSummary>> {
    let mut query = rows!().into_boxed::<MultiBackend>();
    query = match filter.state {
        Some(InteractionState::Waiting) => query.filter(sql::<Bool>(WAITING)),
        Some(state) => query.filter(interactions::state.eq(state)),
        None => query,
    };
    if let Some(agent) = filter.agent {
        query = query.filter(interactions::agent_id.eq(agent));
    }
    if let Some(campaigns) = &filter.campaigns {
        query = query.filter(interactions::campaign_id.eq_any(campaigns.clone()));
    }
    if let Some(contact) = filter.contact {
        query = query.filter(conversations::contact_id.eq(contact));
    }
    for word in fold(filter.search.as_deref().unwrap_or("")).split_whitespace().take(8) {
        let escaped = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        query = query.filter(conversations::search_text.like(format!("%{escaped}%")).escape('\\'));
    }
    query = match listing {
        Listing::Newest(before) => {
            if let Some((arrived, id)) = before {
                let same = interactions::arrived_at.eq(arrived).and(interactions::id.lt(id));
                query = query.filter(interactions::arrived_at.lt(arrived).or(same));
            }
            query.order((interactions::arrived_at.desc(), interactions::id.desc()))
        }
        Listing::Queue(after) => {
            if let Some((priority, arrived, id)) = after {
                // One comparison of rows, which both engines look up in the index; of its parts they make a scan.
                let after = sql::<Bool>("(interactions.priority, interactions.arrived_at, interactions.id) > (")
                    .bind::<Integer, _>(priority)
                    .sql(", ")
                    .bind::<BigInt, _>(arrived)
                    .sql(", ")
                    .bind::<BigInt, _>(id)
                    .sql(")");
                query = query.filter(after);
            }
            query.order((interactions::priority.asc(), interactions::arrived_at.asc(), interactions::id.asc()))
        }
    };
    let rows: Vec<SummaryRow> = query.limit(limit).load(conn)?;
    summaries(conn, rows)
}

/// How many wait in these campaigns; `None`: in any.
///
/// # Errors
/// The database's.
pub fn waiting(conn: &mut Connection, campaigns: Option<&[CampaignId]>) -> QueryResult<i64> {
    let all = interactions::table.filter(sql::<Bool>(WAITING));
    match campaigns {
        Some(campaigns) => all.filter(interactions::campaign_id.eq_any(campaigns)).count().get_result(conn),
        None => all.count().get_result(conn),
    }
}
