//! The addresses by which a campaign writes, and at which it is written to: the account's and its aliases (S9).

use crate::{
    kernel::db::{Connection, Json, schema::mail_accounts},
    mail::{address::fold, threading::without_token},
};
use diesel::prelude::*;
use shared::ids::CampaignId;

/// The account's address first, then its aliases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAddresses {
    /// The account's.
    pub address: String,
    /// Its aliases.
    pub aliases: Vec<String>,
}

impl OwnAddresses {
    /// All of them, the account's first.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.address.as_str()).chain(self.aliases.iter().map(String::as_str))
    }

    /// Which of ours `given` is, as it was entered; a reply token in it does not matter.
    #[must_use]
    pub fn find(&self, given: &str) -> Option<&str> {
        let wanted = fold(&without_token(given));
        self.all().find(|own| fold(own) == wanted)
    }

    /// The address that sends where `chosen` was chosen. An alias that is no more gives way to the account's address.
    #[must_use]
    pub fn sender(&self, chosen: Option<&str>) -> &str {
        chosen.and_then(|chosen| self.find(chosen)).unwrap_or(&self.address)
    }
}

/// The addresses of a campaign.
///
/// # Errors
/// The database's.
pub fn own_addresses(conn: &mut Connection, campaign: CampaignId) -> QueryResult<OwnAddresses> {
    let (address, Json(aliases)): (String, Json<Vec<String>>) = mail_accounts::table
        .filter(mail_accounts::campaign_id.eq(campaign))
        .select((mail_accounts::address, mail_accounts::aliases))
        .first(conn)?;
    Ok(OwnAddresses { address, aliases })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_are_known_without_regard_to_case_and_token() {
        let ours = OwnAddresses { address: "Soporte@x.es".into(), aliases: vec!["Ventas@x.es".into()] };
        assert_eq!(ours.find("soporte@X.ES"), Some("Soporte@x.es"));
        assert_eq!(ours.find("ventas@x.es"), Some("Ventas@x.es"));
        assert_eq!(ours.find("otra@x.es"), None);
        assert_eq!(ours.sender(Some("VENTAS@x.es")), "Ventas@x.es");
        assert_eq!(ours.sender(Some("otra@x.es")), "Soporte@x.es");
        assert_eq!(ours.sender(None), "Soporte@x.es");
    }
}
