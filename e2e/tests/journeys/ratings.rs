//! Ratings over real mail: the customer finds the faces in his mailbox, and only his press of the button counts (S23).

use crate::support::{Ground, LIMIT, plain, wait_until_connected};
use posta_e2e::posta::{Asking, Client, Office, until};
use serde_json::{Value, json};
use shared::api::campaigns::RatingSettings;

journeys!(a_customer_rates_an_answer);

/// As customers reach us; the test asks the same paths of the real address.
const PUBLIC: &str = "http://posta.test";

fn a_customer_rates_an_answer(ground: &Ground) {
    let office = Office::open(ground.options().env("POSTA__SERVER__PUBLIC_URL", PUBLIC)).unwrap();
    let account = ground.lab.add_mailbox("soporte@lab.test", posta_e2e::PASSWORD).unwrap();
    let form = json!({ "kind": "signature", "name": "Firma", "format": "html", "source": "<p>${agent.name}, ${campaign.name}</p>" });
    let signature: Value = office.admin.post("templates", &form).unwrap();
    let campaign = office
        .campaign(&ground.lab, "Soporte", &account, |form| {
            form.signature_template_id = serde_json::from_value(signature["id"].clone()).unwrap();
            form.rating = RatingSettings {
                enabled: true,
                prompt: "¿Qué tal lo hicimos?".into(),
                thanks_html: "<p>Nos ayuda mucho.</p>".into(),
            };
        })
        .unwrap();
    wait_until_connected(&office, &campaign);
    let ana = office.hire("ana", &[campaign.id]).unwrap();
    let customer = ground.customer("carla");
    let (from, to) = (customer.address.as_str(), campaign.account.address.as_str());
    ground.lab.deliver(&plain(from, to, "Mi pedido", "¿Dónde está?"), from, to).unwrap();
    let row = ana.live.wait_for_subject("Mi pedido", LIMIT).unwrap();
    let asked = ana.conversation(row.conversation_id).unwrap().messages[0].id;
    let draft = ana.begin_answer(shared::api::drafts::DraftKind::Reply, asked).unwrap();
    assert!(draft.html.contains("Ana, Soporte"), "{}", draft.html);
    ana.write_draft(draft.id, &draft.html.replacen("<div><br></div>", "<div>Va de camino.</div>", 1)).unwrap();
    let sent = ana.send_now(draft.id).unwrap();

    let got = ground.lab.wait_for_subject(from, "Re: Mi pedido", LIMIT).unwrap();
    let (html, text) = (got.html().unwrap(), got.text());
    let mut places = ["Va de camino.", "Ana, Soporte", "¿Qué tal lo hicimos?", "posta-quote"]
        .map(|words| html.find(words).unwrap_or_else(|| panic!("{words}: {html}")))
        .into_iter();
    let mut before = places.next().unwrap();
    for place in places {
        assert!(before < place, "{html}");
        before = place;
    }
    let link = text.split('<').find_map(|part| part.strip_prefix(PUBLIC)?.split('>').next()).unwrap().to_owned();
    let (page, _) = link.rsplit_once('/').unwrap();

    let anyone = Client::anonymous(office.posta.address());
    for score in 1..=5 {
        for _ in 0..3 {
            let answer = anyone.send("GET", &format!("{page}/{score}"), &Asking::plain()).unwrap();
            assert_eq!(answer.status, 200);
            assert!(String::from_utf8_lossy(&answer.body).contains("¿Qué tal lo hicimos?"));
        }
    }
    assert_eq!(ana.interaction(row.id).unwrap().rating, None, "looking recorded something");
    let say = |body: &str| {
        let form =
            Asking::plain().with("Content-Type", "application/x-www-form-urlencoded").bytes(body.as_bytes().to_vec());
        anyone.send("POST", page, &form).unwrap()
    };
    assert_eq!(say("score=2").status, 303);
    ana.live
        .wait("the rating", LIMIT, |state| {
            state.active.values().find(|known| known.id == row.id && known.rating == Some(2)).map(|_| ())
        })
        .unwrap();
    assert_eq!(say("score=5&comment=Al+final%2C+genial").status, 303);
    let rated =
        until("the change", LIMIT, || ana.message(sent.message_id).unwrap().rating.filter(|rating| rating.score == 5))
            .unwrap();
    assert_eq!((rated.comment.as_str(), rated.changed_at.is_some()), ("Al final, genial", true));
    let thanks = anyone.send("GET", page, &Asking::plain()).unwrap();
    assert!(String::from_utf8_lossy(&thanks.body).contains("Nos ayuda mucho."));
    assert_eq!(ana.interaction(row.id).unwrap().rating, Some(5));
}
