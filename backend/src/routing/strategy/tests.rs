//! The rules against their words, and against simple models.

use super::{Strategy, *};
use proptest::{prelude::*, strategy::Strategy as Values};
use shared::api::campaigns::DEFAULT_MAX_INTERACTIONS;
use std::collections::BTreeMap;

const AT: Timestamp = Timestamp::from_millis(1_000_000);

fn strategy(eligibility: Eligibility, order: DeliveryOrder) -> Strategy {
    let max_interactions = eligibility.maximum(Some(DEFAULT_MAX_INTERACTIONS));
    Strategy { eligibility, order, max_interactions, require_voice: false }
}

fn free(id: i64) -> Candidate {
    Candidate::free(UserId(id))
}

fn team(count: i64) -> Vec<Candidate> {
    (1..=count).map(free).collect()
}

fn with(id: i64, change: impl FnOnce(&mut Candidate)) -> Candidate {
    let mut one = free(id);
    change(&mut one);
    one
}

fn decide(candidates: &[Candidate], ask: &Ask, strategy: &Strategy) -> Option<Decision> {
    choose(candidates, ask, strategy, &mut Seeded::new(7))
}

fn winner(candidates: &[Candidate], ask: &Ask, strategy: &Strategy) -> Option<i64> {
    decide(candidates, ask, strategy).map(|decision| decision.winner.0)
}

fn after(last: i64) -> Ask {
    Ask { last_served: Some(UserId(last)), ..Ask::default() }
}

/// Puts one thing in the way.
type Spoil = fn(&mut Candidate);

#[test]
fn what_all_need() {
    let cases: [(Spoil, Ineligible); 6] = [
        (|one| one.online = false, Ineligible::Offline),
        (|one| one.on_break = true, Ineligible::OnBreak),
        (|one| one.may_receive = false, Ineligible::MayNotReceive),
        (|one| one.enabled = false, Ineligible::Disabled),
        (|one| one.in_wrap_up = true, Ineligible::InWrapUp),
        (|one| one.in_voice_campaign = false, Ineligible::NotInVoiceCampaign),
    ];
    for rule in Eligibility::ALL {
        for (spoil, reason) in cases {
            let strategy = Strategy { require_voice: true, ..strategy(*rule, DeliveryOrder::Linear) };
            let team = [with(1, spoil), free(2)];
            let decision = decide(&team, &Ask::default(), &strategy).unwrap();
            assert_eq!(decision.winner, UserId(2), "{rule}");
            assert_eq!(decision.agents[0].reasons, [reason], "{rule}");
            assert_eq!(decision.agents[0].rank, None);
            assert_eq!(decide(&[with(1, spoil)], &Ask::default(), &strategy), None);
        }
        assert_eq!(decide(&[], &Ask::default(), &strategy(*rule, DeliveryOrder::Linear)), None);
    }
    let one = [with(1, |one| one.in_voice_campaign = false)];
    assert!(decide(&one, &Ask::default(), &strategy(Eligibility::Nocall, DeliveryOrder::Linear)).is_some());
}

#[test]
fn each_rule_has_obstacles_of_its_own() {
    use Eligibility as E;
    use Ineligible as I;
    let facts: [(&str, Spoil); 6] = [
        ("in a call", |one| one.in_call = true),
        ("holds two of this campaign", |one| (one.held, one.held_anywhere) = (2, 2)),
        ("holds three of this campaign", |one| (one.held, one.held_anywhere) = (3, 3)),
        ("holds one of another campaign", |one| one.held_anywhere = 1),
        ("holds one of another channel", |one| one.held_elsewhere = 1),
        ("blocked", |one| (one.held_anywhere, one.blocked) = (1, true)),
    ];
    let expected: [(E, [&[I]; 6]); 7] = [
        (
            E::Incall,
            [
                &[I::InCall],
                &[I::HoldsInteraction],
                &[I::HoldsInteraction],
                &[I::HoldsInteraction],
                &[I::HoldsOtherChannel],
                &[I::HoldsInteraction, I::BlockedByIncall],
            ],
        ),
        (E::Nocall, [&[], &[], &[I::AtMaximum], &[], &[], &[I::BlockedByIncall]]),
        (
            E::Interaction,
            [
                &[],
                &[I::HoldsInteraction],
                &[I::HoldsInteraction],
                &[I::HoldsInteraction],
                &[I::HoldsOtherChannel],
                &[I::HoldsInteraction, I::BlockedByIncall],
            ],
        ),
        (E::Ringall, [&[], &[I::HoldsInteraction], &[I::HoldsInteraction], &[], &[], &[I::BlockedByIncall]]),
        (E::Ringallmultiple, [&[], &[], &[I::AtMaximum], &[], &[], &[I::BlockedByIncall]]),
        (E::Omni, [&[], &[], &[I::AtMaximum], &[], &[], &[I::BlockedByIncall]]),
        (E::Nopause, [&[], &[], &[I::AtMaximum], &[], &[], &[]]),
    ];
    for (rule, reasons) in expected {
        let strategy = strategy(rule, DeliveryOrder::Linear);
        for ((words, spoil), reasons) in facts.iter().zip(reasons) {
            assert_eq!(obstacles(&with(1, *spoil), &strategy), reasons, "{rule}: {words}");
        }
    }
}

