//! The ways in which mail of the field is broken.

use super::GeneratedMail;
use super::mime::latin1;
use super::rng::Rng;

/// How a mail is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Malformation {
    /// Neither From nor To, Date or Message-ID.
    #[default]
    MissingHeaders,
    /// A body without any header.
    NoHeaders,
    /// Headers without body, and without the empty line after them.
    NoBody,
    /// Cut off in the middle, so that parts stay open.
    CutOff,
    /// A boundary that occurs nowhere in the body.
    WrongBoundary,
    /// Base64 with foreign characters and a length that is no multiple of four.
    BadBase64,
    /// NUL bytes in headers and body.
    Nul,
    /// Undeclared Latin-1 bytes in From and Subject.
    EightBitHeaders,
    /// A line of hundreds of kilobytes.
    EndlessLine,
    /// Multiparts in multiparts, hundreds deep.
    DeepNesting,
    /// A charset and a transfer encoding that do not exist.
    UnknownCoding,
    /// A date that never was.
    ImpossibleDate,
    /// Thousands of header lines and one of a hundred kilobytes.
    EndlessHeaders,
    /// Lines that end in LF or CR alone.
    BareLineEnds,
    /// Encoded words that end too early or hold rubbish.
    BrokenEncodedWords,
    /// Each header several times with different values.
    RepeatedHeaders,
}

impl Malformation {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::MissingHeaders,
        Self::NoHeaders,
        Self::NoBody,
        Self::CutOff,
        Self::WrongBoundary,
        Self::BadBase64,
        Self::Nul,
        Self::EightBitHeaders,
        Self::EndlessLine,
        Self::DeepNesting,
        Self::UnknownCoding,
        Self::ImpossibleDate,
        Self::EndlessHeaders,
        Self::BareLineEnds,
        Self::BrokenEncodedWords,
        Self::RepeatedHeaders,
    ];
}

