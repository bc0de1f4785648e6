//! What came of it, counted on the other side.

use super::traffic::{Books, Fate};
use super::world::{CONNECTIONS, World};
use posta_e2e::posta::insist;
use shared::api::conversations::{ConversationView, Delivery};
use shared::api::interactions::{Direction, InteractionSummary};
use shared::ids::ConversationId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, Instant};

/// How long the program may take to deal with what is left once it is left alone.
const SETTLED: Duration = Duration::from_secs(90);

/// The counts, and whatever broke a promise.
#[derive(Debug, Default)]
pub struct Verdict {
    pub deaths: u32,
    /// Mails in the account's mailbox.
    pub delivered: u64,
    /// Messages that they are, over the API.
    pub stored: u64,
    /// Mails in the mailbox of which there is no message.
    pub lost_in: Vec<String>,
    /// Mails of which there are several messages, or messages of which there is no mail.
    pub doubled_in: Vec<String>,
    /// Sends that got 202.
    pub accepted: u64,
    /// Sends that got no answer.
    pub unknown: u64,
    /// … of which so many had been taken.
    pub unknown_sent: u64,
    /// Sends that were refused, and drafts that were kept.
    pub never: u64,
    /// Sends that got 202 and are in no customer's mailbox.
    pub lost_out: Vec<String>,
    /// Mails in customers' mailboxes that were refused, kept, or taken unseen.
    pub unasked: Vec<String>,
    /// Mails that came again under the same Message-ID.
    pub again: u64,
    /// Mails of the same words under different Message-IDs.
    pub doubled_out: Vec<String>,
    /// Everything else that is not as it must be.
    pub faults: Vec<String>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} deaths; in: {} mails in the mailbox, {} messages, {} lost, {} doubled; out: {} accepted, {} lost, {} of {} \
             unanswered had been taken, {} refused or kept, {} sent unasked, {} came again under the same Message-ID, {} \
             under another; {} other faults",
            self.deaths,
            self.delivered,
            self.stored,
            self.lost_in.len(),
            self.doubled_in.len(),
            self.accepted,
            self.lost_out.len(),
            self.unknown_sent,
            self.unknown,
            self.never,
            self.unasked.len(),
            self.again,
            self.doubled_out.len(),
            self.faults.len()
        )
    }
}

impl Verdict {
    pub fn assert_whole(&self) {
        let broken: Vec<&Vec<String>> =
            [&self.lost_in, &self.doubled_in, &self.lost_out, &self.unasked, &self.doubled_out, &self.faults]
                .into_iter()
                .filter(|list| !list.is_empty())
                .collect();
        assert!(broken.is_empty(), "{self}\n{broken:#?}");
        // R3: at most one a death and open connection.
        let most = u64::from(self.deaths * CONNECTIONS);
        assert!(self.again <= most, "{} mails came again, {most} may: {self}", self.again);
    }
}

