//! One mail over an open session.

use std::{borrow::Cow, pin::pin, time::Duration};

use lettre::transport::smtp::{Error, response::Response};
use tokio::time::timeout;

use super::{Reply, SmtpSession, Stage, Verdict, classify::classify};

/// Who it is from and to, as the wire has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// MAIL FROM; empty for the null path.
    pub from: String,
    /// RCPT TO.
    pub to: Vec<String>,
}

/// A recipient the server would not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The address.
    pub recipient: String,
    /// The server's words.
    pub reply: Reply,
    /// Another try is of no use.
    pub permanent: bool,
}

/// The server has taken the mail, for all recipients but the refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Its words, often with its queue id.
    pub reply: Reply,
    /// Recipients who will not get it.
    pub refused: Vec<Refusal>,
}

/// Why a mail was not sent, or may have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Every recipient was refused; nothing was sent.
    #[error("every recipient was refused")]
    RecipientsRefused(Vec<Refusal>),
    /// The message was refused; nothing was sent.
    #[error("the message was refused: {reply}")]
    MessageRefused {
        /// The server's words.
        reply: Reply,
        /// Another try is of no use.
        permanent: bool,
    },
    /// The account may not send, now or at all; nothing was sent, and the next mail would fare alike.
    #[error("the account cannot send: {reply}")]
    Account {
        /// When the server said so.
        stage: Stage,
        /// The server's words.
        reply: Reply,
        /// It takes a person to mend it.
        permanent: bool,
    },
    /// The mail needs what this server does not offer (SMTPUTF8, 8BITMIME, its size), or is not fit to be sent;
    /// nothing was sent.
    #[error("{0}")]
    Unsendable(String),
    /// The connection broke, or the server fell silent, before the final dot: the mail was not sent.
    #[error("the connection was lost before the mail was complete")]
    Lost,
    /// The same after the final dot: the server may have taken the mail or not (RFC 1047).
    #[error("the connection was lost after the mail was complete; whether it was taken is not known")]
    InDoubt,
    /// The caller's guard said no just before the final dot: the mail was not sent.
    #[error("sending was called off")]
    CalledOff,
}

impl SmtpSession {
    /// Sends a mail.
    ///
    /// # Errors
    /// See [`SendError`]. Check [`SmtpSession::is_broken`] before the next one.
    pub async fn send(&mut self, envelope: &Envelope, raw: &[u8]) -> Result<Accepted, SendError> {
        self.send_if(envelope, raw, std::future::ready(true)).await
    }

