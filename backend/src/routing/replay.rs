//! A past day once more (S43): recorded arrivals and handling times, run through the same [`choose`] with another strategy
//! or other people. Pure; knows no database and draws from a seed.
//!
//! What is taken as it was: when each interaction came, its priority, how long its handling took, what agents held besides.
//! What is replayed: who got it, and when. Time stands still between events: an arrival, somebody coming or going, an end of
//! a handling or of a rest, the schedule opening.

pub mod figures;

use super::{
    queries::Rule,
    strategy::{Ask, Candidate, Seeded, choose},
};
use shared::{
    api::interactions::DecisionCause,
    ids::{InteractionId, UserId},
    time::Timestamp,
};
use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
    time::Duration,
};

/// An interaction of the day, as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Interaction.
    pub id: InteractionId,
    /// 1 first … 9 last.
    pub priority: i32,
    /// Came in at.
    pub arrived_at: Timestamp,
    /// Who got it and when, if somebody did.
    pub got: Option<(UserId, Timestamp)>,
    /// How long its handling took.
    pub handling: Duration,
    /// Who had its conversation before.
    pub previous: Option<UserId>,
}

/// Somebody is there, available, for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// Agent.
    pub user: UserId,
    /// From.
    pub from: Timestamp,
    /// To.
    pub to: Timestamp,
    /// In a call all the while.
    pub in_call: bool,
}

/// Somebody holds something that is not replayed: of another campaign, begun by himself, or had from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Agent.
    pub user: UserId,
    /// From.
    pub from: Timestamp,
    /// To.
    pub to: Timestamp,
    /// Of this campaign.
    pub own: bool,
    /// Of an `incall` campaign.
    pub blocks: bool,
}

/// All that is replayed.
#[derive(Debug, Clone)]
pub struct Day {
    /// Begin.
    pub from: Timestamp,
    /// End; who waits then still waits.
    pub to: Timestamp,
    /// How it is handed out.
    pub rule: Rule,
    /// Members in their order, absent, holding nothing.
    pub team: Vec<Candidate>,
    /// Who is there when.
    pub shifts: Vec<Shift>,
    /// What else they hold.
    pub holds: Vec<Hold>,
    /// What came, and what waited from before.
    pub cases: Vec<Case>,
    /// From whom the round goes on.
    pub last_served: Option<UserId>,
}

/// Somebody got an interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Got {
    /// Index of the case.
    pub case: usize,
    /// Agent.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
}

/// What happens; within one instant in this order, so that who leaves gets nothing and who comes does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Leaves(usize),
    Released(usize),
    Finishes(UserId),
    Rested,
    Comes(usize),
    Holds(usize),
    Opens,
    Arrives(usize),
}

/// The day, replayed: who got what, when, in the order in which it went.
#[must_use]
pub fn replay(day: &Day, seed: u64) -> Vec<Got> {
    Run::new(day, seed).finished()
}

struct Run<'d> {
    day: &'d Day,
    team: Vec<Candidate>,
    // How many shifts each has open, and until when he rests.
    present: Vec<u32>,
    rests: Vec<Timestamp>,
    blocks: Vec<u32>,
    events: BinaryHeap<Reverse<(Timestamp, Event)>>,
    waiting: BTreeSet<(i32, Timestamp, InteractionId, usize)>,
    last_served: Option<UserId>,
    draw: Seeded,
    got: Vec<Got>,
}

impl<'d> Run<'d> {
    fn new(day: &'d Day, seed: u64) -> Self {
        let count = day.team.len();
        let mut run = Self {
            day,
            team: day.team.clone(),
            present: vec![0; count],
            rests: vec![Timestamp::from_millis(i64::MIN); count],
            blocks: vec![0; count],
            events: BinaryHeap::new(),
            waiting: BTreeSet::new(),
            last_served: day.last_served,
            draw: Seeded::new(seed),
            got: Vec::new(),
        };
        for (index, case) in day.cases.iter().enumerate() {
            run.at(case.arrived_at.max(day.from), Event::Arrives(index));
        }
        // Who leaves goes before who comes: one that is over when it begins would never end.
        for (index, shift) in day.shifts.iter().enumerate().filter(|(_, shift)| shift.from.max(day.from) < shift.to) {
            run.at(shift.from.max(day.from), Event::Comes(index));
            run.at(shift.to, Event::Leaves(index));
        }
        for (index, hold) in day.holds.iter().enumerate().filter(|(_, hold)| hold.from.max(day.from) < hold.to) {
            run.at(hold.from.max(day.from), Event::Holds(index));
            run.at(hold.to, Event::Released(index));
        }
        run.opens_after(day.from);
        run
    }

    fn at(&mut self, at: Timestamp, event: Event) {
        self.events.push(Reverse((at, event)));
    }

