//! Pull strategies: taking, one by one and all at once.

use super::{agents, arrives, decisions, finish, holder, look, of, patient, set, with_strategy};
use crate::{
    conversations::agent,
    support::{Answer, Client},
};
use serde_json::{Value, json};
use shared::ids::InteractionId;
use std::collections::BTreeMap;

fn take(client: &Client, id: InteractionId) -> Answer {
    client.post(&format!("/interactions/{id}/take"), json!(null))
}

/// What waits, as this client sees it: whether he may take it.
fn takeable(client: &Client) -> Vec<Value> {
    let page = client.get("/interactions?state=waiting").ok();
    page["items"].as_array().unwrap().iter().map(|row| row["takeable"].clone()).collect()
}

both_engines! {
    fn ringall_lets_take_the_first_one_at_a_time(app, patient) {
        let campaign = with_strategy(&app, "Uno", "ringall", "linear", None);
        let [ana, beto] = agents(&app, ["ana", "beto"], &[campaign]);
        let ids: Vec<_> = (0..3).map(|number| arrives(&app, campaign, number)).collect();
        look(&app);
        assert!(ids.iter().all(|id| holder(&app, *id).is_none()), "nothing is handed out");
        assert_eq!(takeable(&ana), [json!(true), json!(false), json!(false)]);
        assert_eq!(takeable(&app.admin()), [json!(false), json!(false), json!(false)], "who is no member takes nothing");
        take(&ana, ids[1]).problem(409, "not_in_turn");
        let taken = take(&ana, ids[0]).ok();
        assert_eq!((&taken["state"], &taken["agent_id"]), (&json!("assigned"), &json!(ana.user_id())));
        assert_eq!(take(&ana, ids[0]).ok()["id"], taken["id"], "again is the same");
        let late = take(&beto, ids[0]).problem(409, "already_taken");
        assert_eq!(late.json["detail"], "ana has it");
        let refused = take(&ana, ids[1]).problem(409, "not_eligible");
        assert_eq!(refused.json["reasons"], json!(["holds_interaction"]));
        assert_eq!(takeable(&ana), [json!(false), json!(false)]);
        assert_eq!(takeable(&beto), [json!(true), json!(false)]);
        let decision = &decisions(&app, ids[0])[0];
        assert_eq!((&decision["cause"], &decision["winner"]), (&json!("take"), &json!(ana.user_id())));
        assert_eq!(of(decision, &beto)["eligible"], true, "he could have");
        finish(&ana, ids[0]);
        take(&ana, ids[0]).problem(409, "conflict");
        take(&ana, ids[1]).ok();
        take(&app.admin(), ids[2]).problem(403, "forbidden");
        take(&app.agent("eva"), ids[2]).problem(404, "not_found");
        take(&ana, InteractionId(999_999)).problem(404, "not_found");
        beto.put("/presence/me", json!({ "mode": "break", "break_code": "rest" })).ok();
        assert_eq!(take(&beto, ids[2]).problem(409, "not_eligible").json["reasons"], json!(["on_break"]));
    }

    fn ringallmultiple_lets_take_any_in_the_running_up_to_the_maximum(app, patient) {
        let campaign = with_strategy(&app, "Uno", "ringallmultiple", "linear", None);
        set(&app, campaign, "max_in_queue", 4);
        let [ana] = agents(&app, ["ana"], &[campaign]);
        let ids: Vec<_> = (0..6).map(|number| arrives(&app, campaign, number)).collect();
        assert_eq!(takeable(&ana), [true, true, true, true, false, false].map(Value::from));
        take(&ana, ids[5]).problem(409, "not_in_turn");
        for id in [ids[3], ids[1], ids[4]] {
            take(&ana, id).ok();
        }
        assert_eq!(decisions(&app, ids[3])[0]["place"], 4);
        let refused = take(&ana, ids[0]).problem(409, "not_eligible");
        assert_eq!(refused.json["reasons"], json!(["at_maximum"]), "three by default");
        assert_eq!(takeable(&ana), [json!(false), json!(false), json!(false)]);
        finish(&ana, ids[3]);
        assert_eq!(takeable(&ana), [json!(true), json!(true), json!(true)]);
    }

    fn only_where_agents_take(app, patient) {
        let push = with_strategy(&app, "Uno", "nocall", "linear", Some(1));
        let closed = with_strategy(&app, "Dos", "ringall", "linear", None);
        let [ana] = agents(&app, ["ana"], &[push, closed]);
        ana.put("/presence/me", json!({ "mode": "break", "break_code": "rest" })).ok();
        let waits = arrives(&app, push, 1);
        take(&ana, waits).problem(409, "conflict");
        ana.put("/presence/me", json!({ "mode": "available" })).ok();
        app.write(|conn| {
            use diesel::prelude::*;
            use posta::kernel::db::schema::campaigns;
            let schedule = json!({ "zone": "UTC", "spans": [], "holidays": (0..3).map(|days| {
                let day = chrono_day(app.posta.core.now().millis() + days * 86_400_000 - 86_400_000);
                json!({ "date": day, "name": "x" })
            }).collect::<Vec<_>>() });
            Ok(diesel::update(campaigns::table.find(closed)).set(campaigns::schedule.eq(schedule.to_string())).execute(conn)?)
        });
        let id = arrives(&app, closed, 2);
        assert_eq!(take(&ana, id).problem(409, "not_eligible").json["reasons"], json!(["campaign_closed"]));
        let row = ana.get(&format!("/interactions/{id}")).ok();
        assert_eq!(row["takeable"], false);
    }

    fn fifty_at_once_and_each_has_one_taker(app, patient) {
        const AGENTS: usize = 50;
        const MAILS: usize = 30;
        let campaign = with_strategy(&app, "Uno", "ringallmultiple", "linear", Some(1));
        let ids: Vec<_> = (0..MAILS).map(|number| arrives(&app, campaign, number)).collect();
        let people: Vec<Client> =
            (0..AGENTS).map(|number| agent(&app, &format!("agente{number}"), &[campaign])).collect();
        let barrier = std::sync::Barrier::new(AGENTS);
        let answers: Vec<Vec<Answer>> = std::thread::scope(|scope| {
            let threads: Vec<_> = people
                .iter()
                .enumerate()
                .map(|(number, client)| {
                    let (ids, barrier) = (&ids, &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        // Each tries the first three, then one of his own.
                        let tried = [ids[0], ids[1], ids[2], ids[number % MAILS]];
                        tried.map(|id| take(client, id)).into()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for (client, answers) in people.iter().zip(&answers) {
            for answer in answers.iter().filter(|answer| answer.status != 200) {
                let code = answer.json["code"].as_str().unwrap();
                assert!(matches!(code, "already_taken" | "not_eligible"), "{answer:?}");
            }
            let held = client.get("/interactions?state=assigned&mine=true").ok();
            assert!(held["items"].as_array().unwrap().len() <= 1, "above his maximum");
        }
        let mut takers: BTreeMap<i64, u32> = BTreeMap::new();
        for answer in answers.iter().flatten().filter(|answer| answer.status == 200) {
            *takers.entry(answer.json["id"].as_i64().unwrap()).or_default() += 1;
        }
        for id in &ids[..3] {
            assert!(takers.contains_key(&id.0), "{id} was tried by all");
            assert_eq!(decisions(&app, *id).len(), 1, "one taker each");
        }
        for id in ids.iter().filter(|id| holder(&app, **id).is_some()) {
            assert_eq!(decisions(&app, *id).len(), 1);
        }
    }
}

/// The day of an instant in UTC.
fn chrono_day(millis: i64) -> String {
    shared::time::Timestamp::from_millis(millis).to_string()[..10].to_owned()
}
