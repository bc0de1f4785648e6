//! The Rust toolchain that can build for `wasm32-unknown-unknown`. Finding or making one is the work of
//! `.ci/wasm-toolchain`; this reads its answer.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, anyhow};

use crate::Mode;
use crate::layout::Layout;
use crate::process;

/// The only target of the page.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// What to call and how.
#[derive(Debug, PartialEq, Eq)]
pub struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
    /// Set when the compiler's own default linker would not do.
    linker: Option<PathBuf>,
    /// Set when the target's standard library was built by the script: without the words of panics.
    sysroot: Option<PathBuf>,
}

/// Asks the set-up script for a toolchain. A developer wants the words of a panic, and whoever loads the page does
/// not want their weight.
///
/// # Errors
/// When there is none and none can be made; the script has said why.
pub fn find(layout: &Layout, mode: Mode) -> Result<Toolchain> {
    let mut script = Command::new(layout.root.join(".ci/wasm-toolchain"));
    if mode == Mode::Dev && std::env::var_os("POSTA_WASM_TOOLCHAIN").is_none() {
        script.env("POSTA_WASM_TOOLCHAIN", "shipped");
    }
    parse(&process::output(&mut script, "the search for a WebAssembly toolchain")?)
}

fn parse(answer: &str) -> Result<Toolchain> {
    let value = |key: &str| {
        let found = answer.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        found.filter(|path| !path.is_empty()).map(PathBuf::from)
    };
    let need = |key: &str| value(key).ok_or_else(|| anyhow!(".ci/wasm-toolchain named no {key}"));
    Ok(Toolchain { cargo: need("CARGO")?, rustc: need("RUSTC")?, linker: value("LINKER"), sysroot: value("SYSROOT") })
}

impl Toolchain {
    /// A cargo command that compiles for the page's target with this toolchain, free of the flags of the native build.
    ///
    /// Cargo's home and the target directory (generated code lies there) are kept out of the module, so that the same
    /// sources give the same bytes anywhere. The checkout's place needs no such care (cargo names our own files relative
    /// to it), and must not be part of the flags: checkouts in different places share the compiled dependencies.
    pub fn cargo(&self, layout: &Layout) -> Command {
        let mut flags = Vec::new();
        if let Some(sysroot) = &self.sysroot {
            flags.push(format!("--sysroot={}", sysroot.display()));
            // As the library was compiled. Its name is not stable yet.
            flags.extend(["-Zunstable-options".into(), "-Cpanic=immediate-abort".into()]);
        }
        if let Some(home) = cargo_home() {
            flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
        }
        flags.push(format!("--remap-path-prefix={}=target", layout.target.display()));
        // Leptos joins its views by pointers instead of by types: smaller, and much faster to compile.
        flags.push("--cfg=erase_components".into());
        let mut command = Command::new(&self.cargo);
        command
            .env("RUSTC", &self.rustc)
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
            .env_remove("RUSTFLAGS")
            .env("CARGO_TARGET_DIR", &layout.target);
        if self.sysroot.is_some() {
            command.env("RUSTC_BOOTSTRAP", "1");
        }
        if let Some(linker) = &self.linker {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        command
    }
}

fn cargo_home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_lines_may_be_missing() {
        let tools = parse("CARGO=/a/cargo\nRUSTC=/a/rustc\n").unwrap();
        assert_eq!(tools.cargo, PathBuf::from("/a/cargo"));
        assert_eq!((tools.linker, tools.sysroot), (None, None));
    }

    #[test]
    fn an_answer_without_a_compiler_is_refused() {
        let error = parse("CARGO=/a/cargo\nRUSTC=\n").unwrap_err();
        assert_eq!(error.to_string(), ".ci/wasm-toolchain named no RUSTC");
    }

    #[test]
    fn a_private_sysroot_and_linker_reach_the_compiler() {
        let tools = parse("CARGO=/a/cargo\nRUSTC=/a/rustc\nLINKER=/a/lld\nSYSROOT=/a/std\n").unwrap();
        let command = tools.cargo(&Layout::in_folder(std::path::Path::new("/src")));
        let env: Vec<_> = command.get_envs().filter_map(|(k, v)| Some((k.to_str()?, v?.to_str()?))).collect();
        let flags = env.iter().find(|(key, _)| *key == "CARGO_ENCODED_RUSTFLAGS").unwrap().1;
        for wanted in ["--sysroot=/a/std", "-Cpanic=immediate-abort"] {
            assert!(flags.split('\u{1f}').any(|flag| flag == wanted), "{wanted}");
        }
        assert!(env.contains(&("RUSTC_BOOTSTRAP", "1")));
        assert!(env.contains(&("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "/a/lld")));
    }
}
