//! What an edit changed, for the audit log. Pure.

use serde_json::{Map, Value, json};

/// Fields that change without anybody's edit, or with every one.
const PASSING: [&str; 8] =
    ["version", "waiting", "open", "next_change_at", "health", "last_fetch_at", "last_error", "last_error_at"];

/// The fields that differ between two views of a thing, each as `[before, after]`, nested ones joined by dots. Views
/// hold no secrets.
#[must_use]
pub fn changes(before: &Value, after: &Value) -> Value {
    let mut found = Map::new();
    compare("", before, after, &mut found);
    Value::Object(found)
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Map<String, Value>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
            for name in names.filter(|name| !PASSING.contains(&name.as_str())) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let (old, new) = (old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null));
                compare(&path, old, new, found);
            }
        }
        (old, new) if old != new => {
            found.insert(path.to_owned(), json!([old, new]));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let before = json!({"name": "A", "version": 1, "account": {"login": "x", "health": "failing", "imap": null}});
        let after =
            json!({"name": "B", "version": 2, "account": {"login": "x", "health": "unknown", "imap": {"port": 1}}});
        assert_eq!(changes(&before, &after), json!({"name": ["A", "B"], "account.imap": [null, {"port": 1}]}));
        assert_eq!(changes(&before, &before), json!({}));
    }
}
