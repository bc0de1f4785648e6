//! What the mail workers are told and what they note: the facade `campaigns::account` (R9, A9).

use super::{Servers, paused, servers::PASSWORD, stored, with};
use crate::support::TestApp;
use posta::{
    campaigns::account::{self, AccountRevision, FetchAccount},
    kernel::secrets::Keys,
    mail::account::Credential,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::{api::campaigns::AccountHealth, ids::AccountId};

fn to_fetch(app: &TestApp) -> Vec<FetchAccount> {
    app.posta.core.db.read_here(|conn| Ok(account::accounts_to_fetch(conn)?)).unwrap()
}

fn health(app: &TestApp, at: AccountRevision, health: AccountHealth, error: Option<&str>) -> bool {
    let now = app.posta.core.now();
    app.posta.core.db.write_here(|conn| Ok(account::set_health(conn, at, health, error, now)?)).unwrap()
}

fn stop_sending(app: &TestApp, at: AccountRevision, reason: &str) -> bool {
    let now = app.posta.core.now();
    app.posta.core.db.write_here(|conn| Ok(account::stop_sending(conn, at, reason, now)?)).unwrap()
}

fn may_send(app: &TestApp, id: AccountId) -> bool {
    app.posta.core.db.read_here(|conn| Ok(account::may_send(conn, id)?)).unwrap().unwrap().0
}

/// How often a change of health was told.
fn told(app: &TestApp) -> usize {
    let payloads = stored(app, "events", "payload");
    payloads.iter().filter(|payload| String::from_utf8_lossy(payload).contains("account_health_changed")).count()
}

both_engines! {
    fn only_enabled_receiving_accounts_are_fetched(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let made = admin.post("/campaigns", servers.form("A"));
        admin.post("/campaigns", servers.sender("B"));
        let other = with(servers.form("C"), "/account/address", "other@lab.test");
        let other = with(with(other, "/account/login", "soporte@lab.test"), "/enabled", false);
        assert_eq!(admin.post("/campaigns", other).status, 201);
        let accounts = to_fetch(&app);
        let expected = (made.json["account"]["id"].as_i64(), made.json["id"].as_i64(), 1);
        let found: Vec<_> = accounts.iter().map(|one| (Some(one.account_id.0), Some(one.campaign_id.0), one.revision)).collect();
        assert_eq!(found, [expected]);
        admin.post(&format!("/campaigns/{}/disable", made.json["id"]), Value::Null);
        assert_eq!(to_fetch(&app), []);
        admin.post(&format!("/campaigns/{}/enable", made.json["id"]), Value::Null);
        assert_eq!(to_fetch(&app)[0].revision, 3);
    }

    fn health_is_told_when_it_changes(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let path = format!("/campaigns/{}", admin.post("/campaigns", servers.form("A")).json["id"]);
        let at = to_fetch(&app)[0].at_revision();
        let shown = || admin.get(&path).json["account"].clone();
        assert!(health(&app, at, AccountHealth::Connected, None));
        assert!(health(&app, at, AccountHealth::Connected, None));
        assert_eq!((told(&app), &shown()["health"]), (1, &json!("connected")));
        assert!(health(&app, at, AccountHealth::Failing, Some("BYE\r\n gone \u{202e}away")));
        assert!(health(&app, at, AccountHealth::Failing, Some("BYE\r\n gone \u{202e}away")));
        assert_eq!((told(&app), &shown()["last_error"]), (2, &json!("BYE gone away")));
        assert!(shown()["last_error_at"].is_string());
        // The last failure stays to be seen when all is well again.
        assert!(health(&app, at, AccountHealth::Connected, None));
        assert_eq!((told(&app), &shown()["last_error"]), (3, &json!("BYE gone away")));
        let now = app.posta.core.now();
        app.posta.core.db.write_here(|conn| Ok(account::note_fetch(conn, at, now)?)).unwrap();
        assert_eq!((told(&app), &shown()["last_fetch_at"]), (3, &json!(now.to_string())));
        // A version is what forms set; health is not.
        assert_eq!(admin.get(&path).json["version"], 1);
    }

    fn a_stopped_account_waits_for_a_save(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let path = format!("/campaigns/{}", admin.post("/campaigns", servers.form("A")).json["id"]);
        let old = to_fetch(&app)[0].at_revision();
        assert!(health(&app, old, AccountHealth::Stopped, Some("NO [AUTHENTICATIONFAILED]")));
        assert_eq!(to_fetch(&app), []);
        assert!(stop_sending(&app, old, "535 5.7.8 no"));
        assert!(!may_send(&app, old.account_id));
        assert_eq!(admin.get(&path).json["account"]["health"], "stopped");

        let saved = admin.put(&path, servers.form("A"));
        assert_eq!((&saved.json["account"]["health"], saved.json["account"].get("last_error")), (&json!("unknown"), Some(&Value::Null)));
        assert!(may_send(&app, old.account_id));
        let new = to_fetch(&app)[0].at_revision();
        assert!(new.revision > old.revision);
        // A worker that still speaks of the old password is not heard.
        assert!(!health(&app, old, AccountHealth::Stopped, Some("NO")));
        assert!(!stop_sending(&app, old, "535"));
        assert_eq!(to_fetch(&app)[0].at_revision(), new);
        assert!(may_send(&app, new.account_id));
        // Sending that has stopped shows, and fetching goes on.
        assert!(stop_sending(&app, new, "535 5.7.8 no"));
        assert!(health(&app, new, AccountHealth::Connected, None));
        assert_eq!((to_fetch(&app).len(), &admin.get(&path).json["account"]["health"]), (1, &json!("stopped")));
        admin.post(&format!("{path}/disable"), Value::Null);
        assert!(!may_send(&app, new.account_id));
    }

    fn rotated_keys_seal_the_stored_passwords_anew(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        for name in ["A", "B"] {
            assert_eq!(admin.post("/campaigns", servers.sender(name)).status, 201);
        }
        let core = &app.posta.core;
        let before = stored(&app, "mail_accounts", "sealed_password");
        assert_eq!(app.posta.rotate_keys().unwrap(), 2);
        let after = stored(&app, "mail_accounts", "sealed_password");
        assert!(before.iter().zip(&after).all(|(old, new)| old[..4] != new[..4]), "the old seal key is still in use");
        let id = AccountId(admin.get("/campaigns").json["items"][0]["account"]["id"].as_i64().unwrap());
        let open = |keys: &Keys| core.db.read_here(|conn| account::open(conn, keys, app.posta.campaigns.servers(), id));
        let fresh = Keys::load_or_create(&core.settings.key_file()).unwrap();
        let opened = open(&fresh).unwrap();
        let Some(Credential::Password(password)) = &opened.smtp.credential else { panic!("no password") };
        assert_eq!(password.expose_secret(), PASSWORD);
        assert!(!format!("{opened:?}").contains(PASSWORD), "it prints");
        assert!(opened.imap.is_none() && opened.may_send && opened.addresses.address == "soporte@lab.test");
        assert!(open(&core.keys).is_err(), "the keys of before open what was sealed anew");
        assert_eq!(admin.get("/audit").json["items"][0]["action"], "keys.rotate");
    }
}