#[test]
fn omni_asks_the_free_first() {
    let omni = strategy(Eligibility::Omni, DeliveryOrder::Linear);
    let busy: [Spoil; 4] = [
        |one| (one.held, one.held_anywhere) = (1, 1),
        |one| one.held_anywhere = 1,
        |one| one.held_elsewhere = 1,
        |one| one.in_call = true,
    ];
    for spoil in busy {
        let team = [with(1, spoil), free(2), with(3, spoil)];
        let decision = decide(&team, &Ask::default(), &omni).unwrap();
        assert_eq!(decision.winner, UserId(2));
        assert_eq!(decision.agents[0].reasons, [Ineligible::OthersAreFree]);
        // Somebody free who is on a break is not there: the second stage it is.
        let team = [with(1, spoil), with(2, |one| one.on_break = true), with(3, spoil)];
        let decision = decide(&team, &Ask::default(), &omni).unwrap();
        assert_eq!(decision.winner, UserId(1));
        assert_eq!(decision.agents[2].reasons, []);
    }
    let full = with(1, |one| (one.held, one.held_anywhere) = (3, 3));
    assert_eq!(decide(&[full], &Ask::default(), &omni), None);
}

#[test]
fn what_lapsed_goes_to_another() {
    let linear = strategy(Eligibility::Nocall, DeliveryOrder::Linear);
    let ask = |had: &[i64]| Ask { lapsed: had.iter().copied().map(UserId).collect(), ..Ask::default() };
    let team = team(3);
    assert_eq!(winner(&team, &ask(&[1]), &linear), Some(2));
    assert_eq!(winner(&team, &ask(&[1, 2]), &linear), Some(3));
    assert_eq!(winner(&team, &ask(&[1, 2, 3]), &linear), Some(1), "all had it: anyone but the last");
    assert_eq!(winner(&team, &ask(&[3, 2, 1]), &linear), Some(2));
    let decision = decide(&team, &ask(&[1]), &linear).unwrap();
    assert_eq!(decision.agents[0].reasons, [Ineligible::LetItLapse]);
    assert_eq!(winner(&team[..1], &ask(&[1]), &linear), Some(1), "rather again than nobody");
}

#[test]
fn the_last_agent_is_preferred_while_he_is_eligible() {
    let linear = strategy(Eligibility::Nocall, DeliveryOrder::Linear);
    let ask = Ask { preferred: Some(UserId(3)), ..Ask::default() };
    let mut team = team(3);
    let decision = decide(&team, &ask, &linear).unwrap();
    assert_eq!(
        (decision.winner, decision.cause, decision.preferred),
        (UserId(3), DecisionCause::LastAgent, Some(UserId(3)))
    );
    assert_eq!(decision.agents[2].rank, Some(3), "the order is told all the same");
    team[2].on_break = true;
    let decision = decide(&team, &ask, &linear).unwrap();
    assert_eq!((decision.winner, decision.cause), (UserId(1), DecisionCause::Order));
    let stranger = Ask { preferred: Some(UserId(9)), ..Ask::default() };
    assert_eq!(winner(&team, &stranger, &linear), Some(1));
}

#[test]
fn rrmemory_goes_round_in_member_order() {
    let round = strategy(Eligibility::Nocall, DeliveryOrder::Rrmemory);
    let team = [with(7, |one| one.penalty = 50), free(3), free(9)];
    assert_eq!(winner(&team, &Ask::default(), &round), Some(7), "penalties do not matter");
    assert_eq!(winner(&team, &after(7), &round), Some(3));
    assert_eq!(winner(&team, &after(3), &round), Some(9));
    assert_eq!(winner(&team, &after(9), &round), Some(7));
    assert_eq!(winner(&team, &after(42), &round), Some(7), "a last one who left starts the round anew");
    let decision = decide(&team, &after(3), &round).unwrap();
    assert_eq!(decision.agents.iter().map(|one| one.turn).collect::<Vec<_>>(), [Some(2), Some(3), Some(1)]);
    assert_eq!(decision.agents.iter().map(|one| one.rank).collect::<Vec<_>>(), [Some(2), Some(3), Some(1)]);
}

