//! Memory and processor time at rest, with nobody there and with a full house.

use std::time::{Duration, Instant};

use shared::api::campaigns::AccountHealth;
use shared::permission::Role;

use super::report::{Bound, Row};
use super::stand::{LIMIT, Stand};
use super::{Options, process};
use crate::posta::{Agent, PostaError, SIGN_IN_PASSWORD, until};

const CLIENTS: usize = 220;
const MAILBOXES: usize = 50;
/// How long rest is watched.
const REST: Duration = Duration::from_secs(10);

pub fn measure(options: &Options) -> Result<Vec<Row>, PostaError> {
    let stand = Stand::new(options)?;
    let pid = stand.pid();
    let idle = at_rest(pid);
    let mut campaigns = Vec::new();
    for number in 0..MAILBOXES {
        let account = stand.lab.new_mailbox("sala")?;
        campaigns.push(stand.office.campaign(&stand.lab, &format!("Sala {number}"), &account, |_| {})?);
    }
    until("all mailboxes being read", LIMIT, || {
        let read = |id| stand.office.admin.campaign(id).is_ok_and(|now| now.account.health == AccountHealth::Connected);
        campaigns.iter().all(|campaign| read(campaign.id)).then_some(())
    })?;
    let mut agents = Vec::new();
    for number in 0..CLIENTS {
        let login = format!("agente{number}");
        let user = stand.office.admin.create_user(&login, &login, Role::Agent, SIGN_IN_PASSWORD)?;
        if let Some(campaign) = campaigns.get(number % MAILBOXES) {
            stand.office.admin.put_member(campaign.id, user.id, &Default::default())?;
        }
        agents.push(Agent::sign_in(&stand.office.posta, &login)?);
    }
    let full = at_rest(pid);
    drop(agents);
    let names = ["memory at rest: nobody there", "memory at rest: 220 clients, 50 mailboxes in IDLE"];
    let [nobody, house] = names;
    Ok(vec![
        Row::figure(nobody, "MB", idle.memory).bars(Bound::AtMost(40.0), Bound::AtMost(25.0)),
        Row::figure(house, "MB", full.memory).bars(Bound::AtMost(100.0), Bound::AtMost(60.0)),
        Row::figure("processor at rest: 220 clients, 50 mailboxes", "% of a core", full.cpu)
            .bars(Bound::AtMost(1.0), Bound::AtMost(0.3))
            .note(format!("over {} s", REST.as_secs())),
    ])
}

struct Rest {
    memory: f64,
    cpu: f64,
}

/// Watches a process that has nothing to do. What is measured is a stretch of time, so it has to pass.
fn at_rest(pid: u32) -> Rest {
    // What the start or the last sign-in set going comes to an end first.
    std::thread::sleep(Duration::from_secs(2));
    let (before, begun) = (process::cpu(pid), Instant::now());
    std::thread::sleep(REST);
    let used = process::cpu(pid).saturating_sub(before);
    Rest { memory: process::memory(pid), cpu: 100.0 * used.as_secs_f64() / begun.elapsed().as_secs_f64() }
}
