//! Interactions, conversations, messages, drafts: what an agent may see and do, and what bad input meets. Mail comes in
//! through the room's own door here; the journeys in `e2e` bring it from a real mail server.

use crate::support::{Answer, Builder, Client, TestApp};
use diesel::prelude::*;
use posta::{
    campaigns::addresses::own_addresses,
    conversations::receive::{Incoming, StoredPart, receive},
    kernel::{
        db::{
            Connection, Engine,
            schema::{campaigns, interactions, mail_accounts, sessions},
        },
        events::{self, Audience, News},
        secrets::sha256_hex,
        storage::Blobs,
    },
    mail::{
        parse,
        sanitize::{RemoteImages, SanitizeOptions, sanitize},
    },
};
use serde_json::{Value, json};
use shared::{ids::CampaignId, live::LiveEvent};
use std::time::Duration;

/// A campaign that is on and reaches no server.
pub fn campaign(app: &TestApp, name: &str) -> CampaignId {
    let address = format!("{}@lab.test", name.to_lowercase());
    let body = json!({
        "name": name, "max_interactions": 2, "receive": false,
        "account": {
            "address": address, "password": "x",
            "smtp": { "host": "192.0.2.1", "port": 25, "security": "starttls" },
        },
    });
    let made = app.admin().post("/campaigns?save_disabled=true", body).ok();
    let id = CampaignId(made["id"].as_i64().unwrap());
    app.write(|conn| {
        diesel::update(campaigns::table.find(id)).set(campaigns::enabled.eq(true)).execute(conn)?;
        // The outbox keeps still: what leaves is the journeys' story.
        diesel::update(mail_accounts::table.filter(mail_accounts::campaign_id.eq(id)))
            .set(mail_accounts::smtp_stopped.eq(true))
            .execute(conn)?;
        Ok(())
    });
    id
}

/// An agent who is a member of these campaigns and counts as online.
pub fn agent(app: &TestApp, login: &str, campaigns: &[CampaignId]) -> Client {
    let client = app.agent(login);
    for campaign in campaigns {
        let path = format!("/campaigns/{campaign}/members/{}", client.user_id());
        app.admin().put(&path, json!({})).ok();
    }
    let (user, now) = (client.user_id(), app.posta.core.now());
    app.write(|conn| {
        let own = sessions::table.filter(sessions::user_id.eq(user));
        diesel::update(own).set(sessions::last_seen_at.eq(now.plus(Duration::from_secs(3_000)))).execute(conn)?;
        Ok(())
    });
    client
}

/// A mail from a customer comes in.
pub fn mail_in(app: &TestApp, campaign: CampaignId, raw: &str) -> i64 {
    let incoming = incoming(app, campaign, raw);
    let core = app.posta.core.clone();
    let key = core.keys.derive("threads");
    app.write(|conn| {
        let mut news = News::default();
        Blobs::register(conn, &incoming.source, core.now())?;
        let received = receive(conn, &key, &incoming, core.now(), &mut news)?;
        news.append(conn, core.now())?;
        Ok(received.conversation.0)
    })
}

/// A mail as the inbox hands it over.
pub fn incoming(app: &TestApp, campaign: CampaignId, raw: &str) -> Incoming {
    let raw = raw.replace('\n', "\r\n").into_bytes();
    let core = app.posta.core.clone();
    let source = crate::support::block_on(core.blobs.put(raw.clone())).unwrap();
    let mut parts = Vec::new();
    let parsed = parse::parse_with(&raw, &mut |info, bytes| {
        parts.push(StoredPart {
            content_type: info.content_type.clone(),
            sha256: sha256_hex(bytes),
            info: info.clone(),
        });
    })
    .unwrap();
    let cleaned = parsed.html.as_deref().map(|html| {
        sanitize(html, &SanitizeOptions { cid: &|id| Some(format!("cid:{id}")), remote: RemoteImages::Block })
    });
    Incoming {
        campaign,
        own: app.read(|conn| Ok(own_addresses(conn, campaign)?)),
        source,
        remote_images: cleaned.as_ref().map_or(0, |cleaned| cleaned.blocked_remote),
        html: cleaned.map(|cleaned| cleaned.html),
        parsed: Some(parsed),
        parts,
        bounce: None,
        history: false,
    }
}

/// A mail in HTML.
pub fn letter(from: &str, subject: &str, id: &str, extra: &str) -> String {
    format!(
        "From: Ana Pérez <{from}>\nTo: soporte@lab.test\nSubject: {subject}\nMessage-ID: <{id}>\n{extra}MIME-Version: 1.0\n\
         Content-Type: text/html; charset=utf-8\n\n<p>Hola, ¿dónde está mi pedido?</p><script>alert(1)</script>\
         <img src=\"http://rastreador.test/x.png\">\n"
    )
}

/// The agent's first interaction, once it has been handed out.
pub fn assigned(client: &Client) -> Value {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let page = client.get("/interactions?state=assigned&mine=true").ok();
        if let Some(first) = page["items"].as_array().unwrap().first() {
            return first.clone();
        }
        assert!(std::time::Instant::now() < deadline, "nothing was handed out");
        std::thread::yield_now();
    }
}

