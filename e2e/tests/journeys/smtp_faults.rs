//! SMTP servers that misbehave as real ones do, on cue (R9, R3): 4xx waits, 5xx is final, a lost connection is no lost
//! mail, and only a loss past the final dot may double one.

use crate::support::{Ground, LIMIT};
use posta_e2e::fake::{FakeImap, FakeSmtp, ImapRule, SmtpRule, Stage};
use posta_e2e::posta::{Agent, Office, bare_form, until};
use shared::api::campaigns::{AccountHealth, CampaignView};
use shared::api::conversations::{Delivery, MailAddress, MessageView};
use shared::api::drafts::UpdateDraft;
use shared::ids::MessageId;
use std::time::Duration;

journeys!(
    passing_faults_delay_and_double_nothing,
    lost_past_the_final_dot,
    final_refusals,
    a_refused_login_is_not_repeated,
    retries_wait_by_themselves,
    copies_to_sent_stop_at_a_refused_login,
);

const ADDRESS: &str = "soporte@lab.test";

struct Stand {
    server: FakeSmtp,
    office: Office,
    campaign: CampaignView,
    ana: Agent,
}

fn stand(ground: &Ground) -> Stand {
    let certificate = ground.lab.authority().issue(&["127.0.0.1", "localhost"]).unwrap();
    let server =
        FakeSmtp::builder().login(ADDRESS, posta_e2e::PASSWORD).start_tls(&certificate).unwrap().start().unwrap();
    let account = ground.lab.add_mailbox(ADDRESS, posta_e2e::PASSWORD).unwrap();
    let office = Office::open(ground.options().env("POSTA__MAIL__IO_SECONDS", "1")).unwrap();
    let imap = ground.lab.imap_address().unwrap().port();
    let form = bare_form("Soporte", ADDRESS, &account.password, server.port(), imap);
    let campaign = office.admin.create_campaign(&form).unwrap();
    let ana = office.hire("ana", &[campaign.id]).unwrap();
    Stand { server, office, campaign, ana }
}

impl Stand {
    fn send(&self, subject: &str, to: &[&str]) -> MessageId {
        let draft = self.ana.begin_mail(self.campaign.id).unwrap();
        let to = to.iter().map(|email| MailAddress { name: None, email: (*email).into() }).collect();
        let html = Some("<p>Hola.</p>".into());
        let change = UpdateDraft { to: Some(to), subject: Some(subject.into()), html, ..UpdateDraft::default() };
        self.ana.update_draft(draft.id, &change).unwrap();
        self.ana.send_now(draft.id).unwrap().message_id
    }

    fn wait(&self, id: MessageId, what: &str, fits: impl Fn(&MessageView) -> bool) -> MessageView {
        until(what, LIMIT, || Some(self.ana.message(id).unwrap()).filter(|mail| fits(mail))).unwrap_or_else(|error| {
            panic!("{error}: {:?}\n{}", self.ana.message(id).unwrap(), self.office.posta.log().tail())
        })
    }

    /// How often the server took this message.
    fn taken(&self, mail: &MessageView) -> usize {
        let id = Some(mail.internet_message_id.as_str());
        self.server
            .messages()
            .iter()
            .filter(|taken| taken.message_id.as_deref().map(|id| id.trim_matches(['<', '>'])) == id)
            .count()
    }
}

fn passing_faults_delay_and_double_nothing(ground: &Ground) {
    let stand = stand(ground);
    let at = |stage| SmtpRule::at(stage).times(1);
    let faults = [
        ("421 as greeting", at(Stage::Connect).reply_and_close(421, "4.3.2 too busy")),
        ("no connection", at(Stage::Connect).close()),
        ("no greeting", at(Stage::Connect).hang()),
        ("421 to EHLO", at(Stage::Ehlo).reply_and_close(421, "4.3.2 not now")),
        ("454 to STARTTLS", at(Stage::StartTls).reply(454, "4.7.0 TLS not available")),
        ("454 to AUTH", at(Stage::Auth).reply(454, "4.7.0 temporary authentication failure")),
        ("451 to MAIL", at(Stage::Mail).reply(451, "4.3.0 try later")),
        ("450 to RCPT", at(Stage::Rcpt).reply(450, "4.2.0 greylisted")),
        ("421 to RCPT", at(Stage::Rcpt).reply_and_close(421, "4.7.0 goodbye")),
        ("connection lost at RCPT", at(Stage::Rcpt).close()),
        ("451 to DATA", at(Stage::Data).reply(451, "4.3.0 no room")),
        ("no answer to DATA", at(Stage::Data).hang()),
        ("connection lost in the text", at(Stage::Text).close()),
        ("421 in the text", at(Stage::Text).reply_and_close(421, "4.4.2 time is up")),
        ("452 to the final dot", at(Stage::EndOfData).reply(452, "4.2.2 mailbox full")),
        ("421 to the final dot", at(Stage::EndOfData).reply_and_close(421, "4.3.2 shutting down")),
        ("rubbish to MAIL", at(Stage::Mail).raw(b"\x00\xff what\r\n")),
    ];
    for (name, rule) in faults {
        stand.server.clear_rules();
        if matches!(
            name,
            "421 as greeting" | "no connection" | "no greeting" | "421 to EHLO" | "454 to STARTTLS" | "454 to AUTH"
        ) {
            // So that the next mail needs a fresh connection.
            stand.server.disconnect_all();
        }
        stand.server.add_rule(rule);
        let id = stand.send(name, &["eva@cliente.test"]);
        let tried = stand.wait(id, name, |mail| mail.last_reply.is_some() || mail.delivery == Some(Delivery::Sent));
        if tried.delivery != Some(Delivery::Sent) {
            assert_eq!(tried.delivery, Some(Delivery::Queued), "{name}: {tried:?}");
            assert!(tried.due_at.is_some() && tried.failed_recipients.is_empty(), "{name}: {tried:?}");
            stand.ana.retry_message(id).unwrap();
        }
        let sent = stand.wait(id, name, |mail| mail.delivery == Some(Delivery::Sent));
        assert_eq!(stand.taken(&sent), 1, "{name}");
    }
    assert!(!stand.office.posta.log().since(0).iter().any(|line| line.contains("panicked")));
}

