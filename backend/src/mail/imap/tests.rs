//! Against a scripted server: what real ones will not do on demand.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, OnceLock},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::*;
use crate::mail::{
    account::{Credential, Endpoint, ImapSettings, Security, Timeouts},
    mutate::{Numbers, mutate},
    net::NetPolicy,
    tls,
};

static TLS: OnceLock<Arc<rustls::ClientConfig>> = OnceLock::new();

type Reader = BufReader<TcpStream>;

fn settings(port: u16, security: Security) -> ImapSettings {
    ImapSettings {
        endpoint: Endpoint { host: "127.0.0.1".into(), port, security },
        user: "ana".into(),
        credential: Credential::Password("pass \"word\\".into()),
        allow_clear_password: false,
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            io: Duration::from_millis(400),
            command: Duration::from_secs(5),
            final_dot: Duration::from_secs(5),
        },
        policy: Arc::new(NetPolicy::allowing(["127.0.0.1"]).unwrap()),
        tls: Arc::clone(TLS.get_or_init(|| tls::client_config(None).unwrap())),
    }
}

/// A server of one connection; the script gets the socket after accept.
fn serve(script: impl FnOnce(&mut Reader) + Send + 'static) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        script(&mut BufReader::new(socket));
    });
    (port, thread)
}

fn say(server: &mut Reader, text: &str) {
    // The client may have hung up already, which is what some scripts are about.
    drop(server.get_mut().write_all(text.as_bytes()));
}

/// Reads a command; gives its tag and the rest.
fn hear(server: &mut Reader) -> (String, String) {
    let mut line = String::new();
    server.read_line(&mut line).unwrap();
    let (tag, rest) = line.trim_end().split_once(' ').unwrap_or(("", ""));
    (tag.to_owned(), rest.to_owned())
}

fn answer(server: &mut Reader, untagged: &str) -> String {
    let (tag, command) = hear(server);
    say(server, &format!("{untagged}{tag} OK done\r\n"));
    command
}

/// Greeting, capabilities, login.
fn welcome(server: &mut Reader) {
    say(server, "* OK ready\r\n");
    assert_eq!(answer(server, "* CAPABILITY IMAP4rev1 IDLE MOVE\r\n"), "CAPABILITY");
    assert_eq!(answer(server, ""), "LOGIN \"ana\" \"pass \\\"word\\\\\"");
}

fn session(script: impl FnOnce(&mut Reader) + Send + 'static) -> (Session, JoinHandle<()>) {
    let (port, thread) = serve(move |server| {
        welcome(server);
        script(server);
    });
    (connect(&settings(port, Security::None), &Stopper::new()).unwrap(), thread)
}

use super::session::Session;

fn select(server: &mut Reader) {
    let command = answer(
        server,
        "* 3 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 12] ok\r\n* FLAGS (\\Seen)\r\n",
    );
    assert_eq!(command, "SELECT \"Entw&APw-rfe\"");
}

#[test]
fn a_folder_is_read() {
    let (mut mailbox, server) = session(|server| {
        select(server);
        assert_eq!(
            answer(
                server,
                "* 3 FETCH (UID 11 RFC822.SIZE 20)\r\n* 2 FETCH (RFC822.SIZE 10 UID 10)\r\n* 1 FETCH (UID 3 RFC822.SIZE 5)\r\n"
            ),
            "UID FETCH 6:* (UID RFC822.SIZE)"
        );
        let body = "Subject: x\r\n\r\na)\r\nb{5}\r\n";
        assert_eq!(
            answer(
                server,
                &format!("* 2 FETCH (UID 10 BODY[] {{{}}}\r\n{body})\r\n* 3 FETCH (BODY[] NIL UID 11)\r\n", body.len())
            ),
            "UID FETCH 10:11 (UID BODY.PEEK[])"
        );
        assert_eq!(
            answer(server, "* 2 FETCH (UID 10 BODY[]<2> {3}\r\nbje)\r\n"),
            "UID FETCH 10 (UID BODY.PEEK[]<2.3>)"
        );
        assert_eq!(answer(server, ""), "UID FETCH 99 (UID BODY.PEEK[]<0.3>)");
        assert_eq!(answer(server, "* SEARCH 11 3 10\r\n"), "UID SEARCH ALL");
        assert_eq!(answer(server, "* SEARCH\r\n"), "UID SEARCH SINCE 2-Mar-2026");
        assert_eq!(answer(server, ""), "UID STORE 3,10:11 +FLAGS.SILENT (\\Seen)");
        assert_eq!(answer(server, "* CAPABILITY IMAP4rev1 IDLE MOVE\r\n"), "CAPABILITY");
        assert_eq!(answer(server, ""), "UID MOVE 3 \"Done\"");
        answer(server, "* BYE\r\n");
    });
    let selected = mailbox.select("Entwürfe").unwrap();
    assert_eq!(selected, Selected { uid_validity: 7, uid_next: Some(12), exists: 3 });
    assert_eq!(mailbox.uids_above(5).unwrap(), [(10, 10), (11, 20)]);
    assert_eq!(mailbox.fetch_raw(&[10, 11]).unwrap(), [(10, b"Subject: x\r\n\r\na)\r\nb{5}\r\n".to_vec())]);
    assert_eq!(mailbox.fetch_part(10, 2, 3).unwrap().unwrap(), b"bje");
    assert_eq!(mailbox.fetch_part(99, 0, 3).unwrap(), None);
    assert_eq!(mailbox.all_uids().unwrap(), [3, 10, 11]);
    assert!(mailbox.uids_since(1_772_442_930_000).unwrap().is_empty());
    mailbox.mark_seen(&[3, 10, 11]).unwrap();
    mailbox.move_to(&[3], "Done").unwrap();
    mailbox.logout();
    server.join().unwrap();
}

