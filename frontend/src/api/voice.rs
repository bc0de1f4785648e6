//! Voice campaigns, and the settings of the installation (S34).

use super::{
    Api, Asked,
    request::{Method, Request},
    values::Coming,
};
use shared::{
    api::campaigns::{InstallationSettings, VoiceCampaignInput},
    ids::VoiceCampaignId,
};

impl Api {
    /// The settings of the installation.
    pub fn get_settings(self) -> Asked<InstallationSettings> {
        self.fetch(Request::get("settings"))
    }

    /// Replaces the settings of the installation.
    pub fn update_settings(self, settings: &InstallationSettings) -> Coming {
        self.value(Request::new(Method::Put, "settings").json(settings))
    }

    /// All voice campaigns with their members, by name: a list.
    pub fn all_voice_campaigns(self) -> Coming {
        self.all_values("voice-campaigns")
    }

    /// Creates a voice campaign, or replaces one if it still has this version.
    pub fn save_voice_campaign(self, known: Option<(VoiceCampaignId, i64)>, input: &VoiceCampaignInput) -> Coming {
        let request = match known {
            Some((id, version)) => Request::new(Method::Put, format!("voice-campaigns/{id}")).if_match(version),
            None => Request::post("voice-campaigns"),
        };
        self.value(request.json(input))
    }

    /// Removes a voice campaign.
    pub fn delete_voice_campaign(self, id: VoiceCampaignId) -> Coming {
        self.value(Request::new(Method::Delete, format!("voice-campaigns/{id}")))
    }
}
