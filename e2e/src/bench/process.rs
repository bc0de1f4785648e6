//! What the kernel tells of a process: memory and processor time.

use std::time::Duration;

/// Ticks of processor time in a second; Linux tells user space 100 on every machine in use.
const TICKS: f64 = 100.0;

/// Processor time used so far, of all its threads.
pub fn cpu(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name stands in brackets and may hold blanks itself.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 = rest.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    Duration::from_secs_f64(ticks / TICKS)
}

/// Memory in use now, in megabytes.
pub fn memory(pid: u32) -> f64 {
    status(pid, "VmRSS:")
}

/// The most memory in use since [`forget_peak`], in megabytes.
pub fn peak(pid: u32) -> f64 {
    status(pid, "VmHWM:")
}

/// Lets the peak begin anew.
pub fn forget_peak(pid: u32) {
    // Where the kernel does not allow it the peak is that of the whole life, which is worse for us and never better.
    let _ = std::fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

fn status(pid: u32, name: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1_024.0
}
