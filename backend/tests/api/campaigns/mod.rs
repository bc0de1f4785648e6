//! Campaigns over HTTP, on both engines, against fake mail servers (S3–S18, S27–S29, S31–S33).

mod account;
mod deletion;
mod logins;
mod logs;
mod members;
pub mod servers;
mod strategy;

use crate::support::{Answer, Builder, Client, PASSWORD as SIGN_IN_PASSWORD, TestApp};
use posta_e2e::fake::{SmtpRule, Stage};
use serde_json::{Value, json};
use servers::{LOGIN, PASSWORD, Servers, closed_port, with};

/// An app that may connect to servers on loopback, and does so only where a test asks.
fn paused(builder: Builder) -> Builder {
    builder.setting("mail.allow_hosts", "127.0.0.1").setting("mail.start_paused", true)
}

/// A client of a new supervisor who is limited to these campaigns.
pub fn supervisor_of(app: &TestApp, login: &str, campaigns: &[i64]) -> Client {
    let body = json!({
        "login": login, "name": login, "role": "supervisor", "password": SIGN_IN_PASSWORD,
        "must_change_password": false, "limited_to": campaigns,
    });
    app.admin().post("/users", body).ok();
    app.sign_in(login)
}

/// A campaign that only sends, stored untried.
pub fn untried(app: &TestApp, name: &str) -> i64 {
    let form = json!({
        "name": name,
        "max_interactions": 1,
        "receive": false,
        "account": {
            "address": format!("{}@lab.test", name.to_lowercase()),
            "password": "secret-of-nobody",
            "smtp": {"host": "mail.invalid", "port": 25, "security": "starttls"},
        },
    });
    let made = app.admin().post("/campaigns?save_disabled=true", form);
    assert_eq!(made.status, 201, "{:?}", made.json);
    made.json["id"].as_i64().unwrap()
}

/// All values of a column of text or octets, in the order of the table.
fn stored(app: &TestApp, table: &str, column: &str) -> Vec<Vec<u8>> {
    use diesel::{QueryableByName, RunQueryDsl, sql_types};
    #[derive(QueryableByName)]
    struct Words {
        #[diesel(sql_type = sql_types::Text)]
        value: String,
    }
    #[derive(QueryableByName)]
    struct Octets {
        #[diesel(sql_type = sql_types::Binary)]
        value: Vec<u8>,
    }
    let query = diesel::sql_query(format!("SELECT {column} AS value FROM {table} ORDER BY 1"));
    app.read(|conn| {
        if column == "sealed_password" {
            Ok(query.load::<Octets>(conn)?.into_iter().map(|row| row.value).collect())
        } else {
            Ok(query.load::<Words>(conn)?.into_iter().map(|row| row.value.into_bytes()).collect())
        }
    })
}

