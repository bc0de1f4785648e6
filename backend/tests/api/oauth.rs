//! Mail accounts that sign in at a provider (S10): the flow and what it refuses, refresh and its end. The provider here
//! says what it is told to; the journeys in `e2e` ask a real one.

use crate::{
    campaigns::servers::{LOGIN, Servers, with},
    support::{Answer, Builder, Client, TestApp, block_on},
};
use posta::{
    campaigns::{account, grant::NoToken},
    mail::{account::Credential, oauth::OauthError},
};
use posta_e2e::fake::{FakeImap, FakeSmtp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::ids::AccountId;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

/// The access token that the mail servers take.
const ACCESS: &str = "acceso-7731";

/// What the provider answers, and what it was asked.
#[derive(Default)]
struct Script {
    refuse: Option<(u16, &'static str)>,
    asked: Vec<String>,
    rotations: u32,
}

/// A token endpoint on loopback.
struct Provider {
    port: u16,
    script: Arc<Mutex<Script>>,
}

impl Provider {
    /// One for all tests of this process's run: each is a process of its own.
    fn get() -> &'static Self {
        static ONE: OnceLock<Provider> = OnceLock::new();
        ONE.get_or_init(|| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let script = Arc::new(Mutex::new(Script::default()));
            let inside = Arc::clone(&script);
            std::thread::spawn(move || listener.incoming().flatten().for_each(|socket| serve(&inside, socket)));
            Self { port, script }
        })
    }

    fn asked(&self, grant: &str) -> Vec<String> {
        let script = self.script.lock().unwrap();
        script.asked.iter().filter(|body| body.contains(&format!("grant_type={grant}"))).cloned().collect()
    }

    fn refuse(&self, answer: Option<(u16, &'static str)>) {
        self.script.lock().unwrap().refuse = answer;
    }
}

fn serve(script: &Mutex<Script>, socket: std::net::TcpStream) {
    let mut reader = BufReader::new(socket);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut script = script.lock().unwrap();
    script.asked.push(String::from_utf8(body).unwrap());
    let (status, text) = match script.refuse {
        Some((status, error)) => (status, json!({ "error": error, "error_description": "as told" })),
        None => {
            script.rotations += 1;
            let refresh = format!("refresco-{}", script.rotations);
            (
                200,
                json!({ "access_token": ACCESS, "token_type": "Bearer", "expires_in": 3600, "refresh_token": refresh }),
            )
        }
    };
    let text = text.to_string();
    let head = format!(
        "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        text.len()
    );
    let _ = reader.get_mut().write_all(format!("{head}{text}").as_bytes());
}

fn configured(builder: Builder) -> Builder {
    let port = Provider::get().port;
    builder
        .setting("mail.allow_hosts", "127.0.0.1")
        .setting("mail.start_paused", true)
        .setting("oauth.generic_client_id", "posta")
        .setting("oauth.generic_client_secret", "secreto-del-cliente")
        .setting("oauth.generic_authorize_url", format!("http://127.0.0.1:{port}/authorize"))
        .setting("oauth.generic_token_url", format!("http://127.0.0.1:{port}/token"))
}

/// A sign-in begun: its id, its state, and the browser's cookie.
fn begin(client: &Client) -> (String, String, String) {
    let begun = client.post("/campaigns/oauth2/authorize", json!({ "provider": "generic", "login_hint": LOGIN }));
    assert_eq!(begun.status, 201, "{begun:?}");
    let url = begun.json["url"].as_str().unwrap();
    assert!(url.contains("code_challenge_method=S256") && url.contains("login_hint=soporte%40lab.test"), "{url}");
    assert!(!url.contains("secreto"), "{url}");
    let state = url.split('&').find_map(|part| part.strip_prefix("state=")).unwrap().to_owned();
    let cookie = begun.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/api/v1/oauth2"),
        "{cookie}"
    );
    (begun.json["id"].as_str().unwrap().to_owned(), state, cookie.split(';').next().unwrap().to_owned())
}

fn come_back(app: &TestApp, state: &str, cookie: &str, rest: &str) -> Answer {
    app.anonymous().with("Cookie", cookie).get(&format!("/oauth2/callback?state={state}&{rest}"))
}

