//! Mail as it comes: a deterministic generator of what customers write, with a realistic tail of large mails and a few
//! that are broken in the ways of the field.
//!
//! The same seed gives the same mails, octet for octet. Sizes are drawn so that the mean is about 42 KB while most mails
//! are far smaller. All names and texts are made up; all domains are reserved ones (RFC 2606).

mod compose;
mod date;
pub mod files;
mod malformed;
pub(crate) mod mime;
mod rng;
pub mod words;

use std::collections::VecDeque;

pub use date::header_date;
pub use malformed::Malformation;
pub use mime::Coding;
pub use rng::Rng;
pub use words::{Language, Person};

/// An attachment or inline image that the generator put into a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartFact {
    /// Its file name, decoded.
    pub name: String,
    /// Its type.
    pub content_type: String,
    /// Its decoded size in bytes.
    pub size: usize,
    /// Whether the HTML shows it by its Content-ID.
    pub inline: bool,
}

/// A mail with the facts that a reader must find in it. For a malformed mail the facts are those before it was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedMail {
    /// Its place in the corpus, from 0.
    pub index: u64,
    /// Who wrote it.
    pub from: Person,
    /// To whom.
    pub to: String,
    /// The decoded subject.
    pub subject: String,
    /// The text as written, lines parted by LF, without signature of the mail program.
    pub text: String,
    /// The source with CRLF line ends.
    pub raw: Vec<u8>,
    /// Its Message-ID without angle brackets.
    pub message_id: String,
    /// The mail it answers, without angle brackets.
    pub in_reply_to: Option<String>,
    /// Its date, in ms since the epoch.
    pub date_ms: i64,
    /// How its text is coded.
    pub coding: Coding,
    /// Attachments and inline images.
    pub parts: Vec<PartFact>,
    /// In which way it is broken, if it is.
    pub malformed: Option<Malformation>,
}

/// A mail that later ones may answer.
#[derive(Debug, Clone)]
struct Past {
    from: Person,
    subject: String,
    text: String,
    references: Vec<String>,
}

/// The endless sequence of mails of a seed.
#[derive(Debug, Clone)]
pub struct Corpus {
    rng: Rng,
    index: u64,
    to: String,
    now_ms: i64,
    malformed_percent: u8,
    people: Vec<Person>,
    past: VecDeque<Past>,
}

/// Answers turn to one of the last so many mails.
const MEMORY: usize = 400;

impl Corpus {
    /// Mails to `soporte@lab.test` from 1 November 2026 on, 2 % of them malformed.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed),
            index: 0,
            to: "soporte@lab.test".into(),
            now_ms: 1_793_520_000_000,
            malformed_percent: 2,
            people: Vec::new(),
            past: VecDeque::new(),
        }
    }

    /// To this address.
    #[must_use]
    pub fn to(mut self, address: &str) -> Self {
        self.to = address.into();
        self
    }

    /// From now on to this address.
    pub fn write_to(&mut self, address: &str) {
        self.to = address.into();
    }

    /// So many of a hundred mails are malformed.
    #[must_use]
    pub fn malformed(mut self, percent: u8) -> Self {
        self.malformed_percent = percent;
        self
    }

    /// The first mail's date, in ms since the epoch; each next is some minutes later.
    #[must_use]
    pub fn starting_at(mut self, ms: i64) -> Self {
        self.now_ms = ms;
        self
    }

    /// Written by these people alone, instead of ever new ones.
    #[must_use]
    pub fn people(mut self, people: Vec<Person>) -> Self {
        self.people = people;
        self
    }

    /// The next mail with this date, in ms since the epoch.
    pub fn next_at(&mut self, date_ms: i64) -> GeneratedMail {
        let answered = if self.rng.percent(25) && !self.past.is_empty() {
            let at = self.rng.between(0, self.past.len() - 1);
            self.past.get(at).cloned()
        } else {
            None
        };
        let from = match &answered {
            Some(past) => past.from.clone(),
            None if self.people.is_empty() => words::person(&mut self.rng),
            None => {
                let at = self.rng.between(0, self.people.len() - 1);
                self.people.get(at).cloned().unwrap_or_else(|| words::person(&mut self.rng))
            }
        };
        let (mut mail, references) = compose::mail(&mut self.rng, from, self.index, &self.to, date_ms, answered);
        self.remember(&mail, references);
        if self.rng.percent(self.malformed_percent) {
            let kind = self.rng.pick(&Malformation::ALL);
            mail.raw = malformed::broken(&mut self.rng, kind, &mail);
            mail.malformed = Some(kind);
        }
        self.index += 1;
        mail
    }

    fn remember(&mut self, mail: &GeneratedMail, mut references: Vec<String>) {
        references.push(mail.message_id.clone());
        if self.past.len() == MEMORY {
            self.past.pop_front();
        }
        let text = mail.text.chars().take(600).collect();
        self.past.push_back(Past { from: mail.from.clone(), subject: mail.subject.clone(), text, references });
    }
}

impl Iterator for Corpus {
    type Item = GeneratedMail;

    fn next(&mut self) -> Option<GeneratedMail> {
        self.now_ms += i64::try_from(self.rng.between(20_000, 400_000)).unwrap_or(0);
        Some(self.next_at(self.now_ms))
    }
}
