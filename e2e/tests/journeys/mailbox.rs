//! What happens in mailboxes: rebuilt ones, mails that others remove, very large mails, broken mails, old mails.

use crate::support::{Ground, LIMIT, conversations, incoming, plain, sha256_hex, wait_until_connected};
use posta_e2e::corpus::{Corpus, Rng};
use posta_e2e::posta::until;
use shared::api::conversations::MessageKind;
use shared::api::operations::MailboxLedger;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

journeys!(
    a_new_uid_validity_makes_nothing_new,
    mails_removed_by_others,
    a_mail_of_thirty_megabytes,
    a_mail_above_the_limit_blocks_nothing,
    malformed_mail_blocks_nothing,
    the_first_connection_touches_no_old_mail,
    old_mail_can_be_imported_as_history,
    a_copy_that_is_refused_holds_up_no_other,
);

fn ledger(desk: &crate::support::Desk<0>) -> MailboxLedger {
    desk.office.admin.mailboxes(desk.campaign.id).unwrap().remove(0)
}

fn wait_for_incoming(office: &posta_e2e::posta::Office, count: usize, limit: Duration) {
    let mut seen = 0;
    let done = until("the mails", limit, || {
        seen = incoming(office).len();
        (seen >= count).then_some(())
    });
    done.unwrap_or_else(|error| panic!("{error}: {seen} of {count}"));
}

fn a_new_uid_validity_makes_nothing_new(ground: &Ground) {
    let desk = ground.desk([]);
    let (from, to) = ("eva@cliente.test", desk.account.address.as_str());
    // Two of the same octets are two mails.
    let twice = plain(from, to, "Repetida", "Igual.");
    let raws: Vec<Vec<u8>> =
        (0..6).map(|n| plain(from, to, &format!("N{n}"), "Hola.")).chain([twice.clone(), twice]).collect();
    ground.lab.drop_into_maildir(to, "INBOX", raws.iter()).unwrap();
    wait_for_incoming(&desk.office, 8, LIMIT);
    let before = ledger(&desk);
    let interactions = desk.office.admin.interactions("").unwrap().len();
    ground.lab.dovecot().unwrap().set_uid_validity(to, "INBOX", 777_000_001).unwrap();
    ground.lab.deliver(&plain(from, to, "Después", "Hola."), from, to).unwrap();
    let after = until("the folder being read again", LIMIT * 2, || {
        Some(ledger(&desk)).filter(|now| now.uid_validity == Some(777_000_001) && now.last_uid >= 9)
    })
    .unwrap();
    assert_eq!((before.stored, before.duplicates), (8, 0));
    // The ledger speaks of the present numbering: eight known again, one new.
    assert_eq!((after.stored, after.duplicates, after.quarantined), (1, 8, 0));
    wait_for_incoming(&desk.office, 9, LIMIT);
    let mut subjects: Vec<String> = incoming(&desk.office).into_iter().map(|mail| mail.subject).collect();
    subjects.sort();
    assert_eq!(subjects, ["Después", "N0", "N1", "N2", "N3", "N4", "N5", "Repetida", "Repetida"]);
    assert_eq!(desk.office.admin.interactions("").unwrap().len(), interactions + 1);
}

fn mails_removed_by_others(ground: &Ground) {
    let desk = ground.desk([]);
    let (from, to) = ("eva@cliente.test", desk.account.address.as_str());
    let write = |range: std::ops::Range<u32>| {
        for number in range {
            ground.lab.deliver(&plain(from, to, &format!("N{number}"), "Hola."), from, to).unwrap();
        }
    };
    write(0..5);
    wait_for_incoming(&desk.office, 5, LIMIT);
    let dovecot = ground.lab.dovecot().unwrap();
    dovecot.expunge(to, "INBOX", &[1, 2, 4]).unwrap();
    write(5..8);
    wait_for_incoming(&desk.office, 8, LIMIT);
    // The highest one goes too, so that the server's last UID lies below the cursor: `n:*` names it all the same.
    dovecot.expunge(to, "INBOX", &[7, 8]).unwrap();
    write(8..10);
    wait_for_incoming(&desk.office, 10, LIMIT);
    let subjects: HashSet<String> = incoming(&desk.office).into_iter().map(|mail| mail.subject).collect();
    assert_eq!(subjects.len(), 10, "{subjects:?}");
    assert_eq!(ledger(&desk).stored, 10);
}

