use proptest::prelude::*;

use super::*;
use crate::mail::mutate::feed;

fn no_cid(_: &str) -> Option<String> {
    None
}

fn blocked(html: &str) -> Sanitized {
    sanitize(html, &SanitizeOptions { cid: &no_cid, remote: RemoteImages::Block })
}

/// The attributes of all tags as (element, attribute, value), read as a browser reads what the sanitiser writes: names,
/// then values in double quotes. An element without attributes has one of no name.
fn attributes(html: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, tag)) = rest.split_once('<') {
        let (element, mut tail) = tag.split_at(tag.find([' ', '>']).unwrap());
        let element = element.trim_start_matches('/').to_lowercase();
        found.push((element.clone(), String::new(), String::new()));
        while let Some(attribute) = tail.strip_prefix(' ') {
            let (name, value) = attribute.split_once("=\"").unwrap();
            let (value, after) = value.split_once('"').unwrap();
            found.push((element.clone(), name.to_lowercase(), value.to_lowercase()));
            tail = after;
        }
        rest = tail.strip_prefix('>').unwrap();
    }
    found
}

/// Whatever makes a browser load, run or cover something.
fn loads(html: &str) -> Vec<(String, String, String)> {
    const LOADING: [&str; 12] = [
        "src",
        "srcset",
        "background",
        "poster",
        "data",
        "lowsrc",
        "dynsrc",
        "action",
        "formaction",
        "xlink:href",
        "ping",
        "manifest",
    ];
    const ACTIVE: [&str; 15] = [
        "script", "style", "iframe", "frame", "form", "input", "svg", "math", "meta", "base", "link", "object",
        "embed", "video", "audio",
    ];
    let bad = |(element, name, value): &(String, String, String)| {
        let link = ["http:", "https:", "mailto:", "tel:"].iter().any(|scheme| value.starts_with(scheme));
        LOADING.contains(&name.as_str())
            || name.starts_with("on")
            || (name == "href" && (element != "a" || !link))
            || (name == "style" && (value.contains("url(") || value.contains("position")))
            || ACTIVE.contains(&element.as_str())
    };
    attributes(html).into_iter().filter(bad).collect()
}

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><image href='http://evil.example/x'/></svg>",
    "<svg><style><img src=http://evil.example></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<iframe src='http://evil.example'></iframe>",
    "<object data='http://evil.example'></object><embed src=http://evil.example>",
    "<base href='http://evil.example/'><img src='a.png'>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<link rel=stylesheet href='http://evil.example/a.css'>",
    "<style>@import 'http://evil.example';body{background:url(http://evil.example)}</style>",
    "<form action='http://evil.example'><input type=image src='http://evil.example/i'><button formaction=javascript:alert(1)>x</button></form>",
    "<img src='http://evil.example/1.png'>",
    "<img src=' \t\nhttp://evil.example/1.png'>",
    "<img src='ht\ttp://evil.example/1.png'>",
    "<img src='HTTPS:\\\\evil.example\\1.png'>",
    "<img src='http:evil.example/1.png'>",
    "<img src='http:/evil.example/1.png'>",
    "<img src='//evil.example/1.png'>",
    "<img src='/\\evil.example/1.png'>",
    "<img src='\\\\evil.example\\share'>",
    "<img src='\u{1}http://evil.example/1.png'>",
    "<img src='&#104;ttp://evil.example/1.png'>",
    "<img src='/api/v1/logout'>",
    "<img src='relative.png'>",
    "<img src='file:///etc/passwd'>",
    "<img src='blob:http://x'>",
    "<img src='javascript:alert(1)'>",
    "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
    "<img src='data:text/html;base64,AAAA'>",
    "<img src='data:image/png,<script>'>",
    "<img srcset='http://evil.example/1.png 1x, http://evil.example/2.png 2x'>",
    "<picture><source srcset='http://evil.example/1.png'><img src='http://evil.example/2.png'></picture>",
    "<table background='http://evil.example/1.png'><tr><td background=//evil.example>x</td></tr></table>",
    "<body background='http://evil.example/1.png'>",
    "<video poster='http://evil.example/1.png' src='http://evil.example/v'></video><audio src=http://evil.example/a>",
    "<div style='background:url(http://evil.example/1.png)'>x</div>",
    "<div style='position:fixed;top:0;left:0;width:100%;height:100%'>x</div>",
    "<div style=\"background-image: \\75 rl('http://evil.example')\">x</div>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href=' &#1;javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x' ping='http://evil.example'>x</a>",
    "<a href='/api/v1/users'>x</a>",
    "<img lowsrc=http://evil.example dynsrc=http://evil.example longdesc=http://evil.example>",
    "<bgsound src=http://evil.example><isindex action=http://evil.example>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><img src=http://evil.example></template>",
    "<select><template><style><!--</style><a rel='--></style></template></select><img id=x src onerror=alert(1)>'>",
    "<xmp><img src=http://evil.example></xmp><plaintext><img src=http://evil.example>",
    "<!--[if mso]><img src=http://evil.example><![endif]-->",
    "<portal src=http://evil.example></portal><frameset><frame src=http://evil.example></frameset>",
    "<input autofocus onfocus=alert(1)><details ontoggle=alert(1) open>x</details>",
];

