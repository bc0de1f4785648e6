//! The live socket (A5).

use crate::support::{Engine, PASSWORD, Socket, SocketEnd, TestApp};
use posta::kernel::events::{Audience, Published};
use serde_json::{Value, json};
use shared::{
    api::conversations::Delivery,
    ids::{ConversationId, MessageId, Seq},
    live::LiveEvent,
    permission::Permission,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

both_engines! {
    fn a_ticket_opens_once(app) {
        let ana = app.agent("ana");
        let ticket = ana.ticket();
        let mut socket = Socket::open(&app.base, &ticket, Some(&app.base)).unwrap();
        let snapshot = socket.snapshot();
        assert_eq!((&snapshot["active"], &snapshot["me"]["user_id"]), (&json!([]), &json!(ana.user_id())));
        assert_eq!(Socket::open(&app.base, &ticket, None).err(), Some(401));
    }

    fn a_ticket_is_good_for_half_a_minute(app) {
        let ana = app.agent("ana");
        let (early, late) = (ana.ticket(), ana.ticket());
        app.advance(Duration::from_secs(28));
        Socket::open(&app.base, &early, None).unwrap();
        app.advance(Duration::from_secs(3));
        assert_eq!(Socket::open(&app.base, &late, None).err(), Some(401));
    }

    fn of_two_who_use_a_ticket_at_once_one_gets_in(app) {
        let ticket = app.agent("ana").ticket();
        let opened = std::thread::scope(|scope| {
            let tries: Vec<_> =
                (0..6).map(|_| scope.spawn(|| Socket::open(&app.base, &ticket, None).is_ok())).collect();
            tries.into_iter().map(|one| one.join().unwrap()).filter(|open| *open).count()
        });
        assert_eq!(opened, 1);
    }

    fn a_ticket_ends_with_its_session(app) {
        let ana = app.agent("ana");
        let ticket = ana.ticket();
        ana.post("/auth/sign-out", Value::Null);
        assert_eq!(Socket::open(&app.base, &ticket, None).err(), Some(401));
    }

    fn what_is_no_ticket_opens_nothing(app) {
        let ana = app.agent("ana");
        for ticket in ["x", "", &ana.token().unwrap(), ana.cookie().unwrap().split_once('=').unwrap().1] {
            assert_eq!(Socket::open(&app.base, ticket, None).err(), Some(401), "{ticket}");
        }
        assert_eq!(Socket::open(&app.base, &format!("{}&user=1", ana.ticket()), None).err(), Some(400));
        ana.get("/live").problem(400, "malformed_request");
        // Asked for without the handshake, the ticket is spent all the same.
        ana.get(&format!("/live?ticket={}", ana.ticket())).problem(400, "malformed_request");
    }

    fn a_foreign_page_opens_nothing(app) {
        let ana = app.agent("ana");
        let ticket = ana.ticket();
        for origin in ["https://evil.example", "null", "http://127.0.0.1"] {
            assert_eq!(Socket::open(&app.base, &ticket, Some(origin)).err(), Some(403), "{origin}");
        }
        Socket::open(&app.base, &ticket, None).unwrap();
    }

    fn what_is_no_frame_of_the_contract_ends_the_socket(app) {
        let ana = app.agent("ana");
        let end = |text: &str| {
            let mut socket = ana.socket();
            socket.snapshot();
            socket.say(text);
            let SocketEnd { code, .. } = socket.end();
            code
        };
        assert_eq!(end("hola"), 1008);
        assert_eq!(end("{\"type\":\"subscribe\"}"), 1008);
        assert_eq!(end("{\"type\":\"pong\",\"user_id\":1}"), 1008);
        assert!(matches!(end(&format!("{{\"type\":\"{}\"}}", "x".repeat(10_000))), 1006 | 1008 | 1009));
        let mut socket = ana.socket();
        socket.snapshot();
        socket.send(&json!({ "type": "pong" }));
        socket.send(&json!({ "type": "resync" }));
        socket.snapshot();
    }

    fn events_follow_the_snapshot_in_order(app) {
        let ana = app.agent("ana");
        let mut socket = ana.socket();
        let mut last = socket.snapshot()["seq"].as_i64().unwrap();
        for code in ["lunch", "rest", "training", "meeting", "lunch"] {
            ana.put("/presence/me", json!({ "mode": "break", "break_code": code })).ok();
        }
        for code in ["lunch", "rest", "training", "meeting", "lunch"] {
            let frame = socket.wait_for(|frame| {
                frame["type"] == json!("snapshot") || frame["event"]["state"]["mode"] == json!("break")
            });
            if frame["type"] == json!("snapshot") {
                // The relay had not looked at the database yet when the socket opened: it starts afresh, and is whole.
                assert_eq!(frame["me"]["mode"], json!("break"));
                return;
            }
            assert_eq!(frame["event"]["state"]["break_code"], json!(code));
            assert!(frame["seq"].as_i64().unwrap() > last);
            last = frame["seq"].as_i64().unwrap();
        }
    }

    fn other_limits_are_taken_up_at_once(app) {
        let sofia = app.supervisor();
        let mut socket = sofia.socket();
        socket.snapshot();
        let patch = |limits: Value| app.admin().patch(&format!("/users/{}", sofia.user_id()), limits).ok();
        patch(json!({ "limited_to": [] }));
        socket.send(&json!({ "type": "resync" }));
        socket.snapshot();
        patch(json!({ "limited_to": [app.insert_campaign("Ventas")] }));
        assert_eq!(socket.end().code, 4004);
        sofia.socket().snapshot();
    }

    fn whoever_must_change_his_password_gets_no_socket(app) {
        let body = json!({ "login": "ana", "name": "Ana", "role": "agent", "password": PASSWORD });
        app.admin().post("/users", body).ok();
        let ana = app.anonymous();
        ana.sign_in("ana", PASSWORD).ok();
        ana.post("/auth/socket-tickets", Value::Null).problem(403, "password_change_required");
    }
}

/// A client that reads nothing once kept its socket busy for ever: no heartbeat, no revocation, no stop came through.
#[test]
fn a_client_that_reads_nothing_is_revoked_at_once_and_dropped_soon() {
    let app = TestApp::builder(Engine::Sqlite).setting("limits.socket_queue", 8).start();
    let (ana, eva) = (app.agent("ana"), app.agent("eva"));
    let open = [&ana, &eva].map(|client| {
        let mut socket = client.socket();
        socket.snapshot();
        socket
    });
    let (hub, now) = (&app.posta.core.hub, app.posta.core.now());
    let publish = |seq: i64, event: LiveEvent| {
        let audience =
            Audience { users: vec![ana.user_id(), eva.user_id()], permission: Permission::AuditRead, campaign: None };
        hub.publish(&Arc::new(Published::new(Seq(seq), now, audience, event)));
    };
    // Until what the kernel keeps for two ends of a connection is full, and both sockets wait for room: while they do not,
    // each catches up at once.
    let (mut number, mut stuck) = (1_000_000, 0);
    while stuck < 50 {
        let event = LiveEvent::DeliveryChanged {
            conversation_id: ConversationId(1),
            message_id: MessageId(1),
            delivery: Delivery::Queued,
            due_at: None,
            last_reply: Some("x".repeat(250_000)),
        };
        publish(number, event);
        number += 1;
        assert!(number < 1_010_000, "somebody reads");
        stuck = if hub.behind() == 2 { stuck + 1 } else { 0 };
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(hub.sessions().len(), 2);
    let begun = Instant::now();
    publish(2_000_000, LiveEvent::RightsChanged { user_id: ana.user_id() });
    let wait_for = |left: &[_]| {
        while hub.sessions() != left {
            assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", hub.sessions());
            std::thread::sleep(Duration::from_millis(10));
        }
        begun.elapsed()
    };
    let revoked = wait_for(&[eva.session_id()]);
    assert!(revoked < Duration::from_secs(2), "{revoked:?}");
    wait_for(&[]);
    drop(open);
}
