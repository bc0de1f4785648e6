//! Confirmations: who gets one, how often, and what it leaves alone (S25, R12).

use crate::{
    conversations::{agent, assigned, campaign, incoming, mail_in},
    support::TestApp,
    templates::{form, set, template},
};
use diesel::prelude::*;
use posta::{
    kernel::{
        db::schema::{confirmations, messages, outbox},
        events::News,
        storage::Blobs,
    },
    mail::parse,
};
use serde_json::{Value, json};
use shared::{api::interactions::Direction, ids::CampaignId, ids::MessageId};
use std::time::{Duration, Instant};

/// A campaign that confirms.
fn confirming(app: &TestApp, name: &str) -> CampaignId {
    let id = campaign(app, name);
    let mut words =
        form("confirmation", &format!("Recibido de {name}"), "<p>Hola, ${customer.name}: recibido «${subject}».</p>");
    words["subject"] = json!("Recibido: ${subject}");
    let words = template(app, words);
    set(app, id, json!({ "confirmation": { "enabled": true, "template_id": words["id"] } }));
    id
}

fn mail(from: &str, subject: &str, id: &str, extra: &str) -> String {
    format!(
        "From: Carla <{from}>\nTo: soporte@lab.test\nSubject: {subject}\nMessage-ID: <{id}@cliente.test>\n{extra}\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nHola.\n"
    )
}

/// Claims that nobody has composed yet.
fn pending(app: &TestApp) -> i64 {
    app.read(|conn| Ok(confirmations::table.filter(confirmations::state.eq("pending")).count().get_result(conn)?))
}

/// Mails that went into the outbox, once all that is claimed is there.
fn confirmed(app: &TestApp) -> Vec<(MessageId, String)> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while pending(app) > 0 {
        assert!(Instant::now() < deadline, "a confirmation is not composed");
        std::thread::yield_now();
    }
    app.read(|conn| {
        let sent = messages::table
            .inner_join(outbox::table)
            .filter(messages::direction.eq(Direction::Out))
            .order(messages::id.asc())
            .select((messages::id, outbox::pending));
        Ok(sent.load(conn)?)
    })
}