#[test]
fn leastrecent_goes_by_the_end_of_the_last_one() {
    let least = strategy(Eligibility::Nocall, DeliveryOrder::Leastrecent);
    let ended = |id: i64, at: i64| with(id, |one| one.last_ended = Some(Timestamp::from_millis(at)));
    let never = free(4);
    let holding = with(5, |one| {
        (one.held, one.held_anywhere, one.open_since) = (1, 1, Some(AT));
        one.last_ended = Some(Timestamp::from_millis(1));
    });
    let team = [ended(1, 30), ended(2, 10), ended(3, 20), never, holding];
    let decision = decide(&team, &Ask::default(), &least).unwrap();
    let mut ranked: Vec<_> = decision.agents.iter().map(|one| (one.rank.unwrap(), one.user.0)).collect();
    ranked.sort_unstable();
    let order: Vec<_> = ranked.into_iter().map(|(_, user)| user).collect();
    assert_eq!(order, [4, 2, 3, 1, 5], "never served first, who still holds his last one at the end");
    assert_eq!((decision.agents[0].last_ended, decision.agents[4].last_ended), (Some(30), None));
}

#[test]
fn fewestcalls_counts_today_and_ties_by_leastrecent() {
    let fewest = strategy(Eligibility::Nocall, DeliveryOrder::Fewestcalls);
    let did = |id: i64, count: u32, at: i64| {
        with(id, |one| (one.finished_today, one.last_ended) = (count, Some(Timestamp::from_millis(at))))
    };
    assert_eq!(winner(&[did(1, 3, 10), did(2, 2, 20), did(3, 2, 15)], &Ask::default(), &fewest), Some(3));
    assert_eq!(winner(&[did(1, 1, 10), free(2)], &Ask::default(), &fewest), Some(2));
    let decision = decide(&[did(1, 1, 10), did(2, 2, 5)], &Ask::default(), &fewest).unwrap();
    assert_eq!(decision.agents.iter().map(|one| one.finished_today).collect::<Vec<_>>(), [Some(1), Some(2)]);
}

#[test]
fn lower_penalty_goes_first_for_four_orders() {
    // All else speaks for the first.
    let mut team = [free(1), free(2)];
    team[0].penalty = 1;
    (team[1].last_ended, team[1].finished_today) = (Some(AT), 9);
    for order in [DeliveryOrder::Leastrecent, DeliveryOrder::Fewestcalls, DeliveryOrder::Random, DeliveryOrder::Linear]
    {
        for seed in 0..50 {
            let strategy = strategy(Eligibility::Nocall, order);
            let decision = choose(&team, &Ask::default(), &strategy, &mut Seeded::new(seed)).unwrap();
            assert_eq!(decision.winner, UserId(2), "{order}");
            assert_eq!(decision.agents[0].penalty, 1);
        }
    }
    let linear = strategy(Eligibility::Nocall, DeliveryOrder::Linear);
    assert_eq!(winner(&[free(5), free(2)], &Ask::default(), &linear), Some(5), "member order, not ids");
}

#[test]
fn a_decision_explains_itself_and_can_be_repeated() {
    for order in [DeliveryOrder::Wrandom, DeliveryOrder::Random] {
        let strategy = strategy(Eligibility::Nocall, order);
        let decision = choose(&team(20), &Ask::default(), &strategy, &mut Seeded::new(99)).unwrap();
        let again = choose(&team(20), &Ask::default(), &strategy, &mut Seeded::new(99)).unwrap();
        assert_eq!(decision, again);
        let least = decision.agents.iter().min_by_key(|one| one.drawn.unwrap()).unwrap();
        assert_eq!(least.user, decision.winner, "who drew the lowest got it");
        let text = serde_json::to_string(&decision).unwrap();
        assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision);
    }
}

/// χ² of observed against expected counts.
fn chi_square(observed: &BTreeMap<i64, u32>, expected: &BTreeMap<i64, f64>) -> f64 {
    expected
        .iter()
        .map(|(id, expected)| {
            let seen = f64::from(observed.get(id).copied().unwrap_or(0));
            (seen - expected).powi(2) / expected
        })
        .sum()
}

