//! Designed mails: what an administrator wrote as HTML or MJML, made harmless and ready to be sent.
//!
//! The style sheet and the body are cleaned apart, each by what knows it: the body by ammonia, which never sees a
//! `style` element; the style sheet by `css`, which writes out anew what it understood and nothing else. Both are put
//! side by side in the finished mail, and nothing rewrites them after.

use super::{
    markup,
    sanitize::sanitize_design,
    text::{escape_html, html_to_plain},
};
use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

mod css;
mod depth;
#[cfg(test)]
mod tests;

/// A clean designed mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Design {
    /// Style sheet.
    pub css: String,
    /// Body.
    pub html: String,
}

/// Why MJML cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MjmlError {
    /// It is not well formed, or has elements where they do not belong.
    #[error("{0}")]
    Faulty(String),
    /// It is too large, or too deeply nested.
    #[error("it is too large or too deeply nested")]
    TooLarge,
}

/// Largest MJML, in octets.
const MAX_MJML: usize = 512 * 1024;
/// Room for the renderer, which calls itself for each level.
const STACK: usize = 32 * 1024 * 1024;

/// Renders MJML to an HTML document, not yet clean. Nothing is loaded: no includes, no fonts, no icons.
///
/// # Errors
/// See [`MjmlError`].
pub fn render_mjml(source: &str) -> Result<String, MjmlError> {
    if source.len() > MAX_MJML || !depth::affordable(source) {
        return Err(MjmlError::TooLarge);
    }
    let gave_up = || MjmlError::Faulty("the renderer gave up".into());
    let work = || {
        let parsed = mrml::parse(source).map_err(|error| MjmlError::Faulty(error.to_string()))?;
        let options = mrml::prelude::render::RenderOptions {
            disable_comments: true,
            social_icon_origin: Some("".into()),
            fonts: HashMap::new(),
        };
        parsed.element.render(&options).map_err(|error| MjmlError::Faulty(error.to_string()))
    };
    let caught = || catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(gave_up()));
    std::thread::scope(|scope| {
        let renderer = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, caught);
        renderer.map_err(|_| gave_up())?.join().unwrap_or_else(|_| Err(gave_up()))
    })
}

/// Cleans an HTML document or fragment. `image` gives the address of a picture of ours by the one that stands there.
#[must_use]
pub fn clean(document: &str, image: &dyn Fn(&str) -> Option<String>) -> Design {
    Design { css: css::filter(&css::sheets(document)), html: sanitize_design(document, image) }
}

impl Design {
    /// The body with pictures of ours at other addresses: cleaned once more, with those.
    #[must_use]
    pub fn with_images(&self, image: &dyn Fn(&str) -> Option<String>) -> Self {
        Self { css: self.css.clone(), html: sanitize_design(&self.html, image) }
    }

    /// The whole mail as a document. What `below` holds is clean HTML that stands under the body.
    #[must_use]
    pub fn document(&self, title: &str, below: &str) -> String {
        let style = if self.css.is_empty() { String::new() } else { format!("<style>{}</style>", self.css) };
        format!(
            "<!doctype html><html><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{}</title>{style}</head>\
             <body style=\"margin:0;padding:0\">{}{below}</body></html>",
            escape_html(title),
            self.html,
        )
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        html_to_plain(&self.html)
    }

    /// Addresses of its pictures, each once.
    #[must_use]
    pub fn pictures(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for tag in tags(&self.html) {
            let source = attribute(tag, "src").or_else(|| attribute(tag, "background"));
            if let Some(source) = source.map(|source| source.replace("&amp;", "&"))
                && !found.contains(&source)
            {
                found.push(source);
            }
        }
        found
    }

    /// How many pictures say nothing to those who do not see them.
    #[must_use]
    pub fn mute_pictures(&self) -> usize {
        let mute = |tag: &&str| tag.starts_with("img") && attribute(tag, "alt").is_none();
        tags(&self.html).filter(mute).count()
    }
}

/// Insides of the opening tags of clean HTML, which quotes every value and escapes quotes in it.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter(|tag| tag.starts_with(|c: char| c.is_ascii_lowercase())).map(|tag| {
        let mut quoted = false;
        let end = tag.find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        end.and_then(|end| tag.get(..end)).unwrap_or(tag)
    })
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// Whether the HTML is worth building a tree of; what is not is sent as its words.
#[must_use]
pub fn affordable(document: &str) -> bool {
    markup::affordable(document)
}
