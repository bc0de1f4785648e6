//! What the rooms count on in queries over two engines: newtype ids, closed sets, times, nullable columns, JSON, boxed
//! filters; the audit log's chain. And how to ask SQLite by which way it goes.

use crate::Fresh;
use diesel::{
    connection::{Connection as _, InstrumentationEvent, SimpleConnection},
    prelude::*,
    sql_query,
    sql_types::Text,
};
use posta::kernel::{
    audit::{self, Entry},
    db::{
        Connection, Json, MultiBackend,
        schema::{events, sessions, users},
    },
    events::{self as live, Audience},
};
use serde_json::json;
use shared::{
    api::{
        access::Language,
        presence::{AgentMode, AgentState},
    },
    ids::{SessionId, UserId},
    live::LiveEvent,
    permission::{Permission, Role},
    time::Timestamp,
};
use std::sync::{Arc, Mutex};

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// How PostgreSQL goes about a statement whatever the values of its parameters are, as a prepared one does.
fn generic_plan(conn: &mut PgConnection, sql: &str) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        line: String,
    }
    conn.batch_execute(&format!("SET plan_cache_mode = force_generic_plan; PREPARE asked AS {sql}"))?;
    let parameters = (1..).take_while(|number| sql.contains(&format!("${number}"))).count();
    let nothing = vec!["NULL"; parameters].join(", ");
    let values = if parameters > 0 { format!("({nothing})") } else { String::new() };
    let lines: Vec<Line> = sql_query(format!("EXPLAIN (COSTS OFF) EXECUTE asked{values}")).load(conn)?;
    conn.batch_execute("DEALLOCATE asked; RESET plan_cache_mode")?;
    Ok(lines.into_iter().map(|line| line.line).collect())
}

/// How the engine goes about each statement that `work` runs.
pub fn plans(fresh: &Fresh, work: impl FnOnce(&mut Connection) -> QueryResult<()>) -> Vec<String> {
    fresh.read(|conn| {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearing = Arc::clone(&heard);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                hearing.lock().unwrap().push(query.to_string());
            }
        });
        work(conn)?;
        let statements = std::mem::take(&mut *heard.lock().unwrap());
        let mut lines = Vec::new();
        for statement in statements {
            // Without values for the parameters, as when a statement is prepared.
            let sql = statement.split(" -- binds:").next().unwrap();
            match conn {
                Connection::Postgres(conn) => lines.extend(generic_plan(conn, sql)?),
                Connection::Sqlite(conn) => {
                    let steps: Vec<Step> = sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(conn)?;
                    lines.extend(steps.into_iter().map(|step| step.detail));
                }
            }
        }
        Ok(lines)
    })
}

const AT: Timestamp = Timestamp::from_millis(1_763_800_000_123);

fn people(conn: &mut Connection) -> QueryResult<Vec<UserId>> {
    let mut made = Vec::new();
    for (login, role) in [("ada", Role::Administrator), ("sofia", Role::Supervisor), ("ñandú", Role::Agent)] {
        let id: UserId = diesel::insert_into(users::table)
            .values((
                (users::login.eq(login), users::login_folded.eq(login), users::name.eq("☃ \u{1F9ED}")),
                (users::role.eq(role), users::language.eq(Language::En), users::theme.eq("dark")),
                (users::password_hash.eq("x"), users::must_change_password.eq(role == Role::Agent)),
                (users::enabled.eq(true), users::single_key_shortcuts.eq(false), users::undo_send_seconds.eq(60)),
                (users::created_at.eq(AT), users::screen_monitoring.eq(true), users::version.eq(i64::MAX)),
            ))
            .returning(users::id)
            .get_result(conn)?;
        made.push(id);
    }
    Ok(made)
}

