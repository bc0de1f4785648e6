//! Keeping order (S106): dispositions, notes, tags, setting aside, passing on, taking back.

use crate::{
    conversations::{agent, assigned, at_work, campaign, letter, mail_in},
    support::{Answer, Client, TestApp, block_on},
};
use posta::conversations::snooze;
use serde_json::{Value, json};
use shared::ids::CampaignId;
use std::time::Duration;

fn interaction(conversation: &Value) -> i64 {
    conversation["interaction"]["id"].as_i64().unwrap()
}

fn post(client: &Client, id: i64, what: &str, body: Value) -> Answer {
    client.post(&format!("/interactions/{id}/{what}"), body)
}

/// What was done in a conversation: kind, who, target, text.
fn done(client: &Client, conversation: &Value) -> Vec<(String, Value, Value, Value)> {
    let timeline = client.get(&format!("/conversations/{}/timeline", conversation["id"])).ok();
    let tell = |row: &Value| {
        let kind = row["kind"].as_str().unwrap().to_owned();
        (kind, row["actor_name"].clone(), row["target"].clone(), row["text"].clone())
    };
    timeline["activities"].as_array().unwrap().iter().map(tell).collect()
}

fn outline(lines: &[(u32, &str)]) -> Value {
    lines.iter().map(|(level, name)| json!({ "level": level, "name": name })).collect()
}

/// The disposition of this name, as an agent finds it.
fn named(client: &Client, campaign: CampaignId, name: &str) -> Value {
    let view = client.get(&format!("/campaigns/{campaign}/dispositions")).ok();
    let all = view["items"].as_array().unwrap().iter().chain(view["global"].as_array().unwrap());
    all.clone().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name} in {view}"))["id"].clone()
}

fn state(client: &Client, id: i64) -> (Value, Value) {
    let row = client.get(&format!("/interactions/{id}")).ok();
    (row["state"].clone(), row["agent_id"].clone())
}

/// Waits until the interaction is in this state.
fn until_state(client: &Client, id: i64, wanted: &str) -> Value {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let row = client.get(&format!("/interactions/{id}")).ok();
        if row["state"] == wanted {
            return row;
        }
        assert!(std::time::Instant::now() < deadline, "it is {}", row["state"]);
        std::thread::yield_now();
    }
}

fn disable(admin: &Client, who: &Client) {
    admin.patch(&format!("/users/{}", who.user_id()), json!({ "enabled": false })).ok();
}

fn delete(admin: &Client, campaign: CampaignId, how: &str) -> Answer {
    let path = format!("/campaigns/{campaign}");
    let version = admin.get(&path).ok()["version"].clone();
    admin.with("If-Match", format!("\"{version}\"")).delete(&format!("{path}?{how}"))
}

fn customer_writes(app: &TestApp, campaign: CampaignId, id: &str, answers: &str) -> i64 {
    let extra = format!("In-Reply-To: <{answers}>\nReferences: <{answers}>\n");
    mail_in(app, campaign, &letter("ana@cliente.test", "Re: Pedido", id, &extra))
}

