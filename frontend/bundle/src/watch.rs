//! Builds again when a source changes.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use anyhow::Result;

use crate::layout::Layout;
use crate::process::say;

/// How often the sources are looked at. A few hundred files: well under a millisecond of work.
const INTERVAL: Duration = Duration::from_millis(300);

/// What the page is made of, from the root of the checkout.
const SOURCES: &[&str] = &[
    "frontend/src",
    "frontend/style",
    "frontend/locales",
    "frontend/editor",
    "frontend/public",
    "frontend/bundle/page",
    "frontend/index.html",
    "frontend/Cargo.toml",
    "frontend/build.rs",
    "frontend/package-lock.json",
    "shared/src",
    "shared/Cargo.toml",
];

/// Calls `build` now and after every change, until the process is interrupted. A failed build is said, and waits for
/// the next change.
///
/// # Errors
/// Never returns otherwise than by an interrupt.
pub fn run(layout: &Layout, build: impl Fn() -> Result<()>) -> Result<()> {
    loop {
        // Taken before building: a change that comes while it builds is seen afterwards.
        let state = fingerprint(&layout.root);
        if let Err(error) = build() {
            say(&format!("spa: {error:#}"));
        }
        say("spa: watching the sources, Ctrl-C ends");
        while fingerprint(&layout.root) == state {
            sleep(INTERVAL);
        }
    }
}

/// The number of source files and the time of the newest: any edit, addition or removal moves one of them.
fn fingerprint(root: &Path) -> (usize, Option<SystemTime>) {
    let mut state = (0, None);
    for source in SOURCES {
        visit(&root.join(source), &mut state);
    }
    state
}

fn visit(path: &Path, state: &mut (usize, Option<SystemTime>)) {
    // An editor may be replacing the file at this very moment: what cannot be read is looked at next time.
    let Ok(facts) = fs::metadata(path) else { return };
    state.0 += 1;
    state.1 = state.1.max(facts.modified().ok());
    if facts.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            visit(&entry.path(), state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_additions_and_removals_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let src = dir.path().join("frontend/src");
        fs::create_dir_all(&src).unwrap();
        fs::write(src.join("a.rs"), "1").unwrap();
        let before = fingerprint(dir.path());
        assert_eq!(before, fingerprint(dir.path()));

        let file = fs::File::options().append(true).open(src.join("a.rs")).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
        let edited = fingerprint(dir.path());
        assert_ne!(before, edited);

        fs::write(src.join("b.rs"), "2").unwrap();
        let added = fingerprint(dir.path());
        assert_ne!(edited, added);

        fs::remove_file(src.join("b.rs")).unwrap();
        assert_ne!(added, fingerprint(dir.path()));
    }
}
