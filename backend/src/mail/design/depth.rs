//! How deep MJML is nested, told before it is parsed: the parser calls itself for each level.

/// Deepest nesting that is rendered. Designs have some ten levels.
const MAX_DEPTH: usize = 100;
/// Elements that hold nothing, in HTML within MJML.
const VOID: [&str; 9] = ["area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"];

/// Whether it is nested little enough. Reads tags as an XML tokenizer does: closing tags within comments, sections of
/// characters and quotes count for nothing.
pub fn affordable(source: &str) -> bool {
    let mut depth = 0_usize;
    let mut rest = source;
    while let Some((_, tail)) = rest.split_once('<') {
        if let Some(inside) = tail.strip_prefix("!--") {
            rest = inside.split_once("-->").map_or("", |(_, after)| after);
        } else if let Some(inside) = tail.strip_prefix("![CDATA[") {
            rest = inside.split_once("]]>").map_or("", |(_, after)| after);
        } else if tail.starts_with(['!', '?']) {
            rest = tail.split_once('>').map_or("", |(_, after)| after);
        } else {
            let end = end_of_tag(tail);
            let (tag, after) = tail.split_at_checked(end).unwrap_or((tail, ""));
            rest = after;
            let name = tag.split(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).next().unwrap_or("");
            if tag.starts_with('/') {
                depth = depth.saturating_sub(1);
            } else if !tag.ends_with('/') && !VOID.contains(&name.to_ascii_lowercase().as_str()) {
                depth = depth.saturating_add(1);
            }
            if depth > MAX_DEPTH {
                return false;
            }
        }
    }
    true
}

fn end_of_tag(tag: &str) -> usize {
    let mut quote: Option<char> = None;
    let end = tag.find(|c| match (quote, c) {
        (Some(open), c) => {
            if c == open {
                quote = None;
            }
            false
        }
        (None, '"' | '\'') => {
            quote = Some(c);
            false
        }
        (None, c) => c == '>',
    });
    end.unwrap_or(tag.len())
}
