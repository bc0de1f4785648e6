//! State of an agent (S107).

use crate::support::Builder;
use serde_json::json;
use std::time::Duration;

both_engines! {
    fn an_agent_is_available_since_he_was_first_asked(app) {
        let ana = app.agent("ana");
        let first = ana.get("/presence/me").ok();
        assert_eq!((&first["mode"], &first["online"]), (&json!("available"), &json!(false)));
        assert_eq!(first["user_id"], json!(ana.user_id()));
        app.advance(Duration::from_secs(60));
        assert_eq!(ana.get("/presence/me").ok(), first);
    }

    fn the_administrator_keeps_the_kinds_of_breaks(app) {
        let (admin, ana) = (app.admin(), app.agent("ana"));
        let kind = |code: &str, name: &str| json!({ "code": code, "name_es": name, "name_en": name, "icon": "coffee" });
        let set = |items: serde_json::Value| admin.put("/presence/break-kinds", json!({ "items": items }));
        let codes = || -> Vec<String> {
            let kinds = ana.get("/presence/break-kinds").ok();
            kinds["items"].as_array().unwrap().iter().map(|kind| kind["code"].as_str().unwrap().to_owned()).collect()
        };
        ana.put("/presence/me", json!({ "mode": "break", "break_code": "lunch" })).ok();
        let kept = set(json!([kind("siesta", "Siesta"), kind("rest", "Pausa")])).ok();
        assert_eq!(kept["items"][1], kind("rest", "Pausa"));
        assert_eq!(codes(), ["siesta", "rest"]);
        // Whoever is on one that went stays on it; chosen it can no longer be.
        assert_eq!(ana.get("/presence/me").ok()["break_code"], "lunch");
        ana.put("/presence/me", json!({ "mode": "break", "break_code": "siesta" })).ok();
        ana.put("/presence/me", json!({ "mode": "break", "break_code": "lunch" })).field(422, "/break_code", "unknown_value");
        // What comes back is the same one.
        set(json!([kind("lunch", "Comida")])).ok();
        assert_eq!(codes(), ["lunch"]);
        set(json!([])).ok();
        assert!(codes().is_empty());

        set(json!([kind("a b", "x")])).field(422, "/items/0/code", "forbidden_character");
        set(json!([kind("a", "x"), kind("a", "y")])).field(422, "/items/1/code", "not_unique");
        set(json!([kind("supervisor", "x")])).field(422, "/items/0/code", "refused");
        assert_eq!(set(json!([kind("a", "")])).problem(422, "invalid").json["errors"].as_array().unwrap().len(), 2);
        let mut strange = kind("a", "x");
        strange["icon"] = json!("skull");
        set(json!([strange])).field(422, "/items/0/icon", "unknown_value");
        let many: Vec<_> = (0..31).map(|number| kind(&format!("k{number}"), "x")).collect();
        set(json!(many)).field(422, "/items", "too_long");
        ana.put("/presence/break-kinds", json!({ "items": [] })).problem(403, "forbidden");
        assert!(codes().is_empty(), "what is refused changes nothing");
    }

    fn a_break_has_a_kind(app) {
        let ana = app.agent("ana");
        let kinds = ana.get("/presence/break-kinds").ok();
        let codes: Vec<_> = kinds["items"].as_array().unwrap().iter().map(|kind| kind["code"].clone()).collect();
        assert_eq!(codes, ["lunch", "rest", "training", "meeting"]);
        let first = ana.get("/presence/break-kinds?limit=3").ok();
        let next = first["next_cursor"].as_str().unwrap();
        let rest = ana.get(&format!("/presence/break-kinds?limit=3&cursor={next}")).ok();
        assert_eq!(rest["items"], json!([kinds["items"][3]]));
        let set = |body: serde_json::Value| ana.put("/presence/me", body);
        let lunch = set(json!({ "mode": "break", "break_code": "lunch" })).ok();
        assert_eq!((&lunch["mode"], &lunch["break_code"]), (&json!("break"), &json!("lunch")));
        app.advance(Duration::from_secs(60));
        // The same once more is no change: the timer runs on.
        assert_eq!(set(json!({ "mode": "break", "break_code": "lunch" })).ok(), lunch);
        let rest = set(json!({ "mode": "break", "break_code": "rest" })).ok();
        assert!(rest["since"].as_str() > lunch["since"].as_str());
        set(json!({ "mode": "break" })).field(422, "/break_code", "required");
        set(json!({ "mode": "break", "break_code": "siesta" })).field(422, "/break_code", "unknown_value");
        set(json!({ "mode": "available", "break_code": "lunch" })).field(422, "/break_code", "inconsistent");
        set(json!({ "mode": "gone" })).field(400, "/mode", "unknown_value");
        set(json!({ "mode": "available", "online": true })).field(400, "/online", "unknown_field");
        assert_eq!(ana.get("/presence/me").ok(), rest);
        assert_eq!(set(json!({ "mode": "available" })).ok()["break_code"], json!(null));
    }

    fn a_live_socket_makes_an_agent_be_here(app) {
        let (ana, sofia) = (app.agent("ana"), app.supervisor());
        let mut watching = sofia.socket();
        watching.snapshot();
        let mut first = ana.socket();
        assert_eq!(first.snapshot()["me"]["online"], json!(true));
        let state = watching.wait_for(|frame| frame["event"]["state"]["user_id"] == json!(ana.user_id()));
        assert_eq!(state["event"]["state"]["online"], json!(true));
        // A second socket of the same session changes nothing, nor does its end.
        let mut second = ana.socket();
        second.snapshot();
        second.close();
        assert_eq!(ana.get("/presence/me").ok()["online"], json!(true));
        first.close();
        let state = watching.wait_for(|frame| {
            frame["event"]["state"]["user_id"] == json!(ana.user_id()) && frame["event"]["state"]["online"] == json!(false)
        });
        assert_eq!(state["event"]["kind"], "agent_state_changed");
        assert_eq!(ana.get("/presence/me").ok()["online"], json!(false));
    }

    fn signing_out_makes_him_be_gone(app) {
        let (ana, sofia) = (app.agent("ana"), app.supervisor());
        let mut watching = sofia.socket();
        watching.snapshot();
        let mut socket = ana.socket();
        socket.snapshot();
        app.admin().post(&format!("/users/{}/sign-out", ana.user_id()), json!(null));
        assert_eq!(socket.end().code, 4001);
        watching.wait_for(|frame| {
            frame["event"]["state"]["user_id"] == json!(ana.user_id()) && frame["event"]["state"]["online"] == json!(false)
        });
    }

    fn without_a_sign_of_life_he_is_gone(app, |builder: Builder| builder.setting("routing.offline_seconds", 30)) {
        let ana = app.agent("ana");
        let mut socket = ana.socket();
        socket.snapshot();
        assert_eq!(ana.get("/presence/me").ok()["online"], json!(true));
        app.advance(Duration::from_secs(31));
        assert_eq!(ana.get("/presence/me").ok()["online"], json!(false));
    }

    fn a_change_is_told_to_his_pages_and_his_supervisors_alone(app) {
        let (ventas, soporte) = (app.insert_campaign("Ventas"), app.insert_campaign("Soporte"));
        let (ana, bea, sofia) = (app.agent("ana"), app.agent("bea"), app.supervisor());
        let silvia = app.user("silvia", shared::permission::Role::Supervisor);
        app.insert_member(ventas, ana.user_id());
        let admin = app.admin();
        for (who, campaign) in [(&sofia, ventas), (&silvia, soporte)] {
            admin.patch(&format!("/users/{}", who.user_id()), json!({ "limited_to": [campaign] })).ok();
        }
        let mut sockets: Vec<_> = [&ana, &bea, &sofia, &silvia, &admin].map(|who| who.socket()).into_iter().collect();
        for socket in &mut sockets {
            socket.snapshot();
        }
        ana.put("/presence/me", json!({ "mode": "break", "break_code": "lunch" })).ok();
        // Each one's own change comes after it, so that who was not told of hers is seen.
        for who in [&bea, &silvia] {
            who.put("/presence/me", json!({ "mode": "break", "break_code": "rest" })).ok();
        }
        let on_break = |frame: &serde_json::Value, who: serde_json::Value| {
            frame["event"]["state"]["user_id"] == who && frame["event"]["state"]["mode"] == json!("break")
        };
        for index in [0, 2, 4] {
            sockets[index].wait_for(|frame| on_break(frame, json!(ana.user_id())));
        }
        for (index, own) in [(1, &bea), (3, &silvia)] {
            sockets[index].wait_for(|frame| {
                assert!(!on_break(frame, json!(ana.user_id())), "told to one who may not see her: {frame}");
                on_break(frame, json!(own.user_id()))
            });
        }
    }
}
