//! What every answer has: security headers (A11), problems (I3), limits.

use crate::support::{Builder, Engine, TestApp};
use serde_json::json;

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
