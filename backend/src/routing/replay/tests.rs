//! Days that can be reckoned by hand, and properties of any day.

use super::{figures::*, *};
use crate::{campaigns::schedule::Hours, routing::strategy::Strategy};
use proptest::{prelude::*, strategy::Strategy as Values};
use shared::api::{
    campaigns::{DeliveryOrder, Eligibility},
    schedules::Schedule,
};
use std::collections::BTreeMap;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_760_000_000_000 + seconds * 1_000)
}

fn rule(eligibility: Eligibility, order: DeliveryOrder, max: u32) -> Rule {
    Rule {
        campaign: shared::ids::CampaignId(1),
        strategy: Strategy {
            eligibility,
            order,
            max_interactions: eligibility.maximum(Some(max)),
            require_voice: false,
        },
        hours: Hours::of(&Schedule::default()),
        max_in_queue: 0,
        last_agent: Duration::ZERO,
        offer_timeout: Duration::ZERO,
        service_level: Duration::from_secs(60),
        wrap_up: Duration::ZERO,
        last_served: None,
    }
}

fn day(team: i64, rule: Rule, arrivals: &[(i64, u64)]) -> Day {
    let absent = |id: i64| Candidate { online: false, ..Candidate::free(UserId(id)) };
    let case = |(id, (arrived, handling)): (i64, &(i64, u64))| Case {
        id: InteractionId(id),
        priority: 5,
        arrived_at: at(*arrived),
        got: None,
        handling: Duration::from_secs(*handling),
        previous: None,
    };
    Day {
        from: at(0),
        to: at(36_000),
        rule,
        team: (1..=team).map(absent).collect(),
        shifts: (1..=team)
            .map(|id| Shift { user: UserId(id), from: at(-100), to: at(36_000), in_call: false })
            .collect(),
        holds: Vec::new(),
        cases: (1..).zip(arrivals).map(case).collect(),
        last_served: None,
    }
}

fn told(got: &[Got]) -> Vec<(usize, i64, i64)> {
    got.iter().map(|one| (one.case, one.user.0, (one.at.millis() - at(0).millis()) / 1_000)).collect()
}

#[test]
fn one_agent_one_at_a_time_is_a_queue() {
    let day = day(1, rule(Eligibility::Nocall, DeliveryOrder::Linear, 1), &[(0, 100), (10, 100), (20, 100), (500, 5)]);
    let got = replay(&day, 1);
    assert_eq!(told(&got), [(0, 1, 0), (1, 1, 100), (2, 1, 200), (3, 1, 500)]);
    let figures = figures(&day, &day.shifts, &got, &BTreeMap::new());
    assert_eq!((figures.arrived, figures.attended, figures.still_waiting), (4, 4, 0));
    assert_eq!(figures.mean_wait_seconds, Some((90.0 + 180.0) / 4.0));
    assert_eq!((figures.p50_wait_seconds, figures.p90_wait_seconds), (Some(0.0), Some(180.0)));
    assert_eq!(figures.max_wait_seconds, Some(180.0));
    assert_eq!(figures.service_level_percent, Some(50.0));
    assert_eq!(figures.fairness, Some(1.0));
    let points = series(&day, &[], &got, Duration::from_secs(1_800));
    assert_eq!(points.len(), 20);
    assert_eq!((points[0].arrived, points[0].replayed_waiting, points[0].recorded_waiting), (4, 0, 4));
}

#[test]
fn who_was_there_for_no_time_gets_nothing() {
    let mut day = day(1, rule(Eligibility::Nocall, DeliveryOrder::Linear, 1), &[(500, 5)]);
    // As when the clock leaps over the whole of it.
    day.shifts = vec![Shift { user: UserId(1), from: at(100), to: at(100), in_call: false }];
    assert_eq!(replay(&day, 1), []);
    // A hold of no time holds nobody for good.
    day.shifts = vec![Shift { user: UserId(1), from: at(0), to: at(36_000), in_call: false }];
    day.holds = vec![Hold { user: UserId(1), from: at(200), to: at(200), own: true, blocks: true }];
    assert_eq!(told(&replay(&day, 1)), [(0, 1, 500)]);
}

#[test]
fn an_hour_that_two_shifts_share_counts_once() {
    let mut day = day(1, rule(Eligibility::Nocall, DeliveryOrder::Linear, 1), &[(0, 5)]);
    let shift = |from, to| Shift { user: UserId(1), from: at(from), to: at(to), in_call: false };
    // Two that overlap, one that begins after the end, one apart.
    day.shifts = vec![shift(3_600, 10_800), shift(0, 7_200), shift(40_000, 50_000), shift(14_400, 18_000)];
    let figures = figures(&day, &day.shifts, &replay(&day, 1), &BTreeMap::new());
    let agent = &figures.agents[0];
    assert_eq!(agent.present_seconds, 10_800 + 3_600);
    // 2025-10-09, 08:53:20 in UTC; begun minutes count.
    let shown: Vec<_> = agent.shifts.iter().map(|one| (one.from.as_str(), one.to.as_str())).collect();
    assert_eq!(shown, [("08:53", "11:54"), ("12:53", "13:54")]);
}