fn a_mail_of_thirty_megabytes(ground: &Ground) {
    let desk = ground.desk(["ana"]);
    let [ana] = &desk.agents;
    let (from, to) = ("pesado@cliente.test", desk.account.address.as_str());
    let bytes = Rng::new(30).bytes(22 * 1024 * 1024);
    let raw = with_attachment(from, to, "Plano grande", "plano.bin", &bytes);
    assert!(raw.len() > 30_000_000, "{}", raw.len());
    ground.lab.deliver(&raw, from, to).unwrap();
    ground.lab.deliver(&plain(from, to, "Pequeña", "Detrás."), from, to).unwrap();
    let row = ana.live.wait_for_subject("Plano grande", LIMIT * 2).unwrap();
    ana.live.wait_for_subject("Pequeña", LIMIT * 2).unwrap();
    let mail = ana.conversation(row.conversation_id).unwrap().messages.remove(0);
    assert_eq!((mail.attachments.len(), mail.attachments[0].size), (1, 22 * 1024 * 1024));
    assert!(ana.download(&mail.attachments[0].url).unwrap() == bytes, "the attachment changed on its way");
    let there = ground.lab.wait_for_subject(to, "Plano grande", LIMIT).unwrap();
    assert_eq!(mail.source_sha256.unwrap(), sha256_hex(&there.raw));
}

fn with_attachment(from: &str, to: &str, subject: &str, name: &str, bytes: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let coded = base64::engine::general_purpose::STANDARD.encode(bytes);
    let mut raw = format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{}>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nVa dentro.\r\n\
         --b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename={name}\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n",
        crate::support::unique_id()
    )
    .into_bytes();
    for line in coded.as_bytes().chunks(76) {
        raw.extend_from_slice(line);
        raw.extend_from_slice(b"\r\n");
    }
    raw.extend_from_slice(b"--b--\r\n");
    raw
}

fn a_mail_above_the_limit_blocks_nothing(ground: &Ground) {
    let office = posta_e2e::posta::Office::open(ground.options().env("POSTA__MAIL__MAX_SIZE_MB", "2")).unwrap();
    let account = ground.lab.add_mailbox("soporte@lab.test", posta_e2e::PASSWORD).unwrap();
    let campaign = office.campaign(&ground.lab, "Soporte", &account, |_| {}).unwrap();
    wait_until_connected(&office, &campaign);
    let (from, to) = ("pesado@cliente.test", account.address.as_str());
    let raw = with_attachment(from, to, "Enorme", "x.bin", &Rng::new(3).bytes(3 * 1024 * 1024));
    ground.lab.deliver(&raw, from, to).unwrap();
    ground.lab.deliver(&plain(from, to, "Pequeña", "Detrás."), from, to).unwrap();
    wait_for_incoming(&office, 1, LIMIT);
    let aside = office.admin.quarantine(campaign.id).unwrap();
    assert_eq!((aside.len(), aside[0].uid), (1, 1));
    assert!(aside[0].reason.contains("max_size_mb"), "{}", aside[0].reason);
    let ledger = &office.admin.mailboxes(campaign.id).unwrap()[0];
    assert_eq!((ledger.stored, ledger.quarantined, ledger.last_uid), (1, 1, 2));
}

