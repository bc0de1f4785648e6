//! An account that signs in at a provider (S10): a real one, whose tokens a real Dovecot and a real Postfix look into.

use crate::support::{Engine, Ground, LIMIT, answer_to, plain, wait_until_connected};
use posta_e2e::LabOptions;
use posta_e2e::oidc::OidcProvider;
use posta_e2e::posta::{Asking, Client, Office, PostaError, campaign_form, until};
use shared::api::campaigns::{AccountAuth, AccountHealth};
use shared::api::oauth::{BeginSignIn, OauthProvider, SignInBegun, SignInState, SignInView};
use shared::error::ErrorCode;

#[test]
fn sqlite() {
    an_account_signs_in_at_its_provider(Engine::Sqlite);
}

#[test]
fn postgres() {
    an_account_signs_in_at_its_provider(Engine::Postgres);
}

/// A person signs in as `login`; answers the sign-in's id.
fn sign_in(admin: &Client, provider: &OidcProvider, login: &str) -> String {
    let wanted = BeginSignIn { provider: OauthProvider::Generic, login_hint: Some(login.into()) };
    let answer = admin.send("POST", "campaigns/oauth2/authorize", &Asking::json(&wanted)).unwrap();
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let begun: SignInBegun = serde_json::from_slice(&answer.body).unwrap();
    let page = provider.browse(&begun.url, &cookie).unwrap();
    assert!(page.contains("Signed in."), "{page}");
    let done: SignInView = admin.get(&format!("campaigns/oauth2/sign-ins/{}", begun.id)).unwrap();
    assert_eq!((done.state, done.login.as_deref()), (SignInState::Granted, Some(login)));
    begun.id
}

fn an_account_signs_in_at_its_provider(engine: Engine) {
    let port = posta_e2e::system::free_ports(1).unwrap()[0];
    // So short that tokens are refreshed while the test looks.
    let provider = OidcProvider::start(&format!("http://127.0.0.1:{port}/api/v1/oauth2/callback"), 10).unwrap();
    let ground =
        Ground::with(engine, LabOptions { token_check: Some(provider.token_check()), ..LabOptions::default() });
    let mut options = ground
        .options()
        .env("POSTA__OAUTH__GENERIC_CLIENT_ID", "posta")
        .env("POSTA__OAUTH__GENERIC_CLIENT_SECRET", "posta-secret")
        .env("POSTA__OAUTH__GENERIC_AUTHORIZE_URL", provider.authorize_url())
        .env("POSTA__OAUTH__GENERIC_TOKEN_URL", provider.token_url());
    options.listen = format!("127.0.0.1:{port}");
    let office = Office::open(options).unwrap();
    // Nobody knows its password.
    let account = ground.lab.add_mailbox("soporte@lab.test", "nadie la sabe").unwrap();
    let other = ground.lab.add_mailbox("otra@lab.test", "nadie la sabe").unwrap();
    let mut form = campaign_form(&ground.lab, "Soporte", &account).unwrap();
    form.account.password = None;
    form.account.auth = AccountAuth::Oauth2;
    form.account.oauth_provider = Some(OauthProvider::Generic);

    // Somebody else's grant does not open this mailbox; the servers say so, and nothing is stored.
    form.account.oauth_sign_in = Some(sign_in(&office.admin, &provider, &other.address));
    match office.admin.create_campaign(&form) {
        Err(PostaError::Refused { problem, .. }) => {
            assert_eq!(problem.code, ErrorCode::MailLoginRefused, "{problem:?}");
            assert!(problem.errors.iter().all(|issue| issue.pointer == "/account/oauth_sign_in"), "{problem:?}");
        }
        made => panic!("somebody else's grant was taken: {made:?}"),
    }

    form.account.oauth_sign_in = Some(sign_in(&office.admin, &provider, &account.address));
    let campaign = office.admin.create_campaign(&form).unwrap();
    assert_eq!(campaign.account.oauth.as_ref().unwrap().login.as_deref(), Some("soporte@lab.test"));
    let ana = office.hire("ana", &[campaign.id]).unwrap();
    wait_until_connected(&office, &campaign);
    let customer = ground.customer("olga");
    let raw = plain(&customer.address, &account.address, "Pregunta", "Hola.");
    ground.lab.deliver(&raw, &customer.address, &account.address).unwrap();
    let row = ana.live.wait_for_subject("Pregunta", LIMIT).unwrap();
    let asked = ana.conversation(row.conversation_id).unwrap().messages.remove(0);
    ana.answer(asked.id, "<p>Sí.</p>").unwrap();
    let answer = ground.lab.wait_for_subject(&customer.address, "Re: Pregunta", LIMIT).unwrap();

    // Tokens end, and are refreshed: each refresh token is good once only.
    for wanted in 1..=2 {
        until("a refreshed token", LIMIT, || {
            office.admin.enable_campaign(campaign.id).unwrap();
            (provider.refreshes().unwrap() >= wanted).then_some(())
        })
        .unwrap();
    }
    ground
        .lab
        .deliver(&answer_to(&answer, &customer.address, "Gracias."), &customer.address, &account.address)
        .unwrap();
    until("his answer", LIMIT, || (ana.conversation(row.conversation_id).unwrap().messages.len() == 3).then_some(()))
        .unwrap();

    // A grant that is withdrawn wants a person.
    provider.withdraw().unwrap();
    until("the refusal", LIMIT, || office.admin.enable_campaign(campaign.id).err()).unwrap();
    ground.lab.dovecot().unwrap().restart().unwrap();
    let shown = || office.admin.campaign(campaign.id).unwrap().account;
    let stopped = until("the stop", LIMIT, || Some(shown()).filter(|it| it.health == AccountHealth::Stopped)).unwrap();
    assert!(stopped.last_error.unwrap().starts_with("sign in again"), "it does not say what to do");
    form.account.oauth_sign_in = Some(sign_in(&office.admin, &provider, &account.address));
    office.admin.update_campaign(campaign.id, &form).unwrap();
    wait_until_connected(&office, &campaign);
    let log = office.posta.log().since(0);
    assert!(!log.iter().any(|line| line.contains("posta-secret") || line.contains("Bearer")), "a secret is in the log");
}
