//! The outbox's rows: what is claimed, taken back, tried again and given back, and that no scan of the table is needed
//! for it.

use crate::{
    Fresh,
    mails::{Desk, insert_desk, insert_mail},
    queries::plans,
};
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt};
use posta::{
    files::sweep,
    kernel::db::{Connection, Engine},
    outbox::{
        self,
        queries::{self, Claimed, Outcome},
    },
};
use shared::{
    api::conversations::{Delivery, RecipientFailure},
    ids::{MessageId, OutboxId},
    time::Timestamp,
};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_millis(1_763_800_000_000);
const LATER: Timestamp = Timestamp::from_millis(1_763_800_060_000);
const NEXT_YEAR: Timestamp = Timestamp::from_millis(1_795_336_000_000);
const DAY: Duration = Duration::from_secs(86_400);

fn desk(fresh: &Fresh) -> Desk {
    fresh.write(|conn| insert_desk(conn, "ventas"))
}

fn mail(fresh: &Fresh, desk: Desk, due_at: Timestamp) -> MessageId {
    fresh.write(|conn| insert_mail(conn, desk, "0011", due_at, NOW))
}

fn claim(fresh: &Fresh, desk: Desk, node: &str, now: Timestamp) -> Vec<Claimed> {
    fresh.write(|conn| queries::claim(conn, desk.account, node, 10, DAY, now))
}

fn state(fresh: &Fresh, id: MessageId) -> outbox::State {
    fresh.read(|conn| Ok(outbox::states(conn, &[id], NOW)?.remove(&id).unwrap()))
}

fn failure() -> RecipientFailure {
    RecipientFailure { email: "carla@cliente.test".into(), reply: "550 no".into() }
}

fn outcome(of: &Claimed, state: Delivery) -> Outcome {
    Outcome {
        id: of.id,
        message: of.message,
        state,
        pending: if state == Delivery::Queued { of.pending.clone() } else { Vec::new() },
        failed: if state == Delivery::Failed { vec![failure()] } else { Vec::new() },
        due_at: (state == Delivery::Queued).then_some(NOW),
        last_reply: None,
        uncount: false,
    }
}

