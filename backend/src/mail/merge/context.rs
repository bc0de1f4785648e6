//! Where in HTML a variable stands.

/// The place, which decides how a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Between elements.
    Words,
    /// In an attribute that is only read.
    Attribute,
    /// At the beginning of an address.
    LinkStart,
    /// Further on in an address.
    LinkRest {
        /// It is a mailbox's, in which an at sign is what it is.
        keep_at: bool,
    },
    /// In a style.
    Style,
    /// In a tag, outside any attribute's value.
    Tag,
}

/// Reads HTML piece by piece and knows where it is.
#[derive(Debug, Default)]
pub struct Context {
    state: State,
    /// Of the attribute that is being read, in lower case.
    name: String,
    /// Beginning of its value.
    begun: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Words,
    /// A `<` was the last character.
    Opened,
    Tag,
    /// Behind an attribute's equals sign.
    Equals,
    Value(char),
}

/// As much of a value as its kind is known by.
const ENOUGH: usize = 16;

impl Context {
    /// Reads on.
    pub fn read(&mut self, html: &str) {
        for c in html.chars() {
            self.state = match (self.state, c) {
                (State::Words, '<') => State::Opened,
                (State::Words, _) => State::Words,
                (State::Opened, c) if c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?') => State::Tag,
                (State::Opened, '<') => State::Opened,
                (State::Opened, _) => State::Words,
                (State::Tag | State::Equals, '>') => {
                    self.name.clear();
                    State::Words
                }
                (State::Tag, '=') => {
                    self.begun.clear();
                    State::Equals
                }
                (State::Tag, c) => {
                    if c.is_whitespace() || c == '/' {
                        self.name.clear();
                    } else if self.name.len() < 64 {
                        self.name.extend(c.to_lowercase());
                    }
                    State::Tag
                }
                (State::Equals, quote @ ('"' | '\'')) => State::Value(quote),
                (State::Equals, c) if c.is_whitespace() => State::Equals,
                (State::Equals, _) => State::Tag,
                (State::Value(quote), c) if c == quote => {
                    self.name.clear();
                    State::Tag
                }
                (state @ State::Value(_), c) => {
                    if self.begun.len() < ENOUGH {
                        self.begun.extend(c.to_lowercase());
                    }
                    state
                }
            };
        }
    }

    /// A value was written here: an address that began with one goes on behind it.
    pub fn passed_value(&mut self) {
        if matches!(self.state, State::Value(_)) && self.begun.trim().is_empty() {
            self.begun.push('?');
        }
    }

    /// Where it is.
    pub fn place(&self) -> Place {
        match self.state {
            State::Words => Place::Words,
            State::Opened | State::Tag | State::Equals => Place::Tag,
            State::Value(_) => match self.name.as_str() {
                "href" | "src" | "background" | "action" | "cite" | "poster" if self.begun.trim().is_empty() => {
                    Place::LinkStart
                }
                "href" | "src" | "background" | "action" | "cite" | "poster" => {
                    Place::LinkRest { keep_at: self.begun.trim_start().starts_with("mailto:") }
                }
                "style" => Place::Style,
                _ => Place::Attribute,
            },
        }
    }
}
