//! IMAP servers that misbehave as real ones do, on cue (R8): no loss, no duplicate, no busy loop, well again soon.

use crate::support::{Ground, LIMIT, incoming, plain, wait_until_connected};
use posta_e2e::fake::{FakeImap, ImapRule};
use posta_e2e::posta::{Office, bare_form, until};
use shared::api::campaigns::{AccountHealth, CampaignView};
use std::time::{Duration, Instant};

journeys!(
    each_imap_fault_is_survived,
    a_poisoned_mail_is_set_aside,
    a_server_without_idle_is_polled,
    uids_of_another_server_or_login_are_other_mails,
    old_mail_stays_old_when_the_server_renumbers,
);

const ADDRESS: &str = "soporte@lab.test";

fn fake(ground: &Ground) -> FakeImap {
    let certificate = ground.lab.authority().issue(&["127.0.0.1", "localhost"]).unwrap();
    FakeImap::builder().login(ADDRESS, posta_e2e::PASSWORD).start_tls(&certificate).unwrap().start().unwrap()
}

fn desk(ground: &Ground, server: &FakeImap) -> (Office, CampaignView) {
    ground.lab.add_mailbox(ADDRESS, posta_e2e::PASSWORD).unwrap();
    let office = Office::open(ground.options().env("POSTA__MAIL__IO_SECONDS", "2")).unwrap();
    let smtp = ground.lab.smtp_address().unwrap().port();
    let form = bare_form("Soporte", ADDRESS, posta_e2e::PASSWORD, smtp, server.port());
    let campaign = office.admin.create_campaign(&form).unwrap();
    wait_until_connected(&office, &campaign);
    (office, campaign)
}

fn letter(number: usize) -> Vec<u8> {
    plain("eva@cliente.test", ADDRESS, &format!("F{number}"), &"Texto. ".repeat(200))
}

fn each_imap_fault_is_survived(ground: &Ground) {
    let server = fake(ground);
    let (office, campaign) = desk(ground, &server);
    let faults: Vec<(&str, Vec<ImapRule>)> = vec![
        ("connection lost before the literal", vec![ImapRule::on("UID FETCH").containing("BODY").times(1).close()]),
        (
            "connection lost in the literal",
            vec![ImapRule::on("UID FETCH").containing("BODY").times(2).cut_literal(300)],
        ),
        ("literal announced too long", vec![ImapRule::on("UID FETCH").containing("BODY").times(1).lie_literal(50)]),
        ("literal announced too short", vec![ImapRule::on("UID FETCH").containing("BODY").times(1).lie_literal(-50)]),
        ("NIL for the body", vec![ImapRule::on("UID FETCH").containing("BODY").times(1).nil()]),
        ("NO", vec![ImapRule::on("UID FETCH").containing("BODY").times(1).no("[UNAVAILABLE] busy")]),
        ("BAD", vec![ImapRule::on("UID FETCH").containing("BODY").times(1).bad("what?")]),
        ("BYE", vec![ImapRule::on("UID FETCH").containing("BODY").times(1).bye("going down")]),
        ("no answer", vec![ImapRule::on("UID FETCH").containing("BODY").times(1).hang()]),
        ("rubbish", vec![ImapRule::on("UID FETCH").containing("BODY").times(1).raw(b"* 7 EXI\x00STS {9\r\n(((\r\n")]),
        ("no tagged answer", vec![ImapRule::on("UID FETCH").containing("BODY").times(1).no_tagged()]),
        ("a trickle", vec![ImapRule::on("UID FETCH").containing("BODY").times(1).slow(100, Duration::from_millis(20))]),
        ("BYE while idle, a refused login after it", vec![ImapRule::on("LOGIN").times(1).no("[UNAVAILABLE] starting")]),
        ("a greeting that is none", vec![ImapRule::on("GREETING").times(1).bye("too many connections")]),
        ("no greeting", vec![ImapRule::on("GREETING").times(1).hang()]),
        (
            "SELECT refused",
            vec![
                ImapRule::on("SELECT").times(1).no("[SERVERBUG] index"),
                ImapRule::on("EXAMINE").times(1).no("[SERVERBUG] index"),
            ],
        ),
    ];
    for (number, (name, rules)) in faults.iter().enumerate() {
        server.clear_rules();
        for rule in rules {
            server.add_rule(rule.clone());
        }
        if ["GREETING", "LOGIN", "SELECT"].iter().any(|word| format!("{rules:?}").contains(&format!("{word:?}"))) {
            server.disconnect_all();
        }
        let begun = Instant::now();
        server.add_mail("INBOX", &letter(number));
        until(name, Duration::from_secs(60), || {
            let subjects: Vec<String> = incoming(&office).into_iter().map(|mail| mail.subject).collect();
            assert!(subjects.len() <= number + 1, "{name}: a mail was stored twice: {subjects:?}");
            (subjects.len() == number + 1).then_some(())
        })
        .unwrap_or_else(|error| panic!("{name}: {error}\n{}", office.posta.log().tail()));
        assert!(begun.elapsed() < Duration::from_secs(60), "{name}: well again only after {:?}", begun.elapsed());
        assert_ne!(office.admin.campaign(campaign.id).unwrap().account.health, AccountHealth::Stopped, "{name}");
    }
    assert!(office.admin.quarantine(campaign.id).unwrap().is_empty());
    // No busy loop: a few connections a fault, not hundreds.
    let counts = server.counts();
    let connections = usize::try_from(counts.connections).unwrap();
    assert!(connections <= 6 * faults.len(), "{connections} connections");
    assert!(!office.posta.log().since(0).iter().any(|line| line.contains("panicked")));
    // A server that loses its numbering makes nothing new.
    let all = incoming(&office).len();
    server.clear_rules();
    server.set_uid_validity("INBOX", 99);
    server.add_mail("INBOX", &letter(900));
    until("the mail after the renumbering", LIMIT, || (incoming(&office).len() == all + 1).then_some(())).unwrap();
    let ledger = &office.admin.mailboxes(campaign.id).unwrap()[0];
    assert_eq!((ledger.uid_validity, ledger.duplicates), (Some(99), i64::try_from(all).unwrap()));
}

