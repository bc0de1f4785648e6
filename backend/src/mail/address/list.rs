//! Lists of recipients as people type or paste them.

use super::Address;

/// More recipients than this in one list are not read.
pub const MAX_RECIPIENTS: usize = 1000;

/// Comments may nest this deep (RFC 5322 §3.2.2 sets no bound; honest ones do not nest).
const MAX_COMMENT_DEPTH: usize = 8;

/// What a typed list of recipients held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecipientList {
    /// The valid ones, in order, repetitions included.
    pub addresses: Vec<Address>,
    /// The rest, each as it was typed.
    pub invalid: Vec<String>,
}

/// Reads a list separated by commas, semicolons or line breaks; `Name <address>`, quoted names, comments and groups
/// as in a header. A group's name is never taken for a recipient, an empty group yields none. Reading is one pass.
#[must_use]
pub fn parse_list(text: &str) -> RecipientList {
    let mut list = RecipientList::default();
    let mut item = Item::default();
    for c in text.chars() {
        if list.addresses.len() + list.invalid.len() >= MAX_RECIPIENTS {
            return list;
        }
        item.raw.push(c);
        match c {
            _ if item.escaped => {
                item.escaped = false;
                item.put(c);
            }
            '\\' if item.quoted || item.depth > 0 => item.escaped = true,
            '"' if item.depth == 0 && !item.in_angle => {
                item.quoted = !item.quoted;
                item.had_quotes = true;
                item.text_raw.push('"');
            }
            _ if item.quoted => item.put(c),
            '(' if !item.in_angle => item.depth += 1,
            ')' if item.depth > 0 => item.depth -= 1,
            _ if item.depth > 0 => item.comment.push(c),
            '<' => item.in_angle = true,
            '>' if item.in_angle => {
                item.in_angle = false;
                item.had_angle = true;
            }
            ':' if !item.in_angle && !item.has_at => item = Item::default(),
            ',' | ';' | '\n' | '\r' if !item.in_angle => {
                item.raw.pop();
                finish(std::mem::take(&mut item), &mut list);
            }
            _ => item.put(c),
        }
        if item.depth > MAX_COMMENT_DEPTH {
            list.invalid.push(text.trim().chars().take(200).collect());
            return list;
        }
    }
    finish(item, &mut list);
    list
}

#[derive(Default)]
struct Item {
    /// As typed, for telling which one was wrong.
    raw: String,
    /// Outside angle brackets, quotes removed.
    text: String,
    /// The same with quotes, since a quoted local part needs them.
    text_raw: String,
    angle: String,
    comment: String,
    quoted: bool,
    had_quotes: bool,
    escaped: bool,
    in_angle: bool,
    had_angle: bool,
    /// An `@` stands outside angle brackets, so what comes is no group's name any more.
    has_at: bool,
    depth: usize,
}

impl Item {
    fn put(&mut self, c: char) {
        if self.depth > 0 {
            self.comment.push(c);
        } else if self.in_angle {
            self.angle.push(c);
        } else {
            self.has_at |= c == '@';
            self.text.push(c);
            if self.quoted && matches!(c, '"' | '\\') {
                self.text_raw.push('\\');
            }
            self.text_raw.push(c);
        }
    }
}

fn finish(item: Item, list: &mut RecipientList) {
    let raw = item.raw.trim();
    if raw.is_empty() {
        return;
    }
    let address = if item.had_angle {
        Address::new(Some(&item.text), &item.angle)
    } else {
        let email = if item.had_quotes { &item.text_raw } else { &item.text };
        Address::new(Some(item.comment.as_str()), email)
    };
    match address {
        Ok(address) if !item.quoted && !item.in_angle && item.depth == 0 => list.addresses.push(address),
        _ => list.invalid.push(super::one_line(raw)),
    }
}
