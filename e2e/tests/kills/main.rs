//! Nothing lost, nothing twice (R1–R3), whatever dies: while customers write and agents answer, the program is killed at
//! random moments and once at every named fail point, and what came of it is counted on the other side: in the mailboxes
//! of the IMAP account and of the customers.
//!
//! `POSTA_KILLS` says how often (50; 500 with `POSTA_SOAK`), `POSTA_KILL_SEED` repeats the moments of an earlier run.
#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests fail by panicking")]
#![expect(clippy::print_stderr, reason = "the counts and the seed are for people to read")]

mod traffic;
mod verdict;
mod world;

use posta::kernel::workers::failpoint;
use posta_e2e::corpus::Rng;
use std::time::Duration;
use verdict::Verdict;
use world::{Engine, World};

/// How often each engine is killed at random moments.
fn kills() -> u32 {
    let named = std::env::var("POSTA_KILLS").ok().and_then(|text| text.parse().ok());
    let usual = if std::env::var_os("POSTA_SOAK").is_some() { 500 } else { 50 };
    named.unwrap_or(usual)
}

fn seed() -> u64 {
    let named = std::env::var("POSTA_KILL_SEED").ok().and_then(|text| text.parse().ok());
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos();
    named.unwrap_or(u64::from(clock))
}

/// The longest that a fail point may take to be met while mail comes and goes.
const MET: Duration = Duration::from_secs(40);

fn killed_at_random_and_at_each_fail_point(engine: Engine) {
    let (kills, seed) = (kills(), seed());
    eprintln!("{engine:?}: {kills} kills with POSTA_KILL_SEED={seed}");
    let mut rng = Rng::new(seed);
    let mut world = World::new(engine, None);
    let begun = std::time::Instant::now();
    for _ in 0..kills {
        // Long enough for work to be under way, short enough that it is seldom at rest.
        world.live_for(Duration::from_millis(u64::try_from(rng.between(20, 900)).unwrap()));
        world.kill();
        world.revive();
    }
    let random = begun.elapsed();
    for name in failpoint::NAMES {
        let pass = rng.between(1, 4);
        assert!(world.die_at(name, pass, MET), "{name} was not met within {MET:?}");
        world.revive();
    }
    let named = begun.elapsed() - random;
    let verdict = world.settle();
    eprintln!(
        "{engine:?}: {verdict}; {kills} kills took {random:.0?}, {} fail points {named:.0?}, all {:.0?}",
        failpoint::NAMES.len(),
        begun.elapsed()
    );
    verdict.assert_whole();
    // A test that had nothing at stake shows nothing.
    assert!(verdict.stored > u64::from(kills) && verdict.accepted > u64::from(kills) / 2, "too little went on");
}

#[test]
fn nothing_is_lost_or_doubled_on_sqlite() {
    killed_at_random_and_at_each_fail_point(Engine::Sqlite);
}

#[test]
fn nothing_is_lost_or_doubled_on_postgres() {
    killed_at_random_and_at_each_fail_point(Engine::Postgres);
}

/// The same test on a program that is broken on purpose.
fn on_mutant(name: &str, point: &str) -> Verdict {
    let mut world = World::new(Engine::Sqlite, Some(name));
    for _ in 0..3 {
        assert!(world.die_at(point, 1, MET), "{point} was not met");
        world.revive();
    }
    world.settle()
}

#[test]
fn it_fails_on_a_cursor_that_is_committed_before_the_mail() {
    let verdict = on_mutant("inbox.cursor_first", "inbox.before_commit");
    assert!(!verdict.lost_in.is_empty(), "the mutant was not noticed: {verdict}");
    assert!(verdict.lost_out.is_empty(), "{verdict}");
}

#[test]
fn it_fails_on_an_outcome_that_is_recorded_before_the_mail_is_sent() {
    let verdict = on_mutant("outbox.recorded_first", "outbox.recorded");
    assert!(!verdict.lost_out.is_empty(), "the mutant was not noticed: {verdict}");
    assert!(verdict.lost_in.is_empty(), "{verdict}");
}
