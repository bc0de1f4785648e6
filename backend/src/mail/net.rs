//! Where we may connect to: hosts come from users, so each resolved address is judged before it is dialled.
//!
//! The name is resolved once, every address is judged, and the connection goes to a judged address, so a
//! second resolution cannot smuggle in another one (DNS rebinding).

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _},
    sync::mpsc,
    time::{Duration, Instant},
};

use socket2::{SockRef, TcpKeepalive};

mod range;

pub use range::{IpRange, NotARange, is_public};

/// Which addresses beyond the public internet may be connected to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetPolicy {
    ranges: Vec<IpRange>,
    hosts: Vec<String>,
}

impl NetPolicy {
    /// Only the public internet.
    #[must_use]
    pub fn public_only() -> Self {
        Self::default()
    }

    /// The public internet plus the given exceptions: CIDR ranges, single addresses or exact host names.
    ///
    /// # Errors
    /// Names the first entry that is none of these.
    pub fn allowing<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<Self, NotARange> {
        let mut policy = Self::default();
        for entry in entries {
            let entry = entry.as_ref().trim();
            match entry.parse::<IpRange>() {
                Ok(range) => policy.ranges.push(range),
                Err(error) => {
                    // Something with a slash or only digits and dots was meant as a range, not as a name.
                    let name = super::address::domain_to_ascii(entry).filter(|name| looks_like_host(name));
                    policy.hosts.push(name.ok_or(error)?);
                }
            }
        }
        Ok(policy)
    }

    /// Whether a connection to `ip`, found for `host`, is allowed.
    #[must_use]
    pub fn permits(&self, host: &str, ip: IpAddr) -> bool {
        let named = || super::address::domain_to_ascii(host).is_some_and(|host| self.hosts.contains(&host));
        is_public(ip) || self.ranges.iter().any(|range| range.contains(ip)) || named()
    }
}

fn looks_like_host(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    !name.is_empty() && name.chars().all(allowed) && name.chars().any(|c| c.is_ascii_alphabetic())
}

/// Why no connection was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Policy forbids every address of this host; nothing was dialled, and nothing more is told.
    #[error("connections to this host are not allowed")]
    Forbidden,
    /// The name has no address, or the resolver failed.
    #[error("the name cannot be resolved: {0}")]
    Unresolvable(String),
    /// The machine answered that nothing listens on that port.
    #[error("the connection was refused")]
    Refused,
    /// No answer in time.
    #[error("the connection timed out")]
    TimedOut,
    /// Any other failure, in the system's words.
    #[error("the connection failed: {0}")]
    Other(String),
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::TimedOut,
            _ => Self::Other(error.to_string()),
        }
    }
}