#[test]
fn batches_stay_small() {
    let mails: Vec<(u32, u32)> = (1..=1000).map(|uid| (uid, 50_000)).collect();
    let groups = batches(&mails, 200);
    assert_eq!(groups.concat(), mails);
    assert!(
        groups
            .iter()
            .all(|group| group.iter().map(|mail| mail.1).sum::<u32>() <= MAX_BATCH_BYTES && group.len() <= 200)
    );
    assert_eq!(batches(&[(1, 10), (2, u32::MAX), (3, 10)], 200).len(), 3);
    assert!(batches(&[], 200).is_empty());
}

#[test]
fn idle_sees_changes_and_ends_in_time() {
    let (mut mailbox, server) = session(|server| {
        select(server);
        assert_eq!(answer(server, "* CAPABILITY IMAP4rev1 IDLE\r\n"), "CAPABILITY");
        // News before the plus, flag changes, then new mail.
        let (tag, command) = hear(server);
        assert_eq!(command, "IDLE");
        say(server, "* 3 EXISTS\r\n+ idling\r\n* 2 FETCH (FLAGS (\\Seen))\r\n* OK Still here\r\n* 4 EXISTS\r\n");
        let mut done = String::new();
        server.read_line(&mut done).unwrap();
        assert_eq!(done, "DONE\r\n");
        say(server, &format!("{tag} OK idle over\r\n"));
        // A second wait in which nothing happens.
        let (tag, _) = hear(server);
        say(server, "+ idling\r\n");
        done.clear();
        server.read_line(&mut done).unwrap();
        say(server, &format!("{tag} OK idle over\r\n"));
        // New mail announced before the plus.
        let (tag, _) = hear(server);
        say(server, "* 5 EXISTS\r\n* 1 RECENT\r\n+ idling\r\n");
        done.clear();
        server.read_line(&mut done).unwrap();
        say(server, &format!("{tag} OK idle over\r\n"));
        // News with another answer.
        answer(server, "* 6 EXISTS\r\n");
        let (tag, _) = hear(server);
        say(server, &format!("{tag} NO not now\r\n"));
        answer(server, "");
    });
    mailbox.select("Entwürfe").unwrap();
    assert_eq!(mailbox.idle(Duration::from_secs(5)).unwrap(), IdleOutcome::Changed);
    let start = Instant::now();
    assert_eq!(mailbox.idle(Duration::from_millis(200)).unwrap(), IdleOutcome::TimedOut);
    assert!(start.elapsed() < Duration::from_secs(3));
    assert_eq!(mailbox.idle(Duration::from_secs(5)).unwrap(), IdleOutcome::Changed);
    assert_eq!(mailbox.noop().unwrap(), IdleOutcome::Changed);
    assert_eq!(mailbox.idle(Duration::from_secs(5)).unwrap_err(), ImapError::Refused("not now".into()));
    assert_eq!(mailbox.noop().unwrap(), IdleOutcome::TimedOut);
    server.join().unwrap();
}

