//! The sender of a new mail.

use super::Composing;
use crate::{
    components::{Icon, unique_id},
    i18n::txt,
};
use leptos::prelude::*;
use shared::{api::campaigns::CampaignSummary, ids::CampaignId};

/// From whose address the mail goes.
#[component]
pub(super) fn CampaignChoice(
    /// Campaigns to choose from.
    campaigns: Vec<CampaignSummary>,
) -> impl IntoView {
    let Composing { desk, i18n, errors, .. } = expect_context();
    let id = unique_id("campaign");
    let chosen = move || desk.content.with(|content| content.campaign_id);
    view! {
        <div class="chips-row">
            <label class="chips-label" for=id.clone()>{txt!(i18n, editor.from)}</label>
            <div class="select composer-campaign">
                <select
                    id=id
                    name="campaign_id"
                    on:change=move |event| {
                        if let Ok(campaign) = event_target_value(&event).parse::<CampaignId>() {
                            errors.touch("campaign_id");
                            desk.edit(move |content| content.campaign_id = Some(campaign));
                        }
                    }
                >
                    {campaigns
                        .into_iter()
                        .map(|campaign| {
                            let own = campaign.id;
                            view! {
                                <option value=own.to_string() selected=move || chosen() == Some(own)>
                                    {format!("{} · {}", campaign.name, campaign.address)}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
                <Icon glyph=icondata::LuChevronDown />
            </div>
        </div>
    }
}
