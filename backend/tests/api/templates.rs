//! Templates: what is stored of them, who reads and writes them, how they look, and how they come into mail (S19,
//! S35–S38, S109).

use crate::{
    conversations::{agent, at_work, begin, campaign, send, source},
    support::{Builder, Client, TestApp},
};
use posta::{
    kernel::db::schema::{blobs, campaigns, template_images},
    mail::parse,
};
use serde_json::{Value, json};
use shared::ids::CampaignId;
use std::time::Duration;

/// A form.
pub fn form(kind: &str, name: &str, source: &str) -> Value {
    let subject = if kind == "signature" { "" } else { "Hola" };
    json!({ "kind": kind, "name": name, "subject": subject, "format": "html", "source": source })
}

/// A template that is stored.
pub fn template(app: &TestApp, form: Value) -> Value {
    let made = app.admin().post("/templates", form);
    assert_eq!(made.status, 201, "{made:?}");
    made.json
}

/// A template that is offered in this campaign only.
pub fn of_campaign(app: &TestApp, campaign: i64) -> Value {
    let mut form = form("signature", &format!("De {campaign}"), "<p>Ajena</p>");
    form["campaign_id"] = json!(campaign);
    template(app, form)["id"].clone()
}

/// Changes settings of a campaign that reaches no server.
pub fn set(app: &TestApp, id: CampaignId, changes: Value) {
    let admin = app.admin();
    let view = admin.get(&format!("/campaigns/{id}")).ok();
    let mut form = json!({
        "name": view["name"], "max_interactions": 2, "receive": false, "from_name": view["from_name"],
        "reply_token": view["reply_token"],
        "account": { "address": view["account"]["address"], "smtp": view["account"]["smtp"] },
        "signature_template_id": view["signature_template_id"],
        "confirmation": view["confirmation"], "rating": view["rating"],
    });
    for (field, value) in changes.as_object().unwrap() {
        form[field] = value.clone();
    }
    let saved = admin.put(&format!("/campaigns/{id}?save_disabled=true"), form);
    assert_eq!(saved.status, 200, "{saved:?}");
    use diesel::prelude::*;
    app.write(|conn| {
        diesel::update(campaigns::table.find(id)).set(campaigns::enabled.eq(true)).execute(conn)?;
        diesel::update(posta::kernel::db::schema::mail_accounts::table)
            .set(posta::kernel::db::schema::mail_accounts::smtp_stopped.eq(true))
            .execute(conn)?;
        Ok(())
    });
}

/// A small picture.
pub fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89".to_vec();
    bytes.extend_from_slice(&[0; 32]);
    bytes
}

/// Uploads a file as a picture.
pub fn upload(client: &Client, name: &str, bytes: &[u8]) -> crate::support::Answer {
    let mut body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: image/png\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--b--\r\n");
    client.send("POST", "/template-images", Some(("multipart/form-data; boundary=b", body)))
}

const MJML: &str = "<mjml><mj-body><mj-section><mj-column><mj-text>Hola, ${customer.first_name}</mj-text></mj-column>\
    <mj-column><mj-button href=\"https://a.example/?c=${customer.address}\">Ver</mj-button></mj-column></mj-section></mj-body></mjml>";

