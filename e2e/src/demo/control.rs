//! What a stage does on request: one JSON object a line in, one a line out. For tests in a browser, which can neither
//! write mail nor end servers.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::stage::Stage;
use crate::error::{Doing, LabError};
use crate::lab::PASSWORD;
use crate::mail::{Mail, MailPart};

/// How long the product may take to stop in good order; a little more than it grants itself.
const STOPPING: Duration = Duration::from_secs(12);

/// A line that came in.
#[derive(Debug, Deserialize)]
struct Request {
    /// Comes back with the answer.
    id: u64,
    #[serde(flatten)]
    order: Order,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Order {
    /// Makes a mailbox.
    Mailbox { name: String, domain: Option<String> },
    /// Hands a mail, in Base64, to the mail server.
    Deliver { from: String, to: String, raw: String },
    /// Reads someone's inbox.
    Mails { address: String },
    /// Ends or starts the product.
    Posta { verb: Verb },
    /// Ends or starts the outgoing mail server.
    Postfix { verb: Verb },
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verb {
    /// In good order.
    Stop,
    /// As a power cut would.
    Kill,
    /// Again, on the same data and at the same address.
    Start,
}

/// A mail of a mailbox. The parts' contents are told by their digest.
#[derive(Debug, Serialize)]
struct StoredMail {
    subject: String,
    from: String,
    from_name: String,
    to: Vec<String>,
    message_id: Option<String>,
    in_reply_to: Vec<String>,
    references: Vec<String>,
    text: String,
    html: Option<String>,
    parts: Vec<StoredPart>,
    headers: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct StoredPart {
    name: String,
    content_type: String,
    content_id: Option<String>,
    /// In Base64.
    content: String,
}

/// Does what comes in, until there is no more.
///
/// # Errors
/// Reading or writing fails. What an order fails at is answered and no error here.
pub fn obey(stage: &mut Stage, orders: impl BufRead, mut answers: impl Write) -> Result<(), LabError> {
    for line in orders.lines() {
        let line = line.doing("reading an order")?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = match serde_json::from_str::<Request>(&line) {
            Ok(Request { id, order }) => match carry_out(stage, order) {
                Ok(done) => json!({ "id": id, "done": done }),
                Err(error) => json!({ "id": id, "failed": error.to_string() }),
            },
            Err(error) => json!({ "id": Value::Null, "failed": format!("this is no order: {error}") }),
        };
        writeln!(answers, "{answer}").and_then(|()| answers.flush()).doing("answering an order")?;
    }
    Ok(())
}

fn carry_out(stage: &mut Stage, order: Order) -> Result<Value, LabError> {
    match order {
        Order::Mailbox { name, domain } => {
            let address = format!("{name}@{}", domain.as_deref().unwrap_or("lab.test"));
            let account = stage.lab.add_mailbox(&address, PASSWORD)?;
            Ok(json!({ "address": account.address }))
        }
        Order::Deliver { from, to, raw } => {
            let raw = STANDARD.decode(raw).map_err(|error| LabError::Usage(format!("raw is no Base64: {error}")))?;
            let reply = stage.lab.deliver(&raw, &from, &to)?;
            Ok(json!({ "reply": reply.to_string() }))
        }
        Order::Mails { address } => {
            let mails = stage.lab.inbox(&address)?;
            let mails = mails.iter().map(stored).collect::<Vec<_>>();
            serde_json::to_value(mails).map_err(|error| LabError::Usage(error.to_string()))
        }
        Order::Posta { verb } => {
            match verb {
                Verb::Stop => drop(stage.posta.terminate(STOPPING)?),
                Verb::Kill => stage.posta.kill9(),
                Verb::Start => stage.posta.restart()?,
            }
            Ok(Value::Null)
        }
        Order::Postfix { verb } => {
            let postfix = stage.lab.postfix()?;
            match verb {
                Verb::Stop => postfix.stop(),
                Verb::Kill => postfix.kill(),
                Verb::Start => postfix.start()?,
            }
            Ok(Value::Null)
        }
    }
}

fn stored(mail: &Mail) -> StoredMail {
    let ids = |name: &str| {
        let value = mail.header(name).unwrap_or_default();
        value.split_whitespace().map(|id| id.trim_matches(['<', '>']).to_owned()).collect::<Vec<_>>()
    };
    StoredMail {
        subject: mail.subject(),
        from: mail.from(),
        from_name: mail.from_name(),
        to: mail.to(),
        message_id: mail.message_id(),
        in_reply_to: ids("In-Reply-To"),
        references: ids("References"),
        text: mail.text(),
        html: mail.html(),
        parts: mail.parts().into_iter().map(part).collect(),
        headers: mail.headers().into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect(),
    }
}

fn part(part: MailPart) -> StoredPart {
    let MailPart { name, content_type, content_id, bytes } = part;
    StoredPart { name, content_type, content_id, content: STANDARD.encode(bytes) }
}
