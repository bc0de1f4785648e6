//! Aliases of an account (S9): who may have them, which address an answer goes out by, and what is ours.

use crate::{
    conversations::{agent, assigned, at_work, begin, campaign, mail_in, send},
    support::{Answer, TestApp},
};
use diesel::prelude::*;
use posta::kernel::db::schema::{mail_accounts, outbox};
use serde_json::{Value, json};
use shared::ids::{CampaignId, MessageId};

/// A form of a campaign that is stored untried.
fn form(name: &str, address: &str, aliases: &[&str]) -> Value {
    json!({
        "name": name, "max_interactions": 1, "enabled": false,
        "account": {
            "address": address, "password": "secret-of-nobody", "aliases": aliases,
            "smtp": {"host": "mail.invalid", "port": 25, "security": "starttls"},
            "imap": {"host": "mail.invalid", "port": 993, "security": "implicit"},
        },
    })
}

fn save(app: &TestApp, form: Value) -> Answer {
    app.admin().post("/campaigns?save_disabled=true", form)
}

fn faults(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = answer.json["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["rule"]))).collect()
}

fn fault(pointer: &str, rule: &str) -> (String, String) {
    (pointer.to_owned(), rule.to_owned())
}

/// Switches a campaign on without trying its logins.
fn switch_on(app: &TestApp, id: &Value) {
    use posta::kernel::db::schema::campaigns;
    let id = CampaignId(id.as_i64().unwrap());
    app.write(|conn| {
        diesel::update(campaigns::table.find(id)).set(campaigns::enabled.eq(true)).execute(conn)?;
        Ok(())
    });
}

fn set_aliases(app: &TestApp, campaign: CampaignId, aliases: &[&str]) {
    let list = serde_json::to_string(aliases).unwrap();
    app.write(|conn| {
        let account = mail_accounts::table.filter(mail_accounts::campaign_id.eq(campaign));
        diesel::update(account).set(mail_accounts::aliases.eq(&list)).execute(conn)?;
        Ok(())
    });
}

fn letter(to: &str, cc: &str, id: &str, extra: &str) -> String {
    format!(
        "From: Eva <eva@cliente.test>\nTo: {to}\nCc: {cc}\nSubject: Pregunta {id}\nMessage-ID: <{id}@cliente.test>\n{extra}\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nHola.\n"
    )
}

/// The raw mail of the newest message of a conversation, and its envelope sender.
fn sent(app: &TestApp, answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 202, "{answer:?}");
    let id = MessageId(answer.json["message_id"].as_i64().unwrap());
    let (hash, envelope): (String, String) = app.read(|conn| {
        let row = outbox::table.filter(outbox::message_id.eq(id));
        Ok(row.select((outbox::source_hash, outbox::envelope_from)).first(conn)?)
    });
    let raw = crate::support::block_on(app.posta.core.blobs.get(&hash)).unwrap();
    (String::from_utf8(raw.to_vec()).unwrap().replace("\r\n ", " "), envelope)
}

fn header<'a>(raw: &'a str, name: &str) -> &'a str {
    raw.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or("")
}

