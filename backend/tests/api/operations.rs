//! Operators' views over HTTP, on both engines: the ledger of mailboxes, quarantine, audit log (A10).

use crate::{
    campaigns::{supervisor_of, untried},
    support::{Engine, TestApp},
};
use diesel::RunQueryDsl;
use serde_json::{Value, json};

fn sql(app: &TestApp, statements: &[String]) {
    app.posta
        .core
        .db
        .write_here(|conn| {
            for statement in statements {
                diesel::sql_query(statement).execute(conn)?;
            }
            Ok(())
        })
        .unwrap();
}

fn mailbox(id: i64, campaign: i64, folder: &str) -> String {
    format!(
        "INSERT INTO mailboxes (id, account_id, folder, login, host, uid_validity, last_uid, skipped_to, history_to, opened_at, expunged, last_fetch_at) \
         VALUES ({id}, (SELECT id FROM mail_accounts WHERE campaign_id = {campaign}), '{folder}', 'ana', 'mail.lab.test', 7, 112, 100, 0, 900, 4, 1000)"
    )
}

fn fetched(mailbox: i64, validity: i64, uid: i64, fate: &str) -> String {
    format!(
        "INSERT INTO fetched_mails (mailbox_id, uid_validity, uid, fate, to_act) VALUES ({mailbox}, {validity}, {uid}, '{fate}', FALSE)"
    )
}

