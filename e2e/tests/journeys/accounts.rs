//! Mail accounts: judged on Save, stopped when the password is refused, mended by the next Save, silent when off.

use crate::support::{Ground, LIMIT, plain, wait_until_connected};
use posta_e2e::posta::{PostaError, campaign_form, is_refused, until};
use posta_e2e::tls::Authority;
use shared::api::campaigns::{AccountHealth, CampaignInput, LoginOutcome, MailProtocol, TestConnection};
use shared::api::conversations::Delivery;
use shared::error::{ErrorCode, Problem};
use shared::live::LiveEvent;
use shared::validate::Rule;

journeys!(
    a_wrong_password_is_refused_in_the_servers_words,
    a_changed_password_stops_the_account_until_it_is_saved,
    a_disabled_campaign_does_nothing,
);

fn problem<T: std::fmt::Debug>(result: Result<T, PostaError>) -> Problem {
    match result {
        Err(PostaError::Refused { problem, .. }) => *problem,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn a_wrong_password_is_refused_in_the_servers_words(ground: &Ground) {
    let office = ground.office();
    let account = ground.lab.add_mailbox("ventas@lab.test", "correcta").unwrap();
    let mut form = campaign_form(&ground.lab, "Ventas", &account).unwrap();
    form.account.password = Some("equivocada".into());
    let refused = problem(office.admin.create_campaign(&form));
    assert_eq!((refused.code, refused.status), (ErrorCode::MailLoginRefused, 422));
    let told = serde_json::to_string(&refused).unwrap().to_lowercase();
    assert!(told.contains("authentication failed") || told.contains("535"), "not the server's words: {told}");
    assert!(
        refused.errors.iter().any(|issue| issue.pointer == "/account/password" && issue.rule == Rule::Refused),
        "{refused:?}"
    );
    assert!(!told.contains("equivocada"), "the password is in the answer");
    assert!(office.admin.all::<serde_json::Value>("campaigns").unwrap().is_empty(), "a refused campaign was made");

    // A server that is not there reads differently, and can be saved disabled.
    let closed = posta_e2e::system::free_ports(1).unwrap()[0];
    let mut away: CampaignInput = form.clone();
    away.account.password = Some("correcta".into());
    away.account.smtp.port = closed;
    away.name.push_str(" lejos");
    assert_eq!(problem(office.admin.create_campaign(&away)).code, ErrorCode::MailServerUnreachable);
    let saved: shared::api::campaigns::CampaignView = office.admin.post("campaigns?save_disabled=true", &away).unwrap();
    assert!(!saved.enabled);

    // Test connection says for each protocol what came of it.
    let test = |form: &CampaignInput| {
        let wanted = TestConnection { campaign_id: None, receive: true, account: form.account.clone() };
        let answer = office.admin.test_connection(&wanted).unwrap();
        answer.tests.into_iter().map(|test| (test.protocol, test.outcome, test.detail)).collect::<Vec<_>>()
    };
    let both = |outcome: LoginOutcome, tests: &[(MailProtocol, LoginOutcome, String)]| {
        assert_eq!(tests.len(), 2, "{tests:?}");
        assert!(tests.iter().all(|test| test.1 == outcome), "{tests:?}");
    };
    both(LoginOutcome::RefusedLogin, &test(&form));
    form.account.password = Some("correcta".into());
    both(LoginOutcome::Ok, &test(&form));
    // A host that policy forbids answers as one that is not there, so that nobody learns what stands in our network.
    let told = |host: &str| {
        let mut elsewhere = form.clone();
        elsewhere.account.smtp.host = host.into();
        test(&elsewhere).remove(0)
    };
    assert_eq!(told("10.255.255.1"), told("no-such-host.invalid"));
    assert_eq!(told("10.255.255.1").1, LoginOutcome::CannotReach);
    // A certificate of a stranger is refused.
    let stranger = Authority::new("stranger").unwrap().issue(&["127.0.0.1", "localhost"]).unwrap();
    let fake = posta_e2e::fake::FakeImap::builder()
        .login("ventas@lab.test", "correcta")
        .start_tls(&stranger)
        .unwrap()
        .start()
        .unwrap();
    let mut doubtful = form.clone();
    doubtful.account.imap.as_mut().unwrap().port = fake.port();
    assert!(test(&doubtful).iter().any(|test| *test == (MailProtocol::Imap, LoginOutcome::Tls, test.2.clone())));
    assert_eq!(fake.counts().logins, 0);

    let made = office.admin.create_campaign(&form).unwrap();
    wait_until_connected(&office, &made);
    let shown = office.admin.json(&format!("campaigns/{}", made.id)).unwrap().to_string();
    assert!(!shown.contains("correcta"), "a password came back: {shown}");
    assert!(!office.posta.log().since(0).iter().any(|line| line.contains("correcta") || line.contains("equivocada")));
}

fn a_changed_password_stops_the_account_until_it_is_saved(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let customer = ground.customer("olga");
    let (from, to) = (customer.address.as_str(), desk.account.address.as_str());
    let watcher = posta_e2e::posta::Agent::sign_in(&desk.office.posta, "admin").unwrap();
    ground.lab.set_password(&desk.account.login, "otra").unwrap();
    ground.lab.dovecot().unwrap().restart().unwrap();
    // Reading stops with the server's words, and the supervisor is told.
    let stopped = |what: &str| {
        until(what, LIMIT, || {
            let account = desk.office.admin.campaign(desk.campaign.id).unwrap().account;
            (account.health == AccountHealth::Stopped).then_some(account)
        })
        .unwrap()
    };
    let account = stopped("the account being stopped");
    assert!(account.last_error.unwrap().to_lowercase().contains("auth"));
    watcher
        .live
        .wait("the alarm", LIMIT, |state| {
            state.events.iter().find_map(|one| match &one.event {
                LiveEvent::AccountHealthChanged { health: AccountHealth::Stopped, last_error: Some(_), .. } => Some(()),
                _ => None,
            })
        })
        .unwrap();

    // Sending stops too, after one try: the mail waits and the server is not hammered.
    let sent = ana.start_interaction(desk.campaign.id, from, "Espera", "<p>Un momento.</p>").unwrap();
    let waiting = until("the refused try", LIMIT, || {
        Some(ana.message(sent.message_id).unwrap()).filter(|mail| mail.last_reply.is_some())
    })
    .unwrap();
    assert_eq!(waiting.delivery, Some(Delivery::Queued));
    assert!(waiting.last_reply.unwrap().contains("535"));
    ana.start_interaction(desk.campaign.id, from, "Espera también", "<p>Otro.</p>").unwrap();
    ground.lab.deliver(&plain(from, to, "Mientras tanto", "¿Hola?"), from, to).unwrap();
    assert_eq!(ground.lab.count(from, "INBOX").unwrap(), 0);
    let tries = |lab: &posta_e2e::Lab| {
        std::fs::read_to_string(lab.place().log("postfix")).unwrap().matches("authentication failed").count()
    };
    assert_eq!(tries(&ground.lab), 1, "the server was asked again with a password that it refused");

    // A Save with the new password mends both ways; nothing was lost.
    let mut form = campaign_form(&ground.lab, "Soporte", &desk.account).unwrap();
    assert!(is_refused(&desk.office.admin.update_campaign(desk.campaign.id, &form), ErrorCode::MailLoginRefused));
    form.account.password = Some("otra".into());
    desk.office.admin.update_campaign(desk.campaign.id, &form).unwrap();
    let subjects = |mails: &[posta_e2e::Mail]| mails.iter().map(posta_e2e::Mail::subject).collect::<Vec<_>>();
    let mails = ground.lab.wait_for(from, |mails| mails.len() >= 2, LIMIT).unwrap();
    let mut got = subjects(&mails);
    got.sort();
    assert_eq!(got, ["Espera", "Espera también"]);
    ana.live.wait_for_subject("Mientras tanto", LIMIT).unwrap();
    assert_eq!(desk.office.admin.campaign(desk.campaign.id).unwrap().account.health, AccountHealth::Connected);
}

fn a_disabled_campaign_does_nothing(ground: &Ground) {
    let desk = ground.desk([]);
    let office = &desk.office;
    let customer = ground.customer("bea");
    let (from, to) = (customer.address.as_str(), desk.account.address.as_str());
    ground.lab.deliver(&plain(from, to, "Uno", "Espero."), from, to).unwrap();
    until("the mail waiting", LIMIT, || (office.admin.interactions("state=waiting").unwrap().len() == 1).then_some(()))
        .unwrap();
    office.admin.disable_campaign(desk.campaign.id).unwrap();
    let ana = office.hire("ana", &[desk.campaign.id]).unwrap();
    ground.lab.deliver(&plain(from, to, "Dos", "Sigo esperando."), from, to).unwrap();
    // Another campaign, made after, works: so the first one had its chance.
    let other = ground.lab.add_mailbox("ventas@lab.test", posta_e2e::PASSWORD).unwrap();
    let sales = office.campaign(&ground.lab, "Ventas", &other, |_| {}).unwrap();
    office.admin.put_member(sales.id, ana.id, &shared::api::campaigns::MemberInput::default()).unwrap();
    wait_until_connected(office, &sales);
    ground.lab.deliver(&plain(from, &other.address, "Tres", "Compro."), from, &other.address).unwrap();
    ana.live.wait_for_subject("Tres", LIMIT).unwrap();
    let tray = ana.tray().unwrap();
    assert_eq!(
        tray.iter().map(|row| row.subject.as_str()).collect::<Vec<_>>(),
        ["Tres"],
        "a disabled campaign handed out"
    );
    assert_eq!(office.admin.interactions("state=waiting").unwrap().len(), 1, "a disabled campaign fetched");
    assert!(ana.begin_mail(desk.campaign.id).is_err(), "a mail was begun in a disabled campaign");

    office.admin.enable_campaign(desk.campaign.id).unwrap();
    ana.live
        .wait("both waiting mails", LIMIT, |state| {
            let subjects: Vec<&str> = state.active.values().map(|row| row.subject.as_str()).collect();
            (subjects.contains(&"Uno") && subjects.contains(&"Dos")).then_some(())
        })
        .unwrap();
}
