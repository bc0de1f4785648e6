//! Putting a mail together: size, shape, coding, parts, headers.

use super::mime::{self, Coding, NameStyle, Part};
use super::rng::Rng;
use super::words::{self, Language, Person};
use super::{GeneratedMail, PartFact, Past, files, header_date};

/// Shares of mails in a thousand, and their sizes in bytes. The mean comes out near 42 KB.
const SIZES: [(usize, usize, usize); 7] = [
    (380, 1_500, 4_000),
    (310, 4_000, 15_000),
    (160, 15_000, 50_000),
    (100, 50_000, 170_000),
    (40, 170_000, 400_000),
    (9, 400_000, 1_000_000),
    (1, 1_200_000, 4_000_000),
];

fn size(rng: &mut Rng) -> usize {
    let mut at = rng.between(0, 999);
    for (share, low, high) in SIZES {
        if at < share {
            return rng.between(low, high);
        }
        at -= share;
    }
    2_000
}

/// A whole mail and the ids of the mails before it in its thread.
pub(super) fn mail(
    rng: &mut Rng,
    from: Person,
    index: u64,
    to: &str,
    date_ms: i64,
    answered: Option<Past>,
) -> (GeneratedMail, Vec<String>) {
    let subject = match &answered {
        Some(past) if past.subject.starts_with("Re: ") => past.subject.clone(),
        Some(past) => format!("Re: {}", past.subject),
        None => words::subject(rng, from.language),
    };
    let target = size(rng);
    let letter_size = rng.between(200, 1_400).min(target / 2);
    let text = words::letter(rng, &from, letter_size);
    let coding = coding(rng);
    let shown = match &answered {
        Some(past) => format!("{text}\n{}", quoted(past, to)),
        None => text.clone(),
    };
    let (body, parts) = body(rng, &from, &shown, coding, target);
    let message_id = message_id(rng, &from);
    let references = answered.map(|past| past.references).unwrap_or_default();
    let in_reply_to = references.last().cloned();
    let head = head(
        rng,
        &Head { from: &from, to, subject: &subject, date_ms, message_id: &message_id, references: &references },
    );
    let mut raw = format!("{head}MIME-Version: 1.0\r\n{}\r\n", body.head).into_bytes();
    raw.extend_from_slice(&body.body);
    let to = to.to_owned();
    let mail = GeneratedMail {
        index,
        from,
        to,
        subject,
        text,
        raw,
        message_id,
        in_reply_to,
        date_ms,
        coding,
        parts,
        malformed: None,
    };
    (mail, references)
}

fn coding(rng: &mut Rng) -> Coding {
    match rng.between(0, 99) {
        0..45 => Coding::Utf8Quoted,
        45..62 => Coding::Utf8Base64,
        62..78 => Coding::Utf8Plain,
        78..88 => Coding::Latin1Quoted,
        88..96 => Coding::Windows1252Plain,
        _ => Coding::UndeclaredLatin1,
    }
}

fn quoted(past: &Past, to: &str) -> String {
    let line = match past.from.language {
        Language::Spanish => format!("El 10 nov 2026, a las 10:12, {to} escribió:"),
        Language::English => format!("On 10 Nov 2026, at 10:12, {to} wrote:"),
    };
    let lines = past.text.lines().map(|line| format!("> {line}\n")).collect::<String>();
    format!("{line}\n\n{lines}")
}

