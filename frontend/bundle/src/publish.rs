//! Puts the finished page in place.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::layout::Layout;
use crate::site::Site;

/// Replaces `frontend/dist` by the site and tells whether anything changed.
///
/// An unchanged page is left alone, its times included, so that the server is not compiled anew for nothing.
///
/// # Errors
/// Those of the disk. The old page stays in place unless the new one is complete.
pub fn publish(layout: &Layout, site: &Site) -> Result<bool> {
    if is_same(&layout.dist, site) {
        return Ok(false);
    }
    let scratch = layout.node_modules.join(".cache");
    fs::create_dir_all(&scratch).with_context(|| format!("cannot make {}", scratch.display()))?;
    let scratch = tempfile::tempdir_in(&scratch).context("cannot make a directory for the new page")?;
    let (new, old) = (scratch.path().join("new"), scratch.path().join("old"));
    for (path, bytes) in site.files() {
        let file = new.join(path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
    }
    if layout.dist.exists() {
        fs::rename(&layout.dist, &old).with_context(|| format!("cannot replace {}", layout.dist.display()))?;
    }
    fs::rename(&new, &layout.dist).with_context(|| format!("cannot write {}", layout.dist.display()))?;
    Ok(true)
}

fn is_same(dist: &Path, site: &Site) -> bool {
    let mut found = BTreeMap::new();
    if read(dist, "", &mut found).is_err() {
        return false;
    }
    found.len() == site.files().count() && site.files().all(|(path, bytes)| found.get(path).is_some_and(|f| f == bytes))
}

fn read(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_page_leaves_nothing_behind_and_an_equal_one_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::in_folder(dir.path());
        fs::create_dir_all(layout.dist.join("assets")).unwrap();
        fs::write(layout.dist.join("assets/old.js"), "old").unwrap();
        let mut site = Site::default();
        site.add_file("index.html", b"new".to_vec());
        site.add_file("assets/a.js", b"a".to_vec());

        assert!(publish(&layout, &site).unwrap());
        assert!(!layout.dist.join("assets/old.js").exists());
        assert_eq!(fs::read(layout.dist.join("assets/a.js")).unwrap(), b"a");
        assert!(!publish(&layout, &site).unwrap());

        site.add_file("index.html", b"newer".to_vec());
        assert!(publish(&layout, &site).unwrap());
        assert_eq!(fs::read(layout.dist.join("index.html")).unwrap(), b"newer");
        assert_eq!(fs::read_dir(layout.node_modules.join(".cache")).unwrap().count(), 0);
    }
}
