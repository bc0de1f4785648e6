//! An authenticated list of 50 under load, against a static handler on the same framework.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::report::{Bound, Row};
use super::stand::{LIMIT, Stand};
use super::stats::{median, quantile};
use super::{Options, http};
use crate::corpus::Corpus;
use crate::error::{Doing, LabError};
use crate::posta::{Asking, PostaError, until};

const CONNECTIONS: usize = 16;
const LENGTH: Duration = Duration::from_secs(3);
/// Interactions from which the list is taken.
const MAILS: usize = 300;

pub fn measure(options: &Options, factor: f64) -> Result<Vec<Row>, PostaError> {
    let stand = Stand::new(options)?;
    let (campaign, account) = stand.campaign("Lista")?;
    let mails: Vec<Vec<u8>> = Corpus::new(5).to(&account.address).take(MAILS).map(|mail| mail.raw).collect();
    stand.lab.drop_into_maildir(&account.address, "INBOX", mails.iter())?;
    let admin = &stand.office.admin;
    until("the mails", LIMIT, || {
        let ledger = admin.mailboxes(campaign.id).ok()?.pop()?;
        (usize::try_from(ledger.stored + ledger.quarantined).ok()? >= MAILS).then_some(())
    })?;
    let path = "/api/v1/interactions?limit=50";
    let answer = admin.send("GET", path, &Asking::plain())?;
    let anchor = Static::start(&stand, &answer.body)?;
    let token = admin.bearer().unwrap_or_default();
    let (mut ours, mut theirs, mut ratios, mut slow, mut anchor_slow) = (vec![], vec![], vec![], vec![], vec![]);
    for round in 0..options.rounds {
        let own = || http::get(admin.address().get(), path, Some(&token), CONNECTIONS, LENGTH);
        let other = || http::get(anchor.address, "/", None, CONNECTIONS, LENGTH);
        let (own, other) = if round % 2 == 0 {
            let other = other()?;
            (own()?, other)
        } else {
            let own = own()?;
            (own, other()?)
        };
        ours.push(own.rate);
        theirs.push(other.rate);
        ratios.push(own.rate / other.rate);
        slow.push(quantile(&own.times, 0.99));
        anchor_slow.push(quantile(&other.times, 0.99));
    }
    Ok(vec![
        Row::figure("API: list of 50, 16 connections", "answers/s", median(&ours))
            .judged("static JSON", median(&theirs), median(&ratios))
            .bars(Bound::AtLeast(0.25), Bound::AtLeast(0.4))
            .note(format!("{} octets an answer", answer.body.len())),
        Row::figure("API: list of 50, 16 connections, p99", "ms", median(&slow))
            .judged("static JSON", median(&anchor_slow), median(&slow))
            .bars(Bound::AtMost(50.0).widened(factor), Bound::AtMost(50.0).widened(factor)),
    ])
}

/// The static handler, in a process of its own as we are. Dropping it ends it.
struct Static {
    child: Child,
    address: SocketAddr,
}

impl Static {
    fn start(stand: &Stand, body: &[u8]) -> Result<Self, LabError> {
        let file = stand.lab.place().root().join("static.json");
        std::fs::write(&file, body).doing("writing the static answer")?;
        let own = std::env::current_exe().doing("finding this program")?;
        let mut child = Command::new(own)
            .arg("static-json")
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .doing("starting the static handler")?;
        let mut line = String::new();
        if let Some(pipe) = child.stdout.as_mut() {
            BufReader::new(pipe).read_line(&mut line).doing("reading the static handler's address")?;
        }
        let address = line.trim().parse().doing("reading the static handler's address")?;
        Ok(Self { child, address })
    }
}

impl Drop for Static {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
