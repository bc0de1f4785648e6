//! The page's texts, from `locales/`: shared by the bundler, which serves a file for each language, and by the page's
//! build script, which gives each text its number. A text that one language lacks, or that names other variables there,
//! is refused by both, so that no language ships half-translated.

use serde_json::Value;
use std::{collections::BTreeMap, error::Error, fs, path::Path};

/// The languages; the first one is the measure for the others.
pub const LANGUAGES: [&str; 2] = ["en", "es"];

/// Files of `locales/<language>/`.
const NAMESPACES: [&str; 11] =
    ["common", "errors", "access", "shell", "inbox", "editor", "campaigns", "voice", "replay", "templates", "users"];

/// Stands between two texts of a list; in no text.
const SEPARATOR: char = '\u{1f}';

/// The texts of a language by their keys; a text's number is its place.
pub type Texts = BTreeMap<Vec<String>, String>;

/// All languages, in the order of [`LANGUAGES`].
///
/// # Errors
/// A file that is missing or no JSON, and texts that do not agree.
pub fn read(locales: &Path) -> Result<Vec<Texts>, Box<dyn Error + Send + Sync>> {
    let all = LANGUAGES.iter().map(|language| read_one(&locales.join(language))).collect::<Result<Vec<Texts>, _>>()?;
    let measure = all.first().ok_or("no language")?;
    for (language, texts) in LANGUAGES.iter().zip(&all) {
        compare(language, texts, measure)?;
    }
    Ok(all)
}

/// A language's texts as the page reads them.
#[must_use]
pub fn list(texts: &Texts) -> String {
    texts.values().map(String::as_str).collect::<Vec<_>>().join(&SEPARATOR.to_string())
}

fn read_one(folder: &Path) -> Result<Texts, Box<dyn Error + Send + Sync>> {
    let mut texts = Texts::new();
    for namespace in NAMESPACES {
        let file = folder.join(format!("{namespace}.json"));
        let text = fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let value: Value =
            serde_json::from_str(&text).map_err(|error| format!("{} is no JSON: {error}", file.display()))?;
        gather(&mut texts, vec![namespace.to_owned()], value)?;
    }
    Ok(texts)
}

fn gather(texts: &mut Texts, path: Vec<String>, value: Value) -> Result<(), String> {
    match value {
        Value::String(text) if !text.contains(SEPARATOR) => drop(texts.insert(path, text)),
        Value::Object(members) => {
            for (key, value) in members {
                let mut path = path.clone();
                path.push(key);
                gather(texts, path, value)?;
            }
        }
        _ => return Err(format!("{} is neither a text nor a group of texts", path.join("."))),
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
        if measure.get(key).is_none_or(|other| variables(text) != variables(other)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pairs: &[(&str, &str)]) -> Texts {
        pairs.iter().map(|(key, text)| (vec![(*key).to_owned()], (*text).to_owned())).collect()
    }

    #[test]
    fn languages_say_the_same_things() {
        let english = texts(&[("a", "Hello {{ who }}"), ("b", "Bye")]);
        assert!(compare("es", &texts(&[("a", "Hola {{ who }}"), ("b", "Adiós")]), &english).is_ok());
        for (broken, says) in [
            (texts(&[("a", "Hola {{ who }}")]), "locales/es lacks b"),
            (texts(&[("a", "Hola {{ who }}"), ("b", ""), ("c", "")]), "locales/es has c, which locales/en lacks"),
            (texts(&[("a", "Hola {{ name }}"), ("b", "")]), "a names other variables in es than in en"),
            (texts(&[("a", "Hola {{ who }}"), ("b", "{{x}}")]), "b in es: a variable is written {{ name }}"),
        ] {
            assert_eq!(compare("es", &broken, &english).unwrap_err(), says);
        }
    }

    #[test]
    fn a_text_stands_at_its_number() {
        assert_eq!(list(&texts(&[("b", "two"), ("a", "one")])), "one\u{1f}two");
    }
}
