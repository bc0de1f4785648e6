//! Making the HTML of mail harmless: what strangers send, before it is shown; what agents write, before it is sent.
//!
//! ammonia builds the tree and keeps only known elements and attributes; every attribute that can load something or
//! change how the page lies on the screen is then decided here, value by value. Nothing may rewrite the result.

use std::{
    cell::Cell,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use super::{markup, text};

mod policy;
mod style;

use policy::Origin;

pub use policy::{QUOTE_CLASSES, QUOTE_IDS, SIGNATURE_CLASS};

/// What happens to pictures that lie on other servers.
#[derive(Clone, Copy)]
pub enum RemoteImages<'o> {
    /// They are left out and counted.
    Block,
    /// Each address is replaced by what this gives (a signed address of our own proxy), or left out.
    Proxy(&'o dyn Fn(&str) -> Option<String>),
}

/// How a received mail is to be shown.
#[derive(Clone, Copy)]
pub struct SanitizeOptions<'o> {
    /// The address under which an inline part is served, by its Content-ID without brackets; none when there is no
    /// such part.
    pub cid: &'o dyn Fn(&str) -> Option<String>,
    /// What happens to remote pictures.
    pub remote: RemoteImages<'o>,
}

/// HTML that runs nothing, loads nothing and covers nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sanitized {
    /// A fragment for the body of a page.
    pub html: String,
    /// Remote pictures left out.
    pub blocked_remote: u32,
    /// The HTML was too large or too intricate, and its words are shown instead.
    pub as_text: bool,
}

/// Cleans the HTML of a received mail.
///
/// No URL of another server is left in it except as the target of a link, and, with [`RemoteImages::Proxy`], none
/// that the proxy function did not make. Links open a new page that learns nothing of ours.
#[must_use]
pub fn sanitize(html: &str, options: &SanitizeOptions<'_>) -> Sanitized {
    let blocked = Cell::new(0_u32);
    let image = |source: &str| match policy::classify_source(source) {
        policy::Source::Cid(id) => (options.cid)(&id),
        policy::Source::Data(data) => Some(data),
        policy::Source::Remote(url) => {
            let proxied = match options.remote {
                RemoteImages::Block => None,
                RemoteImages::Proxy(rewrite) => rewrite(&url),
            };
            if proxied.is_none() {
                blocked.set(blocked.get().saturating_add(1));
            }
            proxied
        }
        policy::Source::Nothing => None,
    };
    let cleaned = clean(html, &image, Origin::Received);
    Sanitized {
        as_text: cleaned.is_none(),
        html: cleaned.unwrap_or_else(|| words(html)),
        blocked_remote: blocked.get(),
    }
}

/// Cleans what an agent wrote in the editor, or an administrator in a template, before it is sent or stored. Colours,
/// alignment, lists, tables, pictures by `cid:` and by `https:` stay; scripts, forms and foreign schemes go.
/// Placeholders like `${name}` pass, in links too.
#[must_use]
pub fn sanitize_outgoing(html: &str) -> String {
    clean(html, &outgoing_picture, Origin::Written).unwrap_or_else(|| words(html))
}

/// Cleans the body of a designed mail: as [`sanitize_outgoing`], and the classes that its style sheet names stay.
/// `image` gives the address of a picture of ours by the one that stands there; other pictures stay as they would in
/// what an agent writes.
#[must_use]
pub fn sanitize_design(html: &str, image: &dyn Fn(&str) -> Option<String>) -> String {
    let picture = |source: &str| image(source).or_else(|| outgoing_picture(source));
    clean(html, &picture, Origin::Designed).unwrap_or_else(|| words(html))
}

/// The target of a link in its plain spelling: `http`, `https`, `mailto` or `tel`, or none.
#[must_use]
pub fn safe_link(value: &str) -> Option<String> {
    policy::link(value)
}

/// The declarations of a style that are harmless; empty when none is.
#[must_use]
pub fn safe_style(declarations: &str) -> String {
    style::filter(declarations)
}

fn outgoing_picture(source: &str) -> Option<String> {
    match policy::classify_source(source) {
        policy::Source::Cid(id) => Some(format!("cid:{id}")),
        policy::Source::Data(data) => Some(data),
        policy::Source::Remote(url) => Some(url),
        policy::Source::Nothing => None,
    }
}

fn words(html: &str) -> String {
    text::text_to_html(&text::html_to_text(html))
}

/// None when the HTML is not worth building a tree of, or ammonia gave up.
fn clean(html: &str, image: &dyn Fn(&str) -> Option<String>, origin: Origin) -> Option<String> {
    if !markup::affordable(html) {
        return None;
    }
    let pictures = Arc::new(Pictures::new(html));
    let noted = Arc::clone(&pictures);
    let run = || {
        let mut builder = policy::builder(origin);
        builder.attribute_filter(move |element, attribute, value| {
            if policy::is_picture(element, attribute) {
                return Some(noted.note(value).into());
            }
            policy::filter(element, attribute, value, origin)
        });
        builder.clean(html).to_string()
    };
    let cleaned = catch_unwind(AssertUnwindSafe(run)).ok()?;
    Some(pictures.fill_in(cleaned, image))
}

/// The sources of pictures met while cleaning. ammonia's filter must own what it uses, so it cannot ask the caller;
/// it leaves a mark for each source, and the marks are replaced by the caller's answers in the finished HTML.
///
/// A mark holds a digest of the whole input: no mail can contain its own.
struct Pictures {
    mark: String,
    sources: Mutex<Vec<String>>,
}

impl Pictures {
    fn new(html: &str) -> Self {
        let mut first = DefaultHasher::new();
        html.hash(&mut first);
        let mut second = DefaultHasher::new();
        (first.finish(), html).hash(&mut second);
        Self { mark: format!("cid:posta-{:016x}{:016x}-", first.finish(), second.finish()), sources: Mutex::default() }
    }

    fn note(&self, source: &str) -> String {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.push(source.to_owned());
        format!("{}{};", self.mark, sources.len() - 1)
    }

    fn fill_in(&self, html: String, image: &dyn Fn(&str) -> Option<String>) -> String {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if sources.is_empty() {
            return html;
        }
        let mut filled = String::with_capacity(html.len());
        let mut pieces = html.split(self.mark.as_str());
        filled.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let (number, rest) = piece.split_once(';').unwrap_or((piece, ""));
            let source = number.parse::<usize>().ok().and_then(|number| sources.get(number));
            match source.and_then(|source| image(source)) {
                Some(address) => {
                    filled.push_str(&text::escape_html(&address));
                    filled.push_str(rest);
                }
                // Without an answer the whole attribute goes: its name and opening quote stand before the mark.
                None => {
                    let start = filled.rfind(' ').unwrap_or(filled.len());
                    filled.truncate(start);
                    filled.push_str(rest.strip_prefix('"').unwrap_or(rest));
                }
            }
        }
        filled
    }
}

#[cfg(test)]
mod tests;