/// The source of a mail, broken in this way.
pub(super) fn broken(rng: &mut Rng, kind: Malformation, mail: &GeneratedMail) -> Vec<u8> {
    let end = mail.raw.windows(4).position(|window| window == b"\r\n\r\n").map_or(mail.raw.len(), |at| at + 2);
    let (head, body) = mail.raw.split_at_checked(end).unwrap_or((&mail.raw, &[]));
    let id = format!("Message-ID: <{}>\r\n", mail.message_id);
    match kind {
        Malformation::MissingHeaders => joined(&without(head, &["from", "to", "date", "message-id", "received"]), body),
        Malformation::NoHeaders => joined(b"\r\n", mail.text.replace('\n', "\r\n").as_bytes()),
        Malformation::NoBody => head.to_vec(),
        Malformation::CutOff => mail.raw.get(..end + body.len() * 2 / 3).unwrap_or(&mail.raw).to_vec(),
        Malformation::WrongBoundary => {
            let mut text = without(head, &["content-type"]);
            text.extend_from_slice(b"Content-Type: multipart/mixed; boundary=\"nowhere-to-be-found\"\r\n");
            joined(&text, body)
        }
        Malformation::BadBase64 => {
            let mut text = without(head, &["content-type", "content-transfer-encoding"]);
            text.extend_from_slice(b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n");
            let mut code = b"\r\n".to_vec();
            code.extend(super::mime::base64_lines(mail.text.as_bytes()));
            for _ in 0..5 {
                let at = rng.between(2, code.len());
                code.splice(at..at, *b"%$\xf1");
            }
            code.truncate(code.len().saturating_sub(5));
            joined(&text, &code)
        }
        Malformation::Nul => {
            let mut raw = mail.raw.clone();
            for _ in 0..20 {
                let at = rng.between(end, raw.len().saturating_sub(1));
                if let Some(byte) = raw.get_mut(at) {
                    *byte = 0;
                }
            }
            joined(b"X-Note: with a \0 in it\r\n", &raw)
        }
        Malformation::EightBitHeaders => {
            let mut text = without(head, &["from", "subject"]);
            text.extend(latin1(&format!(
                "From: {} <{}>\r\nSubject: Reclamación ¡año {}!\r\n",
                mail.from.name,
                mail.from.address,
                rng.between(2000, 2026)
            )));
            joined(&text, body)
        }
        Malformation::EndlessLine => {
            let mut text = without(head, &["content-type", "content-transfer-encoding"]);
            text.extend_from_slice(b"Content-Type: text/plain; charset=utf-8\r\n");
            let sentence = mail.text.replace('\n', " ");
            let line = sentence.repeat(rng.between(200_000, 400_000) / sentence.len().max(1) + 1);
            joined(&text, format!("\r\n{line}").as_bytes())
        }
        Malformation::DeepNesting => {
            let mut text = without(head, &["content-type", "content-transfer-encoding"]);
            text.extend_from_slice(b"Content-Type: multipart/mixed; boundary=\"b0\"\r\n");
            let depth = rng.between(200, 600);
            let open = (0..depth).map(|level| {
                format!("\r\n--b{level}\r\nContent-Type: multipart/mixed; boundary=\"b{}\"\r\n", level + 1)
            });
            let nested =
                format!("{}\r\n--b{depth}\r\nContent-Type: text/plain\r\n\r\nfondo\r\n", open.collect::<String>());
            joined(&text, nested.as_bytes())
        }
        Malformation::UnknownCoding => {
            let mut text = without(head, &["content-type", "content-transfer-encoding"]);
            text.extend_from_slice(
                b"Content-Type: text/plain; charset=x-unknown-8bit\r\nContent-Transfer-Encoding: x-uue-ish\r\n",
            );
            joined(&text, &[b"\r\n".to_vec(), latin1(&mail.text)].concat())
        }
        Malformation::ImpossibleDate => {
            let mut text = without(head, &["date"]);
            text.extend_from_slice(b"Date: Mon, 99 Foo 20266 31:99:99 +9999 (nunca)\r\n");
            joined(&text, body)
        }
        Malformation::EndlessHeaders => {
            let mut text = head.to_vec();
            for number in 0..3_000 {
                text.extend_from_slice(format!("X-Trace-{number}: {}\r\n", rng.letters(12)).as_bytes());
            }
            text.extend_from_slice(b"References:");
            for _ in 0..2_000 {
                text.extend_from_slice(format!(" <{}@example.com>\r\n", rng.letters(30)).as_bytes());
            }
            joined(&text, body)
        }
        Malformation::BareLineEnds => {
            let ends: [&[u8]; 3] = [b"\n", b"\r", b"\r\n"];
            let mut raw = Vec::with_capacity(mail.raw.len());
            for &byte in &mail.raw {
                match byte {
                    b'\r' => {}
                    b'\n' => raw.extend_from_slice(rng.pick(&ends)),
                    other => raw.push(other),
                }
            }
            raw
        }
        Malformation::BrokenEncodedWords => {
            let mut text = without(head, &["from", "subject"]);
            text.extend_from_slice(
                format!("From: =?UTF-8?B?w6@@?= =?x?Q? <{}>\r\nSubject: =?UTF-8?B?UmVjbGFtYWNpw7?= =?iso-8859-1?Q?n_=F?= =?UTF-8?B?w6\r\n", mail.from.address).as_bytes(),
            );
            joined(&text, body)
        }
        Malformation::RepeatedHeaders => {
            let more = format!(
                "From: other@example.com\r\nSubject: otro asunto\r\nSubject: y otro\r\nDate: Thu, 1 Jan 1970 00:00:00 +0000\r\nContent-Type: text/plain\r\nTo: a@example.com\r\n{id}"
            );
            joined(&[head, more.as_bytes()].concat(), body)
        }
    }
}

fn joined(head: &[u8], body: &[u8]) -> Vec<u8> {
    [head, body].concat()
}

/// The header without these fields.
fn without(head: &[u8], fields: &[&str]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(head.len());
    let mut keeps = true;
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
            keeps = !fields.iter().any(|field| name.eq_ignore_ascii_case(field.as_bytes()));
        }
        if keeps {
            kept.extend_from_slice(line);
        }
    }
    kept
}
