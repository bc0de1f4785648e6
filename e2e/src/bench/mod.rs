//! How fast the product is, against real programs that do the same work in the same minutes on the same machine.
//!
//! Absolute times say little on a shared machine: what is judged is the ratio to an anchor, a count, or a bound on
//! memory. Where a row has no anchor its bound is widened by a calibration loop when the machine is slower than the quiet
//! two-core one for which the bound was written. Every figure is the median of several rounds, in which ours and the
//! anchor take turns at going first.

mod api;
mod calibrate;
mod http;
mod inbound;
mod latency;
mod memory;
mod outbound;
mod page;
mod process;
mod report;
mod routing;
mod stand;
pub mod static_json;
mod stats;

use std::io::Write;

pub use report::{Report, Row};

use crate::posta::PostaError;

/// What is measured, and how thoroughly.
#[derive(Debug, Clone)]
pub struct Options {
    /// Rounds of each measurement.
    pub rounds: usize,
    /// Mails of one round of ingestion.
    pub mails: usize,
    /// Only these parts; empty: all.
    pub only: Vec<String>,
    /// On PostgreSQL instead of SQLite.
    pub postgres: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { rounds: 5, mails: 2_000, only: Vec::new(), postgres: false }
    }
}

/// The parts, in the order in which they run.
pub const PARTS: [&str; 7] = ["page", "inbound", "latency", "outbound", "api", "routing", "memory"];

/// Runs all parts, telling on `progress` which one is at work.
///
/// # Errors
/// A server does not start, or the product refuses what it must not refuse.
pub fn run(options: &Options, progress: &mut dyn Write) -> Result<Report, PostaError> {
    let factor = calibrate::factor();
    let mut report = Report::new(factor);
    for part in PARTS {
        if !options.only.is_empty() && !options.only.iter().any(|wanted| wanted == part) {
            continue;
        }
        // Whoever listens may have gone; the figures are written all the same.
        let _ = writeln!(progress, "measuring {part} …");
        let rows = match part {
            "page" => page::measure(options)?,
            "inbound" => inbound::measure(options, factor)?,
            "latency" => latency::measure(options, factor)?,
            "outbound" => outbound::measure(options, factor)?,
            "api" => api::measure(options, factor)?,
            "routing" => routing::measure(options, factor)?,
            _ => memory::measure(options)?,
        };
        report.rows.extend(rows);
    }
    Ok(report)
}
