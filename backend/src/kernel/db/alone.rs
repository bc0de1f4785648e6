//! That this process may use its database as it means to: alone, on SQLite (R5), and durably (R13).

use super::{Connection, Db, Engine};
use crate::kernel::{Error, Result};
use diesel::{RunQueryDsl, sql_query, sql_types::Text};
use std::{fs::File, path::Path};

/// Held for as long as the process serves; the operating system lets go of it when the process dies.
#[derive(Debug)]
pub struct Claim {
    _lock: Option<File>,
}

/// Claims the data directory for this process. On PostgreSQL any number of processes share a database, and nothing is
/// claimed.
///
/// # Errors
/// Another process serves from this directory, or the lock file cannot be made.
pub fn claim(db: &Db, dir: &Path) -> Result<Claim> {
    if db.engine() == Engine::Postgres {
        return Ok(Claim { _lock: None });
    }
    let path = dir.join("posta.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(Claim { _lock: Some(file) }),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Internal(format!(
            "another Posta serves from {}; SQLite is for one process, PostgreSQL for several",
            dir.display()
        ))),
        Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

#[derive(diesel::QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// What weakens the promise that an accepted mail survives a power cut; empty when nothing does.
///
/// # Errors
/// The database's.
pub fn durability_doubts(conn: &mut Connection) -> Result<Vec<String>> {
    let mut doubts = Vec::new();
    match conn {
        Connection::Postgres(c) => {
            for name in ["fsync", "synchronous_commit", "full_page_writes"] {
                let value = sql_query(format!("SELECT current_setting('{name}') AS value")).get_result::<Setting>(c)?.value;
                if value == "off" {
                    doubts.push(format!("PostgreSQL runs with {name} = off"));
                }
            }
        }
        Connection::Sqlite(c) => {
            let ask = "SELECT CAST(journal_mode AS TEXT) AS value FROM pragma_journal_mode";
            let mode = sql_query(ask).get_result::<Setting>(c)?.value;
            if mode != "wal" {
                doubts.push(format!("SQLite's journal_mode is {mode}, not wal"));
            }
            let ask = "SELECT CAST(synchronous AS TEXT) AS value FROM pragma_synchronous";
            let level = sql_query(ask).get_result::<Setting>(c)?.value;
            if level != "2" {
                doubts.push(format!("SQLite's synchronous is {level}, not FULL (2)"));
            }
        }
    }
    Ok(doubts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_second_process_is_refused_and_the_first_is_durable() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("p.sqlite3").display());
        let db = Db::open(&url, 2, Duration::from_secs(2)).unwrap();
        let first = claim(&db, dir.path()).unwrap();
        assert!(claim(&db, dir.path()).unwrap_err().to_string().contains("another Posta"));
        drop(first);
        claim(&db, dir.path()).unwrap();
        assert_eq!(db.read_here(durability_doubts).unwrap(), Vec::<String>::new());
    }
}