    fn opens_after(&mut self, at: Timestamp) {
        if let Some(change) = self.day.rule.hours.next_change(at).filter(|change| *change < self.day.to) {
            self.at(change, Event::Opens);
        }
    }

    fn finished(mut self) -> Vec<Got> {
        while let Some(Reverse((now, event))) = self.events.pop() {
            if now >= self.day.to {
                break;
            }
            self.apply(now, event);
            while let Some(next) =
                self.events.peek().map(|Reverse((at, event))| (*at, *event)).filter(|one| one.0 <= now)
            {
                self.events.pop();
                self.apply(now, next.1);
            }
            self.hand_out(now);
        }
        self.got
    }

    fn apply(&mut self, now: Timestamp, event: Event) {
        match event {
            Event::Arrives(index) => {
                if let Some(case) = self.day.cases.get(index) {
                    self.waiting.insert((case.priority, case.arrived_at, case.id, index));
                }
            }
            Event::Comes(index) | Event::Leaves(index) => {
                let Some(shift) = self.day.shifts.get(index).copied() else { return };
                let comes = matches!(event, Event::Comes(_));
                let Some(place) = self.place(shift.user) else { return };
                if let Some(present) = self.present.get_mut(place) {
                    *present = if comes { present.saturating_add(1) } else { present.saturating_sub(1) };
                    let there = *present > 0;
                    if let Some(one) = self.team.get_mut(place) {
                        one.online = there;
                        one.in_call = comes && shift.in_call || !comes && there && one.in_call;
                    }
                }
            }
            Event::Holds(index) | Event::Released(index) => {
                let Some(hold) = self.day.holds.get(index).copied() else { return };
                self.hold(hold, matches!(event, Event::Holds(_)));
            }
            Event::Finishes(user) => self.finish(user, now),
            Event::Rested => {
                for (one, until) in self.team.iter_mut().zip(&self.rests) {
                    one.in_wrap_up = *until > now;
                }
            }
            Event::Opens => self.opens_after(now),
        }
    }

    fn place(&self, user: UserId) -> Option<usize> {
        self.team.iter().position(|one| one.user == user)
    }

    fn hold(&mut self, hold: Hold, begins: bool) {
        let Some(place) = self.place(hold.user) else { return };
        let step = |number: &mut u32| {
            *number = if begins { number.saturating_add(1) } else { number.saturating_sub(1) };
        };
        if hold.blocks
            && let Some(blocks) = self.blocks.get_mut(place)
        {
            step(blocks);
        }
        let blocked = self.blocks.get(place).is_some_and(|blocks| *blocks > 0);
        let Some(one) = self.team.get_mut(place) else { return };
        step(&mut one.held_anywhere);
        one.blocked = blocked;
        if hold.own {
            step(&mut one.held);
            match (begins, one.held) {
                (true, _) => one.open_since = Some(hold.from),
                (false, 0) => (one.open_since, one.last_ended) = (None, Some(hold.to)),
                (false, _) => one.last_ended = Some(hold.to),
            }
            one.finished_today = one.finished_today.saturating_add(u32::from(!begins));
        }
    }

    fn finish(&mut self, user: UserId, now: Timestamp) {
        let blocks = self.day.rule.strategy.eligibility == shared::api::campaigns::Eligibility::Incall;
        self.hold(Hold { user, from: now, to: now, own: true, blocks }, false);
        let rest = self.day.rule.wrap_up;
        if rest.is_zero() {
            return;
        }
        let until = now.plus(rest);
        if let Some(place) = self.place(user)
            && let (Some(rests), Some(one)) = (self.rests.get_mut(place), self.team.get_mut(place))
        {
            *rests = (*rests).max(until);
            one.in_wrap_up = true;
            self.at(until, Event::Rested);
        }
    }

    fn hand_out(&mut self, now: Timestamp) {
        let rule = &self.day.rule;
        if self.waiting.is_empty() || !rule.hours.is_open(now) {
            return;
        }
        while let Some(first) = self.waiting.first().copied() {
            let Some(case) = self.day.cases.get(first.3) else { break };
            let fresh = now < case.arrived_at.plus(rule.last_agent);
            let ask = Ask {
                last_served: self.last_served,
                preferred: case.previous.filter(|_| fresh),
                place: Some(1),
                max_in_queue: rule.max_in_queue,
                ..Ask::default()
            };
            let Some(decision) = choose(&self.team, &ask, &rule.strategy, &mut self.draw) else { break };
            self.waiting.pop_first();
            if decision.cause == DecisionCause::Order {
                self.last_served = Some(decision.winner);
            }
            let blocks = rule.strategy.eligibility == shared::api::campaigns::Eligibility::Incall;
            let user = decision.winner;
            self.hold(Hold { user, from: now, to: now, own: true, blocks }, true);
            self.at(now.plus(case.handling), Event::Finishes(user));
            self.got.push(Got { case: first.3, user, at: now });
        }
    }
}

#[cfg(test)]
mod tests;
