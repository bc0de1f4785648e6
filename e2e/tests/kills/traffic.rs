//! Customers who write and agents who answer, through every death of the program.

use posta_e2e::corpus::Rng;
use posta_e2e::posta::{Agent, Client, PostaError, insist, new_key, now};
use posta_e2e::{Account, Lab, Mail, Mailroom};
use shared::api::drafts::{DraftKind, SendDraft};
use shared::error::ErrorCode;
use shared::ids::{CampaignId, InteractionId, MessageId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a patient agent's page keeps trying; longer than any restart.
const PATIENCE: Duration = Duration::from_secs(60);

/// What an agent's send came to, by the words that are in the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// 202, for this message.
    Accepted(MessageId),
    /// A refusal: it must never leave.
    Refused,
    /// He gave up when no answer came: it may have been taken, and then it must show.
    Unknown,
    /// Written as a draft and never sent.
    Kept,
}

/// What people did.
#[derive(Debug, Default)]
pub struct Books {
    /// Agents' mails by their words.
    pub sends: Mutex<BTreeMap<String, Fate>>,
    /// Subjects of customers' mails that the mail server took.
    pub written: Mutex<BTreeSet<String>>,
    /// Requests that found nobody.
    pub unanswered: AtomicU64,
}

pub struct Traffic {
    books: Arc<Books>,
    stop: Arc<AtomicBool>,
    writers: Vec<JoinHandle<()>>,
    desks: Vec<JoinHandle<Agent>>,
}

impl Traffic {
    pub fn start(
        lab: &Lab,
        account: &Account,
        customers: &[Account],
        agents: Vec<Agent>,
        campaign: CampaignId,
    ) -> Self {
        let books = Arc::new(Books::default());
        let stop = Arc::new(AtomicBool::new(false));
        let mut writers = Vec::new();
        for (number, customer) in customers.iter().enumerate() {
            let writer = Writer {
                room: lab.mailroom().clone(),
                account: account.address.clone(),
                customer: customer.address.clone(),
                number,
                books: Arc::clone(&books),
                stop: Arc::clone(&stop),
            };
            writers.push(std::thread::spawn(move || writer.run()));
        }
        let mut desks = Vec::new();
        for (number, agent) in agents.into_iter().enumerate() {
            let desk = Desk {
                agent,
                campaign,
                customers: customers.iter().map(|one| one.address.clone()).collect(),
                number,
                books: Arc::clone(&books),
                stop: Arc::clone(&stop),
            };
            desks.push(std::thread::spawn(move || desk.run()));
        }
        Self { books, stop, writers, desks }
    }

    /// Lets each finish what he is at; the agents stay signed in. The program must be running.
    pub fn stop(self) -> (Arc<Books>, Vec<Agent>) {
        self.stop.store(true, Ordering::Release);
        for writer in self.writers {
            writer.join().unwrap();
        }
        (self.books, self.desks.into_iter().map(|desk| desk.join().unwrap()).collect())
    }
}

struct Writer {
    room: Mailroom,
    account: String,
    customer: String,
    number: usize,
    books: Arc<Books>,
    stop: Arc<AtomicBool>,
}

impl Writer {
    fn run(&self) {
        let mut rng = Rng::new(u64::try_from(self.number).unwrap());
        let mut answered = BTreeSet::new();
        for count in 0.. {
            if self.stop.load(Ordering::Acquire) {
                return;
            }
            let subject = format!("E-{}-{count}", self.number);
            let parent = rng.percent(15).then(|| self.unanswered(&mut answered)).flatten();
            let raw = self.mail(&subject, parent.as_ref(), &mut rng);
            self.room.deliver(&raw, &self.customer, &self.account).unwrap();
            self.books.written.lock().unwrap().insert(subject);
            // The pace of a busy mailbox: eight of these make some 25 mails a second.
            std::thread::sleep(Duration::from_millis(millis(&mut rng, 100, 500)));
        }
    }

    /// A mail of an agent that this customer has not answered yet.
    fn unanswered(&self, answered: &mut BTreeSet<String>) -> Option<Mail> {
        let mails = self.room.inbox(&self.customer).unwrap();
        mails.into_iter().find(|mail| mail.message_id().is_some_and(|id| answered.insert(id)))
    }

    fn mail(&self, subject: &str, parent: Option<&Mail>, rng: &mut Rng) -> Vec<u8> {
        let (customer, account) = (&self.customer, &self.account);
        let thread =
            parent.and_then(Mail::message_id).map(|id| format!("In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n"));
        let padding = "Una línea más de texto.\r\n".repeat(rng.between(0, 200));
        format!(
            "From: {customer}\r\nTo: {account}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@cliente.test>\r\n{}\
             MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
             Hola.\r\n{padding}",
            thread.unwrap_or_default()
        )
        .into_bytes()
    }
}

