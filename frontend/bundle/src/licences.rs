//! Licence expressions and licence files of packages.

use std::fs;
use std::path::{Path, PathBuf};

/// The licence we take a package under, when it offers the one we use ourselves.
pub const APACHE: &str = "Apache-2.0";

/// Whether an expression (SPDX, or the older `A/B`) lets us choose Apache-2.0 alone.
///
/// Anything joined by AND is left to the package's own files.
pub fn offers_apache(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], " ");
    if plain.split_whitespace().any(|word| word == "AND") {
        return false;
    }
    plain.replace('/', " OR ").split(" OR ").any(|choice| choice.trim() == APACHE)
}

/// The files of a package that state its licence, in order of name.
pub fn files(package: &Path) -> Vec<PathBuf> {
    let names = ["licen", "copying", "copyright", "notice", "unlicense"];
    let mut found: Vec<_> = fs::read_dir(package)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
            path.is_file() && names.iter().any(|start| name.starts_with(start))
        })
        .collect();
    found.sort();
    found
}

/// Whether a file is a NOTICE, which Apache-2.0 section 4(d) asks to pass on.
pub fn is_notice(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().to_ascii_lowercase().starts_with("notice"))
}

/// Whether a file is the text of Apache-2.0 itself.
pub fn is_apache_text(text: &str) -> bool {
    text.contains("Apache License") && text.contains("TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_seen_in_all_its_spellings() {
        for yes in ["Apache-2.0", "MIT OR Apache-2.0", "Apache-2.0/MIT", "(MPL-2.0 OR Apache-2.0)", "MIT / Apache-2.0"]
        {
            assert!(offers_apache(yes), "{yes}");
        }
        for no in ["MIT", "Apache-2.0 WITH LLVM-exception", "(MIT OR Apache-2.0) AND Unicode-3.0", "", "BSD-3-Clause"] {
            assert!(!offers_apache(no), "{no}");
        }
    }

    #[test]
    fn licence_files_are_found_whatever_their_case() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["LICENSE-MIT", "license.txt", "COPYING", "NOTICE", "README.md", "lib.rs"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let found = files(dir.path());
        assert_eq!(found.len(), 4);
        assert_eq!(found.iter().filter(|file| is_notice(file)).count(), 1);
    }
}
