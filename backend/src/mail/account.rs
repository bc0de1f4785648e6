//! Settings that the mail clients share: where a server is and how to sign in there.

use std::{fmt, sync::Arc, time::Duration};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::net::NetPolicy;

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// Starts in clear and must switch to TLS before anything else is said (RFC 3207, RFC 3501 §6.2.1).
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// No protection at all.
    None,
}

/// What proves to a mail server that the account is ours. Prints as stars.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A password, for PLAIN or LOGIN.
    Password(SecretString),
    /// An OAuth 2 access token, for XOAUTH2.
    OAuthToken(SecretString),
}

/// A mail server's address and protection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Endpoint {
    /// Host name or IP address, as the user wrote it.
    pub host: String,
    /// TCP port, 1–65535.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Limits on waiting for a mail server. None of them may be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Resolving the name and opening the TCP connection, each.
    pub connect: Duration,
    /// Silence that is borne within one answer, and one write.
    pub io: Duration,
    /// A whole command with its answer, however busily the bytes trickle.
    pub command: Duration,
    /// The answer to the final dot of SMTP's DATA; RFC 5321 §4.5.3.2.6 asks for ten minutes.
    pub final_dot: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            io: Duration::from_secs(30),
            command: Duration::from_secs(300),
            final_dot: Duration::from_secs(600),
        }
    }
}

/// All that is needed to open and use an account's mailbox over IMAP.
#[derive(Debug, Clone)]
pub struct ImapSettings {
    /// The server.
    pub endpoint: Endpoint,
    /// Login name, often but not always the address.
    pub user: String,
    /// Password or token.
    pub credential: Credential,
    /// Send the credential over an unprotected connection to another machine.
    pub allow_clear_password: bool,
    /// Time limits.
    pub timeouts: Timeouts,
    /// Where we may connect to at all.
    pub policy: Arc<NetPolicy>,
    /// Trust and versions of TLS, see [`super::tls::client_config`].
    pub tls: Arc<rustls::ClientConfig>,
}

/// All that is needed to send through an account over SMTP.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// The server.
    pub endpoint: Endpoint,
    /// Login name; unused without a credential.
    pub user: String,
    /// Password or token; none for a relay that asks for no login.
    pub credential: Option<Credential>,
    /// Send the credential over an unprotected connection to another machine.
    pub allow_clear_password: bool,
    /// The name given in EHLO: this machine's, or the sender's domain.
    pub hello_name: String,
    /// Time limits.
    pub timeouts: Timeouts,
    /// Where we may connect to at all.
    pub policy: Arc<NetPolicy>,
    /// Trust and versions of TLS, see [`super::tls::client_config`].
    pub tls: Arc<rustls::ClientConfig>,
}
