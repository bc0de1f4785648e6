//! By which way the tray's lists are read: what a page costs must not grow with what lies before it.

use crate::{Fresh, queries::plans};
use posta::{
    conversations::tray::{self, Filter, Listing},
    kernel::db::Engine,
};
use shared::{
    api::interactions::InteractionState,
    ids::{CampaignId, InteractionId},
    time::Timestamp,
};

const AT: Timestamp = Timestamp::from_millis(1_763_800_000_000);

fn queue(fresh: &Fresh, campaigns: Option<Vec<CampaignId>>) -> Vec<String> {
    let filter = Filter { state: Some(InteractionState::Waiting), campaigns, ..Filter::default() };
    plans(fresh, |conn| {
        tray::list(conn, &filter, Listing::Queue(Some((5, AT, InteractionId(7)))), 50)?;
        tray::waiting(conn, filter.campaigns.as_deref()).map(drop)
    })
}

#[test]
fn a_page_of_the_queue_is_found_by_index() {
    let fresh = Fresh::new(Engine::Sqlite);
    let all = queue(&fresh, None);
    assert!(
        all.iter().any(|line| line.contains("INDEX interactions_waiting ((priority,arrived_at)>(?,?))")),
        "{all:#?}"
    );
    assert!(!all.iter().any(|line| line.contains("TEMP B-TREE")), "it lies in order: {all:#?}");
    // Those of some campaigns are put in order, but only from where the page begins.
    let some = queue(&fresh, Some(vec![CampaignId(1), CampaignId(2)]));
    let from = "INDEX interactions_queue (campaign_id=? AND (priority,arrived_at)>(?,?))";
    let either = |line: &String| line.contains(from) || line.contains("INDEX interactions_waiting (");
    assert!(some.iter().any(either), "{some:#?}");
    for line in all.iter().chain(&some) {
        assert!(!line.contains("interactions") || line.contains("INDEX interactions_"), "{line}");
    }
}
