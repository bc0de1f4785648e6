//! From the crate `posta-web` to a WebAssembly module and the JavaScript that joins it to the browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use crate::layout::Layout;
use crate::process;
use crate::toolchain::{TARGET, Toolchain};
use crate::{Mode, cache};

/// What `wasm-opt` is told. The features are named one by one: `strip` removes the section in which rustc names
/// them, and `--all-features` makes a module that browsers refuse.
const OPTIMISER: &[&str] = &[
    "-Oz",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// A finished module.
#[derive(Debug)]
pub struct Module {
    /// The module itself.
    pub wasm: Vec<u8>,
    /// The ES module whose default export starts it. Its snippets lie beside it.
    pub glue: PathBuf,
}

/// Compiles the page and joins it to the browser, in `work`.
///
/// # Errors
/// When the compiler, `wasm-bindgen` or `wasm-opt` refuses; each has said why.
pub fn build(layout: &Layout, tools: &Toolchain, mode: Mode, work: &Path) -> Result<Module> {
    let compiled = compile(layout, tools, mode)?;
    let out = work.join("glue");
    bind(&compiled, &out, mode).context("wasm-bindgen failed")?;
    let bound = fs::read(out.join("app_bg.wasm")).context("wasm-bindgen wrote no module")?;
    let wasm = match mode {
        Mode::Dev => bound,
        Mode::Release => optimise(layout, &bound, work)?,
    };
    Ok(Module { wasm, glue: out.join("app.js") })
}

fn compile(layout: &Layout, tools: &Toolchain, mode: Mode) -> Result<PathBuf> {
    let (profile, folder) = match mode {
        Mode::Dev => ("wasm-dev", "wasm-dev"),
        Mode::Release => ("wasm-release", "wasm-release"),
    };
    let mut cargo = tools.cargo(layout);
    cargo.current_dir(&layout.root).args([
        "build",
        "--package",
        "posta-web",
        "--bin",
        "posta-web",
        "--target",
        TARGET,
        "--profile",
        profile,
    ]);
    process::run(&mut cargo, "the compilation of the page")?;
    Ok(layout.target.join(TARGET).join(folder).join("posta-web.wasm"))
}

fn bind(compiled: &Path, out: &Path, mode: Mode) -> Result<()> {
    let release = mode == Mode::Release;
    Bindgen::new()
        .input_path(compiled)
        .web(true)?
        .out_name("app")
        .typescript(false)
        // The page names the module in its head, under a hashed name that the glue cannot know.
        .omit_default_module_path(true)
        .remove_name_section(release)
        .remove_producers_section(release)
        .generate(out)
}

fn optimise(layout: &Layout, module: &[u8], work: &Path) -> Result<Vec<u8>> {
    let binaryen = layout.node_modules.join("binaryen");
    let version = fs::read(binaryen.join("package.json")).context("npm's package binaryen is not installed")?;
    let key = format!("wasm-{}", cache::hash(&[&version, OPTIMISER.join(" ").as_bytes(), module]));
    cache::remember(&layout.cache, &key, || {
        let (input, output) = (work.join("before.wasm"), work.join("after.wasm"));
        fs::write(&input, module)?;
        let mut opt = Command::new("node");
        opt.arg(binaryen.join("bin/wasm-opt")).args(OPTIMISER).arg(&input).arg("-o").arg(&output);
        process::run(&mut opt, "wasm-opt")?;
        fs::read(&output).map_err(|error| anyhow!("wasm-opt wrote nothing: {error}"))
    })
}