/// An agent with one conversation in front of him.
pub fn at_work(app: &TestApp) -> (CampaignId, Client, Value) {
    let campaign = campaign(app, "Soporte");
    let ana = agent(app, "ana", &[campaign]);
    let id = mail_in(app, campaign, &letter("ana@cliente.test", "Pedido", "m1@cliente.test", ""));
    assigned(&ana);
    let conversation = ana.get(&format!("/conversations/{id}")).ok();
    (campaign, ana, conversation)
}

/// Begins an answer to the newest mail.
pub fn begin(client: &Client, conversation: &Value) -> Value {
    let message = conversation["messages"].as_array().unwrap().last().unwrap()["id"].clone();
    client.post("/drafts", json!({ "kind": "reply", "reply_to_message_id": message })).ok()
}

/// Sends a draft.
pub fn send(client: &Client, draft: &Value, key: &str, body: Value) -> Answer {
    client.with("Idempotency-Key", key).post(&format!("/drafts/{}/send", draft["id"]), body)
}

/// The raw mail of a message.
pub fn source(app: &TestApp, message: &Value) -> String {
    let hash = message["source_sha256"].as_str().unwrap();
    String::from_utf8(crate::support::block_on(app.posta.core.blobs.get(hash)).unwrap().to_vec()).unwrap()
}

fn id(value: &Value) -> String {
    value["id"].to_string()
}

