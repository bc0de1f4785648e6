use proptest::prelude::*;

use super::*;

fn find_reply_token(key: &[u8; 32], addresses: &[String], text: &str) -> Option<i64> {
    reply_tokens(key, addresses, text).next()
}
use crate::mail::mutate::{Numbers, mutate};

const KEY: [u8; 32] = [7; 32];
const OTHER: [u8; 32] = [8; 32];

#[test]
fn minted_ids_verify_and_others_do_not() {
    for conversation in [0, 1, 42, i64::MAX, -1] {
        let id = mint_message_id(&KEY, conversation, [1, 2, 3, 4, 5, 6, 7, 8], "Posta.Test");
        assert!(id.ends_with("@posta.test") && id.len() < 75, "{id}");
        assert_eq!(verify_message_id(&KEY, &id), Some(conversation));
        assert_eq!(verify_message_id(&KEY, &format!("<{}>", id.to_uppercase())), Some(conversation));
        assert_eq!(verify_message_id(&OTHER, &id), None);
        let token = mint_reply_token(&KEY, conversation);
        assert_eq!(find_reply_token(&KEY, &[format!("soporte+{token}@posta.test")], ""), Some(conversation));
        assert_eq!(
            find_reply_token(&KEY, &[format!("SOPORTE+{}@POSTA.TEST", token.to_uppercase())], ""),
            Some(conversation)
        );
        assert_eq!(find_reply_token(&KEY, &[], &format!("> Ref: [{token}].\n")), Some(conversation));
        assert_eq!(find_reply_token(&OTHER, &[format!("a+{token}@b.co")], &token), None);
        let bounce = mint_bounce_token(&KEY, conversation);
        assert_eq!(find_bounce_token(&KEY, &[format!("soporte+{bounce}@posta.test")]), Some(conversation));
        assert_eq!(
            find_bounce_token(&KEY, &[format!("soporte+{token}@posta.test")]),
            None,
            "a reply token is no bounce token"
        );
        assert_eq!(find_reply_token(&KEY, &[format!("x+r{}@y.zz", bounce.split_at(1).1)], ""), None);
    }
    assert_eq!(verify_message_id(&KEY, "posta.@x"), None);
    assert_eq!(verify_message_id(&KEY, ""), None);
}

#[test]
fn forged_tokens_never_pass() {
    let id = mint_message_id(&KEY, 42, [9; 8], "posta.test");
    let token = mint_reply_token(&KEY, 42);
    let mut numbers = Numbers::new(3);
    for _ in 0..10_000 {
        let forged = String::from_utf8_lossy(&mutate(id.as_bytes(), &mut numbers)).into_owned();
        let local = |id: &str| id.trim_matches(['<', '>']).split('@').next().unwrap_or_default().to_lowercase();
        if verify_message_id(&KEY, &forged).is_some() {
            assert_eq!(local(forged.trim()), local(&id));
        }
        let forged = String::from_utf8_lossy(&mutate(token.as_bytes(), &mut numbers)).into_owned();
        if find_reply_token(&KEY, &[], &forged).is_some() {
            assert!(forged.to_lowercase().contains(&token));
        }
    }
}

#[test]
fn plus_addresses_keep_the_length_limit() {
    let token = mint_reply_token(&KEY, 1);
    assert_eq!(plus_address("soporte@posta.test", &token), Some(format!("soporte+{token}@posta.test")));
    assert_eq!(plus_address(&format!("{}@posta.test", "a".repeat(40)), &token), None);
    assert_eq!(plus_address("nothing", &token), None);
    assert_eq!(without_token(&format!("soporte+{token}@posta.test")), "soporte@posta.test");
    for whole in ["soporte@posta.test", "soporte+ventas@posta.test", "nothing", "a+b@c+d", &format!("x+{token}")] {
        assert_eq!(without_token(whole), whole);
    }
}

#[test]
fn subjects() {
    for (subject, bare) in [
        ("Re: Hola", "Hola"),
        ("RE: RV: Fwd: re[2]: AW:Hola", "Hola"),
        ("Fwd:", ""),
        ("SV: VS: Antw: Hola", "Hola"),
        ("回复：Hola", "Hola"),
        ("Reunión: lunes", "Reunión: lunes"),
        ("Re (3): x", "x"),
        ("Regarding: x", "Regarding: x"),
        (": x", ": x"),
    ] {
        assert_eq!(strip_prefixes(subject), bare, "{subject}");
    }
    assert_eq!(normalise_subject("Re:  FACTURA  Número\t7 "), normalise_subject("factura numero 7"));
    assert_ne!(normalise_subject("a"), normalise_subject("b"));
}

/// Messages (id, conversation), participants, open conversations (sender, subject, last message, conversation).
#[derive(Default)]
struct Table {
    messages: Vec<(String, i64)>,
    participants: Vec<(i64, &'static str)>,
    open: Vec<(&'static str, &'static str, i64, i64)>,
}

impl Lookup for Table {
    fn conversation_of(&self, id: &str) -> Option<i64> {
        self.messages.iter().find(|(known, _)| known == id).map(|(_, conversation)| *conversation)
    }

    fn takes_part(&self, conversation: i64, sender: &str) -> Option<bool> {
        let mut of_it = self.participants.iter().filter(|(known, _)| *known == conversation).peekable();
        of_it.peek()?;
        Some(of_it.any(|(_, address)| *address == sender))
    }