#[test]
fn hostile_html_runs_and_loads_nothing() {
    for html in HOSTILE {
        let clean = blocked(html).html;
        assert!(loads(&clean).is_empty(), "{html}\n→ {clean}");
    }
}

#[test]
fn remote_pictures_are_counted_and_keep_their_description() {
    let clean = blocked(
        "<img src='http://a.example/1.png' alt='Logo' width=10><img src=//b.example/2.png><td background='http://c.example'>",
    );
    assert_eq!(clean.blocked_remote, 2);
    assert!(clean.html.contains("alt=\"Logo\"") && clean.html.contains("width=\"10\""), "{}", clean.html);
    let table = blocked("<table background='http://c.example/x.png'><tr><td>x</table>");
    assert_eq!(table.blocked_remote, 1);
}

#[test]
fn pictures_of_the_mail_and_of_the_proxy_get_their_addresses() {
    let cid = |id: &str| (id == "logo@x").then(|| "/m/1?a=1&b=\"2".to_owned());
    let proxy = |url: &str| url.starts_with("https://ok.example/").then(|| format!("/proxy?u={}", url.len()));
    let options = SanitizeOptions { cid: &cid, remote: RemoteImages::Proxy(&proxy) };
    let html = "<img alt=a src='cid:logo@x'><img src='CID:logo%40x' alt=b><img src='cid:other' alt=c>\
        <img src='https://ok.example/1' alt=d><img src='https://no.example/1' alt=e><img src='data:image/png;base64,AAAA'>";
    let clean = sanitize(html, &options);
    assert_eq!(
        clean.html,
        "<img alt=\"a\" src=\"/m/1?a=1&amp;b=&quot;2\"><img src=\"/m/1?a=1&amp;b=&quot;2\" alt=\"b\"><img alt=\"c\">\
         <img src=\"/proxy?u=20\" alt=\"d\"><img alt=\"e\"><img src=\"data:image/png;base64,AAAA\">"
    );
    assert_eq!(clean.blocked_remote, 1);
}

#[test]
fn readable_mail_stays_readable() {
    let html = "<html><body><table width=600 cellpadding=0 bgcolor=#ffffff><tr><td align=center valign=top style='font-size:14px;color:#333'>\
        <p>Hola <b>Ana</b> <font color=red face=Arial>rojo</font></p><ul><li>uno</li></ul><a href='https://example.com/a?b=1&amp;c=2'>ir</a>\
        <blockquote type=cite class='gmail_quote x'>cita</blockquote></td></tr></table></body></html>";
    let clean = blocked(html).html;
    for part in [
        "<table width=\"600\" cellpadding=\"0\" bgcolor=\"#ffffff\">",
        "align=\"center\" valign=\"top\" style=\"font-size:14px;color:#333\"",
        "<b>Ana</b>",
        "<font color=\"red\" face=\"Arial\">",
        "<li>uno</li>",
        "href=\"https://example.com/a?b=1&amp;c=2\"",
        "target=\"_blank\"",
        "rel=\"noopener noreferrer\"",
        "type=\"cite\" class=\"gmail_quote\"",
    ] {
        assert!(clean.contains(part), "{part}\n→ {clean}");
    }
}

