//! From an agent's Send to the outgoing server, against `smtp-source` and a bare exchange on an open connection.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use shared::api::campaigns::{CampaignView, MailSecurity};
use shared::api::conversations::MailAddress;
use shared::api::drafts::UpdateDraft;
use shared::ids::DraftId;

use super::Options;
use super::report::{Bound, Row};
use super::stand::{LIMIT, Stand};
use super::stats::{count, median, quantile};
use crate::error::LabError;
use crate::fake::FakeSmtp;
use crate::posta::{Agent, Client, PostaError, new_key, now};
use crate::smtp::SmtpClient;

/// Mails of one round, and clients that send them.
const MAILS: usize = 400;
const CLIENTS: usize = 8;
/// Connections to the outgoing server, as configured by default.
const SESSIONS: usize = 4;
/// Single sends whose latency is taken.
const SINGLE: usize = 100;
const TO: &str = "eva@cliente.test";

pub fn measure(options: &Options, factor: f64) -> Result<Vec<Row>, PostaError> {
    let stand = Stand::new(options)?;
    let account = stand.lab.new_mailbox("salida")?;
    let sink = FakeSmtp::builder().login(&account.login, &account.password).without_bodies().start()?;
    // smtp-source signs in nowhere.
    let open_sink = FakeSmtp::builder().without_bodies().start()?;
    let campaign = stand.campaign_on(&account, "Salida", |form| {
        form.account.smtp.port = sink.port();
        form.account.smtp.security = MailSecurity::None;
    })?;
    let agent = stand.office.hire("ana", &[campaign.id])?;
    let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
    for round in 0..options.rounds {
        let drafts = drafts(&agent, &campaign, MAILS)?;
        let (own, anchor) = if round % 2 == 0 {
            let anchor = smtp_source(&open_sink)?;
            (send_all(&agent, &sink, &drafts)?, anchor)
        } else {
            let own = send_all(&agent, &sink, &drafts)?;
            (own, smtp_source(&open_sink)?)
        };
        ours.push(own);
        theirs.push(anchor);
        ratios.push(own / anchor);
    }
    let (send, bare) = single(&agent, &campaign, [&sink, &open_sink], &account.address)?;
    let over: Vec<f64> = send.iter().map(|one| one - median(&bare)).collect();
    Ok(vec![
        Row::figure("outbound: drafts sent over the API → 250", "mails/s", median(&ours))
            .judged("smtp-source", median(&theirs), median(&ratios))
            .note(format!(
                "{CLIENTS} clients press Send on {MAILS} finished drafts; every 202 and every 250 is durable; both over \
                 {SESSIONS} sessions to the same program"
            )),
        Row::figure("send → 250 seen, p50", "ms", median(&send))
            .judged("bare SMTP", median(&bare), median(&over))
            .bars(Bound::AtMost(60.0).widened(factor), Bound::AtMost(20.0).widened(factor)),
        Row::figure("send → 250 seen, p99", "ms", quantile(&send, 0.99)).judged(
            "bare SMTP",
            quantile(&bare, 0.99),
            quantile(&over, 0.99),
        ),
    ])
}

/// Drafts as an agent has them before him when he presses Send.
fn drafts(agent: &Agent, campaign: &CampaignView, number: usize) -> Result<Vec<DraftId>, PostaError> {
    let html = format!("<p>Hola:</p><p>{}</p><p>Un saludo</p>", "Le contestamos a su consulta. ".repeat(40));
    (0..number)
        .map(|place| {
            let draft = agent.begin_mail(campaign.id)?;
            let change = UpdateDraft {
                to: Some(vec![MailAddress { name: None, email: TO.into() }]),
                subject: Some(format!("Respuesta {place}")),
                html: Some(html.clone()),
                ..UpdateDraft::default()
            };
            agent.update_draft(draft.id, &change)?;
            Ok(draft.id)
        })
        .collect()
}

fn send_all(agent: &Agent, sink: &FakeSmtp, drafts: &[DraftId]) -> Result<f64, PostaError> {
    let before = sink.counts().messages;
    let next = AtomicUsize::new(0);
    let client: Arc<Client> = agent.client();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    while let Some(draft) = drafts.get(next.fetch_add(1, Ordering::Relaxed)) {
                        client.send_draft(*draft, &new_key(), &now())?;
                    }
                    Ok::<_, PostaError>(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(panicked().into())))
    })?;
    sink.wait_for_messages(before + u64::try_from(drafts.len()).unwrap_or(0), LIMIT)?;
    Ok(count(drafts.len()) / begun.elapsed().as_secs_f64())
}

fn panicked() -> LabError {
    LabError::Usage("a client panicked".into())
}

/// Mails a second that Postfix' load generator gives to the same sink over as many sessions.
fn smtp_source(sink: &FakeSmtp) -> Result<f64, PostaError> {
    const SOURCED: usize = 4_000;
    let begun = Instant::now();
    let done = Command::new("smtp-source")
        .args(["-s", &SESSIONS.to_string(), "-m", &SOURCED.to_string(), "-l", "2600", "-d"])
        .args(["-f", "soporte@lab.test", "-t", TO, &format!("127.0.0.1:{}", sink.port())])
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::null())
        .output()
        .map_err(|_| LabError::MissingProgram { program: "smtp-source".into(), package: "postfix".into() })?;
    if !done.status.success() {
        return Err(LabError::Usage(format!("smtp-source: {}", String::from_utf8_lossy(&done.stderr))).into());
    }
    Ok(count(SOURCED) / begun.elapsed().as_secs_f64())
}

/// Milliseconds from Send until the sink has the mail, and of a bare exchange on an open connection.
fn single(
    agent: &Agent,
    campaign: &CampaignView,
    [sink, open_sink]: [&FakeSmtp; 2],
    from: &str,
) -> Result<(Vec<f64>, Vec<f64>), PostaError> {
    let drafts = drafts(agent, campaign, SINGLE)?;
    let mut bare = SmtpClient::connect(open_sink.address())?;
    let raw = format!("From: {from}\r\nTo: {TO}\r\nSubject: x\r\n\r\n{}", "Una línea de texto.\r\n".repeat(130));
    let (mut send, mut exchange) = (vec![], vec![]);
    for draft in drafts {
        let begun = Instant::now();
        bare.send(from, &[TO], raw.as_bytes())?;
        exchange.push(begun.elapsed().as_secs_f64() * 1_000.0);
        for sink in [sink, open_sink] {
            sink.drain();
        }
        let before = sink.counts().messages;
        let begun = Instant::now();
        agent.send_draft(draft, &new_key(), &now())?;
        sink.wait_for_messages(before + 1, LIMIT)?;
        let at = sink.drain().pop().map(|mail| mail.at);
        let took = at.map_or(Duration::MAX, |at| at.saturating_duration_since(begun));
        send.push(took.as_secs_f64() * 1_000.0);
    }
    Ok((send, exchange))
}
