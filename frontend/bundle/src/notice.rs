//! `NOTICE.txt`: whose work is inside the page, and under which licence.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::layout::Layout;
use crate::licences::{APACHE, files, is_apache_text, is_notice, offers_apache};
use crate::process;
use crate::toolchain::{TARGET, Toolchain};

/// What stands between two licence texts.
const RULE: &str = "--------------------------------------------------------------------------------";

/// A package that is part of the page.
#[derive(Debug)]
struct Part {
    title: String,
    licence: String,
    home: String,
    folder: PathBuf,
}

/// The text of the notice.
///
/// # Errors
/// When cargo cannot tell the page's dependencies, or an npm package is not installed.
pub fn text(layout: &Layout, tools: &Toolchain, npm: &BTreeSet<String>) -> Result<String> {
    let mut parts = crates(layout, tools)?;
    for name in with_dependencies(layout, npm)? {
        parts.push(npm_package(&layout.node_modules.join(name))?);
    }
    Ok(compose(&parts))
}

/// These packages and all that they depend on: some are published with their dependencies inside, where no bundler sees
/// them any more.
fn with_dependencies(layout: &Layout, npm: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    let mut ahead: Vec<String> = npm.iter().cloned().collect();
    while let Some(name) = ahead.pop() {
        // Types are for compilers, and in no bundle.
        if !name.starts_with("@types/") && all.insert(name.clone()) {
            ahead.extend(read(&layout.node_modules.join(name))?.dependencies.into_keys());
        }
    }
    Ok(all)
}

fn compose(parts: &[Part]) -> String {
    let mut out = String::from(
        "Posta's page\n\nPosta is licensed under the Apache License, Version 2.0. Its page also contains the Rust standard\n\
         library (https://www.rust-lang.org, MIT OR Apache-2.0, used under Apache-2.0) and the packages below.\n\
         Where a package offers a choice that includes Apache-2.0, it is used under Apache-2.0.\n\n",
    );
    // Texts by content: one text often serves many packages.
    let mut texts: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut apache = None;
    for part in parts {
        out.push_str(&format!("{}  [{}]  {}\n", part.title, part.licence, part.home));
        let chosen = offers_apache(&part.licence);
        for file in files(&part.folder) {
            let text = fs::read_to_string(&file).unwrap_or_default();
            if is_apache_text(&text) {
                apache.get_or_insert(text);
            } else if (!chosen || is_notice(&file)) && !text.trim().is_empty() {
                texts.entry(text.trim().to_owned()).or_default().insert(&part.title);
            }
        }
    }
    for (text, owners) in texts {
        let owners = owners.into_iter().collect::<Vec<_>>().join(", ");
        out.push_str(&format!("\n{RULE}\n{owners}\n\n{text}\n"));
    }
    if let Some(text) = apache {
        out.push_str(&format!("\n{RULE}\n{APACHE}\n\n{}\n", text.trim_end()));
    }
    out
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    repository: Option<String>,
    manifest_path: PathBuf,
    /// Absent for the workspace's own members.
    source: Option<String>,
}

/// The crates whose code is linked into the module: ordinary dependencies, procedural macros apart.
fn crates(layout: &Layout, tools: &Toolchain) -> Result<Vec<Part>> {
    // `metadata` tells licences and folders, but of everything that any member of the workspace needs; only `tree`
    // resolves the features of the page alone.
    let mut tree = tools.cargo(layout);
    tree.current_dir(&layout.root).args(["tree", "--package", "posta-web", "--target", TARGET]);
    tree.args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]);
    let linked = linked(&process::output(&mut tree, "cargo tree")?);

    let mut metadata = tools.cargo(layout);
    metadata.current_dir(&layout.root).args(["metadata", "--format-version", "1", "--filter-platform", TARGET]);
    let json = process::output(&mut metadata, "cargo metadata")?;
    let metadata: Metadata = serde_json::from_str(&json).context("cargo metadata cannot be read")?;
    Ok(select(&linked, metadata.packages))
}

