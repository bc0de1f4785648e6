//! The transport under lettre's SMTP connection.
//!
//! It gathers what is written until it is flushed, so that a command, or the end of a mail with its final dot, is one
//! packet. It puts the server's words into the shape that lettre insists on (UTF-8, CRLF), and bounds their length. And
//! it stops before the final dot until [`Gate::open`], so that the sender can make sure of its lease first and knows
//! afterwards on which side of the dot a connection broke.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use encoding_rs::{CoderResult, Decoder, UTF_8};
use futures_util::task::AtomicWaker;
use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Notify,
};
use tokio_rustls::client::TlsStream;

/// Written at once; larger mails go out in pieces of this size.
const OUT: usize = 64 * 1024;
/// Most bytes of replies between two of our own flushes.
const MAX_REPLIES: usize = 256 * 1024;

/// The socket, in clear or under TLS.
pub enum Io {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Io {
    fn poll_read(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }

    fn poll_write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    /// Who is at the other end.
    pub fn peer(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Plain(stream) => stream.peer_addr(),
            Self::Tls(stream) => stream.get_ref().0.peer_addr(),
        }
    }
}

/// Commands pass freely.
const FREE: u8 = 0;
/// The message is being written; its flush is the next one.
const MESSAGE: u8 = 1;
/// The message is written, the dot is to follow.
const DOT: u8 = 2;
/// The dot waits for permission.
const WAITING: u8 = 3;
/// Permission was given.
const OPEN: u8 = 4;
/// The dot may have left.
const FLYING: u8 = 5;

/// What the session and its wire share, as lettre keeps the wire to itself.
#[derive(Default)]
pub struct Gate {
    state: AtomicU8,
    waker: AtomicWaker,
    at_dot: Notify,
    received: AtomicUsize,
    capturing: AtomicBool,
    captured: Mutex<String>,
}

impl Gate {
    /// Before a message is written.
    pub fn arm(&self) {
        self.state.store(MESSAGE, Ordering::SeqCst);
    }

    /// Waits until all but the final dot has been written.
    pub async fn before_the_dot(&self) {
        while self.state.load(Ordering::SeqCst) != WAITING {
            self.at_dot.notified().await;
        }
    }

    /// Lets the dot go.
    pub fn open(&self) {
        self.state.store(OPEN, Ordering::SeqCst);
        self.waker.wake();
    }

    /// After the answer to a message: commands pass again.
    pub fn disarm(&self) {
        self.state.store(FREE, Ordering::SeqCst);
    }

    /// Whether the final dot may have reached the server.
    pub fn dot_may_have_left(&self) -> bool {
        self.state.load(Ordering::SeqCst) == FLYING
    }

    /// Keeps a copy of what the server says from now on.
    pub fn capture(&self) {
        self.capturing.store(true, Ordering::SeqCst);
    }

    /// The copy so far; no more is kept.
    pub fn captured(&self) -> String {
        self.capturing.store(false, Ordering::SeqCst);
        std::mem::take(&mut *self.captured.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The transport.
pub struct Wire {
    io: Io,
    gate: Arc<Gate>,
    out: Vec<u8>,
    written: usize,
    inbox: String,
    taken: usize,
    decoder: Decoder,
    ended: bool,
}

impl Wire {
    /// A transport whose first words to lettre are `greeting`: the real one has been read before.
    pub fn new(io: Io, gate: Arc<Gate>, greeting: &str) -> Self {
        let decoder = UTF_8.new_decoder_without_bom_handling();
        Self { io, gate, out: Vec::new(), written: 0, inbox: greeting.to_owned(), taken: 0, decoder, ended: false }
    }

    /// Writes out what has been gathered.
    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.out.get(self.written..).filter(|rest| !rest.is_empty()) {
            let count = ready!(self.io.poll_write(context, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
        }
        self.out.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    /// Takes in what the server sent: as UTF-8 whatever it is, with CR before every LF.
    fn take_in(&mut self, bytes: &[u8]) -> io::Result<()> {
        let received = self.gate.received.fetch_add(bytes.len(), Ordering::SeqCst).saturating_add(bytes.len());
        if received > MAX_REPLIES {
            return Err(io::Error::other("the server's replies are too long"));
        }
        let mut text =
            String::with_capacity(self.decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 8));
        let (result, ..) = self.decoder.decode_to_string(bytes, &mut text, false);
        if result == CoderResult::OutputFull {
            return Err(io::Error::other("the server's replies could not be decoded"));
        }
        if self.taken == self.inbox.len() {
            self.inbox.clear();
            self.taken = 0;
        }
        let start = self.inbox.len();
        for c in text.chars() {
            if c == '\n' && !self.inbox.ends_with('\r') {
                self.inbox.push('\r');
            }
            self.inbox.push(c);
        }
        if self.gate.capturing.load(Ordering::SeqCst) {
            let fresh = self.inbox.get(start..).unwrap_or_default();
            self.gate.captured.lock().unwrap_or_else(PoisonError::into_inner).push_str(fresh);
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            let pending = this.inbox.as_bytes().get(this.taken..).unwrap_or_default();
            // A CR at the end waits for its LF, so that one cut off from it is not doubled.
            let ready_bytes = if pending.ends_with(b"\r") && !this.ended { pending.len() - 1 } else { pending.len() };
            if ready_bytes > 0 {
                let count = ready_bytes.min(buffer.remaining());
                buffer.put_slice(pending.get(..count).unwrap_or_default());
                this.taken += count;
                return Poll::Ready(Ok(()));
            }
            if this.ended {
                return Poll::Ready(Ok(()));
            }
            let mut space = [0_u8; 4096];
            let mut chunk = ReadBuf::new(&mut space);
            match ready!(this.io.poll_read(context, &mut chunk)) {
                Ok(()) => {}
                // Hanging up without TLS' goodbye is hanging up.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
            if chunk.filled().is_empty() {
                this.ended = true;
            } else {
                this.take_in(chunk.filled())?;
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let state = this.gate.state.load(Ordering::SeqCst);
        // The dot is never pushed out by what is written: only its flush, past the gate, does that.
        if this.out.len() >= OUT && state != DOT {
            ready!(this.poll_drain(context))?;
        }
        let room = if state == DOT { bytes.len() } else { OUT.saturating_sub(this.out.len()).min(bytes.len()) };
        this.out.extend_from_slice(bytes.get(..room).unwrap_or_default());
        Poll::Ready(Ok(room))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.gate.waker.register(context.waker());
        match this.gate.state.load(Ordering::SeqCst) {
            MESSAGE => {
                // The end of the message goes out together with the dot.
                this.gate.state.store(DOT, Ordering::SeqCst);
                return Poll::Ready(Ok(()));
            }
            DOT => {
                this.gate.state.store(WAITING, Ordering::SeqCst);
                this.gate.at_dot.notify_one();
                return Poll::Pending;
            }
            WAITING => return Poll::Pending,
            OPEN => this.gate.state.store(FLYING, Ordering::SeqCst),
            _ => {}
        }
        this.gate.received.store(0, Ordering::SeqCst);
        ready!(this.poll_drain(context))?;
        this.io.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_shutdown(context)
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer()
    }
}