/// Returns when another transaction of this database waits for a lock.
fn wait_for_a_waiter(fresh: &Fresh) {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    for _ in 0..1_000 {
        let waiting = fresh.read(|conn| {
            let Connection::Postgres(conn) = conn else { panic!("not PostgreSQL") };
            let ask = "SELECT count(*) AS count FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
            Ok(sql_query(ask).get_result::<Count>(conn)?.count)
        });
        if waiting > 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("nobody came to wait");
}

/// The worker has looked for due mail when an agent takes one back, and marks it as being sent only after that was
/// committed: it must not leave.
#[test]
fn what_is_taken_back_while_it_is_claimed_does_not_leave() {
    let fresh = Fresh::new(Engine::Postgres);
    let desk = desk(&fresh);
    let id = mail(&fresh, desk, LATER);
    let claimed = std::thread::scope(|scope| {
        let mut worker = None;
        fresh.write(|conn| {
            assert!(outbox::cancel(conn, id, NOW)?);
            worker = Some(scope.spawn(|| claim(&fresh, desk, "node", LATER)));
            wait_for_a_waiter(&fresh);
            Ok(())
        });
        worker.unwrap().join().unwrap()
    });
    assert!(claimed.is_empty(), "{claimed:?}");
    assert_eq!(state(&fresh, id).delivery, Delivery::Cancelled);
}

/// A person has a waiting mail tried again while the worker claims it: queued once more, it would go twice.
#[test]
fn what_is_claimed_while_it_is_retried_stays_claimed() {
    let fresh = Fresh::new(Engine::Postgres);
    let desk = desk(&fresh);
    let id = mail(&fresh, desk, NOW);
    let retried = std::thread::scope(|scope| {
        let mut person = None;
        fresh.write(|conn| {
            assert_eq!(queries::claim(conn, desk.account, "node", 10, DAY, NOW)?.len(), 1);
            person = Some(scope.spawn(|| fresh.write(|conn| outbox::retry(conn, id, LATER))));
            wait_for_a_waiter(&fresh);
            Ok(())
        });
        person.unwrap().join().unwrap()
    });
    assert!(!retried);
    assert_eq!(state(&fresh, id).delivery, Delivery::Sending);
}

/// Whoever looks for due mail looks into indexes: the table keeps every mail that ever went.
#[test]
fn due_mail_and_copies_are_found_by_index() {
    let fresh = Fresh::new(Engine::Sqlite);
    let desk = desk(&fresh);
    mail(&fresh, desk, NOW);
    let all = [
        plans(&fresh, |conn| queries::accounts_due(conn, NOW).map(drop)),
        plans(&fresh, |conn| queries::next_due(conn, NOW).map(drop)),
        plans(&fresh, |conn| queries::claim(conn, desk.account, "node", 10, DAY, NOW).map(drop)),
        plans(&fresh, |conn| queries::claimed_by(conn, "node").map(drop)),
        plans(&fresh, |conn| queries::reclaim(conn, None).map(drop)),
        plans(&fresh, |conn| queries::reclaim(conn, Some("node")).map(drop)),
        plans(&fresh, |conn| queries::accounts_with_copies(conn).map(drop)),
        plans(&fresh, |conn| queries::copies_due(conn, desk.account, &[OutboxId(7)], 20).map(drop)),
    ];
    for index in ["outbox_due", "outbox_account_due", "outbox_sending", "outbox_copy"] {
        let wanted = format!("INDEX {index} ");
        let used = all.iter().flatten().any(|line| format!("{line} ").contains(&wanted));
        assert!(used, "{index} is used by nothing: {all:#?}");
    }
    for line in all.iter().flatten() {
        // The index of what is being sent holds a handful of rows; a scan of it is as good as a search.
        assert!(!line.contains("SCAN outbox") || line.contains("INDEX outbox_sending"), "{line}: {all:#?}");
        assert!(!line.contains("TEMP B-TREE"), "{line}: {all:#?}");
    }
}

/// Each blob is judged by a look into an index of every table that may name it.
#[test]
fn unnamed_blobs_are_found_by_index() {
    let fresh = Fresh::new(Engine::Sqlite);
    let among = ["0011".to_owned()];
    let page = plans(&fresh, |conn| sweep::page(conn, "00", NOW).map(drop));
    assert!(page.iter().all(|line| line.starts_with("SEARCH blobs")), "{page:#?}");
    let plan = plans(&fresh, |conn| sweep::unnamed(conn, &among, NOW).map(drop));
    assert!(!plan.iter().any(|line| line.contains("SCAN") && !line.contains("SUBQUERY")), "{plan:#?}");
}

both_engines! {
    // A large mail over a slow line, or a database that was away for long, once made a process claim its own mail anew.
    fn what_is_being_sent_is_never_claimed_by_time(fresh) {
        let desk = desk(&fresh);
        let id = mail(&fresh, desk, NOW);
        let first = claim(&fresh, desk, "node", NOW);
        assert_eq!((first.len(), first[0].attempt, first[0].give_up_at), (1, 1, NOW.plus(DAY)));
        for node in ["node", "another"] {
            assert!(claim(&fresh, desk, node, NEXT_YEAR).is_empty());
        }
        assert!(fresh.read(|conn| queries::accounts_due(conn, NEXT_YEAR)).is_empty());
        assert!(fresh.read(|conn| queries::is_claimed_by(conn, first[0].id, "node")));
        fresh.write(|conn| queries::record(conn, "node", &[outcome(&first[0], Delivery::Sent)], NEXT_YEAR));
        assert_eq!(state(&fresh, id).delivery, Delivery::Sent);
    }

    fn what_nobody_sends_is_given_back(fresh) {
        let desk = desk(&fresh);
        mail(&fresh, desk, NOW);
        let claimed = claim(&fresh, desk, "node", NOW);
        let ids = fresh.read(|conn| queries::claimed_by(conn, "node"));
        assert_eq!(ids, [claimed[0].id]);
        assert_eq!(fresh.write(|conn| queries::give_back(conn, "another", &ids)), 0);
        assert_eq!(fresh.write(|conn| queries::give_back(conn, "node", &ids)), 1);
        assert_eq!(claim(&fresh, desk, "node", NOW)[0].attempt, 2);
    }

    fn a_dead_node_is_taken_over_unless_it_was_heard_of(fresh) {
        let desk = desk(&fresh);
        mail(&fresh, desk, NOW);
        let claimed = claim(&fresh, desk, "dead", NOW);
        let holders = |node: &str| fresh.read(|conn| queries::holders(conn, node));
        assert_eq!((holders("dead"), holders("other")), (vec![], vec![("dead".to_owned(), NOW)]));
        assert_eq!(fresh.write(|conn| queries::renew(conn, "dead", &[claimed[0].id], LATER)), 1);
        assert_eq!(holders("other"), [("dead".to_owned(), LATER)]);
        assert_eq!(fresh.write(|conn| queries::take_over(conn, "dead", NOW)), 0);
        assert_eq!(fresh.write(|conn| queries::take_over(conn, "dead", LATER)), 1);
        assert_eq!(claim(&fresh, desk, "other", LATER).len(), 1);
        // The one that was thought dead wakes up: it may neither go on nor say what became of the mail.
        assert!(!fresh.read(|conn| queries::is_claimed_by(conn, claimed[0].id, "dead")));
        fresh.write(|conn| queries::record(conn, "dead", &[outcome(&claimed[0], Delivery::Sent)], LATER));
        assert_eq!(state(&fresh, claimed[0].message).delivery, Delivery::Sending);
    }

    fn a_failed_mail_is_tried_again_for_those_who_did_not_get_it(fresh) {
        let desk = desk(&fresh);
        let id = mail(&fresh, desk, NOW);
        let claimed = claim(&fresh, desk, "node", NOW);
        assert!(!fresh.write(|conn| outbox::retry(conn, id, NOW)), "what is being sent is not tried again");
        fresh.write(|conn| queries::record(conn, "node", &[outcome(&claimed[0], Delivery::Failed)], NOW));
        assert!(fresh.write(|conn| outbox::retry(conn, id, LATER)));
        assert!(state(&fresh, id).failed.is_empty());
        let again = claim(&fresh, desk, "node", LATER);
        assert_eq!((&again[0].pending, again[0].give_up_at), (&vec![failure().email], LATER.plus(DAY)));
        fresh.write(|conn| queries::record(conn, "node", &[outcome(&again[0], Delivery::Queued)], NOW));
        assert!(fresh.write(|conn| outbox::retry(conn, id, NEXT_YEAR)));
        assert_eq!(claim(&fresh, desk, "node", NEXT_YEAR)[0].pending, [failure().email]);
    }
}
