//! Customers write, and answer what they are answered.

use std::time::Duration;

use posta_e2e::smtp::SmtpClient;
use posta_e2e::traffic::{Traffic, TrafficOptions};
use posta_e2e::{Lab, LabOptions};

const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn customers_write_and_answer() {
    let lab = Lab::start(LabOptions::default()).unwrap();
    let account = lab.add_mailbox("soporte@lab.test", "secret").unwrap();
    let options = TrafficOptions {
        pace: Duration::from_millis(50),
        answers_percent: 100,
        thinking: (Duration::ZERO, Duration::from_millis(10)),
        patience: 1,
        ..TrafficOptions::to(&["soporte@lab.test"])
    };
    let traffic = Traffic::start(&lab, options).unwrap();
    let mails = lab.wait_for(&account.address, |mails| mails.len() >= 3, LIMIT).unwrap();
    let customer = mails[0].from();
    assert!(traffic.people().iter().any(|person| person.address == customer));

    let answer = format!(
        "From: Soporte <soporte@lab.test>\r\nReply-To: soporte+tok@lab.test\r\nTo: {customer}\r\nSubject: Re: pregunta única\r\n\
         Message-ID: <answer-1@lab.test>\r\nIn-Reply-To: <{}>\r\n\r\nLo miramos.\r\n",
        mails[0].message_id().unwrap()
    );
    let mut smtp = SmtpClient::connect(lab.smtp_address().unwrap()).unwrap();
    smtp.login(&account.login, &account.password).unwrap();
    smtp.send(&account.address, &[&customer], answer.as_bytes()).unwrap();
    let automatic =
        answer.replace("answer-1", "answer-2").replace("Reply-To", "Auto-Submitted: auto-replied\r\nReply-To");
    smtp.send(&account.address, &[&customer], automatic.as_bytes()).unwrap();

    let is_answer = |mail: &posta_e2e::Mail| mail.references().contains(&"answer-1@lab.test".to_owned());
    let mails = lab.wait_for(&account.address, |mails| mails.iter().any(is_answer), LIMIT).unwrap();
    let found = mails.iter().find(|mail| is_answer(mail)).unwrap();
    assert_eq!(found.from(), customer);
    assert_eq!(found.delivered_to().as_deref(), Some("soporte+tok@lab.test"));
    assert!(found.subject().starts_with("Re: "));
    assert!(found.text().contains("> Lo miramos."));

    let counts = traffic.stop();
    assert_eq!((counts.answered, counts.failed), (1, 0), "{counts:?}");
    assert!(counts.written >= 3);
    let then = lab.postfix().unwrap();
    while then.queued().unwrap() > 0 {
        std::thread::yield_now();
    }
    let settled = lab.count(&account.address, "INBOX").unwrap();
    assert_eq!(u64::try_from(settled).unwrap(), counts.written + counts.answered, "nobody writes after the stop");
}
