//! The lab itself: what it delivers, refuses, bounces, survives and clears away.

use std::fs;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use posta_e2e::corpus::Corpus;
use posta_e2e::imap::ImapClient;
use posta_e2e::smtp::SmtpClient;
use posta_e2e::{Lab, LabError, LabOptions, PASSWORD, PgOptions, PostgreSql};

const LIMIT: Duration = Duration::from_secs(20);

fn mail(subject: &str) -> Vec<u8> {
    format!(
        "From: Ana <ana@cliente.test>\r\nTo: soporte@lab.test\r\nSubject: {subject}\r\n\
         Message-ID: <{subject}@cliente.test>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\n\
         Hola.\r\n.una línea con punto\r\n..dos\r\nAdiós\r\n"
    )
    .into_bytes()
}

/// The processes whose command line or working files mention the text.
fn processes_with(text: &str) -> Vec<String> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            path.file_name()?.to_str()?.parse::<u32>().ok()?;
            let line = fs::read(path.join("cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            line.contains(text).then_some(line)
        })
        .collect()
}

#[test]
fn smtp_delivery_appears_in_maildir_and_over_imap() {
    let lab = Lab::shared().unwrap();
    let box_ = lab.new_mailbox("soporte").unwrap();
    let raw = mail("hola");
    lab.deliver(&raw, "ana@cliente.test", &box_.address).unwrap();
    let found = lab.wait_for_subject(&box_.address, "hola", LIMIT).unwrap();
    assert!(found.raw.ends_with(&raw), "the mail changed on its way: {}", String::from_utf8_lossy(&found.raw));
    assert_eq!(found.return_path().as_deref(), Some("ana@cliente.test"));

    let mut imap = lab.imap_session(&box_.address).unwrap();
    let selected = imap.select("INBOX").unwrap();
    assert_eq!((selected.exists, selected.uid_next), (1, 2));
    let over_imap = imap.fetch_raw(1).unwrap();
    assert!(over_imap.ends_with(&raw));
    assert!(!imap.flags(1).unwrap().contains(&"\\Seen".to_owned()));
}

#[test]
fn extension_of_an_address_reaches_its_mailbox() {
    let lab = Lab::shared().unwrap();
    let account = lab.new_mailbox("bounces").unwrap();
    let (local, domain) = account.address.split_once('@').unwrap();
    let extended = format!("{local}+tok3n=1@{domain}");
    lab.deliver(&mail("con-extension"), "ana@cliente.test", &extended).unwrap();
    let found = lab.wait_for_subject(&account.address, "con-extension", LIMIT).unwrap();
    assert_eq!(found.delivered_to(), Some(extended));
}

#[test]
fn idle_tells_of_a_delivery() {
    let lab = Lab::shared().unwrap();
    let account = lab.new_mailbox("idle").unwrap();
    let mut imap = lab.imap_session(&account.address).unwrap();
    imap.select("INBOX").unwrap();
    let address = account.address.clone();
    let room = lab.mailroom().clone();
    let sender = std::thread::spawn(move || room.deliver(&mail("despierta"), "ana@cliente.test", &address).unwrap());
    let (line, _) = imap.idle_until(LIMIT, |line| line.ends_with("EXISTS")).unwrap();
    assert_eq!(line, "* 1 EXISTS");
    sender.join().unwrap();
}

#[test]
fn sign_in_over_every_kind_of_transport() {
    let lab = Lab::shared().unwrap();
    let account = lab.new_mailbox("tls").unwrap();
    let (user, password) = (account.login.as_str(), account.password.as_str());

    let mut imap = ImapClient::connect(lab.imap_address().unwrap()).unwrap();
    imap.start_tls(lab.tls(), "localhost").unwrap();
    imap.login(user, password).unwrap();
    let mut imap = ImapClient::connect_tls(lab.imaps_address().unwrap(), lab.tls(), "imap.lab.test").unwrap();
    imap.login(user, password).unwrap();

    let mut smtp = SmtpClient::connect(lab.smtp_address().unwrap()).unwrap();
    smtp.start_tls(lab.tls(), "127.0.0.1").unwrap();
    smtp.login(user, password).unwrap();
    let mut smtp = SmtpClient::connect_tls(lab.smtps_address().unwrap(), lab.tls(), "mx.lab.test").unwrap();
    smtp.login(user, password).unwrap();

    let wrong_name = ImapClient::connect_tls(lab.imaps_address().unwrap(), lab.tls(), "other.test");
    assert!(wrong_name.is_err(), "a certificate for other names must not pass");
}