/// How likely each is to draw the lowest, when each draws evenly from [0, width): by numerical integration.
fn chances(widths: &[f64]) -> Vec<f64> {
    let steps = 20_000;
    let least = widths.iter().copied().fold(f64::INFINITY, f64::min);
    let step = least / f64::from(steps);
    widths
        .iter()
        .enumerate()
        .map(|(own, width)| {
            (0..steps)
                .map(|at| {
                    let x = (f64::from(at) + 0.5) * step;
                    let others: f64 = widths
                        .iter()
                        .enumerate()
                        .filter(|(other, _)| *other != own)
                        .map(|(_, width)| 1.0 - x / width)
                        .product();
                    others * step / width
                })
                .sum()
        })
        .collect()
}

#[test]
fn wrandom_is_fair_by_the_weights_of_its_penalties() {
    let draws = 60_000_u32;
    for penalties in [vec![0, 0, 0, 0, 0, 0], vec![0, 1, 3], vec![2, 5, 10, 50, 100]] {
        let strategy = strategy(Eligibility::Nocall, DeliveryOrder::Wrandom);
        let members: Vec<Candidate> =
            (1..).zip(&penalties).map(|(id, penalty)| with(id, |one| one.penalty = *penalty)).collect();
        let mut draw = Seeded::new(20_240_917);
        let mut observed = BTreeMap::new();
        for _ in 0..draws {
            let decision = choose(&members, &Ask::default(), &strategy, &mut draw).unwrap();
            for agent in &decision.agents {
                assert!(agent.drawn.unwrap() < 1_000 * 10_000 * (1 + agent.penalty));
            }
            *observed.entry(decision.winner.0).or_insert(0) += 1;
        }
        let widths: Vec<f64> = penalties.iter().map(|penalty| 1_000.0 * (1.0 + f64::from(*penalty))).collect();
        let expected = (1..).zip(chances(&widths)).map(|(id, chance)| (id, chance * f64::from(draws))).collect();
        // The 99.9 % points of χ² with 2 to 5 degrees of freedom lie below 20.6.
        let chi = chi_square(&observed, &expected);
        assert!(chi < 20.6, "{penalties:?}: χ² = {chi}, {observed:?} against {expected:?}");
    }
}

#[test]
fn random_is_fair_within_the_lowest_penalty() {
    let strategy = strategy(Eligibility::Nocall, DeliveryOrder::Random);
    let mut members = team(5);
    members[4].penalty = 1;
    let mut draw = Seeded::new(5);
    let mut observed = BTreeMap::new();
    for _ in 0..40_000 {
        *observed.entry(choose(&members, &Ask::default(), &strategy, &mut draw).unwrap().winner.0).or_insert(0) += 1;
    }
    assert!(!observed.contains_key(&5));
    let chi = chi_square(&observed, &(1..=4).map(|id| (id, 10_000.0)).collect());
    assert!(chi < 16.3, "χ² = {chi}, {observed:?}");
}

fn any_candidate() -> impl Values<Value = Candidate> {
    (
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        (0_u32..4, 0_u32..3, 0_u32..3, any::<bool>()),
        (0_u32..3, proptest::option::of(0_i64..5), 0_u32..3),
    )
        .prop_map(|(flags, holds, history)| {
            let mut one = free(0);
            // Mostly there: a team of which nobody is says little.
            one.online = flags.0 || flags.1;
            one.on_break = flags.1 && flags.2 && flags.3;
            one.in_wrap_up = flags.2 && flags.3 && flags.4;
            one.in_call = flags.4 && flags.5;
            one.held = holds.0;
            one.held_anywhere = holds.0 + holds.1;
            one.held_elsewhere = holds.2;
            one.blocked = holds.3 && one.held_anywhere > 0;
            one.penalty = history.0;
            one.last_ended = history.1.map(Timestamp::from_millis);
            one.open_since = (holds.0 > 0).then_some(AT);
            one.finished_today = history.2;
            one
        })
}

fn any_rule() -> impl Values<Value = (Eligibility, DeliveryOrder)> {
    (proptest::sample::select(Eligibility::ALL), proptest::sample::select(DeliveryOrder::ALL))
}

/// The table of S40, told once more in the plainest words.
fn model_eligible(one: &Candidate, rule: Eligibility, max: u32, somebody_free: bool) -> bool {
    let here = one.enabled && one.online && one.may_receive && !one.on_break && !one.in_wrap_up;
    let nothing = one.held_anywhere + one.held_elsewhere == 0;
    let below = one.held < max;
    here && match rule {
        Eligibility::Incall => !one.in_call && nothing && !one.blocked,
        Eligibility::Nocall | Eligibility::Ringallmultiple => below && !one.blocked,
        Eligibility::Interaction => nothing && !one.blocked,
        Eligibility::Ringall => one.held == 0 && !one.blocked,
        Eligibility::Omni if somebody_free => nothing && !one.in_call && !one.blocked,
        Eligibility::Omni => below && !one.blocked,
        Eligibility::Nopause => below,
    }
}

