//! Logins tried on Save and by *Test connection* (S10, S27, H8).

use super::{
    Servers, fault, faults, paused,
    servers::{LOGIN, PASSWORD, closed_port, with},
};
use crate::support::{Answer, Builder};
use posta_e2e::{
    Lab,
    fake::{FakeImap, FakeSmtp, ImapRule, SmtpRule, Stage},
    tls::Authority,
};
use serde_json::{Value, json};
use std::{
    io::Write,
    net::SocketAddr,
    sync::OnceLock,
    time::{Duration, Instant},
};
use tempfile::TempPath;

/// An authority that the app trusts, and the file that says so.
fn trusted() -> &'static (Authority, TempPath) {
    static TRUSTED: OnceLock<(Authority, TempPath)> = OnceLock::new();
    TRUSTED.get_or_init(|| {
        let authority = Authority::new("campaigns").unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(authority.pem().as_bytes()).unwrap();
        (authority, file.into_temp_path())
    })
}

fn trusting(builder: Builder) -> Builder {
    paused(builder).setting("mail.ca_file", trusted().1.display())
}

fn impatient(builder: Builder) -> Builder {
    paused(builder).setting("mail.io_seconds", 1)
}

fn at_the_lab(builder: Builder) -> Builder {
    paused(builder).setting("mail.ca_file", Lab::shared().unwrap().authority_file().display())
}

