//! Where an answer ends and the mail it quotes begins, so that the quote can be folded away.

/// Byte offset at which the quoted part of a text begins, with its attribution line. None when nothing is quoted, or
/// when text of the answer follows the quote (an answer written between the lines must not be folded).
#[must_use]
pub fn quote_start(text: &str) -> Option<usize> {
    let lines = lines(text);
    let mut start = None;
    let mut attribution_ends = 0;
    for (index, (offset, line)) in lines.iter().enumerate() {
        let next = |step: usize| lines.get(index + step).map_or("", |(_, line)| *line);
        if is_separator(line) || is_header_block(line, &[next(1), next(2), next(3), next(4)]) {
            return Some(*offset);
        }
        if index < attribution_ends || line.trim().is_empty() {
            continue;
        }
        let attribution = attribution_lines(line, next(1), next(2));
        let quoted_after = |length: usize| {
            (length..length + 3)
                .map(next)
                .find(|line| !line.trim().is_empty())
                .is_some_and(|line| line.starts_with('>'))
        };
        if line.starts_with('>') {
            start = start.or(Some(*offset));
        } else if let Some(length) = attribution.filter(|length| quoted_after(*length)) {
            start = Some(*offset);
            attribution_ends = index + length;
        } else {
            start = None;
        }
    }
    start
}

fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut offset = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        lines.push((offset, line.trim_end_matches(['\r', '\n'])));
        offset += line.len();
    }
    lines
}

/// How many lines an attribution takes: “On … wrote:” in the languages of common mailers, on one line or wrapped over
/// two or three.
fn attribution_lines(line: &str, second: &str, third: &str) -> Option<usize> {
    const STARTS: [&str; 10] = ["On ", "El ", "Le ", "Am ", "Em ", "Il ", "Op ", "Den ", "Dnia ", "W dniu "];
    const VERBS: [&str; 12] = [
        "wrote:",
        "escribió:",
        "escribio:",
        "a écrit :",
        "a écrit:",
        "schrieb:",
        "escreveu:",
        "ha scritto:",
        "schreef:",
        "skrev:",
        "napisał:",
        "napisał(a):",
    ];
    let line = line.trim();
    if !STARTS.iter().any(|start| line.starts_with(start)) || line.len() > 500 {
        return None;
    }
    let ends = |line: &str| {
        let line = line.trim_end();
        VERBS.iter().any(|verb| line.ends_with(verb)) || (line.contains(" schrieb ") && line.ends_with(':'))
    };
    if ends(line) {
        Some(1)
    } else if ends(second) && !second.starts_with('>') {
        Some(2)
    } else {
        (ends(third) && !second.starts_with('>') && !third.starts_with('>')).then_some(3)
    }
}

fn is_separator(line: &str) -> bool {
    let line = line.trim();
    if line.len() > 20 && line.bytes().all(|byte| byte == b'_') {
        return true;
    }
    let Some(inner) = line.strip_prefix("-----").and_then(|rest| rest.strip_suffix("-----")) else { return false };
    let words = inner.trim_matches(['-', ' ']).to_lowercase();
    [
        "original message",
        "mensaje original",
        "forwarded message",
        "mensaje reenviado",
        "message d'origine",
        "ursprüngliche nachricht",
        "mensagem original",
        "messaggio originale",
        "original appointment",
    ]
    .contains(&words.as_str())
}

/// Outlook's block: From, Sent, To and Subject lines one after another.
fn is_header_block(first: &str, following: &[&str]) -> bool {
    const FROM: [&str; 5] = ["From:", "De:", "Von:", "Da:", "Van:"];
    const REST: [&str; 20] = [
        "Sent:",
        "Date:",
        "To:",
        "Cc:",
        "Subject:",
        "Enviado:",
        "Enviado el:",
        "Fecha:",
        "Para:",
        "CC:",
        "Asunto:",
        "Gesendet:",
        "An:",
        "Betreff:",
        "Envoyé :",
        "À :",
        "Objet :",
        "Inviato:",
        "Data:",
        "Assunto:",
    ];
    let is = |line: &str, names: &[&str]| {
        let line = line.trim_start().trim_start_matches('*');
        names.iter().any(|name| line.starts_with(name) || line.starts_with(&name.replace(':', ":*")))
    };
    is(first, &FROM) && following.iter().filter(|line| is(line, &REST)).count() >= 2
}

/// Byte offset of the tag with which the quoted mail begins in HTML (also in sanitised HTML, which keeps these marks):
/// Gmail, Thunderbird, Apple Mail, Yahoo, Outlook and our own. None when no mark is found.
#[must_use]
pub fn html_quote_start(html: &str) -> Option<usize> {
    let bytes = html.as_bytes();
    let mut at = 0;
    while let Some(step) = bytes.get(at..)?.iter().position(|byte| *byte == b'<') {
        let start = at + step;
        let rest = bytes.get(start..)?;
        let end = rest.iter().take(2000).position(|byte| *byte == b'>').unwrap_or(rest.len().min(2000));
        let tag = String::from_utf8_lossy(rest.get(..end)?).to_ascii_lowercase();
        if is_quote_tag(&tag) {
            return Some(start);
        }
        at = start + 1;
    }
    None
}

fn is_quote_tag(tag: &str) -> bool {
    if tag.starts_with("<blockquote") {
        return tag.contains("cite") || tag.contains("gmail_quote") || tag.contains("border-left");
    }
    if !tag.starts_with("<div") && !tag.starts_with("<p") && !tag.starts_with("<hr") {
        return false;
    }
    super::super::sanitize::QUOTE_CLASSES.iter().any(|class| tag.contains(class))
        || super::super::sanitize::QUOTE_IDS.iter().any(|id| tag.contains(&id.to_ascii_lowercase()))
        || (tag.contains("border-top:solid #") && tag.contains("1.0pt"))
        || tag.contains("border-top:solid #e1e1e1")
}