#[test]
fn a_stopper_ends_a_wait_at_once() {
    let (port, server) = serve(|server| {
        welcome(server);
        select(server);
        answer(server, "* CAPABILITY IMAP4rev1 IDLE\r\n");
        hear(server);
        say(server, "+ idling\r\n");
        let mut rest = String::new();
        // The end of the connection, or DONE on its way out.
        drop(server.read_line(&mut rest));
    });
    let stopper = Stopper::new();
    let mut mailbox = connect(&settings(port, Security::None), &stopper).unwrap();
    mailbox.select("Entwürfe").unwrap();
    let start = Instant::now();
    let other = stopper.clone();
    let waiting = std::thread::spawn(move || mailbox.idle(Duration::from_secs(60)));
    other.stop();
    assert_eq!(waiting.join().unwrap().unwrap_err(), ImapError::Stopped);
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(connect(&settings(port, Security::None), &stopper).unwrap_err(), ImapError::Stopped);
    server.join().unwrap();
}

#[test]
fn appending() {
    let (mut mailbox, server) = session(|server| {
        let (tag, command) = hear(server);
        assert_eq!(command, "APPEND \"Sent\" (\\Seen) {9}");
        say(server, "* 4 EXISTS\r\n+ go on\r\n");
        let mut literal = String::new();
        for _ in 0..3 {
            server.read_line(&mut literal).unwrap();
        }
        assert_eq!(literal, "a: b\r\n\r\nc\r\n");
        say(server, &format!("{tag} OK appended\r\n"));
        let (tag, _) = hear(server);
        say(server, &format!("{tag} NO [TRYCREATE] no such folder\r\n"));
        answer(server, "");
    });
    mailbox.append("Sent", b"a: b\r\n\r\nc", true).unwrap();
    assert_eq!(
        mailbox.append("Nope", b"x", false).unwrap_err(),
        ImapError::Refused("[TRYCREATE] no such folder".into())
    );
    mailbox.noop().unwrap();
    assert!(matches!(mailbox.append("a\" {3}\r\nx", b"x", false).unwrap_err(), ImapError::Refused(_)));
    server.join().unwrap();
}

fn connect_error(script: impl FnOnce(&mut Reader) + Send + 'static, security: Security) -> ImapError {
    let (port, server) = serve(script);
    let error = connect(&settings(port, security), &Stopper::new()).unwrap_err();
    server.join().unwrap();
    error
}

#[test]
fn refusals_are_told_apart() {
    let login = |said: &'static str| {
        connect_error(
            move |server| {
                say(server, "* OK ready\r\n");
                answer(server, "* CAPABILITY IMAP4rev1\r\n");
                let (tag, _) = hear(server);
                say(server, &said.replace("TAG", &tag));
            },
            Security::None,
        )
    };
    assert_eq!(
        login("TAG NO [AUTHENTICATIONFAILED] Invalid credentials\r\n"),
        ImapError::RefusedLogin("[AUTHENTICATIONFAILED] Invalid credentials".into())
    );
    assert!(matches!(login("TAG NO [UNAVAILABLE] try later\r\n"), ImapError::Unavailable(_)));
    assert!(matches!(login("* BYE too many\r\n"), ImapError::ConnectionLost | ImapError::Unavailable(_)));
    assert_eq!(
        connect_error(|server| say(server, "* BYE go away\r\n"), Security::None),
        ImapError::Unavailable("go away".into())
    );
    assert!(matches!(connect_error(|server| say(server, "220 smtp\r\n"), Security::None), ImapError::Protocol(_)));
    assert_eq!(connect_error(|_| {}, Security::None), ImapError::ConnectionLost);
    assert_eq!(
        connect_error(|server| drop(server.read_line(&mut String::new())), Security::None),
        ImapError::TimedOut,
        "a silent server"
    );
    let mut forbidden = settings(1, Security::None);
    forbidden.policy = Arc::new(NetPolicy::public_only());
    assert_eq!(
        connect(&forbidden, &Stopper::new()).unwrap_err(),
        ImapError::Connect(crate::mail::net::ConnectError::Forbidden)
    );
}