both_engines! {
    fn the_ledger_counts_every_uid_of_the_present_validity(app) {
        let (own, foreign) = (untried(&app, "Own"), untried(&app, "Foreign"));
        let mut rows = vec![mailbox(1, own, "INBOX"), mailbox(2, own, "Ventas"), mailbox(3, foreign, "INBOX")];
        let fates = ["stored", "stored", "stored", "history", "history", "quarantined", "duplicate"];
        rows.extend(fates.iter().zip(101..).map(|(fate, uid)| fetched(1, 7, uid, fate)));
        // UIDs under an earlier UIDVALIDITY, and another campaign's, do not count.
        rows.extend([fetched(1, 6, 101, "stored"), fetched(3, 7, 101, "stored")]);
        sql(&app, &rows);
        let admin = app.admin();
        let path = format!("/campaigns/{own}/mailboxes");
        let ledger = admin.get(&path);
        assert_eq!(ledger.status, 200, "{:?}", ledger.json);
        assert_eq!(ledger.json["items"][0], json!({
            "id": 1, "campaign_id": own, "folder": "INBOX", "uid_validity": 7, "last_uid": 112,
            "stored": 3, "history": 2, "quarantined": 1, "duplicates": 1, "skipped_to": 100,
            "expunged": 4, "compared_at": null,
            "last_fetch_at": "1970-01-01T00:00:01.000Z",
        }));
        assert_eq!(json!([ledger.json["items"][1]["folder"], ledger.json["items"][1]["stored"]]), json!(["Ventas", 0]));
        let first = admin.get(&format!("{path}?limit=1"));
        let next = admin.get(&format!("{path}?limit=1&cursor={}", first.json["next_cursor"].as_str().unwrap()));
        assert_eq!((&next.json["items"][0]["id"], next.json.get("next_cursor")), (&json!(2), None));
    }

    fn quarantined_mail_is_listed_with_a_signed_link(app) {
        let (own, foreign) = (untried(&app, "Own"), untried(&app, "Foreign"));
        let hash = "ab".repeat(32);
        let entry = |id: i64, mailbox: i64, hash: &str| format!(
            "INSERT INTO quarantine (id, mailbox_id, uid_validity, uid, size, source_hash, reason, attempts, settled, created_at) \
             VALUES ({id}, {mailbox}, 7, {id}, 10, {hash}, 'no header', 3, {}, 1000)",
            if app.posta.core.db.engine() == Engine::Postgres { "true" } else { "1" },
        );
        sql(&app, &[
            mailbox(1, own, "INBOX"), mailbox(2, foreign, "INBOX"),
            entry(1, 1, "NULL"), entry(2, 1, &format!("'{hash}'")), entry(3, 2, "NULL"),
        ]);
        let list = app.admin().get(&format!("/campaigns/{own}/quarantine"));
        let read = app.audited().iter().filter(|line| line.as_str() == "operations.read_quarantine").count();
        assert_eq!(read, 1, "who got the links is recorded");
        assert_eq!(list.status, 200, "{:?}", list.json);
        let items = list.json["items"].as_array().unwrap();
        assert_eq!(items.iter().map(|item| item["id"].as_i64().unwrap()).collect::<Vec<_>>(), [2, 1]);
        let url = items[0]["source_url"].as_str().unwrap();
        let token = url.strip_prefix("/api/v1/files/").unwrap();
        let opened = posta::files::Link::read(&app.posta.core, token).unwrap();
        assert_eq!(opened.name, "quarantine-2.eml");
        assert_eq!(json!([items[0]["source_sha256"], items[0]["reason"], items[0]["attempts"]]), json!([hash, "no header", 3]));
        assert_eq!(items[1]["source_url"], Value::Null);
    }

    fn operators_see_their_campaigns_only(app) {
        let (own, foreign) = (untried(&app, "Own"), untried(&app, "Foreign"));
        let boss = supervisor_of(&app, "eva", &[own]);
        for list in ["mailboxes", "quarantine"] {
            assert_eq!(boss.get(&format!("/campaigns/{own}/{list}")).status, 200);
            for id in [foreign.to_string(), "999".into(), "x".into()] {
                assert_eq!(boss.get(&format!("/campaigns/{id}/{list}")).status, 404, "{id}");
            }
            assert_eq!(boss.get(&format!("/campaigns/{own}/{list}?cursor=x")).json["code"], "bad_cursor");
            assert_eq!(boss.get(&format!("/campaigns/{own}/{list}?limit=0")).status, 422);
            assert_eq!(app.agent("ana").get(&format!("/campaigns/{own}/{list}")).status, 403);
            assert_eq!(app.anonymous().get(&format!("/campaigns/{own}/{list}")).status, 401);
        }
        for path in ["/audit", "/audit/check"] {
            assert_eq!(boss.get(path).status, 403);
            assert_eq!(app.admin().get(path).status, 200);
        }
    }

    fn the_audit_log_pages_and_shows_a_line_that_was_changed(app) {
        for name in ["A", "B", "C"] {
            untried(&app, name);
        }
        let admin = app.admin();
        let (mut ids, mut path) = (Vec::new(), "/audit?limit=2".to_owned());
        loop {
            let page = admin.get(&path);
            ids.extend(page.json["items"].as_array().unwrap().iter().map(|line| line["id"].as_i64().unwrap()));
            let Some(cursor) = page.json["next_cursor"].as_str() else { break };
            path = format!("/audit?limit=2&cursor={cursor}");
        }
        assert!(ids.is_sorted_by(|newer, older| newer > older) && ids.len() >= 3, "{ids:?}");
        let whole = admin.get("/audit/check");
        assert_eq!(whole.json, json!({"lines": ids.len(), "broken_at": null}));

        // The database itself refuses; so does the chain when somebody gets past the database.
        let touched = ids[1];
        let set = |detail: &str| format!("UPDATE audit_log SET detail = {detail} WHERE id = {touched}");
        let change = set("'X' || detail");
        assert!(app.posta.core.db.write_here(|conn| Ok(diesel::sql_query(&change).execute(conn)?)).is_err());
        let open = if app.posta.core.db.engine() == Engine::Postgres {
            "DROP TRIGGER audit_log_no_change ON audit_log"
        } else {
            "DROP TRIGGER audit_log_no_update"
        };
        sql(&app, &[open.to_owned(), change]);
        assert_eq!(admin.get("/audit/check").json["broken_at"], touched);
        sql(&app, &[set("substr(detail, 2)")]);
        assert_eq!(admin.get("/audit/check").json["broken_at"], Value::Null);
    }
}
