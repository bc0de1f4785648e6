//! What a day came to: waits, service level, fairness, and both days over time. Pure.

use super::{Day, Got, Shift};
use shared::{
    api::replays::{ReplayAgent, ReplayFigures, ReplayPoint, ReplayShift},
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
    let present = presence(day, shifts);
    let mut shares: BTreeMap<UserId, u32> = BTreeMap::new();
    for one in got {
        *shares.entry(one.user).or_default() += 1;
    }
    let rates: Vec<f64> = present
        .iter()
        .map(|(user, there)| (shares.get(user).copied().unwrap_or(0), there_for(there)))
        .filter(|(_, time)| !time.is_zero())
        .map(|(got, time)| f64::from(got) / (time.as_secs_f64() / 3_600.0))
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
            present_seconds: present
                .get(&user)
                .and_then(|there| u32::try_from(there_for(there).as_secs()).ok())
                .unwrap_or(0),
            shifts: present.get(&user).map(|there| clocks(day, there)).unwrap_or_default(),
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

/// When each was there within the day: in order, and what overlaps or touches is one.
fn presence(day: &Day, shifts: &[Shift]) -> BTreeMap<UserId, Vec<(Timestamp, Timestamp)>> {
    let mut present: BTreeMap<UserId, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
    let mut sorted: Vec<&Shift> = shifts.iter().collect();
    sorted.sort_by_key(|shift| (shift.from, shift.to));
    for shift in sorted {
        let (from, to) = (shift.from.max(day.from), shift.to.min(day.to));
        if to <= from {
            continue;
        }
        let known = present.entry(shift.user).or_default();
        match known.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => known.push((from, to)),
        }
    }
    present
}

fn there_for(there: &[(Timestamp, Timestamp)]) -> Duration {
    there.iter().map(|(from, to)| to.since(*from)).sum()
}

/// The same by the clock, in whole minutes.
fn clocks(day: &Day, there: &[(Timestamp, Timestamp)]) -> Vec<ReplayShift> {
    let mut whole: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (from, to) in there {
        let (from, to) = (minute(*from, 0), minute(*to, 59_999));
        match whole.last_mut() {
            Some(last) if from <= last.1 => last.1 = to,
            _ => whole.push((from, to)),
        }
    }
    whole.into_iter().map(|(from, to)| ReplayShift { from: clock(day, from), to: clock(day, to) }).collect()
}

/// The clock of the day; its end is not the next one's begin.
fn clock(day: &Day, at: Timestamp) -> String {
    let clock = day.rule.hours.clock(at);
    if at > day.from && clock == "00:00" { "24:00".into() } else { clock }
}

/// The minute in which it is `more` milliseconds later.
fn minute(at: Timestamp, more: i64) -> Timestamp {
    Timestamp::from_millis(at.millis().saturating_add(more).div_euclid(60_000).saturating_mul(60_000))
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