fn select(linked: &BTreeSet<(String, String)>, packages: Vec<Package>) -> Vec<Part> {
    let mut parts: Vec<_> = packages
        .into_iter()
        .filter(|package| package.source.is_some())
        .filter(|package| linked.contains(&(package.name.clone(), package.version.clone())))
        .map(|package| Part {
            title: format!("{} {}", package.name, package.version),
            licence: package.license.unwrap_or_else(|| "see its licence below".to_owned()),
            home: package.repository.unwrap_or_default(),
            folder: package.manifest_path.parent().map(Path::to_path_buf).unwrap_or_default(),
        })
        .collect();
    parts.sort_by(|a, b| a.title.cmp(&b.title));
    parts
}

/// Names and versions from lines such as `serde v1.0.229 (*)`.
fn linked(tree: &str) -> BTreeSet<(String, String)> {
    let package = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    };
    tree.lines().filter_map(package).collect()
}

#[derive(Debug, Deserialize)]
struct NpmPackage {
    name: String,
    version: String,
    #[serde(default)]
    license: String,
    #[serde(default)]
    homepage: String,
    #[serde(default)]
    dependencies: BTreeMap<String, String>,
}

fn read(folder: &Path) -> Result<NpmPackage> {
    let file = folder.join("package.json");
    let json = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&json).with_context(|| format!("cannot read {}", file.display()))
}

fn npm_package(folder: &Path) -> Result<Part> {
    let package = read(folder)?;
    Ok(Part {
        title: format!("{} {} (npm)", package.name, package.version),
        licence: package.license,
        home: package.homepage,
        folder: folder.to_path_buf(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(dir: &Path, title: &str, licence: &str, licence_files: &[(&str, &str)]) -> Part {
        let folder = dir.join(title);
        fs::create_dir(&folder).unwrap();
        for (name, text) in licence_files {
            fs::write(folder.join(name), text).unwrap();
        }
        Part { title: title.to_owned(), licence: licence.to_owned(), home: String::new(), folder }
    }

    #[test]
    fn obligatory_texts_appear_once_and_dispensable_ones_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let apache = "Apache License\nTERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION";
        let parts = [
            part(dir.path(), "a 1", "MIT OR Apache-2.0", &[("LICENSE-MIT", "MIT of a"), ("LICENSE-APACHE", apache)]),
            part(dir.path(), "b 1", "MIT", &[("LICENSE", "MIT of b and c")]),
            part(dir.path(), "c 1", "MIT", &[("COPYING", "MIT of b and c")]),
            part(dir.path(), "d 1", "Apache-2.0", &[("LICENSE", apache), ("NOTICE", "made by d")]),
        ];
        let text = compose(&parts);
        assert!(!text.contains("MIT of a"));
        assert_eq!(text.matches("MIT of b and c").count(), 1);
        assert!(text.contains("b 1, c 1\n\nMIT of b and c"));
        assert!(text.contains("made by d"));
        assert_eq!(text.matches("TERMS AND CONDITIONS").count(), 1);
    }

    #[test]
    fn what_packages_carry_inside_is_named_too() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::in_folder(dir.path());
        let packages =
            [("a", r#"{"b": "1", "@types/b": "1"}"#), ("b", r#"{"a": "1", "c": "1"}"#), ("c", "{}"), ("d", "{}")];
        for (name, needs) in packages {
            let folder = layout.node_modules.join(name);
            fs::create_dir_all(&folder).unwrap();
            let json = format!(r#"{{"name": "{name}", "version": "1", "dependencies": {needs}}}"#);
            fs::write(folder.join("package.json"), json).unwrap();
        }
        let found = with_dependencies(&layout, &BTreeSet::from(["a".to_owned()])).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn only_linked_packages_of_others_are_named() {
        let tree = "posta-web v0.1.0 (/src/frontend)\nserde v1.0.2\nserde v1.0.2 (*)\n\n";
        let package = |name: &str, version: &str, source: Option<&str>| Package {
            name: name.to_owned(),
            version: version.to_owned(),
            license: None,
            repository: None,
            manifest_path: PathBuf::from("/x/Cargo.toml"),
            source: source.map(str::to_owned),
        };
        let all = vec![
            package("serde", "1.0.2", Some("registry")),
            package("serde", "0.9.0", Some("registry")),
            package("diesel", "2.3.0", Some("registry")),
            package("posta-web", "0.1.0", None),
        ];
        let titles: Vec<_> = select(&linked(tree), all).into_iter().map(|part| part.title).collect();
        assert_eq!(titles, ["serde 1.0.2"]);
    }
}
