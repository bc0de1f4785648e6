//! What HTML would cost to turn into a tree, known before anybody builds it.
//!
//! The tree builder of the HTML standard is not linear: unclosed formatting elements are copied into every block that
//! follows, each tag may search the stack of open elements, and each attribute is compared with its neighbours. Mail that
//! was made to exploit this is shown as text instead. The scan below is one pass and errs towards too high an estimate.

mod entities;

/// HTML longer than this, in bytes, is shown as text.
pub const MAX_HTML_BYTES: usize = 2 * 1024 * 1024;

const MAX_TAGS: usize = 120_000;
const MAX_DEPTH: usize = 600;
const MAX_DEPTH_SUM: usize = 20_000_000;
const MAX_COPIES: usize = 100_000;
const MAX_ATTRIBUTES_OF_A_TAG: usize = 500;

const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Elements that never hold others, or that the next of their kind closes: leaving them open makes nothing deeper.
const SELF_CLOSING: [&str; 29] = [
    "area", "base", "basefont", "body", "br", "col", "colgroup", "dd", "dt", "embed", "head", "hr", "html", "img",
    "input", "li", "link", "meta", "option", "p", "param", "source", "tbody", "td", "tfoot", "th", "thead", "tr",
    "wbr",
];
const RAW_TEXT: [&str; 9] =
    ["iframe", "noembed", "noframes", "plaintext", "script", "style", "textarea", "title", "xmp"];

/// Whether the tree of this HTML stays small: in size, in depth and in the work of building it.
#[must_use]
pub fn affordable(html: &str) -> bool {
    if html.len() > MAX_HTML_BYTES {
        return false;
    }
    let mut estimate = Estimate::default();
    let mut scanner = Scanner { rest: html.as_bytes() };
    while let Some(token) = scanner.next_token() {
        if !estimate.add(&token) {
            return false;
        }
    }
    true
}

/// The words of HTML without a tree, in one pass: blocks become lines, cells are parted by blanks, scripts and styles
/// vanish. Ten times as fast as [`super::text::html_to_plain`], and good for any HTML, however large or deep.
#[must_use]
pub fn words(html: &str) -> String {
    let mut text = Words::default();
    let mut scanner = Scanner { rest: html.as_bytes() };
    let mut silent: Option<&str> = None;
    loop {
        let before = scanner.rest;
        let token = scanner.next_token();
        let passed = token.as_ref().map_or(before.len(), |token| token.text_before);
        if silent.is_none() {
            text.push(&String::from_utf8_lossy(before.get(..passed).unwrap_or_default()));
        }
        let Some(token) = token else { break };
        match (silent, token.kind) {
            (None, Kind::Start) if SILENT.contains(&token.name.as_str()) => {
                silent = SILENT.iter().find(|name| **name == token.name).copied();
            }
            (Some(name), Kind::End) if name == token.name => silent = None,
            (None, Kind::Start | Kind::End) => match token.name.as_str() {
                "td" | "th" | "img" => text.blank = true,
                "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "ul" | "ol" | "blockquote" => text.lines = 2,
                "br" => text.lines = (text.lines + 1).min(2),
                name if FORMATTING.contains(&name) || name == "span" => {}
                _ => text.lines = text.lines.max(1),
            },
            _ => {}
        }
    }
    text.finished
}

/// Elements whose text is not for reading.
const SILENT: [&str; 7] = ["script", "style", "title", "head", "noscript", "template", "xmp"];

/// Words as they are gathered: white space is merged, and a break waits until something follows it.
#[derive(Default)]
struct Words {
    finished: String,
    blank: bool,
    lines: usize,
}

impl Words {
    fn push(&mut self, html: &str) {
        let mut text = String::with_capacity(html.len());
        entities::push_decoded(&mut text, html);
        self.blank |= text.starts_with(|c: char| c.is_whitespace());
        for word in text.split_whitespace() {
            // Marks without width pad the previews of newsletters.
            if word.chars().all(|c| matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{34f}' | '\u{ad}')) {
                continue;
            }
            if !self.finished.is_empty() {
                match self.lines {
                    0 if self.blank => self.finished.push(' '),
                    0 => {}
                    lines => self.finished.extend(std::iter::repeat_n('\n', lines)),
                }
            }
            (self.lines, self.blank) = (0, true);
            self.finished.extend(word.chars().filter(|c| !c.is_control()));
        }
        self.blank = text.ends_with(|c: char| c.is_whitespace()) || (self.blank && text.trim().is_empty());
    }
}

