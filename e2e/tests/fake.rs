//! The fake servers: honest where no rule strikes, faulty exactly where one does.
#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests fail by panicking")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use posta_e2e::LabError;
use posta_e2e::fake::{FakeImap, FakeSmtp, ImapRule, SmtpRule, Stage};
use posta_e2e::imap::ImapClient;
use posta_e2e::smtp::SmtpClient;
use posta_e2e::tls::{Authority, client_config};

const LIMIT: Duration = Duration::from_secs(10);
const RAW: &[u8] = b"Message-ID: <one@lab.test>\r\nSubject: uno\r\n\r\n.punto\r\nfin\r\n";

fn code(result: Result<posta_e2e::smtp::Reply, LabError>) -> u16 {
    match result {
        Err(LabError::Smtp { reply, .. }) => reply.code,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn signed_in(server: &FakeImap) -> ImapClient {
    let mut imap = ImapClient::connect(server.address()).unwrap();
    imap.login("soporte@lab.test", "secret").unwrap();
    imap.select("INBOX").unwrap();
    imap
}

#[test]
fn smtp_sink_records_what_it_takes() {
    let server = FakeSmtp::builder().login("ana", "clave").start().unwrap();
    let mut smtp = SmtpClient::connect(server.address()).unwrap();
    assert_eq!(code(smtp.send("a@lab.test", &["b@lab.test"], RAW)), 530);
    smtp.login("ana", "falsa").unwrap_err();
    smtp.login("ana", "clave").unwrap();
    smtp.send("a@lab.test", &["b@lab.test", "c@lab.test"], RAW).unwrap();
    let messages = server.messages();
    assert_eq!(messages.len(), 1);
    let one = &messages[0];
    assert_eq!((one.raw.as_slice(), one.size), (RAW, RAW.len()));
    assert_eq!(
        (one.from.as_str(), one.to.as_slice()),
        ("a@lab.test", ["b@lab.test".to_owned(), "c@lab.test".into()].as_slice())
    );
    assert_eq!(
        (one.message_id.as_deref(), one.user.as_deref(), one.answered),
        (Some("one@lab.test"), Some("ana"), true)
    );
    let counts = server.counts();
    assert_eq!((counts.connections, counts.logins, counts.failed_logins, counts.messages), (1, 1, 1, 1));
    assert_eq!(counts.commands.get("RCPT"), Some(&2));
}

#[test]
fn smtp_rules_strike_where_and_as_often_as_they_say() {
    let server = FakeSmtp::builder()
        .rule(SmtpRule::at(Stage::Rcpt).containing("tarde@").times(1).reply(450, "4.2.0 Later"))
        .rule(SmtpRule::at(Stage::Mail).skip(3).times(1).reply_and_close(421, "4.3.2 Closing"))
        .start()
        .unwrap();
    let mut smtp = SmtpClient::connect(server.address()).unwrap();
    assert_eq!(code(smtp.send("a@lab.test", &["tarde@lab.test"], RAW)), 450);
    smtp.send("a@lab.test", &["tarde@lab.test"], RAW).unwrap();
    smtp.send("a@lab.test", &["b@lab.test"], RAW).unwrap();
    // The refused RSET after the 421 shows that the connection was closed.
    assert!(matches!(smtp.send("a@lab.test", &["b@lab.test"], RAW), Err(LabError::Io { .. })));
    assert_eq!(server.counts().messages, 2);
}

#[test]
fn smtp_connection_is_lost_before_and_after_the_final_dot() {
    let server = FakeSmtp::start().unwrap();
    let mut taken = 0;
    for (rule, takes) in [
        (SmtpRule::at(Stage::Text).close(), false),
        (SmtpRule::at(Stage::EndOfData).close(), false),
        (SmtpRule::at(Stage::EndOfData).accept_and_close(), true),
    ] {
        server.clear_rules();
        server.add_rule(rule);
        let mut smtp = SmtpClient::connect(server.address()).unwrap();
        assert!(matches!(smtp.send("a@lab.test", &["b@lab.test"], RAW), Err(LabError::Io { .. })));
        taken += u64::from(takes);
        assert_eq!(server.counts().messages, taken);
    }
    assert!(!server.messages()[0].answered);
}

#[test]
fn smtp_pipelined_commands_are_answered_in_order() {
    let server = FakeSmtp::builder().without_bodies().start().unwrap();
    let mut socket = TcpStream::connect(server.address()).unwrap();
    socket.write_all(b"EHLO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n").unwrap();
    let mut seen = String::new();
    let mut buffer = [0; 4096];
    while !seen.contains("354") {
        let count = socket.read(&mut buffer).unwrap();
        seen.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    let codes =
        seen.lines().filter(|line| line.get(3..4) == Some(" ")).filter_map(|line| line.get(..3)).collect::<Vec<_>>();
    assert_eq!(codes, ["220", "250", "250", "501", "250", "354"]);
    socket.write_all(b"Subject: x\r\n\r\nhola\r\n.\r\nQUIT\r\n").unwrap();
    server.wait_for_messages(1, LIMIT).unwrap();
    assert_eq!((server.messages()[0].raw.len(), server.messages()[0].size), (0, 20));
}

#[test]
fn smtp_hang_and_delay() {
    let server = FakeSmtp::start().unwrap();
    server.add_rule(SmtpRule::at(Stage::Mail).times(1).delay(Duration::from_millis(150)));
    let begun = Instant::now();
    SmtpClient::connect(server.address()).unwrap().send("a@lab.test", &["b@lab.test"], RAW).unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(150));
    server.add_rule(SmtpRule::at(Stage::Connect).hang());
    let mut socket = TcpStream::connect(server.address()).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
    assert_eq!(socket.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    drop(server);
    assert_eq!(socket.read(&mut [0]).unwrap(), 0, "the end of the server ends what hangs");
}

#[test]
fn smtp_tls_good_and_bad() {
    let authority = Authority::new("Prueba").unwrap();
    let stranger = Authority::new("Prueba ajena").unwrap();
    let trust = client_config(authority.pem()).unwrap();
    let good = authority.issue(&["localhost"]).unwrap();
    let server = FakeSmtp::builder().start_tls(&good).unwrap().start().unwrap();
    let mut smtp = SmtpClient::connect(server.address()).unwrap();
    assert!(smtp.extensions().contains(&"STARTTLS".to_owned()));
    smtp.start_tls(&trust, "localhost").unwrap();
    assert!(!smtp.extensions().contains(&"STARTTLS".to_owned()));
    smtp.send("a@lab.test", &["b@lab.test"], RAW).unwrap();
    assert!(server.messages()[0].tls);
    for bad in [
        stranger.issue(&["localhost"]).unwrap(),
        authority.issue(&["other.test"]).unwrap(),
        authority.issue_expired(&["localhost"]).unwrap(),
    ] {
        let server = FakeSmtp::builder().implicit_tls(&bad).unwrap().start().unwrap();
        assert!(SmtpClient::connect_tls(server.address(), &trust, "localhost").is_err());
    }
    server.add_rule(SmtpRule::at(Stage::StartTls).inject_before_tls(b"250 injected\r\n"));
    let mut socket = TcpStream::connect(server.address()).unwrap();
    socket.write_all(b"STARTTLS\r\n").unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"250 injected\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        seen.push(byte[0]);
    }
}

#[test]
fn servers_refuse_connections_and_come_back() {
    let server = FakeSmtp::start().unwrap();
    server.stop_listening();
    assert!(TcpStream::connect(server.address()).is_err());
    server.listen().unwrap();
    SmtpClient::connect(server.address()).unwrap();
}

#[test]
fn imap_serves_honestly() {
    let server = FakeImap::start().unwrap();
    for subject in ["uno", "dos", "tres"] {
        server.add_mail("INBOX", format!("Subject: {subject}\r\n\r\ncuerpo {subject}\r\n").as_bytes());
    }
    let mut imap = ImapClient::connect(server.address()).unwrap();
    imap.login("soporte@lab.test", "wrong").unwrap_err();
    let mut imap2 = signed_in(&server);
    assert!(imap.select("INBOX").is_err());
    let selected = imap2.select("inbox").unwrap();
    assert_eq!((selected.exists, selected.uid_validity, selected.uid_next), (3, 1, 4));
    assert_eq!(imap2.fetch_raw(2).unwrap(), b"Subject: dos\r\n\r\ncuerpo dos\r\n");
    assert!(imap2.flags(2).unwrap().is_empty(), "PEEK marks nothing");
    let part = imap2.command("UID FETCH 2 (UID RFC822.SIZE BODY.PEEK[]<9.3>)").unwrap();
    assert_eq!(
        (part[0].text.as_str(), part[0].literals[0].as_slice()),
        ("2 FETCH (UID 2 RFC822.SIZE 28 BODY[]<9> {})", b"dos".as_slice())
    );
    // RFC 3501: a range with * always holds the last message.
    let last = imap2.command("UID FETCH 900:* (FLAGS)").unwrap();
    assert_eq!(last[0].text, "3 FETCH (UID 3 FLAGS ())");
    imap2.append("Sent", "\\Seen", RAW).unwrap();
    assert_eq!(server.mails("Sent")[0].1, RAW);
    assert!(server.mails("Sent")[0].2.contains("\\Seen"));
    server.expunge("INBOX", 1);
    let news = imap2.command("NOOP").unwrap();
    assert_eq!(news[0].text, "1 EXPUNGE");
    assert_eq!(imap2.uids().unwrap(), [2, 3]);
    imap2.command("UID MOVE 2 Trash").unwrap();
    imap2.expunge(&[3]).unwrap();
    assert_eq!(server.mails("INBOX").len(), 0);
    assert_eq!(server.counts().commands.get("UID FETCH"), Some(&4));
}

#[test]
fn imap_idle_tells_and_silent_idle_does_not() {
    let server = FakeImap::start().unwrap();
    let mut imap = signed_in(&server);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            server.wait_for(|counts| counts.commands.contains_key("IDLE"), LIMIT).unwrap();
            server.add_mail("INBOX", RAW);
        });
        let (line, _) = imap.idle_until(LIMIT, |line| line.ends_with("EXISTS")).unwrap();
        assert_eq!(line, "* 1 EXISTS");
    });
    server.add_rule(ImapRule::on("IDLE").silent());
    server.add_mail("INBOX", RAW);
    imap.idle_until(Duration::from_millis(150), |line| line.ends_with("EXISTS")).unwrap_err();
}

