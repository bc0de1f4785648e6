//! How a server is to be started.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::lab::Lab;
use crate::postgres::PostgreSql;

/// Settings of a server under test: everything short, everything on loopback.
#[derive(Debug, Clone)]
pub struct PostaOptions {
    /// Database URL; `None`: SQLite in the data directory.
    pub database: Option<String>,
    /// Data directory; `None`: one of its own, removed at the end.
    pub data_dir: Option<PathBuf>,
    /// Address to listen on. Port 0 takes a free one, which restarts keep.
    pub listen: String,
    /// The program; `None`: `POSTA_BIN`, else the one built beside this program.
    pub program: Option<PathBuf>,
    /// Environment, such as `POSTA__MAIL__IDLE`, `POSTA_FAILPOINT`, `POSTA_MUTANT`.
    pub env: BTreeMap<String, String>,
}

impl Default for PostaOptions {
    /// SQLite, loopback mail servers allowed, limits that no test meets by accident.
    fn default() -> Self {
        let env = [
            ("POSTA__MAIL__ALLOW_HOSTS", "127.0.0.0/8"),
            ("POSTA__MAIL__POLL_SECONDS", "1"),
            ("POSTA__MAIL__CONNECT_SECONDS", "3"),
            ("POSTA__MAIL__IO_SECONDS", "10"),
            ("POSTA__MAIL__HELO_NAME", "posta.test"),
            ("POSTA__LIMITS__SESSION_REQUESTS_PER_MINUTE", "6000000"),
            ("POSTA__LIMITS__ADDRESS_REQUESTS_PER_MINUTE", "6000000"),
        ];
        Self {
            database: None,
            data_dir: None,
            listen: "127.0.0.1:0".into(),
            program: None,
            env: env.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        }
    }
}

impl PostaOptions {
    /// On SQLite, trusting the lab's mail servers.
    #[must_use]
    pub fn sqlite(lab: &Lab) -> Self {
        Self::default().env("POSTA__MAIL__CA_FILE", lab.authority_file().to_string_lossy())
    }

    /// On a fresh database of this PostgreSQL, trusting the lab's mail servers.
    ///
    /// # Errors
    /// The database cannot be made.
    pub fn postgres(lab: &Lab, server: &PostgreSql) -> Result<Self, crate::LabError> {
        Ok(Self { database: Some(server.database()?), ..Self::sqlite(lab) })
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(key.into(), value.into());
        self
    }

    /// Dies at this fail point (`name` or `name:count`).
    #[must_use]
    pub fn failpoint(self, name: &str) -> Self {
        self.env("POSTA_FAILPOINT", name)
    }

    /// Behaves wrongly on purpose; debug builds only.
    #[must_use]
    pub fn mutant(self, name: &str) -> Self {
        self.env("POSTA_MUTANT", name)
    }
}
