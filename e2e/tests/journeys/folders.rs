//! The folders that are read, and what becomes of mail on the server once it is stored (S14, S18), on a real Dovecot.

use crate::support::{Desk, Ground, LIMIT, incoming, plain};
use posta_e2e::posta::{Posta, until};
use shared::api::campaigns::{AccountHealth, AfterStoring, CampaignInput, ListFolders};
use shared::api::operations::MailboxLedger;
use std::collections::BTreeMap;

journeys!(
    folders_are_read_side_by_side,
    stored_mail_is_moved_and_old_mail_is_not,
    moves_survive_every_death,
    a_backlog_is_moved_while_it_is_fetched,
    a_folder_that_is_missing_is_told_and_the_others_are_read,
);

const FROM: &str = "eva@cliente.test";

/// A campaign on a mailbox in which lie an old mail and a folder *Pedidos*.
fn desk(ground: &Ground, adjust: impl FnOnce(&mut CampaignInput)) -> Desk<0> {
    let office = ground.office();
    let account = ground.lab.add_mailbox("soporte@lab.test", posta_e2e::PASSWORD).unwrap();
    let mut session = ground.lab.imap_session(&account.address).unwrap();
    session.command("CREATE Pedidos").unwrap();
    session.append("INBOX", "", &plain(FROM, &account.address, "Vieja", "Antes.")).unwrap();
    session.append("Pedidos", "", &plain(FROM, &account.address, "Vieja también", "Antes.")).unwrap();
    let campaign = office.campaign(&ground.lab, "Soporte", &account, adjust).unwrap();
    let desk = Desk { agents: [], campaign, account, office };
    // Not its health: that tells of a missing folder a moment later, and between two looks nobody saw it good.
    until("the mailbox being open", LIMIT, || ledgers(&desk).contains_key("INBOX").then_some(())).unwrap();
    desk
}

fn ledgers(desk: &Desk<0>) -> BTreeMap<String, MailboxLedger> {
    let rows = desk.office.admin.mailboxes(desk.campaign.id).unwrap();
    rows.into_iter().map(|row| (row.folder.clone(), row)).collect()
}

fn subjects(desk: &Desk<0>) -> Vec<String> {
    let mut subjects: Vec<String> = incoming(&desk.office).into_iter().map(|mail| mail.subject).collect();
    subjects.sort();
    subjects
}

fn on_server(ground: &Ground, desk: &Desk<0>, folder: &str) -> Vec<String> {
    let mails = ground.lab.mails(&desk.account.address, folder).unwrap();
    let mut subjects: Vec<String> = mails.iter().map(posta_e2e::Mail::subject).collect();
    subjects.sort();
    subjects
}

fn folders_are_read_side_by_side(ground: &Ground) {
    let desk = desk(ground, |form| form.account.folders = vec!["INBOX".into(), "Pedidos".into()]);
    let to = desk.account.address.as_str();
    until("both folders being open", LIMIT, || (ledgers(&desk).len() == 2).then_some(())).unwrap();
    let mut session = ground.lab.imap_session(to).unwrap();
    session.append("Pedidos", "", &plain(FROM, to, "Pedido 1", "Hola.")).unwrap();
    ground.lab.deliver(&plain(FROM, to, "Normal", "Hola."), FROM, to).unwrap();
    session.append("Pedidos", "", &plain(FROM, to, "Pedido 2", "Hola.")).unwrap();
    until("three mails", LIMIT, || (subjects(&desk).len() >= 3).then_some(())).unwrap();
    assert_eq!(subjects(&desk), ["Normal", "Pedido 1", "Pedido 2"]);
    // What another program moves between folders that are read is the same mail.
    session.select("Pedidos").unwrap();
    let uid = *session.uids().unwrap().last().unwrap();
    session.command(&format!("UID MOVE {uid} INBOX")).unwrap();
    let inbox =
        until("the moved mail being known", LIMIT, || ledgers(&desk).remove("INBOX").filter(|row| row.duplicates == 1))
            .unwrap();
    assert_eq!((inbox.stored, inbox.skipped_to), (1, 1));
    assert_eq!(subjects(&desk).len(), 3);
    // The form asks for the names.
    let form = posta_e2e::posta::campaign_form(&ground.lab, "X", &desk.account).unwrap();
    let wanted = ListFolders { campaign_id: None, account: form.account };
    let listed = desk.office.admin.list_folders(&wanted).unwrap();
    let names: Vec<&str> = listed.folders.iter().map(|folder| folder.name.as_str()).collect();
    assert_eq!(names, ["INBOX", "Drafts", "Junk", "Pedidos", "Sent", "Trash"]);
}