#[derive(Default)]
struct Estimate {
    tags: usize,
    depth: usize,
    depth_sum: usize,
    formatting: usize,
    copies: usize,
    raw: Option<String>,
    closers_lie: bool,
}

impl Estimate {
    /// Adds a token; false once a bound is passed.
    fn add(&mut self, token: &Token) -> bool {
        let name = token.name.as_str();
        match token.kind {
            Kind::Other => self.closers_lie |= token.cdata,
            Kind::Start => {
                self.tags += 1;
                self.depth_sum += self.depth + self.formatting;
                if token.attributes > MAX_ATTRIBUTES_OF_A_TAG {
                    return false;
                }
                if FORMATTING.contains(&name) {
                    self.formatting += 1;
                } else {
                    self.copies += self.formatting;
                    if !SELF_CLOSING.contains(&name) {
                        self.depth += 1;
                    }
                    if self.raw.is_none() && RAW_TEXT.contains(&name) {
                        self.raw = Some(name.to_owned());
                    }
                }
            }
            Kind::End => {
                // Within raw text, and wherever the scan may have lost step, closing tags are not believed.
                if self.raw.as_deref().is_some_and(|raw| raw != name) || self.closers_lie {
                    return true;
                }
                self.raw = None;
                if FORMATTING.contains(&name) {
                    self.formatting = self.formatting.saturating_sub(1);
                } else if !SELF_CLOSING.contains(&name) {
                    self.depth = self.depth.saturating_sub(1);
                }
            }
        }
        self.tags <= MAX_TAGS
            && self.depth + self.formatting <= MAX_DEPTH
            && self.depth_sum <= MAX_DEPTH_SUM
            && self.copies <= MAX_COPIES
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Start,
    End,
    Other,
}

struct Token {
    kind: Kind,
    name: String,
    attributes: usize,
    cdata: bool,
    /// Bytes between the previous token and this one.
    text_before: usize,
}

struct Scanner<'h> {
    rest: &'h [u8],
}

