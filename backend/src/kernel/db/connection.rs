//! Connections, the pool, and the two ways to use them: [`Db::read`] and [`Db::write`].
//!
//! SQLite has one writer at a time. Write transactions begin IMMEDIATE, so that two of them never meet half-way
//! (`SQLITE_BUSY` on upgrade), and take a fair permit of this process first, so that none starves in SQLite's
//! back-off; with it comes a connection that only writers use. On PostgreSQL they are READ COMMITTED and run again after
//! a deadlock. No network call may happen while a transaction is open.

use super::{Connection, checkpoint};
use crate::kernel::{Error, Result};
use diesel::{
    Connection as _, PgConnection, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    r2d2::R2D2Connection,
};
use parking_lot::FairMutex;
use r2d2::ManageConnection;
use std::{fmt, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::Notify;

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL: any number of nodes.
    Postgres,
    /// SQLite: one process.
    Sqlite,
}

impl Engine {
    /// Of a connection.
    #[must_use]
    pub fn of(conn: &Connection) -> Self {
        match conn {
            Connection::Postgres(_) => Self::Postgres,
            Connection::Sqlite(_) => Self::Sqlite,
        }
    }
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `postgres:` or `postgresql:`, handed to libpq as it is.
    Postgres(String),
    /// `sqlite:` and a path.
    Sqlite(PathBuf),
}

impl fmt::Debug for DatabaseUrl {
    // The URL holds a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(_) => f.write_str("postgres"),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
        }
    }
}

impl DatabaseUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// Any scheme but `sqlite:`, `postgres:` and `postgresql:`, and a `sqlite:` without a path.
    pub fn parse(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
        match path {
            Some(path) if !path.is_empty() && path != ":memory:" => Ok(Self::Sqlite(PathBuf::from(path))),
            _ => Err(Error::Internal(
                "database.url must begin with sqlite: and a path, or with postgres:// or postgresql://".into(),
            )),
        }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self {
            Self::Postgres(_) => Engine::Postgres,
            Self::Sqlite(_) => Engine::Sqlite,
        }
    }
}

/// Opens connections for the pool.
#[derive(Debug)]
pub struct Manager {
    url: DatabaseUrl,
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Connection, Self::Error> {
        let connect = || -> Result<Connection, diesel::ConnectionError> {
            match &self.url {
                DatabaseUrl::Postgres(url) => PgConnection::establish(url).map(Connection::Postgres),
                DatabaseUrl::Sqlite(path) => {
                    SqliteConnection::establish(&path.to_string_lossy()).map(Connection::Sqlite)
                }
            }
        };
        let mut conn = connect().map_err(diesel::r2d2::Error::ConnectionError)?;
        if let Connection::Sqlite(sqlite) = &mut conn {
            // busy_timeout first: switching to WAL needs the file for a moment. FULL: an accepted mail survives a
            // power cut (R13).
            sqlite
                .batch_execute(&format!(
                    "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                     PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000; \
                     PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = {};",
                    checkpoint::WRITERS_PAGES
                ))
                .map_err(diesel::r2d2::Error::QueryError)?;
        }
        Ok(conn)
    }

    fn is_valid(&self, conn: &mut Connection) -> Result<(), Self::Error> {
        match conn {
            Connection::Postgres(postgres) => postgres.ping().map_err(diesel::r2d2::Error::QueryError),
            Connection::Sqlite(_) => Ok(()),
        }
    }

    fn has_broken(&self, conn: &mut Connection) -> bool {
        is_broken(conn)
    }
}

/// Whether it is no use any more, or a transaction was left open in it.
fn is_broken(conn: &mut Connection) -> bool {
    match conn {
        Connection::Postgres(postgres) => R2D2Connection::is_broken(postgres),
        Connection::Sqlite(sqlite) => R2D2Connection::is_broken(sqlite),
    }
}

/// The database, handed round by clone.
#[derive(Clone)]
pub struct Db {
    pool: r2d2::Pool<Manager>,
    engine: Engine,
    // On SQLite the one that writes, kept: its statements stay compiled and its pages read, since nobody else changes them.
    // Whoever holds the lock is the writer.
    writer: Arc<FairMutex<Option<r2d2::PooledConnection<Manager>>>>,
    committed: Arc<Notify>,
    written: Arc<Notify>,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl Db {
    /// Opens the pool. Connections are made when first needed, so that a database that is away does not keep the
    /// process from starting.
    ///
    /// # Errors
    /// The URL is not one of ours.
    pub fn open(url: &str, pool_size: u32, wait: Duration) -> Result<Self> {
        let url = DatabaseUrl::parse(url)?;
        let engine = url.engine();
        // The writer's own besides, so that a pool of one leaves one to read with.
        let own = u32::from(engine == Engine::Sqlite);
        let pool = r2d2::Pool::builder()
            .max_size(pool_size.saturating_add(own))
            .min_idle(Some(1))
            .connection_timeout(wait)
            .error_handler(Box::new(QuietPool))
            .build_unchecked(Manager { url });
        Ok(Self { pool, engine, writer: Arc::default(), committed: Arc::default(), written: Arc::default() })
    }

    /// Which engine this is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Wakes after each commit of this process; the relay of live events waits on it.
    #[must_use]
    pub fn committed(&self) -> Arc<Notify> {
        Arc::clone(&self.committed)
    }

    /// Wakes after each commit of this process; who keeps the log short waits on it.
    #[must_use]
    pub fn written(&self) -> Arc<Notify> {
        Arc::clone(&self.written)
    }

    /// Connections in use and in all, for metrics. The writer's own is always in use.
    #[must_use]
    pub fn pool_state(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections.saturating_sub(state.idle_connections), state.connections)
    }

