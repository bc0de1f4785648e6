//! Where things lie: the checkout, and the build's own directories outside it.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};

/// The directories the bundler reads and writes.
#[derive(Debug)]
pub struct Layout {
    /// The root of the checkout.
    pub root: PathBuf,
    /// The page's crate, sources and npm packages.
    pub frontend: PathBuf,
    /// The finished page.
    pub dist: PathBuf,
    /// npm's packages; also holds the page while it is being made, because a rename needs one file system.
    pub node_modules: PathBuf,
    /// Cargo's target directory for wasm: `POSTA_WASM_TARGET_DIR`, else `target-wasm` in the cache.
    pub target: PathBuf,
    /// Optimised and compressed files of earlier builds.
    pub cache: PathBuf,
}

impl Layout {
    /// Finds the checkout around the working directory.
    ///
    /// # Errors
    /// When run outside a checkout, or when neither `POSTA_CACHE` nor `HOME` is set.
    pub fn find() -> Result<Self> {
        let here = env::current_dir().context("the working directory cannot be read")?;
        let root = here
            .ancestors()
            .find(|dir| dir.join("frontend/bundle/Cargo.toml").is_file())
            .ok_or_else(|| anyhow!("{} is not inside a checkout of Posta", here.display()))?
            .to_path_buf();
        let cache = match (env::var_os("POSTA_CACHE"), env::var_os("HOME")) {
            (Some(cache), _) => PathBuf::from(cache),
            (None, Some(home)) => PathBuf::from(home).join(".cache/posta"),
            (None, None) => return Err(anyhow!("set POSTA_CACHE (or HOME) to a directory for the build's cache")),
        };
        let target = env::var_os("POSTA_WASM_TARGET_DIR").map_or_else(|| cache.join("target-wasm"), PathBuf::from);
        let frontend = root.join("frontend");
        Ok(Self {
            dist: frontend.join("dist"),
            node_modules: frontend.join("node_modules"),
            cache: target.join("bundle-cache"),
            frontend,
            root,
            target,
        })
    }

    /// Everything inside one folder, for tests.
    #[cfg(test)]
    pub fn in_folder(dir: &std::path::Path) -> Self {
        Self {
            root: dir.to_path_buf(),
            frontend: dir.to_path_buf(),
            dist: dir.join("dist"),
            node_modules: dir.join("node_modules"),
            target: dir.join("target"),
            cache: dir.join("cache"),
        }
    }
}