#[test]
fn imap_rules_break_literals_and_connections() {
    let server = FakeImap::start().unwrap();
    server.add_mail("INBOX", RAW);
    let mut imap = signed_in(&server);
    server.add_rule(ImapRule::on("UID FETCH").times(1).nil());
    assert!(imap.fetch_raw(1).is_err());
    assert_eq!(imap.fetch_raw(1).unwrap(), RAW, "the rule struck once");

    server.clear_rules();
    server.add_rule(ImapRule::on("UID FETCH").containing("body.peek[]").cut_literal(5));
    assert!(imap.flags(1).is_ok());
    assert!(matches!(imap.fetch_raw(1), Err(LabError::Io { .. })));

    server.clear_rules();
    server.add_rule(ImapRule::on("UID FETCH").lie_literal(-3));
    let mut imap = signed_in(&server);
    assert_eq!(imap.fetch_raw(1).unwrap(), RAW[..RAW.len() - 3]);

    server.clear_rules();
    server.add_rule(ImapRule::on("NOOP").bye("Going down"));
    let mut imap = signed_in(&server);
    assert!(imap.command("NOOP").is_err());

    server.clear_rules();
    server.add_rule(ImapRule::on("LOGIN").no("[UNAVAILABLE] Try later"));
    let refused = ImapClient::connect(server.address()).unwrap().login("soporte@lab.test", "secret").unwrap_err();
    assert!(refused.to_string().contains("[UNAVAILABLE]"));

    server.clear_rules();
    server.add_rule(ImapRule::on("UID FETCH").slow(7, Duration::from_millis(5)));
    let mut imap = signed_in(&server);
    let begun = Instant::now();
    assert_eq!(imap.fetch_raw(1).unwrap(), RAW);
    assert!(begun.elapsed() > Duration::from_millis(40));
}

