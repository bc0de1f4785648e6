//! That this process may use its database as it means to: alone, on SQLite (R5), and durably (R13). And by which name
//! its peers know it.

use super::{Connection, Engine};
use crate::kernel::{Error, Result, secrets::hex};
use diesel::{RunQueryDsl, sql_query, sql_types::Text};
use std::{
    fs::{File, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
};

/// Held for as long as the process serves; the operating system lets go of it when the process dies.
#[derive(Debug)]
pub struct Claim {
    _lock: Option<File>,
    node: String,
}

impl Claim {
    /// This process's name among its peers. It lies in the locked file: whoever holds the lock bears the name of his
    /// predecessor in this directory, who is surely dead, and may at once take up what that one had claimed.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }
}

/// Claims the data directory for this process; to be done before the database is touched: a newer binary that finds the
/// directory taken must not have changed the schema under the one that serves. On PostgreSQL any number of processes share a database; one that cannot
/// have the directory for itself serves all the same, under a name of its own.
///
/// # Errors
/// On SQLite, another process serves from this directory; the lock file cannot be made.
pub fn claim(engine: Engine, dir: &Path) -> Result<Claim> {
    let path = dir.join("posta.lock");
    let mut file = File::options().create(true).truncate(false).read(true).write(true).open(&path)?;
    match (file.try_lock(), engine) {
        (Ok(()), _) => {
            let node = known_or_new(&mut file)?;
            Ok(Claim { _lock: Some(file), node })
        }
        // Taken, or a file system that knows no locks.
        (Err(_), Engine::Postgres) => Ok(Claim { _lock: None, node: new_name() }),
        (Err(TryLockError::WouldBlock), Engine::Sqlite) => Err(Error::Internal(format!(
            "another Posta serves from {}; SQLite is for one process, PostgreSQL for several",
            dir.display()
        ))),
        (Err(TryLockError::Error(error)), Engine::Sqlite) => Err(error.into()),
    }
}

fn known_or_new(file: &mut File) -> Result<String> {
    let mut name = String::new();
    // Anything but a name, such as half of one that a power cut left, is written anew.
    let read = (&*file).take(64).read_to_string(&mut name);
    if read.is_ok() && name.len() == NAME && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(name);
    }
    let name = new_name();
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(name.as_bytes())?;
    file.sync_all()?;
    Ok(name)
}

/// Octets of a name.
const NAME: usize = 16;

fn new_name() -> String {
    hex(&rand::random::<[u8; NAME / 2]>())
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
                let value =
                    sql_query(format!("SELECT current_setting('{name}') AS value")).get_result::<Setting>(c)?.value;
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
    use crate::kernel::db::Db;
    use std::time::Duration;

    #[test]
    fn a_name_that_was_not_written_whole_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        for rubbish in
            ["", "0123", "0123456789abcdef0", "xxxxxxxxxxxxxxxx", "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}"]
        {
            std::fs::write(dir.path().join("posta.lock"), rubbish).unwrap();
            let name = claim(Engine::Sqlite, dir.path()).unwrap().node().to_owned();
            assert_eq!((name.len(), claim(Engine::Sqlite, dir.path()).unwrap().node()), (NAME, name.as_str()));
        }
    }

    #[test]
    fn on_postgres_a_second_process_has_another_name() {
        let dir = tempfile::tempdir().unwrap();
        let first = claim(Engine::Postgres, dir.path()).unwrap();
        assert_ne!(claim(Engine::Postgres, dir.path()).unwrap().node(), first.node());
        let name = first.node().to_owned();
        drop(first);
        assert_eq!(claim(Engine::Postgres, dir.path()).unwrap().node(), name);
    }

    #[test]
    fn a_second_process_is_refused_and_the_first_is_durable() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("p.sqlite3").display());
        let db = Db::open(&url, 2, Duration::from_secs(2)).unwrap();
        let first = claim(Engine::Sqlite, dir.path()).unwrap();
        assert!(claim(Engine::Sqlite, dir.path()).unwrap_err().to_string().contains("another Posta"));
        let name = first.node().to_owned();
        drop(first);
        assert_eq!(
            claim(Engine::Sqlite, dir.path()).unwrap().node(),
            name,
            "a successor is not known by his predecessor's name"
        );
        assert_eq!(db.read_here(durability_doubts).unwrap(), Vec::<String>::new());
    }
}
