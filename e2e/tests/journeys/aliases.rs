//! A customer writes to an alias, is answered from it, and answers to it (S9).

use crate::support::{Ground, LIMIT, answer_to, plain, wait_until_connected};
use shared::api::drafts::{DraftKind, UpdateDraft};

journeys!(who_writes_to_an_alias_is_answered_from_it, a_mail_is_started_from_an_alias_and_its_bounce_finds_it);

fn desk(ground: &Ground) -> crate::support::Desk<1> {
    let office = ground.office();
    let account = ground.lab.add_mailbox("soporte@lab.test", posta_e2e::PASSWORD).unwrap();
    ground.lab.add_alias("ventas@lab.test", &account.address).unwrap();
    let aliases = vec!["ventas@lab.test".to_owned()];
    let campaign = office.campaign(&ground.lab, "Soporte", &account, |form| form.account.aliases = aliases).unwrap();
    let agents = [office.hire("ana", &[campaign.id]).unwrap()];
    wait_until_connected(&office, &campaign);
    crate::support::Desk { agents, campaign, account, office }
}

fn who_writes_to_an_alias_is_answered_from_it(ground: &Ground) {
    let desk = desk(ground);
    let [ana] = &desk.agents;
    assert_eq!(ana.my_campaigns().unwrap()[0].aliases, ["ventas@lab.test"]);
    let customer = ground.customer("olga");
    let raw = plain(&customer.address, "Ventas <ventas@lab.test>", "Presupuesto", "¿Cuánto cuesta?");
    ground.lab.deliver(&raw, &customer.address, "ventas@lab.test").unwrap();
    let row = ana.live.wait_for_subject("Presupuesto", LIMIT).unwrap();
    let asked = ana.conversation(row.conversation_id).unwrap().messages.remove(0);
    let draft = ana.begin_answer(DraftKind::Reply, asked.id).unwrap();
    assert_eq!(draft.from_address, "ventas@lab.test");
    ana.write_draft(draft.id, "<p>Diez euros.</p>").unwrap();
    ana.send_now(draft.id).unwrap();

    let answer = ground.lab.wait_for_subject(&customer.address, "Re: Presupuesto", LIMIT).unwrap();
    assert_eq!(answer.from(), "ventas@lab.test");
    assert_eq!(answer.from_name(), "Soporte");
    assert!(answer.message_id().unwrap().ends_with("@lab.test"));
    assert!(answer.text().contains("¿Cuánto cuesta?"), "{}", answer.text());
    // What comes back goes to the mailbox that is read.
    assert_eq!(answer.return_path().as_deref(), Some("soporte@lab.test"));

    let again = answer_to(&answer, &customer.address, "De acuerdo.");
    ground.lab.deliver(&again, &customer.address, "ventas@lab.test").unwrap();
    let joined = posta_e2e::posta::until("his answer", LIMIT, || {
        Some(ana.conversation(row.conversation_id).unwrap()).filter(|conversation| conversation.messages.len() == 3)
    })
    .unwrap();
    let last = joined.messages.last().unwrap();
    assert!(last.text.contains("De acuerdo."));
    assert_eq!(ana.begin_answer(DraftKind::ReplyAll, last.id).unwrap().from_address, "ventas@lab.test");
}

fn a_mail_is_started_from_an_alias_and_its_bounce_finds_it(ground: &Ground) {
    use shared::api::conversations::{Delivery, MailAddress};
    let desk = desk(ground);
    let [ana] = &desk.agents;
    let draft = ana.begin_mail(desk.campaign.id).unwrap();
    let nobody = MailAddress { name: None, email: "nobody-there@cliente.test".into() };
    let change = UpdateDraft {
        to: Some(vec![nobody]),
        subject: Some("Aviso".into()),
        html: Some("<p>Hola.</p>".into()),
        from_address: Some("Ventas@lab.test".into()),
        ..UpdateDraft::default()
    };
    assert_eq!(ana.update_draft(draft.id, &change).unwrap().from_address, "ventas@lab.test");
    let sent = ana.send_now(draft.id).unwrap();
    posta_e2e::posta::until("the bounce", LIMIT, || {
        let message = ana.message(sent.message_id).unwrap();
        message.delivery.is_some_and(|state| matches!(state, Delivery::Bounced | Delivery::Failed)).then_some(())
    })
    .unwrap();
}
