//! Which elements, attributes and addresses HTML in mail may keep.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use ammonia::{Builder, UrlRelative};

use super::style;

/// Classes by which mailers mark a quoted mail; with [`SIGNATURE_CLASS`] the only ones kept.
pub const QUOTE_CLASSES: [&str; 8] = [
    "gmail_quote",
    "gmail_attr",
    "moz-cite-prefix",
    "yahoo_quoted",
    "protonmail_quote",
    "tutanota_quote",
    "posta-quote",
    "posta-attribution",
];
/// Class of a signature in what an agent writes, by which the page finds it.
pub const SIGNATURE_CLASS: &str = "posta-signature";
/// Ids by which Outlook marks a quoted mail; the only ones kept.
pub const QUOTE_IDS: [&str; 3] = ["divRplyFwdMsg", "appendonsend", "mail-editor-reference-message-container"];

const TAGS: [&str; 66] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "tr",
    "u",
];
const MORE_TAGS: [&str; 7] = ["tfoot", "thead", "time", "tt", "ul", "var", "wbr"];
/// Elements that vanish with all they hold.
const SILENT_TAGS: [&str; 14] = [
    "script", "style", "title", "head", "noscript", "template", "iframe", "object", "applet", "svg", "math", "select",
    "textarea", "noembed",
];
const GENERIC_ATTRIBUTES: [&str; 8] = ["align", "bgcolor", "class", "dir", "id", "lang", "style", "title"];
const TABLE_ATTRIBUTES: [&str; 12] = [
    "background",
    "border",
    "bordercolor",
    "cellpadding",
    "cellspacing",
    "colspan",
    "height",
    "nowrap",
    "rowspan",
    "span",
    "valign",
    "width",
];

/// Where HTML comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A stranger's mail.
    Received,
    /// An agent's editor.
    Written,
    /// A template of ours, whose own style sheet goes along.
    Designed,
}

/// ammonia with everything that is not a matter of single values.
pub fn builder(origin: Origin) -> Builder<'static> {
    let mut attributes: HashMap<&str, HashSet<&str>> = HashMap::new();
    for table in ["table", "tbody", "thead", "tfoot", "tr", "td", "th", "col", "colgroup"] {
        attributes.insert(table, TABLE_ATTRIBUTES.into());
    }
    attributes.insert("a", ["href"].into());
    attributes.insert("img", ["src", "alt", "width", "height", "border", "hspace", "vspace"].into());
    attributes.insert("font", ["color", "face", "size"].into());
    attributes.insert("hr", ["size", "width", "noshade", "color"].into());
    attributes.insert("ol", ["start", "type", "reversed"].into());
    attributes.insert("ul", ["type"].into());
    attributes.insert("li", ["value", "type"].into());
    attributes.insert("blockquote", ["type"].into());
    attributes.insert("div", ["width", "height"].into());
    attributes.insert("details", ["open"].into());
    let mut generic: HashSet<&str> = GENERIC_ATTRIBUTES.into();
    if origin == Origin::Designed {
        generic.extend(["role", "aria-label"]);
    }
    let mut builder = Builder::empty();
    builder
        .tags(TAGS.iter().chain(&MORE_TAGS).copied().collect())
        .clean_content_tags(SILENT_TAGS.into())
        .generic_attributes(generic)
        .tag_attributes(attributes)
        // Relative addresses pass here only to be judged by `filter`.
        .url_relative(UrlRelative::PassThrough)
        .url_schemes(["http", "https", "mailto", "tel", "cid", "data"].into())
        .strip_comments(true);
    if origin == Origin::Received {
        builder.link_rel(Some("noopener noreferrer")).set_tag_attribute_value("a", "target", "_blank");
    } else {
        builder.link_rel(None);
    }
    builder
}

/// Whether an attribute names a picture that is loaded with the page.
pub fn is_picture(element: &str, attribute: &str) -> bool {
    attribute == "background" || (element == "img" && attribute == "src")
}

