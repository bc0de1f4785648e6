//! Ratings: what customers think of a mail (S20–S23).

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Worst score; the best is [`BEST`].
pub const WORST: i32 = 1;
/// Best score.
pub const BEST: i32 = 5;
/// Longest comment, in characters.
pub const MAX_COMMENT: usize = 2_000;
/// Days for which a customer may change what he said.
pub const CHANGE_DAYS: u64 = 7;
/// Days for which he may say it.
pub const RATE_DAYS: u64 = 60;

/// What a customer said of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RatingView {
    /// 1 worst … 5 best.
    pub score: i32,
    /// In his words; may be empty.
    pub comment: String,
    /// First said at.
    pub rated_at: Timestamp,
    /// Changed at.
    pub changed_at: Option<Timestamp>,
}
