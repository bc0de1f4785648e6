//! From the mailbox into assigned interactions, against `mbsync` on the same mailbox.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use shared::ids::CampaignId;

use super::report::{Bound, Row};
use super::stand::{LIMIT, Stand};
use super::stats::{count, median};
use super::{Options, process};
use crate::accounts::Account;
use crate::corpus::Corpus;
use crate::error::{Doing, LabError};
use crate::posta::{Agent, PostaError, until};

/// Agents who may hold a thousand each.
const AGENTS: usize = 4;

pub fn measure(options: &Options, factor: f64) -> Result<Vec<Row>, PostaError> {
    let stand = Stand::new(options)?;
    let agents = (0..AGENTS)
        .map(|number| stand.office.hire(&format!("agente{number}"), &[]))
        .collect::<Result<Vec<Agent>, _>>()?;
    let (mut ours, mut theirs, mut ratios, mut cpu, mut peaks) = (vec![], vec![], vec![], vec![], vec![]);
    let mut octets = 0;
    for round in 0..options.rounds {
        let prepared = prepare(&stand, options, &agents, round)?;
        octets = prepared.octets;
        let (own, anchor) = if round % 2 == 0 {
            let anchor = mbsync(&stand, &prepared.account, round)?;
            (ingest(&stand, &prepared, options.mails)?, anchor)
        } else {
            let own = ingest(&stand, &prepared, options.mails)?;
            (own, mbsync(&stand, &prepared.account, round)?)
        };
        ours.push(own.rate);
        theirs.push(anchor);
        ratios.push(own.rate / anchor);
        cpu.push(own.cpu_ms);
        peaks.push(own.peak);
        // What one round leaves must not weigh on the next one's mailbox reader.
        stand.office.admin.disable_campaign(prepared.campaign)?;
    }
    let mean = count(octets) / count(options.mails) / 1_024.0;
    let note = format!("{} mails a round, {mean:.0} KB on the mean, 2 % of them malformed", options.mails);
    Ok(vec![
        Row::figure("inbound: mailbox → assigned interactions", "mails/s", median(&ours))
            .judged("mbsync", median(&theirs), median(&ratios))
            .bars(Bound::AtLeast(0.6), Bound::AtLeast(1.0))
            .note(note),
        Row::figure("inbound: processor", "ms/mail", median(&cpu))
            .bars(Bound::AtMost(1.2).widened(factor), Bound::AtMost(0.7).widened(factor)),
        Row::figure("inbound: peak memory", "MB", median(&peaks)).bars(Bound::AtMost(150.0), Bound::AtMost(100.0)),
    ])
}

struct Prepared {
    campaign: CampaignId,
    account: Account,
    octets: usize,
}

/// A campaign that has seen its empty mailbox once and is switched off, and the mails in that mailbox.
fn prepare(stand: &Stand, options: &Options, agents: &[Agent], round: usize) -> Result<Prepared, PostaError> {
    let (campaign, account) = stand.campaign(&format!("Entrada {round}"))?;
    for agent in agents {
        stand.office.admin.put_member(campaign.id, agent.id, &Default::default())?;
    }
    stand.office.admin.disable_campaign(campaign.id)?;
    let seed = 1_000 + u64::try_from(round).unwrap_or(0);
    let mails: Vec<Vec<u8>> = Corpus::new(seed).to(&account.address).take(options.mails).map(|mail| mail.raw).collect();
    stand.lab.drop_into_maildir(&account.address, "INBOX", mails.iter())?;
    // The server makes its index before the clock runs, as it would have on delivery.
    stand.lab.dovecot()?.status(&account.address, "INBOX")?;
    Ok(Prepared { campaign: campaign.id, account, octets: mails.iter().map(Vec::len).sum() })
}

struct Ingested {
    rate: f64,
    cpu_ms: f64,
    peak: f64,
}

fn ingest(stand: &Stand, prepared: &Prepared, mails: usize) -> Result<Ingested, PostaError> {
    let (pid, admin) = (stand.pid(), &stand.office.admin);
    let before = process::cpu(pid);
    process::forget_peak(pid);
    let begun = Instant::now();
    admin.enable_campaign(prepared.campaign)?;
    let waiting = format!("interactions?state=waiting&limit=1&campaign_id={}", prepared.campaign);
    until("all mails being handed out", LIMIT, || {
        let ledger = admin.mailboxes(prepared.campaign).ok()?.pop()?;
        let done = usize::try_from(ledger.stored + ledger.quarantined).ok()? >= mails;
        let left = done.then(|| admin.json(&waiting).ok())??;
        left.pointer("/items")?.as_array()?.is_empty().then_some(())
    })?;
    let took = begun.elapsed();
    let cpu = process::cpu(pid).saturating_sub(before);
    Ok(Ingested {
        rate: count(mails) / took.as_secs_f64(),
        cpu_ms: cpu.as_secs_f64() * 1_000.0 / count(mails),
        peak: process::peak(pid),
    })
}

/// Mails a second that isync fetches from the same mailbox into a Maildir, with fsync and STARTTLS as we do.
fn mbsync(stand: &Stand, account: &Account, round: usize) -> Result<f64, PostaError> {
    let place = stand.lab.place().root().join(format!("mbsync-{round}"));
    std::fs::create_dir_all(place.join("mail")).doing("making a directory for mbsync")?;
    let config = place.join("mbsyncrc");
    let text = format!(
        "FSync yes\n\nIMAPAccount lab\nHost localhost\nPort {}\nUser {}\nPass {}\nSSLType STARTTLS\nCertificateFile {}\n\n\
         IMAPStore far\nAccount lab\n\nMaildirStore near\nPath {root}/mail/\nInbox {root}/mail/INBOX\n\n\
         Channel all\nFar :far:\nNear :near:\nPatterns INBOX\nSync Pull\nCreate Near\nSyncState *\n",
        stand.lab.imap_address()?.port(),
        account.login,
        account.password,
        stand.lab.authority_file().display(),
        root = place.display(),
    );
    std::fs::write(&config, text).doing("writing mbsync's configuration")?;
    let begun = Instant::now();
    let done = Command::new("mbsync")
        .arg("-c")
        .arg(&config)
        .arg("all")
        .stdin(Stdio::null())
        .output()
        .map_err(|_| LabError::MissingProgram { program: "mbsync".into(), package: "isync".into() })?;
    let took = begun.elapsed();
    let got = files(&place.join("mail/INBOX/cur")) + files(&place.join("mail/INBOX/new"));
    if !done.status.success() || got == 0 {
        let words = String::from_utf8_lossy(&done.stderr);
        return Err(LabError::Usage(format!("mbsync fetched {got} mails and said: {words}")).into());
    }
    // The copies are as large as the mailbox.
    let _ = std::fs::remove_dir_all(&place);
    Ok(count(got) / took.as_secs_f64())
}

fn files(directory: &Path) -> usize {
    std::fs::read_dir(directory).map_or(0, Iterator::count)
}
