//! Use cases of this room that someone asks for; the rest is the worker's.

use super::{
    pass_on,
    queries::{self, decisions as stored, facts::Moment, recorded},
    replay::{self, Day, Shift, figures},
    strategy::{Candidate, Strategy},
    take,
};
use crate::{
    campaigns::{self, schedule::Hours},
    conversations::access,
    kernel::{
        Core, Error, Result,
        db::{Connection, connection::blocking},
        http::{auth::Principal, cursor},
    },
};
use shared::{
    api::{
        interactions::{DecisionView, InteractionSummary, ReturnInteraction, TransferInteraction, TransferTargets},
        replays::{ReplayInput, ReplayStaffing, ReplayView, StaffInput},
        schedules::minutes,
    },
    ids::{CampaignId, InteractionId, UserId},
    page::{Page, PageQuery},
    time::Timestamp,
    validate::{Issues, Rule},
};
use std::{collections::BTreeMap, time::Duration};

/// Most interactions of a day that is replayed.
const MOST_CASES: i64 = 50_000;

/// Decisions about an interaction, newest first.
///
/// # Errors
/// `not_found`: there is no such interaction, or none that the caller sees.
pub async fn decisions(
    core: &Core,
    caller: Principal,
    id: InteractionId,
    query: PageQuery,
) -> Result<Page<DecisionView>> {
    let limit = cursor::limit(query.limit)?;
    let before = cursor::read(query.cursor.as_deref())?;
    let rows = core
        .db
        .read(move |conn| {
            access::readable_interaction(conn, &caller, id)?;
            Ok(stored::of_interaction(conn, id, before, limit.saturating_add(1))?)
        })
        .await?;
    Ok(cursor::page(rows, limit, |row| row.id))
}

/// The caller takes an interaction that waits.
///
/// # Errors
/// As [`take::take`].
pub async fn take(core: &Core, caller: Principal, id: InteractionId) -> Result<InteractionSummary> {
    let offline_after = Duration::from_secs(core.settings.routing.offline_seconds);
    let clock = core.clone();
    core.db.write(move |conn| take::take(conn, &caller, id, Moment::at(clock.now(), offline_after))).await
}

/// Gives an interaction to an agent or a campaign.
///
/// # Errors
/// As [`pass_on::transfer`].
pub async fn transfer(
    core: &Core,
    caller: Principal,
    id: InteractionId,
    wanted: TransferInteraction,
) -> Result<InteractionSummary> {
    let at = now(core);
    core.db.write(move |conn| pass_on::transfer(conn, &caller, id, &wanted, at)).await
}

/// Gives an interaction back to the queue.
///
/// # Errors
/// As [`pass_on::give_back`].
pub async fn give_back(
    core: &Core,
    caller: Principal,
    id: InteractionId,
    wanted: ReturnInteraction,
) -> Result<InteractionSummary> {
    let at = now(core);
    core.db.write(move |conn| pass_on::give_back(conn, &caller, id, &wanted.note, at)).await
}

/// To whom an interaction can be given.
///
/// # Errors
/// `not_found`.
pub async fn transfer_targets(core: &Core, caller: Principal, id: InteractionId) -> Result<TransferTargets> {
    let at = now(core);
    core.db.read(move |conn| pass_on::targets(conn, &caller, id, at)).await
}

fn now(core: &Core) -> Moment {
    Moment::at(core.now(), Duration::from_secs(core.settings.routing.offline_seconds))
}

/// A past day of a campaign, as it was and as it would have been. Nothing is written.
///
/// # Errors
/// `not_found`; field errors; `conflict`: more interactions came that day than are replayed.
pub async fn replay_day(
    core: &Core,
    caller: Principal,
    campaign: CampaignId,
    input: ReplayInput,
) -> Result<ReplayView> {
    let now = core.now();
    let asked = input.clone();
    let loaded = core.db.read(move |conn| {
        campaigns::must_see(conn, &caller.scope, campaign)?;
        load(conn, campaign, &asked, now)
    });
    let loaded = loaded.await?;
    // Reckoning a long day takes a while: it is done where it keeps nobody waiting, and holds no connection.
    blocking(move || Ok(reckon(&loaded, &input))).await
}

/// A day with what tells it.
struct Loaded {
    day: Day,
    names: BTreeMap<UserId, String>,
    staffing: ReplayStaffing,
    // Who was there really, for the figures of the day as it was.
    was_there: Vec<Shift>,
    // The campaign's agents need a voice campaign, which is left aside.
    needs_voice: bool,
}

