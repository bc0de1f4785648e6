//! The words around a quotation, in the languages of the product.

use chrono::{DateTime, Datelike as _, FixedOffset, Timelike as _};
use serde::{Deserialize, Serialize};

use super::QuotedMail;
use crate::mail::address::{Address, one_line};

/// The language of what we write around quoted mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Spanish.
    #[default]
    Es,
    /// English.
    En,
}

const MONTHS_ES: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// “El 2 de marzo de 2026, 10:15, Ana <ana@example.com> escribió:”, without a line break.
pub fn attribution(mail: &QuotedMail, language: Language) -> String {
    let who = one_line(&mail.from.to_string());
    match (date(mail, language), language) {
        (Some(date), Language::Es) => format!("El {date}, {who} escribió:"),
        (Some(date), Language::En) => format!("On {date}, {who} wrote:"),
        (None, Language::Es) => format!("{who} escribió:"),
        (None, Language::En) => format!("{who} wrote:"),
    }
}

/// The title of a forwarded mail and its header as (name, value).
pub fn forward_header(mail: &QuotedMail, language: Language) -> (&'static str, Vec<(&'static str, String)>) {
    let (title, [from, when, subject, to, cc]) = match language {
        Language::Es => ("Mensaje reenviado", ["De", "Fecha", "Asunto", "Para", "Cc"]),
        Language::En => ("Forwarded message", ["From", "Date", "Subject", "To", "Cc"]),
    };
    let list = |addresses: &[Address]| {
        addresses.iter().map(|address| one_line(&address.to_string())).collect::<Vec<_>>().join(", ")
    };
    let mut lines = vec![(from, one_line(&mail.from.to_string()))];
    lines.extend(date(mail, language).map(|date| (when, date)));
    lines.push((subject, one_line(&mail.subject)));
    lines.push((to, list(&mail.to)));
    if !mail.cc.is_empty() {
        lines.push((cc, list(&mail.cc)));
    }
    (title, lines)
}

fn date(mail: &QuotedMail, language: Language) -> Option<String> {
    let zone = FixedOffset::east_opt(mail.utc_offset_minutes.checked_mul(60)?)?;
    let when = DateTime::from_timestamp_millis(mail.date_ms)?.with_timezone(&zone);
    let month = |names: &[&'static str; 12]| names.get(usize::try_from(when.month0()).ok()?).copied();
    let (day, year, hour, minute) = (when.day(), when.year(), when.hour(), when.minute());
    Some(match language {
        Language::Es => format!("{day} de {} de {year}, {hour:02}:{minute:02}", month(&MONTHS_ES)?),
        Language::En => format!("{day} {} {year}, {hour:02}:{minute:02}", month(&MONTHS_EN)?),
    })
}
