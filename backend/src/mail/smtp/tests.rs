//! Against a scripted server: what real ones will not do on demand.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, OnceLock},
    thread::JoinHandle,
    time::Duration,
};

use super::*;
use crate::mail::{
    account::{Credential, Endpoint, Security, SmtpSettings, Timeouts},
    mutate::{Numbers, mutate},
    net::{ConnectError, NetPolicy},
    tls,
};

static TLS: OnceLock<Arc<rustls::ClientConfig>> = OnceLock::new();

type Server = BufReader<TcpStream>;

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        endpoint: Endpoint { host: "127.0.0.1".into(), port, security: Security::None },
        user: "ana".into(),
        credential: None,
        allow_clear_password: false,
        hello_name: "posta.test".into(),
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            io: Duration::from_secs(2),
            command: Duration::from_millis(700),
            final_dot: Duration::from_millis(700),
        },
        policy: Arc::new(NetPolicy::allowing(["127.0.0.1"]).unwrap()),
        tls: Arc::clone(TLS.get_or_init(|| tls::client_config(None).unwrap())),
    }
}

fn serve(script: impl FnOnce(&mut Server) + Send + 'static) -> (SmtpSettings, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        socket.set_nodelay(true).unwrap();
        script(&mut BufReader::new(socket));
    });
    (settings(port), thread)
}

fn say(server: &mut Server, text: &str) {
    // The client may have hung up already, which is what some scripts are about.
    drop(server.get_mut().write_all(text.as_bytes()));
}

fn hear(server: &mut Server) -> String {
    let mut line = String::new();
    drop(server.read_line(&mut line));
    line.trim_end().to_owned()
}

fn exchange(server: &mut Server, expected: &str, answer: &str) {
    assert_eq!(hear(server), expected);
    say(server, answer);
}

fn welcome(server: &mut Server, extensions: &str) {
    say(server, "220 mx.example ready\r\n");
    exchange(server, "EHLO posta.test", &format!("250-mx.example\r\n{extensions}250 HELP\r\n"));
}

/// The message as it came, dot included.
fn hear_message(server: &mut Server) -> String {
    let mut message = String::new();
    while !message.ends_with("\r\n.\r\n") {
        if server.read_line(&mut message).unwrap() == 0 {
            break;
        }
    }
    message
}

fn envelope(to: &[&str]) -> Envelope {
    Envelope { from: "soporte@posta.test".into(), to: to.iter().map(ToString::to_string).collect() }
}

const MAIL: &[u8] = b"Subject: x\r\n\r\n.dot\r\nbody\r\n";

#[tokio::test]
async fn mails_go_out_one_after_another() {
    for pipelining in [false, true] {
        let (settings, server) = serve(move |server| {
            welcome(server, if pipelining { "250-PIPELINING\r\n250-SIZE 1000\r\n" } else { "250-SIZE 1000\r\n" });
            for _ in 0..2 {
                if pipelining {
                    assert_eq!(hear(server), "MAIL FROM:<soporte@posta.test> SIZE=26");
                    assert_eq!(hear(server), "RCPT TO:<a@b.co>");
                    assert_eq!(hear(server), "DATA");
                    say(server, "250 ok\r\n250 ok\r\n354 go\r\n");
                } else {
                    exchange(server, "MAIL FROM:<soporte@posta.test> SIZE=26", "250 ok\r\n");
                    exchange(server, "RCPT TO:<a@b.co>", "250 ok\r\n");
                    exchange(server, "DATA", "354 go\r\n");
                }
                assert_eq!(hear_message(server), "Subject: x\r\n\r\n..dot\r\nbody\r\n.\r\n");
                say(server, "250-2.0.0 queued\r\n250 2.0.0 as 42\r\n");
            }
            exchange(server, "QUIT", "221 bye\r\n");
        });
        let mut session = SmtpSession::connect(&settings).await.unwrap();
        assert_eq!(session.greeting(), "mx.example ready");
        for _ in 0..2 {
            let accepted = session.send(&envelope(&["a@b.co"]), MAIL).await.unwrap();
            assert_eq!((accepted.reply.code, accepted.refused.len()), (250, 0));
            assert!(accepted.reply.text.contains("as 42"));
            assert!(!session.is_broken());
        }
        session.quit().await;
        server.join().unwrap();
    }
}

