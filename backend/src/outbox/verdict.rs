//! What a try means for its mail: sent, again later, or refused (R9). Pure.

use super::queries::{Claimed, Outcome};
use crate::{
    kernel::workers::backoff::jittered,
    mail::smtp::{Accepted, Refusal, Reply, SendError, SmtpConnectError, Stage},
};
use shared::{
    api::conversations::{Delivery, RecipientFailure},
    time::Timestamp,
};
use std::time::Duration;

/// First wait after a try that came to nothing.
const FIRST: Duration = Duration::from_secs(5);
/// Longest wait.
const CAP: Duration = Duration::from_secs(15 * 60);

/// So many panics over one mail are borne.
const PANICS: u32 = 3;
/// What is said of them.
const PANICKED: &str = "Posta failed while it sent this mail";

/// What became of a try.
#[derive(Debug)]
pub enum Tried {
    /// The server took it.
    Sent(Accepted),
    /// It did not, or nobody knows.
    NotSent(SendError),
    /// No session came about.
    NoSession(SmtpConnectError),
    /// The source is not in the store: no other try will find it.
    SourceGone,
    /// The source could not be read now.
    Unreadable(String),
    /// Sending panicked, so many times by now.
    Panicked {
        /// Times since this process began.
        times: u32,
    },
    /// The process stops: as if not tried.
    Put(String),
}

/// A verdict, and whether the account must stop: the server refused the login for good.
#[derive(Debug)]
pub struct Verdict {
    /// What is recorded.
    pub outcome: Outcome,
    /// The server's words by which the account stops.
    pub stop_account: Option<String>,
}

/// Judges a try.
#[must_use]
pub fn judge(mail: &Claimed, tried: Tried, now: Timestamp) -> Verdict {
    match tried {
        Tried::Sent(accepted) => done(mail, accepted.refused, None, now),
        Tried::NotSent(SendError::RecipientsRefused(refused)) => {
            let words = refused.first().map(|refusal| refusal.reply.to_string());
            let mut verdict = done(mail, refused, words, now);
            // Nobody got it: it failed as a whole unless some recipient may be tried again.
            if verdict.outcome.state == Delivery::Sent {
                verdict.outcome.state = Delivery::Failed;
            }
            verdict
        }
        Tried::NotSent(SendError::MessageRefused { reply, permanent: true }) => refused(mail, &reply.to_string()),
        Tried::NotSent(SendError::Unsendable(words)) => refused(mail, &words),
        Tried::NotSent(SendError::Account { reply, permanent: true, .. }) => stopped(mail, &reply, now),
        Tried::NoSession(SmtpConnectError::Refused { stage: Stage::Auth, reply }) if reply.is_permanent() => {
            stopped(mail, &reply, now)
        }
        Tried::NotSent(error) => later(mail, &error.to_string(), now, false),
        Tried::NoSession(error) => later(mail, &error.to_string(), now, false),
        Tried::SourceGone => refused(mail, "the mail's source is missing in Posta's store"),
        Tried::Unreadable(words) => later(mail, &words, now, false),
        Tried::Panicked { times } if times >= PANICS => refused(mail, PANICKED),
        Tried::Panicked { .. } => later(mail, PANICKED, now, false),
        Tried::Put(words) => later(mail, &words, now, true),
    }
}

fn outcome(mail: &Claimed, state: Delivery) -> Outcome {
    Outcome {
        id: mail.id,
        message: mail.message,
        state,
        pending: Vec::new(),
        failed: mail.failed.clone(),
        due_at: None,
        last_reply: None,
        uncount: false,
    }
}

/// The server took it for everyone but `refused`.
fn done(mail: &Claimed, refused: Vec<Refusal>, words: Option<String>, now: Timestamp) -> Verdict {
    let mut result = outcome(mail, Delivery::Sent);
    for refusal in refused {
        let expired = now >= mail.give_up_at;
        if refusal.permanent || expired {
            result.failed.push(RecipientFailure { email: refusal.recipient, reply: refusal.reply.to_string() });
        } else {
            result.pending.push(refusal.recipient);
        }
        result.last_reply.get_or_insert(refusal.reply.to_string());
    }
    if let Some(words) = words {
        result.last_reply.get_or_insert(words);
    }
    if !result.pending.is_empty() {
        result.state = Delivery::Queued;
        result.due_at = Some(now.plus(wait(mail)));
    }
    Verdict { outcome: result, stop_account: None }
}

fn refused(mail: &Claimed, words: &str) -> Verdict {
    let mut result = outcome(mail, Delivery::Failed);
    let failures = mail.pending.iter().map(|email| RecipientFailure { email: email.clone(), reply: words.to_owned() });
    result.failed.extend(failures);
    result.last_reply = Some(words.to_owned());
    Verdict { outcome: result, stop_account: None }
}

