//! Confirmations (S25): the first mail of an interaction is answered by itself.
//!
//! The right to one is claimed in the transaction that stores the mail ([`claim`]): never for machines (RFC 3834), never
//! for ourselves, and once a day for a sender and campaign, which a primary key holds on both engines whatever happens at
//! once. [`run`] composes what is claimed, outside any transaction, and puts it into the outbox in the one that settles
//! the claim: a crash between the two repeats the work and loses or doubles nothing.

use super::{
    interactions::{self, Before},
    letter::{self, Plan},
    messages,
    receive::Incoming,
    rows::MessageRow,
};
use crate::{
    campaigns,
    kernel::{
        Core, Error, Result,
        db::{
            Connection, Json, arms,
            schema::{campaigns as campaigns_table, confirmations, contacts, conversations, mail_accounts},
        },
        events::{self, Audience},
        workers,
    },
    mail::{
        address::{self, Address},
        autoreply::may_auto_answer,
        message::ParsedMail,
        threading::without_token,
    },
    templates::Content,
};
use diesel::prelude::*;
use shared::{
    api::conversations::MessageKind,
    error::ErrorCode,
    ids::{CampaignId, MessageId, TemplateId},
    live::LiveEvent,
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

/// A sender gets at most one of a campaign in this time (R12).
const ONCE_IN: Duration = Duration::from_secs(24 * 3_600);
/// Claims that are worked on in a round.
const ROUND: i64 = 20;
/// How long it sleeps where nothing wakes it.
const REST: Duration = Duration::from_secs(15);

/// Claims a confirmation for a mail that has begun an interaction, if it may have one.
///
/// # Errors
/// The database's.
pub fn claim(
    conn: &mut Connection,
    mail: &Incoming,
    parsed: &ParsedMail,
    message: MessageId,
    now: Timestamp,
) -> QueryResult<()> {
    let (enabled, template): (bool, Option<TemplateId>) = campaigns_table::table
        .find(mail.campaign)
        .select((campaigns_table::confirmation_enabled, campaigns_table::confirmation_template_id))
        .first(conn)?;
    if !enabled || template.is_none() {
        return Ok(());
    }
    let ours: Vec<(String, Json<Vec<String>>)> =
        mail_accounts::table.select((mail_accounts::address_folded, mail_accounts::aliases)).load(conn)?;
    let own: Vec<String> = ours
        .into_iter()
        .flat_map(|(address, Json(aliases))| {
            std::iter::once(address).chain(aliases.into_iter().map(|alias| address::fold(&alias)))
        })
        .collect();
    let Some(to) = parsed.answer_to() else { return Ok(()) };
    let folded = address::fold(&to.email);
    // An address of ours may carry a token for answers.
    let ours = own.contains(&address::fold(&without_token(&to.email)));
    if ours || may_auto_answer(parsed, &own).is_err() || address::validate(&to.email).is_err() {
        return Ok(());
    }
    if arms::claim_confirmation(conn, mail.campaign, &folded, message, now, now.minus(ONCE_IN))? {
        metrics::counter!("posta_confirmations_claimed_total").increment(1);
    }
    Ok(())
}

/// Composes what is claimed, until the process stops.
pub async fn run(core: Core) {
    let wake = Arc::new(Notify::new());
    // A mail that came in may have claimed one.
    let listener =
        events::wake_on(core.clone(), Arc::clone(&wake), |event| matches!(event, LiveEvent::MessageAdded { .. }));
    let ticking = workers::run("confirmations", core.stop.clone(), wake, || tick(core.clone()));
    tokio::join!(listener, ticking);
}

async fn tick(core: Core) -> Result<Duration> {
    loop {
        let pending = core.db.read(|conn| Ok(pending(conn)?)).await?;
        if pending.is_empty() {
            return Ok(REST);
        }
        // One that cannot be composed now stays, and holds up none of the others.
        let mut failure = None;
        for claimed in pending {
            match settle(&core, &claimed).await {
                Ok(()) => {}
                Err(error) if is_hopeless(&error) => {
                    tracing::warn!(message = claimed.message.0, %error, "a confirmation cannot be sent");
                    core.db.write(move |conn| Ok(end(conn, &claimed, State::Abandoned).map(|_| ())?)).await?;
                }
                Err(error) => failure = Some(error),
            }
        }
        if let Some(error) = failure {
            return Err(error);
        }
    }
}

/// Whether trying again would end the same way.
fn is_hopeless(error: &Error) -> bool {
    matches!(error.code(), ErrorCode::Invalid | ErrorCode::NotFound)
}

#[derive(Debug, Clone)]
struct Claimed {
    campaign: CampaignId,
    address: String,
    message: MessageId,
    at: Timestamp,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Sent,
    Abandoned,
}

fn pending(conn: &mut Connection) -> QueryResult<Vec<Claimed>> {
    let rows: Vec<(CampaignId, String, MessageId, Timestamp)> = confirmations::table
        // A literal, so that the planners see that the partial index fits.
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>("confirmations.state = 'pending'"))
        .order(confirmations::claimed_at.asc())
        .limit(ROUND)
        .select((
            confirmations::campaign_id,
            confirmations::address_folded,
            confirmations::message_id,
            confirmations::claimed_at,
        ))
        .load(conn)?;
    let claimed = |(campaign, address, message, at)| Claimed { campaign, address, message, at };
    Ok(rows.into_iter().map(claimed).collect())
}

