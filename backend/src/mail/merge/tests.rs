use super::*;
use crate::mail::{mutate, sanitize::sanitize_outgoing};
use proptest::prelude::*;

fn value(name: &str) -> Option<String> {
    Some(match name {
        "name" => "Ana & <b>\"Luz\"</b>".into(),
        "lines" => "uno\r\ndos\u{7}".into(),
        "url" => "https://tienda.example/?a=1&b=2".into(),
        "bad" => "javascript:alert(1)".into(),
        "mail" => "ana+x@cliente.test".into(),
        "again" => "${name}".into(),
        "empty" => String::new(),
        "número de pedido" => "7".into(),
        _ => return None,
    })
}

fn html(source: &str) -> String {
    merge(source, Form::Html, &value).text
}

#[test]
fn values_stand_where_their_names_stood() {
    for (source, text) in [
        ("Hola, ${name}.", "Hola, Ana & <b>\"Luz\"</b>."),
        ("${ name }${empty}!", "Ana & <b>\"Luz\"</b>!"),
        ("pedido ${número de pedido}", "pedido 7"),
        ("${again}", "${name}"),
        ("$${name} $$${name} $ {name} ${} ${ } ${a}b}", "${name} $${name} $ {name} ${} ${ } b}"),
        ("${name", "${name"),
        ("${na\nme} ${${name}}", "${na\nme} ${Ana & <b>\"Luz\"</b>}"),
        ("a${lines}b", "auno\ndosb"),
        ("", ""),
    ] {
        assert_eq!(merge(source, Form::Text, &value).text, text, "{source}");
    }
    assert_eq!(merge("Re: ${lines}\r\nBcc: x@y.z", Form::Line, &value).text, "Re: uno dos Bcc: x@y.z");
}

#[test]
fn unknown_names_are_told_once() {
    let merged = merge("${a} ${name} ${b} ${a}", Form::Text, &value);
    assert_eq!(merged.text, " Ana & <b>\"Luz\"</b>  ");
    assert_eq!(merged.unknown, ["a", "b"]);
    assert_eq!(names("${x} $${y} ${x} ${ z }"), ["x", "z"]);
}

#[test]
fn html_takes_each_value_as_its_place_wants_it() {
    for (source, text) in [
        ("<p>${name}</p>", "<p>Ana &amp; &lt;b&gt;&quot;Luz&quot;&lt;/b&gt;</p>"),
        ("<p>${lines}</p>", "<p>uno<br>dos</p>"),
        ("<a href=\"${url}\">x</a>", "<a href=\"https://tienda.example/?a=1&amp;b=2\">x</a>"),
        (
            "<a href=\"${url}&amp;n=${name}\">x</a>",
            "<a href=\"https://tienda.example/?a=1&amp;b=2&amp;n=Ana%20%26%20%3Cb%3E%22Luz%22%3C%2Fb%3E\">x</a>",
        ),
        ("<a href=\"${bad}\">x</a>", "<a href=\"\">x</a>"),
        ("<a href=\"${empty}${bad}\">x</a>", "<a href=\"javascript%3Aalert%281%29\">x</a>"),
        (
            "<a href=\"https://a.example/?q=${bad}\">x</a>",
            "<a href=\"https://a.example/?q=javascript%3Aalert%281%29\">x</a>",
        ),
        ("<a href=\"mailto:${mail}\">x</a>", "<a href=\"mailto:ana%2Bx@cliente.test\">x</a>"),
        (
            "<img alt=\"${name}\" src=\"cid:1\">",
            "<img alt=\"Ana &amp; &lt;b&gt;&quot;Luz&quot;&lt;/b&gt;\" src=\"cid:1\">",
        ),
        ("<p style=\"color:${name}\">", "<p style=\"color:AnabLuzb\">"),
        ("<p ${name}>", "<p AnabLuzb>"),
        ("1 < 2 ${name}", "1 < 2 Ana &amp; &lt;b&gt;&quot;Luz&quot;&lt;/b&gt;"),
    ] {
        assert_eq!(html(source), text.replace("&quot;", &escape_html("\"")), "{source}");
    }
}

/// Names of elements and attributes, which no value may add to.
fn bones(html: &str) -> String {
    let mut bones = String::new();
    let (mut inside, mut quote) = (false, None);
    for c in html.chars() {
        match (inside, quote, c) {
            (false, _, '<') => inside = true,
            (true, None, '>') => {
                inside = false;
                bones.push('>');
            }
            (true, None, '"') => quote = Some('"'),
            (true, Some(_), '"') => quote = None,
            (true, None, c) => bones.push(c),
            _ => {}
        }
    }
    bones
}

proptest! {
    #[test]
    fn no_value_changes_the_structure(value in "[\\PC\n\r<>\"'&=${}]{0,60}", at in 0_usize..6) {
        let template = sanitize_outgoing([
            "<p>Hola, ${v}.</p>",
            "<a href=\"${v}\">x</a>",
            "<a href=\"https://a.example/${v}?q=${v}\" title=\"${v}\">x</a>",
            "<p style=\"color:red\" title=\"${v}\">${v}</p>",
            "<table><tr><td align=\"${v}\">${v}</td></tr></table>",
            "<a href=\"mailto:${v}\">${v}</a>",
        ][at]);
        // Line breaks become elements, on purpose.
        let plain: String = value.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
        let merged = merge(&template, Form::Html, &|_| Some(plain.clone())).text;
        prop_assert_eq!(bones(&merged), bones(&template));
        let lower = sanitize_outgoing(&merged).to_lowercase();
        prop_assert!(!lower.contains("href=\"javascript"));
    }

    #[test]
    fn a_line_stays_a_line(source in "\\PC{0,20}\\$\\{v\\}\\PC{0,20}", value in "[\\PC\n\r\t\u{0}\u{85}\u{2028}]{0,40}") {
        let merged = merge(&source, Form::Line, &|_| Some(value.clone())).text;
        prop_assert!(!merged.chars().any(char::is_control));
    }

    #[test]
    fn a_value_is_never_read_again(value in "[\\PC${}]{0,30}") {
        let seen = std::cell::RefCell::new(Vec::new());
        let _ = merge("${first}", Form::Text, &|name| {
            seen.borrow_mut().push(name.to_owned());
            Some(value.clone())
        });
        prop_assert_eq!(seen.into_inner(), ["first"]);
    }
}

#[test]
fn mutations_do_no_harm() {
    let originals: Vec<Vec<u8>> = [
        "<p>Hola, ${name}: <a href=\"https://a.example/?q=${url}\">${número de pedido}</a> $${no} ${</p>",
        "Re: ${subject} ${customer.first_name}",
        "<mjml><mj-body><mj-section><mj-column><mj-text>Hola ${name}</mj-text></mj-column></mj-section></mj-body></mjml>",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    mutate::feed(&originals, |bytes| {
        let source = String::from_utf8_lossy(bytes);
        let _ = names(&source);
        for form in [Form::Html, Form::Text, Form::Line] {
            let merged = merge(&source, form, &value);
            assert!(form != Form::Line || !merged.text.contains(['\r', '\n']));
        }
    });
}
