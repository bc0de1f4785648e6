use proptest::prelude::*;

use super::*;
use crate::mail::parse::{parse, parse_with};

fn address(name: &str, email: &str) -> Address {
    Address { name: (!name.is_empty()).then(|| name.to_owned()), email: email.to_owned() }
}

fn outgoing() -> Outgoing {
    Outgoing {
        message_id: "id-1@posta.test".into(),
        from: address("Atención al cliente", "soporte@posta.test"),
        sender: None,
        reply_to: Vec::new(),
        to: vec![address("Ana Pérez", "ana@example.com")],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "Su consulta".into(),
        date_ms: 1_772_442_930_123,
        in_reply_to: None,
        references: Vec::new(),
        html: None,
        text: Some("Hola".into()),
        inline: Vec::new(),
        attachments: Vec::new(),
        calendar: None,
        headers: Vec::new(),
        return_path: None,
    }
}

#[test]
fn everything_comes_back_as_it_went_in() {
    let mail = Outgoing {
        sender: Some(address("", "cuenta@posta.test")),
        reply_to: vec![address("Respuestas", "soporte+r1@posta.test")],
        cc: vec![address("Luis, jefe", "luis@example.com")],
        bcc: vec![address("", "secreto@example.com"), address("", "ANA@example.com")],
        subject: "Señal débil 📶 — «Nº 7»".into(),
        in_reply_to: Some("q-2@example.com".into()),
        references: vec!["q-1@example.com".into(), "q-2@example.com".into()],
        html: Some("<p>Hola <b>Ana</b></p><img src=\"cid:pic@posta\">".into()),
        text: None,
        inline: vec![Part {
            name: "foto.png".into(),
            content_type: "image/png".into(),
            cid: "pic@posta".into(),
            bytes: vec![1, 2, 3, 13, 10, 0],
        }],
        attachments: vec![
            Part {
                name: "año 2026 – informe.pdf".into(),
                content_type: "application/pdf".into(),
                cid: String::new(),
                bytes: b"%PDF\n\n.\n".to_vec(),
            },
            Part {
                name: "../x.eml".into(),
                content_type: "message/rfc822".into(),
                cid: String::new(),
                bytes: b"Subject: a\r\n\r\nb\r\n".to_vec(),
            },
        ],
        headers: vec![
            ("Auto-Submitted".into(), "auto-replied".into()),
            ("X-Note".into(), "señal\r\nBcc: x@y.zz".into()),
        ],
        ..outgoing()
    };
    let composed = compose(&mail).unwrap();
    assert_eq!(composed.envelope_from, "cuenta@posta.test");
    assert_eq!(composed.envelope_to, ["ana@example.com", "luis@example.com", "secreto@example.com"]);
    assert!(!String::from_utf8_lossy(&composed.raw).to_lowercase().contains("secreto"));
    let mut bytes = Vec::new();
    let parsed = parse_with(&composed.raw, &mut |_, part| bytes.push(part.to_vec())).unwrap();
    assert_eq!(parsed.message_id.as_deref(), Some("id-1@posta.test"));
    assert_eq!(parsed.from.as_ref(), Some(&mail.from));
    assert_eq!(parsed.sender, mail.sender);
    assert_eq!((&parsed.to, &parsed.cc, &parsed.reply_to), (&mail.to, &mail.cc, &mail.reply_to));
    assert_eq!(parsed.subject, mail.subject);
    assert_eq!(parsed.date_ms, Some(1_772_442_930_000));
    assert_eq!(parsed.in_reply_to, ["q-2@example.com"]);
    assert_eq!(parsed.references, mail.references);
    assert_eq!(parsed.html, mail.html);
    assert_eq!(parsed.text.trim(), "Hola Ana");
    assert_eq!(parsed.headers.get("auto-submitted"), Some("auto-replied"));
    assert!(!parsed.headers.has("bcc"));
    let names: Vec<_> = parsed.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["foto.png", "año 2026 – informe.pdf", "x.eml"]);
    assert_eq!(parsed.parts[0].content_id.as_deref(), Some("pic@posta"));
    assert_eq!(parsed.parts[2].content_type, "message/rfc822");
    assert_eq!(bytes[..2], [mail.inline[0].bytes.clone(), mail.attachments[0].bytes.clone()]);
    assert_eq!(bytes[2].trim_ascii(), mail.attachments[1].bytes.trim_ascii());
}

#[test]
fn the_same_mail_is_the_same_bytes() {
    let mail = Outgoing { html: Some("<p>x</p>".into()), ..outgoing() };
    assert_eq!(compose(&mail).unwrap(), compose(&mail).unwrap());
}

