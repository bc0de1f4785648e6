//! Customers who keep writing to the given addresses and answer the answers they get: life for the demo.

mod answer;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::corpus::words::{person, plain};
use crate::corpus::{Corpus, Person, Rng};
use crate::error::{Doing, LabError};
use crate::lab::{Lab, PASSWORD};
use crate::mail::Mail;
use crate::mailroom::Mailroom;

/// How lively the customers are.
#[derive(Debug, Clone)]
pub struct TrafficOptions {
    /// The addresses they write to.
    pub to: Vec<String>,
    /// How many customers there are.
    pub customers: usize,
    /// The time from one new mail to the next, over all customers.
    pub pace: Duration,
    /// How many of a hundred answers they answer in turn.
    pub answers_percent: u8,
    /// How long they think about an answer: at least and at most.
    pub thinking: (Duration, Duration),
    /// The most answers one customer writes to one address before he lets it rest.
    pub patience: u32,
    /// No mail is larger than about so many bytes.
    pub largest: usize,
    /// The same seed gives the same customers and texts.
    pub seed: u64,
}

impl TrafficOptions {
    /// Twelve customers, a new mail every 20 s, nearly every answer answered after 5 to 25 s.
    pub fn to(addresses: &[&str]) -> Self {
        Self {
            to: addresses.iter().map(|&address| address.to_owned()).collect(),
            customers: 12,
            pace: Duration::from_secs(20),
            answers_percent: 80,
            thinking: (Duration::from_secs(5), Duration::from_secs(25)),
            patience: 4,
            largest: 400_000,
            seed: 1,
        }
    }
}

/// What happened so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrafficCounts {
    /// New mails written.
    pub written: u64,
    /// Mails that came in for the customers, bounces and automatic answers included.
    pub received: u64,
    /// Answers written.
    pub answered: u64,
    /// Mails that the mail server refused or that it was not there for; they are lost.
    pub failed: u64,
    /// The last failure.
    pub last_failure: Option<String>,
}

#[derive(Debug, Default)]
struct Shared {
    ended: Mutex<bool>,
    wake: Condvar,
    written: AtomicU64,
    received: AtomicU64,
    answered: AtomicU64,
    failed: AtomicU64,
    last_failure: Mutex<Option<String>>,
}