struct Desk {
    agent: Agent,
    campaign: CampaignId,
    customers: Vec<String>,
    number: usize,
    books: Arc<Books>,
    stop: Arc<AtomicBool>,
}

impl Desk {
    fn run(self) -> Agent {
        let mut rng = Rng::new(100 + u64::try_from(self.number).unwrap());
        let mut answered: BTreeSet<InteractionId> = BTreeSet::new();
        for count in 0.. {
            if self.stop.load(Ordering::Acquire) {
                break;
            }
            let words = format!("A-{}-{count}-Z", self.number);
            // He looks at what his browser shows, whether the server lives or not.
            let row = self.agent.live.look(|state| {
                state.active.values().find(|row| row.awaits_answer && !answered.contains(&row.id)).cloned()
            });
            let fate = match row {
                Some(row) if !rng.percent(20) => {
                    answered.insert(row.id);
                    self.answer(row.conversation_id, &words, &mut rng)
                }
                _ => self.start(&words, &mut rng),
            };
            self.books.sends.lock().unwrap().insert(words, fate);
            std::thread::sleep(Duration::from_millis(millis(&mut rng, 10, 120)));
        }
        self.agent
    }

    fn patiently<T>(&self, mut ask: impl FnMut(&Client) -> Result<T, PostaError>) -> Result<T, PostaError> {
        insist(PATIENCE, || {
            let done = ask(&self.agent);
            if matches!(done, Err(PostaError::Unreachable { .. })) {
                self.books.unanswered.fetch_add(1, Ordering::Relaxed);
            }
            done
        })
    }

    fn answer(&self, conversation: shared::ids::ConversationId, words: &str, rng: &mut Rng) -> Fate {
        let conversation = self.patiently(|client| client.conversation(conversation)).unwrap();
        let mail = conversation.messages.last().unwrap().id;
        let draft = match self.patiently(|client| client.begin_answer(DraftKind::Reply, mail)) {
            Ok(draft) => draft.id,
            Err(PostaError::Refused { .. }) => return Fate::Refused,
            Err(other) => panic!("{other}"),
        };
        self.patiently(|client| client.write_draft(draft, &format!("<p>Respuesta {words}</p>"))).unwrap();
        self.send(draft, rng)
    }

    fn start(&self, words: &str, rng: &mut Rng) -> Fate {
        let draft = self.patiently(|client| client.begin_mail(self.campaign)).unwrap().id;
        let change = shared::api::drafts::UpdateDraft {
            to: Some(vec![shared::api::conversations::MailAddress {
                name: None,
                email: self.customers.get(rng.between(0, self.customers.len() - 1)).unwrap().clone(),
            }]),
            subject: Some(format!("S {words}")),
            html: Some(format!("<p>Aviso {words}</p>")),
            ..Default::default()
        };
        self.patiently(|client| client.update_draft(draft, &change)).unwrap();
        if rng.percent(10) {
            return Fate::Kept;
        }
        if rng.percent(10) {
            // Without recipients it is refused, and must not leave for that either.
            let change = shared::api::drafts::UpdateDraft { to: Some(Vec::new()), ..Default::default() };
            self.patiently(|client| client.update_draft(draft, &change)).unwrap();
            let refused = self.patiently(|client| client.send_draft(draft, &new_key(), &now()));
            assert_eq!(refused.unwrap_err().code(), Some(ErrorCode::Invalid));
            return Fate::Refused;
        }
        self.send(draft, rng)
    }

    fn send(&self, draft: shared::ids::DraftId, rng: &mut Rng) -> Fate {
        let key = new_key();
        let undo = if rng.percent(20) { 1 } else { 0 };
        let wanted = SendDraft { undo_seconds: Some(undo), confirm_outdated: rng.percent(90), ..SendDraft::default() };
        let sent = if rng.percent(15) {
            // An impatient one, who closes his browser when no answer comes.
            self.agent.send_draft(draft, &key, &wanted)
        } else {
            self.patiently(|client| client.send_draft(draft, &key, &wanted))
        };
        match sent {
            Ok(sent) => Fate::Accepted(sent.message_id),
            Err(PostaError::Refused { .. }) => Fate::Refused,
            Err(PostaError::Unreachable { .. }) => Fate::Unknown,
            Err(other) => panic!("{other}"),
        }
    }
}

fn millis(rng: &mut Rng, low: usize, high: usize) -> u64 {
    u64::try_from(rng.between(low, high)).unwrap()
}
