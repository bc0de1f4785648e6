//! The main job: a customer's mail reaches an agent's browser, and the answer reaches the customer.

use crate::support::{Ground, LIMIT, answer_to, plain, unique_id};
use base64::Engine as _;
use posta_e2e::corpus::files;
use shared::api::conversations::{Delivery, MessageKind};
use shared::api::drafts::DraftKind;
use shared::api::interactions::InteractionState;
use shared::live::LiveEvent;

journeys!(mail_in_and_answer_out, a_customer_who_writes_again);

/// A mail as Outlook writes it: text and HTML, a picture in the HTML, an attachment with a Spanish name.
fn rich_mail(from: &str, to: &str, subject: &str, picture: &[u8], report: &[u8]) -> Vec<u8> {
    let encode = |bytes: &[u8]| {
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        text.as_bytes().chunks(76).map(|line| String::from_utf8(line.to_vec()).unwrap() + "\r\n").collect::<String>()
    };
    let subject = base64::engine::general_purpose::STANDARD.encode(subject);
    format!(
        "From: =?utf-8?q?Mar=C3=ADa_Pe=C3=B1a?= <{from}>\r\nTo: Soporte <{to}>\r\nSubject: =?utf-8?b?{subject}?=\r\n\
         Message-ID: <{id}>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"mixto\"\r\n\r\n\
         --mixto\r\nContent-Type: multipart/related; boundary=\"rel\"\r\n\r\n\
         --rel\r\nContent-Type: multipart/alternative; boundary=\"alt\"\r\n\r\n\
         --alt\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
         La impresora no enciende =BFqu=E9 hago?\r\n\
         --alt\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
         <html><head><script>alert(1)</script></head><body><p onclick=\"x()\">La impresora <b>no enciende</b> \u{bf}qu\u{e9} hago?</p>\
         <img src=\"cid:foto@cliente\"><img src=\"http://rastreo.example/p.png\"></body></html>\r\n\
         --alt--\r\n\
         --rel\r\nContent-Type: image/png; name=\"foto.png\"\r\nContent-ID: <foto@cliente>\r\n\
         Content-Disposition: inline; filename=\"foto.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{picture}\
         --rel--\r\n\
         --mixto\r\nContent-Type: application/pdf\r\n\
         Content-Disposition: attachment; filename*=utf-8''informe%20t%C3%A9cnico.pdf\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{report}\
         --mixto--\r\n",
        id = unique_id(),
        picture = encode(picture),
        report = encode(report),
    )
    .into_bytes()
}

