//! Builds Posta's single-page app into `frontend/dist`.
//!
//! This file owns the order of the steps; each step is a module. The result is a folder that the server embeds: a page
//! without inline scripts or styles, assets under `assets/` whose names carry a hash of their content (so they may be
//! cached for ever), and a `.br` and a `.gz` beside every file that gains from compression.

mod arrange;
mod cache;
mod compress;
mod layout;
mod licences;
mod notice;
mod page;
mod process;
mod publish;
mod report;
mod scripts;
mod site;
mod texts;
mod toolchain;
mod wasm;
mod watch;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use crate::layout::Layout;
use crate::process::say;
use crate::site::Site;

/// Builds Posta's single-page app into `frontend/dist`.
#[derive(Debug, Parser)]
#[command(name = "posta-bundle", version)]
struct Args {
    /// Builds quickly for the developer: no optimisation, no compression, no notice.
    #[arg(long)]
    dev: bool,
    /// Builds again whenever a source of the page changes, until interrupted. Implies --dev.
    #[arg(long)]
    watch: bool,
    /// Fails when what an agent's browser must load, or all screens together, exceed the budget.
    #[arg(long, conflicts_with_all = ["dev", "watch"])]
    check_budget: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("spa: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    let layout = Layout::find()?;
    if args.watch {
        return watch::run(&layout, || build(&layout, Mode::Dev).map(drop));
    }
    let site = build(&layout, if args.dev { Mode::Dev } else { Mode::Release })?;
    if args.check_budget { report::check_budget(&site) } else { Ok(()) }
}

/// How thorough a build is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Fast to make, large to load.
    Dev,
    /// Slow to make, small to load: what is shipped.
    Release,
}

fn build(layout: &Layout, mode: Mode) -> Result<Site> {
    let began = std::time::Instant::now();
    scripts::install_packages(layout)?;
    let tools = toolchain::find(layout, mode)?;
    let work = tempfile::tempdir().context("cannot make a temporary directory")?;

    let modules = wasm::build(layout, &tools, mode, work.path())?;
    let bundled = scripts::bundle(layout, mode, &modules.glue, work.path())?;

    let mut site = Site::default();
    site.add_assets(bundled.assets);
    site.add_asset("app.wasm", modules.main, site::Role::Page);
    for (name, bytes) in modules.parts {
        site.add_asset(&name, bytes, site::Role::Lazy);
    }
    let all = texts::read(&layout.frontend.join("locales")).map_err(|error| anyhow::anyhow!("{error}"))?;
    for (language, texts) in texts::LANGUAGES.iter().zip(&all) {
        site.add_asset(&format!("{}{language}.txt", site::TEXTS), texts::list(texts).into_bytes(), site::Role::Lazy);
    }
    page::add(layout, &mut site)?;
    if mode == Mode::Release {
        site.add_file("NOTICE.txt", notice::text(layout, &tools, &bundled.packages)?.into_bytes());
        compress::all(layout, &mut site)?;
    }
    site.add_manifest()?;
    let changed = publish::publish(layout, &site)?;
    report::print(&site, mode, changed, began.elapsed());
    Ok(site)
}
