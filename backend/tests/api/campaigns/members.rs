//! Members: places, rights to receive and start, removal (S31–S33).

use super::{Servers, fault, faults, paused};
use crate::support::Client;
use serde_json::{Value, json};

/// Members as `[name, position]`.
fn order(client: &Client, campaign: i64) -> Vec<Value> {
    let page = client.get(&format!("/campaigns/{campaign}/members"));
    page.json["items"].as_array().unwrap().iter().map(|member| json!([member["name"], member["position"]])).collect()
}

both_engines! {
    fn places_stay_dense(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let campaign = admin.post("/campaigns", servers.sender("A")).json["id"].as_i64().unwrap();
        let ids: Vec<i64> = ["ana", "beto", "caro"].iter().map(|name| app.agent(name).user_id().0).collect();
        let member = |user: i64, body: Value| admin.put(&format!("/campaigns/{campaign}/members/{user}"), body);
        for id in &ids {
            let added = member(*id, json!({}));
            assert_eq!(added.status, 201, "{:?}", added.json);
            assert_eq!(
                json!([added.json["penalty"], added.json["may_receive"], added.json["may_start"], added.json["role"]]),
                json!([0, true, true, "agent"])
            );
        }
        assert_eq!(order(&admin, campaign), [json!(["ana", 1]), json!(["beto", 2]), json!(["caro", 3])]);
        let moved = member(ids[2], json!({"position": 1, "penalty": 7}));
        assert_eq!((moved.status, &moved.json["position"], &moved.json["penalty"]), (200, &json!(1), &json!(7)));
        assert_eq!(order(&admin, campaign), [json!(["caro", 1]), json!(["ana", 2]), json!(["beto", 3])]);
        // What is absent stays as it is.
        let changed = member(ids[2], json!({"may_start": false}));
        assert_eq!(
            json!([changed.json["position"], changed.json["penalty"], changed.json["may_receive"], changed.json["may_start"]]),
            json!([1, 7, true, false])
        );
        assert_eq!(member(ids[0], json!({"position": 100_000})).json["position"], 3);
        let removed = admin.delete(&format!("/campaigns/{campaign}/members/{}", ids[2]));
        assert_eq!(removed.status, 204);
        assert_eq!(order(&admin, campaign), [json!(["beto", 1]), json!(["ana", 2])]);
        assert_eq!(admin.delete(&format!("/campaigns/{campaign}/members/{}", ids[2])).status, 404);
        let first = admin.get(&format!("/campaigns/{campaign}/members?limit=1"));
        let cursor = first.json["next_cursor"].as_str().unwrap();
        let second = admin.get(&format!("/campaigns/{campaign}/members?limit=1&cursor={cursor}"));
        assert_eq!((&first.json["items"][0]["name"], &second.json["items"][0]["name"]), (&json!("beto"), &json!("ana")));
        assert_eq!(second.json.get("next_cursor"), None);
    }

    fn many_who_join_at_once_get_places_of_their_own(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let campaign = admin.post("/campaigns", servers.sender("A")).json["id"].as_i64().unwrap();
        let ids: Vec<i64> = (0..8).map(|number| app.agent(&format!("agent{number}")).user_id().0).collect();
        std::thread::scope(|scope| {
            for id in &ids {
                let admin = app.admin();
                scope.spawn(move || {
                    let added = admin.put(&format!("/campaigns/{campaign}/members/{id}"), json!({"position": 1}));
                    assert_eq!(added.status, 201, "{:?}", added.json);
                });
            }
        });
        let places: Vec<Value> = order(&admin, campaign).into_iter().map(|member| member[1].clone()).collect();
        assert_eq!(places, (1..=8).map(|place| json!(place)).collect::<Vec<_>>());
    }

    fn bad_members_are_refused(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let campaign = admin.post("/campaigns", servers.sender("A")).json["id"].as_i64().unwrap();
        let ana = app.agent("ana").user_id();
        let path = format!("/campaigns/{campaign}/members/{ana}");
        for (body, pointer) in [
            (json!({"penalty": 101}), "/penalty"),
            (json!({"penalty": -1}), "/penalty"),
            (json!({"position": 0}), "/position"),
        ] {
            let refused = admin.put(&path, body.clone());
            assert_eq!((refused.status, faults(&refused)), (422, vec![fault(pointer, "out_of_range")]), "{body}");
        }
        for body in [json!({"penalty": "1"}), json!({"user_id": 1}), json!({"may_receive": 1}), json!([])] {
            assert_eq!(admin.put(&path, body.clone()).status, 400, "{body}");
        }
        for path in [format!("/campaigns/{campaign}/members/999"), format!("/campaigns/999/members/{ana}"), format!("/campaigns/{campaign}/members/x")] {
            assert_eq!(admin.put(&path, json!({})).status, 404, "{path}");
            assert_eq!(admin.delete(&path).status, 404, "{path}");
        }
        // Somebody disabled cannot be added; one who is in already can be changed and removed.
        let (beto, caro) = (app.agent("beto").user_id(), app.agent("caro").user_id());
        assert_eq!(admin.put(&format!("/campaigns/{campaign}/members/{beto}"), json!({})).status, 201);
        for user in [beto, caro] {
            assert_eq!(admin.patch(&format!("/users/{user}"), json!({"enabled": false})).status, 200);
        }
        let refused = admin.put(&format!("/campaigns/{campaign}/members/{caro}"), json!({}));
        assert_eq!((refused.status, &refused.json["code"]), (409, &json!("conflict")));
        assert_eq!(admin.put(&format!("/campaigns/{campaign}/members/{beto}"), json!({"penalty": 3})).status, 200);
        assert_eq!(admin.delete(&format!("/campaigns/{campaign}/members/{beto}")).status, 204);
        assert_eq!(app.agent("ana").put(&path, json!({})).status, 403);
    }

    fn an_agent_sees_the_campaigns_he_works_in(app, paused) {
        let servers = Servers::start();
        let (admin, ana) = (app.admin(), app.agent("ana"));
        let ids: Vec<i64> = ["Zeta", "alba", "off", "foreign"]
            .iter()
            .map(|name| admin.post("/campaigns", servers.sender(name)).json["id"].as_i64().unwrap())
            .collect();
        for id in &ids[..3] {
            admin.put(&format!("/campaigns/{id}/members/{}", ana.user_id()), json!({"may_start": *id != ids[0]}));
        }
        admin.post(&format!("/campaigns/{}/disable", ids[2]), Value::Null);
        let mine = ana.get("/campaigns/mine");
        assert_eq!(mine.status, 200);
        assert_eq!(mine.json["items"], json!([
            {"id": ids[1], "name": "alba", "address": "soporte@lab.test", "from_name": "", "may_start": true, "aliases": []},
            {"id": ids[0], "name": "Zeta", "address": "soporte@lab.test", "from_name": "", "may_start": false, "aliases": []},
        ]));
        assert_eq!(admin.get("/campaigns/mine").json["items"], json!([]));
    }

    fn members_and_supervisors_hear_of_changes(app, paused) {
        let servers = Servers::start();
        let (admin, ana, beto) = (app.admin(), app.agent("ana"), app.agent("beto"));
        let campaign = admin.post("/campaigns", servers.sender("A")).json["id"].as_i64().unwrap();
        let (mut to_admin, mut to_ana, mut to_beto) = (admin.socket(), ana.socket(), beto.socket());
        for socket in [&mut to_admin, &mut to_ana, &mut to_beto] {
            socket.snapshot();
        }
        let path = format!("/campaigns/{campaign}/members/{}", ana.user_id());
        admin.put(&path, json!({}));
        admin.delete(&path);
        admin.put(&format!("/campaigns/{campaign}/members/{}", beto.user_id()), json!({}));
        for (socket, times) in [(&mut to_admin, 3), (&mut to_ana, 2), (&mut to_beto, 1)] {
            for _ in 0..times {
                assert_eq!(socket.event("campaign_changed")["campaign_id"], campaign);
            }
        }
    }
}
