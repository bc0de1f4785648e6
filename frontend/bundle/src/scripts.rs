//! Everything esbuild does: the page's own scripts, its styles, and the editors that are loaded when needed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::Mode;
use crate::layout::Layout;
use crate::process;
use crate::site::{ASSETS, Asset, EDITORS, Role};

/// The oldest browsers the page speaks to: the first ones with `light-dark()` in CSS.
const BROWSERS: &str = "--target=es2022,chrome123,edge123,firefox121,safari17.5";

/// What came out of bundling.
#[derive(Debug)]
pub struct Bundled {
    /// Scripts, styles, and the files that styles refer to.
    pub assets: Vec<Asset>,
    /// The npm packages of which some part is in the assets.
    pub packages: BTreeSet<String>,
}

/// Installs npm's packages as the lock file says, when that has changed.
///
/// # Errors
/// When npm or Node is missing, or the registry cannot be reached.
pub fn install_packages(layout: &Layout) -> Result<()> {
    let mut script = Command::new(layout.root.join(".ci/npm-ci"));
    process::run(script.arg(&layout.frontend), "the installation of npm packages")
}

/// Bundles all scripts and styles. `glue` is the module that wasm-bindgen wrote.
///
/// # Errors
/// When a source is missing or esbuild refuses one; it has said which and why.
pub fn bundle(layout: &Layout, mode: Mode, glue: &Path, work: &Path) -> Result<Bundled> {
    let esbuild = Esbuild { layout, mode, out: work.join("esbuild") };
    let mut bundled = Bundled { assets: Vec::new(), packages: BTreeSet::new() };

    let page = layout.frontend.join("bundle/page");
    let alias = format!("--alias:posta-app={}", glue.display());
    esbuild.run(&mut bundled, Role::Page, "", &[page.join("app.js")], &["--format=esm", &alias])?;
    esbuild.run(&mut bundled, Role::Page, "", &[page.join("theme.js")], &["--format=iife"])?;

    let style = layout.frontend.join("style/index.css");
    if !style.is_file() {
        bail!("the page has no style: {} is missing", style.display());
    }
    esbuild.run(&mut bundled, Role::Page, "", &[style], &["--entry-names=style"])?;

    let editors = editors(&layout.frontend.join("editor"))?;
    if !editors.is_empty() {
        esbuild.run(&mut bundled, Role::Lazy, EDITORS, &editors, &["--format=esm"])?;
    }
    Ok(bundled)
}

/// The entry points among the editors' sources: the files at the top of their folder.
fn editors(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let is_script = path.extension().is_some_and(|extension| extension == "js" || extension == "ts");
        if path.is_file() && is_script {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

struct Esbuild<'a> {
    layout: &'a Layout,
    mode: Mode,
    out: PathBuf,
}

/// The part of esbuild's report that tells what went into its output.
#[derive(Debug, Deserialize)]
struct Report {
    inputs: std::collections::BTreeMap<String, serde::de::IgnoredAny>,
}

impl Esbuild<'_> {
    fn run(
        &self,
        bundled: &mut Bundled,
        role: Role,
        prefix: &str,
        entries: &[PathBuf],
        options: &[&str],
    ) -> Result<()> {
        // A folder per call: what lies in it afterwards is this call's output and nothing else.
        let folder = tempfile::tempdir_in(self.out.parent().unwrap_or(&self.out))?;
        let report = self.out.with_extension("json");
        let mut esbuild = Command::new("node");
        esbuild
            .current_dir(&self.layout.frontend)
            .arg(self.layout.node_modules.join("esbuild/bin/esbuild"))
            .args(entries)
            .args(["--bundle", "--log-level=warning", "--charset=utf8", "--legal-comments=none", BROWSERS])
            // Styles may name pictures and fonts; these get a hashed name from esbuild itself.
            .args(["--loader:.svg=file", "--loader:.woff2=file", "--loader:.png=file", "--asset-names=[name]-[hash]"])
            .arg(format!("--public-path=/{ASSETS}"))
            .arg(format!("--outdir={}", folder.path().display()))
            .arg(format!("--metafile={}", report.display()))
            .args(options);
        if self.mode == Mode::Release {
            esbuild.arg("--minify");
        }
        process::run(&mut esbuild, "esbuild")?;
        self.collect(bundled, role, prefix, folder.path())?;
        let report: Report = serde_json::from_slice(&fs::read(&report)?).context("esbuild's report cannot be read")?;
        bundled.packages.extend(report.inputs.keys().filter_map(|input| package_of(input)));
        Ok(())
    }

    fn collect(&self, bundled: &mut Bundled, role: Role, prefix: &str, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bytes = fs::read(&path).with_context(|| format!("esbuild's {name} cannot be read"))?;
            bundled.assets.push(Asset { name: format!("{prefix}{name}"), bytes, role });
        }
        Ok(())
    }
}

/// The npm package that a file belongs to, scope included, if it belongs to one.
fn package_of(input: &str) -> Option<String> {
    let (_, inside) = input.rsplit_once("node_modules/")?;
    let mut parts = inside.split('/');
    let first = parts.next()?;
    match first.starts_with('@') {
        true => Some(format!("{first}/{}", parts.next()?)),
        false => Some(first.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_traced_to_their_package() {
        assert_eq!(package_of("node_modules/squire-rte/dist/squire.mjs").as_deref(), Some("squire-rte"));
        assert_eq!(package_of("node_modules/@a/b/c.js").as_deref(), Some("@a/b"));
        assert_eq!(package_of("node_modules/a/node_modules/b/c.js").as_deref(), Some("b"));
        assert_eq!(package_of("editor/squire.js"), None);
    }

    #[test]
    fn helpers_in_subfolders_are_not_entry_points() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("lib")).unwrap();
        for name in ["b.ts", "a.js", "notes.md", "lib/c.js"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let found = editors(dir.path()).unwrap();
        assert_eq!(found, [dir.path().join("a.js"), dir.path().join("b.ts")]);
    }
}
