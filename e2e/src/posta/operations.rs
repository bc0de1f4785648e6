//! The operations of the API that journeys use, named as their handlers are.

use serde_json::{Value, json};
use shared::api::access::{CreateUser, Language, UpdateUser, UserView};
use shared::api::attachments::AttachmentView;
use shared::api::campaigns::{
    CampaignInput, CampaignSummary, CampaignView, FolderList, ListFolders, MemberInput, MemberView, TestConnection,
    TestConnectionAnswer,
};
use shared::api::contacts::ContactView;
use shared::api::conversations::{ConversationView, MessageView};
use shared::api::drafts::{CancelledSend, CreateDraft, DraftKind, DraftView, SendDraft, SentDraft, UpdateDraft};
use shared::api::interactions::{DecisionView, InteractionSummary};
use shared::api::operations::{MailboxLedger, QuarantineView};
use shared::api::presence::{AgentMode, AgentState, SetAgentState};
use shared::ids::{CampaignId, ContactId, ConversationId, DraftId, InteractionId, MessageId, UserId};
use shared::page::Page;
use shared::permission::Role;

use super::client::{Asking, Client};
use super::error::PostaError;
use crate::system;

type Outcome<T> = Result<T, PostaError>;

impl Client {
    /// All rows of a list, page by page. `path` may have a query.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn all<T: serde::de::DeserializeOwned>(&self, path: &str) -> Outcome<Vec<T>> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut rows = Vec::new();
        let mut cursor = String::new();
        loop {
            let page: Page<T> = self.get(&format!("{path}{joint}limit=200{cursor}"))?;
            rows.extend(page.items);
            match page.next_cursor {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(rows),
            }
        }
    }

    /// Makes a user who need not change his password.
    ///
    /// # Errors
    /// As [`Client::get`]; the same for all operations here.
    pub fn create_user(&self, login: &str, name: &str, role: Role, password: &str) -> Outcome<UserView> {
        let wanted = CreateUser {
            login: login.into(),
            name: name.into(),
            role,
            password: Some(password.into()),
            must_change_password: false,
            limited_to: Vec::new(),
            language: Language::Es,
        };
        self.post("users", &wanted)
    }

    /// Changes a user.
    pub fn update_user(&self, id: UserId, change: &UpdateUser) -> Outcome<UserView> {
        self.patch(&format!("users/{id}"), change)
    }

    /// Makes a campaign, with a real login test.
    pub fn create_campaign(&self, input: &CampaignInput) -> Outcome<CampaignView> {
        self.post("campaigns", input)
    }

    /// Saves a campaign.
    pub fn update_campaign(&self, id: CampaignId, input: &CampaignInput) -> Outcome<CampaignView> {
        self.put(&format!("campaigns/{id}"), input)
    }

    /// One campaign, with the health of its account.
    pub fn campaign(&self, id: CampaignId) -> Outcome<CampaignView> {
        self.get(&format!("campaigns/{id}"))
    }

    /// Switches a campaign on.
    pub fn enable_campaign(&self, id: CampaignId) -> Outcome<CampaignView> {
        self.act(&format!("campaigns/{id}/enable"))
    }

    /// Switches a campaign off.
    pub fn disable_campaign(&self, id: CampaignId) -> Outcome<CampaignView> {
        self.act(&format!("campaigns/{id}/disable"))
    }

    /// Tries an account's logins.
    pub fn test_connection(&self, wanted: &TestConnection) -> Outcome<TestConnectionAnswer> {
        self.post("campaigns/test-connection", wanted)
    }

    /// Folders of an account's mailbox.
    pub fn list_folders(&self, wanted: &ListFolders) -> Outcome<FolderList> {
        self.post("campaigns/list-folders", wanted)
    }

    /// Campaigns in which the caller works.
    pub fn my_campaigns(&self) -> Outcome<Vec<CampaignSummary>> {
        self.all("campaigns/mine")
    }

    /// Adds a member at the end of the order, or changes one.
    pub fn put_member(&self, campaign: CampaignId, user: UserId, input: &MemberInput) -> Outcome<MemberView> {
        self.put(&format!("campaigns/{campaign}/members/{user}"), input)
    }

    /// Members in their order.
    pub fn members(&self, campaign: CampaignId) -> Outcome<Vec<MemberView>> {
        self.all(&format!("campaigns/{campaign}/members"))
    }

    /// Mailboxes with their ledger.
    pub fn mailboxes(&self, campaign: CampaignId) -> Outcome<Vec<MailboxLedger>> {
        self.all(&format!("campaigns/{campaign}/mailboxes"))
    }

    /// Mails set aside.
    pub fn quarantine(&self, campaign: CampaignId) -> Outcome<Vec<QuarantineView>> {
        self.all(&format!("campaigns/{campaign}/quarantine"))
    }

    /// One's own state.
    pub fn presence(&self) -> Outcome<AgentState> {
        self.get("presence/me")
    }

    /// Takes interactions from now on.
    pub fn be_available(&self) -> Outcome<AgentState> {
        self.put("presence/me", &SetAgentState { mode: AgentMode::Available, break_code: None })
    }

    /// Takes a break.
    pub fn take_break(&self, code: &str) -> Outcome<AgentState> {
        self.put("presence/me", &SetAgentState { mode: AgentMode::Break, break_code: Some(code.into()) })
    }

    /// Interactions by a query such as `state=waiting&campaign_id=1`.
    pub fn interactions(&self, query: &str) -> Outcome<Vec<InteractionSummary>> {
        self.all(&format!("interactions?{query}"))
    }

    /// What the caller holds.
    pub fn tray(&self) -> Outcome<Vec<InteractionSummary>> {
        self.interactions("state=assigned&mine=true")
    }

    /// One interaction.
    pub fn interaction(&self, id: InteractionId) -> Outcome<InteractionSummary> {
        self.get(&format!("interactions/{id}"))
    }

    /// Has it before one's eyes.
    pub fn open_interaction(&self, id: InteractionId) -> Outcome<InteractionSummary> {
        self.act(&format!("interactions/{id}/open"))
    }

    /// Finishes an interaction.
    pub fn finish_interaction(&self, id: InteractionId, note: &str) -> Outcome<InteractionSummary> {
        self.post(&format!("interactions/{id}/finish"), &json!({ "note": note }))
    }

    /// Why it went where it went.
    pub fn decisions(&self, id: InteractionId) -> Outcome<Vec<DecisionView>> {
        self.all(&format!("interactions/{id}/decisions"))
    }

    /// A conversation with its messages.
    pub fn conversation(&self, id: ConversationId) -> Outcome<ConversationView> {
        self.get(&format!("conversations/{id}"))
    }

    /// Names a customer.
    pub fn rename_contact(&self, id: ContactId, name: &str) -> Outcome<ContactView> {
        self.patch(&format!("contacts/{id}"), &json!({ "name": name }))
    }

    /// One message.
    pub fn message(&self, id: MessageId) -> Outcome<MessageView> {
        self.get(&format!("messages/{id}"))
    }

    /// Takes a mail back within its undo time.
    pub fn cancel_message(&self, id: MessageId) -> Outcome<CancelledSend> {
        self.act(&format!("messages/{id}/cancel"))
    }

    /// Tries a failed or waiting mail again at once.
    pub fn retry_message(&self, id: MessageId) -> Outcome<MessageView> {
        self.act(&format!("messages/{id}/retry"))
    }

    /// Begins an answer.
    pub fn begin_answer(&self, kind: DraftKind, to: MessageId) -> Outcome<DraftView> {
        self.post("drafts", &CreateDraft { kind, reply_to_message_id: Some(to), campaign_id: None, from_address: None })
    }

    /// Begins the first mail of a new conversation.
    pub fn begin_mail(&self, campaign: CampaignId) -> Outcome<DraftView> {
        let kind = DraftKind::New;
        self.post(
            "drafts",
            &CreateDraft { kind, reply_to_message_id: None, campaign_id: Some(campaign), from_address: None },
        )
    }

    /// The caller's drafts.
    pub fn drafts(&self) -> Outcome<Vec<DraftView>> {
        self.all("drafts")
    }

    /// Changes a draft.
    pub fn update_draft(&self, id: DraftId, change: &UpdateDraft) -> Outcome<DraftView> {
        self.patch(&format!("drafts/{id}"), change)
    }

    /// Changes the text of a draft.
    pub fn write_draft(&self, id: DraftId, html: &str) -> Outcome<DraftView> {
        self.update_draft(id, &UpdateDraft { html: Some(html.into()), ..UpdateDraft::default() })
    }

    /// Attaches a file to a draft.
    pub fn attach(
        &self,
        id: DraftId,
        name: &str,
        media_type: &str,
        bytes: &[u8],
        inline: bool,
    ) -> Outcome<AttachmentView> {
        let boundary = format!("posta-{}", system::unique());
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: {media_type}\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        if inline {
            let part = format!("\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"inline\"\r\n\r\ntrue");
            body.extend_from_slice(part.as_bytes());
        }
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let path = format!("drafts/{id}/attachments");
        let asking =
            Asking::plain().bytes(body).with("Content-Type", format!("multipart/form-data; boundary={boundary}"));
        let answer = self.send("POST", &path, &asking)?;
        super::client::read(&format!("POST {path}"), &answer)
    }

    /// Sends a draft under an idempotency key.
    pub fn send_draft(&self, id: DraftId, key: &str, wanted: &SendDraft) -> Outcome<SentDraft> {
        self.post_once(&format!("drafts/{id}/send"), key, wanted)
    }

    /// Sends a draft at once.
    pub fn send_now(&self, id: DraftId) -> Outcome<SentDraft> {
        self.send_draft(id, &new_key(), &now())
    }

    /// Answers a mail at once with this text.
    pub fn answer(&self, to: MessageId, html: &str) -> Outcome<SentDraft> {
        let draft = self.begin_answer(DraftKind::Reply, to)?;
        self.write_draft(draft.id, html)?;
        self.send_now(draft.id)
    }

    /// Starts an interaction with this mail, sent at once.
    pub fn start_interaction(&self, campaign: CampaignId, to: &str, subject: &str, html: &str) -> Outcome<SentDraft> {
        let draft = self.begin_mail(campaign)?;
        let to = vec![shared::api::conversations::MailAddress { name: None, email: to.into() }];
        let change = UpdateDraft {
            to: Some(to),
            subject: Some(subject.into()),
            html: Some(html.into()),
            ..UpdateDraft::default()
        };
        self.update_draft(draft.id, &change)?;
        self.send_now(draft.id)
    }

    /// Any answer as JSON, for what has no type here.
    pub fn json(&self, path: &str) -> Outcome<Value> {
        self.get(path)
    }
}

/// Without undo time.
#[must_use]
pub fn now() -> SendDraft {
    SendDraft { undo_seconds: Some(0), ..SendDraft::default() }
}

/// A fresh idempotency key.
#[must_use]
pub fn new_key() -> String {
    format!("lab-{}", system::unique())
}
