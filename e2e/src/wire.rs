//! A TCP connection that may become a TLS one, with line-wise reading, for the lab's clients and fake servers.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection, StreamOwned};

/// No read or write of the lab's clients waits longer.
pub(crate) const IO_LIMIT: Duration = Duration::from_secs(30);

enum Stream {
    Plain(TcpStream),
    Client(Box<StreamOwned<ClientConnection, TcpStream>>),
    Server(Box<StreamOwned<ServerConnection, TcpStream>>),
    /// Only while the stream is being changed into a TLS one; also what is left when that fails.
    Gone,
}

impl Stream {
    fn socket(&self) -> Option<&TcpStream> {
        match self {
            Self::Plain(stream) => Some(stream),
            Self::Client(stream) => Some(&stream.sock),
            Self::Server(stream) => Some(&stream.sock),
            Self::Gone => None,
        }
    }
}

fn gone() -> io::Error {
    io::Error::from(io::ErrorKind::NotConnected)
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Client(stream) => stream.read(buffer),
            Self::Server(stream) => stream.read(buffer),
            Self::Gone => Err(gone()),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(buffer),
            Self::Client(stream) => stream.write(buffer),
            Self::Server(stream) => stream.write(buffer),
            Self::Gone => Err(gone()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Client(stream) => stream.flush(),
            Self::Server(stream) => stream.flush(),
            Self::Gone => Err(gone()),
        }
    }
}

/// A connection with buffered reading.
pub(crate) struct Wire {
    reader: BufReader<Stream>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Wire").field("peer", &self.reader.get_ref().socket().map(TcpStream::peer_addr)).finish()
    }
}

impl Wire {
    /// Connects without waiting for more than the limit of all reads.
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, IO_LIMIT)?;
        stream.set_read_timeout(Some(IO_LIMIT))?;
        Self::over(stream)
    }

    /// Takes a socket; small writes go out at once.
    pub(crate) fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(IO_LIMIT))?;
        Ok(Self { reader: BufReader::with_capacity(16 * 1024, Stream::Plain(stream)) })
    }

    /// Whether bytes are waiting that were read together with earlier ones.
    pub(crate) fn has_buffered(&self) -> bool {
        !self.reader.buffer().is_empty()
    }

    pub(crate) fn set_read_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        self.reader.get_ref().socket().ok_or_else(gone)?.set_read_timeout(limit)
    }

    /// Begins TLS as a client.
    pub(crate) fn start_client_tls(&mut self, config: &Arc<ClientConfig>, host: &str) -> io::Result<()> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        let mut stream = self.take_plain()?;
        connection.complete_io(&mut stream)?;
        self.put(Stream::Client(Box::new(StreamOwned::new(connection, stream))));
        Ok(())
    }

    /// Begins TLS as a server. Bytes that came in clear after the command are dropped, as RFC 3207 §4.2 demands.
    pub(crate) fn start_server_tls(&mut self, config: &Arc<ServerConfig>) -> io::Result<()> {
        let mut connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        let mut stream = self.take_plain()?;
        connection.complete_io(&mut stream)?;
        self.put(Stream::Server(Box::new(StreamOwned::new(connection, stream))));
        Ok(())
    }

    fn take_plain(&mut self) -> io::Result<TcpStream> {
        match std::mem::replace(self.reader.get_mut(), Stream::Gone) {
            Stream::Plain(stream) => Ok(stream),
            _ => Err(gone()),
        }
    }

    fn put(&mut self, stream: Stream) {
        self.reader = BufReader::with_capacity(16 * 1024, stream);
    }

    /// Reads up to and including LF, at most `limit` bytes; empty at the end of the connection.
    pub(crate) fn read_line(&mut self, limit: usize) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        self.reader.by_ref().take(limit).read_until(b'\n', &mut line)?;
        Ok(line)
    }

    /// Reads on towards the end of a line within the read time limit; what has come stays in `line` for the next call.
    /// `false` means that the time is over, `true` that the line is whole.
    pub(crate) fn read_line_within(&mut self, line: &mut Vec<u8>, limit: Duration) -> io::Result<bool> {
        self.set_read_timeout(Some(limit))?;
        let read = self.reader.read_until(b'\n', line);
        self.set_read_timeout(None)?;
        match read {
            Ok(_) if line.ends_with(b"\n") => Ok(true),
            Ok(_) => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads a line as text without its line end; the end of the connection is an error.
    pub(crate) fn read_text(&mut self) -> io::Result<String> {
        let line = self.read_line(1 << 20)?;
        if line.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Reads exactly so many bytes.
    pub(crate) fn read_bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes and flushes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stream = self.reader.get_mut();
        stream.write_all(bytes)?;
        stream.flush()
    }

    /// Closes both directions.
    pub(crate) fn close(&mut self) {
        if let Some(socket) = self.reader.get_ref().socket() {
            // A socket that the other side has closed already cannot be closed again.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}
