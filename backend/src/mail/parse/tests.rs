use std::time::{Duration, Instant};

use super::*;
use crate::mail::{
    autoreply::MailKind,
    mutate::{corpus, feed, fixture},
};

fn read_fixture(name: &str) -> ParsedMail {
    parse(&fixture(name)).unwrap()
}

#[test]
fn facts_of_a_simple_mail() {
    let mail = read_fixture("simple.eml");
    assert_eq!(mail.message_id.as_deref(), Some("simple-1@example.com"));
    assert_eq!(mail.in_reply_to, ["prev@posta.test"]);
    assert_eq!(mail.references, ["root@posta.test", "prev@posta.test"]);
    assert_eq!(mail.from.as_ref().unwrap().to_string(), "Ana Pérez <ana@example.com>");
    assert_eq!(
        mail.to.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["Soporte <soporte@posta.test>", "Pago, Luis <luis@posta.test>"]
    );
    assert!(mail.cc.is_empty());
    assert_eq!(mail.delivered_to, ["soporte@posta.test"]);
    assert_eq!(mail.return_path.as_deref(), Some("ana@example.com"));
    assert_eq!(mail.subject, "Factura número 7");
    assert_eq!(mail.date_ms, Some(1_772_442_930_000));
    assert!(mail.text.starts_with("Hola, ¿me envían la factura de marzo?\n\nGracias,\nAna\n\nEl lun"));
    let quote = text::quote_start(&mail.text).unwrap();
    assert!(mail.text.split_at(quote).1.starts_with("El lun"));
    assert_eq!(mail.html, None);
    assert_eq!(mail.kind, MailKind::Personal);
    assert!(mail.parts.is_empty());
}

#[test]
fn both_bodies_and_all_attachments() {
    let raw = fixture("alternative.eml");
    let mut seen = Vec::new();
    let mail = parse_with(&raw, &mut |info, bytes| seen.push((info.name.clone(), bytes.to_vec()))).unwrap();
    assert_eq!(mail.text, "Plain words.");
    assert!(mail.html.as_ref().unwrap().contains("<b>words</b> ñ"));
    assert_eq!(mail.date_ms, Some(1_772_542_800_000));
    let names: Vec<_> =
        mail.parts.iter().map(|part| (part.name.as_str(), part.content_type.as_str(), part.inline)).collect();
    assert_eq!(
        names,
        [
            ("logo.png", "image/png", true),
            ("informe año 2026.pdf", "application/pdf", false),
            ("datos_año.csv", "text/csv", false)
        ]
    );
    assert_eq!(mail.parts[0].content_id.as_deref(), Some("logo@example.com"));
    assert_eq!(seen[1].1, b"%PDF-1.4 fake");
    assert_eq!(seen[2].1, b"a;\xf1\n1;2\n", "attachments keep their own bytes");
    for (info, (_, bytes)) in mail.parts.iter().zip(&seen) {
        assert_eq!(info.size, bytes.len());
        assert_eq!(&part_bytes(&raw, info.index).unwrap(), bytes);
    }
    assert_eq!(part_bytes(&raw, 999), None);
}

#[test]
fn html_only_gives_its_words() {
    let mail = read_fixture("html_only.eml");
    assert!(mail.text_from_html);
    assert_eq!(mail.text, "Oferta “especial”: 10 €");
    assert!(mail.html.unwrap().contains("“especial”: 10 €"));
    assert_eq!(mail.kind, MailKind::Bulk);
    assert_eq!(mail.list_id.as_deref(), Some("Shop news <news.shop.example>"));
}

#[test]
fn characters_are_right_without_a_label_or_with_a_wrong_one() {
    let mail = read_fixture("latin1_unlabelled.eml");
    assert_eq!(mail.subject, "Reclamación por la facturación del año pasado");
    assert_eq!(mail.from.unwrap().name.as_deref(), Some("Muñoz García"));
    assert!(mail.text.contains("Buenos días:") && mail.text.contains("Señor Muñoz"));
    assert!(read_fixture("mislabelled.eml").text.contains("señora está equivocada, envíenla mañana"));
    let utf8 = read_fixture("utf8_headers.eml");
    assert_eq!(utf8.subject, "Señal débil 📶");
    assert_eq!(utf8.from.unwrap().email, "josé@correo.example");
    let japanese = read_fixture("iso2022jp.eml");
    assert_eq!((japanese.subject.as_str(), japanese.text.trim()), ("こんにちは", "こんにちは"));
}

#[test]
fn flowed_text_is_joined() {
    assert_eq!(
        read_fixture("flowed.eml").text.trim(),
        "This is one paragraph that the mailer broke softly.\n> quoted one paragraph"
    );
}

#[test]
fn a_nested_mail_is_an_attachment() {
    let raw = fixture("nested.eml");
    let mail = parse(&raw).unwrap();
    assert_eq!(mail.text, "see attached");
    assert_eq!(mail.parts.len(), 1);
    let part = &mail.parts[0];
    assert_eq!((part.name.as_str(), part.content_type.as_str()), ("Petición-urgente.eml", "message/rfc822"));
    let inner = parse(&part_bytes(&raw, part.index).unwrap()).unwrap();
    assert_eq!(inner.message_id.as_deref(), Some("inner@y.zz"));
    assert_eq!(inner.text, "inner text");
    assert_eq!(inner.parts[0].name, "passwd");
}

#[test]
fn values_cannot_forge_headers_or_paths() {
    let mail = read_fixture("bad_names.eml");
    assert!(!mail.subject.contains(['\r', '\n']));
    assert!(!mail.from.as_ref().unwrap().to_string().contains(['\r', '\n']));
    assert_eq!(mail.date_ms, None);
    // Backslashes in a quoted string escape what follows (RFC 5322 §3.2.4), so nothing of the path is left.
    assert_eq!(mail.parts[0].name, "windowsevil.exe");
    assert_eq!(mail.parts[1].name, "attachment-2.png");
    assert_eq!(mail.parts[1].content_id, None);
}

