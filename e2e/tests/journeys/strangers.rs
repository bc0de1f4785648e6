//! Who may join a conversation: threads are tied to us by a MAC, and a bare subject proves nothing.

use crate::support::{Ground, LIMIT, answer_to, forged, plain, unique_id};
use posta_e2e::posta::until;
use shared::api::campaigns::ReplyToken;
use shared::api::interactions::InteractionSummary;

journeys!(
    a_stranger_joins_only_with_proof,
    a_subject_alone_joins_nothing,
    an_answer_that_names_no_mail_joins_by_the_token,
);

fn rows(desk: &crate::support::Desk<1>) -> Vec<InteractionSummary> {
    desk.office.admin.interactions("").unwrap()
}

fn a_stranger_joins_only_with_proof(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let (customer, stranger) = (ground.customer("clara"), "ajeno@cliente.test");
    let to = desk.account.address.as_str();
    ground.lab.deliver(&plain(&customer.address, to, "Secreto", "Entre nosotros."), &customer.address, to).unwrap();
    let row = ana.live.wait_for_subject("Secreto", LIMIT).unwrap();
    let mail = &ana.conversation(row.conversation_id).unwrap().messages[0];
    ana.answer(mail.id, "<p>La clave es 1234.</p>").unwrap();
    let answer = ground.lab.wait_for_subject(&customer.address, "Re: Secreto", LIMIT).unwrap();

    // He who got the answer forwarded has our signed Message-ID: he joins, marked as another sender.
    ground.lab.deliver(&answer_to(&answer, stranger, "Me lo reenvió Clara."), stranger, to).unwrap();
    ana.live
        .wait("the stranger's mail", LIMIT, |state| {
            state.active.get(&row.id).filter(|row| row.message_count == 3).map(|_| ())
        })
        .unwrap();
    let whole = ana.conversation(row.conversation_id).unwrap();
    assert!(whole.messages[2].from_stranger);
    assert_eq!(whole.messages[2].from.email, stranger);
    assert_eq!(whole.contact.address, customer.address, "the stranger became the customer");

    // Without our signature nobody else joins: by the customer's own id, or by ours with a letter changed.
    let thief = "ladron@cliente.test";
    let ours = answer.message_id().unwrap();
    let forged = forged(&ours);
    for (name, reference) in [("Robo 1", &mail.internet_message_id), ("Robo 2", &forged)] {
        let raw = String::from_utf8(plain(thief, to, name, "Yo también.")).unwrap();
        let raw =
            raw.replacen("Date:", &format!("In-Reply-To: <{reference}>\r\nReferences: <{reference}>\r\nDate:"), 1);
        ground.lab.deliver(raw.as_bytes(), thief, to).unwrap();
        let other =
            until("a conversation of its own", LIMIT, || rows(&desk).into_iter().find(|row| row.subject == name))
                .unwrap();
        assert_ne!(other.conversation_id, row.conversation_id);
        assert_eq!(ana.conversation(other.conversation_id).unwrap().messages.len(), 1, "{name} saw what is not his");
    }
    assert_eq!(ana.conversation(row.conversation_id).unwrap().messages.len(), 3);

    // The customer himself joins by any id of the conversation.
    let raw = String::from_utf8(plain(&customer.address, to, "Re: Secreto", "Otra cosa.")).unwrap();
    let raw = raw.replacen("Date:", &format!("In-Reply-To: <{}>\r\nDate:", mail.internet_message_id), 1);
    ground.lab.deliver(raw.as_bytes(), &customer.address, to).unwrap();
    ana.live
        .wait("the customer's mail", LIMIT, |state| {
            state.active.get(&row.id).filter(|row| row.message_count == 4).map(|_| ())
        })
        .unwrap();
}

