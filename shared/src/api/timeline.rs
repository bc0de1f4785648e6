//! What stands in a conversation besides its mails: notes, tags, and what people did with it (S106).

use crate::{
    ids::{ActivityId, ConversationId, InteractionId, TagId, UserId},
    time::Timestamp,
    validate::{Issues, Validate},
};
use serde::{Deserialize, Serialize};

/// Longest note, in characters.
pub const MAX_NOTE: usize = 10_000;
/// Longest name of a tag, in characters.
pub const MAX_TAG: usize = 40;
/// Most tags of a conversation.
pub const MAX_TAGS: usize = 20;

text_enum! {
    /// What happened.
    pub enum ActivityKind {
        /// Somebody noted something. The customer never sees it.
        Note = "note",
        /// It was finished; `target` is the disposition.
        Finished = "finished",
        /// It was given to an agent: `target`.
        Transferred = "transferred",
        /// It was given to a campaign: `target`.
        Moved = "moved",
        /// It was given back to the queue.
        Returned = "returned",
        /// It was set aside, until `until`, or until the customer writes.
        Snoozed = "snoozed",
        /// It came back: its time was over, the customer wrote, or somebody wanted it back.
        Woken = "woken",
    }
}

/// A note, or something that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActivityView {
    /// Activity.
    pub id: ActivityId,
    /// What happened.
    pub kind: ActivityKind,
    /// Interaction during which it happened.
    pub interaction_id: Option<InteractionId>,
    /// Who did it; absent: it happened by itself.
    pub actor_id: Option<UserId>,
    /// His name.
    pub actor_name: Option<String>,
    /// What he wrote; may be empty.
    pub text: String,
    /// To whom, where to, how it ended, as it was called then.
    pub target: Option<String>,
    /// Set aside until then.
    pub until: Option<Timestamp>,
    /// When.
    pub at: Timestamp,
    /// A note was changed then.
    pub edited_at: Option<Timestamp>,
}

/// What stands in a conversation besides its mails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timeline {
    /// Names of its tags, in alphabetical order.
    pub tags: Vec<String>,
    /// The newest 200, oldest first.
    pub activities: Vec<ActivityView>,
}

/// Writes or changes a note.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WriteNote {
    /// 1–10 000 characters.
    pub text: String,
}

impl Validate for WriteNote {
    fn validate(&self, issues: &mut Issues) {
        let text = if self.text.trim().is_empty() { "" } else { &self.text };
        issues.lines("text", text, 1, MAX_NOTE);
    }
}

/// Says which tags a conversation has.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetTags {
    /// Names, 1–40 characters each, at most 20; one that is not known yet is made. Case and accents do not matter.
    pub tags: Vec<String>,
}

impl Validate for SetTags {
    fn validate(&self, issues: &mut Issues) {
        issues.items("tags", self.tags.len(), MAX_TAGS);
        for (index, tag) in self.tags.iter().enumerate().take(MAX_TAGS) {
            issues.name(&format!("tags/{index}"), tag, MAX_TAG);
        }
    }
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TagView {
    /// Tag.
    pub id: TagId,
    /// Name.
    pub name: String,
    /// How many conversations have it.
    pub conversations: i64,
}

/// Renames a tag.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RenameTag {
    /// 1–40 characters. When another tag has this name, both become one.
    pub name: String,
}

impl Validate for RenameTag {
    fn validate(&self, issues: &mut Issues) {
        issues.name("name", &self.name, MAX_TAG);
    }
}

/// A note, as it was written or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoteWritten {
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// The note.
    pub note: ActivityView,
}