#[test]
fn wrong_password_is_refused_and_a_changed_one_works() {
    let lab = Lab::shared().unwrap();
    let account = lab.new_mailbox("clave").unwrap();
    let mut imap = ImapClient::connect(lab.imap_address().unwrap()).unwrap();
    let refused = imap.login(&account.login, "wrong").unwrap_err();
    assert!(matches!(&refused, LabError::Imap { answer, .. } if answer.contains("AUTHENTICATIONFAILED")), "{refused}");
    let mut smtp = SmtpClient::connect(lab.smtp_address().unwrap()).unwrap();
    let refused = smtp.login(&account.login, "wrong").unwrap_err();
    assert!(matches!(&refused, LabError::Smtp { reply, .. } if reply.code == 535), "{refused}");

    let changed = lab.set_password(&account.login, "contraseña: nueva").unwrap();
    assert_eq!(lab.account(&account.address).unwrap(), changed);
    lab.imap_session(&account.address).unwrap();
    let mut imap = ImapClient::connect(lab.imap_address().unwrap()).unwrap();
    imap.login(&account.login, PASSWORD).unwrap_err();
}

#[test]
fn login_may_differ_from_the_address() {
    let lab = Lab::shared().unwrap();
    let account = lab.new_mailbox("ventas").unwrap();
    lab.add_login("operator-7", "other", &account.address).unwrap();
    lab.deliver(&mail("dos-llaves"), "ana@cliente.test", &account.address).unwrap();
    lab.wait_for_subject(&account.address, "dos-llaves", LIMIT).unwrap();
    let mut imap = ImapClient::connect(lab.imap_address().unwrap()).unwrap();
    imap.login("operator-7", "other").unwrap();
    assert_eq!(imap.select("INBOX").unwrap().exists, 1);
}

#[test]
fn folders_carry_their_special_use() {
    let lab = Lab::shared().unwrap();
    let account = lab.new_mailbox("carpetas").unwrap();
    let mut imap = lab.imap_session(&account.address).unwrap();
    let folders = imap.list().unwrap().join("\n");
    for name in ["Sent", "Junk", "Trash", "Drafts"] {
        assert!(folders.contains(&format!("\\{name})")) || folders.contains(&format!("\\{name} ")), "{folders}");
    }
    imap.append("Sent", "\\Seen", &mail("copia")).unwrap();
    let sent = lab.mails(&account.address, "Sent").unwrap();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].is_seen());
}

#[test]
fn unknown_recipient_gives_a_delivery_report_to_the_sender() {
    let lab = Lab::shared().unwrap();
    let sender = lab.new_mailbox("remitente").unwrap();
    lab.deliver(&mail("perdido"), &sender.address, "nobody-here@cliente.test").unwrap();
    let found = lab.wait_for(&sender.address, |mails| !mails.is_empty(), LIMIT).unwrap();
    let report = &found[0];
    assert!(report.is_delivery_report());
    assert_eq!(report.return_path().as_deref(), Some(""));
    assert_eq!(report.report_field("Action").as_deref(), Some("failed"));
    assert_eq!(report.report_field("Status").as_deref(), Some("5.1.1"));
    assert_eq!(report.report_field("Final-Recipient").as_deref(), Some("rfc822; nobody-here@cliente.test"));
}

#[test]
fn addresses_of_faults_answer_as_they_say() {
    let lab = Lab::shared().unwrap();
    let sender = lab.new_mailbox("pruebas").unwrap();
    let code = |from: &str, to: &str| match lab.deliver(&mail("falla"), from, to) {
        Err(LabError::Smtp { reply, .. }) => reply.code,
        other => panic!("{to} gave {other:?}"),
    };
    for (to, answer) in posta_e2e::postfix::REFUSED_RECIPIENTS.iter().chain(&posta_e2e::postfix::REFUSED_AFTER_DATA) {
        // After a 421 the connection is closed and cannot be reset.
        if *to == "close@faults.test" {
            lab.deliver(&mail("falla"), &sender.address, to).unwrap_err();
        } else {
            assert!(answer.starts_with(&code(&sender.address, to).to_string()), "{to}");
        }
    }
    for (from, answer) in posta_e2e::postfix::REFUSED_SENDERS {
        assert!(answer.starts_with(&code(from, &sender.address).to_string()), "{from}");
    }
    lab.deliver(&mail("tarde"), &sender.address, "defer@faults.test").unwrap();
    let found = lab.wait_for(&sender.address, |mails| mails.len() == 1, LIMIT).unwrap();
    assert_eq!(found[0].report_field("Action").as_deref(), Some("delayed"));
}

