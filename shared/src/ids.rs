//! Identifiers: one type each, so that none is taken for another. 64-bit integers inside and on the API; whatever
//! the public sees is a random or signed token and never an id.

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "diesel", derive(diesel::expression::AsExpression, diesel::deserialize::FromSqlRow))]
        #[cfg_attr(feature = "diesel", diesel(sql_type = diesel::sql_types::BigInt))]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> { text.parse().map(Self) }
        }

        #[cfg(feature = "diesel")]
        impl<DB> diesel::serialize::ToSql<diesel::sql_types::BigInt, DB> for $name
        where DB: diesel::backend::Backend, i64: diesel::serialize::ToSql<diesel::sql_types::BigInt, DB> {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                <i64 as diesel::serialize::ToSql<diesel::sql_types::BigInt, DB>>::to_sql(&self.0, out)
            }
        }

        #[cfg(feature = "diesel")]
        impl<DB> diesel::deserialize::FromSql<diesel::sql_types::BigInt, DB> for $name
        where DB: diesel::backend::Backend, i64: diesel::deserialize::FromSql<diesel::sql_types::BigInt, DB> {
            fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                <i64 as diesel::deserialize::FromSql<diesel::sql_types::BigInt, DB>>::from_sql(bytes).map(Self)
            }
        }
    )+ };
}

ids! {
    /// A person who signs in.
    UserId,
    /// One signed-in browser of a user: the family of its refresh tokens.
    SessionId,
    /// One refresh token of a session.
    RefreshTokenId,
    /// A queue with one mail account, members and a strategy.
    CampaignId,
    /// A campaign of telephony.
    VoiceCampaignId,
    /// An address with its SMTP and IMAP settings.
    AccountId,
    /// One folder of an account that is read.
    MailboxId,
    /// A customer.
    ContactId,
    /// The thread of mails with one customer in one campaign.
    ConversationId,
    /// How an interaction ends.
    DispositionId,
    /// A word that groups conversations.
    TagId,
    /// A note, or something that was done in a conversation.
    ActivityId,
    /// One handling of a conversation, from arrival or start until finished.
    InteractionId,
    /// One mail, received or sent.
    MessageId,
    /// A file that belongs to a message or a draft.
    AttachmentId,
    /// A mail being written.
    DraftId,
    /// A mail on its way out.
    OutboxId,
    /// A stored routing decision.
    DecisionId,
    /// A mail that could not be read, set aside with its source.
    QuarantineId,
    /// A template.
    TemplateId,
    /// What a template said at one of its saves.
    TemplateVersionId,
    /// A picture for templates.
    TemplateImageId,
    /// What a customer said of a mail, or is asked to say.
    RatingId,
    /// A line of the audit log.
    AuditId,
}

/// Position of a live event; grows in commit order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Seq(pub i64);