#[tokio::test]
async fn refusals_hit_whom_they_mean() {
    let (settings, server) = serve(|server| {
        welcome(server, "250-PIPELINING\r\n");
        let burst = |server: &mut Server, count: usize, answers: &str| {
            for _ in 0..count {
                hear(server);
            }
            say(server, answers);
        };
        // One of two recipients refused.
        burst(server, 4, "250 ok\r\n550 5.1.1 unknown\r\n250 ok\r\n354 go\r\n");
        hear_message(server);
        say(server, "250 ok\r\n");
        // All refused.
        burst(server, 3, "250 ok\r\n450 4.2.0 greylisted\r\n554 5.5.1 no valid recipients\r\n");
        exchange(server, "RSET", "250 ok\r\n");
        // Refused after the dot.
        burst(server, 3, "250 ok\r\n250 ok\r\n354 go\r\n");
        hear_message(server);
        say(server, "554 5.7.1 spam\r\n");
        exchange(server, "RSET", "250 ok\r\n");
        // The account's quota, told at RCPT.
        burst(server, 3, "250 ok\r\n550 5.4.5 Daily sending quota exceeded\r\n503 no\r\n");
        exchange(server, "RSET", "250 ok\r\n");
        // The server goes away, and says so.
        burst(server, 3, "421 4.3.2 shutting down\r\n421 4.3.2\r\n421 4.3.2\r\n");
    });
    let mut session = SmtpSession::connect(&settings).await.unwrap();
    let accepted = session.send(&envelope(&["gone@b.co", "a@b.co"]), MAIL).await.unwrap();
    assert_eq!(accepted.refused.len(), 1);
    assert!(accepted.refused[0].permanent && accepted.refused[0].recipient == "gone@b.co");
    let SendError::RecipientsRefused(refused) = session.send(&envelope(&["a@b.co"]), MAIL).await.unwrap_err() else {
        panic!()
    };
    assert!(!refused[0].permanent);
    let SendError::MessageRefused { permanent: true, reply } =
        session.send(&envelope(&["a@b.co"]), MAIL).await.unwrap_err()
    else {
        panic!()
    };
    assert!(is_spam_refusal(&reply));
    let quota = session.send(&envelope(&["a@b.co"]), MAIL).await.unwrap_err();
    assert!(matches!(quota, SendError::Account { stage: Stage::Recipient, permanent: false, .. }), "{quota:?}");
    assert!(!session.is_broken());
    assert!(matches!(session.send(&envelope(&["a@b.co"]), MAIL).await.unwrap_err(), SendError::Account { .. }));
    assert!(session.is_broken());
    server.join().unwrap();
}

#[tokio::test]
async fn both_sides_of_the_final_dot_are_told_apart() {
    // What the server does once the message is being sent, and what that means.
    type Script = fn(&mut Server);
    let cases: [(&str, Script, SendError); 4] = [
        ("closes before the message", |_| {}, SendError::Lost),
        ("closes after the dot", |server| drop(hear_message(server)), SendError::InDoubt),
        (
            "is silent after the dot",
            |server| {
                hear_message(server);
                drop(server.read_to_end(&mut Vec::new()));
            },
            SendError::InDoubt,
        ),
        (
            "answers nonsense after the dot",
            |server| {
                hear_message(server);
                say(server, "hello\r\n");
            },
            SendError::InDoubt,
        ),
    ];
    for (name, script, expected) in cases {
        let (settings, server) = serve(move |server| {
            welcome(server, "");
            for _ in 0..2 {
                hear(server);
                say(server, "250 ok\r\n");
            }
            hear(server);
            if name == "closes before the message" {
                return;
            }
            say(server, "354 go\r\n");
            script(server);
        });
        let mut session = SmtpSession::connect(&settings).await.unwrap();
        assert_eq!(session.send(&envelope(&["a@b.co"]), MAIL).await.unwrap_err(), expected, "{name}");
        assert!(session.is_broken());
        drop(session);
        server.join().unwrap();
    }
}

#[tokio::test]
async fn a_guard_that_says_no_keeps_the_dot_back() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let (settings, server) = serve(move |server| {
        welcome(server, "");
        for _ in 0..2 {
            hear(server);
            say(server, "250 ok\r\n");
        }
        hear(server);
        say(server, "354 go\r\n");
        let mut rest = Vec::new();
        drop(server.read_to_end(&mut rest));
        sender.send(rest).unwrap();
    });
    let mut session = SmtpSession::connect(&settings).await.unwrap();
    let large = [b"Subject: x\r\n\r\n".as_slice(), &b"some line of text\r\n".repeat(20_000)].concat();
    let outcome = session.send_if(&envelope(&["a@b.co"]), &large, std::future::ready(false)).await;
    assert_eq!(outcome.unwrap_err(), SendError::CalledOff);
    assert!(session.is_broken());
    session.quit().await;
    server.join().unwrap();
    let arrived = receiver.recv().unwrap();
    assert!(arrived.len() < large.len(), "the end of the mail is held back");
    assert!(!arrived.windows(5).any(|window| window == b"\r\n.\r\n"));
}