fn lost_past_the_final_dot(ground: &Ground) {
    let stand = stand(ground);
    // Taken, but we never learn of it: it goes again, once, under the same Message-ID (RFC 1047).
    stand.server.add_rule(SmtpRule::at(Stage::EndOfData).times(1).accept_and_close());
    let id = stand.send("En duda", &["eva@cliente.test"]);
    stand.wait(id, "the doubt", |mail| mail.last_reply.is_some());
    stand.ana.retry_message(id).unwrap();
    let sent = stand.wait(id, "being sent", |mail| mail.delivery == Some(Delivery::Sent));
    assert_eq!(stand.taken(&sent), 2);
    assert_eq!(stand.server.messages().len(), 2);
    // Refused by a lost connection before the server took it: it goes once.
    stand.server.drain();
    stand.server.add_rule(SmtpRule::at(Stage::EndOfData).times(1).close());
    let id = stand.send("No llegó", &["eva@cliente.test"]);
    stand.wait(id, "the loss", |mail| mail.last_reply.is_some());
    stand.ana.retry_message(id).unwrap();
    let sent = stand.wait(id, "being sent", |mail| mail.delivery == Some(Delivery::Sent));
    assert_eq!(stand.taken(&sent), 1);
}

fn final_refusals(ground: &Ground) {
    let stand = stand(ground);
    for (name, rule) in [
        ("550 to RCPT", SmtpRule::at(Stage::Rcpt).times(1).reply(550, "5.1.1 nobody here")),
        ("554 to DATA", SmtpRule::at(Stage::Data).times(1).reply(554, "5.7.1 not this one")),
        ("552 to the final dot", SmtpRule::at(Stage::EndOfData).times(1).reply(552, "5.3.4 too big")),
    ] {
        stand.server.clear_rules();
        stand.server.add_rule(rule);
        let id = stand.send(name, &["eva@cliente.test"]);
        let failed = stand.wait(id, name, |mail| mail.delivery == Some(Delivery::Failed));
        assert_eq!((failed.failed_recipients.len(), failed.attempts, failed.due_at), (1, Some(1), None), "{name}");
        assert_eq!(failed.failed_recipients[0].email, "eva@cliente.test", "{name}");
        assert_eq!(stand.taken(&failed), 0, "{name}");
        // A person may try it again once the cause is mended.
        stand.ana.retry_message(id).unwrap();
        let sent = stand.wait(id, name, |mail| mail.delivery == Some(Delivery::Sent));
        assert_eq!((stand.taken(&sent), sent.failed_recipients.len()), (1, 0), "{name}");
    }
    // One recipient of three is refused for good, one for now: the others have it, once each.
    stand.server.clear_rules();
    stand.server.drain();
    stand.server.add_rule(SmtpRule::at(Stage::Rcpt).containing("mal@").reply(550, "5.1.1 nobody here"));
    stand.server.add_rule(SmtpRule::at(Stage::Rcpt).containing("luego@").times(1).reply(450, "4.2.0 later"));
    let id = stand.send("A tres", &["bien@cliente.test", "mal@cliente.test", "luego@cliente.test"]);
    stand.wait(id, "the first try", |mail| {
        mail.delivery == Some(Delivery::Queued) && !mail.failed_recipients.is_empty()
    });
    stand.ana.retry_message(id).unwrap();
    let sent = stand.wait(id, "the second try", |mail| mail.delivery == Some(Delivery::Sent));
    assert_eq!(sent.failed_recipients.iter().map(|one| one.email.as_str()).collect::<Vec<_>>(), ["mal@cliente.test"]);
    let taken: Vec<Vec<String>> = stand.server.messages().into_iter().map(|mail| mail.to).collect();
    assert_eq!(taken, [["bien@cliente.test"], ["luego@cliente.test"]]);
}

