//! Settings in two stages: what was written (embedded default < file < environment < flags), then what is meant.
//! Unknown keys are refused by name. Secrets do not print.

use super::{
    Result as KernelResult,
    db::{Engine, connection::DatabaseUrl},
};
use config::{Config, ConfigError, Environment, File, FileFormat};
use secrecy::SecretString;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The commented defaults that every binary carries.
pub const DEFAULTS: &str = include_str!("../../config.default.toml");

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// HTTP server.
    pub server: Server,
    /// Data directory.
    pub data: Data,
    /// Database.
    pub database: Database,
    /// Logs.
    pub log: Log,
    /// Keys.
    pub secrets: Secrets,
    /// Sessions.
    pub auth: Auth,
    /// Mail servers.
    pub mail: Mail,
    /// Providers that mail accounts sign in with.
    pub oauth: Oauth,
    /// Handing out.
    pub routing: Routing,
    /// Limits.
    pub limits: Limits,
}

/// HTTP server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    pub listen: String,
    /// URL by which browsers reach us.
    pub public_url: String,
    /// Networks of reverse proxies.
    pub trusted_proxies: Vec<String>,
    /// Threads.
    pub threads: usize,
    /// Seconds to stop in.
    pub stop_seconds: u64,
}

/// Data directory.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Directory.
    pub dir: PathBuf,
}

/// Database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// URL; may hold a password.
    pub url: SecretString,
    /// Most connections.
    pub pool_size: u32,
    /// Seconds to wait for one.
    pub wait_seconds: u64,
}

/// Form of the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Form.
    pub format: LogFormat,
    /// EnvFilter.
    pub filter: String,
}

/// Keys.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// File.
    pub key_file: PathBuf,
    /// The file's content.
    pub keys: SecretString,
}

/// Sessions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Life of an access token.
    pub access_token_seconds: u64,
    /// Life of an unused session.
    pub session_days: u64,
    /// Grace of a rotated refresh token.
    pub refresh_grace_seconds: u64,
}

/// Mail servers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Hosts allowed though not public.
    pub allow_hosts: Vec<String>,
    /// Picture hosts allowed though not public.
    pub image_hosts: Vec<String>,
    /// Further certificate authorities.
    pub ca_file: PathBuf,
    /// Largest mail.
    pub max_size_mb: u64,
    /// Most mails of a batch.
    pub batch_mails: u64,
    /// Seconds between polls.
    pub poll_seconds: u64,
    /// Use IDLE.
    pub idle: bool,
    /// Connect time-out.
    pub connect_seconds: u64,
    /// Answer time-out.
    pub io_seconds: u64,
    /// SMTP connections an account.
    pub connections: usize,
    /// Hours until a mail is given up.
    pub give_up_hours: u64,
    /// EHLO name.
    pub helo_name: String,
    /// Nothing is sent or fetched.
    pub start_paused: bool,
}

/// What Posta is to the providers that mail accounts sign in with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oauth {
    /// Client at Google.
    pub google_client_id: String,
    /// Its secret.
    pub google_client_secret: SecretString,
    /// Client at Microsoft.
    pub microsoft_client_id: String,
    /// Its secret.
    pub microsoft_client_secret: SecretString,
    /// Whose accounts may sign in.
    pub microsoft_tenant: String,
    /// Client at another provider.
    pub generic_client_id: String,
    /// Its secret.
    pub generic_client_secret: SecretString,
    /// Where people sign in there.
    pub generic_authorize_url: String,
    /// Where its tokens come from.
    pub generic_token_url: String,
    /// What is asked for there.
    pub generic_scopes: String,
}

/// Handing out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routing {
    /// Seconds until an agent counts as gone.
    pub offline_seconds: u64,
}

/// Limits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Largest JSON body.
    pub json_kb: usize,
    /// Largest file.
    pub upload_mb: usize,
    /// Requests of a session.
    pub session_requests_per_minute: u32,
    /// Requests of an address.
    pub address_requests_per_minute: u32,
    /// Events that wait for a client.
    pub socket_queue: usize,
}

impl Limits {
    /// Octets of the largest file.
    #[must_use]
    pub fn file_size(&self) -> usize {
        self.upload_mb.saturating_mul(1_048_576)
    }
}

/// What flags override.
#[derive(Debug, Default, Clone)]
pub struct Flags {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<String>,
}

const PREFIX: &str = "POSTA__";
const LISTS: [&str; 3] = ["server.trusted_proxies", "mail.allow_hosts", "mail.image_hosts"];

