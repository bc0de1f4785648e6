//! From delivery to the event on the agent's socket, against a bare IDLE connection to the same mailbox.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use shared::ids::CampaignId;
use shared::live::LiveEvent;

use super::Options;
use super::report::{Bound, Row};
use super::stand::{LIMIT, Stand};
use super::stats::{median, quantile};
use crate::accounts::Account;
use crate::error::LabError;
use crate::posta::{Agent, PostaError};

/// Mails delivered one by one.
const QUIET: usize = 40;
/// Rest before each of them: Dovecot tells news half a second after they came, and one news within that time hurries
/// the next, for whoever happened to listen when.
const REST: Duration = Duration::from_millis(1_200);
/// Mails delivered under load, and how many a second.
const LOADED: usize = 600;
const PACE: u32 = 50;
const DELIVERERS: usize = 4;

pub fn measure(options: &Options, factor: f64) -> Result<Vec<Row>, PostaError> {
    let stand = Stand::new(options)?;
    let (campaign, account) = stand.campaign("Prisa")?;
    let agent = stand.office.hire("ana", &[campaign.id])?;
    let quiet = quietly(&stand, &agent, campaign.id, &account)?;
    let (busy_campaign, busy_account) = stand.campaign("Carga")?;
    stand.office.admin.put_member(busy_campaign.id, agent.id, &Default::default())?;
    let loaded = under_load(&stand, &agent, busy_campaign.id, &busy_account)?;
    let row = |name: &str, samples: &Samples, share: f64| {
        let (ours, probe) = (quantile(&samples.ours, share), quantile(&samples.probe, share));
        Row::figure(name, "ms", ours).judged("IDLE probe", probe, ours - probe)
    };
    let bars = |row: Row, must: f64, aim: f64| {
        row.bars(Bound::AtMost(must).widened(factor), Bound::AtMost(aim).widened(factor))
    };
    Ok(vec![
        row("delivery → agent's event, quiet, p50", &quiet, 0.5),
        bars(row("delivery → agent's event, quiet, p99", &quiet, 0.99), 100.0, 40.0)
            .note(format!("{QUIET} deliveries, judged: how much later than a bare IDLE connection learned of as many")),
        row("delivery → agent's event, 50 mails/s, p50", &loaded, 0.5),
        bars(row("delivery → agent's event, 50 mails/s, p99", &loaded, 0.99), 300.0, 100.0)
            .note(format!("{LOADED} deliveries at {:.0} a second", median(&loaded.pace))),
    ])
}

/// Milliseconds.
#[derive(Default)]
struct Samples {
    ours: Vec<f64>,
    probe: Vec<f64>,
    pace: Vec<f64>,
}

impl Samples {
    fn add(&mut self, delivered: Instant, probe: Instant, event: Instant) {
        let ms = |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f64() * 1_000.0;
        self.ours.push(ms(delivered, event));
        self.probe.push(ms(delivered, probe));
    }
}

fn mail(account: &Account, number: usize) -> (Vec<u8>, String) {
    let from = format!("c{number}@cliente.test");
    let raw = format!(
        "From: {from}\r\nTo: {}\r\nSubject: L{number}\r\nMessage-ID: <l{number}.{}@cliente.test>\r\n\r\n{}\r\n",
        account.address,
        crate::system::unique(),
        "Texto de una consulta. ".repeat(20)
    );
    (raw.into_bytes(), from)
}

/// When the k-th interaction of the campaign reached the agent, from 1 on.
fn event_of(agent: &Agent, campaign: CampaignId, number: usize) -> Result<Instant, LabError> {
    agent.live.wait("the agent's event", LIMIT, |state| {
        let mut mine = state.events.iter().filter(|one| match &one.event {
            LiveEvent::InteractionChanged { interaction } => {
                interaction.campaign_id == campaign && interaction.version <= 2 && interaction.agent_id.is_some()
            }
            _ => false,
        });
        mine.nth(number.saturating_sub(1)).map(|one| one.at)
    })
}