both_engines! {
    fn a_campaign_that_requires_a_disposition_gets_one_of_its_leaves(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let id = interaction(&conversation);
        let path = format!("/campaigns/{campaign}/dispositions");
        let admin = app.admin();
        admin.put(&path, json!({ "required": true, "items": [] })).ok();
        // Where there is none, none can be required.
        let lines = [(0, "Factura"), (1, "Importe"), (1, "Plazo"), (0, "Envío")];
        admin.put(&path, json!({ "required": true, "items": outline(&lines) })).ok();
        admin.put("/dispositions", json!({ "items": outline(&[(0, "Error nuestro")]) })).ok();
        post(&ana, id, "finish", json!({})).field(422, "/disposition_id", "required");
        let branch = named(&ana, campaign, "Factura");
        post(&ana, id, "finish", json!({ "disposition_id": branch })).field(422, "/disposition_id", "unknown_value");
        let other = crate::conversations::campaign(&app, "Otra");
        admin.put(&format!("/campaigns/{other}/dispositions"), json!({ "items": outline(&[(0, "Ajena")]) })).ok();
        let foreign = named(&admin, other, "Ajena");
        post(&ana, id, "finish", json!({ "disposition_id": foreign })).field(422, "/disposition_id", "unknown_value");
        assert_eq!(state(&ana, id).0, "assigned", "nothing was finished by what was refused");
        let leaf = named(&ana, campaign, "Plazo");
        let ended = post(&ana, id, "finish", json!({ "disposition_id": leaf, "note": " Avisada. " })).ok();
        assert_eq!((&ended["state"], &ended["disposition"]), (&json!("finished"), &json!("Factura › Plazo")));
        let last = done(&ana, &conversation).pop().unwrap();
        assert_eq!(last, ("finished".into(), json!("ana"), json!("Factura › Plazo"), json!("Avisada.")));
        // What was chosen keeps its name when the outline changes; what all campaigns have can be chosen, too.
        let view = admin.put(&path, json!({ "items": outline(&[(0, "Otra cosa")]) })).ok();
        assert_eq!((&view["required"], view["items"].as_array().unwrap().len()), (&json!(false), 1));
        assert_eq!(ana.get(&format!("/interactions/{id}")).ok()["disposition"], "Factura › Plazo");
        ana.get(&format!("/campaigns/{other}/dispositions")).problem(404, "not_found");
        app.supervisor().put(&path, json!({ "items": [] })).problem(403, "forbidden");
    }

    fn a_disposition_is_renamed_by_its_id_and_found_again_by_its_name(app) {
        let admin = app.admin();
        let put = |items: Value| admin.put("/dispositions", json!({ "items": items }));
        let first = put(outline(&[(0, "Factura"), (1, "Importe")])).ok();
        let ids: Vec<Value> = first["global"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect();
        let renamed = put(json!([{ "id": ids[0], "level": 0, "name": "Cobro" }, { "id": ids[1], "level": 1, "name": "Importe" }])).ok();
        assert_eq!((&renamed["global"][0]["id"], &renamed["global"][0]["name"]), (&ids[0], &json!("Cobro")));
        put(json!([])).ok();
        let again = put(outline(&[(0, "Cobro"), (1, "Importe"), (1, "Plazo")])).ok();
        assert_eq!((&again["global"][0]["id"], &again["global"][1]["id"]), (&ids[0], &ids[1]));
        put(json!([{ "id": 999_999, "level": 0, "name": "X" }])).field(422, "/items/0/id", "unknown_value");
        put(outline(&[(0, "A"), (2, "B")])).field(422, "/items/1/level", "inconsistent");
        put(outline(&[(0, "A"), (0, "a")])).field(422, "/items/1/name", "not_unique");
        assert_eq!(admin.get("/dispositions").ok(), again, "what was refused changed nothing");
    }

    fn notes_are_for_all_who_read_and_belong_to_who_wrote_them(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let beto = agent(&app, "beto", &[campaign]);
        let path = format!("/conversations/{}/notes", conversation["id"]);
        let mut socket = beto.socket();
        socket.snapshot();
        ana.post(&path, json!({ "text": "  \n " })).field(422, "/text", "required");
        let long = ana.post(&path, json!({ "text": "x".repeat(10_001) }));
        long.field(422, "/text", "too_long");
        let written = ana.post(&path, json!({ "text": "Llamar el lunes.\nPide factura." }));
        assert_eq!(written.status, 201);
        let event = socket.event("timeline_changed");
        assert_eq!(event["conversation_id"], conversation["id"], "colleagues who read it hear of it");
        let note = written.json["note"]["id"].clone();
        beto.patch(&format!("/notes/{note}"), json!({ "text": "No" })).problem(403, "forbidden");
        beto.delete(&format!("/notes/{note}")).problem(403, "forbidden");
        beto.post(&path, json!({ "text": "Hecho." }));
        let changed = ana.patch(&format!("/notes/{note}"), json!({ "text": "Llamar el martes." })).ok();
        assert!(changed["note"]["edited_at"].is_string() && changed["note"]["text"] == "Llamar el martes.");
        let expected = [("ana", "Llamar el martes."), ("beto", "Hecho.")];
        let notes: Vec<_> = done(&beto, &conversation).into_iter().map(|(_, who, _, text)| (who, text)).collect();
        assert_eq!(notes, expected.map(|(who, text)| (json!(who), json!(text))));
        assert_eq!(ana.delete(&format!("/notes/{note}")).status, 204);
        assert_eq!(done(&ana, &conversation).len(), 1);
        // The newest first, a page at a time.
        ana.post(&path, json!({ "text": "Otra." }));
        let list = format!("/conversations/{}/activities", conversation["id"]);
        let page = ana.get(&format!("{list}?limit=1")).ok();
        assert_eq!(page["items"][0]["text"], "Otra.");
        let next = ana.get(&format!("{list}?limit=1&cursor={}", page["next_cursor"].as_str().unwrap())).ok();
        assert_eq!((&next["items"][0]["text"], &next["next_cursor"]), (&json!("Hecho."), &Value::Null));
        let eva = app.agent("eva");
        eva.post(&path, json!({ "text": "Hola" })).problem(404, "not_found");
        eva.get(&list).problem(404, "not_found");
        eva.patch(&format!("/notes/{note}"), json!({ "text": "No" })).problem(404, "not_found");
    }

    fn tags_are_words_made_by_using_them(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let path = format!("/conversations/{}/tags", conversation["id"]);
        let tags = ana.put(&path, json!({ "tags": ["Urgente", "VIP", "urgénte"] })).ok();
        assert_eq!(tags["tags"], json!(["Urgente", "VIP"]), "case and accents do not matter");
        let other = mail_in(&app, campaign, &letter("otra@cliente.test", "Otro", "m2@cliente.test", ""));
        ana.put(&format!("/conversations/{other}/tags"), json!({ "tags": ["vip"] })).ok();
        let admin = app.admin();
        let list = ana.get("/tags").ok();
        let counts: Vec<_> =
            list["items"].as_array().unwrap().iter().map(|tag| (tag["name"].clone(), tag["conversations"].clone())).collect();
        assert_eq!(counts, [(json!("Urgente"), json!(1)), (json!("VIP"), json!(2))]);
        assert_eq!(app.agent("eva").get("/tags").ok()["items"][1]["conversations"], 0, "not a hint of others' work");
        let (urgent, vip) = (&list["items"][0]["id"], &list["items"][1]["id"]);
        ana.patch(&format!("/tags/{vip}"), json!({ "name": "X" })).problem(403, "forbidden");
        let one = admin.patch(&format!("/tags/{urgent}"), json!({ "name": "vip" })).ok();
        assert_eq!((&one["id"], &one["conversations"]), (vip, &json!(2)), "two of one name became one");
        assert_eq!(admin.patch(&format!("/tags/{vip}"), json!({ "name": "Preferente" })).ok()["name"], "Preferente");
        assert_eq!(ana.get(&format!("/conversations/{}", conversation["id"])).ok()["timeline"]["tags"], json!(["Preferente"]));
        assert_eq!(admin.delete(&format!("/tags/{vip}")).status, 204);
        admin.delete(&format!("/tags/{vip}")).problem(404, "not_found");
        assert_eq!(ana.put(&path, json!({ "tags": [] })).ok()["tags"], json!([]));
        ana.put(&path, json!({ "tags": [""] })).field(422, "/tags/0", "required");
        let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
        ana.put(&path, json!({ "tags": many })).field(422, "/tags", "too_long");
        app.agent("nadie").put(&path, json!({ "tags": [] })).problem(404, "not_found");
    }

    fn what_is_set_aside_comes_back_by_the_clock_and_by_the_customer(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let id = interaction(&conversation);
        let at = |seconds: i64| {
            let millis = app.posta.core.now().millis() + seconds * 1_000;
            json!(shared::time::Timestamp::from_millis(millis))
        };
        post(&ana, id, "snooze", json!({ "until": at(-1) })).field(422, "/until", "out_of_range");
        post(&ana, id, "snooze", json!({ "until": at(400 * 86_400) })).field(422, "/until", "out_of_range");
        let mut socket = ana.socket();
        assert_eq!(socket.snapshot()["active"].as_array().unwrap().len(), 1);
        let until = at(3_600);
        let aside = post(&ana, id, "snooze", json!({ "until": until })).ok();
        assert_eq!((&aside["state"], &aside["snoozed_until"]), (&json!("snoozed"), &until));
        assert_eq!(socket.event("interaction_changed")["interaction"]["state"], "snoozed");
        let list = ana.get("/interactions?state=snoozed&mine=true").ok();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        post(&ana, id, "snooze", json!({})).ok();
        assert_eq!(until_state(&ana, id, "snoozed")["snoozed_until"], Value::Null, "set aside anew: without a time");
        customer_writes(&app, campaign, "m2@cliente.test", "m1@cliente.test");
        let back = ana.get(&format!("/interactions/{id}")).ok();
        assert_eq!((&back["state"], &back["unread"], &back["agent_id"]), (&json!("assigned"), &json!(true), &json!(ana.user_id())));
        let kinds: Vec<String> = done(&ana, &conversation).into_iter().map(|(kind, ..)| kind).collect();
        assert_eq!(kinds.last().unwrap(), "woken");
        post(&ana, id, "snooze", json!({ "until": at(60) })).ok();
        app.advance(Duration::from_secs(61));
        // The worker sleeps by a clock that nobody shifts.
        block_on(snooze::tick(app.posta.core.clone())).unwrap();
        let by_clock = ana.get(&format!("/interactions/{id}")).ok();
        assert_eq!(by_clock["state"], "assigned");
        assert_eq!(by_clock["unread"], true);
        post(&ana, id, "snooze", json!({})).ok();
        assert_eq!(post(&ana, id, "wake", Value::Null).ok()["state"], "assigned");
        assert_eq!(post(&ana, id, "wake", Value::Null).ok()["state"], "assigned", "again is the same");
        let beto = agent(&app, "beto", &[campaign]);
        post(&beto, id, "wake", Value::Null).problem(409, "conflict");
        post(&beto, id, "snooze", json!({})).problem(409, "conflict");
        app.agent("eva").post(&format!("/interactions/{id}/snooze"), json!({})).problem(404, "not_found");
        post(&ana, id, "snooze", json!({})).ok();
        post(&ana, id, "finish", json!({})).ok();
        post(&ana, id, "snooze", json!({})).problem(409, "conflict");
    }

    fn what_comes_back_to_somebody_who_is_disabled_waits_for_others(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let id = interaction(&conversation);
        let until = shared::time::Timestamp::from_millis(app.posta.core.now().millis() + 60_000);
        post(&ana, id, "snooze", json!({ "until": until })).ok();
        let admin = app.admin();
        disable(&admin, &ana);
        customer_writes(&app, campaign, "m2@cliente.test", "m1@cliente.test");
        assert_eq!(state(&admin, id), (json!("waiting"), Value::Null), "by the customer");

        let sales = crate::conversations::campaign(&app, "Ventas");
        let vera = agent(&app, "vera", &[sales]);
        mail_in(&app, sales, &letter("otro@cliente.test", "Oferta", "n1@cliente.test", ""));
        let other = assigned(&vera)["id"].as_i64().unwrap();
        post(&vera, other, "snooze", json!({ "until": until })).ok();
        disable(&admin, &vera);
        app.advance(Duration::from_secs(61));
        block_on(snooze::tick(app.posta.core.clone())).unwrap();
        assert_eq!(state(&app.admin(), other), (json!("waiting"), Value::Null), "by the clock");
    }

    fn a_campaign_of_which_something_is_set_aside_has_open_work(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let id = interaction(&conversation);
        post(&ana, id, "snooze", json!({})).ok();
        let admin = app.admin();
        assert_eq!(admin.get(&format!("/campaigns/{campaign}/open-work")).ok()["assigned"], 1);
        delete(&admin, campaign, "").problem(409, "open_work");
        assert_eq!(delete(&admin, campaign, "interactions=finish&discard_outgoing=true").status, 204);
        assert_eq!(state(&admin, id).0, "finished");
        post(&ana, id, "reopen", Value::Null).problem(404, "not_found");
    }

    fn an_answer_to_a_campaign_that_was_left_comes_home_when_nobody_works_where_it_went(app) {
        let (support, ana, conversation) = at_work(&app);
        let sales = crate::conversations::campaign(&app, "Ventas");
        let vera = agent(&app, "vera", &[sales]);
        let id = interaction(&conversation);
        post(&ana, id, "transfer", json!({ "campaign_id": sales })).ok();
        until_state(&vera, id, "assigned");
        post(&vera, id, "finish", json!({})).ok();
        let admin = app.admin();
        assert_eq!(delete(&admin, sales, "").status, 204);
        let joined = customer_writes(&app, support, "m2@cliente.test", "m1@cliente.test");
        assert_eq!(json!(joined), conversation["id"]);
        let row = assigned(&ana);
        assert_eq!((&row["campaign_name"], &row["conversation_id"]), (&json!("Soporte"), &conversation["id"]));
        assert_ne!(row["id"], json!(id));
    }

    fn what_is_set_aside_does_not_count_as_held(app) {
        let campaign = campaign(&app, "Soporte");
        let ana = agent(&app, "ana", &[campaign]);
        for number in 0..3 {
            mail_in(&app, campaign, &letter(&format!("c{number}@cliente.test"), "Pedido", &format!("m{number}@cliente.test"), ""));
        }
        // Two are hers, which is the most that she may hold.
        let first = assigned(&ana)["id"].as_i64().unwrap();
        post(&ana, first, "snooze", json!({})).ok();
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while ana.get("/interaction-counts").ok()["waiting"] != 0 {
            assert!(std::time::Instant::now() < deadline, "the third was not handed out");
            std::thread::yield_now();
        }
    }

    fn a_transfer_to_a_colleague_is_new_to_him_and_told(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let id = interaction(&conversation);
        let beto = agent(&app, "beto", &[campaign]);
        let eva = app.agent("eva");
        let targets = ana.get(&format!("/interactions/{id}/transfer-targets")).ok();
        assert_eq!(targets["agents"].as_array().unwrap().len(), 1, "not to herself");
        assert_eq!((&targets["agents"][0]["name"], &targets["agents"][0]["obstacles"]), (&json!("beto"), &json!([])));
        post(&ana, id, "transfer", json!({})).field(422, "/agent_id", "required");
        post(&ana, id, "transfer", json!({ "agent_id": ana.user_id() })).field(422, "/agent_id", "inconsistent");
        post(&ana, id, "transfer", json!({ "agent_id": eva.user_id() })).field(422, "/agent_id", "unknown_value");
        post(&beto, id, "transfer", json!({ "agent_id": beto.user_id() })).problem(409, "conflict");
        post(&eva, id, "transfer", json!({ "agent_id": beto.user_id() })).problem(404, "not_found");
        let mut socket = beto.socket();
        socket.snapshot();
        let given = post(&ana, id, "transfer", json!({ "agent_id": beto.user_id(), "note": "Es tuyo." })).ok();
        assert_eq!((&given["agent_id"], &given["unread"]), (&json!(beto.user_id()), &json!(true)));
        assert_eq!(socket.event("interaction_changed")["interaction"]["agent_id"], json!(beto.user_id()));
        let told = done(&beto, &conversation).pop().unwrap();
        assert_eq!(told, ("transferred".into(), json!("ana"), json!("beto"), json!("Es tuyo.")));
        let why = app.admin().get(&format!("/interactions/{id}/decisions")).ok();
        assert_eq!((&why["items"][0]["cause"], &why["items"][0]["winner"]), (&json!("transferred"), &json!(beto.user_id())));
        post(&ana, id, "finish", json!({})).problem(409, "conflict");
        // A supervisor gives anyone's to anyone.
        app.admin().post(&format!("/interactions/{id}/transfer"), json!({ "agent_id": ana.user_id() })).ok();
        assert_eq!(state(&ana, id), (json!("assigned"), json!(ana.user_id())));
        post(&ana, id, "finish", json!({})).ok();
        post(&ana, id, "transfer", json!({ "agent_id": beto.user_id() })).problem(409, "conflict");
    }

    fn what_is_given_back_goes_to_another(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let id = interaction(&conversation);
        let arrived = conversation["interaction"]["arrived_at"].clone();
        let beto = agent(&app, "beto", &[campaign]);
        post(&beto, id, "return", json!({})).problem(409, "conflict");
        post(&ana, id, "return", json!({ "note": "No es lo mío." })).ok();
        let row = until_state(&beto, id, "assigned");
        assert_eq!((&row["agent_id"], &row["arrived_at"]), (&json!(beto.user_id()), &arrived), "its place is kept");
        let causes: Vec<Value> = app.admin().get(&format!("/interactions/{id}/decisions")).ok()["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["cause"].clone())
            .collect();
        assert_eq!(causes[..2], [json!("order"), json!("returned")]);
        let order = app.admin().get(&format!("/interactions/{id}/decisions")).ok()["items"][0].clone();
        let of_ana = order["agents"].as_array().unwrap().iter().find(|one| one["user_id"] == json!(ana.user_id())).unwrap();
        assert_eq!(of_ana["reasons"], json!(["let_it_lapse"]), "not whose turn it was, but who gave it back");
        assert_eq!(done(&beto, &conversation).last().unwrap().0, "returned");
    }

    fn a_transfer_to_a_campaign_takes_the_conversation_along_and_old_addresses_find_it(app) {
        let (support, ana, conversation) = at_work(&app);
        let id = interaction(&conversation);
        let sales = campaign(&app, "Ventas");
        let vera = agent(&app, "vera", &[sales]);
        let targets = ana.get(&format!("/interactions/{id}/transfer-targets")).ok();
        assert_eq!(targets["campaigns"], json!([{ "id": sales, "name": "Ventas" }]));
        post(&ana, id, "transfer", json!({ "campaign_id": support })).field(422, "/campaign_id", "inconsistent");
        post(&ana, id, "transfer", json!({ "campaign_id": 999_999 })).field(422, "/campaign_id", "unknown_value");
        let mut socket = ana.socket();
        socket.snapshot();
        post(&ana, id, "transfer", json!({ "campaign_id": sales, "note": "Quiere comprar." })).ok();
        assert_eq!(socket.event("interaction_gone")["interaction_id"], json!(id));
        let row = until_state(&vera, id, "assigned");
        assert_eq!((&row["agent_id"], &row["campaign_name"]), (&json!(vera.user_id()), &json!("Ventas")));
        let path = format!("/conversations/{}", conversation["id"]);
        ana.get(&path).problem(404, "not_found");
        assert_eq!(vera.get(&path).ok()["campaign_address"], "ventas@lab.test");
        assert_eq!(done(&vera, &conversation).last().unwrap().2, json!("Ventas"));
        // The customer writes once more to where he wrote first: by reference, and by subject alone.
        let joined = customer_writes(&app, support, "m2@cliente.test", "m1@cliente.test");
        assert_eq!(json!(joined), conversation["id"]);
        let by_subject = mail_in(&app, support, &letter("ana@cliente.test", "Pedido", "m3@cliente.test", ""));
        assert_eq!(json!(by_subject), conversation["id"]);
        let opened = vera.get(&path).ok();
        assert_eq!((opened["messages"].as_array().unwrap().len(), &opened["interaction"]["id"]), (3, &json!(id)));
        // A third campaign's conversations are none of theirs.
        let other = campaign(&app, "Otra");
        let elsewhere = customer_writes(&app, other, "m4@cliente.test", "m1@cliente.test");
        assert_ne!(json!(elsewhere), conversation["id"]);
    }

    fn a_finish_is_taken_back_for_ten_minutes(app) {
        let (campaign, ana, conversation) = at_work(&app);
        let id = interaction(&conversation);
        post(&ana, id, "reopen", Value::Null).problem(409, "conflict");
        post(&ana, id, "finish", json!({ "note": "Listo" })).ok();
        let beto = agent(&app, "beto", &[campaign]);
        post(&beto, id, "reopen", Value::Null).problem(409, "conflict");
        let open = post(&ana, id, "reopen", Value::Null).ok();
        assert_eq!((&open["state"], &open["agent_id"], &open["finished_at"]), (&json!("assigned"), &json!(ana.user_id()), &Value::Null));
        assert_eq!(done(&ana, &conversation), [], "as if it had never been finished");
        post(&ana, id, "finish", json!({})).ok();
        app.advance(Duration::from_secs(601));
        let (ana, beto) = (app.sign_in("ana"), app.sign_in("beto"));
        post(&ana, id, "reopen", Value::Null).problem(409, "conflict");
        customer_writes(&app, campaign, "m2@cliente.test", "m1@cliente.test");
        let newer = ana.get(&format!("/conversations/{}", conversation["id"])).ok()["interaction"]["id"].as_i64().unwrap();
        assert_ne!(newer, id);
        let first = until_state(&ana, newer, "assigned");
        let holder = if first["agent_id"] == json!(ana.user_id()) { &ana } else { &beto };
        post(holder, newer, "finish", json!({})).ok();
        customer_writes(&app, campaign, "m3@cliente.test", "m2@cliente.test");
        post(holder, newer, "reopen", Value::Null).problem(409, "conflict");
    }
}