fn stored_mail_is_moved_and_old_mail_is_not(ground: &Ground) {
    let desk = desk(ground, |form| {
        form.import_days = 30;
        form.account.after_storing = AfterStoring::Move;
        form.account.move_to = Some("Atendidos/Año 2026".into());
        // Where it goes is read too. That it is not there before the first move troubles nobody.
        form.account.folders = vec!["INBOX".into(), "Atendidos/Año 2026".into()];
    });
    let to = desk.account.address.as_str();
    until("the old mail", LIMIT, || (ledgers(&desk).get("INBOX")?.history == 1).then_some(())).unwrap();
    for number in 0..5 {
        ground.lab.deliver(&plain(FROM, to, &format!("N{number}"), "Hola."), FROM, to).unwrap();
    }
    let target = "Atendidos/Año 2026";
    let moved = until("the moves", LIMIT, || {
        (ground.lab.dovecot().unwrap().status(to, "Atendidos/A&APE-o 2026").ok()?.exists == 5).then_some(())
    });
    let account = desk.office.admin.campaign(desk.campaign.id).unwrap().account;
    moved.unwrap_or_else(|error| panic!("{error}: {:?} {:?}", account.last_error, ledgers(&desk)));
    // The old mail came in as history, and lies where it lay.
    assert_eq!(on_server(ground, &desk, "INBOX"), ["Vieja"]);
    let known =
        until("the moved mails being known", LIMIT, || ledgers(&desk).remove(target).filter(|row| row.last_uid == 5))
            .unwrap();
    // Known again, or there before the folder was first opened, as it was made for them.
    assert_eq!((known.stored, known.duplicates + known.skipped_to), (0, 5));
    let inbox = &ledgers(&desk)["INBOX"];
    assert_eq!((inbox.stored, inbox.history, inbox.last_uid), (5, 1, 6));
    assert_eq!(subjects(&desk), ["N0", "N1", "N2", "N3", "N4", "Vieja"]);
    until("good health", LIMIT, || {
        (desk.office.admin.campaign(desk.campaign.id).unwrap().account.health == AccountHealth::Connected).then_some(())
    })
    .unwrap();
}

fn moves_survive_every_death(ground: &Ground) {
    let mut desk = desk(ground, |form| {
        form.account.after_storing = AfterStoring::Move;
        form.account.move_to = Some("Hechos".into());
        form.account.folders = vec!["INBOX".into(), "Pedidos".into()];
    });
    let to = desk.account.address.clone();
    until("both folders being open", LIMIT, || (ledgers(&desk).len() == 2).then_some(())).unwrap();
    let mut expected = vec!["Vieja".to_owned(), "Vieja también".to_owned()];
    let mut number = 0;
    for point in ["inbox.committed", "inbox.before_act", "inbox.acted"] {
        desk.office.posta.kill9();
        for _ in 0..3 {
            let subject = format!("N{number}");
            number += 1;
            ground.lab.deliver(&plain(FROM, &to, &subject, "Hola."), FROM, &to).unwrap();
            expected.push(subject);
        }
        let mut session = ground.lab.imap_session(&to).unwrap();
        session.append("Pedidos", "", &plain(FROM, &to, &format!("P {point}"), "Hola.")).unwrap();
        expected.push(format!("P {point}"));
        ground.lab.wait_for(&to, |mails: &[posta_e2e::Mail]| mails.len() >= 4, LIMIT).unwrap();
        desk.office.posta.options_mut().env.insert("POSTA_FAILPOINT".into(), point.into());
        let came_up = desk.office.posta.restart();
        desk.office.posta.options_mut().env.remove("POSTA_FAILPOINT");
        if came_up.is_ok() {
            assert!(desk.office.posta.wait_for_end(LIMIT).is_ok_and(Posta::died_at_failpoint), "{point} was not met");
        }
        desk.office.posta.restart().unwrap();
        until("an empty inbox", LIMIT * 2, || {
            let there = on_server(ground, &desk, "Hechos").len();
            (there == expected.len() - 2).then_some(())
        })
        .unwrap();
    }
    expected.sort();
    // While Dovecot moves a mail, another session may see it in both folders: what counts is where all come to lie.
    let everywhere = || {
        let mut all: Vec<String> =
            ["INBOX", "Pedidos", "Hechos"].iter().flat_map(|folder| on_server(ground, &desk, folder)).collect();
        all.sort();
        all
    };
    let settled = until("each mail in one folder, once", LIMIT, || (everywhere() == expected).then_some(()));
    assert!(settled.is_ok(), "{:?} instead of {expected:?}", everywhere());
    assert_eq!(on_server(ground, &desk, "INBOX"), ["Vieja"]);
    expected.retain(|subject| !subject.starts_with("Vieja"));
    assert_eq!(subjects(&desk), expected, "each came in once");
}