#[test]
fn what_arrived_of_a_truncated_mail_is_shown() {
    let mail = read_fixture("truncated.eml");
    assert_eq!(mail.text, "the text arrived");
    assert_eq!(mail.parts.len(), 1);
}

#[test]
fn kinds_of_the_corpus() {
    for (name, kind) in [
        ("calendar.eml", MailKind::Calendar),
        ("vacation.eml", MailKind::AutoReply),
        ("dsn_postfix.eml", MailKind::Bounce),
        ("dsn_exchange.eml", MailKind::Bounce),
        ("bounce_qmail.eml", MailKind::Bounce),
        ("bounce_exim.eml", MailKind::Bounce),
    ] {
        assert_eq!(read_fixture(name).kind, kind, "{name}");
    }
}

#[test]
fn what_is_no_mail_is_unreadable() {
    assert_eq!(parse(b""), Err(Unreadable::Empty));
    assert_eq!(parse(b"\0\0\0\0"), Err(Unreadable::NoHeader));
    assert_eq!(parse("just some words\nwithout a header\n".as_bytes()), Err(Unreadable::NoHeader));
    assert_eq!(parse(&[0xff; 5000]), Err(Unreadable::NoHeader));
    assert!(parse(b"Subject: only a header").is_ok());
}

#[test]
fn safe_names() {
    assert_eq!(safe_file_name("C:\\a\\b.txt"), "b.txt");
    assert_eq!(safe_file_name("../../.bashrc"), "bashrc");
    assert_eq!(safe_file_name("a\r\nb:c?.pdf. "), "a b_c_.pdf");
    assert_eq!(safe_file_name("/"), "");
    let long = safe_file_name(&format!("{}.docx", "ñ".repeat(500)));
    assert!(long.ends_with(".docx") && long.chars().count() == 150);
}

/// Mails made to hurt: each must be over within five seconds, whatever comes out. The stack is that of a small
/// worker thread.
#[test]
fn crafted_mails_are_survived() {
    let head = "From: a@b.co\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
    let multipart = |n: usize| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n");
    let cases: Vec<(&str, String)> = vec![
        ("nested mails", format!("{head}{}", "Content-Type: message/rfc822\r\n\r\n".repeat(50_000))),
        ("nested multiparts", format!("{head}{}", (0..900).map(multipart).collect::<String>())),
        ("same boundary nested", format!("{head}{}", multipart(1).repeat(4000))),
        ("many parts", format!("{head}{}{}", multipart(1), "--b1\r\n\r\nx\r\n".repeat(200_000))),
        (
            "vain boundaries",
            format!(
                "{head}{}{}{}",
                multipart(1),
                "--b1\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\n".repeat(3000),
                "y".repeat(2_000_000)
            ),
        ),
        ("long header", format!("{head}X-Long: {}\r\n\r\n", "a".repeat(5_000_000))),
        ("many headers", format!("{head}{}\r\n", "X: y\r\n".repeat(500_000))),
        ("many recipients", format!("{head}To: {}\r\n\r\n", "a@b.co,".repeat(100_000))),
        ("comments", format!("{head}To: {}\r\n\r\n", "(".repeat(900_000))),
        ("encoded words", format!("{head}Subject: {}\r\n\r\n", "=?utf-8?Q?a?= ".repeat(60_000))),
        ("references", format!("{head}References: {}\r\n\r\n", "<a@b> ".repeat(100_000))),
        ("parameters", format!("{head}Content-Type: text/plain; {}\r\n\r\n", "a*1=b;".repeat(40_000))),
        (
            "continuations",
            format!(
                "{head}Content-Type: text/plain; {}\r\n\r\n",
                (0..30_000).map(|n| format!("name*{n}=b;")).collect::<String>()
            ),
        ),
        ("dashes", format!("{head}{}{}", multipart(1), "-".repeat(5_000_000))),
        (
            "dash boundary",
            format!("{head}Content-Type: multipart/mixed; boundary=\"-\"\r\n\r\n{}", "-".repeat(3_000_000)),
        ),
        ("html bomb", format!("{head}Content-Type: text/html\r\n\r\n{}", "<b><p>".repeat(200_000))),
        ("base64 nonsense", format!("{head}Content-Transfer-Encoding: base64\r\n\r\n{}", "=*!".repeat(1_000_000))),
        (
            "quoted-printable nonsense",
            format!("{head}Content-Transfer-Encoding: quoted-printable\r\n\r\n{}", "=\r=".repeat(1_000_000)),
        ),
        ("blank lines", "\r\n".repeat(2_000_000)),
    ];
    let worker = std::thread::Builder::new().stack_size(512 * 1024).spawn(move || {
        for (name, mail) in cases {
            let start = Instant::now();
            let outcome = parse(mail.as_bytes()).map(|mail| mail.parts.len());
            assert!(start.elapsed() < Duration::from_secs(5), "{name}: {:?} {outcome:?}", start.elapsed());
        }
    });
    worker.unwrap().join().unwrap();
}

#[test]
fn ten_thousand_damaged_mails_are_survived() {
    feed(&corpus(), |bytes| {
        if let Ok(mail) = parse(bytes) {
            assert!(!mail.subject.chars().any(crate::mail::address::is_forbidden));
            assert!(!mail.text.contains('\0'));
            assert!(mail.parts.iter().all(|part| !part.name.is_empty() && !part.name.contains(['/', '\\', '\n'])));
        }
    });
}
