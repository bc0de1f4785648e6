//! Access tokens (A3) and refresh tokens (S2a).

use crate::support::{Builder, PASSWORD, TestApp};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

/// A token whose part `index` is replaced.
fn forged(token: &str, index: usize, by: &str) -> String {
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[index] = by;
    parts.join(".")
}

both_engines! {
    fn nothing_but_our_own_token_lets_in(app) {
        let (admin, ana) = (app.admin(), app.agent("ana"));
        let (hers, his) = (ana.token().unwrap(), admin.token().unwrap());
        let other_parts: Vec<String> = his.split('.').map(str::to_owned).collect();
        let elsewhere = TestApp::new(app.posta.core.db.engine()).admin().token().unwrap();
        // {"alg":"none"} and {"alg":"HS512"}
        let (none, other) = ("eyJhbGciOiJub25lIn0", "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzUxMiJ9");
        let bad = [
            "x".to_owned(),
            "Bearer".to_owned(),
            "a.b.c".to_owned(),
            hers[..hers.len() - 1].to_owned(),
            forged(&hers, 1, &other_parts[1]),
            forged(&hers, 2, &other_parts[2]),
            forged(&hers, 2, ""),
            forged(&hers, 0, none),
            forged(&forged(&hers, 0, none), 2, ""),
            forged(&hers, 0, other),
            elsewhere,
            "x".repeat(5_000),
        ];
        for token in bad {
            let client = app.anonymous();
            client.set_token(Some(token.clone()));
            let answer = client.get("/auth/me").problem(401, "unauthenticated");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{token}");
        }
        app.anonymous().with("Authorization", format!("Basic {hers}")).get("/auth/me").problem(401, "unauthenticated");
        assert_eq!(ana.get("/auth/me").ok()["login"], "ana");
    }

    fn a_token_expires(app, |builder: Builder| builder.setting("auth.access_token_seconds", 60)) {
        let ana = app.agent("ana");
        app.advance(Duration::from_secs(58));
        ana.get("/auth/me").ok();
        app.advance(Duration::from_secs(3));
        ana.get("/auth/me").problem(401, "unauthenticated");
        assert_eq!(ana.refresh().ok()["expires_in"], 60);
        ana.get("/auth/me").ok();
    }

    fn a_refresh_token_is_replaced_at_each_use(app) {
        let ana = app.agent("ana");
        let mut seen = BTreeSet::from([ana.cookie().unwrap()]);
        for _ in 0..3 {
            ana.refresh().ok();
            assert!(seen.insert(ana.cookie().unwrap()));
        }
        assert_eq!(ana.get("/auth/sessions").ok()["items"].as_array().unwrap().len(), 1);
    }

    fn two_tabs_get_the_same_successor_while_it_is_unused(app) {
        let ana = app.agent("ana");
        let (tab, lost) = (ana.twin(), ana.twin());
        ana.refresh().ok();
        app.advance(Duration::from_secs(29));
        tab.refresh().ok();
        assert_eq!(tab.cookie(), ana.cookie());
        tab.refresh().ok();
        ana.get("/auth/me").ok();
        // Now the successor is used: who comes with the first token is a thief.
        lost.refresh().problem(401, "session_ended");
        ana.get("/auth/me").problem(401, "unauthenticated");
        tab.refresh().problem(401, "session_ended");
        assert!(app.audited().contains(&"access.refresh_token_reused".to_owned()));
    }

    fn a_spent_token_after_the_grace_ends_the_session(app) {
        let ana = app.agent("ana");
        let (thief, elsewhere) = (ana.twin(), app.sign_in("ana"));
        ana.refresh().ok();
        app.advance(Duration::from_secs(31));
        thief.refresh().problem(401, "session_ended");
        ana.refresh().problem(401, "session_ended");
        ana.get("/auth/me").problem(401, "unauthenticated");
        // The family is a session, not the user.
        elsewhere.refresh().ok();
    }

    fn eight_refreshes_at_once_agree(app) {
        let ana = app.agent("ana");
        let tabs: Vec<_> = (0..8).map(|_| ana.twin()).collect();
        std::thread::scope(|scope| {
            for tab in &tabs {
                scope.spawn(|| tab.refresh().ok());
            }
        });
        let cookies: BTreeSet<_> = tabs.iter().map(|tab| tab.cookie().unwrap()).collect();
        assert_eq!(cookies.len(), 1);
        tabs[0].refresh().ok();
        tabs[0].get("/auth/me").ok();
    }

    fn what_is_no_refresh_token_is_refused(app) {
        let ana = app.agent("ana");
        app.anonymous().refresh().problem(401, "session_ended");
        for cookie in ["posta_refresh=", "posta_refresh=x", "posta_refresh=é", "other=y"] {
            app.anonymous().with("Cookie", cookie).refresh().problem(401, "session_ended");
        }
        let access = ana.token().unwrap();
        app.anonymous().with("Cookie", format!("posta_refresh={access}")).refresh().problem(401, "session_ended");
        app.anonymous().with("Cookie", format!("posta_refresh={}", "x".repeat(5_000))).refresh()
            .problem(401, "session_ended");
    }

    fn an_unused_session_ends(app, |builder: Builder| builder.setting("auth.session_days", 1)) {
        let (ana, idle) = (app.agent("ana"), app.sign_in("ana"));
        app.advance(Duration::from_secs(86_000));
        ana.refresh().ok();
        app.advance(Duration::from_secs(500));
        ana.refresh().ok();
        idle.refresh().problem(401, "session_ended");
        assert_eq!(ana.get("/auth/sessions").ok()["items"].as_array().unwrap().len(), 1);
    }

    fn a_foreign_page_cannot_spend_the_cookie(app) {
        let ana = app.agent("ana");
        let foreign = ana.with("Origin", "https://evil.example");
        foreign.refresh().problem(403, "foreign_origin");
        foreign.post("/auth/sign-out", json!(null)).problem(403, "foreign_origin");
        foreign.sign_in("ana", PASSWORD).problem(403, "foreign_origin");
        ana.with("Origin", "null").refresh().problem(403, "foreign_origin");
        ana.with("Origin", &app.base).refresh().ok();
    }

    fn the_cookie_is_out_of_reach(app) {
        let answer = app.anonymous().sign_in("admin", PASSWORD);
        let cookie = answer.cookie().unwrap();
        for part in ["posta_refresh=", "HttpOnly", "SameSite=Strict", "Path=/api/v1/auth", "Max-Age=1209600"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!answer.text.contains(cookie.split(['=', ';']).nth(1).unwrap()));
    }

    fn over_tls_the_cookie_is_secure(app, |builder: Builder| {
        builder.setting("server.public_url", "https://posta.example")
    }) {
        let client = app.anonymous();
        let cookie = client.sign_in("admin", PASSWORD).cookie().unwrap().to_owned();
        assert!(cookie.starts_with("__Secure-posta_refresh=") && cookie.contains("; Secure"), "{cookie}");
        client.refresh().ok();
        client.with("Origin", "https://posta.example").refresh().ok();
        client.with("Origin", &app.base).refresh().problem(403, "foreign_origin");
    }
}