both_engines! {
    fn values_come_back_as_they_went(fresh) {
        let ids = fresh.write(people);
        let row: (UserId, String, Role, Language, bool, Timestamp, i64) = fresh.read(|conn| {
            users::table
                .filter(users::role.eq(Role::Agent))
                .filter(users::must_change_password.eq(true))
                .select((
                    users::id,
                    users::name,
                    users::role,
                    users::language,
                    users::must_change_password,
                    users::created_at,
                    users::version,
                ))
                .first(conn)
        });
        assert_eq!(row, (ids[2], "☃ \u{1F9ED}".into(), Role::Agent, Language::En, true, AT, i64::MAX));
    }

    fn boxed_filters_join_up(fresh) {
        let ids = fresh.write(people);
        let ask = |role: Option<Role>, after: Option<UserId>, among: Option<Vec<UserId>>| -> Vec<UserId> {
            fresh.read(|conn| {
                let mut query = users::table.into_boxed::<MultiBackend>();
                if let Some(role) = role {
                    query = query.filter(users::role.eq(role));
                }
                if let Some(after) = after {
                    query = query.filter(users::id.gt(after));
                }
                if let Some(among) = among {
                    query = query.filter(users::id.eq_any(among));
                }
                query.order(users::id.desc()).limit(10).select(users::id).load(conn)
            })
        };
        assert_eq!(ask(None, None, None), [ids[2], ids[1], ids[0]]);
        assert_eq!(ask(Some(Role::Supervisor), None, None), [ids[1]]);
        assert_eq!(ask(None, Some(ids[0]), Some(vec![ids[0], ids[2]])), [ids[2]]);
        assert!(ask(None, None, Some(Vec::new())).is_empty());
        assert!(ask(Some(Role::Agent), Some(ids[2]), None).is_empty());
    }

    fn nullable_columns_hold_nothing_or_a_time(fresh) {
        let ids = fresh.write(people);
        let made: Vec<SessionId> = fresh.write(|conn| {
            let mut made = Vec::new();
            for revoked in [None, Some(AT)] {
                let id: SessionId = diesel::insert_into(sessions::table)
                    .values((
                        (sessions::user_id.eq(ids[0]), sessions::created_at.eq(AT), sessions::last_used_at.eq(AT)),
                        (sessions::last_seen_at.eq(AT), sessions::expires_at.eq(AT), sessions::revoked_at.eq(revoked)),
                        (sessions::user_agent.eq(""), sessions::address.eq("::1")),
                    ))
                    .returning(sessions::id)
                    .get_result(conn)?;
                made.push(id);
            }
            Ok(made)
        });
        let rows: Vec<(SessionId, Option<Timestamp>)> = fresh.read(|conn| {
            sessions::table.order(sessions::id.asc()).select((sessions::id, sessions::revoked_at)).load(conn)
        });
        assert_eq!(rows, [(made[0], None), (made[1], Some(AT))]);
        let open: Vec<SessionId> =
            fresh.read(|conn| sessions::table.filter(sessions::revoked_at.is_null()).select(sessions::id).load(conn));
        assert_eq!(open, [made[0]]);
        fresh.write(|conn| diesel::update(sessions::table).set(sessions::revoked_at.eq(None::<Timestamp>)).execute(conn));
        let open: i64 =
            fresh.read(|conn| sessions::table.filter(sessions::revoked_at.is_null()).count().get_result(conn));
        assert_eq!(open, 2);
    }

    fn events_come_back_as_they_went(fresh) {
        let state = AgentState {
            user_id: UserId(7),
            mode: AgentMode::Break,
            break_code: None,
            since: AT,
            online: true,
            wrap_up_until: Some(AT),
            in_call: true,
            other_channels: [("sms".to_owned(), 2)].into(),
            external_until: None,
        };
        let event = LiveEvent::AgentStateChanged { state };
        let audience = Audience { users: vec![UserId(7)], permission: Permission::SupervisionRead, campaign: None };
        let before = fresh.read(live::head);
        fresh.write(|conn| live::append(conn, AT, &audience, &event));
        let (seq, kind, stored, payload): (i64, String, Json<Audience>, Json<LiveEvent>) = fresh.read(|conn| {
            events::table.select((events::seq, events::kind, events::audience, events::payload)).first(conn)
        });
        assert_eq!((kind.as_str(), stored.0, payload.0), ("agent_state_changed", audience, event));
        assert!(seq > before && fresh.read(live::head) == seq);
        assert_eq!(fresh.write(|conn| live::forget(conn, AT)), 0);
    }

    fn the_audit_log_shows_what_was_changed_in_it(fresh) {
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let fresh = &fresh;
                scope.spawn(move || {
                    for number in 0..10 {
                        let detail = json!({ "number": number });
                        let entry = Entry {
                            actor: Some(UserId(thread)),
                            action: "test.line",
                            object: "line",
                            object_id: Some(number),
                            detail,
                        };
                        fresh.write(|conn| audit::record(conn, AT, &entry));
                    }
                });
            }
        });
        let check = fresh.db.read_here(audit::verify).unwrap();
        assert_eq!((check.lines, check.broken_at), (40, None));
        // The log refuses to be changed.
        use posta::kernel::db::schema::audit_log;
        let changed = fresh.db.write_here(|conn| {
            Ok(diesel::update(audit_log::table).set(audit_log::action.eq("test.other")).execute(conn)?)
        });
        assert!(changed.unwrap_err().to_string().contains("only grows"));
        let deleted = fresh.db.write_here(|conn| Ok(diesel::delete(audit_log::table).execute(conn)?));
        assert!(deleted.unwrap_err().to_string().contains("only grows"));
    }
}
