//! The variables that Posta fills by itself, and their samples.

use jiff::{Timestamp as Instant, tz::TimeZone};
use shared::{
    api::templates::{TemplateKind, TemplateVariable},
    time::Timestamp,
};

/// A variable: its name, the key of its description, its sample.
struct Known {
    name: &'static str,
    key: &'static str,
    sample: &'static str,
    kinds: &'static [TemplateKind],
}

const ALL: &[TemplateKind] = TemplateKind::ALL;
const TO_A_CUSTOMER: &[TemplateKind] = &[TemplateKind::Confirmation, TemplateKind::Reply];
const ABOUT_AN_ADDRESS: &[TemplateKind] = &[TemplateKind::Confirmation, TemplateKind::Reply, TemplateKind::MassMail];
const BY_AN_AGENT: &[TemplateKind] = &[TemplateKind::Signature, TemplateKind::Reply];

const fn known(name: &'static str, key: &'static str, sample: &'static str, kinds: &'static [TemplateKind]) -> Known {
    Known { name, key, sample, kinds }
}

const KNOWN: &[Known] = &[
    known("customer.name", "customer_name", "Carla Gómez", TO_A_CUSTOMER),
    known("customer.first_name", "customer_first_name", "Carla", TO_A_CUSTOMER),
    known("customer.address", "customer_address", "carla@example.com", ABOUT_AN_ADDRESS),
    known("agent.name", "agent_name", "Ana Pérez", BY_AN_AGENT),
    known("agent.first_name", "agent_first_name", "Ana", BY_AN_AGENT),
    known("campaign.name", "campaign_name", "Soporte", ALL),
    known("campaign.from_name", "campaign_from_name", "Soporte de Ejemplo", ALL),
    known("campaign.address", "campaign_address", "soporte@example.com", ALL),
    known("subject", "subject", "Pregunta sobre mi pedido", TO_A_CUSTOMER),
    known("date", "date", "2026-11-22", ALL),
    known("date.es", "date_es", "22 de noviembre de 2026", ALL),
    known("date.en", "date_en", "22 November 2026", ALL),
    known("time", "time", "10:30", ALL),
    known("year", "year", "2026", ALL),
];

/// The variables of a kind.
#[must_use]
pub fn variables(kind: TemplateKind) -> Vec<TemplateVariable> {
    KNOWN
        .iter()
        .filter(|known| known.kinds.contains(&kind))
        .map(|known| TemplateVariable {
            name: known.name.into(),
            description: known.key.into(),
            sample: known.sample.into(),
        })
        .collect()
}

/// Whether a kind has a variable of this name.
#[must_use]
pub fn is_known(kind: TemplateKind, name: &str) -> bool {
    KNOWN.iter().any(|known| known.name == name && known.kinds.contains(&kind))
}

/// What the variables of one mail are filled with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Customer's name; may be empty.
    pub customer_name: String,
    /// Customer's address.
    pub customer_address: String,
    /// Agent's name.
    pub agent_name: String,
    /// Name of the campaign.
    pub campaign_name: String,
    /// Name that recipients see.
    pub from_name: String,
    /// Address of the campaign.
    pub campaign_address: String,
    /// Subject of the conversation.
    pub subject: String,
    /// Zone in which dates are told.
    pub zone: String,
    /// The present.
    pub now: Timestamp,
}

impl Facts {
    /// The samples, at `now`.
    #[must_use]
    pub fn sample(now: Timestamp) -> Self {
        let sample = |name: &str| {
            KNOWN.iter().find(|known| known.name == name).map(|known| known.sample.to_owned()).unwrap_or_default()
        };
        Self {
            customer_name: sample("customer.name"),
            customer_address: sample("customer.address"),
            agent_name: sample("agent.name"),
            campaign_name: sample("campaign.name"),
            from_name: sample("campaign.from_name"),
            campaign_address: sample("campaign.address"),
            subject: sample("subject"),
            zone: "UTC".into(),
            now,
        }
    }

    /// The value of a variable; none where the kind has none of this name.
    #[must_use]
    pub fn value(&self, kind: TemplateKind, name: &str) -> Option<String> {
        if !is_known(kind, name) {
            return None;
        }
        let customer = if self.customer_name.trim().is_empty() { &self.customer_address } else { &self.customer_name };
        Some(match name {
            "customer.name" => customer.clone(),
            "customer.first_name" => first_word(customer),
            "customer.address" => self.customer_address.clone(),
            "agent.name" => self.agent_name.clone(),
            "agent.first_name" => first_word(&self.agent_name),
            "campaign.name" => self.campaign_name.clone(),
            "campaign.from_name" if self.from_name.trim().is_empty() => self.campaign_name.clone(),
            "campaign.from_name" => self.from_name.clone(),
            "campaign.address" => self.campaign_address.clone(),
            "subject" => self.subject.clone(),
            _ => self.told(name)?,
        })
    }

    fn told(&self, name: &str) -> Option<String> {
        const ES: [&str; 12] = [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ];
        const EN: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let zone = TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC);
        let now = Instant::from_millisecond(self.now.millis()).ok()?.to_zoned(zone);
        let month = usize::try_from(now.month()).ok()?.checked_sub(1)?;
        Some(match name {
            "date" => now.strftime("%Y-%m-%d").to_string(),
            "date.es" => format!("{} de {} de {}", now.day(), ES.get(month)?, now.year()),
            "date.en" => format!("{} {} {}", now.day(), EN.get(month)?, now.year()),
            "time" => now.strftime("%H:%M").to_string(),
            "year" => now.year().to_string(),
            _ => return None,
        })
    }
}

fn first_word(name: &str) -> String {
    // "Gómez, Carla" is written by many mail programs.
    let given = name.split_once(',').map_or(name, |(_, given)| given);
    given.split_whitespace().next().unwrap_or(name.trim()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_has_a_value_and_its_sample() {
        let now = Timestamp::from_millis(1_795_343_400_000);
        let facts = Facts { zone: "Europe/Madrid".into(), ..Facts::sample(now) };
        for kind in TemplateKind::ALL {
            for variable in variables(*kind) {
                assert!(facts.value(*kind, &variable.name).is_some_and(|value| !value.is_empty()), "{variable:?}");
            }
        }
        let value = |name| facts.value(TemplateKind::Reply, name).unwrap();
        assert_eq!(
            [value("date"), value("date.es"), value("date.en"), value("time"), value("year")],
            ["2026-11-22", "22 de noviembre de 2026", "22 November 2026", "11:30", "2026"]
        );
        assert_eq!(facts.value(TemplateKind::Signature, "customer.name"), None);
        assert_eq!(facts.value(TemplateKind::Confirmation, "agent.name"), None);
        assert_eq!(facts.value(TemplateKind::Reply, "nothing"), None);
    }

    #[test]
    fn names_are_what_people_are_called() {
        let called = |name: &str| {
            let facts = Facts { customer_name: name.into(), customer_address: "c@x.test".into(), ..Facts::default() };
            facts.value(TemplateKind::Reply, "customer.first_name").unwrap()
        };
        assert_eq!(
            [called("Carla Gómez"), called("Gómez, Carla"), called(" "), called("")],
            ["Carla", "Carla", "c@x.test", "c@x.test"]
        );
    }
}