/// The shape follows the size: short mails are plain, larger ones carry HTML, pictures, and at last attachments.
fn body(rng: &mut Rng, from: &Person, text: &str, coding: Coding, target: usize) -> (Part, Vec<PartFact>) {
    let plain = mime::text("plain", text, coding);
    if target < 3_000 || coding == Coding::UndeclaredLatin1 && target < 15_000 {
        return (plain, Vec::new());
    }
    let mut facts = Vec::new();
    let left = target.saturating_sub(plain.body.len() + 2_500);
    let html_share = left.min(rng.between(1_500, 18_000));
    let picture =
        (rng.percent(35) || target > 20_000).then(|| format!("image001.{}@{}", rng.letters(8), from.address.len()));
    let html = html(rng, text, html_share, picture.as_deref());
    let mut whole =
        mime::text("html", &html, if coding == Coding::UndeclaredLatin1 { Coding::Latin1Quoted } else { coding });
    // Base64 makes four bytes of three.
    let mut left = left.saturating_sub(whole.body.len()) * 3 / 4;
    if let Some(id) = &picture {
        let bytes = if left > 4_000 { files::png(rng, rng_share(left)) } else { files::gif() };
        let (name, kind) = if left > 4_000 { ("image001.png", "image/png") } else { ("image001.gif", "image/gif") };
        left = left.saturating_sub(bytes.len());
        facts.push(fact(name, kind, bytes.len(), true));
        let image = mime::file(name, kind, &bytes, Some(id), NameStyle::Rfc2231);
        whole = mime::multipart("related", &boundary(rng), &[whole, image]);
    }
    whole = mime::multipart("alternative", &boundary(rng), &[plain, whole]);
    if left < 6_000 {
        return (whole, facts);
    }
    let mut parts = vec![whole];
    while left >= 3_000 {
        let share = if left > 12_000 && rng.percent(30) { left / 2 } else { left };
        let (name, kind, bytes) = attachment(rng, from.language, share);
        left = left.saturating_sub(bytes.len() + 400);
        facts.push(fact(&name, kind, bytes.len(), false));
        let style = if rng.percent(60) { NameStyle::Rfc2231 } else { NameStyle::EncodedWord };
        parts.push(mime::file(&name, kind, &bytes, None, style));
    }
    (mime::multipart("mixed", &boundary(rng), &parts), facts)
}

/// Logos are small, whatever the mail's size.
fn rng_share(left: usize) -> usize {
    (left / 2).min(30_000)
}

fn fact(name: &str, content_type: &str, size: usize, inline: bool) -> PartFact {
    PartFact { name: name.to_owned(), content_type: content_type.to_owned(), size, inline }
}

fn attachment(rng: &mut Rng, language: Language, size: usize) -> (String, &'static str, Vec<u8>) {
    let number = rng.between(1, 99_999);
    let spanish = language == Language::Spanish;
    match rng.between(0, 9) {
        0..5 => {
            let name = if spanish { format!("factura_{number}.pdf") } else { format!("invoice {number}.pdf") };
            (name, "application/pdf", files::pdf(rng, &format!("Factura {number}"), size))
        }
        5..8 => {
            let name =
                if spanish { format!("fotografía del daño nº {number}.png") } else { format!("photo {number}.png") };
            (name, "image/png", files::png(rng, size))
        }
        8 => {
            let name = if spanish { "movimientos año 2026.csv" } else { "transactions.csv" };
            (name.to_owned(), "text/csv", files::csv(rng, size.min(60_000)))
        }
        _ => {
            let name = if spanish { "reclamación (firmada).bin" } else { "complaint (signed).bin" };
            (name.to_owned(), "application/octet-stream", rng.bytes(size))
        }
    }
}

/// HTML as office programs write it: more style than text. `size` is what it should come to.
fn html(rng: &mut Rng, text: &str, size: usize, picture: Option<&str>) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let paragraphs = escaped
        .split("\n\n")
        .map(|paragraph| {
            let lines = paragraph.trim_end().replace('\n', "<br>\n");
            format!("<p class=\"MsoNormal\" style=\"margin:0 0 8pt\"><span style=\"font-family:Calibri,sans-serif;color:#1f2937\">{lines}</span></p>\n")
        })
        .collect::<String>();
    let image = picture.map_or_else(String::new, |id| {
        format!("<img src=\"cid:{id}\" alt=\"\" width=\"120\" height=\"40\">\n<img src=\"https://www.example.com/px.gif?u={}\" width=\"1\" height=\"1\">\n", rng.letters(12))
    });
    let mut style = String::new();
    let mut rows = String::new();
    while paragraphs.len() + style.len() + rows.len() + 400 < size {
        let number = rng.between(1, 9_999);
        style.push_str(&format!(
            "p.c{number}, li.c{number} {{margin:0cm 0cm {}pt; font-size:{}pt; line-height:{}%; color:#{:06x}}}\n",
            rng.between(0, 12),
            rng.between(8, 16),
            rng.between(90, 140),
            rng.between(0, 0xff_ffff),
        ));
        rows.push_str(&format!(
            "<tr><td class=\"c{number}\" style=\"padding:2pt 6pt;border:solid #ccc 1pt\">{}</td><td align=\"right\">{},{:02}</td></tr>\n",
            rng.letters(10),
            rng.between(1, 999),
            rng.between(0, 99),
        ));
    }
    format!(
        "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html\"><style>\n{style}</style></head>\n\
         <body lang=\"ES\" link=\"#0563C1\">\n{paragraphs}<table cellspacing=\"0\">\n{rows}</table>\n{image}</body></html>\n"
    )
}