/// The fields named by a problem, with their rules.
fn faults(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = answer.json["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["rule"]))).collect()
}

fn fault(pointer: &str, rule: &str) -> (String, String) {
    (pointer.to_owned(), rule.to_owned())
}

both_engines! {
    fn a_form_with_the_basics_makes_a_campaign_that_works(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let made = admin.post("/campaigns", servers.form("Soporte técnico"));
        assert_eq!(made.status, 201, "{:?}", made.json);
        let id = made.json["id"].as_i64().unwrap();
        assert_eq!(made.header("location"), Some(format!("/api/v1/campaigns/{id}").as_str()));
        assert_eq!(made.header("etag"), Some("\"1\""));
        // Every advanced field has its documented default (S15).
        for (field, value) in [
            ("channel", json!("email")),
            ("service_level_seconds", json!(3_600)),
            ("eligibility", json!("nocall")),
            ("delivery_order", json!("rrmemory")),
            ("enabled", json!(true)),
            ("receive", json!(true)),
            ("import_days", json!(0)),
            ("waiting", json!(0)),
            ("version", json!(1)),
        ] {
            assert_eq!(made.json[field], value, "{field}");
        }
        let account = &made.json["account"];
        assert_eq!(account["login"], LOGIN);
        assert_eq!(account["save_sent"], true);
        assert_eq!(account["health"], "unknown");
        // Both logins were tried for real, once each.
        assert_eq!((servers.smtp.counts().logins, servers.imap.counts().logins), (1, 1));

        let read = admin.get(&format!("/campaigns/{id}"));
        assert_eq!((read.status, &read.json, read.header("etag")), (200, &made.json, Some("\"1\"")));
        let list = admin.get("/campaigns");
        assert_eq!(list.json["items"], json!([made.json]));
    }

    fn the_form_is_judged_as_a_whole(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        assert_eq!(admin.post("/campaigns", servers.form("Ventas")).status, 201);
        let before = servers.connections();
        let refused = admin.post("/campaigns", json!({
            "name": "VENTAS",
            "service_level_seconds": 0,
            "from_name": "a\r\nBcc: x@y.z",
            "import_days": 366,
            "account": {
                "address": "nobody",
                "smtp": {"host": "not a host", "port": 0, "security": "none"},
            },
        }));
        assert_eq!((refused.status, &refused.json["code"]), (422, &json!("invalid")));
        let found = faults(&refused);
        for expected in [
            fault("/name", "not_unique"),
            fault("/service_level_seconds", "out_of_range"),
            fault("/from_name", "forbidden_character"),
            fault("/max_interactions", "required"),
            fault("/import_days", "out_of_range"),
            fault("/account/address", "not_an_address"),
            fault("/account/password", "required"),
            fault("/account/smtp/host", "not_a_host"),
            fault("/account/smtp/port", "out_of_range"),
            fault("/account/smtp/security", "inconsistent"),
            fault("/account/imap/host", "required"),
        ] {
            assert!(found.contains(&expected), "{expected:?} is missing in {found:?}");
        }
        assert_eq!(servers.connections(), before, "a faulty form was tried");
    }

    fn bodies_that_cannot_be_read_are_refused(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let form = servers.form("A");
        for (body, pointer) in [
            (with(form.clone(), "/role", "administrator"), "/role"),
            (with(form.clone(), "/account/health", "connected"), "/account/health"),
            (with(form.clone(), "/account/smtp/port", 70_000), "/account/smtp/port"),
            (with(form.clone(), "/account/smtp/port", "25"), "/account/smtp/port"),
            (with(form.clone(), "/account/smtp/security", "ssl"), "/account/smtp/security"),
            (with(form.clone(), "/max_interactions", -1), "/max_interactions"),
            (with(form.clone(), "/eligibility", "everybody"), "/eligibility"),
            (with(form.clone(), "/name", Value::Null), "/name"),
            (json!({"name": "A"}), "/account"),
        ] {
            let refused = admin.post("/campaigns", body.clone());
            assert_eq!((refused.status, &refused.json["code"]), (400, &json!("malformed_body")), "{body}");
            assert_eq!(refused.json["errors"][0]["pointer"], pointer, "{:?}", refused.json);
        }
        for body in [json!([]), json!([form]), json!("x"), json!(1)] {
            assert_eq!(admin.post("/campaigns", body.clone()).status, 400, "{body}");
        }
        assert_eq!(admin.post("/campaigns", Value::Null).status, 415);
        assert_eq!(admin.post("/campaigns?save_disabled=perhaps", form.clone()).status, 400);
        assert_eq!(admin.post("/campaigns?save_disable=true", form).status, 400);
        assert_eq!(servers.connections(), 0);
    }

    fn names_are_unique_without_regard_to_case_and_accents(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let made = admin.post("/campaigns", servers.sender("Información"));
        let other = admin.post("/campaigns", servers.sender("Otra"));
        assert_eq!((made.status, other.status), (201, 201));
        for name in ["INFORMACION", "información", "Informacio\u{301}n"] {
            let refused = admin.post("/campaigns", servers.sender(name));
            assert_eq!((refused.status, faults(&refused)), (422, vec![fault("/name", "not_unique")]), "{name}");
        }
        for (name, rule) in [(" a", "outer_blanks"), ("a;b", "forbidden_character"), ("a\"b", "forbidden_character"), ("a\nb", "forbidden_character"), ("", "required")] {
            let refused = admin.post("/campaigns", servers.sender(name));
            assert_eq!((refused.status, faults(&refused)), (422, vec![fault("/name", rule)]), "{name:?}");
        }
        // Its own name in another writing is free for a campaign; another's is not.
        let path = format!("/campaigns/{}", made.json["id"]);
        assert_eq!(admin.put(&path, servers.sender("INFORMACIÓN")).json["name"], "INFORMACIÓN");
        let refused = admin.put(&path, servers.sender("ÓTRA"));
        assert_eq!(faults(&refused), [fault("/name", "not_unique")]);
    }

    fn one_address_is_read_by_one_enabled_campaign(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        assert_eq!(admin.post("/campaigns", servers.form("A")).status, 201);
        let twin = with(servers.form("B"), "/account/address", LOGIN.to_uppercase());
        let twin = with(twin, "/account/login", LOGIN);
        let refused = admin.post("/campaigns", twin.clone());
        assert_eq!((refused.status, faults(&refused)), (422, vec![fault("/account/address", "not_unique")]));
        // One that does not receive, or is off, takes nobody's mail.
        assert_eq!(admin.post("/campaigns", servers.sender("C")).status, 201);
        let off = admin.post("/campaigns", with(twin, "/enabled", false));
        assert_eq!(off.status, 201, "{:?}", off.json);
        assert_eq!(off.json["account"]["health"], "off");
        let refused = admin.post(&format!("/campaigns/{}/enable", off.json["id"]), Value::Null);
        assert_eq!((refused.status, &refused.json["code"]), (409, &json!("conflict")));
        assert_eq!(admin.get(&format!("/campaigns/{}", off.json["id"])).json["enabled"], false);
    }

    fn an_edit_keeps_the_password_and_needs_the_version(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let made = admin.post("/campaigns", servers.form("A"));
        let path = format!("/campaigns/{}", made.json["id"]);
        for (version, password) in [(2, Value::Null), (3, json!(""))] {
            let form = with(with(servers.form("B"), "/account/password", password), "/service_level_seconds", 60 + version);
            let saved = admin.with("If-Match", format!("\"{}\"", version - 1)).put(&path, form);
            assert_eq!(saved.status, 200, "{:?}", saved.json);
            assert_eq!((&saved.json["version"], &saved.json["service_level_seconds"]), (&json!(version), &json!(60 + version)));
            assert_eq!(saved.header("etag"), Some(format!("\"{version}\"").as_str()));
        }
        // The servers take no other password, so the stored one was used.
        assert_eq!(servers.smtp.counts().logins, 3);
        let late = admin.with("If-Match", "\"1\"").put(&path, servers.form("C"));
        assert_eq!((late.status, &late.json["code"]), (412, &json!("version_mismatch")));
        let odd = admin.with("If-Match", "\"x\"").put(&path, servers.form("C"));
        assert_eq!((odd.status, &odd.json["code"]), (400, &json!("malformed_request")));
        assert_eq!(servers.smtp.counts().logins, 3, "a late edit was tried");
        // A new one that the server refuses changes nothing.
        let wrong = admin.put(&path, with(servers.form("C"), "/account/password", "another-one"));
        assert_eq!((wrong.status, &wrong.json["code"]), (422, &json!("mail_login_refused")));
        assert_eq!(admin.get(&path).json["name"], "B");
        assert_eq!(admin.put(&path, with(servers.form("D"), "/account/password", "")).status, 200);
    }

    fn the_stored_password_goes_to_no_other_server(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let made = admin.post("/campaigns", servers.form("A"));
        let path = format!("/campaigns/{}", made.json["id"]);
        let seen = servers.connections();
        let bare = with(servers.form("A"), "/account/password", "");
        for (pointer, host) in [("/account/smtp/host", "127.0.0.2"), ("/account/imap/host", "localhost")] {
            let form = with(bare.clone(), pointer, host);
            for path in [path.clone(), format!("{path}?save_disabled=true")] {
                let answer = admin.put(&path, form.clone());
                assert_eq!((answer.status, faults(&answer)), (422, vec![fault("/account/password", "required")]), "{path}");
            }
            let body = json!({"campaign_id": made.json["id"], "receive": true, "account": form["account"]});
            let tested = admin.post("/campaigns/test-connection", body);
            assert_eq!((tested.status, faults(&tested)), (422, vec![fault("/account/password", "required")]));
        }
        assert_eq!(servers.connections(), seen, "something was tried");
        // Entered again, it may.
        assert_eq!(admin.put(&path, with(servers.form("A"), "/account/imap/host", "localhost")).status, 200);
    }

    fn switching_off_and_on(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let made = admin.post("/campaigns", servers.form("A"));
        let path = format!("/campaigns/{}", made.json["id"]);
        let off = admin.post(&format!("{path}/disable"), Value::Null);
        assert_eq!((off.status, &off.json["enabled"], &off.json["account"]["health"]), (200, &json!(false), &json!("off")));
        assert_eq!(off.header("etag"), Some("\"2\""));
        let tried = servers.smtp.counts().logins;
        let on = admin.post(&format!("{path}/enable"), Value::Null);
        assert_eq!((on.status, &on.json["enabled"], &on.json["account"]["health"]), (200, &json!(true), &json!("unknown")));
        assert_eq!(servers.smtp.counts().logins, tried + 1, "enabling did not try the login");

        admin.post(&format!("{path}/disable"), Value::Null);
        servers.smtp.stop_listening();
        let refused = admin.post(&format!("{path}/enable"), Value::Null);
        assert_eq!((refused.status, &refused.json["code"]), (422, &json!("mail_server_unreachable")));
        assert_eq!(admin.get(&path).json["enabled"], false);
        for verb in ["enable", "disable"] {
            assert_eq!(admin.post(&format!("/campaigns/999/{verb}"), Value::Null).status, 404);
        }
    }

    fn a_repeated_creation_gets_the_first_answer(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let first = admin.with("Idempotency-Key", "key-of-this-form").post("/campaigns", servers.form("A"));
        let again = admin.with("Idempotency-Key", "key-of-this-form").post("/campaigns", servers.form("A"));
        assert_eq!((first.status, again.status), (201, 201));
        assert_eq!(first.json, again.json);
        assert_eq!(servers.smtp.counts().logins, 1, "the repeated request was tried again");
        for other in [servers.form("B"), with(servers.form("A"), "/account/password", "another-one")] {
            let reused = admin.with("Idempotency-Key", "key-of-this-form").post("/campaigns", other);
            assert_eq!((reused.status, &reused.json["code"]), (422, &json!("idempotency_key_reused")));
        }
        assert_eq!(admin.with("Idempotency-Key", "short").post("/campaigns", servers.form("C")).status, 400);
        assert_eq!(admin.get("/campaigns").json["items"].as_array().unwrap().len(), 1);
    }

    fn two_forms_of_one_name_at_once_make_one_campaign(app, paused) {
        let servers = Servers::start();
        let mut statuses: Vec<u16> = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..6)
                .map(|_| {
                    let (admin, form) = (app.admin(), servers.form("Única"));
                    scope.spawn(move || admin.post("/campaigns", form).status)
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422, 422, 422, 422, 422]);
    }

    fn lists_are_paged_by_name(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        for name in ["Ópera", "alba", "Zeta", "Beta"] {
            assert_eq!(admin.post("/campaigns", servers.sender(name)).status, 201);
        }
        let (mut names, mut path) = (Vec::new(), "/campaigns?limit=1".to_owned());
        loop {
            let page = admin.get(&path);
            names.extend(page.json["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()));
            let Some(cursor) = page.json["next_cursor"].as_str() else { break };
            path = format!("/campaigns?limit=1&cursor={cursor}");
        }
        assert_eq!(names, ["alba", "Beta", "Ópera", "Zeta"]);
        for (query, status, code) in [
            ("limit=0", 422, "invalid"),
            ("limit=201", 422, "invalid"),
            ("limit=x", 400, "malformed_request"),
            ("page=2", 400, "malformed_request"),
            ("cursor=%E2%98%83", 400, "bad_cursor"),
            ("cursor=MQ", 400, "bad_cursor"),
        ] {
            let refused = admin.get(&format!("/campaigns?{query}"));
            assert_eq!((refused.status, refused.json["code"].as_str()), (status, Some(code)), "{query}");
        }
    }

    fn a_list_of_campaigns_says_how_each_is_doing(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let mut form = servers.sender("Beta");
        form["thresholds"] = json!({ "most_waiting": 7 });
        let beta = admin.post("/campaigns", form).ok();
        admin.post("/campaigns", servers.sender("alba")).ok();
        let first = admin.get("/campaigns/overview?limit=1").ok();
        assert_eq!(first["items"][0]["name"], "alba");
        let cursor = first["next_cursor"].as_str().unwrap();
        let rest = admin.get(&format!("/campaigns/overview?limit=1&cursor={cursor}")).ok();
        let (row, whole) = (&rest["items"][0], admin.get(&format!("/campaigns/{}", beta["id"])).ok());
        for (field, pointer) in [
            ("id", "/id"), ("name", "/name"), ("enabled", "/enabled"), ("waiting", "/waiting"), ("outgoing", "/outgoing"),
            ("address", "/account/address"), ("health", "/account/health"), ("last_fetch_at", "/account/last_fetch_at"),
            ("last_error", "/account/last_error"), ("most_waiting", "/thresholds/most_waiting"),
        ] {
            assert_eq!(Some(&row[field]), whole.pointer(pointer), "{field}");
        }
        let boss = supervisor_of(&app, "eva", &[beta["id"].as_i64().unwrap()]);
        assert_eq!(boss.get("/campaigns/overview").ok()["items"].as_array().unwrap().len(), 1);
        app.agent("ana").get("/campaigns/overview").problem(403, "forbidden");
    }

    fn foreign_campaigns_are_not_there(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let own = admin.post("/campaigns", servers.sender("Own")).json["id"].as_i64().unwrap();
        let foreign = admin.post("/campaigns", servers.sender("Foreign")).json["id"].as_i64().unwrap();
        let boss = supervisor_of(&app, "eva", &[own]);
        let seen = boss.get("/campaigns");
        assert_eq!(seen.json["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect::<Vec<_>>(), [own]);
        assert_eq!(boss.get(&format!("/campaigns/{own}")).status, 200);
        let nothing = boss.get("/campaigns/999");
        for path in [format!("/campaigns/{foreign}"), format!("/campaigns/{foreign}/members")] {
            let hidden = boss.get(&path);
            assert_eq!((hidden.status, &hidden.json["code"]), (404, &nothing.json["code"]), "{path}");
        }
        for id in ["abc", "-1", "9223372036854775808", "1.5"] {
            assert_eq!(admin.get(&format!("/campaigns/{id}")).status, 404, "{id}");
        }
        // A supervisor reads; only administrators write. Agents see nothing of it.
        assert_eq!(boss.post("/campaigns", servers.sender("X")).status, 403);
        assert_eq!(boss.put(&format!("/campaigns/{own}"), servers.sender("X")).status, 403);
        assert_eq!(app.agent("ana").get("/campaigns").status, 403);
        assert_eq!(app.anonymous().get("/campaigns").status, 401);
    }

    fn passwords_turn_up_nowhere(app, paused) {
        let logs = logs::watch_for(PASSWORD);
        let servers = Servers::start();
        let admin = app.admin();
        let mut told = Vec::new();
        let made = admin.with("Idempotency-Key", "a-key-of-eight").post("/campaigns", servers.form("A"));
        let path = format!("/campaigns/{}", made.json["id"]);
        told.push(made);
        told.push(admin.put(&path, servers.form("B")));
        told.push(admin.put(&path, with(servers.form("B"), "/account/smtp/port", closed_port())));
        // A server that repeats what it was given is not believed to be harmless.
        let echo = format!("5.7.8 {PASSWORD} is wrong");
        servers.smtp.add_rule(SmtpRule::at(Stage::Auth).reply(535, &echo));
        told.push(admin.put(&path, servers.form("C")));
        told.push(admin.post("/campaigns/test-connection", json!({"receive": true, "account": servers.form("x")["account"]})));
        told.push(admin.post(&format!("{path}/enable"), Value::Null));
        told.push(admin.put(&path, with(servers.form("B"), "/account/password", json!([PASSWORD]))));
        told.extend(["/campaigns", path.as_str(), "/audit"].map(|path| admin.get(path)));
        assert_eq!(told[3].json["code"], "mail_login_refused");
        for answer in &told {
            assert!(!answer.text.contains(PASSWORD), "{}", answer.text);
        }
        for (table, column) in [("audit_log", "detail"), ("events", "payload"), ("idempotency_keys", "answer"), ("mail_accounts", "sealed_password")] {
            let values = stored(&app, table, column);
            assert!(!values.is_empty(), "{table} is empty");
            for bytes in values {
                assert!(!bytes.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes()), "{table}.{column}");
            }
        }
        assert!(logs.lines() > 0, "nothing was logged at all");
        assert!(!logs.met(), "a password was logged");
    }

    fn edits_are_audited_by_field(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let made = admin.post("/campaigns", servers.form("A"));
        let id = made.json["id"].as_i64().unwrap();
        admin.put(&format!("/campaigns/{id}"), with(servers.form("B"), "/account/save_sent", false));
        admin.post(&format!("/campaigns/{id}/disable"), Value::Null);
        let lines: Vec<Value> = admin.get("/audit").json["items"].as_array().unwrap().iter()
            .filter(|line| line["object"] == "campaign" && line["object_id"] == id)
            .map(|line| json!([line["action"], line["detail"]["changed"]]))
            .collect();
        assert_eq!(lines, [
            json!(["campaigns.disable", null]),
            json!(["campaigns.update", {"name": ["A", "B"], "account.save_sent": [true, false]}]),
            json!(["campaigns.create", null]),
        ]);
    }
}
