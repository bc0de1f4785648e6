//! Who and what there is on a stage: people, campaigns, and who works where.

use shared::{api::access::Language, permission::Role};

/// Someone who can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Player {
    /// Sign-in name.
    pub login: &'static str,
    /// Name that others see.
    pub name: &'static str,
    /// Role.
    pub role: Role,
    /// Language of the page.
    pub language: Language,
}

impl Player {
    /// The password: one scheme for all, told to whoever starts a stage.
    #[must_use]
    pub fn password(&self) -> String {
        format!("posta-demo-{}", self.login)
    }
}

/// The first administrator, made by the set-up link.
pub const ADMINISTRATOR: Player =
    Player { login: "admin", name: "Carmen Ortega", role: Role::Administrator, language: Language::En };

/// Everyone whom the administrator adds.
pub const PLAYERS: [Player; 5] = [
    Player { login: "sofia", name: "Sofía Navarro", role: Role::Supervisor, language: Language::Es },
    Player { login: "ana", name: "Ana Molina", role: Role::Agent, language: Language::Es },
    Player { login: "luis", name: "Luis Herrero", role: Role::Agent, language: Language::Es },
    Player { login: "marta", name: "Marta Soler", role: Role::Agent, language: Language::En },
    Player { login: "diego", name: "Diego Vidal", role: Role::Agent, language: Language::En },
];

/// A campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// Name.
    pub name: &'static str,
    /// Address by which mail comes in and goes out.
    pub address: &'static str,
    /// Display name that recipients see.
    pub from_name: &'static str,
    /// Seconds within which an interaction should be attended.
    pub service_level_seconds: u32,
    /// Logins of its members, in their order.
    pub members: &'static [&'static str],
}

/// The campaigns. Marta works in both.
pub const QUEUES: [Queue; 2] = [
    Queue {
        name: "Soporte",
        address: "soporte@lab.test",
        from_name: "Soporte Nórdica",
        service_level_seconds: 900,
        members: &["ana", "luis", "marta"],
    },
    Queue {
        name: "Ventas",
        address: "ventas@lab.test",
        from_name: "Ventas Nórdica",
        service_level_seconds: 1_800,
        members: &["marta", "diego"],
    },
];