both_engines! {
    fn a_mail_is_handed_out_read_and_answered(app) {
        let (_, ana, conversation) = at_work(&app);
        let message = &conversation["messages"][0];
        assert_eq!(message["text"], "Hola, ¿dónde está mi pedido?");
        assert!(!message["html"].as_str().unwrap().contains("script"), "{message}");
        assert_eq!(message["remote_images"], 1);
        assert_eq!(conversation["contact"]["name"], "Ana Pérez");
        assert_eq!(conversation["interaction"]["unread"], true);
        let opened = ana.post(&format!("/interactions/{}/open", conversation["interaction"]["id"]), json!({})).ok();
        assert_eq!(opened["unread"], false);

        let draft = begin(&ana, &conversation);
        assert_eq!(draft["subject"], "Re: Pedido");
        assert_eq!(draft["to"][0]["email"], "ana@cliente.test");
        assert_eq!(begin(&ana, &conversation)["id"], draft["id"], "the same answer begun twice is the same draft");
        let html = "<p>Va de camino.</p><script>x</script>";
        let changed = ana
            .with("If-Match", "\"1\"")
            .patch(&format!("/drafts/{}", draft["id"]), json!({ "html": html }))
            .ok();
        assert_eq!(changed["html"], "<p>Va de camino.</p>");
        let sent = send(&ana, &draft, "clave-0001", json!({ "undo_seconds": 0 }));
        assert_eq!(sent.status, 202, "{sent:?}");
        let again = send(&ana, &draft, "clave-0001", json!({ "undo_seconds": 0 }));
        assert_eq!(again.json, sent.json, "the same key gives the same answer");
        let after = ana.get(&format!("/conversations/{}", conversation["id"])).ok();
        let messages = after["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 2, "and sends once");
        assert_eq!(messages[1]["author_name"], "ana");
        assert_eq!(after["interaction"]["awaits_answer"], false);
        assert!(after["interaction"]["first_response_at"].is_string());
        assert!(messages[1]["html"].as_str().unwrap().contains("dónde está mi pedido"), "the quote went along");
        ana.get(&format!("/drafts/{}", draft["id"])).problem(404, "not_found");

        let interaction = conversation["interaction"]["id"].clone();
        let done = ana.post(&format!("/interactions/{interaction}/finish"), json!({ "note": "resuelto" })).ok();
        assert_eq!(done["state"], "finished");
        ana.post(&format!("/interactions/{interaction}/finish"), json!({})).problem(409, "conflict");
        let audited = app.audited();
        for action in ["conversations.send", "conversations.finish"] {
            assert!(audited.iter().any(|line| line == action), "{audited:?}");
        }
    }

    // Phones and ticket systems that name no mail they answer: the token alone leads to the conversation.
    fn an_answer_without_message_ids_joins_by_the_token(app) {
        let (campaign, ana, conversation) = at_work(&app);
        for (place, wanted) in [("body", 1), ("address", 2), ("off", 3)] {
            app.write(|conn| {
                diesel::update(campaigns::table.find(campaign)).set(campaigns::reply_token.eq(place)).execute(conn)?;
                Ok(())
            });
            let draft = begin(&ana, &conversation);
            let sent = send(&ana, &draft, &format!("clave-{place}"), json!({ "undo_seconds": 0, "confirm_outdated": true }));
            assert_eq!(sent.status, 202, "{sent:?}");
            let message = ana.get(&format!("/messages/{}", sent.json["message_id"])).ok();
            let raw = source(&app, &message);
            let mail = parse::parse(raw.as_bytes()).unwrap();
            assert_eq!(mail.text.contains("Ref. r"), place == "body", "{raw}");
            assert_eq!(mail.html.as_deref().unwrap().contains("Ref. r"), place == "body", "{raw}");
            assert!(!message["html"].as_str().unwrap().contains("Ref. r"), "the page does not show it");
            let to = mail.reply_to.first().map_or("soporte@lab.test", |one| &one.email);
            assert_eq!(to.starts_with("soporte+r"), place == "address", "{to}");
            let reference = mail.text.lines().find(|line| line.starts_with("Ref. ")).unwrap_or("");
            let answer = format!(
                "From: Ana <ana@cliente.test>\nTo: {to}\nSubject: Otra cosa\nMessage-ID: <{place}@cliente.test>\n\n\
                 Gracias\n> {reference}\n"
            );
            let joined = mail_in(&app, campaign, &answer).to_string();
            assert_eq!(joined == id(&conversation), wanted < 3, "{place}: {answer}");
        }
        let open = ana.get(&format!("/conversations/{}", conversation["id"])).ok();
        let by_address = open["messages"].as_array().unwrap().iter().rev().find(|one| one["direction"] == "in").unwrap();
        let all = json!({ "kind": "reply_all", "reply_to_message_id": by_address["id"] });
        let draft = ana.post("/drafts", all).ok();
        assert_eq!(draft["to"][0]["email"], "ana@cliente.test");
        assert_eq!(draft["cc"], json!([]), "our own address is ours with a token in it, too");
    }

    // A customer's large pictures would come back to him, and with the agent's files be more than servers take.
    fn a_mail_with_large_pictures_can_be_answered(app) {
        let campaign = campaign(&app, "Soporte");
        let ana = agent(&app, "ana", &[campaign]);
        let picture = |id: &str, lines: usize| {
            let body = format!("{}\n", "A".repeat(76)).repeat(lines);
            format!("--x\nContent-Type: image/png\nContent-ID: <{id}>\nContent-Disposition: inline; filename={id}.png\n\
                     Content-Transfer-Encoding: base64\n\n{body}")
        };
        let mail = format!(
            "From: ana@cliente.test\nTo: soporte@lab.test\nSubject: Fotos\nMessage-ID: <f@cliente.test>\nMIME-Version: 1.0\n\
             Content-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html\n\n\
             <p>Mire</p><img src=\"cid:grande\"><img src=\"cid:chica\">\n{}{}--x--\n",
            picture("grande", 160_000),
            picture("chica", 100),
        );
        let id = mail_in(&app, campaign, &mail);
        assigned(&ana);
        let conversation = ana.get(&format!("/conversations/{id}")).ok();
        assert_eq!(conversation["messages"][0]["attachments"].as_array().unwrap().len(), 2);
        let draft = begin(&ana, &conversation);
        let sent = send(&ana, &draft, "clave-fotos", json!({ "undo_seconds": 0 }));
        assert_eq!(sent.status, 202, "{sent:?}");
        let raw = source(&app, &ana.get(&format!("/messages/{}", sent.json["message_id"])).ok());
        assert!(raw.len() < 100_000, "{}", raw.len());
        assert_eq!(raw.matches("Content-ID").count(), 1, "the small picture goes along");
    }

    fn what_is_foreign_does_not_exist(app) {
        let (_, ana, conversation) = at_work(&app);
        let other = campaign(&app, "Ventas");
        let luis = agent(&app, "luis", &[other]);
        let path = format!("/conversations/{}", conversation["id"]);
        let interaction = format!("/interactions/{}", conversation["interaction"]["id"]);
        let message = format!("/messages/{}", conversation["messages"][0]["id"]);
        let draft = begin(&ana, &conversation);
        for (method, path) in [
            ("GET", path.clone()),
            ("GET", interaction.clone()),
            ("GET", message.clone()),
            ("GET", format!("/drafts/{}", draft["id"])),
            ("DELETE", format!("/drafts/{}", draft["id"])),
            ("GET", "/conversations/999999".into()),
            ("GET", "/conversations/x".into()),
        ] {
            luis.send(method, &path, None).problem(404, "not_found");
        }
        for (path, body) in [
            (format!("{interaction}/open"), json!({})),
            (format!("{interaction}/finish"), json!({})),
            (format!("{message}/cancel"), json!({})),
            (format!("{message}/retry"), json!({})),
        ] {
            luis.post(&path, body).problem(404, "not_found");
        }
        luis.post("/drafts", json!({ "kind": "reply", "reply_to_message_id": conversation["messages"][0]["id"] }))
            .problem(404, "not_found");
        luis.patch(&format!("/contacts/{}", conversation["contact"]["id"]), json!({ "name": "x" }))
            .problem(404, "not_found");
        assert_eq!(luis.get("/interactions").ok()["items"], json!([]));
        let query = format!("/interactions?contact_id={}", conversation["contact"]["id"]);
        assert_eq!(luis.get(&query).ok()["items"], json!([]));
        assert_eq!(app.supervisor().get(&path).status, 200, "a supervisor reads it");
        assert!(app.audited().iter().any(|line| line == "conversations.read"), "and that is recorded");
    }

    fn only_the_holder_answers_and_finishes(app) {
        let (campaign, _, conversation) = at_work(&app);
        let luis = agent(&app, "luis", &[campaign]);
        let path = format!("/conversations/{}", conversation["id"]);
        assert_eq!(luis.get(&path).status, 200, "a colleague of the campaign reads it");
        let body = json!({ "kind": "reply", "reply_to_message_id": conversation["messages"][0]["id"] });
        luis.post("/drafts", body).problem(409, "conflict");
        luis.post(&format!("/interactions/{}/finish", conversation["interaction"]["id"]), json!({}))
            .problem(409, "conflict");
    }

    fn drafts_refuse_bad_input(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let draft = begin(&ana, &conversation);
        let path = format!("/drafts/{}", draft["id"]);
        ana.patch(&path, json!({ "to": [{ "email": "no es una dirección" }] })).field(422, "/to/0/email", "not_an_address");
        ana.patch(&path, json!({ "cc": [{ "email": "a@b.es\r\nBcc: x@y.z" }] })).field(422, "/cc/0/email", "not_an_address");
        ana.patch(&path, json!({ "subject": "uno\r\nBcc: x@y.z" })).field(422, "/subject", "forbidden_character");
        ana.patch(&path, json!({ "subject": "x".repeat(501) })).field(422, "/subject", "too_long");
        ana.patch(&path, json!({ "asunto": "x" })).field(400, "/asunto", "unknown_field");
        ana.patch(&path, json!({ "to": "x" })).field(400, "/to", "wrong_type");
        ana.patch(&path, json!({ "author_id": 1 })).field(400, "/author_id", "unknown_field");
        let many: Vec<Value> = (0..101).map(|n| json!({ "email": format!("a{n}@b.es") })).collect();
        ana.patch(&path, json!({ "bcc": many })).field(422, "/bcc", "too_long");
        ana.with("If-Match", "\"77\"").patch(&path, json!({ "subject": "x" })).problem(412, "version_mismatch");
        ana.with("If-Match", "sieben").patch(&path, json!({ "subject": "x" })).problem(400, "malformed_request");
        ana.patch(&path, json!({ "campaign_id": campaign })).ok();
        ana.post("/drafts", json!({ "kind": "reply" })).field(422, "/reply_to_message_id", "required");
        ana.post("/drafts", json!({ "kind": "new" })).field(422, "/campaign_id", "required");
        ana.post("/drafts", json!({ "kind": "new", "campaign_id": 4242 })).field(422, "/campaign_id", "unknown_value");
        ana.post("/drafts", json!({ "kind": "forward" })).field(400, "/kind", "unknown_value");
        ana.post(&format!("{path}/send"), json!({})).problem(400, "malformed_request");
        send(&ana, &draft, "corta", json!({})).problem(400, "malformed_request");
        send(&ana, &draft, "clave-0002", json!({ "undo_seconds": 61 })).field(422, "/undo_seconds", "out_of_range");
        ana.patch(&path, json!({ "to": [] })).ok();
        send(&ana, &draft, "clave-0003", json!({})).field(422, "/to", "required");
        assert_eq!(ana.get(&path).ok()["subject"], "Re: Pedido", "nothing was lost");
        ana.delete(&path);
        ana.get(&path).problem(404, "not_found");
    }

    fn a_key_belongs_to_one_request(app) {
        let (_, ana, conversation) = at_work(&app);
        let draft = begin(&ana, &conversation);
        send(&ana, &draft, "clave-0010", json!({ "undo_seconds": 30 })).ok();
        send(&ana, &draft, "clave-0010", json!({ "undo_seconds": 31 })).problem(422, "idempotency_key_reused");
        send(&ana, &draft, "clave-0011", json!({ "undo_seconds": 30 })).problem(404, "not_found");
    }

    fn a_mail_is_taken_back_in_time(app) {
        let (_, ana, conversation) = at_work(&app);
        let draft = begin(&ana, &conversation);
        ana.patch(&format!("/drafts/{}", draft["id"]), json!({ "html": "<p>Uf, no.</p>" })).ok();
        let sent = send(&ana, &draft, "clave-0020", json!({ "undo_seconds": 60 })).ok();
        let message = format!("/messages/{}", sent["message_id"]);
        assert_eq!(ana.get(&message).ok()["delivery"], "held");
        let back = ana.post(&format!("{message}/cancel"), json!({})).ok();
        assert_eq!(back["draft"]["html"].as_str().unwrap().trim(), "<p>Uf, no.</p>");
        assert_eq!(back["draft"]["kind"], "reply");
        assert_eq!(ana.get(&message).ok()["delivery"], "cancelled");
        // A mail taken back once stood in the conversation again after a reload.
        let after = ana.get(&format!("/conversations/{}", conversation["id"])).ok();
        assert_eq!(after["messages"].as_array().unwrap().len(), 1);
        assert_eq!(after["interaction"]["message_count"], 1);
        assert_eq!(after["interaction"]["awaits_answer"], true);
        assert_eq!(after["interaction"]["first_response_at"], Value::Null);
        ana.post(&format!("{message}/cancel"), json!({})).problem(409, "already_sent");
        let again = send(&ana, &back["draft"], "clave-0021", json!({ "undo_seconds": 5 })).ok();
        app.advance(Duration::from_secs(6));
        ana.post(&format!("/messages/{}/cancel", again["message_id"]), json!({})).problem(409, "already_sent");
    }

    fn what_was_taken_back_is_not_quoted(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let draft = begin(&ana, &conversation);
        ana.patch(&format!("/drafts/{}", draft["id"]), json!({ "html": "<p>Uf, no.</p>" })).ok();
        let sent = send(&ana, &draft, "clave-0080", json!({ "undo_seconds": 60 })).ok();
        ana.post(&format!("/messages/{}/cancel", sent["message_id"]), json!({})).ok();
        let reply = "References: <m1@cliente.test>\n";
        let same = mail_in(&app, campaign, &letter("ana@cliente.test", "Re: Pedido", "m2@cliente.test", reply));
        let newest = ana.get(&format!("/conversations/{same}")).ok()["messages"][1]["id"].clone();
        let body = json!({ "kind": "reply_history", "reply_to_message_id": newest });
        let history = ana.post("/drafts", body).ok();
        let shown = app.anonymous().get(history["quote_url"].as_str().unwrap().trim_start_matches("/api/v1"));
        assert_eq!(shown.text.matches("dónde está mi pedido").count(), 2, "{}", shown.text);
        assert!(!shown.text.contains("Uf, no."), "the customer never got it: {}", shown.text);
    }

    fn what_was_sent_and_finished_is_open_again_when_taken_back(app) {
        let (campaign, ana, conversation) = at_work(&app);
        crate::strategies::set(&app, campaign, "wrap_up_seconds", 600);
        let rest = || ana.get("/presence/me").ok()["wrap_up_until"].clone();
        let message = conversation["messages"][0]["id"].clone();
        let begun = json!({ "kind": "reply_history", "reply_to_message_id": message });
        let draft = ana.post("/drafts", begun).ok();
        ana.patch(&format!("/drafts/{}", draft["id"]), json!({ "html": "<p>Hecho.</p>" })).ok();
        let sent = send(&ana, &draft, "clave-0060", json!({ "undo_seconds": 60, "finish": true })).ok();
        let interaction = format!("/interactions/{}", sent["interaction_id"]);
        assert_eq!(ana.get(&interaction).ok()["state"], "finished");
        assert!(rest().is_string(), "she rests after finishing");
        let back = ana.post(&format!("/messages/{}/cancel", sent["message_id"]), json!({})).ok()["draft"].clone();
        assert_eq!(rest(), Value::Null, "and no longer when she has not finished after all");
        let open = ana.get(&interaction).ok();
        assert_eq!((&open["state"], &open["finished_at"]), (&json!("assigned"), &Value::Null));
        // As it was, and not as could be guessed from the mail.
        assert_eq!((&back["kind"], &back["reply_to_message_id"]), (&json!("reply_history"), &message));
        assert_eq!(back["html"].as_str().unwrap().trim(), "<p>Hecho.</p>");
        // Nothing came meanwhile: it goes out without a question.
        let again = send(&ana, &back, "clave-0061", json!({ "undo_seconds": 60 })).ok();
        let back = ana.post(&format!("/messages/{}/cancel", again["message_id"]), json!({})).ok()["draft"].clone();
        mail_in(&app, campaign, &letter("ana@cliente.test", "Re: Pedido", "m9@cliente.test", "References: <m1@cliente.test>\n"));
        send(&ana, &back, "clave-0062", json!({ "undo_seconds": 60 })).problem(409, "conversation_moved");
    }

    fn of_two_who_send_a_draft_at_once_one_does(app) {
        let (_, ana, conversation) = at_work(&app);
        let draft = begin(&ana, &conversation);
        let clients: Vec<Client> = (0..4).map(|_| ana.twin()).collect();
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let threads: Vec<_> = clients
                .iter()
                .enumerate()
                .map(|(place, client)| {
                    // Two tabs, each with a request that is repeated at once.
                    let key = format!("clave-007{}", place / 2);
                    let draft = &draft;
                    scope.spawn(move || send(client, draft, &key, json!({ "undo_seconds": 60 })))
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let good: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 202).collect();
        assert!(!good.is_empty() && good.iter().all(|answer| answer.json == good[0].json), "{answers:?}");
        assert!(answers.iter().all(|answer| [202, 404, 412].contains(&answer.status)), "{answers:?}");
        let after = ana.get(&format!("/conversations/{}", conversation["id"])).ok();
        assert_eq!(after["messages"].as_array().unwrap().len(), 2, "sent twice");
    }

    fn a_former_member_reads_what_he_holds_and_no_more(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let path = format!("/conversations/{}", conversation["id"]);
        let interaction = conversation["interaction"]["id"].clone();
        app.admin().delete(&format!("/campaigns/{campaign}/members/{}", ana.user_id()));
        assert_eq!(ana.get(&path).status, 200, "what he holds stays his until it is finished");
        assert_eq!(ana.post(&format!("/interactions/{interaction}/finish"), json!({})).status, 200);
        ana.get(&path).problem(404, "not_found");
        ana.get(&format!("/messages/{}", conversation["messages"][0]["id"])).problem(404, "not_found");
    }

    fn reading_a_colleagues_mail_is_on_record(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let luis = agent(&app, "luis", &[campaign]);
        let path = format!("/messages/{}", conversation["messages"][0]["id"]);
        let readings = || app.audited().iter().filter(|line| *line == "conversations.read").count();
        ana.get(&path).ok();
        assert_eq!(readings(), 0, "his own");
        luis.get(&path).ok();
        assert_eq!(readings(), 1);
    }

    fn text_that_one_engine_cannot_store_is_refused_by_both(app) {
        let (_, ana, conversation) = at_work(&app);
        let finish = format!("/interactions/{}/finish", conversation["interaction"]["id"]);
        ana.post(&finish, json!({ "note": "a\u{0}b" })).field(422, "/note", "forbidden_character");
        ana.get("/interactions?search=%00").field(422, "/search", "forbidden_character");
        let nobody = app.anonymous();
        nobody.post("/auth/sign-in", json!({ "login": "\u{0}", "password": "x" })).field(422, "/login", "forbidden_character");
        // ["\u0000"]
        app.admin().get("/users?cursor=WyJcdTAwMDAiXQ").problem(400, "bad_cursor");
        ana.post(&finish, json!({ "note": "una\nnota" })).ok();
    }

    fn new_mail_stops_an_outdated_answer(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let draft = begin(&ana, &conversation);
        let same = mail_in(
            &app, campaign, &letter("ana@cliente.test", "Re: Pedido", "m2@cliente.test", "References: <m1@cliente.test>\n"),
        );
        assert_eq!(Value::from(same), conversation["id"], "it joins");
        send(&ana, &draft, "clave-0030", json!({ "undo_seconds": 0 })).problem(409, "conversation_moved");
        send(&ana, &draft, "clave-0031", json!({ "undo_seconds": 0, "confirm_outdated": true })).ok();
    }

    fn a_customer_who_writes_again_opens_a_new_interaction(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let first = conversation["interaction"]["id"].clone();
        ana.post(&format!("/interactions/{first}/finish"), json!({})).ok();
        let reply = "In-Reply-To: <m1@cliente.test>\n";
        let same = mail_in(&app, campaign, &letter("ana@cliente.test", "Re: Pedido", "m3@cliente.test", reply));
        assert_eq!(Value::from(same), conversation["id"]);
        let second = assigned(&ana);
        assert_ne!(second["id"], first);
        let auto = "In-Reply-To: <m1@cliente.test>\nAuto-Submitted: auto-replied\n";
        ana.post(&format!("/interactions/{}/finish", second["id"]), json!({})).ok();
        mail_in(&app, campaign, &letter("ana@cliente.test", "Fuera de la oficina", "m4@cliente.test", auto));
        let open: i64 = app.read(|conn| {
            Ok(interactions::table.filter(interactions::state.ne("finished")).count().get_result(conn)?)
        });
        assert_eq!(open, 0, "nobody is asked to answer a machine");
        assert_eq!(ana.get(&format!("/conversations/{same}")).ok()["messages"].as_array().unwrap().len(), 3);
    }

    fn members_follow_the_queue_live(app) {
        let soporte = campaign(&app, "Soporte");
        let ana = agent(&app, "ana", &[soporte]);
        let luis = agent(&app, "luis", &[soporte]);
        let eva = agent(&app, "eva", &[campaign(&app, "Ventas")]);
        for who in [&ana, &luis] {
            who.put("/presence/me", json!({ "mode": "break", "break_code": "lunch" })).ok();
        }
        let mut hers = eva.socket();
        hers.snapshot();
        let mut socket = luis.socket();
        socket.snapshot();
        mail_in(&app, soporte, "From: c@cliente.test\nTo: soporte@lab.test\nSubject: Cola\n\nHola.");
        let seen = |frame: &Value, state: &str| frame["event"]["interaction"]["state"] == json!(state);
        socket.wait_for(|frame| seen(frame, "waiting"));
        // It leaves the queue of those who do not get it, too.
        ana.put("/presence/me", json!({ "mode": "available" })).ok();
        let left = socket.wait_for(|frame| seen(frame, "assigned"));
        assert_eq!(left["event"]["interaction"]["agent_id"], json!(ana.user_id()));
        // Others hear nothing of it: the next that comes to her is her own.
        eva.put("/presence/me", json!({ "mode": "break", "break_code": "rest" })).ok();
        let next = hers.next().unwrap();
        assert_eq!(next["event"]["state"]["user_id"], json!(eva.user_id()), "{next}");
    }

    fn nobody_holds_more_than_the_maximum(app) {
        let campaign = campaign(&app, "Soporte");
        let ana = agent(&app, "ana", &[campaign]);
        for n in 0..5 {
            mail_in(&app, campaign, &letter(&format!("c{n}@cliente.test"), "Hola", &format!("n{n}@cliente.test"), ""));
        }
        assigned(&ana);
        let held = || ana.get("/interactions?state=assigned&mine=true").ok()["items"].as_array().unwrap().len();
        let waiting = || ana.get("/interactions?state=waiting").ok()["items"].as_array().unwrap().len();
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while held() < 2 { assert!(std::time::Instant::now() < deadline); }
        assert_eq!((held(), waiting()), (2, 3));
        let first = assigned(&ana);
        ana.post(&format!("/interactions/{}/finish", first["id"]), json!({})).ok();
        while waiting() > 2 { assert!(std::time::Instant::now() < deadline); }
        assert_eq!(held(), 2);
        let why = app.supervisor().get(&format!("/interactions/{}/decisions", first["id"])).ok();
        assert_eq!(why["items"][0]["winner"], json!(ana.user_id()));
        assert_eq!(why["items"][0]["agents"][0]["eligible"], true);
        ana.get(&format!("/interactions/{}/decisions", first["id"])).problem(403, "forbidden");
    }

    fn files_of_a_draft(app) {
        let (_, ana, conversation) = at_work(&app);
        let draft = begin(&ana, &conversation);
        let path = format!("/drafts/{}/attachments", draft["id"]);
        let form = |parts: &[(&str, &str, &[u8])]| {
            let mut body = Vec::new();
            for (name, file, bytes) in parts {
                body.extend_from_slice(b"--XX\r\nContent-Disposition: form-data; name=\"");
                body.extend_from_slice(name.as_bytes());
                body.extend_from_slice(b"\"");
                if !file.is_empty() {
                    body.extend_from_slice(format!("; filename=\"{file}\"\r\nContent-Type: application/octet-stream").as_bytes());
                }
                body.extend_from_slice(b"\r\n\r\n");
                body.extend_from_slice(bytes);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(b"--XX--\r\n");
            body
        };
        let upload = |parts: &[(&str, &str, &[u8])]| {
            ana.send("POST", &path, Some(("multipart/form-data; boundary=XX", form(parts))))
        };
        let png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89";
        let picture = upload(&[("file", "../../foto.png", png), ("inline", "", b"true")]).ok();
        assert_eq!(picture["name"], "foto.png");
        assert_eq!(picture["content_type"], "image/png", "by its content, not by its claim");
        assert_eq!(picture["inline"], true);
        let page = upload(&[("file", "pagina.html", b"<script>alert(1)</script>")]).ok();
        assert_eq!(page["previewable"], false);
        upload(&[("inline", "", b"true")]).field(422, "/file", "required");
        upload(&[("file", "vacio.txt", b"")]).field(422, "/file", "too_short");
        upload(&[("file", "a.txt", b"a"), ("otra", "", b"x")]).field(422, "/otra", "unknown_field");

        let html = format!("<p>Mira: <img src=\"{}\"></p>", picture["url"].as_str().unwrap());
        let stored = ana.patch(&format!("/drafts/{}", draft["id"]), json!({ "html": html })).ok();
        assert!(stored["html"].as_str().unwrap().contains("/api/v1/files/"), "shown by link: {stored}");
        let sent = send(&ana, &draft, "clave-0040", json!({ "undo_seconds": 60 })).ok();
        let message = ana.get(&format!("/messages/{}", sent["message_id"])).ok();
        assert!(message["html"].as_str().unwrap().contains("cid:"), "sent by Content-ID: {message}");
        assert_eq!(message["attachments"].as_array().unwrap().len(), 2);

        let url = page["url"].as_str().unwrap().trim_start_matches("/api/v1");
        let got = app.anonymous().get(url);
        assert_eq!(got.status, 200);
        assert_eq!(got.header("content-type"), Some("application/octet-stream"), "never as a page of ours");
        assert!(got.header("content-disposition").unwrap().starts_with("attachment"), "{got:?}");
        assert!(got.header("content-security-policy").unwrap().starts_with("sandbox"), "{got:?}");
        let forged = format!("{}x", url);
        app.anonymous().get(&forged).problem(403, "link_expired");
        app.advance(Duration::from_secs(2 * 3_600));
        app.anonymous().get(url).problem(403, "link_expired");
    }

    fn a_file_is_as_large_as_the_settings_say(app, |builder: Builder| builder.setting("limits.upload_mb", 1)) {
        let (_, ana, conversation) = at_work(&app);
        let most = ana.get("/auth/me").ok()["max_file_size"].as_i64().unwrap();
        assert_eq!(most, 1_048_576);
        let path = format!("/drafts/{}/attachments", begin(&ana, &conversation)["id"]);
        let upload = |size: i64| {
            let content = "x".repeat(size.try_into().unwrap());
            let head = "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"";
            let form = format!("{head}\r\n\r\n{content}\r\n--XX--\r\n");
            ana.send("POST", &path, Some(("multipart/form-data; boundary=XX", form.into_bytes())))
        };
        assert_eq!(upload(most).status, 201);
        upload(most + 1).problem(413, "too_large");
    }

    fn mail_is_shown_in_a_frame_without_scripts(app) {
        let (_, ana, conversation) = at_work(&app);
        let message = &conversation["messages"][0];
        let frame = |name: &str| {
            let url = message[name].as_str().unwrap().trim_start_matches("/api/v1").to_owned();
            app.anonymous().get(&url)
        };
        let plain = frame("frame_url");
        assert!(plain.text.contains("dónde está mi pedido"));
        assert!(!plain.text.contains("<script") && !plain.text.contains("rastreador"), "{}", plain.text);
        let policy = plain.header("content-security-policy").unwrap();
        assert!(policy.starts_with("sandbox ") && policy.contains("default-src 'none'") && !policy.contains("allow-scripts"));
        let remote = frame("frame_url_remote");
        assert!(remote.text.contains("/api/v1/remote-images/") && !remote.text.contains("http://rastreador"), "{}", remote.text);
        let at = remote.text.find("/api/v1/remote-images/").unwrap();
        let url: String = remote.text[at..].chars().take_while(|c| *c != '"').collect();
        app.anonymous().get(url.trim_start_matches("/api/v1")).problem(404, "not_found");
        let draft = begin(&ana, &conversation);
        let quote = draft["quote_url"].as_str().unwrap().trim_start_matches("/api/v1");
        assert!(app.anonymous().get(quote).text.contains("dónde está mi pedido"));
    }

    fn a_customer_is_renamed_and_found(app) {
        let (_, ana, conversation) = at_work(&app);
        let path = format!("/contacts/{}", conversation["contact"]["id"]);
        ana.patch(&path, json!({ "name": "María\nJosé" })).field(422, "/name", "forbidden_character");
        ana.patch(&path, json!({ "name": "María José Núñez" })).ok();
        for (words, count) in [("nunez", 1), ("MARIA pedido", 1), ("cliente.test", 1), ("%", 0), ("lopez", 0)] {
            let query = format!("/interactions?search={}", words.replace(' ', "%20").replace('%', "%25").replace("%2520", "%20"));
            let found = ana.get(&query).ok()["items"].as_array().unwrap().len();
            assert_eq!(found, count, "{words}");
        }
        ana.get("/interactions?limit=0").field(422, "/limit", "out_of_range");
        ana.get("/interactions?cursor=basura").problem(400, "bad_cursor");
        ana.get("/interactions?estado=x").problem(400, "malformed_request");
    }

    fn an_agent_starts_a_conversation(app) {
        let (campaign, ana, _) = at_work(&app);
        let draft = ana.post("/drafts", json!({ "kind": "new", "campaign_id": campaign })).ok();
        let body = json!({ "to": [{ "name": "Nuevo", "email": "nuevo@cliente.test" }], "subject": "Oferta", "html": "<p>Hola</p>" });
        ana.patch(&format!("/drafts/{}", draft["id"]), body).ok();
        let sent = send(&ana, &draft, "clave-0050", json!({ "undo_seconds": 0 })).ok();
        let started = ana.get(&format!("/interactions/{}", sent["interaction_id"])).ok();
        assert_eq!((&started["direction"], &started["state"]), (&json!("out"), &json!("assigned")));
        assert_eq!(started["contact_address"], "nuevo@cliente.test");
        let mine = ana.get("/interactions?state=assigned&mine=true").ok();
        assert!(mine["items"].as_array().unwrap().iter().any(|row| id(row) == id(&started)), "it stands in his tray");
    }

    fn a_stranger_does_not_push_in(app) {
        let (campaign, _, conversation) = at_work(&app);
        let quoting = "In-Reply-To: <m1@cliente.test>\n";
        let other = mail_in(&app, campaign, &letter("eva@otra.test", "Re: Pedido", "s1@otra.test", quoting));
        assert_ne!(Value::from(other), conversation["id"], "a Message-ID that is not ours proves nothing");
        let subject = mail_in(&app, campaign, &letter("eva@otra.test", "Pedido", "s2@otra.test", ""));
        assert_ne!(Value::from(subject), conversation["id"], "nor does a subject");
    }

    // A batch of mail once held the lock of the event log from its first mail to its commit; whoever pressed Send
    // meanwhile waited for it.
    fn mail_that_is_being_stored_holds_back_no_other_event(app) {
        let campaign = campaign(&app, "Soporte");
        let mail = incoming(&app, campaign, &letter("ana@cliente.test", "Pedido", "m1@cliente.test", ""));
        let core = app.posta.core.clone();
        let key = core.keys.derive("threads");
        app.write(|conn| {
            let mut news = News::default();
            Blobs::register(conn, &mail.source, core.now())?;
            receive(conn, &key, &mail, core.now(), &mut news)?;
            if core.db.engine() == Engine::Postgres {
                core.db.write_here(|other| {
                    if let Connection::Postgres(postgres) = other {
                        diesel::sql_query("SET LOCAL lock_timeout = '5s'").execute(postgres)?;
                    }
                    let event = LiveEvent::CampaignChanged { campaign_id: campaign };
                    Ok(events::append(other, core.now(), &Audience::agents(None, campaign), &event)?)
                })?;
            }
            Ok(news.append(conn, core.now())?)
        });
        let told = app.read(|conn| Ok(events::head(conn)?));
        assert!(told > 0);
    }
}