both_engines! {
    fn a_template_is_stored_changed_and_deleted(app) {
        let admin = app.admin();
        let made = admin.post("/templates", form("reply", "Gracias", "<p>Gracias, ${customer.name}.</p><script>x</script>"));
        assert_eq!(made.status, 201, "{made:?}");
        let id = made.json["id"].as_i64().unwrap();
        assert_eq!(made.header("location"), Some(format!("/api/v1/templates/{id}").as_str()));
        assert_eq!(made.header("etag"), Some("\"1\""));
        let content = &made.json["content"];
        assert_eq!((&content["number"], &content["html"]), (&json!(1), &json!("<p>Gracias, ${customer.name}.</p>")));
        assert_eq!((&content["text"], &content["own_text"]), (&json!("Gracias, ${customer.name}."), &json!(false)));
        assert_eq!((&content["warnings"], &made.json["used_by"], &content["author_name"]), (&json!([]), &json!([]), &json!("Ada Administradora")));
        let path = format!("/templates/{id}");
        assert_eq!(admin.get(&path).json, made.json);

        let other = form("reply", "Gracias", "<p>Muchas gracias.</p>");
        admin.with("If-Match", "\"7\"").put(&path, other.clone()).problem(412, "version_mismatch");
        let changed = admin.with("If-Match", "\"1\"").put(&path, other.clone()).ok();
        assert_eq!((&changed["version"], &changed["content"]["number"]), (&json!(2), &json!(2)));
        // The same words once more are no version; a new name is none either.
        let renamed = admin.put(&path, { let mut form = other.clone(); form["name"] = json!("Gracias mil"); form }).ok();
        assert_eq!((&renamed["version"], &renamed["content"]["number"], &renamed["name"]), (&json!(3), &json!(2), &json!("Gracias mil")));
        let versions = admin.get(&format!("{path}/versions")).ok();
        let numbers: Vec<_> = versions["items"].as_array().unwrap().iter().map(|row| row["number"].clone()).collect();
        assert_eq!(numbers, [2, 1]);
        let page = admin.get(&format!("{path}/versions?limit=1")).ok();
        let cursor = page["next_cursor"].as_str().unwrap();
        assert_eq!(admin.get(&format!("{path}/versions?limit=1&cursor={cursor}")).ok()["items"][0]["number"], 1);
        let first = admin.get(&format!("{path}/versions/1")).ok();
        assert_eq!(first["html"], "<p>Gracias, ${customer.name}.</p>");
        admin.get(&format!("{path}/versions/3")).problem(404, "not_found");
        let restored = admin.post(&format!("{path}/versions/1/restore"), json!({})).ok();
        assert_eq!((&restored["content"]["number"], &restored["content"]["source"]), (&json!(3), &first["source"]));
        admin.with("If-Match", "\"1\"").post(&format!("{path}/versions/1/restore"), json!({})).problem(412, "version_mismatch");

        let copy = admin.post(&format!("{path}/duplicate"), json!({ "name": "Copia" }));
        assert_eq!((copy.status, &copy.json["content"]["html"], &copy.json["shortcut"]), (201, &first["html"], &Value::Null));
        admin.post(&format!("{path}/duplicate"), json!({ "name": "copia" })).field(422, "/name", "not_unique");
        assert_eq!(admin.delete(&path).status, 204);
        admin.get(&path).problem(404, "not_found");
        let audited = app.audited();
        for action in ["templates.create", "templates.update", "templates.restore", "templates.delete"] {
            assert!(audited.contains(&action.to_owned()), "{action}");
        }
    }

    fn forms_are_judged(app) {
        let admin = app.admin();
        let once = admin.with("Idempotency-Key", "clave-plantilla");
        let first = once.post("/templates", form("reply", "Una vez", "<p>x</p>")).ok();
        assert_eq!(once.post("/templates", form("reply", "Una vez", "<p>x</p>")).ok()["id"], first["id"]);
        template(&app, form("reply", "Información", "<p>x</p>"));
        let with = |field: &str, value: Value| { let mut form = form("reply", "Otra", "<p>x</p>"); form[field] = value; form };
        for (body, pointer, rule) in [
            (with("name", json!("INFORMACION")), "/name", "not_unique"),
            (with("name", json!("a;b")), "/name", "forbidden_character"),
            (with("source", json!("")), "/source", "required"),
            (with("subject", json!("a\nb")), "/subject", "forbidden_character"),
            (with("shortcut", json!("gracias")), "/shortcut", "forbidden_character"),
            (with("shortcut", json!("/a b")), "/shortcut", "forbidden_character"),
            (with("campaign_id", json!(999_999)), "/campaign_id", "unknown_value"),
            (with("format", json!("mjml")), "/source", "not_renderable"),
        ] {
            admin.post("/templates", body).field(422, pointer, rule);
        }
        let mut signature = form("signature", "Firma", "<p>x</p>");
        signature["subject"] = json!("Asunto");
        admin.post("/templates", signature.clone()).field(422, "/subject", "inconsistent");
        signature["subject"] = json!("");
        signature["shortcut"] = json!("/firma");
        admin.post("/templates", signature).field(422, "/shortcut", "inconsistent");
        let mut bare = form("confirmation", "Recibido", "<p>x</p>");
        bare["subject"] = json!("");
        admin.post("/templates", bare).field(422, "/subject", "required");
        assert_eq!(admin.post("/templates", with("owner", json!(1))).status, 400);
        // A kind is for life.
        let made = template(&app, form("reply", "Fija", "<p>x</p>"));
        admin.put(&format!("/templates/{}", made["id"]), form("mass_mail", "Fija", "<p>x</p>")).field(422, "/kind", "inconsistent");
    }

    fn shortcuts_are_unique_where_they_are_offered(app) {
        let admin = app.admin();
        let (one, two) = (campaign(&app, "Una"), campaign(&app, "Dos"));
        let reply = |name: &str, campaign: Option<CampaignId>| {
            let mut form = form("reply", name, "<p>x</p>");
            form["shortcut"] = json!("/Gracias");
            form["campaign_id"] = json!(campaign);
            form
        };
        assert_eq!(template(&app, reply("a", Some(one)))["shortcut"], "/gracias");
        template(&app, reply("b", Some(two)));
        admin.post("/templates", reply("c", Some(one))).field(422, "/shortcut", "not_unique");
        admin.post("/templates", reply("d", None)).field(422, "/shortcut", "not_unique");
    }

    fn lists_are_narrowed_and_paged(app) {
        let admin = app.admin();
        let (one, two) = (campaign(&app, "Una"), campaign(&app, "Dos"));
        let make = |kind: &str, name: &str, campaign: Option<CampaignId>| {
            let mut form = form(kind, name, "<p>x</p>");
            form["campaign_id"] = json!(campaign);
            template(&app, form);
        };
        make("reply", "Ánimo", Some(one));
        make("reply", "Bienvenida", Some(two));
        make("signature", "Cordial", None);
        make("confirmation", "Recibido 100%", None);
        make("mass_mail", "Verano", Some(one));
        let names = |client: &Client, query: &str| -> Vec<String> {
            let rows = client.get(&format!("/templates{query}")).ok();
            rows["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(&admin, ""), ["Ánimo", "Bienvenida", "Cordial", "Recibido 100%", "Verano"]);
        assert_eq!(names(&admin, "?kind=reply"), ["Ánimo", "Bienvenida"]);
        assert_eq!(names(&admin, &format!("?campaign_id={one}")), ["Ánimo", "Cordial", "Recibido 100%", "Verano"]);
        assert_eq!(names(&admin, "?search=ANIMO"), ["Ánimo"]);
        assert_eq!(names(&admin, "?search=0%25"), ["Recibido 100%"]);
        assert_eq!(names(&admin, "?search=_"), Vec::<String>::new());
        let page = admin.get("/templates?limit=2").ok();
        let cursor = page["next_cursor"].as_str().unwrap();
        assert_eq!(names(&admin, &format!("?limit=2&cursor={cursor}")), ["Cordial", "Recibido 100%"]);
        admin.get("/templates?cursor=x").problem(400, "bad_cursor");
        assert_eq!(admin.get("/templates?kind=nothing").status, 400);
        let row = &admin.get("/templates?search=verano").ok()["items"][0];
        assert_eq!((&row["campaign_name"], &row["subject"], &row["number"]), (&json!("Una"), &json!("Hola"), &json!(1)));

        // Agents read what they write with, in their campaigns; supervisors what is offered in theirs.
        let ana = agent(&app, "ana", &[two]);
        assert_eq!(names(&ana, ""), ["Bienvenida", "Cordial"]);
        let sofia = crate::campaigns::supervisor_of(&app, "sofia", &[two.0]);
        assert_eq!(names(&sofia, ""), ["Bienvenida", "Cordial", "Recibido 100%"]);
        let foreign = admin.get("/templates?search=animo").ok()["items"][0]["id"].clone();
        for client in [&ana, &sofia] {
            client.get(&format!("/templates/{foreign}")).problem(404, "not_found");
            client.get(&format!("/templates/{foreign}/versions")).problem(404, "not_found");
            client.get(&format!("/templates/{foreign}/versions/1")).problem(404, "not_found");
            client.delete(&format!("/templates/{foreign}")).problem(403, "forbidden");
        }
        let machine = admin.get("/templates?search=recibido").ok()["items"][0]["id"].clone();
        ana.get(&format!("/templates/{machine}")).problem(404, "not_found");
    }

    fn previews_show_samples_and_warn(app) {
        let admin = app.admin();
        let preview = admin.post("/templates/preview", json!({
            "kind": "confirmation", "format": "mjml", "subject": "Recibido: ${subject} ${nada}", "source": MJML,
        })).ok();
        assert_eq!(preview["subject"], "Recibido: Pregunta sobre mi pedido");
        let html = preview["html"].as_str().unwrap();
        assert!(html.contains("Hola, Carla") && html.contains("c=carla%40example.com"), "{html}");
        assert!(preview["text"].as_str().unwrap().contains("Hola, Carla"), "{preview}");
        assert_eq!(preview["warnings"], json!([{ "code": "unknown_variable", "detail": "nada" }]));
        let frame = app.anonymous().send_raw("GET", preview["frame_url"].as_str().unwrap(), None);
        assert_eq!(frame.status, 200, "{frame:?}");
        assert!(frame.text.contains("Hola, Carla") && frame.text.contains("@media only screen"), "{}", frame.text);
        assert!(frame.header("content-security-policy").unwrap().starts_with("sandbox allow-same-origin"), "{frame:?}");
        let outside = preview["frame_url"].as_str().unwrap().replace("template-frames/", "template-frames/A");
        assert_eq!(app.anonymous().send_raw("GET", &outside, None).status, 403);

        let odd = admin.post("/templates/preview", json!({
            "kind": "reply", "format": "html",
            "source": "<style>p{color:red}</style><img src=\"https://otro.example/x.png\"><img src=\"/api/v1/template-images/00000000000000000000000000000000\" alt=\"a\">",
        })).ok();
        let codes: Vec<_> = odd["warnings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect();
        assert_eq!(codes, ["missing_alt", "remote_image", "missing_image", "style_sheet_dropped"]);
        let frame = app.anonymous().send_raw("GET", odd["frame_url"].as_str().unwrap(), None);
        assert!(!frame.text.contains("otro.example") && frame.text.contains("/api/v1/remote-images/"), "{}", frame.text);
        admin.post("/templates/preview", json!({ "kind": "reply", "format": "mjml", "source": "<p>" })).field(422, "/source", "not_renderable");
        admin.post("/templates/preview", json!({ "kind": "reply", "format": "html", "source": "x", "campaign_id": 999_999 })).field(422, "/campaign_id", "unknown_value");
        // Mass mail has the names of its rows.
        let mass = admin.post("/templates/preview", json!({ "kind": "mass_mail", "format": "html", "source": "<p>${pedido}</p>" })).ok();
        assert_eq!((&mass["html"], &mass["warnings"]), (&json!("<p>[pedido]</p>"), &json!([])));
        let campaign = campaign(&app, "Ventas");
        let own = admin.post("/templates/preview", json!({ "kind": "reply", "format": "html", "source": "<p>${campaign.name}</p>", "campaign_id": campaign })).ok();
        assert_eq!(own["html"], "<p>Ventas</p>");

        let saved = template(&app, form("reply", "Guardada", "<p>Hola, ${customer.first_name}</p>"));
        let frame = app.anonymous().send_raw("GET", saved["content"]["frame_url"].as_str().unwrap(), None);
        assert!(frame.status == 200 && frame.text.contains("Hola, Carla"), "{frame:?}");
        let variables = app.agent("ana").get("/template-variables?kind=signature").ok();
        let names: Vec<_> = variables["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        assert!(names.contains(&"agent.name".to_owned()) && !names.contains(&"customer.name".to_owned()), "{names:?}");
        assert_eq!(variables["others_from_rows"], false);
    }

    fn pictures_are_stored_shown_and_swept(app) {
        let admin = app.admin();
        for (name, bytes) in [("x.svg", b"<svg onload=alert(1)>".to_vec()), ("x.png", b"no picture".to_vec()), ("x.pdf", b"%PDF-1.7".to_vec())] {
            upload(&admin, name, &bytes).field(422, "/file", "wrong_type");
        }
        upload(&admin, "big.png", &[png(), vec![0; 5 * 1024 * 1024]].concat()).problem(413, "too_large");
        let image = upload(&admin, "../logo.png", &png());
        assert_eq!((image.status, &image.json["content_type"]), (201, &json!("image/png")), "{image:?}");
        let url = image.json["url"].as_str().unwrap().to_owned();
        let unused = upload(&admin, "unused.png", &png()).ok();
        let shown = app.anonymous().send_raw("GET", &url, None);
        assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/png")), "{shown:?}");

        let source = format!("<p><img src=\"{url}\" alt=\"Logo\"></p>");
        let made = template(&app, form("reply", "Con logo", &source));
        assert_eq!(made["content"]["html"], source, "the page shows the picture where it lies");
        assert_eq!(made["content"]["warnings"], json!([]));
        app.advance(Duration::from_secs(25 * 3_600));
        let before = app.posta.core.now().minus(Duration::from_secs(24 * 3_600));
        let swept = crate::support::block_on(app.posta.templates.sweep(before)).unwrap();
        assert_eq!(swept, 1);
        assert_eq!(app.anonymous().send_raw("GET", unused["url"].as_str().unwrap(), None).status, 403);
        assert_eq!(app.anonymous().send_raw("GET", &url, None).status, 200);
        // An earlier version still shows it.
        let path = format!("/templates/{}", made["id"]);
        app.sign_in("admin").put(&path, form("reply", "Con logo", "<p>sin</p>")).ok();
        assert_eq!(crate::support::block_on(app.posta.templates.sweep(before)).unwrap(), 0);
        app.sign_in("admin").delete(&path);
        assert_eq!(crate::support::block_on(app.posta.templates.sweep(before)).unwrap(), 1);
        use diesel::prelude::*;
        let left: (i64, Vec<String>) = app.read(|conn| {
            Ok((template_images::table.count().get_result(conn)?, blobs::table.select(blobs::sha256).load(conn)?))
        });
        assert_eq!(left.0, 0);
        let later = app.posta.core.now().plus(Duration::from_secs(60));
        let unnamed = app.read(|conn| Ok(posta::files::sweep::unnamed(conn, &left.1, later)?));
        assert_eq!(unnamed.len(), left.1.len(), "its content is to be collected");
    }

    fn what_is_used_stays(app) {
        let admin = app.admin();
        let (one, two) = (campaign(&app, "Una"), campaign(&app, "Dos"));
        let signature = template(&app, form("signature", "Firma", "<p>x</p>"));
        let confirmation = template(&app, form("confirmation", "Recibido", "<p>x</p>"));
        set(&app, one, json!({ "signature_template_id": signature["id"], "confirmation": { "enabled": true, "template_id": confirmation["id"] } }));
        set(&app, two, json!({ "signature_template_id": signature["id"] }));
        let path = format!("/templates/{}", signature["id"]);
        let refused = admin.delete(&path).problem(409, "in_use");
        assert_eq!(refused.json["detail"], "it is used as signature of Dos, signature of Una");
        assert_eq!(admin.get(&path).ok()["used_by"], json!([
            { "role": "signature", "name": "Dos", "campaign_id": two },
            { "role": "signature", "name": "Una", "campaign_id": one },
        ]));
        admin.delete(&format!("/templates/{}", confirmation["id"])).problem(409, "in_use");
        let mut taken = form("signature", "Firma", "<p>x</p>");
        taken["campaign_id"] = json!(one);
        let refused = admin.put(&path, taken.clone()).problem(409, "in_use");
        assert_eq!(refused.json["detail"], "it is used as signature of Dos");
        set(&app, two, json!({ "signature_template_id": null }));
        admin.put(&path, taken).ok();
        // What is another campaign's, of another kind, or not there, no campaign takes.
        let view = admin.get(&format!("/campaigns/{two}")).ok();
        let form = |field: &str, value: Value| {
            let mut form = json!({
                "name": "Dos", "max_interactions": 2, "receive": false,
                "account": { "address": view["account"]["address"], "smtp": view["account"]["smtp"] },
            });
            form[field] = value;
            form
        };
        let save = |form: Value| admin.put(&format!("/campaigns/{two}?save_disabled=true"), form);
        for wrong in [&signature["id"], &confirmation["id"], &json!(999_999)] {
            save(form("signature_template_id", wrong.clone())).field(422, "/signature_template_id", "unknown_value");
        }
        save(form("confirmation", json!({ "enabled": true }))).field(422, "/confirmation/template_id", "required");
        save(form("confirmation", json!({ "enabled": true, "template_id": signature["id"] }))).field(422, "/confirmation/template_id", "unknown_value");
        save(form("rating", json!({ "enabled": true, "prompt": "¿Qué tal?" }))).field(422, "/rating/enabled", "inconsistent");
        let left = save(form("rating", json!({ "prompt": "¿Qué tal?", "thanks_html": "<p onclick=x>Gracias</p><script>x</script>" }))).ok();
        assert_eq!(left["rating"], json!({ "enabled": false, "prompt": "¿Qué tal?", "thanks_html": "<p>Gracias</p>" }));
    }

    fn drafts_begin_with_the_signature(app) {
        let (campaign_id, ana, conversation) = at_work(&app);
        let url = upload(&app.admin(), "logo.png", &png()).ok()["url"].as_str().unwrap().to_owned();
        let source_html = format!("<p>${{agent.name}}, ${{campaign.name}}</p><p><img src=\"{url}\" alt=\"Logo\"></p>");
        let signature = template(&app, form("signature", "Firma", &source_html));
        set(&app, campaign_id, json!({ "signature_template_id": signature["id"] }));
        let shown = ana.get(&format!("/campaigns/{campaign_id}/signature")).ok();
        assert_eq!(shown["html"], format!("<p>ana, Soporte</p><p><img src=\"{url}\" alt=\"Logo\"></p>"));
        assert_eq!(shown["text"].as_str().unwrap().lines().next(), Some("ana, Soporte"));
        app.agent("luis").get(&format!("/campaigns/{campaign_id}/signature")).problem(404, "not_found");

        let draft = begin(&ana, &conversation);
        let html = draft["html"].as_str().unwrap();
        assert!(html.starts_with("<div><br></div><div class=\"posta-signature\"><p>ana, Soporte</p>"), "{html}");
        assert!(html.contains("/api/v1/files/"), "{html}");
        assert_eq!(draft["attachments"].as_array().unwrap().len(), 1);
        assert_eq!(draft["attachments"][0]["inline"], true);
        // As an editor sends it back, with the agent's words above.
        let written = html.replacen("<div><br></div>", "<div>Va de camino.</div>", 1);
        let path = format!("/drafts/{}", draft["id"]);
        let changed = ana.patch(&path, json!({ "html": written })).ok();
        assert!(changed["html"].as_str().unwrap().contains("posta-signature"));
        let sent = send(&ana, &draft, "clave-firma", json!({ "undo_seconds": 0 })).ok();
        let message = ana.get(&format!("/messages/{}", sent["message_id"])).ok();
        let raw = source(&app, &message);
        let mail = parse::parse(raw.as_bytes()).unwrap();
        let body = mail.html.unwrap();
        let (words, name, quote) = (body.find("Va de camino").unwrap(), body.find("ana, Soporte").unwrap(), body.find("posta-quote").unwrap());
        assert!(words < name && name < quote, "{body}");
        assert!(raw.contains("@template.posta>"), "the picture goes along");
        assert!(mail.text.contains("ana, Soporte"));
        assert_eq!(message["attachments"].as_array().unwrap().len(), 1);
    }

    fn a_signature_that_was_removed_leaves_nothing_behind(app) {
        let (campaign_id, ana, conversation) = at_work(&app);
        let url = upload(&app.admin(), "logo.png", &png()).ok()["url"].as_str().unwrap().to_owned();
        let signature = template(&app, form("signature", "Firma", &format!("<p><img src=\"{url}\" alt=\"Logo\"></p>")));
        set(&app, campaign_id, json!({ "signature_template_id": signature["id"] }));
        let draft = begin(&ana, &conversation);
        ana.patch(&format!("/drafts/{}", draft["id"]), json!({ "html": "<p>Sin firma.</p>" })).ok();
        let sent = send(&ana, &draft, "clave-sin", json!({ "undo_seconds": 0 })).ok();
        let message = ana.get(&format!("/messages/{}", sent["message_id"])).ok();
        assert_eq!(message["attachments"], json!([]));
        assert!(!source(&app, &message).contains("template.posta"));
    }

    fn another_campaign_brings_its_own_signature(app) {
        let (one, two) = (campaign(&app, "Una"), campaign(&app, "Dos"));
        let ana = agent(&app, "ana", &[one, two]);
        for (campaign, name) in [(one, "uno"), (two, "dos")] {
            let made = template(&app, form("signature", name, &format!("<p>Firma {name}</p>")));
            set(&app, campaign, json!({ "signature_template_id": made["id"] }));
        }
        let draft = ana.post("/drafts", json!({ "kind": "new", "campaign_id": one })).ok();
        assert!(draft["html"].as_str().unwrap().contains("Firma uno"));
        let path = format!("/drafts/{}", draft["id"]);
        let moved = ana.patch(&path, json!({ "campaign_id": two })).ok();
        assert!(moved["html"].as_str().unwrap().contains("Firma dos"), "{moved}");
        ana.patch(&path, json!({ "html": "<p>Escrito</p>" })).ok();
        assert_eq!(ana.patch(&path, json!({ "campaign_id": one })).ok()["html"], "<p>Escrito</p>");
    }

    fn canned_answers_are_filled_for_a_draft(app) {
        let (_, ana, conversation) = at_work(&app);
        let url = upload(&app.admin(), "logo.png", &png()).ok()["url"].as_str().unwrap().to_owned();
        let source_html = format!("<p>Gracias, ${{customer.first_name}}. ${{nada}}${{agent.name}} <img src=\"{url}\" alt=\"x\"></p>");
        let mut reply = form("reply", "Gracias", &source_html);
        reply["shortcut"] = json!("/gracias");
        let reply = template(&app, reply);
        let confirmation = template(&app, form("confirmation", "Recibido", "<p>x</p>"));
        let other = campaign(&app, "Otra");
        let mut foreign = form("reply", "Ajena", "<p>x</p>");
        foreign["campaign_id"] = json!(other);
        let foreign = template(&app, foreign);
        let draft = begin(&ana, &conversation);
        let path = format!("/drafts/{}/fill-template", draft["id"]);
        let filled = ana.post(&path, json!({ "template_id": reply["id"] })).ok();
        let html = filled["html"].as_str().unwrap();
        assert!(html.starts_with("<p>Gracias, Ana. ana <img src=\"/api/v1/files/"), "{html}");
        assert_eq!(filled["unknown"], json!(["nada"]));
        ana.post(&path, json!({ "template_id": reply["id"] })).ok();
        let draft = ana.get(&format!("/drafts/{}", draft["id"])).ok();
        assert_eq!(draft["attachments"].as_array().unwrap().len(), 1, "its picture is there once");
        for wrong in [&confirmation, &foreign] {
            ana.post(&path, json!({ "template_id": wrong["id"] })).problem(404, "not_found");
        }
        let luis = app.agent("luis");
        luis.post(&path, json!({ "template_id": reply["id"] })).problem(404, "not_found");
    }

    fn a_test_goes_out_as_real_mail(app) {
        let admin = app.admin();
        let (one, two) = (campaign(&app, "Una"), campaign(&app, "Dos"));
        let url = upload(&admin, "logo.png", &png()).ok()["url"].as_str().unwrap().to_owned();
        let mut offer = form("mass_mail", "Oferta", &format!("<p>Hola ${{nombre}} <img src=\"{url}\" alt=\"x\"></p>"));
        offer["subject"] = json!("Oferta para ${nombre}");
        let offer = template(&app, offer);
        let path = format!("/templates/{}/send-test", offer["id"]);
        admin.post(&path, json!({ "to": "yo@lab.test" })).field(422, "/campaign_id", "required");
        admin.post(&path, json!({ "campaign_id": one })).field(422, "/to", "required");
        admin.post(&path, json!({ "campaign_id": one, "to": "yo" })).field(422, "/to", "not_an_address");
        admin.post(&path, json!({ "campaign_id": 999_999, "to": "yo@lab.test" })).field(422, "/campaign_id", "unknown_value");
        let sent = admin.post(&path, json!({ "campaign_id": one, "to": "yo@lab.test" }));
        assert_eq!((sent.status, &sent.json["to"]), (202, &json!("yo@lab.test")), "{sent:?}");
        let message = admin.get(&format!("/messages/{}", sent.json["message_id"])).ok();
        assert_eq!((&message["subject"], &message["delivery"]), (&json!("Oferta para [nombre]"), &json!("queued")));
        assert_eq!(message["from"]["email"], "una@lab.test");
        let raw = source(&app, &message);
        let mail = parse::parse(raw.as_bytes()).unwrap();
        assert!(mail.html.unwrap().contains("Hola [nombre] <img src=\"cid:"), "{raw}");
        assert!(admin.get("/interactions").ok()["items"].as_array().unwrap().is_empty(), "it is nobody's work");
        let mut own = form("reply", "Propia", "<p>x</p>");
        own["campaign_id"] = json!(one);
        let own = template(&app, own);
        admin.post(&format!("/templates/{}/send-test", own["id"]), json!({ "campaign_id": two, "to": "yo@lab.test" })).field(422, "/campaign_id", "inconsistent");
        assert_eq!(admin.post(&format!("/templates/{}/send-test", own["id"]), json!({ "to": "yo@lab.test" })).status, 202);
    }

    fn pictures_may_be_linked_instead(app, |builder: Builder| builder.setting("server.public_url", "http://posta.test/")) {
        let admin = app.admin();
        let one = campaign(&app, "Una");
        let url = upload(&admin, "logo.png", &png()).ok()["url"].as_str().unwrap().to_owned();
        let mut offer = form("mass_mail", "Oferta", &format!("<p>Hola <img src=\"{url}\" alt=\"x\"></p>"));
        offer["images"] = json!("link");
        let offer = template(&app, offer);
        let sent = admin.post(&format!("/templates/{}/send-test", offer["id"]), json!({ "campaign_id": one, "to": "yo@lab.test" })).ok();
        let message = admin.get(&format!("/messages/{}", sent["message_id"])).ok();
        let raw = source(&app, &message);
        let html = parse::parse(raw.as_bytes()).unwrap().html.unwrap();
        assert!(html.contains(&format!("src=\"http://posta.test{url}\"")), "{html}");
        assert!(!raw.contains("template.posta"), "{raw}");
        assert_eq!(message["attachments"], json!([]));
    }
}