#[test]
fn imap_uid_validity_changes_and_sends_sessions_away() {
    let server = FakeImap::start().unwrap();
    server.set_uid_next("INBOX", 40);
    assert_eq!(server.add_mail("INBOX", RAW), 40);
    let mut imap = signed_in(&server);
    server.set_uid_validity("INBOX", 9);
    assert!(imap.command("NOOP").is_err());
    let mut imap = signed_in(&server);
    let selected = imap.select("INBOX").unwrap();
    assert_eq!((selected.uid_validity, selected.uid_next), (9, 2));
    assert_eq!(imap.uids().unwrap(), [1]);
}

#[test]
fn imap_tls() {
    let authority = Authority::new("Prueba").unwrap();
    let trust = client_config(authority.pem()).unwrap();
    let certificate = authority.issue(&["localhost"]).unwrap();
    let server = FakeImap::builder().start_tls(&certificate).unwrap().start().unwrap();
    let mut imap = ImapClient::connect(server.address()).unwrap();
    imap.start_tls(&trust, "localhost").unwrap();
    imap.login("soporte@lab.test", "secret").unwrap();
    let server = FakeImap::builder().implicit_tls(&certificate).unwrap().start().unwrap();
    let mut imap = ImapClient::connect_tls(server.address(), &trust, "localhost").unwrap();
    imap.login("soporte@lab.test", "secret").unwrap();
}
