//! Between text and HTML, and where the quoted part of an answer begins.

use std::panic::{AssertUnwindSafe, catch_unwind};

use html2text::config;

use super::markup;

mod decorate;
mod flowed;
mod quoted;

pub use flowed::unflow;
pub use quoted::{html_quote_start, quote_start};

/// Columns of the text made from HTML for a mail's plain alternative.
const PLAIN_WIDTH: usize = 76;

/// The words of HTML for reading and searching: no link targets, no picture names, tables cell by cell.
#[must_use]
pub fn html_to_text(html: &str) -> String {
    markup::words(html)
}

/// The plain-text alternative of HTML that we send: wrapped, lists and quotes marked, link targets in angle brackets
/// behind their text.
#[must_use]
pub fn html_to_plain(html: &str) -> String {
    if !markup::affordable(html) {
        return markup::words(html);
    }
    let rendered = catch_unwind(AssertUnwindSafe(|| {
        config::with_decorator(decorate::Words::default())
            .raw_mode(true)
            .allow_width_overflow()
            .no_link_wrapping()
            .string_from_read(html.as_bytes(), PLAIN_WIDTH)
    }));
    match rendered {
        Ok(Ok(text)) => tidy(&text),
        _ => markup::words(html),
    }
}

/// No blanks at line ends, at most one empty line in a row, none at the ends.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !tidy.is_empty() {
            tidy.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        tidy.extend(line.chars().filter(|c| {
            !c.is_control() && !matches!(c, '\u{200b}' | '\u{200c}' | '\u{feff}' | '\u{34f}') || *c == '\t'
        }));
    }
    tidy
}

/// Text as HTML: escaped, blank lines part paragraphs, web and mail addresses become links.
#[must_use]
pub fn text_to_html(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut html = String::with_capacity(text.len() + text.len() / 4);
    for paragraph in text.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')).filter(|p| !p.trim().is_empty()) {
        html.push_str("<p>");
        for (number, line) in paragraph.split('\n').enumerate() {
            if number > 0 {
                html.push_str("<br>\n");
            }
            push_line(&mut html, line);
        }
        html.push_str("</p>\n");
    }
    html
}

/// Escapes text for HTML content and quoted attributes.
#[must_use]
pub fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    push_escaped(&mut escaped, text);
    escaped
}

fn push_escaped(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\0' => {}
            c => html.push(c),
        }
    }
}

fn push_line(html: &mut String, line: &str) {
    let indent = line.len() - line.trim_start_matches(' ').len();
    for _ in 0..indent {
        html.push_str("&nbsp;");
    }
    for (number, word) in line.trim_start_matches(' ').split(' ').enumerate() {
        if number > 0 {
            html.push(' ');
        }
        push_word(html, word);
    }
}

fn push_word(html: &mut String, word: &str) {
    let core = word.trim_start_matches(['(', '<', '[', '"', '\'', '«', '“', '¿', '¡']);
    let core = core.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '>', ']', '"', '\'', '»', '”']);
    let href = if core.starts_with("https://") || core.starts_with("http://") {
        Some(core.to_owned())
    } else if core.starts_with("www.") && core.len() > 6 {
        Some(format!("https://{core}"))
    } else if core.contains('@') && super::address::validate(core).is_ok() {
        Some(format!("mailto:{core}"))
    } else {
        None
    };
    let Some((href, (before, after))) = href.filter(|href| href.len() > 8).zip(word.split_once(core)) else {
        push_escaped(html, word);
        return;
    };
    push_escaped(html, before);
    html.push_str("<a href=\"");
    push_escaped(html, &href);
    html.push_str("\">");
    push_escaped(html, core);
    html.push_str("</a>");
    push_escaped(html, after);
}

/// The first words of a text on one line, for lists: at most `max_chars` characters, cut at a word where that leaves
/// most of it.
#[must_use]
pub fn snippet(text: &str, max_chars: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if count + length + usize::from(count > 0) > max_chars {
            if count < max_chars / 2 {
                if count > 0 {
                    line.push(' ');
                    count += 1;
                }
                line.extend(word.chars().take(max_chars.saturating_sub(count + 1)));
            }
            line.push('…');
            return line;
        }
        if count > 0 {
            line.push(' ');
            count += 1;
        }
        line.extend(word.chars().filter(|c| !super::address::is_forbidden(*c)));
        count += length;
    }
    line
}

#[cfg(test)]
mod tests;
