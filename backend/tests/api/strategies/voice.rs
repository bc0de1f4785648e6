//! Voice campaigns, and the rule that only their members get anything (S34).

use super::{agents, arrives, decisions, given, of, patient, with_strategy};
use crate::campaigns::supervisor_of;
use serde_json::{Value, json};

both_engines! {
    fn only_members_of_voice_campaigns_get_anything_if_so_set(app, patient) {
        let campaign = with_strategy(&app, "Uno", "nocall", "linear", Some(5));
        let [ana, beto] = agents(&app, ["ana", "beto"], &[campaign]);
        let admin = app.admin();
        assert_eq!(admin.get("/settings").ok(), json!({ "require_voice_campaign": false }), "off by default");
        let members = |field: &str| -> Vec<Value> {
            let page = admin.get(&format!("/campaigns/{campaign}/members")).ok();
            page["items"].as_array().unwrap().iter().map(|one| one[field].clone()).collect()
        };
        assert_eq!(members("gets_nothing"), [json!(null), json!(null)]);
        let first = arrives(&app, campaign, 1);
        assert_eq!(given(&app, first), Some(ana.user_id()));
        let made = admin.post("/voice-campaigns", json!({ "name": "Centralita", "members": [beto.user_id()] }));
        assert_eq!(made.status, 201);
        admin.put("/settings", json!({ "require_voice_campaign": true })).ok();
        assert_eq!(members("gets_nothing"), [json!("not_in_voice_campaign"), json!(null)]);
        let second = arrives(&app, campaign, 2);
        assert_eq!(given(&app, second), Some(beto.user_id()));
        assert_eq!(of(&decisions(&app, second)[0], &ana)["reasons"], json!(["not_in_voice_campaign"]));
        let path = format!("/voice-campaigns/{}", made.json["id"]);
        let both = json!({ "name": "Centralita", "members": [beto.user_id(), ana.user_id(), ana.user_id()] });
        admin.put(&path, both).ok();
        let third = arrives(&app, campaign, 3);
        assert_eq!(given(&app, third), Some(ana.user_id()));
        admin.put(&format!("/campaigns/{campaign}/members/{}", ana.user_id()), json!({ "may_receive": false })).ok();
        admin.patch(&format!("/users/{}", beto.user_id()), json!({ "enabled": false })).ok();
        assert_eq!(members("gets_nothing"), [json!("may_not_receive"), json!("user_disabled")]);
        let audited = app.audited();
        for action in ["settings.update", "voice_campaigns.create", "voice_campaigns.update"] {
            assert!(audited.iter().any(|line| line == action), "{audited:?}");
        }
    }

    fn voice_campaigns_are_kept_as_lists(app, patient) {
        let (admin, sofia) = (app.admin(), app.supervisor());
        let (ana, beto) = (app.agent("ana").user_id(), app.agent("beto").user_id());
        let made = admin.post("/voice-campaigns", json!({ "name": "Ventas", "members": [beto, ana] }));
        assert_eq!((made.status, made.header("etag")), (201, Some("\"1\"")));
        let path = format!("/voice-campaigns/{}", made.json["id"]);
        assert_eq!(made.header("location"), Some(format!("/api/v1{path}").as_str()));
        assert_eq!(made.json["members"], json!([ana, beto]));
        admin.post("/voice-campaigns", json!({ "name": "VENTÁS" })).field(422, "/name", "not_unique");
        admin.post("/voice-campaigns", json!({ "name": " x" })).field(422, "/name", "outer_blanks");
        let unknown = json!({ "name": "Otra", "members": [ana, 999_999] });
        admin.post("/voice-campaigns", unknown).field(422, "/members/1", "unknown_value");
        admin.post("/voice-campaigns", json!({ "name": "Apoyo" })).ok();
        let list = sofia.get("/voice-campaigns?limit=1").ok();
        assert_eq!(list["items"][0]["name"], "Apoyo");
        let next = sofia.get(&format!("/voice-campaigns?limit=1&cursor={}", list["next_cursor"].as_str().unwrap())).ok();
        assert_eq!(next["items"], json!([made.json]));
        let stale = admin.with("If-Match", "\"7\"").put(&path, json!({ "name": "Ventas" }));
        stale.problem(412, "version_mismatch");
        let changed = admin.with("If-Match", "\"1\"").put(&path, json!({ "name": "Ventas 2", "members": [ana] })).ok();
        assert_eq!((&changed["name"], &changed["members"], &changed["version"]), (&json!("Ventas 2"), &json!([ana]), &json!(2)));
        for (method, body) in [("POST", json!({ "name": "x" })), ("PUT", json!({ "require_voice_campaign": true }))] {
            let at = if method == "POST" { "/voice-campaigns" } else { "/settings" };
            sofia.send(method, at, Some(("application/json", body.to_string().into_bytes()))).problem(403, "forbidden");
        }
        // Who is limited sees of the members only those of his campaigns.
        let campaign = app.insert_campaign("Suya");
        app.insert_member(campaign, beto);
        let silvia = supervisor_of(&app, "silvia", &[campaign.0]);
        assert_eq!(silvia.get(&path).ok()["members"], json!([]));
        assert_eq!(admin.delete(&path).status, 204);
        admin.delete(&path).problem(404, "not_found");
        admin.get(&path).problem(404, "not_found");
        admin.put("/settings", json!({ "require_voice_campaign": "yes" })).field(400, "/require_voice_campaign", "wrong_type");
    }
}