impl Scanner<'_> {
    fn next_token(&mut self) -> Option<Token> {
        let mut text_before = 0;
        loop {
            let at = self.rest.iter().position(|byte| *byte == b'<')?;
            text_before += at;
            self.skip(at + 1);
            let (kind, skip) = match self.rest {
                [b'/', letter, ..] if letter.is_ascii_alphabetic() => (Kind::End, 1),
                [letter, ..] if letter.is_ascii_alphabetic() => (Kind::Start, 0),
                [b'!' | b'?' | b'/', ..] => {
                    let cdata = self.rest.starts_with(b"![CDATA[");
                    self.skip_comment();
                    return Some(Token { kind: Kind::Other, name: String::new(), attributes: 0, cdata, text_before });
                }
                _ => {
                    text_before += 1;
                    continue;
                }
            };
            self.skip(skip);
            let end = self.position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'));
            let name = String::from_utf8_lossy(self.rest.get(..end).unwrap_or_default()).to_ascii_lowercase();
            self.skip(end);
            let attributes = self.skip_attributes();
            return Some(Token { kind, name, attributes, cdata: false, text_before });
        }
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn position(&self, found: impl Fn(u8) -> bool) -> usize {
        self.rest.iter().position(|byte| found(*byte)).unwrap_or(self.rest.len())
    }

    /// Passes the attributes of a tag as the standard's tokenizer reads them, and counts them.
    fn skip_attributes(&mut self) -> usize {
        let mut count = 0;
        loop {
            let gap = self.position(|byte| !(byte.is_ascii_whitespace() || byte == b'/'));
            self.skip(gap);
            match self.rest.first() {
                None => return count,
                Some(b'>') => {
                    self.skip(1);
                    return count;
                }
                Some(_) => count += 1,
            }
            // A leading equals sign belongs to the name.
            self.skip(1);
            let end = self.position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'='));
            self.skip(end);
            let gap = self.position(|byte| !byte.is_ascii_whitespace());
            if self.rest.get(gap) != Some(&b'=') {
                continue;
            }
            self.skip(gap + 1);
            let gap = self.position(|byte| !byte.is_ascii_whitespace());
            self.skip(gap);
            match self.rest.first() {
                Some(quote @ (b'"' | b'\'')) => {
                    let quote = *quote;
                    self.skip(1);
                    let end = self.position(|byte| byte == quote);
                    self.skip(end + 1);
                }
                Some(b'>') | None => {}
                Some(_) => {
                    let end = self.position(|byte| byte.is_ascii_whitespace() || byte == b'>');
                    self.skip(end);
                }
            }
        }
    }

    fn skip_comment(&mut self) {
        if !self.rest.starts_with(b"!--") {
            let end = self.position(|byte| byte == b'>');
            self.skip(end + 1);
            return;
        }
        self.skip(3);
        for start in [&b">"[..], b"->"] {
            if self.rest.starts_with(start) {
                self.skip(start.len());
                return;
            }
        }
        let end = self.rest.windows(3).position(|window| window == b"-->").map(|at| at + 3);
        let bang =
            self.rest.windows(4).take(end.unwrap_or(usize::MAX)).position(|window| window == b"--!>").map(|at| at + 4);
        let end = [end, bang].into_iter().flatten().min().unwrap_or(self.rest.len());
        self.skip(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_html_is_affordable() {
        assert!(affordable("<html><body><p>Hello <b>you</b><br>there<table><tr><td>x</table></body></html>"));
        assert!(affordable(&"<table><tr><td><font color='red'>x</font></td></tr></table>".repeat(5000)));
        assert!(affordable(&"<p>line<br>\n".repeat(20_000)));
    }

    #[test]
    fn explosive_html_is_not() {
        for (name, html) in [
            ("unclosed formatting", "<b class=x>x<p>".repeat(20_000)),
            ("distinct formatting", (0..20_000).map(|n| format!("<p><font id=f{n}>x")).collect()),
            ("depth", "<div>".repeat(100_000)),
            ("attributes", format!("<a {}>", (0..100_000).map(|n| format!("a{n} ")).collect::<String>())),
            ("hidden closers", "<div><!-- </div> --><span title='</div>'></span>".repeat(50_000)),
            ("closers in raw text", "<div><style></div></style>".repeat(50_000)),
            ("closers in cdata", format!("<svg><![CDATA[x>]]>{}", "<div><![CDATA[></div>]]>".repeat(30_000))),
            ("nodes", "<i></i>".repeat(200_000)),
            ("size", "x".repeat(MAX_HTML_BYTES + 1)),
        ] {
            assert!(!affordable(&html), "{name}");
        }
    }

    #[test]
    fn comments_end_where_the_standard_says() {
        let tags = |html: &str| {
            let mut scanner = Scanner { rest: html.as_bytes() };
            std::iter::from_fn(|| scanner.next_token()).filter(|token| token.kind == Kind::Start).count()
        };
        assert_eq!(tags("<!-- <b> --><i>"), 1);
        assert_eq!(tags("<!--><b><i>"), 2);
        assert_eq!(tags("<!-- <b> --!><i>"), 1);
        assert_eq!(tags("<! <b><i>"), 1);
        assert_eq!(tags("<a title='<b>'><i title=\"<b>\"><u x=<b>"), 3);
        assert_eq!(tags("1 < 2 <b"), 1);
    }

    #[test]
    fn words_of_html() {
        for (html, text) in [
            (
                "<style>p{}</style><p>One &amp; <b>t</b>wo<br>three</p><p>four</p><script>x</script>",
                "One & two\nthree\n\nfour",
            ),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("<ul><li>uno</li>\n<li>dos</li></ul>", "uno\ndos"),
            ("one<i> two</i>\n three", "one two three"),
            ("<div>&zwnj;&nbsp;&zwnj;&nbsp;</div><div>Espa&ntilde;a</div>", "España"),
            ("<head><title>t</title></head>x < y", "x < y"),
            ("<!-- c --><p title='>'>a", "a"),
            ("", ""),
        ] {
            assert_eq!(words(html), text, "{html}");
        }
    }
}