fn mail_in_and_answer_out(ground: &Ground) {
    let desk = ground.desk(["ana", "luis"]);
    let [ana, luis] = &desk.agents;
    let customer = ground.customer("maria");
    let mut rng = posta_e2e::corpus::Rng::new(7);
    let (picture, report) = (files::png(&mut rng, 3_000), files::pdf(&mut rng, "Informe", 5_000));
    let raw = rich_mail(&customer.address, &desk.account.address, "Impresora averiada nº 7 🖨", &picture, &report);
    ground.lab.deliver(&raw, &customer.address, &desk.account.address).unwrap();

    // Round robin begins with the first member, and his browser is told without asking.
    let row = ana.live.wait_for_subject("Impresora averiada nº 7 🖨", LIMIT).unwrap();
    assert_eq!((row.state, row.agent_id), (InteractionState::Assigned, Some(ana.id)));
    assert_eq!((row.contact_address.as_str(), row.contact_name.as_str()), (customer.address.as_str(), "María Peña"));
    assert!(row.unread && row.awaits_answer);
    assert!(luis.tray().unwrap().is_empty(), "another agent got it too");
    assert_eq!(ana.tray().unwrap().iter().map(|held| held.id).collect::<Vec<_>>(), [row.id]);
    assert!(!ana.open_interaction(row.id).unwrap().unread);

    // Read: what the mailbox holds is what the agent sees.
    let opened = ana.conversation(row.conversation_id).unwrap();
    assert_eq!((opened.messages.len(), opened.campaign_name.as_str()), (1, "Soporte"));
    let mail = &opened.messages[0];
    assert_eq!(mail.kind, MessageKind::Personal);
    assert_eq!(mail.text.trim(), "La impresora no enciende ¿qué hago?");
    let html = mail.html.as_deref().unwrap();
    assert!(html.contains("<b>no enciende</b>"), "{html}");
    assert!(!html.contains("script") && !html.contains("onclick") && !html.contains("rastreo.example"), "{html}");
    assert_eq!(mail.remote_images, 1);
    let frame = String::from_utf8(ana.download(mail.frame_url.as_deref().unwrap()).unwrap()).unwrap();
    assert!(frame.contains("<b>no enciende</b>") && !frame.contains("rastreo.example") && !frame.contains("<script"));
    let in_mailbox = ground.lab.inbox(&desk.account.address).unwrap();
    assert_eq!(in_mailbox.len(), 1);
    assert!(!in_mailbox[0].is_seen(), "reading must not change the mailbox");
    let source = ana.source(mail).unwrap();
    assert!(source == in_mailbox[0].raw, "the source differs from what was delivered");
    assert_eq!(mail.source_sha256.as_deref().unwrap(), crate::support::sha256_hex(&source));
    assert_eq!(mail.source_size, Some(i64::try_from(source.len()).unwrap()));
    let files: Vec<(&str, &str, bool)> =
        mail.attachments.iter().map(|file| (file.name.as_str(), file.content_type.as_str(), file.inline)).collect();
    assert_eq!(files, [("foto.png", "image/png", true), ("informe técnico.pdf", "application/pdf", false)]);
    assert!(ana.download(&mail.attachments[0].url).unwrap() == picture);
    assert!(ana.download(&mail.attachments[1].url).unwrap() == report);

    // Answer, with a file and a picture in the text.
    let draft = ana.begin_answer(DraftKind::Reply, mail.id).unwrap();
    assert_eq!(draft.to.iter().map(|to| to.email.as_str()).collect::<Vec<_>>(), [customer.address.as_str()]);
    let (manual, drawing) = (files::pdf(&mut rng, "Manual", 9_000), files::png(&mut rng, 900));
    ana.attach(draft.id, "manual de la impresora.pdf", "application/pdf", &manual, false).unwrap();
    let inline = ana.attach(draft.id, "botón.png", "image/png", &drawing, true).unwrap();
    let picture_id = inline.content_id.unwrap();
    let html = format!("<p>Hola, María:<br>pulse <b>el botón</b> de atrás. <img src=\"cid:{picture_id}\"></p>");
    ana.write_draft(draft.id, &html).unwrap();
    let sent = ana.send_now(draft.id).unwrap();
    assert_eq!(sent.interaction_id, row.id);

    // It arrives in the customer's real mailbox, threaded.
    let arrived = ground.lab.wait_for_subject(&customer.address, "Impresora averiada", LIMIT).unwrap();
    assert_eq!(arrived.subject(), "Re: Impresora averiada nº 7 🖨");
    assert_eq!((arrived.from(), arrived.from_name()), (desk.account.address.clone(), "Soporte".to_owned()));
    assert_eq!(arrived.to(), std::slice::from_ref(&customer.address));
    assert_eq!(arrived.header("In-Reply-To").unwrap().trim(), format!("<{}>", mail.internet_message_id));
    assert_eq!(arrived.header("References").unwrap().trim(), format!("<{}>", mail.internet_message_id));
    assert!(
        arrived.text().contains("pulse el botón de atrás") || arrived.text().contains("pulse *el botón* de atrás"),
        "{}",
        arrived.text()
    );
    assert!(arrived.html().unwrap().contains("<b>el botón</b>"));
    assert!(arrived.html().unwrap().contains("no enciende"), "the quoted mail is missing");
    let parts = arrived.parts();
    let manual_there = parts.iter().find(|part| part.name == "manual de la impresora.pdf").unwrap();
    assert!(manual_there.bytes == manual && manual_there.content_type == "application/pdf");
    let drawing_there = parts.iter().find(|part| part.content_id.as_deref() == Some(picture_id.as_str())).unwrap();
    assert!(drawing_there.bytes == drawing);
    assert!(parts.iter().any(|part| part.bytes == picture), "the quoted picture is missing");

    // His browser learns of each step, and the API agrees.
    ana.live
        .wait("the mail being sent", LIMIT, |state| {
            state.events.iter().find_map(|one| match &one.event {
                LiveEvent::DeliveryChanged { message_id, delivery: Delivery::Sent, .. }
                    if *message_id == sent.message_id =>
                {
                    Some(())
                }
                _ => None,
            })
        })
        .unwrap();
    let shown = ana.message(sent.message_id).unwrap();
    assert_eq!((shown.delivery, shown.attempts), (Some(Delivery::Sent), Some(1)));
    assert_eq!(Some(shown.internet_message_id.clone()), arrived.message_id());
    assert!(!ana.interaction(row.id).unwrap().awaits_answer);
    assert_eq!(ana.live.look(|state| state.faults.clone()), Vec::<String>::new());
    // His colleague saw it wait and leave the queue, and nothing of what came then.
    let told = luis.live.look(|state| state.events.clone());
    let of_the_queue = |event: &LiveEvent| match event {
        LiveEvent::InteractionChanged { interaction } => interaction.id == row.id && interaction.version <= 2,
        _ => false,
    };
    assert!(told.iter().all(|one| of_the_queue(&one.event)), "luis was told of another's work: {told:?}");
}

