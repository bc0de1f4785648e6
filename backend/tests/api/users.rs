//! Users (S2).

use crate::support::{Client, PASSWORD, TestApp};
use serde_json::{Value, json};
use shared::permission::Role;

fn body(login: &str) -> Value {
    json!({ "login": login, "name": "Ana", "role": "agent", "password": PASSWORD, "must_change_password": false })
}

fn logins(client: &Client) -> Vec<String> {
    let list = client.get("/users").ok();
    list["items"].as_array().unwrap().iter().map(|user| user["login"].as_str().unwrap().to_owned()).collect()
}

both_engines! {
    fn a_user_is_made_once(app) {
        let admin = app.admin();
        let made = admin.post("/users", body("ána"));
        assert_eq!(made.status, 201);
        let path = format!("/users/{}", made.json["id"]);
        assert_eq!(made.header("location"), Some(format!("/api/v1{path}").as_str()));
        assert_eq!(made.header("etag"), Some("\"1\""));
        assert_eq!(admin.get(&path).ok(), made.json);
        admin.post("/users", body("ANA")).field(422, "/login", "not_unique");
        assert!(!made.text.contains("argon") && !made.text.contains(PASSWORD));
    }

    fn a_repeated_request_makes_one_user(app) {
        let admin = app.admin().with("Idempotency-Key", "clave-0001");
        let first = admin.post("/users", body("ana")).ok();
        assert_eq!(admin.post("/users", body("ana")).ok(), first);
        admin.post("/users", body("bea")).problem(422, "idempotency_key_reused");
        app.admin().with("Idempotency-Key", "corta").post("/users", body("eva")).problem(400, "malformed_request");
        assert_eq!(logins(&admin), ["admin", "ana"]);
        let stored: Vec<String> = app.read(|conn| {
            use diesel::prelude::*;
            use posta::kernel::db::schema::idempotency_keys;
            Ok(idempotency_keys::table.select(idempotency_keys::answer).load(conn)?)
        });
        assert!(stored.iter().all(|answer| !answer.contains(PASSWORD)));
    }

    fn a_user_is_judged_as_a_whole(app) {
        let admin = app.admin();
        let all = admin.post("/users", json!({ "login": "a;b", "name": "", "role": "agent", "password": "corto" }));
        let rules: Vec<_> = all.json["errors"].as_array().unwrap().iter().map(|error| error["rule"].clone()).collect();
        assert_eq!(rules, ["forbidden_character", "required", "too_short"]);
        let with = |field: &str, value: Value| {
            let mut body = body("ana");
            body[field] = value;
            admin.post("/users", body)
        };
        with("role", "boss".into()).field(400, "/role", "unknown_value");
        with("enabled", false.into()).field(400, "/enabled", "unknown_field");
        with("id", 1.into()).field(400, "/id", "unknown_field");
        with("password", "ana".repeat(4).into()).field(422, "/password", "weak_password");
        with("limited_to", json!([77])).field(422, "/limited_to", "unknown_value");
        with("limited_to", json!("x")).field(400, "/limited_to", "wrong_type");
        assert_eq!(logins(&admin), ["admin"]);
    }

    fn a_change_names_the_version_it_is_for(app) {
        let admin = app.admin();
        let path = format!("/users/{}", app.agent("ana").user_id());
        let tag = admin.get(&path).header("etag").unwrap().to_owned();
        let changed = admin.with("If-Match", &tag).patch(&path, json!({ "name": "Ana María" }));
        assert_eq!(changed.header("etag"), Some("\"2\""));
        assert_eq!(changed.ok()["name"], "Ana María");
        admin.with("If-Match", &tag).patch(&path, json!({ "name": "Otra" })).problem(412, "version_mismatch");
        admin.with("If-Match", "x").patch(&path, json!({ "name": "Otra" })).problem(400, "malformed_request");
        admin.patch(&path, json!({ "name": "Otra" })).ok();
        admin.patch(&path, json!({ "login": "otra" })).field(400, "/login", "unknown_field");
        admin.patch(&path, json!({ "password": "ana" })).field(422, "/password", "too_short");
        admin.patch("/users/99999", json!({ "name": "X" })).problem(404, "not_found");
        admin.patch("/users/99999", json!({ "password": PASSWORD })).problem(404, "not_found");
        admin.get("/users/99999").problem(404, "not_found");
        admin.get("/users/uno").problem(404, "not_found");
        admin.post("/users/99999/sign-out", Value::Null).problem(404, "not_found");
    }

    fn users_come_by_name_and_by_page(app) {
        for login in ["Zoe", "ana", "Bea", "eva", "íñigo"] {
            app.agent(login);
        }
        let admin = app.admin();
        let all = ["admin", "ana", "Bea", "eva", "íñigo", "Zoe"];
        assert_eq!(logins(&admin), all);
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = admin.get(&format!("/users?limit=2{cursor}")).ok();
            seen.extend(page["items"].as_array().unwrap().iter().map(|user| user["login"].clone()));
            match page.get("next_cursor") {
                Some(next) => cursor = format!("&cursor={}", next.as_str().unwrap()),
                None => break,
            }
        }
        assert_eq!(seen, all);
    }

    fn somebody_always_administrates(app) {
        let admin = app.admin();
        let own = format!("/users/{}", admin.user_id());
        admin.patch(&own, json!({ "enabled": false })).field(422, "/enabled", "inconsistent");
        admin.patch(&own, json!({ "role": "agent" })).field(422, "/role", "inconsistent");
        admin.patch(&own, json!({ "name": "Ada L", "role": "administrator", "enabled": true })).ok();
        let eva = app.user("eva", Role::Administrator);
        let hers = format!("/users/{}", eva.user_id());
        // Even with another one, nobody takes his own rights away.
        admin.patch(&own, json!({ "enabled": false })).field(422, "/enabled", "inconsistent");
        eva.patch(&own, json!({ "role": "agent" })).ok();
        admin.get("/auth/me").problem(401, "unauthenticated");
        // Two administrators who put each other out at the same moment do not both succeed.
        let ida = app.sign_in("eva");
        ida.patch(&own, json!({ "role": "administrator" })).ok();
        let admin = app.admin();
        let statuses = std::thread::scope(|scope| {
            let one = scope.spawn(|| admin.patch(&hers, json!({ "enabled": false })).status);
            let other = scope.spawn(|| eva.patch(&own, json!({ "enabled": false })).status);
            [one.join().unwrap(), other.join().unwrap()]
        });
        assert!(statuses.contains(&200), "{statuses:?}");
        let left = app.read(|conn| {
            use diesel::prelude::*;
            use posta::kernel::db::schema::users;
            let left = users::table.filter(users::role.eq(Role::Administrator)).filter(users::enabled.eq(true));
            Ok(left.count().get_result::<i64>(conn)?)
        });
        assert_eq!(left, 1, "{statuses:?}");
    }

    fn a_limited_supervisor_sees_members_of_his_campaigns(app) {
        let (ventas, soporte) = (app.insert_campaign("Ventas"), app.insert_campaign("Soporte"));
        let (ana, bea) = (app.agent("ana"), app.agent("bea"));
        app.agent("eva");
        app.insert_member(ventas, ana.user_id());
        app.insert_member(soporte, bea.user_id());
        let (admin, sofia) = (app.admin(), app.supervisor());
        assert_eq!(logins(&sofia), ["admin", "ana", "bea", "eva", "sofia"]);
        let her = format!("/users/{}", sofia.user_id());
        let limited = admin.patch(&her, json!({ "limited_to": [ventas, ventas] })).ok();
        assert_eq!(limited["limited_to"], json!([ventas]));
        assert_eq!(logins(&sofia), ["ana", "sofia"]);
        sofia.get(&format!("/users/{}", ana.user_id())).ok();
        sofia.get(&her).ok();
        sofia.get(&format!("/users/{}", bea.user_id())).problem(404, "not_found");
        // What she may not see of those whom she does.
        admin.patch(&format!("/users/{}", ana.user_id()), json!({ "limited_to": [ventas, soporte] })).ok();
        assert_eq!(sofia.get(&format!("/users/{}", ana.user_id())).ok()["limited_to"], json!([ventas]));
        admin.patch(&her, json!({ "limited_to": [] })).ok();
        assert_eq!(logins(&sofia).len(), 5);
        // An administrator is not limited, whatever is written down.
        admin.patch(&format!("/users/{}", admin.user_id()), json!({ "limited_to": [soporte] })).ok();
        assert_eq!(logins(&app.admin()).len(), 5);
    }

    fn what_was_done_is_on_record(app) {
        let admin = app.admin();
        let ana = app.agent("ana");
        admin.patch(&format!("/users/{}", ana.user_id()), json!({ "password": "una frase bien distinta" })).ok();
        let lines = app.read(|conn| Ok(posta::kernel::audit::list(conn, None, 200)?));
        let changed = lines.iter().find(|line| line.action == "access.update_user").unwrap();
        assert_eq!((changed.actor_id, changed.object_id), (Some(admin.user_id()), Some(ana.user_id().0)));
        let all = serde_json::to_string(&lines).unwrap();
        for secret in [PASSWORD, "una frase", "argon2", &ana.token().unwrap(), &ana.cookie().unwrap()] {
            assert!(!all.contains(secret), "{secret}");
        }
    }
}

/// Nothing secret is stored as it is (A9).
#[test]
fn secrets_are_stored_as_hashes() {
    let app = TestApp::new(crate::support::Engine::Sqlite);
    let ana = app.agent("ana");
    let ticket = ana.ticket();
    app.anonymous().sign_in("contraseña tecleada aquí", PASSWORD).problem(401, "wrong_credentials");
    let cookie = ana.cookie().unwrap().split_once('=').unwrap().1.to_owned();
    let files =
        ["posta.sqlite3", "posta.sqlite3-wal"].map(|name| std::fs::read(app.dir().join(name)).unwrap_or_default());
    assert!(files.iter().any(|bytes| !bytes.is_empty()));
    for secret in [PASSWORD, "contraseña tecleada", &ticket, &cookie, &ana.token().unwrap()] {
        for bytes in &files {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is stored as it is");
        }
    }
}
