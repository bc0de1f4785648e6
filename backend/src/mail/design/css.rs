//! Style sheets of designed mails: rules with plain selectors, alone or within `@media`, are read and written out anew.
//! Nothing else is: no imports, no fonts, no addresses, and no character that could end the `style` element.

use crate::mail::sanitize::safe_style;

/// Largest style sheet, in octets.
const MAX_SHEET: usize = 128 * 1024;
/// Longest selector or condition, in octets.
const MAX_PRELUDE: usize = 400;

/// The style sheets of an HTML document, joined. Those in comments are for Outlook alone and are passed over.
pub fn sheets(document: &str) -> String {
    let lower = document.to_ascii_lowercase();
    let (mut joined, mut at) = (String::new(), 0_usize);
    while let Some(found) = lower.get(at..).and_then(|rest| rest.find(['<'])) {
        let start = at.saturating_add(found);
        let rest = lower.get(start..).unwrap_or_default();
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(lower.len(), |end| start.saturating_add(end).saturating_add(3));
        } else if rest.starts_with("<style") {
            let Some(open) = rest.find('>') else { break };
            let begin = start.saturating_add(open).saturating_add(1);
            let end = lower
                .get(begin..)
                .and_then(|rest| rest.find("</style"))
                .map_or(lower.len(), |end| begin.saturating_add(end));
            joined.push_str(document.get(begin..end).unwrap_or_default());
            joined.push('\n');
            at = end;
        } else {
            at = start.saturating_add(1);
        }
    }
    joined
}

/// What of a style sheet is harmless, in its order.
pub fn filter(sheet: &str) -> String {
    if sheet.len() > MAX_SHEET {
        return String::new();
    }
    let sheet = without_comments(sheet);
    let mut kept = String::new();
    for (prelude, body) in blocks(&sheet) {
        match prelude.strip_prefix("@media") {
            Some(condition) => {
                let Some(condition) = condition_of(condition) else { continue };
                let rules: String = blocks(body).filter_map(|(selector, body)| rule(selector, body)).collect();
                if !rules.is_empty() {
                    kept.push_str(&format!("@media {condition}{{{rules}}}"));
                }
            }
            None => kept.extend(rule(prelude, body)),
        }
    }
    kept
}

fn rule(selector: &str, body: &str) -> Option<String> {
    let selector = selector.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | ',' | '#' | ':' | '*' | '-' | '_');
    if selector.is_empty() || selector.len() > MAX_PRELUDE || !selector.chars().all(plain) || body.contains('{') {
        return None;
    }
    let declarations = safe_style(body);
    (!declarations.is_empty()).then(|| format!("{selector}{{{declarations}}}"))
}

fn condition_of(text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '(' | ')' | ':' | '-' | ',' | '.');
    (!text.is_empty() && text.len() <= MAX_PRELUDE && text.chars().all(plain) && !text.contains("url")).then_some(text)
}

fn without_comments(sheet: &str) -> String {
    let mut kept = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some((before, comment)) = rest.split_once("/*") {
        kept.push_str(before);
        kept.push(' ');
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

/// Pairs of what stands before a block and what is in it. Statements without a block are passed over.
fn blocks(sheet: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = sheet;
    std::iter::from_fn(move || {
        let (prelude, tail) = rest.split_once('{')?;
        let mut depth = 1_usize;
        let mut quote: Option<char> = None;
        let end = tail.find(|c| {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(c),
                (None, '{') => depth = depth.saturating_add(1),
                (None, '}') => depth = depth.saturating_sub(1),
                (None, _) => {}
            }
            depth == 0
        });
        let (body, after) = tail.split_at_checked(end.unwrap_or(tail.len()))?;
        rest = after.get(1..).unwrap_or_default();
        let prelude = prelude.rsplit([';', '}']).next().unwrap_or_default().trim();
        Some((prelude, body))
    })
}