fn a_customer_who_writes_again(ground: &Ground) {
    let desk = ground.desk(["ana", "luis"]);
    let [ana, luis] = &desk.agents;
    let customer = ground.customer("pedro");
    let (from, to) = (customer.address.as_str(), desk.account.address.as_str());
    ground.lab.deliver(&plain(from, to, "Factura", "No me llega la factura."), from, to).unwrap();
    let row = ana.live.wait_for_subject("Factura", LIMIT).unwrap();
    let first = &ana.conversation(row.conversation_id).unwrap().messages[0];
    ana.answer(first.id, "<p>Se la envío hoy.</p>").unwrap();
    let answer = ground.lab.wait_for_subject(from, "Re: Factura", LIMIT).unwrap();

    // While it is open his answer joins and stays with its agent.
    ground.lab.deliver(&answer_to(&answer, from, "Gracias, la espero."), from, to).unwrap();
    let again = ana
        .live
        .wait("the customer's answer", LIMIT, |state| {
            state.active.get(&row.id).filter(|now| now.message_count == 3 && now.unread).cloned()
        })
        .unwrap();
    assert_eq!((again.conversation_id, again.agent_id), (row.conversation_id, Some(ana.id)));
    assert!(again.awaits_answer);
    assert!(luis.tray().unwrap().is_empty());
    assert_eq!(ana.tray().unwrap().len(), 1, "an answer made another interaction");

    // When it is finished, another mail opens a new interaction in the same conversation.
    let finished = ana.finish_interaction(row.id, "Enviada.").unwrap();
    assert_eq!(finished.state, InteractionState::Finished);
    ana.live.wait("the tray being empty", LIMIT, |state| state.active.is_empty().then_some(())).unwrap();
    ground.lab.deliver(&answer_to(&answer, from, "Sigue sin llegar."), from, to).unwrap();
    // Round robin goes on after Ana.
    let new = luis.live.wait("the new interaction", LIMIT, |state| state.active.values().next().cloned()).unwrap();
    assert_ne!(new.id, row.id);
    assert_eq!((new.conversation_id, new.message_count), (row.conversation_id, 4));
    let whole = luis.conversation(new.conversation_id).unwrap();
    let texts: Vec<String> =
        whole.messages.iter().map(|mail| mail.text.lines().next().unwrap_or("").to_owned()).collect();
    assert_eq!(texts, ["No me llega la factura.", "Se la envío hoy.", "Gracias, la espero.", "Sigue sin llegar."]);
    assert!(whole.messages.iter().all(|mail| !mail.from_stranger));
    assert_eq!(desk.office.admin.interactions("").unwrap().len(), 2);
    let why = desk.office.admin.decisions(new.id).unwrap();
    assert_eq!((why.len(), why[0].winner, why[0].last_served), (1, luis.id, Some(ana.id)));
    assert_eq!(why[0].agents.len(), 2);
}
