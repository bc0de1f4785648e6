//! What an agent can do with his words: quote the whole exchange, start a mail, take one back, send once.

use crate::support::{Desk, Ground, LIMIT, answer_to, plain};
use posta_e2e::posta::{is_refused, new_key, now};
use shared::api::conversations::{Delivery, MailAddress};
use shared::api::drafts::{DraftKind, SendDraft, UpdateDraft};
use shared::api::interactions::{Direction, InteractionState};
use shared::error::ErrorCode;
use std::time::Duration;

journeys!(
    reply_with_history,
    reply_all,
    start_an_interaction,
    undo_in_time_sends_nothing,
    a_repeated_send_sends_once,
    a_send_against_an_outdated_conversation_asks,
);

/// One conversation, opened by its agent: conversation, interaction, the customer's first mail.
fn opened(
    ground: &Ground,
    desk: &Desk<1>,
    customer: &str,
    subject: &str,
) -> (shared::ids::ConversationId, shared::ids::InteractionId, shared::ids::MessageId) {
    ground.customer(customer.split('@').next().unwrap());
    let to = desk.account.address.as_str();
    ground.lab.deliver(&plain(customer, to, subject, "La primera pregunta."), customer, to).unwrap();
    let row = desk.agents[0].live.wait_for_subject(subject, LIMIT).unwrap();
    let first = desk.agents[0].conversation(row.conversation_id).unwrap().messages[0].id;
    (row.conversation_id, row.id, first)
}

fn reply_with_history(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let customer = "rosa@cliente.test";
    let (conversation, _, first) = opened(ground, &desk, customer, "Contrato");
    ana.answer(first, "<p>La primera respuesta.</p>").unwrap();
    let answer = ground.lab.wait_for_subject(customer, "Re: Contrato", LIMIT).unwrap();
    ground.lab.deliver(&answer_to(&answer, customer, "La segunda pregunta."), customer, &desk.account.address).unwrap();
    let second = ana
        .live
        .wait("the second question", LIMIT, |state| state.active.values().find(|row| row.message_count == 3).cloned())
        .map(|_| ana.conversation(conversation).unwrap().messages[2].clone())
        .unwrap();

    let draft = ana.begin_answer(DraftKind::ReplyHistory, second.id).unwrap();
    ana.write_draft(draft.id, "<p>La segunda respuesta.</p>").unwrap();
    ana.send_now(draft.id).unwrap();
    let mails = ground.lab.wait_for(customer, |mails| mails.len() == 2, LIMIT).unwrap();
    let whole = mails.iter().find(|mail| mail.text().contains("La segunda respuesta.")).unwrap();
    let text = whole.html().unwrap();
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words} is missing in {text}"));
    // Newest first, all of it.
    assert!(place("La segunda respuesta.") < place("La segunda pregunta."));
    assert!(place("La segunda pregunta.") < place("La primera respuesta."));
    assert!(place("La primera respuesta.") < text.rfind("La primera pregunta.").unwrap());
    let references = whole.references();
    assert_eq!(references.len(), 4, "three mails before it, and the one answered: {references:?}");
    assert_eq!(references[2], second.internet_message_id);
}

fn reply_all(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let boss = ground.customer("jefa");
    let customer = ground.customer("rosa");
    let to = desk.account.address.as_str();
    let raw = plain(&customer.address, &format!("{to}, {}", boss.address), "Para todos", "¿Cuándo?");
    ground.lab.deliver(&raw, &customer.address, to).unwrap();
    let row = ana.live.wait_for_subject("Para todos", LIMIT).unwrap();
    let mail = ana.conversation(row.conversation_id).unwrap().messages[0].id;
    let draft = ana.begin_answer(DraftKind::ReplyAll, mail).unwrap();
    let everyone: Vec<&str> = draft.to.iter().chain(&draft.cc).map(|one| one.email.as_str()).collect();
    assert_eq!(everyone, [customer.address.as_str(), boss.address.as_str()], "and not to ourselves");
    ana.write_draft(draft.id, "<p>Mañana.</p>").unwrap();
    ana.send_now(draft.id).unwrap();
    for person in [&customer, &boss] {
        ground.lab.wait_for_subject(&person.address, "Re: Para todos", LIMIT).unwrap();
    }
    assert_eq!(ana.tray().unwrap().len(), 1);
}

