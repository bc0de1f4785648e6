//! What a day came to: waits, service level, fairness, and both days over time. Pure.

use super::{Day, Got, Shift};
use shared::{
    api::replays::{ReplayAgent, ReplayFigures, ReplayPoint},
    ids::UserId,
    time::Timestamp,
};
use std::{collections::BTreeMap, time::Duration};

/// What the recorded day has to say in the replay's terms.
#[must_use]
pub fn recorded(day: &Day) -> Vec<Got> {
    let mut got: Vec<Got> = day
        .cases
        .iter()
        .enumerate()
        .filter_map(|(case, one)| one.got.map(|(user, at)| Got { case, user, at }))
        .filter(|got| got.at < day.to)
        .collect();
    got.sort_by_key(|got| (got.at, got.case));
    got
}

/// The figures of a day. `shifts`: who was there; `names`: by user, those above 0 are known ones.
#[must_use]
pub fn figures(day: &Day, shifts: &[Shift], got: &[Got], names: &BTreeMap<UserId, String>) -> ReplayFigures {
    let mut waits: Vec<Duration> = got.iter().filter_map(|one| wait(day, one)).collect();
    waits.sort_unstable();
    let within = waits.iter().filter(|wait| **wait <= day.rule.service_level).count();
    let attended = count(got.len());
    let arrived = count(day.cases.len());
    let mut present: BTreeMap<UserId, Presence> = BTreeMap::new();
    for shift in shifts {
        let (from, to) = (shift.from.max(day.from), shift.to.min(day.to));
        let known = present.entry(shift.user).or_insert(Presence { time: Duration::ZERO, came: from, left: to });
        known.time += to.since(from);
        known.came = known.came.min(from);
        known.left = known.left.max(to);
    }
    let mut shares: BTreeMap<UserId, u32> = BTreeMap::new();
    for one in got {
        *shares.entry(one.user).or_default() += 1;
    }
    let rates: Vec<f64> = present
        .iter()
        .filter(|(_, there)| !there.time.is_zero())
        .map(|(user, there)| f64::from(shares.get(user).copied().unwrap_or(0)) / (there.time.as_secs_f64() / 3_600.0))
        .collect();
    let order = day.team.iter().map(|one| one.user);
    let others = shares.keys().copied().filter(|user| !day.team.iter().any(|one| one.user == *user));
    let agents = order
        .chain(others)
        .filter(|user| present.contains_key(user) || shares.contains_key(user))
        .map(|user| ReplayAgent {
            user_id: (user.0 > 0).then_some(user),
            name: names.get(&user).cloned().unwrap_or_else(|| format!("+{}", user.0.saturating_neg())),
            attended: shares.get(&user).copied().unwrap_or(0),
            present_seconds: present.get(&user).and_then(|there| u32::try_from(there.time.as_secs()).ok()).unwrap_or(0),
            came: present.get(&user).map(|there| clock(day, there.came)),
            left: present.get(&user).map(|there| clock(day, up_to_minute(there.left))),
        })
        .collect();
    ReplayFigures {
        arrived,
        attended,
        still_waiting: arrived.saturating_sub(attended),
        mean_wait_seconds: mean(&waits),
        p50_wait_seconds: quantile(&waits, 50),
        p90_wait_seconds: quantile(&waits, 90),
        max_wait_seconds: waits.last().map(Duration::as_secs_f64),
        service_level_percent: (attended > 0).then(|| 100.0 * f64::from(count(within)) / f64::from(attended)),
        fairness: jain(&rates),
        agents,
    }
}

/// When and for how long somebody was there.
struct Presence {
    time: Duration,
    came: Timestamp,
    left: Timestamp,
}

/// The clock of the day; its end is not the next one's begin.
fn clock(day: &Day, at: Timestamp) -> String {
    let clock = day.rule.hours.clock(at);
    if at > day.from && clock == "00:00" { "24:00".into() } else { clock }
}

/// Whoever was there for part of a minute was there in it.
fn up_to_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.millis().saturating_add(59_999).div_euclid(60_000).saturating_mul(60_000))
}

/// How long it waited inside the schedule.
fn wait(day: &Day, got: &Got) -> Option<Duration> {
    day.cases.get(got.case).map(|case| day.rule.hours.open_time(case.arrived_at, got.at))
}

/// Jain's index: (Σx)² ÷ (n · Σx²).
#[must_use]
pub fn jain(rates: &[f64]) -> Option<f64> {
    let (sum, squares): (f64, f64) = rates.iter().fold((0.0, 0.0), |(sum, squares), x| (sum + x, squares + x * x));
    (squares > 0.0).then(|| sum * sum / (f64::from(count(rates.len())) * squares))
}

fn mean(waits: &[Duration]) -> Option<f64> {
    let sum: f64 = waits.iter().map(Duration::as_secs_f64).sum();
    (!waits.is_empty()).then(|| sum / f64::from(count(waits.len())))
}

/// The smallest of the sorted that so many per cent do not pass.
fn quantile(sorted: &[Duration], percent: usize) -> Option<f64> {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100).max(1);
    sorted.get(rank.saturating_sub(1)).map(Duration::as_secs_f64)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Both days in steps.
#[must_use]
pub fn series(day: &Day, recorded: &[Got], replayed: &[Got], step: Duration) -> Vec<ReplayPoint> {
    let mut points = Vec::new();
    let mut at = day.from;
    while at < day.to && !step.is_zero() {
        let end = at.plus(step).min(day.to);
        let arrived_by = |limit: Timestamp| count(day.cases.iter().filter(|case| case.arrived_at < limit).count());
        let waiting =
            |got: &[Got]| arrived_by(end).saturating_sub(count(got.iter().filter(|one| one.at < end).count()));
        let mean_wait = |got: &[Got]| {
            let waits: Vec<Duration> =
                got.iter().filter(|one| one.at >= at && one.at < end).filter_map(|one| wait(day, one)).collect();
            mean(&waits)
        };
        points.push(ReplayPoint {
            at,
            time: day.rule.hours.clock(at),
            arrived: count(day.cases.iter().filter(|case| case.arrived_at >= at && case.arrived_at < end).count()),
            recorded_waiting: waiting(recorded),
            replayed_waiting: waiting(replayed),
            recorded_mean_wait_seconds: mean_wait(recorded),
            replayed_mean_wait_seconds: mean_wait(replayed),
        });
        at = end;
    }
    points
}