/// Ends a claim; answers whether it was still open.
fn end(conn: &mut Connection, claimed: &Claimed, state: State) -> QueryResult<bool> {
    let word = match state {
        State::Sent => "sent",
        State::Abandoned => "abandoned",
    };
    let open = confirmations::table
        .find((claimed.campaign, &claimed.address))
        .filter(confirmations::message_id.eq(claimed.message))
        .filter(confirmations::state.eq("pending"));
    Ok(diesel::update(open).set(confirmations::state.eq(word)).execute(conn)? == 1)
}

/// Composes one and puts it into the outbox.
async fn settle(core: &Core, claimed: &Claimed) -> Result<()> {
    let now = core.now();
    // After a day it would only puzzle its reader; what could never be composed ends so, too.
    let late = now.minus(ONCE_IN) >= claimed.at;
    let asked = claimed.clone();
    let planned = if late { None } else { core.db.read(move |conn| plan(conn, &asked, now)).await? };
    let Some(plan) = planned else {
        let claimed = claimed.clone();
        return core.db.write(move |conn| Ok(end(conn, &claimed, State::Abandoned).map(|_| ())?)).await;
    };
    let (conversation, interaction) = (plan.conversation, plan.interaction);
    let letter = letter::compose(core, plan, now).await?;
    let claimed = claimed.clone();
    core.db
        .write(move |conn| {
            // Another node may have been first.
            if !end(conn, &claimed, State::Sent)? {
                return Ok(());
            }
            let message = letter::store(conn, &letter, now)?;
            // What stands in the tray stays the customer's words, and a draft that was begun is not outdated by it.
            diesel::update(conversations::table.find(conversation))
                .set((
                    conversations::message_count.eq(conversations::message_count + 1),
                    conversations::last_message_at.eq(now),
                ))
                .execute(conn)?;
            let mut holder = None;
            if let Some(interaction) = interaction {
                interactions::note_quiet(conn, interaction)?;
                holder = interactions::open_one(conn, conversation)?.and_then(|(_, _, agent)| agent);
                interactions::announce(conn, interaction, Before::Same, now)?;
            }
            let event = LiveEvent::MessageAdded {
                conversation_id: conversation,
                interaction_id: interaction,
                message_id: message,
            };
            Ok(events::append(conn, now, &Audience::agents(holder, claimed.campaign), &event)?)
        })
        .await
}

/// What the confirmation is to be; none where the campaign sends none any more.
fn plan(conn: &mut Connection, claimed: &Claimed, now: Timestamp) -> Result<Option<Plan>> {
    let (enabled, template): (bool, Option<TemplateId>) = campaigns_table::table
        .find(claimed.campaign)
        .select((campaigns_table::confirmation_enabled, campaigns_table::confirmation_template_id))
        .first(conn)?;
    let (true, Some(template)) = (enabled, template) else { return Ok(None) };
    let content = Content::read(conn, template, None)?;
    let answered = messages::row(conn, claimed.message)?;
    let to = recipient(&answered, &claimed.address);
    let customer: (String, String) = conversations::table
        .inner_join(contacts::table)
        .filter(conversations::id.eq(answered.conversation_id))
        .select((contacts::name, contacts::address))
        .first(conn)?;
    let facts = campaigns::facts(conn, claimed.campaign, now)?;
    // A stranger who wrote into a conversation is not told who its customer is.
    let name =
        if address::fold(&customer.1) == claimed.address { customer.0 } else { to.name.clone().unwrap_or_default() };
    let facts = crate::templates::Facts {
        customer_name: name,
        customer_address: to.email.clone(),
        subject: answered.subject.clone(),
        ..facts
    };
    let (filled, pictures) = letter::fill(conn, &content, &facts)?;
    Ok(Some(Plan {
        conversation: answered.conversation_id,
        interaction: answered.interaction_id,
        campaign: claimed.campaign,
        kind: MessageKind::AutoReply,
        author: None,
        sender: letter::sender(conn, claimed.campaign)?,
        to,
        filled,
        delivery: content.images,
        pictures,
        answered: Some(answered),
        headers: vec![
            ("Auto-Submitted".into(), "auto-replied".into()),
            ("X-Auto-Response-Suppress".into(), "All".into()),
            ("Precedence".into(), "auto_reply".into()),
        ],
    }))
}

/// Whom it goes to: the address for answers of the mail, under the name that stands with it.
fn recipient(answered: &MessageRow, folded: &str) -> Address {
    let from = answered.from();
    let wanted = answered.recipients.0.reply_to.iter().chain([&from]).find(|one| address::fold(&one.email) == folded);
    match wanted {
        Some(one) => Address { name: one.name.clone(), email: one.email.clone() },
        None => Address { name: None, email: folded.to_owned() },
    }
}

/// Forgets claims from before `before` that limit nobody any more.
///
/// # Errors
/// The database's.
pub fn forget(conn: &mut Connection, before: Timestamp) -> QueryResult<usize> {
    let old =
        confirmations::table.filter(confirmations::claimed_at.lt(before)).filter(confirmations::state.ne("pending"));
    diesel::delete(old).execute(conn)
}