/// Customers at work. Dropping it stops them.
#[derive(Debug)]
pub struct Traffic {
    people: Vec<Person>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Traffic {
    /// Gives the customers their mailboxes and lets them begin at once.
    ///
    /// # Errors
    /// When no address is given or a mailbox cannot be made.
    pub fn start(lab: &Lab, options: TrafficOptions) -> Result<Self, LabError> {
        if options.to.is_empty() || options.customers == 0 {
            return Err(LabError::Usage("customers need somebody to write to, and there must be one".into()));
        }
        let mut rng = Rng::new(options.seed);
        let people = people(&mut rng, options.customers);
        let addresses = people.iter().map(|person| person.address.as_str()).collect::<Vec<_>>();
        lab.add_mailboxes(&addresses, PASSWORD)?;
        let shared = Arc::new(Shared::default());
        let worker = Worker {
            corpus: Corpus::new(options.seed).malformed(0).people(people.clone()),
            mailroom: lab.mailroom().clone(),
            people: people.clone(),
            shared: Arc::clone(&shared),
            seen: HashSet::new(),
            counts: HashMap::new(),
            answers: HashMap::new(),
            due: VecDeque::new(),
            options,
            rng,
        };
        let thread = std::thread::Builder::new().name("customers".into()).spawn(move || worker.run());
        Ok(Self { people, shared, thread: Some(thread.doing("starting the customers")?) })
    }

    /// The customers.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// What happened so far.
    pub fn counts(&self) -> TrafficCounts {
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        TrafficCounts {
            written: number(&self.shared.written),
            received: number(&self.shared.received),
            answered: number(&self.shared.answered),
            failed: number(&self.shared.failed),
            last_failure: self.shared.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Stops the customers and tells what they did.
    pub fn stop(mut self) -> TrafficCounts {
        self.end();
        self.counts()
    }

    fn end(&mut self) {
        *self.shared.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic of the customers has been printed by their thread; there is nobody else to tell.
            let _ = thread.join();
        }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.end();
    }
}

/// Distinct people at the lab's domain for customers.
fn people(rng: &mut Rng, count: usize) -> Vec<Person> {
    let mut taken = HashSet::new();
    let mut people = Vec::with_capacity(count);
    while people.len() < count {
        let mut person = person(rng);
        let local = plain(&person.name.replace(' ', "."));
        let mut address = format!("{local}@cliente.test");
        if !taken.insert(address.clone()) {
            address = format!("{local}{}@cliente.test", people.len());
            taken.insert(address.clone());
        }
        person.address = address;
        people.push(person);
    }
    people
}

struct Worker {
    options: TrafficOptions,
    rng: Rng,
    corpus: Corpus,
    mailroom: Mailroom,
    people: Vec<Person>,
    shared: Arc<Shared>,
    /// Files that were looked at, by name.
    seen: HashSet<String>,
    /// How many mails each customer's mailbox held at the last look.
    counts: HashMap<String, usize>,
    /// Answers written, by customer and address answered.
    answers: HashMap<(String, String), u32>,
    /// Answers being thought about: when, who, what.
    due: VecDeque<(Instant, Person, Mail)>,
}

impl Worker {
    fn run(mut self) {
        let mut next = Instant::now();
        loop {
            let now = Instant::now();
            if now >= next {
                self.write_new();
                next = now + self.options.pace;
            }
            self.look_for_answers();
            self.write_answers();
            let until = next.min(Instant::now() + Duration::from_millis(100));
            if self.pause(until.saturating_duration_since(Instant::now())) {
                return;
            }
        }
    }

    /// Waits; `true` when the end has come.
    fn pause(&self, length: Duration) -> bool {
        let ended = self.shared.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.shared.wake.wait_timeout_while(ended, length, |ended| !*ended);
        *wait.unwrap_or_else(PoisonError::into_inner).0
    }

    fn write_new(&mut self) {
        let at = self.rng.between(0, self.options.to.len().saturating_sub(1));
        let Some(to) = self.options.to.get(at).cloned() else { return };
        self.corpus.write_to(&to);
        let mut mail = self.corpus.next_at(now_ms());
        while mail.raw.len() > self.options.largest {
            mail = self.corpus.next_at(now_ms());
        }
        self.send(&mail.raw, &mail.from.address, &to, &self.shared.written);
    }

    fn send(&self, raw: &[u8], from: &str, to: &str, counter: &AtomicU64) -> bool {
        match self.mailroom.deliver(raw, from, to) {
            Ok(_) => {
                counter.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(error) => {
                self.fail(&error);
                false
            }
        }
    }

    fn fail(&self, error: &LabError) {
        self.shared.failed.fetch_add(1, Ordering::Relaxed);
        *self.shared.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
    }

    fn look_for_answers(&mut self) {
        for person in self.people.clone() {
            let count = match self.mailroom.count(&person.address, "INBOX") {
                Ok(count) => count,
                Err(error) => {
                    self.fail(&error);
                    continue;
                }
            };
            if self.counts.insert(person.address.clone(), count) == Some(count) || count == 0 {
                continue;
            }
            match self.mailroom.inbox(&person.address) {
                Ok(mails) => mails.into_iter().for_each(|mail| self.consider(&person, mail)),
                Err(error) => self.fail(&error),
            }
        }
    }

    /// Decides whether a mail is answered. Machines are not (RFC 3834), nor is everything.
    fn consider(&mut self, person: &Person, mail: Mail) {
        // Without the flags, which change when somebody reads the mailbox.
        let name = mail.path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.split(':').next().unwrap_or_default().to_owned();
        if !self.seen.insert(name) {
            return;
        }
        self.shared.received.fetch_add(1, Ordering::Relaxed);
        let automatic = mail.header("Auto-Submitted").is_some_and(|value| value.trim() != "no")
            || mail.return_path().is_none_or(|path| path.is_empty())
            || mail.header("List-Unsubscribe").is_some();
        if automatic || !self.rng.percent(self.options.answers_percent) {
            return;
        }
        let given = self.answers.entry((person.address.clone(), mail.from())).or_default();
        if *given >= self.options.patience {
            return;
        }
        *given += 1;
        let (least, most) = self.options.thinking;
        let milliseconds = |length: Duration| usize::try_from(length.as_millis()).unwrap_or(usize::MAX);
        let thinking = self.rng.between(milliseconds(least), milliseconds(most));
        let when = Instant::now() + Duration::from_millis(u64::try_from(thinking).unwrap_or(0));
        self.due.push_back((when, person.clone(), mail));
    }

    fn write_answers(&mut self) {
        let now = Instant::now();
        let (ready, later): (VecDeque<_>, VecDeque<_>) = self.due.drain(..).partition(|(when, ..)| *when <= now);
        self.due = later;
        for (_, person, mail) in ready {
            let answer = answer::to(&mut self.rng, &person, &mail, now_ms());
            self.send(&answer.raw, &person.address, &answer.to, &self.shared.answered);
        }
    }
}

fn now_ms() -> i64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(passed.as_millis()).unwrap_or(0)
}
