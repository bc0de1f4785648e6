//! Calls and other channels, as an integrator reports them (S44).

use super::{agents, arrives, decisions, given, of, patient, with_strategy};
use crate::campaigns::supervisor_of;
use serde_json::json;
use std::time::Duration;

both_engines! {
    fn a_report_keeps_him_busy_until_it_expires(app, patient) {
        let incall = with_strategy(&app, "Uno", "incall", "linear", None);
        let [ana] = agents(&app, ["ana"], &[incall]);
        let path = format!("/presence/agents/{}/external", ana.user_id());
        let sofia = app.supervisor();
        let empty = sofia.get(&path).ok();
        assert_eq!((&empty["in_call"], &empty["expires_at"]), (&json!(false), &json!(null)));
        let mut socket = ana.socket();
        socket.snapshot();
        let report = json!({ "in_call": true, "interactions": { "sms": 2, "webchat": 1 }, "expires_in_seconds": 60 });
        let told = sofia.put(&path, report.clone()).ok();
        assert_eq!(told["interactions"], json!({ "sms": 2, "webchat": 1 }));
        let state = socket.wait_for(|frame| frame["event"]["state"]["in_call"] == json!(true))["event"]["state"].clone();
        assert_eq!(state["other_channels"], json!({ "sms": 2, "webchat": 1 }));
        assert_eq!(state["external_until"], told["expires_at"]);
        let id = arrives(&app, incall, 1);
        assert_eq!(given(&app, id), None);
        // Said again it holds longer, and is no news for the log.
        app.advance(Duration::from_secs(50));
        sofia.put(&path, report).ok();
        let audited = app.audited().into_iter().filter(|line| line == "presence.report_external").count();
        assert_eq!(audited, 1);
        app.advance(Duration::from_secs(50));
        assert_eq!(given(&app, id), None);
        app.advance(Duration::from_secs(11));
        assert_eq!(sofia.get(&path).ok()["in_call"], false);
        assert_eq!(ana.get("/presence/me").ok()["in_call"], false);
        assert_eq!(given(&app, id), Some(ana.user_id()), "it expired");
    }

    fn each_part_counts_where_it_should(app, patient) {
        let interaction = with_strategy(&app, "Uno", "interaction", "linear", None);
        let nocall = with_strategy(&app, "Dos", "nocall", "linear", Some(1));
        let omni = with_strategy(&app, "Tres", "omni", "linear", None);
        let [ana, beto] = agents(&app, ["ana", "beto"], &[interaction, nocall, omni]);
        let admin = app.admin();
        let path = format!("/presence/agents/{}/external", ana.user_id());
        admin.put(&path, json!({ "interactions": { "webchat": 1 }, "expires_in_seconds": 60 })).ok();
        let first = arrives(&app, interaction, 1);
        assert_eq!(given(&app, first), Some(beto.user_id()));
        assert_eq!(of(&decisions(&app, first)[0], &ana)["reasons"], json!(["holds_other_channel"]));
        let second = arrives(&app, nocall, 2);
        assert_eq!(given(&app, second), Some(ana.user_id()), "other channels do not matter");
        assert_eq!(admin.delete(&path).status, 204);
        assert_eq!(admin.delete(&path).status, 204, "nothing to clear");
        let busy = app.agent("carla");
        for (path, user) in [(omni, &busy), (interaction, &busy)] {
            admin.put(&format!("/campaigns/{path}/members/{}", user.user_id()), json!({})).ok();
        }
        assert_eq!(app.audited().iter().filter(|line| *line == "presence.clear_external").count(), 1);
    }

    fn a_report_is_judged_field_by_field(app, patient) {
        let campaign = with_strategy(&app, "Uno", "nocall", "linear", Some(1));
        let [ana] = agents(&app, ["ana"], &[campaign]);
        let path = format!("/presence/agents/{}/external", ana.user_id());
        let admin = app.admin();
        admin.put(&path, json!({ "expires_in_seconds": 0 })).field(422, "/expires_in_seconds", "out_of_range");
        admin.put(&path, json!({ "in_call": true })).field(400, "/expires_in_seconds", "required");
        let body = |channel: &str, count: i64| json!({ "interactions": { channel: count }, "expires_in_seconds": 9 });
        admin.put(&path, body("SMS", 1)).field(422, "/interactions/SMS", "forbidden_character");
        admin.put(&path, body("sms", 1_001)).field(422, "/interactions/sms", "out_of_range");
        admin.put(&path, json!({ "on_call": true, "expires_in_seconds": 9 })).field(400, "/on_call", "unknown_field");
        ana.put(&path, body("sms", 1)).problem(403, "forbidden");
        admin.put("/presence/agents/999999/external", body("sms", 1)).problem(404, "not_found");
        // Who supervises other campaigns does not know her.
        let other = with_strategy(&app, "Dos", "nocall", "linear", Some(1));
        let silvia = supervisor_of(&app, "silvia", &[other.0]);
        silvia.put(&path, body("sms", 1)).problem(404, "not_found");
        silvia.get(&path).problem(404, "not_found");
        silvia.delete(&path).problem(404, "not_found");
    }
}
