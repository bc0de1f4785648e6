//! Handing out: round robin to the letter, nobody above his maximum, nothing lost, breaks and absences respected.

use crate::support::{Ground, LIMIT, incoming, plain, wait_until_connected};
use posta_e2e::posta::{Agent, Office, until};
use shared::api::campaigns::MemberInput;
use shared::api::interactions::{DecisionView, Ineligible, InteractionState, InteractionSummary};
use shared::ids::{CampaignId, UserId};
use std::collections::{BTreeMap, HashSet};

journeys!(two_campaigns_five_agents_two_hundred_mails, nothing_comes_in_on_a_break_or_while_away);

/// What round robin must have done, told anew from the recorded facts of each decision, by nothing of the product's.
fn check_round(decisions: &[DecisionView], members: &[UserId], max: u32) {
    let mut last: Option<UserId> = None;
    for decision in decisions {
        assert_eq!(decision.last_served, last, "the memory of the round was lost");
        let seen: Vec<UserId> = decision.agents.iter().map(|agent| agent.user_id).collect();
        assert_eq!(seen, members, "in member order");
        let from = last.and_then(|last| members.iter().position(|id| *id == last)).map_or(0, |place| place + 1);
        let turn = (0..members.len()).map(|step| (from + step) % members.len());
        let expected = turn.map(|place| &decision.agents[place]).find(|agent| agent.held < max && agent.eligible);
        assert_eq!(Some(decision.winner), expected.map(|agent| agent.user_id), "{decision:?}");
        for agent in &decision.agents {
            assert!(agent.held <= max, "{agent:?} holds more than {max}");
            assert_eq!(agent.eligible, agent.reasons.is_empty());
            assert_eq!(agent.held >= max, agent.reasons.contains(&Ineligible::AtMaximum));
        }
        last = Some(decision.winner);
    }
}

fn held_at_once(agent: &Agent, campaign: CampaignId) -> usize {
    agent.live.look(|state| state.active.values().filter(|row| row.campaign_id == campaign).count())
}

fn two_campaigns_five_agents_two_hundred_mails(ground: &Ground) {
    const EACH: usize = 100;
    let office = ground.office();
    let names = ["ana", "luis", "marta", "diego", "eva"];
    let mut queues = Vec::new();
    for (name, max) in [("Soporte", 3_u32), ("Ventas", 2)] {
        let account =
            ground.lab.add_mailbox(&format!("{}@lab.test", name.to_lowercase()), posta_e2e::PASSWORD).unwrap();
        let campaign = office.campaign(&ground.lab, name, &account, |form| form.max_interactions = Some(max)).unwrap();
        queues.push((campaign, account, max));
    }
    let ids = [queues[0].0.id, queues[1].0.id];
    // Ana, Luis, Marta in the first; Marta, Diego, Eva in the second: one works in both.
    let agents: Vec<Agent> = names
        .iter()
        .enumerate()
        .map(|(place, name)| {
            let own: Vec<CampaignId> = match place {
                0 | 1 => vec![ids[0]],
                2 => vec![ids[0], ids[1]],
                _ => vec![ids[1]],
            };
            office.hire(name, &own).unwrap()
        })
        .collect();
    for (campaign, ..) in &queues {
        wait_until_connected(&office, campaign);
    }
    let mails: Vec<(Vec<u8>, String, String)> = (0..EACH)
        .flat_map(|number| {
            queues.iter().map(move |(campaign, account, _)| {
                let from = format!("cliente{number}@cliente.test");
                let subject = format!("{} {number}", campaign.name);
                (plain(&from, &account.address, &subject, "Hola."), from, account.address.clone())
            })
        })
        .collect();
    let written = mails.iter().map(|(raw, from, to)| (raw.as_slice(), from.as_str(), to.as_str()));
    assert_eq!(ground.lab.deliver_all(written).unwrap(), 2 * EACH);

    // Everyone works at his own pace until nothing is left.
    let finished = work_off(
        &office,
        &agents,
        &queues.iter().map(|(campaign, _, max)| (campaign.id, *max)).collect::<Vec<_>>(),
        2 * EACH,
    );
    assert_eq!(finished.len(), 2 * EACH);

    let subjects: HashSet<String> = incoming(&office).into_iter().map(|mail| mail.subject).collect();
    assert_eq!(subjects.len(), 2 * EACH, "a mail was lost");
    for (campaign, _, max) in &queues {
        let rows = office.admin.interactions(&format!("campaign_id={}", campaign.id)).unwrap();
        assert_eq!(rows.len(), EACH);
        assert!(rows.iter().all(|row| row.state == InteractionState::Finished));
        let mut decisions: Vec<DecisionView> =
            rows.iter().flat_map(|row| office.admin.decisions(row.id).unwrap()).collect();
        assert_eq!(decisions.len(), EACH, "something was handed out twice");
        decisions.sort_by_key(|decision| decision.id);
        let members: Vec<UserId> =
            office.admin.members(campaign.id).unwrap().iter().map(|member| member.user_id).collect();
        check_round(&decisions, &members, *max);
        // In order of arrival.
        let order: Vec<_> = decisions.iter().map(|decision| decision.interaction_id).collect();
        let mut arrived: Vec<&InteractionSummary> = rows.iter().collect();
        arrived.sort_by_key(|row| (row.arrived_at, row.id));
        assert_eq!(order, arrived.iter().map(|row| row.id).collect::<Vec<_>>());
    }
}