fn malformed_mail_blocks_nothing(ground: &Ground) {
    const MAILS: usize = 300;
    let desk = ground.desk([]);
    let to = desk.account.address.as_str();
    let mails: Vec<_> = Corpus::new(20_261_122).to(to).malformed(40).take(MAILS).collect();
    let broken = mails.iter().filter(|mail| mail.malformed.is_some()).count();
    assert!(broken > MAILS / 4);
    ground.lab.drop_into_maildir(to, "INBOX", mails.iter().map(|mail| &mail.raw)).unwrap();
    let ledger = until("every mail being dealt with", LIMIT * 3, || {
        Some(ledger(&desk)).filter(|now| now.stored + now.quarantined >= i64::try_from(MAILS).unwrap())
    })
    .unwrap();
    assert_eq!(ledger.stored + ledger.quarantined, i64::try_from(MAILS).unwrap());
    let aside = desk.office.admin.quarantine(desk.campaign.id).unwrap();
    assert_eq!(i64::try_from(aside.len()).unwrap(), ledger.quarantined);

    // Each source is there, octet for octet as IMAP gives it (which cannot carry a NUL), as a message or set aside;
    // nothing else is.
    let mut expected: BTreeMap<String, usize> = BTreeMap::new();
    let mut imap = ground.lab.imap_session(to).unwrap();
    imap.select("INBOX").unwrap();
    for uid in imap.uids().unwrap() {
        *expected.entry(sha256_hex(&imap.fetch_raw(uid).unwrap())).or_default() += 1;
    }
    let stored = incoming(&desk.office);
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let hashes = stored.iter().map(|mail| mail.source_sha256.clone().unwrap());
    for hash in hashes.chain(aside.iter().map(|one| one.source_sha256.clone().unwrap())) {
        *found.entry(hash).or_default() += 1;
    }
    assert_eq!(found, expected);

    // The facts of the well-formed ones are right.
    let by_id: BTreeMap<&str, _> = stored.iter().map(|mail| (mail.internet_message_id.as_str(), mail)).collect();
    for mail in mails.iter().filter(|mail| mail.malformed.is_none()) {
        let shown = by_id.get(mail.message_id.as_str()).unwrap_or_else(|| panic!("mail {} is missing", mail.index));
        assert_eq!(shown.subject, mail.subject, "mail {}", mail.index);
        assert_eq!(shown.from.email, mail.from.address, "mail {}", mail.index);
        assert_eq!(shown.kind, MessageKind::Personal, "mail {}", mail.index);
        let first = mail.text.lines().next().unwrap_or_default().trim();
        assert!(shown.text.contains(first), "mail {}: {first:?} is not in {:?}", mail.index, shown.text);
        let mut names: Vec<&str> = shown.attachments.iter().map(|file| file.name.as_str()).collect();
        let mut wanted: Vec<&str> = mail.parts.iter().map(|part| part.name.as_str()).collect();
        names.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(names, wanted, "mail {}", mail.index);
    }
    // And the mailbox goes on.
    ground.lab.deliver(&plain("z@cliente.test", to, "Y sigue", "Bien."), "z@cliente.test", to).unwrap();
    until("the mail behind them", LIMIT, || {
        desk.office.admin.interactions("search=sigue").unwrap().iter().any(|row| row.subject == "Y sigue").then_some(())
    })
    .unwrap();
    assert!(!desk.office.posta.log().since(0).iter().any(|line| line.contains("panicked")));
}

