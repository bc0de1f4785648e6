//! Lists that do not come at once: the mails of a long conversation, and the queue.

use crate::{
    conversations::{agent, at_work, begin, campaign, letter, mail_in, send},
    support::Client,
};
use diesel::prelude::*;
use posta::kernel::db::schema::interactions;
use serde_json::{Value, json};
use shared::ids::InteractionId;

fn numbers(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

/// Ids of a whole list, page by page.
fn all(client: &Client, path: &str) -> Vec<i64> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client.get(&format!("{path}{cursor}")).ok();
        found.extend(numbers(&page["items"]));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

both_engines! {
    fn older_mails_of_a_conversation_come_a_page_at_a_time(app) {
        let (campaign, ana, conversation) = at_work(&app);
        assert_eq!(conversation["older_cursor"], Value::Null, "one mail is all there is");
        // What was taken back is no part of the exchange, on no page.
        let draft = begin(&ana, &conversation);
        let sent = send(&ana, &draft, "clave-0090", json!({ "undo_seconds": 60 })).ok();
        ana.post(&format!("/messages/{}/cancel", sent["message_id"]), json!({})).ok();
        for number in 0..204 {
            let reply = "References: <m1@cliente.test>\n";
            let id = format!("largo{number}@cliente.test");
            mail_in(&app, campaign, &letter("ana@cliente.test", "Re: Pedido", &id, reply));
        }
        let path = format!("/conversations/{}", conversation["id"]);
        let opened = ana.get(&path).ok();
        let shown = numbers(&opened["messages"]);
        assert_eq!(shown.len(), 200);
        assert!(shown.is_sorted(), "as they are read");

        let list = format!("{path}/messages?limit=2");
        let older = format!("{list}&cursor={}", opened["older_cursor"].as_str().unwrap());
        let page = ana.get(&older).ok();
        let first = &page["items"][0];
        assert_eq!(first["text"], "Hola, ¿dónde está mi pedido?", "a mail as the conversation shows it");
        assert!(first["frame_url"].is_string() && first["source_url"].is_string());
        let next = format!("{list}&cursor={}", page["next_cursor"].as_str().unwrap());
        let mut rest = numbers(&page["items"]);
        rest.extend(numbers(&ana.get(&next).ok()["items"]));
        assert!(rest.is_sorted_by(|a, b| a > b) && rest[0] < shown[0], "newest first: {rest:?}");
        let whole = all(&ana, &format!("{path}/messages?limit=200"));
        assert_eq!(whole.len(), 205);
        assert_eq!(whole[..200].iter().rev().copied().collect::<Vec<_>>(), shown);
        assert_eq!(whole[200..204], rest);
        assert_eq!(json!(whole[204]), conversation["messages"][0]["id"]);

        ana.get(&format!("{path}/messages?cursor=basura")).problem(400, "bad_cursor");
        ana.get(&format!("{path}/messages?limit=201")).field(422, "/limit", "out_of_range");
    }

    fn older_mails_are_read_by_whom_the_conversation_is_and_on_record(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let path = format!("/conversations/{}/messages", conversation["id"]);
        let readings = || app.audited().iter().filter(|line| *line == "conversations.read").count();
        ana.get(&path).ok();
        assert_eq!(readings(), 0, "her own");
        agent(&app, "luis", &[campaign]).get(&path).ok();
        assert_eq!(readings(), 1, "a colleague's");
        let eva = agent(&app, "eva", &[crate::conversations::campaign(&app, "Ventas")]);
        eva.get(&path).problem(404, "not_found");
        eva.get("/conversations/999999/messages").problem(404, "not_found");
        assert_eq!(readings(), 1);
    }

    fn the_queue_is_listed_as_it_is_handed_out(app) {
        let (soporte, ventas) = (campaign(&app, "Soporte"), campaign(&app, "Ventas"));
        for number in 0..6 {
            let id = format!("q{number}@cliente.test");
            let into = if number % 2 == 0 { soporte } else { ventas };
            mail_in(&app, into, &letter(&format!("c{number}@cliente.test"), "Hola", &id, ""));
        }
        let admin = app.admin();
        let queue = |more: &str| all(&admin, &format!("/interactions?state=waiting&limit=2{more}"));
        let arrived = queue("");
        assert_eq!(arrived.len(), 6);
        assert!(arrived.is_sorted(), "who came first goes first: {arrived:?}");
        app.write(|conn| {
            // The fifth is urgent, the first can wait, and the third and the fourth came in the same millisecond.
            for (place, priority) in [(4, 1), (0, 9)] {
                diesel::update(interactions::table.find(InteractionId(arrived[place])))
                    .set(interactions::priority.eq(priority))
                    .execute(conn)?;
            }
            let third = interactions::table.find(InteractionId(arrived[2]));
            let at: i64 = third.select(interactions::arrived_at).first(conn)?;
            diesel::update(interactions::table.find(InteractionId(arrived[3])))
                .set(interactions::arrived_at.eq(at))
                .execute(conn)?;
            Ok(())
        });
        let wanted = [4, 1, 2, 3, 5, 0].map(|place| arrived[place]);
        assert_eq!(queue(""), wanted);
        assert_eq!(queue(&format!("&campaign_id={soporte}")), [4, 2, 0].map(|place| arrived[place]));

        // What is handed out between two pages neither shifts nor doubles the others.
        let page = admin.get("/interactions?state=waiting&limit=2").ok();
        let cursor = page["next_cursor"].as_str().unwrap();
        app.write(|conn| {
            diesel::update(interactions::table.find(InteractionId(wanted[1])))
                .set((interactions::state.eq("assigned"), interactions::agent_id.eq(admin.user_id())))
                .execute(conn)?;
            Ok(())
        });
        let next = admin.get(&format!("/interactions?state=waiting&limit=2&cursor={cursor}")).ok();
        assert_eq!(numbers(&next["items"]), wanted[2..4]);
        admin.get(&format!("/interactions?state=finished&cursor={cursor}")).problem(400, "bad_cursor");
        let newest = admin.get("/interactions?limit=1").ok();
        let other = newest["next_cursor"].as_str().unwrap();
        admin.get(&format!("/interactions?state=waiting&cursor={other}")).problem(400, "bad_cursor");
    }

    fn whoever_sees_a_queue_can_count_it(app) {
        let (soporte, ventas) = (campaign(&app, "Soporte"), campaign(&app, "Ventas"));
        for (number, into) in [soporte, soporte, ventas].into_iter().enumerate() {
            let id = format!("n{number}@cliente.test");
            mail_in(&app, into, &letter(&format!("c{number}@cliente.test"), "Hola", &id, ""));
        }
        let waiting = |client: &Client| client.get("/interaction-counts").ok()["waiting"].clone();
        assert_eq!(waiting(&app.admin()), 3);
        assert_eq!(waiting(&app.agent("eva")), 0, "a member of nothing");
        let luis = app.agent("luis");
        luis.put("/presence/me", json!({ "mode": "break", "break_code": "lunch" })).ok();
        app.admin().put(&format!("/campaigns/{soporte}/members/{}", luis.user_id()), json!({})).ok();
        assert_eq!(waiting(&luis), 2);
    }
}
