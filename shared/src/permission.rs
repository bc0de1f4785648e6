//! Roles (S2) and the permissions that they carry. A route names one permission in its handler's type.

use serde::{Deserialize, Serialize};

text_enum! {
    /// What a user is.
    pub enum Role {
        /// Everything.
        Administrator = "administrator",
        /// Supervision, recordings, dialers and lists, read of configuration.
        Supervisor = "supervisor",
        /// His own portal.
        Agent = "agent",
    }
}

text_enum! {
    /// A right that a role or an API key can carry.
    pub enum Permission {
        /// Own session, own settings: whoever is signed in.
        SelfManage = "self",
        /// Read the list of users.
        UsersRead = "users:read",
        /// Create, change, disable users; end their sessions.
        UsersWrite = "users:write",
        /// Read campaigns, members, health.
        CampaignsRead = "campaigns:read",
        /// Create and change campaigns and members.
        CampaignsWrite = "campaigns:write",
        /// Read templates offered in one's campaigns; agents those that they write with.
        TemplatesRead = "templates:read",
        /// Create and change templates and their pictures.
        TemplatesWrite = "templates:write",
        /// Read conversations, messages and attachments within one's campaigns.
        ConversationsRead = "conversations:read",
        /// Handle one's interactions: answer, start, finish.
        ConversationsWrite = "conversations:write",
        /// Read routing decisions and others' work.
        SupervisionRead = "supervision:read",
        /// Change the priority of what waits.
        SupervisionWrite = "supervision:write",
        /// Report what agents do elsewhere: calls, other channels.
        PresenceWrite = "presence:write",
        /// Read the settings of the installation.
        SettingsRead = "settings:read",
        /// Change the settings of the installation.
        SettingsWrite = "settings:write",
        /// Read and retry what was set aside: quarantine, failed mail.
        OperationsRead = "operations:read",
        /// Read the audit log.
        AuditRead = "audit:read",
    }
}

impl Role {
    /// The permissions of this role.
    #[must_use]
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::Administrator => P::ALL,
            Self::Supervisor => &[
                P::SelfManage,
                P::UsersRead,
                P::CampaignsRead,
                P::TemplatesRead,
                P::ConversationsRead,
                P::ConversationsWrite,
                P::SupervisionRead,
                P::SupervisionWrite,
                P::PresenceWrite,
                P::SettingsRead,
                P::OperationsRead,
            ],
            Self::Agent => &[P::SelfManage, P::TemplatesRead, P::ConversationsRead, P::ConversationsWrite],
        }
    }

    /// Whether the role carries `permission`.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
}

/// Which campaigns a caller sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CampaignScope {
    /// All of them.
    All,
    /// Only these.
    Only(Vec<crate::ids::CampaignId>),
}

impl CampaignScope {
    /// Whether `campaign` is in it.
    #[must_use]
    pub fn holds(&self, campaign: crate::ids::CampaignId) -> bool {
        match self {
            Self::All => true,
            Self::Only(list) => list.contains(&campaign),
        }
    }
}