/// Each agent finishes what he holds, one by one, on a thread of his own; nobody may ever hold more than his maximum.
fn work_off(
    office: &Office,
    agents: &[Agent],
    maxima: &[(CampaignId, u32)],
    all: usize,
) -> HashSet<shared::ids::InteractionId> {
    let done = std::sync::Mutex::new(HashSet::new());
    std::thread::scope(|scope| {
        for agent in agents {
            scope.spawn(|| {
                while done.lock().unwrap().len() < all {
                    for (campaign, max) in maxima {
                        let held = held_at_once(agent, *campaign);
                        assert!(held <= usize::try_from(*max).unwrap(), "{} holds {held}", agent.id);
                    }
                    // A short wait, so that the end of the work is noticed.
                    let next = agent.live.wait("work", std::time::Duration::from_millis(200), |state| {
                        state.active.values().next().cloned()
                    });
                    let Ok(next) = next else { continue };
                    agent.open_interaction(next.id).unwrap();
                    agent.finish_interaction(next.id, "").unwrap();
                    assert!(done.lock().unwrap().insert(next.id), "{next:?} was handed out twice");
                    agent
                        .live
                        .wait("its end", LIMIT, |state| (!state.active.contains_key(&next.id)).then_some(()))
                        .unwrap();
                }
            });
        }
        let left = until("all work being done", LIMIT * 4, || (done.lock().unwrap().len() >= all).then_some(()));
        if left.is_err() {
            let waiting = office.admin.interactions("state=waiting").unwrap().len();
            panic!("{} of {all} done, {waiting} wait", done.lock().unwrap().len());
        }
    });
    done.into_inner().unwrap()
}

fn nothing_comes_in_on_a_break_or_while_away(ground: &Ground) {
    let desk = ground.desk(["ana", "luis"]);
    let [ana, luis] = desk.agents;
    let customer = ground.customer("sara");
    let (from, to) = (customer.address.as_str(), desk.account.address.as_str());
    let write = |subject: &str| {
        ground.lab.deliver(&plain(from, to, subject, "Hola."), from, to).unwrap();
    };
    let kinds: Vec<shared::api::presence::BreakKind> = ana.all("presence/break-kinds").unwrap();
    let state = ana.take_break(&kinds[0].code).unwrap();
    assert!(state.online && state.break_code.as_deref() == Some(kinds[0].code.as_str()));
    for subject in ["Uno", "Dos"] {
        write(subject);
        luis.live.wait_for_subject(subject, LIMIT).unwrap();
    }
    assert!(ana.tray().unwrap().is_empty());
    // Luis signs out: his socket ends, and what comes now waits.
    let _: () = luis.act("auth/sign-out").unwrap();
    luis.live.wait("his socket being closed", LIMIT, |state| (!state.connected).then_some(())).unwrap();
    write("Tres");
    let waiting = until("the third waiting", LIMIT, || {
        desk.office.admin.interactions("state=waiting").unwrap().into_iter().next()
    })
    .unwrap();
    assert_eq!(waiting.subject, "Tres");
    // Ana comes back from her break and gets it at once; her memory of the round says so.
    ana.be_available().unwrap();
    ana.live.wait_for_subject("Tres", LIMIT).unwrap();
    let why = desk.office.admin.decisions(waiting.id).unwrap();
    let absent = why[0].agents.iter().find(|agent| agent.user_id == luis.id).unwrap();
    assert_eq!(absent.reasons, [Ineligible::Offline]);
    // A member who may not receive gets nothing.
    let no = MemberInput { may_receive: Some(false), ..MemberInput::default() };
    desk.office.admin.put_member(desk.campaign.id, ana.id, &no).unwrap();
    write("Cuatro");
    until("the fourth waiting", LIMIT, || {
        desk.office.admin.interactions("state=waiting").unwrap().into_iter().find(|row| row.subject == "Cuatro")
    })
    .unwrap();
    let counts: BTreeMap<&str, usize> = [("ana", ana.tray().unwrap().len())].into_iter().collect();
    assert_eq!(counts["ana"], 1);
}