fn start_an_interaction(ground: &Ground) {
    let desk = ground.desk(["ana", "luis"]);
    let [ana, luis] = &desk.agents;
    let (customer, hidden) = (ground.customer("nuria"), ground.customer("oculto"));
    assert_eq!(ana.my_campaigns().unwrap().iter().map(|own| own.name.as_str()).collect::<Vec<_>>(), ["Soporte"]);
    let draft = ana.begin_mail(desk.campaign.id).unwrap();
    let address = |email: &str| MailAddress { name: Some("Nuria Ñíguez".into()), email: email.into() };
    ana.update_draft(
        draft.id,
        &UpdateDraft {
            to: Some(vec![address(&customer.address)]),
            bcc: Some(vec![MailAddress { name: None, email: hidden.address.clone() }]),
            subject: Some("Su cita del día 3".into()),
            html: Some("<p>¿Le viene bien a las 9?</p>".into()),
            ..UpdateDraft::default()
        },
    )
    .unwrap();
    let sent = ana.send_now(draft.id).unwrap();
    let mine = ana.live.wait_for_subject("Su cita del día 3", LIMIT).unwrap();
    assert_eq!(
        (mine.id, mine.direction, mine.state),
        (sent.interaction_id, Direction::Out, InteractionState::Assigned)
    );
    assert_eq!(mine.contact_address, customer.address);
    let arrived = ground.lab.wait_for_subject(&customer.address, "Su cita", LIMIT).unwrap();
    assert!(arrived.references().is_empty());
    assert!(!String::from_utf8_lossy(&arrived.raw).contains(&hidden.address), "Bcc shows in the mail");
    ground.lab.wait_for_subject(&hidden.address, "Su cita", LIMIT).unwrap();

    // Her answer joins what Ana began, though Luis is next in the round.
    ground
        .lab
        .deliver(&answer_to(&arrived, &customer.address, "Sí."), &customer.address, &desk.account.address)
        .unwrap();
    ana.live
        .wait("the answer", LIMIT, |state| {
            state.active.get(&sent.interaction_id).filter(|row| row.message_count == 2).map(|_| ())
        })
        .unwrap();
    assert!(luis.tray().unwrap().is_empty());
}

fn undo_in_time_sends_nothing(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let customer = "iker@cliente.test";
    let (conversation, _, first) = opened(ground, &desk, customer, "Precio");
    let draft = ana.begin_answer(DraftKind::Reply, first).unwrap();
    ana.write_draft(draft.id, "<p>Cuesta <b>demasiado</b>.</p>").unwrap();
    ana.attach(draft.id, "tarifa.txt", "text/plain", b"mil euros\n", false).unwrap();
    let hold = SendDraft { undo_seconds: Some(60), ..SendDraft::default() };
    let sent = ana.send_draft(draft.id, &new_key(), &hold).unwrap();
    assert_eq!(ana.message(sent.message_id).unwrap().delivery, Some(Delivery::Held));
    assert!(ana.drafts().unwrap().is_empty());

    let back = ana.cancel_message(sent.message_id).unwrap().draft;
    assert_eq!(back.html, "<p>Cuesta <b>demasiado</b>.</p>", "without the quote, which is joined on sending");
    assert_eq!(
        (back.conversation_id, back.reply_to_message_id, back.kind),
        (Some(conversation), Some(first), DraftKind::Reply)
    );
    assert_eq!(back.to.iter().map(|to| to.email.as_str()).collect::<Vec<_>>(), [customer]);
    assert_eq!(back.attachments.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["tarifa.txt"]);
    assert_eq!(ana.message(sent.message_id).unwrap().delivery, Some(Delivery::Cancelled));
    assert!(is_refused(&ana.cancel_message(sent.message_id), ErrorCode::AlreadySent));

    // What comes later over the same account shows that the one taken back was passed over.
    ana.update_draft(back.id, &UpdateDraft { subject: Some("Re: Precio, corregido".into()), ..UpdateDraft::default() })
        .unwrap();
    ana.write_draft(back.id, "<p>Cuesta poco.</p>").unwrap();
    let again = ana.send_now(back.id).unwrap();
    let arrived = ground.lab.wait_for_subject(customer, "corregido", LIMIT).unwrap();
    assert!(arrived.parts().iter().any(|part| part.bytes == b"mil euros\n"));
    assert_eq!(ground.lab.count(customer, "INBOX").unwrap(), 1);
    assert!(is_refused(&ana.cancel_message(again.message_id), ErrorCode::AlreadySent));

    // Held mail leaves by itself when its time has come.
    let draft = ana.begin_answer(DraftKind::Reply, first).unwrap();
    ana.write_draft(draft.id, "<p>Y otra cosa.</p>").unwrap();
    let brief = SendDraft { undo_seconds: Some(1), confirm_outdated: true, ..SendDraft::default() };
    let begun = std::time::Instant::now();
    ana.send_draft(draft.id, &new_key(), &brief).unwrap();
    ground.lab.wait_for(customer, |mails| mails.len() == 2, LIMIT).unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "it left within its undo time");
}