fn the_first_connection_touches_no_old_mail(ground: &Ground) {
    let account = ground.lab.add_mailbox("soporte@lab.test", posta_e2e::PASSWORD).unwrap();
    let to = account.address.as_str();
    let old: Vec<Vec<u8>> = (0..20).map(|n| plain("v@cliente.test", to, &format!("Vieja {n}"), "Ayer.")).collect();
    ground.lab.drop_into_maildir(to, "INBOX", old.iter()).unwrap();
    let before = ground.lab.inbox(to).unwrap();
    let office = ground.office();
    let campaign = office.campaign(&ground.lab, "Soporte", &account, |_| {}).unwrap();
    wait_until_connected(&office, &campaign);
    ground.lab.deliver(&plain("n@cliente.test", to, "Nueva", "Hoy."), "n@cliente.test", to).unwrap();
    wait_for_incoming(&office, 1, LIMIT);
    assert_eq!(incoming(&office)[0].subject, "Nueva");
    let ledger = &office.admin.mailboxes(campaign.id).unwrap()[0];
    assert_eq!((ledger.skipped_to, ledger.stored, ledger.history), (20, 1, 0));
    let after = ground.lab.inbox(to).unwrap();
    assert_eq!(after.len(), 21);
    for mail in before {
        let now = after.iter().find(|now| now.raw == mail.raw).unwrap();
        assert_eq!(now.flags, mail.flags, "an old mail was touched");
    }
}

fn old_mail_can_be_imported_as_history(ground: &Ground) {
    let account = ground.lab.add_mailbox("soporte@lab.test", posta_e2e::PASSWORD).unwrap();
    let to = account.address.as_str();
    let old: Vec<Vec<u8>> = (0..10).map(|n| plain("v@cliente.test", to, &format!("Vieja {n}"), "Ayer.")).collect();
    ground.lab.drop_into_maildir(to, "INBOX", old.iter()).unwrap();
    let office = ground.office();
    let campaign = office.campaign(&ground.lab, "Soporte", &account, |form| form.import_days = 3).unwrap();
    let ana = office.hire("ana", &[campaign.id]).unwrap();
    wait_for_incoming(&office, 10, LIMIT);
    ground.lab.deliver(&plain("n@cliente.test", to, "Nueva", "Hoy."), "n@cliente.test", to).unwrap();
    ana.live.wait_for_subject("Nueva", LIMIT).unwrap();
    assert_eq!(ana.tray().unwrap().len(), 1, "history was handed out");
    let kinds: Vec<MessageKind> =
        conversations(&office).iter().flat_map(|one| one.messages.iter().map(|mail| mail.kind)).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == MessageKind::History).count(), 10);
    let ledger = &office.admin.mailboxes(campaign.id).unwrap()[0];
    assert_eq!((ledger.history, ledger.stored), (10, 1));
}

/// Once a copy that the server refused was tried again and again, and those of all later mails waited behind it.
fn a_copy_that_is_refused_holds_up_no_other(ground: &Ground) {
    let office = ground.office();
    let account = ground.lab.add_mailbox("soporte@lab.test", posta_e2e::PASSWORD).unwrap();
    let own = account.address.as_str();
    ground.lab.set_quota(own, Some(400_000)).unwrap();
    let campaign = office.campaign(&ground.lab, "Soporte", &account, |form| form.account.save_sent = true).unwrap();
    let ana = office.hire("ana", &[campaign.id]).unwrap();
    let customer = ground.customer("carla");
    let large = format!("<p>{}</p>", "Nunca cabe aquí. ".repeat(40_000));
    ana.start_interaction(campaign.id, &customer.address, "Grande", &large).unwrap();
    ground.lab.wait_for_subject(&customer.address, "Grande", LIMIT).unwrap();
    until("the large copy being refused", LIMIT, || {
        office.posta.log().since(0).iter().any(|line| line.contains("refuses a copy of a sent mail")).then_some(())
    })
    .unwrap();
    for number in 1..=6 {
        let subject = format!("Chico {number}");
        ana.start_interaction(campaign.id, &customer.address, &subject, "<p>Cabe.</p>").unwrap();
        until("its copy", LIMIT, || (ground.lab.count(own, "Sent").unwrap() == number).then_some(())).unwrap();
    }
    // There is room again.
    ground.lab.set_quota(own, None).unwrap();
    until("the large copy", LIMIT * 2, || (ground.lab.count(own, "Sent").unwrap() == 7).then_some(())).unwrap();
}