fn uids_of_another_server_or_login_are_other_mails(ground: &Ground) {
    let subjects = |office: &Office| {
        let mut all: Vec<String> = incoming(office).into_iter().map(|mail| mail.subject).collect();
        all.sort_unstable();
        all
    };
    let first = fake(ground);
    let (office, campaign) = desk(ground, &first);
    let moved = letter(2);
    first.add_mail("INBOX", &letter(1));
    first.add_mail("INBOX", &moved);
    until("the first two", LIMIT, || (subjects(&office) == ["F1", "F2"]).then_some(())).unwrap();

    // The mailbox moves to another host, which numbers it anew under the same UIDVALIDITY.
    let second = fake(ground);
    second.add_mail("INBOX", &moved);
    second.add_mail("INBOX", &letter(3));
    let mut form = bare_form("Soporte", ADDRESS, posta_e2e::PASSWORD, ground.lab.smtp_address().unwrap().port(), 0);
    let mut imap = form.account.imap.clone().unwrap();
    (imap.host, imap.port) = ("localhost".into(), second.port());
    form.account.imap = Some(imap);
    office.admin.update_campaign(campaign.id, &form).unwrap();
    until("the third", LIMIT, || (subjects(&office) == ["F1", "F2", "F3"]).then_some(())).unwrap();
    assert_eq!(office.admin.mailboxes(campaign.id).unwrap()[0].duplicates, 1, "the second came twice");

    // Another login is another mailbox: what lies there already is none of ours.
    let login = "archivo@lab.test";
    ground.lab.add_mailbox(login, posta_e2e::PASSWORD).unwrap();
    let certificate = ground.lab.authority().issue(&["127.0.0.1", "localhost"]).unwrap();
    let third = FakeImap::builder().login(login, posta_e2e::PASSWORD).start_tls(&certificate).unwrap().start().unwrap();
    third.add_mail("INBOX", &letter(4));
    form.account.login = Some(login.into());
    form.account.imap.as_mut().unwrap().port = third.port();
    office.admin.update_campaign(campaign.id, &form).unwrap();
    until("the other mailbox", LIMIT, || (third.counts().logins > 1).then_some(())).unwrap();
    wait_until_connected(&office, &campaign);
    third.add_mail("INBOX", &letter(5));
    until("the fifth", LIMIT, || (subjects(&office) == ["F1", "F2", "F3", "F5"]).then_some(())).unwrap();
}

