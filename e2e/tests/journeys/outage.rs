//! Servers that go away and come back: mail servers, the database, Posta itself.

use crate::support::{Ground, LIMIT, incoming, plain};
use posta_e2e::posta::{PostaError, insist, new_key, now, until};
use shared::api::campaigns::AccountHealth;
use shared::api::conversations::Delivery;
use shared::api::drafts::DraftKind;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

journeys!(
    postfix_down_for_a_while,
    imap_server_restarted,
    sigterm_gives_claimed_work_back,
    a_crash_keeps_drafts_and_sessions,
);

fn postfix_down_for_a_while(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let customer = ground.customer("carla");
    let postfix = ground.lab.postfix().unwrap();
    postfix.stop();
    let sent: Vec<_> = (0..12)
        .map(|number| {
            let subject = format!("Aviso {number}");
            ana.start_interaction(desk.campaign.id, &customer.address, &subject, "<p>Aviso.</p>").unwrap().message_id
        })
        .collect();
    // Each was tried and waits for its next try; the account is not stopped by it.
    until("a try of each mail", LIMIT, || {
        let tried = sent.iter().all(|id| {
            let mail = ana.message(*id).unwrap();
            assert!(matches!(mail.delivery, Some(Delivery::Queued | Delivery::Sending)), "{:?}", mail.delivery);
            mail.last_reply.is_some()
        });
        tried.then_some(())
    })
    .unwrap();
    postfix.start().unwrap();
    let mails = ground.lab.wait_for(&customer.address, |mails| mails.len() >= sent.len(), LIMIT * 2).unwrap();
    until("all being sent", LIMIT, || {
        sent.iter().all(|id| ana.message(*id).unwrap().delivery == Some(Delivery::Sent)).then_some(())
    })
    .unwrap();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for mail in &mails {
        *times.entry(mail.subject()).or_default() += 1;
    }
    assert_eq!(times.len(), sent.len());
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    assert_eq!(ground.lab.count(&customer.address, "INBOX").unwrap(), sent.len());
}

fn imap_server_restarted(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let dovecot = ground.lab.dovecot().unwrap();
    let (from, to) = ("nadie@cliente.test", desk.account.address.as_str());
    let write = |name: &str| ground.lab.deliver(&plain(from, to, name, "Hola."), from, to).unwrap();
    write("Antes");
    until("the first mail", LIMIT, || (incoming(&desk.office).len() == 1).then_some(())).unwrap();
    for (round, kill) in [(1, false), (2, true)] {
        if kill {
            dovecot.kill();
        } else {
            dovecot.stop();
        }
        write(&format!("Durante {round}"));
        until("the failure being noticed", LIMIT, || {
            let account = desk.office.admin.campaign(desk.campaign.id).unwrap().account;
            assert_ne!(account.health, AccountHealth::Stopped, "{:?}", account.last_error);
            (account.health == AccountHealth::Failing).then_some(())
        })
        .unwrap();
        dovecot.start().unwrap();
        let back = Instant::now();
        write(&format!("Tras {round}"));
        until("all mail so far", Duration::from_secs(60), || {
            let there = incoming(&desk.office).len();
            (there == 1 + 2 * round).then_some(())
        })
        .unwrap();
        assert!(back.elapsed() < Duration::from_secs(60), "well again only after {:?}", back.elapsed());
    }
    let mut subjects: Vec<String> = incoming(&desk.office).into_iter().map(|mail| mail.subject).collect();
    subjects.sort();
    assert_eq!(subjects, ["Antes", "Durante 1", "Durante 2", "Tras 1", "Tras 2"]);
}

fn sigterm_gives_claimed_work_back(ground: &Ground) {
    // A server that lets every mail hang before the final answer: what is claimed then cannot be finished.
    let authority = ground.lab.authority().issue(&["127.0.0.1", "localhost"]).unwrap();
    let fake = posta_e2e::fake::FakeSmtp::builder()
        .login("soporte@lab.test", posta_e2e::PASSWORD)
        .start_tls(&authority)
        .unwrap()
        .start()
        .unwrap();
    let mut office = ground.office();
    let account = ground.lab.add_mailbox("soporte@lab.test", posta_e2e::PASSWORD).unwrap();
    let campaign =
        office.campaign(&ground.lab, "Soporte", &account, |form| form.account.smtp.port = fake.port()).unwrap();
    let ana = office.hire("ana", &[campaign.id]).unwrap();
    use posta_e2e::fake::{SmtpRule, Stage};
    fake.add_rule(SmtpRule::at(Stage::Data).hang());
    let sent: Vec<_> = (0..6)
        .map(|number| ana.start_interaction(campaign.id, "x@cliente.test", &format!("M{number}"), "<p>.</p>").unwrap())
        .collect();
    until("a mail being with the server", LIMIT, || fake.counts().commands.contains_key("DATA").then_some(())).unwrap();
    for number in 0..5 {
        ground
            .lab
            .deliver(
                &plain("y@cliente.test", &account.address, &format!("E{number}"), "."),
                "y@cliente.test",
                &account.address,
            )
            .unwrap();
    }
    let took = office.posta.terminate(Duration::from_secs(15)).unwrap();
    assert!(took <= Duration::from_secs(10), "SIGTERM took {took:?}");
    fake.clear_rules();
    fake.disconnect_all();
    office.posta.restart().unwrap();
    // On the next start all of it goes on, once, without waiting for any lease to run out.
    fake.wait_for_messages(u64::try_from(sent.len()).unwrap(), LIMIT * 2).unwrap();
    until("all being sent", LIMIT, || {
        sent.iter().all(|sent| ana.message(sent.message_id).unwrap().delivery == Some(Delivery::Sent)).then_some(())
    })
    .unwrap();
    assert_eq!(fake.messages().len(), sent.len());
    until("the mail that came meanwhile", LIMIT * 2, || (incoming(&office).len() == 5).then_some(())).unwrap();
}

