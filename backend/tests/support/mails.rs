//! Mails in the outbox, without the rooms that write them.

use diesel::prelude::*;
use posta::{
    kernel::db::{
        Connection,
        schema::{campaigns, contacts, conversations, mail_accounts, messages},
    },
    outbox,
};
use shared::{
    ids::{AccountId, CampaignId, ConversationId, MessageId},
    time::Timestamp,
};

/// What a mail belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Desk {
    /// Account.
    pub account: AccountId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// A conversation of it.
    pub conversation: ConversationId,
}

/// An enabled campaign with an account, whose password nobody can open, and a conversation.
pub fn insert_desk(conn: &mut Connection, name: &str) -> QueryResult<Desk> {
    let values = (
        (campaigns::channel.eq("email"), campaigns::name.eq(name), campaigns::name_folded.eq(name)),
        (campaigns::service_level_seconds.eq(60), campaigns::from_name.eq(name), campaigns::eligibility.eq("nocall")),
        (campaigns::delivery_order.eq("rrmemory"), campaigns::max_interactions.eq(3), campaigns::enabled.eq(true)),
        (campaigns::receive.eq(false), campaigns::import_days.eq(0), campaigns::created_at.eq(0_i64)),
        (
            campaigns::reply_token.eq("body"),
            campaigns::schedule.eq("{}"),
            campaigns::thresholds.eq("{}"),
            campaigns::version.eq(1_i64),
        ),
        (campaigns::confirmation_enabled.eq(false), campaigns::rating_enabled.eq(false)),
        (campaigns::rating_prompt.eq(""), campaigns::rating_thanks.eq("")),
    );
    let campaign: CampaignId =
        diesel::insert_into(campaigns::table).values(values).returning(campaigns::id).get_result(conn)?;
    let address = format!("{name}@posta.test");
    let values = (
        (mail_accounts::campaign_id.eq(campaign), mail_accounts::address.eq(&address)),
        (mail_accounts::address_folded.eq(&address), mail_accounts::login.eq(name)),
        (mail_accounts::sealed_password.eq(Vec::<u8>::new()), mail_accounts::smtp_host.eq("127.0.0.1")),
        (mail_accounts::smtp_port.eq(1), mail_accounts::smtp_security.eq("none")),
        (mail_accounts::inbound_protocol.eq("imap"), mail_accounts::imap_host.eq(Some("127.0.0.1"))),
        (mail_accounts::imap_port.eq(Some(1)), mail_accounts::imap_security.eq(Some("none"))),
        (mail_accounts::allow_plaintext_password.eq(true), mail_accounts::save_sent.eq(true)),
        (mail_accounts::folders.eq("[\"INBOX\"]"), mail_accounts::after_storing.eq("leave")),
        (mail_accounts::auth.eq("password"),),
        (mail_accounts::aliases.eq("[]"), mail_accounts::health.eq("off")),
        (mail_accounts::smtp_stopped.eq(false), mail_accounts::revision.eq(1_i64)),
    );
    let account: AccountId =
        diesel::insert_into(mail_accounts::table).values(values).returning(mail_accounts::id).get_result(conn)?;
    let values = (
        (contacts::name.eq(name), contacts::name_by_agent.eq(false), contacts::address.eq(&address)),
        (contacts::address_folded.eq(&address), contacts::created_at.eq(0_i64), contacts::version.eq(1_i64)),
    );
    let contact: i64 = diesel::insert_into(contacts::table).values(values).returning(contacts::id).get_result(conn)?;
    let values = (
        (conversations::campaign_id.eq(campaign), conversations::contact_id.eq(contact)),
        (conversations::channel.eq("email"), conversations::subject.eq(""), conversations::subject_folded.eq("")),
        (conversations::search_text.eq(""), conversations::message_count.eq(0)),
        (conversations::last_message_at.eq(0_i64), conversations::last_snippet.eq("")),
        (conversations::created_at.eq(0_i64), conversations::version.eq(1_i64)),
    );
    let conversation: ConversationId =
        diesel::insert_into(conversations::table).values(values).returning(conversations::id).get_result(conn)?;
    Ok(Desk { account, campaign, conversation })
}

/// A mail of `source` in the outbox, to one recipient.
pub fn insert_mail(
    conn: &mut Connection,
    desk: Desk,
    source: &str,
    due_at: Timestamp,
    now: Timestamp,
) -> QueryResult<MessageId> {
    let values = (
        (messages::conversation_id.eq(desk.conversation), messages::campaign_id.eq(desk.campaign)),
        (messages::direction.eq("out"), messages::kind.eq("personal"), messages::internet_message_id.eq("")),
        (messages::in_reply_to.eq("[]"), messages::reference_ids.eq("[]"), messages::from_name.eq("")),
        (messages::from_address.eq(""), messages::recipients.eq("[]"), messages::subject.eq("")),
        (messages::snippet.eq(""), messages::from_stranger.eq(false), messages::source_hash.eq(Some(source))),
        (messages::remote_images.eq(0), messages::created_at.eq(now)),
    );
    let message: MessageId =
        diesel::insert_into(messages::table).values(values).returning(messages::id).get_result(conn)?;
    let new = outbox::New {
        message,
        account: desk.account,
        campaign: desk.campaign,
        conversation: desk.conversation,
        author: None,
        source_hash: source.to_owned(),
        envelope_from: "posta@posta.test".into(),
        recipients: vec!["carla@cliente.test".into()],
        due_at,
    };
    outbox::enqueue(conn, &new, now)?;
    Ok(message)
}