#[test]
fn nothing_leaves_the_machine() {
    let lab = Lab::shared().unwrap();
    let sender = lab.new_mailbox("fuera").unwrap();
    let refused = lab.deliver(&mail("fuera"), &sender.address, "someone@example.invalid").unwrap_err();
    assert!(matches!(&refused, LabError::Smtp { reply, .. } if reply.code == 554), "{refused}");

    let mut smtp = SmtpClient::connect(lab.smtp_address().unwrap()).unwrap();
    smtp.login(&sender.login, &sender.password).unwrap();
    smtp.send(&sender.address, &["someone@example.invalid"], &mail("fuera")).unwrap();
    let found = lab.wait_for(&sender.address, |mails| !mails.is_empty(), LIMIT).unwrap();
    assert_eq!(found[0].report_field("Status").as_deref(), Some("5.1.2"));
    let master = fs::read_to_string(lab.place().root().join("postfix/conf/master.cf")).unwrap();
    assert!(!master.lines().any(|line| line.ends_with(" smtp") || line.ends_with(" relay") || line.ends_with(" pipe")));
}

#[test]
fn large_mail_passes_up_to_the_limit() {
    let lab = Lab::shared().unwrap();
    let account = lab.new_mailbox("grande").unwrap();
    let mut raw = mail("grande");
    let line = b"0123456789012345678901234567890123456789012345678901234567890123456789ABCDE\r\n";
    while raw.len() < 20 * 1024 * 1024 {
        raw.extend_from_slice(line);
    }
    lab.deliver(&raw, "ana@cliente.test", &account.address).unwrap();
    let found = lab.wait_for(&account.address, |mails| !mails.is_empty(), LIMIT).unwrap();
    assert!(found[0].raw.ends_with(&raw));
    let mut smtp = SmtpClient::connect(lab.smtp_address().unwrap()).unwrap();
    let answer = smtp.command(&format!("MAIL FROM:<ana@cliente.test> SIZE={}", 61 * 1024 * 1024)).unwrap();
    assert_eq!(answer.code, 552);
}

#[test]
fn corpus_passes_smtp_and_maildir_unchanged() {
    let lab = Lab::shared().unwrap();
    let by_smtp = lab.new_mailbox("corpus").unwrap();
    let dropped = lab.new_mailbox("corpus").unwrap();
    let mails = Corpus::new(11).take(80).filter(|mail| mail.malformed.is_none()).collect::<Vec<_>>();
    let handed = mails.iter().map(|mail| (mail.raw.as_slice(), mail.from.address.as_str(), by_smtp.address.as_str()));
    assert_eq!(lab.deliver_all(handed).unwrap(), mails.len());
    lab.drop_into_maildir(&dropped.address, "INBOX", mails.iter().map(|mail| &mail.raw)).unwrap();
    let mut left = mails.iter().map(|mail| mail.raw.as_slice()).collect::<Vec<_>>();
    for found in lab.wait_for(&by_smtp.address, |found| found.len() == mails.len(), LIMIT).unwrap() {
        let at = left.iter().position(|raw| found.raw.ends_with(raw)).expect("a mail changed on its way");
        left.remove(at);
    }
    let mut imap = lab.imap_session(&dropped.address).unwrap();
    imap.select("INBOX").unwrap();
    let over_imap = imap.uids().unwrap().into_iter().map(|uid| imap.fetch_raw(uid).unwrap()).collect::<Vec<_>>();
    assert!(mails.iter().all(|mail| over_imap.contains(&mail.raw)) && over_imap.len() == mails.len());
}