fn a_crash_keeps_drafts_and_sessions(ground: &Ground) {
    let mut desk = ground.desk(["ana"]);
    let customer = ground.customer("ines");
    let (from, to) = (customer.address.as_str(), desk.account.address.as_str());
    ground.lab.deliver(&plain(from, to, "Caída", "¿Siguen ahí?"), from, to).unwrap();
    let row = desk.agents[0].live.wait_for_subject("Caída", LIMIT).unwrap();
    let mail = desk.agents[0].conversation(row.conversation_id).unwrap().messages[0].id;
    let draft = desk.agents[0].begin_answer(DraftKind::Reply, mail).unwrap();
    desk.agents[0].write_draft(draft.id, "<p>A medio escr</p>").unwrap();
    let token = desk.agents[0].bearer();
    desk.office.posta.kill9();
    assert!(matches!(desk.agents[0].tray(), Err(PostaError::Unreachable { .. })));
    desk.office.posta.restart().unwrap();
    let [ana] = &desk.agents;
    let kept = insist(LIMIT, || ana.drafts()).unwrap();
    assert_eq!((kept.len(), kept[0].html.as_str()), (1, "<p>A medio escr</p>"));
    assert_eq!(ana.bearer(), token, "the session did not survive");
    ana.live
        .wait("the socket coming back", LIMIT, |state| (state.connected && state.snapshots >= 2).then_some(()))
        .unwrap();
    assert!(ana.live.look(|state| state.active.contains_key(&row.id)));
    ana.send_draft(draft.id, &new_key(), &now()).unwrap();
    ground.lab.wait_for_subject(from, "Re: Caída", LIMIT).unwrap();
}

/// R7. There is nothing to restart on SQLite.
#[test]
fn postgres_restarted() {
    let ground = Ground::new(crate::support::Engine::Postgres);
    let server = ground.postgres.as_ref().unwrap();
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let customer = ground.customer("tere");
    let (from, to) = (customer.address.as_str(), desk.account.address.as_str());
    for round in 1..=2 {
        if round == 1 {
            server.stop();
        } else {
            server.kill();
        }
        let answer = ana.send("GET", "interactions?state=waiting", &posta_e2e::posta::Asking::plain()).unwrap();
        assert_eq!(answer.status, 503, "{}", String::from_utf8_lossy(&answer.body));
        let seconds: u64 = answer.header("Retry-After").unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds));
        assert_eq!(answer.header("Content-Type").unwrap(), "application/problem+json");
        assert_eq!(ana.send("GET", "/readyz", &posta_e2e::posta::Asking::plain()).unwrap().status, 503);
        assert_eq!(ana.send("GET", "/healthz", &posta_e2e::posta::Asking::plain()).unwrap().status, 200);
        ground.lab.deliver(&plain(from, to, &format!("Sin base {round}"), "¿Hola?"), from, to).unwrap();
        server.go_on().unwrap();
        let back = Instant::now();
        let row = ana.live.wait_for_subject(&format!("Sin base {round}"), Duration::from_secs(60)).unwrap();
        let mail = insist(LIMIT, || ana.conversation(row.conversation_id)).unwrap().messages.remove(0);
        insist(LIMIT, || ana.answer(mail.id, "<p>Aquí estamos.</p>")).unwrap();
        ground.lab.wait_for_subject(from, &format!("Re: Sin base {round}"), Duration::from_secs(60)).unwrap();
        assert!(back.elapsed() < Duration::from_secs(60), "well again only after {:?}", back.elapsed());
    }
    assert_eq!(incoming(&desk.office).len(), 2);
    assert!(!desk.office.posta.log().since(0).iter().any(|line| line.contains("panicked")));
}
