//! By which way handing out reads and claims: what a batch costs must not grow with what waits behind it (O(log queue)).

use crate::{Fresh, mails::insert_desk, queries::plans};
use diesel::{
    connection::{Connection as _, InstrumentationEvent, SimpleConnection},
    prelude::*,
};
use posta::{
    kernel::db::{Connection, Engine, schema::members},
    routing::queries::{
        self,
        facts::{self, Moment},
        queue,
    },
};
use shared::{
    ids::{CampaignId, InteractionId, UserId},
    time::Timestamp,
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

const AT: Timestamp = Timestamp::from_millis(1_763_800_000_000);

/// A campaign with 20 members, `count` that wait in it and as many in another, as both engines make them.
fn long_queue(fresh: &Fresh, count: u32) -> (CampaignId, Vec<UserId>) {
    let first = fresh.write(|conn| insert_desk(conn, "ventas")).campaign;
    let second = fresh.write(|conn| insert_desk(conn, "soporte")).campaign;
    let numbers = |to: u32| {
        format!("WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {to})")
    };
    let both = count * 2;
    let people = "'x', 'agent', TRUE, FALSE, 'es', 'system', FALSE, FALSE, 10, 0, 1";
    let script = format!(
        "INSERT INTO users (login, login_folded, name, password_hash, role, enabled, must_change_password, language, theme,
             single_key_shortcuts, screen_monitoring, undo_send_seconds, created_at, version)
         {n20} SELECT 'agente' || i, 'agente' || i, 'Agente', {people} FROM numbers;
         INSERT INTO members (campaign_id, user_id, position, penalty, may_receive, may_start)
         SELECT {first}, id, id, 0, TRUE, TRUE FROM users WHERE login LIKE 'agente%';
         INSERT INTO contacts (name, name_by_agent, address, address_folded, created_at, version)
         {all} SELECT '', FALSE, 'c' || i, 'c' || i, 0, 1 FROM numbers;
         INSERT INTO conversations (campaign_id, contact_id, channel, subject, subject_folded, search_text, message_count,
             last_message_at, last_snippet, created_at, version)
         SELECT CASE WHEN id % 2 = 0 THEN {first} ELSE {second} END, id, 'email', '', '', '', 1, 0, '', 0, 1
         FROM contacts WHERE address LIKE 'c%' AND address <> 'cliente' ORDER BY id LIMIT {both};
         INSERT INTO interactions (conversation_id, campaign_id, channel, direction, state, priority, arrived_at, unread,
             awaits_answer, handed_back, version)
         SELECT id, campaign_id, 'email', 'in', 'waiting', 5, id, TRUE, TRUE, FALSE, 1
         FROM conversations WHERE search_text = '' AND message_count = 1;",
        n20 = numbers(20),
        all = numbers(both),
        first = first.0,
        second = second.0,
    );
    fresh.write(|conn| conn.batch_execute(&script));
    fresh.write(|conn| conn.batch_execute("ANALYZE"));
    let team = members::table.filter(members::campaign_id.eq(first)).order(members::position.asc());
    (first, fresh.read(|conn| team.select(members::user_id).load(conn)))
}

/// How the engine goes about `work`; every line that names the interactions must name one of these indexes of theirs.
fn by(fresh: &Fresh, indexes: &[&str], work: impl FnOnce(&mut Connection) -> QueryResult<()>) {
    let lines = plans(fresh, work);
    for index in indexes {
        assert!(lines.iter().any(|line| line.contains(index)), "{index}: {lines:#?}");
    }
    let scans = ["Seq Scan on interactions", "SCAN interactions"];
    assert!(!lines.iter().any(|line| scans.iter().any(|scan| line.contains(scan))), "{lines:#?}");
}

both_engines! {
    fn the_head_of_a_long_queue_is_found_and_claimed_by_index(fresh) {
        let (campaign, team) = long_queue(&fresh, 20_000);
        by(&fresh, &["interactions_queue"], |conn| queue::head(conn, campaign, 32, 0).map(drop));
        let lines = plans(&fresh, |conn| queue::head(conn, campaign, 32, 0).map(drop));
        assert!(!lines.iter().any(|line| line.contains("Sort") || line.contains("TEMP B-TREE")), "in order: {lines:#?}");
        let head = fresh.read(|conn| queue::head(conn, campaign, 3, 0));
        let chosen: Vec<(InteractionId, UserId)> =
            head.iter().zip(team.iter().cycle()).map(|(one, user)| (one.id, *user)).collect();
        let key = match fresh.db.engine() {
            Engine::Postgres => "Index Scan using interactions_pkey on interactions",
            Engine::Sqlite => "SEARCH interactions USING INTEGER PRIMARY KEY",
        };
        by(&fresh, &[key], |conn| queue::assign(conn, &chosen, false, AT).map(drop));
        let (rule, _) = fresh.read(|conn| queries::rule(conn, campaign));
        let at = Moment::at(AT, Duration::from_secs(60));
        // What each member holds is looked up by him, not picked out of what everyone holds.
        let his = match fresh.db.engine() {
            Engine::Postgres => "Index Cond: ((agent_id = members.user_id) AND (campaign_id = members.campaign_id))",
            Engine::Sqlite => "INDEX interactions_held (agent_id=? AND campaign_id=?)",
        };
        by(&fresh, &[his], |conn| facts::team(conn, &rule, None, at).map(drop));
        let lines = plans(&fresh, |conn| facts::team(conn, &rule, None, at).map(drop));
        let looked_up = |line: &&String| line.contains("interactions_held") && line.contains("SEARCH") || line.contains("agent_id = ");
        let named = |line: &&String| line.contains("interactions_held");
        assert_eq!(lines.iter().filter(named).count(), lines.iter().filter(looked_up).count(), "{lines:#?}");
    }

    fn a_batch_plans_its_statements_once(fresh) {
        let (campaign, team) = long_queue(&fresh, 100);
        let heard = Arc::new(Mutex::new((BTreeSet::new(), BTreeSet::new())));
        let hearing = Arc::clone(&heard);
        fresh.read(|conn| {
            conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                let mut heard = hearing.lock().unwrap();
                match event {
                    InstrumentationEvent::StartQuery { query, .. } => {
                        heard.0.insert(query.to_string().split(" -- binds:").next().unwrap().to_owned())
                    }
                    InstrumentationEvent::CacheQuery { sql, .. } => heard.1.insert(sql.to_owned()),
                    _ => false,
                };
            });
            let (rule, _) = queries::rule(conn, campaign)?;
            let head = queue::head(conn, campaign, 8, 0)?;
            facts::team(conn, &rule, None, Moment::at(AT, Duration::from_secs(60)))?;
            let chosen: Vec<(InteractionId, UserId)> =
                head.iter().zip(team.iter().cycle()).map(|(one, user)| (one.id, *user)).collect();
            assert_eq!(queue::assign(conn, &chosen, false, AT)?.len(), 8);
            assert!(queue::assign(conn, &chosen, false, AT)?.is_empty(), "they wait no more");
            queue::remember(conn, campaign, team[0])
        });
        let (run, kept) = &*heard.lock().unwrap();
        assert!(run.len() >= 6 && run == kept, "ran: {run:#?}\nkept: {kept:#?}");
    }
}