proptest! {
    /// Every rule and order on any team: eligible is who the table says, the winner is one of them, and no order prefers
    /// somebody with a higher penalty where penalties count.
    #[test]
    fn agrees_with_the_tables(mut members in proptest::collection::vec(any_candidate(), 0..9), (rule, order) in any_rule(), last in 0_i64..9, seed in any::<u64>()) {
        for (id, one) in (1..).zip(members.iter_mut()) {
            one.user = UserId(id);
        }
        let strategy = strategy(rule, order);
        let free_ones = members.iter().any(|one| {
            model_eligible(one, Eligibility::Omni, 3, true)
        });
        let expected: Vec<i64> =
            members.iter().filter(|one| model_eligible(one, rule, 3, free_ones)).map(|one| one.user.0).collect();
        let decision = choose(&members, &after(last), &strategy, &mut Seeded::new(seed));
        let Some(decision) = decision else {
            prop_assert!(expected.is_empty());
            return Ok(());
        };
        let eligible: Vec<i64> =
            decision.agents.iter().filter(|one| one.reasons.is_empty()).map(|one| one.user.0).collect();
        prop_assert_eq!(&eligible, &expected);
        prop_assert!(expected.contains(&decision.winner.0));
        let mut ranks: Vec<u32> = decision.agents.iter().filter_map(|one| one.rank).collect();
        ranks.sort_unstable();
        prop_assert_eq!(ranks, (1..=u32::try_from(expected.len()).unwrap()).collect::<Vec<_>>());
        let best = members.iter().filter(|one| expected.contains(&one.user.0)).map(|one| one.penalty).min().unwrap();
        let won = members.iter().find(|one| one.user == decision.winner).unwrap();
        if !rule.is_pull() && !matches!(order, DeliveryOrder::Rrmemory | DeliveryOrder::Wrandom) {
            prop_assert_eq!(won.penalty, best);
        }
    }

    /// However many come: nobody passes the maximum, and what is left over waits only when everyone is full. Round robin
    /// gives each his share to within one.
    #[test]
    fn keeps_the_maximum_and_the_round(size in 1_i64..12, mails in 0_usize..60, max in 1_u32..6, order in proptest::sample::select(DeliveryOrder::ALL), seed in any::<u64>()) {
        let strategy = Strategy { max_interactions: Some(max), ..strategy(Eligibility::Nocall, order) };
        let mut members = team(size);
        let mut draw = Seeded::new(seed);
        let (mut ask, mut given) = (Ask::default(), 0);
        for _ in 0..mails {
            let Some(decision) = choose(&members, &ask, &strategy, &mut draw) else { break };
            ask.last_served = Some(decision.winner);
            members.iter_mut().find(|one| one.user == decision.winner).unwrap().take(Eligibility::Nocall, AT);
            given += 1;
        }
        let held: Vec<u32> = members.iter().map(|one| one.held).collect();
        prop_assert!(held.iter().all(|held| *held <= max));
        prop_assert_eq!(given, mails.min(members.len() * usize::try_from(max).unwrap()));
        if matches!(order, DeliveryOrder::Rrmemory | DeliveryOrder::Leastrecent | DeliveryOrder::Fewestcalls) {
            prop_assert!(held.iter().max().unwrap() - held.iter().min().unwrap() <= 1);
        }
    }

    /// Round robin as a queue: whoever is served goes to its end.
    #[test]
    fn rrmemory_is_a_rotating_queue(size in 1_i64..9, away in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 9), 1..40)) {
        let strategy = Strategy { max_interactions: None, ..strategy(Eligibility::Nocall, DeliveryOrder::Rrmemory) };
        let mut ask = Ask::default();
        for absent in away {
            let members: Vec<Candidate> =
                (1..=size).zip(&absent).map(|(id, absent)| with(id, |one| one.online = !absent)).collect();
            let begin = ask.last_served.map_or(0, |last| last.0);
            let turn = (begin + 1..=size).chain(1..=begin);
            let expected = turn.into_iter().find(|id| !absent[usize::try_from(*id).unwrap() - 1]);
            let decision = decide(&members, &ask, &strategy);
            prop_assert_eq!(decision.as_ref().map(|decision| decision.winner.0), expected);
            ask.last_served = decision.map(|decision| decision.winner).or(ask.last_served);
        }
    }
}