/// A folder in which nothing had come since the first connection was once taken in as a whole.
fn old_mail_stays_old_when_the_server_renumbers(ground: &Ground) {
    let server = fake(ground);
    for number in 1..=5 {
        server.add_old_mail("INBOX", &letter(number));
    }
    let (office, campaign) = desk(ground, &server);
    server.set_uid_validity("INBOX", 99);
    until("the renumbered folder", LIMIT, || {
        let ledger = office.admin.mailboxes(campaign.id).unwrap().pop()?;
        (ledger.uid_validity == Some(99)).then_some(())
    })
    .unwrap();
    server.add_mail("INBOX", &letter(6));
    until("the new mail", LIMIT, || incoming(&office).into_iter().next()).unwrap();
    let subjects: Vec<String> = incoming(&office).into_iter().map(|mail| mail.subject).collect();
    assert_eq!(subjects, ["F6"]);
}

fn a_poisoned_mail_is_set_aside(ground: &Ground) {
    let server = fake(ground);
    let (office, campaign) = desk(ground, &server);
    // The rule strikes whenever the first mail is asked for, alone or with others.
    server.add_rule(ImapRule::on("UID FETCH 1").containing("BODY").cut_literal(40));
    let poisoned = server.add_mail("INBOX", &letter(1));
    for number in 2..=4 {
        server.add_mail("INBOX", &letter(number));
    }
    let aside = until("the poisoned mail being set aside", Duration::from_secs(60), || {
        office.admin.quarantine(campaign.id).unwrap().into_iter().next()
    })
    .unwrap();
    assert_eq!((aside.uid, aside.attempts), (i64::from(poisoned), 3));
    until("the mails behind it", Duration::from_secs(60), || (incoming(&office).len() == 3).then_some(())).unwrap();
    assert_eq!(office.admin.quarantine(campaign.id).unwrap().len(), 1, "an innocent mail was set aside");
    server.add_mail("INBOX", &letter(5));
    until("the mailbox going on", LIMIT, || (incoming(&office).len() == 4).then_some(())).unwrap();
}

fn a_server_without_idle_is_polled(ground: &Ground) {
    let certificate = ground.lab.authority().issue(&["127.0.0.1", "localhost"]).unwrap();
    let builder = FakeImap::builder().login(ADDRESS, posta_e2e::PASSWORD).start_tls(&certificate).unwrap();
    let server = builder.without("IDLE").start().unwrap();
    let (office, _) = desk(ground, &server);
    server.add_mail("INBOX", &letter(1));
    until("the mail", LIMIT, || (incoming(&office).len() == 1).then_some(())).unwrap();
    assert_eq!(server.counts().commands.get("IDLE"), None, "IDLE was tried though it is not offered");
    // One that offers it and then says nothing in it is looked at now and then all the same.
    const SALES: &str = "ventas@lab.test";
    ground.lab.add_mailbox(SALES, posta_e2e::PASSWORD).unwrap();
    let silent = FakeImap::builder().login(SALES, posta_e2e::PASSWORD).start_tls(&certificate).unwrap();
    let silent = silent.rule(ImapRule::on("IDLE").silent()).start().unwrap();
    let form =
        bare_form("Ventas", SALES, posta_e2e::PASSWORD, ground.lab.smtp_address().unwrap().port(), silent.port());
    let second = office.admin.create_campaign(&form).unwrap();
    wait_until_connected(&office, &second);
    silent.wait_for(|counts| counts.commands.contains_key("IDLE"), LIMIT).unwrap();
    silent.add_mail("INBOX", &letter(2));
    until("the mail of a silent server", Duration::from_secs(70), || (incoming(&office).len() == 2).then_some(()))
        .unwrap();
}
