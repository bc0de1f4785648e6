//! The use cases of ratings: looking at the page of a link, and saying something.

use super::{
    Rated, block,
    queries::{self, RatingRow, Words},
};
use crate::kernel::{
    Core, Result,
    audit::{self, Entry},
    db::Connection,
    events::{self, Audience},
};
use serde_json::json;
use shared::{
    api::ratings::{BEST, CHANGE_DAYS, MAX_COMMENT, WORST},
    live::LiveEvent,
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};

/// Ratings.
#[derive(Clone)]
pub struct Service {
    core: Core,
    listeners: Arc<Vec<Arc<dyn Rated>>>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ratings::Service")
    }
}

/// What the page of a link shows.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The mail, and what was said.
    pub rating: RatingRow,
    /// How the campaign asks and thanks.
    pub words: Words,
    /// Something may still be said, or changed.
    pub open: bool,
}

impl Service {
    /// The room's use cases; `listeners` are the rooms that want to know.
    #[must_use]
    pub fn new(core: Core, listeners: Vec<Arc<dyn Rated>>) -> Self {
        Self { core, listeners: Arc::new(listeners) }
    }

    /// What the page of a link shows; none for one that is not good, or not any more. Changes nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn look(&self, token: &str) -> Result<Option<Shown>> {
        let (hash, now) = (block::hash(token), self.core.now());
        self.core.db.read(move |conn| shown(conn, &hash, now)).await
    }

    /// Stores what a customer says, or says instead; answers what the page shows then. None for a link that is not
    /// good; one that is closed changes nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn say(&self, token: &str, score: i32, comment: &str) -> Result<Option<Shown>> {
        let (hash, this) = (block::hash(token), self.clone());
        let comment = tidy(comment);
        self.core
            .db
            .write(move |conn| {
                let now = this.core.now();
                let Some(before) = shown(conn, &hash, now)? else { return Ok(None) };
                let said = (before.rating.score, before.rating.comment.as_str());
                if !before.open || !(WORST..=BEST).contains(&score) || said == (Some(score), comment.as_str()) {
                    return Ok(Some(before));
                }
                let rating = &before.rating;
                let first = rating.score.is_none() && queries::say(conn, rating.id, score, &comment, now)?;
                if !first {
                    queries::change(conn, rating.id, score, &comment, now)?;
                }
                this.tell(conn, rating, score, first, now)?;
                shown(conn, &hash, now)
            })
            .await
    }

    fn tell(&self, conn: &mut Connection, rating: &RatingRow, score: i32, first: bool, now: Timestamp) -> Result<()> {
        for listener in self.listeners.iter() {
            listener.rated(conn, rating.interaction_id, score, now)?;
        }
        let entry = Entry {
            actor: None,
            action: if first { "ratings.give" } else { "ratings.change" },
            object: "message",
            object_id: Some(rating.message_id.0),
            detail: json!({ "score": score }),
        };
        audit::record(conn, now, &entry)?;
        let event = LiveEvent::RatingGiven {
            conversation_id: rating.conversation_id,
            interaction_id: rating.interaction_id,
            message_id: rating.message_id,
            score,
        };
        Ok(events::append(conn, now, &Audience::agents([rating.agent_id], rating.campaign_id), &event)?)
    }
}

fn shown(conn: &mut Connection, hash: &[u8], now: Timestamp) -> Result<Option<Shown>> {
    let Some(rating) = queries::by_token(conn, hash)? else { return Ok(None) };
    let open = is_open(&rating, now);
    if rating.score.is_none() && !open {
        return Ok(None);
    }
    let words = queries::words(conn, rating.campaign_id)?;
    Ok(Some(Shown { rating, words, open }))
}

/// What was said can be changed for some days; what was not can be said until the link expires.
fn is_open(rating: &RatingRow, now: Timestamp) -> bool {
    match rating.rated_at {
        Some(rated) => now < rated.plus(Duration::from_secs(CHANGE_DAYS.saturating_mul(86_400))),
        None => now < rating.expires_at,
    }
}

fn tidy(comment: &str) -> String {
    let lines = comment.replace("\r\n", "\n");
    let plain: String = lines.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    plain.trim().chars().take(MAX_COMMENT).collect()
}
