//! Turns `locales/` into the module `i18n`, and refuses a locale that lacks a key, so that no language ships
//! half-translated.

use leptos_i18n_parser::parse_locales::{
    options::{Config, ParseOptions},
    parse_locales,
};
use std::{env, error::Error, fs, path::PathBuf};

/// Files of `locales/<language>/`.
const NAMESPACES: [&str; 8] = ["common", "errors", "access", "shell", "inbox", "editor", "campaigns", "users"];

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
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");
    Ok(())
}