fn a_subject_alone_joins_nothing(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let (customer, other) = ("clara@cliente.test", "otra@cliente.test");
    let to = desk.account.address.as_str();
    ground.lab.deliver(&plain(customer, to, "Pedido 7", "¿Dónde está?"), customer, to).unwrap();
    let row = ana.live.wait_for_subject("Pedido 7", LIMIT).unwrap();
    // The same subject from someone else is another matter.
    ground.lab.deliver(&plain(other, to, "RE: Pedido 7", "¿Y el mío?"), other, to).unwrap();
    until("two conversations", LIMIT, || (rows(&desk).len() == 2).then_some(())).unwrap();
    // From the same sender, while it is open, it is the same matter.
    ground.lab.deliver(&plain(customer, to, "Re: Pedido 7", "Sigo esperando."), customer, to).unwrap();
    ana.live
        .wait("the second mail of the same customer", LIMIT, |state| {
            state.active.get(&row.id).filter(|row| row.message_count == 2).map(|_| ())
        })
        .unwrap();
    // Once it is finished, a bare subject is a new matter.
    ana.finish_interaction(row.id, "").unwrap();
    ground.lab.deliver(&plain(customer, to, "Re: Pedido 7", "De nuevo."), customer, to).unwrap();
    let all = until("a third conversation", LIMIT, || Some(rows(&desk)).filter(|rows| rows.len() == 3)).unwrap();
    let mut conversations: Vec<_> = all.iter().map(|row| row.conversation_id).collect();
    conversations.sort_unstable();
    conversations.dedup();
    assert_eq!(conversations.len(), 3);
    // A mail without subject joins nobody's mail without subject.
    for sender in [customer, other] {
        let raw = format!("From: {sender}\r\nTo: {to}\r\nMessage-ID: <{}>\r\n\r\nSin asunto.\r\n", unique_id());
        ground.lab.deliver(raw.as_bytes(), sender, to).unwrap();
    }
    until("two more", LIMIT, || (rows(&desk).len() == 5).then_some(())).unwrap();
}

/// Phones and ticket systems that drop References and write a subject of their own.
fn an_answer_that_names_no_mail_joins_by_the_token(ground: &Ground) {
    let office = ground.office();
    for (place, domain) in [(ReplyToken::Body, "Texto"), (ReplyToken::Address, "Buzon")] {
        let account =
            ground.lab.add_mailbox(&format!("{}@lab.test", domain.to_lowercase()), posta_e2e::PASSWORD).unwrap();
        let campaign = office.campaign(&ground.lab, domain, &account, |form| form.reply_token = place).unwrap();
        let ana = office.hire(&format!("ana-{}", domain.to_lowercase()), &[campaign.id]).unwrap();
        let customer = ground.customer(&format!("clara-{}", domain.to_lowercase()));
        let subject = format!("Pedido {domain}");
        let sent = ana.start_interaction(campaign.id, &customer.address, &subject, "<p>Ya salió.</p>").unwrap();
        let mail = ground.lab.wait_for_subject(&customer.address, &subject, LIMIT).unwrap();
        let reference = mail.text().lines().find(|line| line.starts_with("Ref. ")).unwrap_or_default().to_owned();
        let reply_to = mail.header("Reply-To");
        let to = match place {
            ReplyToken::Address => {
                reply_to.as_deref().unwrap().rsplit_once('<').unwrap().1.trim_end_matches('>').to_owned()
            }
            _ => account.address.clone(),
        };
        assert_eq!(
            (reference.is_empty(), reply_to.is_some()),
            match place {
                ReplyToken::Address => (true, true),
                _ => (false, false),
            }
        );
        let answer = plain(&customer.address, &to, "Desde mi teléfono", &format!("Gracias.\r\n> {reference}"));
        ground.lab.deliver(&answer, &customer.address, &to).unwrap();
        let joined = until("the answer", LIMIT, || {
            let whole = ana.conversation(sent.conversation_id).unwrap();
            whole.messages.into_iter().find(|mail| mail.subject == "Desde mi teléfono")
        });
        assert!(!joined.unwrap().from_stranger);
    }
}
