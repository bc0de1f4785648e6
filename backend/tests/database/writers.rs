//! Writers beside each other; migrations; a database that is away.

use crate::Fresh;
use diesel::{connection::SimpleConnection, prelude::*};
use posta::kernel::{
    Error,
    db::{Connection, Db, Engine, arms, checkpoint, migrate, schema::users},
    error::Result,
};
use shared::{error::ErrorCode, ids::UserId, time::Timestamp};
use std::time::Duration;

fn insert_user(conn: &mut Connection, login: &str) -> QueryResult<UserId> {
    diesel::insert_into(users::table)
        .values((
            (users::login.eq(login), users::login_folded.eq(login), users::name.eq(login), users::role.eq("agent")),
            (users::password_hash.eq("x"), users::must_change_password.eq(false), users::enabled.eq(true)),
            (users::language.eq("es"), users::theme.eq("system"), users::single_key_shortcuts.eq(true)),
            (users::undo_send_seconds.eq(10), users::created_at.eq(0_i64), users::version.eq(0_i64)),
            users::screen_monitoring.eq(false),
        ))
        .returning(users::id)
        .get_result(conn)
}

fn version(conn: &mut Connection) -> QueryResult<i64> {
    users::table.filter(users::login.eq("uno")).select(users::version).first(conn)
}

/// Two processes over one SQLite file read and then write, each in one transaction. If those did not begin IMMEDIATE,
/// one of two that have read would be refused its write, or would write over the other's.
#[test]
fn two_processes_count_without_losing_a_step() {
    let fresh = Fresh::new(Engine::Sqlite);
    fresh.write(|conn| insert_user(conn, "uno"));
    let others: Vec<Db> = (0..2).map(|_| fresh.another()).collect();
    std::thread::scope(|scope| {
        for db in &others {
            scope.spawn(move || {
                for _ in 0..100 {
                    let step = |conn: &mut Connection| -> Result<()> {
                        let seen = version(conn)?;
                        std::thread::yield_now();
                        diesel::update(users::table).set(users::version.eq(seen + 1)).execute(conn)?;
                        Ok(())
                    };
                    db.write_here(step).unwrap();
                }
            });
        }
    });
    assert_eq!(fresh.read(version), 200);
}

