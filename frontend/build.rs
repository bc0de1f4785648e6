//! Turns `locales/` into the module `i18n`. Texts are data: a list for each language, and a number for each key. Code for
//! each text, as the usual generators write it, would be a tenth of the page. Also has the linker keep what the bundler
//! needs to split the module.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};
use texts::{LANGUAGES, Texts};

#[path = "bundle/src/texts.rs"]
mod texts;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let root = env::var("CARGO_MANIFEST_DIR")?;
    let all = texts::read(&Path::new(&root).join("locales"))?;
    let browser = env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("i18n.rs"), code(&all, browser)?)?;
    if browser {
        // The bundler splits the module; only the linker knows what points where.
        println!("cargo::rustc-link-arg-bins=--emit-relocs");
    }
    for input in ["build.rs", "bundle/src/texts.rs", "locales"] {
        println!("cargo::rerun-if-changed={input}");
    }
    Ok(())
}

/// The languages and the keys; the texts, too, where no bundler serves them.
fn code(all: &[Texts], browser: bool) -> Result<String, Box<dyn Error + Send + Sync>> {
    let mut out = String::from(
        "/// Languages of the page.\n#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]\npub enum Locale {\n",
    );
    for language in LANGUAGES {
        writeln!(out, "    /// `{language}`.\n    {language},")?;
    }
    out.push_str("}\n\n");
    if !browser {
        writeln!(
            out,
            "/// All texts of each language, in the order of their numbers.\nstatic TEXTS: [&str; {}] = [",
            all.len()
        )?;
        for texts in all {
            writeln!(out, "    {:?},", texts::list(texts))?;
        }
        out.push_str("];\n\n");
    }
    out.push_str("/// A number for each text.\npub mod keys {\n    use super::Text;\n");
    let mut open: Vec<&str> = Vec::new();
    for (number, path) in all.first().ok_or("no language")?.keys().enumerate() {
        let (name, groups) = path.split_last().ok_or("a text without a name")?;
        let same = open.iter().zip(groups).take_while(|(a, b)| *a == b).count();
        while open.len() > same {
            open.pop();
            out.push_str("}\n");
        }
        for group in groups.iter().skip(same) {
            writeln!(out, "pub mod {group} {{ use super::Text;")?;
            open.push(group);
        }
        writeln!(out, "pub const {name}: Text = Text({number});")?;
    }
    out.push_str(&"}\n".repeat(open.len() + 1));
    Ok(out)
}
