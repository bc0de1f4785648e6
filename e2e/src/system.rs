//! What the lab must know of the machine: programs, users, free ports.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Doing, LabError};

/// A user and its main group, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// Whether this process may start servers that need the superuser.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The user of this process.
pub fn current_owner() -> Owner {
    Owner { uid: rustix::process::geteuid().as_raw(), gid: rustix::process::getegid().as_raw() }
}

/// Looks up a user of the machine in `/etc/passwd`.
pub fn user(name: &str) -> Result<Owner, LabError> {
    let line = database_line("/etc/passwd", |fields| fields.first() == Some(&name))?
        .ok_or_else(|| LabError::Privilege(format!("this machine has no user {name:?}; its package makes it")))?;
    match (number(&line, 2), number(&line, 3)) {
        (Some(uid), Some(gid)) => Ok(Owner { uid, gid }),
        _ => Err(LabError::Privilege(format!("/etc/passwd has no numbers for the user {name:?}"))),
    }
}

/// Looks up a group of the machine in `/etc/group`.
pub fn group(name: &str) -> Result<u32, LabError> {
    database_line("/etc/group", |fields| fields.first() == Some(&name))?
        .and_then(|line| number(&line, 2))
        .ok_or_else(|| LabError::Privilege(format!("this machine has no group {name:?}; its package makes it")))
}

/// The names of a user and a group, by number, as configuration files want them.
pub fn names(owner: Owner) -> Result<(String, String), LabError> {
    let uid = owner.uid.to_string();
    let gid = owner.gid.to_string();
    let user = database_line("/etc/passwd", |fields| fields.get(2) == Some(&uid.as_str()))?;
    let group = database_line("/etc/group", |fields| fields.get(2) == Some(&gid.as_str()))?;
    match (user.as_deref().and_then(first), group.as_deref().and_then(first)) {
        (Some(user), Some(group)) => Ok((user, group)),
        _ => Err(LabError::Privilege(format!("user {uid} or group {gid} has no name on this machine"))),
    }
}

fn database_line(path: &str, wanted: impl Fn(&[&str]) -> bool) -> Result<Option<String>, LabError> {
    let text = fs::read_to_string(path).doing(format_args!("reading {path}"))?;
    Ok(text.lines().find(|line| wanted(&line.split(':').collect::<Vec<_>>())).map(str::to_owned))
}

fn number(line: &str, field: usize) -> Option<u32> {
    line.split(':').nth(field)?.parse().ok()
}

fn first(line: &str) -> Option<String> {
    line.split(':').next().map(str::to_owned)
}

/// Finds a program in the given directories and then on `PATH`, or says which package brings it.
pub fn program(name: &str, directories: &[&Path], package: &str) -> Result<PathBuf, LabError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
    directories
        .iter()
        .map(|directory| directory.to_path_buf())
        .chain(on_path)
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| LabError::MissingProgram { program: name.into(), package: package.into() })
}

/// A number that no other call of this process gets, and that hardly any other process has at this moment.
pub fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.subsec_nanos());
    format!("{:x}-{:x}{:04x}", std::process::id(), count, nanos & 0xffff)
}

/// Finds free loopback ports.
///
/// They lie below the range from which the kernel takes ports of outgoing connections, so that a server that is stopped
/// for a while finds its port free when it comes back. Another process may still be quicker: starters try again.
pub fn free_ports(count: usize) -> Result<Vec<u16>, LabError> {
    const LOWEST: u32 = 10_240;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let highest = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|range| range.split_whitespace().next()?.parse::<u32>().ok())
        .unwrap_or(32_768)
        .max(LOWEST + 1_000);
    let span = highest - LOWEST;
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.subsec_nanos());
    let seed = nanos / 7 + std::process::id().wrapping_mul(7_919);
    let mut held = Vec::with_capacity(count);
    for _ in 0..span {
        if held.len() == count {
            break;
        }
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let Ok(port) = u16::try_from(LOWEST + seed.wrapping_add(step.wrapping_mul(13)) % span) else { continue };
        if let Ok(listener) = TcpListener::bind(loopback(port)) {
            held.push((port, listener));
        }
    }
    if held.len() < count {
        return Err(LabError::Io { doing: "looking for free ports".into(), reason: "none left".into() });
    }
    Ok(held.into_iter().map(|(port, _)| port).collect())
}

/// The loopback address with this port.
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
