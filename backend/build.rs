//! Makes sure that what is embedded exists, and that a change of it is noticed.

use std::io::{Result, Write};
use std::path::Path;
use std::{env, fs, io};

fn main() -> Result<()> {
    let mut cargo = io::stdout().lock();
    writeln!(cargo, "cargo::rerun-if-changed=build.rs")?;
    // Read by a macro at compile time, which cargo cannot see.
    writeln!(cargo, "cargo::rerun-if-changed=../migrations")?;

    // The server also compiles, and its tests run, before the page was ever built: it then serves none.
    let dist = Path::new("../frontend/dist");
    fs::create_dir_all(dist)?;
    // A debug build reads the page from disk while it runs; compiling it again would only cost time.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        writeln!(cargo, "cargo::rerun-if-changed={}", dist.display())?;
    }
    Ok(())
}
