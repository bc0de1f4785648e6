//! A private PostgreSQL: databases by the dozen, stops, kills and restarts.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Doing, LabError};
use crate::place::{Place, default_base};
use crate::process::{Ending, Server};
use crate::system::{self, Owner, loopback};

/// How a PostgreSQL is to run.
#[derive(Debug, Clone, Copy)]
pub struct PgOptions {
    /// Whether commits wait for the disk, as in production. Off is faster and survives kills of processes, but not of
    /// the machine.
    pub fsync: bool,
    /// The most connections at once.
    pub max_connections: u16,
}

impl Default for PgOptions {
    fn default() -> Self {
        Self { fsync: true, max_connections: 300 }
    }
}

/// A running PostgreSQL cluster of its own.
#[derive(Debug)]
pub struct PostgreSql {
    // Declared first, so that the server ends before its directories go.
    running: Mutex<Option<Server>>,
    place: Arc<Place>,
    programs: PathBuf,
    data: PathBuf,
    port: u16,
    owner: Owner,
    options: PgOptions,
}

/// The superuser of the clusters; there is no password, and the server listens on loopback alone.
const ROLE: &str = "posta";

impl PostgreSql {
    /// Starts a cluster in directories of its own.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not come up.
    pub fn start() -> Result<Self, LabError> {
        Self::start_with(PgOptions::default())
    }

    /// Starts a cluster with options.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not come up.
    pub fn start_with(options: PgOptions) -> Result<Self, LabError> {
        Self::launch(&Arc::new(Place::new(None)?), options)
    }

    pub(crate) fn launch(place: &Arc<Place>, options: PgOptions) -> Result<Self, LabError> {
        let programs = find_programs()?;
        let owner = server_owner()?;
        let data = place.root().join("postgres");
        copy_template(&programs, owner, &data)?;
        // The sockets' directory must be open to the server's user.
        let sockets = place.run().join("pg");
        fs::create_dir(&sockets)
            .and_then(|()| chown(&sockets, Some(owner.uid), Some(owner.gid)))
            .doing("making PostgreSQL's directory")?;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let port = system::free_ports(1)?.first().copied().unwrap_or_default();
            let postgres = Self {
                running: Mutex::new(None),
                place: Arc::clone(place),
                programs: programs.clone(),
                data: data.clone(),
                port,
                owner,
                options,
            };
            match postgres.go_on() {
                Err(LabError::Start { log, .. }) if attempts < 5 && log.contains("Address already in use") => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(postgres),
            }
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Server>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sockets(&self) -> PathBuf {
        self.place.run().join("pg")
    }

    /// Starts it again on the same port after [`PostgreSql::stop`] or [`PostgreSql::kill`]; recovers what a kill left.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn go_on(&self) -> Result<(), LabError> {
        let mut running = self.running();
        if running.is_some() {
            return Ok(());
        }
        let fsync = if self.options.fsync { "on" } else { "off" };
        let settings = [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.sockets().display()),
            format!("max_connections={}", self.options.max_connections),
            format!("fsync={fsync}"),
            format!("full_page_writes={fsync}"),
            format!("synchronous_commit={fsync}"),
            "shared_buffers=128MB".to_owned(),
            "max_wal_size=2GB".to_owned(),
            "logging_collector=off".to_owned(),
            "log_destination=stderr".to_owned(),
            "timezone=UTC".to_owned(),
            // After a kill the whole cluster is synced: one call instead of one a file.
            "recovery_init_sync_method=syncfs".to_owned(),
        ];
        let mut command = self.command("postgres");
        command.arg("-D").arg(&self.data).args(settings.iter().flat_map(|setting| ["-c", setting]));
        // Left by a kill: its last line would tell of a server that is gone.
        let notes = self.data.join("postmaster.pid");
        let mut server = Server::start("postgres", &mut command, &self.place, Ending::Quit)?;
        let own = server.pid().to_string();
        server.await_ready(|| {
            let text = fs::read_to_string(&notes).ok()?;
            let mut lines = text.lines();
            let ready = lines.next() == Some(own.as_str()) && lines.last().map(str::trim) == Some("ready");
            (ready && TcpStream::connect(loopback(self.port)).is_ok()).then_some(())
        })?;
        *running = Some(server);
        Ok(())
    }

    /// Shuts down at once: open transactions are rolled back, clients told.
    pub fn stop(&self) {
        if let Some(server) = self.running().take() {
            server.stop(Ending::Interrupt);
        }
    }

    /// Kills every process of it, as a power cut would.
    pub fn kill(&self) {
        if let Some(server) = self.running().take() {
            server.stop(Ending::Kill);
        }
    }

    /// Stops and starts it.
    ///
    /// # Errors
    /// When it does not come up again.
    pub fn restart(&self) -> Result<(), LabError> {
        self.stop();
        self.go_on()
    }

    /// Halts every process of it until [`PostgreSql::thaw`].
    pub fn freeze(&self) {
        if let Some(server) = self.running().as_ref() {
            server.freeze();
        }
    }

    /// Lets it go on after [`PostgreSql::freeze`].
    pub fn thaw(&self) {
        if let Some(server) = self.running().as_ref() {
            server.thaw();
        }
    }

    /// The process id of its first process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.running().as_ref().map(Server::pid)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Makes a fresh, empty database and gives its URL.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn database(&self) -> Result<String, LabError> {
        self.create(None)
    }

    /// Makes a copy of a database of this cluster, to which nobody may be connected: migrate one, copy it for each test.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn database_like(&self, url: &str) -> Result<String, LabError> {
        let template = url.rsplit('/').next().unwrap_or_default();
        self.create(Some(template))
    }

    fn create(&self, template: Option<&str>) -> Result<String, LabError> {
        let name = format!("lab_{}", system::unique().replace('-', "_"));
        let template = template.map_or_else(String::new, |template| format!(" TEMPLATE \"{template}\""));
        self.query("postgres", &format!("CREATE DATABASE \"{name}\"{template}"))?;
        Ok(self.url(&name))
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://{ROLE}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs one statement with psql and gives its rows, fields parted by `|`.
    ///
    /// # Errors
    /// The server's message.
    pub fn query(&self, database: &str, statement: &str) -> Result<String, LabError> {
        let database = database.rsplit('/').next().unwrap_or_default();
        let output = self
            .command("psql")
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", ROLE, "-h"])
            .arg(self.sockets())
            .args(["-p", &self.port.to_string(), "-d", database, "-c", statement])
            .output()
            .doing("running psql")?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
        }
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(LabError::Io { doing: format!("asking PostgreSQL {statement:?}"), reason })
    }

    fn command(&self, program: &str) -> Command {
        command_as(&self.programs.join(program), self.owner)
    }
}

