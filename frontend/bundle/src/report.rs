//! What the page weighs, and whether that is too much.

use std::io::Write;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::Mode;
use crate::site::{Role, Site};

/// What an agent's browser may have to load before it works: WebAssembly, scripts and styles, brotli, in bytes.
pub const BUDGET: usize = 500_000;

/// Prints a table of the assets and the time the build took.
pub fn print(site: &Site, mode: Mode, changed: bool, took: Duration) {
    let mut out = std::io::stdout().lock();
    // A reader that closed the pipe early is no reason to fail the build.
    drop(write(&mut out, site, mode, changed, took));
}

fn write(out: &mut impl Write, site: &Site, mode: Mode, changed: bool, took: Duration) -> std::io::Result<()> {
    writeln!(out, "{:<28} {:>10} {:>10} {:>10}", "asset", "raw", "gzip", "brotli")?;
    for (name, placed) in site.assets() {
        let size = |ending: &str| site.size(&format!("{}{ending}", placed.path));
        let lazy = if placed.role == Role::Lazy { "  (when needed)" } else { "" };
        let (raw, gz, br) = (number(size("")), number(size(".gz")), number(size(".br")));
        writeln!(out, "{name:<28} {raw:>10} {gz:>10} {br:>10}{lazy}")?;
    }
    if mode == Mode::Release {
        let (total, budget) = (number(Some(first_load(site))), number(Some(BUDGET)));
        writeln!(out, "{:<28} {:>10} {:>10} {total:>10}  (budget {budget})", "first load", "", "")?;
    }
    let state = if changed { "written" } else { "unchanged" };
    writeln!(out, "frontend/dist {state} in {:.1} s", took.as_secs_f64())
}

/// Fails when the first load exceeds [`BUDGET`].
///
/// # Errors
/// Says by how much.
pub fn check_budget(site: &Site) -> Result<()> {
    check(first_load(site))
}

fn check(size: usize) -> Result<()> {
    if size > BUDGET {
        bail!("the page weighs {} bytes (brotli) and may weigh {}", number(Some(size)), number(Some(BUDGET)));
    }
    Ok(())
}

fn first_load(site: &Site) -> usize {
    let counted = |path: &str| [".wasm", ".js", ".css"].iter().any(|ending| path.ends_with(ending));
    site.assets()
        .filter(|(_, placed)| placed.role == Role::Page && counted(&placed.path))
        .filter_map(|(_, placed)| site.size(&format!("{}.br", placed.path)))
        .sum()
}

/// `1234567` as `1 234 567`.
fn number(value: Option<usize>) -> String {
    let digits = value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_loaded_with_the_page_counts() {
        let mut site = Site::default();
        for (name, role) in [("app.wasm", Role::Page), ("bg.png", Role::Page), ("editor/a.js", Role::Lazy)] {
            site.add_asset(name, vec![0; 5], role);
            let path = site.url(name).unwrap().trim_start_matches('/').to_owned();
            site.add_file(&format!("{path}.br"), vec![0; 4]);
        }
        assert_eq!(first_load(&site), 4);
    }

    #[test]
    fn the_budget_is_a_limit_not_a_hint() {
        assert!(check(BUDGET).is_ok());
        let error = check(BUDGET + 1).unwrap_err().to_string();
        assert_eq!(error, "the page weighs 500 001 bytes (brotli) and may weigh 500 000");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(number(Some(999)), "999");
        assert_eq!(number(Some(1_234_567)), "1 234 567");
        assert_eq!(number(None), "-");
    }
}
