//! The real application in this process.

use super::{client::Client, conformance::Conformance, database::TestDatabase};
use posta::{
    app::{self, Posta},
    kernel::{
        Error,
        clock::ShiftedClock,
        config::{Flags, Settings},
        db::{Connection, Engine},
    },
};
use serde_json::json;
use shared::{
    ids::{CampaignId, UserId},
    permission::Role,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// Password of every user that the tests make.
pub const PASSWORD: &str = "correcto caballo grapa";

/// How the application is to be.
pub struct Builder {
    engine: Engine,
    settings: BTreeMap<String, String>,
    administrator: bool,
}

impl Builder {
    /// Overrides a setting, such as `auth.session_days`.
    #[must_use]
    pub fn setting(mut self, key: &str, value: impl ToString) -> Self {
        let name = format!("POSTA__{}", key.to_uppercase().replace('.', "__"));
        self.settings.insert(name, value.to_string());
        self
    }

    /// Without any user.
    #[must_use]
    pub fn without_users(mut self) -> Self {
        self.administrator = false;
        self
    }

    /// Starts it.
    pub fn start(self) -> TestApp {
        // The page's crates bring no provider, the server's binary does; here it is us.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().unwrap();
        let database = TestDatabase::new(self.engine, dir.path());
        let mut variables = self.settings;
        variables.insert("POSTA__DATABASE__URL".into(), database.url.clone());
        let flags = Flags { file: None, data_dir: Some(dir.path().to_owned()), listen: Some("127.0.0.1:0".into()) };
        let settings = Settings::load(&flags, variables).unwrap();
        let clock = Arc::new(ShiftedClock::default());
        let posta = Posta::open(settings, clock.clone()).unwrap();
        let (address, stop, thread) = serve(posta.clone());
        let conformance = Arc::new(Conformance::new(&app::document()));
        let app = TestApp {
            posta,
            clock,
            base: format!("http://{address}"),
            conformance,
            stop: Some(stop),
            thread: Some(thread),
            _database: database,
            dir,
        };
        if self.administrator {
            let made = app.posta.access.create_administrator("admin", "Ada Administradora", PASSWORD.into());
            block_on(made).unwrap();
        }
        app
    }
}

fn serve(posta: Posta) -> (std::net::SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let (tell, told) = mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let mut workers = posta.start_workers();
            let serving = app::serve(&posta).unwrap();
            tell.send(serving.address).unwrap();
            let _ = stopped.await;
            posta.core.stop.cancel();
            serving.handle.stop(false).await;
            while let Some(ended) = workers.join_next().await {
                ended.unwrap();
            }
        });
    });
    (told.recv_timeout(Duration::from_secs(30)).unwrap(), stop, thread)
}

/// Runs a future of the application to its end.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A running application.
pub struct TestApp {
    /// Its parts.
    pub posta: Posta,
    /// Its clock.
    pub clock: Arc<ShiftedClock>,
    /// `http://127.0.0.1:port`.
    pub base: String,
    conformance: Arc<Conformance>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    // Dropped after the server has stopped, and the directory last.
    _database: TestDatabase,
    dir: TempDir,
}

impl TestApp {
    /// With an administrator, `admin`, and limits that no test meets by chance.
    pub fn builder(engine: Engine) -> Builder {
        Builder { engine, settings: BTreeMap::new(), administrator: true }
            .setting("server.threads", 1)
            .setting("database.pool_size", 8)
            .setting("limits.address_requests_per_minute", 1_000_000)
            .setting("limits.session_requests_per_minute", 1_000_000)
    }

    /// As [`Self::builder`] has it.
    pub fn new(engine: Engine) -> Self {
        Self::builder(engine).start()
    }

