//! From an address to a session: connection, greeting, TLS, EHLO, login.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lettre::transport::smtp::{client::AsyncSmtpConnection, extension::ClientId};
use secrecy::ExposeSecret as _;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{
    Capabilities, Reply, Stage,
    wire::{Gate, Io, Wire},
};
use crate::mail::{
    account::{Credential, Security, SmtpSettings, Timeouts},
    net::{self, ConnectError},
    tls,
};

/// Why no session was opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmtpConnectError {
    /// No connection: the address is forbidden, unknown, refuses or does not answer.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection could not be secured: certificate, no STARTTLS, or text slipped in before TLS.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The password would travel in clear to another machine, and that was not allowed.
    #[error("the connection is not protected, so the password was not sent")]
    ClearPassword,
    /// The server said no at this stage ([`Stage::Auth`]: to user or password).
    #[error("the server refused: {reply}")]
    Refused {
        /// When.
        stage: Stage,
        /// Its words.
        reply: Reply,
    },
    /// The server said something that is not SMTP, or offers no way to sign in that we know.
    #[error("{0}")]
    Protocol(String),
    /// The connection broke.
    #[error("the connection was lost")]
    Lost,
    /// No answer in time.
    #[error("the server did not answer in time")]
    TimedOut,
}

/// An open session, signed in, ready for mails one after another.
pub struct SmtpSession {
    pub(super) connection: AsyncSmtpConnection,
    pub(super) gate: Arc<Gate>,
    pub(super) capabilities: Capabilities,
    pub(super) timeouts: Timeouts,
    pub(super) broken: bool,
    pub(super) needs_reset: bool,
    pub(super) hang_up: bool,
    greeting: String,
}

impl std::fmt::Debug for SmtpSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpSession")
            .field("greeting", &self.greeting)
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

impl SmtpSession {
    /// Connects, secures the connection as configured, and signs in if there is a credential.
    ///
    /// # Errors
    /// See [`SmtpConnectError`].
    pub async fn connect(settings: &SmtpSettings) -> Result<Self, SmtpConnectError> {
        let limits = settings.timeouts;
        let endpoint = &settings.endpoint;
        let socket = net::connect_async(&endpoint.host, endpoint.port, &settings.policy, limits.connect).await?;
        let loopback = socket.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
        let protected = endpoint.security != Security::None;
        if settings.credential.is_some() && !protected && !settings.allow_clear_password && !loopback {
            return Err(SmtpConnectError::ClearPassword);
        }
        let (io, greeting) = match endpoint.security {
            Security::None => {
                let mut socket = socket;
                let greeting = greeting(&mut socket, limits.command).await?;
                (Io::Plain(socket), greeting)
            }
            Security::Implicit => {
                let mut stream = handshake(socket, settings).await?;
                let greeting = greeting(&mut stream, limits.command).await?;
                (Io::Tls(Box::new(stream)), greeting)
            }
            Security::Starttls => {
                let mut socket = socket;
                let greeting = greeting(&mut socket, limits.command).await?;
                timeout(limits.command, starttls(&mut socket, &hello_name(settings)))
                    .await
                    .map_err(|_| SmtpConnectError::TimedOut)??;
                (Io::Tls(Box::new(handshake(socket, settings).await?)), greeting)
            }
        };
        let gate = Arc::new(Gate::default());
        gate.capture();
        let wire = Wire::new(io, Arc::clone(&gate), "220 ready\r\n");
        let hello = ClientId::Domain(hello_name(settings));
        let connecting = AsyncSmtpConnection::connect_with_transport(Box::new(wire), &hello);
        let connection = timeout(limits.command, connecting)
            .await
            .map_err(|_| SmtpConnectError::TimedOut)?
            .map_err(|error| refused(Stage::Hello, &error))?;
        let capabilities = Capabilities::read(&gate.captured());
        let mut session = Self {
            connection,
            gate,
            capabilities,
            timeouts: limits,
            broken: false,
            needs_reset: false,
            hang_up: false,
            greeting: greeting.text,
        };
        if let Some(credential) = &settings.credential {
            timeout(limits.command, session.sign_in(&settings.user, credential))
                .await
                .map_err(|_| SmtpConnectError::TimedOut)??;
        }
        Ok(session)
    }

    /// The words with which the server greeted.
    #[must_use]
    pub fn greeting(&self) -> &str {
        &self.greeting
    }

    /// What the server offers.
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Whether the session is of no more use.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    async fn sign_in(&mut self, user: &str, credential: &Credential) -> Result<(), SmtpConnectError> {
        match credential {
            Credential::OAuthToken(token) => {
                let answer = STANDARD.encode(format!("user={user}\x01auth=Bearer {}\x01\x01", token.expose_secret()));
                let code = self.say(Stage::Auth, format!("AUTH XOAUTH2 {answer}\r\n")).await?;
                // A challenge here is the server's complaint; upon an empty line it says no.
                if code == 334 {
                    self.say(Stage::Auth, "\r\n".to_owned()).await?;
                    return Err(SmtpConnectError::Protocol("the server took no token".into()));
                }
            }
            Credential::Password(password) => {
                let password = password.expose_secret();
                if self.capabilities.offers("PLAIN") {
                    let answer = STANDARD.encode(format!("\0{user}\0{password}"));
                    self.say(Stage::Auth, format!("AUTH PLAIN {answer}\r\n")).await?;
                } else if self.capabilities.offers("LOGIN") {
                    for line in ["AUTH LOGIN".to_owned(), STANDARD.encode(user), STANDARD.encode(password)] {
                        self.say(Stage::Auth, format!("{line}\r\n")).await?;
                    }
                } else {
                    let offered = self.capabilities.auth.join(" ");
                    let offered = if offered.is_empty() { "none".to_owned() } else { offered };
                    return Err(SmtpConnectError::Protocol(format!(
                        "the server offers no login by password (it offers: {offered})"
                    )));
                }
            }
        }
        Ok(())
    }

