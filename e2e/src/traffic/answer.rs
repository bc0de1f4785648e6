//! A customer's answer to a mail, as his mail program writes it: threaded, quoted, to Reply-To or From.

use crate::corpus::mime::{self, Coding};
use crate::corpus::words::{Language, sentence};
use crate::corpus::{Person, Rng, header_date};
use crate::mail::Mail;

/// An answer ready to be sent.
pub(super) struct Answer {
    pub(super) to: String,
    pub(super) raw: Vec<u8>,
}

pub(super) fn to(rng: &mut Rng, person: &Person, mail: &Mail, now_ms: i64) -> Answer {
    let parsed = mail.parsed();
    let reply_to = parsed.as_ref().and_then(|mail| Some(mail.reply_to()?.first()?.address()?.to_owned()));
    let to = reply_to.unwrap_or_else(|| mail.from());
    let subject = mail.subject();
    let subject = if subject.to_ascii_lowercase().starts_with("re:") { subject } else { format!("Re: {subject}") };
    let spanish = person.language == Language::Spanish;
    let (thanks, wrote) =
        if spanish { ("Gracias por su respuesta.", "escribió:") } else { ("Thank you for your answer.", "wrote:") };
    let said = (0..rng.between(1, 3)).map(|_| sentence(rng, person.language)).collect::<Vec<_>>().join(" ");
    let quote = mail.text().lines().map(|line| format!("> {line}\n")).collect::<String>();
    let text = format!("{thanks} {said}\n\n{}\n\n{to} {wrote}\n\n{quote}", person.name);
    let coding = rng.pick(&[Coding::Utf8Quoted, Coding::Utf8Base64, Coding::Utf8Plain]);
    let body = mime::text("plain", &text, coding);

    let domain = person.address.rsplit('@').next().unwrap_or("cliente.test");
    let zone = if spanish { 60 } else { 0 };
    let mut head = format!(
        "From: {}\r\nTo: {to}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@{domain}>\r\n",
        mime::mailbox(&person.name, &person.address, false),
        mime::header(&subject, false),
        header_date(now_ms, zone),
        rng.letters(32),
    );
    if let Some(id) = mail.message_id() {
        let mut thread = mail.references();
        thread.retain(|known| *known != id);
        thread.dedup();
        thread.push(id.clone());
        let all = thread.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join("\r\n ");
        head.push_str(&format!("In-Reply-To: <{id}>\r\nReferences: {all}\r\n"));
    }
    let mut raw = format!("{head}MIME-Version: 1.0\r\n{}\r\n", body.head).into_bytes();
    raw.extend_from_slice(&body.body);
    Answer { to, raw }
}