fn later(mail: &Claimed, words: &str, now: Timestamp, uncount: bool) -> Verdict {
    if now >= mail.give_up_at && !uncount {
        return refused(mail, &format!("given up: {words}"));
    }
    let mut result = outcome(mail, Delivery::Queued);
    result.pending.clone_from(&mail.pending);
    result.due_at = Some(now.plus(wait(mail)));
    result.last_reply = Some(words.to_owned());
    result.uncount = uncount;
    Verdict { outcome: result, stop_account: None }
}

/// The login was refused: the mail waits, whole, until a person has mended the account.
fn stopped(mail: &Claimed, reply: &Reply, now: Timestamp) -> Verdict {
    let mut result = outcome(mail, Delivery::Queued);
    result.pending.clone_from(&mail.pending);
    result.due_at = Some(now);
    result.last_reply = Some(reply.to_string());
    result.uncount = true;
    Verdict { outcome: result, stop_account: Some(reply.to_string()) }
}

fn wait(mail: &Claimed) -> Duration {
    jittered(FIRST, CAP, u32::try_from(mail.attempt).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::ids::{MessageId, OutboxId};

    fn mail() -> Claimed {
        Claimed {
            id: OutboxId(1),
            message: MessageId(2),
            source_hash: String::new(),
            envelope_from: "a@x.test".into(),
            pending: vec!["b@x.test".into(), "c@x.test".into()],
            failed: Vec::new(),
            attempt: 1,
            give_up_at: Timestamp::from_millis(1_000_000),
        }
    }

    fn refusal(who: &str, code: u16) -> Refusal {
        Refusal { recipient: who.into(), reply: Reply::new(code, "no"), permanent: code >= 500 }
    }

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const LATE: Timestamp = Timestamp::from_millis(2_000_000);

    #[test]
    fn each_answer_has_its_consequence() {
        let ok = |refused| Tried::Sent(Accepted { reply: Reply::new(250, "ok"), refused });
        let message = |code: u16| {
            Tried::NotSent(SendError::MessageRefused { reply: Reply::new(code, "no"), permanent: code >= 500 })
        };
        let cases: Vec<(Tried, Timestamp, Delivery, usize, usize)> = vec![
            (ok(vec![]), NOW, Delivery::Sent, 0, 0),
            (ok(vec![refusal("b@x.test", 550)]), NOW, Delivery::Sent, 0, 1),
            (ok(vec![refusal("b@x.test", 450)]), NOW, Delivery::Queued, 1, 0),
            (ok(vec![refusal("b@x.test", 450)]), LATE, Delivery::Sent, 0, 1),
            (Tried::NotSent(SendError::RecipientsRefused(vec![refusal("b@x.test", 550)])), NOW, Delivery::Failed, 0, 1),
            (message(550), NOW, Delivery::Failed, 0, 2),
            (message(451), NOW, Delivery::Queued, 2, 0),
            (message(451), LATE, Delivery::Failed, 0, 2),
            (Tried::NotSent(SendError::InDoubt), NOW, Delivery::Queued, 2, 0),
            (Tried::NotSent(SendError::Lost), NOW, Delivery::Queued, 2, 0),
            (Tried::NoSession(SmtpConnectError::TimedOut), NOW, Delivery::Queued, 2, 0),
            (Tried::Put("stopping".into()), LATE, Delivery::Queued, 2, 0),
            (Tried::SourceGone, NOW, Delivery::Failed, 0, 2),
            (Tried::Unreadable("disk".into()), NOW, Delivery::Queued, 2, 0),
            (Tried::Unreadable("disk".into()), LATE, Delivery::Failed, 0, 2),
            (Tried::Panicked { times: 2 }, NOW, Delivery::Queued, 2, 0),
            (Tried::Panicked { times: 3 }, NOW, Delivery::Failed, 0, 2),
        ];
        for (tried, now, state, pending, failed) in cases {
            let name = format!("{tried:?} at {now}");
            let verdict = judge(&mail(), tried, now);
            assert_eq!(verdict.outcome.state, state, "{name}");
            assert_eq!(verdict.outcome.pending.len(), pending, "{name}");
            assert_eq!(verdict.outcome.failed.len(), failed, "{name}");
            assert_eq!(verdict.outcome.due_at.is_some(), state == Delivery::Queued, "{name}");
            assert!(verdict.stop_account.is_none(), "{name}");
        }
    }

    #[test]
    fn a_refused_login_stops_the_account_and_costs_the_mail_nothing() {
        let refused = SmtpConnectError::Refused { stage: Stage::Auth, reply: Reply::new(535, "5.7.8 bad password") };
        let verdict = judge(&mail(), Tried::NoSession(refused), LATE);
        assert_eq!(verdict.outcome.state, Delivery::Queued);
        assert!(verdict.outcome.uncount);
        assert!(verdict.stop_account.is_some_and(|words| words.contains("bad password")));
    }
}
