//! Turns `locales/` into the module `i18n`, and refuses a locale that lacks a key, so that no language ships
//! half-translated. Also has the linker keep what the bundler needs to split the module.

use leptos_i18n_parser::parse_locales::{
    options::{Config, ParseOptions},
    parse_locales,
};
use std::{env, error::Error, fs, path::PathBuf};

/// Files of `locales/<language>/`.
const NAMESPACES: [&str; 9] =
    ["common", "errors", "access", "shell", "inbox", "editor", "campaigns", "users", "templates"];

fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::new("en")?
        .add_locale("es")?
        .add_namespaces(NAMESPACES)?
        // `t_string!` with arguments needs it.
        .parse_options(ParseOptions::new().interpolate_display(true));
    let parsed = parse_locales(Some(PathBuf::from(env::var("CARGO_MANIFEST_DIR")?)), config)?;

    let warnings: Vec<String> = parsed.diag.warnings().iter().map(ToString::to_string).collect();
    if !warnings.is_empty() {
        return Err(format!("the locales differ:\n{}", warnings.join("\n")).into());
    }

    let code = leptos_i18n_codegen::gen_code(&parsed, None, false, None, false)?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("i18n.rs"), code.to_string())?;
    if env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        // The bundler splits the module; only the linker knows what points where.
        println!("cargo::rustc-link-arg-bins=--emit-relocs");
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");
    Ok(())
}
