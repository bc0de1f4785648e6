//! Interactions: lists, opening, finishing, routing.

use super::{
    Acted, Api, Asked,
    request::{Method, Request, with_query},
};
use shared::{
    api::{
        dispositions::{DispositionsView, SetDispositions, SetGlobalDispositions},
        interactions::{
            DecisionView, FinishInteraction, InteractionCounts, InteractionQuery, InteractionSummary,
            ReturnInteraction, SnoozeInteraction, TransferInteraction, TransferTargets,
        },
    },
    ids::{CampaignId, InteractionId},
    page::Page,
};

impl Api {
    /// Interactions that fit the filter.
    pub fn list_interactions(self, filter: &InteractionQuery) -> Asked<Page<InteractionSummary>> {
        let pairs = [
            ("state", filter.state.map(|state| state.to_string())),
            ("mine", filter.mine.map(|mine| mine.to_string())),
            ("campaign_id", filter.campaign_id.map(|id| id.to_string())),
            ("contact_id", filter.contact_id.map(|id| id.to_string())),
            ("search", filter.search.clone()),
            ("limit", filter.limit.map(|limit| limit.to_string())),
            ("cursor", filter.cursor.clone()),
        ];
        self.fetch(Request::get(with_query("interactions", &pairs)))
    }

    /// How many wait.
    pub fn get_interaction_counts(self) -> Asked<InteractionCounts> {
        self.fetch(Request::get("interaction-counts"))
    }

    /// One interaction.
    pub fn get_interaction(self, id: InteractionId) -> Asked<InteractionSummary> {
        self.fetch(Request::get(format!("interactions/{id}")))
    }

    /// Marks the newest mail as read.
    pub fn open_interaction(self, id: InteractionId) -> Acted {
        self.act(Request::post(format!("interactions/{id}/open")))
    }

    /// Takes an interaction that waits.
    pub fn take_interaction(self, id: InteractionId) -> Asked<InteractionSummary> {
        self.fetch(Request::post(format!("interactions/{id}/take")))
    }

    /// Finishes an interaction.
    pub fn finish_interaction(self, id: InteractionId, finish: &FinishInteraction) -> Acted {
        self.act(Request::post(format!("interactions/{id}/finish")).json(finish))
    }

    /// Takes back that it was finished.
    pub fn reopen_interaction(self, id: InteractionId) -> Acted {
        self.act(Request::post(format!("interactions/{id}/reopen")))
    }

    /// Sets an interaction aside.
    pub fn snooze_interaction(self, id: InteractionId, snooze: &SnoozeInteraction) -> Acted {
        self.act(Request::post(format!("interactions/{id}/snooze")).json(snooze))
    }

    /// Brings it back.
    pub fn wake_interaction(self, id: InteractionId) -> Acted {
        self.act(Request::post(format!("interactions/{id}/wake")))
    }

    /// To whom it can be given.
    pub fn list_transfer_targets(self, id: InteractionId) -> Asked<TransferTargets> {
        self.fetch(Request::get(format!("interactions/{id}/transfer-targets")))
    }

    /// Gives it to an agent or a campaign.
    pub fn transfer_interaction(self, id: InteractionId, transfer: &TransferInteraction) -> Acted {
        self.act(Request::post(format!("interactions/{id}/transfer")).json(transfer))
    }

    /// Gives it back to the queue.
    pub fn return_interaction(self, id: InteractionId, back: &ReturnInteraction) -> Acted {
        self.act(Request::post(format!("interactions/{id}/return")).json(back))
    }

    /// What interactions of a campaign may end with.
    pub fn get_dispositions(self, campaign: CampaignId) -> Asked<DispositionsView> {
        self.fetch(Request::get(format!("campaigns/{campaign}/dispositions")))
    }

    /// What interactions of any campaign may end with.
    pub fn get_global_dispositions(self) -> Asked<DispositionsView> {
        self.fetch(Request::get("dispositions"))
    }

    /// Replaces what interactions of a campaign may end with.
    pub fn set_dispositions(self, campaign: CampaignId, wanted: &SetDispositions) -> Asked<DispositionsView> {
        self.fetch(Request::new(Method::Put, format!("campaigns/{campaign}/dispositions")).json(wanted))
    }

    /// Replaces what interactions of any campaign may end with.
    pub fn set_global_dispositions(self, wanted: &SetDispositions) -> Asked<DispositionsView> {
        let wanted = SetGlobalDispositions { items: wanted.items.clone() };
        self.fetch(Request::new(Method::Put, "dispositions").json(&wanted))
    }

    /// Why the interaction went where it went.
    pub fn list_decisions(self, id: InteractionId) -> Asked<Page<DecisionView>> {
        self.fetch(Request::get(format!("interactions/{id}/decisions")))
    }
}
