//! Reports written for people: qmail, Exim, old Exchange, and whoever else says it in words.

use super::{Action, MAX_RECIPIENTS, RecipientReport};
use crate::mail::{
    address::{fold, one_line, validate},
    headers::message_ids,
    message::ParsedMail,
    smtp::Enhanced,
};

/// Where the returned mail begins.
const COPY_MARKS: [&str; 8] = [
    "--- below this line",
    "------ this is a copy",
    "--- the header of the original",
    "--- original message",
    "-----original message",
    "original message headers:",
    "--- undelivered message follows",
    "----- unsent message follows",
];

/// The recipients a report in prose names, with the words about each.
pub fn recipients(mail: &ParsedMail) -> Vec<RecipientReport> {
    let notice = notice(&mail.text);
    let lower = notice.to_lowercase();
    let passing = ["will be retried", "not yet been", "delayed", "still being", "will keep trying", "warning message"];
    let delayed = passing.iter().any(|phrase| lower.contains(phrase)) && !lower.contains("permanent");
    let mut found = named(notice, delayed);
    for address in mail.headers.all("x-failed-recipients").flat_map(|value| value.split(',')) {
        push(&mut found, address, notice, delayed);
    }
    found.truncate(MAX_RECIPIENTS);
    found
}

/// The Message-ID in a copy of the mail that stands in the text.
pub fn message_id(text: &str) -> Option<String> {
    let copy = text.get(notice(text).len()..)?;
    let line = copy.lines().find(|line| line.get(..11).is_some_and(|name| name.eq_ignore_ascii_case("message-id:")))?;
    message_ids(line.get(11..)?, 1).pop()
}

/// The text before the returned mail.
fn notice(text: &str) -> &str {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let lower = line.trim_start().to_lowercase();
        if COPY_MARKS.iter().any(|mark| lower.starts_with(mark)) {
            return text.get(..offset).unwrap_or(text);
        }
        offset += line.len();
    }
    text
}

/// Addresses at the beginning of a line, with what stands behind and below them.
fn named(notice: &str, delayed: bool) -> Vec<RecipientReport> {
    let lines: Vec<&str> = notice.lines().collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some((address, rest)) = leading_address(line.trim()) else { continue };
        let below = lines
            .iter()
            .skip(number + 1)
            .take(6)
            .take_while(|line| !line.trim().is_empty() && leading_address(line.trim()).is_none());
        let words: Vec<&str> = std::iter::once(rest).chain(below.map(|line| line.trim())).collect();
        push(&mut found, address, &words.join(" "), delayed);
        if found.len() >= MAX_RECIPIENTS {
            break;
        }
    }
    found
}

fn leading_address(line: &str) -> Option<(&str, &str)> {
    let (address, rest) = match line.strip_prefix('<') {
        Some(rest) => rest.split_once('>')?,
        None => line.split_once([':', ' ']).unwrap_or((line, "")),
    };
    (address.contains('@') && validate(address).is_ok()).then(|| (address, rest.trim_start_matches([':', ' '])))
}

fn push(found: &mut Vec<RecipientReport>, address: &str, words: &str, delayed: bool) {
    let address = fold(address);
    if validate(&address).is_err() || found.iter().any(|known| known.final_recipient == address) {
        return;
    }
    let diagnostic: String = one_line(words).chars().take(500).collect();
    let status = status(&diagnostic);
    let action =
        if delayed || status.is_some_and(|status| status.class == 4) { Action::Delayed } else { Action::Failed };
    found.push(RecipientReport { final_recipient: address, original_recipient: None, action, status, diagnostic });
}

/// The first status code in the words, or what a bare reply code says of the class.
fn status(words: &str) -> Option<Enhanced> {
    let enhanced = |word: &str| word.contains('.').then(|| Enhanced::find(word)).flatten();
    words.split(' ').find_map(enhanced).or_else(|| {
        let code =
            words.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 3 && word.starts_with(['4', '5']))?;
        let class = if code.starts_with('4') { 4 } else { 5 };
        Some(Enhanced { class, subject: 0, detail: 0 })
    })
}
