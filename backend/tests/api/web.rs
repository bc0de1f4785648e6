//! What every answer has: security headers (A11), problems (I3), limits.

use crate::support::{Builder, Engine, TestApp};
use serde_json::json;
use std::{collections::BTreeSet, fs, time::Instant};

#[test]
fn every_answer_has_the_security_headers() {
    let app = TestApp::new(Engine::Sqlite);
    let client = app.anonymous();
    let answers = ["/api/v1/setup", "/api/v1/auth/me", "/api/v1/nothing", "/", "/healthz", "/api/openapi.json", "/%ff"]
        .map(|path| (path, client.send_raw("GET", path, None)));
    for (path, answer) in answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}: {answer:?}");
        }
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert!(answer.header("x-request-id").is_some(), "{path}");
        if path.starts_with("/api/v1") {
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        }
    }
}

#[test]
fn the_document_is_served_as_it_is_printed() {
    let app = TestApp::new(Engine::Sqlite);
    let printed = serde_json::to_value(posta::app::document()).unwrap();
    for _ in 0..2 {
        let answer = app.anonymous().send_raw("GET", "/api/openapi.json", None);
        assert_eq!((answer.status, &answer.json), (200, &printed));
    }
}

#[test]
fn https_is_insisted_on_where_it_is_there() {
    let app = TestApp::builder(Engine::Sqlite).setting("server.public_url", "https://posta.example").start();
    assert!(app.anonymous().get("/setup").header("strict-transport-security").is_some());
    let plain = TestApp::new(Engine::Sqlite);
    assert_eq!(plain.anonymous().get("/setup").header("strict-transport-security"), None);
}

#[test]
fn what_is_not_there_is_a_problem() {
    let app = TestApp::new(Engine::Sqlite);
    let admin = app.admin();
    admin.get("/nothing").problem(404, "not_found");
    admin.send_raw("PUT", "/api/v1/users", Some(("application/json", b"{}".to_vec()))).problem(404, "not_found");
    admin.send_raw("POST", "/nothing", None).problem(404, "not_found");
    admin.get("/users/%ff").problem(404, "not_found");
    let wanted = admin.with("X-Request-Id", "mi-peticion-1").get("/nothing");
    assert_eq!(wanted.json["request_id"], json!("mi-peticion-1"));
    let forged = admin.with("X-Request-Id", "a b\"c").get("/nothing");
    assert_ne!(forged.json["request_id"], json!("a b\"c"));
}

#[test]
fn an_address_that_asks_too_much_waits() {
    let limited = |builder: Builder| builder.setting("limits.address_requests_per_minute", 60);
    let app = limited(TestApp::builder(Engine::Sqlite)).start();
    let client = app.anonymous();
    let refused = (0..20).map(|_| client.get("/setup")).find(|answer| answer.status == 429).unwrap();
    assert!(refused.header("retry-after").is_some());
    refused.problem(429, "too_many_requests");
}

/// Once any `Authorization` lifted the limit from what is reached by a link, which looks at no token.
#[test]
fn a_made_up_token_lifts_no_limit() {
    let app = TestApp::builder(Engine::Sqlite).setting("limits.address_requests_per_minute", 60).start();
    let client = app.anonymous();
    client.set_token(Some("made.up".into()));
    let refused = (0..20).map(|_| client.get("/files/x")).find(|answer| answer.status == 429).unwrap();
    assert!(refused.header("retry-after").is_some());
    refused.problem(429, "too_many_requests");
}

#[test]
fn a_session_is_not_held_to_the_limit_of_its_address() {
    let limited = |builder: Builder| builder.setting("limits.address_requests_per_minute", 60);
    let app = limited(TestApp::builder(Engine::Sqlite)).setting("limits.session_requests_per_minute", 300).start();
    let admin = app.admin();
    assert!((0..20).all(|_| admin.get("/auth/me").status == 200));
    let refused = (0..200).map(|_| admin.get("/auth/me")).find(|answer| answer.status != 200).unwrap();
    refused.problem(429, "too_many_requests");
}

/// Once each question cost a flush of the disk, and anybody may ask.
#[test]
fn readiness_is_looked_at_once_a_second() {
    let app = TestApp::new(Engine::Sqlite);
    let (client, begun) = (app.anonymous(), Instant::now());
    let looks: BTreeSet<_> = (0..200)
        .map(|_| {
            assert_eq!(client.send_raw("GET", "/readyz", None).status, 200);
            fs::metadata(app.dir().join("blobs/probe")).unwrap().modified().unwrap()
        })
        .collect();
    assert!(u64::try_from(looks.len()).unwrap() <= begun.elapsed().as_secs() + 1, "{looks:?}");
}

/// Once a second binary brought the database to its own schema before it found that another serves from it.
#[test]
fn whoever_finds_the_directory_taken_leaves_the_database_alone() {
    let dir = tempfile::tempdir().unwrap();
    let _served = posta::kernel::db::alone::claim(Engine::Sqlite, dir.path()).unwrap();
    for command in ["serve", "migrate"] {
        let ran = std::process::Command::new(env!("CARGO_BIN_EXE_posta"))
            .args([command, "--data-dir"])
            .arg(dir.path())
            .env_remove("POSTA__DATABASE__URL")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(!ran.status.success() && said.contains("another Posta"), "{command}: {said}");
        assert!(!dir.path().join("posta.sqlite3").exists(), "{command} touched the database");
    }
}