#[tokio::test]
async fn a_guard_is_asked_when_all_but_the_dot_is_written() {
    let (settings, server) = serve(|server| {
        welcome(server, "");
        for _ in 0..2 {
            hear(server);
            say(server, "250 ok\r\n");
        }
        hear(server);
        say(server, "354 go\r\n");
        let message = hear_message(server);
        assert_eq!(message.matches("some line").count(), 50_000);
        say(server, "250 ok\r\n");
    });
    let mut session = SmtpSession::connect(&settings).await.unwrap();
    let large = [b"Subject: x\r\n\r\n".as_slice(), &b"some line of text\r\n".repeat(50_000)].concat();
    let gate = Arc::clone(&session.gate);
    let guard = async move {
        assert!(!gate.dot_may_have_left());
        true
    };
    session.send_if(&envelope(&["a@b.co"]), &large, guard).await.unwrap();
    drop(session);
    server.join().unwrap();
}

#[tokio::test]
async fn what_the_server_cannot_take_is_not_sent() {
    let (settings, server) = serve(|server| {
        welcome(server, "250-SIZE 100\r\n");
        assert_eq!(hear(server), "");
    });
    let mut session = SmtpSession::connect(&settings).await.unwrap();
    for (envelope, raw) in [
        (envelope(&["josé@b.co"]), MAIL.to_vec()),
        (envelope(&["a@b.co"]), "Subject: ñ\r\n\r\n".into()),
        (envelope(&["a@b.co"]), vec![b'x'; 101]),
        (envelope(&[]), MAIL.to_vec()),
        (envelope(&["a@b.co>\r\nRCPT TO:<evil@x.yz"]), MAIL.to_vec()),
        (envelope(&["a@b.co\r\nDATA"]), MAIL.to_vec()),
    ] {
        assert!(matches!(session.send(&envelope, &raw).await.unwrap_err(), SendError::Unsendable(_)), "{envelope:?}");
        assert!(!session.is_broken());
    }
    drop(session);
    server.join().unwrap();
}

#[tokio::test]
async fn bare_line_ends_cannot_end_a_mail() {
    let (settings, server) = serve(|server| {
        welcome(server, "");
        for _ in 0..2 {
            hear(server);
            say(server, "250 ok\r\n");
        }
        hear(server);
        say(server, "354 go\r\n");
        assert_eq!(hear_message(server), "a: b\r\n\r\nx\r\n..\r\nMAIL\r\n..\r\ny\r\n.\r\n");
        say(server, "250 ok\r\n");
    });
    let mut session = SmtpSession::connect(&settings).await.unwrap();
    session.send(&envelope(&["a@b.co"]), b"a: b\r\n\r\nx\n.\nMAIL\r.\ry").await.unwrap();
    drop(session);
    server.join().unwrap();
}

#[tokio::test]
async fn logins() {
    let attempt = |credential: Credential, script: fn(&mut Server)| async move {
        let (mut settings, server) = serve(script);
        settings.credential = Some(credential);
        let outcome = SmtpSession::connect(&settings).await.map(drop);
        server.join().unwrap();
        outcome
    };
    let password = || Credential::Password("pässword".into());
    attempt(password(), |server| {
        welcome(server, "250-AUTH LOGIN PLAIN\r\n");
        exchange(server, "AUTH PLAIN AGFuYQBww6Rzc3dvcmQ=", "235 ok\r\n");
    })
    .await
    .unwrap();
    attempt(password(), |server| {
        welcome(server, "250-AUTH LOGIN\r\n");
        exchange(server, "AUTH LOGIN", "334 VXNlcm5hbWU6\r\n");
        exchange(server, "YW5h", "334 UGFzc3dvcmQ6\r\n");
        exchange(server, "cMOkc3N3b3Jk", "235 ok\r\n");
    })
    .await
    .unwrap();
    let refused = attempt(password(), |server| {
        welcome(server, "250-AUTH PLAIN\r\n");
        hear(server);
        // Latin-1 words and a bare line feed.
        drop(server.get_mut().write_all(b"535 5.7.8 Contrase\xf1a incorrecta\n"));
    })
    .await;
    let Err(SmtpConnectError::Refused { stage: Stage::Auth, reply }) = refused else { panic!("{refused:?}") };
    assert_eq!(reply.to_string(), "535 5.7.8 Contrase\u{fffd}a incorrecta");
    let token = attempt(Credential::OAuthToken("token".into()), |server| {
        welcome(server, "250-AUTH XOAUTH2\r\n");
        exchange(server, "AUTH XOAUTH2 dXNlcj1hbmEBYXV0aD1CZWFyZXIgdG9rZW4BAQ==", "334 eyJzdGF0dXMiOiI0MDAifQ==\r\n");
        exchange(server, "", "535 5.7.8 token expired\r\n");
    })
    .await;
    assert!(matches!(token, Err(SmtpConnectError::Refused { stage: Stage::Auth, .. })), "{token:?}");
    let nothing = attempt(password(), |server| welcome(server, "")).await;
    assert!(matches!(nothing, Err(SmtpConnectError::Protocol(_))), "{nothing:?}");
}

