//! The composition root: the only file that knows all rooms. Builds them, mounts their routes, starts and stops their
//! workers.

use crate::{
    access, campaigns, conversations, files, housekeeping, inbox,
    kernel::{
        Core, Error, Result,
        audit::{self, Entry},
        clock::SharedClock,
        config::Settings,
        db::{Connection, Db, checkpoint, migrate},
        events::{Hub, relay, socket::Gate},
        http::{
            auth::{Authenticator, Principal},
            health, openapi,
            rate_limit::Limits,
            request::instrument,
            routes::Routes,
            spa,
        },
        secrets::Keys,
        signed::Signer,
        storage::Blobs,
        telemetry,
    },
    live_gate::LiveGate,
    operations, outbox, presence, ratings, routing, templates,
};
use actix_web::{App, HttpServer, dev::ServerHandle, middleware::from_fn, web};
use secrecy::ExposeSecret;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use utoipa::OpenApi as _;
use utoipa_actix_web::{AppExt, scope};

/// Everything a running Posta consists of, apart from its HTTP listener.
#[derive(Clone)]
pub struct Posta {
    /// The kernel's parts.
    pub core: Core,
    /// Sign-in, sessions, users.
    pub access: Arc<access::Service>,
    /// State of the agents.
    pub presence: Arc<presence::Service>,
    /// Templates.
    pub templates: Arc<templates::Service>,
    /// Campaigns, their mail accounts and members.
    pub campaigns: Arc<campaigns::Service>,
    /// Operators' views.
    pub operations: Arc<operations::Service>,
    /// Conversations, interactions, drafts.
    pub conversations: Arc<conversations::Service>,
    /// What customers think of mails.
    pub ratings: Arc<ratings::Service>,
    servers: campaigns::MailServers,
    pictures: files::remote::Pictures,
    limits: Arc<Limits>,
}

impl Posta {
    /// Opens the database (and migrates it), the keys and the blobs, and builds the rooms.
    ///
    /// # Errors
    /// The database, the key file or the data directory cannot be used.
    pub fn open(settings: Settings, clock: SharedClock) -> Result<Self> {
        std::fs::create_dir_all(&settings.data.dir)?;
        let keys = match settings.secrets.keys.expose_secret() {
            "" => Keys::load_or_create(&settings.key_file())?,
            text => Keys::parse(text)?,
        };
        let wait = Duration::from_secs(settings.database.wait_seconds);
        let db = Db::open(&settings.database_url(), settings.database.pool_size, wait)?;
        for version in migrate::run(&db)? {
            tracing::info!(version, "the database was brought up to a new schema");
        }
        let limits = Arc::new(Limits::new(&settings.limits));
        let core = Core {
            blobs: Blobs::on_disk(&settings.data.dir.join("blobs"))?,
            signer: Signer::new(&keys),
            keys: Arc::new(keys),
            db,
            clock,
            hub: Hub::default(),
            stop: CancellationToken::new(),
            node: crate::kernel::secrets::hex(&rand::random::<[u8; 8]>()).into(),
            settings: Arc::new(settings),
        };
        let access = Arc::new(access::Service::new(core.clone())?);
        let presence = Arc::new(presence::Service::new(core.clone()));
        let settlers: Vec<Arc<dyn campaigns::Settles>> =
            vec![Arc::new(conversations::settle::Settle), Arc::new(outbox::Discard)];
        let templates = Arc::new(templates::Service::new(core.clone(), vec![Arc::new(campaigns::TemplatesInUse)]));
        let campaigns = Arc::new(campaigns::Service::new(core.clone(), settlers)?);
        let operations = Arc::new(operations::Service::new(core.clone()));
        let conversations = Arc::new(conversations::Service::new(core.clone(), Arc::new(routing::Taking::new(&core))));
        let ratings = Arc::new(ratings::Service::new(core.clone(), vec![Arc::new(conversations::rated::Scores)]));
        let servers = campaigns::MailServers::new(&core.settings)?;
        let pictures = files::remote::Pictures::new(&core)?;
        Ok(Self {
            core,
            access,
            presence,
            templates,
            campaigns,
            operations,
            conversations,
            ratings,
            servers,
            pictures,
            limits,
        })
    }

    /// Adds a seal key to the key file and seals everything stored anew with it; answers how many secrets there were.
    /// The file comes first and keeps the earlier keys, so that a crash in between leaves nothing that cannot be
    /// opened. Processes that run know only the keys of their start.
    ///
    /// # Errors
    /// The keys come from the setting `secrets.keys`, which is not ours to write; the disk's, the database's.
    pub fn rotate_keys(&self) -> Result<usize> {
        let core = &self.core;
        if !core.settings.secrets.keys.expose_secret().is_empty() {
            let words = "the keys come from secrets.keys; only a key file (secrets.key_file) can be rotated";
            return Err(Error::Internal(words.into()));
        }
        let mut keys = Keys::clone(&core.keys);
        keys.rotate();
        keys.save(&core.settings.key_file())?;
        core.db.write_here(|conn| {
            let resealed = campaigns::account::reseal_all(conn, &keys)?;
            let detail = serde_json::json!({ "secrets": resealed });
            let entry = Entry { actor: None, action: "keys.rotate", object: "keys", object_id: None, detail };
            audit::record(conn, core.now(), &entry)?;
            Ok(resealed)
        })
    }