/// Waits until the program is done with everything, or the patience with it, and compares.
pub fn count(world: &World, books: &Books, deaths: u32) -> Verdict {
    let mut verdict = Verdict { deaths, ..Verdict::default() };
    let admin = &world.office.admin;
    let mailbox: BTreeMap<String, usize> =
        tally(mails(world, &world.account.address).iter().map(posta_e2e::Mail::subject));
    verdict.delivered = mailbox.values().map(|times| u64::try_from(*times).unwrap()).sum();
    let written = books.written.lock().unwrap();
    assert!(written.iter().all(|subject| mailbox.contains_key(subject)), "the mail server lost a mail");

    let begun = Instant::now();
    let mut rows: Vec<InteractionSummary>;
    let mut seen = (0, 0, usize::MAX);
    let mut moved = Instant::now();
    loop {
        let stored =
            insist(SETTLED, || admin.mailboxes(world.campaign.id)).unwrap().iter().map(|one| one.stored).sum::<i64>();
        let out = arrived(world).len();
        let waiting = insist(SETTLED, || admin.interactions("state=waiting")).unwrap().len();
        if (stored, out, waiting) != seen {
            seen = (stored, out, waiting);
            moved = Instant::now();
        }
        let enough = u64::try_from(stored).unwrap() >= verdict.delivered && waiting == 0 && is_sent(world, books);
        // A mutant never gets there: it is given up when nothing has moved for a while.
        if enough || moved.elapsed() > Duration::from_secs(25) || begun.elapsed() > SETTLED {
            rows = insist(SETTLED, || admin.interactions("")).unwrap();
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    if seen.2 > 0 {
        verdict.faults.push(format!("{} interactions still wait though agents are free", seen.2));
    }
    rows.sort_by_key(|row| row.id);
    let whole = conversations(world, &rows);
    inbound(&mut verdict, &mailbox, &rows, &whole);
    outbound(&mut verdict, world, books, &whole);
    for line in world.office.posta.log().since(0).iter().filter(|line| line.contains("panicked")) {
        verdict.faults.push(line.clone());
    }
    verdict
}

fn mails(world: &World, address: &str) -> Vec<posta_e2e::Mail> {
    world.lab.inbox(address).unwrap()
}

fn tally<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}

/// All that customers got.
fn arrived(world: &World) -> Vec<posta_e2e::Mail> {
    world.customers.iter().flat_map(|customer| mails(world, &customer.address)).collect()
}

/// Whether the program says of every accepted mail that it is sent.
fn is_sent(world: &World, books: &Books) -> bool {
    let ids: Vec<_> = books
        .sends
        .lock()
        .unwrap()
        .values()
        .filter_map(|fate| if let Fate::Accepted(id) = fate { Some(*id) } else { None })
        .collect();
    let queued = world.lab.postfix().unwrap().queued().unwrap();
    queued == 0
        && ids.iter().rev().all(|id| {
            let mail = insist(SETTLED, || world.office.admin.message(*id)).unwrap();
            mail.delivery == Some(Delivery::Sent)
        })
}

/// Every conversation with more than its first mail, whole.
fn conversations(world: &World, rows: &[InteractionSummary]) -> BTreeMap<ConversationId, ConversationView> {
    let ids: BTreeSet<ConversationId> = rows
        .iter()
        .filter(|row| row.message_count > 1 || row.direction == Direction::Out)
        .map(|row| row.conversation_id)
        .collect();
    ids.into_iter().map(|id| (id, insist(SETTLED, || world.office.admin.conversation(id)).unwrap())).collect()
}

fn inbound(
    verdict: &mut Verdict,
    mailbox: &BTreeMap<String, usize>,
    rows: &[InteractionSummary],
    whole: &BTreeMap<ConversationId, ConversationView>,
) {
    let alone = rows.iter().filter(|row| !whole.contains_key(&row.conversation_id)).map(|row| row.subject.clone());
    let within = whole.values().flat_map(|one| {
        one.messages.iter().filter(|mail| mail.direction == Direction::In).map(|mail| mail.subject.clone())
    });
    let stored = tally(alone.chain(within));
    verdict.stored = stored.values().map(|times| u64::try_from(*times).unwrap()).sum();
    for (subject, times) in mailbox {
        let here = stored.get(subject).copied().unwrap_or(0);
        if here < *times {
            verdict.lost_in.push(subject.clone());
        } else if here > *times {
            verdict.doubled_in.push(format!("{subject}: {here} messages of {times} mails"));
        }
    }
    verdict.doubled_in.extend(
        stored
            .keys()
            .filter(|subject| !mailbox.contains_key(*subject))
            .map(|subject| format!("{subject}: no such mail")),
    );
}

fn outbound(verdict: &mut Verdict, world: &World, books: &Books, whole: &BTreeMap<ConversationId, ConversationView>) {
    let shown: BTreeSet<&str> = whole
        .values()
        .flat_map(|one| &one.messages)
        .filter(|mail| mail.direction == Direction::Out && mail.delivery == Some(Delivery::Sent))
        .map(|mail| mail.internet_message_id.as_str())
        .collect();
    // By the words in the mail's own text: a quote may hold those of another.
    let mut got: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for mail in arrived(world) {
        let text = mail.text();
        let own = text.split_whitespace().find(|word| word.starts_with("A-") && word.ends_with("-Z"));
        match (own, mail.message_id()) {
            (Some(words), Some(id)) => *got.entry(words.to_owned()).or_default().entry(id).or_default() += 1,
            _ => verdict.faults.push(format!("a customer got a mail that no agent wrote: {:?}", mail.subject())),
        }
    }
    for (words, fate) in books.sends.lock().unwrap().iter() {
        let here = got.get(words);
        match fate {
            Fate::Accepted(_) => {
                verdict.accepted += 1;
                if here.is_none() {
                    verdict.lost_out.push(words.clone());
                }
            }
            Fate::Unknown => {
                verdict.unknown += 1;
                if let Some(ids) = here {
                    verdict.unknown_sent += 1;
                    verdict.unasked.extend(
                        ids.keys()
                            .filter(|id| !shown.contains(id.as_str()))
                            .map(|id| format!("{words}: {id} shows nowhere")),
                    );
                }
            }
            Fate::Refused | Fate::Kept => {
                verdict.never += 1;
                if here.is_some() {
                    verdict.unasked.push(format!("{words}: {fate:?}"));
                }
            }
        }
    }
    for (words, ids) in &got {
        if ids.len() > 1 {
            verdict.doubled_out.push(format!("{words}: {ids:?}"));
        }
        verdict.again += ids.values().map(|times| u64::try_from(times - 1).unwrap()).sum::<u64>();
    }
}
