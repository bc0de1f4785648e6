//! One's own session, and its end (A4): refused at the next request, the socket closed within a second.

use crate::support::{Client, PASSWORD, Socket, TestApp};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const NEW: &str = "una frase bien distinta";
/// A socket must be told within a second (A4); the machine may be busy with other tests.
const AT_ONCE: Duration = Duration::from_millis(1_000);

/// Ends `client`'s session by `end`, and sees that it has ended.
#[track_caller]
fn ends(client: &Client, end: impl FnOnce()) {
    let mut socket = client.socket();
    socket.snapshot();
    let begun = Instant::now();
    end();
    client.get("/auth/me").problem(401, "unauthenticated");
    let ended = socket.end();
    assert_eq!(ended.code, 4001);
    assert!(begun.elapsed() < AT_ONCE, "the socket was closed after {:?}", begun.elapsed());
    client.refresh().problem(401, "session_ended");
}

fn goes_on(client: &Client, socket: &mut Socket) {
    client.get("/auth/me").ok();
    socket.send(&json!({ "type": "resync" }));
    socket.snapshot();
}

both_engines! {
    fn signing_out_ends_the_session(app) {
        let (ana, elsewhere) = (app.agent("ana"), app.sign_in("ana"));
        let mut open = elsewhere.socket();
        ends(&ana, || {
            let answer = ana.twin().post("/auth/sign-out", Value::Null);
            assert_eq!(answer.status, 204);
            assert!(answer.cookie().unwrap().contains("posta_refresh=;"), "{answer:?}");
        });
        goes_on(&elsewhere, &mut open);
        // Once more, and without anything: done all the same.
        assert_eq!(ana.post("/auth/sign-out", Value::Null).status, 204);
        assert_eq!(app.anonymous().post("/auth/sign-out", Value::Null).status, 204);
    }

    fn the_cookie_alone_signs_out_too(app) {
        let ana = app.agent("ana");
        ends(&ana, || {
            let late = ana.twin();
            late.set_token(None);
            assert_eq!(late.post("/auth/sign-out", Value::Null).status, 204);
        });
    }

    fn a_new_password_ends_all_other_sessions(app) {
        let (ana, elsewhere) = (app.agent("ana"), app.sign_in("ana"));
        let old = ana.twin();
        let mut open = ana.socket();
        open.snapshot();
        ends(&elsewhere, || {
            ana.post("/auth/password", json!({ "current": PASSWORD, "new": NEW })).ok();
        });
        goes_on(&ana, &mut open);
        // The old tokens of this very session are void as well.
        old.get("/auth/me").problem(401, "unauthenticated");
        old.refresh().problem(401, "session_ended");
        ana.refresh().ok();
        app.anonymous().sign_in("ana", PASSWORD).problem(401, "wrong_credentials");
        app.anonymous().sign_in("ana", NEW).ok();
    }

    fn a_new_password_is_judged(app) {
        let ana = app.agent("ana");
        let change = |current: &str, new: &str| ana.post("/auth/password", json!({ "current": current, "new": new }));
        change("otra cosa distinta", NEW).problem(401, "wrong_credentials");
        change(PASSWORD, PASSWORD).field(422, "/new", "inconsistent");
        change(PASSWORD, "corto").field(422, "/new", "too_short");
        change(PASSWORD, "1234567890").field(422, "/new", "weak_password");
        let long = app.agent("maria magdalena");
        long.post("/auth/password", json!({ "current": PASSWORD, "new": "María Magdalena".to_lowercase().replace('í', "i") }))
            .field(422, "/new", "weak_password");
        ana.get("/auth/me").ok();
    }

    fn what_an_administrator_does_ends_sessions(app) {
        let admin = app.admin();
        let ana = app.agent("ana");
        let path = format!("/users/{}", ana.user_id());
        let sign_in = |password: &str| {
            let client = app.anonymous();
            client.sign_in("ana", password).ok();
            client
        };
        ends(&ana, || { admin.patch(&path, json!({ "role": "supervisor" })).ok(); });
        let ana = sign_in(PASSWORD);
        assert_eq!(ana.get("/auth/me").ok()["role"], "supervisor");
        ends(&ana, || { assert_eq!(admin.post(&format!("{path}/sign-out"), Value::Null).status, 204); });
        ends(&sign_in(PASSWORD), || { admin.patch(&path, json!({ "enabled": false })).ok(); });
        app.anonymous().sign_in("ana", PASSWORD).problem(401, "wrong_credentials");
        admin.patch(&path, json!({ "enabled": true })).ok();
        ends(&sign_in(PASSWORD), || { admin.patch(&path, json!({ "password": NEW })).ok(); });
        let ana = sign_in(NEW);
        ana.get("/users").problem(403, "password_change_required");
        // What changes neither rights nor password ends nothing.
        let before = ana.session_id();
        admin.patch(&path, json!({ "name": "Ana María" })).ok();
        assert_eq!(ana.get("/auth/me").ok()["session_id"], json!(before));
        admin.get("/auth/me").ok();
    }

    fn one_of_ones_own_sessions_can_be_ended(app) {
        let (ana, elsewhere, bea) = (app.agent("ana"), app.sign_in("ana"), app.agent("bea"));
        let list = ana.get("/auth/sessions").ok();
        let items = list["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(items[0]["id"], json!(elsewhere.session_id()));
        assert_eq!((&items[0]["current"], &items[1]["current"]), (&json!(false), &json!(true)));
        let first = ana.get("/auth/sessions?limit=1").ok();
        let next = first["next_cursor"].as_str().unwrap();
        let second = ana.get(&format!("/auth/sessions?limit=1&cursor={next}")).ok();
        assert_eq!(second["items"][0], items[1]);
        assert_eq!(second.get("next_cursor"), None);
        let path = format!("/auth/sessions/{}", elsewhere.session_id());
        bea.delete(&path).problem(404, "not_found");
        ends(&elsewhere, || assert_eq!(ana.delete(&path).status, 204));
        ana.delete(&path).problem(404, "not_found");
        ana.delete("/auth/sessions/999999").problem(404, "not_found");
        ana.delete("/auth/sessions/x").problem(404, "not_found");
        ana.get("/auth/sessions?limit=0").field(422, "/limit", "out_of_range");
        ana.get("/auth/sessions?cursor=%21").problem(400, "bad_cursor");
        ana.get("/auth/sessions?offset=1").problem(400, "malformed_request");
    }

    fn before_a_forced_change_nothing_else_is_done(app) {
        let admin = app.admin();
        let body = json!({ "login": "ana", "name": "Ana", "role": "supervisor", "password": PASSWORD });
        admin.post("/users", body).ok();
        let ana = app.anonymous();
        assert_eq!(ana.sign_in("ana", PASSWORD).ok()["user"]["must_change_password"], json!(true));
        ana.get("/users").problem(403, "password_change_required");
        ana.get("/presence/me").problem(403, "password_change_required");
        ana.post("/auth/socket-tickets", Value::Null).problem(403, "password_change_required");
        assert_eq!(ana.get("/auth/me").ok()["must_change_password"], json!(true));
        ana.refresh().ok();
        let changed = ana.post("/auth/password", json!({ "current": PASSWORD, "new": NEW })).ok();
        assert_eq!(changed["user"]["must_change_password"], json!(false));
        ana.get("/users").ok();
        ana.ticket();
    }

    fn ones_own_settings_are_kept(app) {
        let ana = app.agent("ana");
        let before = ana.get("/auth/me").ok();
        assert_eq!(ana.patch("/auth/me", json!({})).ok(), before);
        let change = json!({ "language": "en", "theme": "dark", "single_key_shortcuts": false, "undo_send_seconds": 60 });
        let after = ana.patch("/auth/me", change.clone()).ok();
        for (field, value) in change.as_object().unwrap() {
            assert_eq!(&after[field], value);
        }
        assert_eq!(app.sign_in("ana").get("/auth/me").ok()["theme"], "dark");
        ana.patch("/auth/me", json!({ "undo_send_seconds": 61 })).field(422, "/undo_send_seconds", "out_of_range");
        ana.patch("/auth/me", json!({ "undo_send_seconds": -1 })).field(400, "/undo_send_seconds", "wrong_type");
        ana.patch("/auth/me", json!({ "role": "administrator" })).field(400, "/role", "unknown_field");
        ana.patch("/auth/me", json!({ "theme": "pink" })).field(400, "/theme", "unknown_value");
    }
}

#[test]
fn a_session_tells_where_it_is_from() {
    let app = TestApp::builder(crate::support::Engine::Sqlite).setting("server.trusted_proxies", "127.0.0.0/8").start();
    let client = app.anonymous().with("X-Forwarded-For", "10.1.1.1, 203.0.113.9").with("User-Agent", "Navegador/1.0");
    client.sign_in("admin", PASSWORD).ok();
    let session = &client.get("/auth/sessions").ok()["items"][0];
    assert_eq!((&session["address"], &session["user_agent"]), (&json!("203.0.113.9"), &json!("Navegador/1.0")));
}
