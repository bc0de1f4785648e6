//! Turns `locales/` into the module `i18n`, and refuses a text that one language lacks or that names other variables
//! there, so that no language ships half-translated. Also has the linker keep what the bundler needs to split the module.
//!
//! Texts are data: a list for each language, and a number for each key. Code for each text, as the usual generators
//! write it, would be a tenth of the page.

use serde_json::Value;
use std::{collections::BTreeMap, env, error::Error, fmt::Write as _, fs, path::Path};

/// The languages; the first one is the measure for the others.
const LANGUAGES: [&str; 2] = ["en", "es"];

/// Files of `locales/<language>/`.
const NAMESPACES: [&str; 9] =
    ["common", "errors", "access", "shell", "inbox", "editor", "campaigns", "templates", "users"];

/// Stands between two texts of a list; in no text.
const SEPARATOR: char = '\u{1f}';

type Texts = BTreeMap<Vec<String>, String>;

fn main() -> Result<(), Box<dyn Error>> {
    let root = env::var("CARGO_MANIFEST_DIR")?;
    let all = LANGUAGES
        .iter()
        .map(|language| read(&Path::new(&root).join("locales").join(language)))
        .collect::<Result<Vec<Texts>, _>>()?;
    let measure = all.first().ok_or("no language")?;
    for (language, texts) in LANGUAGES.iter().zip(&all) {
        compare(language, texts, measure)?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("i18n.rs"), code(&all, measure)?)?;
    if env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        // The bundler splits the module; only the linker knows what points where.
        println!("cargo::rustc-link-arg-bins=--emit-relocs");
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");
    Ok(())
}

fn read(folder: &Path) -> Result<Texts, Box<dyn Error>> {
    let mut texts = Texts::new();
    for namespace in NAMESPACES {
        let file = folder.join(format!("{namespace}.json"));
        let value: Value = serde_json::from_str(&fs::read_to_string(&file)?)
            .map_err(|error| format!("{} is no JSON: {error}", file.display()))?;
        gather(&mut texts, vec![namespace.to_owned()], value)?;
    }
    Ok(texts)
}

fn gather(texts: &mut Texts, path: Vec<String>, value: Value) -> Result<(), Box<dyn Error>> {
    match value {
        Value::String(text) if !text.contains(SEPARATOR) => drop(texts.insert(path, text)),
        Value::Object(members) => {
            for (key, value) in members {
                let mut path = path.clone();
                path.push(key);
                gather(texts, path, value)?;
            }
        }
        _ => return Err(format!("{} is neither a text nor a group of texts", path.join(".")).into()),
    }
    Ok(())
}

/// The names in `{{ name }}`, in order.
fn variables(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        text.split("{{ ").skip(1).filter_map(|rest| rest.split_once(" }}").map(|(name, _)| name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn compare(language: &str, texts: &Texts, measure: &Texts) -> Result<(), String> {
    let lacks = |of: &Texts, from: &Texts| of.keys().find(|key| !from.contains_key(*key)).map(|key| key.join("."));
    if let Some(key) = lacks(measure, texts) {
        return Err(format!("locales/{language} lacks {key}"));
    }
    if let Some(key) = lacks(texts, measure) {
        return Err(format!("locales/{language} has {key}, which locales/{} lacks", LANGUAGES[0]));
    }
    for (key, text) in texts {
        if variables(text) != variables(&measure[key]) {
            return Err(format!("{} names other variables in {language} than in {}", key.join("."), LANGUAGES[0]));
        }
        if text.matches("{{").count() != text.matches("{{ ").count()
            || text.matches("}}").count() != text.matches(" }}").count()
        {
            return Err(format!("{} in {language}: a variable is written {{{{ name }}}}", key.join(".")));
        }
    }
    Ok(())
}

fn code(all: &[Texts], measure: &Texts) -> Result<String, Box<dyn Error>> {
    let mut out = String::from(
        "/// Languages of the page.\n#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]\npub enum Locale {\n",
    );
    for language in LANGUAGES {
        writeln!(out, "    /// `{language}`.\n    {language},")?;
    }
    out.push_str("}\n\n/// All texts of each language, in the order of their numbers.\nstatic TEXTS: [&str; ");
    writeln!(out, "{}] = [", all.len())?;
    for texts in all {
        let joined: Vec<&str> = texts.values().map(String::as_str).collect();
        writeln!(out, "    {:?},", joined.join(&SEPARATOR.to_string()))?;
    }
    out.push_str("];\n\n/// A number for each text.\npub mod keys {\n    use super::Text;\n");
    let mut open: Vec<&str> = Vec::new();
    for (number, path) in measure.keys().enumerate() {
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