fn a_refused_login_is_not_repeated(ground: &Ground) {
    let stand = stand(ground);
    stand.server.disconnect_all();
    stand.server.add_rule(SmtpRule::at(Stage::Auth).reply(535, "5.7.8 wrong password"));
    let before = stand.server.counts().failed_logins;
    let ids: Vec<MessageId> = (0..5).map(|n| stand.send(&format!("M{n}"), &["eva@cliente.test"])).collect();
    until("the account being stopped", LIMIT, || {
        stand
            .office
            .admin
            .campaign(stand.campaign.id)
            .unwrap()
            .account
            .last_error
            .filter(|words| words.contains("5.7.8"))
    })
    .unwrap();
    for id in &ids {
        stand.wait(*id, "waiting", |mail| mail.delivery == Some(Delivery::Queued));
    }
    // As many tries as connections may be open, and then none.
    let auths = |stand: &Stand| stand.server.counts().commands.get("AUTH").copied().unwrap_or(0);
    let tried = auths(&stand);
    assert!(tried - before <= 6, "{tried} logins were tried");
    // Another mail does not wake it; a Save does.
    let late = stand.send("Tarde", &["eva@cliente.test"]);
    stand.server.clear_rules();
    assert_eq!(auths(&stand), tried);
    let imap = ground.lab.imap_address().unwrap().port();
    let form = bare_form("Soporte", ADDRESS, posta_e2e::PASSWORD, stand.server.port(), imap);
    stand.office.admin.update_campaign(stand.campaign.id, &form).unwrap();
    for id in ids.iter().chain([&late]) {
        let sent = stand.wait(*id, "being sent", |mail| mail.delivery == Some(Delivery::Sent));
        assert_eq!(stand.taken(&sent), 1);
    }
}

fn retries_wait_by_themselves(ground: &Ground) {
    let stand = stand(ground);
    stand.server.add_rule(SmtpRule::at(Stage::Data).times(2).reply(451, "4.3.0 later"));
    let begun = std::time::Instant::now();
    let id = stand.send("Paciencia", &["eva@cliente.test"]);
    let sent = stand.wait(id, "being sent", |mail| mail.delivery == Some(Delivery::Sent));
    assert_eq!((stand.taken(&sent), sent.attempts), (1, Some(3)));
    assert!(begun.elapsed() > Duration::from_secs(3), "three tries within {:?}", begun.elapsed());
}

/// Once the copies went on with a wrong password every few seconds until the server locked the account.
fn copies_to_sent_stop_at_a_refused_login(ground: &Ground) {
    let certificate = ground.lab.authority().issue(&["127.0.0.1", "localhost"]).unwrap();
    let imap =
        FakeImap::builder().login(ADDRESS, posta_e2e::PASSWORD).start_tls(&certificate).unwrap().start().unwrap();
    let stand = stand(ground);
    let mut form = bare_form("Soporte", ADDRESS, posta_e2e::PASSWORD, stand.server.port(), imap.port());
    (form.receive, form.account.save_sent) = (false, true);
    stand.office.admin.update_campaign(stand.campaign.id, &form).unwrap();
    imap.add_rule(ImapRule::on("LOGIN").no("[AUTHENTICATIONFAILED] wrong password"));
    let logins = || imap.counts().commands.get("LOGIN").copied().unwrap_or(0);
    let before = logins();
    let ids: Vec<MessageId> = (0..3).map(|n| stand.send(&format!("C{n}"), &["eva@cliente.test"])).collect();
    for id in &ids {
        stand.wait(*id, "being sent", |mail| mail.delivery == Some(Delivery::Sent));
    }
    until("the account being stopped", LIMIT, || {
        let account = stand.office.admin.campaign(stand.campaign.id).unwrap().account;
        (account.health == AccountHealth::Stopped).then_some(())
    })
    .unwrap();
    assert_eq!(logins() - before, 2);
    // Mail goes on; a Save takes the copies up again.
    let late = stand.send("Tarde", &["eva@cliente.test"]);
    stand.wait(late, "being sent", |mail| mail.delivery == Some(Delivery::Sent));
    assert_eq!(logins() - before, 2);
    imap.clear_rules();
    stand.office.admin.update_campaign(stand.campaign.id, &form).unwrap();
    until("the copies", LIMIT, || (imap.mails("Sent").len() == ids.len() + 1).then_some(())).unwrap();
}
