//! The queue: priorities, the window, last agents, what is not opened in time (S26, S42).

use super::{
    agents, arrives, arrives_from, decisions, finish, given, holder, look, of, open_of, patient, set, with_strategy,
};
use crate::conversations::{letter, mail_in};
use serde_json::{Value, json};
use shared::ids::ConversationId;
use std::time::Duration;

both_engines! {
    fn priority_comes_before_arrival(app, patient) {
        let campaign = with_strategy(&app, "Uno", "nocall", "linear", Some(1));
        set(&app, campaign, "default_priority", 6);
        let rules = json!([
            { "field": "sender", "matching": "contains", "pattern": "@BANCO.test", "priority": 2 },
            { "field": "subject", "matching": "contains", "pattern": "urgénte", "priority": 3 },
        ]);
        app.write(|conn| {
            use diesel::prelude::*;
            use posta::kernel::db::schema::campaigns;
            let text = rules.to_string();
            Ok(diesel::update(campaigns::table.find(campaign)).set(campaigns::priority_rules.eq(text)).execute(conn)?)
        });
        let late = arrives_from(&app, campaign, "ana@cliente.test", "Hola");
        let urgent = arrives_from(&app, campaign, "ana@cliente.test", "¡URGENTE!");
        let bank = arrives_from(&app, campaign, "jefa@banco.test", "Hola");
        let last = arrives_from(&app, campaign, "luis@cliente.test", "Hola");
        let (admin, sofia) = (app.admin(), app.supervisor());
        let waiting = |client: &crate::support::Client| -> Vec<(Value, Value)> {
            let page = client.get("/interactions?state=waiting").ok();
            page["items"].as_array().unwrap().iter().map(|row| (row["id"].clone(), row["priority"].clone())).collect()
        };
        assert_eq!(waiting(&admin), [(json!(bank), json!(2)), (json!(urgent), json!(3)), (json!(late), json!(6)), (json!(last), json!(6))]);
        let path = |id: shared::ids::InteractionId| format!("/interactions/{id}/priority");
        let mut socket = sofia.socket();
        socket.snapshot();
        assert_eq!(sofia.put(&path(last), json!({ "priority": 1 })).ok()["priority"], 1);
        let told = socket.event("interaction_changed");
        assert_eq!((&told["interaction"]["id"], &told["interaction"]["priority"]), (&json!(last), &json!(1)));
        assert_eq!(app.audited()[0], "conversations.set_priority");
        sofia.put(&path(last), json!({ "priority": 0 })).field(422, "/priority", "out_of_range");
        sofia.put(&path(last), json!({ "priority": 10 })).field(422, "/priority", "out_of_range");
        let [ana] = agents(&app, ["ana"], &[campaign]);
        ana.put(&path(last), json!({ "priority": 1 })).problem(403, "forbidden");
        for id in [last, bank, urgent, late] {
            assert_eq!(given(&app, id), Some(ana.user_id()), "{id}");
            finish(&ana, id);
        }
        admin.put(&path(late), json!({ "priority": 1 })).problem(409, "conflict");
        admin.put(&path(shared::ids::InteractionId(999_999)), json!({ "priority": 1 })).problem(404, "not_found");
    }

    fn the_window_is_told_and_loses_nothing(app, patient) {
        let campaign = with_strategy(&app, "Uno", "nocall", "linear", Some(1));
        set(&app, campaign, "max_in_queue", 2);
        let ids: Vec<_> = (0..5).map(|number| arrives(&app, campaign, number)).collect();
        let [ana] = agents(&app, ["ana"], &[campaign]);
        for (index, id) in ids.iter().enumerate() {
            assert_eq!(given(&app, *id), Some(ana.user_id()), "{index}");
            let decision = &decisions(&app, *id)[0];
            assert_eq!((&decision["place"], &decision["max_in_queue"]), (&json!(1), &json!(2)));
            finish(&ana, *id);
        }
    }

    fn a_conversation_that_opens_again_prefers_its_last_agent(app, patient) {
        let campaign = with_strategy(&app, "Uno", "nocall", "linear", Some(1));
        set(&app, campaign, "last_agent_seconds", 60);
        let [ana, beto] = agents(&app, ["ana", "beto"], &[campaign]);
        let (one, two) = (arrives(&app, campaign, 1), arrives(&app, campaign, 2));
        look(&app);
        assert_eq!((holder(&app, one), holder(&app, two)), (Some(ana.user_id()), Some(beto.user_id())));
        let conversation = |id| {
            let row = app.admin().get(&format!("/interactions/{id}")).ok();
            ConversationId(row["conversation_id"].as_i64().unwrap())
        };
        let his = conversation(two);
        finish(&ana, one);
        finish(&beto, two);
        let again = |number: usize| {
            use diesel::prelude::*;
            use posta::kernel::db::schema::messages;
            let known: String = app.read(|conn| {
                Ok(messages::table.filter(messages::conversation_id.eq(his)).select(messages::internet_message_id).first(conn)?)
            });
            let extra = format!("References: <{known}>\n");
            app.advance(Duration::from_millis(5));
            let joined = mail_in(&app, campaign, &letter("cliente2@cliente.test", "Asunto 2", &format!("otra{number}@x"), &extra));
            assert_eq!(ConversationId(joined), his);
            open_of(&app, his)
        };
        let third = again(1);
        assert_eq!(given(&app, third), Some(beto.user_id()), "though ana stands first");
        let decision = &decisions(&app, third)[0];
        assert_eq!((&decision["cause"], &decision["preferred"]), (&json!("last_agent"), &json!(beto.user_id())));
        assert_eq!(of(decision, &ana)["rank"], 1);
        finish(&beto, third);
        // Not eligible: it goes to another at once.
        beto.put("/presence/me", json!({ "mode": "break", "break_code": "rest" })).ok();
        let fourth = again(2);
        assert_eq!(given(&app, fourth), Some(ana.user_id()));
        assert_eq!(decisions(&app, fourth)[0]["cause"], "order");
        beto.put("/presence/me", json!({ "mode": "available" })).ok();
        finish(&ana, fourth);
        // And after the time the order alone decides.
        ana.put("/presence/me", json!({ "mode": "break", "break_code": "rest" })).ok();
        let held = arrives(&app, campaign, 9);
        assert_eq!(given(&app, held), Some(beto.user_id()));
        finish(&beto, held);
        beto.put("/presence/me", json!({ "mode": "break", "break_code": "rest" })).ok();
        let fifth = again(3);
        assert_eq!(given(&app, fifth), None);
        app.advance(Duration::from_secs(61));
        for client in [&ana, &beto] {
            client.put("/presence/me", json!({ "mode": "available" })).ok();
        }
        look(&app);
        let decision = &decisions(&app, fifth)[0];
        assert_eq!((&decision["cause"], &decision["preferred"]), (&json!("order"), &json!(null)));
    }

    fn what_is_not_opened_in_time_returns_to_its_old_place(app, patient) {
        let campaign = with_strategy(&app, "Uno", "nocall", "linear", Some(1));
        set(&app, campaign, "offer_timeout_seconds", 20);
        let [ana, beto] = agents(&app, ["ana", "beto"], &[campaign]);
        beto.put("/presence/me", json!({ "mode": "break", "break_code": "rest" })).ok();
        let (first, second) = (arrives(&app, campaign, 1), arrives(&app, campaign, 2));
        assert_eq!(given(&app, first), Some(ana.user_id()));
        let mut socket = ana.socket();
        socket.snapshot();
        // Nobody else is there: he gets it again rather than nobody, and before what came later.
        app.advance(Duration::from_secs(21));
        assert_eq!(given(&app, first), Some(ana.user_id()));
        let told: Vec<Value> = decisions(&app, first).iter().map(|one| one["cause"].clone()).collect();
        assert_eq!(told, ["order", "offer_lapsed", "order"]);
        assert_eq!(decisions(&app, first)[1]["winner"], json!(ana.user_id()));
        assert_eq!(holder(&app, second), None);
        let seen = socket.wait_for(|frame| frame["event"]["interaction"]["id"] == json!(first));
        assert_eq!(seen["event"]["kind"], "interaction_changed");
        // Somebody else is there: it goes to him.
        beto.put("/presence/me", json!({ "mode": "available" })).ok();
        look(&app);
        assert_eq!(holder(&app, second), Some(beto.user_id()));
        beto.post(&format!("/interactions/{second}/open"), json!(null)).ok();
        finish(&beto, second);
        app.advance(Duration::from_secs(21));
        assert_eq!(given(&app, first), Some(beto.user_id()));
        assert_eq!(of(&decisions(&app, first)[0], &ana)["reasons"], json!(["let_it_lapse"]));
        // What is opened stays.
        beto.post(&format!("/interactions/{first}/open"), json!(null)).ok();
        app.advance(Duration::from_secs(100));
        assert_eq!(given(&app, first), Some(beto.user_id()));
    }
}
