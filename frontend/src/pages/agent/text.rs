//! Plain-text mail: readable lines, links that can be followed, the quoted part folded.

use crate::i18n::{txt, use_i18n};
use leptos::prelude::*;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text.
    Text(String),
    /// An address that can be followed.
    Link(String),
}

/// Cuts text into words and links. Only `http` and `https` become links.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = next_link(rest) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')).unwrap_or(from.len());
        let (whole, _) = from.split_at(end);
        // A sentence's end belongs to the sentence.
        let link = whole.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'']);
        if !before.is_empty() {
            out.push(Piece::Text(before.to_string()));
        }
        out.push(Piece::Link(link.to_string()));
        rest = from.split_at(link.len()).1;
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest.to_string()));
    }
    out
}

fn next_link(text: &str) -> Option<usize> {
    ["https://", "http://"]
        .iter()
        .flat_map(|scheme| text.match_indices(scheme).map(move |(at, _)| (at, scheme.len())))
        .filter(|(at, len)| text.split_at(at + len).1.starts_with(|c: char| c.is_alphanumeric() || c == '['))
        .map(|(at, _)| at)
        .min()
}

/// Splits text where its quoted part begins, counted in characters.
pub fn split_quote(text: &str, quote_at: Option<u32>) -> (String, Option<String>) {
    let Some(at) = quote_at.and_then(|at| usize::try_from(at).ok()) else { return (text.trim_end().to_string(), None) };
    let own: String = text.chars().take(at).collect();
    let quoted: String = text.chars().skip(at).collect();
    if quoted.trim().is_empty() {
        (text.trim_end().to_string(), None)
    } else {
        (own.trim_end().to_string(), Some(quoted))
    }
}

/// A plain-text mail.
#[component]
pub fn PlainText(
    /// Text.
    text: String,
    /// Where its quoted part begins.
    quote_at: Option<u32>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (own, quoted) = split_quote(&text, quote_at);
    // A mail that is nothing but a quotation is shown as it is.
    let fold = !own.trim().is_empty();
    view! {
        <div class="plain">
            <div class="plain-text" dir="auto">{linked(&own)}</div>
            {quoted
                .map(|quoted| {
                    view! {
                        <details class="quoted" open=!fold>
                            <summary aria-label=txt!(i18n, inbox.quoted) data-tip=txt!(i18n, inbox.quoted)>"•••"</summary>
                            <div class="plain-text plain-quote" dir="auto">{linked(quoted.trim_end())}</div>
                        </details>
                    }
                })}
        </div>
    }
}

fn linked(text: &str) -> impl IntoView + use<> {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.into_any(),
            Piece::Link(href) => {
                let text = href.clone();
                view! { <a href=href target="_blank" rel="noopener noreferrer">{text}</a> }.into_any()
            }
        })
        .collect_view()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_end_before_the_sentence_does() {
        let found = pieces("See https://example.com/a?b=1, or (http://x.es).");
        assert_eq!(
            found,
            [
                Piece::Text("See ".into()),
                Piece::Link("https://example.com/a?b=1".into()),
                Piece::Text(", or (".into()),
                Piece::Link("http://x.es".into()),
                Piece::Text(").".into()),
            ]
        );
        assert_eq!(pieces("javascript:alert(1) https://"), [Piece::Text("javascript:alert(1) https://".into())]);
    }

    #[test]
    fn quotes_split_by_characters_not_bytes() {
        let text = "¡Sí!\n> antes";
        assert_eq!(split_quote(text, Some(5)), ("¡Sí!".into(), Some("> antes".into())));
        assert_eq!(split_quote("hola", Some(99)), ("hola".into(), None));
        assert_eq!(split_quote("hola", None), ("hola".into(), None));
    }
}