#[test]
fn malformed_mail_reaches_imap_whatever_it_holds() {
    let lab = Lab::shared().unwrap();
    let account = lab.new_mailbox("roto").unwrap();
    let mails = Corpus::new(5).malformed(100).take(120).map(|mail| mail.raw).collect::<Vec<_>>();
    lab.drop_into_maildir(&account.address, "INBOX", &mails).unwrap();
    let mut imap = lab.imap_session(&account.address).unwrap();
    assert_eq!(imap.select("INBOX").unwrap().exists, 120);
    for uid in imap.uids().unwrap() {
        imap.fetch_raw(uid).unwrap();
    }
}

#[test]
fn others_may_expunge_renumber_and_limit_a_mailbox() {
    let lab = Lab::shared().unwrap();
    let account = lab.new_mailbox("ajeno").unwrap();
    let dovecot = lab.dovecot().unwrap();
    let mails = ["uno", "dos", "tres"].map(mail);
    assert_eq!(lab.drop_into_maildir(&account.address, "INBOX", &mails).unwrap(), 3);
    let before = dovecot.status(&account.address, "INBOX").unwrap();
    assert_eq!(before.exists, 3);

    dovecot.expunge(&account.address, "INBOX", &[2]).unwrap();
    let mut imap = lab.imap_session(&account.address).unwrap();
    imap.select("INBOX").unwrap();
    assert_eq!(imap.uids().unwrap(), [1, 3]);
    drop(imap);

    dovecot.set_uid_validity(&account.address, "INBOX", 77).unwrap();
    let mut imap = lab.imap_session(&account.address).unwrap();
    let after = imap.select("INBOX").unwrap();
    assert_eq!((after.uid_validity, after.exists), (77, 2));
    assert_eq!(imap.uids().unwrap(), [1, 2]);

    lab.set_quota(&account.address, Some(10_000)).unwrap();
    let refused = loop {
        // The sign-in service looks at a login's file at most once a second.
        let mut imap = lab.imap_session(&account.address).unwrap();
        if let Err(error) = imap.append("Sent", "\\Seen", &[b'x'; 20_000]) {
            break error;
        }
    };
    assert!(refused.to_string().contains("OVERQUOTA"), "{refused}");
}

#[test]
fn servers_stop_and_come_back_on_the_same_ports() {
    let lab = Lab::start(LabOptions::default()).unwrap();
    let account = lab.add_mailbox("soporte@lab.test", "secret").unwrap();
    let postfix = lab.postfix().unwrap();
    let address = postfix.address();
    lab.deliver(&mail("antes"), "ana@cliente.test", &account.address).unwrap();
    lab.wait_for_subject(&account.address, "antes", LIMIT).unwrap();

    postfix.stop();
    assert!(TcpStream::connect(address).is_err());
    lab.deliver(&mail("no"), "ana@cliente.test", &account.address).unwrap_err();
    lab.imap_session(&account.address).unwrap();
    postfix.start().unwrap();
    assert_eq!(postfix.address(), address);
    lab.deliver(&mail("despues"), "ana@cliente.test", &account.address).unwrap();
    lab.wait_for_subject(&account.address, "despues", LIMIT).unwrap();

    let dovecot = lab.dovecot().unwrap();
    let mut session = lab.imap_session(&account.address).unwrap();
    dovecot.kill();
    assert!(session.command("NOOP").is_err());
    assert!(TcpStream::connect(dovecot.address()).is_err());
    // Postfix signs in elsewhere and delivers by itself.
    let mut smtp = SmtpClient::connect(address).unwrap();
    smtp.login(&account.login, &account.password).unwrap();
    smtp.send(&account.address, &[&account.address], &mail("entretanto")).unwrap();
    dovecot.start().unwrap();
    lab.wait_for_subject(&account.address, "entretanto", LIMIT).unwrap();
    assert_eq!(dovecot.status(&account.address, "INBOX").unwrap().exists, 3);

    dovecot.freeze();
    let stalled = TcpStream::connect(dovecot.address()).map(|stream| {
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        std::io::Read::read(&mut &stream, &mut [0; 1]).map_err(|error| error.kind())
    });
    assert_eq!(stalled.unwrap(), Err(std::io::ErrorKind::WouldBlock), "a frozen server says nothing");
    dovecot.thaw();
    lab.imap_session(&account.address).unwrap();
}