fn boundary(rng: &mut Rng) -> String {
    match rng.between(0, 2) {
        0 => format!("----=_Part_{}_{}", rng.between(1, 99_999), rng.letters(16)),
        1 => format!("000000000000{}", rng.letters(16).to_lowercase()),
        _ => format!("_004_{}_", rng.letters(40)),
    }
}

fn message_id(rng: &mut Rng, from: &Person) -> String {
    let domain = from.address.rsplit('@').next().unwrap_or("example.com").to_owned();
    match rng.between(0, 2) {
        0 => format!("CA+{}@mail.{domain}", rng.letters(40)),
        1 => format!("{}{}.{}@{domain}", rng.letters(3), rng.number(), rng.letters(12)),
        _ => format!("{:016X}-{:08X}@{domain}", rng.number(), rng.number() >> 32),
    }
}

struct Head<'a> {
    from: &'a Person,
    to: &'a str,
    subject: &'a str,
    date_ms: i64,
    message_id: &'a str,
    references: &'a [String],
}

/// The headers up to the MIME ones, with the trail that relays leave.
fn head(rng: &mut Rng, head: &Head<'_>) -> String {
    let zone = if head.from.language == Language::Spanish { 60 } else { 0 };
    let latin1 = rng.percent(30);
    let mut text = String::new();
    for hop in (0..rng.between(1, 4)).rev() {
        let at = head.date_ms + i64::try_from(hop).unwrap_or(0) * 700;
        text.push_str(&format!(
            "Received: from mx{hop}.example.net (mx{hop}.example.net [192.0.2.{}])\r\n\tby relay{hop}.example.net (Postfix) with ESMTPS id {}\r\n\tfor <{}>; {}\r\n",
            rng.between(1, 254),
            rng.letters(10).to_uppercase(),
            head.to,
            header_date(at, 0),
        ));
    }
    if rng.percent(70) {
        let domain = head.from.address.rsplit('@').next().unwrap_or_default();
        let signature = (0..5).map(|_| format!("\r\n         {}", rng.letters(66))).collect::<String>();
        text.push_str(&format!(
            "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n        d={domain}; s=20230601; t={};\r\n        h=to:subject:message-id:date:from:mime-version;\r\n        bh={}=;\r\n        b={signature}==\r\n",
            head.date_ms / 1_000,
            rng.letters(43),
        ));
    }
    text.push_str(&format!("From: {}\r\n", mime::mailbox(&head.from.name, &head.from.address, latin1)));
    text.push_str(&format!("To: {}\r\n", head.to));
    text.push_str(&format!("Subject: {}\r\n", mime::header(head.subject, latin1)));
    text.push_str(&format!("Date: {}\r\n", header_date(head.date_ms, zone)));
    text.push_str(&format!("Message-ID: <{}>\r\n", head.message_id));
    if let Some(last) = head.references.last() {
        let all = head.references.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join("\r\n ");
        text.push_str(&format!("In-Reply-To: <{last}>\r\nReferences: {all}\r\n"));
    }
    let programs = ["Apple Mail (2.3826)", "Microsoft Outlook 16.0", "Mozilla Thunderbird", "Roundcube Webmail/1.6"];
    if rng.percent(50) {
        text.push_str(&format!("X-Mailer: {}\r\n", rng.pick(&programs)));
    }
    text
}