both_engines! {
    fn the_first_mail_is_answered_once(app) {
        let soporte = confirming(&app, "Soporte");
        let conversation = mail_in(&app, soporte, &mail("carla@cliente.test", "Mi pedido", "m1", ""));
        let sent = confirmed(&app);
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert_eq!(sent[0].1, "[\"carla@cliente.test\"]");
        let admin = app.admin();
        let whole = admin.get(&format!("/conversations/{conversation}")).ok();
        let mails = whole["messages"].as_array().unwrap();
        assert_eq!(mails.len(), 2);
        let answer = &mails[1];
        assert_eq!((&answer["direction"], &answer["kind"], &answer["author_id"]), (&json!("out"), &json!("auto_reply"), &Value::Null));
        assert_eq!(answer["text"], "Hola, Carla: recibido «Mi pedido».");
        assert_eq!(answer["subject"], "Recibido: Mi pedido");
        let raw = crate::conversations::source(&app, answer);
        let parsed = parse::parse(raw.as_bytes()).unwrap();
        assert_eq!(parsed.headers.get("auto-submitted"), Some("auto-replied"));
        assert_eq!(parsed.in_reply_to, ["m1@cliente.test"]);
        assert_eq!(parsed.references, ["m1@cliente.test"]);
        // It is nobody's answer.
        let interaction = &whole["interaction"];
        assert_eq!(interaction["state"], "waiting");
        assert_eq!((&interaction["awaits_answer"], &interaction["unread"], &interaction["first_response_at"]), (&json!(true), &json!(true), &Value::Null));
        assert_eq!(interaction["snippet"], "Hola.", "the tray shows the customer's words");
        // His next mails get none, in this conversation or another, for a day.
        mail_in(&app, soporte, &mail("carla@cliente.test", "Re: Mi pedido", "m2", "In-Reply-To: <m1@cliente.test>\n"));
        mail_in(&app, soporte, &mail("CARLA@cliente.test", "Otra cosa", "m3", ""));
        assert_eq!(confirmed(&app).len(), 1);
        app.advance(Duration::from_secs(24 * 3_600 - 60));
        mail_in(&app, soporte, &mail("carla@cliente.test", "Y otra", "m4", ""));
        assert_eq!(confirmed(&app).len(), 1);
        app.advance(Duration::from_secs(120));
        mail_in(&app, soporte, &mail("carla@cliente.test", "Y una más", "m5", ""));
        assert_eq!(confirmed(&app).len(), 2);
    }

    fn each_campaign_and_each_sender_has_its_own(app) {
        let (one, two) = (confirming(&app, "Una"), confirming(&app, "Dos"));
        let quiet = campaign(&app, "Callada");
        for (number, campaign) in [one, two, quiet].into_iter().enumerate() {
            mail_in(&app, campaign, &mail("carla@cliente.test", "Hola", &format!("a{number}"), ""));
        }
        mail_in(&app, one, &mail("otro@cliente.test", "Hola", "b", ""));
        mail_in(&app, one, &mail("carla@cliente.test", "Hola otra vez", "c", "Reply-To: <jefa@cliente.test>\n"));
        let to: Vec<String> = confirmed(&app).into_iter().map(|(_, to)| to).collect();
        assert_eq!(to.len(), 4, "{to:?}");
        assert_eq!(to.iter().filter(|to| to.contains("carla@")).count(), 2);
        assert!(to.iter().any(|to| to.contains("jefa@")), "the answer goes where answers are wanted");
    }

    fn machines_and_ourselves_get_none(app) {
        let soporte = confirming(&app, "Soporte");
        campaign(&app, "Ventas");
        let person = "carla@cliente.test";
        for (number, (from, extra)) in [
            (person, "Auto-Submitted: auto-replied\n"),
            (person, "Auto-Submitted: auto-generated\n"),
            (person, "Precedence: bulk\n"),
            (person, "Precedence: list\n"),
            (person, "List-Id: <lista.cliente.test>\n"),
            (person, "List-Unsubscribe: <mailto:x@cliente.test>\n"),
            (person, "Return-Path: <>\n"),
            (person, "X-Auto-Response-Suppress: All\n"),
            (person, "X-Autoreply: yes\n"),
            (person, "Reply-To: <ventas@lab.test>\n"),
            ("MAILER-DAEMON@cliente.test", ""),
            ("postmaster@cliente.test", "Auto-Submitted: auto-generated\n"),
            ("no-reply@cliente.test", ""),
            ("lista-request@cliente.test", ""),
            ("soporte@lab.test", ""),
            ("Ventas@Lab.test", ""),
        ]
        .into_iter()
        .enumerate()
        {
            mail_in(&app, soporte, &mail(from, &format!("Caso {number}"), &format!("x{number}"), extra));
            assert_eq!(confirmed(&app), [], "{from} {extra}");
        }
        // History is what was before us.
        let mut old = incoming(&app, soporte, &mail("antigua@cliente.test", "Antes", "h", ""));
        old.history = true;
        let core = app.posta.core.clone();
        app.write(|conn| {
            let (key, mut news) = (core.keys.derive("threads"), News::default());
            Blobs::register(conn, &old.source, core.now())?;
            posta::conversations::receive::receive(conn, &key, &old, core.now(), &mut news)?;
            Ok(())
        });
        assert_eq!(confirmed(&app), []);
        // Whoever was refused as a machine has not used up his right as a person.
        mail_in(&app, soporte, &mail(person, "Ahora yo", "p", ""));
        assert_eq!(confirmed(&app).len(), 1);
    }

    fn many_at_once_get_one(app) {
        let soporte = confirming(&app, "Soporte");
        let mails: Vec<_> =
            (0..8).map(|n| incoming(&app, soporte, &mail("carla@cliente.test", &format!("Asunto {n}"), &format!("r{n}"), ""))).collect();
        std::thread::scope(|scope| {
            for mail in &mails {
                let core = app.posta.core.clone();
                scope.spawn(move || {
                    let key = core.keys.derive("threads");
                    let stored = core.db.write_here(|conn| {
                        let mut news = News::default();
                        Blobs::register(conn, &mail.source, core.now())?;
                        posta::conversations::receive::receive(conn, &key, mail, core.now(), &mut news)?;
                        news.append(conn, core.now())?;
                        Ok(())
                    });
                    // Two that make the contact at the same instant: one is fetched again.
                    drop(stored);
                });
            }
        });
        assert_eq!(confirmed(&app).len(), 1);
    }

    fn a_draft_that_was_begun_is_not_outdated_by_it(app) {
        let soporte = confirming(&app, "Soporte");
        let ana = agent(&app, "ana", &[soporte]);
        let conversation = mail_in(&app, soporte, &mail("carla@cliente.test", "Mi pedido", "m1", ""));
        confirmed(&app);
        let row = assigned(&ana);
        let whole = ana.get(&format!("/conversations/{conversation}")).ok();
        let first = whole["messages"][0]["id"].clone();
        let draft = ana.post("/drafts", json!({ "kind": "reply", "reply_to_message_id": first })).ok();
        assert_eq!(draft["conversation_version"], whole["version"]);
        ana.patch(&format!("/drafts/{}", draft["id"]), json!({ "html": "<p>Va.</p>" })).ok();
        let sent = crate::conversations::send(&ana, &draft, "clave-0001", json!({ "undo_seconds": 60 })).ok();
        let after = ana.get(&format!("/interactions/{}", row["id"])).ok();
        assert_eq!((&after["awaits_answer"], after["first_response_at"].is_null()), (&json!(false), false));
        // Taken back, the customer waits again: the confirmation is no answer.
        ana.post(&format!("/messages/{}/cancel", sent["message_id"]), json!({})).ok();
        let after = ana.get(&format!("/interactions/{}", row["id"])).ok();
        assert_eq!((&after["awaits_answer"], &after["first_response_at"]), (&json!(true), &Value::Null));
    }

    // Once the oldest claim held up all others for as long as it failed, and for ever if it always did.
    fn one_that_cannot_be_composed_holds_up_no_other_and_ends_after_a_day(app) {
        let soporte = confirming(&app, "Soporte");
        mail_in(&app, soporte, &mail("lista@cliente.test", "Boletín", "m1", "Precedence: bulk\n"));
        let now = app.posta.core.now();
        app.write(|conn| {
            let broken: MessageId = messages::table.select(messages::id).first(conn)?;
            diesel::update(messages::table.find(broken)).set(messages::recipients.eq("nonsense")).execute(conn)?;
            diesel::insert_into(confirmations::table)
                .values((
                    confirmations::campaign_id.eq(soporte),
                    confirmations::address_folded.eq("lista@cliente.test"),
                    confirmations::message_id.eq(broken),
                    confirmations::claimed_at.eq(now.minus(Duration::from_secs(60))),
                    confirmations::state.eq("pending"),
                ))
                .execute(conn)?;
            Ok(())
        });
        mail_in(&app, soporte, &mail("carla@cliente.test", "Mi pedido", "m2", ""));
        let deadline = Instant::now() + Duration::from_secs(20);
        let sent = || app.read(|conn| Ok(outbox::table.count().get_result::<i64>(conn)?));
        while sent() == 0 {
            assert!(Instant::now() < deadline, "the other one is held up");
            std::thread::yield_now();
        }
        assert_eq!(pending(&app), 1);
        app.advance(Duration::from_secs(24 * 3_600));
        mail_in(&app, soporte, &mail("eva@cliente.test", "Otra", "m3", ""));
        assert_eq!(confirmed(&app).len(), 2, "nothing is left to compose");
    }
}
