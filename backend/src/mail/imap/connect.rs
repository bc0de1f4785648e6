//! From an address to a session: connection, TLS, greeting.

use std::{
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::{ClientConnection, StreamOwned};

use super::{
    ImapError, Stopper,
    error::{from_io, words},
    login,
    session::Session,
    wire::{Control, Stream, Wire},
};
use crate::mail::{
    account::{ImapSettings, Security},
    net, tls,
};

/// Connects, secures the connection as configured, and signs in.
///
/// # Errors
/// See [`ImapError`]; [`ImapError::RefusedLogin`] means that the server was reached and said no.
pub fn connect(settings: &ImapSettings, stopper: &Stopper) -> Result<Session, ImapError> {
    if stopper.is_stopped() {
        return Err(ImapError::Stopped);
    }
    let endpoint = &settings.endpoint;
    let socket = net::connect(&endpoint.host, endpoint.port, &settings.policy, settings.timeouts.connect)?;
    let loopback = socket.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
    if endpoint.security == Security::None && !settings.allow_clear_password && !loopback {
        return Err(ImapError::ClearPassword);
    }
    stopper.watch(socket.try_clone().map_err(|error| from_io(&error))?);
    let io = settings.timeouts.io;
    let control = Control::new(stopper.clone(), Instant::now() + settings.timeouts.command);
    let wire = |stream| Wire::new(stream, Arc::clone(&control), io).map_err(|error| from_io(&error));
    let stopped = |error| control.fault().filter(|_| stopper.is_stopped()).unwrap_or(error);
    let (wire, greeting) = match endpoint.security {
        Security::None => {
            let mut wire = wire(Stream::Plain(socket))?;
            let greeting = greeting(&mut wire)?;
            (wire, greeting)
        }
        Security::Implicit => {
            let stream = handshake(socket, settings).map_err(stopped)?;
            let mut wire = wire(stream)?;
            let greeting = greeting(&mut wire)?;
            (wire, greeting)
        }
        Security::Starttls => {
            let mut plain = wire(Stream::Plain(socket))?;
            let greeting = greeting(&mut plain)?;
            let socket = starttls(plain, &greeting)?;
            // Dropping the clear wire let go of the socket's handle.
            stopper.watch(socket.try_clone().map_err(|error| from_io(&error))?);
            (wire(handshake(socket, settings).map_err(stopped)?)?, greeting)
        }
    };
    if greeting.to_ascii_uppercase().starts_with("* PREAUTH") {
        return Err(ImapError::Protocol("the server takes us for signed in already".into()));
    }
    login::sign_in(wire, control, settings, greeting)
}

fn greeting(wire: &mut Wire) -> Result<String, ImapError> {
    let line = wire.read_line()?;
    let upper = line.to_ascii_uppercase();
    if upper.starts_with("* OK") || upper.starts_with("* PREAUTH") {
        return Ok(line);
    }
    match upper.starts_with("* BYE") {
        true => Err(ImapError::Unavailable(words(line.get(5..).unwrap_or_default()))),
        false => Err(ImapError::Protocol(format!("the greeting was “{line}”"))),
    }
}

/// Asks for TLS, byte by byte (RFC 3501 §6.2.1). Whatever else the server says before TLS is not believed; more text
/// than the answer is an attempt to slip commands in.
fn starttls(mut wire: Wire, greeting: &str) -> Result<TcpStream, ImapError> {
    use std::io::Write as _;
    if greeting.to_ascii_uppercase().starts_with("* PREAUTH") {
        return Err(ImapError::Tls("the server skips the login, so STARTTLS is impossible".into()));
    }
    wire.write_all(b"s1 STARTTLS\r\n").map_err(|error| from_io(&error))?;
    for _ in 0..50 {
        let line = wire.read_line()?;
        let upper = line.to_ascii_uppercase();
        if upper.starts_with("S1 OK") {
            return wire.into_socket().ok_or_else(|| ImapError::Tls("the server sent text before TLS began".into()));
        }
        if upper.starts_with("S1 ") {
            return Err(ImapError::Tls(format!(
                "the server refused STARTTLS: {}",
                words(line.get(3..).unwrap_or_default())
            )));
        }
        if upper.starts_with("* BYE") {
            return Err(ImapError::Unavailable(words(line.get(5..).unwrap_or_default())));
        }
    }
    Err(ImapError::Protocol("no answer to STARTTLS".into()))
}

fn handshake(mut socket: TcpStream, settings: &ImapSettings) -> Result<Stream, ImapError> {
    let name = tls::server_name(&settings.endpoint.host).map_err(ImapError::Tls)?;
    let mut connection =
        ClientConnection::new(Arc::clone(&settings.tls), name).map_err(|error| ImapError::Tls(error.to_string()))?;
    let deadline = Instant::now() + settings.timeouts.io;
    socket.set_write_timeout(Some(settings.timeouts.io)).map_err(|error| from_io(&error))?;
    while connection.is_handshaking() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ImapError::TimedOut);
        }
        socket.set_read_timeout(Some(left.max(Duration::from_millis(1)))).map_err(|error| from_io(&error))?;
        match connection.complete_io(&mut socket) {
            Ok(_) => {}
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                return Err(ImapError::TimedOut);
            }
            Err(error) => return Err(ImapError::Tls(words(&error.to_string()))),
        }
    }
    Ok(Stream::Tls(Box::new(StreamOwned::new(connection, socket))))
}
