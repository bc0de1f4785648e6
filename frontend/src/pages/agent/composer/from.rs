//! The sender of a mail: for a new one each address of each campaign, for an answer the addresses of its own, where it
//! has more than one.

use super::Composing;
use crate::{
    components::{Icon, unique_id},
    i18n::txt,
};
use leptos::prelude::*;
use shared::{
    api::{campaigns::CampaignSummary, drafts::DraftView},
    ids::CampaignId,
};

/// An address that mail may go out by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SenderAddress {
    /// Its campaign.
    campaign: CampaignId,
    /// The address.
    address: String,
    /// As it is shown.
    label: String,
}

/// What there is to choose from.
pub(super) fn senders(draft: &DraftView, campaigns: Vec<CampaignSummary>) -> Vec<SenderAddress> {
    let own = |address: &String| SenderAddress {
        campaign: draft.campaign_id,
        address: address.clone(),
        label: address.clone(),
    };
    if campaigns.is_empty() {
        return draft.from_addresses.iter().map(own).collect();
    }
    let of_campaign = |campaign: CampaignSummary| {
        let CampaignSummary { id, name, address, aliases, .. } = campaign;
        std::iter::once(address).chain(aliases).map(move |address| SenderAddress {
            campaign: id,
            label: format!("{name} · {address}"),
            address,
        })
    };
    campaigns.into_iter().flat_map(of_campaign).collect()
}

/// From which address the mail goes.
#[component]
pub(super) fn SenderChoice(
    /// Addresses to choose from.
    senders: Vec<SenderAddress>,
) -> impl IntoView {
    let Composing { desk, i18n, errors, .. } = expect_context();
    let id = unique_id("sender");
    let chosen = Memo::new(move |_| desk.content.with(|content| (content.campaign_id, content.from_address.clone())));
    let choices = StoredValue::new(senders.clone());
    view! {
        <div class="chips-row">
            <label class="chips-label" for=id.clone()>{txt!(i18n, editor.from)}</label>
            <div class="select composer-campaign">
                <select
                    id=id
                    name="from_address"
                    on:change=move |event| {
                        let at = event_target_value(&event).parse::<usize>().ok();
                        if let Some(sender) = at.and_then(|at| choices.with_value(|all| all.get(at).cloned())) {
                            errors.touch("campaign_id");
                            errors.touch("from_address");
                            desk.edit(move |content| {
                                content.campaign_id = Some(sender.campaign);
                                content.from_address = Some(sender.address);
                            });
                        }
                    }
                >
                    {senders
                        .into_iter()
                        .enumerate()
                        .map(|(at, sender)| {
                            let SenderAddress { campaign, address, label } = sender;
                            let selected = move || {
                                chosen.with(|(id, from)| *id == Some(campaign) && from.as_ref() == Some(&address))
                            };
                            view! { <option value=at.to_string() selected=selected>{label}</option> }
                        })
                        .collect_view()}
                </select>
                <Icon glyph=icondata::LuChevronDown />
            </div>
        </div>
    }
}