/// Opens a blocking connection to the first reachable permitted address of `host`, with Nagle's algorithm off
/// and keep-alive on. `timeout` bounds the resolution, and then all connection attempts together.
///
/// # Errors
/// See [`ConnectError`].
pub fn connect(host: &str, port: u16, policy: &NetPolicy, timeout: Duration) -> Result<TcpStream, ConnectError> {
    let addresses = judge(host, resolve_within(host, port, timeout)?, policy)?;
    let start = Instant::now();
    let mut last = ConnectError::TimedOut;
    for address in addresses {
        let left = timeout.saturating_sub(start.elapsed());
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                tune(&stream)?;
                return Ok(stream);
            }
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

/// As [`connect`], for async callers.
///
/// # Errors
/// See [`ConnectError`].
pub async fn connect_async(
    host: &str,
    port: u16,
    policy: &NetPolicy,
    timeout: Duration,
) -> Result<tokio::net::TcpStream, ConnectError> {
    let found = tokio::time::timeout(timeout, tokio::net::lookup_host((bare(host), port)))
        .await
        .map_err(|_| ConnectError::Unresolvable("the resolver did not answer in time".into()))?
        .map_err(|error| ConnectError::Unresolvable(error.to_string()))?;
    let addresses = judge(host, found.collect(), policy)?;
    let attempts = async {
        let mut last = ConnectError::TimedOut;
        for address in addresses {
            match tokio::net::TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    };
    let stream = tokio::time::timeout(timeout, attempts).await.map_err(|_| ConnectError::TimedOut)??;
    tune(&stream)?;
    Ok(stream)
}

fn judge(host: &str, found: Vec<SocketAddr>, policy: &NetPolicy) -> Result<Vec<SocketAddr>, ConnectError> {
    if found.is_empty() {
        return Err(ConnectError::Unresolvable("the name has no address".into()));
    }
    let permitted: Vec<_> = found.into_iter().filter(|address| policy.permits(host, address.ip())).collect();
    if permitted.is_empty() { Err(ConnectError::Forbidden) } else { Ok(permitted) }
}

/// `[::1]` as people copy it from URLs means `::1` to the resolver.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

/// The system's resolver takes no time limit, so it runs beside us and may be left behind.
fn resolve_within(host: &str, port: u16, timeout: Duration) -> Result<Vec<SocketAddr>, ConnectError> {
    let (sender, receiver) = mpsc::channel();
    let name = bare(host).to_owned();
    std::thread::Builder::new()
        .name("resolve".into())
        .stack_size(512 * 1024)
        .spawn(move || {
            let found = (name.as_str(), port).to_socket_addrs().map(Iterator::collect);
            // Nobody listens any more once the limit has passed.
            drop(sender.send(found));
        })
        .map_err(|error| ConnectError::Other(error.to_string()))?;
    match receiver.recv_timeout(timeout) {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(ConnectError::Unresolvable(error.to_string())),
        Err(_) => Err(ConnectError::Unresolvable("the resolver did not answer in time".into())),
    }
}

fn tune<'s, S: 's>(stream: &'s S) -> Result<(), ConnectError>
where
    SockRef<'s>: From<&'s S>,
{
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(20));
    socket.set_tcp_keepalive(&keepalive)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    const SHORT: Duration = Duration::from_secs(5);

    #[test]
    fn loopback_is_never_dialled_unless_allowed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "0x7f000001", "2130706433", "127.1"] {
            let outcome = connect(host, port, &NetPolicy::public_only(), SHORT);
            assert!(
                matches!(outcome, Err(ConnectError::Forbidden | ConnectError::Unresolvable(_))),
                "{host}: {outcome:?}"
            );
        }
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "somebody dialled a forbidden address");

        let policy = NetPolicy::allowing(["127.0.0.0/8"]).unwrap();
        let stream = connect("127.0.0.1", port, &policy, SHORT).unwrap();
        assert!(stream.nodelay().unwrap());
        let by_name = NetPolicy::allowing(["LOCALHOST", "::1"]).unwrap();
        assert!(connect("localhost", port, &by_name, SHORT).is_ok());
    }

    #[test]
    fn a_closed_port_is_refused_and_a_wrong_name_unresolvable() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let policy = NetPolicy::allowing(["127.0.0.1"]).unwrap();
        assert_eq!(connect("127.0.0.1", port, &policy, SHORT).unwrap_err(), ConnectError::Refused);
        let unknown = connect("does-not-exist.invalid", port, &policy, SHORT);
        assert!(matches!(unknown, Err(ConnectError::Unresolvable(_))), "{unknown:?}");
    }

    #[tokio::test]
    async fn async_connections_are_judged_too() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let refused = connect_async("127.0.0.1", port, &NetPolicy::public_only(), SHORT).await;
        assert_eq!(refused.unwrap_err(), ConnectError::Forbidden);
        let policy = NetPolicy::allowing(["127.0.0.1"]).unwrap();
        assert!(connect_async("127.0.0.1", port, &policy, SHORT).await.unwrap().nodelay().unwrap());
    }

    #[test]
    fn entries_that_are_neither_range_nor_name_are_refused() {
        for entry in ["10.0.0.0/33", "10.0.0", "", "a b", "1.2.3.4/x", "http://x"] {
            assert!(NetPolicy::allowing([entry]).is_err(), "{entry}");
        }
        assert!(NetPolicy::allowing(["10.0.0.0/8", "fd00::/8", "mail.intern", "192.168.1.4"]).is_ok());
    }
}
