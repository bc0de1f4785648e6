//! What the page weighs, and whether that is too much.

use std::io::Write;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::Mode;
use crate::site::{EDITORS, Role, Site, TEXTS};

/// What an agent's browser may have to load before it works: WebAssembly, scripts and styles, brotli, in bytes.
pub const BUDGET: usize = 500_000;

/// What all screens together may weigh, measured alike; the editors apart, which are loaded when somebody writes.
pub const BUDGET_OF_ALL: usize = BUDGET / 5 * 6;

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
        for (what, total, budget) in totals(site) {
            let (total, budget) = (number(Some(total)), number(Some(budget)));
            writeln!(out, "{what:<28} {:>10} {:>10} {total:>10}  (budget {budget})", "", "")?;
        }
    }
    let state = if changed { "written" } else { "unchanged" };
    writeln!(out, "frontend/dist {state} in {:.1} s", took.as_secs_f64())
}

/// Fails when a total exceeds its budget.
///
/// # Errors
/// Says which, and what it weighs.
pub fn check_budget(site: &Site) -> Result<()> {
    totals(site).into_iter().try_for_each(|(what, total, budget)| check(what, total, budget))
}

fn check(what: &str, size: usize, budget: usize) -> Result<()> {
    if size > budget {
        bail!("{what}: {} bytes (brotli), and it may be {}", number(Some(size)), number(Some(budget)));
    }
    Ok(())
}

/// What is limited: its name, its bytes, its budget.
fn totals(site: &Site) -> [(&'static str, usize, usize); 2] {
    [
        ("first load", weight(site, |role, _| role == Role::Page), BUDGET),
        ("all screens", weight(site, |role, name| role == Role::Page || !name.starts_with(EDITORS)), BUDGET_OF_ALL),
    ]
}

/// Of the texts a browser loads one language: the heaviest is counted.
fn weight(site: &Site, counts: impl Fn(Role, &str) -> bool) -> usize {
    let is_code = |path: &str| [".wasm", ".js", ".css"].iter().any(|ending| path.ends_with(ending));
    let size = |path: &str| site.size(&format!("{path}.br")).unwrap_or_default();
    let code = site.assets().filter(|(name, placed)| is_code(&placed.path) && counts(placed.role, name));
    let texts = site.assets().filter(|(name, _)| name.starts_with(TEXTS)).map(|(_, placed)| size(&placed.path));
    code.map(|(_, placed)| size(&placed.path)).sum::<usize>() + texts.max().unwrap_or_default()
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
    fn the_first_load_and_all_screens_are_weighed_without_the_editors() {
        let mut site = Site::default();
        let assets = [("app.wasm", Role::Page), ("bg.png", Role::Page), ("admin.wasm", Role::Lazy)];
        let others = [("editor/a.js", 4), ("texts/en.txt", 20), ("texts/es.txt", 30)];
        let assets = assets.into_iter().map(|(name, role)| (name, role, 4));
        for (name, role, size) in assets.chain(others.map(|(name, size)| (name, Role::Lazy, size))) {
            site.add_asset(name, vec![0; 5], role);
            let path = site.url(name).unwrap().trim_start_matches('/').to_owned();
            site.add_file(&format!("{path}.br"), vec![0; size]);
        }
        assert_eq!(totals(&site).map(|(_, total, _)| total), [34, 38], "of the texts one language, the heaviest");
    }

    #[test]
    fn the_budget_is_a_limit_not_a_hint() {
        assert!(check("first load", BUDGET, BUDGET).is_ok());
        let error = check("first load", BUDGET + 1, BUDGET).unwrap_err().to_string();
        assert_eq!(error, "first load: 500 001 bytes (brotli), and it may be 500 000");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(number(Some(999)), "999");
        assert_eq!(number(Some(1_234_567)), "1 234 567");
        assert_eq!(number(None), "-");
    }
}