    /// Runs queries on a blocking thread.
    ///
    /// # Errors
    /// What `work` returns, or that no connection came free.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    {
        let db = self.clone();
        blocking(move || db.read_here(work)).await
    }

    /// [`Self::read`] for a few rows by key. SQLite has them in memory, and handing the work to another thread would cost
    /// several times what it costs: so it is done here and now, if a connection is free.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn look_up<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    {
        let free = if self.engine == Engine::Sqlite { self.pool.try_get() } else { None };
        match free {
            Some(mut conn) => work(&mut conn),
            None => self.read(work).await,
        }
    }

    /// Runs one write transaction on a blocking thread. `work` may run more than once.
    ///
    /// # Errors
    /// What `work` returns, or that no connection came free; nothing is written then.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T> + Send + 'static,
    {
        let db = self.clone();
        blocking(move || db.write_here(work)).await
    }

    /// [`Self::read`], on this thread. For workers that own theirs.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_here<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        work(&mut *self.pool.get()?)
    }

    /// One try of [`Self::write_here`].
    fn once<T>(&self, work: &mut impl FnMut(&mut Connection) -> Result<T>) -> Result<T> {
        if self.engine == Engine::Postgres {
            return transaction(&mut *self.pool.get()?, work);
        }
        let mut writer = self.writer.lock();
        // Taken out meanwhile: after a panic in `work`, or a rollback that failed, nobody goes on with what it left half-way.
        let mut conn = match writer.take() {
            Some(conn) => conn,
            None => self.pool.get()?,
        };
        let done = transaction(&mut conn, work);
        if !is_broken(&mut conn) {
            *writer = Some(conn);
        }
        done
    }

    /// [`Self::write`], on this thread. For workers that own theirs.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_here<T>(&self, mut work: impl FnMut(&mut Connection) -> Result<T>) -> Result<T> {
        let mut tries = 0;
        loop {
            match self.once(&mut work) {
                Err(error) if error.is_transient() && tries < 5 => tries += 1,
                done => {
                    if done.is_ok() {
                        self.committed.notify_one();
                        self.written.notify_one();
                    }
                    return done;
                }
            }
        }
    }
}

/// Runs `work` on a thread that may block.
///
/// # Errors
/// What `work` returns; a panic in it is an internal error.
pub async fn blocking<T, F>(work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Error::Internal(format!("a blocking task died: {error}"))),
    }
}

fn transaction<T>(conn: &mut Connection, work: &mut impl FnMut(&mut Connection) -> Result<T>) -> Result<T> {
    match conn {
        Connection::Postgres(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN")?,
        Connection::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?,
    }
    match work(conn) {
        Ok(value) => {
            commit(conn)?;
            Ok(value)
        }
        Err(error) => {
            // The first error is the one to tell; a connection whose rollback fails is thrown away by the pool.
            let _ = rollback(conn);
            Err(error)
        }
    }
}

fn commit(conn: &mut Connection) -> diesel::QueryResult<()> {
    match conn {
        Connection::Postgres(c) => AnsiTransactionManager::commit_transaction(c),
        Connection::Sqlite(c) => AnsiTransactionManager::commit_transaction(c),
    }
}

fn rollback(conn: &mut Connection) -> diesel::QueryResult<()> {
    match conn {
        Connection::Postgres(c) => AnsiTransactionManager::rollback_transaction(c),
        Connection::Sqlite(c) => AnsiTransactionManager::rollback_transaction(c),
    }
}

/// The pool's own complaints repeat every second while a database is away; callers report what they met.
#[derive(Debug)]
struct QuietPool;

impl r2d2::HandleError<diesel::r2d2::Error> for QuietPool {
    fn handle_error(&self, error: diesel::r2d2::Error) {
        metrics::counter!("posta_database_connect_failures_total").increment(1);
        tracing::debug!(%error, "a database connection could not be made");
    }
}
