//! A client of the live socket.

use serde_json::{Value, json};
use std::{
    net::TcpStream,
    time::{Duration, Instant},
};
use tungstenite::{Message, WebSocket, client::IntoClientRequest, handshake::HandshakeError};

/// An open socket.
pub struct Socket {
    stream: WebSocket<TcpStream>,
}

/// How a socket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketEnd {
    /// Close code; 1006 where the connection broke.
    pub code: u16,
    /// How long it took.
    pub after: Duration,
}

/// Longest that a test waits for a frame.
const PATIENCE: Duration = Duration::from_secs(20);

impl Socket {
    /// Opens with a ticket; the error is the HTTP status that refused.
    pub fn open(base: &str, ticket: &str, origin: Option<&str>) -> Result<Self, u16> {
        let host = base.trim_start_matches("http://");
        let mut request = format!("ws://{host}/api/v1/live?ticket={ticket}").into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("Origin", origin.parse().unwrap());
        }
        let tcp = TcpStream::connect(host).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        match tungstenite::client(request, tcp) {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(HandshakeError::Failure(tungstenite::Error::Http(response))) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The next frame, or how the socket ended.
    pub fn next(&mut self) -> Result<Value, SocketEnd> {
        let begun = Instant::now();
        loop {
            match self.stream.read() {
                Ok(Message::Text(text)) => return Ok(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(frame)) => {
                    let code = frame.map_or(1005, |frame| frame.code.into());
                    return Err(SocketEnd { code, after: begun.elapsed() });
                }
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    panic!("nothing came on the socket for {PATIENCE:?}")
                }
                Err(_) => return Err(SocketEnd { code: 1006, after: begun.elapsed() }),
            }
        }
    }

    /// The next frame for which `wanted` holds; those before it are skipped.
    #[track_caller]
    pub fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            match self.next() {
                Ok(frame) if wanted(&frame) => return frame,
                Ok(_) => {}
                Err(end) => panic!("the socket ended: {end:?}"),
            }
        }
    }

    /// The next snapshot.
    #[track_caller]
    pub fn snapshot(&mut self) -> Value {
        self.wait_for(|frame| frame["type"] == json!("snapshot"))
    }

    /// The next event of a kind.
    #[track_caller]
    pub fn event(&mut self, kind: &str) -> Value {
        self.wait_for(|frame| frame["type"] == json!("event") && frame["event"]["kind"] == json!(kind))["event"].clone()
    }

    /// Reads until the socket ends.
    pub fn end(&mut self) -> SocketEnd {
        let begun = Instant::now();
        loop {
            if let Err(end) = self.next() {
                return SocketEnd { after: begun.elapsed(), ..end };
            }
        }
    }

    /// Sends a frame.
    pub fn send(&mut self, frame: &Value) {
        self.say(&frame.to_string());
    }

    /// Sends any text.
    pub fn say(&mut self, text: &str) {
        self.stream.send(Message::text(text)).unwrap();
    }

    /// Closes it as a page does that is left.
    pub fn close(mut self) {
        let _ = self.stream.close(None);
        while self.stream.read().is_ok() {}
    }
}
