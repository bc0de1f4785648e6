//! Opening hours (S7): mail comes in at any time and is handed out within them.

use crate::{
    conversations::{agent, assigned, letter, mail_in},
    support::{Client, TestApp},
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use posta::kernel::db::schema::{campaigns, mail_accounts, sessions};
use serde_json::{Value, json};
use shared::ids::CampaignId;
use std::time::Duration;

const EVERY_DAY: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The form of a campaign that reaches no server.
fn form(name: &str, schedule: Value) -> Value {
    json!({
        "name": name, "max_interactions": 2, "receive": false, "schedule": schedule,
        "account": {
            "address": format!("{}@lab.test", name.to_lowercase()), "password": "x",
            "smtp": { "host": "192.0.2.1", "port": 25, "security": "starttls" },
        },
    })
}

/// A campaign of these hours that is on, and whose mail goes nowhere.
fn campaign(app: &TestApp, name: &str, schedule: Value) -> CampaignId {
    let made = app.admin().post("/campaigns?save_disabled=true", form(name, schedule)).ok();
    let id = CampaignId(made["id"].as_i64().unwrap());
    app.write(|conn| {
        diesel::update(campaigns::table.find(id)).set(campaigns::enabled.eq(true)).execute(conn)?;
        diesel::update(mail_accounts::table.filter(mail_accounts::campaign_id.eq(id)))
            .set(mail_accounts::smtp_stopped.eq(true))
            .execute(conn)?;
        Ok(())
    });
    id
}

/// So many minutes from now, as the hour of a schedule in UTC.
fn hour(app: &TestApp, minutes: i64) -> String {
    let now = DateTime::<Utc>::from_timestamp_millis(app.posta.core.now().millis()).unwrap();
    (now + chrono::Duration::minutes(minutes)).format("%H:%M").to_string()
}

fn hours(from: String, to: String) -> Value {
    json!({ "zone": "UTC", "spans": [{ "weekdays": EVERY_DAY, "from": from, "to": to }] })
}

fn waiting(app: &TestApp) -> Vec<Value> {
    app.admin().get("/interactions?state=waiting").ok()["items"].as_array().unwrap().clone()
}

/// The agent's session stays alive for so long.
fn stay(app: &TestApp, client: &Client, minutes: u64) {
    let (user, until) = (client.user_id(), app.posta.core.now().plus(Duration::from_secs(minutes * 60)));
    app.write(|conn| {
        let own = sessions::table.filter(sessions::user_id.eq(user));
        diesel::update(own).set(sessions::last_seen_at.eq(until)).execute(conn)?;
        Ok(())
    });
}

both_engines! {
    fn mail_waits_until_the_campaign_opens(app) {
        let closed = campaign(&app, "Noche", hours(hour(&app, 8), hour(&app, 68)));
        let open = campaign(&app, "Siempre", json!({}));
        let view = app.admin().get(&format!("/campaigns/{closed}")).ok();
        assert_eq!(view["open"], false);
        let opens = DateTime::parse_from_rfc3339(view["next_change_at"].as_str().unwrap()).unwrap();
        assert_eq!(opens.format("%H:%M").to_string(), hour(&app, 8));
        assert_eq!(app.admin().get(&format!("/campaigns/{open}")).ok()["next_change_at"], Value::Null);

        let ana = agent(&app, "ana", &[closed, open]);
        mail_in(&app, closed, &letter("ana@cliente.test", "De noche", "m1@cliente.test", ""));
        mail_in(&app, open, &letter("ana@cliente.test", "De día", "m2@cliente.test", ""));
        // The router has looked at both when the second is handed out: it goes through them in the order of their ids.
        assert_eq!(assigned(&ana)["subject"], "De día");
        let rows = waiting(&app);
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0]["subject"], "De noche");

        app.advance(Duration::from_secs(9 * 60));
        stay(&app, &ana, 10);
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while !waiting(&app).is_empty() {
            assert!(std::time::Instant::now() < deadline, "it was not handed out when the campaign opened");
            std::thread::yield_now();
        }
        assert_eq!(app.admin().get(&format!("/campaigns/{closed}")).ok()["open"], true);
    }

    fn a_schedule_is_kept_as_it_was_sent_and_judged_with_the_form(app) {
        let schedule = json!({
            "zone": "Europe/Madrid",
            "spans": [
                { "weekdays": ["monday", "friday"], "from": "09:00", "to": "18:00" },
                { "weekdays": ["saturday"], "from": "22:00", "to": "06:00" },
            ],
            "holidays": [{ "date": "2026-12-25", "name": "Navidad" }],
        });
        let admin = app.admin();
        let made = admin.post("/campaigns?save_disabled=true", form("Ventas", schedule.clone())).ok();
        assert_eq!(made["schedule"], schedule);
        let id = &made["id"];
        let mut changed = form("Ventas", json!({ "zone": "UTC" }));
        changed["account"].as_object_mut().unwrap().remove("password");
        let saved = admin.with("If-Match", "\"1\"").put(&format!("/campaigns/{id}?save_disabled=true"), changed).ok();
        assert_eq!(saved["schedule"], json!({ "zone": "UTC", "spans": [], "holidays": [] }));

        let span = |weekdays: Value, from: &str, to: &str| json!({ "weekdays": weekdays, "from": from, "to": to });
        let wrong = json!({
            "zone": "Mars/Olympus",
            "spans": [span(json!([]), "9:00", "24:01"), span(json!(["monday", "monday"]), "00:00", "24:00")],
            "holidays": [{ "date": "2026-02-30" }, { "date": "2026-12-25" }, { "date": "2026-12-25" }],
        });
        let refused = admin.post("/campaigns?save_disabled=true", form("Otra", wrong));
        assert_eq!(refused.status, 422);
        let found: Vec<(&str, &str)> = refused.json["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["pointer"].as_str().unwrap(), one["rule"].as_str().unwrap()))
            .collect();
        let expected = [
            ("/schedule/spans/0/weekdays", "required"),
            ("/schedule/spans/0/from", "not_a_time"),
            ("/schedule/spans/0/to", "not_a_time"),
            ("/schedule/spans/1/weekdays", "not_unique"),
            ("/schedule/holidays/0/date", "not_a_date"),
            ("/schedule/holidays/2/date", "not_unique"),
            ("/schedule/zone", "unknown_value"),
        ];
        assert_eq!(found, expected);
        let strange = admin.post("/campaigns?save_disabled=true", form("Otra", json!({ "zones": "UTC" })));
        assert_eq!((strange.status, strange.json["errors"][0]["rule"].as_str()), (400, Some("unknown_field")));
    }

    // Waiting counts within the hours only (S5, S24): what came in at night is not late in the morning.
    fn alarms_count_the_wait_within_the_hours(app) {
        let put = |id: CampaignId, name: &str, schedule: Value, thresholds: Value| {
            let mut body = form(name, schedule);
            body["thresholds"] = thresholds;
            app.admin().put(&format!("/campaigns/{id}?save_disabled=true"), body)
        };
        let shut = hours(hour(&app, 8), hour(&app, 68));
        let (closed, open) = (campaign(&app, "Noche", shut.clone()), campaign(&app, "Siempre", json!({})));
        let wrong = put(open, "Siempre", json!({}), json!({ "waiting_seconds": 0 }));
        wrong.field(422, "/thresholds/waiting_seconds", "out_of_range");
        let thresholds = json!({ "waiting_seconds": 600, "handling_seconds": 100, "most_waiting": 5, "service_level_percent": 80 });
        for (id, name, schedule) in [(closed, "Noche", shut), (open, "Siempre", json!({}))] {
            assert_eq!(put(id, name, schedule, thresholds.clone()).ok()["thresholds"], thresholds);
            mail_in(&app, id, &letter("ana@cliente.test", name, &format!("{id}@cliente.test"), ""));
        }
        let rows = waiting(&app);
        let seconds = |subject: &str, key: &str| {
            let row = rows.iter().find(|row| row["subject"] == subject).unwrap();
            let time = |value: &Value| DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap();
            (time(&row["alarm"][key]) - time(&row["arrived_at"])).num_seconds()
        };
        assert_eq!((seconds("Siempre", "near_at"), seconds("Siempre", "over_at")), (480, 600));
        let (near, over) = (seconds("Noche", "near_at"), seconds("Noche", "over_at"));
        assert_eq!(over - near, 120);
        assert!((480 + 7 * 60..=480 + 8 * 60).contains(&near), "{near}: it opens in less than eight minutes");

        // In an agent's hands the time runs from when he got it.
        app.write(|conn| {
            diesel::update(campaigns::table.find(open)).set(campaigns::enabled.eq(true)).execute(conn)?;
            Ok(())
        });
        let ana = agent(&app, "ana", &[open]);
        let held = assigned(&ana);
        let time = |key: &str| DateTime::parse_from_rfc3339(key).unwrap();
        let since = time(held["assigned_at"].as_str().unwrap());
        assert_eq!((time(held["alarm"]["over_at"].as_str().unwrap()) - since).num_seconds(), 100);
        let path = format!("/interactions/{}/finish", held["id"]);
        assert_eq!(ana.post(&path, json!({})).ok()["alarm"], Value::Null);
    }

    fn holidays_come_from_a_calendar_file(app) {
        let year = DateTime::<Utc>::from_timestamp_millis(app.posta.core.now().millis()).unwrap().format("%Y").to_string();
        let file = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{year}1225\r\nSUMMARY:Navidad\r\n\
             END:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART:{year}1224T190000Z\r\nSUMMARY:Cena\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let admin = app.admin();
        let read = admin.post("/campaigns/read-holidays", json!({ "calendar": file })).ok();
        assert_eq!(read["holidays"], json!([{ "date": format!("{year}-12-25"), "name": "Navidad" }]));
        assert_eq!(read["skipped"], json!([{ "name": "Cena", "reason": "not_a_whole_day" }]));

        let refuse = |text: &str, rule| {
            let answer = admin.post("/campaigns/read-holidays", json!({ "calendar": text }));
            answer.field(422, "/calendar", rule);
        };
        refuse("a;b;c", "not_a_calendar");
        refuse("", "required");
        refuse(&"a".repeat(1_000_001), "too_long");
    }
}