#[test]
fn breaks_rests_holds_and_priorities_count() {
    let mut one = day(2, rule(Eligibility::Nocall, DeliveryOrder::Linear, 1), &[(0, 100), (5, 50), (6, 50), (7, 50)]);
    one.shifts = vec![
        Shift { user: UserId(1), from: at(0), to: at(90), in_call: false },
        Shift { user: UserId(2), from: at(20), to: at(36_000), in_call: false },
    ];
    one.cases[3].priority = 1;
    assert_eq!(told(&replay(&one, 1)), [(0, 1, 0), (3, 2, 20), (1, 2, 70), (2, 2, 120)]);
    one.rule.wrap_up = Duration::from_secs(30);
    assert_eq!(told(&replay(&one, 1)), [(0, 1, 0), (3, 2, 20), (1, 2, 100), (2, 2, 180)]);
    one.holds = vec![Hold { user: UserId(2), from: at(-5), to: at(300), own: true, blocks: false }];
    assert_eq!(told(&replay(&one, 1)), [(0, 1, 0), (3, 2, 300), (1, 2, 380), (2, 2, 460)]);
    // Of another campaign it blocks only if it is an `incall` one.
    one.holds[0].own = false;
    assert_eq!(told(&replay(&one, 1))[1], (3, 2, 20));
    one.holds[0].blocks = true;
    assert_eq!(told(&replay(&one, 1))[1], (3, 2, 300));
}

#[test]
fn strategies_differ_as_they_should() {
    let arrivals: Vec<(i64, u64)> = (0..60).map(|number| (number * 10, 15)).collect();
    let fair = day(6, rule(Eligibility::Nocall, DeliveryOrder::Rrmemory, 1), &arrivals);
    let linear = day(6, rule(Eligibility::Nocall, DeliveryOrder::Linear, 1), &arrivals);
    let of = |day: &Day| figures(day, &day.shifts, &replay(day, 1), &BTreeMap::new()).fairness.unwrap();
    assert_eq!(of(&fair), 1.0);
    assert!(of(&linear) < 0.5, "the first two do it all");
}

#[test]
fn last_agents_are_preferred() {
    let mut one = day(2, rule(Eligibility::Nocall, DeliveryOrder::Linear, 1), &[(0, 10), (100, 10)]);
    one.rule.last_agent = Duration::from_secs(60);
    one.cases[1].previous = Some(UserId(2));
    assert_eq!(told(&replay(&one, 1)), [(0, 1, 0), (1, 2, 100)]);
}

#[test]
fn jains_index_is_what_the_books_say() {
    assert_eq!(jain(&[1.0, 1.0, 1.0]), Some(1.0));
    assert_eq!(jain(&[1.0, 0.0, 0.0, 0.0]), Some(0.25));
    assert_eq!(jain(&[]), None);
    assert_eq!(jain(&[0.0]), None);
}

fn any_day() -> impl Values<Value = Day> {
    let arrivals = proptest::collection::vec((0_i64..3_000, 1_u64..400), 0..40);
    let choice = (proptest::sample::select(Eligibility::ALL), proptest::sample::select(DeliveryOrder::ALL), 1_u32..4);
    (1_i64..6, choice, arrivals, 0_u64..60).prop_map(|(team, (eligibility, order, max), arrivals, rest)| {
        let mut made = day(team, rule(eligibility, order, max), &arrivals);
        made.rule.wrap_up = Duration::from_secs(rest);
        made
    })
}

proptest! {
    /// Any day under any strategy: the seed decides alone; each is got at most once and not before it came; nobody holds more
    /// than he may; while somebody can, nobody waits.
    #[test]
    fn holds_on_any_day(day in any_day(), seed in any::<u64>()) {
        let got = replay(&day, seed);
        prop_assert_eq!(&got, &replay(&day, seed));
        let mut seen = BTreeSet::new();
        for one in &got {
            prop_assert!(seen.insert(one.case));
            prop_assert!(one.at >= day.cases[one.case].arrived_at);
            let held = got.iter().filter(|other| {
                other.user == one.user && other.at <= one.at && other.at.plus(day.cases[other.case].handling) > one.at
            });
            let most = match day.rule.strategy.eligibility {
                Eligibility::Incall | Eligibility::Interaction | Eligibility::Ringall => 1,
                _ => day.rule.strategy.max_interactions.unwrap(),
            };
            prop_assert!(u32::try_from(held.count()).unwrap() <= most);
        }
        prop_assert_eq!(got.len(), day.cases.len(), "there is time for all");
    }

    /// A day that was handed out by a strategy, recorded and replayed with it, is the same day again.
    #[test]
    fn the_same_strategy_gives_the_same_day(mut day in any_day(), seed in any::<u64>()) {
        let first = replay(&day, seed);
        for one in &first {
            day.cases[one.case].got = Some((one.user, one.at));
        }
        let names = BTreeMap::new();
        let replayed = replay(&day, seed);
        prop_assert_eq!(figures(&day, &day.shifts, &recorded(&day), &names), figures(&day, &day.shifts, &replayed, &names));
    }
}
