//! How a campaign hands out (S6, S16, S26, S40–S44): what the form says is kept, shown, and judged field by field.

use super::{fault, faults, paused};
use serde_json::{Value, json};

/// A form that is stored untried.
fn form(more: &Value) -> Value {
    let mut form = json!({
        "name": "Soporte",
        "receive": false,
        "max_interactions": 1,
        "account": {
            "address": "soporte@lab.test",
            "password": "secret-of-nobody",
            "smtp": {"host": "mail.invalid", "port": 25, "security": "starttls"},
        },
    });
    for (name, value) in more.as_object().unwrap() {
        form[name] = value.clone();
    }
    form
}

both_engines! {
    fn what_a_form_says_of_handing_out_is_kept(app, paused) {
        let admin = app.admin();
        let first = json!({
            "eligibility": "omni", "delivery_order": "wrandom", "max_interactions": 4, "default_priority": 3,
            "max_in_queue": 50, "last_agent_seconds": 600, "offer_timeout_seconds": 120, "wrap_up_seconds": 45,
            "priority_rules": [
                {"field": "sender", "matching": "contains", "pattern": "@preferente.test", "priority": 1},
                {"field": "subject", "matching": "contains", "pattern": "urgente", "priority": 2},
            ],
        });
        let made = admin.post("/campaigns?save_disabled=true", form(&first));
        assert_eq!(made.status, 201, "{:?}", made.json);
        let path = format!("/campaigns/{}", made.json["id"]);
        // Other values, and for what is left out its default: an edit replaces.
        let second = json!({ "eligibility": "ringall", "delivery_order": "linear", "wrap_up_seconds": 3_600, "max_interactions": null });
        let third = json!({});
        let defaults = json!({
            "eligibility": "nocall", "delivery_order": "rrmemory", "max_interactions": 1, "default_priority": 5, "max_in_queue": 0,
            "last_agent_seconds": 0, "offer_timeout_seconds": 0, "wrap_up_seconds": 0, "priority_rules": [],
        });
        for wanted in [first, second, third] {
            let saved = admin.put(&format!("{path}?save_disabled=true"), form(&wanted));
            assert_eq!(saved.status, 200, "{:?}", saved.json);
            let shown = admin.get(&path).ok();
            for (name, default) in defaults.as_object().unwrap() {
                let expected = wanted.get(name).unwrap_or(default);
                assert_eq!((&shown[name], &saved.json[name]), (expected, expected), "{name} of {wanted}");
            }
        }
    }

    fn what_a_form_says_of_handing_out_is_judged(app, paused) {
        let admin = app.admin();
        for (field, value, pointer, rule) in [
            ("default_priority", json!(0), "/default_priority", "out_of_range"),
            ("default_priority", json!(10), "/default_priority", "out_of_range"),
            ("max_in_queue", json!(100_001), "/max_in_queue", "out_of_range"),
            ("last_agent_seconds", json!(2_592_001), "/last_agent_seconds", "out_of_range"),
            ("offer_timeout_seconds", json!(86_401), "/offer_timeout_seconds", "out_of_range"),
            ("wrap_up_seconds", json!(3_601), "/wrap_up_seconds", "out_of_range"),
            ("max_interactions", json!(1_001), "/max_interactions", "out_of_range"),
            ("max_interactions", Value::Null, "/max_interactions", "required"),
            (
                "priority_rules",
                json!([{"field": "sender", "matching": "equals", "pattern": "", "priority": 1}]),
                "/priority_rules/0/pattern",
                "required",
            ),
            (
                "priority_rules",
                json!([{"field": "sender", "matching": "equals", "pattern": "x", "priority": 11}]),
                "/priority_rules/0/priority",
                "out_of_range",
            ),
        ] {
            let refused = admin.post("/campaigns?save_disabled=true", form(&json!({ field: value })));
            assert_eq!((refused.status, faults(&refused)), (422, vec![fault(pointer, rule)]), "{field} {value}");
        }
        for field in ["eligibility", "delivery_order"] {
            let refused = admin.post("/campaigns?save_disabled=true", form(&json!({ field: "everybody" })));
            assert_eq!((refused.status, &refused.json["errors"][0]["pointer"]), (400, &json!(format!("/{field}"))));
        }
        assert_eq!(admin.get("/campaigns").ok()["items"], json!([]));
    }
}