#[test]
fn xoauth2_and_its_complaint() {
    let (port, server) = serve(|server| {
        say(server, "* OK ready\r\n");
        answer(server, "* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n");
        let (tag, command) = hear(server);
        assert_eq!(command, "AUTHENTICATE XOAUTH2");
        say(server, "+ \r\n");
        let mut line = String::new();
        server.read_line(&mut line).unwrap();
        assert_eq!(line, "dXNlcj1hbmEBYXV0aD1CZWFyZXIgdG9rZW4BAQ==\r\n");
        say(server, "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n");
        line.clear();
        server.read_line(&mut line).unwrap();
        assert_eq!(line, "\r\n");
        say(server, &format!("{tag} NO token expired\r\n"));
    });
    let mut settings = settings(port, Security::None);
    settings.credential = Credential::OAuthToken("token".into());
    assert_eq!(connect(&settings, &Stopper::new()).unwrap_err(), ImapError::RefusedLogin("token expired".into()));
    server.join().unwrap();
}

#[test]
fn starttls_cannot_be_stripped_or_poisoned() {
    let starttls = |said: &'static str| {
        connect_error(
            move |server| {
                say(server, "* OK ready\r\n");
                assert_eq!(hear(server), ("s1".into(), "STARTTLS".into()));
                say(server, said);
                drop(server.read_line(&mut String::new()));
            },
            Security::Starttls,
        )
    };
    assert!(matches!(starttls("s1 BAD no such command\r\n"), ImapError::Tls(_)));
    assert!(matches!(starttls("s1 OK go\r\n* OK [ALERT] injected\r\n"), ImapError::Tls(_)));
    assert!(matches!(connect_error(|server| say(server, "* PREAUTH hi\r\n"), Security::Starttls), ImapError::Tls(_)));
    assert!(matches!(connect_error(|server| say(server, "* OK in clear\r\n"), Security::Implicit), ImapError::Tls(_)));
}

#[test]
fn lying_and_breaking_servers_end_the_session_not_us() {
    let fetch = |said: &'static str, hang: bool| {
        let (mut mailbox, server) = session(move |server| {
            hear(server);
            say(server, said);
            if hang {
                drop(server.read_line(&mut String::new()));
            }
        });
        let start = Instant::now();
        let error = mailbox.fetch_raw(&[1]).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(4));
        assert!(error.ends_session());
        assert!(mailbox.noop().is_err(), "a session that broke stays broken");
        drop(mailbox);
        server.join().unwrap();
        error
    };
    assert_eq!(fetch("* 1 FETCH (UID 1 BODY[] {400}\r\nonly this", false), ImapError::ConnectionLost);
    assert_eq!(fetch("* 1 FETCH (UID 1 BODY[] {4000000000}\r\nonly this", true), ImapError::TimedOut);
    assert!(matches!(fetch("garbage\r\n", false), ImapError::Protocol(_)));
    assert!(matches!(fetch("a99 OK wrong tag\r\n", false), ImapError::Protocol(_)));
    assert_eq!(fetch("", false), ImapError::ConnectionLost);
}

#[test]
fn an_endless_answer_is_cut_off() {
    let (mut mailbox, server) = session(|server| {
        hear(server);
        let flood = "* 1 FETCH (UID 1 BODY[] {4000000000}\r\n".to_owned() + &"x".repeat(1_000_000);
        for _ in 0..40 {
            if server.get_mut().write_all(flood.as_bytes()).is_err() {
                return;
            }
        }
    });
    assert_eq!(mailbox.fetch_raw(&[1]).unwrap_err(), ImapError::Limit);
    drop(mailbox);
    server.join().unwrap();
}

#[test]
fn ten_thousand_damaged_answers_are_survived() {
    let answer = b"* 3 EXISTS\r\n* 1 FETCH (FLAGS (\\Seen) UID 4 RFC822.SIZE 12 BODY[] {12}\r\nSubject: x\r\n)\r\n* OK [UIDNEXT 9] x\r\na4 OK done\r\n";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let rounds = 400;
    // Each connection takes 25 damaged answers in one burst, which the crate reads one after another.
    let server = std::thread::spawn(move || {
        let mut numbers = Numbers::new(11);
        for _ in 0..rounds {
            let (socket, _) = listener.accept().unwrap();
            let mut server = BufReader::new(socket);
            welcome(&mut server);
            let burst: Vec<u8> = (0..25).flat_map(|_| mutate(answer, &mut numbers)).collect();
            drop(server.get_mut().write_all(&burst));
        }
    });
    for _ in 0..rounds {
        let mut mailbox = connect(&settings(port, Security::None), &Stopper::new()).unwrap();
        for _ in 0..25 {
            if mailbox.fetch_raw(&[4]).is_err_and(|error| error.ends_session()) {
                break;
            }
        }
    }
    server.join().unwrap();
}
