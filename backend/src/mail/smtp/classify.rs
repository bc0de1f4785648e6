//! What a refusal means: is it the recipient, the message, or we?

use serde::{Deserialize, Serialize};

use super::reply::{Enhanced, Reply};

/// Where in the exchange a reply came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The banner.
    Greeting,
    /// EHLO.
    Hello,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    MailFrom,
    /// RCPT TO.
    Recipient,
    /// DATA, before the message.
    Data,
    /// After the final dot.
    Message,
}

/// Whose fault a refusal is, and whether it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// This recipient's.
    Recipient {
        /// Another try is of no use.
        permanent: bool,
    },
    /// This message's: no recipient would get it.
    Message {
        /// Another try is of no use.
        permanent: bool,
    },
    /// The account's: its login, its right to send, its quota or pace. Every mail would meet it, so sending must stop
    /// and nobody's mail counts as failed.
    Account {
        /// It takes a person to mend it.
        permanent: bool,
    },
}

/// Judges a negative reply by where it came and what it says.
#[must_use]
pub fn classify(stage: Stage, reply: &Reply) -> Verdict {
    let permanent = reply.is_permanent();
    if stage == Stage::MailFrom && is_size(reply) {
        return Verdict::Message { permanent };
    }
    if is_about_the_account(reply) {
        // A spent quota comes back with time, whatever the code says.
        let passing = !permanent || is_quota_or_rate(reply);
        return Verdict::Account { permanent: !passing };
    }
    match stage {
        Stage::Greeting | Stage::Hello | Stage::Auth | Stage::MailFrom => Verdict::Account { permanent },
        Stage::Recipient => Verdict::Recipient { permanent },
        Stage::Data | Stage::Message => Verdict::Message { permanent },
    }
}

/// Whether a refusal says that the mail, or its sender, is taken for spam.
#[must_use]
pub fn is_spam_refusal(reply: &Reply) -> bool {
    const PHRASES: [&str; 14] = [
        "spam",
        "blacklist",
        "blocklist",
        "block list",
        "black list",
        "dnsbl",
        "spamhaus",
        "reputation",
        "unsolicited",
        "bulk mail",
        "barracuda",
        "sorbs",
        "spamcop",
        "content rejected",
    ];
    let text = reply.text.to_ascii_lowercase();
    reply.is_permanent() && PHRASES.iter().any(|phrase| text.contains(phrase))
}

fn is_size(reply: &Reply) -> bool {
    reply.code == 552 || matches!(reply.enhanced, Some(Enhanced { subject: 3, detail: 4, .. }))
}

fn is_about_the_account(reply: &Reply) -> bool {
    // 421 closes the connection whatever was asked; 530, 534, 535 and 538 speak of the login.
    matches!(reply.code, 421 | 454 | 530 | 534 | 535 | 538) && !is_about_a_mailbox(reply)
        || is_quota_or_rate(reply)
        || matches!(
            reply.enhanced,
            // Sender refused outbound (Exchange Online), not signed in, no right to send as.
            Some(
                Enhanced { subject: 1, detail: 8, .. }
                    | Enhanced { subject: 7, detail: 8 | 9 | 57 | 60 | 139 | 500..=599 | 705 | 708 | 750, .. }
            )
        )
}

fn is_quota_or_rate(reply: &Reply) -> bool {
    const PHRASES: [&str; 14] = [
        "sending quota",
        "sending limit",
        "daily user sending",
        "rate limit",
        "ratelimit",
        "rate-limit",
        "too many messages",
        "message limit",
        "sent too many",
        "hourly limit",
        "daily limit",
        "submission limit",
        "sending rate",
        "throttl",
    ];
    if is_about_a_mailbox(reply) {
        return false;
    }
    let text = reply.text.to_ascii_lowercase();
    matches!(reply.enhanced, Some(Enhanced { subject: 4, detail: 5, .. }))
        || PHRASES.iter().any(|phrase| text.contains(phrase))
}

/// x.1.x and x.2.x speak of the recipient's address and mailbox (its quota included), x.1.8 of the sender's.
fn is_about_a_mailbox(reply: &Reply) -> bool {
    matches!(reply.enhanced, Some(Enhanced { subject: 1 | 2, detail, .. }) if detail != 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_of_the_wild() {
        use Stage::{Auth, Data, Greeting, MailFrom, Message, Recipient};
        let recipient = |permanent| Verdict::Recipient { permanent };
        let message = |permanent| Verdict::Message { permanent };
        let account = |permanent| Verdict::Account { permanent };
        for (stage, code, text, verdict) in [
            (Recipient, 550, "5.1.1 <x@y.zz>: Recipient address rejected: User unknown", recipient(true)),
            (Recipient, 450, "4.2.0 <x@y.zz>: Greylisted, try again", recipient(false)),
            (Recipient, 452, "4.2.2 The email account that you tried to reach is over quota", recipient(false)),
            (Recipient, 552, "5.2.2 Mailbox full, quota exceeded", recipient(true)),
            (
                Recipient,
                450,
                "4.2.1 The user you are trying to contact is receiving mail at a rate limit",
                recipient(false),
            ),
            (Recipient, 452, "4.5.3 Too many recipients", recipient(false)),
            (Recipient, 550, "5.4.5 Daily sending quota exceeded", account(false)),
            (Message, 550, "5.4.5 Daily user sending limit exceeded.", account(false)),
            (Recipient, 421, "4.7.0 Try again later, closing connection", account(false)),
            (Recipient, 530, "5.7.0 Must issue a STARTTLS command first", account(true)),
            (Recipient, 554, "5.7.1 <x@y.zz>: Relay access denied", recipient(true)),
            (MailFrom, 530, "5.7.57 Client not authenticated to send mail", account(true)),
            (MailFrom, 550, "5.7.60 Client does not have permissions to send as this sender", account(true)),
            (MailFrom, 552, "5.3.4 Message size exceeds fixed limit", message(true)),
            (MailFrom, 451, "4.3.0 Temporary lookup failure", account(false)),
            (Message, 554, "5.7.1 Message rejected as spam", message(true)),
            (Message, 451, "4.7.1 Please try again later", message(false)),
            (Message, 552, "5.3.4 Message too big", message(true)),
            (Message, 550, "5.1.8 Access denied, bad outbound sender", account(true)),
            (Data, 554, "no valid recipients", message(true)),
            (Greeting, 554, "No SMTP service here", account(true)),
            (Greeting, 421, "too many connections", account(false)),
            (Auth, 535, "5.7.8 Username and Password not accepted", account(true)),
            (Auth, 454, "4.7.0 Temporary authentication failure", account(false)),
            (Message, 450, "4.7.28 Our system has detected an unusual rate limit", account(false)),
        ] {
            assert_eq!(classify(stage, &Reply::new(code, text)), verdict, "{stage:?} {code} {text}");
        }
        assert!(is_spam_refusal(&Reply::new(554, "5.7.1 Message rejected as SPAM")));
        assert!(is_spam_refusal(&Reply::new(550, "5.7.1 Client host blocked using Spamhaus")));
        assert!(!is_spam_refusal(&Reply::new(550, "5.1.1 unknown")));
        assert!(!is_spam_refusal(&Reply::new(451, "4.7.1 spam suspected, try later")));
    }
}