/// A sign-in that was granted.
fn granted(app: &TestApp, client: &Client) -> String {
    let (id, state, cookie) = begin(client);
    let page = come_back(app, &state, &cookie, "code=codigo").text;
    assert!(page.contains("Signed in."), "{page}");
    id
}

fn state(client: &Client, id: &str) -> Value {
    client.get(&format!("/campaigns/oauth2/sign-ins/{id}")).ok()
}

fn servers() -> Servers {
    Servers {
        smtp: FakeSmtp::builder().login(LOGIN, ACCESS).start().unwrap(),
        imap: FakeImap::builder().login(LOGIN, ACCESS).start().unwrap(),
    }
}

/// A form that signs in with what was granted.
fn form(servers: &Servers, name: &str, sign_in: Option<&str>) -> Value {
    let mut form = with(servers.form(name), "/account/auth", "oauth2");
    let account = form["account"].as_object_mut().unwrap();
    account.remove("password");
    account.insert("oauth_provider".into(), json!("generic"));
    if let Some(id) = sign_in {
        account.insert("oauth_sign_in".into(), json!(id));
    }
    form
}

fn faults(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = answer.json["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["rule"]))).collect()
}

fn fault(pointer: &str, rule: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), rule.to_owned())]
}

fn open(app: &TestApp, id: AccountId) -> Result<account::OpenAccount, NoToken> {
    block_on(account::open_fresh(&app.posta.core, app.posta.campaigns.servers(), id))
}