#[tokio::test]
async fn connections_fail_in_their_own_words() {
    let attempt = |security: Security, script: fn(&mut Server)| async move {
        let (mut settings, server) = serve(script);
        settings.endpoint.security = security;
        let error = SmtpSession::connect(&settings).await.map(drop).unwrap_err();
        server.join().unwrap();
        error
    };
    let greeting = attempt(Security::None, |server| say(server, "554 go away\r\n")).await;
    assert!(matches!(greeting, SmtpConnectError::Refused { stage: Stage::Greeting, .. }), "{greeting:?}");
    assert!(matches!(
        attempt(Security::None, |server| say(server, "* OK imap\r\n")).await,
        SmtpConnectError::Protocol(_)
    ));
    assert_eq!(attempt(Security::None, |_| {}).await, SmtpConnectError::Lost);
    assert_eq!(
        attempt(Security::None, |server| drop(server.read_to_end(&mut Vec::new()))).await,
        SmtpConnectError::TimedOut
    );
    let stripped = attempt(Security::Starttls, |server| {
        welcome(server, "");
        exchange(server, "STARTTLS", "502 no\r\n");
    })
    .await;
    assert!(matches!(stripped, SmtpConnectError::Tls(_)), "{stripped:?}");
    let poisoned = attempt(Security::Starttls, |server| {
        welcome(server, "250-STARTTLS\r\n");
        exchange(server, "STARTTLS", "220 go\r\n250 injected\r\n");
        drop(server.read_to_end(&mut Vec::new()));
    })
    .await;
    assert!(matches!(poisoned, SmtpConnectError::Tls(_)), "{poisoned:?}");
    let clear = attempt(Security::Implicit, |server| say(server, "220 in clear\r\n")).await;
    assert!(matches!(clear, SmtpConnectError::Tls(_)), "{clear:?}");
    let mut forbidden = settings(1);
    forbidden.policy = Arc::new(NetPolicy::public_only());
    assert_eq!(
        SmtpSession::connect(&forbidden).await.map(drop).unwrap_err(),
        SmtpConnectError::Connect(ConnectError::Forbidden)
    );
}

#[tokio::test]
async fn a_pool_reuses_sessions_and_bounds_them() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let mut server = BufReader::new(socket);
        welcome(&mut server, "");
        for _ in 0..3 {
            for answer in ["250 ok\r\n", "250 ok\r\n", "354 go\r\n"] {
                hear(&mut server);
                say(&mut server, answer);
            }
            hear_message(&mut server);
            say(&mut server, "250 ok\r\n");
        }
        // The third mail wears the session out, so a fourth needs a new connection.
        let (socket, _) = listener.accept().unwrap();
        let mut server = BufReader::new(socket);
        welcome(&mut server, "");
        exchange(&mut server, "QUIT", "221 bye\r\n");
    });
    let pool = Pool::new(settings(port), 1, Duration::from_secs(60), 3);
    for _ in 0..3 {
        let mut lease = pool.take().await.unwrap();
        lease.send(&envelope(&["a@b.co"]), MAIL).await.unwrap();
    }
    let lease = pool.take().await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(50), pool.take()).await.is_err(), "one session at most");
    drop(lease);
    pool.close().await;
    server.join().unwrap();
}

#[tokio::test]
async fn ten_thousand_damaged_answers_are_survived() {
    let answers = b"220 mx.example\r\n250-mx.example\r\n250-SIZE 1000\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 ok\r\n";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = settings(listener.local_addr().unwrap().port());
    let rounds = 10_000;
    let server = std::thread::spawn(move || {
        let mut numbers = Numbers::new(5);
        for _ in 0..rounds {
            let (mut socket, _) = listener.accept().unwrap();
            drop(socket.write_all(&mutate(answers, &mut numbers)));
            drop(socket.shutdown(std::net::Shutdown::Write));
        }
    });
    for _ in 0..rounds {
        if let Ok(mut session) = SmtpSession::connect(&settings).await {
            drop(session.send(&envelope(&["a@b.co"]), MAIL).await);
        }
    }
    server.join().unwrap();
}
