//! A private database for each test.

use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use posta::kernel::db::Engine;
use posta_e2e::PostgreSql;
use std::{
    path::Path,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// A database that goes with the test.
pub struct TestDatabase {
    /// For `database.url`.
    pub url: String,
    postgres: Option<(String, String)>,
}

impl TestDatabase {
    /// An empty database; SQLite's is a file in `dir`.
    pub fn new(engine: Engine, dir: &Path) -> Self {
        match engine {
            Engine::Sqlite => Self { url: format!("sqlite:{}", dir.join("posta.sqlite3").display()), postgres: None },
            Engine::Postgres => {
                static NEXT: AtomicU32 = AtomicU32::new(0);
                let server = postgres_url();
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let name = format!("posta_test_{}_{number}", std::process::id());
                run(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
                run(&server, &format!("CREATE DATABASE {name}"));
                let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
                Self { url, postgres: Some((server, name)) }
            }
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.postgres {
            run(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn run(server: &str, sql: &str) {
    let mut conn = PgConnection::establish(server).unwrap_or_else(|error| panic!("{server}: {error}"));
    sql_query(sql).execute(&mut conn).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A server to make databases on: the one named by `POSTA_TEST_POSTGRES`, or a private cluster for this process.
pub fn postgres_url() -> String {
    static CLUSTER: OnceLock<(PostgreSql, String)> = OnceLock::new();
    if let Ok(url) = std::env::var("POSTA_TEST_POSTGRES") {
        return url;
    }
    let start = || {
        let cluster = PostgreSql::start()
            .unwrap_or_else(|error| panic!("set POSTA_TEST_POSTGRES, or let a private PostgreSQL start: {error}"));
        let url = cluster.database().unwrap_or_else(|error| panic!("{error}"));
        (cluster, url)
    };
    CLUSTER.get_or_init(start).1.clone()
}