    /// Sends a mail whose final dot goes out only if `guard` then says yes: the last moment to make sure that nobody
    /// else has taken the work over. `guard` is polled when all but the dot has been written.
    ///
    /// Dropping the returned future midway leaves the session broken.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send_if(
        &mut self,
        envelope: &Envelope,
        raw: &[u8],
        guard: impl Future<Output = bool>,
    ) -> Result<Accepted, SendError> {
        if self.broken {
            return Err(SendError::Lost);
        }
        let raw = fit_for_the_wire(raw);
        let commands = self.commands(envelope, &raw)?;
        // Only a complete exchange clears this again.
        self.broken = true;
        let outcome = self.exchange(envelope, &commands, &raw, guard).await;
        self.gate.disarm();
        self.broken = self.hang_up
            || match &outcome {
                Ok(_) | Err(SendError::RecipientsRefused(_) | SendError::MessageRefused { .. }) => false,
                Err(SendError::Account { reply, .. }) => reply.code == 421,
                Err(_) => true,
            };
        outcome
    }

    /// The commands of the envelope, or why there are none.
    fn commands(&self, envelope: &Envelope, raw: &[u8]) -> Result<Vec<String>, SendError> {
        let offered = &self.capabilities;
        let unsendable = |why: &str| Err(SendError::Unsendable(why.to_owned()));
        if envelope.to.is_empty() {
            return unsendable("the mail has no recipient");
        }
        let mut mail = format!("MAIL FROM:<{}>", envelope.from);
        let size = u64::try_from(raw.len()).unwrap_or(u64::MAX);
        if let Some(limit) = offered.size {
            if size > limit {
                return Err(SendError::Unsendable(format!(
                    "the mail has {size} bytes, and the server takes {limit} at most"
                )));
            }
            mail.push_str(&format!(" SIZE={size}"));
        }
        if !raw.is_ascii() {
            if !offered.eight_bit_mime {
                return unsendable("the server takes no eight-bit mail (8BITMIME)");
            }
            mail.push_str(" BODY=8BITMIME");
        }
        let addresses = || envelope.to.iter().chain(Some(&envelope.from).filter(|from| !from.is_empty()));
        if addresses().any(|address| super::super::address::validate(address).is_err()) {
            return unsendable("an address of the envelope is not valid");
        }
        if addresses().any(|address| !address.is_ascii()) {
            if !offered.smtputf8 {
                return unsendable("the server takes no addresses beyond ASCII (SMTPUTF8)");
            }
            mail.push_str(" SMTPUTF8");
        }
        let mut commands = vec![mail];
        commands.extend(envelope.to.iter().map(|address| format!("RCPT TO:<{address}>")));
        Ok(commands)
    }

    async fn exchange(
        &mut self,
        envelope: &Envelope,
        commands: &[String],
        raw: &[u8],
        guard: impl Future<Output = bool>,
    ) -> Result<Accepted, SendError> {
        if self.needs_reset {
            self.command("RSET").await?.map_err(|reply| account(Stage::MailFrom, reply))?;
            self.needs_reset = false;
        }
        self.needs_reset = true;
        let (from, recipients, data) = self.envelope(commands).await?;
        let judged = judge(from, &recipients, envelope).and_then(|refused| {
            if refused.len() == recipients.len() { Err(SendError::RecipientsRefused(refused)) } else { Ok(refused) }
        });
        // Where the server waits for a message although there is none to send, hanging up is the only sure way out.
        self.hang_up = judged.is_err() && matches!(data, Some(Ok(_)));
        let refused = judged?;
        let data = match data {
            Some(answer) => answer,
            None => self.command("DATA").await?,
        };
        data.map_err(|reply| verdict(Stage::Data, reply))?;
        let reply = self.message(raw, guard).await?.map_err(|reply| verdict(Stage::Message, reply))?;
        self.needs_reset = false;
        Ok(Accepted { reply, refused })
    }

    /// Says the envelope: all at once with DATA where the server allows (RFC 2920), else line by line.
    async fn envelope(&mut self, commands: &[String]) -> Result<(Answer, Vec<Answer>, Option<Answer>), SendError> {
        let mut answers = Vec::with_capacity(commands.len() + 1);
        if self.capabilities.pipelining {
            let mut burst = commands.join("\r\n");
            burst.push_str("\r\nDATA");
            answers.push(self.command(&burst).await?);
            for _ in commands {
                let limit = self.timeouts.command;
                let response = timeout(limit, self.connection.read_response()).await.map_err(|_| SendError::Lost)?;
                answers.push(answer(response)?);
            }
            let data = answers.pop();
            let from = answers.remove(0);
            return Ok((from, answers, data));
        }
        for command in commands {
            let answer = self.command(command).await?;
            let stop = answers.is_empty() && answer.is_err();
            answers.push(answer);
            if stop {
                break;
            }
        }
        let from = answers.remove(0);
        Ok((from, answers, None))
    }

    async fn command(&mut self, command: &str) -> Result<Answer, SendError> {
        let response = timeout(self.timeouts.command, self.connection.command(format!("{command}\r\n"))).await;
        answer(response.map_err(|_| SendError::Lost)?)
    }

    async fn message(&mut self, raw: &[u8], guard: impl Future<Output = bool>) -> Result<Answer, SendError> {
        let gate = std::sync::Arc::clone(&self.gate);
        gate.arm();
        // lettre adds the line end before the dot itself.
        let body = raw.strip_suffix(b"\r\n").unwrap_or(raw);
        let kilobytes = u64::try_from(raw.len() / 1024).unwrap_or(u64::MAX);
        let writing = self.timeouts.command.saturating_add(Duration::from_secs(kilobytes / 16));
        let mut message = pin!(self.connection.message(body));
        let written = timeout(writing, async {
            tokio::select! {
                biased;
                early = &mut message => Some(early),
                () = gate.before_the_dot() => None,
            }
        })
        .await;
        match written {
            Ok(None) => {}
            // An answer before the dot can only be the end of the connection.
            Ok(Some(_)) | Err(_) => return Err(SendError::Lost),
        }
        if !guard.await {
            return Err(SendError::CalledOff);
        }
        gate.open();
        let lost = || if gate.dot_may_have_left() { SendError::InDoubt } else { SendError::Lost };
        let response = timeout(self.timeouts.final_dot, message).await.map_err(|_| lost())?;
        answer(response).map_err(|_| lost())
    }

    /// Forgets a mail begun. An error means that the session is broken.
    ///
    /// # Errors
    /// [`SendError::Lost`] or [`SendError::Account`].
    pub async fn reset(&mut self) -> Result<(), SendError> {
        if self.broken {
            return Err(SendError::Lost);
        }
        self.broken = true;
        let outcome = self
            .command("RSET")
            .await
            .and_then(|answer| answer.map(drop).map_err(|reply| account(Stage::MailFrom, reply)));
        self.broken = outcome.is_err();
        self.needs_reset = false;
        outcome
    }

    /// Says goodbye; at most a few seconds are spent on it.
    pub async fn quit(mut self) {
        if !self.broken {
            // Whether the server answers the goodbye does not matter.
            drop(timeout(Duration::from_secs(3), self.connection.quit()).await);
        }
    }
}