    async fn say(&mut self, stage: Stage, line: String) -> Result<u16, SmtpConnectError> {
        let response = self.connection.command(line).await.map_err(|error| refused(stage, &error))?;
        Ok(Reply::of_response(&response).code)
    }
}

fn refused(stage: Stage, error: &lettre::transport::smtp::Error) -> SmtpConnectError {
    match Reply::of_error(error) {
        Some(reply) => SmtpConnectError::Refused { stage, reply },
        None if error.is_response() && !error.to_string().contains("incomplete") => {
            SmtpConnectError::Protocol("the server's answer was not understood".into())
        }
        None => SmtpConnectError::Lost,
    }
}

/// A name fit for EHLO; an address literal where none is set.
fn hello_name(settings: &SmtpSettings) -> String {
    let name = crate::mail::address::domain_to_ascii(settings.hello_name.trim()).unwrap_or_default();
    let valid = !name.is_empty()
        && name.len() <= 253
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b));
    if valid { name } else { "[127.0.0.1]".to_owned() }
}

async fn greeting<S: AsyncRead + Unpin>(stream: &mut S, limit: Duration) -> Result<Reply, SmtpConnectError> {
    let (reply, surplus) = timeout(limit, read_reply(stream)).await.map_err(|_| SmtpConnectError::TimedOut)??;
    match reply.code {
        220 if surplus => Err(SmtpConnectError::Protocol("the server spoke out of turn".into())),
        220 => Ok(reply),
        400..=599 => Err(SmtpConnectError::Refused { stage: Stage::Greeting, reply }),
        _ => Err(SmtpConnectError::Protocol(format!("the greeting was “{reply}”"))),
    }
}

/// Asks for TLS. Whatever else the server says before TLS is not believed; more text than the answer is an attempt to
/// slip commands in.
async fn starttls(socket: &mut TcpStream, name: &str) -> Result<(), SmtpConnectError> {
    let lost = |_| SmtpConnectError::Lost;
    socket.write_all(format!("EHLO {name}\r\n").as_bytes()).await.map_err(lost)?;
    let (hello, _) = read_reply(socket).await?;
    if hello.code != 250 {
        return Err(SmtpConnectError::Refused { stage: Stage::Hello, reply: hello });
    }
    socket.write_all(b"STARTTLS\r\n").await.map_err(lost)?;
    let (reply, surplus) = read_reply(socket).await?;
    match reply.code {
        220 if surplus => Err(SmtpConnectError::Tls("the server sent text before TLS began".into())),
        220 => Ok(()),
        _ => Err(SmtpConnectError::Tls(format!("the server refused STARTTLS: {reply}"))),
    }
}

async fn handshake(
    socket: TcpStream,
    settings: &SmtpSettings,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, SmtpConnectError> {
    let name = tls::server_name(&settings.endpoint.host).map_err(SmtpConnectError::Tls)?;
    let connector = TlsConnector::from(Arc::clone(&settings.tls));
    timeout(settings.timeouts.io, connector.connect(name, socket))
        .await
        .map_err(|_| SmtpConnectError::TimedOut)?
        .map_err(|error| SmtpConnectError::Tls(crate::mail::address::one_line(&error.to_string())))
}

/// Reads one reply, many lines or one; tells whether more bytes came along with it.
async fn read_reply<S: AsyncRead + Unpin>(stream: &mut S) -> Result<(Reply, bool), SmtpConnectError> {
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 1024];
    loop {
        let mut words = Vec::new();
        let mut end = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if !line.ends_with(b"\n") {
                break;
            }
            end += line.len();
            let text = String::from_utf8_lossy(line);
            let code = text.get(..3).and_then(|code| code.parse::<u16>().ok()).filter(|code| (200..600).contains(code));
            let Some(code) = code else {
                return Err(SmtpConnectError::Protocol("the server does not speak SMTP".into()));
            };
            words.push(text.get(4..).unwrap_or_default().trim().to_owned());
            if text.as_bytes().get(3) != Some(&b'-') {
                return Ok((Reply::new(code, &words.join(" ")), bytes.len() > end));
            }
        }
        if bytes.len() > 64 * 1024 {
            return Err(SmtpConnectError::Protocol("the server's answer is too long".into()));
        }
        let count = stream.read(&mut chunk).await.map_err(|_| SmtpConnectError::Lost)?;
        if count == 0 {
            return Err(SmtpConnectError::Lost);
        }
        bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
    }
}