    /// Starts what works in the background. The tasks end when `core.stop` is cancelled.
    #[must_use]
    pub fn start_workers(&self) -> JoinSet<()> {
        let mut workers = JoinSet::new();
        workers.spawn(relay::run(self.core.clone()));
        workers.spawn(checkpoint::run(self.core.clone()));
        workers.spawn(inbox::run(self.core.clone(), self.servers.clone()));
        workers.spawn(conversations::confirm::run(self.core.clone()));
        workers.spawn(conversations::snooze::run(self.core.clone()));
        workers.spawn(routing::worker::run(self.core.clone()));
        workers.spawn(outbox::worker::run(self.core.clone(), self.servers.clone()));
        workers.spawn(outbox::copies::run(self.core.clone(), self.servers.clone()));
        let limits = Arc::clone(&self.limits);
        workers.spawn(housekeeping::run(
            self.core.clone(),
            Arc::clone(&self.access),
            Arc::clone(&self.templates),
            limits,
        ));
        workers
    }

    fn live_gate(&self) -> LiveGate {
        let active = Arc::new(|conn: &mut Connection, caller: &Principal, _| {
            Ok(conversations::tray::held_by(conn, caller.user_id)?)
        });
        LiveGate::new(self.core.clone(), Arc::clone(&self.access), Arc::clone(&self.presence), active)
    }

    fn parts(&self, config: &mut web::ServiceConfig) {
        let authenticator: Arc<dyn Authenticator> = self.access.clone();
        let gate: Arc<dyn Gate> = Arc::new(self.live_gate());
        config
            .app_data(web::Data::new(self.core.clone()))
            .app_data(web::Data::from(Arc::clone(&self.limits)))
            .app_data(web::Data::from(authenticator))
            .app_data(web::Data::from(gate))
            .app_data(web::Data::new(self.pictures.clone()))
            .app_data(web::Data::from(Arc::clone(&self.access)))
            .app_data(web::Data::from(Arc::clone(&self.presence)))
            .app_data(web::Data::from(Arc::clone(&self.templates)))
            .app_data(web::Data::from(Arc::clone(&self.campaigns)))
            .app_data(web::Data::from(Arc::clone(&self.operations)))
            .app_data(web::Data::from(Arc::clone(&self.conversations)))
            .app_data(web::Data::from(Arc::clone(&self.ratings)));
    }
}

/// The OpenAPI document of all rooms.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, mut document) = App::new()
        .into_utoipa_app()
        .openapi(openapi::Document::openapi())
        .service(scope("/api/v1").configure(|config| api(&mut Routes::Document(config))))
        .split_for_parts();
    openapi::complete(&mut document);
    document
}

/// All routes of `/api/v1`, room by room.
fn api(config: &mut Routes<'_, '_>) {
    config.configure(access::routes).configure(presence::routes).service(crate::kernel::events::socket::live);
    config
        .configure(templates::routes)
        .configure(campaigns::routes)
        .configure(conversations::routes)
        .configure(routing::routes);
    config.configure(files::routes).configure(operations::routes);
}

/// A listener that serves.
pub struct Serving {
    /// Where it listens; the port is real even where 0 was asked for.
    pub address: SocketAddr,
    /// Stops the listener.
    pub handle: ServerHandle,
    /// Ends when the listener has stopped.
    pub task: JoinHandle<std::io::Result<()>>,
}

/// Binds and serves.
///
/// # Errors
/// The address cannot be bound, or metrics cannot be kept.
pub fn serve(posta: &Posta) -> Result<Serving> {
    let settings = Arc::clone(&posta.core.settings);
    let handle = telemetry::metrics().map_err(Error::Internal)?;
    let posta = posta.clone();
    let readiness = web::Data::new(health::Readiness::default());
    let document = web::Data::new(openapi::DocumentText::new(|| {
        document().to_pretty_json().map_err(|error| Error::Internal(error.to_string()))
    }));
    let server = HttpServer::new(move || {
        App::new()
            .wrap(from_fn(instrument))
            .app_data(web::Data::new(handle.clone()))
            .app_data(readiness.clone())
            .app_data(document.clone())
            .configure(|config| posta.parts(config))
            .service(web::scope("/api/v1").configure(|config| api(&mut Routes::Server(config))))
            .service(openapi::openapi_json)
            .service(
                utoipa_swagger_ui::SwaggerUi::new("/api/docs/{_:.*}")
                    .config(utoipa_swagger_ui::Config::from("/api/openapi.json")),
            )
            .configure(ratings::routes)
            .service(health::healthz)
            .service(health::readyz)
            .service(health::metrics)
            .default_service(web::to(fallback))
    })
    .keep_alive(Duration::from_secs(75))
    .client_request_timeout(Duration::from_secs(15))
    .shutdown_timeout(settings.server.stop_seconds)
    .disable_signals();
    let server = if settings.server.threads > 0 { server.workers(settings.server.threads) } else { server };
    let server = server.bind(&settings.server.listen)?;
    let address = *server.addrs().first().ok_or_else(|| Error::Internal("nothing was bound".into()))?;
    let server = server.run();
    Ok(Serving { address, handle: server.handle(), task: tokio::spawn(server) })
}

async fn fallback(request: actix_web::HttpRequest) -> Result<actix_web::HttpResponse> {
    let reads = matches!(*request.method(), actix_web::http::Method::GET | actix_web::http::Method::HEAD);
    if request.path().starts_with("/api/") || !reads {
        return Err(shared::error::ErrorCode::NotFound.into());
    }
    Ok(spa::serve(request).await)
}
