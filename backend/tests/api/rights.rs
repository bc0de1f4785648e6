//! The rights matrix (A1): every operation of the document, asked by everyone.
//!
//! What an operation expects is read from its `security`: nothing, or a permission. Who may is read from the roles. An
//! operation without `security`, or with a scope that is no permission, fails. Rooms add further rows to [`FOREIGN`]:
//! things of a campaign that the caller does not see, which must not be there for him.

use crate::support::{Client, PASSWORD, TestApp};
use serde_json::{Value, json};
use shared::permission::{Permission, Role};
use std::time::Duration;

/// Makes a thing that a limited supervisor must not see, and names it: path below `/api/v1`, with `GET`.
type Foreign = fn(&TestApp) -> String;

const FOREIGN: &[Foreign] = &[
    |app| format!("/users/{}", app.agent("ajena").user_id()),
    |app| format!("/campaigns/{}", crate::campaigns::untried(app, "Ajena")),
    |app| format!("/templates/{}", crate::templates::of_campaign(app, crate::campaigns::untried(app, "Vecina"))),
];

struct Operation {
    method: String,
    path: String,
    /// `None`: open to everyone.
    permission: Option<Permission>,
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(posta::app::document()).unwrap();
    let mut list = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if !["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let name = format!("{method} {path}");
            let security = operation["security"].as_array().unwrap_or_else(|| panic!("{name} has no security"));
            assert_eq!(security.len(), 1, "{name}: one way in, or none");
            let permission = match security[0].get("bearer") {
                None => {
                    assert_eq!(security[0], json!({}), "{name}");
                    None
                }
                Some(scopes) => {
                    let scopes = scopes.as_array().unwrap();
                    assert_eq!(scopes.len(), 1, "{name}: one permission");
                    Some(scopes[0].as_str().unwrap().parse().unwrap_or_else(|_| panic!("{name}: {}", scopes[0])))
                }
            };
            list.push(Operation { method: method.to_uppercase(), path: path.clone(), permission });
        }
    }
    assert!(list.len() > 15);
    list
}

/// A path with ids that name nothing, so that nobody changes anything by asking.
fn concrete(path: &str) -> String {
    let segments: Vec<&str> =
        path.split('/').map(|segment| if segment.starts_with('{') { "999999999" } else { segment }).collect();
    segments.join("/").trim_start_matches("/api/v1").to_owned()
}

fn ask(client: &Client, operation: &Operation) -> u16 {
    // A body that no operation takes: whoever gets past the door is told so, and changes nothing.
    let body = (operation.method != "GET" && operation.method != "DELETE")
        .then(|| ("application/json", b"{\"ni por asomo\":1}".to_vec()));
    client.send(&operation.method, &concrete(&operation.path), body).status
}

/// Operations that do something even for a body that makes no sense; asked with care elsewhere.
fn acts_without_a_body(operation: &Operation) -> bool {
    operation.path.ends_with("/auth/sign-out")
}

both_engines! {
    fn whoever_is_not_signed_in_gets_nowhere(app) {
        let (ana, gone, expired) = (app.agent("ana"), app.agent("gone"), app.agent("late"));
        let admin = app.admin();
        gone.post("/auth/sign-out", Value::Null);
        let disabled = app.agent("off");
        admin.patch(&format!("/users/{}", disabled.user_id()), json!({ "enabled": false })).ok();
        app.advance(Duration::from_secs(3_600));
        let forged = app.anonymous();
        forged.set_token(Some(format!("{}x", ana.token().unwrap())));
        for (who, client) in
            [("nobody", app.anonymous()), ("signed out", gone), ("expired", expired), ("disabled", disabled), ("forged", forged)]
        {
            for operation in operations() {
                if operation.permission.is_none() {
                    continue;
                }
                let status = ask(&client, &operation);
                assert_eq!(status, 401, "{who}: {} {}", operation.method, operation.path);
            }
        }
    }

    fn everyone_may_what_his_role_permits_and_nothing_else(app) {
        for role in Role::ALL {
            let client = app.user(&format!("uno-{role}"), *role);
            for operation in operations() {
                let Some(permission) = operation.permission else { continue };
                let status = ask(&client, &operation);
                let name = format!("{role}: {} {} answered {status}", operation.method, operation.path);
                if role.may(permission) {
                    assert!(!matches!(status, 401 | 403) && status < 500, "{name}");
                } else {
                    assert_eq!(status, 403, "{name}");
                }
            }
        }
    }

    fn before_a_forced_change_only_ones_own_things_are_open(app) {
        let body = json!({ "login": "ana", "name": "Ana", "role": "administrator", "password": PASSWORD });
        app.admin().post("/users", body).ok();
        let ana = app.anonymous();
        ana.sign_in("ana", PASSWORD).ok();
        for operation in operations() {
            let Some(permission) = operation.permission else { continue };
            let (status, name) = (ask(&ana, &operation), format!("{} {}", operation.method, operation.path));
            if permission == Permission::SelfManage {
                assert_ne!(status, 403, "{name}");
            } else {
                assert_eq!(status, 403, "{name}");
            }
        }
    }

    fn what_is_open_to_everyone_is_known(app) {
        let open: Vec<String> = operations()
            .into_iter()
            .filter(|operation| operation.permission.is_none())
            .map(|operation| format!("{} {}", operation.method, operation.path.trim_start_matches("/api/v1")))
            .collect();
        let known = [
            "GET /live",
            // Where providers send people back to; worth nothing without state and cookie.
            "GET /oauth2/callback",
            "GET /setup",
            // By the unguessable token of a link that an administrator made.
            "POST /auth/links/read",
            "POST /auth/links/spend",
            "POST /auth/refresh",
            "POST /auth/sign-in",
            "POST /auth/sign-out",
            "POST /setup",
            // Opened by a signed link, where a browser can send no token.
            "GET /files/{token}",
            "GET /frames/{token}",
            "GET /remote-images/{token}",
            "GET /template-frames/{token}",
            // In sent mail, by an unguessable token.
            "GET /template-images/{token}",
        ];
        let unknown: Vec<_> = open.iter().filter(|path| !known.contains(&path.as_str())).collect();
        assert!(unknown.is_empty(), "open to everyone, and not known to be: {unknown:?}");
        for operation in operations().iter().filter(|operation| operation.permission.is_none()) {
            if !acts_without_a_body(operation) {
                let status = ask(&app.anonymous(), operation);
                assert!(status < 500 && status != 404, "{} {}: {status}", operation.method, operation.path);
            }
        }
    }

    fn foreign_things_are_not_there(app) {
        let campaign = app.insert_campaign("La suya");
        let sofia = app.supervisor();
        app.admin().patch(&format!("/users/{}", sofia.user_id()), json!({ "limited_to": [campaign] })).ok();
        for make in FOREIGN {
            let path = make(&app);
            app.admin().get(&path).ok();
            let missing = path.rsplit_once('/').map(|(parent, _)| format!("{parent}/999999999")).unwrap();
            let (foreign, missing) = (sofia.get(&path).problem(404, "not_found"), sofia.get(&missing));
            let bare = |mut answer: crate::support::Answer| {
                answer.json["request_id"] = Value::Null;
                answer.json
            };
            assert_eq!(bare(foreign), bare(missing), "{path}");
        }
    }
}