/// A proper reply: yes, or no.
type Answer = Result<Reply, Reply>;

fn answer(response: Result<Response, Error>) -> Result<Answer, SendError> {
    match response {
        Ok(response) => Ok(Ok(Reply::of_response(&response))),
        Err(error) => Reply::of_error(&error).map(Err).ok_or(SendError::Lost),
    }
}

/// The refused recipients, unless the sender was refused or a refusal concerns the account.
fn judge(from: Answer, recipients: &[Answer], envelope: &Envelope) -> Result<Vec<Refusal>, SendError> {
    from.map_err(|reply| verdict(Stage::MailFrom, reply))?;
    let mut refused = Vec::new();
    for (recipient, answer) in envelope.to.iter().zip(recipients) {
        let Err(reply) = answer else { continue };
        match classify(Stage::Recipient, reply) {
            Verdict::Recipient { permanent } | Verdict::Message { permanent } => {
                refused.push(Refusal { recipient: recipient.clone(), reply: reply.clone(), permanent });
            }
            Verdict::Account { .. } => return Err(verdict(Stage::Recipient, reply.clone())),
        }
    }
    Ok(refused)
}

fn verdict(stage: Stage, reply: Reply) -> SendError {
    match classify(stage, &reply) {
        Verdict::Account { permanent } => SendError::Account { stage, reply, permanent },
        Verdict::Message { permanent } | Verdict::Recipient { permanent } => {
            SendError::MessageRefused { reply, permanent }
        }
    }
}

fn account(stage: Stage, reply: Reply) -> SendError {
    let permanent = reply.is_permanent();
    SendError::Account { stage, reply, permanent }
}

/// Every line end as CRLF: a bare CR or LF would let the text of a mail end it early on some servers.
fn fit_for_the_wire(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut previous = 0;
    let bare = raw.iter().chain(&[0]).any(|byte| {
        let bare = (*byte == b'\n') != (previous == b'\r');
        previous = *byte;
        bare
    });
    if !bare {
        return Cow::Borrowed(raw);
    }
    let mut fit = Vec::with_capacity(raw.len() + raw.len() / 40);
    let mut bytes = raw.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if(|next| **next == b'\n');
                fit.extend_from_slice(b"\r\n");
            }
            b'\n' => fit.extend_from_slice(b"\r\n"),
            other => fit.push(*other),
        }
    }
    Cow::Owned(fit)
}
