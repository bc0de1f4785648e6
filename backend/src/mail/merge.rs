//! Variables: `${name}` in what administrators write becomes a value, in one pass. A value is never read again, so that
//! none can bring a variable of its own; it is written as the place where it stands wants it, so that none can end an
//! attribute, begin an element, lead a link elsewhere or add a header.
//!
//! `$${` stands for `${` itself. What is no name between braces stays as it is.

use super::{address::one_line, sanitize::safe_link, text::escape_html};

mod context;
#[cfg(test)]
mod tests;

use context::{Context, Place};

/// What a text is, which decides how values are written into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// HTML as the sanitiser writes it: attributes in quotes, no comments.
    Html,
    /// Text of several lines.
    Text,
    /// One line of a header.
    Line,
}

/// A text with its variables filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The text. Unknown variables are left out.
    pub text: String,
    /// Names for which there was no value, each once, in the order of the text.
    pub unknown: Vec<String>,
}

/// Longest name, in characters.
pub const MAX_NAME: usize = 64;

/// Fills in the variables of `source`.
#[must_use]
pub fn merge(source: &str, form: Form, value: &dyn Fn(&str) -> Option<String>) -> Merged {
    let mut merged = Merged { text: String::with_capacity(source.len()), unknown: Vec::new() };
    let mut context = Context::default();
    for piece in pieces(source) {
        match piece {
            Piece::Words(words) => {
                if form == Form::Html {
                    context.read(words);
                }
                merged.text.push_str(words);
            }
            Piece::Variable(name) => match value(name) {
                Some(value) => {
                    let written = match form {
                        Form::Html => in_html(&value, &context),
                        Form::Text => without_controls(&value, true),
                        Form::Line => one_line(&value),
                    };
                    merged.text.push_str(&written);
                    context.passed_value();
                }
                None if merged.unknown.iter().any(|known| known == name) => {}
                None => merged.unknown.push(name.to_owned()),
            },
        }
    }
    if form == Form::Line {
        merged.text = one_line(&merged.text);
    }
    merged
}

/// Names of the variables of a text, each once, in their order.
#[must_use]
pub fn names(source: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for piece in pieces(source) {
        if let Piece::Variable(name) = piece
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    names
}

enum Piece<'s> {
    Words(&'s str),
    Variable(&'s str),
}

/// Cuts a text into words and variables.
fn pieces(source: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = source;
    let mut variable: Option<&str> = None;
    std::iter::from_fn(move || {
        if let Some(name) = variable.take() {
            return Some(Piece::Variable(name));
        }
        if rest.is_empty() {
            return None;
        }
        let mut from = 0;
        while let Some(at) = rest.get(from..).and_then(|tail| tail.find("${")).map(|at| at.saturating_add(from)) {
            let (before, tail) = rest.split_at_checked(at)?;
            if let Some(kept) = before.strip_suffix('$') {
                // The first of the two dollars goes, and what follows is no variable.
                let (_, literal) = rest.split_at_checked(kept.len())?;
                let after = literal.get(1..)?;
                if kept.is_empty() {
                    let (words, after) = after.split_at_checked(2)?;
                    rest = after;
                    return Some(Piece::Words(words));
                }
                // Its turn comes with the next piece.
                rest = literal;
                return Some(Piece::Words(kept));
            }
            if let Some((name, after)) = name_at(tail) {
                rest = after;
                if before.is_empty() {
                    return Some(Piece::Variable(name));
                }
                variable = Some(name);
                return Some(Piece::Words(before));
            }
            from = at.saturating_add(2);
        }
        Some(Piece::Words(std::mem::take(&mut rest)))
    })
}

/// The name that `${…}` at the beginning holds, and what follows it.
fn name_at(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix("${")?;
    let end = inside.char_indices().take(MAX_NAME.saturating_add(3)).find(|(_, c)| *c == '}').map(|(at, _)| at)?;
    let (name, after) = inside.split_at_checked(end)?;
    let name = name.trim_matches(' ');
    let fits = name.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        && name.chars().count() <= MAX_NAME
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '));
    fits.then_some((name, after.get(1..)?))
}

fn in_html(value: &str, context: &Context) -> String {
    match context.place() {
        Place::Words => {
            let escaped = escape_html(&without_controls(value, true));
            escaped.replace('\n', "<br>")
        }
        Place::Attribute => escape_html(&one_line(value)),
        Place::LinkStart => safe_link(value).map(|link| escape_html(&link)).unwrap_or_default(),
        Place::LinkRest { keep_at } => encoded(value, keep_at),
        Place::Style => {
            value.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '#' | '%' | '.' | '-')).collect()
        }
        // The sanitiser leaves no such place; whatever is there gets nothing that could mean something.
        Place::Tag => value.chars().filter(char::is_ascii_alphanumeric).collect(),
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn encoded(value: &str, keep_at: bool) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in without_controls(value, false).bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            b'@' if keep_at => encoded.push('@'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn without_controls(value: &str, lines: bool) -> String {
    let value = value.replace("\r\n", "\n").replace('\r', "\n");
    value.chars().filter(|c| !c.is_control() || (lines && matches!(c, '\n' | '\t'))).collect()
}