#[test]
fn two_labs_at_once_know_nothing_of_each_other() {
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| Lab::start(LabOptions::default()).unwrap());
        let two = scope.spawn(|| Lab::start(LabOptions::default()).unwrap());
        (one.join().unwrap(), two.join().unwrap())
    });
    one.add_mailbox("a@lab.test", "secret").unwrap();
    two.add_mailbox("a@lab.test", "other").unwrap();
    one.deliver(&mail("para-uno"), "x@cliente.test", "a@lab.test").unwrap();
    two.deliver(&mail("para-dos"), "x@cliente.test", "a@lab.test").unwrap();
    one.wait_for_subject("a@lab.test", "para-uno", LIMIT).unwrap();
    two.wait_for_subject("a@lab.test", "para-dos", LIMIT).unwrap();
    assert_eq!(one.inbox("a@lab.test").unwrap().len(), 1);
    let mut imap = ImapClient::connect(two.imap_address().unwrap()).unwrap();
    imap.login("a@lab.test", "secret").unwrap_err();
    let port = one.smtp_address().unwrap();
    drop(one);
    assert!(TcpStream::connect(port).is_err());
    two.imap_session("a@lab.test").unwrap();
}

#[test]
fn nothing_is_left_after_the_end() {
    let lab = Lab::start(LabOptions::everything()).unwrap();
    let account = lab.add_mailbox("soporte@lab.test", "secret").unwrap();
    let session = lab.imap_session(&account.address).unwrap();
    let root = lab.place().root().to_path_buf();
    let run = lab.place().run().to_path_buf();
    let masters = [lab.dovecot().unwrap().pid(), lab.postfix().unwrap().pid(), lab.postgres().unwrap().pid()];
    let marks = [root.to_str().unwrap().to_owned(), run.to_str().unwrap().to_owned()];
    assert!(marks.iter().any(|mark| !processes_with(mark).is_empty()));
    drop(lab);
    drop(session);
    for mark in &marks {
        assert_eq!(processes_with(mark), Vec::<String>::new());
    }
    for pid in masters.into_iter().flatten() {
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "process {pid} is left");
    }
    assert!(!root.exists() && !run.exists());
}

#[test]
fn logs_are_kept_after_a_panic() {
    let root = std::thread::spawn(|| {
        let lab = Lab::start(LabOptions::dovecot_only()).unwrap();
        let root = lab.place().root().to_path_buf();
        let _lives_until_the_panic = lab;
        // Unwinds without the hook by which the shared lab keeps its files.
        std::panic::resume_unwind(Box::new(root));
    })
    .join()
    .unwrap_err();
    let root = root.downcast::<std::path::PathBuf>().unwrap();
    assert_eq!(processes_with(root.to_str().unwrap()), Vec::<String>::new());
    let log = fs::read_to_string(root.join("log/dovecot.log")).unwrap();
    assert!(log.contains("starting up for imap"));
    fs::remove_dir_all(*root).unwrap();
}

#[test]
fn postgres_gives_fresh_databases_and_survives_kills() {
    let postgres = PostgreSql::start_with(PgOptions { fsync: true, max_connections: 20 }).unwrap();
    let one = postgres.database().unwrap();
    let two = postgres.database().unwrap();
    assert_ne!(one, two);
    postgres.query(&one, "CREATE TABLE kept (a int); INSERT INTO kept VALUES (7)").unwrap();
    assert!(postgres.query(&two, "SELECT a FROM kept").is_err());
    let copy = postgres.database_like(&one).unwrap();
    postgres.kill();
    assert!(TcpStream::connect(("127.0.0.1", postgres.port())).is_err());
    postgres.go_on().unwrap();
    assert_eq!(postgres.query(&copy, "SELECT a FROM kept").unwrap(), "7");
    postgres.restart().unwrap();
    assert_eq!(postgres.query(&one, "SELECT a FROM kept; SHOW fsync").unwrap(), "7\non");
}

#[test]
fn everything_starts_within_seconds() {
    let begun = Instant::now();
    let lab = Lab::start(LabOptions::everything()).unwrap();
    println!("Dovecot, Postfix and PostgreSQL in {:?}", lab.started_in());
    let limit = Duration::from_secs(30);
    assert!(begun.elapsed() < limit, "the start took {:?}", begun.elapsed());
    let ended = Instant::now();
    drop(lab);
    println!("ended in {:?}", ended.elapsed());
}
