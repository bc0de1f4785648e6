//! The page as a set of files in memory: nothing on disk changes until all of it is there.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::json;

use crate::cache;

/// The folder of files whose names carry their hash, and which may therefore be cached for ever.
pub const ASSETS: &str = "assets";

/// The beginning of the names of the editors' scripts.
pub const EDITORS: &str = "editor/";

/// The beginning of the names of the languages' texts.
pub const TEXTS: &str = "texts/";

/// Hexadecimal digits of the hash in a file's name: 64 bits, ample for a few dozen files.
const HASH_DIGITS: usize = 16;

/// When a browser loads an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// With the page: counted in the budget.
    Page,
    /// When a screen asks for it.
    Lazy,
}

/// A file that other files refer to.
#[derive(Debug)]
pub struct Asset {
    /// What sources call it, for example `editor/squire.js`.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// When it is loaded.
    pub role: Role,
}

/// Where an asset lies in the site, and when it is loaded.
#[derive(Debug)]
pub struct Placed {
    /// Its path in the site, hash included.
    pub path: String,
    /// When it is loaded.
    pub role: Role,
}

/// All files of the page by their path, and the assets among them by their name.
#[derive(Debug, Default)]
pub struct Site {
    files: BTreeMap<String, Vec<u8>>,
    assets: BTreeMap<String, Placed>,
}

impl Site {
    /// Adds a file under the path it is asked for by.
    pub fn add_file(&mut self, path: &str, bytes: Vec<u8>) {
        self.files.insert(path.to_owned(), bytes);
    }

    /// Adds a file under a name that holds its hash.
    pub fn add_asset(&mut self, name: &str, bytes: Vec<u8>, role: Role) {
        let path = hashed_path(name, &bytes);
        self.assets.insert(name.to_owned(), Placed { path: path.clone(), role });
        self.files.insert(path, bytes);
    }

    /// Adds several assets.
    pub fn add_assets(&mut self, assets: Vec<Asset>) {
        for asset in assets {
            self.add_asset(&asset.name, asset.bytes, asset.role);
        }
    }

    /// The address of an asset by its name, from the root of the server.
    pub fn url(&self, name: &str) -> Option<String> {
        self.assets.get(name).map(|placed| format!("/{}", placed.path))
    }

    /// All assets by name.
    pub fn assets(&self) -> impl Iterator<Item = (&str, &Placed)> {
        self.assets.iter().map(|(name, placed)| (name.as_str(), placed))
    }

    /// All files by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// The size of a file in bytes, if there is one.
    pub fn size(&self, path: &str) -> Option<usize> {
        self.files.get(path).map(Vec::len)
    }

    /// Adds `manifest.json`: each asset's name with its address and its sizes in bytes.
    ///
    /// # Errors
    /// Never in practice; the serialiser's signature demands it.
    pub fn add_manifest(&mut self) -> Result<()> {
        let entries: BTreeMap<&str, serde_json::Value> = self
            .assets()
            .map(|(name, placed)| {
                let entry = json!({
                    "url": format!("/{}", placed.path),
                    "lazy": placed.role == Role::Lazy,
                    "bytes": self.size(&placed.path),
                    "gzip": self.size(&format!("{}.gz", placed.path)),
                    "brotli": self.size(&format!("{}.br", placed.path)),
                });
                (name, entry)
            })
            .collect();
        let text = serde_json::to_vec_pretty(&json!({ "assets": entries }))?;
        self.add_file("manifest.json", text);
        Ok(())
    }
}

fn hashed_path(name: &str, bytes: &[u8]) -> String {
    let digits: String = cache::hash(&[bytes]).chars().take(HASH_DIGITS).collect();
    let flat = name.replace('/', "-");
    match flat.rsplit_once('.') {
        Some((stem, extension)) => format!("{ASSETS}/{stem}-{digits}.{extension}"),
        None => format!("{ASSETS}/{flat}-{digits}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_follows_the_content() {
        let one = hashed_path("editor/squire.js", b"1");
        let two = hashed_path("editor/squire.js", b"2");
        assert!(one.starts_with("assets/editor-squire-") && one.ends_with(".js"));
        assert_ne!(one, two);
        assert_eq!(one, hashed_path("editor/squire.js", b"1"));
    }

    #[test]
    fn the_manifest_tells_the_sizes_of_compressed_files() {
        let mut site = Site::default();
        site.add_asset("app.js", vec![0; 10], Role::Page);
        let path = site.url("app.js").unwrap();
        site.add_file(&format!("{}.br", path.trim_start_matches('/')), vec![0; 3]);
        site.add_manifest().unwrap();
        let manifest: serde_json::Value =
            serde_json::from_slice(site.files().find(|(path, _)| *path == "manifest.json").unwrap().1).unwrap();
        let entry = &manifest["assets"]["app.js"];
        assert_eq!((&entry["bytes"], &entry["brotli"], &entry["gzip"]), (&json!(10), &json!(3), &json!(null)));
        assert_eq!(entry["url"], json!(path));
    }
}
