//! Hosts and ports of well-known mail providers (S27).

use shared::api::{
    campaigns::{Endpoint, MailSecurity},
    oauth::OauthProvider,
};

/// A provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Google.
    Gmail,
    /// Microsoft for organisations.
    Microsoft365,
    /// Microsoft for persons.
    Outlook,
    /// Anyone else: the usual ports.
    Other,
}

impl Preset {
    /// All, in the order of the buttons.
    pub const ALL: [Self; 4] = [Self::Gmail, Self::Microsoft365, Self::Outlook, Self::Other];

    /// Its own name; `None` for the rest.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Gmail => Some("Gmail"),
            Self::Microsoft365 => Some("Microsoft 365"),
            Self::Outlook => Some("Outlook.com"),
            Self::Other => None,
        }
    }

    /// Outgoing server. For the rest it is guessed from the address.
    pub fn smtp(self, address: &str) -> Endpoint {
        let host = match self {
            Self::Gmail => "smtp.gmail.com".into(),
            Self::Microsoft365 => "smtp.office365.com".into(),
            Self::Outlook => "smtp-mail.outlook.com".into(),
            Self::Other => guess("smtp", address),
        };
        Endpoint { host, port: 587, security: MailSecurity::Starttls }
    }

    /// Incoming server.
    pub fn imap(self, address: &str) -> Endpoint {
        let host = match self {
            Self::Gmail => "imap.gmail.com".into(),
            Self::Microsoft365 | Self::Outlook => "outlook.office365.com".into(),
            Self::Other => guess("imap", address),
        };
        Endpoint { host, port: 993, security: MailSecurity::Implicit }
    }

    /// The provider of an address, where the domain tells.
    pub fn of_address(address: &str) -> Option<Self> {
        let domain = shared::case::lower(address.rsplit_once('@')?.1);
        match domain.as_str() {
            "gmail.com" | "googlemail.com" => Some(Self::Gmail),
            _ if ["outlook.", "hotmail.", "live.", "msn."].iter().any(|own| domain.starts_with(own)) => {
                Some(Self::Outlook)
            }
            _ => None,
        }
    }

    /// The provider whose server this is.
    pub fn of_host(smtp: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|preset| preset.name().is_some() && preset.smtp("").host == smtp)
            .unwrap_or(Self::Other)
    }

    /// Who people sign in with in place of a password.
    pub fn provider(self) -> OauthProvider {
        match self {
            Self::Gmail => OauthProvider::Google,
            Self::Microsoft365 | Self::Outlook => OauthProvider::Microsoft,
            Self::Other => OauthProvider::Generic,
        }
    }

    /// Refuses passwords for most accounts.
    pub fn is_microsoft(self) -> bool {
        matches!(self, Self::Microsoft365 | Self::Outlook)
    }
}

fn guess(service: &str, address: &str) -> String {
    match address.rsplit_once('@') {
        Some((_, domain)) if !domain.is_empty() => format!("{service}.{domain}"),
        _ => String::new(),
    }
}

/// The usual port of a protocol with a protection (RFC 8314; STARTTLS on the older ports).
pub fn usual_port(imap: bool, security: MailSecurity) -> u16 {
    match (imap, security) {
        (false, MailSecurity::Implicit) => 465,
        (false, MailSecurity::Starttls) => 587,
        (false, MailSecurity::None) => 25,
        (true, MailSecurity::Implicit) => 993,
        (true, MailSecurity::Starttls | MailSecurity::None) => 143,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_as_the_specification_has_them() {
        assert_eq!(Preset::Gmail.smtp("").host, "smtp.gmail.com");
        assert_eq!(Preset::Microsoft365.imap("").host, "outlook.office365.com");
        assert_eq!(Preset::Outlook.smtp("").port, 587);
        assert_eq!(Preset::Other.imap("soporte@empresa.es").host, "imap.empresa.es");
        assert_eq!(Preset::Other.smtp("soporte").host, "");
    }

    #[test]
    fn providers_are_known_by_address_and_by_host() {
        assert_eq!(Preset::of_address("Ana@Gmail.com"), Some(Preset::Gmail));
        assert_eq!(Preset::of_address("ana@hotmail.es"), Some(Preset::Outlook));
        assert_eq!(Preset::of_address("ana@empresa.es"), None);
        assert_eq!(Preset::of_host("smtp.office365.com"), Preset::Microsoft365);
        assert_eq!(Preset::of_host("mail.empresa.es"), Preset::Other);
    }
}
