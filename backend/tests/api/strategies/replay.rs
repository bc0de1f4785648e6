//! Replays of past days over the API (S43): as it was, as it would have been, and nothing touched.

use super::{agents, arrives, finish, given, patient, set, with_strategy};
use crate::{campaigns::supervisor_of, support::TestApp};
use serde_json::{Value, json};
use shared::ids::CampaignId;
use std::time::Duration;

fn today(app: &TestApp) -> String {
    app.posta.core.now().to_string()[..10].to_owned()
}

fn replay(app: &TestApp, campaign: CampaignId, body: Value) -> Value {
    app.admin().post(&format!("/campaigns/{campaign}/replay"), body).ok()
}

/// Rows of all tables that a replay reads. (The log grows by the sign-ins of those who ask.)
fn rows(app: &TestApp) -> Vec<i64> {
    use diesel::prelude::*;
    use posta::kernel::db::schema::{agent_state_changes, decisions, events, interactions, round_memory};
    app.read(|conn| {
        Ok(vec![
            interactions::table.count().get_result(conn)?,
            decisions::table.count().get_result(conn)?,
            events::table.count().get_result(conn)?,
            agent_state_changes::table.count().get_result(conn)?,
            round_memory::table.count().get_result(conn)?,
        ])
    })
}

both_engines! {
    fn a_day_is_replayed_beside_itself(app, patient) {
        let campaign = with_strategy(&app, "Uno", "nocall", "rrmemory", Some(1));
        set(&app, campaign, "service_level_seconds", 600);
        let [ana, beto] = agents(&app, ["ana", "beto"], &[campaign]);
        // Both are there from now on, as the facts have it.
        for client in [&ana, &beto] {
            client.put("/presence/me", json!({ "mode": "break", "break_code": "rest" })).ok();
        }
        let now = app.posta.core.now();
        app.write(|conn| {
            use diesel::prelude::*;
            use posta::kernel::db::schema::agent_state_changes::dsl as c;
            diesel::delete(c::agent_state_changes).execute(conn)?;
            for user in [ana.user_id(), beto.user_id()] {
                let values = (c::user_id.eq(user), c::at.eq(now), c::online.eq(true), c::mode.eq("available"), c::in_call.eq(false));
                diesel::insert_into(c::agent_state_changes).values(values).execute(conn)?;
            }
            Ok(())
        });
        let names = [&ana, &beto];
        for client in names {
            client.put("/presence/me", json!({ "mode": "available" })).ok();
        }
        // Two at once, a third that waits for the first of them: handled in 20, 50 and 10 seconds.
        let ids: Vec<_> = (0..3).map(|number| arrives(&app, campaign, number)).collect();
        assert_eq!(given(&app, ids[0]), Some(ana.user_id()));
        assert_eq!(given(&app, ids[1]), Some(beto.user_id()));
        app.advance(Duration::from_secs(20));
        finish(&ana, ids[0]);
        assert_eq!(given(&app, ids[2]), Some(ana.user_id()));
        app.advance(Duration::from_secs(10));
        finish(&ana, ids[2]);
        app.advance(Duration::from_secs(20));
        finish(&beto, ids[1]);
        app.advance(Duration::from_secs(1));
        let before = rows(&app);
        let same = replay(&app, campaign, json!({ "date": today(&app) }));
        assert_eq!(same["staffing"], "recorded");
        for (side, name) in [(&same["recorded"], "recorded"), (&same["replayed"], "replayed")] {
            assert_eq!((&side["arrived"], &side["attended"], &side["still_waiting"]), (&json!(3), &json!(3), &json!(0)), "{name}");
            let longest = side["max_wait_seconds"].as_f64().unwrap();
            // The clock runs on between two steps of this test, on a busy machine for seconds.
            assert!((19.0..60.0).contains(&longest), "{name}: {longest}");
            assert_eq!(side["service_level_percent"], 100.0, "{name}");
            let counts: Vec<&Value> = side["agents"].as_array().unwrap().iter().map(|one| &one["attended"]).collect();
            assert_eq!(counts, [2, 1], "{name}");
        }
        // Today ends now, which moves on; all else is the same again.
        let again = replay(&app, campaign, json!({ "date": today(&app) }));
        for part in ["attended", "mean_wait_seconds", "p50_wait_seconds", "max_wait_seconds"] {
            assert_eq!(again["replayed"][part], same["replayed"][part], "{part}");
        }
        // With one agent the second waits for the first, the third for the second.
        let one = json!([{ "user_id": ana.user_id(), "from": "00:00", "to": "24:00" }]);
        let alone = replay(&app, campaign, json!({ "date": today(&app), "staffing": one, "step_minutes": 15 }));
        assert_eq!(alone["staffing"], "given");
        assert!(alone["replayed"]["max_wait_seconds"].as_f64().unwrap_or(0.0) >= 0.0);
        assert!(alone["replayed"]["attended"].as_u64() < Some(3), "{}", alone["replayed"]);
        // One more agent: nobody waits.
        let more = json!([
            { "user_id": ana.user_id(), "from": "00:00", "to": "24:00" },
            { "user_id": beto.user_id(), "from": "00:00", "to": "24:00" },
            { "from": "00:00", "to": "24:00" },
        ]);
        let three = replay(&app, campaign, json!({ "date": today(&app), "staffing": more }));
        assert_eq!(three["replayed"]["max_wait_seconds"], 0.0);
        assert_eq!(three["replayed"]["agents"][2], json!({
            "user_id": null, "name": "+1", "attended": 1,
            "present_seconds": three["replayed"]["agents"][2]["present_seconds"],
            "shifts": [{ "from": "00:00", "to": three["replayed"]["agents"][2]["shifts"][0]["to"] }],
        }));
        let fairness = three["replayed"]["fairness"].as_f64().unwrap();
        assert!((1.0 - fairness).abs() < 1e-9, "{fairness}");
        // Another strategy: whoever stands first gets as much as he may hold.
        let other = json!({ "date": today(&app), "eligibility": "omni", "delivery_order": "wrandom", "seed": 7 });
        let other = replay(&app, campaign, other);
        assert_eq!((&other["eligibility"], &other["max_interactions"]), (&json!("omni"), &json!(1)));
        let most = json!({ "date": today(&app), "delivery_order": "linear", "max_interactions": 5 });
        let most = replay(&app, campaign, most);
        let counts: Vec<&Value> = most["replayed"]["agents"].as_array().unwrap().iter().map(|one| &one["attended"]).collect();
        assert_eq!(counts, [3, 0]);
        assert_eq!(most["replayed"]["max_wait_seconds"], 0.0);
        let arrived: u64 = most["series"].as_array().unwrap().iter().map(|point| point["arrived"].as_u64().unwrap()).sum();
        assert_eq!(arrived, 3);
        assert_eq!(rows(&app), before, "nothing is touched");
    }

    fn a_replay_is_judged(app, patient) {
        let campaign = with_strategy(&app, "Uno", "nocall", "linear", Some(1));
        let admin = app.admin();
        let path = format!("/campaigns/{campaign}/replay");
        admin.post(&path, json!({ "date": "ayer" })).field(422, "/date", "not_a_date");
        admin.post(&path, json!({ "date": "2999-01-01" })).field(422, "/date", "out_of_range");
        admin.post(&path, json!({ "date": "2025-01-01", "step_minutes": 7 })).field(422, "/step_minutes", "unknown_value");
        let staffing = |user: i64, from: &str, to: &str| {
            json!({ "date": "2025-01-01", "staffing": [{ "user_id": user, "from": from, "to": to }] })
        };
        admin.post(&path, staffing(1, "10:00", "09:00")).field(422, "/staffing/0/to", "inconsistent");
        admin.post(&path, staffing(1, "10:00", "10:00")).field(422, "/staffing/0/to", "inconsistent");
        let neither = admin.post(&path, staffing(1, "25:00", "26:00"));
        let named: Vec<&Value> = neither.json["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
        assert_eq!((neither.status, named), (422, vec![&json!("/staffing/0/from"), &json!("/staffing/0/to")]));
        admin.post(&path, staffing(1, "09:00", "x")).field(422, "/staffing/0/to", "not_a_time");
        admin.post(&path, staffing(-1, "09:00", "10:00")).field(422, "/staffing/0/user_id", "unknown_value");
        let empty = admin.post(&path, json!({ "date": "2025-01-01" })).ok();
        assert_eq!((&empty["replayed"]["arrived"], &empty["replayed"]["mean_wait_seconds"]), (&json!(0), &json!(null)));
        assert_eq!(empty["series"].as_array().unwrap().len(), 48);
        app.agent("ana").post(&path, json!({ "date": "2025-01-01" })).problem(403, "forbidden");
        let other = app.insert_campaign("Otra");
        supervisor_of(&app, "silvia", &[other.0]).post(&path, json!({ "date": "2025-01-01" })).problem(404, "not_found");
    }
}
