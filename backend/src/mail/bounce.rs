//! Mail that came back: delivery reports (RFC 3464), and the texts of mail systems that write none.
//!
//! Anybody can send a report. What one says counts only for a message that is proven to be meant, by a bounce token
//! in the address it was sent to or a Message-ID of ours in what it returns: see [`super::threading`].

use serde::{Deserialize, Serialize};

use super::{
    address::{fold, one_line, validate},
    autoreply::MailKind,
    charset,
    headers::{Headers, message_ids},
    message::ParsedMail,
    parse,
    smtp::Enhanced,
};

mod prose;

/// More recipients in one report are not read.
const MAX_RECIPIENTS: usize = 1000;

/// What became of a mail for one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It was not and will not be delivered.
    Failed,
    /// It is still being tried.
    Delayed,
    /// It was delivered.
    Delivered,
    /// It was handed to a system that sends no reports.
    Relayed,
    /// It went on to several addresses.
    Expanded,
}

/// One recipient's fate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientReport {
    /// The address that failed, in the form of [`fold`].
    pub final_recipient: String,
    /// The address we wrote to, where the report tells, in the same form.
    pub original_recipient: Option<String>,
    /// What happened.
    pub action: Action,
    /// The status code.
    pub status: Option<Enhanced>,
    /// The reason in the words of the system that knew it, on one line.
    pub diagnostic: String,
}

impl RecipientReport {
    /// Whether the address will not work next time either: failed, and not for a passing reason.
    #[must_use]
    pub fn is_hard(&self) -> bool {
        self.action == Action::Failed && self.status.is_none_or(|status| status.class == 5)
    }
}

/// A mail that reports on the delivery of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BounceReport {
    /// The fate of each recipient it speaks of; may be empty.
    pub recipients: Vec<RecipientReport>,
    /// Message-ID of the mail that came back, without brackets.
    pub original_message_id: Option<String>,
}

/// Reads a report. None when the mail is none.
#[must_use]
pub fn read(raw: &[u8]) -> Option<BounceReport> {
    let mut status: Option<Vec<u8>> = None;
    let mut returned: Option<Vec<u8>> = None;
    let mail = parse::parse_with(raw, &mut |part, bytes| match part.content_type.as_str() {
        "message/delivery-status" | "message/global-delivery-status" => {
            status.get_or_insert_with(|| bytes.to_vec());
        }
        "text/rfc822-headers"
        | "message/rfc822"
        | "message/global"
        | "message/global-headers"
        | "message/rfc822-headers" => {
            returned.get_or_insert_with(|| super::headers::header_block(bytes).to_vec());
        }
        _ => {}
    })
    .ok()?;
    if mail.kind != MailKind::Bounce && status.is_none() {
        return None;
    }
    let mut report = BounceReport { recipients: Vec::new(), original_message_id: None };
    if let Some(status) = &status {
        report.recipients = delivery_status(status);
    }
    if let Some(returned) = &returned {
        report.original_message_id = id_of(&Headers::read(returned));
    }
    if report.recipients.is_empty() {
        report.recipients = prose::recipients(&mail);
    }
    report.original_message_id =
        report.original_message_id.or_else(|| prose::message_id(&mail.text)).or_else(|| answered(&mail));
    Some(report)
}

fn id_of(headers: &Headers) -> Option<String> {
    message_ids(headers.get("message-id")?, 1).pop()
}

/// Some systems name the mail they report on as the one they answer.
fn answered(mail: &ParsedMail) -> Option<String> {
    mail.in_reply_to.first().or(mail.references.last()).cloned()
}

/// The groups of fields after the first, one a recipient.
fn delivery_status(bytes: &[u8]) -> Vec<RecipientReport> {
    let text = charset::to_utf8(bytes, None).replace("\r\n", "\n");
    let groups = text.split("\n\n").map(|group| Headers::read(group.trim_start_matches('\n').as_bytes()));
    groups.filter_map(|group| recipient(&group)).take(MAX_RECIPIENTS).collect()
}

fn recipient(group: &Headers) -> Option<RecipientReport> {
    let address = |name: &str| {
        let value = group.get(name)?;
        let address = fold(value.split_once(';').map_or(value, |(_, address)| address));
        validate(&address).is_ok().then_some(address)
    };
    let original_recipient = address("original-recipient");
    let final_recipient = address("final-recipient").or_else(|| original_recipient.clone())?;
    let diagnostic = group.get("diagnostic-code").unwrap_or_default();
    let diagnostic = one_line(diagnostic.split_once(';').map_or(diagnostic, |(_, words)| words));
    let status = group.get("status").and_then(Enhanced::find).or_else(|| Enhanced::find(&diagnostic));
    let action = match group
        .get("action")
        .unwrap_or_default()
        .split([' ', '('])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "failed" => Action::Failed,
        "delayed" => Action::Delayed,
        "delivered" => Action::Delivered,
        "relayed" => Action::Relayed,
        "expanded" => Action::Expanded,
        _ => match status?.class {
            5 => Action::Failed,
            4 => Action::Delayed,
            _ => Action::Delivered,
        },
    };
    let diagnostic = diagnostic.chars().take(500).collect();
    Some(RecipientReport { final_recipient, original_recipient, action, status, diagnostic })
}

#[cfg(test)]
mod tests;
