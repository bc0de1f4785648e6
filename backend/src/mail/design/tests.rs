use super::*;
use crate::mail::mutate;

const NEWSLETTER: &str = r##"<mjml>
<mj-head><mj-title>Oferta</mj-title><mj-preview>Solo hoy, ${name}</mj-preview>
<mj-font name="Raleway" href="https://fonts.example/raleway.css" />
<mj-style>.box { color: #ff0000; background: url(https://evil.example/a.png) }</mj-style></mj-head>
<mj-body background-color="#f4f4f4">
<mj-section><mj-column><mj-text css-class="box">Hola, ${name}</mj-text></mj-column>
<mj-column><mj-image src="/api/v1/template-images/0123" alt="Foto" /><mj-button href="https://a.example/?c=${code}">Ver</mj-button></mj-column></mj-section>
</mj-body></mjml>"##;

fn rendered(source: &str) -> Design {
    let own = |source: &str| source.strip_prefix("/api/v1/template-images/").map(|token| format!("cid:{token}@t"));
    clean(&render_mjml(source).unwrap(), &own)
}

#[test]
fn mjml_keeps_its_look_and_loads_nothing() {
    let design = rendered(NEWSLETTER);
    assert!(design.html.contains("Hola, ${name}"), "{}", design.html);
    assert!(design.html.contains("href=\"https://a.example/?c=${code}\""), "{}", design.html);
    assert!(design.html.contains("src=\"cid:0123@t\""), "{}", design.html);
    assert!(design.html.contains("mj-column-per-50"), "{}", design.html);
    assert!(design.html.contains("role=\"presentation\""), "{}", design.html);
    assert!(design.css.contains("@media only screen and (min-width:480px)"), "{}", design.css);
    assert!(design.css.contains(".mj-column-per-50{width:50% !important"), "{}", design.css);
    assert!(design.css.contains(".box{color:#ff0000}"), "{}", design.css);
    let document = design.document("Oferta", "");
    for word in ["fonts.example", "googleapis", "evil.example", "<script", "@import", "url("] {
        assert!(!document.contains(word), "{word}: {document}");
    }
    assert_eq!(design.pictures(), ["cid:0123@t"]);
    assert_eq!(design.mute_pictures(), 0);
    assert!(design.text().contains("Hola, ${name}"));
}

#[test]
fn cleaning_twice_changes_nothing() {
    let design = rendered(NEWSLETTER);
    assert_eq!(design.with_images(&|_| None), design);
    assert_eq!(clean(&design.document("x", ""), &|_| None), design);
}

#[test]
fn faulty_mjml_is_told() {
    for source in ["", "hola", "<mjml>", "<mjml><mj-body></mjml>", "<p>x</p>"] {
        assert!(matches!(render_mjml(source), Err(MjmlError::Faulty(_))), "{source}");
    }
    let include = "<mjml><mj-head><mj-include path=\"/etc/passwd\" /></mj-head><mj-body></mj-body></mjml>";
    assert!(render_mjml(include).is_err());
}

#[test]
fn deep_mjml_is_refused_before_it_is_parsed() {
    let deep = |inside: &str, count: usize| {
        format!("<mjml><mj-body><mj-raw>{}</mj-raw></mj-body></mjml>", inside.repeat(count))
    };
    for source in
        [deep("<div>", 200), deep("<div><!-- </div> -->", 200), deep("<div title='</div>'>", 200), deep("<b>", 20_000)]
    {
        assert_eq!(render_mjml(&source), Err(MjmlError::TooLarge));
    }
    assert_eq!(render_mjml(&"x".repeat(600_000)), Err(MjmlError::TooLarge));
    let wide =
        "<mj-section><mj-column><mj-text>a<br>b<br/>c</mj-text><mj-image src='cid:x' /></mj-column></mj-section>"
            .repeat(300);
    assert!(render_mjml(&format!("<mjml><mj-body>{wide}</mj-body></mjml>")).is_ok());
    let nested = "<div>".repeat(90) + &"</div>".repeat(90);
    assert!(render_mjml(&format!("<mjml><mj-body><mj-raw>{nested}</mj-raw></mj-body></mjml>")).is_ok());
}

#[test]
fn style_sheets_are_written_anew() {
    for (sheet, kept) in [
        ("a { color: red; position: fixed }", "a{color:red}"),
        ("@import 'x'; p{margin:0}", "p{margin:0}"),
        ("@font-face{font-family:x;src:url(y)} p{margin:0}", "p{margin:0}"),
        (
            "@media (max-width:600px){.a{width:100%!important}.b{content:'x'}}",
            "@media (max-width:600px){.a{width:100%!important}}",
        ),
        ("@media screen and (x:url(y)){p{margin:0}}", ""),
        ("@supports (a:b){p{margin:0}}", ""),
        ("p{color:red}</style><script>alert(1)</script><style>", "p{color:red}"),
        ("p</style><img src=x>{color:red}", ""),
        ("p{font-family:'</style><b>'}", ""),
        ("p{/* } */color:red}", "p{color:red}"),
        ("a[href^='http://x']{color:red}", ""),
        ("p{color:red", "p{color:red}"),
        ("}}p{color:red}{", "p{color:red}"),
        ("p{background:url(//x)}", ""),
        ("\\70{color:red}", ""),
        ("@media print{@media screen{p{color:red}}}", ""),
    ] {
        assert_eq!(css::filter(sheet), kept, "{sheet}");
    }
    let document = "<STYLE type='text/css'>p{color:red}</STYLE><!--[if mso]><style>b{color:blue}</style><![endif]--><style>i{color:red}";
    assert_eq!(css::filter(&css::sheets(document)), "p{color:red}i{color:red}");
}

#[test]
fn mutations_do_no_harm() {
    let originals: Vec<Vec<u8>> = vec![
        NEWSLETTER.as_bytes().to_vec(),
        b"<style>@media screen{.a{color:red}} p{margin:0}</style><p class=a>x</p><img src='https://a.example/x.png'>"
            .to_vec(),
    ];
    let mut round = 0_usize;
    mutate::feed(&originals, |bytes| {
        let source = String::from_utf8_lossy(bytes);
        round += 1;
        // Rendering unoptimised takes long; each mutation is cleaned, every fourth rendered before.
        let document = if round.is_multiple_of(4) { render_mjml(&source).ok() } else { None };
        let design = clean(document.as_deref().unwrap_or(&source), &|_| None);
        assert!(!design.css.contains('<'), "{}", design.css);
        assert!(!design.css.contains("url("), "{}", design.css);
        assert!(!design.html.to_lowercase().contains("<style") && !design.html.to_lowercase().contains("<script"));
    });
}