/// Keeps a bare connection in IDLE and notes when it learned that there are so many mails.
fn probe(
    stand: &Stand,
    account: &Account,
    last: usize,
    seen: &Mutex<Vec<(usize, Instant)>>,
    ready: &dyn Fn(),
) -> Result<(), LabError> {
    let mut session = stand.lab.imap_session(&account.address)?;
    session.select("INBOX")?;
    ready();
    session.idle_until(LIMIT, |line| {
        let now = Instant::now();
        let there = line.strip_suffix(" EXISTS").and_then(|number| number.trim().parse::<usize>().ok());
        if let Some(there) = there {
            seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((there, now));
        }
        there.is_some_and(|there| there >= last)
    })?;
    Ok(())
}

fn first_seen(seen: &Mutex<Vec<(usize, Instant)>>, number: usize) -> Option<Instant> {
    let seen = seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    seen.iter().find(|(there, _)| *there >= number).map(|(_, at)| *at)
}

fn quietly(stand: &Stand, agent: &Agent, campaign: CampaignId, account: &Account) -> Result<Samples, PostaError> {
    let seen = Mutex::new(Vec::new());
    let mut samples = Samples::default();
    with_probe(stand, account, QUIET, &seen, || {
        for number in 1..=QUIET {
            // What is measured is a stretch of time, so it has to pass.
            std::thread::sleep(REST);
            let (raw, from) = mail(account, number);
            let delivered = Instant::now();
            stand.lab.deliver(&raw, &from, &account.address)?;
            let event = event_of(agent, campaign, number)?;
            let noted = crate::posta::until("the probe's line", LIMIT, || first_seen(&seen, number))?;
            samples.add(delivered, noted, event);
        }
        Ok(())
    })?;
    Ok(samples)
}

fn under_load(stand: &Stand, agent: &Agent, campaign: CampaignId, account: &Account) -> Result<Samples, PostaError> {
    let seen = Mutex::new(Vec::new());
    let mut samples = Samples::default();
    with_probe(stand, account, LOADED, &seen, || {
        let begun = Instant::now();
        let step = Duration::from_secs(1) / PACE;
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..DELIVERERS)
                .map(|lane| {
                    scope.spawn(move || {
                        for number in (1..=LOADED).filter(|number| number % DELIVERERS == lane) {
                            let due = begun + step * u32::try_from(number).unwrap_or(u32::MAX);
                            std::thread::sleep(due.saturating_duration_since(Instant::now()));
                            let (raw, from) = mail(account, number);
                            stand.lab.deliver(&raw, &from, &account.address)?;
                        }
                        Ok::<_, LabError>(())
                    })
                })
                .collect();
            threads.into_iter().try_for_each(|thread| {
                thread.join().unwrap_or_else(|_| Err(LabError::Usage("a deliverer panicked".into())))
            })
        })?;
        let took = begun.elapsed();
        // The k-th mail of the mailbox, the k-th line of the probe, the k-th event: all come in the order of UIDs. When
        // the k-th was delivered is known by its turn.
        event_of(agent, campaign, LOADED)?;
        for number in 1..=LOADED {
            let event = event_of(agent, campaign, number)?;
            let noted = crate::posta::until("the probe's line", LIMIT, || first_seen(&seen, number))?;
            samples.add(begun + step * u32::try_from(number).unwrap_or(u32::MAX), noted, event);
        }
        samples.pace.push(super::stats::count(LOADED) / took.as_secs_f64());
        Ok(())
    })?;
    Ok(samples)
}

fn with_probe(
    stand: &Stand,
    account: &Account,
    last: usize,
    seen: &Mutex<Vec<(usize, Instant)>>,
    work: impl FnOnce() -> Result<(), PostaError>,
) -> Result<(), PostaError> {
    std::thread::scope(|scope| {
        let (tell, told) = std::sync::mpsc::channel();
        let probing = scope.spawn(move || {
            probe(stand, account, last, seen, &|| {
                let _ = tell.send(());
            })
        });
        if told.recv().is_ok() {
            work()?;
        }
        probing.join().unwrap_or_else(|_| Err(LabError::Usage("the probe panicked".into())))?;
        Ok(())
    })
}