both_engines! {
    fn aliases_are_judged_with_the_form(app) {
        let faulty = save(&app, form("A", "a@lab.test", &["nobody", "A@LAB.test", "b@lab.test", "B@lab.test"]));
        assert_eq!(faulty.status, 422);
        assert_eq!(faults(&faulty), [
            fault("/account/aliases/0", "not_an_address"),
            fault("/account/aliases/1", "not_unique"),
            fault("/account/aliases/3", "not_unique"),
        ]);
        let many: Vec<String> = (0..21).map(|number| format!("n{number}@lab.test")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(faults(&save(&app, form("A", "a@lab.test", &many))), [fault("/account/aliases", "too_long")]);

        let made = save(&app, form("A", "a@lab.test", &many[..20]));
        assert_eq!((made.status, &made.json["account"]["aliases"]), (201, &json!(many[..20])));
        // What a save does not name is as in a new form.
        let mut bare = form("A", "a@lab.test", &[]);
        bare["account"].as_object_mut().unwrap().remove("aliases");
        let path = format!("/campaigns/{}", made.json["id"]);
        let saved = app.admin().put(&format!("{path}?save_disabled=true"), bare).ok();
        assert_eq!(saved["account"]["aliases"], json!([]));
        let audit = app.admin().get("/audit").ok();
        let noted = audit["items"].as_array().unwrap().iter().find(|line| line["action"] == "campaigns.update").unwrap();
        assert_eq!(noted["detail"]["changed"]["account.aliases"], json!([many[..20], []]), "{noted}");
    }

    fn no_alias_is_where_another_campaign_receives(app) {
        let a = save(&app, form("A", "a@lab.test", &["ventas@lab.test"])).ok();
        // One that is off receives nothing.
        let b = save(&app, form("B", "b@lab.test", &["A@lab.test"])).ok();
        switch_on(&app, &a["id"]);
        assert_eq!(
            faults(&save(&app, form("C", "c@lab.test", &["x@lab.test", "A@Lab.test"]))),
            [fault("/account/aliases/1", "not_unique")]
        );
        // Nor may a new one receive where another writes.
        let mut taken = form("V", "Ventas@lab.test", &[]);
        taken["enabled"] = json!(true);
        assert_eq!(faults(&app.admin().post("/campaigns", taken)), [fault("/account/address", "not_unique")]);
        let refused = app.admin().post(&format!("/campaigns/{}/enable", b["id"]), Value::Null).problem(409, "conflict");
        assert!(refused.json["detail"].as_str().unwrap().contains("aliases"), "{:?}", refused.json);
    }

    fn an_answer_goes_out_by_the_address_that_the_customer_wrote_to(app) {
        let soporte = campaign(&app, "Soporte");
        set_aliases(&app, soporte, &["Ventas@lab.test", "info@otra.test"]);
        let ana = agent(&app, "ana", &[soporte]);
        let mine = ana.get("/campaigns/mine").ok();
        assert_eq!(mine["items"][0]["aliases"], json!(["Ventas@lab.test", "info@otra.test"]));

        let id = mail_in(&app, soporte, &letter("luis@cliente.test", "ventas@LAB.test, soporte@lab.test", "m1", ""));
        assigned(&ana);
        let conversation = ana.get(&format!("/conversations/{id}")).ok();
        let message = conversation["messages"][0]["id"].clone();
        let draft = ana.post("/drafts", json!({ "kind": "reply_all", "reply_to_message_id": message })).ok();
        assert_eq!(draft["from_address"], "Ventas@lab.test");
        assert_eq!(draft["from_addresses"], json!(["soporte@lab.test", "Ventas@lab.test", "info@otra.test"]));
        // None of ours is written to.
        let emails = |list: &Value| list.as_array().unwrap().iter().map(|one| one["email"].clone()).collect::<Vec<_>>();
        assert_eq!((emails(&draft["to"]), emails(&draft["cc"])), (vec![json!("eva@cliente.test")], vec![json!("luis@cliente.test")]));

        let path = format!("/drafts/{}", draft["id"]);
        let refused = ana.patch(&path, json!({ "from_address": "otra@lab.test" }));
        assert_eq!((refused.status, faults(&refused)), (422, vec![fault("/from_address", "unknown_value")]));
        let chosen = ana.patch(&path, json!({ "from_address": "INFO@otra.test", "html": "<p>Sí</p>" })).ok();
        assert_eq!(chosen["from_address"], "info@otra.test");
        // What is absent stays.
        assert_eq!(ana.patch(&path, json!({ "subject": "Re: P" })).ok()["from_address"], "info@otra.test");

        let answer = send(&ana, &draft, "clave-0001", json!({ "undo_seconds": 60 }));
        let (raw, envelope) = sent(&app, &answer);
        assert!(header(&raw, "From").contains("info@otra.test"), "{raw}");
        assert!(header(&raw, "Message-ID").ends_with("@otra.test>"), "{raw}");
        // What comes back goes to the mailbox that is read.
        assert_eq!(envelope, "soporte@lab.test");
        let shown = ana.get(&format!("/conversations/{id}")).ok();
        assert_eq!(shown["messages"][1]["from"]["email"], "info@otra.test");

        // Taken back it has its sender still; an alias that is no more gives way.
        let back = ana.post(&format!("/messages/{}/cancel", answer.json["message_id"]), Value::Null).ok();
        assert_eq!(back["draft"]["from_address"], "info@otra.test");
        set_aliases(&app, soporte, &["ventas@lab.test"]);
        let again = ana.get(&format!("/drafts/{}", back["draft"]["id"])).ok();
        assert_eq!(again["from_address"], "soporte@lab.test");
        let (raw, _) = sent(&app, &send(&ana, &back["draft"], "clave-0002", json!({ "undo_seconds": 0 })));
        assert!(header(&raw, "From").contains("soporte@lab.test"), "{raw}");
        // An answer to what we wrote goes out as that did.
        let own = ana.get(&format!("/conversations/{id}")).ok()["messages"][1]["id"].clone();
        let more = ana.post("/drafts", json!({ "kind": "reply", "reply_to_message_id": own })).ok();
        assert_eq!((&more["from_address"], &more["to"][0]["email"]), (&json!("soporte@lab.test"), &json!("eva@cliente.test")));
    }

    fn answers_to_an_alias_join_by_its_token(app) {
        let soporte = campaign(&app, "Soporte");
        set_aliases(&app, soporte, &["ventas@lab.test"]);
        app.write(|conn| {
            use posta::kernel::db::schema::campaigns;
            diesel::update(campaigns::table.find(soporte)).set(campaigns::reply_token.eq("address")).execute(conn)?;
            Ok(())
        });
        let ana = agent(&app, "ana", &[soporte]);
        let id = mail_in(&app, soporte, &letter("Ventas <ventas@lab.test>", "", "m1", ""));
        assigned(&ana);
        let conversation = ana.get(&format!("/conversations/{id}")).ok();
        let draft = begin(&ana, &conversation);
        let (raw, _) = sent(&app, &send(&ana, &draft, "clave-0001", json!({ "undo_seconds": 0 })));
        let reply_to = header(&raw, "Reply-To").to_owned();
        assert!(reply_to.starts_with("ventas+") && reply_to.ends_with("@lab.test"), "{raw}");
        // Whoever answers there is in the conversation, and by the same address.
        let joined = mail_in(&app, soporte, &letter(&reply_to, "", "m2", ""));
        assert_eq!(joined, id);
        let conversation = ana.get(&format!("/conversations/{id}")).ok();
        assert_eq!(begin(&ana, &conversation)["from_address"], "ventas@lab.test");
    }

    fn mail_of_an_alias_is_our_own(app) {
        let (soporte, ana, conversation) = at_work(&app);
        set_aliases(&app, soporte, &["ventas@lab.test"]);
        let interaction = conversation["interaction"]["id"].clone();
        ana.post(&format!("/interactions/{interaction}/finish"), json!({})).ok();
        // A copy of what someone wrote with another program joins quietly: nobody is asked to answer it.
        let copy = "From: Ventas <Ventas@LAB.test>\nTo: ana@cliente.test\nSubject: Re: Pedido\nMessage-ID: <x1@lab.test>\n\
                    In-Reply-To: <m1@cliente.test>\n\nVa de camino.\n";
        let joined = mail_in(&app, soporte, copy);
        assert_eq!(conversation["id"], joined);
        let after = ana.get(&format!("/conversations/{joined}")).ok();
        assert_eq!(after["messages"][1]["kind"], "auto_reply");
        assert_eq!(after["interaction"]["state"], "finished");
    }

    fn a_new_mail_goes_out_by_the_address_chosen(app) {
        let (a, b) = (campaign(&app, "Alfa"), campaign(&app, "Beta"));
        set_aliases(&app, a, &["alias@lab.test"]);
        let ana = agent(&app, "ana", &[a, b]);
        let begin = |from: &str| ana.post("/drafts", json!({ "kind": "new", "campaign_id": a, "from_address": from }));
        let refused = begin("beta@lab.test");
        assert_eq!((refused.status, faults(&refused)), (422, vec![fault("/from_address", "unknown_value")]));
        let draft = begin("Alias@lab.test").ok();
        assert_eq!(draft["from_address"], "alias@lab.test");
        let path = format!("/drafts/{}", draft["id"]);
        // Another campaign has other addresses.
        assert_eq!(ana.patch(&path, json!({ "campaign_id": b })).ok()["from_address"], "beta@lab.test");
        let both = json!({ "campaign_id": a, "from_address": "alias@lab.test" });
        assert_eq!(ana.patch(&path, both).ok()["from_address"], "alias@lab.test");
        let crossed = json!({ "campaign_id": b, "from_address": "alias@lab.test" });
        assert_eq!(faults(&ana.patch(&path, crossed)), [fault("/from_address", "unknown_value")]);
    }
}
