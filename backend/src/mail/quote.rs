//! What stands under an answer or in a forwarded mail: who wrote what when, and the quoted text itself.
//!
//! The quoted HTML is cleaned here ([`super::sanitize`]); what the agent wrote stays above it, untouched.

use super::{address::Address, sanitize, text};

mod subject;
mod words;

pub use subject::{forward_subject, reply_subject};
pub use words::Language;

/// A mail to be quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotedMail {
    /// Its author.
    pub from: Address,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Subject.
    pub subject: String,
    /// When it was written, milliseconds since 1970 UTC.
    pub date_ms: i64,
    /// Offset from UTC in which the date is shown, minutes east.
    pub utc_offset_minutes: i32,
    /// Its HTML body, as received or sent; cleaned here.
    pub html: Option<String>,
    /// Its text, used where there is no HTML.
    pub text: String,
}

/// Something quoted, in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotation {
    /// For the HTML body.
    pub html: String,
    /// For the text body.
    pub text: String,
}

/// The quotation under an answer: attribution line and the mail, set off.
#[must_use]
pub fn reply(mail: &QuotedMail, language: Language) -> Quotation {
    let line = words::attribution(mail, language);
    let html = format!(
        "<div class=\"posta-quote\"><div class=\"posta-attribution\">{}</div><blockquote type=\"cite\" style=\"{BLOCK}\">{}</blockquote></div>",
        text::escape_html(&line),
        body_html(mail),
    );
    Quotation { html, text: format!("{line}\n{}", marked(&body_text(mail))) }
}

/// The whole exchange under an answer. `mails` are in the order they shall stand, usually the newest first. What each
/// mail quotes itself is left out where it can be told, since the exchange holds it already.
#[must_use]
pub fn history(mails: &[QuotedMail], language: Language) -> Quotation {
    let quotations: Vec<Quotation> = mails.iter().map(|mail| reply(&without_own_quote(mail), language)).collect();
    Quotation {
        html: quotations.iter().map(|quotation| quotation.html.as_str()).collect::<Vec<_>>().join("<br>"),
        text: quotations.iter().map(|quotation| quotation.text.as_str()).collect::<Vec<_>>().join("\n\n"),
    }
}

/// A forwarded mail: its header and its body, not set off.
#[must_use]
pub fn forward(mail: &QuotedMail, language: Language) -> Quotation {
    let (title, lines) = words::forward_header(mail, language);
    let rows: String = lines
        .iter()
        .map(|(name, value)| format!("<b>{}:</b> {}<br>", text::escape_html(name), text::escape_html(value)))
        .collect();
    let html = format!(
        "<div class=\"posta-quote\"><div class=\"posta-attribution\">---------- {title} ----------<br>{rows}</div><br>{}</div>",
        body_html(mail),
    );
    let rows: String = lines.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    Quotation { html, text: format!("---------- {title} ----------\n{rows}\n{}", body_text(mail)) }
}

/// The agent's words with a quotation under them, in both forms. `written` is HTML from the editor; it is cleaned.
#[must_use]
pub fn join(written: &str, quotation: &Quotation) -> Quotation {
    let above = sanitize::sanitize_outgoing(written);
    Quotation {
        text: format!("{}\n\n{}", text::html_to_plain(&above), quotation.text),
        html: format!("{above}<br>{}", quotation.html),
    }
}

const BLOCK: &str = "margin:0 0 0 0.8ex;border-left:1px solid #cccccc;padding-left:1ex";

fn body_html(mail: &QuotedMail) -> String {
    match &mail.html {
        Some(html) => sanitize::sanitize_outgoing(html),
        None => text::text_to_html(&mail.text),
    }
}

fn body_text(mail: &QuotedMail) -> String {
    let text = match &mail.html {
        Some(html) if mail.text.trim().is_empty() => text::html_to_plain(html),
        _ => mail.text.clone(),
    };
    text.trim().to_owned()
}

fn marked(text: &str) -> String {
    let mark = |line: &str| if line.starts_with('>') { format!(">{line}") } else { format!("> {line}") };
    text.lines().map(|line| mark(line).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// The mail without what it quotes: the HTML is cut only at a mark that nothing follows but the quotation, and is
/// closed again by cleaning.
fn without_own_quote(mail: &QuotedMail) -> QuotedMail {
    let cut = |whole: &str, start: Option<usize>| {
        let kept = start.and_then(|start| whole.get(..start)).filter(|kept| !kept.trim().is_empty());
        kept.unwrap_or(whole).to_owned()
    };
    QuotedMail {
        html: mail.html.as_ref().map(|html| cut(html, text::html_quote_start(html))),
        text: cut(&mail.text, text::quote_start(&mail.text)),
        ..mail.clone()
    }
}

#[cfg(test)]
mod tests;