impl Settings {
    /// Reads all layers.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown key (named), a value of the wrong type or outside its bounds.
    pub fn load(flags: &Flags, environment: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut values = std::collections::HashMap::new();
        for (key, value) in environment.into_iter().filter(|(key, _)| key.starts_with(PREFIX)) {
            match key
                .strip_suffix("_FILE")
                .filter(|_| key != "POSTA__SECRETS__KEY_FILE" && key != "POSTA__MAIL__CA_FILE")
            {
                Some(key) => {
                    let content = std::fs::read_to_string(&value)
                        .map_err(|error| ConfigError::Message(format!("{key}_FILE: {value}: {error}")))?;
                    values.insert(key.to_owned(), content.trim_end().to_owned());
                }
                None => {
                    values.insert(key, value);
                }
            }
        }
        let mut environment = Environment::with_prefix("POSTA")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .ignore_empty(true)
            .source(Some(values));
        for list in LISTS {
            environment = environment.with_list_parse_key(list);
        }
        let mut builder = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(file) = &flags.file {
            builder = builder.add_source(File::from(file.as_path()).format(FileFormat::Toml));
        }
        builder = builder
            .add_source(environment)
            .set_override_option("data.dir", flags.data_dir.as_ref().map(|dir| dir.to_string_lossy().into_owned()))?
            .set_override_option("server.listen", flags.listen.clone())?;
        let settings: Self = builder.build()?.try_deserialize()?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let bounds = [
            ("auth.access_token_seconds", self.auth.access_token_seconds, 30, 900),
            ("auth.session_days", self.auth.session_days, 1, 365),
            ("auth.refresh_grace_seconds", self.auth.refresh_grace_seconds, 0, 300),
            ("mail.max_size_mb", self.mail.max_size_mb, 1, 200),
            ("mail.batch_mails", self.mail.batch_mails, 1, 1_000),
            ("mail.poll_seconds", self.mail.poll_seconds, 1, 3_600),
            ("mail.connect_seconds", self.mail.connect_seconds, 1, 300),
            ("mail.io_seconds", self.mail.io_seconds, 1, 600),
            ("mail.give_up_hours", self.mail.give_up_hours, 1, 720),
            ("database.pool_size", u64::from(self.database.pool_size), 2, 200),
            ("database.wait_seconds", self.database.wait_seconds, 1, 60),
            ("routing.offline_seconds", self.routing.offline_seconds, 30, 3_600),
            ("server.stop_seconds", self.server.stop_seconds, 1, 300),
        ];
        for (name, value, min, max) in bounds {
            if value < min || value > max {
                return Err(ConfigError::Message(format!("{name} must lie between {min} and {max}, not {value}")));
            }
        }
        if self.mail.connections == 0 || self.limits.socket_queue < 8 {
            return Err(ConfigError::Message(
                "mail.connections must be 1 or more, limits.socket_queue 8 or more".into(),
            ));
        }
        Ok(())
    }

    /// The database's URL; by default a SQLite file in the data directory.
    #[must_use]
    pub fn database_url(&self) -> String {
        use secrecy::ExposeSecret;
        match self.database.url.expose_secret() {
            "" => format!("sqlite:{}", self.data.dir.join("posta.sqlite3").display()),
            url => url.to_owned(),
        }
    }

    /// The engine of the database.
    ///
    /// # Errors
    /// The URL is not one of ours.
    pub fn database_engine(&self) -> KernelResult<Engine> {
        Ok(DatabaseUrl::parse(&self.database_url())?.engine())
    }

    /// The key file; by default in the data directory.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        if self.secrets.key_file == Path::new("") {
            self.data.dir.join("keys.txt")
        } else {
            self.secrets.key_file.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(vars: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        Settings::load(&Flags::default(), vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn the_default_file_is_complete() {
        assert_eq!(load(&[]).unwrap().server.listen, "127.0.0.1:8080");
    }

    #[test]
    fn every_setting_has_a_sentence() {
        let mut previous = "";
        for line in DEFAULTS.lines() {
            if line.contains(" = ") {
                assert!(previous.starts_with('#'), "{line} has no comment");
            }
            previous = line;
        }
    }

    #[test]
    fn the_environment_overrides() {
        let settings =
            load(&[("POSTA__SERVER__LISTEN", "0.0.0.0:1"), ("POSTA__MAIL__ALLOW_HOSTS", "127.0.0.0/8,mail.intern")])
                .unwrap();
        assert_eq!(settings.server.listen, "0.0.0.0:1");
        assert_eq!(settings.mail.allow_hosts, ["127.0.0.0/8", "mail.intern"]);
    }

    #[test]
    fn a_secret_can_come_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "postgres://u:p@h/d\n").unwrap();
        let settings = load(&[("POSTA__DATABASE__URL_FILE", file.path().to_str().unwrap())]).unwrap();
        assert_eq!(settings.database_url(), "postgres://u:p@h/d");
        assert!(!format!("{settings:?}").contains("u:p"));
    }

    #[test]
    fn unknown_keys_are_named() {
        let error = load(&[("POSTA__SERVER__LISTN", "x")]).unwrap_err().to_string();
        assert!(error.contains("listn"), "{error}");
    }

    #[test]
    fn bounds_are_named() {
        let error = load(&[("POSTA__AUTH__ACCESS_TOKEN_SECONDS", "9000")]).unwrap_err().to_string();
        assert!(error.contains("auth.access_token_seconds"), "{error}");
    }
}
