//! Reading a command with its literals (RFC 3501 §4.3, RFC 7888).

use std::io;

use super::Session;
use crate::imap::literal_at_end;

/// A command as it was read.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) tag: String,
    /// The command's name in upper case; `UID FETCH` is one.
    pub(super) name: String,
    /// The arguments: quotes removed, lists in brackets as they stand, literals as text.
    pub(super) arguments: Vec<String>,
    /// The last literal, octet for octet.
    pub(super) literal: Option<Vec<u8>>,
    /// The whole line without tag and literals, in upper case: what rules look at.
    pub(super) upper: String,
}

impl Session<'_> {
    /// The next command; `None` for a line that is none.
    pub(super) fn read_command(&mut self) -> io::Result<Option<Command>> {
        let mut text = String::new();
        let mut arguments = Vec::new();
        let mut literal = None;
        loop {
            let line = self.wire.read_text()?;
            let Some((before, length)) = literal_at_end(&line) else {
                text.push_str(&line);
                arguments.extend(words(&line));
                break;
            };
            if !line.ends_with("+}") {
                self.wire.write(b"+ go on\r\n")?;
            }
            text.push_str(before);
            arguments.extend(words(before));
            let bytes = self.wire.read_bytes(length)?;
            arguments.push(String::from_utf8_lossy(&bytes).into_owned());
            literal = Some(bytes);
        }
        let mut arguments = arguments.into_iter();
        let (Some(tag), Some(name)) = (arguments.next(), arguments.next()) else { return Ok(None) };
        let mut name = name.to_ascii_uppercase();
        if name == "UID"
            && let Some(next) = arguments.next()
        {
            name = format!("UID {}", next.to_ascii_uppercase());
        }
        let upper = text.split_once(' ').map_or_else(String::new, |(_, rest)| rest.to_ascii_uppercase());
        Ok(Some(Command { tag, name, arguments: arguments.collect(), literal, upper }))
    }
}

/// Splits at blanks, except within quotes, round and square brackets.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut depth, mut quoted, mut escaped, mut any) = (0_u32, false, false, false);
    for letter in line.chars() {
        if escaped {
            escaped = false;
            word.push(letter);
            continue;
        }
        match letter {
            '\\' if quoted => escaped = true,
            '"' if depth == 0 => {
                quoted = !quoted;
                any = true;
            }
            '(' | '[' if !quoted => {
                depth += 1;
                word.push(letter);
            }
            ')' | ']' if !quoted => {
                depth = depth.saturating_sub(1);
                word.push(letter);
            }
            ' ' if !quoted && depth == 0 => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            _ => word.push(letter),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
}
