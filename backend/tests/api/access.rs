//! Set-up (S2b) and signing in.

use crate::support::{Builder, Client, PASSWORD, TestApp, block_on};
use serde_json::{Value, json};
use std::time::Duration;

fn setup_token(app: &TestApp) -> Option<String> {
    block_on(app.posta.access.renew_setup_token()).unwrap()
}

fn set_up(client: &Client, token: &str, login: &str) -> crate::support::Answer {
    let body = json!({ "token": token, "login": login, "name": "Ada", "password": PASSWORD, "language": "en" });
    client.post("/setup", body)
}

both_engines! {
    fn the_link_makes_the_first_administrator(app, Builder::without_users) {
        let client = app.anonymous();
        assert_eq!(client.get("/setup").ok(), json!({ "needs_setup": true }));
        let earlier = setup_token(&app).unwrap();
        let token = setup_token(&app).unwrap();
        set_up(&client, &earlier, "ada").problem(403, "link_expired");
        set_up(&client, "guess", "ada").problem(403, "link_expired");
        let made = set_up(&client, &token, "ada").ok();
        assert_eq!((&made["user"]["role"], &made["user"]["language"]), (&json!("administrator"), &json!("en")));
        assert_eq!(made["user"]["must_change_password"], json!(false));
        assert_eq!(client.get("/auth/me").ok()["login"], "ada");
        assert_eq!(client.get("/setup").ok(), json!({ "needs_setup": false }));
        set_up(&app.anonymous(), &token, "eva").problem(409, "already_set_up");
        assert_eq!(setup_token(&app), None);
        assert_eq!(app.audited(), ["access.set_up"]);
    }

    fn set_up_may_turn_on_that_agents_need_a_voice_campaign(app, Builder::without_users) {
        let token = setup_token(&app).unwrap();
        let body = json!({
            "token": token, "login": "ada", "name": "Ada", "password": PASSWORD, "language": "en",
            "require_voice_campaign": true,
        });
        let client = app.anonymous();
        client.post("/setup", body).ok();
        assert_eq!(client.get("/settings").ok(), json!({ "require_voice_campaign": true }));
    }

    fn the_link_expires(app, Builder::without_users) {
        let token = setup_token(&app).unwrap();
        app.advance(Duration::from_secs(7 * 86_400));
        set_up(&app.anonymous(), &token, "ada").problem(403, "link_expired");
        assert_eq!(app.anonymous().get("/setup").ok(), json!({ "needs_setup": true }));
    }

    fn of_two_who_use_the_link_at_once_one_wins(app, Builder::without_users) {
        let token = setup_token(&app).unwrap();
        let answers: Vec<_> = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..4)
                .map(|number| {
                    let (client, token) = (app.anonymous(), token.clone());
                    scope.spawn(move || set_up(&client, &token, &format!("ada{number}")))
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let won = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(won, 1, "{answers:?}");
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 403 | 409)), "{answers:?}");
        let winner = answers.iter().find(|answer| answer.status == 200).unwrap();
        let admin = app.sign_in(winner.json["user"]["login"].as_str().unwrap());
        assert_eq!(admin.get("/users").ok()["items"].as_array().unwrap().len(), 1);
    }

    fn the_first_administrator_is_judged_like_any_other(app, Builder::without_users) {
        let token = setup_token(&app).unwrap();
        let with = |field: &str, value: Value| {
            let mut body = json!({
                "token": token, "login": "ada", "name": "Ada", "password": PASSWORD, "language": "es",
            });
            body[field] = value;
            app.anonymous().post("/setup", body)
        };
        with("password", "corto".into()).field(422, "/password", "too_short");
        with("password", "administrador".into()).field(422, "/password", "weak_password");
        with("password", "aaaaaaaaaaaa".into()).field(422, "/password", "weak_password");
        with("login", " ada".into()).field(422, "/login", "outer_blanks");
        with("login", "a;da".into()).field(422, "/login", "forbidden_character");
        with("name", "".into()).field(422, "/name", "required");
        with("language", "fr".into()).field(400, "/language", "unknown_value");
        with("role", "administrator".into()).field(400, "/role", "unknown_field");
        with("token", json!(7)).field(400, "/token", "wrong_type");
        with("name", "Ada".into()).ok();
    }

    fn names_are_taken_without_regard_to_case_and_accents(app) {
        app.agent("ána pérez");
        let client = app.anonymous();
        assert_eq!(client.sign_in("ANA PEREZ", PASSWORD).ok()["user"]["login"], "ána pérez");
    }

    fn known_and_unknown_accounts_answer_alike(app) {
        app.agent("ana");
        let admin = app.admin();
        let disabled = app.agent("bea").user_id();
        admin.patch(&format!("/users/{disabled}"), json!({ "enabled": false })).ok();
        let answer = |login: &str, password: &str| {
            let mut answer = app.anonymous().sign_in(login, password).problem(401, "wrong_credentials");
            answer.json["request_id"] = Value::Null;
            let mut names: Vec<_> = answer.headers.into_iter().map(|(name, _)| name).collect();
            names.sort();
            (answer.status, answer.json, names)
        };
        let wrong = answer("ana", "otra cosa distinta");
        assert_eq!(wrong, answer("nadie", "otra cosa distinta"));
        assert_eq!(wrong, answer("bea", PASSWORD));
    }

    fn a_bad_body_is_told_what_is_wrong_with_it(app) {
        let client = app.anonymous();
        let raw = |kind: &str, body: &[u8]| client.send("POST", "/auth/sign-in", Some((kind, body.to_vec())));
        raw("application/json", b"{\"login\": \"ana\",").problem(400, "malformed_body");
        raw("application/json", b"").problem(400, "malformed_body");
        raw("application/json", b"[]").problem(400, "malformed_body");
        raw("application/json", b"{\"login\":\"a\",\"password\":\"b\"} {}").problem(400, "malformed_body");
        raw("application/json", b"{\"login\":\"\xff\",\"password\":\"b\"}").problem(400, "malformed_body");
        raw("text/plain", b"{}").problem(415, "unsupported_media_type");
        client.send("POST", "/auth/sign-in", None).problem(415, "unsupported_media_type");
        raw("application/json", b"{\"login\":\"ana\"}").field(400, "/password", "required");
        client.post("/auth/sign-in", json!({ "login": "a", "password": "b", "admin": true }))
            .field(400, "/admin", "unknown_field");
        client.post("/auth/sign-in", json!({ "login": ["a"], "password": "b" })).field(400, "/login", "wrong_type");
        client.post("/auth/sign-in", json!({ "login": "", "password": "b" })).field(422, "/login", "required");
        client.post("/auth/sign-in", json!({ "login": "a", "password": "x".repeat(201) }))
            .field(422, "/password", "too_long");
        let huge = json!({ "login": "a", "password": "x".repeat(3 * 1024 * 1024) });
        client.post("/auth/sign-in", huge).problem(413, "too_large");
        let deep = format!("{{\"login\":{}", "[".repeat(100_000));
        raw("application/json", deep.as_bytes()).problem(400, "malformed_body");
    }

    fn the_command_line_makes_administrators_too(app) {
        let make = |login: &str, password: &str| {
            block_on(app.posta.access.create_administrator(login, "Eva", password.to_owned()))
        };
        assert!(make("ADMIN", PASSWORD).unwrap_err().to_string().contains("taken"));
        assert!(make("eva", "corto").unwrap_err().to_string().contains("at least 10"));
        make("eva", PASSWORD).unwrap();
        assert_eq!(app.sign_in("eva").get("/auth/me").ok()["role"], "administrator");
    }
}