    fn open_with(&self, sender: &str, subject: &str, since_ms: i64) -> Option<i64> {
        self.open
            .iter()
            .find(|(s, t, at, _)| *s == sender && *t == subject && *at >= since_ms)
            .map(|(.., conversation)| *conversation)
    }
}

fn table() -> Table {
    Table {
        messages: vec![("customer-1@example.com".into(), 5), ("ours-without-mac@posta.test".into(), 5)],
        participants: vec![(5, "ana@example.com"), (6, "luis@example.com")],
        open: vec![("ana@example.com", "factura", 1_000_000_000, 5)],
    }
}

fn clues<'m>(in_reply_to: &'m [String], recipients: &'m [String], sender: &'m str, subject: &'m str) -> Clues<'m> {
    Clues { in_reply_to, references: &[], recipients, text: "", sender, subject, arrived_ms: 1_000_000_000 }
}

fn joins(conversation: i64, by: Clue, from_stranger: bool) -> ThreadMatch {
    ThreadMatch::Joins { conversation, by, from_stranger }
}

#[test]
fn answers_to_our_mail_join() {
    let ours = [mint_message_id(&KEY, 5, [1; 8], "posta.test")];
    assert_eq!(resolve(&KEY, &clues(&ours, &[], "ana@example.com", "x"), &table()), joins(5, Clue::MessageId, false));
    let known = ["customer-1@example.com".to_owned()];
    assert_eq!(resolve(&KEY, &clues(&known, &[], "ana@example.com", "x"), &table()), joins(5, Clue::MessageId, false));
    let references = Clues { references: &ours, ..clues(&[], &[], "ana@example.com", "x") };
    assert_eq!(resolve(&KEY, &references, &table()), joins(5, Clue::MessageId, false));
}

#[test]
fn strangers_join_only_with_proof_and_are_marked() {
    let stranger = "eve@evil.example";
    let ours = [mint_message_id(&KEY, 5, [1; 8], "posta.test")];
    assert_eq!(resolve(&KEY, &clues(&ours, &[], stranger, "x"), &table()), joins(5, Clue::MessageId, true));
    let known = ["customer-1@example.com".to_owned(), "ours-without-mac@posta.test".to_owned()];
    assert_eq!(resolve(&KEY, &clues(&known, &[], stranger, "Factura"), &table()), ThreadMatch::New);
    let forged = [mint_message_id(&OTHER, 5, [1; 8], "posta.test")];
    assert_eq!(resolve(&KEY, &clues(&forged, &[], stranger, "Factura"), &table()), ThreadMatch::New);
    let token = [format!("soporte+{}@posta.test", mint_reply_token(&KEY, 5))];
    assert_eq!(resolve(&KEY, &clues(&[], &token, stranger, "x"), &table()), joins(5, Clue::Token, true));
}

#[test]
fn conversations_of_elsewhere_are_not_joined() {
    let ours = [mint_message_id(&KEY, 77, [1; 8], "posta.test")];
    assert_eq!(resolve(&KEY, &clues(&ours, &[], "ana@example.com", "x"), &table()), ThreadMatch::New);
    let token = [format!("soporte+{}@posta.test", mint_reply_token(&KEY, 77))];
    assert_eq!(resolve(&KEY, &clues(&[], &token, "ana@example.com", "x"), &table()), ThreadMatch::New);
}

#[test]
fn of_several_tokens_the_one_of_here_counts() {
    // Sent to addresses of two campaigns at once: each finds its own conversation.
    let addresses = [77, 5].map(|conversation| format!("x+{}@posta.test", mint_reply_token(&KEY, conversation)));
    let both = clues(&[], &addresses, "ana@example.com", "x");
    assert_eq!(resolve(&KEY, &both, &table()), joins(5, Clue::Token, false));
    let text = format!("Ref. {}\nRef. {}", mint_reply_token(&KEY, 77), mint_reply_token(&KEY, 6));
    let written = Clues { text: &text, ..clues(&[], &[], "luis@example.com", "x") };
    assert_eq!(resolve(&KEY, &written, &table()), joins(6, Clue::Token, false));
}

#[test]
fn subject_counts_only_with_its_sender_and_within_a_week() {
    assert_eq!(
        resolve(&KEY, &clues(&[], &[], "ana@example.com", "RE: Factura"), &table()),
        joins(5, Clue::SenderAndSubject, false)
    );
    assert_eq!(resolve(&KEY, &clues(&[], &[], "luis@example.com", "RE: Factura"), &table()), ThreadMatch::New);
    assert_eq!(resolve(&KEY, &clues(&[], &[], "", "RE: Factura"), &table()), ThreadMatch::New);
    let late = Clues {
        arrived_ms: 1_000_000_000 + SUBJECT_WINDOW_MS + 1,
        ..clues(&[], &[], "ana@example.com", "RE: Factura")
    };
    assert_eq!(resolve(&KEY, &late, &table()), ThreadMatch::New);
    assert_eq!(resolve(&KEY, &clues(&[], &[], "ana@example.com", "Re:"), &table()), ThreadMatch::New);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
    #[test]
    fn any_text_is_survived(text in "\\PC{0,120}|[a-z2-7r@.+<> ]{0,120}") {
        prop_assert_eq!(verify_message_id(&KEY, &text), None);
        prop_assert_eq!(find_reply_token(&KEY, std::slice::from_ref(&text), &text), None);
        let once = normalise_subject(&text);
        prop_assert!(once.len() <= text.len() * 20);
        prop_assert_eq!(strip_prefixes(strip_prefixes(&text)), strip_prefixes(&text));
    }
}
