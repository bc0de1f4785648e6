//! Links by which users choose their password: invitations and resets; a user's sessions (S2a).

use crate::support::{Answer, Client, PASSWORD, TestApp};
use serde_json::{Value, json};
use std::time::Duration;

const CHOSEN: &str = "a lamp beside the harbour";

fn invite(admin: &Client, login: &str) -> Value {
    admin.post("/users", json!({ "login": login, "name": "Ana", "role": "agent", "language": "en" })).ok()
}

/// The token of a fresh link.
fn link(admin: &Client, user: &Value) -> String {
    let made = admin.post(&format!("/users/{}/link", user["id"]), json!({})).ok();
    made["path"].as_str().unwrap().strip_prefix("/welcome#token=").unwrap().to_owned()
}

fn spend(client: &Client, token: &str, password: &str) -> Answer {
    client.post("/auth/links/spend", json!({ "token": token, "password": password }))
}

fn try_in(app: &TestApp, login: &str, password: &str) -> Answer {
    app.anonymous().post("/auth/sign-in", json!({ "login": login, "password": password }))
}

both_engines! {
    fn who_is_invited_chooses_his_password_and_is_in(app) {
        let admin = app.admin();
        let ana = invite(&admin, "ana");
        assert_eq!((&ana["screen_monitoring"], ana.get("link_until")), (&json!(false), None));
        // Nobody knows a password of hers.
        try_in(&app, "ana", PASSWORD).problem(401, "wrong_credentials");
        let token = link(&admin, &ana);
        let path = format!("/users/{}", ana["id"]);
        assert!(admin.get(&path).ok()["link_until"].is_string());
        assert!(admin.get("/users").ok()["items"].as_array().unwrap().iter().any(|user| user["link_until"].is_string()));

        let stranger = app.anonymous();
        let read = stranger.post("/auth/links/read", json!({ "token": token })).ok();
        assert_eq!(read, json!({ "login": "ana", "name": "Ana", "language": "en" }));
        spend(&stranger, &token, "corto").field(422, "/password", "too_short");
        let taken = spend(&stranger, &token, CHOSEN);
        assert!(taken.cookie().is_some_and(|cookie| cookie.contains("HttpOnly")));
        assert_eq!(taken.ok()["user"]["must_change_password"], false);
        try_in(&app, "ana", CHOSEN).ok();
        // For one use.
        spend(&stranger, &token, "another lamp elsewhere").problem(403, "link_expired");
        stranger.post("/auth/links/read", json!({ "token": token })).problem(403, "link_expired");
        assert_eq!(admin.get(&path).ok().get("link_until"), None);
    }

    fn a_reset_ends_the_sessions_when_it_is_used_and_not_before(app) {
        let admin = app.admin();
        let ana = app.agent("ana");
        let user = json!({ "id": ana.user_id() });
        let (first, second) = (link(&admin, &user), link(&admin, &user));
        ana.get("/auth/me").ok();
        let stranger = app.anonymous();
        spend(&stranger, &first, CHOSEN).problem(403, "link_expired");
        // A weak one is refused, also where only the owner of the link makes it weak.
        let weak = "ana".repeat(4);
        spend(&stranger, &second, &weak).field(422, "/password", "weak_password");
        spend(&stranger, &second, CHOSEN).ok();
        assert_eq!(ana.get("/auth/me").status, 401);
        try_in(&app, "ana", PASSWORD).problem(401, "wrong_credentials");
    }

    fn a_link_ends_by_time_by_hand_and_with_its_user(app) {
        let admin = app.admin();
        let ana = invite(&admin, "ana");
        let (path, stranger) = (format!("/users/{}", ana["id"]), app.anonymous());
        let late = link(&admin, &ana);
        app.advance(Duration::from_secs(7 * 86_400));
        let admin = app.admin();
        spend(&stranger, &late, CHOSEN).problem(403, "link_expired");

        let taken_back = link(&admin, &ana);
        assert_eq!(admin.delete(&format!("{path}/link")).status, 204);
        assert_eq!(admin.delete(&format!("{path}/link")).status, 204, "done without one, too");
        spend(&stranger, &taken_back, CHOSEN).problem(403, "link_expired");

        let disabled = link(&admin, &ana);
        admin.patch(&path, json!({ "enabled": false })).ok();
        spend(&stranger, &disabled, CHOSEN).problem(403, "link_expired");
        admin.post(&format!("{path}/link"), json!({})).problem(409, "conflict");
        admin.post("/users/999/link", json!({})).problem(404, "not_found");
        app.supervisor().post(&format!("{path}/link"), json!({})).problem(403, "forbidden");
        spend(&stranger, "", CHOSEN).field(422, "/token", "required");
        spend(&stranger, &"x".repeat(101), CHOSEN).field(422, "/token", "too_long");
    }

    fn of_links_made_at_once_one_is_good(app) {
        let ana = invite(&app.admin(), "ana");
        let tokens: Vec<String> = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..6)
                .map(|_| {
                    let (admin, ana) = (app.admin(), ana.clone());
                    scope.spawn(move || link(&admin, &ana))
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let good = |token: &&String| app.anonymous().post("/auth/links/read", json!({ "token": token })).status == 200;
        assert_eq!(tokens.iter().filter(good).count(), 1);
    }

    fn two_who_spend_a_link_at_once_are_one(app) {
        let token = link(&app.admin(), &invite(&app.admin(), "ana"));
        let mut statuses: Vec<u16> = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..4)
                .map(|number| {
                    let (client, token) = (app.anonymous(), token.clone());
                    scope.spawn(move || spend(&client, &token, &format!("{CHOSEN} {number}")).status)
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 403, 403, 403]);
    }

    fn an_administrator_sees_and_ends_the_sessions_of_a_user(app) {
        let admin = app.admin();
        let (desk, home) = (app.agent("ana"), app.sign_in("ana"));
        let path = format!("/users/{}/sessions", desk.user_id());
        let sessions = admin.get(&path).ok()["items"].as_array().unwrap().clone();
        assert_eq!(sessions.len(), 2);
        assert!(sessions.iter().all(|session| session["current"] == false));
        let newest = &sessions[0]["id"];
        assert_eq!(admin.delete(&format!("{path}/{newest}")).status, 204);
        assert_eq!((desk.get("/auth/me").status, home.get("/auth/me").status), (200, 401));
        admin.delete(&format!("{path}/{newest}")).problem(404, "not_found");
        // A session of somebody else is not one of his.
        let own = admin.get("/auth/sessions").ok()["items"][0]["id"].clone();
        admin.delete(&format!("{path}/{own}")).problem(404, "not_found");
        admin.get("/users/999/sessions").problem(404, "not_found");
        desk.get(&path).problem(403, "forbidden");
    }

    fn whose_screen_may_be_watched_is_said_user_by_user(app) {
        let admin = app.admin();
        let ana = invite(&admin, "ana");
        let path = format!("/users/{}", ana["id"]);
        assert_eq!(admin.patch(&path, json!({ "screen_monitoring": true })).ok()["screen_monitoring"], true);
        assert_eq!(admin.patch(&path, json!({ "name": "Ana Ruiz" })).ok()["screen_monitoring"], true, "what is absent stays");
        admin.patch(&path, json!({ "screen_monitoring": "yes" })).field(400, "/screen_monitoring", "wrong_type");
    }
}