both_engines! {
    fn a_wrong_password_is_refused_in_the_servers_words(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let refused = admin.post("/campaigns", with(servers.form("A"), "/account/password", "wrong-one"));
        assert_eq!((refused.status, &refused.json["code"]), (422, &json!("mail_login_refused")));
        assert_eq!(faults(&refused), [fault("/account/password", "refused")]);
        let detail = refused.json["detail"].as_str().unwrap();
        for part in [
            &format!("SMTP 127.0.0.1:{}", servers.smtp.port()),
            "Authentication credentials invalid",
            &format!("IMAP 127.0.0.1:{}", servers.imap.port()),
            "Authentication failed",
        ] {
            assert!(detail.contains(part), "{part:?} is missing in {detail:?}");
        }
        assert_eq!(admin.get("/campaigns").json["items"], json!([]), "it was stored");
        assert_eq!((servers.smtp.counts().failed_logins, servers.imap.counts().failed_logins), (1, 1));
    }

    fn the_server_that_refused_is_named(app, paused) {
        let servers = Servers {
            smtp: FakeSmtp::builder().login(LOGIN, PASSWORD).start().unwrap(),
            imap: FakeImap::builder().login(LOGIN, "another-one").start().unwrap(),
        };
        let refused = app.admin().post("/campaigns", servers.form("A"));
        let detail = refused.json["detail"].as_str().unwrap();
        assert_eq!(refused.json["code"], "mail_login_refused");
        assert!(detail.starts_with("IMAP ") && !detail.contains("SMTP "), "{detail}");
        // A campaign that does not receive does not ask the incoming server.
        assert_eq!(app.admin().post("/campaigns", with(servers.form("B"), "/receive", false)).status, 201);
    }

    fn a_server_that_is_away_can_be_saved_disabled(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let form = with(servers.form("A"), "/account/imap/port", closed_port());
        let away = admin.post("/campaigns", form.clone());
        assert_eq!((away.status, &away.json["code"]), (422, &json!("mail_server_unreachable")));
        assert_eq!(faults(&away), [fault("/account/imap/host", "unreachable")]);
        assert!(away.json["detail"].as_str().unwrap().contains("refused"), "{:?}", away.json);
        assert_eq!(admin.get("/campaigns").json["items"], json!([]), "it was stored");

        let tried = servers.connections();
        let saved = admin.post("/campaigns?save_disabled=true", form);
        assert_eq!((saved.status, &saved.json["enabled"]), (201, &json!(false)));
        assert_eq!(servers.connections(), tried, "it was tried all the same");
        let path = format!("/campaigns/{}", saved.json["id"]);
        assert_eq!(admin.post(&format!("{path}/enable"), Value::Null).json["code"], "mail_server_unreachable");
        let kept = with(servers.form("A"), "/account/password", "");
        assert_eq!(admin.put(&format!("{path}?save_disabled=true"), kept).json["enabled"], false);
        assert_eq!(admin.post(&format!("{path}/enable"), Value::Null).json["enabled"], true);
    }

    fn forbidden_hosts_are_never_dialled_and_answer_like_names_without_address(app) {
        // Nothing beyond the public internet is allowed here, so that the servers on loopback are forbidden.
        let servers = Servers::start();
        let admin = app.admin();
        let ask = |host: &str| {
            let form = with(with(servers.form("A"), "/account/smtp/host", host), "/account/imap/host", host);
            let form = with(form, "/account/allow_plaintext_password", true);
            let answer = admin.post("/campaigns", form);
            let detail = answer.json["detail"].as_str().unwrap_or_default().replace(host, "HOST");
            (answer.status, answer.json["code"].clone(), faults(&answer), detail)
        };
        let absent = ask("no-such-host.invalid");
        assert_eq!((absent.0, &absent.1), (422, &json!("mail_server_unreachable")));
        for host in ["127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[::1]", "::ffff:10.0.0.1"] {
            assert_eq!(ask(host), absent, "{host}");
        }
        let account = with(servers.form("A"), "/account/allow_plaintext_password", true)["account"].clone();
        let tested = admin.post("/campaigns/test-connection", json!({"receive": true, "account": account}));
        assert_eq!(tested.json["tests"][0]["outcome"], "cannot_reach");
        assert_eq!(servers.connections(), 0, "a forbidden host was dialled");
    }

    fn starttls_that_is_not_offered_is_not_done_without(app, paused) {
        let servers = Servers::start();
        let form = with(with(servers.form("A"), "/account/smtp/security", "starttls"), "/account/imap/security", "starttls");
        let refused = app.admin().post("/campaigns", form);
        assert_eq!((refused.status, &refused.json["code"]), (422, &json!("mail_server_unreachable")));
        assert_eq!(
            faults(&refused),
            [fault("/account/smtp/security", "unreachable"), fault("/account/imap/security", "unreachable")]
        );
        let counts = (servers.smtp.counts(), servers.imap.counts());
        assert_eq!((counts.0.logins, counts.0.failed_logins, counts.1.logins, counts.1.failed_logins), (0, 0, 0, 0));
        assert!(!counts.0.commands.contains_key("AUTH"), "the password went out in clear");
    }

    fn tls_is_verified(app, trusting) {
        let (authority, _) = trusted();
        let good = authority.issue(&["localhost", "127.0.0.1"]).unwrap();
        let expired = authority.issue_expired(&["localhost", "127.0.0.1"]).unwrap();
        let stranger = Authority::new("somebody else").unwrap().issue(&["localhost", "127.0.0.1"]).unwrap();
        let admin = app.admin();
        for (name, certificate, status) in [("A", good, 201), ("B", expired, 422), ("C", stranger, 422)] {
            let servers = Servers {
                smtp: FakeSmtp::builder().login(LOGIN, PASSWORD).start_tls(&certificate).unwrap().start().unwrap(),
                imap: FakeImap::builder().login(LOGIN, PASSWORD).implicit_tls(&certificate).unwrap().start().unwrap(),
            };
            let form = with(with(servers.form(name), "/account/smtp/security", "starttls"), "/account/imap/security", "implicit");
            let form = with(form, "/account/address", format!("{name}@lab.test"));
            let answer = admin.post("/campaigns", with(form, "/account/login", LOGIN));
            assert_eq!(answer.status, status, "{name}: {:?}", answer.json);
            if status == 422 {
                assert_eq!(
                    faults(&answer),
                    [fault("/account/smtp/security", "unreachable"), fault("/account/imap/security", "unreachable")]
                );
                assert_eq!((servers.smtp.counts().failed_logins, servers.imap.counts().failed_logins), (0, 0));
            }
        }
    }

    fn passwords_go_in_clear_only_to_this_machine_or_when_confirmed(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let form = with(with(servers.form("A"), "/account/smtp/host", "mail.invalid"), "/account/imap/host", "10.0.0.1");
        let refused = admin.post("/campaigns", form.clone());
        assert_eq!((refused.status, &refused.json["code"]), (422, &json!("invalid")));
        assert_eq!(
            faults(&refused),
            [fault("/account/smtp/security", "inconsistent"), fault("/account/imap/security", "inconsistent")]
        );
        // The rule holds for what is stored untried, too.
        assert_eq!(admin.post("/campaigns?save_disabled=true", form.clone()).json["code"], "invalid");
        let confirmed = admin.post("/campaigns", with(form, "/account/allow_plaintext_password", true));
        assert_eq!(confirmed.json["code"], "mail_server_unreachable");
    }

    fn odd_servers_are_told_apart_from_refusals(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        servers.smtp.add_rule(SmtpRule::at(Stage::Connect).times(1).reply_and_close(421, "4.3.2 closing for tonight"));
        servers.imap.add_rule(ImapRule::on("GREETING").times(1).bye("closing for tonight"));
        let away = admin.post("/campaigns", servers.form("A"));
        assert_eq!((away.status, &away.json["code"]), (422, &json!("mail_server_unreachable")), "{:?}", away.json);
        assert_eq!(
            faults(&away),
            [fault("/account/smtp/host", "unreachable"), fault("/account/imap/host", "unreachable")]
        );
        assert!(away.json["detail"].as_str().unwrap().contains("closing for tonight"), "{:?}", away.json);
        servers.smtp.add_rule(SmtpRule::at(Stage::Ehlo).times(1).close());
        assert_eq!(admin.post("/campaigns", servers.form("A")).json["code"], "mail_server_unreachable");
        assert_eq!(admin.post("/campaigns", servers.form("A")).status, 201);
    }

    fn test_connection_tells_of_each_server_and_stores_nothing(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let account = servers.form("A")["account"].clone();
        let test = |body: Value| admin.post("/campaigns/test-connection", body);
        let good = test(json!({"receive": true, "account": account}));
        assert_eq!(good.status, 200, "{:?}", good.json);
        let outcomes = |answer: &Answer| {
            let tests = answer.json["tests"].as_array().unwrap().clone();
            tests.iter().map(|test| json!([test["protocol"], test["outcome"]])).collect::<Vec<_>>()
        };
        assert_eq!(outcomes(&good), [json!(["smtp", "ok"]), json!(["imap", "ok"])]);
        assert_eq!(outcomes(&test(json!({"receive": false, "account": account}))), [json!(["smtp", "ok"])]);
        let form = json!({"account": with(json!({"account": account}), "/account/password", "wrong-one")["account"]});
        let wrong = test(with(form, "/receive", true));
        assert_eq!(wrong.status, 200, "a refusal is an answer here");
        assert_eq!(outcomes(&wrong), [json!(["smtp", "refused_login"]), json!(["imap", "refused_login"])]);
        assert!(wrong.json["tests"][1]["detail"].as_str().unwrap().contains("Authentication failed"));

        // The stored password stands in for an empty one.
        let made = admin.post("/campaigns", servers.form("A"));
        let bare = with(json!({"account": account}), "/account/password", "");
        let stored = test(with(with(bare.clone(), "/receive", true), "/campaign_id", made.json["id"].clone()));
        assert_eq!(outcomes(&stored), [json!(["smtp", "ok"]), json!(["imap", "ok"])]);
        let unknown = test(with(with(bare.clone(), "/receive", true), "/campaign_id", 999));
        assert_eq!((unknown.status, faults(&unknown)), (422, vec![fault("/campaign_id", "unknown_value")]));
        let none = test(with(bare, "/receive", true));
        assert_eq!((none.status, faults(&none)), (422, vec![fault("/account/password", "required")]));
        let faulty = test(json!({"receive": true, "account": {"address": "x", "password": "y", "smtp": {"host": "", "port": 0, "security": "none"}}}));
        assert_eq!(faulty.status, 422);
        assert!(faults(&faulty).contains(&fault("/account/imap/host", "required")), "{:?}", faulty.json);
        assert_eq!(app.agent("ana").post("/campaigns/test-connection", json!({"receive": true, "account": account})).status, 403);
        assert_eq!(admin.get("/campaigns").json["items"].as_array().unwrap().len(), 1);
    }

    fn a_silent_server_is_waited_for_within_bounds(app, impatient) {
        let servers = Servers::start();
        servers.smtp.add_rule(SmtpRule::at(Stage::Auth).hang());
        servers.imap.add_rule(ImapRule::on("GREETING").hang());
        let begun = Instant::now();
        let silent = app.admin().post("/campaigns", servers.form("A"));
        assert_eq!((silent.status, &silent.json["code"]), (422, &json!("mail_server_unreachable")));
        assert_eq!(
            faults(&silent),
            [fault("/account/smtp/host", "unreachable"), fault("/account/imap/host", "unreachable")]
        );
        // One after the other, or with a worker's patience, it would take minutes.
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }

    fn real_servers_take_and_refuse_logins(app, at_the_lab) {
        let (lab, admin) = (Lab::shared().unwrap(), app.admin());
        let account = lab.new_mailbox("campaigns").unwrap();
        let form = |smtp: (SocketAddr, &str), imap: (SocketAddr, &str), password: &str| {
            let server = |(address, security): (SocketAddr, &str)| {
                json!({"host": address.ip().to_string(), "port": address.port(), "security": security})
            };
            json!({
                "name": format!("{} {}", smtp.1, imap.1),
                "max_interactions": 1,
                "enabled": false,
                "account": {
                    "address": account.address, "login": account.login, "password": password,
                    "smtp": server(smtp), "imap": server(imap),
                },
            })
        };
        let (smtp, smtps) = (lab.smtp_address().unwrap(), lab.smtps_address().unwrap());
        let (imap, imaps) = (lab.imap_address().unwrap(), lab.imaps_address().unwrap());
        for (smtp, imap) in [((smtp, "starttls"), (imap, "starttls")), ((smtps, "implicit"), (imaps, "implicit"))] {
            let refused = admin.post("/campaigns", form(smtp, imap, "wrong-one"));
            assert_eq!((refused.status, &refused.json["code"]), (422, &json!("mail_login_refused")), "{refused:?}");
            let detail = refused.json["detail"].as_str().unwrap();
            assert!(detail.contains("535 5.7.8") && detail.contains("[AUTHENTICATIONFAILED]"), "{detail}");
            let made = admin.post("/campaigns", form(smtp, imap, &account.password));
            assert_eq!(made.status, 201, "{made:?}");
        }
    }
}