both_engines! {
    fn an_account_signs_in_with_what_was_granted(app, configured) {
        let (provider, servers, admin) = (Provider::get(), servers(), app.admin());
        let id = granted(&app, &admin);
        assert_eq!(state(&admin, &id), json!({ "state": "granted", "login": null, "error": null }));
        let asked = provider.asked("authorization_code").remove(0);
        for part in ["code=codigo", "code_verifier=", "client_id=posta", "client_secret=secreto-del-cliente", "redirect_uri=http%3A%2F%2F"] {
            assert!(asked.contains(part), "{part}: {asked}");
        }
        let trial = json!({ "receive": true, "account": form(&servers, "A", Some(&id))["account"] });
        let tried = admin.post("/campaigns/test-connection", trial).ok();
        assert!(tried["tests"].as_array().unwrap().iter().all(|test| test["outcome"] == "ok"), "{tried}");

        let made = admin.post("/campaigns", form(&servers, "A", Some(&id)));
        assert_eq!(made.status, 201, "{made:?}");
        let account = &made.json["account"];
        assert_eq!((&account["auth"], &account["oauth"]["provider"]), (&json!("oauth2"), &json!("generic")));
        // Nothing of it comes back, nor lies open in the database.
        let shown = format!("{}{}{}", made.text, admin.get("/audit").text, state_text(&admin, &id));
        for secret in [ACCESS, "refresco-", "secreto-del-cliente", "codigo"] {
            assert!(!shown.contains(secret), "{secret}");
        }
        // A sign-in is used once.
        let again = admin.post("/campaigns", with(form(&servers, "B", Some(&id)), "/enabled", false));
        assert_eq!(faults(&again), fault("/account/oauth_sign_in", "unknown_value"));
        // An edit keeps what was granted, for the same servers.
        let path = format!("/campaigns/{}", made.json["id"]);
        assert_eq!(admin.put(&path, form(&servers, "A2", None)).status, 200);
        let elsewhere = with(form(&servers, "A2", None), "/account/smtp/host", "127.0.0.2");
        assert_eq!(faults(&admin.put(&path, elsewhere)), fault("/account/oauth_sign_in", "required"));
        // Back to a password, which must be entered: there was none.
        let servers = Servers::start();
        let back = with(servers.form("A3"), "/account/password", "");
        assert_eq!(faults(&admin.put(&path, back)), fault("/account/password", "required"));
        let back = admin.put(&path, servers.form("A3")).ok();
        assert_eq!((&back["account"]["auth"], &back["account"]["oauth"]), (&json!("password"), &Value::Null));
    }

    fn a_sign_in_belongs_to_its_browser_its_session_and_its_user(app, configured) {
        let (servers, admin) = (servers(), app.admin());
        let expired = |page: Answer| assert!(page.text.contains("not good any more"), "{page:?}");
        let (id, made, cookie) = begin(&admin);
        expired(come_back(&app, &made, "posta_oauth=otra", "code=codigo"));
        expired(come_back(&app, "otro", &cookie, "code=codigo"));
        assert_eq!(state(&admin, &id)["state"], "pending");
        assert!(come_back(&app, &made, &cookie, "code=codigo").text.contains("Signed in."));
        expired(come_back(&app, &made, &cookie, "code=codigo"));
        // Another administrator cannot use it, nor see it.
        let other = app.user("otro-admin", shared::permission::Role::Administrator);
        other.get(&format!("/campaigns/oauth2/sign-ins/{id}")).problem(404, "not_found");
        let stolen = other.post("/campaigns", form(&servers, "A", Some(&id)));
        assert_eq!(faults(&stolen), fault("/account/oauth_sign_in", "unknown_value"));
        // Whoever has signed out meanwhile, or took too long, begins again.
        let leaving = app.admin();
        let (_, made, cookie) = begin(&leaving);
        leaving.post("/auth/sign-out", Value::Null);
        expired(come_back(&app, &made, &cookie, "code=codigo"));
        let (_, made, cookie) = begin(&admin);
        app.advance(Duration::from_secs(601));
        expired(come_back(&app, &made, &cookie, "code=codigo"));
        // What the provider says is told in the form.
        let admin = app.admin();
        let (id, made, cookie) = begin(&admin);
        let page = come_back(&app, &made, &cookie, "error=access_denied&error_description=no%0D%0Aquiere");
        assert!(page.text.contains("did not let us in") && !page.text.contains("quiere"), "{page:?}");
        assert_eq!(state(&admin, &id)["error"], "the provider refused: access_denied no quiere");
        let refused = admin.post("/campaigns/oauth2/authorize", json!({ "provider": "google" }));
        assert_eq!(faults(&refused), fault("/provider", "unknown_value"));
    }

    fn tokens_are_refreshed_by_one_at_a_time(app, configured) {
        let (provider, servers, admin) = (Provider::get(), servers(), app.admin());
        let sign_in = granted(&app, &admin);
        let made = admin.post("/campaigns", form(&servers, "A", Some(&sign_in))).ok();
        let id = AccountId(made["account"]["id"].as_i64().unwrap());
        let before = provider.asked("refresh_token").len();
        assert!(matches!(open(&app, id).unwrap().smtp.credential, Some(Credential::OAuthToken(token)) if token.expose_secret() == ACCESS));
        assert_eq!(provider.asked("refresh_token").len(), before, "a good token is not refreshed");
        app.advance(Duration::from_secs(3_500));
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| open(&app, id).unwrap());
            }
        });
        let asked = provider.asked("refresh_token");
        assert_eq!(asked.len(), before + 1, "{asked:?}");
        let first = asked.last().unwrap().clone();
        app.advance(Duration::from_secs(3_500));
        open(&app, id).unwrap();
        let second = provider.asked("refresh_token").pop().unwrap();
        assert_ne!(first, second, "the rotated refresh token was not kept");
        // A provider that is away stops nothing for good; one that wants a person does.
        app.advance(Duration::from_secs(3_500));
        provider.refuse(Some((503, "server_error")));
        assert!(matches!(open(&app, id), Err(NoToken::Oauth(OauthError::Away(_)))));
        provider.refuse(Some((400, "invalid_grant")));
        let Err(NoToken::Oauth(error)) = open(&app, id) else { panic!("a withdrawn grant gave a token") };
        assert_eq!(error.to_string(), "sign in again: invalid_grant as told");
        let admin = app.admin();
        let enabled = admin.post(&format!("/campaigns/{}/enable", made["id"]), Value::Null).problem(422, "mail_login_refused");
        assert_eq!(faults(&enabled), fault("/account/oauth_sign_in", "refused"));
        provider.refuse(None);
        open(&app, id).unwrap();
        // New keys seal the tokens, too.
        app.posta.rotate_keys().unwrap();
        assert!(open(&app, id).is_err(), "the keys of before open what was sealed anew");
    }
}

fn state_text(client: &Client, id: &str) -> String {
    client.get(&format!("/campaigns/oauth2/sign-ins/{id}")).text
}