#[test]
fn html_that_is_too_much_becomes_text() {
    let clean = blocked(&format!("<p>hello <i>x</i></p>{}", "<div>".repeat(50_000)));
    assert!(clean.as_text);
    assert_eq!(clean.html, "<p>hello x</p>\n");
}

#[test]
fn agents_html_keeps_its_looks_and_placeholders() {
    let html = "<p style=\"color:#c00;text-align:center\">Hola ${nombre}</p><img src=\"cid:a@b\"><a href=\"${enlace}\">x</a>\
        <a href=\"https://x.example/${id}\">y</a><a href='javascript:alert(1)'>z</a><script>x</script><img src='https://x.example/l.png'>";
    assert_eq!(
        sanitize_outgoing(html),
        "<p style=\"color:#c00;text-align:center\">Hola ${nombre}</p><img src=\"cid:a@b\"><a href=\"${enlace}\">x</a>\
         <a href=\"https://x.example/${id}\">y</a><a>z</a><img src=\"https://x.example/l.png\">"
    );
}

#[test]
fn cleaning_twice_changes_nothing() {
    for html in [
        "<p style='color:red'>a<b>b</p>c",
        "<table><td>x",
        "<a href=//x.example>y</a>",
        "<p class='gmail_quote'>&lt;script&gt;",
    ] {
        let once = sanitize_outgoing(html);
        assert_eq!(sanitize_outgoing(&once), once);
    }
}

#[test]
fn large_mail_is_cleaned_in_linear_time() {
    let row = "<tr><td style=\"font:12px Arial;color:#333;padding:4px\"><a href=\"https://x.example/a\">Some words</a> <img src=\"https://x.example/p.png\"></td></tr>";
    let html = format!("<table>{}</table>", row.repeat(8000));
    let start = std::time::Instant::now();
    let clean = blocked(&html);
    assert!(!clean.as_text);
    assert_eq!(clean.blocked_remote, 8000);
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn ten_thousand_damaged_bodies_are_survived() {
    let originals: Vec<Vec<u8>> = HOSTILE.iter().map(|html| html.as_bytes().to_vec()).collect();
    feed(&originals, |bytes| {
        let html = String::from_utf8_lossy(bytes);
        assert!(loads(&blocked(&html).html).is_empty(), "{html}");
    });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
    #[test]
    fn nothing_remote_is_left_when_blocking(
        pieces in prop::collection::vec(
            prop_oneof![
                Just("<img src="), Just("'http://evil.example/a'"), Just("\"//evil.example\""), Just("<table background="), Just(">"),
                Just("<svg>"), Just("</svg>"), Just("<style>"), Just("</style>"), Just("<!--"), Just("-->"), Just(" style='background:"),
                Just("url(http://evil.example)"), Just("'"), Just("\""), Just("<math><mtext>"), Just("<a href=http://evil.example>"),
                Just("<image href=http://evil.example>"), Just("<source srcset=http://evil.example>"), Just("</p><p>"), Just("<b>"),
                Just("<select><option>"), Just("</title>"), Just("<title>"), Just("&lt;img src=x&gt;"), Just("<noscript>"), Just("</noscript>"),
                Just("<template>"), Just("<form>"), Just("x=y "), Just("/"),
            ],
            0..40,
        )
    ) {
        let html = pieces.concat();
        let clean = blocked(&html);
        let again = blocked(&clean.html);
        prop_assert!(loads(&clean.html).is_empty(), "{}\n→ {}", html, clean.html);
        prop_assert_eq!(again.blocked_remote, 0);
    }
}
