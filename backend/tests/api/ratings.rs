//! Ratings: the links in agents' mail, the public page, and what it records (S20–S23, A7, A8).

use crate::{
    conversations::{at_work, begin, send, source},
    support::{Answer, Builder, Client, TestApp},
    templates::set,
};
use posta::{kernel::db::schema::ratings, mail::parse};
use serde_json::{Value, json};
use std::time::Duration;

fn reachable(builder: Builder) -> Builder {
    builder.setting("server.public_url", "http://posta.test")
}

/// An agent's mail that asks, and the token of its links.
fn asked(app: &TestApp) -> (Client, Value, Value, String) {
    let (campaign, ana, conversation) = at_work(app);
    let thanks = "<p><strong>¡Gracias por contarlo!</strong></p><script>x</script>";
    set(
        app,
        campaign,
        json!({ "rating": { "enabled": true, "prompt": "¿Qué tal <lo> hicimos?", "thanks_html": thanks } }),
    );
    let draft = begin(&ana, &conversation);
    ana.patch(&format!("/drafts/{}", draft["id"]), json!({ "html": "<p>Va de camino.</p>" })).ok();
    let sent = send(&ana, &draft, "clave-0001", json!({ "undo_seconds": 0 })).ok();
    let message = ana.get(&format!("/messages/{}", sent["message_id"])).ok();
    let raw = source(app, &message);
    let token = token_of(&parse::parse(raw.as_bytes()).unwrap().html.unwrap());
    (ana, conversation, message, token)
}

fn token_of(html: &str) -> String {
    html.split("http://posta.test/rate/").nth(1).unwrap()[..32].to_owned()
}

fn open(app: &TestApp, path: &str) -> Answer {
    app.anonymous().send_raw("GET", path, None)
}

fn say(app: &TestApp, token: &str, body: &str) -> Answer {
    let form = ("application/x-www-form-urlencoded", body.as_bytes().to_vec());
    app.anonymous().send_raw("POST", &format!("/rate/{token}"), Some(form))
}

/// Score and comment as they are stored.
fn stored(app: &TestApp) -> Vec<(Option<i32>, String)> {
    use diesel::prelude::*;
    app.read(|conn| {
        Ok(ratings::table.order(ratings::id.asc()).select((ratings::score, ratings::comment)).load(conn)?)
    })
}

