//! The brake on guessing (A6).

use crate::support::{Answer, Builder, Client, PASSWORD, TestApp};
use serde_json::json;
use std::time::{Duration, Instant};

const WRONG: &str = "otra cosa distinta";

/// Believes what the tests say about where they are.
fn proxied(builder: Builder) -> Builder {
    builder.setting("server.trusted_proxies", "127.0.0.0/8")
}

fn from(app: &TestApp, address: &str) -> Client {
    app.anonymous().with("X-Forwarded-For", address)
}

fn wait(answer: &Answer) -> u64 {
    answer.header("retry-after").unwrap().parse().unwrap()
}

both_engines! {
    fn from_the_fifth_failure_tries_have_to_wait(app, proxied) {
        app.agent("ana");
        // Known or not, every account is braked alike, and each try comes from another network.
        let mut network = 0;
        for login in ["ana", "nadie"] {
            let mut attempt = |password: &str| {
                network += 1;
                from(&app, &format!("198.51.100.{network}")).sign_in(login, password)
            };
            for _ in 0..5 {
                attempt(WRONG).problem(401, "wrong_credentials");
            }
            let refused = attempt(WRONG).problem(429, "too_many_requests");
            assert_eq!(wait(&refused), 1);
            attempt(PASSWORD).problem(429, "too_many_requests");
            let mut waits = Vec::new();
            for _ in 0..12 {
                app.advance(Duration::from_secs(901));
                attempt(WRONG).problem(401, "wrong_credentials");
                waits.push(wait(&attempt(WRONG).problem(429, "too_many_requests")));
            }
            assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        }
        app.advance(Duration::from_secs(901));
        from(&app, "203.0.113.1").sign_in("ana", PASSWORD).ok();
        // What was right clears the account.
        from(&app, "203.0.113.2").sign_in("ana", WRONG).problem(401, "wrong_credentials");
        from(&app, "203.0.113.3").sign_in("ana", PASSWORD).ok();
    }

    fn quiet_forgets(app, proxied) {
        app.agent("ana");
        let client = from(&app, "198.51.100.7");
        for _ in 0..5 {
            client.sign_in("ana", WRONG).problem(401, "wrong_credentials");
        }
        client.sign_in("ana", WRONG).problem(429, "too_many_requests");
        app.advance(Duration::from_secs(3_600));
        for _ in 0..5 {
            client.sign_in("ana", WRONG).problem(401, "wrong_credentials");
        }
    }

    fn a_network_that_tries_many_accounts_is_braked(app, proxied) {
        app.agent("ana");
        let network = |host: u32| from(&app, &format!("2001:db8:1:2::{host:x}"));
        for number in 0..5 {
            network(number).sign_in(&format!("nadie{number}"), WRONG).problem(401, "wrong_credentials");
        }
        network(99).sign_in("ana", PASSWORD).problem(429, "too_many_requests");
        from(&app, "2001:db8:1:3::1").sign_in("ana", PASSWORD).ok();
        app.advance(Duration::from_secs(2));
        network(99).sign_in("ana", PASSWORD).ok();
        // Half of the count is given back, so that the office is not braked at its next typing error.
        network(1).sign_in("nadie9", WRONG).problem(401, "wrong_credentials");
        network(2).sign_in("ana", PASSWORD).ok();
    }

    fn tries_at_once_are_all_counted(app, proxied) {
        app.agent("ana");
        let answers: Vec<_> = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..24)
                .map(|number| {
                    let client = from(&app, &format!("198.51.100.{number}"));
                    scope.spawn(move || client.sign_in("ana", WRONG).status)
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        // The clock runs on while they are judged, so a wait of a second may pass once or twice.
        let judged = answers.iter().filter(|status| **status == 401).count();
        assert!((5..=8).contains(&judged), "{answers:?}");
        assert!(answers.iter().all(|status| matches!(status, 401 | 429)), "{answers:?}");
    }

    fn whoever_is_inside_cannot_guess_the_password_either(app, proxied) {
        let ana = app.agent("ana");
        let change = |current: &str| {
            ana.post("/auth/password", json!({ "current": current, "new": "una frase bien distinta" }))
        };
        for _ in 0..5 {
            change(WRONG).problem(401, "wrong_credentials");
        }
        change(PASSWORD).problem(429, "too_many_requests");
        ana.get("/auth/me").ok();
        app.advance(Duration::from_secs(2));
        change(PASSWORD).ok();
    }

    fn an_unknown_account_takes_as_long(app, proxied) {
        app.agent("ana");
        let mut network = 0;
        let mut once = |login: &str| {
            network += 1;
            app.advance(Duration::from_secs(901));
            let begun = Instant::now();
            from(&app, &format!("203.0.113.{network}")).sign_in(login, WRONG).problem(401, "wrong_credentials");
            begun.elapsed()
        };
        // The least of many, taken in turns: what else the machine does only ever adds.
        let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
        for _ in 0..15 {
            known = known.min(once("ana"));
            unknown = unknown.min(once("nadie"));
        }
        let ratio = known.as_secs_f64() / unknown.as_secs_f64();
        // Without the same work for both, the ratio is above ten.
        assert!((0.2..5.0).contains(&ratio), "known {known:?}, unknown {unknown:?}");
    }
}
