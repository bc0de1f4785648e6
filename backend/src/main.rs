//! The command line: `serve`, `migrate`, `openapi`, `create-admin`, `healthcheck`, `check-config`.

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use posta::{
    app, campaigns,
    kernel::{
        clock::SystemClock,
        config::{Flags, Settings},
        db::{Engine, alone},
        http::openapi,
        telemetry,
    },
};
use std::{
    io::Write as _,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Posta: the e-mail channel for contact centres.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    /// Configuration file (TOML).
    #[arg(long, global = true, env = "POSTA_CONFIG")]
    config: Option<PathBuf>,
    /// Data directory; overrides `data.dir`.
    #[arg(long, global = true)]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve pages and API, fetch and send mail.
    Serve {
        /// Address and port; overrides `server.listen`.
        #[arg(long)]
        listen: Option<String>,
    },
    /// Bring the database up to this binary's schema, and stop.
    Migrate,
    /// Print the OpenAPI document.
    Openapi {
        /// Print the JSON Schema of the live socket's frames instead.
        #[arg(long)]
        live_events: bool,
    },
    /// Make an administrator; the password is read from standard input, or from POSTA_ADMIN_PASSWORD.
    CreateAdmin {
        /// Sign-in name.
        #[arg(long)]
        login: String,
        /// Name that others see.
        #[arg(long)]
        name: String,
    },
    /// Add a key to the key file and seal all stored secrets with it. Stop Posta before, start it after.
    RotateKeys,
    /// Read all settings and say whether they are good.
    CheckConfig,
    /// Ask a running Posta whether it is ready; for container health checks.
    Healthcheck,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            // Logging may not be up yet, and this is the last thing said.
            let _ = writeln!(std::io::stderr().lock(), "posta: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    // Two rustls providers in one process panic at run time; this makes ring the one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut flags = Flags { file: cli.config, data_dir: cli.data_dir, listen: None };
    match cli.command {
        Command::Openapi { live_events } => {
            let text =
                if live_events { openapi::live_schema(&app::document())? } else { app::document().to_pretty_json()? };
            writeln!(std::io::stdout().lock(), "{text}")?;
            Ok(ExitCode::SUCCESS)
        }
        Command::RotateKeys => {
            let settings = load(&flags)?;
            telemetry::start_logs(&settings.log).map_err(anyhow::Error::msg)?;
            let resealed = app::Posta::open(settings, Arc::new(SystemClock))?.rotate_keys()?;
            writeln!(std::io::stdout().lock(), "a new key is in use; stored secrets sealed with it: {resealed}")?;
            Ok(ExitCode::SUCCESS)
        }
        Command::CheckConfig => {
            campaigns::MailServers::new(&load(&flags)?)?;
            writeln!(std::io::stdout().lock(), "the configuration is good")?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Migrate => {
            let settings = load(&flags)?;
            telemetry::start_logs(&settings.log).map_err(anyhow::Error::msg)?;
            // On PostgreSQL whoever is about to serve finds his name in the directory, and must get it.
            let _alone = match settings.database_engine()? {
                Engine::Sqlite => Some(claim(&settings)?),
                Engine::Postgres => None,
            };
            app::Posta::open(settings, Arc::new(SystemClock))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::CreateAdmin { login, name } => {
            let settings = load(&flags)?;
            telemetry::start_logs(&settings.log).map_err(anyhow::Error::msg)?;
            let password = admin_password()?;
            let posta = app::Posta::open(settings, Arc::new(SystemClock))?;
            let made =
                actix_web::rt::System::new().block_on(posta.access.create_administrator(&login, &name, password));
            let id = made.with_context(|| format!("the administrator {login} was not made"))?;
            writeln!(std::io::stdout().lock(), "administrator {login} was made (user {id})")?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve { listen } => {
            flags.listen = listen;
            let settings = load(&flags)?;
            telemetry::start_logs(&settings.log).map_err(anyhow::Error::msg)?;
            actix_web::rt::System::new().block_on(serve(settings))
        }
        Command::Healthcheck => healthcheck(&load(&flags)?),
    }
}

fn load(flags: &Flags) -> Result<Settings> {
    Settings::load(flags, std::env::vars()).context("configuration")
}

fn claim(settings: &Settings) -> Result<alone::Claim> {
    std::fs::create_dir_all(&settings.data.dir)?;
    Ok(alone::claim(settings.database_engine()?, &settings.data.dir)?)
}

async fn serve(settings: Settings) -> Result<ExitCode> {
    let stop_within = Duration::from_secs(settings.server.stop_seconds);
    let claim = claim(&settings)?;
    let mut posta = app::Posta::open(settings, Arc::new(SystemClock))?;
    posta.core.node = claim.node().into();
    for doubt in posta.core.db.read(alone::durability_doubts).await? {
        tracing::warn!(doubt, "an accepted mail may not survive a power cut");
    }
    let mut workers = posta.start_workers();
    let serving = app::serve(&posta)?;
    tracing::info!(address = %serving.address, "listening");
    if let Some(token) = posta.access.renew_setup_token().await? {
        let base = match posta.core.settings.server.public_url.trim_end_matches('/') {
            "" => format!("http://{}", serving.address),
            url => url.to_owned(),
        };
        // To standard output and not to the log: whoever has this link becomes the administrator.
        writeln!(std::io::stdout().lock(), "Posta waits for its administrator: {base}/setup?token={token}")?;
    }
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping: claimed work is finished or given back");
    let deadline = Instant::now() + stop_within;
    posta.core.stop.cancel();
    let drained = async {
        serving.handle.stop(true).await;
        while workers.join_next().await.is_some() {}
    };
    if tokio::time::timeout_at(deadline.into(), drained).await.is_err() {
        tracing::warn!("not everything stopped in time; leases and states on disk make the rest safe");
    }
    Ok(ExitCode::SUCCESS)
}

fn admin_password() -> Result<String> {
    if let Ok(password) = std::env::var("POSTA_ADMIN_PASSWORD") {
        return Ok(password);
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("the password could not be read from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn healthcheck(settings: &Settings) -> Result<ExitCode> {
    use std::{io::Read, net::TcpStream};
    let address = settings.server.listen.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]");
    let mut stream = TcpStream::connect(&address).with_context(|| format!("nothing listens on {address}"))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(if answer.starts_with("HTTP/1.1 200") { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
