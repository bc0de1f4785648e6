use super::*;
use crate::mail::mutate::{corpus, feed, fixture};

#[test]
fn a_standard_report() {
    let report = read(&fixture("dsn_postfix.eml")).unwrap();
    assert_eq!(report.original_message_id.as_deref(), Some("orig-1@posta.test"));
    let [failed, delayed] = report.recipients.as_slice() else { panic!("{report:?}") };
    assert_eq!(failed.final_recipient, "nadie@example.com");
    assert_eq!(failed.original_recipient.as_deref(), Some("nadie@example.com"));
    assert_eq!((failed.action, failed.status.unwrap().to_string().as_str()), (Action::Failed, "5.1.1"));
    assert_eq!(failed.diagnostic, "550 5.1.1 <nadie@example.com>: Recipient address rejected: User unknown");
    assert!(failed.is_hard());
    assert_eq!((delayed.final_recipient.as_str(), delayed.action), ("lleno@example.com", Action::Delayed));
    assert!(!delayed.is_hard());
}

#[test]
fn reports_of_other_systems() {
    for (name, recipient, status, id) in [
        ("dsn_exchange.eml", "nadie@corp.example", Some("5.1.10"), "orig-2@posta.test"),
        ("bounce_qmail.eml", "nadie@qmail.example", Some("5.1.1"), "orig-3@posta.test"),
        ("bounce_exim.eml", "nadie@exim.example", None, "orig-4@posta.test"),
    ] {
        let report = read(&fixture(name)).unwrap();
        assert_eq!(report.recipients.len(), 1, "{name}: {report:?}");
        let only = &report.recipients[0];
        assert_eq!(only.final_recipient, recipient, "{name}");
        assert_eq!(only.status.map(|status| status.to_string()).as_deref(), status, "{name}: {}", only.diagnostic);
        assert!(only.is_hard(), "{name}");
        assert!(!only.diagnostic.is_empty(), "{name}");
        assert_eq!(report.original_message_id.as_deref(), Some(id), "{name}");
    }
}

#[test]
fn other_mail_is_no_report() {
    for name in ["simple.eml", "alternative.eml", "vacation.eml", "html_only.eml", "nested.eml"] {
        assert_eq!(read(&fixture(name)), None, "{name}");
    }
}

#[test]
fn a_warning_is_not_a_failure() {
    let mail = b"From: MAILER-DAEMON@x.example\r\nReturn-Path: <>\r\nSubject: Warning\r\n\r\nYour message was delayed and is still being tried:\r\n\r\n<a@b.co>: connection timed out\r\n";
    let report = read(mail).unwrap();
    assert_eq!(report.recipients[0].action, Action::Delayed);
    assert!(!report.recipients[0].is_hard());
}

#[test]
fn ten_thousand_damaged_reports_are_survived() {
    feed(&corpus(), |bytes| {
        if let Some(report) = read(bytes) {
            assert!(report.recipients.iter().all(|recipient| validate(&recipient.final_recipient).is_ok()));
        }
    });
}
