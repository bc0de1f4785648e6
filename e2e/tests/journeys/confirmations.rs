//! Confirmations over real mail: one for a customer, and no loop with anybody (S25, R12).

use crate::support::{Ground, LIMIT, answer_to, incoming, plain, unique_id, wait_until_connected};
use posta_e2e::posta::{Client, Office, until};
use serde_json::{Value, json};
use shared::api::campaigns::{CampaignView, ConfirmationSettings};
use shared::api::conversations::MessageKind;
use shared::api::interactions::InteractionState;
use shared::ids::TemplateId;

journeys!(
    a_customer_gets_one_confirmation,
    two_systems_confirm_each_other_once,
    an_auto_responder_gets_one_confirmation
);

fn words(admin: &Client, name: &str) -> TemplateId {
    let source = "<mjml><mj-body><mj-section><mj-column><mj-text>Hola, ${customer.name}: recibido.</mj-text>\
                  </mj-column></mj-section></mj-body></mjml>";
    let form = json!({ "kind": "confirmation", "name": name, "subject": "Recibido: ${subject}", "format": "mjml", "source": source });
    let made: Value = admin.post("templates", &form).unwrap();
    serde_json::from_value(made["id"].clone()).unwrap()
}

/// A campaign that confirms, reading the mailbox `local`.
fn confirming(ground: &Ground, office: &Office, name: &str, local: &str) -> CampaignView {
    let account = ground.lab.add_mailbox(&format!("{local}@lab.test"), posta_e2e::PASSWORD).unwrap();
    let template = words(&office.admin, &format!("Recibido de {name}"));
    let campaign = office
        .campaign(&ground.lab, name, &account, |form| {
            form.confirmation = ConfirmationSettings { enabled: true, template_id: Some(template) };
        })
        .unwrap();
    wait_until_connected(office, &campaign);
    campaign
}

/// Waits until nothing is on its way.
fn settle(ground: &Ground) {
    until("the queue running empty", LIMIT, || (ground.lab.postfix().unwrap().queued().unwrap() == 0).then_some(()))
        .unwrap();
}

fn a_customer_gets_one_confirmation(ground: &Ground) {
    let office = ground.office();
    let campaign = confirming(ground, &office, "Soporte", "soporte");
    let ana = office.hire("ana", &[campaign.id]).unwrap();
    let customer = ground.customer("carla");
    let (from, to) = (customer.address.as_str(), campaign.account.address.as_str());
    let raw = plain(&format!("Carla <{from}>"), to, "Mi pedido", "¿Dónde está?");
    ground.lab.deliver(&raw, from, to).unwrap();
    let row = ana.live.wait_for_subject("Mi pedido", LIMIT).unwrap();
    let got = ground.lab.wait_for_subject(from, "Recibido: Mi pedido", LIMIT).unwrap();
    assert_eq!(got.header("Auto-Submitted").as_deref().map(str::trim), Some("auto-replied"));
    assert_eq!(got.from(), to);
    assert!(got.text().contains("Hola, Carla: recibido."), "{}", got.text());
    let asked = String::from_utf8(raw).unwrap();
    let id = asked.split("Message-ID: <").nth(1).unwrap().split('>').next().unwrap();
    assert_eq!(got.header("In-Reply-To").as_deref().map(str::trim), Some(format!("<{id}>").as_str()));
    assert!(got.references().iter().all(|reference| reference == id));
    // The interaction is as open as without it.
    let mine = ana.interaction(row.id).unwrap();
    assert_eq!((mine.state, mine.awaits_answer, mine.first_response_at), (InteractionState::Assigned, true, None));
    let kinds: Vec<MessageKind> =
        ana.conversation(row.conversation_id).unwrap().messages.iter().map(|mail| mail.kind).collect();
    assert_eq!(kinds, [MessageKind::Personal, MessageKind::AutoReply]);
    // He answers it, and writes about something else: he knows by now that we read him.
    ground.lab.deliver(&answer_to(&got, from, "Gracias."), from, to).unwrap();
    ground.lab.deliver(&plain(from, to, "Otra cosa", "Hola."), from, to).unwrap();
    ana.live.wait_for_subject("Otra cosa", LIMIT).unwrap();
    assert_eq!(ana.conversation(row.conversation_id).unwrap().messages.len(), 3, "his answer joined");
    settle(ground);
    assert_eq!(ground.lab.count(from, "INBOX").unwrap(), 1);
}

fn two_systems_confirm_each_other_once(ground: &Ground) {
    let (here, there) = (ground.office(), ground.office());
    let one = confirming(ground, &here, "Uno", "uno");
    let two = confirming(ground, &there, "Dos", "dos");
    let ana = here.hire("ana", &[one.id]).unwrap();
    let luis = there.hire("luis", &[two.id]).unwrap();
    ana.start_interaction(one.id, &two.account.address, "De uno a dos", "<p>Hola.</p>").unwrap();
    luis.live.wait_for_subject("De uno a dos", LIMIT).unwrap();
    let confirmations =
        |office: &Office| incoming(office).into_iter().filter(|mail| mail.kind == MessageKind::AutoReply).count();
    until("the confirmation coming here", LIMIT, || (confirmations(&here) == 1).then_some(())).unwrap();
    luis.start_interaction(two.id, &one.account.address, "De dos a uno", "<p>Hola.</p>").unwrap();
    ana.live.wait_for_subject("De dos a uno", LIMIT).unwrap();
    until("the confirmation coming there", LIMIT, || (confirmations(&there) == 1).then_some(())).unwrap();
    for number in 0..3 {
        let subject = format!("Más {number}");
        ana.start_interaction(one.id, &two.account.address, &subject, "<p>Más.</p>").unwrap();
        until("more mail there", LIMIT, || incoming(&there).iter().any(|mail| mail.subject == subject).then_some(()))
            .unwrap();
    }
    settle(ground);
    until("all mail being read", LIMIT, || (incoming(&here).len() == 2).then_some(())).unwrap();
    assert_eq!((confirmations(&here), confirmations(&there)), (1, 1));
}

fn an_auto_responder_gets_one_confirmation(ground: &Ground) {
    let office = ground.office();
    let campaign = confirming(ground, &office, "Soporte", "soporte");
    let customer = ground.customer("robot");
    let (from, to) = (customer.address.as_str(), campaign.account.address.as_str());
    ground.lab.deliver(&plain(from, to, "Aviso", "Soy una máquina que no lo dice."), from, to).unwrap();
    let got = ground.lab.wait_for_subject(from, "Recibido: Aviso", LIMIT).unwrap();
    // A bad one: it says nowhere what it is, and answers whatever comes, here and under new subjects.
    for number in 0..5 {
        ground.lab.deliver(&answer_to(&got, from, &format!("Recibido ({number}).")), from, to).unwrap();
        ground.lab.deliver(&plain(from, to, &format!("Acuse {}", unique_id()), "Recibido."), from, to).unwrap();
    }
    until("all of it being stored", LIMIT, || (incoming(&office).len() == 11).then_some(())).unwrap();
    settle(ground);
    assert_eq!(ground.lab.count(from, "INBOX").unwrap(), 1, "the machine was answered again");
}