fn a_repeated_send_sends_once(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let customer = "vera@cliente.test";
    let (_, _, first) = opened(ground, &desk, customer, "Una vez");
    let draft = ana.begin_answer(DraftKind::Reply, first).unwrap();
    ana.write_draft(draft.id, "<p>Solo una.</p>").unwrap();
    let key = new_key();
    let sent = ana.send_draft(draft.id, &key, &now()).unwrap();
    assert_eq!(ana.send_draft(draft.id, &key, &now()).unwrap(), sent, "the same key gives the same answer");
    let other = SendDraft { undo_seconds: Some(7), ..SendDraft::default() };
    assert!(is_refused(&ana.send_draft(draft.id, &key, &other), ErrorCode::IdempotencyKeyReused));
    assert!(is_refused(&ana.send_draft(draft.id, &new_key(), &now()), ErrorCode::NotFound), "the draft is gone");
    ground.lab.wait_for_subject(customer, "Re: Una vez", LIMIT).unwrap();
    // A second mail over the same account would have come before this one.
    ana.start_interaction(desk.campaign.id, customer, "Marca", "<p>.</p>").unwrap();
    ground.lab.wait_for_subject(customer, "Marca", LIMIT).unwrap();
    assert_eq!(ground.lab.count(customer, "INBOX").unwrap(), 2);
}

fn a_send_against_an_outdated_conversation_asks(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let customer = "leo@cliente.test";
    let (conversation, interaction, first) = opened(ground, &desk, customer, "Prisa");
    let draft = ana.begin_answer(DraftKind::Reply, first).unwrap();
    ana.write_draft(draft.id, "<p>Ya voy.</p>").unwrap();
    let to = desk.account.address.as_str();
    let first_id = ana.message(first).unwrap().internet_message_id;
    let raw = String::from_utf8(plain(customer, to, "Re: Prisa", "Olvídelo.")).unwrap();
    let raw = raw.replace("Date:", &format!("In-Reply-To: <{first_id}>\r\nDate:"));
    ground.lab.deliver(raw.as_bytes(), customer, to).unwrap();
    ana.live
        .wait("the second mail", LIMIT, |state| {
            state.active.get(&interaction).filter(|row| row.message_count == 2).map(|_| ())
        })
        .unwrap();
    assert!(is_refused(&ana.send_draft(draft.id, &new_key(), &now()), ErrorCode::ConversationMoved));
    assert_eq!(ana.conversation(conversation).unwrap().messages.len(), 2, "a refused send left something");
    assert_eq!(ana.drafts().unwrap()[0].html, "<p>Ya voy.</p>");
    let anyway = SendDraft { confirm_outdated: true, ..now() };
    ana.send_draft(draft.id, &new_key(), &anyway).unwrap();
    ground.lab.wait_for_subject(customer, "Re: Prisa", LIMIT).unwrap();
    assert_eq!(ground.lab.count(customer, "INBOX").unwrap(), 1);
}