both_engines! {
    fn agents_mail_asks_below_the_words_and_above_the_quotation(app, reachable) {
        let (ana, conversation, message, token) = asked(&app);
        let mail = parse::parse(source(&app, &message).as_bytes()).unwrap();
        let html = mail.html.unwrap();
        let at = |words: &str| html.find(words).unwrap_or_else(|| panic!("{words}: {html}"));
        assert!(at("Va de camino.") < at("¿Qué tal &lt;lo&gt; hicimos?"), "{html}");
        assert!(at("¿Qué tal") < at("posta-quote"), "{html}");
        for score in 1..=5 {
            let link = format!("http://posta.test/rate/{token}/{score}");
            assert!(html.contains(&link) && mail.text.contains(&link), "{link}: {}", mail.text);
        }
        for words in ["Muy bien", "Bien", "Regular", "Mal", "Muy mal", "¿Qué tal <lo> hicimos?"] {
            assert!(mail.text.contains(words), "{words}: {}", mail.text);
        }
        // The agent's own page has no links by which he could rate himself.
        assert!(!message["html"].as_str().unwrap().contains("/rate/"));
        assert!(!message["text"].as_str().unwrap().contains("/rate/"));
        let whole = ana.get(&format!("/conversations/{}", conversation["id"])).ok();
        assert!(!whole.to_string().contains("/rate/"));
    }

    fn looking_records_nothing_and_the_button_does(app, reachable) {
        let (ana, conversation, message, token) = asked(&app);
        for path in [format!("/rate/{token}"), format!("/rate/{token}/5"), format!("/rate/{token}/1"), format!("/rate/{token}/9")] {
            for _ in 0..3 {
                let page = open(&app, &path);
                assert_eq!(page.status, 200, "{page:?}");
                assert!(page.text.len() < 20_000 && !page.text.contains("<script") && !page.text.contains("http://"), "{}", page.text);
                assert_eq!(app.anonymous().send_raw("HEAD", &path, None).status, 200);
            }
        }
        assert_eq!(stored(&app), [(None, String::new())]);
        let page = open(&app, &format!("/rate/{token}/4"));
        assert!(page.text.contains("value=\"4\" required checked"), "the face that was clicked is chosen");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("form-action 'self'") && !policy.contains("script"), "{policy}");
        assert!(page.header("set-cookie").is_none());
        assert!(page.text.contains("¿Qué tal &lt;lo&gt; hicimos?"));

        let answer = say(&app, &token, "score=4&comment=Muy+r%C3%A1pido%0D%0A%3Cb%3E");
        assert_eq!((answer.status, answer.header("location")), (303, Some(format!("/rate/{token}").as_str())), "{answer:?}");
        assert_eq!(stored(&app), [(Some(4), "Muy rápido\n<b>".to_owned())]);
        let thanks = open(&app, &format!("/rate/{token}"));
        assert!(thanks.text.contains("<strong>¡Gracias por contarlo!</strong>") && thanks.text.contains("Bien"), "{}", thanks.text);
        assert!(thanks.text.contains("Muy rápido\n&lt;b&gt;") && !thanks.text.contains("<script"), "{}", thanks.text);

        let shown = ana.get(&format!("/interactions/{}", conversation["interaction"]["id"])).ok();
        assert_eq!(shown["rating"], 4);
        let whole = ana.get(&format!("/conversations/{}", conversation["id"])).ok();
        let rated = whole["messages"].as_array().unwrap().iter().find(|mail| mail["id"] == message["id"]).unwrap();
        assert_eq!((&rated["rating"]["score"], &rated["rating"]["comment"]), (&json!(4), &json!("Muy rápido\n<b>")));
        assert_eq!(whole["messages"][0]["rating"], Value::Null);
        assert!(app.audited().contains(&"ratings.give".to_owned()));
        use diesel::prelude::*;
        use posta::kernel::db::schema::events;
        let told: Vec<String> = app.read(|conn| Ok(events::table.filter(events::kind.eq("rating_given")).select(events::payload).load(conn)?));
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("\"score\":4"), "{told:?}");
    }

    fn what_was_said_can_be_changed_for_a_week(app, reachable) {
        let (_, conversation, _, token) = asked(&app);
        assert_eq!(say(&app, &token, "score=2").status, 303);
        app.advance(Duration::from_secs(6 * 86_400));
        assert_eq!(say(&app, &token, "score=5&comment=Al+final+bien").status, 303);
        assert_eq!(stored(&app), [(Some(5), "Al final bien".to_owned())]);
        assert!(open(&app, &format!("/rate/{token}")).text.contains("Cambiar mi valoración"));
        app.advance(Duration::from_secs(86_400 + 60));
        let late = say(&app, &token, "score=1");
        assert_eq!(late.status, 409, "{late:?}");
        let page = open(&app, &format!("/rate/{token}"));
        assert!(page.status == 200 && !page.text.contains("<form"), "{}", page.text);
        assert_eq!(stored(&app), [(Some(5), "Al final bien".to_owned())]);
        let shown = app.sign_in("ana").get(&format!("/interactions/{}", conversation["interaction"]["id"])).ok();
        assert_eq!(shown["rating"], 5);
        assert!(app.audited().contains(&"ratings.change".to_owned()));
    }

    fn links_that_are_not_good_open_nothing(app, reachable) {
        let (_, _, _, token) = asked(&app);
        let other = token.chars().rev().collect::<String>();
        for path in ["x", other.as_str(), "%00", &"a".repeat(5_000)] {
            let page = open(&app, &format!("/rate/{path}"));
            assert_eq!(page.status, 404, "{path}");
            assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
            assert_eq!(say(&app, path, "score=5").status, 404, "{path}");
        }
        for body in ["", "score=", "score=0", "score=6", "score=cinco", "comment=x", "score=5&score=4", "%ff", "score=99999999999999"] {
            assert_eq!(say(&app, &token, body).status, 400, "{body}");
        }
        assert!(say(&app, &token, &format!("score=5&comment={}", "x".repeat(40_000))).status >= 400);
        assert_eq!(stored(&app), [(None, String::new())]);
        let english = app.anonymous().with("Accept-Language", "en-GB,en;q=0.9").send_raw("GET", "/rate/x", None);
        assert!(english.text.contains("lang=\"en\"") && english.text.contains("has expired"), "{}", english.text);
        // A long comment is cut, and the link dies after two months.
        app.advance(Duration::from_secs(61 * 86_400));
        assert_eq!((open(&app, &format!("/rate/{token}")).status, say(&app, &token, "score=5").status), (404, 404));
        let now = app.posta.core.now();
        assert_eq!(app.write(|conn| Ok(posta::ratings::forget_unrated(conn, now)?)), 1);
    }

    fn a_mail_that_was_taken_back_asks_nobody(app, reachable) {
        let (campaign, ana, conversation) = at_work(&app);
        set(&app, campaign, json!({ "rating": { "enabled": true, "prompt": "¿Qué tal?" } }));
        let draft = begin(&ana, &conversation);
        let sent = send(&ana, &draft, "clave-0001", json!({ "undo_seconds": 60 })).ok();
        assert_eq!(stored(&app).len(), 1);
        ana.post(&format!("/messages/{}/cancel", sent["message_id"]), json!({})).ok();
        assert_eq!(stored(&app), []);
    }

    fn one_noisy_customer_is_slowed_down(app, |builder: Builder| builder.setting("limits.address_requests_per_minute", 20)) {
        let refused = (0..10).map(|_| open(&app, "/rate/x")).find(|page| page.status == 429).unwrap();
        assert!(refused.header("retry-after").is_some(), "{refused:?}");
        assert!(refused.text.contains("<main>"), "{}", refused.text);
    }
}
