use proptest::prelude::*;

use super::*;

#[test]
fn html_becomes_words() {
    let html = "<html><head><title>t</title><style>p{color:red}</style></head><body><p>Hola <b>Ana</b>,</p>\
        <table><tr><td>uno</td><td>dos</td></tr></table><ul><li>a</li><li>b</li></ul><blockquote>cita</blockquote>\
        <a href='https://example.com/x'>enlace</a><img src=x alt=logo><script>alert(1)</script></body></html>";
    assert_eq!(html_to_text(html), "Hola Ana,\n\nuno dos\n\na\nb\n\ncita\n\nenlace");
    let text = html_to_plain(html);
    assert_eq!(text, "Hola Ana,\n\nuno\ndos\n* a\n* b\n\n> cita\n\nenlace <https://example.com/x>[logo]");
    assert!(!text.chars().any(|c| ('\u{2500}'..='\u{257f}').contains(&c)));
}

#[test]
fn long_words_and_narrow_tables_do_not_fail() {
    let deep = format!("{}x{}", "<table><tr><td>".repeat(150), "</td></tr></table>".repeat(150));
    assert_eq!(html_to_plain(&deep), "x");
    let quotes = format!("{}x{}", "<blockquote>".repeat(200), "</blockquote>".repeat(200));
    assert!(html_to_plain(&quotes).contains('x'));
    let words = format!("<p>{}</p>", "a".repeat(5000));
    assert_eq!(html_to_text(&words).len(), 5000);
}

#[test]
fn html_too_complex_for_a_tree_still_gives_its_words() {
    let html = format!("<p>hello &amp; bye</p>{}", "<div>".repeat(100_000));
    assert_eq!(html_to_text(&html), "hello & bye");
}

#[test]
fn text_becomes_html() {
    assert_eq!(text_to_html("a < b\nc & \"d\"\n\n\ne"), "<p>a &lt; b<br>\nc &amp; &quot;d&quot;</p>\n<p>e</p>\n");
    assert_eq!(
        text_to_html("see (https://x.example/a?b=1&c=2)."),
        "<p>see (<a href=\"https://x.example/a?b=1&amp;c=2\">https://x.example/a?b=1&amp;c=2</a>).</p>\n"
    );
    assert_eq!(text_to_html("ana@b.co,"), "<p><a href=\"mailto:ana@b.co\">ana@b.co</a>,</p>\n");
    assert_eq!(text_to_html("javascript:alert(1) https://"), "<p>javascript:alert(1) https://</p>\n");
    assert_eq!(text_to_html("  two"), "<p>&nbsp;&nbsp;two</p>\n");
}

#[test]
fn snippets() {
    assert_eq!(snippet("  Hello\n\n  there,  you ", 80), "Hello there, you");
    assert_eq!(snippet("one two three", 9), "one two…");
    assert_eq!(snippet(&"x".repeat(50), 10), format!("{}…", "x".repeat(9)));
    assert_eq!(snippet("", 10), "");
}

fn answer_of(text: &str) -> &str {
    quote_start(text).map_or(text, |start| text.split_at(start).0)
}

#[test]
fn quotes_in_text() {
    for quote in [
        "On Mon, 2 Mar 2026 at 10:00, Ana <a@b.co> wrote:\n> Hi\n> there\n",
        "On Mon, 2 Mar 2026 at 10:00, Ana Somebody With A Long Name\n<ana@example.com> wrote:\n\n> Hi\n",
        "El lun, 2 mar 2026 a las 10:00, Ana (<a@b.co>) escribió:\n\n> Hola\n>\n> adiós\n",
        "Am 02.03.26 um 10:00 schrieb Ana:\n> Hallo\n",
        "> Hi\n> there",
        "-----Original Message-----\nFrom: Ana\nHi\n",
        "-----Mensaje original-----\nDe: Ana\nHola\n",
        "---------- Forwarded message ---------\nFrom: Ana\n",
        "________________________________\nFrom: Ana\nSent: Monday\nTo: x\nSubject: y\n\nHi",
        "From: Ana <a@b.co>\nSent: Monday\nTo: Luis\nSubject: Hi\n\nHello\n",
        "De: Ana <a@b.co>\nEnviado el: lunes\nPara: Luis\nAsunto: Hola\n\nHola\n",
        "*From:* Ana <a@b.co>\n*Sent:* Monday\n*To:* Luis\n*Subject:* Hi\n\nHello\n",
    ] {
        let text = format!("My answer.\n\n{quote}");
        assert_eq!(answer_of(&text), "My answer.\n\n", "{quote}");
    }
}

#[test]
fn what_is_no_trailing_quote_is_not_folded() {
    for text in
        ["Just text.", "On Monday I wrote:\na list", "> first they said\nand I say no", "From: here\nto there", ""]
    {
        assert_eq!(quote_start(text), None, "{text}");
    }
}

#[test]
fn quotes_in_html() {
    for quote in [
        "<div class=\"gmail_quote\"><div>On …</div></div>",
        "<blockquote type=\"cite\">x</blockquote>",
        "<div class=\"moz-cite-prefix\">On</div>",
        "<div id=\"divRplyFwdMsg\" dir=\"ltr\">",
        "<div id=\"appendonsend\"></div>",
        "<div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt\">",
        "<DIV CLASS='yahoo_quoted'>",
    ] {
        let html = format!("<p>Answer</p>{quote}");
        assert_eq!(html_quote_start(&html), Some(13), "{quote}");
    }
    assert_eq!(html_quote_start("<p>a</p><blockquote>plain</blockquote>"), None);
}

#[test]
fn ten_thousand_damaged_texts_are_survived() {
    let quoted = "Yes.\n\nOn Mon, Ana <a@b.co>\nwrote:\n> Hi \n> there\n-----Original Message-----\nFrom: Ana\nTo: x\nSubject: y\n";
    let html = "<p>Yes</p><div class=\"gmail_quote\">On Mon<blockquote type=cite>Hi &amp; <b>x</b></blockquote></div>";
    crate::mail::mutate::feed(&[quoted.into(), html.into()], |bytes| {
        let text = String::from_utf8_lossy(bytes);
        assert!(quote_start(&text).is_none_or(|start| text.is_char_boundary(start)));
        assert!(html_quote_start(&text).is_none_or(|start| text.is_char_boundary(start)));
        let _ = (unflow(&text, true), html_to_text(&text), text_to_html(&text), snippet(&text, 80));
    });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
    #[test]
    fn no_text_breaks_out_of_html(text in "\\PC{0,60}|[<>&\"'a-c/= \n]{0,60}") {
        let html = text_to_html(&text);
        let tags: Vec<&str> = html.split('<').skip(1).collect();
        prop_assert!(tags.iter().all(|tag| ["p>", "/p>", "br>", "a href=\"", "/a>"].iter().any(|known| tag.starts_with(known))));
    }

    #[test]
    fn any_html_gives_text(html in "\\PC{0,80}|(<[a-z/! -]{1,8}>|[a-z&;]{1,4}){0,40}") {
        let _ = html_to_text(&html);
        let _ = html_to_plain(&html);
        let _ = html_quote_start(&html);
        let _ = quote_start(&html);
    }
}
