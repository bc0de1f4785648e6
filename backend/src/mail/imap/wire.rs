//! The transport under the IMAP crate: time limits, size limits, and the order of lines it relies on.
//!
//! The crate knows no limits of its own. It also takes for granted that the first line after IDLE or APPEND is the
//! server's `+`, while servers may put news before it; [`Wire`] therefore hands out whole lines, and can hold news back
//! until the `+` has come.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use imap::extensions::idle::SetReadTimeout;
use rustls::{ClientConnection, StreamOwned};

use super::{ImapError, Stopper, error::from_io};

const CHUNK: usize = 16 * 1024;
/// A line (or piece of a literal) longer than this is handed out in pieces.
const PIECE: usize = 64 * 1024;

/// The socket, in clear or under TLS.
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.sock,
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => match stream.read(buffer) {
                // A peer that just hangs up without TLS' goodbye is gone all the same.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
                outcome => outcome,
            },
        }
    }
}

/// What the session and its wire share, as the crate keeps the wire to itself.
pub struct Control {
    stopper: Stopper,
    deadline: Mutex<Instant>,
    bytes_left: AtomicUsize,
    plus_first: AtomicBool,
    fault: Mutex<Option<ImapError>>,
    refusal: Mutex<Option<String>>,
}

impl Control {
    pub fn new(stopper: Stopper, deadline: Instant) -> Arc<Self> {
        Arc::new(Self {
            stopper,
            deadline: Mutex::new(deadline),
            bytes_left: AtomicUsize::new(64 * 1024),
            plus_first: AtomicBool::new(false),
            fault: Mutex::new(None),
            refusal: Mutex::new(None),
        })
    }

    /// Sets the limits of the next command.
    pub fn begin(&self, time: Duration, bytes: usize, plus_first: bool) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + time;
        self.bytes_left.store(bytes, Ordering::SeqCst);
        self.plus_first.store(plus_first, Ordering::SeqCst);
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Why the wire broke off, if it did: truer than what the crate makes of it.
    pub fn fault(&self) -> Option<ImapError> {
        if self.stopper.is_stopped() {
            return Some(ImapError::Stopped);
        }
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The line that came instead of a `+`.
    pub fn refusal(&self) -> Option<String> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether the command was refused already. The crate then still says DONE and waits for an answer, which would
    /// put the session out of step; so until the next command nothing goes out or is waited for.
    fn refused(&self) -> bool {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn note(&self, fault: ImapError) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }

    fn time_left(&self) -> Duration {
        self.deadline.lock().unwrap_or_else(PoisonError::into_inner).saturating_duration_since(Instant::now())
    }
}

/// The transport.
pub struct Wire {
    stream: Stream,
    control: Arc<Control>,
    io_timeout: Duration,
    read_timeout: Duration,
    inbox: Vec<u8>,
    taken: usize,
    held: Vec<u8>,
    /// Octets of a literal that are still to come: they go through in large pieces, lines one by one.
    literal: usize,
    ended: bool,
    _watch: Watch,
}

impl Wire {
    /// # Errors
    /// When the socket takes no time limit.
    pub fn new(stream: Stream, control: Arc<Control>, io_timeout: Duration) -> io::Result<Self> {
        stream.socket().set_write_timeout(Some(io_timeout))?;
        let (inbox, held) = (Vec::with_capacity(CHUNK), Vec::new());
        let watch = Watch(control.stopper.clone());
        Ok(Self {
            stream,
            control,
            io_timeout,
            read_timeout: io_timeout,
            inbox,
            taken: 0,
            held,
            literal: 0,
            ended: false,
            _watch: watch,
        })
    }

    /// One line without its end; for the words before the crate takes over.
    pub fn read_line(&mut self) -> Result<String, ImapError> {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let mut byte = [0_u8; 1];
            match self.read(&mut byte) {
                Ok(0) => return Err(self.control.fault().unwrap_or(ImapError::ConnectionLost)),
                Ok(_) => line.extend_from_slice(&byte),
                Err(error) => return Err(self.control.fault().unwrap_or_else(|| from_io(&error))),
            }
            if line.len() > 8192 {
                return Err(ImapError::Limit);
            }
        }
        Ok(super::error::words(&String::from_utf8_lossy(&line)))
    }

    /// The bare socket, for putting TLS on it. None when the server has already said more than it was asked for.
    pub fn into_socket(self) -> Option<TcpStream> {
        match self.stream {
            Stream::Plain(socket) if self.inbox.len() == self.taken => Some(socket),
            _ => None,
        }
    }

