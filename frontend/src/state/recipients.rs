//! Reading typed recipients: `Ana Pérez <ana@example.com>, luis@example.com`.

use shared::{api::conversations::MailAddress, case::lower, validate::looks_like_address};

/// Splits what was typed or pasted at commas, semicolons and line breaks outside quotes and angle brackets.
pub fn parse(typed: &str) -> Vec<MailAddress> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let (mut quoted, mut angled) = (false, false);
    for c in typed.chars() {
        match c {
            '"' => quoted = !quoted,
            '<' if !quoted => angled = true,
            '>' if !quoted => angled = false,
            _ => {}
        }
        if matches!(c, ',' | ';' | '\n' | '\r') && !quoted && !angled {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
    }
    parts.push(part);
    parts.iter().flat_map(|part| one(part)).collect()
}

fn one(part: &str) -> Vec<MailAddress> {
    let part = part.trim();
    if part.is_empty() {
        return Vec::new();
    }
    if let Some((name, rest)) = part.rsplit_once('<') {
        let email = rest.trim_end_matches('>').trim().to_string();
        let name = name.trim().trim_matches('"').trim();
        return vec![MailAddress { name: (!name.is_empty()).then(|| name.to_string()), email }];
    }
    // "a@x.es b@x.es" is two; "Ana Pérez" is one that is wrong as a whole and shows so.
    let words: Vec<&str> = part.split_whitespace().collect();
    if words.len() > 1 && words.iter().all(|word| looks_like_address(word)) {
        return words.into_iter().map(|word| MailAddress { name: None, email: word.to_string() }).collect();
    }
    vec![MailAddress { name: None, email: part.to_string() }]
}

/// Whether it can be written to.
pub fn is_good(address: &MailAddress) -> bool {
    looks_like_address(&address.email)
}

/// Adds what is not there yet; addresses are compared without case.
pub fn add(list: &mut Vec<MailAddress>, more: Vec<MailAddress>) {
    for address in more {
        if !list.iter().any(|known| lower(&known.email) == lower(&address.email)) {
            list.push(address);
        }
    }
}

/// As it is shown in full: `Ana Pérez <ana@example.com>`.
pub fn full(address: &MailAddress) -> String {
    match address.name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} <{}>", address.email),
        None => address.email.clone(),
    }
}

/// As it is shown in short: the name, or else the address.
pub fn short(address: &MailAddress) -> String {
    address.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| address.email.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(typed: &str) -> Vec<String> {
        parse(typed).iter().map(full).collect()
    }

    #[test]
    fn splits_what_people_paste() {
        assert_eq!(texts("a@x.es, b@x.es; c@x.es\nd@x.es"), ["a@x.es", "b@x.es", "c@x.es", "d@x.es"]);
        assert_eq!(texts("a@x.es b@x.es"), ["a@x.es", "b@x.es"]);
        assert_eq!(texts("\"Pérez, Ana\" <ana@x.es>, b@x.es"), ["Pérez, Ana <ana@x.es>", "b@x.es"]);
        assert!(texts(" ,; \n").is_empty());
    }

    #[test]
    fn what_is_wrong_stays_visible_as_one() {
        let parsed = parse("Ana Pérez");
        assert_eq!(parsed.len(), 1);
        assert!(!is_good(&parsed[0]));
    }

    #[test]
    fn nobody_is_added_twice() {
        let mut list = parse("Ana@x.es");
        add(&mut list, parse("ana@X.es, luis@x.es"));
        assert_eq!(list.len(), 2);
    }
}
