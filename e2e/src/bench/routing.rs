//! Handing out a long queue: 200 agents, 20 campaigns, 20,000 waiting, all let go at once.

use std::time::Instant;

use serde_json::json;
use shared::permission::Role;

use super::Options;
use super::report::{Bound, Row};
use super::stand::{LIMIT, Stand};
use super::stats::count;
use crate::posta::{Agent, Asking, PostaError, SIGN_IN_PASSWORD, until};

const AGENTS: usize = 200;
const CAMPAIGNS: usize = 20;
const WAITING: usize = 20_000;
/// Campaigns of one agent.
const EACH: usize = 2;

/// On SQLite and on PostgreSQL, which spend their time differently; on PostgreSQL alone if that is what was asked for.
pub fn measure(options: &Options, factor: f64) -> Result<Vec<Row>, PostaError> {
    let mut rows = Vec::new();
    for postgres in [false, true] {
        if postgres || !options.postgres {
            rows.extend(on(&Options { postgres, ..options.clone() }, factor)?);
        }
    }
    Ok(rows)
}

fn on(options: &Options, factor: f64) -> Result<Vec<Row>, PostaError> {
    let stand = Stand::new(options)?;
    let admin = &stand.office.admin;
    let (mails, members) = (WAITING / CAMPAIGNS, AGENTS * EACH / CAMPAIGNS);
    // Nobody is in a voice campaign, so nothing is handed out until that no longer matters.
    let held_back = |on: bool| {
        let body = json!({ "require_voice_campaign": on });
        admin.put::<serde_json::Value>("settings", &body)
    };
    held_back(true)?;
    let mut campaigns = Vec::new();
    for number in 0..CAMPAIGNS {
        let account = stand.lab.new_mailbox("cola")?;
        // What every agent may hold is exactly his share: one handed out twice would leave another waiting.
        let most = u32::try_from(mails / members).unwrap_or(u32::MAX);
        let adjust = |form: &mut shared::api::campaigns::CampaignInput| form.max_interactions = Some(most);
        let campaign = stand.campaign_on(&account, &format!("Cola {number}"), adjust)?;
        let raw: Vec<Vec<u8>> = (0..mails).map(|mail| letter(number, mail, &account.address)).collect();
        stand.lab.drop_into_maildir(&account.address, "INBOX", raw.iter())?;
        campaigns.push(campaign.id);
    }
    let mut agents = Vec::new();
    for number in 0..AGENTS {
        let login = format!("agente{number}");
        let user = admin.create_user(&login, &login, Role::Agent, SIGN_IN_PASSWORD)?;
        for turn in 0..EACH {
            if let Some(campaign) = campaigns.get((number + turn * 7) % CAMPAIGNS) {
                admin.put_member(*campaign, user.id, &Default::default())?;
            }
        }
        agents.push(Agent::sign_in(&stand.office.posta, &login)?);
    }
    until("all mails waiting", LIMIT, || {
        let counts: serde_json::Value = admin.get("interaction-counts").ok()?;
        (counts.pointer("/waiting")?.as_u64()? >= u64::try_from(WAITING).ok()?).then_some(())
    })?;
    for agent in &agents {
        agent.live.only_count();
    }
    let begun = Instant::now();
    held_back(false)?;
    let all = count(WAITING);
    until("all being handed out", LIMIT, || (figure(&stand, "posta_assignments_total")? >= all).then_some(()))?;
    let took = begun.elapsed();
    let given = figure(&stand, "posta_assignments_total").unwrap_or(0.0);
    let slow = slowest(&stand, "posta_routing_batch_seconds", 0.99).unwrap_or(f64::INFINITY) * 1_000.0;
    let usual = slowest(&stand, "posta_routing_batch_seconds", 0.5).unwrap_or(f64::INFINITY) * 1_000.0;
    let waiting: serde_json::Value = admin.get("interaction-counts")?;
    // Each is told at least to whoever got it.
    let told = u64::try_from(WAITING).unwrap_or(u64::MAX);
    until("all being told", LIMIT, || {
        (agents.iter().map(|agent| agent.live.counted()).sum::<u64>() >= told).then_some(())
    })?;
    drop(agents);
    let engine = if options.postgres { "PostgreSQL" } else { "SQLite" };
    Ok(vec![
        Row::figure(&format!("routing: 20 000 waiting, {engine}"), "assignments/s", all / took.as_secs_f64())
            .bars(Bound::AtLeast(2_000.0).widened(factor), Bound::AtLeast(5_000.0).widened(factor))
            .note(format!("{AGENTS} agents, {CAMPAIGNS} campaigns of {members} members each, to whom it is told live")),
        Row::figure(&format!("routing: a batch decided, claimed, committed, p50, {engine}"), "ms", usual),
        Row::figure(&format!("routing: a batch decided, claimed, committed, p99, {engine}"), "ms", slow)
            .bars(Bound::AtMost(5.0).widened(factor), Bound::AtMost(1.0).widened(factor))
            .note("from before the wait for the writer until committed; the upper end of its bucket in the metrics"),
        Row::figure(&format!("routing: handed out more than once, or left, {engine}"), "interactions", {
            let left = waiting.pointer("/waiting").and_then(serde_json::Value::as_f64).unwrap_or(f64::INFINITY);
            (given - all).abs() + left
        })
        .bars(Bound::AtMost(0.0), Bound::AtMost(0.0)),
    ])
}

/// A figure of the program's metrics.
fn figure(stand: &Stand, name: &str) -> Option<f64> {
    let answer = stand.office.admin.send("GET", "/metrics", &Asking::plain()).ok()?;
    let text = String::from_utf8(answer.body).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

/// The upper end of the bucket of a histogram below which `share` of its values lie.
fn slowest(stand: &Stand, name: &str, share: f64) -> Option<f64> {
    let all = figure(stand, &format!("{name}_count"))?;
    let answer = stand.office.admin.send("GET", "/metrics", &Asking::plain()).ok()?;
    let text = String::from_utf8(answer.body).ok()?;
    let bucket = format!("{name}_bucket{{le=\"");
    text.lines().filter_map(|line| line.strip_prefix(&bucket)?.split_once("\"} ")).find_map(|(end, number)| {
        let enough = number.trim().parse::<f64>().ok()? >= share * all;
        if enough { end.parse().ok() } else { None }
    })
}

fn letter(campaign: usize, number: usize, to: &str) -> Vec<u8> {
    format!(
        "From: Cliente <cliente{number}.{campaign}@cliente.test>\r\nTo: {to}\r\nSubject: Consulta {number}\r\n\
         Message-ID: <{number}.{campaign}@cliente.test>\r\nContent-Type: text/plain\r\n\r\nHola, tengo una consulta.\r\n"
    )
    .into_bytes()
}
