//! Switching on with mail that waited (S17), and deleting with work that is open (S30).

use super::{Servers, paused, stored, untried, with};
use crate::{
    conversations::{self, agent, assigned, at_work, begin, campaign, letter, mail_in},
    support::{Client, TestApp},
};
use serde_json::{Value, json};

/// Sends an answer that waits for its undo time.
fn answer(client: &Client, conversation: &Value, key: &str) -> Value {
    let draft = begin(client, conversation);
    let path = format!("/drafts/{}", draft["id"]);
    client.patch(&path, json!({ "html": "<p>Ya va de camino.</p>" })).ok();
    conversations::send(client, &draft, key, json!({ "undo_seconds": 60 })).ok()
}

fn delivery(client: &Client, conversation: &Value) -> Value {
    let shown = client.get(&format!("/conversations/{}", conversation["id"])).ok();
    shown["messages"].as_array().unwrap().last().unwrap().clone()
}

fn waiting(app: &TestApp) -> usize {
    app.admin().get("/interactions?state=waiting").ok()["items"].as_array().unwrap().len()
}

both_engines! {
    fn mail_that_waited_is_sent_or_discarded_as_the_administrator_says(app, paused) {
        let servers = Servers::start();
        let admin = app.admin();
        let made = admin.post("/campaigns", servers.sender("Soporte")).ok();
        let (id, path) = (shared::ids::CampaignId(made["id"].as_i64().unwrap()), format!("/campaigns/{}", made["id"]));
        let ana = agent(&app, "ana", &[id]);
        let number = mail_in(&app, id, &letter("ana@cliente.test", "Pedido", "m1@cliente.test", ""));
        assigned(&ana);
        let conversation = ana.get(&format!("/conversations/{number}")).ok();
        answer(&ana, &conversation, "answer-0001");
        assert_eq!(admin.get(&path).ok()["outgoing"], 1);
        assert_eq!(admin.post(&format!("{path}/disable"), Value::Null).ok()["enabled"], false);

        admin.post(&format!("{path}/enable"), Value::Null).problem(409, "open_work");
        let form = with(servers.sender("Soporte"), "/enabled", true);
        admin.put(&path, form.clone()).problem(409, "open_work");
        assert_eq!(admin.get(&path).ok()["enabled"], false, "nothing was decided");

        let enabled = admin.post(&format!("{path}/enable?outgoing=send"), Value::Null).ok();
        assert_eq!((&enabled["enabled"], &enabled["outgoing"]), (&json!(true), &json!(1)));
        assert_eq!(delivery(&ana, &conversation)["delivery"], "held", "it leaves when its time comes");
        // What is on already asks nothing, whatever is under way.
        admin.post(&format!("{path}/enable"), Value::Null).ok();
        admin.put(&path, form.clone()).ok();

        admin.post(&format!("{path}/disable"), Value::Null).ok();
        let enabled = admin.put(&format!("{path}?outgoing=discard"), form).ok();
        assert_eq!((&enabled["enabled"], &enabled["outgoing"]), (&json!(true), &json!(0)));
        let mail = delivery(&ana, &conversation);
        assert_eq!(mail["delivery"], "failed", "it stays where it was written, and says so");
        assert!(mail["last_reply"].as_str().unwrap().contains("discarded by an administrator"));
        ana.post(&format!("/messages/{}/retry", mail["id"]), Value::Null).ok();
        assert_ne!(delivery(&ana, &conversation)["delivery"], "failed", "and can be tried again");
    }

    fn a_campaign_with_open_work_is_not_deleted_unasked(app) {
        let (id, ana, conversation) = at_work(&app);
        let path = format!("/campaigns/{id}");
        mail_in(&app, id, &letter("eva@cliente.test", "Factura", "m2@cliente.test", ""));
        mail_in(&app, id, &letter("ivo@cliente.test", "Cita", "m3@cliente.test", ""));
        answer(&ana, &conversation, "answer-0001");
        let admin = app.admin();
        let work = admin.get(&format!("{path}/open-work")).ok();
        let number = |key: &str| work[key].as_u64().unwrap();
        assert_eq!((number("waiting") + number("assigned"), number("outgoing")), (3, 1));

        for how in ["", "?interactions=finish", "?discard_outgoing=true"] {
            admin.delete(&format!("{path}{how}")).problem(409, "open_work");
        }
        for (how, rule) in [
            ("?interactions=move", "required"),
            ("?interactions=move&move_to=424242", "unknown_value"),
            (&*format!("?interactions=move&move_to={id}"), "unknown_value"),
            (&*format!("?interactions=finish&move_to={id}"), "inconsistent"),
        ] {
            admin.delete(&format!("{path}{how}")).field(422, "/move_to", rule);
        }
        admin.with("If-Match", "\"77\"").delete(&format!("{path}?interactions=finish&discard_outgoing=true")).problem(412, "version_mismatch");
        assert_eq!(admin.get(&path).ok()["enabled"], true, "nothing has happened");

        assert_eq!(admin.delete(&format!("{path}?interactions=finish&discard_outgoing=true")).status, 204);
        admin.get(&path).problem(404, "not_found");
        admin.delete(&path).problem(404, "not_found");
        admin.get(&format!("{path}/members")).problem(404, "not_found");
        assert_eq!(admin.get("/campaigns").ok()["items"], json!([]));
        assert_eq!(waiting(&app), 0);
        assert!(app.audited().iter().any(|action| action == "campaigns.delete"));
        assert_eq!(stored(&app, "mail_accounts", "sealed_password"), [Vec::<u8>::new()], "no password is kept");

        // The history stays; the agent has nothing to do with it any more.
        let kept = admin.get(&format!("/conversations/{}", conversation["id"])).ok();
        assert_eq!(kept["messages"].as_array().unwrap().len(), 2);
        ana.get(&format!("/conversations/{}", conversation["id"])).problem(404, "not_found");
        assert_eq!(ana.get("/interactions?state=assigned&mine=true").ok()["items"], json!([]));
        // The name is free again.
        untried(&app, "Soporte");
    }

    fn open_interactions_move_to_another_campaign_with_their_conversations(app) {
        let (old, ana, conversation) = at_work(&app);
        mail_in(&app, old, &letter("eva@cliente.test", "Factura", "m2@cliente.test", ""));
        mail_in(&app, old, &letter("ivo@cliente.test", "Cita", "m3@cliente.test", ""));
        let draft = begin(&ana, &conversation);
        let new = campaign(&app, "Ventas");
        let eva = agent(&app, "eva", &[new]);
        let admin = app.admin();
        assert_eq!(admin.delete(&format!("/campaigns/{old}?interactions=move&move_to={new}")).status, 204);

        // Who held it holds it, and goes on writing.
        let held = assigned(&ana);
        assert_eq!((&held["campaign_id"], &held["campaign_name"]), (&json!(new), &json!("Ventas")));
        let path = format!("/drafts/{}", draft["id"]);
        assert_eq!(ana.get(&path).ok()["campaign_id"], json!(new));
        ana.patch(&path, json!({ "html": "<p>Sigo aquí.</p>" })).ok();
        conversations::send(&ana, &draft, "answer-0001", json!({})).ok();
        // What waited is handed out there.
        assert_eq!(assigned(&eva)["campaign_id"], json!(new));
        let open = admin.get(&format!("/campaigns/{new}/open-work")).ok();
        assert_eq!(open["waiting"].as_u64().unwrap() + open["assigned"].as_u64().unwrap(), 3);
    }
}
