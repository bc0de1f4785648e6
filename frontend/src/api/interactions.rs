//! Interactions: lists, opening, finishing, routing.

use super::{
    Answer, Api,
    request::{Request, with_query},
};
use shared::{
    api::interactions::{DecisionView, FinishInteraction, InteractionCounts, InteractionQuery, InteractionSummary},
    ids::InteractionId,
    page::Page,
};

impl Api {
    /// Interactions that fit the filter.
    pub async fn list_interactions(self, filter: &InteractionQuery) -> Answer<Page<InteractionSummary>> {
        let pairs = [
            ("state", filter.state.map(|state| state.to_string())),
            ("mine", filter.mine.map(|mine| mine.to_string())),
            ("campaign_id", filter.campaign_id.map(|id| id.to_string())),
            ("contact_id", filter.contact_id.map(|id| id.to_string())),
            ("search", filter.search.clone()),
            ("limit", filter.limit.map(|limit| limit.to_string())),
            ("cursor", filter.cursor.clone()),
        ];
        self.fetch(Request::get(with_query("interactions", &pairs))).await
    }

    /// How many wait.
    pub async fn get_interaction_counts(self) -> Answer<InteractionCounts> {
        self.fetch(Request::get("interaction-counts")).await
    }

    /// One interaction.
    pub async fn get_interaction(self, id: InteractionId) -> Answer<InteractionSummary> {
        self.fetch(Request::get(format!("interactions/{id}"))).await
    }

    /// Marks the newest mail as read.
    pub async fn open_interaction(self, id: InteractionId) -> Answer<()> {
        self.run(Request::post(format!("interactions/{id}/open"))).await.map(drop)
    }

    /// Takes an interaction that waits.
    pub async fn take_interaction(self, id: InteractionId) -> Answer<InteractionSummary> {
        self.fetch(Request::post(format!("interactions/{id}/take"))).await
    }

    /// Finishes an interaction.
    pub async fn finish_interaction(self, id: InteractionId, finish: &FinishInteraction) -> Answer<()> {
        self.run(Request::post(format!("interactions/{id}/finish")).json(finish)).await.map(drop)
    }

    /// Why the interaction went where it went.
    pub async fn list_decisions(self, id: InteractionId) -> Answer<Page<DecisionView>> {
        self.fetch(Request::get(format!("interactions/{id}/decisions"))).await
    }
}