    /// Hands out at most one line, or a piece of a literal. None when more must be read first.
    fn deliver(&mut self, out: &mut [u8]) -> Option<usize> {
        let pending = self.inbox.get(self.taken..).unwrap_or_default();
        if self.control.plus_first.load(Ordering::SeqCst) {
            // A new command: whatever looked like the announcement of a literal before it was none.
            self.literal = 0;
        }
        if self.literal > 0 && !pending.is_empty() {
            let count = self.literal.min(pending.len()).min(out.len());
            self.literal -= count;
            return self.hand_out(count, out);
        }
        let line = match pending.iter().position(|byte| *byte == b'\n') {
            Some(end) => pending.get(..=end)?,
            None if pending.len() >= PIECE || (self.ended && !pending.is_empty()) => pending,
            None => return None,
        };
        if self.control.plus_first.load(Ordering::SeqCst) {
            if line.starts_with(b"*") {
                self.held.extend_from_slice(line);
                self.taken += line.len();
                return self.deliver(out);
            }
            self.control.plus_first.store(false, Ordering::SeqCst);
            if !line.starts_with(b"+") {
                let line = super::error::words(&String::from_utf8_lossy(line));
                *self.control.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
            } else if !self.held.is_empty() {
                // News that came too early follow the `+`.
                let end = self.taken + line.len();
                let held = std::mem::take(&mut self.held);
                self.inbox.splice(end..end, held);
                return self.deliver(out);
            }
        }
        let pending = self.inbox.get(self.taken..).unwrap_or_default();
        let end = pending.iter().position(|byte| *byte == b'\n').map_or(pending.len(), |end| end + 1);
        let count = end.min(out.len());
        if count == end {
            self.literal = pending.get(..end).and_then(announced).unwrap_or(0);
        }
        self.hand_out(count, out)
    }

    fn hand_out(&mut self, count: usize, out: &mut [u8]) -> Option<usize> {
        let end = self.taken + count;
        out.get_mut(..count)?.copy_from_slice(self.inbox.get(self.taken..end)?);
        self.taken = end;
        if self.taken == self.inbox.len() {
            self.inbox.clear();
            self.taken = 0;
        }
        Some(count)
    }

    fn fill(&mut self) -> io::Result<()> {
        let left = self.control.time_left().min(self.read_timeout);
        if left.is_zero() {
            return self.fail(ImapError::TimedOut, io::ErrorKind::TimedOut);
        }
        self.stream.socket().set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        let mut chunk = [0_u8; CHUNK];
        match self.stream.read(&mut chunk) {
            Ok(0) => {
                self.ended = true;
                Ok(())
            }
            Ok(count) => {
                let within = self
                    .control
                    .bytes_left
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(count));
                if within.is_err() {
                    return self.fail(ImapError::Limit, io::ErrorKind::ConnectionAborted);
                }
                // What was handed out is dropped before the buffer would grow.
                if self.taken > PIECE {
                    self.inbox.drain(..self.taken);
                    self.taken = 0;
                }
                self.inbox.extend_from_slice(chunk.get(..count).unwrap_or_default());
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                Err(io::ErrorKind::TimedOut.into())
            }
            Err(error) => self.fail(from_io(&error), io::ErrorKind::ConnectionAborted),
        }
    }

    fn fail<T>(&self, fault: ImapError, kind: io::ErrorKind) -> io::Result<T> {
        self.control.note(fault);
        Err(kind.into())
    }
}

impl Read for Wire {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if out.is_empty() {
                return Ok(0);
            }
            if let Some(count) = self.deliver(out) {
                return Ok(count);
            }
            if self.control.stopper.is_stopped() {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            if self.control.refused() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if self.ended {
                return Ok(0);
            }
            self.fill()?;
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.control.stopper.is_stopped() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if self.control.time_left().is_zero() {
            return self.fail(ImapError::TimedOut, io::ErrorKind::TimedOut);
        }
        if self.control.refused() {
            return Ok(bytes.len());
        }
        match &mut self.stream {
            Stream::Plain(socket) => socket.write(bytes),
            Stream::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(socket) => socket.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}

/// Lets go of the socket's handle together with the wire.
struct Watch(Stopper);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.unwatch();
    }
}

impl SetReadTimeout for Wire {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> imap::error::Result<()> {
        // After IDLE the crate asks for none at all, and a dead server would hold us for ever.
        self.read_timeout = timeout.unwrap_or(self.io_timeout);
        Ok(())
    }
}
/// Octets of the literal that a line announces at its end: `{n}`, `{n+}` (RFC 9051 §4.3).
fn announced(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\r\n")?.strip_suffix(b"}")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let digits = line.iter().rev().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let (before, digits) = line.split_at_checked(line.len().checked_sub(digits)?)?;
    if before.last() != Some(&b'{') {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::announced;

    #[test]
    fn a_literal_is_announced_at_the_end_of_a_line() {
        let told = [
            ("* 1 FETCH (UID 7 BODY[] {38012}\r\n", Some(38_012)),
            ("a APPEND x {310+}\r\n", Some(310)),
            ("{0}\r\n", Some(0)),
            ("* OK {}\r\n", None),
            ("* OK {12}\n", None),
            ("* OK {12} \r\n", None),
            ("* OK 12}\r\n", None),
            ("* OK {99999999999}\r\n", None),
            ("\r\n", None),
        ];
        for (line, octets) in told {
            assert_eq!(announced(line.as_bytes()), octets, "{line:?}");
        }
    }
}
