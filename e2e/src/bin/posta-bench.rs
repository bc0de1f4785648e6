//! Measures the product against real programs, side by side. See [`posta_e2e::bench`].

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use posta_e2e::bench::{self, Options, PARTS, static_json};
use posta_e2e::posta::PostaError;
use posta_e2e::{LabError, place};

const HELP: &str = "\
Usage: posta-bench [OPTION]... [PART]...

Measures the program posta (POSTA_BIN, or the one built beside this) and writes a table, and bench.json in the build's
target directory. Parts: page, inbound, latency, outbound, api, routing, memory; all when none is named.

  --rounds N    rounds of each measurement (5)
  --mails N     mails of a round of ingestion (2000)
  --postgres    on PostgreSQL instead of SQLite
  --strict      fails when a bar is missed
";

struct Wanted {
    options: Options,
    strict: bool,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((command, [file])) if command == "static-json" => static_json::serve(Path::new(file))
            .map(|()| true)
            .map_err(|error| LabError::Usage(error.to_string()).into()),
        Some((command, _)) if command == "--help" => say(HELP).map(|()| true),
        _ => read(&arguments).map_err(PostaError::from).and_then(|wanted| measure(&wanted)),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Standard error may be closed; the exit code tells then.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn read(arguments: &[String]) -> Result<Wanted, LabError> {
    let mut wanted = Wanted { options: Options::default(), strict: false };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut number = || rest.next().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
        let needs = || LabError::Usage(format!("{argument} needs a number\n\n{HELP}"));
        match argument.as_str() {
            "--rounds" => wanted.options.rounds = number().ok_or_else(needs)?,
            "--mails" => wanted.options.mails = number().ok_or_else(needs)?,
            "--postgres" => wanted.options.postgres = true,
            "--strict" => wanted.strict = true,
            part if PARTS.contains(&part) => wanted.options.only.push(part.to_owned()),
            other => return Err(LabError::Usage(format!("{other} is not known here\n\n{HELP}"))),
        }
    }
    Ok(wanted)
}

fn measure(wanted: &Wanted) -> Result<bool, PostaError> {
    let report = bench::run(&wanted.options, &mut io::stderr())?;
    let io_error = |error: io::Error| PostaError::from(LabError::Usage(error.to_string()));
    say(&report.to_string())?;
    let file = target().join("bench.json");
    let text = serde_json::to_string_pretty(&report).map_err(|error| LabError::Usage(error.to_string()))?;
    std::fs::write(&file, text + "\n").map_err(io_error)?;
    let missed = report.missed().count();
    say(&format!("{missed} missed; written to {}\n", file.display()))?;
    Ok(missed == 0 || !wanted.strict)
}

/// The build's target directory.
fn target() -> PathBuf {
    place::target_directory().unwrap_or_else(|| PathBuf::from("."))
}

fn say(text: &str) -> Result<(), PostaError> {
    io::stdout().write_all(text.as_bytes()).map_err(|error| LabError::Usage(error.to_string()).into())
}
