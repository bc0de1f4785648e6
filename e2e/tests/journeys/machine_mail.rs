//! Mail that no person wrote: bounces, automatic answers, ourselves.

use crate::support::{Ground, LIMIT, answer_to, forged, incoming, plain, unique_id};
use posta_e2e::posta::until;
use shared::api::conversations::{Delivery, MessageKind};
use shared::api::interactions::InteractionState;

journeys!(
    a_bounce_marks_the_agents_mail,
    an_auto_responder_makes_no_storm,
    two_of_us_do_not_talk_for_ever,
    a_forged_bounce_changes_nothing,
);

fn a_bounce_marks_the_agents_mail(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let wrong = "bounce@faults.test";
    let sent = ana.start_interaction(desk.campaign.id, wrong, "¿Llega?", "<p>Hola.</p>").unwrap();
    let mail = until("the bounce being recognised", LIMIT, || {
        Some(ana.message(sent.message_id).unwrap()).filter(|mail| mail.delivery == Some(Delivery::Bounced))
    })
    .unwrap();
    assert_eq!(mail.failed_recipients.len(), 1);
    assert_eq!(mail.failed_recipients[0].email, wrong);
    assert!(mail.failed_recipients[0].reply.contains("No such user here"), "{:?}", mail.failed_recipients);
    let whole = ana.conversation(sent.conversation_id).unwrap();
    let kinds: Vec<MessageKind> = whole.messages.iter().map(|mail| mail.kind).collect();
    assert_eq!(kinds, [MessageKind::Personal, MessageKind::Bounce]);
    assert!(!whole.messages[1].from_stranger);
    let tray = ana.tray().unwrap();
    assert_eq!((tray.len(), tray[0].id), (1, sent.interaction_id), "the bounce made an interaction of its own");
    // What the server refuses while it is being sent is told at once, in its words.
    let refused = ana.start_interaction(desk.campaign.id, "reject@faults.test", "¿Y este?", "<p>Hola.</p>").unwrap();
    let mail = until("the refusal", LIMIT, || {
        Some(ana.message(refused.message_id).unwrap()).filter(|mail| mail.delivery == Some(Delivery::Failed))
    })
    .unwrap();
    assert!(mail.failed_recipients[0].reply.contains("No such user here"), "{:?}", mail.failed_recipients);
    // A warning that it is late is no bounce.
    let late = ana.start_interaction(desk.campaign.id, "defer@faults.test", "Tarde", "<p>Hola.</p>").unwrap();
    until("the warning", LIMIT, || (ana.conversation(late.conversation_id).unwrap().messages.len() == 2).then_some(()))
        .unwrap();
    assert_eq!(ana.message(late.message_id).unwrap().delivery, Some(Delivery::Sent));
}

fn automatic(raw: Vec<u8>) -> Vec<u8> {
    String::from_utf8(raw)
        .unwrap()
        .replacen("MIME-Version:", "Auto-Submitted: auto-replied\r\nMIME-Version:", 1)
        .into_bytes()
}

fn an_auto_responder_makes_no_storm(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let customer = ground.customer("ausente");
    let (from, to) = (customer.address.as_str(), desk.account.address.as_str());
    let sent = ana.start_interaction(desk.campaign.id, from, "Recordatorio", "<p>Mañana.</p>").unwrap();
    let mail = ground.lab.wait_for_subject(from, "Recordatorio", LIMIT).unwrap();
    ana.finish_interaction(sent.interaction_id, "").unwrap();
    for number in 0..10 {
        let raw = automatic(answer_to(&mail, from, &format!("Estoy de vacaciones ({number}).")));
        ground.lab.deliver(&raw, from, to).unwrap();
    }
    ground.lab.deliver(&plain("otra@cliente.test", to, "Marca", "Fin."), "otra@cliente.test", to).unwrap();
    ana.live.wait_for_subject("Marca", LIMIT).unwrap();
    let rows = desk.office.admin.interactions("").unwrap();
    assert_eq!(rows.len(), 2, "automatic answers made interactions");
    let whole = ana.conversation(sent.conversation_id).unwrap();
    assert_eq!(whole.messages.len(), 11);
    assert!(whole.messages[1..].iter().all(|mail| mail.kind == MessageKind::AutoReply));
    assert_eq!(whole.interaction.state, InteractionState::Finished);
    assert_eq!(ground.lab.count(from, "INBOX").unwrap(), 1, "a machine was answered");
}

fn two_of_us_do_not_talk_for_ever(ground: &Ground) {
    // Two campaigns of one Posta write to each other, and one of them to itself.
    let office = ground.office();
    let accounts =
        ["uno", "dos"].map(|name| ground.lab.add_mailbox(&format!("{name}@lab.test"), posta_e2e::PASSWORD).unwrap());
    let [one, two] = [("Uno", &accounts[0]), ("Dos", &accounts[1])]
        .map(|(name, account)| office.campaign(&ground.lab, name, account, |_| {}).unwrap());
    for campaign in [&one, &two] {
        crate::support::wait_until_connected(&office, campaign);
    }
    let ana = office.hire("ana", &[one.id]).unwrap();
    let luis = office.hire("luis", &[two.id]).unwrap();
    ana.start_interaction(one.id, &accounts[1].address, "Entre nosotros", "<p>Hola.</p>").unwrap();
    let theirs = luis.live.wait_for_subject("Entre nosotros", LIMIT).unwrap();
    let mail = luis.conversation(theirs.conversation_id).unwrap().messages[0].id;
    luis.answer(mail, "<p>Hola también.</p>").unwrap();
    ana.live
        .wait("the answer joining", LIMIT, |state| state.active.values().find(|row| row.message_count == 2).map(|_| ()))
        .unwrap();
    assert_eq!(office.admin.interactions("").unwrap().len(), 2);
    // A mail to ourselves is kept quietly: nobody is asked to answer it.
    ana.start_interaction(one.id, &accounts[0].address, "A mí mismo", "<p>Nota.</p>").unwrap();
    until("our own mail coming back", LIMIT, || (incoming(&office).len() == 3).then_some(())).unwrap();
    assert!(office.admin.interactions("state=waiting").unwrap().is_empty());
    assert_eq!(ground.lab.postfix().unwrap().queued().unwrap(), 0);
}

fn a_forged_bounce_changes_nothing(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let customer = ground.customer("buena");
    let to = desk.account.address.as_str();
    let sent = ana.start_interaction(desk.campaign.id, &customer.address, "De verdad", "<p>Hola.</p>").unwrap();
    let arrived = ground.lab.wait_for_subject(&customer.address, "De verdad", LIMIT).unwrap();
    let real = arrived.message_id().unwrap();
    // As ours, but one letter of its signature is another.
    let forged = forged(&real);
    let raw = format!(
        "From: MAILER-DAEMON@mx.example\r\nTo: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\nMessage-ID: <{}>\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nNo such user.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; {}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{forged}>\r\nSubject: De verdad\r\n\r\n--b--\r\n",
        unique_id(),
        customer.address
    );
    ground.lab.deliver(raw.as_bytes(), "", to).unwrap();
    until("the forged bounce being stored", LIMIT, || (incoming(&desk.office).len() == 1).then_some(())).unwrap();
    assert_eq!(ana.message(sent.message_id).unwrap().delivery, Some(Delivery::Sent));
    assert_eq!(ana.conversation(sent.conversation_id).unwrap().messages.len(), 1, "it joined the conversation");
}
