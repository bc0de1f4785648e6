use proptest::prelude::*;

use super::*;

fn emails(text: &str) -> Vec<String> {
    parse_list(text).addresses.iter().map(ToString::to_string).collect()
}

#[test]
fn valid_addresses() {
    for email in [
        "a@b.co",
        "ana.perez+tag@example.com",
        "o'brien@example.ie",
        "\"ana perez\"@example.com",
        "user@localhost",
        "user@[192.0.2.1]",
        "user@[IPv6:2001:db8::1]",
        "josé@example.com",
        "info@españa.example",
        "x@xn--espaa-rta.example",
        "a@b-c.d.example",
    ] {
        assert_eq!(validate(email), Ok(()), "{email}");
    }
}

#[test]
fn invalid_addresses() {
    for email in [
        "",
        "a",
        "@b.co",
        "a@",
        "a@b",
        "a@b..co",
        ".a@b.co",
        "a.@b.co",
        "a..b@b.co",
        "a b@c.co",
        "a@b c.co",
        "a@-b.co",
        "a@b-.co",
        "a@b.co\r\nBcc: x@y.z",
        "a@1.2.3.4",
        "a@[1.2.3]",
        "\"a@b.co",
        "\"a\"b\"@c.co",
        "a@b_c.co",
        "a<b@c.co",
        "a@b.co>",
        "a,b@c.co",
        "a@b@c.co",
    ] {
        assert!(validate(email).is_err(), "{email}");
    }
    assert!(validate(&format!("{}@example.com", "a".repeat(65))).is_err());
    assert!(validate(&format!("a@{}.com", "b".repeat(64))).is_err());
    assert!(validate(&format!("a@{}com", "b.".repeat(130))).is_err());
}

#[test]
fn typed_lists() {
    assert_eq!(emails("a@b.co, c@d.co;e@f.co\ng@h.co"), ["a@b.co", "c@d.co", "e@f.co", "g@h.co"]);
    assert_eq!(emails("Ana Pérez <ana@b.co>"), ["Ana Pérez <ana@b.co>"]);
    assert_eq!(emails("\"Pérez, Ana\" <ana@b.co>, x@y.zz"), ["Pérez, Ana <ana@b.co>", "x@y.zz"]);
    assert_eq!(emails("\"a \\\"b\\\" c\" <ana@b.co>"), ["a \"b\" c <ana@b.co>"]);
    assert_eq!(emails("ana@b.co (Ana (la jefa))"), ["Ana la jefa <ana@b.co>"]);
    assert_eq!(emails("\"a,b\"@c.co"), ["\"a,b\"@c.co"]);
    assert_eq!(emails("undisclosed-recipients:;"), [""; 0]);
    assert_eq!(emails("Equipo: a@b.co, c@d.co; e@f.co"), ["a@b.co", "c@d.co", "e@f.co"]);
    assert_eq!(emails("A@ESPAÑA.Example"), ["A@españa.example"]);
    assert_eq!(emails(""), [""; 0]);
    assert_eq!(emails(" ,; ,"), [""; 0]);
}

#[test]
fn what_is_wrong_is_told_as_typed() {
    let list = parse_list("a@b.co, not an address, Ana <ana@>, \"open <x@y.zz>");
    assert_eq!(list.addresses.len(), 1);
    assert_eq!(list.invalid, ["not an address", "Ana <ana@>", "\"open <x@y.zz>"]);
}

#[test]
fn nesting_and_length_are_bounded() {
    let deep = format!("a@b.co {}", "(".repeat(100_000));
    assert!(parse_list(&deep).addresses.is_empty());
    let many = "a@b.co,".repeat(5000);
    assert_eq!(parse_list(&many).addresses.len(), MAX_RECIPIENTS);
}

#[test]
fn folding_for_comparison() {
    assert_eq!(fold(" Ana@Example.COM "), "ana@example.com");
    assert_eq!(fold("<X@España.example>"), fold("x@xn--espaa-rta.example"));
    assert_eq!(fold("no at"), "no at");
    let address = Address::new(None, "x@España.example").unwrap();
    assert_eq!(address.wire(), "x@xn--espaa-rta.example");
    assert!(!address.needs_smtputf8());
    assert!(Address::new(None, "josé@b.co").unwrap().needs_smtputf8());
}

#[test]
fn names_lose_what_could_forge_a_header() {
    let address = Address::new(Some("Ana\r\nBcc: evil@x.yz\u{202e}"), "a@b.co").unwrap();
    assert_eq!(address.name.as_deref(), Some("Ana Bcc: evil@x.yz"));
    assert_eq!(Address::new(Some(" \r\n "), "a@b.co").unwrap().name, None);
    assert!(Address::lenient(None, "no at sign").is_none());
    assert_eq!(Address::lenient(None, "<we ird@host>\n").unwrap().email, "we ird@host");
}

#[test]
fn ten_thousand_damaged_lists_are_survived() {
    let originals = [
        "Ana <a@b.co>, \"P, L\" <l@m.co>; x@y.zz (c (d))",
        "Grupo: a@b.co, c@d.co;, e@españa.example",
        "\"q\"@b.co\na@[192.0.2.1]",
    ];
    let originals: Vec<Vec<u8>> = originals.iter().map(|list| list.as_bytes().to_vec()).collect();
    crate::mail::mutate::feed(&originals, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        assert!(parse_list(&text).addresses.iter().all(|address| validate(&address.email).is_ok()));
        let _ = fold(&text);
    });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
    #[test]
    fn any_text_is_survived_and_what_is_accepted_is_clean(text in "\\PC{0,80}|[a-c@.,;:<>()\"\\\\ \r\n]{0,60}") {
        let list = parse_list(&text);
        for address in &list.addresses {
            prop_assert!(validate(&address.email).is_ok());
            prop_assert!(!address.to_string().chars().any(is_forbidden));
        }
        let _ = fold(&text);
    }

    #[test]
    fn what_is_shown_can_be_read_again(name in "[^<>\"\\\\(),;:@]{0,30}", local in "[a-z0-9]{1,10}") {
        let address = Address::new(Some(&name), &format!("{local}@example.com")).unwrap();
        let again = parse_list(&address.to_string());
        prop_assert_eq!(again.addresses, vec![address]);
    }
}