#[test]
fn an_invitation_is_an_alternative_and_a_file() {
    let ics = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n";
    let mail = Outgoing {
        calendar: Some(CalendarPart { method: "REQUEST".into(), ics: ics.into() }),
        html: Some("<p>x</p>".into()),
        ..outgoing()
    };
    let raw = compose(&mail).unwrap().raw;
    let parsed = parse(&raw).unwrap();
    let types: Vec<_> = parsed.parts.iter().map(|part| part.content_type.as_str()).collect();
    assert_eq!(types, ["text/calendar", "application/ics"]);
    assert!(String::from_utf8_lossy(&raw).contains("method=REQUEST"));
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let refused = |change: &dyn Fn(&mut Outgoing)| {
        let mut mail = outgoing();
        change(&mut mail);
        compose(&mail).unwrap_err()
    };
    assert_eq!(refused(&|mail| mail.to.clear()), ComposeError::NoRecipient);
    assert_eq!(refused(&|mail| mail.to[0].email = "no".into()), ComposeError::BadAddress("no".into()));
    assert!(matches!(
        refused(&|mail| mail.to[0].email = "a@b.co>\r\nRCPT TO:<x@y.zz".into()),
        ComposeError::BadAddress(_)
    ));
    assert!(matches!(refused(&|mail| mail.return_path = Some("a b".into())), ComposeError::BadAddress(_)));
    assert!(matches!(refused(&|mail| mail.message_id = "a@b>\r\nX: y".into()), ComposeError::BadHeader(_)));
    assert!(matches!(refused(&|mail| mail.headers.push(("Bcc".into(), "x@y.zz".into()))), ComposeError::BadHeader(_)));
    assert!(matches!(refused(&|mail| mail.headers.push(("X: y\r\nZ".into(), "v".into()))), ComposeError::BadHeader(_)));
    assert_eq!(refused(&|mail| mail.date_ms = -5000), ComposeError::BadDate);
}

#[test]
fn the_null_path_and_hidden_recipients() {
    let mail =
        Outgoing { to: Vec::new(), bcc: vec![address("", "a@b.co")], return_path: Some(String::new()), ..outgoing() };
    let composed = compose(&mail).unwrap();
    assert_eq!(composed.envelope_from, "");
    assert_eq!(composed.envelope_to, ["a@b.co"]);
    assert!(parse(&composed.raw).unwrap().to.is_empty());
}

#[test]
fn domains_travel_in_ascii() {
    let mail = Outgoing { to: vec![address("", "ana@españa.example")], ..outgoing() };
    let composed = compose(&mail).unwrap();
    assert_eq!(composed.envelope_to, ["ana@xn--espaa-rta.example"]);
    assert!(composed.raw.is_ascii());
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,60}",
        "[a-zA-Z ñé€📶,;:<>@()\\[\\]\"'\\\\=?_.\r\n\t\u{0}-]{0,60}",
        Just("=?utf-8?Q?not=20encoded?=".to_owned()),
        Just("x".repeat(2500)),
        Just("palabra ".repeat(300)),
        Just("ñ".repeat(700)),
        Just("\r\nBcc: evil@example.com\r\n\r\nbody".to_owned()),
        Just("..\r\n.\r\n".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]
    #[test]
    fn any_strings_survive_the_journey(
        subject in any_text(), name in any_text(), to_name in any_text(), text in any_text(), html in prop::option::of(any_text()),
        file in any_text(), header in any_text(), bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mail = Outgoing {
            from: Address { name: Some(name.clone()), email: "soporte@posta.test".into() },
            to: vec![Address { name: Some(to_name.clone()), email: "ana@example.com".into() }, address("", "b@c.co")],
            subject: subject.clone(),
            text: Some(text.clone()),
            html: html.clone(),
            attachments: vec![Part { name: file.clone(), content_type: "application/x-thing".into(), cid: String::new(), bytes: bytes.clone() }],
            headers: vec![("X-Free".into(), header)],
            ..outgoing()
        };
        let composed = compose(&mail).unwrap();
        let mut seen = Vec::new();
        let parsed = parse_with(&composed.raw, &mut |info, part| seen.push((info.name.clone(), part.to_vec()))).unwrap();
        prop_assert_eq!(&parsed.subject, &one_line(&subject).chars().take(1000).collect::<String>());
        let clean = |name: &str| Address::new(Some(name), "a@b.co").unwrap().name;
        prop_assert_eq!(parsed.from.as_ref().unwrap().name.clone(), clean(&name));
        prop_assert_eq!(parsed.to.len(), 2);
        prop_assert_eq!(parsed.to[0].name.clone(), clean(&to_name));
        prop_assert_eq!(parsed.to[0].email.as_str(), "ana@example.com");
        prop_assert!(!parsed.headers.has("bcc"));
        prop_assert_eq!(composed.envelope_to, vec!["ana@example.com".to_owned(), "b@c.co".to_owned()]);
        prop_assert_eq!(&seen.last().unwrap().1, &bytes);
        let expected = crate::mail::parse::safe_file_name(&file);
        let expected = if expected.is_empty() { "attachment".to_owned() } else { expected };
        prop_assert_eq!(&seen.last().unwrap().0, &expected);
        let lines = |text: &str| -> String { text.replace("\r\n", "\n").replace('\r', "\n").chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect() };
        if !text.trim().is_empty() {
            prop_assert_eq!(parsed.text.trim_end_matches('\n'), lines(&text).trim_end_matches('\n').to_owned());
        }
    }
}