    /// Moves the application's clock ahead.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// The data directory.
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// A client that is not signed in.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.base, Arc::clone(&self.conformance))
    }

    /// A client of the first administrator, in a session of its own.
    pub fn admin(&self) -> Client {
        self.sign_in("admin")
    }

    /// A client of an agent, who is made if there is none of this name.
    pub fn agent(&self, login: &str) -> Client {
        self.user(login, Role::Agent)
    }

    /// A client of a supervisor, who is made if there is none.
    pub fn supervisor(&self) -> Client {
        self.user("sofia", Role::Supervisor)
    }

    /// A client of a user, who is made if there is none of this name.
    pub fn user(&self, login: &str, role: Role) -> Client {
        let admin = self.admin();
        let body = json!({
            "login": login, "name": login, "role": role, "password": PASSWORD, "must_change_password": false,
        });
        let made = admin.post("/users", body);
        assert!(matches!(made.status, 201 | 422), "{made:?}");
        self.sign_in(login)
    }

    /// A client of a user who has the tests' password.
    pub fn sign_in(&self, login: &str) -> Client {
        let client = self.anonymous();
        let answer = client.sign_in(login, PASSWORD);
        assert_eq!(answer.status, 200, "{answer:?}");
        client
    }

    /// Asks the database itself.
    pub fn read<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, Error>) -> T {
        self.posta.core.db.read_here(work).unwrap()
    }

    /// Changes the database itself.
    pub fn write<T>(&self, work: impl FnMut(&mut Connection) -> Result<T, Error>) -> T {
        self.posta.core.db.write_here(work).unwrap()
    }

    /// A campaign, as bare as the database permits.
    pub fn insert_campaign(&self, name: &str) -> CampaignId {
        use diesel::prelude::*;
        use posta::kernel::db::schema::campaigns::dsl as c;
        let now = self.posta.core.now();
        self.write(|conn| {
            let values = (
                (c::channel.eq("email"), c::name.eq(name), c::name_folded.eq(posta::kernel::fold::fold(name))),
                (c::service_level_seconds.eq(60), c::from_name.eq(name), c::eligibility.eq("nocall")),
                (c::delivery_order.eq("linear"), c::max_interactions.eq(3), c::enabled.eq(true), c::receive.eq(false)),
                (
                    c::import_days.eq(0),
                    c::reply_token.eq("body"),
                    c::thresholds.eq("{}"),
                    c::schedule.eq("{}"),
                    (c::confirmation_enabled.eq(false), c::rating_enabled.eq(false)),
                    (c::rating_prompt.eq(""), c::rating_thanks.eq("")),
                    c::created_at.eq(now),
                    c::version.eq(1_i64),
                ),
            );
            Ok(diesel::insert_into(c::campaigns).values(values).returning(c::id).get_result(conn)?)
        })
    }

    /// Makes a user a member of a campaign.
    pub fn insert_member(&self, campaign: CampaignId, user: UserId) {
        use diesel::prelude::*;
        use posta::kernel::db::schema::members::dsl as m;
        self.write(|conn| {
            let position: i64 = m::members.filter(m::campaign_id.eq(campaign)).count().get_result(conn)?;
            let values = (
                (
                    m::campaign_id.eq(campaign),
                    m::user_id.eq(user),
                    m::position.eq(i32::try_from(position).unwrap() + 1),
                ),
                (m::penalty.eq(0), m::may_receive.eq(true), m::may_start.eq(true)),
            );
            diesel::insert_into(m::members).values(values).execute(conn)?;
            Ok(())
        });
    }

    /// Actions of the audit log, newest first.
    pub fn audited(&self) -> Vec<String> {
        let lines = self.read(|conn| Ok(posta::kernel::audit::list(conn, None, 200)?));
        lines.into_iter().map(|line| line.action).collect()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        if std::thread::panicking() {
            return;
        }
        assert!(ended.is_none_or(|ended| ended.is_ok()), "the server died");
        let check = self.read(posta::kernel::audit::verify);
        assert_eq!(check.broken_at, None, "the audit log's chain is broken");
    }
}
