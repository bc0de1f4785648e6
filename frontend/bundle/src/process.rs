//! Running other programs, and speaking to the terminal.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Writes one line to standard error. A closed terminal is no reason to fail a build.
pub fn say(line: &str) {
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

/// Runs a program whose output goes to the terminal.
///
/// # Errors
/// When it cannot be started or ends with anything but success.
pub fn run(command: &mut Command, what: &str) -> Result<()> {
    let status = command.status().with_context(|| start_failure(command, what))?;
    if !status.success() {
        bail!("{what} failed ({status})");
    }
    Ok(())
}

/// Runs a program and returns its standard output; its standard error goes to the terminal.
///
/// # Errors
/// As [`run`], and when the output is not UTF-8.
pub fn output(command: &mut Command, what: &str) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| start_failure(command, what))?;
    if !output.status.success() {
        bail!("{what} failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{what} answered in something that is not UTF-8"))
}

fn start_failure(command: &Command, what: &str) -> String {
    format!("{what}: {} cannot be started", command.get_program().to_string_lossy())
}