#[test]
fn nodes_that_start_together_migrate_once() {
    let fresh = Fresh::empty(Engine::Postgres);
    let nodes: Vec<Db> = (0..4).map(|_| fresh.another()).collect();
    let ran: Vec<usize> = std::thread::scope(|scope| {
        let all: Vec<_> = nodes.iter().map(|db| scope.spawn(|| migrate::run(db).unwrap().len())).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(ran.iter().filter(|count| **count > 0).count(), 1, "{ran:?}");
}

#[test]
fn a_database_that_is_away_is_said_to_be_unavailable() {
    let db = Db::open("postgres://nobody@127.0.0.1:1/none", 2, Duration::from_secs(1)).unwrap();
    assert_eq!(db.read_here(|conn| Ok(version(conn)?)).unwrap_err().code(), ErrorCode::Unavailable);
}

/// The writer's connection is its own and kept: who reads still finds one in a pool of one, also within a transaction.
#[test]
fn a_pool_of_one_leaves_one_to_read_with() {
    let fresh = Fresh::new(Engine::Sqlite);
    let small = Db::open(&fresh.url(), 1, Duration::from_secs(1)).unwrap();
    for login in ["uno", "dos"] {
        small.write_here(|conn| Ok(insert_user(conn, login)?)).unwrap();
        let seen = small.write_here(|_| small.read_here(|conn| Ok(version(conn)?))).unwrap();
        assert_eq!(seen, 0);
    }
}

/// What is in SQLite's log is copied into the database beside the writers, and the log begins anew.
#[test]
fn the_log_is_copied_without_the_writers() {
    let fresh = Fresh::new(Engine::Sqlite);
    fresh.write(|conn| insert_user(conn, "uno"));
    let left = |pages: i32| fresh.read(|conn| checkpoint::copy(conn, pages));
    let before = left(i32::MAX);
    assert!(before > 0, "nobody else copies {before} pages");
    // Not worth it yet.
    assert_eq!((left(before + 1), left(i32::MAX)), (before, before));
    assert_eq!((left(before), left(i32::MAX)), (before, 0));
    fresh.write(|conn| diesel::update(users::table).set(users::version.eq(7_i64)).execute(conn));
    let after = left(i32::MAX);
    assert!(after > 0 && after < before, "{after} of {before}");
    assert_eq!(fresh.another().read_here(|conn| Ok(version(conn)?)).unwrap(), 7);
}

both_engines! {
    fn a_panic_in_a_transaction_undoes_it_and_the_next_one_writes(fresh) {
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            fresh.write(|conn| -> QueryResult<()> {
                insert_user(conn, "uno")?;
                panic!("on purpose");
            });
        }));
        assert!(panicked.is_err());
        fresh.write(|conn| insert_user(conn, "dos"));
        let logins: Vec<String> = fresh.read(|conn| users::table.select(users::login).load(conn));
        assert_eq!(logins, ["dos"]);
    }

    fn compare_and_set_holds_under_eight_threads(fresh) {
        fresh.write(|conn| insert_user(conn, "uno"));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut won = 0;
                    while won < 20 {
                        let seen = fresh.read(version);
                        let row = users::table.filter(users::login.eq("uno")).filter(users::version.eq(seen));
                        let claim = |conn: &mut Connection| diesel::update(row).set(users::version.eq(seen + 1)).execute(conn);
                        won += fresh.write(claim);
                    }
                });
            }
        });
        assert_eq!(fresh.read(version), 160);
    }

    fn a_failed_transaction_leaves_nothing(fresh) {
        let failed: Result<()> = fresh.db.write_here(|conn| {
            insert_user(conn, "uno")?;
            Err(Error::Internal("on purpose".into()))
        });
        assert!(failed.is_err());
        let taken = fresh.db.write_here(|conn| {
            insert_user(conn, "dos")?;
            Ok(insert_user(conn, "dos")?)
        });
        assert!(taken.unwrap_err().is_unique_violation());
        let count: i64 = fresh.read(|conn| users::table.count().get_result(conn));
        assert_eq!(count, 0);
        fresh.write(|conn| insert_user(conn, "uno"));
    }

    fn a_row_that_names_nothing_is_refused(fresh) {
        use posta::kernel::db::schema::user_campaigns::dsl as u;
        let user = fresh.write(|conn| insert_user(conn, "uno"));
        let refused = fresh.db.write_here(|conn| {
            Ok(diesel::insert_into(u::user_campaigns).values((u::user_id.eq(user), u::campaign_id.eq(7_i64))).execute(conn)?)
        });
        let text = refused.unwrap_err().to_string().to_lowercase();
        assert!(text.contains("foreign key"), "{text}");
        let outside = fresh.db.write_here(|conn| {
            Ok(diesel::update(users::table).set(users::role.eq("boss")).execute(conn)?)
        });
        assert!(outside.unwrap_err().to_string().to_lowercase().contains("check"));
    }

    fn an_upsert_inserts_or_replaces(fresh) {
        use posta::kernel::db::schema::sign_in_failures::dsl as f;
        let at = Timestamp::from_millis;
        std::thread::scope(|scope| {
            for number in 0..8 {
                let fresh = &fresh;
                scope.spawn(move || {
                    fresh.write(|conn| arms::upsert_sign_in_failures(conn, "a", number, at(1), at(2)));
                });
            }
        });
        fresh.write(|conn| arms::upsert_sign_in_failures(conn, "a", 41, at(7), at(8)));
        fresh.write(|conn| arms::upsert_sign_in_failures(conn, "b", 1, at(9), at(9)));
        let rows: Vec<(String, i32, Timestamp)> = fresh
            .read(|conn| f::sign_in_failures.order(f::bucket.asc()).select((f::bucket, f::failures, f::last_failed_at)).load(conn));
        assert_eq!(rows, [("a".into(), 41, at(7)), ("b".into(), 1, at(9))]);
    }

    fn an_older_binary_refuses_a_newer_schema(fresh) {
        assert!(migrate::run(&fresh.db).unwrap().is_empty());
        assert!(fresh.db.read_here(migrate::is_current).unwrap());
        fresh.read(|conn| {
            let sql = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')";
            match conn {
                Connection::Postgres(conn) => conn.batch_execute(sql),
                Connection::Sqlite(conn) => conn.batch_execute(sql),
            }
        });
        let error = migrate::run(&fresh.db).unwrap_err().to_string();
        assert!(error.contains("newer Posta") && error.contains("99990101000000"), "{error}");
    }
}