fn load(conn: &mut Connection, campaign: CampaignId, input: &ReplayInput, now: Timestamp) -> Result<Loaded> {
    let (mut rule, _) = queries::rule(conn, campaign)?;
    let Some((from, end)) = rule.hours.day(&input.date) else {
        return Err(Error::field("date", Rule::NotADate, "is no day, YYYY-MM-DD"));
    };
    let to = end.min(now);
    if to <= from {
        return Err(Error::field("date", Rule::OutOfRange, "has not begun yet"));
    }
    let members = recorded::members_of(conn, campaign)?;
    let mut team: Vec<UserId> = members.iter().map(|one| one.0).collect();
    let given =
        input.staffing.as_deref().map(|lines| given_shifts(lines, &rule.hours, &input.date, &mut team)).transpose()?;
    let mut cases = recorded::cases(conn, campaign, from, to, MOST_CASES.saturating_add(1))?;
    if i64::try_from(cases.len()).is_ok_and(|count| count > MOST_CASES) {
        let words = format!("more than {MOST_CASES} interactions came that day");
        return Err(Error::detailed(shared::error::ErrorCode::Conflict, words));
    }
    let seconds = |number: u32| Duration::from_secs(number.into());
    rule.last_agent = input.last_agent_seconds.map_or(rule.last_agent, seconds);
    rule.wrap_up = input.wrap_up_seconds.map_or(rule.wrap_up, seconds);
    let needs_voice = rule.strategy.require_voice;
    rule.strategy = changed(rule.strategy, input);
    if !rule.last_agent.is_zero() {
        recorded::note_previous(conn, &mut cases)?;
    }
    let cases: Vec<replay::Case> = cases.into_iter().map(|(case, _)| case).collect();
    let mut was_there = recorded::shifts(conn, &team, from, to)?;
    let mut staffing = ReplayStaffing::Recorded;
    if was_there.is_empty() {
        was_there = inferred(&cases, from, to);
        staffing = ReplayStaffing::Inferred;
    }
    let shifts = match given {
        Some(given) => {
            staffing = ReplayStaffing::Given;
            given
        }
        None => was_there.clone(),
    };
    let mut candidates = Vec::with_capacity(team.len());
    for user in &team {
        let known = members.iter().find(|one| one.0 == *user);
        candidates.push(Candidate {
            online: false,
            enabled: known.is_none_or(|one| one.4),
            may_receive: known.is_none_or(|one| one.3),
            penalty: known.and_then(|one| u32::try_from(one.2).ok()).unwrap_or(0),
            last_ended: match known {
                Some(_) => recorded::ended_before(conn, campaign, *user, from)?,
                None => None,
            },
            ..Candidate::free(*user)
        });
    }
    let everyone: Vec<UserId> =
        cases.iter().filter_map(|case| case.got.map(|(user, _)| user)).chain(team.iter().copied()).collect();
    let names = names_of(conn, everyone)?;
    let holds = recorded::holds(conn, campaign, &team, from, to)?;
    let last_served = recorded::served_before(conn, campaign, from)?;
    let day = Day { from, to, rule, team: candidates, shifts, holds, cases, last_served };
    Ok(Loaded { day, names, staffing, was_there, needs_voice })
}

fn names_of(conn: &mut Connection, mut users: Vec<UserId>) -> Result<BTreeMap<UserId, String>> {
    users.sort_unstable();
    users.dedup();
    let mut names = BTreeMap::new();
    for some in users.chunks(500) {
        names.extend(recorded::names(conn, some)?);
    }
    Ok(names)
}

/// The strategy of the day, changed by what was asked. A replay leaves telephony aside: who was in a voice campaign then is
/// not recorded.
fn changed(strategy: Strategy, input: &ReplayInput) -> Strategy {
    let eligibility = input.eligibility.unwrap_or(strategy.eligibility);
    Strategy {
        eligibility,
        order: input.delivery_order.unwrap_or(strategy.order),
        max_interactions: eligibility.maximum(
            // A rule that needs a maximum has one, even where the campaign's own did without.
            input
                .max_interactions
                .or(strategy.max_interactions)
                .or(Some(shared::api::campaigns::DEFAULT_MAX_INTERACTIONS)),
        ),
        require_voice: false,
    }
}

/// Shifts as they were given; each line without a user is one more agent, at the end of the team.
fn given_shifts(lines: &[StaffInput], hours: &Hours, date: &str, team: &mut Vec<UserId>) -> Result<Vec<Shift>> {
    let mut issues = Issues::default();
    let mut shifts = Vec::new();
    let mut more = 0_i64;
    for (index, line) in lines.iter().enumerate() {
        let user = match line.user_id {
            Some(user) if user.0 > 0 && team.contains(&user) => user,
            Some(_) => {
                issues.add(&format!("staffing/{index}/user_id"), Rule::UnknownValue, "is no member of the campaign");
                continue;
            }
            None => {
                more = more.saturating_sub(1);
                team.push(UserId(more));
                UserId(more)
            }
        };
        let at = |time: &str| hours.minute_of(date, minutes(time)?);
        // Both were judged; a leap of the clock may leave nothing between them.
        let (Some(from), Some(to)) = (at(&line.from), at(&line.to)) else { continue };
        shifts.push(Shift { user, from, to: to.max(from), in_call: false });
    }
    issues.into_result().map_err(Error::invalid)?;
    Ok(shifts)
}

/// Each was there from his first interaction of the day to the end of his last.
fn inferred(cases: &[replay::Case], from: Timestamp, to: Timestamp) -> Vec<Shift> {
    let mut spans: BTreeMap<UserId, (Timestamp, Timestamp)> = BTreeMap::new();
    for case in cases {
        let Some((user, at)) = case.got.filter(|(_, at)| *at < to) else { continue };
        let end = at.plus(case.handling).max(at.plus(Duration::from_millis(1))).min(to);
        let span = spans.entry(user).or_insert((at.max(from), end));
        *span = (span.0.min(at.max(from)), span.1.max(end));
    }
    spans.into_iter().map(|(user, (from, to))| Shift { user, from, to, in_call: false }).collect()
}

fn reckon(loaded: &Loaded, input: &ReplayInput) -> ReplayView {
    let day = &loaded.day;
    let was = figures::recorded(day);
    let would = replay::replay(day, input.seed.into());
    ReplayView {
        campaign_id: day.rule.campaign,
        from: day.from,
        to: day.to,
        eligibility: day.rule.strategy.eligibility,
        delivery_order: day.rule.strategy.order,
        max_interactions: day.rule.strategy.max_interactions,
        seed: input.seed,
        staffing: loaded.staffing,
        voice_left_aside: loaded.needs_voice,
        recorded: figures::figures(day, &loaded.was_there, &was, &loaded.names),
        replayed: figures::figures(day, &day.shifts, &would, &loaded.names),
        series: figures::series(day, &was, &would, Duration::from_secs(u64::from(input.step_minutes) * 60)),
    }
}
