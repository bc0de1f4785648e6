//! Folders and what becomes of mail once it is stored (S14), against a fake server that fails on cue.

use crate::{
    campaigns::servers::{LOGIN, Servers, with},
    support::{Answer, Builder, Client, TestApp},
};
use posta_e2e::fake::{FakeImap, FakeSmtp, ImapRule};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn loopback(builder: Builder) -> Builder {
    builder.setting("mail.allow_hosts", "127.0.0.1").setting("mail.poll_seconds", 1)
}

fn faults(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = answer.json["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["rule"]))).collect()
}

fn raw(subject: &str) -> Vec<u8> {
    format!(
        "From: eva@cliente.test\r\nTo: {LOGIN}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@cliente.test>\r\n\r\nHola.\r\n"
    )
    .into_bytes()
}

#[track_caller]
fn until(what: &str, mut look: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !look() {
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::yield_now();
    }
}

fn subjects(folder: &[(u32, Vec<u8>, std::collections::BTreeSet<String>)]) -> Vec<String> {
    let subject = |raw: &[u8]| {
        let text = String::from_utf8_lossy(raw);
        text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or("").to_owned()
    };
    folder.iter().map(|(_, raw, _)| subject(raw)).collect()
}

/// A campaign that reads `servers` with these fields of the account, once it is connected.
fn reading(app: &TestApp, servers: &Servers, fields: Value) -> (Client, String) {
    let admin = app.admin();
    let mut form = servers.form("Soporte");
    for (name, value) in fields.as_object().unwrap() {
        form["account"][name] = value.clone();
    }
    let made = admin.post("/campaigns", form);
    assert_eq!(made.status, 201, "{:?}", made.json);
    let path = format!("/campaigns/{}", made.json["id"]);
    until("the first connection", || admin.get(&path).json["account"]["health"] == "connected");
    (admin, path)
}

fn ledger(admin: &Client, path: &str, folder: &str) -> Value {
    let rows = admin.get(&format!("{path}/mailboxes")).ok();
    rows["items"].as_array().unwrap().iter().find(|row| row["folder"] == folder).cloned().unwrap_or_default()
}

fn servers(imap: FakeImap) -> Servers {
    use crate::campaigns::servers::PASSWORD;
    Servers { smtp: FakeSmtp::builder().login(LOGIN, PASSWORD).start().unwrap(), imap }
}

fn without(capabilities: &[&str]) -> Servers {
    use crate::campaigns::servers::PASSWORD;
    let builder = FakeImap::builder().login(LOGIN, PASSWORD);
    servers(capabilities.iter().fold(builder, |builder, name| builder.without(name)).start().unwrap())
}

both_engines! {
    fn folders_are_judged_with_the_form(app, loopback) {
        let admin = app.admin();
        let servers = Servers::start();
        let ask = |folders: Value, after: &str, to: Value| {
            let form = with(servers.form("A"), "/account/folders", folders);
            let form = with(with(form, "/account/after_storing", after), "/account/move_to", to);
            faults(&admin.post("/campaigns?save_disabled=true", form))
        };
        let fault = |pointer: &str, rule: &str| vec![(pointer.to_owned(), rule.to_owned())];
        assert_eq!(ask(json!([]), "leave", Value::Null), fault("/account/folders", "required"));
        let many: Vec<String> = (0..11).map(|number| format!("F{number}")).collect();
        assert_eq!(ask(json!(many), "leave", Value::Null), fault("/account/folders", "too_long"));
        assert_eq!(ask(json!(["INBOX", "inbox"]), "leave", Value::Null), fault("/account/folders/1", "not_unique"));
        for bad in ["a\"b", "a\\b", "a*", "a\r\nb", "50%"] {
            assert_eq!(ask(json!([bad]), "leave", Value::Null), fault("/account/folders/0", "forbidden_character"), "{bad}");
        }
        assert_eq!(ask(json!(["INBOX"]), "move", Value::Null), fault("/account/move_to", "required"));
        assert_eq!(ask(json!(["INBOX"]), "move", json!("Inbox")), fault("/account/move_to", "inconsistent"));
        assert_eq!(ask(json!(["INBOX", "Pedidos"]), "move", json!(" x")), fault("/account/move_to", "outer_blanks"));
        let form = with(servers.form("A"), "/account/folders", json!(["inbox", "Año"]));
        let saved = admin.post("/campaigns?save_disabled=true", form).ok();
        let account = &saved["account"];
        assert_eq!((&account["folders"], &account["after_storing"]), (&json!(["INBOX", "Año"]), &json!("leave")));
    }

    fn the_folders_of_a_mailbox_are_listed_for_the_form(app, loopback) {
        let servers = Servers::start();
        let admin = app.admin();
        let form = servers.form("A");
        let listed = admin.post("/campaigns/list-folders", json!({ "account": form["account"] })).ok();
        assert_eq!(listed, json!({ "folders": [
            {"name": "INBOX", "special": null}, {"name": "Sent", "special": "sent"}, {"name": "Trash", "special": "trash"},
        ]}));
        // The stored password goes to the servers that it was entered for, and to no others.
        let id = admin.post("/campaigns", form.clone()).ok()["id"].clone();
        let kept = with(form.clone(), "/account/password", "");
        let ask = |account: &Value| admin.post("/campaigns/list-folders", json!({ "campaign_id": id, "account": account }));
        assert_eq!(ask(&kept["account"]).ok(), listed);
        let elsewhere = with(kept, "/account/imap/host", "127.0.0.2");
        assert_eq!(faults(&ask(&elsewhere["account"])), [("/account/password".into(), "required".into())]);
        let wrong = with(form.clone(), "/account/password", "equivocada");
        let refused = ask(&wrong["account"]).problem(422, "mail_login_refused");
        assert_eq!(faults(&refused), [("/account/password".into(), "refused".into())]);
        let away = with(form.clone(), "/account/imap/port", crate::campaigns::servers::closed_port());
        ask(&away["account"]).problem(422, "mail_server_unreachable");
        let mut bare = form;
        bare["account"].as_object_mut().unwrap().remove("imap");
        assert_eq!(faults(&ask(&bare["account"])), [("/account/imap/host".into(), "required".into())]);
    }

    fn stored_mail_is_marked_and_what_was_there_before_is_not(app, loopback) {
        let servers = Servers::start();
        servers.imap.add_mail("INBOX", &raw("vieja"));
        let (_admin, _) = reading(&app, &servers, json!({ "after_storing": "mark_seen" }));
        servers.imap.add_mail("INBOX", &raw("nueva"));
        // Unreadable mail is set aside, and has been dealt with all the same.
        let seen = || servers.imap.mails("INBOX").into_iter().map(|mail| mail.2.contains("\\Seen")).collect::<Vec<_>>();
        until("the mark", || seen() == [false, true]);
    }

    fn what_was_stored_while_it_was_to_stay_stays(app, loopback) {
        let servers = Servers::start();
        let (admin, path) = reading(&app, &servers, json!({}));
        servers.imap.add_mail("INBOX", &raw("antes"));
        until("the mail", || ledger(&admin, &path, "INBOX")["stored"] == 1);
        let form = with(servers.form("Soporte"), "/account/after_storing", "move");
        admin.put(&path, with(form, "/account/move_to", "Hechos")).ok();
        // A session that began before the change may still take what comes meanwhile.
        until("the new session", || admin.get(&path).json["account"]["health"] == "connected");
        servers.imap.add_mail("INBOX", &raw("ahora"));
        until("the move", || subjects(&servers.imap.mails("Hechos")) == ["ahora"]);
        assert_eq!(subjects(&servers.imap.mails("INBOX")), ["antes"]);
    }

    fn a_move_without_move_is_a_copy_and_a_removal(app, loopback) {
        let servers = without(&["MOVE"]);
        let (admin, path) = reading(&app, &servers, json!({ "after_storing": "move", "move_to": "Hechos" }));
        // Another program has marked a mail of its own: it is not ours to remove.
        servers.imap.add_mail("INBOX", &raw("una"));
        until("the move", || subjects(&servers.imap.mails("Hechos")) == ["una"]);
        until("the removal", || servers.imap.mails("INBOX").is_empty());
        // The connection breaks between the copy and the removal: the copy is found, and not made again.
        servers.imap.add_rule(ImapRule::on("UID STORE").times(1).close());
        servers.imap.add_mail("INBOX", &raw("dos"));
        until("the second removal", || servers.imap.mails("INBOX").is_empty());
        assert_eq!(subjects(&servers.imap.mails("Hechos")), ["una", "dos"]);
        until("good health", || admin.get(&path).json["account"]["health"] == "connected");
        assert_eq!(ledger(&admin, &path, "INBOX")["stored"], 2);
    }

    fn a_server_that_can_do_neither_is_told_of(app, loopback) {
        let servers = without(&["MOVE", "UIDPLUS"]);
        let (admin, path) = reading(&app, &servers, json!({ "after_storing": "move", "move_to": "Hechos" }));
        servers.imap.add_mail("INBOX", &raw("una"));
        until("the trouble", || admin.get(&path).json["account"]["health"] == "failing");
        let words = admin.get(&path).json["account"]["last_error"].as_str().unwrap().to_owned();
        assert!(words.contains("“Hechos”") && words.contains("UIDPLUS"), "{words}");
        // Mail comes in all the same.
        servers.imap.add_mail("INBOX", &raw("dos"));
        until("the mails", || ledger(&admin, &path, "INBOX")["stored"] == 2);
        assert_eq!(servers.imap.mails("INBOX").len(), 2);
        assert!(servers.imap.mails("Hechos").is_empty());
        // Once it is wanted no more, all is well.
        admin.put(&path, servers.form("Soporte")).ok();
        until("good health", || admin.get(&path).json["account"]["health"] == "connected");
    }

    fn a_moved_mail_is_not_fetched_again_where_it_was_moved_to(app, loopback) {
        let servers = Servers::start();
        servers.imap.add_mail("Hechos", &raw("vieja"));
        let fields = json!({ "after_storing": "move", "move_to": "Hechos", "folders": ["INBOX", "Hechos"] });
        let (admin, path) = reading(&app, &servers, fields);
        until("both folders", || ledger(&admin, &path, "Hechos")["skipped_to"] == 1);
        // Two of the same octets are two mails.
        for subject in ["una", "igual", "igual"] {
            servers.imap.add_mail("INBOX", &raw(subject));
        }
        until("the moved mails being known", || ledger(&admin, &path, "Hechos")["duplicates"] == 3);
        let inbox = ledger(&admin, &path, "INBOX");
        assert_eq!((&inbox["stored"], &inbox["last_uid"]), (&json!(3), &json!(3)));
        assert!(servers.imap.mails("INBOX").is_empty());
        // The hourly comparison finds nothing that was missed: what is gone is counted.
        app.advance(Duration::from_secs(3_700));
        let admin = app.admin();
        servers.imap.add_mail("Hechos", &raw("directa"));
        until("the comparison", || ledger(&admin, &path, "INBOX")["expunged"] == 3);
        until("the mail that came there by itself", || ledger(&admin, &path, "Hechos")["stored"] == 1);
        assert_eq!(ledger(&admin, &path, "INBOX")["stored"], 3);
        assert_eq!(servers.imap.mails("Hechos").len(), 5);
        assert_eq!(admin.get("/interactions").ok()["items"].as_array().unwrap().len(), 3, "two of one subject are one conversation");
    }
}
