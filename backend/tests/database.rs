//! The database layer: the engines carry the same schema, writers do not lose each other's work, and what the derive for
//! two engines lacks works on both.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers fail by panicking"
)]

/// Runs a story on each engine.
macro_rules! both_engines {
    ($(fn $name:ident($fresh:ident) $body:block)+) => { $(
        fn $name(engine: posta::kernel::db::Engine) {
            let $fresh = crate::Fresh::new(engine);
            $body
        }

        mod $name {
            #[test]
            fn sqlite() {
                super::$name(posta::kernel::db::Engine::Sqlite);
            }

            #[test]
            fn postgres() {
                super::$name(posta::kernel::db::Engine::Postgres);
            }
        }
    )+ };
}

#[path = "support/database.rs"]
mod fresh;
#[path = "database/leases.rs"]
mod leases;
#[path = "support/mails.rs"]
mod mails;
#[path = "database/outbox.rs"]
mod outbox;
#[path = "database/parity.rs"]
mod parity;
#[path = "database/queries.rs"]
mod queries;
#[path = "database/routing.rs"]
mod routing;
#[path = "database/tray.rs"]
mod tray;
#[path = "database/writers.rs"]
mod writers;

use fresh::TestDatabase;
use posta::kernel::db::{Connection, Db, Engine, migrate};
use std::time::Duration;

/// A migrated database of its own.
pub struct Fresh {
    /// The pool.
    pub db: Db,
    database: TestDatabase,
    _dir: tempfile::TempDir,
}

impl Fresh {
    fn empty(engine: Engine) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = TestDatabase::new(engine, dir.path());
        let db = open(&database.url);
        Self { db, database, _dir: dir }
    }

    fn new(engine: Engine) -> Self {
        let fresh = Self::empty(engine);
        migrate::run(&fresh.db).unwrap();
        fresh
    }

    /// The same database as another process sees it.
    fn another(&self) -> Db {
        open(&self.database.url)
    }

    /// For [`Db::open`].
    fn url(&self) -> String {
        self.database.url.clone()
    }

    fn read<T>(&self, work: impl FnOnce(&mut Connection) -> diesel::QueryResult<T>) -> T {
        self.db.read_here(|conn| Ok(work(conn)?)).unwrap()
    }

    fn write<T>(&self, mut work: impl FnMut(&mut Connection) -> diesel::QueryResult<T>) -> T {
        self.db.write_here(|conn| Ok(work(conn)?)).unwrap()
    }
}

fn open(url: &str) -> Db {
    Db::open(url, 10, Duration::from_secs(10)).unwrap()
}
