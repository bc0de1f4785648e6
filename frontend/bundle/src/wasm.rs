//! From the crate `posta-web` to WebAssembly modules and the JavaScript that joins them to the browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::layout::Layout;
use crate::process;
use crate::toolchain::{TARGET, Toolchain};
use crate::{Mode, arrange, cache};

/// What `wasm-opt` is told. The features are named one by one: `strip` removes the section in which rustc names
/// them, and `--all-features` makes a module that browsers refuse.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// What the splitter calls the script that loads the parts, and the module by whose side it stands.
const LOADER: &str = "./parts.js";
const GLUE: &str = "./app.js";

/// The page's module, and the parts of it that are loaded when a screen needs them.
#[derive(Debug)]
pub struct Modules {
    /// What every screen needs.
    pub main: Vec<u8>,
    /// The others, by name (`admin.wasm`).
    pub parts: Vec<(String, Vec<u8>)>,
    /// The ES module whose default export starts the main module. Its snippets, and the loader of the parts, lie
    /// beside it.
    pub glue: PathBuf,
}

/// Compiles the page, splits it at its `#[wasm_split]` functions, and joins it to the browser, in `work`.
///
/// # Errors
/// When the compiler, the splitter, `wasm-bindgen` or `wasm-opt` refuses; each has said why.
pub fn build(layout: &Layout, tools: &Toolchain, mode: Mode, work: &Path) -> Result<Modules> {
    let compiled = compile(layout, tools, mode)?;
    let out = work.join("glue");
    let split = split(&compiled, &out, work)?;
    bind(&split.main, &out, mode).context("wasm-bindgen failed")?;
    let finish = |path: &Path| {
        let bytes = fs::read(path).with_context(|| format!("{} was not written", path.display()))?;
        match mode {
            Mode::Dev => Ok(bytes),
            Mode::Release => optimise(layout, &bytes, work),
        }
    };
    let main = finish(&out.join("app_bg.wasm"))?;
    let parts = split.parts.into_iter().map(|(name, path)| Ok((name, finish(&path)?))).collect::<Result<_>>()?;
    Ok(Modules { main, parts, glue: out.join("app.js") })
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

/// Where the splitter has put what it made.
struct Split {
    main: PathBuf,
    parts: Vec<(String, PathBuf)>,
}

fn split(compiled: &Path, out: &Path, work: &Path) -> Result<Split> {
    fs::create_dir_all(out)?;
    let input = fs::read(compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
    let main = work.join("main.wasm");
    let mut options = wasm_split_cli_support::Options::new(&input);
    options.output_dir = out;
    options.main_out_path = &main;
    options.link_name = LOADER;
    options.main_module = GLUE;
    let split =
        wasm_split_cli_support::transform(options).map_err(|error| anyhow!("the module cannot be split: {error:#}"))?;
    let mut parts = Vec::new();
    for path in split.split_modules {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = file.strip_prefix("split_").unwrap_or(&file).to_owned();
        parts.push((file, name, path));
    }
    let loader = out.join(LOADER);
    let names = parts.iter().map(|(file, name, _)| (file.as_str(), name.as_str()));
    fs::write(&loader, address(&fs::read_to_string(&loader)?, names)?)?;
    Ok(Split { main, parts: parts.into_iter().map(|(_, name, path)| (name, path)).collect() })
}

/// Has the loader look a part's address up in the page's head: its name carries a hash that is not known yet.
fn address<'a>(loader: &str, names: impl Iterator<Item = (&'a str, &'a str)>) -> Result<String> {
    let mut loader = loader.to_owned();
    for (file, name) in names {
        let relative = format!("new URL(\"./{file}\", import.meta.url)");
        if !loader.contains(&relative) {
            // An empty part is never fetched, and there is a file for it nonetheless.
            continue;
        }
        loader = loader.replace(&relative, &format!("globalThis.postaAddress(\"{name}\")"));
    }
    if loader.contains("import.meta.url") {
        bail!("the loader of the page's parts names a file that was not written");
    }
    Ok(loader)
}

fn bind(compiled: &Path, out: &Path, mode: Mode) -> Result<()> {
    let release = mode == Mode::Release;
    Bindgen::new()
        .input_path(compiled)
        .web(true)?
        .out_name("app")
        .typescript(false)
        // The parts share the linker's globals and the table of functions with the main module.
        .keep_lld_exports(true)
        // The page names the module in its head, under a hashed name that the glue cannot know.
        .omit_default_module_path(true)
        .remove_name_section(release)
        .remove_producers_section(release)
        .generate(out)
}

fn optimise(layout: &Layout, module: &[u8], work: &Path) -> Result<Vec<u8>> {
    let binaryen = layout.node_modules.join("binaryen");
    let version = fs::read(binaryen.join("package.json")).context("npm's package binaryen is not installed")?;
    let key = format!(
        "wasm-{}",
        cache::hash(&[&version, arrange::VERSION.as_bytes(), FEATURES.join(" ").as_bytes(), module])
    );
    let optimise = |pass: &str, module: &[u8]| {
        let (input, output) = (work.join("before.wasm"), work.join("after.wasm"));
        fs::write(&input, module)?;
        let mut opt = Command::new("node");
        opt.arg(binaryen.join("bin/wasm-opt")).arg(pass).args(FEATURES).arg(&input).arg("-o").arg(&output);
        process::run(&mut opt, "wasm-opt")?;
        fs::read(&output).map_err(|error| anyhow!("wasm-opt wrote nothing: {error}"))
    };
    cache::remember(&layout.cache, &key, || {
        let small = optimise("-Oz", module)?;
        optimise(arrange::PASS, &arrange::named(&small)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_looks_up_where_a_part_lies() {
        let loader = "const src = fetch(new URL(\"./split_admin.wasm\", import.meta.url));";
        let names = || [("split_admin.wasm", "admin.wasm"), ("split_empty.wasm", "empty.wasm")].into_iter();
        let made = address(loader, names()).unwrap();
        assert_eq!(made, "const src = fetch(globalThis.postaAddress(\"admin.wasm\"));");
        assert!(address(&loader.replace("admin", "other"), names()).is_err(), "an address that nobody would resolve");
    }
}
