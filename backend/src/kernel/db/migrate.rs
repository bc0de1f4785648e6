//! Brings a database to this binary's schema. An older binary refuses a newer schema (R15).

use super::{Connection, Db};
use crate::kernel::{Error, Result};
use diesel::{RunQueryDsl, connection::SimpleConnection, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::collections::BTreeSet;

const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");

/// Number of the advisory lock under which nodes that start together take turns.
const LOCK: i64 = 0x706F_7374_6101;

/// Runs what is missing; each migration in its own transaction.
///
/// # Errors
/// The database is away, a migration fails, or the schema is newer than this binary.
pub fn run(db: &Db) -> Result<Vec<String>> {
    db.read_here(|conn| match conn {
        Connection::Postgres(c) => {
            sql_query(format!("SELECT pg_advisory_lock({LOCK})")).execute(c)?;
            let done = up(c, POSTGRES);
            sql_query(format!("SELECT pg_advisory_unlock({LOCK})")).execute(c)?;
            done
        }
        Connection::Sqlite(c) => {
            // Table rebuilds need foreign keys off, and SQLite ignores the switch inside a transaction.
            c.batch_execute("PRAGMA foreign_keys = OFF")?;
            let done = up(c, SQLITE);
            c.batch_execute("PRAGMA foreign_keys = ON")?;
            done
        }
    })
}

/// Whether nothing is missing, for `/readyz`.
///
/// # Errors
/// The database is away.
pub fn is_current(conn: &mut Connection) -> Result<bool> {
    let pending = match conn {
        Connection::Postgres(c) => c.has_pending_migration(POSTGRES),
        Connection::Sqlite(c) => c.has_pending_migration(SQLITE),
    };
    pending.map(|pending| !pending).map_err(|error| Error::Internal(error.to_string()))
}

fn up<DB, C>(conn: &mut C, source: EmbeddedMigrations) -> Result<Vec<String>>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: diesel::migration::MigrationSource<DB>,
{
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| Error::Internal(format!("migration: {error}"));
    let known: BTreeSet<String> = diesel::migration::MigrationSource::<DB>::migrations(&source)
        .map_err(failed)?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let applied = conn.applied_migrations().map_err(failed)?;
    if let Some(newer) = applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        return Err(Error::Internal(format!(
            "the database was made by a newer Posta (schema {newer}); this binary does not touch it"
        )));
    }
    let ran = conn.run_pending_migrations(source).map_err(failed)?;
    Ok(ran.into_iter().map(|version| version.to_string()).collect())
}