/// Decides about one attribute that is no picture: its value, changed or not, or none to drop it.
pub fn filter<'v>(element: &str, attribute: &str, value: &'v str, origin: Origin) -> Option<Cow<'v, str>> {
    match attribute {
        "href" if element == "a" => {
            if origin != Origin::Received && value.trim_start().starts_with("${") {
                return Some(Cow::Borrowed(value));
            }
            link(value).map(Cow::Owned)
        }
        "href" | "src" => None,
        "style" => {
            let kept = style::filter(value);
            (!kept.is_empty()).then_some(Cow::Owned(kept))
        }
        "class" => {
            let kept: Vec<&str> = value.split_ascii_whitespace().filter(|class| is_kept(class, origin)).collect();
            (!kept.is_empty()).then(|| Cow::Owned(kept.join(" ")))
        }
        "role" => matches!(value, "presentation" | "none" | "img" | "article").then_some(Cow::Borrowed(value)),
        "id" => QUOTE_IDS.contains(&value).then_some(Cow::Borrowed(value)),
        _ => Some(Cow::Borrowed(value)),
    }
}

fn is_kept(class: &str, origin: Origin) -> bool {
    // A design's classes are those of its own style sheet, which stands in its own mail.
    let plain = || class.len() <= 64 && class.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    QUOTE_CLASSES.contains(&class) || class == SIGNATURE_CLASS || (origin == Origin::Designed && plain())
}

/// Where a picture comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum Source {
    /// A part of the same mail, by its Content-ID.
    Cid(String),
    /// The picture itself, of a harmless type.
    Data(String),
    /// Another server; the address in its plain spelling.
    Remote(String),
    /// Nothing that may be loaded.
    Nothing,
}

/// Reads the address of a picture as a browser would (WHATWG URL): blanks around it and tabs and line breaks within
/// do not count, backslashes are slashes, `//host` takes the page's scheme.
pub fn classify_source(value: &str) -> Source {
    let address = plain_spelling(value);
    let Some((scheme, rest)) = split_scheme(&address) else {
        return match without_slashes(&address) {
            Some(host) if starts_with_two_slashes(&address) => Source::Remote(format!("https://{host}")),
            _ => Source::Nothing,
        };
    };
    match scheme.as_str() {
        "cid" => {
            let id = percent_decoded(rest);
            let id = id.trim().trim_matches(['<', '>']);
            if id.is_empty() { Source::Nothing } else { Source::Cid(id.to_owned()) }
        }
        "data" if harmless_data(rest) => Source::Data(format!("data:{rest}")),
        "http" | "https" => match without_slashes(rest) {
            Some(host) => Source::Remote(format!("{scheme}://{host}")),
            None => Source::Nothing,
        },
        _ => Source::Nothing,
    }
}

/// The target of a link in its plain spelling, or none when it is not one that may be followed.
pub fn link(value: &str) -> Option<String> {
    let address = plain_spelling(value);
    let Some((scheme, rest)) = split_scheme(&address) else {
        return starts_with_two_slashes(&address)
            .then(|| without_slashes(&address).map(|host| format!("https://{host}")))
            .flatten();
    };
    match scheme.as_str() {
        "http" | "https" => without_slashes(rest).map(|host| format!("{scheme}://{host}")),
        "mailto" | "tel" => Some(format!("{scheme}:{rest}")),
        _ => None,
    }
}

fn plain_spelling(value: &str) -> String {
    let kept: String = value.chars().filter(|c| !matches!(c, '\t' | '\r' | '\n')).collect();
    kept.trim_matches(|c: char| c <= ' ').to_owned()
}

fn split_scheme(address: &str) -> Option<(String, &str)> {
    let (scheme, rest) = address.split_once(':')?;
    let valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    valid.then(|| (scheme.to_ascii_lowercase(), rest))
}

fn starts_with_two_slashes(address: &str) -> bool {
    address.chars().take(2).filter(|c| matches!(c, '/' | '\\')).count() == 2
}

/// The part behind any slashes; none when no host begins there.
fn without_slashes(rest: &str) -> Option<&str> {
    let host = rest.trim_start_matches(['/', '\\']);
    host.starts_with(|c: char| c.is_alphanumeric() || c == '[' || c == '$').then_some(host)
}

/// A bitmap in base64: types that browsers decode without running anything.
fn harmless_data(rest: &str) -> bool {
    let Some((kind, data)) = rest.split_once(',') else { return false };
    let kind = kind.to_ascii_lowercase();
    let known = ["image/png", "image/gif", "image/jpeg", "image/jpg", "image/webp"];
    kind.strip_suffix(";base64").is_some_and(|media| known.contains(&media.trim()))
        && data.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b' '))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let hex = |digit: Option<u8>| digit.and_then(|digit| char::from(digit).to_digit(16));
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.extend(u8::try_from(high * 16 + low));
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