/// Acting waited for the end of the list: on a machine that fetched slower than mail came, it never began.
fn a_backlog_is_moved_while_it_is_fetched(ground: &Ground) {
    let mut desk = desk(ground, |form| {
        form.account.after_storing = AfterStoring::Move;
        form.account.move_to = Some("Hechos".into());
    });
    let to = desk.account.address.clone();
    desk.office.posta.kill9();
    let mails: Vec<String> = (10..35).map(|number| format!("N{number}")).collect();
    for subject in &mails {
        ground.lab.deliver(&plain(FROM, &to, subject, "Hola."), FROM, &to).unwrap();
    }
    ground.lab.wait_for(&to, |there: &[posta_e2e::Mail]| there.len() == 26, LIMIT).unwrap();
    // A mail a batch, and it dies once it has acted for the first time.
    let env = &mut desk.office.posta.options_mut().env;
    env.insert("POSTA__MAIL__BATCH_MAILS".into(), "1".into());
    env.insert("POSTA_FAILPOINT".into(), "inbox.acted".into());
    let came_up = desk.office.posta.restart();
    desk.office.posta.options_mut().env.remove("POSTA_FAILPOINT");
    if came_up.is_ok() {
        assert!(desk.office.posta.wait_for_end(LIMIT).is_ok_and(Posta::died_at_failpoint), "it never acted");
    }
    // Which ten came first is Postfix's doing.
    until("ten being moved", LIMIT, || (on_server(ground, &desk, "Hechos").len() == 10).then_some(())).unwrap();
    desk.office.posta.restart().unwrap();
    // While Dovecot moves mails, another session may see them in both folders.
    until("all being moved", LIMIT, || {
        (on_server(ground, &desk, "Hechos") == mails && on_server(ground, &desk, "INBOX") == ["Vieja"]).then_some(())
    })
    .unwrap();
    assert_eq!(subjects(&desk), mails, "each came in once");
}

fn a_folder_that_is_missing_is_told_and_the_others_are_read(ground: &Ground) {
    let desk = desk(ground, |form| form.account.folders = vec!["INBOX".into(), "Nada".into(), "Pedidos".into()]);
    let to = desk.account.address.as_str();
    let account = || desk.office.admin.campaign(desk.campaign.id).unwrap().account;
    let told =
        until("the trouble", LIMIT, || Some(account()).filter(|it| it.health == AccountHealth::Failing)).unwrap();
    assert!(told.last_error.unwrap().contains("“Nada”"));
    let mut session = ground.lab.imap_session(to).unwrap();
    session.append("Pedidos", "", &plain(FROM, to, "Pedido", "Hola.")).unwrap();
    ground.lab.deliver(&plain(FROM, to, "Normal", "Hola."), FROM, to).unwrap();
    until("both mails", LIMIT, || (subjects(&desk) == ["Normal", "Pedido"]).then_some(())).unwrap();
    session.command("CREATE Nada").unwrap();
    until("good health", LIMIT, || (account().health == AccountHealth::Connected).then_some(())).unwrap();
}