fn command_as(program: &Path, owner: Owner) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env_remove("PGHOST").env_remove("PGPORT").env("LC_ALL", "C.UTF-8");
    if system::is_root() {
        command.uid(owner.uid).gid(owner.gid);
    }
    command
}

/// PostgreSQL refuses to run as root; its package brings a user for it.
fn server_owner() -> Result<Owner, LabError> {
    if !system::is_root() {
        return Ok(system::current_owner());
    }
    system::user("postgres").map_err(|_| {
        LabError::Privilege(
            "PostgreSQL does not run as root, and this machine has no user postgres to run it as".into(),
        )
    })
}

/// The newest server version of the machine; Debian keeps them off PATH.
fn find_programs() -> Result<PathBuf, LabError> {
    let mut versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok())
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .collect::<Vec<_>>();
    versions.sort();
    let directories = versions.iter().rev().map(|(_, path)| path.as_path()).collect::<Vec<_>>();
    let postgres = system::program("postgres", &directories, "postgresql")?;
    let directory = postgres.parent().map(Path::to_path_buf).unwrap_or_default();
    if directory.join("initdb").is_file() {
        return Ok(directory);
    }
    Err(LabError::MissingProgram { program: "initdb".into(), package: "postgresql".into() })
}

/// Copies a cluster that was initialised once: `initdb` takes a second, a copy a tenth of one.
fn copy_template(programs: &Path, owner: Owner, data: &Path) -> Result<(), LabError> {
    let version = command_as(&programs.join("postgres"), owner).arg("--version").output().doing("running postgres")?;
    let version = String::from_utf8_lossy(&version.stdout)
        .chars()
        .filter(|letter| letter.is_ascii_digit() || *letter == '.')
        .collect::<String>();
    let cache = default_base().join("cache");
    let template = cache.join(format!("postgres-{version}-{}-1", owner.uid));
    if !template.join("PG_VERSION").is_file() {
        fs::create_dir_all(&cache).doing(format_args!("making {}", cache.display()))?;
        // In a directory of its own, which the server's user may write to; whoever is first puts it into place.
        let draft = cache.join(format!("draft-{}", system::unique()));
        fs::create_dir(&draft)
            .and_then(|()| fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)))
            .and_then(|()| chown(&draft, Some(owner.uid), Some(owner.gid)))
            .doing(format_args!("making {}", draft.display()))?;
        let made = draft.join("data");
        let output = command_as(&programs.join("initdb"), owner)
            .args(["--no-sync", "--no-instructions", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", ROLE])
            .arg("-D")
            .arg(&made)
            .output()
            .doing("running initdb")?;
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(LabError::Io { doing: "running initdb".into(), reason });
        }
        let placed = fs::rename(&made, &template);
        let _ = fs::remove_dir_all(&draft);
        if !template.join("PG_VERSION").is_file() {
            placed.doing(format_args!("placing {}", template.display()))?;
        }
    }
    let copied = Command::new("cp").args(["-a", "--reflink=auto"]).arg(&template).arg(data).output();
    let copied = copied.doing("copying a PostgreSQL cluster")?;
    if copied.status.success() {
        return Ok(());
    }
    let reason = String::from_utf8_lossy(&copied.stderr).trim().to_owned();
    Err(LabError::Io { doing: "copying a PostgreSQL cluster".into(), reason })
}
