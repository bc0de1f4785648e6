//! The outbox's worker beside things that it cannot work with (H5).

use crate::support::{Desk, TestApp, insert_desk, insert_mail};
use diesel::prelude::*;
use posta::{
    kernel::db::schema::{mail_accounts, outbox as rows},
    outbox,
};
use shared::{api::conversations::Delivery, ids::MessageId};
use std::time::{Duration, Instant};

/// A desk whose account can be opened.
fn open_desk(app: &TestApp, name: &str) -> Desk {
    app.write(|conn| {
        let desk = insert_desk(conn, name)?;
        let sealed = app.posta.core.keys.seal(&format!("mail_accounts/{}/password", desk.account), b"geheim")?;
        diesel::update(mail_accounts::table.find(desk.account))
            .set(mail_accounts::sealed_password.eq(sealed))
            .execute(conn)?;
        Ok(desk)
    })
}

fn send(app: &TestApp, desk: Desk, source: &str) -> MessageId {
    let now = app.posta.core.now();
    app.write(|conn| Ok(insert_mail(conn, desk, source, now, now)?))
}

fn state(app: &TestApp, id: MessageId) -> outbox::State {
    let now = app.posta.core.now();
    app.read(|conn| Ok(outbox::states(conn, &[id], now)?.remove(&id).unwrap()))
}

fn wait_until(what: &str, mut there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !there() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what} did not come about");
        std::thread::sleep(Duration::from_millis(20));
    }
}

both_engines! {
    fn an_account_that_cannot_be_opened_holds_up_no_other_and_a_mail_without_source_fails(app) {
        let locked = app.write(|conn| Ok(insert_desk(conn, "cerrada")?));
        let stuck = send(&app, locked, "0011");
        let open = open_desk(&app, "abierta");
        let gone = send(&app, open, "0022");
        wait_until("the failure of the mail without source", || state(&app, gone).delivery == Delivery::Failed);
        let failed = state(&app, gone);
        assert_eq!((failed.failed.len(), failed.attempts), (1, 1));
        assert!(failed.last_reply.is_some_and(|words| words.contains("source is missing")));
        assert_eq!(state(&app, stuck).delivery, Delivery::Queued);
    }

    // Once such a row stayed as it was until a restart, or was sent by whoever looked twenty minutes later.
    fn a_claim_whose_commit_was_not_heard_of_is_given_back(app) {
        let locked = app.write(|conn| Ok(insert_desk(conn, "cerrada")?));
        let id = send(&app, locked, "0011");
        let node = app.posta.core.node.to_string();
        app.write(|conn| {
            diesel::update(rows::table.filter(rows::message_id.eq(id)))
                .set((rows::state.eq(Delivery::Sending), rows::lease_owner.eq(Some(&node))))
                .execute(conn)?;
            Ok(())
        });
        let begun = Instant::now();
        while state(&app, id).delivery == Delivery::Sending {
            assert!(begun.elapsed() < Duration::from_secs(60), "it is still marked as being sent");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(state(&app, id).delivery, Delivery::Queued);
    }
}
