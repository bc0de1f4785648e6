use super::*;

fn mail() -> QuotedMail {
    QuotedMail {
        from: Address { name: Some("Ana".into()), email: "ana@example.com".into() },
        to: vec![Address { name: None, email: "soporte@posta.test".into() }],
        cc: Vec::new(),
        subject: "Factura".into(),
        date_ms: 1_772_442_930_000,
        utc_offset_minutes: 60,
        html: None,
        text: "Hola\n\n> antes\nadiós".into(),
    }
}

#[test]
fn an_answer_quotes_the_mail() {
    let quotation = reply(&mail(), Language::Es);
    assert_eq!(
        quotation.text,
        "El 2 de marzo de 2026, 10:15, Ana <ana@example.com> escribió:\n> Hola\n>\n>> antes\n> adiós"
    );
    assert!(quotation.html.contains("Ana &lt;ana@example.com&gt; escribió:") && quotation.html.contains("<p>Hola</p>"));
    assert!(reply(&mail(), Language::En).text.starts_with("On 2 March 2026, 10:15, Ana <ana@example.com> wrote:\n"));
    assert_eq!(text::quote_start(&format!("Sí.\n\n{}", quotation.text)), Some("Sí.\n\n".len()), "our own quotes fold");
    assert_eq!(text::html_quote_start(&quotation.html), Some(0));
}

#[test]
fn quoted_html_is_clean_and_what_was_written_stays_above() {
    let hostile =
        QuotedMail { html: Some("<p onclick=x>Hola<script>alert(1)</script><img src='cid:a@b'></p>".into()), ..mail() };
    let joined = join("<p>Respuesta</p><script>x</script>", &reply(&hostile, Language::Es));
    assert!(joined.html.starts_with("<p>Respuesta</p><br><div class=\"posta-quote\">"));
    assert!(!joined.html.contains("script") && !joined.html.contains("onclick"));
    assert!(joined.html.contains("<img src=\"cid:a@b\">"));
    assert!(joined.text.starts_with("Respuesta\n\nEl 2 de marzo"));
}

#[test]
fn a_forward_shows_the_header() {
    let forwarded =
        QuotedMail { cc: vec![Address { name: None, email: "c@d.co".into() }], subject: "a\r\nb <c>".into(), ..mail() };
    let quotation = forward(&forwarded, Language::En);
    assert!(quotation.text.starts_with(
        "---------- Forwarded message ----------\nFrom: Ana <ana@example.com>\nDate: 2 March 2026, 10:15\nSubject: a b <c>\n\
         To: soporte@posta.test\nCc: c@d.co\n\nHola"
    ));
    assert!(quotation.html.contains("<b>Subject:</b> a b &lt;c&gt;<br>"));
}

#[test]
fn the_exchange_is_quoted_once() {
    let newest = QuotedMail {
        text: "Tercero\n\nEl lunes, Soporte escribió:\n> Segundo\n".into(),
        html: Some("<div>Tercero<div class=\"gmail_quote\">Segundo</div></div>".into()),
        ..mail()
    };
    let older = QuotedMail { text: "Segundo".into(), html: None, ..mail() };
    let quotation = history(&[newest, older], Language::Es);
    assert_eq!(quotation.html.matches("Segundo").count(), 1);
    assert_eq!(quotation.text.matches("Segundo").count(), 1);
    assert!(quotation.html.find("Tercero").unwrap() < quotation.html.find("Segundo").unwrap());
}

#[test]
fn subjects_do_not_stack() {
    assert_eq!(reply_subject("RE: RV: AW: Hola"), "Re: Hola");
    assert_eq!(reply_subject("Hola"), "Re: Hola");
    assert_eq!(forward_subject("Re: Hola\r\nBcc: x"), "Fwd: Hola Bcc: x");
    assert_eq!(reply_subject(""), "Re:");
}
